"""What a process does that is killed in the middle of a deployment: it runs a whole flow on scripted hosts.

Runs in a child of tests/support/forks.py, which tells each command as it reaches its host.
"""

import os
from pathlib import Path
from typing import Any

import msgspec

from tests.faults.journal_script import Killer
from tests.support.fake_transport import FakeTransport, Reply
from tests.support.forks import tell
from tests.support.interpose import gate
from tests.support.runbooks import SMALL, small
from tui.execution.workspace import Setup, Workspace
from tui.headless.answers import Answers
from tui.headless.run import run_headless
from tui.session import events as ev
from tui.session.clock import SystemClock
from tui.session.journal import Journal
from tui.session.store import Store
from tui.transports.base import Command

SETUP = Setup(flow="deploy", method="docker", operator="ana", second_operator="ben")
ANSWERS = Answers(second_operator="ben", confirm=("*", "switch-docker"), answers={"announce": "2"}, messages="copied")
PASSWORD = "hunter2-secret"
PRINTED = "load average: 0.1, tag v1\n"


def workspace(root: Path, host: FakeTransport) -> Workspace:
    """The small runbook on one scripted host."""
    os.environ["DB_PASSWORD"] = PASSWORD
    return Workspace(small(), SMALL, Store(root), {"web": host, "tools": host}, SystemClock())


def scripted() -> FakeTransport:
    """A host on which everything goes well."""
    return FakeTransport({"uptime": Reply(b"load average: 0.1\n"), "git describe": Reply(b"v1\n")})


def deploy(root: str, place: int = -1) -> None:
    """Run the whole flow, or die at a place: at a call to the disk, or before or after a command reaches its host."""
    killer = Killer(place)
    host = scripted()

    def reached(command: Command) -> None:
        killer.point("command before")
        tell(ran=command.script)
        killer.point("command after")

    host.before_run = reached
    promise = Journal.append

    def append(journal: Journal, event: ev.AnyEvent) -> Any:
        tell(tried=msgspec.json.encode(event).decode())
        entry = promise(journal, event)
        tell(promised=msgspec.json.encode(entry).decode())
        return entry

    Journal.append = append  # type: ignore[method-assign]
    gate.meet = killer
    code = run_headless(workspace(Path(root), host), SETUP, ANSWERS, lambda line: None)
    gate.meet = None
    tell(places=killer.places, code=int(code))
