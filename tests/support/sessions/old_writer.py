"""A writer of its own process, for tests that stop it in the middle of a change and let it wake up later."""

import sys
from pathlib import Path

import msgspec

from tests.support.runbooks.runbooks import shop
from tui.config import Config
from tui.errors import RunbookError
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.load import load_text
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.sharing.attached import share_sessions
from tui.sharing.stored.bucket_sink import BucketSink
from tui.transports.ssh.transport import SSHTransport

STEPS = 6


def text_of(log: Path) -> str:
    """A runbook of changes that each write one line: which it is, and who had the session."""
    step = '{ id = "s%d", title = "Change %d", mutates = true, actions = [{ run = "%s" }] },'
    run = "echo s%d {{ operator }} >>%s; sleep 0.05"
    rows = "\n".join(step % (number, number, run % (number, log)) for number in range(1, STEPS + 1))
    return shop({"go": rows})


def workspace_of(folder: Path, log: Path, ssh_config: Path, config: Config) -> Workspace:
    """One machine: its sessions, its connection to the host, the team's bucket."""
    text = text_of(log)
    host = SSHTransport("web", "box", config_files=[ssh_config], patience=1.0)
    made = Workspace(load_text(text, "runbook.toml"), text, Store(folder), {"web": host}, SystemClock())
    share_sessions(made, config)
    return made


def tell(line: str) -> None:
    """Say a line to the test that began this process."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(folder: Path, log: Path, ssh_config: Path, config: Path) -> None:
    """Write one session for each line on standard input, and say of each how many changes were refused."""
    BucketSink.every = 0.05
    workspace = workspace_of(folder, log, ssh_config, msgspec.json.decode(config.read_bytes(), type=Config))
    for _ in sys.stdin:
        conductor = workspace.begin(Setup(flow="deploy", operator="ana"))
        tell(f"begun {conductor.state.facts['session']}")
        refused = 0
        for number in range(1, STEPS + 1):
            try:
                conductor.start(f"s{number}", "yes")
            except RunbookError:
                refused += 1
            conductor.wait()
        fenced = sum(one.outcome is not None and one.outcome.fenced for one in conductor.state.attempts.values())
        count = conductor.state.seq + 1
        conductor.close()
        tell(f"ended {refused} {fenced} {count}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
