"""What a process does that is killed in the middle of a deployment: it runs a whole flow on scripted hosts.

Runs in a child of tests/support/harness/forks.py, which tells each command as it reaches its host.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from tests.faults.failing_script import Failer
from tests.faults.journal_script import Killer
from tests.support.harness.forks import tell
from tests.support.harness.interpose import gate
from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import SMALL, small
from tui.errors import RunbookError
from tui.execution.conductor import conductor
from tui.execution.workspace import Setup, Workspace
from tui.headless.answers import AnswersFile
from tui.headless.run import run_headless
from tui.headless.waiting import resting
from tui.session import events as ev
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.journal.journal import Journal
from tui.transports.base import Command

SETUP = Setup(flow="deploy", method="docker", operator="ana", second_operator="ben")
ANSWERS = AnswersFile(
    second_operator="ben", confirm=("*", "switch-docker"), answers={"announce": "2"}, messages="copied"
)
PASSWORD = "hunter2-secret"


def workspace(root: Path, host: FakeTransport) -> Workspace:
    """The small runbook on one scripted host."""
    return Workspace(small(), SMALL, Store(root), {"web": host, "tools": host}, SystemClock())


def scripted() -> FakeTransport:
    """A host on which everything goes well."""
    return FakeTransport({"uptime": Reply(b"load average: 0.1\n"), "git describe": Reply(b"v1\n")})


def deploy(root: str, place: int = -1) -> None:
    """Run the whole flow, or die at a place: at a call to the disk, or before or after a command reaches its host."""
    killer = Killer(place)
    gate.meet, gate.root = killer, root
    code = run(Path(root), killer.point)
    gate.meet = None
    tell(places=killer.places, code=int(code))


def deploy_on_a_failing_disk(root: str, at: int = -1, when: str = "", number: int = 0, for_ever: bool = False) -> None:
    """Run the whole flow as far as a disk lets it whose call `at` fails, once or from it on always."""
    resting.PATIENCE, resting.PAUSE = 0.2, 0.05
    conductor.UNWRITABLE_PAUSE = 0.01
    failer = Failer(at, when, number, for_ever)
    gate.meet, gate.root = failer, root
    try:
        tell(code=int(run(Path(root), lambda name: None)))
    except RunbookError as error:
        tell(refused=error.message, hint=error.hint)
    gate.meet = None
    tell(calls=failer.calls)


def run(root: Path, point: Callable[[str], None]) -> int:
    """Run the flow without a screen, telling what is tried, what is promised and what reaches the host.

    Only in a process of its own: the environment and the journal's class are changed for good.
    """
    os.environ["DB_PASSWORD"] = PASSWORD
    host = scripted()

    def reached(command: Command) -> None:
        point("command before")
        tell(ran=command.script)
        point("command after")

    host.before_run = reached
    promise, promise_together = Journal.append, Journal.append_together

    def append(journal: Journal, event: ev.AnyEvent) -> ev.Entry:
        tell(tried=msgspec.json.encode(event).decode())
        entry = promise(journal, event)
        tell(promised=msgspec.json.encode(entry).decode())
        return entry

    def append_together(journal: Journal, events: Sequence[ev.AnyEvent]) -> tuple[ev.Entry, ...]:
        for event in events:
            tell(tried=msgspec.json.encode(event).decode())
        entries = promise_together(journal, events)
        for entry in entries:
            tell(promised=msgspec.json.encode(entry).decode())
        return entries

    Journal.append = append  # type: ignore[method-assign]  # in this process only: it counts
    Journal.append_together = append_together  # type: ignore[method-assign]  # likewise
    return run_headless(workspace(root, host), SETUP, ANSWERS, lambda line: None)
