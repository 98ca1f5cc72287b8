"""Waiting for something is not failing: it is asked again for as long as that may take, and nothing counts as wrong."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import one_section
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.load import load_text
from tui.session import events as ev
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.folding.fold import fold
from tui.session.journal.journal import read
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.report_card.deviations import deviations, overruns
from tui.session.state import StepStatus
from tui.session.tries import waiting_since
from tui.session.views.called import attempt_called, failed_attempts, status_word
from tui.session.views.markers import MarkerKind, marker_of
from tui.widgets.glyphs import attempt_sign

GREEN = '[[sections.steps]]\nid = "green"\ntitle = "Wait for green"\nrun = "health"\nreads = true\n'
GREEN += 'expect = { contains = ["green"] }\nuntil = { every = "0.01s", within = "30m" }\n'
RED = Reply(b"red\n")


class Later(SystemClock):
    """The time, moved on by hand."""

    ahead = timedelta()

    def now(self):  # type: ignore[no-untyped-def]  # as its parent
        return super().now() + self.ahead


@pytest.fixture
def clock() -> Later:
    return Later()


@pytest.fixture
def begun(tmp_path: Path, clock: Later) -> Iterator[Callable[..., tuple[Conductor, FakeTransport]]]:
    open_: list[Conductor] = []

    def begin(replies: list[Reply], steps: str = GREEN) -> tuple[Conductor, FakeTransport]:
        text = one_section(steps, "web").replace("format = 1", "format = 2")
        host = FakeTransport({"health": replies})
        workspace = Workspace(load_text(text, "r"), text, Store(tmp_path / "sessions"), {"web": host}, clock)
        open_.append(workspace.begin(Setup(flow="deploy", operator="ana")))
        return open_[-1], host

    yield begin
    for conductor in open_:
        conductor.close()


def entries(conductor: Conductor, tmp_path: Path) -> list[ev.Entry]:
    return list(read(Store(tmp_path / "sessions").find("last").journal))


Begun = Callable[..., tuple[Conductor, FakeTransport]]


def test_what_is_not_there_yet_is_asked_for_again_and_is_no_deviation(begun: Begun, tmp_path: Path) -> None:
    conductor, host = begun([RED, RED, RED, Reply(b"green\n")])
    conductor.start("green")
    conductor.wait()
    assert conductor.state.step("green").status is StepStatus.SIGNED
    assert len(host.ran) == 4
    happened = entries(conductor, tmp_path)
    assert deviations(conductor.state, happened) == []
    assert overruns(conductor.state) == []
    assert failed_attempts(conductor.state) == 0
    assert [attempt_called(one) for one in conductor.state.attempts.values()] == ["not there yet"] * 3 + ["succeeded"]
    assert [attempt_sign(one)[0] for one in conductor.state.attempts.values()] == ["↻"] * 3 + ["✔"]
    assert [
        one
        for one in (marker_of(entry, conductor.state) for entry in happened)
        if one and one.kind is MarkerKind.FAILURE
    ] == []
    assert fold(conductor.runbook, happened) == conductor.state


@pytest.mark.parametrize("kind", [OutcomeKind.UNREACHABLE, OutcomeKind.TIMED_OUT])
def test_a_host_that_does_not_answer_yet_is_waited_for(begun: Begun, tmp_path: Path, kind: OutcomeKind) -> None:
    conductor, host = begun([Reply(outcome=Outcome(kind, detail="connection refused")), Reply(b"green\n")])
    conductor.start("green")
    conductor.wait()
    assert conductor.state.step("green").status is StepStatus.SIGNED
    happened = entries(conductor, tmp_path)
    assert deviations(conductor.state, happened) == []
    assert failed_attempts(conductor.state) == 0
    assert fold(conductor.runbook, happened) == conductor.state


def test_when_the_time_is_over_the_step_fails_and_may_wait_for_as_long_again(begun: Begun, clock: Later) -> None:
    conductor, host = begun([RED, RED, RED, RED, Reply(b"green\n")])

    def later(command: object) -> None:
        clock.ahead += timedelta(minutes=20)

    host.before_run = later
    conductor.start("green")
    conductor.wait()
    assert conductor.state.step("green").status is StepStatus.FAILED
    assert len(host.ran) == 2
    step = conductor.runbook.sections[0].steps[0]
    assert waiting_since(conductor.state, step, 0) is None
    conductor.retry("green")
    conductor.wait()
    assert len(host.ran) == 4
    host.before_run = lambda command: None
    conductor.retry("green")
    conductor.wait()
    assert conductor.state.step("green").status is StepStatus.SIGNED


def test_a_wait_that_was_cut_off_continues_with_the_rest_of_its_time(begun: Begun, clock: Later) -> None:
    conductor, host = begun([RED, RED, Reply(b"green\n")], GREEN.replace("0.01s", "1h").replace("30m", "2h"))
    conductor.start("green")
    step = conductor.runbook.sections[0].steps[0]
    while not conductor.state.attempts or not conductor.state.attempts[1].judged:
        conductor.wait(0.01)
    conductor.cancel()
    conductor.wait()
    assert status_word(conductor.state, conductor.state.step("green")) == "your turn", "nothing asks again by itself"
    first = conductor.state.attempts[1].started
    clock.ahead += timedelta(hours=3)
    assert waiting_since(conductor.state, step, 0) == first
    conductor.start("green")
    conductor.wait()
    assert conductor.state.step("green").status is StepStatus.FAILED
    assert len(host.ran) == 2


@pytest.mark.parametrize(
    ("until", "run", "told"),
    [
        ('until = { within = "30m" }', "rm /x", "what changes something is never run again by itself"),
        ('until = { within = "30m" }\nretry = { times = 3 }', "ls", "an action has until or retry, not both"),
        ('until = { within = "5s", every = "10s" }', "ls", "10s is longer than 5s"),
        ('until = { within = "5s", every = "0s" }', "ls", "every is a time above 0"),
    ],
)
def test_what_cannot_be_waited_for_is_refused(until: str, run: str, told: str) -> None:
    from tui.errors import RunbookInvalid

    text = one_section(f'[[sections.steps]]\nid = "a"\ntitle = "A"\nrun = "{run}"\n{until}\n', "web")
    with pytest.raises(RunbookInvalid) as caught:
        load_text(text.replace("format = 1", "format = 2"), "r")
    assert told in [problem.message for problem in caught.value.problems]
