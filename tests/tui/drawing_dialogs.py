"""The dialogs that are drawn for a person to look at, beside those that the states of the screens have."""

from tests.support.screens.every_dialog import EVERY
from tests.tui.conftest import dialog
from tests.tui.drawing import DRAWN as DRAWN
from tests.tui.drawing import Stage, drawn, kept, run_running, run_unknown
from tests.tui.drawing_review import review as review
from tui.dialogs import AskText, ByHand, Confirm, Resolve, RollbackReason, SendMessage
from tui.dialogs.moved import WhichHosts
from tui.dialogs.pick import Pick
from tui.dialogs.taken_up import TakenUp
from tui.dialogs.told import Told
from tui.dialogs.written import CorrectValue, TickOff
from tui.screens.home.screen import HomeScreen


@drawn
async def resolve(stage: Stage) -> None:
    await run_unknown(stage)
    await stage.pilot.press("enter")
    await dialog(stage.pilot, Resolve)


@drawn
async def run_again(stage: Stage) -> None:
    stage.app.push_screen(EVERY["ways"]())
    await dialog(stage.pilot, Confirm)


@drawn
async def by_hand(stage: Stage) -> None:
    stage.app.push_screen(EVERY["by-hand"]())
    await dialog(stage.pilot, ByHand)


@drawn
async def message(stage: Stage) -> None:
    await run_message(stage)
    await stage.pilot.press("enter")
    await dialog(stage.pilot, SendMessage)


@drawn
async def run_message(stage: Stage) -> None:
    await stage.opened("announce")


@drawn
async def correct(stage: Stage) -> None:
    await stage.opened("http")
    await stage.pilot.press("v")
    await dialog(stage.pilot, CorrectValue)
    await stage.pilot.press("down")


@drawn
async def skip(stage: Stage) -> None:
    await stage.opened("migrate")
    await stage.pilot.press("k")
    await dialog(stage.pilot, AskText)


@drawn
async def quit_asked(stage: Stage) -> None:
    await run_running(stage)
    await stage.pilot.press("q")
    await dialog(stage.pilot, Confirm)


@drawn
async def pick(stage: Stage) -> None:
    await stage.opened("http")
    await stage.pilot.press("t")
    await dialog(stage.pilot, Pick)


@drawn
async def taken_up(stage: Stage) -> None:
    kept(stage, ["unfinished"])
    stage.app.resume("last")
    await dialog(stage.pilot, TakenUp)


@drawn
async def rollback_resumed(stage: Stage) -> None:
    kept(stage, ["unfinished"])
    conductor = stage.app.workspace.resume("last", "ana")
    stage.walk("http", conductor)
    conductor.close()
    stage.clock.advance(300)
    stage.app.push_screen(HomeScreen())
    await stage.says("RESUME")
    await stage.pilot.press("ctrl+r")
    await dialog(stage.pilot, RollbackReason)


@drawn
async def tick_off_asked(stage: Stage) -> None:
    kept(stage, ["deployed"])
    stage.app.push_screen(HomeScreen())
    await stage.says("Watch the error rate")
    await stage.pilot.press("x")
    await dialog(stage.pilot, TickOff)


@drawn
async def told(stage: Stage) -> None:
    lines = ["/home/ana/.local/state/runbook/exports/", "  20261124-020000-deploy.md", "  20261124-020000-deploy.html"]
    stage.app.push_screen(Told("2 files that only you can read", lines, "✔ EXPORTED"))
    await dialog(stage.pilot, Told)


@drawn
async def moved(stage: Stage) -> None:
    stage.app.push_screen(WhichHosts(["web: shop-1.example in the session, shop-2.example today"]))
    await dialog(stage.pilot, WhichHosts)
