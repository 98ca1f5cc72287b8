"""The step's card on the screen: it blinks once on a failure, unfolds in focus, and gives what is selected of it."""

from collections.abc import Callable

import pytest
from textual.geometry import Offset
from textual.selection import Selection

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.screens.running import comes, running
from tests.support.source.counted_calls import calls_counted
from tests.tui.conftest import SHOP, shown, until
from tui.execution.workspace import Workspace
from tui.session import events as ev
from tui.session.outcome import Outcome
from tui.session.state import StepStatus
from tui.widgets.step import card as card_module
from tui.widgets.step.card import StepCard

SCRIPT = "\\n".join(f"echo line {number}" for number in range(100))


async def test_a_failed_step_shows_its_error_on_a_small_screen_without_scrolling(
    workspace: Workspace, host: FakeTransport
) -> None:
    host.replies["uptime"] = Reply(
        b"load: unknown\n",
        Outcome.exited(127),
        b"starting\nsh: 1: uptime: not found, and this line is longer than the card\n",
    )
    async with running(workspace, (80, 24)) as (app, pilot):
        await pilot.press("enter")
        await comes(pilot, app, "look", StepStatus.FAILED)
        said = " ".join(line.split("││", 1)[-1].strip(" │") for line in shown(app).splitlines())
        assert (
            "✖ exit status 0 got exit status 127 sh: 1: uptime: not found, and this line is longer than the card"
            in said
        )
        assert app.conductor.state.attempts[1].said.startswith("sh: 1: uptime: not found")


@pytest.mark.parametrize("animations", ["full", "none"])
async def test_the_frame_of_a_step_that_has_just_failed_blinks_once(
    workspace: Workspace, host: FakeTransport, monkeypatch: pytest.MonkeyPatch, animations: str
) -> None:
    blinked: list[str] = []
    monkeypatch.setattr(StepCard, "add_class", _noting(blinked, StepCard.add_class))
    monkeypatch.setattr(card_module, "BLINK", 0.01)
    host.replies["uptime"] = Reply(b"x\n", Outcome.exited(1))
    async with running(workspace, (80, 24)) as (app, pilot):
        app.animation_level = animations
        await pilot.press("enter")
        await comes(pilot, app, "look", StepStatus.FAILED)
        await until(pilot, lambda: not app.screen.query_one(StepCard).has_class("blink"))
        app.screen.show_now()
        await pilot.press("down", "up")
        await pilot.pause()
    assert blinked == (["blink"] if animations == "full" else [])


def _noting(noted: list[str], add_class: Callable[..., StepCard]) -> Callable[..., StepCard]:
    def added(self: StepCard, *names: str, update: bool = True) -> StepCard:
        noted.extend(name for name in names if name == "blink")
        return add_class(self, *names, update=update)

    return added


async def test_in_focus_nothing_of_a_long_script_is_folded(make_workspace: Callable[..., Workspace]) -> None:
    text = SHOP.replace('run = "uptime"', f'run = "{SCRIPT}"', 1)
    async with running(make_workspace(text), (80, 24)) as (app, pilot):
        await until(pilot, lambda: "more lines" in shown(app))
        assert "shows all" in shown(app)
        card = app.screen.query_one(StepCard)
        card.focus()
        await until(pilot, lambda: "more lines" not in shown(app))
        for _ in range(20):
            await pilot.press("pagedown")
        await until(pilot, lambda: "echo line 99" in shown(app))
        app.screen.query_one("#checklist").focus()
        await until(pilot, lambda: "more lines" in "\n".join(row.text for row in card._shown))


async def test_what_is_selected_of_a_broken_command_is_the_command(make_workspace: Callable[..., Workspace]) -> None:
    command = "docker-compose run --rm -T web python manage.py migrate --noinput --verbosity 2"
    text = SHOP.replace('run = "uptime"', f'run = "{command}"', 1)
    async with running(make_workspace(text), (80, 24)) as (app, pilot):
        await until(pilot, lambda: "↪" in shown(app))
        card = app.screen.query_one(StepCard)
        first = next(place for place, row in enumerate(card._shown) if "docker-compose" in row.text)
        last = max(place for place, row in enumerate(card._shown) if row.text.startswith(" ↪"))
        assert last > first
        app.screen.selections = {card: Selection(Offset(0, first), Offset(200, last))}
        await pilot.pause()
        assert app.screen.get_selected_text() == command


async def test_the_journal_has_the_line_that_tells_of_the_error(workspace: Workspace, host: FakeTransport) -> None:
    host.replies["uptime"] = [Reply(b"a\n", Outcome.exited(1), b"fatal: it broke\n"), Reply(b"load\n")]
    async with running(workspace, (80, 24)) as (app, pilot):
        entries: list[ev.AnyEvent] = []
        app.conductor.subscribe(lambda entry, state: entries.append(entry.event))
        await pilot.press("enter")
        await comes(pilot, app, "look", StepStatus.FAILED)
    judged = next(event for event in entries if isinstance(event, ev.AttemptChecked))
    assert judged.said == "fatal: it broke"
    assert judged.checks[0].came == "exit status 1: fatal: it broke"


async def test_where_the_lines_of_a_pane_are_is_looked_up_once_for_all_of_them(workspace: Workspace) -> None:
    async with running(workspace, (80, 24)) as (app, pilot):
        await pilot.pause()
        for pane in (app.screen.checklist, app.screen.card):
            with calls_counted("/textual/") as calls:
                pane.refresh_changed()
                pane.render_lines(pane.size.region)
            assert calls["screen.py:Screen.find_widget"] < pane.inside.height, "once for each line it would be more"
