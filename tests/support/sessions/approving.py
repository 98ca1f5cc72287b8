"""A session with a step that a second person allows first, and people with keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import one_section
from tests.support.sessions.signing import SoftKey, make_keys
from tui.errors import SigningRefused
from tui.execution.conductor.by_person.signing import Signing
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.load import load_text
from tui.session.archive.store import Store
from tui.session.clock import Clock
from tui.signing.signers import Signers, parse_signers
from tui.signing.statement import Key

STEPS = """
[[sections.steps]]
id = "find"
title = "Find the backup"
[[sections.steps.actions]]
run = "ls /backups"
capture = { backup = { pattern = '(\\S+)' } }
[[sections.steps]]
id = "restore"
title = "Restore the database"
mutates = true
danger = "destructive"
approve = "second-person-or-alone"
[[sections.steps.actions]]
run = "restore {{ backup }} {{ table }}"
stdin = "yes {{ backup }}"
capture = { rows = { pattern = '(\\d+) rows' } }
[[sections.steps.actions]]
run = "count {{ rows }} of {{ table }}"
[[sections.steps]]
id = "purge"
title = "Purge the cache"
mutates = true
approve = "second-person"
[[sections.steps.actions]]
run = "purge"
"""
VARIABLES = """
[variables.table]
prompt = "Table"
default = "notes"
"""
RUNBOOK = one_section(STEPS, "web") + VARIABLES
REPLIES = {
    "ls": Reply(b"one.sql\n"),
    "restore": Reply(b"42 rows\n"),
    "count": Reply(b"ok\n"),
    "purge": Reply(b"ok\n"),
}


class People:
    """Who has which key; `signers` may be changed while a session is open."""

    def __init__(self, folder: Path) -> None:
        names = ("ana", "ben", "cem")
        made = make_keys(folder, *((name, ("-t", "ed25519")) for name in names))
        self.keys = {name: SoftKey(made[name]) for name in names}
        self.held = ["ana", "ben"]
        self.vouched = ["ana", "ben"]

    def signers(self) -> Signers:
        return parse_signers("".join(f"{name} {self.keys[name].public.line}\n" for name in self.vouched))

    def find(self, wanted: str) -> Key:
        if wanted not in self.held:
            raise SigningRefused("the key is gone", "ssh-add it")
        return self.keys[wanted]

    def signing(self, by_key: bool = True) -> Signing:
        held = lambda: [self.keys[name] for name in self.held]  # noqa: E731 – a name of its own says no more
        return Signing({}, self.find, self.signers if by_key else None, held)


@contextmanager
def asking(
    folder: Path, signing: Signing | None, clock: Clock, runbook: str = RUNBOOK
) -> Iterator[tuple[Conductor, FakeTransport]]:
    """A session of ana's whose first step has run."""
    host = FakeTransport(REPLIES, name="web")
    workspace = Workspace(
        load_text(runbook, "r.toml"), runbook, Store(folder / "sessions"), {"web": host}, clock, signing=signing
    )
    setup = Setup(flow="deploy", operator="ana", variables={"table": "notes"})
    workspace.preflight(setup, lambda row: None)
    conductor = workspace.begin(setup)
    conductor.start("find")
    conductor.wait()
    yield conductor, host
    conductor.close()
    workspace.close()


def ran(host: FakeTransport) -> list[str]:
    """What the host was given to run of the steps that a second person allows."""
    return [one.script for one in host.ran if one.script.split(" ")[0] in ("restore", "count", "purge")]
