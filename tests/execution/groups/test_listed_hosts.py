"""A group whose hosts a command prints: it runs once at the set-up, and the session keeps what it said then."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from tests.support.machines.fake_transport import FakeTransport
from tests.support.machines.fleet import FLEET
from tui.cli.main import main
from tui.cli.wiring import drill_workspace, open_store
from tui.errors import RunbookError, UsageError
from tui.execution.beginning import listed_hosts as listing
from tui.execution.beginning.listed_hosts import differing_lists, listed_hosts
from tui.execution.measuring.prober import THIS_MACHINE
from tui.execution.preflight import RowVerdict
from tui.execution.workspace import Setup, Workspace
from tui.runbook.groups.members import hosts_named
from tui.runbook.model import Runbook
from tui.runbook.reading.load import load_text
from tui.session.archive.bundle import pack
from tui.session.archive.manifest import FETCHED, Manifest
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.folding.fold import fold
from tui.session.journal.journal import read
from tui.session.state import StepStatus
from tui.sharing.publishing.fork_reader import REPLACED
from tui.transports.base import Transport
from tui.transports.local.transport import LocalTransport

SETUP = Setup(flow="deploy", operator="ana")


def text_of(command: str) -> str:
    """The fleet's runbook, with the hosts that this command prints."""
    text = FLEET.replace("AT_ONCE", "6").replace("STOP_AFTER", "6").replace("capture.version", "# capture.version")
    return text.replace('targets = ["web[01:06].example.com"]', f"targets_from = '''{command}'''").replace(
        "{{ version }}", ""
    )


def reach(runbook: Runbook) -> Mapping[str, Transport]:
    """A way to each host of a runbook."""
    return {name: FakeTransport(name=name) for name, host in runbook.hosts.items() if not host.group}


def opened(tmp_path: Path, command: str) -> Workspace:
    """A workspace whose group is listed by this command."""
    text = text_of(command)
    runbook = load_text(text, "fleet")
    store = Store(tmp_path / "sessions")
    return Workspace(runbook, text, store, reach(runbook), SystemClock(), reach=reach)


def test_a_session_keeps_the_hosts_that_were_listed_when_it_was_set_up(tmp_path: Path) -> None:
    names, ran = tmp_path / "names", tmp_path / "ran"
    names.write_text("web01.example.com\nweb02.example.com\n")
    workspace = opened(tmp_path, f"echo x >> {ran}; cat {names}")
    assert not ran.exists()
    rows = workspace.preflight(SETUP, lambda row: None)
    assert {(row.kind, row.name) for row in rows if row.kind == "host"} == {("host", "web01"), ("host", "web02")}
    listed = next(row for row in rows if row.kind == listing.GROUP)
    assert (listed.verdict, listed.detail.startswith("2 hosts by echo x")) == (RowVerdict.OK, True)
    conductor = workspace.begin(SETUP)
    assert conductor.state.started is not None
    assert conductor.state.started.groups == {"web": ("web01.example.com", "web02.example.com")}
    session = conductor.state.started.session
    conductor.close()
    workspace.close()
    names.write_text("web07.example.com\n")
    other = opened(tmp_path, f"echo x >> {ran}; cat {names}")
    resumed = other.resume(session, "ana")
    assert hosts_named(resumed.runbook, "web") == ("web01", "web02")
    resumed.start("update")
    resumed.wait()
    assert resumed.state.step("update").status is StepStatus.SIGNED
    assert {one.host for one in resumed.state.attempts.values()} == {"web01", "web02"}
    assert ran.read_text() == "x\n"
    resumed.close()
    asked = list(differing_lists(*Store(tmp_path / "sessions").find(session).load()))
    assert asked == [
        "! web: 2 hosts in the session, today new web07.example.com; gone web01.example.com, web02.example.com"
    ]
    names.write_text("web02.example.com\nweb01.example.com\n")
    assert list(differing_lists(*Store(tmp_path / "sessions").find(session).load()))[0].endswith("the same today")
    journal = read(Store(tmp_path / "sessions").find(session).journal)
    assert fold(load_text(other.text, "fleet"), journal) == resumed.state
    other.close()


def test_commands_of_a_session_from_elsewhere_are_not_run_to_verify_it(
    tmp_path: Path,
) -> None:
    ran, store = tmp_path / "ran", open_store()
    text = text_of(f"echo x >> {ran}; echo web01")
    workspace = Workspace(load_text(text, "fleet"), text, store, {}, SystemClock(), reach=reach)
    workspace.preflight(SETUP, lambda row: None)
    conductor = workspace.begin(SETUP)
    assert conductor.state.started is not None
    session = conductor.state.started.session
    conductor.close()
    workspace.close()
    assert ran.read_text() == "x\n"
    call = CliRunner().invoke
    own = call(main, ["verify", session, "--groups"])
    assert (own.exit_code, "the same today" in own.output) == (0, True)
    assert ran.read_text() == "x\nx\n"
    bundle, moved = tmp_path / "s.runbook", tmp_path / "elsewhere"
    with bundle.open("wb") as file:
        pack(store.find(session), file)
    shutil.copytree(store.find(session).path, moved)
    for other in (bundle, moved):
        foreign = call(main, ["verify", str(other), "--groups"])
        assert foreign.exit_code == 2
        assert "would run commands of another machine's session" in foreign.output
    assert ran.read_text() == "x\nx\n"
    there = store.find(session).path
    taken = Manifest(format=1, session=session, program="", receipt="", members=())
    (there / FETCHED).write_bytes(msgspec.json.encode(taken))  # as one that was taken over lies: among one's own
    assert call(main, ["verify", session, "--groups"]).exit_code == 2
    assert ran.read_text() == "x\nx\n"
    before = store.root / REPLACED / f"{session}-1a2b3c"
    shutil.copytree(moved, before)  # it began here, and was taken back
    assert call(main, ["verify", session, "--groups"]).exit_code == 0
    assert ran.read_text() == "x\nx\nx\n"
    (before / "runbook.toml").write_text(text.replace("echo web01", "echo web02"))
    assert call(main, ["verify", session, "--groups"]).exit_code == 2
    assert ran.read_text() == "x\nx\nx\n"


def test_the_list_is_asked_for_again_with_the_preflight(tmp_path: Path) -> None:
    names = tmp_path / "names"
    names.write_text("web01\nweb02\n")
    workspace = opened(tmp_path, f"cat {names}")
    workspace.preflight(SETUP, lambda row: None)
    names.write_text("web02\nweb03\n")
    workspace.preflight(SETUP, lambda row: None)
    assert hosts_named(workspace.runbook, "web") == ("web02", "web03")
    workspace.close()


@pytest.mark.parametrize(
    ("command", "words", "hint"),
    [
        (
            "echo web01; echo no access >&2; exit 3",
            "the hosts of web are not known: its command failed (exit 3)",
            "no access",
        ),
        ("true", "no host of web was printed", "one address a line"),
        (r"head -c 70000 /dev/zero | tr '\0' w", "prints too much", "one address a line"),
        ("sleep 60", "not known: its command timed out", ""),
    ],
)
def test_a_command_that_lists_nothing_keeps_a_session_from_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, words: str, hint: str
) -> None:
    monkeypatch.setattr(listing, "PATIENCE", 0.5 if "sleep" in command else 30.0)
    workspace = opened(tmp_path, command)
    row = workspace.preflight(SETUP, lambda row: None)[0]
    assert (row.kind, row.verdict) == (listing.GROUP, RowVerdict.FAILED)
    assert words in row.detail
    assert hint in row.hint
    with pytest.raises(UsageError, match="the hosts of web are not known"):
        workspace.begin(SETUP)
    assert not list((tmp_path / "sessions").glob("*"))
    workspace.close()


def test_what_it_says_on_standard_error_is_made_safe(tmp_path: Path) -> None:
    runbook = load_text(text_of(r"printf '\033]0;owned\007\n' >&2; exit 1"), "fleet")
    with pytest.raises(RunbookError) as refused:
        listed_hosts(runbook, "web", lambda: LocalTransport(THIS_MACHINE))
    assert "\x1b" not in refused.value.hint


def test_a_drill_runs_no_command_and_invents_the_hosts(tmp_path: Path) -> None:
    path, ran = tmp_path / "runbook.toml", tmp_path / "ran"
    path.write_text(text_of(f"touch {ran}; echo web01"))
    with drill_workspace(path, "made-up", float("inf")) as workspace:
        workspace.preflight(SETUP, lambda row: None)
        conductor = workspace.begin(SETUP)
        conductor.start("update")
        conductor.wait()
        assert conductor.state.started is not None
        assert conductor.state.started.groups == {"web": ("web01", "web02", "web03", "web04", "web05")}
        assert {one.host for one in conductor.state.attempts.values()} == {f"web0{number}" for number in range(1, 6)}
        conductor.close()
    assert not ran.exists()
