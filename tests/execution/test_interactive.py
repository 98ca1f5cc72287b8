"""A program that gets the operator's terminal is an attempt like any other: announced, kept, redacted, not compared."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import one_section
from tui.errors import NotNow, RunbookInvalid
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.load import load_text
from tui.session import events as ev
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.folding.fold import fold
from tui.session.journal.journal import read
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import StepStatus

STEP = '[[sections.steps]]\nid = "look"\ntitle = "Look around"\ninteractive = "psql {{ flow }}"\n'
TOP = '[secrets.token]\nvariable = "TOKEN"\nsource = "environment"\n'
USES = '[[sections.steps]]\nid = "use"\ntitle = "Use"\nrun = "uptime"\nsecrets = ["token"]\n'


class End:
    """A terminal on which nobody types."""

    term = "xterm"

    def __init__(self) -> None:
        self.drawn = b""

    def size(self) -> tuple[int, int]:
        return 80, 24

    def read(self, wait: float) -> bytes | None:
        return b""

    def write(self, data: bytes) -> None:
        self.drawn += data


Begun = Callable[..., tuple[Conductor, FakeTransport]]


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Begun]:
    monkeypatch.setenv("TOKEN", "hunter2-secret")
    open_: list[Conductor] = []

    def begin(reply: Reply, steps: str = STEP) -> tuple[Conductor, FakeTransport]:
        text = one_section(steps + USES, "web").replace("format = 1", "format = 2")
        text = text.replace("[flows.deploy]", f"{TOP}[flows.deploy]")
        host = FakeTransport({"psql": reply})
        workspace = Workspace(load_text(text, "r"), text, Store(tmp_path / "sessions"), {"web": host}, SystemClock())
        workspace.preflight(Setup(flow="deploy", operator="ana"), lambda row: None)
        open_.append(workspace.begin(Setup(flow="deploy", operator="ana")))
        return open_[-1], host

    yield begin
    for conductor in open_:
        conductor.close()


def test_what_is_drawn_is_kept_without_secrets_and_nothing_is_compared(begun: Begun, tmp_path: Path) -> None:
    conductor, host = begun(Reply(b"shop=# select 1;\r\n token hunter2-secret\r\n", Outcome.exited(130)))
    assert conductor.runbook.sections[0].steps[0].mutates
    conductor.start("look")
    conductor.wait()
    assert conductor.state.step("look").status is StepStatus.WAITING
    end = End()
    conductor.hand_over("look", end)
    conductor.wait()
    assert conductor.state.step("look").status is StepStatus.SIGNED
    assert host.ran[-1].script == "psql deploy"
    assert b"hunter2-secret" in end.drawn, "the operator sees what is there"
    happened = list(read(Store(tmp_path / "sessions").find("last").journal))
    started = next(entry.event for entry in happened if isinstance(entry.event, ev.AttemptStarted))
    assert (started.command, started.mutates, started.durable) == ("psql deploy", True, False)
    assert fold(conductor.runbook, happened) == conductor.state
    shown = b"\n".join(conductor.outputs.reader(1).read_lines(0, 10)).decode()
    assert "select 1" in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Outcome(OutcomeKind.UNKNOWN, detail="the operator left it"), StepStatus.UNKNOWN),
        (Outcome(OutcomeKind.UNREACHABLE, detail="the host gives no terminal"), StepStatus.FAILED),
    ],
)
def test_one_that_was_left_or_never_opened_says_so(begun: Begun, outcome: Outcome, status: StepStatus) -> None:
    conductor, _ = begun(Reply(outcome=outcome))
    conductor.start("look")
    conductor.wait()
    conductor.hand_over("look", End())
    conductor.wait()
    assert conductor.state.step("look").status is status


def test_what_only_looks_says_so(begun: Begun) -> None:
    conductor, _ = begun(Reply(), STEP + "reads = true\n")
    assert not conductor.runbook.sections[0].steps[0].mutates


def test_a_step_that_waits_for_something_else_gets_no_terminal(begun: Begun) -> None:
    conductor, _ = begun(Reply())
    with pytest.raises(NotNow):
        conductor.hand_over("use", End())


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ('expect = { contains = ["x"] }', '"contains" means nothing for interactive'),
        ("capture = { name = {} }", "interactive gives no value to capture"),
        ('secrets = ["token"]', '"secrets" means nothing for interactive'),
        ('stdin = "x"', '"stdin" means nothing for interactive'),
        ('timeout = "9s"', '"timeout" means nothing for interactive'),
    ],
)
def test_what_means_nothing_in_a_terminal_is_refused(more: str, told: str) -> None:
    text = one_section(f"{STEP}{more}\n", "web").replace("format = 1", "format = 2")
    with pytest.raises(RunbookInvalid) as caught:
        load_text(text.replace("[flows.deploy]", f"{TOP}[flows.deploy]"), "r")
    assert told in [problem.message for problem in caught.value.problems]
