"""Between two batches a person is waited for: every place says so, and none that something runs."""

import threading
from datetime import UTC, datetime
from pathlib import Path

from tests.execution.test_hosts_in_turn import TRIPPED, begins_second, soaking, taken_up
from tests.support.fleet import TURNS, begun, fleet
from tui.exports.json import document
from tui.exports.source import source
from tui.session.archive.known import known_session
from tui.session.archive.store import Store
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
