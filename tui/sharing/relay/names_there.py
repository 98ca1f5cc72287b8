"""How a session's parts are named on the relay, and how long they are kept there."""

import re

KEPT = 7 * 24 * 3600
"""Seconds: what nobody writes any more is gone after a week."""
SESSIONS = "runbook:sessions"
"""The set of all sessions that were handed on, each with when that was last."""
SESSION = re.compile(r"[\w.-]{1,120}", re.ASCII)
"""What may be the id of a session: it is part of keys, and shown."""


class RelayKeys:
    """The names of one session's parts."""

    def __init__(self, session: str) -> None:
        self.journal = f"runbook:{session}:journal"
        self.inbox = f"runbook:{session}:inbox"
        self.text = f"runbook:{session}:runbook"
        self.frame = f"runbook:{session}:frame"
        self.beat = f"runbook:{session}:beat"
        self.files = f"runbook:{session}:files"
        self.followers = f"runbook:{session}:followers"
        self._output = f"runbook:{session}:output"

    def beside(self, epoch: int) -> str:
        """The lines that the writer of an epoch still wrote once somebody had taken the session over."""
        return f"{self.journal}:{epoch}"

    def output(self, attempt: int) -> str:
        """The pieces of one attempt's output: each has its own, so that several commands may print at a time."""
        return f"{self._output}:{attempt}"
