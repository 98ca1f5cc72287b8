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
from contextlib import ExitStack, suppress
from pathlib import Path

from tests.support.servers.redis_server import RedisServer
from tests.support.servers.team_bucket import KEYS, NAME, TeamBucketServer

SIZE = os.terminal_size((160, 50))
"""Of the terminals where nobody is attached yet, in cells."""
LEAST = os.terminal_size((80, 24))
"""What each of the two needs."""
NEEDED = ("tmux", "redis-server")
PREFIX = "follow-demo-"
OWNER = "owner"
"""The file in a demonstration's folder with the process that removes it."""
ENDINGS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
PATIENCE = 10.0
"""Seconds that what runs in the terminals has to end, once these are closed."""
OTHER = "ctrl+b n: the other terminal"
FIRST = "Here you follow as ben, as soon as the drill of ana is begun in the other terminal: d, then F10"
"""What is said to who follows until there is something to follow."""
THEN = "You follow no more. To continue the drill here: runbook take-over last (exit ends this)"
"""What is said to who has left following; it stands in a shell between quotes."""


def main() -> int:
    """Begin the servers and the two terminals, attach, and end all of it afterwards."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        print(f"this needs {' and '.join(missing)}: install them (Debian: apt install tmux redis-server)")
        return 1
    os.environ.setdefault("TERM", "xterm")  # where it is not told: tmux draws on no terminal that it does not know
    for ended in ENDINGS:  # what was begun here ends with it
        signal.signal(ended, lambda *_: sys.exit(1))
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        _clear(folder)
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix=PREFIX)))
        ending.callback(_stop, folder)
        (folder / OWNER).write_text(str(os.getpid()))
        relay = RedisServer(folder / "redis", password=secrets.token_hex(16))
        ending.callback(relay.stop)
        bucket = TeamBucketServer()
        ending.callback(bucket.stop)
        bucket.make(NAME)
        for person in ("ana", "ben"):
            _settings(folder / person, person, relay, bucket)
        _program(folder / "bin")
        ending.callback(_stop, folder)  # those who use the servers come first
        _terminals(folder, relay)
        ending.callback(_unasked)
        return _shown(_tmux(folder), "--detached" in sys.argv)


def _terminals(folder: Path, relay: RedisServer) -> None:
    """Begin the two terminals, one above the other."""
    tmux = _tmux(folder)
    drill = _in(folder / "ana", relay, "runbook drill calm-deployment")
    listed = "runbook follow 2>/dev/null | grep -q live"
    watch = f'echo "{FIRST}"; until {listed}; do sleep 1; done; runbook follow last; echo "{THEN}"; exec sh'
    size = os.get_terminal_size() if sys.stdout.isatty() else SIZE
    given = ("-x", str(size.columns), "-y", str(size.lines))
    subprocess.run((*tmux, "new-session", "-d", "-s", "demo", "-n", "ana", *given, drill), check=True)
    subprocess.run((*tmux, "set-option", "-g", "mouse", "on"), check=True)
    subprocess.run((*tmux, *_beside(size), "-t", "demo", _in(folder / "ben", relay, watch)), check=True)
    subprocess.run((*tmux, "select-pane", "-t", "demo:0.0"), check=True)


def _beside(size: os.terminal_size) -> tuple[str, ...]:
    """Where the second terminal goes: below the first, beside it, or to a window of its own where there is no room."""
    if size.lines >= 2 * LEAST.lines + 2:  # a line between them, and that of tmux
        return "split-window", "-v"
    if size.columns > 2 * LEAST.columns:
        return "split-window", "-h"
    print(OTHER, flush=True)
    told = ("status-right", OTHER) if size.lines > LEAST.lines else ("status", "off")  # tmux's line has no room either
    return "set-option", "-g", *told, ";", "new-window", "-d", "-n", "ben"


def _tmux(folder: Path) -> tuple[str, ...]:
    return ("tmux", "-S", str(folder / "tmux"), "-f", "/dev/null")


def _shown(tmux: tuple[str, ...], detached: bool) -> int:
    """Wait until the terminals have ended, attached to them or not; the exit status."""
    if not detached:
        attached = subprocess.run((*tmux, "attach", "-t", "demo"), check=False)
        return int(attached.returncode != 0 and _is_there(tmux))  # this is not a terminal that tmux can draw on
    print(f"{shlex.join(tmux)} attach", flush=True)
    while _is_there(tmux):
        time.sleep(0.5)
    return 0


def _is_there(tmux: tuple[str, ...]) -> bool:
    return subprocess.run((*tmux, "has-session", "-t", "demo"), check=False, stderr=subprocess.DEVNULL).returncode == 0


def _unasked() -> None:
    """Let nothing end the ending: `make` and a terminal that is closed both ask, one after the other."""
    for ended in ENDINGS:
        signal.signal(ended, signal.SIG_IGN)


def _clear(folder: Path, patience: float = PATIENCE) -> None:
    """Remove what a demonstration left that was killed, with whatever of it still runs."""
    try:
        if folder.lstat().st_uid != os.getuid():  # everybody may put one there
            return
        owner = int((folder / OWNER).read_text())
    except (OSError, ValueError):  # another person's, or it is only about to begin
        return
    if b"follow_demo" not in _command(owner):
        _stop(folder, patience)
        shutil.rmtree(folder, ignore_errors=True)


def _stop(folder: Path, patience: float = PATIENCE) -> None:
    """End everything that runs in a demonstration's folder, and wait until it is gone.

    Args:
        patience: seconds that it has for it, until it is killed.
    """
    subprocess.run((*_tmux(folder), "kill-server"), check=False, stderr=subprocess.DEVNULL)
    until = time.monotonic() + patience
    while running := [pid for pid in _processes() if os.fsencode(folder) in _place(pid) + _command(pid)]:
        for pid in running if time.monotonic() > until else ():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for pid in (pid for pid in running if b"redis-server" in _command(pid)):  # nobody else ends it
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        time.sleep(0.1)


def _processes() -> list[int]:
    mine = os.getpid()
    return [int(found.name) for found in Path("/proc").glob("[0-9]*") if int(found.name) != mine]


def _command(pid: int) -> bytes:
    return _told(pid, "cmdline")


def _place(pid: int) -> bytes:
    """A process's settings, and the folder that it is in: a Redis server writes its own name over the rest."""
    try:
        return _told(pid, "environ") + os.readlink(f"/proc/{pid}/cwd").encode()
    except OSError:
        return b""


def _told(pid: int, what: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes()
    except OSError:  # it is gone, or another person's
        return b""


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
