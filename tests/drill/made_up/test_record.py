"""A scenario made of a session answers as its hosts did."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import one_section
from tests.support.sessions.fake_clock import FakeClock
from tui.drill.record import pattern_of, record
from tui.drill.scenario import Ending, Scenario
from tui.drill.scenario_files import parse_scenario
from tui.drill.world import World
from tui.errors import SessionError
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.load import load
from tui.session.archive.store import SessionDirectory, Store
from tui.session.outcome import Outcome, OutcomeKind

STEP = '[[sections.steps]]\nid = "{0}"\ntitle = "{0}"\n[[sections.steps.actions]]\nrun = """{1}"""\n'
NOON = datetime(2026, 1, 7, 12, tzinfo=UTC)
Night = Callable[..., SessionDirectory]


@pytest.fixture
def night(tmp_path: Path) -> Night:
    def made(
        commands: dict[str, str], replies: dict[str, Reply | list[Reply]], again: str = "", mutates: bool = False
    ) -> SessionDirectory:
        clock = FakeClock()
        path = tmp_path / "runbook.toml"
        steps = "".join(STEP.format(*one) for one in commands.items())
        if mutates:
            steps = steps.replace("[[sections.steps.actions]]", "mutates = true\n[[sections.steps.actions]]")
        path.write_text(one_section(steps, "web"))
        host = FakeTransport(replies, name="web")
        host.before_run = lambda command: clock.advance(2.5)
        store = Store(tmp_path / "sessions")
        workspace = Workspace(load(path), path.read_text(), store, {"web": host}, clock)
        workspace.preflight(Setup(flow="deploy", operator="ana"), lambda row: None)
        conductor = workspace.begin(Setup(flow="deploy", operator="ana"))
        for step in commands:
            conductor.start(step)
            conductor.wait()
        if again:
            conductor.retry(again)
            conductor.wait()
        conductor.close()
        return store.find("last")

    return made


def played(directory: SessionDirectory, base: Scenario | None = None) -> World:
    return World(parse_scenario(record(directory, base), "recorded.toml"), lambda: NOON)


def said(world: World, script: str) -> tuple[str, int]:
    reply = world.answer(script, "web")
    world.change(reply)
    return "".join(f"{line.stream.value}:{line.data.decode()}" for line in reply.lines), reply.exit_status


def test_each_command_is_answered_as_it_was(night: Night) -> None:
    directory = night(
        {"a": "uptime", "b": "make all"},
        {"uptime": Reply(b"load 0.1\nup\n"), "make": Reply(b"cc\n", err=b"no rule\n", outcome=Outcome.exited(2))},
    )
    world = played(directory)
    assert said(world, "cd /srv\nuptime") == ("out:load 0.1\nout:up\n", 0)
    assert said(world, "make all") == ("out:cc\nerr:no rule\n", 2)
    assert world.answer("make").exit_status == 127
    assert world.answer("make all again").exit_status == 127


def test_it_takes_as_long(night: Night) -> None:
    world = played(night({"a": "uptime"}, {"uptime": Reply(b"one\ntwo\n")}))
    assert sum(line.delay for line in world.answer("uptime").lines) == pytest.approx(2.5)


def test_a_command_that_was_run_again_is_answered_in_turn_and_then_as_the_last_time(night: Night) -> None:
    fails = Reply(err=b"locked\n", outcome=Outcome.exited(1))
    world = played(night({"a": "migrate"}, {"migrate": [fails, Reply(b"done\n")]}, again="a"))
    assert said(world, "migrate") == ("err:locked\n", 1)
    assert said(world, "migrate") == ("out:done\n", 0)
    assert said(world, "migrate") == ("out:done\n", 0)


@pytest.mark.parametrize(
    ("outcome", "ending", "signal"),
    [
        (Outcome(OutcomeKind.TIMED_OUT), Ending.HANG, ""),
        (Outcome(OutcomeKind.UNKNOWN), Ending.DISCONNECT, ""),
        (Outcome(OutcomeKind.SIGNALLED, signal="SEGV"), Ending.EXIT, "SEGV"),
    ],
)
def test_it_ends_as_it_did(night: Night, outcome: Outcome, ending: Ending, signal: str) -> None:
    reply = played(night({"a": "uptime"}, {"uptime": Reply(b"", outcome=outcome)})).answer("uptime")
    assert (reply.ending, reply.signal) == (ending, signal)


def test_what_was_unknown_of_a_command_that_the_host_kept_is_unknown_again(night: Night) -> None:
    replies = {"make": Reply(b"cc\n", outcome=Outcome(OutcomeKind.UNKNOWN))}
    assert played(night({"a": "make"}, replies, mutates=True)).answer("make").ending is Ending.RESTART


def test_a_host_that_was_not_reached_is_said_so(night: Night) -> None:
    outcome = Outcome(OutcomeKind.UNREACHABLE, detail="web refuses connections")
    world = played(night({"a": "uptime"}, {"uptime": Reply(b"", outcome=outcome)}))
    assert said(world, "uptime") == ("err:web refuses connections\n", 255)


def test_what_looks_like_a_template_is_none(night: Night) -> None:
    world = played(night({"a": "uptime"}, {"uptime": Reply(b"{{ live }} {{.Names}}\n")}))
    assert said(world, "uptime")[0] == "out:{ { live } } {{.Names}}\n"


def test_a_time_in_a_command_may_be_another(night: Night) -> None:
    assert pattern_of("dump > /b/pre-20261123_085944.sql") == r"^dump\ >\ /b/pre\-[\d_]+\.sql$"
    world = played(night({"a": "dump > pre-20261123_085944.sql"}, {"dump": Reply(b"ok\n")}))
    assert said(world, "dump > pre-20270101_000000.sql") == ("out:ok\n", 0)


def test_what_did_not_run_is_answered_by_the_base_whose_facts_changed_as_if_it_had(night: Night) -> None:
    base = parse_scenario(
        'format = 1\ntitle = "Base"\n[facts]\nlive = "v1"\n'
        '[[rules]]\nmatch = "^deploy"\nset = { live = "v2" }\n[[rules]]\nmatch = "version"\noutput = "{{ live }}"\n',
        "base.toml",
    )
    text = record(night({"a": "deploy"}, {"deploy": Reply(b"gone out\n")}), base)
    world = World(parse_scenario(text, "recorded.toml"), lambda: NOON)
    assert said(world, "deploy") == ("out:gone out\n", 0)
    assert world.facts["live"] == "v2"


def test_a_session_in_which_nothing_ran_is_none_to_record(night: Night) -> None:
    directory = night({"a": "uptime"}, {"uptime": Reply(b"")})
    lines = directory.journal.read_bytes().splitlines(keepends=True)
    directory.journal.write_bytes(
        b"".join(line for line in lines if b"attempt" not in line and b"stepsigned" not in line)
    )
    with pytest.raises(SessionError, match="nothing ran"):
        record(directory, None)
