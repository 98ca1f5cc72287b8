"""Asks a second person before a step starts, takes their answer, and lets nothing start without one that counts."""

from collections.abc import Callable
from datetime import timedelta

from msgspec.structs import replace

from tui.errors import NotNow, SignatureInvalid
from tui.execution.approving.answering import answer_to, checked, still_vouched, waiting
from tui.execution.approving.what_runs import asked_of, commands_hash, what_runs
from tui.execution.conductor.by_person.signing import Signing
from tui.execution.conductor.gate import Gate
from tui.execution.recorder import Recorder
from tui.runbook.facts import host_named
from tui.runbook.model import Approval, Step
from tui.session import events as ev
from tui.session.approval.approved import became, open_approval
from tui.session.possible.needs_second import has_to_be_allowed, needs_second
from tui.session.state import ApprovalStatus, SessionState, StepApproval, step_by_id
from tui.session.views.doubts import begins_anew
from tui.signing.posted import MessageKind, SignedMessage, sign_message, to_second
from tui.signing.signers import Signers

PATIENCE = timedelta(minutes=15)
"""For how long a second person may take to answer, and the answer may wait to be used."""


class Approvals:
    """The second person's part of the steps of one session."""

    def __init__(self, recorder: Recorder, gate: Gate, signing: Signing, redact: Callable[[str], str]) -> None:
        self._recorder = recorder
        self._runbook = recorder.runbook  # what the commands are made of, as AttemptRunner has it
        self._gate = gate
        self._signing = signing
        self._redact = redact
        self.played = ""
        """Who plays the second person of a drill; empty where nobody does."""

    @property
    def by_key(self) -> bool:
        """Whether an answer has to be signed: the settings say whose keys are whose."""
        return self._signing.vouching and not self.played

    @property
    def asked_first(self) -> bool:
        """Whether the second person is asked and answers by themselves; else their name is typed as the step starts."""
        return self.by_key or bool(self.played)

    def ask(self, step_id: str, confirmed: str = "", first: bool = False) -> None:
        """Ask a second person whether a step may start; returns at once, and nothing waits for the answer.

        Raises:
            NotNow: it cannot start now, needs nobody, or is asked about already.
        """
        recorder = self._recorder
        with recorder.lock:
            self.expire()
            step = self._gate.idle_step(step_id)
            self._gate.certain_before(step)
            if not needs_second(recorder.state, step, first):
                raise NotNow(f"{step.title} needs no second person")
            asked = open_approval(recorder.state, step_id, recorder.now())
            if asked is not None and asked.status is ApprovalStatus.WAITING:
                raise NotNow(f"{step.title} waits for a second person already", "wait, or withdraw the question")
            recorder.record(self._request(step, confirmed, first))

    def _request(self, step: Step, confirmed: str, first: bool) -> ev.ApprovalRequested:
        state, now = self._recorder.state, self._recorder.now()
        place = self._place(step, first)
        actions, computed = asked_of(state, step.id, place, now)
        count, head = self._recorder.position()
        host = next((action.host for action in actions if action.host), host_named(state.runbook, ""))
        return ev.ApprovalRequested(
            step=step.id,
            action=place,
            host=host,
            commands=computed,
            operator=state.operator,
            count=count,
            head=head,
            expires=to_second(now) + PATIENCE,
            first=first,
            confirmed=confirmed,
        )

    def _place(self, step: Step, first: bool) -> int:
        """The first action that would be done."""
        state = self._recorder.state
        return 0 if first or begins_anew(state, step) else state.step(step.id).action

    def received(self, signed: SignedMessage) -> None:
        """Take the second person's signed answer, wherever it was signed; it is recorded.

        Raises:
            NotNow: it answers no question that is open, or has a secret in it.
            SignatureInvalid: it is not theirs, or not another person's.
        """
        recorder, message = self._recorder, signed.message
        signers, own = self._signers(), self._signing.line_of(recorder.state.operator)
        with recorder.lock:
            self.expire()
            asked = checked(signed, recorder.state, signers, recorder.now(), own)
            if self._redact(message.text) != message.text or self._redact(message.sender) != message.sender:
                raise NotNow(f"an answer of {message.sender} that has a secret in it", "ask them again")
            kind = ev.ApprovalGranted if message.kind is MessageKind.GRANTED else ev.ApprovalRefused
            event = kind(
                step=message.step,
                request=asked.seq,
                operator=message.sender,
                how=ev.AnsweredBy.KEY,
                note=message.text,
                posted=signed.posted(),
            )
            recorder.record(event)

    def sign_here(self, step_id: str, person: str, granted: bool = True, note: str = "") -> None:
        """Have the second person answer at this terminal, by a key of theirs; blocks while the key signs.

        Raises:
            NotNow: nobody is asked, or this is not another person.
            SigningRefused: no agent has a key of theirs, or it does not sign.
            SignatureInvalid: the key is not theirs, or is the operator's too.
        """
        recorder = self._recorder
        with recorder.lock:
            now, state = recorder.now(), recorder.state
            message = answer_to(state, step_id, person.strip(), granted, note.strip(), now)
        key = self._signing.key_of(message.sender, message.kind.namespace, now)
        self.received(sign_message(message, key))

    def named(self, step_id: str, person: str, granted: bool = True, note: str = "") -> None:
        """Take the answer of a person who types their name here; where keys are set up that does not count.

        Raises:
            NotNow: nobody is asked, this is not another person, or they have to sign.
        """
        if self.by_key:
            raise NotNow("the second person signs with a key of their own", "a typed name does not count here")
        self._gate.two_people(person, "this step needs a second person before it starts", "who has read what will run")
        self._answered(step_id, person.strip(), granted, note, ev.AnsweredBy.NAME)

    def made_up(self, step_id: str, person: str, granted: bool, note: str = "") -> None:
        """Take the answer of the drill's second person; in anything but a drill nobody has one."""
        if not self._recorder.state.drill:
            raise NotNow("this is not a drill")
        self._answered(step_id, person, granted, note, ev.AnsweredBy.DRILL)

    def _answered(self, step_id: str, person: str, granted: bool, note: str, how: ev.AnsweredBy) -> None:
        recorder = self._recorder
        with recorder.lock:
            self.expire()
            asked = waiting(recorder.state, step_id, recorder.now())
            kind = ev.ApprovalGranted if granted else ev.ApprovalRefused
            recorder.record(kind(step=step_id, request=asked.seq, operator=person, how=how, note=note.strip()))

    def alone(self, step_id: str, reason: str) -> None:
        """Have the step start without a second person, who was not reachable; the report names it first.

        Raises:
            NotNow: the runbook does not allow it, nobody was asked, or no reason is given.
        """
        recorder = self._recorder
        with recorder.lock:
            self.expire()
            step = step_by_id(recorder.runbook, step_id)
            if step.approve is not Approval.OR_ALONE:
                raise NotNow(f"{step.title} cannot start alone", "the runbook wants a second person; nobody else may")
            if not reason.strip():
                raise NotNow("starting alone needs a reason", "say why nobody was reachable; it is recorded")
            asked = waiting(recorder.state, step_id, recorder.now())
            operator = recorder.state.operator
            event = ev.StartedAlone(step=step_id, request=asked.seq, operator=operator, reason=reason.strip())
            recorder.record(event)

    def withdraw(self, step_id: str) -> None:
        """Close the question, or give back what was allowed; nothing starts."""
        self._end(step_id, ev.WhyEnded.WITHDRAWN)

    def expire(self) -> None:
        """Record of each question, and each answer, whose time is over that it is closed."""
        if not self._over():  # asked each second: nothing is locked for it
            return
        with self._recorder.lock:
            for asked in self._over():
                event = ev.ApprovalEnded(step=asked.request.step, request=asked.seq, why=ev.WhyEnded.EXPIRED)
                self._recorder.record(event)

    def _over(self) -> list[StepApproval]:
        """The questions, and the answers, whose time is over and that are not closed yet."""
        state, now = self._recorder.state, self._recorder.now()
        return [
            asked
            for asked in state.approvals.values()
            if (asked.status is ApprovalStatus.WAITING or asked.allows) and now >= asked.request.expires
        ]

    def _end(self, step_id: str, why: ev.WhyEnded) -> None:
        recorder = self._recorder
        with recorder.lock:
            asked = open_approval(recorder.state, step_id, recorder.now())
            if asked is not None:
                by = recorder.state.operator if why is ev.WhyEnded.WITHDRAWN else ""
                recorder.record(ev.ApprovalEnded(step=step_id, request=asked.seq, why=why, operator=by))

    def allowed(self, step: Step, second: str, confirmed: str = "", first: bool = False) -> str:
        """The second person by whom a step may start now; empty where it needs none, or is started alone.

        Args:
            second: the name that was typed as it starts, where keys are not set up; they are asked and answer at once.

        Raises:
            NotNow: nobody allowed it, or what would run is not what they allowed; says which.
        """
        recorder = self._recorder
        if not has_to_be_allowed(recorder.state, step, first):
            return ""
        if not needs_second(recorder.state, step, first):
            self._continues(step)
            return ""
        self.expire()
        asked = open_approval(recorder.state, step.id, recorder.now())
        if asked is None and second.strip() and not self.by_key:
            self._gate.two_people(
                second, "this step needs a second person before it starts", "who has read what will run"
            )
            recorder.record(self._request(step, confirmed, first))
            self.named(step.id, second)
            return second.strip()
        if asked is None or not asked.allows:
            raise self._not_allowed(step, recorder.state.approvals.get(step.id))
        if asked.request.action != self._place(step, first) or not self._same(recorder.state, step, asked):
            self._end(step.id, ev.WhyEnded.CHANGED)
            reason = f"what {step.title} would run is not what was allowed: nothing is started"
            raise NotNow(reason, "ask the second person again")
        if asked.how is ev.AnsweredBy.KEY:
            still_vouched(recorder.state, asked, self._signers(), recorder.now())
        return asked.by if asked.status is ApprovalStatus.GRANTED else ""

    def _continues(self, step: Step) -> None:
        """Make sure that the rest of a step on a group is still what was allowed, by one who may still allow it.

        Raises:
            NotNow: it is not what was allowed.
            SignatureInvalid: nobody vouches for the key by which it was allowed any more.
        """
        state = self._recorder.state
        asked = state.approvals[step.id]
        if not self.covers(step):
            reason = f"what {step.title} would run is not what was allowed: nothing is started"
            raise NotNow(reason, "ask the second person again")
        if asked.how is ev.AnsweredBy.KEY:
            still_vouched(state, asked, self._signers(), self._recorder.now())

    def _not_allowed(self, step: Step, asked: StepApproval | None) -> NotNow:
        if asked is not None and asked.status is not ApprovalStatus.USED:
            return NotNow(f"{step.title} does not start: {became(asked, self._recorder.now())}", "ask a second person")
        need = "this step needs a second person before it starts"
        if self.by_key:
            return NotNow(need, "ask them first: they sign with a key of their own")
        return NotNow(need, "give the name of somebody else who has read what will run")

    def covers(self, step: Step) -> bool:
        """Whether what the step runs next is what it was started for, asked again before each command of it."""
        state = self._recorder.state
        if not has_to_be_allowed(state, step):
            return True
        asked = state.approvals.get(step.id)
        if asked is not None and asked.status is ApprovalStatus.USED and self._same(state, step, asked):
            return True
        with self._recorder.lock:  # on a group several commands ask at a time
            asked = self._recorder.state.approvals.get(step.id)
            if asked is not None and asked.status is not ApprovalStatus.ENDED:
                self._recorder.record(ev.ApprovalEnded(step=step.id, request=asked.seq, why=ev.WhyEnded.CHANGED))
        return False

    def _same(self, state: SessionState, step: Step, asked: StepApproval) -> bool:
        """Whether what was allowed is what the commands are made of here, by the journal and by what makes them."""
        _, by_journal = asked_of(state, step.id, asked.request.action, self._recorder.now())
        own, ours = step_by_id(self._runbook, step.id), replace(state, runbook=self._runbook)
        actions = what_runs(ours, own, asked.request.action, self._recorder.values())
        here = commands_hash(state.started.session if state.started else "", own, actions)
        return by_journal == here == asked.request.commands

    def _signers(self) -> Signers:
        signers = self._signing.signers()
        if signers is None:
            raise SignatureInvalid("no list of signers says whose key it is", "name one in config.toml: signers = FILE")
        return signers
