"""Makes the second person's answer, from their own copy of the session, and checks an answer that was received."""

from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from tui.errors import NotNow, SignatureInvalid
from tui.execution.approving.what_runs import ActionToRun, asked_of
from tui.people import same_person
from tui.session.approval.approved import became, open_approval
from tui.session.state import ApprovalStatus, SessionState, StepApproval
from tui.signing.posted import InboxMessage, MessageKind, SignedMessage, new_message, to_second, two_keys, vouched_for
from tui.signing.signers import Signers


def answer_to(
    state: SessionState,
    step_id: str,
    sender: str,
    granted: bool,
    text: str,
    now: datetime,
    head_at: Callable[[int], str | None] | None = None,
) -> InboxMessage:
    """What the second person signs to allow a step, or to refuse it.

    Args:
        state: as their own copy of the journal has it: what would run is computed again from it.
        head_at: what their copy says of the lines before the question.

    Raises:
        NotNow: the question is closed, or is not about what this copy of the journal would run.
    """
    request = asked_here(state, step_id, now, head_at)[0].request
    if not sender.strip():
        raise NotNow("who allows it is not known", "the second person types their name")
    if same_person(sender, request.operator):
        raise NotNow(f"{sender} is the operator", "the second person must be somebody else")
    kind = MessageKind.GRANTED if granted else MessageKind.REFUSED
    session = state.started.session if state.started else ""
    place = (request.count, request.head)
    message = new_message(kind, session, sender, now, request.expires - to_second(now), place, text)
    return replace(message, step=step_id, host=request.host, commands=request.commands)


def asked_here(
    state: SessionState, step_id: str, now: datetime, head_at: Callable[[int], str | None] | None = None
) -> tuple[StepApproval, tuple[ActionToRun, ...]]:
    """The question of a step, and what would run by this copy of the journal, where that is what it names.

    Args:
        head_at: what this copy says of the lines before the question.

    Raises:
        NotNow: the question is closed, or is about something else.
    """
    asked = waiting(state, step_id, now)
    request = asked.request
    actions, computed = asked_of(state, step_id, request.action, now)
    if computed != request.commands:
        reason = "what the question names is not what would run by this copy of the journal"
        raise NotNow(reason, "do not allow it; compare the two copies: `runbook verify`")
    if head_at is not None and head_at(request.count) != request.head:
        raise NotNow("the question is about other lines than this copy of the journal has", "do not allow it")
    return asked, actions


def waiting(state: SessionState, step_id: str, now: datetime) -> StepApproval:
    """The question of a step that waits for its answer.

    Raises:
        NotNow: there is none.
    """
    asked = open_approval(state, step_id, now)
    if asked is None or asked.status is not ApprovalStatus.WAITING:
        known = state.approvals.get(step_id)
        why = f": {became(known, now)}" if known else ""
        raise NotNow(f"nobody is asked about this step now{why}", "the operator asks again")
    return asked


def checked(signed: SignedMessage, state: SessionState, signers: Signers, now: datetime, own: str = "") -> StepApproval:
    """The question that a signed message answers, where it is the second person's answer to it.

    Args:
        own: the public line of the operator's own key; "" where it is not known.

    Raises:
        NotNow: the question is closed, or the answer is to another one.
        SignatureInvalid: it is not that person's, or not another person's than the operator.
    """
    message = signed.message
    if not message.kind.answers:
        raise NotNow(f"this is a message of another kind: {message.kind.value}")
    if message.id in state.posted:
        raise NotNow("the same message again")
    asked = waiting(state, message.step, now)
    request, session = asked.request, state.started.session if state.started else ""
    given = (message.session, message.host, message.commands, message.count, message.head)
    if given != (session, request.host, request.commands, request.count, request.head):
        raise NotNow(f"an answer of {message.sender} to another question", "ask them again")
    if now >= message.expires:
        raise NotNow(f"an answer of {message.sender} that came too late", "ask them again")
    key = vouched_for(signed, signers, now)
    two_keys(message.sender, key, request.operator, signers, lambda: own)
    if same_person(message.sender, state.operator):
        raise SignatureInvalid(f"{message.sender} is the operator now", "the second person must be somebody else")
    return asked


def as_signed(state: SessionState, asked: StepApproval) -> SignedMessage | None:
    """The message by which a question was answered, made again from the journal; None where nobody signed."""
    posted, request = asked.posted, asked.request
    if posted is None:
        return None
    message = InboxMessage(
        id=posted.id,
        kind=MessageKind(posted.kind),
        session=state.started.session if state.started else "",
        sender=asked.by,
        sent=posted.sent,
        expires=posted.expires,
        count=posted.count,
        head=posted.head,
        step=request.step,
        host=request.host,
        commands=request.commands,
        text=asked.note,
    )
    return SignedMessage(message, posted.signature)


def still_vouched(state: SessionState, asked: StepApproval, signers: Signers, now: datetime) -> None:
    """Make sure that who allowed a step by key may still do that, as it starts.

    Raises:
        SignatureInvalid: the list of signers does not say so any more.
    """
    signed = as_signed(state, asked)
    if signed is not None:
        vouched_for(signed, signers, now)
