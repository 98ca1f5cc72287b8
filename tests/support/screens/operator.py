"""An operator who goes through a session by keys alone, answering what the screen asks."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from unittest.mock import patch

from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import RadioSet

from tui.dialogs import Confirm, Question, RollbackReason, SendMessage, Sign, TypeName
from tui.dialogs.base import Dialog
from tui.dialogs.confirm import Ways
from tui.dialogs.pick import Pick
from tui.execution.conductor.conductor import Conductor
from tui.front.front import Front
from tui.runbook.index import index_of
from tui.runbook.model import AnswerKind, Section, Signoff
from tui.screens.checks.screen import ChecksScreen
from tui.screens.run.session import SessionScreen
from tui.session.approval.approved import waiting_approvals
from tui.session.state import StepStatus
from tui.widgets.checklist.widget import Checklist
from tui.widgets.moment import current_step

STUCK = 3000
SEVERAL = 3
"""This number of checks in a row is made at once: two keys, one to make them and one to come back from their table."""
Found = TypeVar("Found", bound=Screen[Any])
OpenedDialog = TypeVar("OpenedDialog", bound=Dialog[Any])


async def _at_once(*_: float) -> None:
    await asyncio.sleep(0)


class Operator:
    """Presses keys until the session's steps are settled; `answers` are by step, in the order of its questions."""

    def __init__(
        self, pilot: Pilot[Any], answers: Mapping[str, Sequence[str]], second: str = "ben", at_once: bool = False
    ) -> None:
        """Args: at_once: make checks in a row by one key."""
        self.at_once = at_once
        self._pilot = pilot
        self._answers = {step: list(given) for step, given in answers.items()}
        self._second = second
        self.pressed = 0
        self._beside = 0
        self._entered: tuple[object, ...] = ()
        self._answered: tuple[Screen[Any] | None, int] = (None, 0)
        """The dialog that was answered last, and the session's last event then."""

    @property
    def keys(self) -> int:
        """The keys so far: a typed word is one, and one that was pressed again because nothing had come yet is none."""
        return self.pressed - self._beside

    @property
    def _app(self) -> Front:
        assert isinstance(self._pilot.app, Front)
        return self._pilot.app

    def answers(self, step: str, *given: str) -> None:
        """Answer a step so from now on."""
        self._answers[step] = list(given)

    async def press(self, *keys: str) -> None:
        """Press keys, and let the screen take them."""
        self.pressed += len(keys)
        await self._pilot.press(*keys)

    async def write(self, text: str) -> None:
        """Type a text, without waiting for the screen between two letters, and press enter."""
        self._beside += len(text) - 1
        with patch("textual.app.wait_for_idle", _at_once):
            await self.press(*({" ": "space"}.get(letter, letter) for letter in text))
        await self.press("enter")

    async def on_screen(self, kind: type[Found]) -> Found:
        """Wait for a screen to be shown."""
        for _ in range(STUCK):
            screen = self._pilot.app.screen
            if isinstance(screen, kind):
                await self._pilot.pause()
                return screen
            await asyncio.sleep(0.01)
        raise AssertionError(f"{kind.__name__} is not shown, but {type(self._pilot.app.screen).__name__}")

    async def choose_second(self, setup: Screen[Any]) -> None:
        """Choose the second method."""
        setup.query_one(RadioSet).focus()
        await self.press("down", "enter")

    async def begin(self, run: type[Screen[Any]]) -> None:
        """Press the key that begins until the preflight lets it."""
        for _ in range(STUCK):
            if isinstance(self._pilot.app.screen, run):
                return
            self._beside += bool(self._entered)
            self._entered = ("begin",)
            await self.press("f10")
            await asyncio.sleep(0.02)
        raise AssertionError(f"the session does not begin: {self._app.workspace.findings}")

    async def yes(self) -> None:
        """Say yes to the confirmation that opens."""
        await self._armed(await self.on_screen(Confirm))
        await self.press("y")

    async def opened(self, kind: type[OpenedDialog]) -> OpenedDialog:
        """Wait for a dialog that takes keys: those typed before it was seen are dropped."""
        dialog = await self.on_screen(kind)
        await self._armed(dialog)
        return dialog

    async def pick_first(self) -> None:
        """Take the first of the reasons that are offered; that of a trigger that tripped is chosen already."""
        asked: RollbackReason = await self.on_screen(RollbackReason)
        await self._armed(asked)
        await self.press(*([] if asked.preselected else ["down"]), "enter")

    async def _armed(self, dialog: Dialog[Any]) -> None:
        while not dialog.armed:  # noqa: ASYNC110 – nobody is told
            await asyncio.sleep(0.01)

    async def _idle(self, conductor: Conductor) -> None:
        """Wait until nothing runs any more, or something is asked."""
        while conductor.busy and not isinstance(self._pilot.app.screen, Dialog):  # noqa: ASYNC110 – threads tell nobody
            await asyncio.sleep(0.01)
        await self._pilot.pause()

    async def settle(self) -> None:
        """Take the session to the end of its plan, pressing enter and answering dialogs."""
        stopped = await self.go_on()
        if stopped:
            conductor = self._app.conductor
            assert conductor is not None
            now = conductor.state.step(stopped)
            raise AssertionError(f"{stopped} is {now.status.value}: {now.checks}")

    async def go_on(self, before: str = "") -> str:
        """The same, until a step fails or its outcome is not known; that step, or the one `before` which to stop."""
        for _ in range(STUCK):
            conductor = self._app.conductor
            assert conductor is not None
            if conductor.trouble:
                raise conductor.trouble
            if await self.dialog():
                continue
            step = conductor.state.next_step()
            if step is None:
                return ""
            status = conductor.state.step(step.id).status
            if not conductor.busy and (step.id == before or status in (StepStatus.FAILED, StepStatus.UNKNOWN)):
                return step.id
            if conductor.busy:
                await self._idle(conductor)
            elif not self._shown(conductor) or (status is StepStatus.PASSED and step.signoff is Signoff.AUTO):
                await asyncio.sleep(0.01)
            elif self.at_once and len(conductor.checks(self._section(conductor, step.id))) >= SEVERAL:
                await self._check_at_once(conductor)
            else:
                asked = conductor.state.approvals.get(step.id)
                entered = (step.id, status, conductor.state.step(step.id).action, asked)
                self._beside += entered == self._entered
                self._entered = entered
                await self.press("enter")
        raise AssertionError("the session does not come to an end")

    def _shown(self, conductor: Conductor) -> bool:
        """Whether the screen shows where the session stands: a key is about what is shown."""
        moment = getattr(self._pilot.app.screen, "moment", None)
        return moment is not None and moment.state.changed_seq == conductor.state.changed_seq

    def _section(self, conductor: Conductor, step: str) -> Section:
        return index_of(conductor.runbook).section_of[step]

    async def _check_at_once(self, conductor: Conductor) -> None:
        """Make the section's checks by one key, and come back from their table."""
        following = conductor.state.next_step()
        assert following is not None
        checks = conductor.checks(self._section(conductor, following.id))
        while self._pilot.app.screen.query_one(Checklist).selected != following.id:  # noqa: ASYNC110 – nobody is told
            await asyncio.sleep(0.01)
        await self.press("x")
        await self.on_screen(ChecksScreen)

        def under_way() -> bool:
            left = (conductor.state.step(one.id).status is StepStatus.PENDING for one in checks)
            return conductor.busy or any(left)

        while under_way():  # noqa: ASYNC110 – threads tell nobody
            await asyncio.sleep(0.01)
        await self.press("escape")
        await self.on_screen(SessionScreen)

    async def marks(self, step: str) -> None:
        """Move the mark to a step, once the screen shows where the session is: the mark follows that."""
        for _ in range(STUCK):
            viewer, moment = self._pilot.app.viewer, self._pilot.app.screen.moment
            if moment is None or current_step(moment.state) != current_step(viewer.state):
                await asyncio.sleep(0.01)
                continue
            selected = self._pilot.app.screen.query_one(Checklist).selected
            if selected == step:
                return
            order = self._pilot.app.screen.query_one(Checklist)._outline.steps
            await self.press("down" if order.index(step) > order.index(selected) else "up")
        raise AssertionError(f"{step} cannot be marked")

    async def does(self, step: str, *answers: str) -> StepStatus:
        """Do a step of the troubleshooting that is on the screen; how it ended."""
        self._answers[step] = list(answers)
        await self.marks(step)
        return await self._ended(step, "enter")

    async def next(self, step: str) -> StepStatus:
        """Do the step that comes next; how it ended."""
        return await self._ended(step, "enter")

    async def again(self, step: str) -> StepStatus:
        """Run what failed again; how it ended."""
        await self.marks(step)
        return await self._ended(step, "r")

    async def _ended(self, step: str, key: str) -> StepStatus:
        conductor = self._app.conductor
        assert conductor is not None
        before = len(conductor.state.step(step).attempts)
        for _ in range(STUCK):
            now = conductor.state.step(step)
            if await self.dialog():
                key = "enter"
            elif conductor.busy:
                await self._idle(conductor)
            elif len(now.attempts) > before and now.status in (
                StepStatus.SIGNED,
                StepStatus.FAILED,
                StepStatus.UNKNOWN,
            ):
                return now.status
            else:
                await self.press(key)
        raise AssertionError(f"{step} does not end")

    async def dialog(self) -> bool:
        """Answer the dialog that is open; False where there is none."""
        screen = self._pilot.app.screen
        if not isinstance(screen, Dialog):
            return False
        if not isinstance(screen, Confirm | TypeName | Question | SendMessage | Sign | Pick):
            raise AssertionError(f"no step asks by {type(screen).__name__}: a key went astray")
        await self._armed(screen)
        if self._taken(screen):
            await asyncio.sleep(0.01)
            return True
        match screen:
            case Confirm():
                await self._all_of_it(screen)
                await self.press("y")
            case TypeName():
                await self._all_of_it(screen)
                await self.write(screen._wanted)
                if screen._approval:
                    await self.write(self._second)
            case Pick():  # the second: all from the first command of the step
                await self.press("down", "enter")
            case SendMessage():
                await self.press("f2")
            case Sign():
                if screen._two:
                    await self.write(self._second)
                await self.press("enter")
            case Question():
                await self._answer(screen)
        await self._heard()
        await self._second_person()
        return True

    async def _heard(self) -> None:
        """Wait until the session has the answer, or another question is open: a message is sent after its dialog."""
        conductor, (dialog, before) = self._app.conductor, self._answered
        for _ in range(STUCK):
            screen = self._pilot.app.screen
            another = isinstance(screen, Dialog) and screen is not dialog and screen.armed
            if another or conductor is None or conductor.state.changed_seq > before:
                return
            await asyncio.sleep(0.01)

    def _taken(self, screen: Dialog[Any]) -> bool:
        """Whether the answer to a dialog was taken, which closes it in a moment."""
        conductor = self._app.conductor
        seen = conductor.state.changed_seq if conductor is not None else 0
        dialog, before = self._answered
        if dialog is screen:
            return seen > before
        self._answered = screen, seen
        return False

    async def _second_person(self) -> None:
        """Wait for the drill's second person, where they are asked."""
        conductor = self._app.conductor
        if conductor is not None and conductor.approvals.played:
            while waiting_approvals(conductor.state, conductor.now()):  # noqa: ASYNC110 – a thread answers
                await asyncio.sleep(0.01)
            await self._pilot.pause()

    async def _all_of_it(self, screen: Ways[Any]) -> None:
        """Where a step runs again, from its first command on."""
        if len(screen.ways) > 1:
            await self.press("f2")
            await self._armed(screen)

    async def _answer(self, screen: Question) -> None:
        conductor = self._app.conductor
        assert conductor is not None
        action = screen._action
        given = self._answers.get(conductor.state.current, [])
        answer = given.pop(0) if given else "yes"
        if action.answer is AnswerKind.YES_NO:
            await self.press(answer[0])
        elif action.answer is AnswerKind.CHOICE:
            await self.press("home", *["down"] * action.choices.index(answer), "enter")
        else:
            await self.write(answer)
