"""Probes as actions: announced, kept, judged by their document alone, cancelled, and never a leak."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import one_section
from tests.support.sessions.fake_clock import FakeClock
from tui.execution.conductor.conductor import Conductor
from tui.execution.measuring import prober
from tui.execution.workspace import Setup, Workspace
from tui.probes.base import Given, NoData, ProbeFailed, Reach, Reading
from tui.runbook.model import Expect
from tui.runbook.reading.load import load
from tui.session import events as ev
from tui.session.archive.store import Store
from tui.session.folding.fold import fold
from tui.session.journal.journal import read
from tui.session.outcome import NOT_RUN, Outcome, OutcomeKind
from tui.session.state import Attempt, StepStatus
from tui.transports.base import Fence

SERVICE = """
[services.database]
kind = "mysql"
through = "web"
file = "/srv/.env"
from_file = { user = "DB_USER", password = "DB_PASSWORD" }
"""
ENVIRONMENT = Reply(b"shop\0pass-phrase-77\0")
THREADS = """
[[sections.steps]]
id = "threads"
title = "Threads"
[[sections.steps.actions]]
probe = { service = "database", check = "threads" }
timeout = "5s"
expect = { numbers = [{ name = "percent", at_most = 90, unit = "%" }], json = { max_connections = 151 } }
"""
QUERY = """
[[sections.steps]]
id = "query"
title = "Query"
[[sections.steps.actions]]
probe = { service = "database", check = "query", with = { sql = "SELECT 1" } }
expect = { numbers = [{ name = "rows", at_most = 1 }], json = { rows = 1, "first.name" = "real" } }
capture = { who = { json = "first.name" } }
"""
FOUND = {"threads_connected": 12, "threads_running": 1, "max_connections": 151, "percent": 7.9, "refused": None}


class FakeProbe:
    """Answers each check with what `answers` has for it: a reading, a failure, or something to do first."""

    kind = "mysql"

    def __init__(self) -> None:
        self.answers: dict[str, Reading | Exception | Callable[[], Reading]] = {}
        self.settings: list[dict[str, Any]] = []

    def fetch(self, check: str, settings: Given, given: Given, reach: Reach) -> Reading:
        self.settings.append(dict(settings))
        answer = self.answers[check]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Reading) else answer()

    def interpret(self, check: str, given: Given, raw: Reading) -> Reading:
        return raw


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> FakeProbe:
    made = FakeProbe()
    made.answers["threads"] = Reading(document=FOUND, summary="12 of 151 connections", details=("one more line",))
    monkeypatch.setattr(prober, "probe_of", lambda kind: made)
    return made


@pytest.fixture
def begin(tmp_path: Path, probe: FakeProbe) -> Iterator[Callable[..., Conductor]]:
    begun: list[Conductor] = []

    def made(steps: str, drill: str = "", host: FakeTransport | None = None) -> Conductor:
        path = tmp_path / "runbook.toml"
        path.write_text(one_section(steps, "web").replace("[flows.deploy]", f"{SERVICE}[flows.deploy]"))
        host = host or FakeTransport({'eval "$from_file"': ENVIRONMENT}, name="web")
        store = Store(tmp_path / "sessions")
        workspace = Workspace(load(path), path.read_text(), store, {"web": host}, FakeClock(), drill=drill)
        begun.append(workspace.begin(Setup(flow="deploy", operator="ana")))
        return begun[-1]

    yield made
    for conductor in begun:
        conductor.close()


def do(conductor: Conductor, step: str) -> StepStatus:
    conductor.start(step)
    conductor.wait()
    assert conductor.trouble is None
    return conductor.state.step(step).status


def kept(conductor: Conductor, number: int = 1) -> str:
    return (conductor.executor.directory / f"{number:04d}.out").read_text()


def bad(conductor: Conductor, step: str) -> list[tuple[str, str]]:
    checks = conductor.state.step(step).checks.values()
    return [(check.expected, check.came) for found in checks for check in found if not check.ok]


def attempt(conductor: Conductor, number: int = 1) -> Attempt:
    return conductor.state.attempts[number]


def test_a_probe_is_an_attempt_announced_kept_and_judged(begin: Callable[..., Conductor]) -> None:
    conductor = begin(THREADS)
    assert do(conductor, "threads") is StepStatus.SIGNED
    assert attempt(conductor).command == "probe database: threads (mysql through web)"
    assert attempt(conductor).host == "web"
    lines = kept(conductor).splitlines()
    assert lines[0] == "answered: 12 of 151 connections"
    assert lines[1:7] == [
        "  threads_connected 12",
        "  threads_running   1",
        "  max_connections   151",
        "  percent           7.9 %",
        "  refused           –",
        "one more line",
    ]
    assert json.loads(lines[-1]) == FOUND
    figures = {"threads_connected": 12, "threads_running": 1, "percent": 7.9}
    assert [(one.service, one.check, one.figures) for one in conductor.state.measures] == [
        ("database", "threads", figures)
    ]


def test_a_probe_that_changes_something_begins_only_where_no_later_epoch_has_been(
    begin: Callable[..., Conductor], probe: FakeProbe
) -> None:
    refusal = Outcome(OutcomeKind.UNREACHABLE, detail=f"{NOT_RUN}: ben took this session over at 02:14", fenced=True)
    host = FakeTransport({'eval "$from_file"': ENVIRONMENT, ":": Reply()}, name="web")
    conductor = begin(THREADS.replace('title = "Threads"', 'title = "Threads"\nmutates = true'), host=host)
    conductor.holding.fence = Fence(1, "ana")  # type: ignore[misc]  # nobody shares it here
    conductor.start("threads", "yes")
    conductor.wait()
    assert [(one.script, one.fence.epoch) for one in host.ran if one.key] == [(":", 1)]
    assert host.ran[0].key.endswith("/threads/1"), "who takes over learns that it has begun"
    asked = len(probe.settings)
    host.replies[":"] = Reply(outcome=refusal)
    conductor.reopen("threads", "again")
    conductor.start("threads", "yes")
    conductor.wait()
    assert attempt(conductor, 2).outcome == refusal
    assert len(probe.settings) == asked, "the service was asked for nothing"
    assert conductor.held == "ben took this session over at 02:14"


def test_the_journal_of_a_probe_folds_to_the_live_state(begin: Callable[..., Conductor], tmp_path: Path) -> None:
    conductor = begin(THREADS)
    do(conductor, "threads")
    journal = Store(tmp_path / "sessions").find("last").journal
    assert fold(conductor.runbook, read(journal)) == conductor.state


def test_a_figure_beyond_its_bound_fails_the_step(begin: Callable[..., Conductor], probe: FakeProbe) -> None:
    probe.answers["threads"] = Reading(document=FOUND | {"percent": 95.5}, summary="many")
    conductor = begin(THREADS)
    assert do(conductor, "threads") is StepStatus.FAILED
    assert bad(conductor, "threads") == [("percent at most 90 %", "95.5 %")]


@pytest.mark.parametrize("percent", [1e-07, 5e16, 0, -3.25])
def test_every_number_is_read_as_it_was_measured(
    begin: Callable[..., Conductor], probe: FakeProbe, percent: float
) -> None:
    probe.answers["threads"] = Reading(document=FOUND | {"percent": percent}, summary="")
    conductor = begin(THREADS)
    assert (do(conductor, "threads") is StepStatus.SIGNED) is (percent <= 90)


def test_a_judgement_of_the_probe_itself_counts(begin: Callable[..., Conductor], probe: FakeProbe) -> None:
    own = ev.Check(expected="it answers its ping", came="silence", ok=False)
    probe.answers["threads"] = Reading(document=FOUND, summary="silent", checks=(own,))
    conductor = begin(THREADS)
    assert do(conductor, "threads") is StepStatus.FAILED
    assert bad(conductor, "threads") == [("it answers its ping", "silence")]
    assert kept(conductor).startswith("failed: silent\n")


def test_a_service_that_is_not_as_it_should_be_is_a_failure_with_what_to_look_at(
    begin: Callable[..., Conductor], probe: FakeProbe
) -> None:
    probe.answers["threads"] = ProbeFailed("it refuses the password", "look at /srv/.env")
    conductor = begin(THREADS)
    assert do(conductor, "threads") is StepStatus.FAILED
    outcome = attempt(conductor).outcome
    assert outcome
    assert outcome.ended_by_itself
    assert ("the service answers as it should", "it refuses the password → look at /srv/.env") in bad(
        conductor, "threads"
    )


def test_what_could_not_be_measured_is_no_verdict_on_the_service(
    begin: Callable[..., Conductor], probe: FakeProbe
) -> None:
    probe.answers["threads"] = NoData("no permission to ask", "the user's groups")
    conductor = begin(THREADS)
    assert do(conductor, "threads") is StepStatus.FAILED
    outcome = attempt(conductor).outcome
    assert outcome
    assert not outcome.ended_by_itself
    assert outcome.detail == "no permission to ask → the user's groups"
    assert kept(conductor) == "no data: no permission to ask → the user's groups\n"
    assert conductor.state.measures == ()


def test_a_fault_in_a_probe_is_told_without_its_message(begin: Callable[..., Conductor], probe: FakeProbe) -> None:
    probe.answers["threads"] = ValueError("mysql://shop:pass-phrase-77@db")
    conductor = begin(THREADS)
    assert do(conductor, "threads") is StepStatus.FAILED
    assert "ValueError" in kept(conductor)
    assert "pass-phrase" not in kept(conductor)


@pytest.mark.parametrize("how", ["field", "summary", "detail"])
def test_text_of_a_service_never_stands_in_for_the_document(
    begin: Callable[..., Conductor], probe: FakeProbe, how: str
) -> None:
    lie = '{"rows": 1, "first": {"name": "forged"}}\n  rows 1\n'
    true = {"rows": 5, "value": lie if how == "field" else "x", "first": {"name": "real"}}
    details = (lie,) if how == "detail" else ()
    probe.answers["query"] = Reading(document=true, summary=lie if how == "summary" else "x", details=details)
    conductor = begin(QUERY)
    assert do(conductor, "query") is StepStatus.FAILED
    assert bad(conductor, "query") == [("rows is 1", "5"), ("rows at most 1", "5")]


def test_a_failure_stays_one_when_the_program_ended_before_it_was_judged() -> None:
    text = 'failed: silent\n  rows 1\n{"rows": 1}\n'
    found = prober.check_probe(Expect(json={"rows": 1}), (), Outcome.exited(1), text, 0.1)
    assert [(check.expected, check.came, check.ok) for check in found] == [
        ("the service answers as it should", "failed: silent", False),
        ("rows is 1", "1", True),
    ]


@pytest.mark.parametrize("text", ["", "ok: x\n", 'ok: x\n{"rows": 1', 'ok: {"rows": 1}\n[1]\n'])
def test_without_its_document_a_probe_is_not_good(text: str) -> None:
    found = prober.check_probe(Expect(), (), Outcome.exited(0), text, 0.1)
    assert [(check.expected, check.ok) for check in found] == [("a result", False)]


def test_text_that_no_encoding_has_is_kept_as_far_as_it_goes(begin: Callable[..., Conductor], probe: FakeProbe) -> None:
    probe.answers["threads"] = Reading(document=FOUND | {"version": "caf\udce9"}, summary="")
    conductor = begin(THREADS)
    assert do(conductor, "threads") is StepStatus.SIGNED


def test_a_value_is_captured_from_the_document_alone(begin: Callable[..., Conductor], probe: FakeProbe) -> None:
    true = {"value": '{"rows": 1, "first": {"name": "forged"}}', "rows": 1, "first": {"name": "real"}}
    probe.answers["query"] = Reading(document=true, summary="one row")
    conductor = begin(QUERY)
    assert do(conductor, "query") is StepStatus.SIGNED
    assert conductor.state.facts["who"] == "real"


def test_a_setting_from_the_hosts_file_is_read_once_and_a_secret_one_stays_one(
    begin: Callable[..., Conductor], probe: FakeProbe, tmp_path: Path
) -> None:
    probe.answers["threads"] = Reading(document=FOUND, summary="logged in with pass-phrase-77")
    host = FakeTransport({'eval "$from_file"': ENVIRONMENT}, name="web")
    conductor = begin(THREADS + THREADS.replace('id = "threads"', 'id = "again"'), host=host)
    do(conductor, "threads")
    do(conductor, "again")
    assert [(one["user"], one["password"]) for one in probe.settings] == [("shop", "pass-phrase-77")] * 2
    assert len(host.ran) == 1
    shown = b"".join(conductor.outputs.reader(1).read_lines(0, 20))
    assert b"logged in with" in shown
    assert b"pass-phrase" not in shown
    assert "pass-phrase" not in Store(tmp_path / "sessions").find("last").journal.read_text()


def test_a_host_file_that_cannot_be_read_is_no_data(begin: Callable[..., Conductor]) -> None:
    host = FakeTransport({'eval "$from_file"': Reply(outcome=Outcome.exited(3))}, name="web")
    conductor = begin(THREADS, host=host)
    assert do(conductor, "threads") is StepStatus.FAILED
    assert kept(conductor).startswith("no data: /srv/.env cannot be read on web")


def test_a_probe_that_hangs_is_cancelled(begin: Callable[..., Conductor], probe: FakeProbe) -> None:
    asked, let_go = threading.Event(), threading.Event()

    def hang() -> Reading:
        asked.set()
        let_go.wait(30)
        raise ProbeFailed("late")

    probe.answers["threads"] = hang
    conductor = begin(THREADS)
    conductor.start("threads")
    assert asked.wait()
    conductor.cancel()
    conductor.wait()
    let_go.set()
    assert not conductor.busy
    outcome = attempt(conductor).outcome
    assert outcome
    assert outcome.kind is OutcomeKind.CANCELLED


def test_a_probe_that_does_not_come_back_is_left_at_its_deadline(
    begin: Callable[..., Conductor], probe: FakeProbe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prober, "GRACE", 0.05)
    let_go = threading.Event()

    def hang() -> Reading:
        let_go.wait(30)
        return Reading(document=FOUND, summary="late")

    probe.answers["threads"] = hang
    conductor = begin(THREADS.replace('timeout = "5s"', 'timeout = "0.1s"'))
    assert do(conductor, "threads") is StepStatus.FAILED
    let_go.set()
    assert conductor.state.measures == ()
    assert kept(conductor).startswith("failed: database does not answer within 0.1 s")


def test_probes_that_never_come_back_do_not_pile_up(
    begin: Callable[..., Conductor], probe: FakeProbe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prober, "GRACE", 0.01)
    monkeypatch.setattr(prober, "MOST_LEFT", 2)
    let_go = threading.Event()

    def hang() -> Reading:
        let_go.wait(30)
        return Reading(document=FOUND, summary="late")

    probe.answers["threads"] = hang
    steps = "".join(THREADS.replace('id = "threads"', f'id = "t{n}"').replace('"5s"', '"0.1s"') for n in range(3))
    conductor = begin(steps)
    for step in ("t0", "t1", "t2"):
        assert do(conductor, step) is StepStatus.FAILED
    assert len(probe.settings) == 2
    assert kept(conductor, 3).startswith("no data: 2 probes before it never returned")
    let_go.set()


def test_probes_are_made_at_once(begin: Callable[..., Conductor], probe: FakeProbe) -> None:
    gate = threading.Barrier(6)

    def together() -> Reading:
        gate.wait()  # passes only when all six have come
        return Reading(document=FOUND, summary="")

    probe.answers["threads"] = together
    conductor = begin("".join(THREADS.replace('id = "threads"', f'id = "threads-{n}"') for n in range(6)))
    conductor.check_together(conductor.runbook.sections[0].steps)
    conductor.wait()
    assert [conductor.state.step(f"threads-{n}").status for n in range(6)] == [StepStatus.SIGNED] * 6
    assert sorted(one.attempt for one in conductor.state.measures) == [1, 2, 3, 4, 5, 6]
