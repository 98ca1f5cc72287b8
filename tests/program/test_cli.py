import json
import subprocess
import sys
from pathlib import Path

import pytest
from click import Context
from click.testing import CliRunner, Result

from tests.support.runbooks.runbooks import SMALL
from tui.cli.main import main

ANSWERS = """
operator = "ana"
second_operator = "ben"
reason = "a test"
confirm = ["*", "a-migrate", "b-migrate", "rollback-migrations-a", "rollback-migrations-b", "rollback-restore"]
messages = "copied"
[answers]
check-sentry = "3"
a-plan = "yes"
b-plan = "yes"
verify-sentry = ["0", "2"]
verify-dashboards = "yes"
rollback-database = "reverse"
"""

DRILL = ("drill", "--headless", "--pace", "1000", "--set", "samples=3")
"""A drill that waits for no more measurements than are needed for an average."""


@pytest.fixture(autouse=True)
def _sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path / "sessions"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def runbook(tmp_path: Path) -> Path:
    path = tmp_path / "runbook.toml"
    path.write_text(SMALL)
    return path


def call(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def test_lint_counts_and_ends_with_0_for_a_sound_runbook(runbook: Path) -> None:
    done = call("lint", str(runbook))
    assert done.exit_code == 0
    assert "0 errors" in done.output


def test_lint_names_every_fault_with_its_line_and_ends_with_3(runbook: Path) -> None:
    runbook.write_text(SMALL.replace('run = "uptime"', 'runn = "uptime"').replace('prompt = "Release"', ""))
    done = call("lint", str(runbook))
    assert done.exit_code == 3
    assert "runn" in done.output
    assert "did you mean" in done.output
    assert "prompt" in done.output


def test_a_broken_runbook_stops_every_command_in_words(runbook: Path) -> None:
    runbook.write_text("format = 1\n[runbook\n")
    for words in (("show",), ("run", "--dry-run"), ("check",)):
        done = call(*words, "-f", str(runbook))
        assert done.exit_code == 3
        assert f"{runbook}:2" in done.output
        assert "Traceback" not in done.output


def test_every_command_that_is_loaded_late_has_the_name_that_it_is_asked_for_by() -> None:
    context = Context(main)
    names = main.list_commands(context)
    assert {"check", "take-over", "import"} < set(names)
    for name in names:
        command = main.get_command(context, name)
        assert command is not None
        assert command.name == name
    assert main.get_command(context, "no-such") is None


def test_show_and_schema_are_for_people_and_programs(runbook: Path) -> None:
    assert "uptime" in call("show", "-f", str(runbook)).output
    assert json.loads(call("show", "-f", str(runbook), "--json").output)["runbook"]["title"] == "Shop"
    assert json.loads(call("schema").output)["$ref"] == "#/$defs/Runbook"


def test_a_dry_run_needs_no_host(runbook: Path) -> None:
    done = call("run", "-f", str(runbook), "--dry-run", "--flow", "deploy", "--method", "docker", "--set", "release=v3")
    assert done.exit_code == 0
    assert "compose up v3" in done.output


DIAGNOSIS = """
format = 2
runbook = { title = "Look", default_host = "here" }
hosts.here = { local = true }
flows.look = { title = "Look", kind = "diagnosis", sections = ["a"] }
sections.a = { title = "A", steps.one = { title = "One", run = "uptime" } }
"""


def test_the_only_flow_need_not_be_named_and_of_several_one_has_to_be(tmp_path: Path) -> None:
    (file := tmp_path / "runbook.toml").write_text(DIAGNOSIS)
    assert "uptime" in call("run", "-f", str(file), "--dry-run").output
    file.write_text(DIAGNOSIS + 'flows.more = { title = "More", kind = "verify", sections = ["a"] }\n')
    done = call("run", "-f", str(file), "--dry-run")
    assert done.exit_code == 2
    assert "no flow is chosen\n  --flow look or --flow more" in done.output


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("run", "--headless", "--flow", "nothing"), 2, "no flow 'nothing'"),
        (("run", "--dry-run", "--host", "moon=x"), 2, "no host moon"),
        (("run", "--dry-run", "--set", "release"), 2, "is not NAME=VALUE"),
        (("run", "--headless", "--answers", "missing.toml"), 2, "cannot read missing.toml"),
        (("run",), 1, "the terminal UI needs a terminal\n  `runbook run --headless"),
        (("drill", "calm-deployment"), 1, "`runbook drill calm-deployment --headless"),
        (("export", "nothing"), 6, "is not a session here"),
        (("export", "-o", "night.docx"), 2, "no export ends with '.docx'"),
        (("verify",), 6, "there is no session here yet\n  `runbook` begins one"),
        (("sesions",), 2, "No such command 'sesions'. Did you mean sessions?"),
        (("frobnicate",), 2, "No such command 'frobnicate'.\n"),
        (("resume",), 6, "no unfinished session"),
        (("drill", "no-such-scenario"), 2, "no scenario"),
    ],
)
def test_what_cannot_be_done_is_said_in_words(runbook: Path, words: tuple[str, ...], code: int, message: str) -> None:
    options = ("-f", str(runbook)) if words[0] in ("run", "drill") else ()
    done = call(*words, *options)
    assert message in done.output
    assert done.exit_code == code
    assert "Traceback" not in done.output


def test_an_unreachable_host_ends_with_4(runbook: Path) -> None:
    runbook.write_text(SMALL.replace('target = "web"', 'target = "127.0.0.1"\nport = 1'))
    done = call("run", "-f", str(runbook), "--headless", "--flow", "deploy", "--method", "docker", "--operator", "ana")
    assert done.exit_code == 4
    assert "127.0.0.1:1" in done.output


@pytest.mark.parametrize("method", ["a", "b"])
def test_the_bundled_drill_from_the_first_check_to_the_last_sign_off(tmp_path: Path, method: str) -> None:
    """The whole deployment over SSH to the drill's host, then everything one does with its session."""
    answers = tmp_path / "answers.toml"
    answers.write_text(ANSWERS)
    done = call(*DRILL, "--answers", str(answers), "--flow", "deploy", "--method", method)
    assert done.exit_code == 0, done.output
    listed = json.loads(call("sessions", "--json").output)
    assert [(one["result"], one["drill"] != "") for one in listed] == [("deployed", True)]
    assert "outputs: whole\n" in call("verify").output
    exported = call("export").output
    assert "**DRILL**" in exported
    assert "drill-secret" not in exported
    assert call("export", "--format", "json").exit_code == 0


def test_damage_is_found_by_verify_with_its_line(tmp_path: Path) -> None:
    answers = tmp_path / "answers.toml"
    answers.write_text(ANSWERS)
    call(*DRILL, "--answers", str(answers), "--flow", "verify", "--method", "a")
    journal = next((tmp_path / "sessions").glob("*/journal.jsonl"))
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([*lines[:5], lines[5].replace(b'"seq":5', b'"seq":6'), *lines[6:]]))
    done = call("verify")
    assert done.exit_code == 6
    assert "line 6" in done.output


def test_headless_runs_without_textual(runbook: Path) -> None:
    code = (
        "import sys\n"
        "sys.argv[:] = 'runbook run --dry-run --flow deploy --method docker -f'.split() + sys.argv[1:]\n"
        "from tui.cli.main import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "assert 'textual' not in sys.modules, 'textual was imported'"
    )
    subprocess.run([sys.executable, "-c", code, str(runbook)], check=True, capture_output=True)


def test_the_operators_settings_stand_for_the_options(runbook: Path, tmp_path: Path) -> None:
    settings = tmp_path / "config" / "runbook" / "config.toml"
    settings.parent.mkdir(parents=True)
    hosts = '[hosts.shop]\nweb = "elsewhere"\nnone = "x"\n[hosts.other]\nweb = "no"\n'
    settings.write_text(f'operator = "ana"\n{hosts}[variables.shop]\nrelease = "v7"\n')
    done = call("run", "-f", str(runbook), "--dry-run", "--flow", "deploy", "--method", "docker")
    assert "compose up v7" in done.output
    assert "on web (elsewhere):" in done.output
    settings.write_text('[hosts]\nweb = "elsewhere"\n')
    done = call("run", "-f", str(runbook), "--dry-run", "--flow", "deploy", "--method", "docker")
    assert done.exit_code == 2
    assert "hosts.web: it does not say of which runbook" in done.output
    settings.write_text('opertor = "ana"\n')
    done = call("run", "-f", str(runbook), "--dry-run", "--flow", "deploy", "--method", "docker")
    assert done.exit_code == 2
    assert "did you mean operator?" in done.output


def test_a_drill_that_is_resumed_continues_with_its_host_as_it_was_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tui.cli.wiring import resumed_workspace
    from tui.transports.base import CancelToken, Command

    answers = tmp_path / "answers.toml"
    answers.write_text(ANSWERS)
    call(*DRILL, "--answers", str(answers), "--flow", "deploy", "--method", "b")
    (listed,) = json.loads(call("sessions", "--json").output)
    for words in (("replay", listed["id"]), ("resume", listed["id"])):
        assert f"`runbook export {listed['id']}`" in call(*words).output
    with resumed_workspace(listed["id"], None, {}, None) as (workspace, _):
        came = bytearray()
        version = Command(script="curl -sS https://example.test/api/v1/status/")
        workspace.transports["production"].run(version, lambda stream, data: came.extend(data), CancelToken())
    assert b'"version": "v2.0.0"' in came or b'"version": "2.0.0"' in came, came
