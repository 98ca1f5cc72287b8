"""What a person has to see before a key is pressed is on the screen, also where it is small."""

from collections.abc import Callable
from typing import Any

import pytest
from rich.cells import cell_len

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.screens.running import comes, running
from tests.support.sessions.fake_clock import FakeClock
from tests.tui.conftest import SHOP, dialog, shown, until
from tui.app import RunbookApp
from tui.config import Config
from tui.dialogs import AskText, Confirm, Question, RollbackReason, Sign, TypeName
from tui.dialogs.base import Dialog
from tui.dialogs.pick import Pick
from tui.errors import NotNow
from tui.execution.workspace import Workspace
from tui.keys import Keys
from tui.runbook.model import Action, AnswerKind
from tui.screens.help import HelpScreen, help_lines
from tui.session.outcome import Outcome
from tui.session.state import StepStatus
from tui.widgets.band.text import band_parts
from tui.widgets.moment import Moment
from tui.widgets.offers.next_act import HOST_NAME, IN_BRIEF, TWO_NAMES, NextAct, next_act
from tui.widgets.offers.of_session import beside
from tui.widgets.offers.offer import Offer

LONG = ["on web:", "  $ the first command", *(f"  $ command {number}" for number in range(60)), "  $ the last command"]
KEYS = Keys()
NOW = FakeClock().now()


def told(app: RunbookApp, words: str) -> bool:
    """Whether a notice says so."""
    return any(words in notice.message for notice in app._notifications)


def dialogs() -> list[tuple[Dialog[Any], str]]:
    """Each kind of dialog with more to read than a small terminal has lines, and what its foot must show."""
    long = "\n".join(LONG)
    return [
        (Confirm("Update it", LONG, yes="Run it"), "Run it (y)"),
        (TypeName("DESTRUCTIVE: drop it", LONG, "web"), "Type web and press ⏎"),
        (Sign("Update it", LONG, True, "ben"), "A note (may stay empty):"),
        (AskText("Skip", LONG), "OK (⏎)"),
        (Question(Action(ask=long, answer=AnswerKind.NUMBER)), "OK (⏎)"),
        (RollbackReason(["errors", "slow"], ["Steps: 2 needed"], LONG), "or in your own words:"),
    ]


@pytest.mark.parametrize("place", range(len(dialogs())))
async def test_a_long_dialog_begins_at_its_beginning_and_keeps_its_title_and_its_answer_in_sight(
    workspace: Workspace, place: int
) -> None:
    asked, foot = dialogs()[place]
    async with RunbookApp(workspace).run_test(size=(80, 24)) as pilot:
        pilot.app.push_screen(asked)
        await dialog(pilot, type(asked))
        await until(pilot, lambda: "more below: pgdn" in shown(pilot.app))
        for words in (asked.heading, "the first command" if "Roll" not in asked.heading else "Steps: 2", foot):
            assert words in shown(pilot.app)
        assert "more above" not in shown(pilot.app)
        for _ in range(20):
            await pilot.press("pagedown")
            if "more below" not in shown(pilot.app):
                break
        if not isinstance(asked, RollbackReason):  # there the key moves in the list of reasons first
            await until(pilot, lambda: "the last command" in shown(pilot.app))
            assert "more below" not in shown(pilot.app)
            assert "more above: pgup" in shown(pilot.app)
        assert asked.heading in shown(pilot.app)
        assert foot in shown(pilot.app)


@pytest.mark.parametrize("place", range(len(dialogs())))
async def test_notices_lie_on_nothing_of_a_dialog(workspace: Workspace, place: int) -> None:
    """Of those that came before it, and of one that comes while it is open, those that fit below it."""
    asked, foot = dialogs()[place]
    async with RunbookApp(workspace).run_test(size=(80, 24), notifications=True) as pilot:
        app = pilot.app
        assert isinstance(app, RunbookApp)
        app.say("https://sentry.example/\ncopied, if the terminal allows it (OSC 52)", "Link")
        app.say("Copied, if the terminal allows it (OSC 52). Paste it where it goes.")
        app.push_screen(asked)
        await dialog(pilot, type(asked))
        app.show_error(NotNow("nothing to retry here", "a step that failed is retried"))
        await until(pilot, lambda: "Nothing to retry here" in shown(app))
        box, page = asked.query_one("#box").region, asked.region
        assert page.contains_region(box)
        notices = [notice.region for notice in asked.query("Toast")]
        assert len(notices) == 3
        assert [one for one in notices if box.overlaps(one) or not page.contains_region(one)] == []
        for words in (asked.heading, foot, "╰" if "DESTR" not in asked.heading else "┗"):
            assert words in shown(app)


async def test_a_notice_is_shown_once_also_under_a_dialog_and_again_when_that_is_closed(workspace: Workspace) -> None:
    async with RunbookApp(workspace).run_test(size=(120, 40), notifications=True) as pilot:
        app = pilot.app
        assert isinstance(app, RunbookApp)
        app.say("Paste it where it goes.")
        await until(pilot, lambda: "Paste it" in shown(app))
        below = app.screen
        app.push_screen(Confirm("Update it", ["$ one"]))
        asked = await dialog(pilot, Confirm)
        await until(pilot, lambda: len(asked.query("Toast")) == 1 and shown(app).count("Paste it") == 1)
        asked.dismiss(False)
        await until(pilot, lambda: app.screen is below and shown(app).count("Paste it") == 1)


async def test_notices_lie_neither_on_the_keys_nor_on_the_rows_of_a_screen_that_say_what_is_next(
    workspace: Workspace,
) -> None:
    async with running(workspace, (80, 24), notifications=True) as (app, pilot):
        app.say("https://sentry.example/\ncopied, if the terminal allows it (OSC 52)", "Link")
        app.show_error(NotNow("nothing to retry here", "a step that failed is retried"))
        await until(pilot, lambda: len(app.screen.query("Toast")) == 2)
        await until(pilot, lambda: all(notice.region.height for notice in app.screen.query("Toast")))
        for notice in app.screen.query("Toast").results():
            assert notice.region.y >= 4
            assert notice.region.bottom <= 22
            assert notice.region.width <= 60


async def test_a_dialog_that_fits_says_nothing_of_more(workspace: Workspace) -> None:
    async with RunbookApp(workspace).run_test(size=(80, 24)) as pilot:
        for asked in (
            Confirm("Update it", ["$ one"]),
            AskText("Skip", "Why?"),
            RollbackReason(["errors"], ["Steps: 2"]),
        ):
            pilot.app.push_screen(asked)
            await dialog(pilot, type(asked))
            await until(pilot, lambda: "F1 help" in shown(pilot.app))
            assert "more" not in shown(pilot.app)
            await pilot.press("escape")


async def test_a_question_names_the_keys_that_answer_it(workspace: Workspace) -> None:
    async with RunbookApp(workspace, Config(keys={"question.yes": "f7"})).run_test(size=(80, 24)) as pilot:
        pilot.app.push_screen(Question(Action(ask="Is it well?", answer=AnswerKind.YES_NO)))
        await dialog(pilot, Question)
        assert "yes (F7)" in shown(pilot.app)
        assert "no (n)" in shown(pilot.app)


def test_the_help_breaks_what_is_long_beside_the_keys() -> None:
    for width in range(72, 100):
        lines = ["".join(text for text, _ in line) for line in help_lines("run", KEYS, width)]
        assert max(cell_len(line) for line in lines if "config.toml" not in line) <= width - 4


async def test_the_help_is_broken_again_where_the_terminal_changes(workspace: Workspace) -> None:
    async with RunbookApp(workspace).run_test(size=(120, 40)) as pilot:
        pilot.app.push_screen(HelpScreen("run", KEYS))
        await until(pilot, lambda: "run.next" in shown(pilot.app))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "run.next" not in shown(pilot.app))


async def test_the_keys_at_the_foot_of_the_troubles_are_whole(make_workspace: Callable[..., Workspace]) -> None:
    trouble = '\n[[troubleshooting]]\nid = "load"\ntitle = "Load"\nsymptoms = ["slow"]\npatterns = ["slow"]\n'
    trouble += '[[troubleshooting.diagnosis]]\nid = "look-load"\ntitle = "Look"\n'
    trouble += '[[troubleshooting.diagnosis.actions]]\nrun = "top -b"\n'
    async with running(make_workspace(SHOP + trouble), (80, 24)) as (app, pilot):
        await until(pilot, lambda: "? keys" in shown(app))
        await pilot.press("t")
        await dialog(pilot, Pick)
        await pilot.press("enter")
        await until(pilot, lambda: "Trouble ·" in shown(app))
        assert "? keys" in shown(app).splitlines()[-1]


async def test_a_title_that_is_cut_says_so(make_workspace: Callable[..., Workspace]) -> None:
    text = SHOP.replace('title = "Shop"', f'title = "{"Shop of the town " * 8}"', 1)
    async with running(make_workspace(text), (80, 24)) as (app, pilot):
        await until(pilot, lambda: "…" in shown(app).splitlines()[0])


MONITORS = """
[monitors.cpu]
title = "Database connections"
run = "count"
every = "30s"
number = { name = "cpu", pattern = '([0-9.]+)%', below = 70, unit = "%" }
"""


async def test_a_key_of_the_band_stays_beside_what_it_does(workspace: Workspace, host: FakeTransport) -> None:
    host.replies["uptime"] = Reply(outcome=Outcome.exited(1))
    async with running(workspace, (80, 24)) as (app, pilot):
        await pilot.press("enter")
        await comes(pilot, app, "look", StepStatus.FAILED)
        moment: Moment = app.screen.moment
        others = beside(moment, app.screen.step, app.screen.offers())
        for width in range(24, 120):
            parts = band_parts(next_act(moment, app.screen.step), others, "r", width)
            line = "".join(text for part in parts for text, _ in part.pieces)
            assert line.startswith(" r  RETRY")
            assert cell_len(line) <= width
            for one in others:
                assert one.key not in line.split() or f"{one.key} {one.verb}" in line


HINTS = [
    NextAct("next", "START", TWO_NAMES, brief=IN_BRIEF[TWO_NAMES]),
    NextAct("retry", "RETRY", HOST_NAME, "bad", brief=IN_BRIEF[HOST_NAME]),
    NextAct("sign", "SIGN", "as ana, and a second person", "sign", brief=("as ana and another", "two people")),
    NextAct("next", "DECIDE", "what happened: look on the host", "bad", brief=("look on the host",)),
    NextAct("next", "SAY HOW IT WENT", "done, or not done", "turn"),
]


@pytest.mark.parametrize("first", HINTS, ids=lambda one: one.verb)
def test_what_follows_from_the_next_key_is_said_shorter_or_not_at_all_and_never_cut(first: NextAct) -> None:
    skip = Offer(act="run.skip", key="k", verb="skip", words="", action="skip")
    for width in range(24, 100):
        line = "".join(text for part in band_parts(first, [skip], "⏎", width) for text, _ in part.pieces)
        said = line.partition(first.verb)[2].strip().removesuffix("k skip").strip()
        assert said in ("", first.consequence, *first.brief)
        assert cell_len(line) <= width
        assert said or width < 40 or first.act == "retry"  # it was read when it was started first


async def test_what_is_refused_asks_for_no_reason_first(workspace: Workspace) -> None:
    async with running(workspace, (80, 24)) as (app, pilot):
        await pilot.press("u")
        await until(pilot, lambda: told(app, "Look around was not done yet"))
        app.conductor.start("look")
        await comes(pilot, app, "look", StepStatus.SIGNED)
        await pilot.press("up")
        await until(pilot, lambda: app.screen.step.id == "look")
        await pilot.press("k")
        await until(pilot, lambda: told(app, "Look around is settled already"))
        assert not isinstance(app.screen, Dialog)


async def test_the_output_alone_says_how_to_see_the_steps_again(workspace: Workspace) -> None:
    async with running(workspace, (80, 24)) as (app, pilot):
        await pilot.press("z")
        await until(pilot, lambda: "z shows the steps again" in shown(app))
        await pilot.press("z")
        await until(pilot, lambda: "z shows the steps again" not in shown(app))
