"""A group gone over in batches without a screen: a trigger that fires stops it, one that was decided about does not."""

from pathlib import Path

from tests.execution.groups.test_hosts_in_turn import TRIPPED, soaking
from tests.support.machines.fleet import NAMES, begun, fleet, ran
from tui.headless.answered_run import AnsweredRun, Exit
from tui.headless.answers import AnswersFile
from tui.session.state import StepStatus
from tui.transports.base import Command

BACK = """[[sections]]
id = "r"
title = "Back"
"""
TEXT = soaking("0s").replace('soak = "0s"\n', "")
IN_BATCHES = TEXT.replace(BACK, f'{BACK}each = "web"\nbatches = ["1", "100%"]\n').replace(
    ' {{ host }}"\non = "web"\nstop_after = 6', ' {{ host }}"'
)
"""The same with a rollback that goes over the hosts in batches, too."""
ANSWERS = AnswersFile(operator="ana", confirm=("*",))


def test_a_trigger_that_fires_in_a_batch_stops_the_run_and_one_that_a_person_saw_does_not(tmp_path: Path) -> None:
    hosts, said = fleet(), list[str]()
    four = TEXT.replace('["1", "40%", "100%"]', '["1", "2"]')
    with begun(tmp_path, hosts, text=four) as conductor:

        def fires(command: Command) -> None:
            if "undrain" in command.script:
                conductor.record(TRIPPED)

        hosts["web01"].before_run = fires
        assert AnsweredRun(conductor, ANSWERS, said.append).walk() is Exit.FAILED
        assert "✖ Update web: stopped, since a trigger fired: errors" in said
        assert ran(hosts, "install") == {"web01": 1}
        conductor.start("roll")  # who continues has decided about it
        conductor.wait()
        said.clear()
        assert AnsweredRun(conductor, ANSWERS, said.append).walk() is Exit.OK, said
        assert conductor.state.step("roll").status is StepStatus.SIGNED
        assert ran(hosts, "install") == dict.fromkeys(NAMES, 1)


def test_a_rollback_for_a_trigger_goes_over_all_its_batches(tmp_path: Path) -> None:
    hosts, said = fleet(), list[str]()
    with begun(tmp_path, hosts, text=IN_BATCHES) as conductor:

        def fires(command: Command) -> None:
            if "undrain" in command.script:
                conductor.record(TRIPPED)

        hosts["web03"].before_run = fires
        answers = AnswersFile(operator="ana", confirm=("*",), on_failure="rollback")
        assert AnsweredRun(conductor, answers, said.append).walk() is Exit.OK, said
        assert "ROLLBACK back: a trigger fired: errors" in said
        assert ran(hosts, "downgrade") == dict.fromkeys(NAMES[:3], 1)
