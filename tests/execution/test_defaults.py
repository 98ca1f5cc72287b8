"""Checks that a default may be the moment of the set-up, so that a notice never goes out without its date."""

from pathlib import Path

import pytest

from tests.runbook.documents import changed
from tests.support.fake_clock import FakeClock
from tests.support.fake_transport import FakeTransport
from tui.errors import RunbookInvalid, UsageError
from tui.execution.workspace import Setup, Workspace
from tui.resources import bundled
from tui.runbook.load import load, load_text
from tui.runbook.variables import fill
from tui.screens.setup_form import values
from tui.session.store import Store

SETUP = Setup(flow="deploy", method="a", operator="ana")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """The bundled runbook's, on hosts where nothing runs."""
    path = bundled("runbook.toml")
    runbook = load(path)
    transports = dict.fromkeys(runbook.hosts, FakeTransport())
    return Workspace(runbook, path.read_text(encoding="utf-8"), Store(tmp_path), transports, FakeClock())


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
