"""Plays a roll over forty real sshds by keys, and draws its decisive moments: decide, stop, retry, roll back."""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.support.fleet import Fleet, fleet
from tests.support.machines.fleet import of_group
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.load import load
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.transports.base import Transport
from tui.transports.local.transport import LocalTransport

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from tui.app import RunbookApp

HOSTS = 40
PATIENCE = 240.0
PICTURES = {
    "waves": ((160, 50), "unknown"),
    "waves-80x24": ((80, 24), "unknown"),
    "waves-stopped": ((160, 50), "stopped"),
    "waves-back-80x24": ((80, 24), "back"),
}
"""Which moment of the play each picture has, and at which size."""
MOMENTS = {"unknown": "decide about box5 first", "stopped": "STOPPED", "back": "rolled back"}
"""What the screen says at each moment."""
DEPLOY = '''title = "Update {{ host }}"
each = "box"
batches = ["1", "25%", "100%"]
at_once = 5
stop_after = 3
[[sections.steps]]
id = "drain"
title = "Drain"
signoff = "operator"
mutates = true
run = "echo drain >>HERE/did-{{ host }}"
undo = ["fill"]
[[sections.steps]]
id = "update"
title = "Update"
mutates = true
run = """
echo update >>HERE/did-{{ host }}
case {{ host }} in
(box5) [ -e HERE/fixed ] || kill -9 $PPID $$ ;;
(box14|box15) [ -e HERE/fixed ] || { echo "E: No space left on device" >&2; exit 100; } ;;
esac
echo "app 4.2.1 installed"
"""
undo = ["downgrade"]
[[sections.steps]]
id = "check"
title = "Check"
reads = true
run = "grep -q update HERE/did-{{ host }} && echo ok"
[[sections.steps]]
id = "undrain"
title = "Undrain"
mutates = true
run = "echo undrain >>HERE/did-{{ host }}"
'''
BACK = """[[sections.steps]]
id = "downgrade"
title = "Downgrade"
mutates = true
run = "echo downgrade >>HERE/did-{{ host }}"
on = "box"
at_once = 10
stop_after = 6
[[sections.steps]]
id = "fill"
title = "Undrain again"
mutates = true
run = "echo fill >>HERE/did-{{ host }}"
on = "box"
at_once = 10
stop_after = 6
[[rollback_reasons]]
id = "errors"
title = "Errors"
"""
ONCE = ["drain", "update", "undrain", "downgrade", "fill"]
TWICE = [*ONCE[:2], *ONCE[1:]]


class Play:
    """The play at one size of the terminal; `drawn` are the moments of which pictures are wanted, by their names."""

    def __init__(self, app: "RunbookApp", pilot: "Pilot[None]", drawn: dict[str, str], folder: Path) -> None:
        self._app = app
        self._pilot = pilot
        self._drawn = drawn
        self._folder = folder

    def words(self) -> str:
        """What the screen says."""
        from tools.screenshots import words_of

        return words_of(self._app.export_screenshot())

    async def until(self, *texts: str) -> None:
        """Wait until the screen says one of these."""
        deadline = time.monotonic() + PATIENCE
        while not any(text in self.words() for text in texts):
            assert time.monotonic() < deadline, f"the screen never said {texts}:\n{self.words()}"
            await self._pilot.pause(0.1)

    async def press(self, *keys: str) -> None:
        """Press keys, with time for what each does."""
        for key in keys:
            await self._pilot.press(key)
            await self._pilot.pause(0.4)

    async def confirmed(self) -> None:
        """Begin what the band offers, and say yes."""
        await self.press("enter")
        await self.until("No (n)")
        while "No (n)" in self.words():
            await self.press("y")

    async def seen(self, moment: str) -> None:
        """A moment of the play: the screen says it, and its picture is drawn where one is wanted."""
        await self.until(MOMENTS[moment])
        if name := self._drawn.get(moment):
            await self._pilot.pause(0.5)
            self._app.save_screenshot(f"{name}.svg", str(self._folder))
            print(f"screenshots/{name}.svg", flush=True)

    async def play(self, here: Path) -> None:
        """Canary, batch, decision, stop, retry, rollback; `here` is the folder of what the hosts did."""
        await self.until("RESUMED")
        while "RESUMED" in self.words():
            await self.press("escape")
        await self.confirmed()
        await self.until("BATCH 2/3")
        await self.confirmed()
        await self.seen("unknown")
        await self.press("enter", *"looked", "f3")
        await self.until("BATCH 3/3")
        await self.confirmed()
        await self.seen("stopped")
        (here / "fixed").touch()
        await self.confirmed()
        await self.until("BATCH 3/3", "SIGN")
        if "SIGN" not in self.words():
            await self.confirmed()
            await self.until("SIGN")
        await self.press("ctrl+r")
        await self.until("Why is it rolled back?")
        await self.press("down", "enter")
        await self.until("0 of 2 done")
        for done in ("1 of 2 done", "2 of 2 done"):
            await self.until("START")
            await self.confirmed()
            await self.until(done)
        await self.seen("back")


def draw_fleet(folder: Path, chosen: Sequence[str]) -> list[str]:
    """Play at each size of which pictures are wanted, and draw them; returns the pictures that could not be drawn."""
    failed = []
    for size in dict.fromkeys(PICTURES[name][0] for name in chosen):
        drawn = {PICTURES[name][1]: name for name in chosen if PICTURES[name][0] == size}
        with fleet(HOSTS) as there:
            try:
                _played(there, size, drawn, folder)
            except AssertionError as error:
                failed += drawn.values()
                print(f"{', '.join(drawn.values())}: {error}", flush=True)
    return failed


def _played(there: Fleet, size: tuple[int, int], drawn: dict[str, str], folder: Path) -> None:
    from tui.app import RunbookApp

    here = there.folder / "did"
    here.mkdir()
    text = of_group([f"box[1:{HOSTS}]"], DEPLOY, BACK, section="roll", group="box", local=True)
    text = text.replace("HERE", str(here))
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "runbook.toml"
        path.write_text(text, encoding="utf-8")
        ways: dict[str, Transport] = {one.name: one for one in there.transports()}
        ways["here"] = LocalTransport("here")
        workspace = Workspace(load(path), text, Store(Path(name) / "sessions"), ways, SystemClock())
        try:
            setup = Setup(flow="deploy", operator="ana")
            workspace.preflight(setup, lambda row: None)
            workspace.begin(setup).close()
            app = RunbookApp(workspace, session=workspace.store.names()[-1], operator="ana")

            async def play() -> None:
                async with app.run_test(size=size) as pilot:
                    await Play(app, pilot, drawn, folder).play(here)

            asyncio.run(play())
        finally:
            workspace.close()
    did = {path.name.removeprefix("did-"): path.read_text().split() for path in here.glob("did-*")}
    wanted = {name: TWICE if name in ("box5", "box14", "box15") else ONCE for name in there.names}
    assert did == wanted, {name: found for name, found in did.items() if found != wanted[name]}
