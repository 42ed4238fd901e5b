"""Keys and lines from a person: a small line editor for the screen, and lines as they come for pipes.

Promises agents that a paste of several lines is one message, that what they typed survives whatever is drawn around
it, and that any script can be typed; promises the desk that reading never blocks it.
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import re
import sys
import termios
import threading
import tty
import unicodedata
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

CHUNK_BYTES = 4096
HISTORY = 100
END_OF_INPUT = "\x04"
PASTE_BEGINS, PASTE_ENDS = "\x1b[200~", "\x1b[201~"
BRACKETED_PASTE_ON, BRACKETED_PASTE_OFF = "\x1b[?2004h", "\x1b[?2004l"
SEQUENCE = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|O[A-Za-z]|[^\[O])")
UNFINISHED = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*|O)?$")
NAMED = {
    "\x1b[D": "left",
    "\x1b[C": "right",
    "\x1b[A": "up",
    "\x1b[B": "down",
    "\x1b[H": "home",
    "\x1b[F": "end",
    "\x1bOH": "home",
    "\x1bOF": "end",
    "\x1b[1~": "home",
    "\x1b[4~": "end",
    "\x1b[3~": "delete",
    "\x01": "home",
    "\x05": "end",
    "\x02": "left",
    "\x06": "right",
    "\x10": "up",
    "\x0e": "down",
    "\x7f": "back",
    "\x08": "back",
    "\x15": "clear",
    "\x17": "word",
    "\x0b": "cut",
}

Take = Callable[[bytes], Awaitable[None]]


def read_input(take: Take, descriptor: int = 0) -> None:
    """Read a descriptor in a thread of its own and give each chunk to `take`, b"" at the end, until the loop closes.

    A thread, because a file as standard input cannot be watched; a daemon, because nobody can interrupt its read.
    """
    loop = asyncio.get_running_loop()

    def read() -> None:
        data = b"x"
        with contextlib.suppress(RuntimeError, asyncio.CancelledError):
            while data:
                try:
                    data = os.read(descriptor, CHUNK_BYTES)
                except OSError:
                    data = b""
                if loop.is_closed():
                    return
                asyncio.run_coroutine_threadsafe(_given(take, data), loop).result()

    threading.Thread(target=read, name="input", daemon=True).start()


async def _given(take: Take, data: bytes) -> None:
    await take(data)


@contextlib.contextmanager
def raw_keys(descriptor: int = 0) -> Iterator[None]:
    """Give keys as they are pressed, without echo; Ctrl-C stays a signal. Everything is put back at the end."""
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        sys.stdout.write(BRACKETED_PASTE_ON)
        yield
    finally:
        sys.stdout.write(BRACKETED_PASTE_OFF)
        sys.stdout.flush()
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


class Lines:
    """Cuts bytes into lines, however the chunks fall; what is no UTF-8 becomes a replacement mark."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def feed(self, data: bytes) -> list[str]:
        """The lines that are whole now; at the end (no data) also the last one without its line end."""
        text = self._rest + self._decoder.decode(data, final=not data)
        *whole, self._rest = text.split("\n")
        if not data and self._rest:
            whole, self._rest = [*whole, self._rest], ""
        return [line.rstrip("\r") for line in whole]


@dataclass(slots=True)
class LineEditor:
    """One line that is being typed, with a history; `at` is where the next character goes."""

    text: str = ""
    at: int = 0
    _history: list[str] = field(default_factory=list)
    _recalled: int = 0
    _pasting: bool = False
    _rest: str = ""
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace")
    )

    def feed(self, data: bytes) -> list[str]:
        """Take in keys; gives the lines that were ended by Enter, and END_OF_INPUT for Ctrl-D on an empty line."""
        keys = self._rest + self._decoder.decode(data)
        unfinished = UNFINISHED.search(keys)
        self._rest = unfinished[0] if unfinished and len(keys) > 1 else ""
        keys = keys[: len(keys) - len(self._rest)]
        return [line for key in _keys(keys) if (line := self._press(key)) is not None]

    def _press(self, key: str) -> str | None:
        if key in {PASTE_BEGINS, PASTE_ENDS}:
            self._pasting = key == PASTE_BEGINS
        elif self._pasting and key in "\r\n":
            self._insert("\n")
        elif key in "\r\n":
            return self._enter()
        elif key == END_OF_INPUT:
            return END_OF_INPUT if not self.text else None
        elif key in NAMED:
            getattr(self, f"_{NAMED[key]}")()
        elif len(key) == 1 and unicodedata.category(key) != "Cc":
            self._insert(key)
        return None

    def _enter(self) -> str:
        line, self.text, self.at, self._recalled = self.text, "", 0, 0
        if line.strip() and line not in self._history[-1:]:
            self._history = [*self._history[-HISTORY:], line]
        return line

    def _insert(self, typed: str) -> None:
        self.text = self.text[: self.at] + typed + self.text[self.at :]
        self.at += len(typed)

    def _left(self) -> None:
        self.at = max(0, self.at - 1)

    def _right(self) -> None:
        self.at = min(len(self.text), self.at + 1)

    def _home(self) -> None:
        self.at = 0

    def _end(self) -> None:
        self.at = len(self.text)

    def _rub_out(self, count: int) -> None:
        self.text = self.text[: self.at - count] + self.text[self.at :]
        self.at -= count

    def _back(self) -> None:
        self._rub_out(min(1, self.at))

    def _delete(self) -> None:
        self.text = self.text[: self.at] + self.text[self.at + 1 :]

    def _clear(self) -> None:
        self._rub_out(self.at)

    def _cut(self) -> None:
        self.text = self.text[: self.at]

    def _word(self) -> None:
        kept = self.text[: self.at].rstrip()
        self._rub_out(self.at - (kept.rfind(" ") + 1))

    def _up(self) -> None:
        self._recall(self._recalled + 1)

    def _down(self) -> None:
        self._recall(self._recalled - 1)

    def _recall(self, back: int) -> None:
        if 0 <= back <= len(self._history):
            self._recalled = back
            self.text = self._history[-back] if back else ""
            self.at = len(self.text)


def _keys(text: str) -> Iterator[str]:
    """Cut what a terminal sent into keys: an escape sequence is one, everything else is one character each."""
    position = 0
    while position < len(text):
        found = SEQUENCE.match(text, position)
        key = found[0] if found else text[position]
        yield key
        position += len(key)
