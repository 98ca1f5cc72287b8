"""Checks that the calm deployment answers every command of the bundled runbook, and answers it with good news."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.support.machines.world_transport import WorldTransport
from tests.support.runbooks.bundled_runbook import bundled_runbook
from tui.cli.wiring import drill_workspace
from tui.drill.scenario_files import find_scenario
from tui.drill.world import Reply, World
from tui.execution.commands import host_of, prepare, values_of
from tui.execution.conductor.conductor import Conductor
from tui.execution.judging.expectations import Output, check_answer
from tui.execution.judging.expectations import check as expected
from tui.execution.secrecy.redaction import Redactor
from tui.execution.secrecy.secrets import Secrets
from tui.execution.workspace import Setup, Workspace
from tui.headless.answered_run import AnsweredRun, Exit
from tui.headless.answers import AnswersFile
from tui.resources import bundled
from tui.runbook.facts import connection_of, flow_of_kind
from tui.runbook.model import Action, FlowKind, Runbook, Step
from tui.runbook.reading.load import read_whole
from tui.runbook.templates.filling import filled_action
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.events import AnyEvent, MessageSent
from tui.session.journal.journal import read
from tui.session.state import SessionState, StepStatus
from tui.session.views.called import items
from tui.transports.base import CancelToken, Stream


@cache
def runbook() -> Runbook:
    return bundled_runbook()


NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def ticking() -> Callable[[], datetime]:
    """The time, a second later at every look, so that stamps of one test differ."""
    seconds = count(1)
    return lambda: NOW + timedelta(seconds=next(seconds))


def good_answer(action: Action) -> str:
    """The first answer that the question's own thresholds accept."""
    for given in ("yes", *action.choices, *map(str, range(100)), "seen"):
        if all(check.ok or check.warning for check in check_answer(action, given)):
            return given
    pytest.fail(f"no good answer to {action.ask}")


def answers(**given: str) -> AnswersFile:
    steps = [step for section in runbook().sections for step in section.steps]
    good = {step.id: tuple(good_answer(action) for action in step.actions if action.ask) for step in steps}
    return AnswersFile(
        operator="ana",
        second_operator="ben",
        confirm=("*", *(step.id for step in steps)),
        answers={**good, **{name.replace("_", "-"): answer for name, answer in given.items()}},
    )


@pytest.fixture
def hosts() -> dict[str, WorldTransport]:
    world = World(find_scenario("calm-deployment"), ticking())
    return {
        name: WorldTransport(connection_of(runbook(), name), world, host.expect_hostname)
        for name, host in runbook().hosts.items()
    }


@pytest.fixture
def workspace(tmp_path: Path, hosts: dict[str, WorldTransport]) -> Iterator[Workspace]:
    text = read_whole(bundled("runbook.toml")).text
    made = Workspace(runbook(), text, Store(tmp_path), hosts, SystemClock(), drill="Calm deployment", speed=60)
    yield made
    made.close()


def flows(kind: FlowKind) -> list[tuple[str, str]]:
    """Every flow of this kind with each of its methods."""
    found = runbook().flows.items()
    return [(name, method) for name, flow in found if flow.kind is kind for method in flow.methods or ("",)]


def begin(workspace: Workspace, flow: str, method: str) -> Conductor:
    values = {"samples": "3"} | ({"backup_date": "20261124_020000"} if flow == "follow-up-24h" else {})
    setup = Setup(flow=flow, method=method, operator="ana", second_operator="ben", variables=values)
    findings = workspace.preflight(setup, lambda finding: None)
    assert [finding for finding in findings if finding.verdict.value == "failed"] == []
    return workspace.begin(setup)


def go(conductor: Conductor, hosts: dict[str, WorldTransport], **given: str) -> None:
    """Walk to the end of the plan, or fail with what went wrong."""
    said: list[str] = []
    code = AnsweredRun(conductor, answers(**given), said.append).walk()
    assert [script for host in hosts.values() for script in host.unanswered] == []
    assert code is Exit.OK, "\n".join(said[-3:])
    warnings = [line for line in said if "expected" in line]
    assert warnings == []
    assert {conductor.state.step(step.id).status for _, step in conductor.state.plan()} <= {
        StepStatus.SIGNED,
        StepStatus.NOT_NEEDED,
    }


def every_item_is_ticked_by_all_of_its_steps(state: SessionState, without: set[str]) -> None:
    """Done at the end of a deployment, and open where one of the item's steps is not: skipped, failed or not begun."""
    ticked = {step.id: step.checklist for _, step in state.plan() if state.step(step.id).status is StepStatus.SIGNED}
    assert {item for ids in ticked.values() for item in ids} | without == {item.id for item in runbook().checklist}
    late = {"team-notified": "notified when it began"}
    open_ = {**dict.fromkeys(without, "no step of this session is for it"), **late}
    assert {one.id: one.words for one in items(state) if not one.done} == open_
    for step, ids in ticked.items():
        for status in (StepStatus.SKIPPED, StepStatus.FAILED, StepStatus.PASSED, StepStatus.PENDING):
            other = replace(state, steps={**state.steps, step: replace(state.step(step), status=status)})
            assert {one.id for one in items(other) if not one.done} == {*without, *late, *ids}


def events(workspace: Workspace) -> list[AnyEvent]:
    return [entry.event for entry in read(workspace.store.find("last").journal)]


@pytest.mark.parametrize("database", ["reverse", "restore"])
@pytest.mark.parametrize(("flow", "method"), flows(FlowKind.DEPLOY))
def test_a_deployment_and_its_rollback_go_through(
    flow: str, method: str, database: str, workspace: Workspace, hosts: dict[str, WorldTransport]
) -> None:
    before = hosts[runbook().runbook.default_host].world.facts
    conductor = begin(workspace, flow, method)
    go(conductor, hosts)
    deployed = hosts[runbook().runbook.default_host].world.facts
    assert (deployed["live"], deployed["migrated"], deployed["maintenance"]) == ("2.0.0", "yes", "off")
    absent = {"a": {"maintenance-on", "maintenance-off"}, "b": set()}
    every_item_is_ticked_by_all_of_its_steps(conductor.state, absent[method])
    conductor.roll_back(flow_of_kind(conductor.runbook, FlowKind.ROLLBACK), "error rate above 10%")
    go(conductor, hosts, rollback_database=database)
    after = hosts[runbook().runbook.default_host].world.facts
    assert {name: after[name] for name in ("live", "checked_out", "migrated", "maintenance")} == {
        name: before[name] for name in ("live", "checked_out", "migrated", "maintenance")
    }
    sent = {event.message: event.text for event in events(workspace) if isinstance(event, MessageSent)}
    assert set(sent) == set(runbook().messages)
    assert [text for text in sent.values() if "{{" in text or "Changes:" in text] == []
    conductor.close()


def test_a_whole_deployment_goes_through_over_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same by the way a drill really goes: the server's process refuses to change anything outside it."""
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path))
    with drill_workspace(bundled("runbook.toml"), "calm-deployment", float("inf")) as workspace:
        conductor = begin(workspace, *flows(FlowKind.DEPLOY)[0])
        go(conductor, {})
        conductor.roll_back(flow_of_kind(conductor.runbook, FlowKind.ROLLBACK), "error rate above 10%")
        go(conductor, {})
        assert conductor.state.drill
        hosts = {host.target.rpartition(":")[0] for host in conductor.state.hosts.values()}
        assert hosts == {"127.0.0.1"}
        conductor.close()


@pytest.mark.parametrize(("flow", "method"), flows(FlowKind.VERIFY) + flows(FlowKind.FOLLOW_UP))
def test_the_other_flows_go_through(
    flow: str, method: str, workspace: Workspace, hosts: dict[str, WorldTransport]
) -> None:
    conductor = begin(workspace, flow, method)
    go(conductor, hosts)
    conductor.close()


def troubleshooting() -> list[Step]:
    return [
        step
        for issue in runbook().troubleshooting
        for step in (*issue.diagnosis, *(step for solution in issue.solutions for step in solution.steps))
    ]


@pytest.mark.parametrize("step", troubleshooting(), ids=lambda step: step.id)
def test_every_step_of_the_troubleshooting_goes_well(step: Step, hosts: dict[str, WorldTransport]) -> None:
    known = {"old_pid": "287", "app_name": "coreapp", "migration_name": "0002_prompt_tags"}
    known |= {"migration_before": "0001_initial", "celery_workers": "4", "gunicorn_workers": "9"}
    values = values_of(runbook(), known, NOW)
    secrets = Secrets(runbook(), Redactor(), stand_in="drill-secret")
    world = hosts[runbook().runbook.default_host].world
    world.change(
        Reply(lines=(), changes={"live": "2.0.0", "checked_out": "2.0.0", "migrated": "yes", "image": "2.0.0"})
    )
    for action in (filled_action(one, values) for one in step.actions):
        if not action.run:
            continue
        for name in action.secrets:
            secrets.resolve(name, hosts)
        command = prepare(runbook(), action, values, secrets, "key")
        came = {stream: bytearray() for stream in Stream}
        host = hosts[host_of(runbook(), action)[0]]
        outcome = host.run(command, lambda stream, data, came=came: came[stream].extend(data), CancelToken())
        assert host.unanswered == []
        output = Output("", came[Stream.OUT].decode(), came[Stream.ERR].decode())
        assert [check for check in expected(action.expect, outcome, output, 0.1) if not check.ok] == [], output
