"""A probe that asks each host of a group: a cell for each, like a command's, and what it measured told by host."""

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.machines.fleet import GONE, NAMES, SERVICE, SIX, begun, disk, fleet, of_group, ran, statuses
from tui.execution.approving.what_runs import asked_of
from tui.execution.workspace import Workspace
from tui.exports.registry import write
from tui.headless.found import search_report
from tui.screens.run.text import start_of_asked, start_rows
from tui.session.archive.comparing import compare, opened
from tui.session.archive.history import took as took_then
from tui.session.archive.searching import Wanted, search
from tui.session.archive.store import Store
from tui.session.baseline import differences
from tui.session.clock import SystemClock
from tui.session.groups.cells import CellStatus
from tui.session.groups.measured_on import spreads
from tui.session.output.output import OutputReader
from tui.session.state import StepStatus, step_by_id
from tui.session.views.usual import on_host
from tui.session.views.verdicts import FAILED, OK, WARNING, row_of
from tui.widgets.moment import Moment
from tui.widgets.step.beside import drift
from tui.widgets.step.cell_rows import cell_rows

ROOM = of_group(
    SIX,
    """title = "Checks"
[[sections.steps]]
id = "update"
title = "Room"
[[sections.steps.actions]]
probe = { service = "machine", check = "disk", with = { path = "/srv/{{ host }}" } }
at_once = AT_ONCE
stop_after = STOP_AFTER
expect = { numbers = [{ name = "fullest", at_most = 95, unit = "%" }] }
capture = { full = { json = "fullest" } }
[[sections.steps]]
id = "clean"
title = "Clean"
run = "clean {{ full }}"
on = "web"
undo = ["fill"]
[[sections.steps]]
id = "again"
title = "Room then"
probe = { service = "machine", check = "disk", with = { path = "/srv/{{ host }}" } }
at_once = 6
""",
    """[[sections.steps]]
id = "fill"
title = "Fill"
run = "fill {{ host }}"
on = "web"
""",
    more=SERVICE,
)
IN_TURN = of_group(
    SIX,
    """title = "Update {{ host }}"
each = "web"
batches = ["1", "100%"]
at_once = 6
stop_after = 2
[[sections.steps]]
id = "drain"
title = "Drain"
run = "drain {{ host }}"
[[sections.steps]]
id = "room"
title = "Room"
probe = { service = "machine", check = "disk" }
expect = { numbers = [{ name = "fullest", at_most = 95, unit = "%" }] }
[[sections.steps]]
id = "undrain"
title = "Undrain"
run = "undrain {{ host }}"
""",
    section="roll",
    more=SERVICE,
)


def full(percent: int) -> Reply:
    """A disk that is so full."""
    return Reply(disk(percent))


def rooms(**others: Reply | list[Reply]) -> dict[str, FakeTransport]:
    """The hosts, each of which is at 40 % and its number, but for those that are given."""
    hosts = fleet()
    for number, name in enumerate(NAMES, 1):
        hosts[name].replies["df"] = others.get(name, full(40 + number))
    return hosts


def test_each_host_is_asked_and_what_was_found_there_is_its_own(tmp_path: Path) -> None:
    hosts = rooms()
    with begun(tmp_path, hosts, at_once=3, text=ROOM) as conductor:
        for step in ("update", "clean"):
            conductor.start(step)
            conductor.wait()
            assert conductor.state.step(step).status is StepStatus.SIGNED
        assert all(f"df -kP /srv/{name} " in hosts[name].ran[0].script for name in NAMES)
        assert {name: hosts[name].ran[1].script for name in NAMES} == {
            name: f"clean {40 + number}" for number, name in enumerate(NAMES, 1)
        }
        asked = [one for one in conductor.state.attempts.values() if one.step == "update"]
        assert sorted((one.host, one.command) for one in asked) == [
            (name, f"probe machine: disk path=/srv/{name} (host through {name})") for name in NAMES
        ]
        assert hosts["lb"].ran == []


def test_too_many_failures_stop_it_and_a_retry_asks_only_those_that_are_not_good(tmp_path: Path) -> None:
    hosts = rooms(web02=[full(97), full(50)], web04=[GONE, full(50)])
    with begun(tmp_path, hosts, stop_after=2, text=ROOM) as conductor:
        conductor.start("update")
        conductor.wait()
        assert conductor.state.step("update").status is StepStatus.FAILED
        assert statuses(conductor, place=0) == {
            **dict.fromkeys(NAMES, CellStatus.GOOD),
            "web02": CellStatus.FAILED,
            "web04": CellStatus.UNREACHABLE,
            **dict.fromkeys(NAMES[4:], CellStatus.TO_DO),
        }
        row = row_of(conductor.state, "s", step_by_id(conductor.runbook, "update"))
        assert (row.target, row.verdict) == ("machine", FAILED)
        assert row.came.endswith("it begins on no other; web02: 97 %; also web04")
        conductor.retry("update")
        conductor.wait()
        assert conductor.state.step("update").status is StepStatus.SIGNED
        assert ran(hosts, "df") == {"web01": 1, "web02": 2, "web03": 1, "web04": 2, "web05": 1, "web06": 1}


def test_the_row_and_the_card_say_between_what_the_figures_lie(tmp_path: Path) -> None:
    with begun(tmp_path, rooms(web05=full(80)), at_once=6, text=ROOM) as conductor:
        conductor.start("update")
        conductor.wait()
        state, step = conductor.state, step_by_id(conductor.runbook, "update")
    row = row_of(state, "s", step)
    assert (row.verdict, row.came) == (OK, "6 good; fullest 41 % to 80 %")
    [spread] = spreads(state, step)
    assert (spread.low, spread.high, spread.middle) == ((41, "web01"), (80, "web05"), 43.5)
    rows = [row.text.rstrip() for row in cell_rows(Moment(state=state, now=datetime.now(UTC)), step, 0, 80)]
    assert "  fullest 41 % (web01) to 80 % (web05), median 43.5 %" in rows
    assert not any("printed the same" in row for row in rows), "what each printed has its own figures"


def test_a_warning_on_one_host_is_a_warning_of_the_check(tmp_path: Path) -> None:
    with begun(tmp_path, rooms(web05=full(91), web06=full(92)), at_once=6, text=ROOM) as conductor:
        conductor.start("update")
        conductor.wait()
        state, step = conductor.state, step_by_id(conductor.runbook, "update")
    assert state.step("update").warned == (0,)
    row = row_of(state, "s", step)
    assert row.verdict == WARNING
    assert row.came.startswith("web05: 91 %")
    assert row.came.endswith("; also web06")
    rows = [row.text for row in cell_rows(Moment(state=state, now=datetime.now(UTC)), step, 0, 100)]
    assert any(row.startswith("  ⚠ ") and "web05: 91 %" in row for row in rows)


def test_what_was_measured_before_a_change_is_compared_host_by_host(tmp_path: Path) -> None:
    hosts = rooms(**{name: [full(40), full(60 if name == "web03" else 40)] for name in NAMES})
    with begun(tmp_path, hosts, at_once=6, text=ROOM.replace("/srv/{{ host }}", "/srv")) as conductor:
        for step in ("update", "clean", "again"):
            conductor.start(step)
            conductor.wait()
        moved = [one for one in differences(conductor.state, "again") if one.figure == "fullest"]
        told = [row.text.strip() for row in drift(conductor.state, step_by_id(conductor.runbook, "again"), 100)]
    assert sorted((one.of, one.before, one.now) for one in moved) == [
        (f"machine on {name}", 40, 60 if name == "web03" else 40) for name in NAMES
    ]
    assert [row for row in told if "fullest" in row] == [
        "before → now  machine on web03 fullest 40 % → 60 %  ≠ changed +50%"
    ], "what stayed the same on forty hosts is not told"


def test_host_by_host_a_probe_that_is_not_good_keeps_the_host_where_it_is(tmp_path: Path) -> None:
    hosts = rooms(web03=[full(97), full(50)])
    with begun(tmp_path, hosts, text=IN_TURN) as conductor:
        for _ in range(2):
            conductor.start("roll")
            conductor.wait()
        assert conductor.state.step("roll").status is StepStatus.FAILED
        assert ran(hosts, "undrain") == {name: 1 for name in NAMES if name != "web03"}
        conductor.retry("roll")
        conductor.wait()
        assert conductor.state.step("roll").status is StepStatus.SIGNED
        assert (ran(hosts, "undrain")["web03"], ran(hosts, " web03")) == (1, {"web03": 2}), "it is not drained again"
        [spread] = spreads(conductor.state, step_by_id(conductor.runbook, "roll"))
        assert spread.words == "fullest 41 % to 50 %"


def test_the_record_names_the_host_of_each_probe(tmp_path: Path) -> None:
    with begun(tmp_path, rooms(web02=[full(97), full(50)]), at_once=6, stop_after=6, text=ROOM) as conductor:
        conductor.start("update")
        conductor.wait()
        conductor.retry("update")
        conductor.wait()
        state = conductor.state
        assert state.started is not None
    store = Store(tmp_path / "sessions")
    session = store.find(state.started.session)
    assert session.load()[1] == state
    assert took_then(state)[on_host("update", "web01")] >= 0
    assert [one.after for one in compare(opened(session), opened(session))][0].outcome == "6 good"
    said: list[str] = []
    search_report(search(store, Wanted(text="97 %")), False, said.append)
    assert any("web02" in line for line in said), said
    with (tmp_path / "out.json").open("wb") as file:
        write(session, "json", file)
    [step] = [one for one in json.loads((tmp_path / "out.json").read_bytes())["steps"] if one["id"] == "update"]
    assert sorted(one["host"] for one in step["attempts"]) == sorted([*NAMES, "web02"])
    with (tmp_path / "out.md").open("wb") as file:
        write(session, "md", file)
    assert "measured machine disk on web02: fullest 97 %" in (tmp_path / "out.md").read_text()


def test_a_session_that_was_left_asks_again_where_nothing_had_answered(tmp_path: Path) -> None:
    never, asked = threading.Event(), threading.Event()
    hosts = rooms(web02=Reply(until=never))
    hosts["web02"].before_run = lambda command: asked.set()
    with begun(tmp_path, hosts, text=ROOM) as conductor:
        conductor.start("update")
        assert asked.wait(20)
        session, runbook = conductor.state.started, conductor.runbook
    assert session is not None
    hosts["web02"].replies["df"] = full(50)
    text = ROOM.replace("AT_ONCE", "1").replace("STOP_AFTER", "1")
    workspace = Workspace(runbook, text, Store(tmp_path / "sessions"), dict(hosts), SystemClock())
    taken = workspace.resume(session.session, "ana")
    taken.wait()
    assert statuses(taken, place=0)["web02"] is CellStatus.CANCELLED
    taken.retry("update")
    taken.wait()
    assert taken.state.step("update").status is StepStatus.SIGNED
    assert ran(hosts, "df") == {**dict.fromkeys(NAMES, 1), "web02": 2}
    taken.close()
    workspace.close()


@pytest.mark.parametrize("at_once", [1, 6])
def test_what_the_file_on_each_host_says_is_read_there_and_hidden(tmp_path: Path, at_once: int) -> None:
    text = of_group(
        SIX,
        """title = "Caches"
[[sections.steps]]
id = "update"
title = "Caches"
probe = { service = "cache", check = "ping" }
at_once = AT_ONCE
stop_after = 6
[[sections.steps]]
id = "told"
title = "Told"
run = "tell it"
on = "web"
""",
        more="""[services.cache]
kind = "redis"
through = "web"
file = "/srv/{{ host }}/.env"
from_file = { password = "REDIS_PASSWORD" }
""",
    )
    hosts = fleet()
    for name in NAMES:
        hosts[name].replies = {f"/srv/{name}/.env": Reply(f"pass-of-{name}\0".encode())}
        hosts[name].replies["tell it"] = Reply(f"its password is pass-of-{name}\n".encode())
    with begun(tmp_path, hosts, at_once=at_once, text=text) as conductor:
        conductor.start("update")
        conductor.wait()
        assert set(statuses(conductor, place=0).values()) == {CellStatus.UNREACHABLE}, "there is no way to a cache"
        conductor.skip("update", "no caches here")
        conductor.start("told")
        conductor.wait()
        state = conductor.state
        assert state.started is not None
    assert ran(hosts, "REDIS_PASSWORD") == dict.fromkeys(NAMES, 1)
    attempts = Store(tmp_path / "sessions").find(state.started.session).attempts
    told = [OutputReader(attempts, number).read_lines(0, 1) for number in state.step("told").attempts]
    assert len(told) == 6
    assert not any(b"pass-of" in line for lines in told for line in lines), told


def test_what_a_second_person_allows_names_the_hosts_that_are_asked(tmp_path: Path) -> None:
    with begun(tmp_path, rooms(), at_once=3, text=ROOM) as conductor:
        step = step_by_id(conductor.runbook, "update")
        [asked], _ = asked_of(conductor.state, "update", 0, conductor.now())
        assert asked.text == "probe machine: disk path=/srv/HOST (host through HOST)"
        assert ([one.host for one in asked.members], asked.limits) == (list(NAMES), "3 at once, stop at 1")
        rows = [row.text.strip() for row in start_rows(start_of_asked(conductor.state, step, [asked]), 200)]
        assert rows[0] == "on web  6 hosts, 3 at once, stop at 1"
        assert any(row.startswith("HOST is one of web01 ") for row in rows)
        assert asked.text in rows


def test_what_a_second_person_allows_host_by_host_says_once_where_it_runs_and_on_which_hosts(tmp_path: Path) -> None:
    """A command has a directory and a probe has none: the hosts of both stood above each, and all commands below."""
    text = IN_TURN.replace('title = "Drain"', 'title = "Drain"\napprove = "second-person"\nmutates = true')
    text = text.replace("[hosts.web]", '[hosts.web]\ndirectory = "/srv"')
    with begun(tmp_path, rooms(), text=text) as conductor:
        step = step_by_id(conductor.runbook, "roll")
        asked, _ = asked_of(conductor.state, "roll", 0, conductor.now())
        rows = [row.text.strip() for row in start_rows(start_of_asked(conductor.state, step, asked), 300)]
        limits = "host by host on web in batches of 1, 100%, 6 at once, stop at 2"
        assert [row for row in rows if row.startswith("on ")] == [
            f"on web  batch 1/2, 1 of 6 hosts: web01, {limits}  in /srv",
            "on web",
            "on web  in /srv",
        ]
        assert sum(row.startswith("HOST is one of ") for row in rows) == 1
