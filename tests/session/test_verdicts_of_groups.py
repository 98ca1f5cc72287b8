"""The row of a check on a group: which hosts are not good and what they said, whichever of them came last."""

from pathlib import Path

import pytest

from tests.support.machines.fake_transport import Reply
from tests.support.machines.fleet import GONE, NAMES, SIX, begun, fleet, of_group
from tui.session.state import step_by_id
from tui.session.views.verdicts import FAILED, NO_DATA, OK, CheckRow, row_of

ROOM = of_group(
    SIX,
    """title = "Checks"
[[sections.steps]]
id = "room"
title = "The disk has room"
[[sections.steps.actions]]
run = "df {{ host }}"
on = "web"
at_once = AT_ONCE
stop_after = 6
expect = { contains = ["ok"] }
""",
)
MISSED = "not found; the last line is: 99 % used"
FULL, ROOMY = Reply(b"99 % used\n"), Reply(b"ok\n")


def row_with(tmp_path: Path, **bad: Reply) -> CheckRow:
    """What becomes of the check where some hosts answer otherwise."""
    hosts = fleet()
    for name in NAMES:
        hosts[name].replies["df"] = bad.get(name, ROOMY)
    with begun(tmp_path, hosts, text=ROOM) as conductor:
        conductor.start("room")
        conductor.wait()
        return row_of(conductor.state, "s", step_by_id(conductor.runbook, "room"))


@pytest.mark.parametrize(
    ("bad", "verdict", "told"),
    [
        ({}, OK, "6 good"),
        ({"web03": FULL}, FAILED, f"1 failed, 5 good; web03: {MISSED}"),
        ({"web02": GONE}, NO_DATA, "1 unreachable, 5 good; web02: no answer"),
        ({"web06": GONE}, NO_DATA, "1 unreachable, 5 good; web06: no answer"),
        ({"web03": FULL, "web06": GONE}, FAILED, f"1 failed, 1 unreachable, 4 good; web03: {MISSED}; also web06"),
        (
            dict.fromkeys(NAMES, FULL),
            FAILED,
            f"6 failed; web01: {MISSED}; also web02, web03, web04, 2 more hosts",
        ),
    ],
)
def test_the_row_names_the_hosts_to_look_at(tmp_path: Path, bad: dict[str, Reply], verdict: str, told: str) -> None:
    row = row_with(tmp_path, **bad)
    assert (row.target, row.verdict, row.came) == ("web", verdict, told)
    assert row.expected == "all 6 hosts of web good"


def test_a_check_made_again_on_a_group_is_made_on_each_host_and_changes_no_sign_off(tmp_path: Path) -> None:
    hosts = fleet()
    for name in NAMES:
        hosts[name].replies["df"] = [ROOMY, FULL if name == "web03" else ROOMY]
    with begun(tmp_path, hosts, text=ROOM) as conductor:
        conductor.start("room")
        conductor.wait()
        step, before = step_by_id(conductor.runbook, "room"), conductor.state
        conductor.recheck([step])
        conductor.wait()
        again = [one for one in conductor.state.attempts.values() if one.again]
        assert {one.host: one.good for one in again} == {name: name != "web03" for name in NAMES}
        one, now = before.step("room"), conductor.state.step("room")
        assert (now.status, now.cells) == (one.status, one.cells)
