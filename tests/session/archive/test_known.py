"""What lists know of the sessions on disk: what each came to, and that an unchanged journal is not read again."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.session.report.test_downtime import MARKED
from tests.support.runbooks.runbooks import SMALL
from tests.support.sessions.fake_clock import FakeClock
from tui.headless.session_list import sessions_report
from tui.runbook.model import FlowKind
from tui.session import events as ev
from tui.session.archive.known import KnownSession, KnownSessions
from tui.session.archive.store import SessionDirectory, Store
from tui.session.journal.journal import Journal
from tui.session.outcome import Outcome
from tui.session.views.called import Tone

CUT = SMALL.replace(
    'sections = ["before", "change"]', 'sections = ["before", "down", "change"]\ndowntime = "5m"\nbudget = "45m"'
)
Make = Callable[..., SessionDirectory]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "sessions")


@pytest.fixture
def make(store: Store) -> Make:
    clock = FakeClock()

    def made(*events: tuple[float, ev.AnyEvent], flow: str = "deploy") -> SessionDirectory:
        """A session of these events, each with its seconds after the one before."""
        clock.advance(3600)
        directory, journal = store.create(flow, CUT + MARKED, clock)
        started = ev.SessionStarted(
            session=directory.id,
            flow=flow,
            method="docker",
            operator="ana",
            title="Shop",
            runbook_hash="",
            variables={"release": "v2"},
        )
        journal.append(started)
        for later, event in events:
            clock.advance(later)
            journal.append(event)
        journal.close()
        return directory

    return made


def ran(
    number: int, step: str, outcome: Outcome, at: float = 0.0, length: float = 60.0
) -> list[tuple[float, ev.AnyEvent]]:
    check = ev.Check("exit status 0", "", ok=outcome.exit_status == 0)
    return [
        (at, ev.StepOpened(step=step, operator="ana")),
        (0.0, ev.AttemptStarted(attempt=number, step=step, action=0, host="web", command="x", mutates=True)),
        (length, ev.AttemptFinished(attempt=number, outcome=outcome, seconds=length)),
        (0.0, ev.AttemptChecked(attempt=number, checks=(check,))),
    ]


FINISHED = ev.SessionFinished(result="completed", operator="ana")
ABANDONED = ev.SessionFinished(result="abandoned", operator="ana")


def known(store: Store, directory: SessionDirectory) -> KnownSession:
    return KnownSessions(store).get(directory.id)


def test_a_deployment_says_what_it_came_to_how_long_it_took_and_how_long_users_were_cut_off(
    store: Store, make: Make
) -> None:
    down = ran(1, "page", Outcome.exited(0), at=600), ran(2, "answers", Outcome.exited(0), at=40, length=2)
    one = known(store, make(*down[0], *down[1], (1200, FINISHED)))
    assert (str(one.called), one.version, one.kind, one.what) == (
        "✔ deployed",
        "v2",
        FlowKind.DEPLOY,
        "Deploy v2, Docker",
    )
    assert (one.took, one.budget) == (600 + 60 + 40 + 2 + 1200, 2700)
    assert one.downtime.seconds == 60 + 40 + 2
    assert one.completed
    table = sessions_report(store, as_json=False)
    assert "DOWNTIME" in table
    assert "31:42  45:00   1:42      ✔ deployed" in table
    (told,) = json.loads(sessions_report(store, as_json=True))
    assert (told["seconds"], told["budget"], told["downtime"]["seconds"]) == (1902, 2700, 102)


def test_what_was_abandoned_is_neither_good_nor_counted_as_usual_and_says_at_what(store: Store, make: Make) -> None:
    one = known(store, make(*ran(1, "look", Outcome.exited(3)), (5, ABANDONED)))
    assert str(one.called).startswith("– abandoned")
    assert one.called.tone is not Tone.GOOD
    assert one.reason == "failed: Look around"
    assert not one.completed


def test_a_rollback_says_why(store: Store, make: Make) -> None:
    back = ev.RollbackStarted(flow="rollback", operator="ana", reason="errors above 10 %")
    one = known(store, make((60, back), (60, ev.SessionFinished(result="rolled back", operator="ana"))))
    assert str(one.called) == "↺ rolled back"
    assert one.reason == "errors above 10 %"


def test_an_unfinished_one_says_how_far_it_is_and_what_was_running(store: Store, make: Make) -> None:
    one = known(store, make(*ran(1, "look", Outcome.exited(0))[:2]))
    assert str(one.called) == "◆ unfinished"
    assert not one.finished
    assert (one.settled, one.at, one.running, one.people) == (0, "Look around", "web", "ana")
    assert one.steps > 3


def test_one_that_cannot_be_read_says_why(store: Store, make: Make) -> None:
    directory = make((1, FINISHED))
    directory.journal.write_bytes(directory.journal.read_bytes().replace(b'"ana"', b'"eve"'))
    one = known(store, directory)
    assert f"{one.sign} {one.called.words}" == "? cannot be read"
    assert one.problem
    assert not one.readable
    assert "? cannot be read" in sessions_report(store, as_json=False)


def test_a_journal_that_has_not_changed_is_read_once(store: Store, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [make((1, FINISHED)) for _ in range(3)]
    read: list[str] = []
    load = SessionDirectory.load

    def counted(directory: SessionDirectory) -> object:
        read.append(directory.id)
        return load(directory)

    monkeypatch.setattr(SessionDirectory, "load", counted)
    sessions = KnownSessions(store)
    first = [sessions.get(name) for name in sessions.names()]
    assert sorted(read) == sorted(one.id for one in made)
    read.clear()
    assert [sessions.get(name) for name in sessions.names()] == first
    assert read == []
    journal = Journal.open(made[1].journal, FakeClock())
    journal.append(ev.FollowUpDone(followup="watch", operator="ana"))
    journal.close()
    assert [sessions.get(name).id for name in sessions.names()] == [one.id for one in first]
    assert read == [made[1].id]
