"""A headless Chromium, told what to do over a pipe in the DevTools protocol: open, run script, take a picture."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import subprocess
import time
from pathlib import Path
from typing import Any

COMMAND = [
    "chromium",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--remote-debugging-pipe",
]

KEY_CODES = {"Enter": 13, "Escape": 27, "End": 35, "Home": 36, "ArrowUp": 38, "ArrowDown": 40, "/": 191}
"""Windows' virtual key codes, which the DevTools protocol takes."""


class NavigatedError(AssertionError):
    """The page went elsewhere while it was being asked."""


class Chromium:
    """One page of one browser; ends with its `with` block."""

    def __init__(self, profile: Path, downloads: Path, size: tuple[int, int] = (1200, 1000)) -> None:
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        words = [*COMMAND, f"--user-data-dir={profile}", f"--window-size={size[0]},{size[1]}", "about:blank"]
        # the browser expects the pipe at 3 and 4
        script = f'exec 3<&{to_read} 4>&{to_write} && exec "$@"'
        self._process = subprocess.Popen(
            ["bash", "-c", script, "chromium", *words],
            pass_fds=(to_read, to_write),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self._buffer = b""
        self._number = 0
        targets = self._ask("Target.getTargets", {})["targetInfos"]
        page = next(its for its in targets if its["type"] == "page")
        self._session = self._ask("Target.attachToTarget", {"targetId": page["targetId"], "flatten": True})["sessionId"]
        self._ask("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(downloads)})

    def open(self, url: str) -> None:
        self._ask("Page.navigate", {"url": url}, page=True)

    def evaluate(self, script: str) -> Any:
        """Run a script in the page and return its value."""
        asked = {"expression": script, "returnByValue": True, "awaitPromise": True}
        answer = self._ask("Runtime.evaluate", asked, page=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def until(self, script: str, timeout_s: float = 30) -> Any:
        """Run a script again and again until it returns something true, also over a change of pages."""
        deadline_s = time.monotonic() + timeout_s
        while not (found := self._evaluated(script)):
            assert time.monotonic() < deadline_s, f"{script} did not come true; the page shows: {self.text()[:2000]}"
            select.select([], [], [], 0.1)
        return found

    def _evaluated(self, script: str) -> Any:
        try:
            return self.evaluate(script)
        except NavigatedError:
            return None

    def text(self) -> str:
        return str(self.evaluate("document.body.innerText"))

    def ask(self, method: str, **asked: Any) -> Any:
        """Send a command of the DevTools protocol to the page, and return its result."""
        return self._ask(method, asked, page=True)

    def write(self, text: str) -> None:
        """Type a text where the focus is."""
        self.ask("Input.insertText", text=text)

    def press(self, key: str) -> None:
        """Press a key and let it go: a character, or a name such as ArrowDown."""
        code = KEY_CODES.get(key, ord(key[0]))
        text = {"text": "\r"} if key == "Enter" else {"text": key} if len(key) == 1 else {}
        kind = "keyDown" if text else "rawKeyDown"
        self.ask("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **text)
        self.ask("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def width(self, pixels: int, height: int = 1000) -> None:
        """Make the window so wide, as on another device."""
        self.ask("Emulation.setDeviceMetricsOverride", width=pixels, height=height, deviceScaleFactor=1, mobile=False)

    def scheme(self, name: str) -> None:
        """Prefer a colour scheme: light or dark."""
        features = [{"name": "prefers-color-scheme", "value": name}]
        self._ask("Emulation.setEmulatedMedia", {"features": features}, page=True)

    def picture(self, path: Path) -> None:
        answer = self._ask("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True}, page=True)
        path.write_bytes(base64.b64decode(answer["data"]))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._write)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._read)

    def __enter__(self) -> Chromium:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, method: str, asked: dict[str, Any], *, page: bool = False) -> Any:
        self._number += 1
        message = {"id": self._number, "method": method, "params": asked}
        if page:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                if "navigated or closed" in str(answer.get("error")):
                    raise NavigatedError(answer)
                assert "error" not in answer, answer
                return answer["result"]

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], 60)
            assert ready, "the browser does not answer"
            data = os.read(self._read, 1 << 20)
            assert data, "the browser has ended"
            self._buffer += data
        message, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(message))
