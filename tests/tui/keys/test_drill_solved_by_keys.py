"""Each rehearsal in which something goes wrong, solved by keys through the whole application, after a wrong try.

`RUNBOOK_DRILLS=long` (`make test-drills`) plays them all; without it a run plays the first that is solved and the first
that is rolled back. What helps against each trouble is tried by the engine alone in `tests/drill/`, in every run.
"""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.tui.conftest import shown, until
from tests.tui.night import night
from tui.dialogs import Resolve
from tui.dialogs.base import Dialog
from tui.drill.rehearsals import debrief_of
from tui.drill.scenario_files import scenario_files
from tui.screens.summary.screen import SummaryScreen
from tui.session.events import LinkChanged
from tui.session.journal.journal import read
from tui.session.state import StepStatus, step_by_id

SIGNED, FAILED = StepStatus.SIGNED, StepStatus.FAILED
LONG = os.environ.get("RUNBOOK_DRILLS") == "long"
Play = Callable[[], Awaitable[None]]
SOLVED: list[Play] = []
ROLLED_BACK: list[Play] = []
"""The rehearsals, in their order in this file, by the way in which they end."""


def solved(play: Play) -> Play:
    """A rehearsal whose trouble is solved."""
    SOLVED.append(play)
    return play


def rolled_back(play: Play) -> Play:
    """A rehearsal that is rolled back."""
    ROLLED_BACK.append(play)
    return play


@pytest.fixture(autouse=True)
def _sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path / "sessions"))
    monkeypatch.setattr(Dialog, "LOOK", 0.007)


@solved
async def an_application_that_does_not_start() -> None:
    async with night("application-not-starting", "verify-http") as drill:
        await drill.struck("port-taken")
        failed = await drill.operator.go_on()
        await drill.trouble("Application Not Starting")
        assert await drill.operator.does("not-starting-journal") is SIGNED
        assert b"Connection in use" in drill.printed()
        assert await drill.operator.does("port-in-use-restart") is FAILED
        assert await drill.operator.does("port-in-use-find", "4711") is SIGNED
        assert await drill.operator.does("port-in-use-kill") is SIGNED
        assert await drill.operator.again("port-in-use-restart") is SIGNED
        await drill.back()
        assert await drill.operator.again(failed) is SIGNED
        story = (await drill.debriefed())["port-taken"]
        assert story.first == "a check failed"
        assert story.recovered is not None


@solved
async def a_migration_that_was_applied_by_hand() -> None:
    async with night("migration-errors", "b-plan") as drill:
        assert await drill.operator.go_on() == "b-migrate"
        await drill.trouble("Database Migration Errors")
        assert await drill.operator.does("reverse-migration-choose", "coreapp", "0001_initial") is FAILED
        assert await drill.operator.does("reverse-migration-run") is FAILED
        await drill.back()
        assert await drill.operator.again("b-migrate") is FAILED
        await drill.trouble("Database Migration Errors")
        assert await drill.operator.does("fake-migration-choose", "coreapp", "0002_prompt_tags") is SIGNED
        assert await drill.operator.does("fake-migration-run") is SIGNED
        await drill.back()
        assert await drill.operator.again("b-migrate") is SIGNED
        story = (await drill.debriefed())["column-by-hand"]
        assert "Reverse a migration" in story.vain
        assert story.recovered is not None


@solved
async def static_files_that_do_not_load() -> None:
    async with night("static-files", "verify-http") as drill:
        await drill.struck("static-gone")
        assert await drill.operator.go_on(before="verify-nginx") == "verify-nginx"
        await drill.operator.press("enter")  # nothing fails, one check warns: its words, its output and its trouble
        await until(drill.pilot, lambda: "as ana: 1 warning" in shown(drill.app))
        await until(drill.pilot, lambda: "! no static file is missing" in shown(drill.app))
        await until(drill.pilot, lambda: "203.0.113.24 - - [" in shown(drill.app))
        await until(drill.pilot, lambda: "t trouble" in shown(drill.app))
        await drill.trouble("Static Files Not Loading")
        assert await drill.operator.does("static-files-list") is SIGNED
        assert await drill.operator.does("static-files-reload") is SIGNED
        assert await drill.operator.does("static-files-collect") is FAILED
        assert await drill.operator.does("static-files-permissions") is SIGNED
        assert await drill.operator.again("static-files-collect") is SIGNED
        await drill.back()
        assert await drill.operator.go_on(before="verify-database-b") == "verify-database-b"
        story = (await drill.debriefed())["static-gone"]
        assert story.first == "troubleshooting: List the static files' directory"
        assert "Reload Nginx" in story.vain
        assert story.recovered is not None


async def _workers_that_answer_nobody(method: str) -> None:
    of_method = "-a" if method == "a" else ""
    async with night("celery-stuck", "verify-http", method) as drill:
        await drill.struck("workers-deaf")
        assert await drill.operator.go_on() == f"verify-celery-{method}"
        await drill.trouble("Celery Workers Not Processing Tasks")
        assert await drill.operator.does(f"purge-queue-run{of_method}") is SIGNED
        await drill.back()
        assert await drill.operator.again(f"verify-celery-{method}") is FAILED
        await drill.trouble("Celery Workers Not Processing Tasks")
        assert await drill.operator.does(f"restart-celery-run{of_method}") is SIGNED
        await drill.back()
        assert await drill.operator.again(f"verify-celery-{method}") is SIGNED
        story = (await drill.debriefed())["workers-deaf"]
        assert story.vain == ("Purge the task queue",)
        assert story.recovered is not None


@solved
async def workers_of_method_a_that_answer_nobody() -> None:
    await _workers_that_answer_nobody("a")


@solved
async def workers_of_method_b_that_answer_nobody() -> None:
    await _workers_that_answer_nobody("b")


@solved
async def many_errors_that_are_not_the_releases() -> None:
    async with night("high-error-rate", "verify-http") as drill:
        await drill.struck("connections-leak")
        failed = await drill.operator.go_on()
        await drill.trouble("High Error Rate")
        assert await drill.operator.does("resource-usage-look") is SIGNED
        assert await drill.operator.does("check-the-database-load") is SIGNED
        await drill.other_trouble("Celery Workers Not Processing Tasks")
        assert await drill.operator.does("restart-celery-run") is SIGNED
        await drill.back()
        assert await drill.operator.again(failed) is FAILED
        await drill.other_trouble("Application Not Starting")
        assert await drill.operator.does("port-in-use-restart") is SIGNED
        await drill.back()
        assert await drill.operator.again(failed) is SIGNED
        story = (await drill.debriefed())["connections-leak"]
        assert story.vain == ("Restart Celery",)
        assert story.recovered is not None


@solved
async def a_site_that_is_slow() -> None:
    async with night("slow", "verify-http", speed=60) as drill:
        await drill.struck("too-few-workers")
        assert await drill.operator.go_on() == "verify-response-times"
        await drill.trouble("Performance Degradation")
        assert await drill.operator.does("optimize-database-analyze") is SIGNED
        await drill.back()
        assert await drill.operator.again("verify-response-times") is FAILED
        await drill.trouble("Performance Degradation")
        assert await drill.operator.does("gunicorn-workers-set", "9") is SIGNED
        await drill.back()
        assert await drill.operator.again("verify-response-times") is SIGNED
        story = (await drill.debriefed())["too-few-workers"]
        assert story.vain == ("Analyze the tables",)
        assert story.recovered is not None


@solved
async def a_disk_that_is_full() -> None:
    async with night("disk-fills", "prepare-backup") as drill:
        assert await drill.operator.next("prepare-backup") is FAILED
        assert await drill.operator.again("prepare-backup") is FAILED
        await drill.help()
        assert await drill.operator.again("prepare-backup") is SIGNED
        stories = await drill.debriefed()
        assert stories.keys() == {"disk-full"}
        assert stories["disk-full"].vain == ("Back up the production database",)
        assert stories["disk-full"].recovered is not None


@solved
async def a_connection_that_drops_under_the_build_is_left_alone() -> None:
    async with night("connection-drops", "b-dependencies") as drill:
        assert await drill.operator.next("b-dependencies") is SIGNED
        links = [one.event.link for one in read(drill.journal) if isinstance(one.event, LinkChanged)]
        assert "connection lost" in links
        story = (await drill.debriefed())["line-cut"]
        assert story.vain == ()
        assert story.recovered is not None


@solved
async def a_host_that_restarts_under_the_build() -> None:
    async with night("host-restarts", "b-dependencies") as drill:
        assert await drill.operator.next("b-dependencies") is StepStatus.UNKNOWN
        await drill.operator.press("enter")
        await drill.operator.opened(Resolve)
        await until(drill.pilot, lambda: "restarted while it ran" in shown(drill.app))
        await drill.operator.write("half of it is installed")
        await drill.operator.press("f3")
        await until(drill.pilot, lambda: drill.conductor.state.step("b-dependencies").status is FAILED)
        code = step_by_id(drill.conductor.runbook, "b-dependencies")
        assert drill.conductor.doubts(code), "what was signed before the restart is in doubt"
        await drill.operator.press("enter")  # it looks again before it runs what failed
        await drill.operator.yes()
        await until(drill.pilot, lambda: not drill.conductor.busy and not drill.conductor.doubts(code))
        assert await drill.operator.next("b-dependencies") is SIGNED
        assert (await drill.debriefed())["restart"].recovered is not None


@rolled_back
async def errors_that_begin_when_all_seemed_well_are_noticed_by_the_trigger_and_rolled_back() -> None:
    async with night("error-rate-climbs", "verify-http", speed=60) as drill:
        await drill.struck("errors")
        await until(drill.pilot, lambda: "error_rate" in drill.conductor.state.tripped)
        await until(drill.pilot, lambda: "^r rolls back" in shown(drill.app))
        await drill.other_trouble("Application Not Starting")
        assert await drill.operator.does("port-in-use-restart") is SIGNED
        await drill.back()
        await drill.roll_back()
        rollback = drill.conductor.state.rollback
        assert rollback is not None
        assert rollback.reason.startswith("Error rate")  # what tripped stands first
        await drill.operator.settle()
        await drill.operator.press("enter")
        await drill.operator.on_screen(SummaryScreen)
        await until(drill.pilot, lambda: "One request in eight fails in the new release" in shown(drill.app))
        await drill.operator.press("f")
        await drill.operator.yes()
        await until(drill.pilot, lambda: drill.conductor.state.finished is not None)
        found = debrief_of(drill.workspace.store.find("last"))
    (story,) = found.stories
    assert story.noticed is not None
    assert story.vain == ("Restart Gunicorn",)
    assert story.recovered is not None
    assert found.rollback is not None
    assert found.result == "rolled back"


@rolled_back
async def a_migration_that_fails_half_way() -> None:
    async with night("migration-fails", "b-plan") as drill:
        assert await drill.operator.go_on() == "b-migrate"
        assert await drill.operator.again("b-migrate") is FAILED
        assert b"Duplicate column name" in drill.printed()
        await drill.roll_back()
        drill.operator.answers("rollback-database-half", "restore")
        await drill.operator.settle()
        story = (await drill.debriefed())["table-locked"]
        assert story.decision.startswith("rollback") or story.vain
        assert story.recovered is not None


@rolled_back
async def a_rollback_that_hits_two_snags() -> None:
    async with night("rollback-snag", "verify-http") as drill:
        await drill.struck("static-owner")
        await drill.struck("link-followed")
        await drill.roll_back()
        assert await drill.operator.go_on() == "rollback-dependencies-b"
        assert await drill.operator.again("rollback-dependencies-b") is FAILED
        await drill.trouble("Static Files Not Loading")
        assert await drill.operator.does("static-files-permissions") is SIGNED
        await drill.back()
        assert await drill.operator.again("rollback-dependencies-b") is SIGNED
        assert await drill.operator.go_on() == "rollback-maintenance-off"
        assert b"copied it over the link" in drill.printed()
        assert await drill.operator.again("rollback-maintenance-off") is FAILED
        await drill.help()
        assert await drill.operator.again("rollback-maintenance-off") is SIGNED
        await drill.operator.settle()
        assert {one.recovered is not None for one in (await drill.debriefed()).values()} == {True}


PLAYED = [*SOLVED, *ROLLED_BACK] if LONG else [SOLVED[0], ROLLED_BACK[0]]
"""A step that fails and is solved, and errors that nobody sees but the trigger; the others are in the long form."""


@pytest.mark.parametrize("play", PLAYED, ids=lambda play: str(play.__name__))
async def test_a_night_is_brought_to_its_end_by_keys(play: Play) -> None:
    await play()


def test_every_scenario_is_played_here() -> None:
    """So that the author of another one is reminded."""
    text = Path(__file__).read_text(encoding="utf-8")
    assert [path.stem for path in scenario_files() if f'night("{path.stem}"' not in text] == ["calm-deployment"]
