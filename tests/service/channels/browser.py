"""A real browser without a driver of its own: Debian's Chromium, spoken to through its DevTools protocol."""

import asyncio
import base64
import contextlib
import itertools
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
LIMIT = 20.0


def browser_path() -> str | None:
    """The browser that KINDLINE_TEST_BROWSER names, or one that is installed; None when there is none."""
    named = os.environ.get("KINDLINE_TEST_BROWSER")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


class Tab:
    """One tab; `problems` keeps what its console and its policies complained of."""

    def __init__(self, socket: ClientConnection) -> None:
        """Talk to the tab through this socket."""
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reading = asyncio.create_task(self._read())
        self.problems: list[str] = []

    async def ask(self, method: str, **parameters: object) -> dict[str, Any]:
        """Call one method of the protocol."""
        number = next(self._numbers)
        self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        async with asyncio.timeout(LIMIT):
            return await self._answers[number]

    async def open(self, address: str, *, languages: str = "en-GB", dark: bool = False, width: int = 420) -> None:
        """Open a page as a visitor with these languages, this colour scheme and this width sees it."""
        for domain in ("Page", "Runtime", "Log"):
            await self.ask(f"{domain}.enable")
        await self.ask("Emulation.setUserAgentOverride", userAgent="Kindline test", acceptLanguage=languages)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.ask("Emulation.setEmulatedMedia", features=[scheme])
        size = {"width": width, "height": 720, "deviceScaleFactor": 1, "mobile": False}
        await self.ask("Emulation.setDeviceMetricsOverride", **size)
        await self.ask("Page.navigate", url=address)

    async def value(self, expression: str) -> Any:  # noqa: ANN401 - whatever the page holds
        """What an expression gives on the page."""
        answer = await self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        return answer["result"].get("value")

    async def sees(self, text: str) -> None:
        """Wait until the visitor can read a text."""
        async with asyncio.timeout(LIMIT):
            while text not in str(await self.value("document.body && document.body.innerText")):
                await asyncio.sleep(0.05)

    async def write(self, text: str) -> None:
        """Type into the field and press Enter."""
        await self.ask("Runtime.evaluate", expression="document.getElementById('text').focus()")
        await self.ask("Input.insertText", text=text)
        for kind in ("rawKeyDown", "char", "keyUp"):
            await self.ask(
                "Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r"
            )

    async def picture(self, path: Path) -> None:
        """Keep a picture of the page, for people to look at."""
        shot = await self.ask("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(shot["data"]))

    async def close(self) -> None:
        """Listen no more."""
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> None:
        async for text in self._socket:
            message = json.loads(text)
            if message.get("id") in self._answers:
                self._answers.pop(message["id"]).set_result(message.get("result", {}))
            elif message.get("method") in {"Runtime.exceptionThrown", "Log.entryAdded"}:
                self.problems.append(json.dumps(message["params"]))


@contextlib.asynccontextmanager
async def browsing(path: str) -> AsyncIterator[Tab]:
    """Run the browser with one tab."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = await asyncio.create_subprocess_exec(
            path,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--remote-debugging-port=0",
            f"--user-data-dir={profile}",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            address = await _tab_address(Path(profile) / "DevToolsActivePort")
            async with connect(address, max_size=None) as socket:
                tab = Tab(socket)
                try:
                    yield tab
                finally:
                    await tab.close()
        finally:
            browser.kill()
            await browser.wait()


async def _tab_address(port_file: Path) -> str:
    async with asyncio.timeout(LIMIT):
        while not port_file.exists() or not port_file.read_text():
            await asyncio.sleep(0.05)
        port = port_file.read_text().splitlines()[0]
        async with httpx.AsyncClient(trust_env=False) as client:
            while True:
                tabs = (await client.get(f"http://127.0.0.1:{port}/json/list")).json()
                found = [tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page"]
                if found:
                    return str(found[0])
                await asyncio.sleep(0.05)
