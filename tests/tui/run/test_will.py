"""What a confirmation says in words of what a start will do: only what the runbook and history know."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from tests.support.machines.fleet import of_group
from tui.runbook.model import Runbook
from tui.runbook.reading.load import load_text
from tui.runbook.walk import steps_of
from tui.screens.run.text import Doing, Start, host_name, start_of, start_rows
from tui.screens.run.will import will
from tui.session import events as ev
from tui.session.state import initial
from tui.session.views.usual import Usual
from tui.widgets.step.beside import care

TEXT = """
format = 1
[runbook]
title = "T"
default_host = "web"
[hosts.web]
local = true
[flows.deploy]
title = "D"
kind = "deploy"
sections = ["s"]
downtime = "10m"
[[sections]]
id = "s"
title = "S"
[[sections.steps]]
id = "stop"
title = "Stop the containers"
mutates = true
budget = "3m"
[[sections.steps.actions]]
run = "docker-compose down"
downtime = "begins"
[[sections.steps.actions]]
run = "uptime"
[[sections.steps]]
id = "look"
title = "Look"
[[sections.steps.actions]]
run = "uptime"
[[sections.steps]]
id = "start"
title = "Start the containers"
mutates = true
[[sections.steps.actions]]
run = "docker-compose up -d"
downtime = "ends"
"""


def told(runbook: Runbook, step_id: str, median: float = 0.0) -> dict[str, str]:
    (step,) = [one for _, one in steps_of(runbook) if one.id == step_id]
    begun = ev.SessionStarted(session="one", flow="deploy", operator="ana", title="T", runbook_hash="")
    state = replace(initial(runbook), flow="deploy", started=begun)
    usual = {step_id: Usual(median, median, median, 3)} if median else {}
    return dict(will(state, step, 0, usual))


def test_it_says_how_much_changes_how_long_it_takes_whom_it_cuts_off_and_that_nothing_undoes_it() -> None:
    assert told(load_text(TEXT, "r.toml"), "stop", 41.0) == {
        "changes": "by 1 of 2 commands; the other one only reads",
        "time": "usually 0:41, budget 3:00",
        "users": "cut off until “Start the containers” is done, planned for up to 10 minutes",
        "undone by": "nothing in this runbook",
    }


TURN = """
[[sections.steps]]
id = "STEP"
title = "STEP"
MUTATES
[[sections.steps.actions]]
run = "COMMAND"
"""


def turn(step: str, command: str, mutates: bool) -> str:
    text = TURN.replace("STEP", step).replace("COMMAND", command)
    return text.replace("MUTATES", "mutates = true" if mutates else "")


@pytest.mark.parametrize(
    ("drained", "told_changes"),
    [(True, "by 2 of 3 commands; the other one only reads"), (False, "by 1 of 3 commands; the others only read")],
)
def test_host_by_host_a_command_of_a_step_that_says_it_changes_something_does(drained: bool, told_changes: str) -> None:
    steps = turn("drain", "curl -s http://lb/drain", drained) + turn("update", "systemctl restart app", True)
    text = of_group(["web[1:4]"], 'title = "Roll"\neach = "web"\n' + steps + turn("check", "uptime", False))
    assert told(load_text(text, "r.toml"), "s")["changes"] == told_changes


def test_what_is_not_known_is_not_said() -> None:
    plain = TEXT.replace('downtime = "begins"\n', "").replace('downtime = "ends"\n', "").replace('budget = "3m"\n', "")
    assert "users" not in told(load_text(plain, "r.toml"), "stop")
    assert told(load_text(plain, "r.toml"), "start") == {"time": "budget 1:00", "undone by": "nothing in this runbook"}


def test_a_cut_that_ends_in_the_same_step_is_one_while_it_runs() -> None:
    both = TEXT.replace('run = "uptime"\n', 'run = "uptime"\ndowntime = "ends"\n', 1)
    assert told(load_text(both, "r.toml"), "stop")["users"] == "cut off while it runs, planned for up to 10 minutes"


@pytest.mark.parametrize(
    ("target", "told"),
    [("this machine", "on workstation  this machine"), ("ana@web.example", "on workstation  as ana@web.example")],
)
def test_only_somebody_is_told_with_as(target: str, told: str) -> None:
    first, *_ = start_rows(Start(doing=(Doing("workstation", target),)), 80)
    assert "".join(text for text, _ in first.pieces).strip() == told


def test_a_program_in_the_operators_terminal_is_shown_with_its_host_like_any_command() -> None:
    (step,) = [one for _, one in steps_of(load_text(TEXT, "x")) if one.id == "look"]
    asked = replace(step.actions[0], run=None, interactive="sudo psql shop")
    step = replace(step, mutates=True, actions=(asked, replace(step.actions[0], on="web")))
    state = initial(load_text(TEXT, "x"))
    start, host = start_of(state, step, 0, datetime.now(UTC))
    assert start.doing == (Doing("web", "this machine", "", does=("sudo psql shop", "uptime")),)
    assert host == host_name(state, replace(step, actions=step.actions[1:]), 0)
    assert dict(start.will)["changes"] == "by 1 of 2 commands; the other one only reads"
    assert any("on web" in row.text for row in care(state, replace(step, actions=(asked,)), 0, 80))
