"""The hosts of a group on the step's card: counts, signs, who failed and who printed something else."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.support.machines.fake_transport import Reply
from tests.support.machines.fleet import FAILED, GONE, LOST, NAMES, TURNS, begun, fleet, ran
from tui.execution.conductor.conductor import Conductor
from tui.runbook.model import Step
from tui.screens.run.text import hosts_to_open
from tui.session.state import step_by_id
from tui.session.views.called import attempt_called
from tui.session.views.usual import Usual, on_host
from tui.text.block import NO_BREAK
from tui.widgets.frames import output_head
from tui.widgets.moment import Moment
from tui.widgets.step.beside import care, on_hosts
from tui.widgets.step.cell_rows import cell_rows
from tui.widgets.step.turn_rows import turn_rows


def placed(conductor: Conductor, step: Step, place: int) -> str:
    """On which hosts an action runs, how many at once, and when it stops."""
    name, target = on_hosts(conductor.state, step, place)
    assert name == "web"
    return target.replace(NO_BREAK, " ")


def test_differences_come_first_and_every_host_has_its_sign(tmp_path: Path) -> None:
    hosts = fleet()
    hosts["web02"].replies["install"] = FAILED
    hosts["web04"].replies["install"] = GONE
    with begun(tmp_path, hosts, stop_after=2) as conductor:
        step = step_by_id(conductor.runbook, "update")
        assert cell_rows(Moment(state=conductor.state, now=datetime.now(UTC)), step, 1, 46) == []
        conductor.start("update")
        conductor.wait()
        moment = Moment(state=conductor.state, now=datetime.now(UTC))
    rows = [row.text.rstrip() for row in cell_rows(moment, step, 1, 60)]
    assert rows == [
        "  ✔2 ✖1 ✖1 unreachable ○2  stops at 2: STOPPED",
        "  ✖ web02 failed: no room",
        "  ✖ web04 unreachable: no answer",
        "  ✔01 ✖02 ✔03 ✖04 ○05 ○06",
        "  2 printed the same · 1 differs",
    ]


def test_hosts_that_all_printed_something_else_are_said_to_have(tmp_path: Path) -> None:
    """It said that one of them printed the same."""
    hosts = fleet()
    for name in NAMES:
        hosts[name].replies["install"] = Reply(f"{name} is new\n".encode())
    with begun(tmp_path, hosts, at_once=6) as conductor:
        step = step_by_id(conductor.runbook, "update")
        conductor.start("update")
        conductor.wait()
        moment = Moment(state=conductor.state, now=datetime.now(UTC))
    rows = [row.text.rstrip() for row in cell_rows(moment, step, 1, 60)]
    assert rows[-1] == "  each of 6 hosts printed something else"


@pytest.mark.parametrize("width", [20, 46, 100])
def test_no_row_is_wider_than_the_card(tmp_path: Path, width: int) -> None:
    with begun(tmp_path, fleet(), at_once=6) as conductor:
        conductor.start("update")
        conductor.wait()
        moment = Moment(state=conductor.state, now=datetime.now(UTC))
        for row in cell_rows(moment, step_by_id(conductor.runbook, "update"), 1, width):
            assert len(row.text) <= width


def test_a_retry_names_the_hosts_on_which_it_runs_and_a_rollback_those_that_were_changed(tmp_path: Path) -> None:
    hosts = fleet()
    hosts["web02"].replies["install"] = FAILED
    hosts["web04"].replies["install"] = GONE
    with begun(tmp_path, hosts, stop_after=6) as conductor:
        update, back = (step_by_id(conductor.runbook, name) for name in ("update", "downgrade"))
        assert placed(conductor, update, 1) == "6 hosts, 1 at once, stop at 6"
        conductor.start("update")
        conductor.wait()
        assert placed(conductor, update, 1) == "2 of 6 hosts: web02, web04, 1 at once, stop at 6"
        marks = [row.text.replace(NO_BREAK, " ") for row in care(conductor.state, update, 1, 45)]
        assert marks == ["  CHANGES   on web  2 of 6 hosts, 1 at once"], "the rest stands below"
        assert placed(conductor, back, 0) == "5 of 6 hosts, 5 at once, stop at 6"
        conductor.roll_back("back", "errors")
        conductor.start("downgrade")
        conductor.wait()
        assert ran(hosts, "downgrade") == dict.fromkeys(("web01", "web02", "web03", "web05", "web06"), 1)


def test_a_batch_has_its_number_and_what_comes_after_it(tmp_path: Path) -> None:
    hosts = fleet()
    hosts["web03"].replies["install"] = FAILED
    with begun(tmp_path, hosts, stop_after=3, text=TURNS) as conductor:
        step = step_by_id(conductor.runbook, "roll")
        told = "batch 1/3, 1 of 6 hosts: web01, host by host, 1 at once, stop at 3"
        assert placed(conductor, step, 0) == told
        words = [row.text.strip() for row in care(conductor.state, step, 0, 45)]
        assert not any(row.startswith(("at", "once", "3")) for row in words), "neither is broken between two rows"
        for _ in range(2):
            conductor.start("roll")
            conductor.wait()
        moment = Moment(state=conductor.state, now=datetime.now(UTC))
    assert [row.text.rstrip() for row in turn_rows(moment, step, {}, 60)] == [
        "  batch 2/3 ✔3 ✖1 ○2  stops at 3",
        "  next: batch 3/3: 2 hosts",
        "  ✖ web03 failed in Update: no room",
        "  ✔01 ✔02 ✖03 ✔04 ○05 ○06",
        "  3 printed the same · 1 differs",
        "1 Drain  ✔4",
        "2 Update  ✔3  ✖1",
        "3 Check  ✔3",
        "4 Undrain  ✔3",
    ]


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("install", "batches 2/3 and 3/3, 3 of 6 hosts: web02, web05, web06"),  # web05 is drained: it is continued
        ("drain", "batch 2/3, 1 of 6 hosts: web02"),  # nothing was done there: a person begins that batch
    ],
)
def test_a_retry_in_batches_names_every_host_on_which_it_runs(tmp_path: Path, at: str, words: str) -> None:
    hosts = fleet()
    hosts["web02"].replies["install"] = [FAILED, Reply()]
    hosts["web05"].replies[at] = [GONE, Reply()]
    with begun(tmp_path, hosts, stop_after=2, text=TURNS) as conductor:
        step = step_by_id(conductor.runbook, "roll")
        for _ in range(3):
            conductor.start("roll")
            conductor.wait()
        before = {name: len(host.ran) for name, host in hosts.items()}
        assert placed(conductor, step, 0) == f"{words}, host by host, 1 at once, stop at 2"
        conductor.retry("roll")
        conductor.wait()
        ran_again = [name for name, host in hosts.items() if len(host.ran) > before[name]]
    assert ", ".join(ran_again) == words.partition(": ")[2]


def test_the_hosts_can_be_opened_one_by_one_who_is_not_good_first(tmp_path: Path) -> None:
    hosts = fleet()
    hosts["web03"].replies["install"] = FAILED
    hosts["web05"].replies["undrain"] = Reply(b"another\n")
    with begun(tmp_path, hosts, stop_after=3, text=TURNS) as conductor:
        step = step_by_id(conductor.runbook, "roll")
        assert hosts_to_open(conductor.state, step) == []
        for _ in range(3):
            conductor.start("roll")
            conductor.wait()
        state = conductor.state
        found = hosts_to_open(state, step)
    assert [one.words for one in found] == [
        "✖ web03  failed in Update: no room",
        "✔ web05  good in Undrain",
        "✔ web01  good in Undrain, printed the same as 3 more",
        "✔ web02  good in Undrain, printed the same as 3 more",
        "✔ web04  good in Undrain, printed the same as 3 more",
        "✔ web06  good in Undrain, printed the same as 3 more",
    ]
    assert [state.attempts[number].host for number in found[0].attempts] == ["web03", "web03"]


def test_what_a_person_decided_about_a_host_is_said_with_who_did(tmp_path: Path) -> None:
    hosts = fleet()
    hosts["web02"].replies["install"] = hosts["web03"].replies["install"] = LOST
    with begun(tmp_path, hosts, at_once=6, stop_after=6) as conductor:
        step = step_by_id(conductor.runbook, "update")
        conductor.start("update")
        conductor.wait()
        for good in (False, True):
            conductor.resolve("update", good, "looked there")
            conductor.wait()
        state = conductor.state
    rows = [row.text.rstrip() for row in cell_rows(Moment(state=state, now=datetime.now(UTC)), step, 1, 60)]
    assert "  ✖ web02 failed, decided by ana: connection lost" in rows
    opened = [one.words for one in hosts_to_open(state, step)]
    assert opened[0] == "✖ web02  failed, decided by ana"
    assert "✔ web03  good, decided by ana" in opened
    timed = replace(state, attempts={one.number: replace(one, seconds=3.0) for one in state.attempts.values()})
    heads = {one.host: "".join(text for text, _ in output_head(timed, one.number)) for one in timed.attempts.values()}
    assert heads["web02"] == "3 Output  ✖ resolved as failed by ana"
    assert heads["web03"] == "3 Output  ✔ resolved as succeeded by ana"
    called = {one.host: attempt_called(one) for one in state.attempts.values() if one.action == 1}
    assert called["web02"] == "UNKNOWN: connection lost, resolved as failed by ana"
    assert called["web03"] == "UNKNOWN: connection lost, resolved as succeeded by ana"


def test_the_slowest_host_is_told_beside_what_is_usual_there(tmp_path: Path) -> None:
    with begun(tmp_path, fleet(), text=TURNS) as conductor:
        step = step_by_id(conductor.runbook, "roll")
        conductor.start("roll")
        conductor.wait()
        state = conductor.state
    attempts = {number: replace(one, seconds=48.0) for number, one in state.attempts.items()}
    usual = {on_host("roll", "web01"): Usual(41.0, 40.0, 42.0, 5)}
    moment = Moment(state=replace(state, attempts=attempts), now=datetime.now(UTC), usual=usual)
    text = " ".join(row.text.strip() for row in cell_rows(moment, step, 0, 80))
    assert "slowest web01 3:12 (usually 0:41)" in text
