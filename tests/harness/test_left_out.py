"""Checks that `make test` says which tests it had to leave out, and that nothing is left out silently otherwise."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SAMPLE = """
import pytest

@pytest.fixture
def sshd():
    raise RuntimeError("no sshd here")

@pytest.fixture
def connection(sshd):
    return sshd

def test_plain():
    pass

def test_over_ssh(connection):
    pass

@pytest.mark.needs("tmux")
def test_in_a_terminal():
    pass
"""


def run(tmp_path: Path, without: str, *more: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "test_sample.py").write_text(SAMPLE)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = needs(*programs)\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "tests.support.harness.left_out",
        "--rootdir",
        str(tmp_path),
        "test_sample.py",
        *more,
    ]
    environment = {
        **os.environ,
        "RUNBOOK_TESTS_WITHOUT": without,
        "PYTHONPATH": str(ROOT),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)


def test_what_a_missing_program_leaves_out_is_told_at_the_end(tmp_path: Path) -> None:
    done = run(tmp_path, "sshd tmux")
    assert done.returncode == 0
    assert "1 passed, 2 deselected" in done.stdout
    assert "LEFT OUT" in done.stdout
    assert "test_sample.py: 1 tests not run for want of sshd" in done.stdout
    assert "2 tests were NOT RUN" in done.stdout


def test_two_processes_leave_out_and_tell_the_same_once(tmp_path: Path) -> None:
    done = run(tmp_path, "sshd tmux", "-p", "tests.support.harness.forked_processes", "--processes", "2")
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
    assert "test_sample.py: 1 tests not run for want of sshd" in done.stdout
    assert "2 tests were NOT RUN" in done.stdout


def test_nothing_is_left_out_when_nothing_is_missing(tmp_path: Path) -> None:
    done = run(tmp_path, "")
    assert done.returncode == 1
    assert "2 passed, 1 error" in done.stdout
    assert "LEFT OUT" not in done.stdout
