"""Shows how a session is followed: a Redis server, a bucket, and two terminals in tmux, on a drill and following it.

Everything is on loopback and in a temporary folder, and ends with the tmux session.
"""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support.redis_server import RedisServer
from tests.support.team_bucket import KEYS, NAME, TeamBucketServer

SIZE = ("-x", "160", "-y", "50")
NEEDED = ("tmux", "redis-server")


def main() -> int:
    """Begin the servers and the two terminals, attach, and end all of it afterwards."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        print(f"this needs {' and '.join(missing)}: install them (Debian: apt install tmux redis-server)")
        return 1
    detached = "--detached" in sys.argv
    with tempfile.TemporaryDirectory(prefix="follow-demo-") as name:
        folder = Path(name)
        relay, bucket = RedisServer(folder / "redis", password=secrets.token_hex(16)), TeamBucketServer()
        bucket.make(NAME)
        socket = str(folder / "tmux")
        try:
            for person in ("ana", "ben"):
                _settings(folder / person, person, relay, bucket)
            tmux = ("tmux", "-S", socket, "-f", "/dev/null")
            run = f"{sys.executable} -m tui"
            drill = _in(folder / "ana", relay, f"{run} drill calm-deployment")
            watch = f"until {run} follow last; do sleep 1; done"
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
    }
    return f"env {' '.join(f'{name}={value}' for name, value in told.items())} sh -c '{command}'"


if __name__ == "__main__":
    sys.exit(main())
