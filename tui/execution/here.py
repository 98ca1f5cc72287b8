"""Looks on this machine for what stands against a session: that another is open, and too little room for its record."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tui.errors import RunbookError
from tui.execution.preflight import Finding, RowVerdict
from tui.execution.workspace import Workspace
from tui.runbook.model import FlowKind
from tui.session.archive.store import Store
from tui.session.journal.journal import writer_of
from tui.session.places import runbook_id
from tui.text.amounts import size

CHANGING = (FlowKind.DEPLOY, FlowKind.CHANGE, FlowKind.ROLLBACK)
"""Flows of which two at a time would undo each other's work."""
ROOM = 256 * 1024 * 1024
"""Bytes that a session's record should have: the journal, and all that the commands print."""
SESSION, DISK = "session", "disk"


def found_here(workspace: Workspace, flow: str) -> tuple[Finding, ...]:
    """What stands against beginning a session of a flow; nothing where nothing does."""
    rows = list(_room(workspace.store.root))
    if not workspace.drill and workspace.runbook.flows[flow].kind in CHANGING:
        rows += _others(workspace.store, runbook_id(workspace.runbook), workspace.apart)
    return tuple(rows)


def _room(root: Path) -> Iterator[Finding]:
    there = next((place for place in (root, *root.parents) if place.exists()), None)
    free = shutil.disk_usage(there).free if there is not None else ROOM
    if free < ROOM:
        yield Finding(
            name="record",
            kind=DISK,
            verdict=RowVerdict.FAILED,
            detail=f"{size(free)} are left for the session's record in {root}",
            hint=f"free space there: {size(ROOM)} should do; commands stop where nothing can be recorded",
        )


def _others(store: Store, runbook: str, environment: str) -> Iterator[Finding]:
    """The sessions of the same runbook that change the same environment and that another process has open."""
    for name in reversed(store.names()):
        directory = store.find(name)
        holder = writer_of(directory.journal)
        if not holder or f"process {os.getpid()} on" in holder:
            continue
        try:
            _, state = directory.load()
        except RunbookError:
            continue  # it is only just being begun, or damaged: nothing is known of it
        flow = state.runbook.flows.get(state.started.flow) if state.started else None
        same = runbook_id(state.runbook) == runbook and flow is not None and flow.kind in CHANGING
        same = same and state.started is not None and state.started.environment == environment
        if same and not state.drill and state.finished is None:
            yield Finding(
                name=state.operator or "another",
                kind=SESSION,
                verdict=RowVerdict.FAILED,
                detail=f"{name} is open: {holder}",
                hint="agree who goes first: two at a time undo each other's work",
            )
