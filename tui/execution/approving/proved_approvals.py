"""Proves from the journal alone who allowed what before it started, and that nothing else ran."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from tui.errors import SignatureInvalid
from tui.execution.approving.answering import as_signed
from tui.execution.approving.what_runs import asked_of
from tui.execution.commands import shown, values_of
from tui.runbook.groups.members import group_named
from tui.runbook.model import Approval, Runbook
from tui.runbook.shell.counting import may_change, only_looks
from tui.session import events as ev
from tui.session.folding.fold import apply
from tui.session.groups.cells import values_at
from tui.session.journal.chain import START, ProvedLine
from tui.session.state import ApprovalStatus, SessionState, initial, step_by_id
from tui.signing.posted import verify_message, vouched_for
from tui.signing.signers import Signers


class ProvedApproval(Struct, frozen=True):
    """An answer before a step, in words; `signed` whether by a key, `stranger` why nobody vouches for that key."""

    words: str
    signed: bool
    stranger: str = ""


def prove_approvals(lines: Iterable[ProvedLine], runbook: Runbook, signers: Signers | None) -> Iterator[ProvedApproval]:
    """Every answer to a question whether a step may start, each signature proved.

    Raises:
        SignatureInvalid: a signature does not hold, a question names what would not run by this journal, or a command
            of such a step ran that is not the one that was allowed.
    """
    state, head, begun = initial(runbook), START, set[tuple[int, int, str]]()
    for line in lines:
        event, entry = line.entry.event, line.entry
        if isinstance(event, ev.ApprovalRequested):
            _asked(state, event, entry, head)
        elif isinstance(event, ev.AttemptStarted):
            _started(state, event, entry, begun)
        for each in line.entries:
            state = apply(state, each)
        head = line.head
        if isinstance(event, ev.ApprovalGranted | ev.ApprovalRefused):
            yield _answered(state, event, entry, signers)


def _asked(state: SessionState, event: ev.ApprovalRequested, entry: ev.Entry, head: str) -> None:
    _, computed = asked_of(state, event.step, event.action, entry.at)
    if (event.count, event.head) != (entry.seq, head):
        raise _wrong(event.step, entry, "names another place in the journal than its own")
    if event.commands != computed:
        raise _wrong(event.step, entry, "names commands that would not run by this journal")


def _started(state: SessionState, event: ev.AttemptStarted, entry: ev.Entry, begun: set[tuple[int, int, str]]) -> None:
    """Args: begun: on which hosts of groups which changes began, each by the question by which it was allowed."""
    asked = state.approvals.get(event.step)
    if asked is None or event.again or event.action < 0:
        return  # a session of an earlier version asked by name only, as the step was opened
    step = step_by_id(state.runbook, event.step)
    action = step.actions[event.action]
    if step.approve is Approval.NONE or (action.run is None and action.interactive is None):
        return
    if only_looks(step, event.action):
        return  # what is left of it changes nothing, and asks nobody
    actions, computed = asked_of(state, event.step, asked.request.action, entry.at)
    values, once = values_of(state.runbook, state.facts, entry.at), (asked.seq, event.action, event.host)
    allowed = asked.status is ApprovalStatus.USED and computed == asked.request.commands
    if group_named(state.runbook, action):
        values |= values_at(state.facts, event.host)
        here = (one for runs in actions if runs.action == event.action for one in runs.members)
        allowed = allowed and event.host in {one.host for one in here} and once not in begun
        if may_change(action) and action.until is None:
            begun.add(once)
    if not allowed or shown(action, values) != event.command:
        raise _wrong(event.step, entry, "ran a command that nobody had allowed")


def _answered(
    state: SessionState, event: ev.ApprovalGranted | ev.ApprovalRefused, entry: ev.Entry, signers: Signers | None
) -> ProvedApproval:
    signed, word = as_signed(state, state.approvals[event.step]), "allowed"
    if isinstance(event, ev.ApprovalRefused):
        word = "refused"
    if signed is None:
        return ProvedApproval(f"{event.step}: {word} by {event.operator} without a signature", signed=False)
    try:
        key = verify_message(signed)
    except SignatureInvalid as error:
        raise _wrong(event.step, entry, f"is answered by {event.operator}: {error.message}") from None
    stranger = ""
    try:
        if signers is not None:
            vouched_for(signed, signers, entry.at)
    except SignatureInvalid as error:
        stranger = error.message
    return ProvedApproval(f"{event.step}: {word} by {event.operator} ({key.fingerprint})", True, stranger)


def _wrong(step: str, entry: ev.Entry, what: str) -> SignatureInvalid:
    hint = "the journal was changed, or another program wrote it; compare it with another copy"
    return SignatureInvalid(f"{step} (line {entry.seq + 1}) {what}", hint)
