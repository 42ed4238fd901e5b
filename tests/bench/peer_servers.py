"""PostgreSQL and Redis for the bench beside peers: servers of its own on 127.0.0.1, which end when the bench does.

Neither is a dependency: what is not there is installed from Debian's packages when that is possible, or left out.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

INSTALL_LIMIT_SECONDS = 180.0
READY_LIMIT_SECONDS = 30.0
END_LIMIT_SECONDS = 10.0
ANSWER_LIMIT_SECONDS = 30.0


class PeerMissing(Exception):
    """The peer cannot be run here; the message is the word to leave it out with."""


def program(name: str, package: str) -> str:
    """Where a server's program is, which is installed first if need be. Raises PeerMissing."""
    found = _found(name)
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
        # With this run level Debian's packages start no service of their own.
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        subprocess.run(command, env=quiet, capture_output=True, timeout=INSTALL_LIMIT_SECONDS, check=False)
        found = _found(name)
    if found is None:
        raise PeerMissing("not installed")
    return found


def _found(name: str) -> str | None:
    folders = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    return shutil.which(name, path=os.pathsep.join([*folders, os.environ.get("PATH", "")]))


class Server:
    """A child process that serves a port; it gets a signal when this process ends, however it does."""

    def __init__(self, command: Sequence[str], directory: Path, port: int, *, user: str = "") -> None:
        """Start it as another user, if one is named, and wait until it listens. Raises PeerMissing."""
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            raise PeerMissing("no setpriv")
        change = [f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
        self._log = directory / "server.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [setpriv, "--pdeathsig", "INT", *change, *command], cwd=directory, stdout=log, stderr=log
            )
        until = time.monotonic() + READY_LIMIT_SECONDS
        while not _listens(port):
            if self._process.poll() is not None or time.monotonic() > until:
                self.close()
                raise PeerMissing(f"did not start: {self._log.read_text(errors='replace')[-300:]}")
            time.sleep(0.05)

    def close(self) -> None:
        """End it, and wait until it has ended."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(END_LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(END_LIMIT_SECONDS)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1.0).close()
    except OSError:
        return False
    return True


class Redis:
    """A Redis that writes nothing to disk, and one connection to it."""

    def __init__(self, directory: Path) -> None:
        """Start it. Raises PeerMissing."""
        port = free_port()
        command = [program("redis-server", "redis-server"), "--port", str(port), "--bind", "127.0.0.1"]
        self._server = Server([*command, "--save", "", "--appendonly", "no"], directory, port)
        self._socket = socket.create_connection(("127.0.0.1", port), ANSWER_LIMIT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._socket.makefile("rb")

    def ask(self, *words: str) -> Any:  # noqa: ANN401 - an answer of any shape
        """Send one command; its answer."""
        parts = [f"*{len(words)}\r\n"]
        parts += [f"${len(word)}\r\n{word}\r\n" for word in words]
        self._socket.sendall("".join(parts).encode())
        return self._answer()

    def _answer(self) -> Any:  # noqa: ANN401 - an answer of any shape
        line = self._answers.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self._answers.read(int(rest) + 2)[:-2].decode()
        if kind == b"*":
            return [self._answer() for _ in range(int(rest))]
        return rest.decode()

    def close(self) -> None:
        """Hang up and end it."""
        self._socket.close()
        self._server.close()


class Postgres:
    """A PostgreSQL with its usual settings, which keep every commit on disk, and one connection through libpq."""

    def __init__(self, directory: Path) -> None:
        """Make a data directory and start on it. Raises PeerMissing."""
        initdb = program("initdb", "postgresql")
        library = ctypes.util.find_library("pq")
        if library is None:
            raise PeerMissing("no libpq")
        user = "postgres" if os.geteuid() == 0 else ""
        if user:
            owner = pwd.getpwnam(user)
            os.chown(directory, owner.pw_uid, owner.pw_gid)
            # The directories above are the bench's own and closed; whoever may pass through sees nothing in them.
            directory.parent.chmod(0o711)
        port, data = free_port(), directory / "data"
        made = [initdb, "-D", str(data), "-U", "bench", "--auth=trust", "-E", "UTF8", "--locale=C"]
        become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
        subprocess.run([*become, *made], cwd=directory, capture_output=True, timeout=READY_LIMIT_SECONDS, check=True)
        command = [str(Path(initdb).parent / "postgres"), "-D", str(data), "-p", str(port), "-k", str(directory)]
        self._server = Server([*command, "-h", "127.0.0.1"], directory, port, user=user)
        self._pq = ctypes.CDLL(library)
        for name in ("PQconnectdb", "PQexec", "PQprepare", "PQexecPrepared"):
            getattr(self._pq, name).restype = ctypes.c_void_p
        self._pq.PQgetvalue.restype = self._pq.PQerrorMessage.restype = ctypes.c_char_p
        self._connection = self._connect(f"host=127.0.0.1 port={port} user=bench dbname=postgres")

    def _connect(self, where: str) -> ctypes.c_void_p:
        until = time.monotonic() + READY_LIMIT_SECONDS
        while True:
            connection = ctypes.c_void_p(self._pq.PQconnectdb(where.encode()))
            if self._pq.PQstatus(connection) == 0:
                return connection
            if time.monotonic() > until:
                raise PeerMissing("cannot connect")
            self._pq.PQfinish(connection)
            time.sleep(0.1)

    def run(self, statement: str) -> None:
        """Run statements that answer nothing."""
        self._first(self._pq.PQexec(self._connection, statement.encode()))

    def prepare(self, name: str, statement: str) -> None:
        """Prepare a statement under a name."""
        self._first(self._pq.PQprepare(self._connection, name.encode(), statement.encode(), 0, None))

    def ask(self, name: str, *given: str) -> str | None:
        """Run a prepared statement; the first value of its first row, or None."""
        values = (ctypes.c_char_p * len(given))(*(value.encode() for value in given))
        return self._first(self._pq.PQexecPrepared(self._connection, name.encode(), len(given), values, None, None, 0))

    def _first(self, answer: int) -> str | None:
        result = ctypes.c_void_p(answer)
        try:
            if self._pq.PQresultStatus(result) not in {1, 2}:
                raise RuntimeError(self._pq.PQerrorMessage(self._connection).decode())
            return self._pq.PQgetvalue(result, 0, 0).decode() if self._pq.PQntuples(result) else None
        finally:
            self._pq.PQclear(result)

    def close(self) -> None:
        """Hang up and end it."""
        self._pq.PQfinish(self._connection)
        self._server.close()
