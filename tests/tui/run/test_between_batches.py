"""Where what is left of a step waits for a person, every place says so, and none that something runs."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.execution.groups.test_hosts_in_turn import TRIPPED, begins_second, left_in_the_middle, soaking, taken_up
from tests.support.machines.fleet import LOST, TURNS, begun, fleet, ran
from tests.support.screens.running import running
from tests.tui.conftest import dialog, shown, until
from tui.dialogs import Confirm
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.exports.event_words import event_words
from tui.exports.json import document
from tui.exports.source import source
from tui.runbook.reading.load import load_text
from tui.session.archive.known_state import known_session
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.folding.fold import fold
from tui.session.journal.journal import read
from tui.session.report_card.tally import tally
from tui.session.state import SessionState, StepStatus, step_by_id
from tui.session.views.called import status_sign, status_word
from tui.session.views.handover import handover_summary
from tui.widgets.checklist.outline import outline
from tui.widgets.checklist.plan_text import RowShape, section_seen, step_row
from tui.widgets.moment import Moment
from tui.widgets.seen import seen

YOURS, RUNS = "◆ your turn", "▶ running"


def told(state: SessionState) -> set[str]:
    """Where the step stands, as each place has it."""
    step, one = step_by_id(state.runbook, "roll"), state.step("roll")
    part = outline(state).parts[0]
    found = {
        str(seen(state, step)),
        f"{status_sign(state, one)} {status_word(state, one)}",
        str(section_seen(state, part, tally(state).sections[part.id])),
    }
    return found | {f"{status_sign(state, one)} {word.value}" for word in tally(state).counts}


def row(state: SessionState) -> str:
    moment = Moment(state=state, now=datetime.now(UTC))
    pieces = step_row(moment, step_by_id(state.runbook, "roll"), RowShape(width=40))
    return "".join(text for text, _ in pieces)


def test_the_step_is_the_operators_between_two_batches_and_runs_in_one(tmp_path: Path) -> None:
    hosts, while_it_ran = fleet(), list[set[str]]()
    with begun(tmp_path, hosts, text=TURNS) as conductor:
        hosts["web02"].before_run = lambda command: while_it_ran.append(told(conductor.state))
        conductor.start("roll")
        conductor.wait()
        state = conductor.state
        assert told(state) == {YOURS}
        assert row(state).rstrip().endswith("your turn")
        assert row(state).startswith("  ◆")
        assert "Next: Update web (your turn)." in handover_summary(state)
        [name] = Store(tmp_path / "sessions").names()
        found = Store(tmp_path / "sessions").find(name)
        assert known_session(found, state).counts == {"your turn": 1}
        assert [step.status for step in document(source(found)).steps] == [StepStatus.WAITING]
        conductor.start("roll")
        conductor.wait()
        assert while_it_ran
        assert all(one == {RUNS} for one in while_it_ran)


def test_a_trigger_that_fires_in_a_soak_makes_it_the_operators(tmp_path: Path) -> None:
    soaks = threading.Event()
    with begun(tmp_path, fleet(), text=soaking("10m")) as conductor:
        step = step_by_id(conductor.runbook, "roll")
        conductor.subscribe(lambda entry, state: soaks.set() if begins_second(state, step) else None)
        conductor.start("roll")
        assert soaks.wait()
        assert told(conductor.state) == {RUNS}, "the next batch begins by itself"
        conductor.record(TRIPPED)
        assert told(conductor.state) == {YOURS}
        conductor.wait()


def test_a_step_that_was_left_in_a_batch_waits_for_who_takes_it_up_once_nothing_of_it_runs(tmp_path: Path) -> None:
    with taken_up(tmp_path, fleet()) as (conductor, _):
        assert told(conductor.state) == {YOURS}
        conductor.start("roll")
        assert told(conductor.state) == {RUNS}
        conductor.wait()


def in_its_soak(conductor: Conductor) -> None:
    """Begin the step, and wait until the soak before its second batch."""
    soaks, step = threading.Event(), step_by_id(conductor.runbook, "roll")
    conductor.subscribe(lambda entry, state: soaks.set() if begins_second(state, step) else None)
    conductor.start("roll")
    assert soaks.wait()


def last_words(conductor: Conductor, tmp_path: Path) -> str:
    """What the journal's last line says, once it was found to make the state that there is."""
    [name] = Store(tmp_path / "sessions").names()
    entries = list(read(Store(tmp_path / "sessions").find(name).journal))
    assert fold(conductor.runbook, entries) == conductor.state
    return event_words(entries[-1].event, conductor.state)[2]


def test_a_soak_that_is_stopped_by_key_makes_it_the_operators_in_the_journal_too(tmp_path: Path) -> None:
    hosts = fleet()
    with begun(tmp_path, hosts, text=soaking("10m")) as conductor:
        in_its_soak(conductor)
        assert told(conductor.state) == {RUNS}
        conductor.cancel()
        conductor.wait()
        assert told(conductor.state) == {YOURS}
        assert "Next: Update web (your turn)." in handover_summary(conductor.state)
        words = "stopped in the soak before batch 2/3: 3 hosts; what is left waits for a person"
        assert last_words(conductor, tmp_path) == words
        [name] = Store(tmp_path / "sessions").names()
        found = Store(tmp_path / "sessions").find(name)
        assert known_session(found, found.load()[1]).counts == {"your turn": 1}
        assert [step.status for step in document(source(found)).steps] == [StepStatus.WAITING]
        in_its_soak(conductor)
        assert told(conductor.state) == {RUNS}, "who continues has it soaked to its end"
        assert ran(hosts, "install") == {"web01": 1}


def test_a_soak_that_a_closed_program_left_waits_for_a_person(tmp_path: Path) -> None:
    with begun(tmp_path, fleet(), text=soaking("10m")) as conductor:
        in_its_soak(conductor)
    assert told(conductor.state) == {YOURS}
    words = "left in the soak before batch 2/3: 3 hosts; what is left waits for a person"
    assert last_words(conductor, tmp_path) == words


def test_a_soak_that_a_rollback_ended_is_not_said_to_run(tmp_path: Path) -> None:
    with begun(tmp_path, fleet(), text=soaking("10m")) as conductor:
        in_its_soak(conductor)
        conductor.roll_back("back", "errors")
        conductor.wait()
        assert conductor.state.rollback is not None
        step = step_by_id(conductor.runbook, "roll")
        assert str(seen(conductor.state, step)) == YOURS


async def test_who_stops_a_soak_by_key_is_told_what_that_means(tmp_path: Path) -> None:
    hosts, text = fleet(), soaking("10m").replace("AT_ONCE", "1").replace("STOP_AFTER", "1")
    workspace = Workspace(load_text(text, "fleet"), text, Store(tmp_path / "sessions"), dict(hosts), SystemClock())
    async with running(workspace, (80, 24), setup=Setup(flow="deploy", operator="ana")) as (app, pilot):
        app.conductor.start("roll")
        await until(pilot, lambda: "SOAKING" in shown(app))
        await pilot.press("c")
        await dialog(pilot, Confirm)
        assert "Stop the soak?" in shown(app)
        assert "Batch 2/3 (3 hosts) begins when you say so, after the rest." in " ".join(shown(app).split())
        await pilot.press("y")
        await until(pilot, lambda: "BATCH 2/3" in shown(app))
        assert "your turn" in shown(app)
        assert "after the rest of its soak." in " ".join(shown(app).replace("│", " ").split())
        assert "running" not in shown(app)
    workspace.close()


def test_a_decision_that_a_host_failed_leaves_the_next_batch_to_a_person_also_where_batches_soak(
    tmp_path: Path,
) -> None:
    hosts = fleet()
    hosts["web02"].replies["install"] = LOST
    with begun(tmp_path, hosts, at_once=3, stop_after=6, text=soaking("0.01s")) as conductor:
        conductor.start("roll")
        conductor.wait()
        assert conductor.state.step("roll").status is StepStatus.UNKNOWN
        conductor.resolve("roll", False, "looked")
        assert told(conductor.state) == {YOURS}
        assert not conductor.busy
        conductor.start("roll")
        conductor.wait()
        assert ran(hosts, "install") == dict.fromkeys((f"web0{number}" for number in range(1, 7)), 1)


def test_a_decision_about_the_last_of_a_batch_begins_no_other_batch(tmp_path: Path) -> None:
    hosts = fleet()
    hosts["web01"].replies["undrain"] = LOST
    with begun(tmp_path, hosts, stop_after=6, text=TURNS) as conductor:
        conductor.start("roll")
        conductor.wait()
        assert conductor.state.step("roll").status is StepStatus.UNKNOWN
        conductor.resolve("roll", True, "looked")
        conductor.wait()
        assert told(conductor.state) == {YOURS}
        assert ran(hosts, "install") == {"web01": 1}, "a person begins the second batch"
        conductor.start("roll")
        conductor.wait()
        assert set(ran(hosts, "install")) == {"web01", "web02", "web03", "web04"}


@pytest.mark.parametrize("operator", ["ana", "ben"])
def test_what_was_followed_to_its_end_waits_for_any_person_who_resumed_it(tmp_path: Path, operator: str) -> None:
    hosts = fleet()
    session, before = left_in_the_middle(tmp_path, hosts)
    text = TURNS.replace("AT_ONCE", "2").replace("STOP_AFTER", "1")
    workspace = Workspace(before.runbook, text, Store(tmp_path / "sessions"), dict(hosts), SystemClock())
    conductor = workspace.resume(session, operator)
    conductor.wait()
    assert told(conductor.state) == {YOURS}
    conductor.close()
    workspace.close()
