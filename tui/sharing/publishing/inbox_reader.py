"""Takes what followers say to the writer of a session: a note, a request for it, an answer before a step starts."""

from collections import deque
from typing import TYPE_CHECKING

from tui.errors import RunbookError
from tui.session.archive.store import SessionDirectory
from tui.session.events import NoteAdded
from tui.sharing.handed_on import RefusedMessage
from tui.sharing.messages import InboxGuard, MessageKind, MessageRefused, decode_message
from tui.sharing.publishing.journal_lines import JournalLines
from tui.signing.posted import SignedMessage
from tui.signing.signers import Signers

if TYPE_CHECKING:
    from tui.execution.conductor.conductor import Conductor

ASKS = "asks for the session"
MOST_TOLD = 20
LONGEST_TOLD = 300
"""Refused messages whose senders are told, the newest, and characters of the reason."""


class InboxReader:
    """Checks each message and records it as its sender's; of what is refused its sender is told, and no more comes."""

    def __init__(self, conductor: "Conductor", directory: SessionDirectory) -> None:
        self._conductor = conductor
        self._journal = directory.journal
        self._guard = InboxGuard(directory.id, self._signers, self._head_at, conductor.state.posted)
        self._before = frozenset(conductor.state.posted)
        """What was taken before this program had the session: it is still in the inbox, and nobody's fault."""
        self.refused: deque[str] = deque(maxlen=MOST_TOLD)
        """Why the last messages that were refused were, in words."""
        self.refusals = 0
        """How many were refused."""
        self.told: tuple[RefusedMessage, ...] = ()
        """What their senders are told of that: each id once, and none of a message that was taken."""

    def __call__(self, message: bytes) -> None:
        """Take a message as it was received; it never raises, whatever is in it."""
        name = ""
        try:
            name = decode_message(message).message.id
            if name in self._before:
                return
            self._take(self._guard.take(message, self._conductor.now()))
            self.told = tuple(one for one in self.told if one.id != name)  # a forged copy of it had come first
        except RunbookError as error:
            self.refusals += 1
            self.refused.append(error.message)
            self._tell(name, error)

    def _tell(self, name: str, error: RunbookError) -> None:
        known = {one.id for one in self.told} | self._conductor.state.posted
        if name and name not in known:
            why = f"{error.message} ({error.hint})" if error.hint else error.message
            words = self._conductor.executor.redact(why)[:LONGEST_TOLD]
            self.told = (*self.told[1 - MOST_TOLD :], RefusedMessage(name, words))

    def _take(self, signed: SignedMessage) -> None:
        message = signed.message
        if message.kind.answers:
            self._conductor.approvals.received(signed)
            return
        text = message.text
        if message.kind is MessageKind.ASKS_FOR_SESSION:
            text = f"{ASKS}: {text}" if text else ASKS
        elif not text.strip():
            raise MessageRefused("a note without a text", "", message.sender)
        step = message.step if message.step in self._conductor.state.steps else ""
        self._conductor.record(NoteAdded(text=text, operator=message.sender, step=step, posted=signed.posted()))

    def _signers(self) -> Signers:
        return self._conductor.signing.signers() or Signers("")

    def _head_at(self, count: int) -> str | None:
        lines = JournalLines(self._journal)
        try:
            lines.again(count)
            return lines.head if lines.count == count else None
        except OSError:
            return None
        finally:
            lines.close()
