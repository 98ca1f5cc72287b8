"""A command on a group of hosts: each has a cell of its own, and too many failures begin no other."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.fake_transport import FakeTransport, Reply
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.load import load_text
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.folding.fold import fold
from tui.session.groups.cells import CellStatus, cells_of, standing_of
from tui.session.journal.journal import read
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import StepStatus, step_by_id

FLEET = """
format = 2
[runbook]
title = "Fleet"
default_host = "lb"
[hosts.lb]
target = "lb"
[hosts.web]
targets = ["web[01:06].example.com"]
directory = "/srv/{{ host }}"
[flows.deploy]
title = "Deploy"
kind = "deploy"
sections = ["s"]
[flows.back]
title = "Back"
kind = "rollback"
sections = ["r"]
[[sections]]
id = "s"
title = "Update"
[[sections.steps]]
id = "update"
title = "Update all"
undo = ["downgrade"]
[[sections.steps.actions]]
run = "cat version"
on = "web"
stop_after = 6
capture.version = { pattern = "(v.*)" }
[[sections.steps.actions]]
run = "install {{ version }} {{ host }}"
on = "web"
at_once = AT_ONCE
stop_after = STOP_AFTER
[[sections]]
id = "r"
title = "Back"
[[sections.steps]]
id = "downgrade"
title = "Downgrade"
[[sections.steps.actions]]
run = "downgrade {{ host }}"
on = "web"
stop_after = 6
"""
NAMES = tuple(f"web0{number}" for number in range(1, 7))
FAILED = Reply(err=b"no room\n", outcome=Outcome(OutcomeKind.FAILED, 1))
LOST = Reply(outcome=Outcome(OutcomeKind.UNKNOWN, detail="connection lost"))
GONE = Reply(outcome=Outcome(OutcomeKind.UNREACHABLE, detail="no answer"))


def fleet() -> dict[str, FakeTransport]:
    """The hosts, each with a version of its own."""
    made = {name: FakeTransport({"cat version": Reply(f"v-{name}\n".encode())}, name) for name in NAMES}
    return {**made, "lb": FakeTransport(name="lb")}


@contextmanager
def begun(
    tmp_path: Path, hosts: dict[str, FakeTransport], at_once: int = 1, stop_after: int = 1
) -> Iterator[Conductor]:
    """A deployment of the fleet, after its preflight."""
    text = FLEET.replace("AT_ONCE", str(at_once)).replace("STOP_AFTER", str(stop_after))
    workspace = Workspace(load_text(text, "fleet"), text, Store(tmp_path / "sessions"), dict(hosts), SystemClock())
    setup = Setup(flow="deploy", operator="ana")
    workspace.preflight(setup, lambda row: None)
    conductor = workspace.begin(setup)
    try:
        yield conductor
    finally:
        conductor.close()
        workspace.close()


def ran(hosts: dict[str, FakeTransport], word: str) -> dict[str, int]:
    """How often each host got the command with this word."""
    counts = {name: sum(word in one.script for one in host.ran) for name, host in hosts.items()}
    return {name: count for name, count in counts.items() if count}


def statuses(conductor: Conductor, step: str = "update", place: int = 1) -> dict[str, CellStatus]:
    """Where each host stands."""
    return {cell.host: cell.status for cell in cells_of(conductor.state, step_by_id(conductor.runbook, step), place)}


def test_runs_on_every_host_with_its_own_values(tmp_path: Path) -> None:
    hosts = fleet()
    with begun(tmp_path, hosts, at_once=3) as conductor:
        conductor.start("update")
        conductor.wait()
        assert conductor.state.step("update").status is StepStatus.SIGNED
        assert {name: hosts[name].ran[-1].script.strip() for name in NAMES} == {
            name: f"install v-{name} {name}" for name in NAMES
        }
        assert {hosts[name].ran[-1].directory for name in NAMES} == {f"/srv/{name}" for name in NAMES}
        assert len({one.host for one in conductor.state.attempts.values()}) == 6
        assert hosts["lb"].ran == []


def test_no_more_run_at_once_than_is_written(tmp_path: Path) -> None:
    hosts, lock, now, most = fleet(), threading.Lock(), 0, 0
    together = threading.Barrier(2)

    def watched(command: object) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        together.wait(20)  # two are there at a time, and no third comes
        with lock:
            now -= 1
        together.wait(20)

    with begun(tmp_path, hosts, at_once=2) as conductor:
        for name in NAMES:
            hosts[name].before_run = lambda command: watched(command) if "install" in command.script else None
        conductor.start("update")
        conductor.wait()
        assert (most, conductor.state.step("update").status) == (2, StepStatus.SIGNED)


def test_failures_stop_the_others_and_a_retry_takes_those_that_are_not_good(tmp_path: Path) -> None:
    hosts = fleet()
    for name, reply in (("web02", FAILED), ("web04", GONE)):
        hosts[name].replies["install"] = [reply, Reply()]
    with begun(tmp_path, hosts, stop_after=2) as conductor:
        conductor.start("update")
        conductor.wait()
        step = conductor.state.step("update")
        assert step.status is StepStatus.FAILED
        assert ran(hosts, "install") == dict.fromkeys(NAMES[:4], 1)
        assert step.checks[1][0].came == "1 failed, 1 unreachable, 2 to do, 2 good; stopped: it begins on no other"
        conductor.retry("update")
        conductor.wait()
        assert conductor.state.step("update").status is StepStatus.SIGNED
        assert ran(hosts, "install") == {"web01": 1, "web02": 2, "web03": 1, "web04": 2, "web05": 1, "web06": 1}


def test_an_unknown_end_is_decided_host_by_host(tmp_path: Path) -> None:
    hosts = fleet()
    hosts["web01"].replies["install"] = LOST
    hosts["web03"].replies["install"] = LOST
    with begun(tmp_path, hosts, stop_after=6) as conductor:
        conductor.start("update")
        conductor.wait()
        assert conductor.state.step("update").status is StepStatus.UNKNOWN
        conductor.resolve("update", True, "looked")
        conductor.wait()
        assert statuses(conductor)["web01"] is CellStatus.GOOD
        assert conductor.state.step("update").status is StepStatus.UNKNOWN
        conductor.resolve("update", False, "looked")
        conductor.wait()
        assert statuses(conductor)["web03"] is CellStatus.FAILED
        assert conductor.state.step("update").status is StepStatus.FAILED


def test_a_rollback_undoes_on_the_hosts_that_were_changed(tmp_path: Path) -> None:
    hosts = fleet()
    hosts["web01"].replies["install"] = GONE
    hosts["web03"].replies["install"] = FAILED
    with begun(tmp_path, hosts, stop_after=2) as conductor:
        conductor.start("update")
        conductor.wait()
        conductor.roll_back("back", "errors")
        conductor.start("downgrade")
        conductor.wait()
        assert conductor.state.step("downgrade").status is StepStatus.SIGNED
        assert ran(hosts, "downgrade") == {"web02": 1, "web03": 1}


def test_a_session_that_was_left_follows_every_host_again(tmp_path: Path) -> None:
    hosts, go = fleet(), threading.Event()
    running = threading.Semaphore(0)
    for name in NAMES:
        hosts[name].replies["install"] = Reply(until=go)
        hosts[name].before_run = lambda command: running.release() if "install" in command.script else None
    with begun(tmp_path, hosts, at_once=3) as conductor:
        session = conductor.state.started
        conductor.start("update")
        for _ in range(3):
            assert running.acquire(timeout=20)
        left = [one.host for one in conductor.state.all_running()]
        runbook = conductor.runbook
    assert session is not None
    assert left == ["web01", "web02", "web03"]
    store = Store(tmp_path / "sessions")
    for number, name in zip((7, 8, 9), left, strict=True):
        hosts[name].left[f"{session.session}/update/{number}"] = Reply(b"done\n")
    go.set()
    text = FLEET.replace("AT_ONCE", "3").replace("STOP_AFTER", "1")
    workspace = Workspace(runbook, text, store, dict(hosts), SystemClock())
    taken = workspace.resume(session.session, "ana")
    taken.wait()
    assert {name for name, status in statuses(taken).items() if status is CellStatus.GOOD} == set(left)
    assert taken.state.step("update").status is StepStatus.RUNNING
    taken.start("update")
    taken.wait()
    assert taken.state.step("update").status is StepStatus.SIGNED
    assert ran(hosts, "install") == dict.fromkeys(NAMES, 1)
    taken.close()
    assert fold(runbook, read(store.find(session.session).journal)) == taken.state
    workspace.close()


def test_every_standing_counts_all_hosts(tmp_path: Path) -> None:
    hosts = fleet()
    with begun(tmp_path, hosts) as conductor:
        standing = standing_of(conductor.state, step_by_id(conductor.runbook, "update"), 1)
        assert (standing.counts, standing.status) == ({CellStatus.TO_DO: 6}, StepStatus.RUNNING)
