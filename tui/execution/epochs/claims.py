"""Holds a change that is not a command of its own, as a probe that uploads, to the fence on the session's hosts."""

import secrets
from collections.abc import Mapping

from tui.execution.epochs.holding import Holding
from tui.session.outcome import Outcome
from tui.session.state import SessionState
from tui.transports.base import CancelToken, Command, Transport

NOTHING = ":"
"""What runs on the host: it does nothing, and begins only where no later epoch has been."""
WITHIN = 20.0
"""Seconds for it, on each host."""
_ASIDE = "message/0"
"""The step and the first figure of the number of what is sent beside the steps: attempts count from 1."""


def key_aside(session: str) -> str:
    """A key for what is sent beside the steps, another one each time: a place that keeps jobs starts each key once."""
    return f"{session}/{_ASIDE}{secrets.randbelow(10**12):012d}"


def is_aside(job: str) -> bool:
    """Whether a job (step/number) is one that was sent beside the steps."""
    return job.startswith(_ASIDE)


def claimed(
    holding: Holding, transports: Mapping[str, Transport], state: SessionState, through: str, key: str
) -> Outcome | None:
    """Claim a change as a command does; what says that another person has the session, else None. It blocks.

    It is claimed on the host that it goes `through`, and on every one of the session where it goes from this machine.
    Who takes over afterwards finds it among what has begun there. A host that does not answer claims nothing.
    """
    if not holding.fence.epoch:
        return None
    command = Command(script=NOTHING, key=key, timeout=WITHIN, fence=holding.fence)
    for host in (through,) if through else _hosts(state):
        outcome = transports[host].run(command, lambda stream, data: None, CancelToken())
        if outcome.fenced:
            return outcome
    return None


def _hosts(state: SessionState) -> tuple[str, ...]:
    known = state.runbook.hosts
    return tuple(host for host in state.hosts if host in known and not known[host].connection)
