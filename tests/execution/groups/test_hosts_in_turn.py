"""A section that goes over a group host by host: batches, a limit over all of them, and no host left half done."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.machines.fleet import FAILED, GONE, LOST, NAMES, TURNS, begun, fleet, ran
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Workspace
from tui.runbook.groups.host_by_host import batched
from tui.runbook.model import Step
from tui.session import events as ev
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.folding.fold import fold
from tui.session.groups.batches import batch_now, waits_for_person
from tui.session.groups.cells import CellStatus, cells_of, standing_of
from tui.session.groups.left_open import left_open, left_words
from tui.session.journal.journal import read
from tui.session.report_card.deviations import deviations, grouped
from tui.session.state import SessionState, StepStatus, step_by_id
from tui.transports.base import Command
from tui.widgets.moment import Moment
from tui.widgets.offers.next_act import next_act
from tui.widgets.step.cell_rows import next_rows

PARTS = ("drain ", "install ", "curl ", "undrain ")


def where(conductor: Conductor) -> dict[str, CellStatus]:
    """Where each host stands in the whole of the section."""
    return {cell.host: cell.status for cell in cells_of(conductor.state, step_by_id(conductor.runbook, "roll"), 0)}


def go(conductor: Conductor, times: int = 1) -> None:
    """Begin the section, or its next batch."""
    for _ in range(times):
        conductor.start("roll")
        conductor.wait()


@pytest.mark.parametrize(
    ("sizes", "hosts", "found"),
    [
        (("1", "25%", "100%"), 40, [1, 10, 29]),
        (("1", "25%"), 40, [1, 10, 10, 10, 9]),
        (("2",), 5, [2, 2, 1]),
        ((), 3, [3]),
        (("10%",), 3, [1, 1, 1]),
        (("1", "100%"), 1, [1]),
        (("5",), 0, []),
    ],
)
def test_the_batches_are_all_hosts_once(sizes: tuple[str, ...], hosts: int, found: list[int]) -> None:
    names = tuple(f"h{number}" for number in range(hosts))
    batches = batched(sizes, names)
    assert [len(batch) for batch in batches] == found
    assert tuple(name for batch in batches for name in batch) == names


def test_every_host_is_done_before_its_place_goes_to_another_and_a_person_begins_each_batch(tmp_path: Path) -> None:
    hosts, order, lock = fleet(), list[tuple[str, str]](), threading.Lock()
    for name in NAMES:

        def noted(command: Command, name: str = name) -> None:
            with lock:
                order.append((name, command.script.split()[0]))

        hosts[name].before_run = noted
    with begun(tmp_path, hosts, at_once=1, text=TURNS) as conductor:
        order.clear()
        go(conductor)
        step = step_by_id(conductor.runbook, "roll")
        assert order == [("web01", word) for word in ("drain", "install", "curl", "undrain")]
        assert conductor.state.step("roll").status is StepStatus.RUNNING
        waits = waits_for_person(conductor.state, step)
        assert waits is not None
        assert waits.words == "batch 2/3: 3 hosts"
        go(conductor)
        assert [name for name, word in order if word == "drain"] == ["web01", "web02", "web03", "web04"]
        assert [name for name, _ in order] == sorted(name for name, _ in order)
        go(conductor)
        assert conductor.state.step("roll").status is StepStatus.SIGNED
        assert set(where(conductor).values()) == {CellStatus.GOOD}
        assert (batch_now(conductor.state, step), step.title) == (None, "Update web")


def test_the_limit_counts_over_all_batches_and_what_was_begun_comes_to_its_end(tmp_path: Path) -> None:
    hosts = fleet()
    hosts["web02"].replies["install"] = [FAILED, Reply()]
    hosts["web05"].replies["drain"] = [GONE, Reply()]
    with begun(tmp_path, hosts, at_once=1, stop_after=2, text=TURNS) as conductor:
        go(conductor, 3)
        assert conductor.state.step("roll").status is StepStatus.FAILED
        assert ran(hosts, "install") == dict.fromkeys(NAMES[:4], 1)
        assert ran(hosts, "undrain") == dict.fromkeys(("web01", "web03", "web04"), 1)
        assert conductor.state.step("roll").checks[0][0].came == (
            "1 failed, 1 unreachable, 1 to do, 3 good; stopped: it begins on no other"
        )
        conductor.retry("roll")
        conductor.wait()
        go(conductor)
        assert conductor.state.step("roll").status is StepStatus.SIGNED
        assert ran(hosts, "install") == {name: 2 if name == "web02" else 1 for name in NAMES}
        assert ran(hosts, "undrain") == dict.fromkeys(NAMES, 1)
        assert {name: sum(one.script.startswith("drain") for one in hosts[name].ran) for name in NAMES} == {
            name: 2 if name == "web05" else 1 for name in NAMES
        }


def test_a_batch_that_fails_whole_stops(tmp_path: Path) -> None:
    hosts = fleet()
    hosts["web01"].replies["curl"] = FAILED
    with begun(tmp_path, hosts, stop_after=6, text=TURNS) as conductor:
        go(conductor)
        assert conductor.state.step("roll").status is StepStatus.FAILED
        assert conductor.state.step("roll").checks[0][0].came == "1 failed, 5 to do; stopped: batch 1 failed whole"
        assert standing_of(conductor.state, step_by_id(conductor.runbook, "roll"), 0).whole == 1


def test_an_unknown_end_that_is_decided_continues_with_the_host(tmp_path: Path) -> None:
    hosts = fleet()
    hosts["web01"].replies["install"] = LOST
    with begun(tmp_path, hosts, stop_after=6, text=TURNS) as conductor:
        go(conductor)
        assert conductor.state.step("roll").status is StepStatus.UNKNOWN
        conductor.resolve("roll", True, "looked")
        conductor.wait()
        assert where(conductor)["web01"] is CellStatus.GOOD
        assert ran(hosts, "install") == {"web01": 1}


def test_a_rollback_undoes_of_each_part_what_was_changed_by_it(tmp_path: Path) -> None:
    hosts = fleet()
    hosts["web02"].replies["drain"] = FAILED
    hosts["web03"].replies["drain"] = GONE
    with begun(tmp_path, hosts, stop_after=6, text=TURNS) as conductor:
        go(conductor, 2)
        conductor.roll_back("back", "errors")
        for step in ("downgrade", "fill"):
            conductor.start(step)
            conductor.wait()
        assert ran(hosts, "downgrade") == {"web01": 1, "web04": 1}
        assert ran(hosts, "fill") == {"web01": 1, "web02": 1, "web04": 1}


def test_a_part_that_was_not_begun_anywhere_has_nothing_to_undo(tmp_path: Path) -> None:
    hosts = fleet()
    hosts["web01"].replies["drain"] = FAILED
    with begun(tmp_path, hosts, text=TURNS) as conductor:
        go(conductor)
        conductor.roll_back("back", "errors")
        assert conductor.state.step("downgrade").status is StepStatus.NOT_NEEDED
        conductor.start("fill")
        conductor.wait()
        assert ran(hosts, "fill") == {"web01": 1}


def left_in_the_middle(tmp_path: Path, hosts: dict[str, FakeTransport]) -> tuple[str, Conductor]:
    """A session that was left while the update ran on two hosts of the second batch, and whose hosts know its end."""
    release, running = threading.Event(), threading.Semaphore(0)
    for name in ("web02", "web03"):
        hosts[name].replies["install"] = Reply(until=release)
        hosts[name].before_run = lambda command: running.release() if "install" in command.script else None
    with begun(tmp_path, hosts, at_once=2, text=TURNS) as conductor:
        go(conductor)
        conductor.start("roll")
        assert running.acquire()
        assert running.acquire()
        left = [(one.host, one.number) for one in conductor.state.all_running()]
        assert conductor.state.started is not None
        session = conductor.state.started.session
    release.set()
    for name, number in left:
        hosts[name].left[f"{session}/roll/{number}"] = Reply(b"done\n")
    return session, conductor


@contextmanager
def taken_up(tmp_path: Path, hosts: dict[str, FakeTransport]) -> Iterator[tuple[Conductor, Path]]:
    """A session that was left in the middle, taken up by its operator, and its journal: nothing of it runs any more."""
    session, before = left_in_the_middle(tmp_path, hosts)
    store, text = Store(tmp_path / "sessions"), TURNS.replace("AT_ONCE", "2").replace("STOP_AFTER", "1")
    workspace = Workspace(before.runbook, text, store, dict(hosts), SystemClock())
    conductor = workspace.resume(session, "ana")
    conductor.wait()
    yield conductor, store.find(session).journal
    conductor.close()
    workspace.close()


def test_a_session_that_was_left_in_a_batch_continues_with_its_hosts(tmp_path: Path) -> None:
    hosts = fleet()
    with taken_up(tmp_path, hosts) as (conductor, journal):
        assert {name for name, status in where(conductor).items() if status is CellStatus.PART} == {"web02", "web03"}
        go(conductor)
        assert {name for name, status in where(conductor).items() if status is CellStatus.GOOD} == set(NAMES[:4])
        go(conductor)
        assert conductor.state.step("roll").status is StepStatus.SIGNED
        assert all(ran(hosts, word) == dict.fromkeys(NAMES, 1) for word in ("install", "curl", "undrain"))
    assert fold(conductor.runbook, read(journal)) == conductor.state


SOAKS = """
[monitors.errors]
title = "Error rate"
run = "count"
every = "30s"
reads = true
[triggers.errors]
monitor = "errors"
above = 10.0
for = "5m"
reason = "errors"
[[rollback_reasons]]
id = "errors"
title = "Errors"
"""


TRIPPED = ev.TriggerTripped(trigger="errors", monitor="errors", value=40.0, dwell=300.0)


def soaking(soak: str) -> str:
    """The fleet with this soak between its batches, and a trigger that may fire in it."""
    return TURNS.replace("at_once = AT_ONCE", f'soak = "{soak}"\nat_once = AT_ONCE') + SOAKS


def begins_second(state: SessionState, step: Step) -> bool:
    """Whether the second batch is the next one."""
    batch = batch_now(state, step)
    return batch is not None and batch.number == 2


def test_after_a_soak_without_a_trigger_the_next_batch_begins_by_itself(tmp_path: Path) -> None:
    hosts = fleet()
    with begun(tmp_path, hosts, text=soaking("0.3s")) as conductor:
        go(conductor)
        assert conductor.state.step("roll").status is StepStatus.SIGNED
        attempts = [one for one in conductor.state.attempts.values() if one.step == "roll"]
        ends = [one.started.timestamp() + (one.seconds or 0.0) for one in attempts if one.host == "web01"]
        assert min(one.started.timestamp() for one in attempts if one.host == "web02") >= max(ends) + 0.3


def test_a_trigger_that_fires_in_a_soak_begins_nothing_until_a_person_does(tmp_path: Path) -> None:
    hosts, soaks = fleet(), threading.Event()
    with begun(tmp_path, hosts, text=soaking("10m")) as conductor:
        step = step_by_id(conductor.runbook, "roll")

        conductor.subscribe(lambda entry, state: soaks.set() if begins_second(state, step) else None)
        conductor.start("roll")
        assert soaks.wait()
        assert conductor.busy
        conductor.record(TRIPPED)
        conductor.wait()
        assert not conductor.busy
        assert conductor.state.step("roll").status is StepStatus.RUNNING
        assert ran(hosts, "install") == {"web01": 1}
        moment = Moment(state=conductor.state, now=datetime.now(UTC))
        band = next_act(moment, step)
        assert (band.verb, band.consequence) == ("BATCH 2/3", "a trigger fired: 3 hosts, asks first")


def test_a_trigger_that_fires_in_a_batch_lets_no_other_host_begin(tmp_path: Path) -> None:
    hosts = fleet()
    with begun(tmp_path, hosts, text=soaking("0.1s")) as conductor:

        def fires(command: Command) -> None:
            if "install" in command.script:
                conductor.record(TRIPPED)

        hosts["web02"].before_run = fires
        go(conductor)
        assert where(conductor)["web02"] is CellStatus.GOOD
        assert ran(hosts, "install") == {"web01": 1, "web02": 1}
        go(conductor)  # who continues has decided about it
        assert conductor.state.step("roll").status is StepStatus.SIGNED


def test_after_a_soak_no_batch_begins_while_nobody_knows_what_became_of_a_host(tmp_path: Path) -> None:
    hosts = fleet()
    hosts["web03"].replies["install"] = LOST
    with begun(tmp_path, hosts, stop_after=3, text=soaking("0.1s")) as conductor:
        go(conductor)
        step = step_by_id(conductor.runbook, "roll")
        assert conductor.state.step("roll").status is StepStatus.UNKNOWN
        assert ran(hosts, "install") == dict.fromkeys(NAMES[:4], 1)
        moment = Moment(state=conductor.state, now=datetime.now(UTC))
        assert next_act(moment, step).verb == "DECIDE"
        assert [row.text.strip() for row in next_rows(moment, step, 80)] == [
            "decide about web03 first, then batch 3/3: 2 hosts"
        ]
        conductor.resolve("roll", False, "looked")
        moment = Moment(state=conductor.state, now=datetime.now(UTC))
        assert [row.text.strip() for row in next_rows(moment, step, 80)] == ["next: batch 3/3: 2 hosts"]
        go(conductor)
        assert ran(hosts, "install") == dict.fromkeys(NAMES, 1)


def test_after_a_decision_about_a_trigger_it_is_not_said_again_that_it_fired(tmp_path: Path) -> None:
    hosts = fleet()
    with begun(tmp_path, hosts, text=soaking("10m")) as conductor:
        step, soaks = step_by_id(conductor.runbook, "roll"), threading.Event()
        conductor.record(TRIPPED)
        conductor.subscribe(lambda entry, state: soaks.set() if begins_second(state, step) else None)
        conductor.start("roll")
        assert soaks.wait()
        moment = Moment(state=conductor.state, now=datetime.now(UTC), busy=True)
        assert next_rows(moment, step, 80)[0].text.strip().endswith("of 10:00, then batch 2/3: 3 hosts")
        assert next_act(moment, step).verb == "SOAKING"
        conductor.cancel()
        conductor.wait()


def test_a_host_that_was_left_in_the_middle_is_told_until_it_is_back(tmp_path: Path) -> None:
    hosts = fleet()
    hosts["web02"].replies["install"] = [FAILED, Reply()]
    hosts["web03"].replies["drain"] = [GONE, Reply()]
    with begun(tmp_path, hosts, stop_after=2, text=TURNS) as conductor:
        go(conductor, 2)
        state = conductor.state
        left = left_open(state)
        assert left_words(left) == "web02 left in the middle of Update web (Drain done)"
        assert state.started is not None
        entries = list(read(Store(tmp_path / "sessions").find(state.started.session).journal))
        first = grouped(deviations(state, entries), state)[0]
        assert first.words == "web02: left in the middle: Drain done"
        conductor.retry("roll")
        conductor.wait()
        assert left_open(conductor.state) == ()


def test_a_host_that_is_drained_by_what_looks_like_reading_is_told_and_undone(tmp_path: Path) -> None:
    hosts = fleet()
    hosts["web02"].replies["install"] = FAILED
    text = TURNS.replace('run = "drain {{ host }}"', 'run = "curl -fs http://lb/drain/{{ host }}"\nmutates = true')
    with begun(tmp_path, hosts, stop_after=1, text=text) as conductor:
        go(conductor, 2)
        assert left_words(left_open(conductor.state)) == "web02 left in the middle of Update web (Drain done)"
        conductor.roll_back("back", "errors")
        for step in ("downgrade", "fill"):
            conductor.start(step)
            conductor.wait()
        assert ran(hosts, "fill") == ran(hosts, "downgrade") == {"web01": 1, "web02": 1}
        assert left_open(conductor.state) == ()


def test_a_host_that_was_rolled_back_is_not_left_in_the_middle(tmp_path: Path) -> None:
    hosts = fleet()
    hosts["web01"].replies["curl"] = FAILED
    with begun(tmp_path, hosts, text=TURNS) as conductor:
        go(conductor)
        assert [left.done for left in left_open(conductor.state)] == [("Drain", "Update")]
        conductor.roll_back("back", "errors")
        conductor.start("downgrade")
        conductor.wait()
        assert len(left_open(conductor.state)) == 1
        conductor.start("fill")
        conductor.wait()
        assert left_open(conductor.state) == ()


def test_a_host_that_a_retry_did_not_come_to_again_is_still_left_in_the_middle(tmp_path: Path) -> None:
    hosts = fleet()
    hosts["web02"].replies["drain"] = FAILED
    hosts["web04"].replies["drain"] = FAILED
    with begun(tmp_path, hosts, stop_after=2, text=TURNS) as conductor:
        go(conductor, 2)
        assert {left.host for left in left_open(conductor.state)} == {"web02", "web04"}
        step = step_by_id(conductor.runbook, "roll")
        one = replace(conductor.state.step("roll"), cells={0: {"web01": 1}}, status=StepStatus.FAILED)
        state = replace(conductor.state, steps={**conductor.state.steps, "roll": one})
        assert {cell.status for cell in cells_of(state, step, 0) if cell.host == "web04"} == {CellStatus.TO_DO}
        assert "web04" in {left.host for left in left_open(state)}
