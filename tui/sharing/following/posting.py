"""What somebody who follows a session may say to its writer, each signed by their own key."""

from datetime import timedelta

from msgspec.structs import replace

from tui.execution.approving.answering import answer_to, asked_here
from tui.execution.approving.what_runs import ActionToRun
from tui.execution.conductor.by_person.signing import Signing
from tui.session.state import StepApproval
from tui.sharing.following.followed_session import Follower
from tui.sharing.messages import NOTE_LIFE, encode_message
from tui.signing.posted import InboxMessage, MessageKind, new_message, sign_message


class SignedPosting:
    """See Posting, in the engine; each call blocks while the key signs."""

    def __init__(self, follower: Follower, signing: Signing, person: str) -> None:
        self._follower = follower
        self._signing = signing
        self.person = person

    def note(self, text: str, step: str) -> None:
        """Write a note into the session."""
        self._send(replace(self._new(MessageKind.NOTE, text), step=step))

    def ask_for_session(self, text: str) -> None:
        """Ask to have the session."""
        self._send(self._new(MessageKind.ASKS_FOR_SESSION, text))

    def asked(self, step: str) -> tuple[StepApproval, tuple[ActionToRun, ...]]:
        """The question of a step, and what would run by the copy of the journal that is here."""
        return asked_here(self._follower.state, step, self._follower.now(), self._follower.head_at)

    def answer(self, step: str, granted: bool, text: str) -> None:
        """Allow a step to start, or refuse it."""
        follower = self._follower
        now = follower.now()
        self._send(answer_to(follower.state, step, self.person, granted, text, now, follower.head_at))

    def _new(self, kind: MessageKind, text: str) -> InboxMessage:
        follower, life = self._follower, min(NOTE_LIFE, timedelta(hours=1))
        return new_message(kind, follower.session, self.person, follower.now(), life, follower.place(), text)

    def _send(self, message: InboxMessage) -> None:
        key = self._signing.key_of(self.person, message.kind.namespace, self._follower.now())
        self._follower.send(message.id, encode_message(sign_message(message, key)))
