"""What is left of a step that a second person allowed asks them again only where it still changes something."""

from pathlib import Path

import pytest

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.sessions.approving import RUNBOOK, People, asking
from tests.support.sessions.fake_clock import FakeClock
from tui.errors import NotNow
from tui.execution.approving.proved_approvals import prove_approvals
from tui.execution.conductor.conductor import Conductor
from tui.session import events as ev
from tui.session.archive.store import Store
from tui.session.journal.chain import walk
from tui.session.outcome import Outcome
from tui.session.possible.needs_second import needs_second
from tui.session.state import StepStatus, step_by_id
from tui.widgets.offers.next_act import TWO_NAMES, how_asked

pytestmark = pytest.mark.needs("ssh-keygen")
CHECKED = RUNBOOK.replace("capture = { rows = { pattern = '(\\d+) rows' } }\n", "").replace(
    'run = "count {{ rows }} of {{ table }}"', 'run = "count {{ table }}"\nreads = true'
)
CHANGES = CHECKED.replace("\nreads = true", "")


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    return People(tmp_path_factory.mktemp("keys"))


def stopped_in_its_middle(conductor: Conductor, host: FakeTransport) -> None:
    """Ben allows it; it restores, what comes after that fails, and cem has the session then."""
    assert "rows" not in CHECKED
    host.replies["count"] = Reply(b"", Outcome.exited(1))
    conductor.approvals.ask("restore", "web")
    conductor.approvals.sign_here("restore", "ben")
    conductor.start("restore", "web")
    conductor.wait()
    conductor.record(ev.SessionResumed(operator="cem"))
    assert (conductor.state.step("restore").status, conductor.state.step("restore").action) == (StepStatus.FAILED, 1)
    host.replies["count"] = Reply(b"ok\n")


def test_a_rest_that_only_reads_starts_by_itself_and_is_proved(tmp_path: Path, people: People) -> None:
    with asking(tmp_path, people.signing(), FakeClock(), CHECKED) as (conductor, host):
        restore = step_by_id(conductor.runbook, "restore")
        assert needs_second(conductor.state, restore)
        stopped_in_its_middle(conductor, host)
        assert how_asked(conductor.state, restore) == ""
        with pytest.raises(NotNow, match="needs no second person"):
            conductor.approvals.ask("restore")
        conductor.retry("restore")
        conductor.wait()
        assert host.ran[-1].script == "count notes"
        assert conductor.state.step("restore").status is StepStatus.SIGNED
        directory = Store(tmp_path / "sessions").find("last")
        (proved,) = prove_approvals(walk(directory.journal), directory.load()[0], people.signers())
        assert proved.words.startswith("restore: allowed by ben")


def test_a_rest_that_changes_something_asks_again(tmp_path: Path, people: People) -> None:
    with asking(tmp_path, people.signing(), FakeClock(), CHANGES) as (conductor, host):
        stopped_in_its_middle(conductor, host)
        assert how_asked(conductor.state, step_by_id(conductor.runbook, "restore")) == TWO_NAMES
        before = len(host.ran)
        with pytest.raises(NotNow, match="needs a second person"):
            conductor.retry("restore")
        assert len(host.ran) == before
