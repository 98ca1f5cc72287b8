"""The bundled runbook's troubleshooting has a form for each method and shows what is needed in a hundred columns."""

import http.server
import random
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.support.machines.bundled_host import Host
from tests.support.runbooks.bundled_runbook import bundled_runbook
from tui.runbook.model import Action, Runbook
from tui.runbook.walk import steps_of
from tui.session.views.symptoms import Subject, matching


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return bundled_runbook()


ONE_METHOD = {
    "a": re.compile(r"docker"),
    "b": re.compile(r"systemctl \S+ (gunicorn|celery)|-u (gunicorn|celery)|gunicorn_log|/(gunicorn|celery)\.service"),
}


def test_every_diagnosis_and_solution_has_a_form_for_each_method_or_says_that_it_has_none(runbook: Runbook) -> None:
    for issue in runbook.troubleshooting:
        groups = [(one.id, (one,)) for one in issue.diagnosis if not one.id.endswith("-a")]
        groups = [(name, tuple(s for s in issue.diagnosis if s.id in (name, f"{name}-a"))) for name, _ in groups]
        groups += [(one.id, one.steps) for one in issue.solutions if not one.forbidden]
        for name, steps in groups:
            for method in "ab":
                left = [step for step in steps if step.when.get("method", method) == method]
                assert left or any("With containers" in step.text for step in steps), (name, method)
        for step in (*issue.diagnosis, *(step for one in issue.solutions for step in one.steps)):
            said = " ".join(action.run or "" for action in step.actions)
            for method, words in ONE_METHOD.items():
                if words.search(said) and step.id != "port-in-use-kill":
                    assert step.when == {"method": method}, step.id
            if any(action.on == "django" for action in step.actions):
                assert step.when == {"method": "b"}, step.id


LOGS = re.compile(r"tail -n \d+ (-f )?{{ (?!backup)|docker-compose logs|journalctl|systemctl status|ps aux|lsof -nP")
"""What prints lines as long as other programs made them."""
COUNTED = re.compile(r"grep -c|uniq -c|END \{")
"""What makes figures of them."""


def test_what_must_be_read_at_night_fits_in_a_hundred_columns(runbook: Runbook) -> None:
    """A journal without its prefix, a status without the log's long lines; nothing is the last output by chance."""
    diagnosis = [
        action.run or "" for issue in runbook.troubleshooting for one in issue.diagnosis for action in one.actions
    ]
    for command in diagnosis:
        assert "journalctl" not in command or "-o cat" in command
        assert "systemctl status" not in command or "-n 0 | narrow" in command
        assert not re.search(r"docker ps (?!.*--format)", command)
        assert "{{.Ports}}" not in command
    commands = [action.run or "" for _, step in steps_of(runbook) for action in step.actions]
    for command in commands:
        assert "grep -n ExecStart=" not in command or "fold -s -w 100" in command
        if "docker-compose logs" in command and not re.search("grep -c", command):
            assert "| bare |" in command, "each line begins with the container's name"
    logs = [command.strip() for command in commands if LOGS.search(command) and not COUNTED.search(command)]
    assert len(logs) > 30
    assert [command for command in logs if not re.search(r"\| narrow( \w+)?$", command)] == []


LONG = "x" * 200
STATUS = '10.1.2.3 - - [24/Nov/2026:02:10:00 +0000] "GET '
NARROWED = {
    f"short, äöü, {'x' * 80}": f"short, äöü, {'x' * 80}",
    LONG: f"{'x' * 92} … (cut)",
    "ä" * 300: f"{'ä' * 92} … (cut)",
    f"# Query_time: 6.2  Lock_time: 0.0 {LONG}": f"# Query_time: 6.2  Lock_time: 0.0 {'x' * 58} … (cut)",
    f"{LONG} [ERROR] no memory": f"{'x' * 40} … ERROR] no memory",
    f"errors_total {LONG} error: {LONG}": f"errors_total {'x' * 27} … error: {'x' * 42} … (cut)",
    f"WARNING {LONG} error: none": f"WARNING {'x' * 32} … error: none",
    f'{STATUS}/{LONG} HTTP/1.1" 502 166': f'{STATUS[:40]} … " 502 166',
    f"{LONG} /venv/bin/sought -w 4": f"{'x' * 40} … sought -w 4",
}


def test_a_long_line_of_a_log_is_cut_and_says_so_and_what_is_looked_for_stays_in_sight(host: Host) -> None:
    ran = narrowed(host, list(NARROWED), "sought")
    assert (ran.returncode, ran.stdout.splitlines()) == (0, list(NARROWED.values())), ran.stderr
    failed = host.run(Action(run="(echo one; exit 3) | narrow", on="production"))
    assert (failed.returncode, failed.stdout) == (3, "one\n"), "the exit status is the command's"


def test_no_verdict_passes_because_a_line_was_cut(runbook: Runbook, host: Host) -> None:
    """What an expectation finds in a line it finds in what is left of it: of each command whose lines are cut."""
    cut = [
        (action.run or "", action.expect)
        for _, step in steps_of(runbook)
        for action in step.actions
        if "| narrow" in (action.run or "") and action.expect is not None
    ]
    sought = {pattern for _, expect in cut for pattern in expect.misses}
    chance = random.Random(5)
    words = [
        "x" * 30,
        "error",
        "ERROR",
        "critical",
        "warning",
        "Traceback",
        "errors",
        '" 502 ',
        "ä" * 20,
        "a b",
        "[crit]",
    ]
    lines = ["".join(chance.choices([*words, " "], k=12)) for _ in range(600)]
    told = narrowed(host, lines).stdout.splitlines()
    assert max(map(len, told)) <= 100
    assert len(sought) >= 3
    for pattern in sought - {CRITICAL}:
        found = [line for line, left in zip(lines, told, strict=True) if re.search(pattern, left)]
        lost = {line for line in lines if re.search(pattern, line)} - set(found)
        assert lost == set(), pattern
    for command, expect in cut:
        program = re.search(r"narrow (\w+)", command)
        for word in expect.contains:
            assert word == (program and program[1]) or word == "active (running)", command


CRITICAL = r"\[(crit|alert|emerg)\]"
"""Nginx writes how bad it is after the time, in the first 40 columns."""


def narrowed(host: Host, lines: Sequence[str], *words: str) -> subprocess.CompletedProcess[str]:
    return host.run(Action(run=" ".join(["cat | narrow", *words]), stdin="\n".join(lines) + "\n", on="production"))


@pytest.fixture
def host(runbook: Runbook, tmp_path: Path) -> Host:
    return Host(runbook, tmp_path)


@pytest.mark.parametrize("step", ["celery-stuck-workers", "celery-stuck-workers-a"])
def test_the_statistics_of_the_workers_are_told_without_the_broker_and_the_kernel(runbook: Runbook, step: str) -> None:
    """And still with the exit status of Celery, which is 69 where no worker answers."""
    (command,) = [
        action.run or ""
        for _, one in steps_of(runbook)
        for action in one.actions
        if one.id == step and "stats" in (action.run or "")
    ]
    program = "celery" if step.endswith("workers") else "docker-compose"
    for exit_status in (0, 69):
        script = f"{program}() {{ cat; return {exit_status}; }}\n{command}"
        ran = subprocess.run(
            ["bash", "-o", "pipefail", "-c", script], input=STATS, capture_output=True, text=True, check=False
        )
        said = [line.strip().partition(":")[0] for line in ran.stdout.splitlines()]
        assert ran.returncode == exit_status
        assert said == ["->  celery@one", "{", '"pid"', '"pool"', '"max-concurrency"', "},", '"uptime"', "}"]


STATS = """->  celery@one: OK
    {
        "broker": {
            "hostname": "redis",
            "transport_options": {}
        },
        "pid": 12,
        "pool": {
            "max-concurrency": 4
        },
        "rusage": {
            "utime": 1.0
        },
        "uptime": 300
    }
"""


def test_docker_proxy_is_never_killed(runbook: Runbook) -> None:
    (kill,) = [
        action.run or "" for _, step in steps_of(runbook) for action in step.actions if "kill -9" in (action.run or "")
    ]
    assert "docker-proxy" in kill


FOREIGN = """
import http.server, os
os.chdir("{folder}")
with http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()
"""
LSOF = """#!/bin/sh
# lsof of the one process that listens: its number with -t, else as a person reads it
[ "$(cat {folder}/holds)" ] || exit 1
case " $* " in *" -t "*) ;; *) printf 'COMMAND PID\\npython3 ' ;; esac
cat {folder}/holds
"""


@contextmanager
def foreign_server(folder: Path) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Somebody's web server that knows nothing of /health/, in a process of its own on a free port."""
    run = [sys.executable, "-c", FOREIGN.format(folder=folder)]
    with subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline()), process
        finally:
            process.kill()


class Healthy(http.server.BaseHTTPRequestHandler):
    """The application, which knows its health check."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:  # the name is the library's
        self.send_response(200 if self.path == "/health/" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Nothing is told on standard error."""


@pytest.mark.parametrize("step", ["b-start", "rollback-start-a", "rollback-start-b"])
def test_another_server_on_port_8000_is_found_named_and_ended_by_the_documents_commands(
    runbook: Runbook, tmp_path: Path, step: str
) -> None:
    folder = tmp_path / "web"
    folder.mkdir()
    with foreign_server(folder) as (port, process):
        production = replace(runbook.hosts["production"], preamble=_on(port, runbook.hosts["production"].preamble))
        host = Host(replace(runbook, hosts={**runbook.hosts, "production": production}), tmp_path / "host")
        (tmp_path / "holds").write_text(f"{process.pid}\n")
        host.program("lsof", LSOF.format(folder=tmp_path))
        (answers,) = [action for action in host.actions(step) if action.run == "app_answers"]
        host.program("sleep", f"#!/bin/sh\necho {step} >> {tmp_path}/slept\n")
        ran = host.run(answers)
        assert (ran.returncode, (tmp_path / "slept").exists()) == (1, False), "waiting does not help"
        assert f"python3 {process.pid}" in ran.stdout
        said, about = f"{ran.stdout}{ran.stderr}", Subject(command=answers.run or "")
        (found,) = matching(runbook, said, about)[:1]
        assert found.issue.id == "not-starting"
        assert "another program answers on port 8000" in _cause(runbook, "port-in-use")
        kill = _whole(host, "port-in-use-kill", port)
        assert host.run(kill, old_pid="1").returncode == 1
        assert process.poll() is None
        assert host.run(kill, old_pid=str(process.pid)).returncode == 0
        assert process.wait() == -9
    (tmp_path / "holds").write_text("")
    assert host.run(answers).returncode == 7
    assert len((tmp_path / "slept").read_text().splitlines()) == 12
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Healthy) as server:
        threading.Thread(target=partial(server.serve_forever, 0.05), daemon=True).start()
        ran = host.run(answers)
        server.shutdown()
    assert (ran.returncode, ran.stdout.splitlines()[0]) == (0, "HTTP/1.1 200 OK")


def _on(port: int, text: str) -> str:
    assert ":8000" in text
    return text.replace(":8000", f":{port}")


def _whole(host: Host, step: str, port: int) -> Action:
    (action,) = host.actions(step)
    return replace(action, run=_on(port, action.run or ""))


def _cause(runbook: Runbook, solution: str) -> str:
    return next(one.when for issue in runbook.troubleshooting for one in issue.solutions if one.id == solution)
