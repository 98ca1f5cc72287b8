"""A command on a group of hosts: each has a cell of its own, and too many failures begin no other."""

import threading
from pathlib import Path

from tests.support.machines.fake_transport import Reply
from tests.support.machines.fleet import FAILED, FLEET, GONE, LOST, NAMES, begun, fleet, ran, statuses
from tui.execution.workspace import Workspace
from tui.headless.found import search_report
from tui.session.archive.comparing import compare, difference, opened
from tui.session.archive.history import took as took_then
from tui.session.archive.searching import Wanted, search
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.folding.fold import fold
from tui.session.folding.packed import packed, unpacked
from tui.session.groups.cells import CellStatus, cells_of, standing_of
from tui.session.groups.printed_alike import said_alike, telling, to_look_at
from tui.session.journal.journal import read
from tui.session.report_card.deviations import deviations, grouped
from tui.session.state import StepStatus, step_by_id
from tui.session.tries import took
from tui.session.views.symptoms import subject_of
from tui.session.views.trouble import failure_words
from tui.session.views.usual import on_host


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
        together.wait()  # two are there at a time, and no third comes
        with lock:
            now -= 1
        together.wait()

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
            assert running.acquire()
        left = [one.host for one in conductor.state.all_running()]
        runbook = conductor.runbook
    assert session is not None
    assert sorted(left) == ["web01", "web02", "web03"]
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


def test_outputs_are_folded_together_and_the_one_to_look_at_is_of_a_host_that_failed(tmp_path: Path) -> None:
    hosts = fleet()
    hosts["web03"].replies["install"] = FAILED
    with begun(tmp_path, hosts, at_once=6, stop_after=6) as conductor:
        conductor.start("update")
        conductor.wait()
        state, step = conductor.state, step_by_id(conductor.runbook, "update")
        alike = said_alike(state, cells_of(state, step, 1))
        assert [[cell.host for cell in one] for one in alike[:1]] == [["web03"]]
        assert sum(map(len, alike)) == 6
        assert state.attempts[to_look_at(state, "update")].host == "web03"
        assert took(state, step) <= sum(one.seconds or 0.0 for one in state.attempts.values())


def test_what_failed_on_several_hosts_is_one_deviation_that_names_them(tmp_path: Path) -> None:
    hosts = fleet()
    for name in ("web02", "web05"):
        hosts[name].replies["install"] = FAILED
    with begun(tmp_path, hosts, stop_after=6) as conductor:
        conductor.start("update")
        conductor.wait()
        state = conductor.state
        assert state.started is not None
    entries = list(read(Store(tmp_path / "sessions").find(state.started.session).journal))
    words = [one.words for one in grouped(deviations(state, entries), state)]
    assert words == ["web02, web05: failed: exit status 1: no room ×2"]


def test_a_value_of_another_host_is_never_taken(tmp_path: Path) -> None:
    hosts = fleet()
    del hosts["web02"].replies["cat version"]
    with begun(tmp_path, hosts, at_once=6) as conductor:
        conductor.start("update")
        conductor.wait()
        assert conductor.state.step("update").status is StepStatus.FAILED
        assert ran(hosts, "install") == {}
        assert {name for name in conductor.state.facts if name.startswith("version")} == {
            f"version.{name}" for name in NAMES if name != "web02"
        }


def test_what_is_told_of_a_step_is_of_the_host_that_failed(tmp_path: Path) -> None:
    hosts = fleet()
    hosts["web02"].replies["install"] = FAILED
    with begun(tmp_path, hosts, stop_after=6) as conductor:
        conductor.start("update")
        conductor.wait()
        state = conductor.state
        assert state.attempts[state.step("update").attempts[-1]].good
        assert state.attempts[telling(state, "update")].host == "web02"
        assert subject_of(state.runbook, state, "update").command == "install v-web02 web02"
        assert failure_words(state) == "Update all failed: expected all 6 hosts of web good, got 1 failed, 5 good"


def test_two_sessions_are_compared_host_by_host(tmp_path: Path) -> None:
    found = []
    for word in (b"one\n", b"two\n"):
        hosts = fleet()
        for name in NAMES:
            hosts[name].replies["install"] = Reply(word if name == "web05" else b"same\n")
        with begun(tmp_path, hosts, at_once=6) as conductor:
            conductor.start("update")
            conductor.wait()
            assert conductor.state.started is not None
            found.append(conductor.state.started.session)
    before, after = (opened(Store(tmp_path / "sessions").find(one)) for one in found)
    side = next(one for one in compare(before, after) if one.step == "update").after
    assert side is not None
    assert (side.outcome, side.attempts) == ("6 good", 12)
    lines = difference(before, after, "update")
    assert [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")] == ["-one", "+two"]
    assert " web05:" in lines


def test_history_has_what_a_step_took_on_each_host(tmp_path: Path) -> None:
    hosts = fleet()
    hosts["web03"].replies["install"] = [FAILED, Reply()]
    with begun(tmp_path, hosts, at_once=6, stop_after=6) as conductor:
        conductor.start("update")
        conductor.wait()
        conductor.retry("update")
        conductor.wait()
        state = conductor.state
    assert state.step("update").status is StepStatus.SIGNED
    found = took_then(state)
    assert found.keys() == {on_host("update", name) for name in NAMES if name != "web03"}  # that one failed first
    one = [attempt.seconds or 0.0 for attempt in state.attempts.values() if attempt.host == "web01"]
    assert found[on_host("update", "web01")] == round(sum(one), 3)


def test_a_step_on_a_group_took_the_time_in_which_any_host_ran(tmp_path: Path) -> None:
    with begun(tmp_path, fleet(), at_once=6) as conductor:
        conductor.start("update")
        conductor.wait()
        state = conductor.state
    assert took_then(state)["update"] == round(took(state, step_by_id(state.runbook, "update")), 3)


def test_a_line_that_was_found_names_its_host(tmp_path: Path) -> None:
    hosts = fleet()
    hosts["web05"].replies["install"] = Reply(b"a needle\n")
    with begun(tmp_path, hosts, at_once=6) as conductor:
        conductor.start("update")
        conductor.wait()
    said: list[str] = []
    assert search_report(search(Store(tmp_path / "sessions"), Wanted(text="needle")), False, said.append) == 0
    assert len(said) == 1
    assert " on web05:1 (succeeded): a needle" in said[0]


def test_a_packed_state_has_the_cells(tmp_path: Path) -> None:
    with begun(tmp_path, fleet(), at_once=6) as conductor:
        conductor.start("update")
        conductor.wait()
        state = conductor.state
    assert unpacked(state.runbook, packed(state)) == state
    assert len(state.step("update").cells[1]) == 6
