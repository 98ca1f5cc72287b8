"""A second person allows a step on a group once, before its first host: which hosts, commands and batches."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.execution.approving.test_approvals import answered, keyed
from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.machines.fleet import FAILED, FLEET, LOST, NAMES, TURNS, fleet, ran, statuses
from tests.support.sessions.approving import People
from tests.support.sessions.fake_clock import FakeClock
from tui.errors import NotNow, RunbookError, SignatureInvalid
from tui.execution.approving.proved_approvals import prove_approvals
from tui.execution.approving.what_runs import asked_of
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.exports import markdown
from tui.exports.source import source
from tui.headless.answered_run import AnsweredRun, Exit
from tui.headless.answers import AnswersFile
from tui.runbook.reading.load import load_text
from tui.screens.run.text import start_of_asked, start_rows
from tui.session import events as ev
from tui.session.archive.store import Store
from tui.session.folding.fold import fold
from tui.session.groups.cells import CellStatus
from tui.session.journal.chain import ProvedLine
from tui.session.journal.chain import walk as chained
from tui.session.journal.journal import read
from tui.session.possible.needs_second import needs_second
from tui.session.state import ApprovalStatus, StepStatus, step_by_id

__all__ = ["keyed"]

pytestmark = pytest.mark.needs("ssh-keygen")
APPROVE = 'approve = "second-person-or-alone"\n'
AT_ONCE = FLEET.replace('title = "Update all"\n', f'title = "Update all"\n{APPROVE}')
IN_TURN = TURNS.replace('title = "Update"\nrun', f'title = "Update"\n{APPROVE}run')


@pytest.fixture
def people(keyed: People) -> People:
    keyed.held, keyed.vouched = ["ana", "ben", "cem"], ["ana", "ben", "cem"]
    return keyed


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@contextmanager
def asking(
    folder: Path, people: People, clock: FakeClock, text: str, hosts: dict[str, FakeTransport], stop_after: int = 2
) -> Iterator[Conductor]:
    """A session of ana's on six hosts."""
    text = text.replace("AT_ONCE", "2").replace("STOP_AFTER", str(stop_after))
    ways, store = dict(hosts), Store(folder / "sessions")
    workspace = Workspace(load_text(text, "fleet"), text, store, ways, clock, signing=people.signing())
    setup = Setup(flow="deploy", operator="ana")
    workspace.preflight(setup, lambda row: None)
    conductor = workspace.begin(setup)
    yield conductor
    conductor.close()
    workspace.close()


def allow(conductor: Conductor, step: str) -> None:
    """Ask, and have ben sign."""
    conductor.approvals.ask(step)
    conductor.approvals.sign_here(step, "ben")


def go(conductor: Conductor, step: str) -> None:
    conductor.start(step)
    conductor.wait()


def status(conductor: Conductor, step: str) -> ApprovalStatus:
    return conductor.state.approvals[step].status


def proved(folder: Path) -> list[str]:
    directory = Store(folder / "sessions").find("last")
    return [one.words for one in prove_approvals(chained(directory.journal), directory.load()[0], None)]


def test_one_answer_is_for_all_hosts_and_nothing_begins_on_any_before_it(
    tmp_path: Path, people: People, clock: FakeClock
) -> None:
    hosts = fleet()
    with asking(tmp_path, people, clock, AT_ONCE, hosts) as conductor:
        with pytest.raises(NotNow, match="needs a second person"):
            conductor.start("update")
        conductor.approvals.ask("update")
        with pytest.raises(NotNow, match="waits for a second person"):
            conductor.start("update")
        assert not any(ran(hosts, word) for word in ("cat", "install"))
        conductor.approvals.received(answered(tmp_path, people, clock, step="update"))
        go(conductor, "update")
        assert status(conductor, "update") is ApprovalStatus.USED
        assert ran(hosts, "install") == dict.fromkeys(NAMES, 1)
        assert conductor.state.step("update").status is StepStatus.SIGNED
        assert fold(conductor.runbook, read(Store(tmp_path / "sessions").find("last").journal)) == conductor.state
    assert len(proved(tmp_path)) == 1
    text = markdown.render(source(Store(tmp_path / "sessions").find("last"))).decode()
    assert "allowed by ben (signed by key)" in text


def test_what_is_allowed_names_the_hosts_the_commands_and_the_batches(
    tmp_path: Path, people: People, clock: FakeClock
) -> None:
    with asking(tmp_path, people, clock, IN_TURN, fleet()) as conductor:
        conductor.approvals.ask("roll")
        state, step = conductor.state, step_by_id(conductor.runbook, "roll")
        actions, computed = asked_of(state, "roll", 0, conductor.now())
        assert computed == state.approvals["roll"].request.commands
        assert [one.text for one in actions] == [
            "drain HOST",
            "install HOST",
            "curl -fs http://localhost/health",
            "undrain HOST",
        ]
        assert [one.host for one in actions[1].members] == list(NAMES)
        assert actions[1].members[2].place == "web03.example.com"
        assert actions[1].limits == "host by host on web in batches of 1, 40%, 100%, 2 at once, stop at 2"
        rows = start_rows(start_of_asked(state, step, actions), 76)
        shown = " ".join("".join(text for text, _ in row.pieces).strip() for row in rows)
        for words in ("install HOST", "in batches of 1, 40%, 100%", *(f"{name} {name}.example.com" for name in NAMES)):
            assert words in " ".join(shown.split())


def test_batches_continue_by_one_answer_a_retry_asks_again(tmp_path: Path, people: People, clock: FakeClock) -> None:
    hosts = fleet()
    hosts["web02"].replies["install"] = [FAILED, Reply()]
    hosts["web03"].replies["install"] = [FAILED, Reply()]
    with asking(tmp_path, people, clock, IN_TURN, hosts) as conductor:
        step = step_by_id(conductor.runbook, "roll")
        assert needs_second(conductor.state, step)
        allow(conductor, "roll")
        go(conductor, "roll")
        assert ran(hosts, "install") == {"web01": 1}
        assert not needs_second(conductor.state, step), "the second batch is a part of what was allowed"
        go(conductor, "roll")
        assert conductor.state.step("roll").status is StepStatus.FAILED
        assert needs_second(conductor.state, step)
        with pytest.raises(NotNow, match="needs a second person"):
            conductor.retry("roll")
        allow(conductor, "roll")
        conductor.retry("roll")
        conductor.wait()
        go(conductor, "roll")
        assert conductor.state.step("roll").status is StepStatus.SIGNED
        assert ran(hosts, "install") == {**dict.fromkeys(NAMES, 1), "web02": 2, "web03": 2}
    assert len(proved(tmp_path)) == 2


def test_a_decision_continues_by_the_same_answer(tmp_path: Path, people: People, clock: FakeClock) -> None:
    hosts = fleet()
    hosts["web01"].replies["install"] = LOST
    with asking(tmp_path, people, clock, AT_ONCE, hosts, stop_after=6) as conductor:
        allow(conductor, "update")
        go(conductor, "update")
        conductor.resolve("update", True, "looked")
        conductor.wait()
        assert set(statuses(conductor).values()) == {CellStatus.GOOD}
    proved(tmp_path)


def test_who_takes_up_the_session_asks_again_unless_it_is_who_asked(
    tmp_path: Path, people: People, clock: FakeClock
) -> None:
    hosts = fleet()
    with asking(tmp_path, people, clock, IN_TURN, hosts) as conductor:
        allow(conductor, "roll")
        go(conductor, "roll")
        runbook, session = conductor.runbook, str(conductor.state.facts["session"])
    text = IN_TURN.replace("AT_ONCE", "2").replace("STOP_AFTER", "2")
    workspace = Workspace(runbook, text, Store(tmp_path / "sessions"), dict(hosts), clock, signing=people.signing())
    for operator in ("cem", "ben"):
        taken = workspace.resume(session, operator)
        assert needs_second(taken.state, step_by_id(runbook, "roll"))
        with pytest.raises(NotNow, match="needs a second person"):
            taken.start("roll")
        taken.close()
    taken = workspace.resume(session, "ana")
    go(taken, "roll")
    assert ran(hosts, "install") == dict.fromkeys(NAMES[:4], 1)
    people.vouched.remove("ben")
    with pytest.raises(SignatureInvalid):
        taken.start("roll")
    taken.close()
    workspace.close()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("web[01:06].example.com", "web[01:07].example.com"),
        ("web[01:06].example.com", "web[01:06].example.org"),
        ("install {{ host }}", "install --force {{ host }}"),
        ('batches = ["1", "40%", "100%"]', 'batches = ["100%"]'),
    ],
)
def test_an_answer_is_void_where_hosts_commands_or_batches_are_others(
    tmp_path: Path, people: People, clock: FakeClock, old: str, new: str
) -> None:
    hosts = fleet()
    with asking(tmp_path, people, clock, IN_TURN, hosts) as conductor:
        allow(conductor, "roll")
        go(conductor, "roll")
        another = IN_TURN.replace("AT_ONCE", "2").replace("STOP_AFTER", "2").replace(old, new)
        vars(conductor.approvals)["_runbook"] = load_text(another, "fleet")
        with pytest.raises(NotNow, match="is not what was allowed"):
            conductor.start("roll")
        assert status(conductor, "roll") is ApprovalStatus.ENDED
        assert ran(hosts, "install") == {"web01": 1}


def test_a_value_of_one_host_that_changes_makes_it_void(tmp_path: Path, people: People, clock: FakeClock) -> None:
    before = '[[sections.steps]]\nid = "update"\n'
    text = AT_ONCE.replace('[[sections.steps.actions]]\nrun = "cat version"', "[[moved]]", 1)
    first = '[[sections.steps]]\nid = "read"\ntitle = "Read"\n[[sections.steps.actions]]\nrun = "cat version"\n'
    first += 'on = "web"\nstop_after = 6\ncapture.version = { pattern = "(v.*)" }\n'
    text = re.sub(r"\[\[moved\]\]\n(.*\n){3}", "", text).replace(before, first + before)
    hosts = fleet()
    with asking(tmp_path, people, clock, text, hosts) as conductor:
        go(conductor, "read")
        conductor.approvals.ask("update")
        actions, _ = asked_of(conductor.state, "update", 0, conductor.now())
        assert actions[0].members[1].values == (("version", "v-web02"),)
        conductor.approvals.sign_here("update", "ben")
        captured = ev.ValueCaptured(step="read", name="version", value="v-other", host="web02")
        conductor.record(captured)
        with pytest.raises(NotNow, match="is not what was allowed"):
            conductor.start("update")
        assert not ran(hosts, "install")


def test_where_hosts_and_values_are_checked_while_it_runs(tmp_path: Path, people: People, clock: FakeClock) -> None:
    hosts, changed = fleet(), threading.Event()
    with asking(tmp_path, people, clock, IN_TURN, hosts) as conductor:
        another = IN_TURN.replace("AT_ONCE", "2").replace("STOP_AFTER", "2").replace("undrain {{", "undrain -f {{")

        def change(command: object) -> None:
            vars(conductor.approvals)["_runbook"] = load_text(another, "fleet")
            changed.set()

        hosts["web01"].before_run = lambda command: change(command) if "install" in command.script else None
        allow(conductor, "roll")
        go(conductor, "roll")
        assert changed.is_set()
        assert ran(hosts, "drain ") == {"web01": 1}
        assert not ran(hosts, "undrain")
        assert status(conductor, "roll") is ApprovalStatus.ENDED
        ends = [
            one.event
            for one in read(Store(tmp_path / "sessions").find("last").journal)
            if isinstance(one.event, ev.ApprovalEnded)
        ]
        assert len(ends) == 1


def test_a_journal_in_which_a_host_ran_twice_or_another_ran_is_told(
    tmp_path: Path, people: People, clock: FakeClock
) -> None:
    with asking(tmp_path, people, clock, IN_TURN, fleet()) as conductor:
        allow(conductor, "roll")
        for _ in range(3):
            go(conductor, "roll")
    directory = Store(tmp_path / "sessions").find("last")
    lines, runbook = list(chained(directory.journal)), directory.load()[0]
    assert list(prove_approvals(lines, runbook, None))
    started = [one for one in lines if isinstance(one.entry.event, ev.AttemptStarted)]
    first = next(one for one in started if one.entry.event.action == 1)
    for changes in ({"host": "web02"}, {"command": "install web02"}, {"host": "lb"}):
        with pytest.raises(SignatureInvalid, match="nobody had allowed"):
            list(prove_approvals([forged(one, changes) if one is first else one for one in lines], runbook, None))
    again = [*lines[: lines.index(first) + 1], first, *lines[lines.index(first) + 1 :]]
    with pytest.raises(SignatureInvalid, match="nobody had allowed"):
        list(prove_approvals(again, runbook, None))


def forged(line: ProvedLine, changes: dict[str, str]) -> ProvedLine:
    return replace(line, entries=(replace(line.entry, event=replace(line.entry.event, **changes)),))


def test_without_a_screen_all_batches_run_by_one_answer(tmp_path: Path, people: People, clock: FakeClock) -> None:
    hosts = fleet()
    with asking(tmp_path, people, clock, IN_TURN, hosts) as conductor:
        answers = AnswersFile(operator="ana", confirm=("roll",), second_operator="ben")
        said: list[str] = []
        assert AnsweredRun(conductor, answers, said.append).walk() is Exit.OK, said
        assert ran(hosts, "install") == dict.fromkeys(NAMES, 1)
        asked = [one.event for one in read(Store(tmp_path / "sessions").find("last").journal)]
        assert sum(isinstance(event, ev.ApprovalRequested) for event in asked) == 1


def test_who_starts_it_alone_starts_all_batches(tmp_path: Path, people: People, clock: FakeClock) -> None:
    hosts = fleet()
    with asking(tmp_path, people, clock, IN_TURN, hosts) as conductor:
        conductor.approvals.ask("roll")
        conductor.approvals.alone("roll", "nobody answers")
        for _ in range(3):
            go(conductor, "roll")
        assert ran(hosts, "install") == dict.fromkeys(NAMES, 1)
        with pytest.raises(RunbookError):
            conductor.start("roll")
