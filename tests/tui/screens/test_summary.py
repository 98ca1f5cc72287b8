import os
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.sessions.fake_clock import FakeClock
from tests.tui.conftest import dialog, journal, shown, type_text, until
from tui.app import RunbookApp
from tui.dialogs import AskText, Confirm
from tui.dialogs.told import Told
from tui.drill.debrief import Story, story_rows
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.exports.report import head
from tui.exports.source import source
from tui.screens.home.screen import HomeScreen
from tui.screens.replay.screen import ReplayScreen
from tui.screens.run.session import SessionScreen
from tui.screens.summary import screen as summary
from tui.screens.summary.card_text import BAD, FAINT, head_lines, owed_line, section_lines
from tui.screens.summary.hung import Hung, hang_of
from tui.screens.summary.screen import SummaryScreen, read_report
from tui.screens.summary.text import Report, details, finish_lines
from tui.session import events as ev
from tui.session.journal.journal import verify
from tui.session.outcome import Outcome
from tui.session.views.called import result_of
from tui.text.block import block, styled
from tui.widgets.words import Words

SETUP = Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"})


@pytest.fixture
def conductor(workspace: Workspace) -> Any:
    workspace.preflight(SETUP, lambda row: None)
    made = workspace.begin(SETUP)
    yield made
    made.close()


def do(conductor: Conductor, step: str) -> None:
    conductor.start(step)
    conductor.wait(10)


def told(workspace: Workspace, conductor: Conductor) -> str:
    """The summary's words, from the disk, at 120 columns."""
    started = conductor.state.started
    directory = workspace.store.find(started.session if started else "")
    report, now = Report(source(directory), verify(directory.journal)), workspace.clock.now()
    card = report.card(now)
    head = [*head_lines(card, report.source.state, 120, "f"), *section_lines(card, 116, 9)]
    lines = [*head, *details(report, card, now)]
    return styled([*lines, owed_line(card, 120)]).plain


def whole(conductor: Conductor) -> None:
    """The whole deployment, as it should go."""
    do(conductor, "look")
    do(conductor, "backup")
    conductor.sign("backup")
    conductor.start("announce")
    conductor.sent("notice", "Deploying v2", "copied", "announce")
    conductor.answer("announce", "0")
    do(conductor, "switch-docker")
    conductor.sign("switch-docker", second_operator="ben")


def test_a_whole_session_is_completed_without_deviations(workspace: Workspace, conductor: Conductor) -> None:
    whole(conductor)
    assert result_of(conductor.state) == "completed"
    conductor.finish("completed")
    conductor.wait(10)
    words = told(workspace, conductor)
    assert words.startswith("   ✔ DEPLOYED   Deploy v2, Docker   ana\n")
    assert "✔ none: every step went as the runbook says" in words
    assert "☑ done Backup made  Back up" in words
    assert "☐ open" not in words
    assert re.search(r"^ +4 +0 +0 +0 +not known +2/2 *$", words, re.MULTILINE)
    assert re.search(
        r"^ +of 4 steps +skipped +deviations +failed attempts +downtime +checklist *$", words, re.MULTILINE
    )
    proved = verify(workspace.store.find("last").journal)
    assert f"receipt {proved.count}:{proved.head}" in words


def test_what_went_otherwise_is_told(
    workspace: Workspace, conductor: Conductor, host: FakeTransport, clock: FakeClock
) -> None:
    host.replies["uptime"] = [Reply(b"nothing\n"), Reply(b"load\n")]
    host.before_run = lambda command: clock.advance(12)
    do(conductor, "look")
    conductor.retry("look")
    conductor.wait(10)
    conductor.skip("backup", "made [by] hand\x1b[31m")
    conductor.note("watched by \u202eben")
    words = told(workspace, conductor)
    assert "◆ UNFINISHED" in words
    assert "2 steps left   f finishes it as “abandoned”" in words
    assert 'Look around  failed: expected text that contains "load"' in words
    assert "Back up  skipped by ana: made [by] hand" in words
    assert "of 0:10  Look around" in words
    assert "☐ open Backup made" in words
    assert "✎ watched by ben" in words
    assert not any(bad in words for bad in "\x1b\u202e")


def test_follow_ups_are_due_from_the_end(workspace: Workspace, conductor: Conductor, clock: FakeClock) -> None:
    conductor.finish("completed")
    clock.advance(7200)
    assert "2026-11-24 03:00 UTC  Watch the error rate" in told(workspace, conductor)


def test_a_record_made_hours_later_has_its_own_time_and_moves_nothing(
    workspace: Workspace, conductor: Conductor, clock: FakeClock
) -> None:
    whole(conductor)
    clock.advance(6 * 3600)
    conductor.finish("completed")
    words = told(workspace, conductor)
    assert "ended   2026-11-24 02:00 UTC\n        recorded as finished 2026-11-24 08:00 UTC" in words
    assert "2026-11-24 03:00 UTC  Watch the error rate" in words
    facts = head(source(workspace.store.find("last")))
    assert facts["Ended (UTC)"] == "2026-11-24 02:00:00"
    assert facts["Recorded as finished (UTC)"] == "2026-11-24 08:00:00"


def test_a_rollback_that_is_done_is_the_result(workspace: Workspace, conductor: Conductor) -> None:
    do(conductor, "look")
    conductor.roll_back("rollback", "errors")
    while (step := conductor.state.next_step()) is not None:
        conductor.skip(step.id, "not deployed yet")
    assert result_of(conductor.state) == "rolled back"
    words = told(workspace, conductor)
    assert words.startswith("   ↺ ROLLED BACK   Deploy v2, Docker   ana\n")
    assert "not recorded as finished yet   f finishes it as “rolled back”" in words


def test_of_a_deployment_that_was_rolled_back_only_the_steps_of_the_rollback_are_named_as_not_done(
    conductor: Conductor,
) -> None:
    assert "not done: Look around" in finish_lines(conductor.state, "abandoned")
    do(conductor, "look")
    conductor.roll_back("rollback", "errors")
    while (step := conductor.state.next_step()) is not None:
        conductor.skip(step.id, "not deployed yet")
    lines = finish_lines(conductor.state, "rolled back")
    assert lines == ["The result is recorded as: rolled back", "3 other steps left out, since it was rolled back"]


async def at_summary(pilot: Pilot[Any], app: RunbookApp) -> None:
    app.begin(SETUP)
    await until(pilot, lambda: isinstance(app.screen, SessionScreen))
    app.show_summary()
    await until(pilot, lambda: isinstance(app.screen, SummaryScreen) and "receipt" in shown(app))


async def test_a_session_is_noted_exported_finished_and_reopened(workspace: Workspace, tmp_path: Path) -> None:
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 60)) as pilot:
        await at_summary(pilot, app)
        await pilot.press("n")
        await dialog(pilot, AskText)
        await type_text(pilot, "all quiet")
        await pilot.press("enter")
        await until(pilot, lambda: "✎ all quiet" in shown(app))
        await pilot.press("f")
        await dialog(pilot, Confirm)
        assert "recorded as: abandoned" in shown(app)
        assert "not done: Look around" in shown(app)
        await pilot.press("y")
        await until(pilot, lambda: "– ABANDONED" in shown(app))
        await pilot.press("f")  # finished once is finished
        await pilot.pause()
        assert isinstance(app.screen, SummaryScreen)
        await pilot.press("e")
        await dialog(pilot, Told)
        folder = tmp_path / "state" / "runbook" / "exports"
        assert [name.rpartition(".")[2] for name in sorted(os.listdir(folder))] == ["html", "json", "md"]
        assert not any(name.endswith(".json") for name in os.listdir(tmp_path))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SummaryScreen))
        await pilot.press("r")
        await dialog(pilot, Confirm)
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        app.show_summary()
        await until(pilot, lambda: "UNFINISHED" in shown(app))
        await pilot.press("h")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen) and "Unfinished" in shown(app))
        assert app.conductor is None
    kinds = [type(event) for event in journal(workspace)]
    assert kinds.index(ev.NoteAdded) < kinds.index(ev.SessionFinished) < kinds.index(ev.SessionResumed)


async def test_the_reflex_to_leave_reopens_nothing(workspace: Workspace) -> None:
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 60)) as pilot:
        await at_summary(pilot, app)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        app.show_summary()
        await until(pilot, lambda: isinstance(app.screen, SummaryScreen) and "receipt" in shown(app))
        app.conductor.finish("abandoned")
        await until(pilot, lambda: "ABANDONED" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))


async def test_samples_alone_do_not_have_the_session_read_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They come all the time: the summary of a long session would read and draw it without an end."""
    read: list[float] = []

    def counted(*given: Any) -> Report:
        read.append(threading.get_ident())
        return read_report(*given)

    monkeypatch.setattr(summary, "read_report", counted)
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 60)) as pilot:
        await at_summary(pilot, app)
        assert app.conductor is not None
        before = len(read)
        for _ in range(60):
            app.conductor.record(ev.MonitorsWaiting(host="web", monitors=()))
            await pilot.pause()
        assert len(read) == before
        app.conductor.note("all quiet")
        await until(pilot, lambda: "✎ all quiet" in shown(app))
        assert before < len(read) <= before + 2


def test_what_is_longer_than_the_summary_is_wide_hangs_below_its_words() -> None:
    story = Story(
        fault="errors",
        title="One request in eight fails for some of the users",
        how="by itself",
        struck=datetime(2026, 11, 24, 2, 12, tzinfo=UTC),
        noticed=12.0,
        first="a trigger: Error rate of the users",
        vain=("Restart the application, which does not help",),
    )
    fault, noticed, decided, recovered, vain = story_rows(story)
    lines = [[(fault[0], BAD), (fault[1], "bold")], *([(mark, FAINT), (words, "")] for mark, words in (noticed, vain))]
    assert [row.text for row in Hung(lines).rows(48)] == [
        "✖ 02:12:00 UTC One request in eight fails for",
        "  some of the users (by itself)",
        "  noticed   after 0:12: a trigger: Error rate of",
        "            the users",
        "  no help   Restart the application, which does",
        "            not help",
    ]
    assert decided == ("  decided   ", "never")
    assert recovered == ("  recovered ", "never")
    assert hang_of([("02:12:00 ", FAINT), ("✖ ", BAD), ("Back up", "bold")], 80) == len("02:12:00 ✖ ")
    assert hang_of([("  noticed after 12 s", FAINT)], 80) == 4, "what has no words of its own hangs by two more"
    receipt = f"123456:{64 * 'f'}"
    rows = Hung([[("receipt ", FAINT), (receipt, "")]]).rows(75)
    assert [row.text for row in rows] == ["receipt", f"  {receipt}"], "it is whole at 80 columns"


@pytest.fixture
def may_read(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Set while a session may be read for its summary."""
    read = threading.Event()

    def late(*given: Any) -> Report:
        read.wait()
        return read_report(*given)

    monkeypatch.setattr(summary, "read_report", late)
    yield read
    read.set()


async def test_while_a_session_is_read_there_is_no_empty_frame(workspace: Workspace, may_read: threading.Event) -> None:
    app = RunbookApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.begin(SETUP)
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        app.show_summary()
        await until(pilot, lambda: isinstance(app.screen, SummaryScreen) and "reading the session…" in shown(app))
        assert shown(app).count("╭") == 1
        may_read.set()
        await until(pilot, lambda: "Time by section" in shown(app) or "UNFINISHED" in shown(app))


async def test_what_was_finished_says_so_at_once_while_it_is_read_again(
    workspace: Workspace, may_read: threading.Event
) -> None:
    may_read.set()
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 60)) as pilot:
        await at_summary(pilot, app)
        assert "f finishes it as “abandoned”" in shown(app)
        may_read.clear()
        app.conductor.finish("abandoned")
        await until(pilot, lambda: "finished; reading what was recorded…" in shown(app))
        assert "– ABANDONED" in shown(app)
        assert "finishes it" not in shown(app)
        may_read.set()
        await until(pilot, lambda: "reading" not in shown(app))
        assert "– ABANDONED" in shown(app)


async def test_a_drills_summary_is_marked(make_workspace: Callable[..., Workspace]) -> None:
    app = RunbookApp(make_workspace(drill="calm"))
    async with app.run_test(size=(120, 60)) as pilot:
        await at_summary(pilot, app)
        assert "DRILL" in shown(app)
        app.screen.query_one("#summary-head", Words).say(block("\n".join(["tall"] * 90)))  # as drawn for a larger size
        await until(pilot, lambda: shown(app).count("tall") > 50)
        assert not app.screen.show_vertical_scrollbar, "its two columns would fold what is drawn for the whole width"


async def test_a_running_command_keeps_the_session_open(workspace: Workspace, host: FakeTransport) -> None:
    import threading

    gate = threading.Event()
    host.replies["uptime"] = Reply(b"load\n", Outcome.exited(0), until=gate)
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 60), notifications=True) as pilot:
        await at_summary(pilot, app)
        assert app.conductor is not None
        app.conductor.start("look")
        await pilot.press("f")
        await until(pilot, lambda: "A command is running" in shown(app))
        gate.set()
        await until(pilot, lambda: app.conductor is not None and not app.conductor.busy)


async def test_of_a_session_seen_again_what_is_late_is_told_as_of_today(
    workspace: Workspace, conductor: Conductor, clock: FakeClock
) -> None:
    whole(conductor)
    conductor.finish("completed")
    conductor.wait(10)
    clock.advance(3 * 86_400)
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 60)) as pilot:
        app.review(workspace.store.find("last").id)
        await until(pilot, lambda: isinstance(app.screen, SummaryScreen) and "receipt" in shown(app))
        words = shown(app)
    assert re.search(r"Follow-ups  as of 2026-11-27 02:0\d UTC", words)
    assert "2026-11-24 03:00 UTC  Watch the error rate  overdue by 2 d 23 h" in words
    assert "✖ 1 within 1 hour, 1 late now" in words


async def test_an_open_session_that_is_replayed_took_until_its_last_event(
    workspace: Workspace, conductor: Conductor, host: FakeTransport, clock: FakeClock
) -> None:
    host.before_run = lambda command: clock.advance(12)
    do(conductor, "look")
    conductor.close()
    clock.advance(86_400)
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 60)) as pilot:
        app.replay(workspace.store.find("last").id)
        await until(pilot, lambda: isinstance(app.screen, ReplayScreen))
        await pilot.press("home", "ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, SummaryScreen) and "receipt" in shown(app))
        assert " 0:24 so far" in shown(app)
