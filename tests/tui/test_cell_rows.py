"""The hosts of a group on the step's card: counts, signs, who failed and who printed something else."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.fleet import FAILED, GONE, TURNS, begun, fleet, ran
from tui.session.state import step_by_id
from tui.widgets.moment import Moment
from tui.widgets.step.beside import on_hosts
from tui.widgets.step.cell_rows import cell_rows
from tui.widgets.step.turn_rows import turn_rows


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
        "  ✔01 ✖02 ✔03 ✖04 ○05 ○06",
        "  ✖ web02 failed: no room",
        "  ✖ web04 unreachable: no answer",
        "  2 printed the same · 1 differ",
    ]


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
        assert on_hosts(conductor.state, update, 1) == ("web", "6 hosts, 1 at once, stop at 6")
        conductor.start("update")
        conductor.wait()
        assert on_hosts(conductor.state, update, 1) == ("web", "2 of 6 hosts: web02, web04, 1 at once, stop at 6")
        assert on_hosts(conductor.state, back, 0) == ("web", "5 of 6 hosts, 5 at once, stop at 6")
        conductor.roll_back("back", "errors")
        conductor.start("downgrade")
        conductor.wait()
        assert ran(hosts, "downgrade") == dict.fromkeys(("web01", "web02", "web03", "web05", "web06"), 1)


def test_a_batch_has_its_number_and_what_comes_after_it(tmp_path: Path) -> None:
    hosts = fleet()
    hosts["web03"].replies["install"] = FAILED
    with begun(tmp_path, hosts, stop_after=3, text=TURNS) as conductor:
        step = step_by_id(conductor.runbook, "roll")
        assert on_hosts(conductor.state, step, 0)[1] == (
            "batch 1/3, 1 of 6 hosts: web01, host by host, 1 at once, stop at 3"
        )
        for _ in range(2):
            conductor.start("roll")
            conductor.wait()
        moment = Moment(state=conductor.state, now=datetime.now(UTC))
    assert [row.text.rstrip() for row in turn_rows(moment, step, {}, 60)] == [
        "  batch 2/3 ✔3 ✖1 ○2  stops at 3",
        "  next: batch 3/3: 2 hosts",
        "  ✔01 ✔02 ✖03 ✔04 ○05 ○06",
        "  ✖ web03 failed in Update: no room",
        "  3 printed the same · 1 differ",
        "1 Drain  ✔4",
        "2 Update  ✔3  ✖1",
        "3 Check  ✔3",
        "4 Undrain  ✔3",
    ]
