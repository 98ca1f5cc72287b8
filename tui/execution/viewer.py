"""What someone who only looks sees of a session: its state at a moment, its outputs, and what follows from both."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import ClassVar, Protocol

from tui.errors import NotNow, RunbookError
from tui.execution.approving.what_runs import ActionToRun
from tui.execution.commands import shown_whole
from tui.execution.incident import message_text
from tui.execution.live_session import Listener, LiveSession
from tui.execution.outputs import Outputs
from tui.execution.rechecking import still_to_hold
from tui.runbook.model import Action, Runbook, Section, Step
from tui.runbook.templates.variables import FACTS
from tui.session.possible.refusals import READ_ONLY, Situation, checkable
from tui.session.state import SessionState, StepApproval
from tui.session.views.doubts import doubtful


class Shared(Protocol):
    """What the engine knows of how a session is handed on to people elsewhere."""

    @property
    def troubled(self) -> bool:
        """Whether it is not handed on just now."""

    @property
    def words(self) -> str:
        """How it stands: who follows, or since when and why it is not handed on."""

    def listen(self, received: Callable[[bytes], None]) -> None:
        """Tell somebody of every message that a follower sends, as it came; on a thread of its own, nothing checked."""

    def close(self) -> None:
        """Hand on what is left, for a moment, and end."""


class Announces(Protocol):
    """Tells people by the services of the operator's settings."""

    def tell(self, title: str, text: str) -> None:
        """Have a message sent, on a thread of its own; what became of it is said where such things are."""


class Posting(Protocol):
    """What somebody who follows a session may say to its writer, signed by their own key; each call blocks."""

    person: str
    """Who says it."""

    def note(self, text: str, step: str) -> None:
        """Write a note into the session.

        Raises:
            RunbookError: no key signs it, or it cannot be sent.
        """

    def ask_for_session(self, text: str) -> None:
        """Ask to have the session; raises as `note`."""

    def asked(self, step: str) -> tuple[StepApproval, tuple[ActionToRun, ...]]:
        """The question of a step, and what would run by the copy of the journal that is here.

        Raises:
            NotNow: nobody is asked now, or about something else.
        """

    def answer(self, step: str, granted: bool, text: str) -> None:
        """Allow a step that waits for a second person, or refuse it; raises as `note`.

        Raises:
            NotNow: what is asked is not what this copy of the journal would run.
        """


class Viewer:
    """What screens get of a session, whichever process writes it; nothing here changes it.

    Who carries a session out, who follows one that another process writes, and a replay each are one.
    """

    taken_up: tuple[str, ...] = ()
    """How the session stood when it was resumed, in words."""

    shared: Shared | None = None
    announces: Announces | None = None
    """How it is handed on to people elsewhere; None where it is not."""
    posting: Posting | None = None
    """What can be said to who writes it; None where this process writes it, or nothing can be said."""

    refused: ClassVar[tuple[str, str]] = (READ_ONLY, "")
    """What is said where something is to be done that only its writer can do, and what to do instead."""

    def __init__(self, live: LiveSession, outputs: Outputs) -> None:
        self._live = live
        self.clock = live.clock
        self.outputs = outputs
        self.read_only = ""
        self.amiss = False  # of what `read_only` says, something is not as it should be

    @property
    def state(self) -> SessionState:
        """The state after the last event."""
        return self._live.state

    @property
    def runbook(self) -> Runbook:
        """The session's runbook, with what is known by now in its titles."""
        return self._live.runbook

    @property
    def trouble(self) -> RunbookError | None:
        """What keeps the session from being carried on or followed; None where nothing does."""
        return self._live.trouble

    @property
    def held(self) -> str:
        """Why nothing may run yet; empty where it may."""
        return ""

    @property
    def lost(self) -> str:
        """What to do where another person has the session by now; empty where nobody has."""
        return ""

    @property
    def busy(self) -> bool:
        """Whether a command of this process is running, or about to."""
        return False

    def subscribe(self, listener: Listener) -> None:
        """Tell `listener` of every event from now on."""
        self._live.subscribe(listener)

    def situation(self, step: Step | None = None) -> Situation:
        """What decides what can be done now, to a step where one is looked at."""
        return Situation(
            state=self.state,
            step=step,
            busy=self.busy,
            held=self.held,
            lost=self.lost,
            read_only=self.read_only,
            posts=self.posting is not None,
        )

    def refusal(self) -> NotNow:
        """Why nothing can be done here."""
        words, hint = self.refused
        return NotNow(words, hint or self.read_only)

    def close(self) -> None:
        """Stop using it."""

    # what follows from the state

    def now(self) -> datetime:
        """The time."""
        return self._live.now()

    def values(self) -> Mapping[str, str]:
        """Every value a template may name."""
        return self._live.values()

    def command(self, action: Action) -> str:
        """The command as it will run, to be read; of a value that is not known yet it says so."""
        return shown_whole(action, self.values())

    def message(self, name: str) -> str:
        """The text of a message with everything known filled in; of what is not known it says so."""
        return message_text(self.state, name, self.values(), self.now())

    def doubts(self, step: Step) -> tuple[Step, ...]:
        """The changes before a step that a restart of their host has put in doubt; they are looked at before it."""
        return doubtful(self.state, step)

    def checks(self, section: Section) -> list[Step]:
        """The steps of a section that may be checked at once."""
        return list(checkable(self.state, section.id))

    def rechecks(self) -> list[Step]:
        """The signed read-only steps that still ought to hold: those whose checks came after the last change."""
        return still_to_hold(self.state)

    def correctable(self) -> dict[str, str]:
        """The values of the session that may be corrected, by name: its variables, and what its steps captured."""
        facts = self.values()
        names = [*self.runbook.variables, *(name for name in self.state.facts if name not in FACTS)]
        return {name: facts.get(name, "") for name in dict.fromkeys(names)}
