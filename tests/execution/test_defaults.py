"""Checks that a default may be the moment of the set-up, so that a notice is never sent without its date."""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.runbook.documents import changed
from tests.support.machines.fake_transport import FakeTransport
from tests.support.sessions.fake_clock import FakeClock
from tui.errors import RunbookInvalid, UsageError
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.resources import bundled
from tui.runbook.reading.load import load, load_text, read_whole
from tui.runbook.templates.variables import fill
from tui.screens.setup.form import values
from tui.session.archive.store import Store
from tui.session.views.called import items

SETUP = Setup(flow="deploy", method="a", operator="ana")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """The bundled runbook's, on hosts where nothing runs."""
    path = bundled("runbook.toml")
    runbook = load(path)
    transports = dict.fromkeys(runbook.hosts, FakeTransport())
    return Workspace(runbook, read_whole(path).text, Store(tmp_path), transports, FakeClock())


def test_the_notice_names_when_the_session_began(workspace: Workspace) -> None:
    clock = workspace.clock
    assert isinstance(clock, FakeClock)
    clock.advance(15 * 60)
    conductor = workspace.begin(SETUP)
    clock.advance(3600)
    title = fill(conductor.runbook.messages["notification"].title, conductor.values())
    body = conductor.message("notification")
    conductor.close()
    assert title == "[DEPLOYMENT NOTICE] MultinotesAI v2.0.0 - 2026-11-24 02:15 UTC"
    assert "Deployment scheduled for: 2026-11-24 at 02:15 UTC" in body


def test_the_set_up_offers_it_to_be_changed(workspace: Workspace) -> None:
    offered = {field.id: field.value for field in values(workspace, "deploy", {"planned_date": "2026-11-25"})}
    assert offered["var-planned_date"] == "2026-11-25"
    assert offered["var-planned_time"] == "02:00"


def test_it_is_not_left_empty(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="planned_time: a value is needed"):
        workspace.check(Setup(flow="deploy", method="a", operator="ana", variables={"planned_time": ""}))


@pytest.mark.parametrize(
    ("default", "told"),
    [
        ("{{ operator }}", "no value for {{ operator }} at set-up"),
        ("{{ utc_time }}", 'the default "{{ utc_time }}" does not match the pattern'),
    ],
)
def test_a_default_names_only_the_moment_and_fits_the_pattern(default: str, told: str) -> None:
    with pytest.raises(RunbookInvalid) as caught:
        load_text(changed('default = "v2"', f'default = "{default}"'), "r.toml")
    assert told in [problem.message for problem in caught.value.problems]


def test_a_notice_written_days_before_names_the_next_window(workspace: Workspace) -> None:
    clock = workspace.clock
    assert isinstance(clock, FakeClock)
    clock.advance(4 * 86400)  # a Saturday
    offered = {field.id: field.value for field in values(workspace, "deploy", {})}
    assert (offered["var-planned_date"], offered["var-planned_time"]) == ("2026-12-01", "02:00")


def test_a_heading_without_anything_below_is_left_out(workspace: Workspace) -> None:
    conductor = workspace.begin(SETUP)
    body = conductor.message("notification")
    conductor.close()
    assert "Changes:" not in body
    assert "Rollback plan: Available if issues occur" in body


@pytest.mark.parametrize(
    ("ahead", "done", "words"),
    [(3 * 60, False, "notified 3 m ahead"), (25 * 3600, True, "done"), (-60, False, "notified when it began")],
)
def test_a_notice_sent_minutes_ahead_does_not_tick_that_it_was_a_day(
    workspace: Workspace, ahead: int, done: bool, words: str
) -> None:
    clock = workspace.clock
    assert isinstance(clock, FakeClock)
    at = clock.now() + timedelta(seconds=ahead)
    planned = {"planned_date": f"{at:%Y-%m-%d}", "planned_time": f"{at:%H:%M}"}
    conductor = workspace.begin(replace(SETUP, variables=planned))
    conductor.start("prepare-notify")
    conductor.sent("notification", conductor.message("notification"), "copied", "prepare-notify")
    told = items(conductor.state)[0]
    conductor.close()
    assert (told.id, told.done, told.words) == ("team-notified", done, words)


@pytest.mark.parametrize(
    ("went_out", "done", "words"),
    [
        ("2026-11-22 23:00", True, "done"),
        ("2026-11-23 23:00", False, "notified 3 h ahead"),
        ("", False, "notified; when is not known"),
    ],
)
def test_a_notice_that_was_sent_already_ticks_what_it_was(
    workspace: Workspace, went_out: str, done: bool, words: str
) -> None:
    conductor = workspace.begin(SETUP)
    conductor.start("prepare-notify")
    conductor.sent("notification", "as it went", "already sent", "prepare-notify", went_out)
    told = items(conductor.state)[0]
    conductor.close()
    assert (told.done, told.words) == (done, words)


def notified(workspace: Workspace, planned: str, *hours: int) -> Conductor:
    """A session in which the notice was copied at each of these hours, the last time by its step."""
    clock = workspace.clock
    assert isinstance(clock, FakeClock)
    conductor = workspace.begin(replace(SETUP, variables={"planned_date": planned}))
    conductor.start("prepare-notify")
    for hour in hours:
        clock.advance(3600 * hour)
        step = "prepare-notify" if hour == hours[-1] else ""
        conductor.sent("notification", "as it went", "copied", step)
    return conductor


def test_the_first_of_two_notices_counts(workspace: Workspace) -> None:
    conductor = notified(workspace, "2026-11-25", 0, 3)
    told = items(conductor.state)[0]
    conductor.close()
    assert (told.done, told.words) == (True, "done")


def test_a_notice_of_another_moment_is_none(workspace: Workspace) -> None:
    conductor = notified(workspace, "2026-11-25", 0)
    conductor.correct("planned_date", "2026-11-26", "postponed")
    told = items(conductor.state)[0]
    conductor.close()
    assert (told.done, told.words) == (False, "notified of 2026-11-25 02:00, not of 2026-11-26 02:00")


def test_a_moment_that_there_is_not_ticks_nothing(workspace: Workspace) -> None:
    conductor = notified(workspace, "2026-02-30", 0)
    told = items(conductor.state)[0]
    conductor.close()
    assert (told.done, told.words) == (False, "notified, but 2026-02-30 02:00 is not a date and a time")
