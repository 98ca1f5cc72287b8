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
assert forks or not beside._has_room()
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
        "beside._has_room = lambda: True\n"
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
        "beside._has_room = lambda: True\n"
        "forked = []; fork = os.fork\n"
        "os.fork = lambda: forked.append(fork()) or forked[0]\n"
        "path = Path(sys.argv[1]); read = beside.read_beside(path)\n"
        "os.kill(forked[0], signal.SIGKILL)\n"  # it waits for somebody who writes
        "path.unlink(); path.write_text(sys.argv[2])\n"
        "print(read()[0].runbook.title)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(path), SMALL], capture_output=True, text=True, cwd=ROOT)
    assert (ran.returncode, ran.stdout.strip()) == (0, "Shop"), ran.stderr


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
