"""Holds the program as a fork beside the program as it is started: what is seen of one is what is seen of the other."""

import os
import re
import resource
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.harness import program
from tests.support.harness.program import DEVNULL, PIPE, PROGRAM, Program, forked
from tests.support.harness.waiting import until
from tests.support.runbooks.runbooks import one_section
from tests.support.screens.terminal import terminal

SAYS = """
[[sections.steps]]
id = "a"
title = "A"
[[sections.steps.actions]]
run = "env; pwd; umask; ulimit -a; echo $$ > shell; touch begun; while [ ! -e go ]; do sleep 0.02; done"
reads = true
timeout = "2m"
"""
OF_EACH = re.compile(r"^(SHLVL|_)=.*\n", re.MULTILINE)
RUN = (*PROGRAM, "run", "-f", "runbook.toml", "--headless", "--operator", "ana")
KINDS = (False, True)
"""A fork, and a start."""


def environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "RUNBOOK_SESSIONS": str(folder / "sessions"),
        "PYTHONPATH": str(program.ROOT),
        "TZ": "Asia/Kathmandu",
    }


@pytest.fixture
def place(tmp_path: Path) -> Path:
    text = one_section(SAYS, "web").replace('target = "web"', f'local = true\ndirectory = "{tmp_path}"')
    (tmp_path / "runbook.toml").write_text(text)
    return tmp_path


def opened(pid: int) -> set[str]:
    """The files, pipes and sockets that a process has open beside its three streams."""
    links = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # it was closed meanwhile
            if int(entry.name) > 2:
                links.add(os.readlink(entry))
    return {link for link in links if not link.startswith("anon_inode:")}


def parent_of(pid: int) -> int:
    stat = Path(f"/proc/{pid}/stat").read_text()
    return int(stat.rpartition(")")[2].split()[1])


def seen_from_outside(pid: int) -> dict[str, Any]:
    """What the system says about a process."""
    there = Path(f"/proc/{pid}")
    status = dict(line.split(":\t", 1) for line in (there / "status").read_text().splitlines())
    streams = {name: os.readlink(there / "fd" / name) for name in ("0", "1", "2")}
    fields = (there / "stat").read_text().rpartition(")")[2].split()
    return {
        **{name: status[name].strip() for name in ("SigBlk", "SigIgn", "SigCgt", "Umask", "Uid", "Seccomp")},
        "folder": os.readlink(there / "cwd"),
        "input": streams["0"],
        "joined": streams["1"] == streams["2"],
        "limits": (there / "limits").read_text(),
        "leads": os.getsid(pid) == pid,
        "terminal": fields[4] != "0",
    }


def test_a_running_fork_has_all_that_a_start_has(place: Path) -> None:
    seen = []
    limits = {resource.RLIMIT_FSIZE: 1_000_000, resource.RLIMIT_CORE: 0}
    for started in KINDS:
        given: dict[str, Any] = {"cwd": place, "env": environment(place), "limits": limits, "started": started}
        with program.begin(RUN, stdin=DEVNULL, stdout=PIPE, stderr=subprocess.STDOUT, text=True, **given) as process:
            assert isinstance(process, Program) is not started
            until((place / "begun").exists)
            seen.append(seen_from_outside(process.pid))
            assert not opened(process.pid) & opened(parent_of(process.pid))
            (place / "go").touch()
            said = process.communicate()[0]
            assert process.returncode == 0, said
        for left in ("begun", "go"):
            (place / left).unlink()
    assert seen[0] == seen[1]
    outputs = [OF_EACH.sub("", path.read_text()) for path in sorted(place.glob("sessions/*/attempts/*.out"))]
    assert "TZ=Asia/Kathmandu" in outputs[0]
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize(
    ("words", "out"), [("show", "pipe"), ("no-such-command", "pipe"), ("show", "full"), ("schema", "unread")]
)
def test_a_fork_ends_as_a_start_does(place: Path, words: str, out: str) -> None:
    ends = []
    for started in KINDS:
        reader, writer = os.pipe()
        os.close(reader)
        with open("/dev/full", "wb") as full:
            stdout = {"pipe": PIPE, "full": full, "unread": writer}[out]
            command = [*PROGRAM, *words.split()]
            given: dict[str, Any] = {"stdout": stdout, "stderr": PIPE, "cwd": place, "started": started}
            done = program.run(command, env=environment(place), **given)
        os.close(writer)
        ends.append((done.returncode, done.stdout, done.stderr))
    assert ends[0] == ends[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_fork_as_it_ends_a_start(place: Path, number: signal.Signals) -> None:
    ends = []
    for started in KINDS:
        given: dict[str, Any] = {"stdout": PIPE, "stderr": PIPE, "cwd": place, "started": started}
        with program.begin(RUN, env=environment(place), **given) as process:
            until((place / "begun").exists)
            os.kill(process.pid, number)
            ends.append((process.communicate()[1], process.wait()))
        (place / "go").touch()  # the command may outlive the program
        shell = Path("/proc", (place / "shell").read_text().strip())
        until(lambda shell=shell: not shell.exists())
        for left in ("begun", "go"):
            (place / left).unlink()
    assert ends[0] == ends[1]


def test_a_fork_has_a_terminal_of_its_own(place: Path) -> None:
    seen = []
    for started in KINDS:
        with terminal((*PROGRAM, "run", "-f", "runbook.toml"), place, environment(place), (90, 25), started) as screen:
            screen.wait_for("None yet")
            seen.append(seen_from_outside(screen.child))
            assert started or not opened(screen.child) & opened(parent_of(screen.child))
            assert os.tcgetpgrp(screen.descriptor) == screen.child
            os.kill(screen.child, signal.SIGKILL)
            assert screen.wait() == -signal.SIGKILL
    for one in seen:
        assert one.pop("input").startswith("/dev/pts/")
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("more", "can_be"),
    [
        ({}, True),
        ({"LC_ALL": "de_DE.UTF-8"}, True),
        ({"LC_ALL": "de_DE.ISO-8859-1"}, False),
        ({"PYTHONIOENCODING": "latin-1"}, False),
        ({"PYTHONPATH": "/elsewhere"}, False),
        ({"TEXTUAL_FPS": "5"}, False),
        ({"LD_PRELOAD": "/lib/one.so"}, False),
    ],
)
def test_what_is_read_only_once_makes_it_a_start(tmp_path: Path, more: dict[str, str], can_be: bool) -> None:
    assert forked([*PROGRAM, "show"], {**environment(tmp_path), **more}) is can_be
    assert not forked(["/bin/true"], environment(tmp_path))
