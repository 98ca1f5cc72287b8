"""Checks the processes that run the tests: each test runs once, and a process that dies takes no other test along."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.harness.waiting import until

ROOT = Path(__file__).parent.parent.parent
CONFTEST = """
import os
import pytest

def pytest_collection_modifyitems(items):
    print("COLLECTED", len(items))

@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    yield tmp_path_factory.mktemp("shared")
    (tmp_path_factory.getbasetemp() / "torn down").write_text("once")
"""
FIRST = """
import os
import time
import warnings
from pathlib import Path

def test_begins(shared, tmp_path_factory):
    print("said by the first")
    while not Path(__file__).with_name("second begun").exists():  # else this process may take that file too
        time.sleep(0.01)
    (shared / "by").write_text(str(os.getpid()))

def test_same_process_and_fixture(shared):
    assert (shared / "by").read_text() == str(os.getpid())
    warnings.warn("something is old", DeprecationWarning)

def test_fails():
    print("said by the one that fails")
    assert "is" == "is not"
"""
SECOND = """
import os
import random
from pathlib import Path

def test_dies():
    Path(__file__).with_name("second begun").touch()
    os._exit(7)

def test_after_it(shared):
    assert not (shared / "by").exists()
"""


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    for name, text in {"conftest": CONFTEST, "test_first": FIRST, "test_second": SECOND}.items():
        (tmp_path / f"{name}.py").write_text(text)
    return tmp_path


WAITS = """
import time
from pathlib import Path

def test_waits():
    here = Path(__file__).parent
    (here / "begun").touch()
    while not (here / "may end").exists():
        time.sleep(0.01)
"""


def begun(sample: Path, *words: str) -> subprocess.Popen[str]:
    kept = ("--basetemp", str(sample / "base"), "--rootdir", str(sample), "-p", "no:cacheprovider")
    command = [sys.executable, "-m", "pytest", "-v", *kept, "-p", "tests.support.harness.forked_processes", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.Popen(command, cwd=sample, env=environment, stdout=subprocess.PIPE, text=True)


def ran(sample: Path, *words: str) -> subprocess.CompletedProcess[str]:
    process = begun(sample, *words)
    said, _ = process.communicate()
    return subprocess.CompletedProcess(words, process.returncode, said)


def test_a_file_is_run_by_one_process_and_one_that_dies_fails_its_test_alone(sample: Path) -> None:
    done = ran(sample, "--processes", "2")
    assert done.returncode == 1
    said = done.stdout
    assert said.count("COLLECTED 5") == 1, "the tests are collected once"
    for name in ("first.py::test_begins", "first.py::test_same_process_and_fixture", "second.py::test_after_it"):
        assert f"test_{name} PASSED" in said
    assert "test_first.py::test_fails FAILED" in said
    assert "test_second.py::test_dies FAILED" in said
    assert "the process that ran it ended: 7" in said
    assert "assert 'is' == 'is not'" in said
    assert "2 failed, 3 passed, 1 warning" in said
    assert "DeprecationWarning: something is old" in said
    assert "said by the one that fails" in said
    assert "said by the first" not in said, "what a test that passed has printed is not told"
    assert len(list((sample / "base").glob("*/torn down"))) == 2, "each that ran to its end has torn down what it had"


def test_the_first_failure_is_the_last_where_that_was_asked_for(sample: Path) -> None:
    (sample / "test_second.py").unlink()
    (sample / "test_first.py").write_text("def test_fails(): assert False\ndef test_1(): pass\ndef test_2(): pass\n")
    done = ran(sample, "--processes", "2", "-x")
    assert done.returncode == 1
    assert "stopping after 1 failures" in done.stdout
    assert "test_first.py::test_1 PASSED" in done.stdout, "it was given with the one before it"
    assert "test_2" not in done.stdout


def test_who_is_interrupted_alone_waits_for_what_the_others_run_and_leaves_none(sample: Path) -> None:
    """As by `kill -INT`; ctrl+c tells all of them. What forks the programs ends once none of them can ask it."""
    (sample / "conftest.py").write_text(
        "from tests.support.harness import program\npytest_unconfigure = program.ended\n"
    )
    (sample / "test_first.py").write_text(WAITS)
    process = begun(sample, "--processes", "2")
    until(lambda: (sample / "begun").exists())
    process.send_signal(signal.SIGINT)
    (sample / "may end").touch()
    said, _ = process.communicate()
    assert process.returncode == pytest.ExitCode.INTERRUPTED
    assert "KeyboardInterrupt" in said
