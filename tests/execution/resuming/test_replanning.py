"""A changed answer reopens, in order, what became wrong, in the engine that the screen and the headless run share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import tomli
from msgspec import convert

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import shop
from tests.support.sessions.conducted import conducted
from tui.execution.conductor.conductor import Conductor
from tui.headless.answered_run import AnsweredRun, Exit
from tui.headless.answers import AnswersFile
from tui.runbook.model import Step
from tui.runbook.shell.counting import repeatable
from tui.session import events as ev
from tui.session.journal.journal import read
from tui.session.state import StepStatus
from tui.session.views.rollback import Need, rollback_plan

TEXT = shop(
    {
        "go": """
  { id = "size", title = "Size", actions = [{ ask = "?", answer = "choice", choices = ["big", "small"], capture = { size = {} } }] },
  { id = "grow", title = "Grow", when = { size = "big" }, mutates = true, undo = ["shrink"], actions = [{ run = "grow" }] },
  { id = "check", title = "Check", actions = [{ run = "check" }] },
  { id = "last", title = "Last", signoff = "operator", actions = [{ run = "last" }] },
""",  # noqa: E501 - one step a line is what can be read
    },
    back="""
  { id = "down", title = "Site down", mutates = true, needed_with = ["shrink"], undo = ["up"], actions = [{ run = "down" }] },
  { id = "shrink", title = "Shrink", mutates = true, actions = [{ run = "shrink" }] },
  { id = "up", title = "Site up", mutates = true, actions = [{ run = "up" }] },
""",  # noqa: E501 - one step a line is what can be read
)


@pytest.fixture
def conductor(tmp_path: Path) -> Iterator[Conductor]:
    host = FakeTransport({name: Reply(b"") for name in ("grow", "check", "last", "down", "shrink", "up")})
    with conducted(TEXT, tmp_path, {"web": host}) as made:
        yield made


def do(conductor: Conductor, step: str) -> None:
    conductor.start(step)
    conductor.wait()


def status(conductor: Conductor, step: str) -> StepStatus:
    return conductor.state.step(step).status


def test_a_changed_answer_reopens_what_it_had_left_out_and_the_run_goes_back_there(conductor: Conductor) -> None:
    do(conductor, "size")
    conductor.answer("size", "small")
    assert status(conductor, "grow") is StepStatus.NOT_NEEDED
    do(conductor, "check")
    conductor.reopen("size", "I misread it")
    do(conductor, "size")
    conductor.answer("size", "big")
    assert status(conductor, "grow") is StepStatus.PENDING
    following = conductor.state.next_step()
    assert following is not None
    assert following.id == "grow"
    events = [entry.event for entry in read(conductor.executor.directory.parent / "journal.jsonl")]
    assert [(one.step, one.operator) for one in events if isinstance(one, ev.StepReopened)] == [
        ("size", "ana"),
        ("grow", "auto"),
        ("check", "auto"),
    ]


def test_what_an_answer_left_out_is_not_undone(conductor: Conductor) -> None:
    do(conductor, "size")
    conductor.answer("size", "small")
    do(conductor, "check")
    assert {one.need for one in rollback_plan(conductor.state)} == {Need.NOT_NEEDED}


def test_a_corrected_value_is_carried_out_by_the_headless_run_too(conductor: Conductor) -> None:
    do(conductor, "size")
    conductor.answer("size", "small")
    do(conductor, "check")
    conductor.correct("size", "big", "counted again")
    lines: list[str] = []
    assert AnsweredRun(conductor, AnswersFile(confirm=("grow",)), lines.append).walk() is Exit.OK
    assert [line.split(": ")[0].split()[-1] for line in lines] == ["grow", "check", "last"]


def test_what_was_taken_back_and_is_done_again_stays_done(conductor: Conductor) -> None:
    do(conductor, "size")
    conductor.answer("size", "big")
    do(conductor, "grow")
    conductor.roll_back("rollback", "x")
    for step in ("down", "shrink", "up"):
        do(conductor, step)
    conductor.reopen("shrink", "it is to be made smaller still")
    assert status(conductor, "down") is StepStatus.PENDING
    for step in ("down", "shrink", "up"):
        do(conductor, step)
        assert status(conductor, step) is StepStatus.SIGNED
    assert conductor.state.rollback_finished_at is not None


def test_a_retry_begins_at_the_steps_first_command_only_where_that_is_safe() -> None:
    text = 'actions = [{ run = "git fetch", repeatable = true }, { run = "git checkout v2" }, { run = "x" }]'
    step = convert({"id": "code", "title": "Code", "mutates": True, **tomli.loads(text)}, Step)
    assert not repeatable(step, 0)
    assert repeatable(step, 1)
    assert not repeatable(step, 2)
