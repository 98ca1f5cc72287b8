"""Checks that a runbook which a process beside this one reads is the one that is read here, with the same faults."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest

from tests.support.runbooks.runbooks import SMALL
from tests.support.sessions.recorded import written
from tui.__main__ import opens_screen
from tui.cli.main import main
from tui.errors import RunbookInvalid
from tui.execution.beginning.read_beside import HandedOver, read_beside
from tui.resources import bundled
from tui.runbook.reading.load import load, load_with_text, read_whole

ROOT = Path(__file__).parent.parent.parent
RUNBOOKS = (bundled("runbook.toml"), *sorted((ROOT / "tests" / "data").glob("*.toml")))
"""Those among them that are scenarios and other files are left out by the test."""
FORKED = """
import os, sys
from pathlib import Path
from tui.errors import RunbookInvalid
from tui.execution.beginning import read_beside as beside
from tui.runbook.reading.load import load, load_with_text
forks = []
fork = os.fork
os.fork = lambda: forks.append(0) or fork()
path, of_session = Path(sys.argv[1]), bool(sys.argv[2])
read = beside.read_beside(path, of_session)
assert forks or not beside.can_fork()
try:
    found = read()
except RunbookInvalid as error:
    print(*error.problems, sep="\\n")
else:
    assert found == ((load(path, of_session=True), "") if of_session else load_with_text(path))
    print("the same")
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    print("nothing is left")
"""


def started(path: Path, of_session: str = "") -> list[str]:
    """What a program of its own, which has one thread, finds."""
    given = [sys.executable, "-c", FORKED, str(path), of_session]
    ran = subprocess.run(given, capture_output=True, text=True, cwd=ROOT)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.name)
def test_nothing_is_lost_on_the_way_from_one_process_to_the_other(path: Path) -> None:
    try:
        found = HandedOver(*load_with_text(path))
    except RunbookInvalid:
        return
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(found), type=HandedOver) == found


def test_it_is_the_runbook_that_would_be_read_here() -> None:
    assert started(bundled("runbook.toml")) == ["the same", "nothing is left"]


@pytest.mark.parametrize("of_session", ["", "of a session"])
def test_what_is_wrong_is_said_here(tmp_path: Path, of_session: str) -> None:
    path = tmp_path / "runbook.toml"
    path.write_text(SMALL.replace('run = "uptime"', 'runn = "uptime"'))
    said = started(path, of_session)
    assert any("runn" in line for line in said), said
    assert said[-1] == "nothing is left"


def test_one_that_a_session_keeps_is_the_one_that_would_be_read_here(tmp_path: Path) -> None:
    path = tmp_path / "runbook.toml"
    path.write_text(read_whole(bundled("runbook.toml")).text, encoding="utf-8")
    assert started(path, "of a session") == ["the same", "nothing is left"]


def test_a_replay_reads_its_runbook_beside_before_its_screen_is_loaded(tmp_path: Path) -> None:
    session = written(tmp_path, 3, 20)
    code = (
        "import os, sys; from pathlib import Path\n"
        "from tui.cli.launching import staged_on_screen\n"
        "from tui.execution.beginning import read_beside as beside\n"
        "from tui.session.archive.store import SessionDirectory\n"
        "beside.can_fork = lambda: True\n"
        "loaded = []; fork = os.fork\n"
        "os.fork = lambda: loaded.append('tui.app' in sys.modules) or fork()\n"
        "place = staged_on_screen(SessionDirectory(Path(sys.argv[1])))\n"
        "there = ['tui.app' in sys.modules, 'tui.runbook.reading.load' in sys.modules]\n"
        "print(*loaded, *there, len(place.runbook.sections))\n"
    )
    given = [sys.executable, "-c", code, str(session.directory.path)]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    ran = subprocess.run(given, capture_output=True, text=True, cwd=ROOT, env=environment)
    runbook = load(session.directory.runbook, of_session=True)
    assert ran.stdout.strip() == f"False True False {len(runbook.sections)}", ran.stderr


def test_one_whose_process_is_ended_is_read_here(tmp_path: Path) -> None:
    path = tmp_path / "runbook.toml"
    os.mkfifo(path)
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from tui.execution.beginning import read_beside as beside\n"
        "beside.can_fork = lambda: True\n"
        "forked = []; fork = os.fork\n"
        "os.fork = lambda: forked.append(fork()) or forked[0]\n"
        "path = Path(sys.argv[1]); read = beside.read_beside(path)\n"
        "os.kill(forked[0], signal.SIGKILL)\n"  # it waits for somebody who writes
        "path.unlink(); path.write_text(sys.argv[2])\n"
        "print(read()[0].runbook.title)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(path), SMALL], capture_output=True, text=True, cwd=ROOT)
    assert (ran.returncode, ran.stdout.strip()) == (0, "Shop"), ran.stderr


BEGUN = """
import os, sys
from pathlib import Path
from tui.execution.beginning import read_beside as beside
beside.can_fork = lambda: True
forks = []
fork = os.fork
os.fork = lambda: forks.append(fork()) or forks[-1]
beside.begin()
assert not {"click", "textual", "tui.runbook.reading.load"} & sys.modules.keys(), "each page of them would be copied"
"""


def begun(code: str, path: Path) -> str:
    """What a program says that has begun the process before it knows the runbook; none of its processes is left."""
    ran = subprocess.run([sys.executable, "-c", BEGUN + code, str(path)], capture_output=True, text=True, cwd=ROOT)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_one_that_was_begun_before_the_command_line_was_read_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "runbook.toml"
    path.write_text(SMALL)
    code = "read = beside.read_beside(Path(sys.argv[1])); print(read()[0].runbook.title, len(forks))"
    code += "; assert 'tui.runbook.reading.load' not in sys.modules"
    assert begun(code, path) == "Shop 1"


def test_one_that_has_ended_untold_has_another_one_read(tmp_path: Path) -> None:
    path = tmp_path / "runbook.toml"
    path.write_text(SMALL)
    code = (
        "import signal\n"
        "os.kill(forks[0], signal.SIGKILL)\n"
        "os.waitid(os.P_PID, forks[0], os.WEXITED | os.WNOWAIT)\n"
        "print(beside.read_beside(Path(sys.argv[1]))()[0].runbook.title, len(forks))\n"
    )
    assert begun(code, path) == "Shop 2"


def test_one_that_is_told_nothing_ends_with_the_program_and_says_nothing(tmp_path: Path) -> None:
    ends, waited_for = os.pipe()  # the process beside has it as well: nothing more comes once both have ended
    ran = subprocess.run([sys.executable, "-c", BEGUN], pass_fds=[waited_for], capture_output=True, cwd=ROOT)
    os.close(waited_for)
    with open(ends, "rb") as end:
        assert (end.read(), ran.stdout, ran.stderr, ran.returncode) == (b"", b"", b"", 0)


@pytest.mark.parametrize("words", ["", "run", "run -f shop.toml", "-f shop.toml", "--flow deploy", "replay last"])
def test_a_command_that_opens_a_runbooks_screen_is_known_by_its_words(words: str) -> None:
    assert opens_screen(words.split())


@pytest.mark.parametrize("words", ["--version", "-h", "run --headless --answers a.toml", "run --dry-run", "run --help"])
def test_one_that_opens_none_begins_no_process(words: str) -> None:
    assert not opens_screen(words.split())


def test_no_other_command_begins_one() -> None:
    others = {*main.commands, *main.later} - {"run", "replay"}
    assert {"list", "lint", "drill", "sessions"} < others
    assert [name for name in sorted(others) if opens_screen([name])] == []


def test_a_program_with_threads_reads_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "runbook.toml"
    end = threading.Event()
    other = threading.Thread(target=end.wait)
    other.start()
    try:
        read = read_beside(path)
        path.write_text(SMALL)  # nobody has read it yet
        assert read() == load_with_text(path)
    finally:
        end.set()
        other.join()
