"""Whole rehearsals, watched from inside their own process: nothing leaves loopback, nothing is executed."""

import json
import os
import subprocess
import sys
from pathlib import Path

WATCHED = """
import json, sys
seen = []
PROGRAMS = ("subprocess.Popen", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "pty.spawn")

def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.bind"):
        address = arguments[1]
        seen.append([event, address[0] if isinstance(address, tuple) else str(address)])
    elif event == "socket.getaddrinfo":
        seen.append([event, str(arguments[0])])
    elif event.startswith(PROGRAMS):
        seen.append([event, " ".join(map(str, arguments[1])) if event == "subprocess.Popen" else str(arguments)])

sys.addaudithook(watch)
from tui.cli.wiring import drill_workspace
from tui.execution.workspace import Setup
from tui.headless.answered_run import AnsweredRun, Exit
from tests.drill.test_calm_covers_runbook import answers

for drill in sys.argv[1:]:
    scenario, method = drill.split()
    with drill_workspace(None, scenario, float("inf"), {"samples": "1"}) as workspace:
        setup = Setup(flow="deploy", method=method, operator="ana", second_operator="ben", reason="a test")
        workspace.preflight(setup, lambda row: None)
        conductor = workspace.begin(setup)
        while (step := conductor.state.next_step()) is not None:
            if AnsweredRun(conductor, answers(), lambda line: None).settle(step) is not Exit.OK:
                break
        ran = len(conductor.state.attempts)
        conductor.close()
    print(json.dumps({"seen": seen, "ran": ran}))
    seen.clear()
"""
DRILLS = ("calm-deployment a", "calm-deployment b", "disk-fills b")


def test_no_connection_leaves_loopback_and_no_command_is_executed(tmp_path: Path) -> None:
    environment = {**os.environ, "RUNBOOK_SESSIONS": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    ran = subprocess.run(
        [sys.executable, "-c", WATCHED, *DRILLS],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=Path(__file__).parents[2],
    )
    assert ran.returncode == 0, ran.stderr
    rehearsals = [json.loads(line) for line in ran.stdout.splitlines()[-len(DRILLS) :]]
    assert len(rehearsals) == len(DRILLS)
    for told in rehearsals:
        assert told["ran"] > 5
        programs = [what for event, what in told["seen"] if not event.startswith("socket.")]
        assert [one for one in programs if not one.endswith("-m tui.drill.server")] == []
        assert len(programs) == 1
        places = {what for event, what in told["seen"] if event.startswith("socket.")}
        assert places <= {"127.0.0.1"}
        assert "127.0.0.1" in places
