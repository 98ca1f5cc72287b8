"""The demonstration of following leaves nothing, also where it was killed."""

import os
import subprocess
import sys
from pathlib import Path

from tools.follow_demo import OWNER, _clear


def waiting_in(folder: Path, inside: bool = False) -> "subprocess.Popen[bytes]":
    """A process whose settings are in a folder, as those of a demonstration are, or that is in it itself."""
    folder.mkdir(exist_ok=True)
    code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); signal.pause()"
    made = subprocess.Popen(
        [sys.executable, "-I", "-c", code],
        env={} if inside else {"XDG_CONFIG_HOME": str(folder / "ana")},
        cwd=folder if inside else None,
        stdout=subprocess.PIPE,
    )
    assert made.stdout
    made.stdout.readline()
    return made


def test_what_a_killed_demonstration_left_is_cleared_with_what_still_runs_there(tmp_path: Path) -> None:
    left, held, foreign = (tmp_path / f"follow-demo-{name}" for name in ("left", "held", "foreign"))
    with (
        waiting_in(left) as behind,
        waiting_in(left, inside=True) as server,
        waiting_in(held) as working,
        subprocess.Popen(["true"]) as gone,
    ):
        gone.wait()
        foreign.mkdir()
        (left / OWNER).write_text(str(gone.pid))
        with subprocess.Popen(["sh", "-c", "read line", "follow_demo"], stdin=subprocess.PIPE) as owner:
            (held / OWNER).write_text(str(owner.pid))
            for folder in (left, held, foreign):
                _clear(folder, patience=0.2)
            assert (behind.wait(), server.wait()) == (-9, -9)
            assert working.poll() is None
            working.kill()
    assert [folder.exists() for folder in (left, held, foreign)] == [False, True, True]
    assert os.listdir(held) == [OWNER]
