"""The first file of a runbook, from the answers to a few questions."""

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tui.cli.main import main
from tui.importing.beginning import KINDS, BeginningAnswers, beginning, ssh_aliases, window_fault
from tui.runbook.reading.lint import lint, lint_text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hosts", [(), ("web-1",), ("ops@web-1.example.com", "web-1", "10.0.0.1")])
@pytest.mark.parametrize(
    "window", ["", "tue-thu 02:00-04:00 UTC", "sat 22:00-02:00", "fri-mon 01:00-02:00 Europe/Berlin"]
)
def test_what_is_written_has_no_fault(kind: str, hosts: tuple[str, ...], window: str) -> None:
    text = beginning(BeginningAnswers('A "shop"\u202e', kind, hosts, window))
    assert lint_text(text, "runbook.toml") == []
    assert text.isascii()


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
    done = run_init("\nShop\ndeploy\nops@web-1\nsometimes\ntue 02:00-04:00\n")
    assert done.exit_code == 0
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
