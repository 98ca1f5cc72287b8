"""Checks that no test uses what the user has, and that `make test` fails where one still did."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tui.cli.wiring import agreements_file, sessions_root
from tui.config import config_path

ROOT = Path(__file__).parent.parent.parent
SAMPLE = """
import os
from pathlib import Path

def test_harmless(tmp_path):
    (tmp_path / "file").write_text("")

def test_agrees_to_a_host_key():
    folder = Path.home() / ".ssh"
    folder.mkdir(exist_ok=True)
    (folder / "known_hosts").write_text("a host")

def test_begins_a_session():
    folder = Path(os.environ["HOME"]) / ".local/state/runbook/sessions/one"
    folder.mkdir(parents=True)
"""


@pytest.mark.parametrize("again", [1, 2])
def test_sessions_settings_and_what_was_agreed_to_are_those_of_this_test(tmp_path: Path, again: int) -> None:
    """The second time nothing is left of the first."""
    places = [sessions_root(), config_path(), agreements_file()]
    for place in places:
        assert place is not None
        assert not place.exists()
        assert place.is_relative_to(tmp_path.parent)
        place.mkdir(parents=True)


@pytest.mark.parametrize("processes", [(), ("-p", "tests.support.harness.forked_processes", "--processes", "2")])
def test_a_test_that_wrote_to_them_is_told_of(tmp_path: Path, processes: tuple[str, ...]) -> None:
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    (tmp_path / "test_sample.py").write_text(SAMPLE)

    def run(chosen: str) -> subprocess.CompletedProcess[str]:
        words = [
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "tests.support.harness.users_own",
            "-k",
            chosen,
            *processes,
        ]
        env = {name: text for name, text in os.environ.items() if not name.startswith("XDG_")}
        env |= {"HOME": str(home), "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        command = [sys.executable, "-m", *words, "--rootdir", str(tmp_path), "test_sample.py"]
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

    if not processes:
        assert run("harmless").returncode == 0
    done = run("agrees or begins")
    assert done.returncode == 1
    assert str(home / ".ssh/known_hosts") in done.stdout
    assert str(home / ".local/state/runbook/sessions/one") in done.stdout
    assert "2 passed" in done.stdout
