"""A session acts on the hosts that its journal names, and by its own runbook: proved by two real hosts."""

import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.harness import program
from tests.support.harness.program import PROGRAM
from tests.support.machines.two_hosts import Place
from tests.support.machines.two_hosts import place as place
from tests.support.machines.two_hosts import two_hosts as two_hosts
from tui.cli.main import main
from tui.cli.wiring import drill_workspace, open_workspace, resumed_workspace
from tui.errors import HostsMoved, NotNow, SessionError, UsageError
from tui.execution.workspace import Setup
from tui.session import events as ev
from tui.session.journal.journal import read


def ran_on(
    place: Place, runbook: Path | None, session: str, hosts: dict[str, str] | None = None, which: str = ""
) -> Path:
    """Take the session up, run its second step, and say on which host that was: its home."""
    with resumed_workspace(session, runbook, hosts or {}, place.ssh_config) as (workspace, found):
        conductor = workspace.resume(found, "ana", which)
        workspace.reach_again(conductor)
        conductor.agree()
        if conductor.state.step("again").status.settled:
            conductor.reopen("again", "once more")
        conductor.start("again")
        conductor.wait()
        conductor.close()
        directory = workspace.store.find(found)
        last = max(conductor.state.attempts)
        return Path((directory.attempts / f"{last:04d}.out").read_text().strip())


def test_a_session_continues_where_it_was_pointed_to(place: Place) -> None:
    """`--host production=two`, then `resume` without it."""
    session = place.begin(place.runbook("a", "one"), {"production": "two"})
    assert ran_on(place, None, session) == place.two.directory
    assert ran_on(place, place.folder / "a/runbook.toml", session) == place.two.directory


def test_where_something_else_is_said_today_a_person_chooses(place: Place) -> None:
    session = place.begin(place.runbook("a", "one"))
    with pytest.raises(HostsMoved) as refused:
        ran_on(place, None, session, {"production": "two"})
    assert "production: this session has it at one, today it is said to be at two" in refused.value.message
    assert ran_on(place, None, session, {"production": "two"}, "session") == place.one.directory
    assert ran_on(place, None, session, {"production": "two"}, "today") == place.two.directory
    assert ran_on(place, None, session) == place.two.directory, "what was chosen is in the journal"


def test_a_runbook_that_was_changed_since_asks_as_well(place: Place) -> None:
    runbook = place.runbook("a", "one")
    session = place.begin(runbook)
    place.runbook("a", "two")
    with pytest.raises(HostsMoved):
        ran_on(place, runbook, session)
    assert ran_on(place, runbook, session, which="session") == place.one.directory


def test_a_journal_of_before_places_were_recorded_names_its_targets(place: Place) -> None:
    session = place.begin(place.runbook("a", "one"), {"production": "two"})
    with resumed_workspace(session, None, {}, place.ssh_config) as (workspace, found):
        directory = workspace.store.find(found)
    lines = directory.journal.read_text().splitlines()
    [started] = [entry.event for entry in read(directory.journal) if isinstance(entry.event, ev.SessionStarted)]
    assert started.targets == {"production": "two"}
    assert lines


def test_another_runbooks_session_is_not_taken_for_ones_own(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    first = place.begin(place.runbook("a", "one", "First", "first"), flow="first")
    other = place.runbook("b", "two", "Second")
    monkeypatch.chdir(other.parent)
    with pytest.raises(SessionError, match="no unfinished session of the runbook second") as none:
        ran_on(place, None, "")
    assert f"{first} (First)" in none.value.hint
    workspace = open_workspace(None, {}, place.ssh_config)
    with pytest.raises(SessionError, match=r"belongs to the runbook First \(first\), not to second"):
        workspace.resume(first, "ana")
    workspace.close()
    assert ran_on(place, None, first) == place.one.directory, "by its id it opens with its own runbook and hosts"


def test_another_machine_behind_the_same_name_holds_everything_until_it_is_agreed(place: Place) -> None:
    session = place.begin(place.runbook("a", "one"))
    swapped = place.folder / "swapped"
    swapped.write_text(place.two.config("one"))
    with resumed_workspace(session, None, {}, swapped) as (workspace, found):
        conductor = workspace.resume(found, "ana")
        rows, elsewhere = workspace.reach_again(conductor)
        assert [one.host for one in elsewhere] == ["production"]
        assert conductor.held == "production is another machine or user than before"
        with pytest.raises(NotNow, match="nothing runs yet"):
            conductor.start("again")
        conductor.agree()
        conductor.start("again")
        conductor.wait()
        conductor.close()
        assert conductor.state.step("again").attempts


@pytest.mark.parametrize("words", [[], ["check"], ["lint"], ["show"], ["run", "--dry-run"]], ids=" ".join)
def test_a_folder_without_a_runbook_is_one_clear_message(tmp_path: Path, words: list[str]) -> None:
    environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path), "RUNBOOK_SESSIONS": str(tmp_path / "sessions")}
    environment["PYTHONPATH"] = str(Path(__file__).parent.parent)
    command = [*PROGRAM, *words]
    done = program.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "runbook: there is no runbook.toml here, nor in a folder above"
    assert done.stdout == ""


FAILS = """
[[sections.steps]]
id = "fails"
title = "Fails"
[[sections.steps.actions]]
run = "false"
[flows.back]
title = "Back"
kind = "rollback"
sections = ["back"]
[[sections]]
id = "back"
title = "Back"
[[sections.steps]]
id = "home"
title = "Home"
mutates = true
[[sections.steps.actions]]
run = "echo $HOME"
"""


def command(place: Place, *words: str) -> "subprocess.CompletedProcess[str]":
    """The program as it is typed."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    line = [*PROGRAM, *words, "-F", str(place.ssh_config), "--headless"]
    line += ["--operator", "ana", "--answers", "answers.toml"]
    return program.run(line, env=environment, capture_output=True, text=True)


def test_a_rollback_from_the_command_line_runs_where_the_deployment_ran(place: Place, tmp_path: Path) -> None:
    runbook = place.runbook("a", "one")
    text = runbook.read_text().replace('title = "Mark"', 'title = "Mark"\nmutates = true\nundo = ["home"]')
    runbook.write_text(text + FAILS)
    answers = tmp_path / "answers.toml"
    answers.write_text('confirm = ["mark", "home"]\n')
    done = command(place, "run", "-f", str(runbook), "--flow", "deploy", "--host", "production=two")
    assert done.returncode == 10, done.stderr
    refused = command(place, "rollback", "last", "--host", "production=one", "--reason", "it failed")
    assert refused.returncode == 6
    assert "this session has it at two, today it is said to be at one" in refused.stderr
    assert "add --as session to take those of the session" in refused.stderr
    done = command(place, "rollback", "last", "--reason", "it failed")
    assert done.returncode == 0, done.stderr
    outputs = sorted((tmp_path / "sessions").glob("*/attempts/*.out"))
    assert [outputs[0].read_text(), outputs[-1].read_text()] == [f"{place.two.directory}\n"] * 2


def test_what_is_read_of_another_runbooks_session_is_its_own(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the folder of a runbook that has none of its flows and steps."""
    first = place.begin(place.runbook("a", "one", "First", "first"), flow="first")
    monkeypatch.chdir(place.runbook("b", "two", "Second").parent)
    for words in (["sessions"], ["export", first], ["export", first, "--format", "html"], ["verify", first]):
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 0, done.output
    assert "First" in CliRunner().invoke(main, ["export", first]).output
    assert CliRunner().invoke(main, ["followups"]).exit_code == 0


def test_a_drill_is_resumed_with_its_own_host_and_nobody_is_asked_about_its_port(place: Place, tmp_path: Path) -> None:
    with drill_workspace(None, "calm-deployment", 1000) as workspace:
        setup = Setup(flow="deploy", method="a", operator="ana")
        workspace.preflight(setup, lambda row: None)
        workspace.begin(setup).close()
        session = workspace.store.names()[-1]
    with drill_workspace(None, "calm-deployment", 1000) as other, pytest.raises(UsageError, match="a host of its own"):
        other.resume(session, "ana")
    with resumed_workspace(session, None, {}, None) as (workspace, found):
        conductor = workspace.resume(found, "ana")
        assert workspace.reach_again(conductor)[1] == []
        conductor.close()


def test_a_session_that_was_begun_with_an_ssh_configuration_of_its_own_is_resumed_with_it(place: Place) -> None:
    """`-F` says where its targets are as much as `--host` does."""
    session = place.begin(place.runbook("a", "one"))
    with resumed_workspace(session, None, {}, None) as (workspace, found):
        conductor = workspace.resume(found, "ana")
        rows, elsewhere = workspace.reach_again(conductor)
        assert ({row.verdict.value for row in rows}, elsewhere) == ({"ok"}, [])
        conductor.close()
