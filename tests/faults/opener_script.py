"""What two processes do that want the same session: wait at a gate, open the journal, and say how that went.

Runs in children of tests/support/harness/forks.py.
"""

import fcntl
import os
from pathlib import Path

from tests.support.harness.forks import hear, tell
from tui.errors import SessionError
from tui.session import events as ev
from tui.session.clock import SystemClock
from tui.session.journal.journal import Journal


def open_at_the_gate(path: str, gate: str) -> None:
    """Open when the gate does, and again whenever told to; a winner keeps the journal until it is told to leave."""
    with open(gate) as file:
        tell(ready=os.getpid())
        fcntl.flock(file, fcntl.LOCK_SH)
    while True:
        try:
            journal = Journal.open(Path(path), SystemClock())
        except SessionError as error:
            tell(lost=error.message)
            if hear()["do"] == "leave":
                return
            continue
        entry = journal.append(ev.SessionResumed(operator="ana", machine=str(os.getpid())))
        tell(won=os.getpid(), line=entry.seq)
        hear()
        journal.close()
        return
