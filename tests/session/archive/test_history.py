"""What steps took in earlier sessions: which count, what is usual, and that the kept file can be lost or damaged."""

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from tests.support.runbooks.runbooks import SMALL
from tests.support.sessions.fake_clock import FakeClock
from tui.session import events as ev
from tui.session.archive import history
from tui.session.archive.history import FILE, Alike, History, Took, read_history, to_come_at, took, way_of
from tui.session.archive.store import SessionDirectory, Store
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import SessionState
from tui.session.views.called import over_at
from tui.session.views.usual import Usual, step_seconds, usual_of

SHOP = Alike("shop", machines=("web=web",))

Make = Callable[..., SessionDirectory]
GOOD = Outcome.exited(0)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "sessions")


@pytest.fixture
def make(store: Store) -> Make:
    clock = FakeClock()

    def made(
        *lengths: float,
        step: str = "backup",
        outcome: Outcome = GOOD,
        sign: bool = True,
        finish: bool = True,
        drill: str = "",
        environment: str = "",
        places: Mapping[str, ev.Place] = {},
        at_work: float = 0.0,
    ) -> SessionDirectory:
        """A session whose one step ran its action once for each of these numbers of seconds."""
        clock.advance(3600)
        directory, journal = store.create("deploy", SMALL, clock)
        journal.append(
            ev.SessionStarted(
                session=directory.id,
                flow="deploy",
                operator="ana",
                title="Shop",
                runbook_hash="",
                drill=drill,
                environment=environment,
                places=places,
            )
        )
        journal.append(ev.StepOpened(step=step, operator="ana"))
        for number, length in enumerate(lengths, 1):
            started = ev.AttemptStarted(attempt=number, step=step, action=0, host="web", command="x")
            journal.append(started)
            journal.append(ev.AttemptFinished(attempt=number, outcome=outcome, seconds=length))
            if outcome.ended_by_itself:
                check = ev.Check("exit status 0", "", ok=outcome.exit_status == 0)
                journal.append(ev.AttemptChecked(attempt=number, checks=(check,)))
        clock.advance(at_work)
        if sign:
            journal.append(ev.StepSigned(step=step, operator="ana"))
        if finish:
            journal.append(ev.SessionFinished(result="completed", operator="ana"))
        journal.close()
        return directory

    return made


def lengths(directory: SessionDirectory) -> dict[str, float]:
    return took(directory.load()[1])


def test_what_went_well_at_once_counts(make: Make) -> None:
    assert lengths(make(42.5)) == {"backup": 42.5}


@pytest.mark.parametrize(
    "session",
    [
        {"outcome": Outcome.exited(1)},
        {"outcome": Outcome(OutcomeKind.CANCELLED)},
        {"sign": False},
    ],
)
def test_what_did_not_go_well_does_not(make: Make, session: dict[str, object]) -> None:
    assert lengths(make(42.5, **session)) == {}


def test_what_was_run_again_does_not(make: Make) -> None:
    assert lengths(make(42.5, 40.0)) == {}


def test_three_times_make_it_usual(make: Make, store: Store) -> None:
    for length in (40, 44):
        make(length)
    assert read_history(store).usual(SHOP) == {}
    make(42)
    assert read_history(store).usual(SHOP) == {"backup": Usual(42, 41, 43, 3)}
    assert read_history(store).usual(Alike("another")) == {}


def test_what_was_to_come_at_a_step_is_told_from_three_sessions_on(make: Make) -> None:
    states = [make(length, at_work=length).load()[1] for length in (40, 42, 50)]
    found: dict[str, Took] = {}
    for number, state in enumerate(states):
        end = over_at(state)
        assert state.started is not None
        assert state.started_at is not None
        assert end is not None
        left = to_come_at(state, state.started_at, end)
        assert left == {"backup": (40, 42, 50)[number]}, "people's time included; steps nobody came to are left out"
        assert "backup" not in History(found).whole(replace(state, started=later(state))).to_come
        found[str(number)] = Took(1, SHOP, {}, way_of(state), 1.0, to_come=left)
    whole = History(found).whole(replace(states[0], started=later(states[0])))
    assert whole.to_come == {"backup": Usual(42, 41, 46, 3)}


def later(state: SessionState) -> ev.SessionStarted:
    """The beginning of a session like this one that came after all others."""
    assert state.started is not None
    return replace(state.started, session="9999")


def test_only_what_was_before_counts_for_a_session_that_is_replayed(make: Make, store: Store) -> None:
    made = [make(length) for length in (40, 42, 44, 400)]
    found = read_history(store)
    assert found.usual(SHOP, before=made[3].id)["backup"] == Usual(42, 41, 43, 3)
    assert found.usual(SHOP)["backup"].count == 4
    assert found.usual(SHOP, before=made[2].id) == {}


def test_rehearsals_have_a_history_of_their_own(make: Make, store: Store) -> None:
    for _ in range(3):
        make(1, drill="Calm")
        make(42)
    found = read_history(store)
    assert found.usual(SHOP)["backup"].median == 42
    assert found.usual(Alike("shop", drill="Calm"))["backup"].median == 1
    assert found.usual(Alike("shop", drill="Storm")) == {}


def test_environments_have_a_history_of_their_own(make: Make, store: Store) -> None:
    for _ in range(3):
        make(1, environment="staging")
        make(42)
    found = read_history(store)
    assert found.usual(SHOP)["backup"].median == 42, "a journal without an environment is of the runbook's own"
    assert found.usual(replace(SHOP, environment="staging"))["backup"].median == 1
    kept = {session: replace(one, whole=1.0 if one.of.environment else 42.0) for session, one in found.sessions.items()}
    for of, whole in ((SHOP, 42), (replace(SHOP, environment="staging"), 1)):
        planned = History(kept).planned(of, "deploy", "")
        assert planned is not None
        assert (planned.median, planned.count) == (whole, 3)


def test_sessions_on_other_machines_have_a_history_of_their_own(make: Make, store: Store) -> None:
    elsewhere = {"web": ev.Place(target="stg-1"), "tools": ev.Place(connection="web")}
    for _ in range(3):
        make(1, places=elsewhere)
        make(42)
        make(7, places={"web": ev.Place(local=True), "tools": ev.Place(connection="web")})
    found = read_history(store)
    assert found.usual(SHOP)["backup"].median == 42, "a journal without places is of the runbook's own"
    assert found.usual(replace(SHOP, machines=("web=stg-1",)))["backup"].median == 1
    assert found.usual(replace(SHOP, machines=("web=here",)))["backup"].median == 7


def test_sessions_that_are_running_and_those_that_cannot_be_read_are_no_history(make: Make, store: Store) -> None:
    make(42, finish=False)
    make(42).journal.write_bytes(b"nonsense\n")
    assert read_history(store).sessions == {}


def test_a_session_is_read_once(make: Make, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    first = make(42)
    before = read_history(store)
    monkeypatch.setattr(history, "_read", lambda directory, size: Took(size, Alike("read anew"), {}))
    assert read_history(store) == before
    with first.journal.open("ab") as file:
        file.write(b"more\n")
    assert read_history(store).sessions[first.id].of == Alike("read anew")


@pytest.mark.parametrize("content", [b"", b"nonsense", b"[1]", b'{"sessions": {}, "format": 99}', b"\xff\xfe"])
def test_what_was_kept_may_be_lost_or_damaged(make: Make, store: Store, content: bytes) -> None:
    make(42)
    whole = read_history(store)
    (store.root / FILE).write_bytes(content)
    assert read_history(store) == whole
    assert msgspec.json.decode((store.root / FILE).read_bytes(), type=History) == whole


def test_where_nothing_can_be_kept_it_is_still_read(make: Make, store: Store) -> None:
    make(42)
    (store.root / FILE).mkdir()
    assert len(read_history(store).sessions) == 1
    assert read_history(Store(store.root / "nowhere")).sessions == {}


def test_old_sessions_are_forgotten(make: Make, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [make(length) for length in (1, 2, 3)]
    monkeypatch.setattr(history, "NEWEST", 2)
    assert set(read_history(store).sessions) == {one.id for one in made[1:]}


@pytest.mark.parametrize(
    ("length", "longer"), [(42, False), (60, False), (63, False), (64, True), (400, True), (0, False)]
)
def test_longer_than_usual(length: float, longer: bool) -> None:
    assert Usual(42, 40, 45, 7).longer(length) is longer


def test_a_short_step_is_not_longer_than_usual_by_half_a_second() -> None:
    assert not Usual(0.2, 0.1, 0.3, 7).longer(0.9)
    assert Usual(0.2, 0.1, 0.3, 7).longer(1.3)


def test_the_median_and_the_quartiles() -> None:
    assert usual_of([4, 1, 3, 2, 5]) == Usual(3, 2, 4, 5)


def test_a_step_is_expected_to_take_what_it_seldom_exceeds_else_its_budget(make: Make) -> None:
    runbook, _ = make(42).load()
    step = runbook.sections[0].steps[0]
    assert step_seconds(runbook, step, {}) == 10
    assert step_seconds(runbook, step, {step.id: Usual(3, 2, 4, 5)}) == 4
