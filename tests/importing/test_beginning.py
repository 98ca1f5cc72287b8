"""The first file of a runbook, from the answers to a few questions."""

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tui.cli.main import main
from tui.drill.scenario_files import load_scenario
from tui.importing.beginning import (
    KINDS,
    BeginningAnswers,
    beginning,
    environments_fault,
    environments_of,
    rehearsal,
    ssh_aliases,
    window_fault,
)
from tui.runbook.pointing import environment_names, in_environment
from tui.runbook.reading.lint import lint, lint_text
from tui.runbook.reading.load import load_text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hosts", [(), ("web-1",), ("ops@web-1.example.com", "web-1", "10.0.0.1")])
@pytest.mark.parametrize(
    "window", ["", "tue-thu 02:00-04:00 UTC", "sat 22:00-02:00", "fri-mon 01:00-02:00 Europe/Berlin"]
)
def test_what_is_written_has_no_fault(kind: str, hosts: tuple[str, ...], window: str) -> None:
    text = beginning(BeginningAnswers('A "shop"\u202e', kind, hosts, window))
    assert lint_text(text, "runbook.toml") == []
    assert text.isascii()


@pytest.mark.parametrize("kind", KINDS)
def test_its_environments_have_no_fault_either(kind: str) -> None:
    answers = BeginningAnswers(
        "Shop", kind, ("ops@web-1", "db"), "", environments_of("staging s-1 me@s-2; test t-1 t-2")
    )
    text = beginning(answers)
    assert lint_text(text, "runbook.toml") == []
    runbook = load_text(text, "runbook.toml")
    assert environment_names(runbook) == ("staging", "test", "production")
    staging = in_environment(runbook, "staging").hosts
    assert [(host.user, host.target) for host in staging.values()] == [("", "s-1"), ("me", "s-2")], "as it was answered"


@pytest.mark.parametrize(
    ("text", "hosts", "said"),
    [
        ("", ("a",), ""),
        ("staging s", ("a",), ""),
        ("staging s-1", ("a", "b"), "staging needs a host for each of: a b"),
        ("production x", ("a",), "production has the hosts above: name the other ones"),
        ("Staging! x", ("a",), "Staging!: a name has lower-case letters, digits and hyphens"),
        ("staging x; staging y", ("a",), "an environment is there twice: name each once"),
        (" ; ", ("a",), ""),
    ],
)
def test_what_is_wrong_with_environments_is_said_at_once(text: str, hosts: tuple[str, ...], said: str) -> None:
    assert environments_fault(text, hosts) == said


@pytest.mark.parametrize("title", ["Shop", 'A "shop" {x}\u202e'])
def test_its_rehearsal_has_no_fault(title: str, tmp_path: Path) -> None:
    path = tmp_path / "drill.toml"
    path.write_text(rehearsal(BeginningAnswers(title, "deploy", ()), "runbook.toml"))
    assert [rule.match for rule in load_scenario(path).rules] == ["^uptime", "^uptime", "."]


def test_a_window_is_read_from_words() -> None:
    window = tomllib.loads(beginning(BeginningAnswers("Shop", "deploy", (), "fri-mon 01:00-02:00")))["window"]
    assert window == {"days": ["fri", "sat", "sun", "mon"], "starts": "01:00", "ends": "02:00", "timezone": "UTC"}
    assert [text for text in ("sometimes", "tue 25:00-26:00", "tue 02:00-02:00") if not window_fault(text)] == []
    assert [text for text in ("", "tue 02:00-03:00") if window_fault(text)] == []


def test_the_aliases_of_ssh_config_are_offered(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("Host web-1 web-2 # shop\n  User ops\nhost *.example.com !x\nMatch all\nHost db\n")
    assert ssh_aliases(config) == ["web-1", "web-2", "db"]
    assert ssh_aliases(tmp_path / "missing") == []


def run_init(answers: str) -> Result:
    return CliRunner().invoke(main, ["init"], input=answers, catch_exceptions=False)


def test_it_asks_and_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    done = run_init("\nShop\ndeploy\nops@web-1\nstaging\nstaging stg-1\nsometimes\ntue 02:00-04:00\n")
    assert done.exit_code == 0, done.output
    assert "staging needs a host for each of: ops@web-1" in done.output
    assert load_scenario(tmp_path / "runbook-drill.toml").title == "Shop: everything works"
    assert "write it as in tue-thu 02:00-04:00 UTC" in done.output
    assert lint(tmp_path / "runbook.toml") == []
    document = tomllib.loads((tmp_path / "runbook.toml").read_text())
    assert document["hosts"]["web-1"] == {"target": "web-1", "user": "ops"}
    again = run_init("Other\n")
    assert again.exit_code == 2
    assert "is there already" in again.output
    assert tomllib.loads((tmp_path / "runbook.toml").read_text())["runbook"]["title"] == "Shop"


def test_a_zone_that_is_none_is_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    done = run_init("Shop\ndeploy\n\ntue 02:00-04:00 Mars/Base\n")
    assert done.exit_code == 2
    assert "that makes no right runbook" in done.output
    assert not (tmp_path / "runbook.toml").exists()


def test_what_it_wrote_is_rehearsed_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path / "sessions"))
    assert run_init("Shop\ndeploy\nweb-1 db-1\nstaging s-1 s-2\n\n").exit_code == 0
    (tmp_path / "answers.toml").write_text('[answers]\nfirst = "done"\n')
    words = ["drill", "runbook-drill.toml", "--headless", "--pace", "1000", "--answers", "answers.toml"]
    done = CliRunner().invoke(main, [*words, "--environment", "staging"])
    assert done.exit_code == 0, done.output
    assert "first: The first step" in done.output
