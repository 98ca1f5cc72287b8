"""A headless Chromium, spoken to by its own protocol: what a test asks of a page is what a browser made of it."""

import base64
import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--mute-audio"),
    *("--no-first-run", "--no-default-browser-check", "--disable-default-apps", "--disable-extensions"),
    *("--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--no-proxy-server", "--remote-debugging-port=0"),
)
"""Nothing of its own on the network, nothing of the machine's settings."""

PATIENCE = 30.0


class Chromium:
    """The browser's process; `page` opens a fresh one."""

    def __init__(self, profile: Path) -> None:
        self._process = subprocess.Popen(
            ["chromium", *QUIET, f"--user-data-dir={profile}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._said: list[str] = []
        self._address = ""
        self._ready = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self._ready.wait(PATIENCE), self._said
        assert self._address, self._said

    @contextmanager
    def page(self, width: int = 1280, height: int = 800, dark: bool = False, script: bool = True) -> Iterator["Page"]:
        """A page of these measures, of a reader who likes it light or dark, and lets scripts run or not."""
        with connect(self._address, max_size=None, open_timeout=PATIENCE, proxy=None) as socket:
            context = Page(socket).call("Target.createBrowserContext")["browserContextId"]
            made = Page(socket).call("Target.createTarget", url="about:blank", browserContextId=context)
            attached = Page(socket).call("Target.attachToTarget", targetId=made["targetId"], flatten=True)
            page = Page(socket, attached["sessionId"], script)
            for domain in ("Page", "Runtime", "Network", "Log"):
                page.call(f"{domain}.enable")
            phone = width < 600
            page.call(
                "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone
            )
            scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
            page.call("Emulation.setEmulatedMedia", features=[scheme])
            page.call("Emulation.setScriptExecutionDisabled", value=not script)
            yield page
            Page(socket).call("Target.disposeBrowserContext", browserContextId=context)

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)

    def _read(self) -> None:
        """Take what it says to the end: a full pipe would stop it."""
        assert self._process.stderr
        with self._process.stderr as lines:
            for line in lines:
                self._said.append(line)
                if line.startswith("DevTools listening on "):
                    self._address = line.split()[-1]
                    self._ready.set()
        self._ready.set()


class Page:
    """One page; `requests` are the addresses it asked for, `complaints` what went wrong in it."""

    def __init__(self, socket: ClientConnection, session: str = "", script: bool = True) -> None:
        self._socket = socket
        self._session = session
        self._script = script
        self._number = 0
        self._events: list[tuple[str, dict[str, Any]]] = []

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask the browser and wait for its answer; events that come meanwhile are kept."""
        self._number += 1
        asked: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        self._socket.send(json.dumps(asked | ({"sessionId": self._session} if self._session else {})))
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                found: dict[str, Any] = answer["result"]
                return found

    def open(self, path: Path, anchor: str = "") -> None:
        """Go to a file and wait until it is loaded."""
        self._events.clear()
        came = self.call("Page.navigate", url=path.as_uri() + (f"#{anchor}" if anchor else ""))
        assert "errorText" not in came, came
        while not any(method == "Page.loadEventFired" for method, _ in self._events):
            self._next()

    def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page, once two more frames were drawn.

        Where scripts are off, frames cannot be waited for: it is the value at once.
        """
        frames = "requestAnimationFrame(() => requestAnimationFrame(done))" if self._script else "done()"
        drawn = f"new Promise(done => {frames})"
        code = f"{drawn}.then(() => ({expression}))"
        came = self.call("Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in came, came["exceptionDetails"]
        return came["result"].get("value")

    def tap(self, selector: str) -> None:
        """Click the middle of an element, as a person would."""
        place = self.ask(
            f"(() => {{ const found = document.querySelector({json.dumps(selector)});"
            " found.scrollIntoView({block: 'center'}); const box = found.getClientRects()[0];"
            " return {x: box.x + box.width / 2, y: box.y + box.height / 2}; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)

    def screenshot(self, path: Path, whole: bool = False) -> None:
        """Save what the page looks like."""
        came = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(came["data"]))

    @property
    def requests(self) -> list[str]:
        """Every address that was asked for since the page was opened."""
        return [event["request"]["url"] for method, event in self._events if method == "Network.requestWillBeSent"]

    @property
    def complaints(self) -> list[str]:
        """Script errors, messages to the console, what the policy refused."""
        kinds = ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled")
        return [json.dumps(event) for method, event in self._events if method in kinds]

    def _next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._socket.recv(PATIENCE))
        if "method" in message and message.get("sessionId", "") == self._session:
            self._events.append((message["method"], message["params"]))
        return message


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """A browser that the whole run shares; every page is in a profile of its own."""
    browser = Chromium(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.stop()
