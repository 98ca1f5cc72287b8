"""A session of a small runbook's text, begun on hosts by script as an operator begins one."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import tomli
from msgspec import convert

from tests.support.machines.fake_transport import FakeTransport
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.runbook.model import Runbook
from tui.session.archive.store import Store
from tui.session.clock import SystemClock


@contextmanager
def conducted(text: str, folder: Path, hosts: Mapping[str, FakeTransport]) -> Iterator[Conductor]:
    """A deployment by this text, after its preflight."""
    runbook = convert(tomli.loads(text), Runbook)
    workspace = Workspace(runbook, text, Store(folder / "sessions"), dict(hosts), SystemClock())
    setup = Setup(flow="deploy", operator="ana")
    workspace.preflight(setup, lambda row: None)
    conductor = workspace.begin(setup)
    yield conductor
    conductor.close()
    workspace.close()
