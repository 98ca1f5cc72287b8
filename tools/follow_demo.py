"""Shows how a session is followed: a Redis server, a bucket, and two terminals in tmux, on a drill and following it.

Who leaves following is in a shell, and may take the drill over: `runbook take-over last`. Everything is on loopback and
in a temporary folder, and ends with the tmux session.
"""

import os
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support.redis_server import RedisServer
from tests.support.team_bucket import KEYS, NAME, TeamBucketServer

SIZE = ("-x", "160", "-y", "50")
NEEDED = ("tmux", "redis-server")
THEN = "You follow no more. To continue the drill here: runbook take-over last (exit ends this)"
"""What is said to who has left following; it stands in a shell between quotes."""


def main() -> int:
    """Begin the servers and the two terminals, attach, and end all of it afterwards."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        print(f"this needs {' and '.join(missing)}: install them (Debian: apt install tmux redis-server)")
        return 1
    detached = "--detached" in sys.argv
    for ended in (signal.SIGTERM, signal.SIGHUP):  # what was begun here ends with it
        signal.signal(ended, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="follow-demo-") as name:
        folder = Path(name)
        relay, bucket = RedisServer(folder / "redis", password=secrets.token_hex(16)), TeamBucketServer()
        bucket.make(NAME)
        socket = str(folder / "tmux")
        try:
            for person in ("ana", "ben"):
                _settings(folder / person, person, relay, bucket)
            tmux = ("tmux", "-S", socket, "-f", "/dev/null")
            _program(folder / "bin")
            drill = _in(folder / "ana", relay, "runbook drill calm-deployment")
            watch = f'until runbook follow last; do sleep 1; done; echo "{THEN}"; exec sh'
            subprocess.run((*tmux, "new-session", "-d", "-s", "demo", *SIZE, drill), check=True)
            subprocess.run((*tmux, "set-option", "-g", "mouse", "on"), check=True)
            subprocess.run((*tmux, "split-window", "-v", "-t", "demo", _in(folder / "ben", relay, watch)), check=True)
            subprocess.run((*tmux, "select-pane", "-t", "demo:0.0"), check=True)
            if detached:
                print(f"tmux -S {socket} attach")
                _wait(tmux)
            else:
                subprocess.run((*tmux, "attach", "-t", "demo"), check=False)
        finally:
            subprocess.run(("tmux", "-S", socket, "kill-server"), check=False, stderr=subprocess.DEVNULL)
            relay.stop()
            bucket.stop()
    return 0


def _wait(tmux: tuple[str, ...]) -> None:
    while subprocess.run((*tmux, "has-session", "-t", "demo"), check=False, stderr=subprocess.DEVNULL).returncode == 0:
        time.sleep(0.5)


def _settings(home: Path, person: str, relay: RedisServer, bucket: TeamBucketServer) -> None:
    """A home folder with the settings of one person."""
    (home / "runbook").mkdir(parents=True)
    (home / "runbook" / "config.toml").write_text(
        f"""operator = "{person}"
[share]
relay = "redis://127.0.0.1:{relay.port}/0"
password = "env:DEMO_RELAY_PASSWORD"
key = "file:{home.parent}/key"
drills = true
[bucket]
name = "{NAME}"
endpoint = "{bucket.endpoint}"
region = "eu-central-1"
access_key = "env:DEMO_ACCESS_KEY"
secret_key = "env:DEMO_SECRET_KEY"
""",
        encoding="utf-8",
    )
    key = home.parent / "key"
    if not key.exists():
        key.touch(mode=0o600)
        key.write_text(secrets.token_hex(32))


def _program(folder: Path) -> None:
    """The command as what it says names it."""
    folder.mkdir()
    (folder / "runbook").write_text(f'#!/bin/sh\nexec {sys.executable} -m tui "$@"\n', encoding="utf-8")
    (folder / "runbook").chmod(0o700)


def _in(home: Path, relay: RedisServer, command: str) -> str:
    """A command of one person's, as tmux runs it."""
    told = {
        "XDG_CONFIG_HOME": str(home),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "DEMO_RELAY_PASSWORD": relay.password,
        "DEMO_ACCESS_KEY": KEYS.access_key,
        "DEMO_SECRET_KEY": KEYS.secret_key,
        "PYTHONPATH": os.getcwd(),
        "PATH": f"{home.parent / 'bin'}:{os.environ['PATH']}",
        "PS1": f"{home.name}> ",
    }
    return f"env {' '.join(f'{name}={shlex.quote(value)}' for name, value in told.items())} sh -c '{command}'"


if __name__ == "__main__":
    sys.exit(main())
