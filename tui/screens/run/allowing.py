"""How the operator, and where it needs one a second person, allow a step to start."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from tui.dialogs import AskText, Confirm, TypeName
from tui.dialogs.approval.asked_second import AskedSecond, SecondAct, SecondAnswer, SecondPerson
from tui.dialogs.approval.waits_for_key import signed_by_key
from tui.dialogs.laid import WayToRun
from tui.dialogs.pick import Pick
from tui.errors import NotNow, RunbookError
from tui.execution.conductor.conductor import Conductor
from tui.runbook.model import Approval, Danger, Step
from tui.runbook.shell.counting import only_looks
from tui.screens.run.saying import left_to_answer
from tui.screens.run.session import SessionScreen
from tui.screens.run.text import not_known, start_of, start_rows, way_called
from tui.session.approval.approved import open_approval
from tui.session.possible.needs_second import needs_second
from tui.session.state import StepApproval
from tui.session.views.doubts import begins_anew

WHY_ALONE = ("Nobody else was reachable. Who was asked, and how?", "The report names it first.")
"""What is asked where the operator starts alone what takes two."""


class Allowed(Struct, frozen=True):
    """A start that the operator allows: the second person's name, empty where none is needed; `first` for all of it.

    `alone` is why it starts without the second person that it needs; `typed` what the operator typed or pressed.
    """

    second: str = ""
    first: bool = False
    alone: str = ""
    typed: str = ""


class AllowedStarts(SessionScreen):
    """The starts of the run screen, each a question to the operator, and to a second person where one is needed."""

    @property
    def conductor(self) -> Conductor:
        """What carries out the open session.

        Raises:
            NotNow: this process does not: another one has the session.
        """
        return self.app.acting()

    def _try(self, act: Callable[[], None]) -> bool:
        """Do something to the session, and show it; whether it was done."""
        try:
            act()
        except RunbookError as error:
            self.app.show_error(error)
            return False
        finally:
            self.show_now()
        return True

    async def _run(self, step: Step, act: Callable[[Allowed], None], firsts: Sequence[bool] = (False,)) -> bool:
        """Have a step run once the operator allows it; whether it was begun.

        Args:
            act: starts it, given what was allowed.
            firsts: what may run: what is left of it, and where the operator has the choice, all of it (True).
        """
        two = any(needs_second(self.viewer.state, step, first) for first in firsts)
        asked_first = two and self.conductor.approvals.asked_first
        allowed = await (self._by_second(step, firsts) if asked_first else self._allowed(step, firsts))
        if allowed is None:
            return False
        if allowed.alone:
            self._try(lambda: self.conductor.approvals.ask(step.id, allowed.typed, allowed.first))
            if not self._try(lambda: self.conductor.approvals.alone(step.id, allowed.alone)):
                return False
        return self._try(lambda: act(allowed))

    async def _by_second(self, step: Step, firsts: Sequence[bool]) -> Allowed | None:
        """A start that a second person allows by themselves: they are asked, and once they have answered it starts.

        Gives None where it is not to run now.
        """
        approvals, asked = self.conductor.approvals, self._asked(step.id)
        if asked is not None and asked.allows:
            return Allowed(first=asked.request.first)
        if asked is None:
            allowed = await self._allowed(step, firsts, approval=False)
            if allowed is None or not self._try(lambda: approvals.ask(step.id, allowed.typed, allowed.first)):
                return None
            if approvals.played:  # they answer in a moment
                return None
        await self._ask_second(step)
        return None

    def _asked(self, step: str) -> StepApproval | None:
        """The question to a second person that counts now, if there is one."""
        return open_approval(self.viewer.state, step, self.viewer.now())

    async def _ask_second(self, step: Step) -> None:
        """Show what a second person is asked, and have them answer here, or the operator start alone or withdraw it."""
        asked, approvals = self._asked(step.id), self.conductor.approvals
        if asked is None:
            return
        started = self.viewer.state.started
        told = AskedSecond(
            title=step.title,
            body=self._ways(step, [asked.request.action])[0].body,
            operator=asked.request.operator,
            left=partial(left_to_answer, self.viewer, step.id),
            person=started.second_operator if started else "",
            answers=not approvals.played,
            alone=step.approve is Approval.OR_ALONE,
            note=f"{approvals.played}, by itself" if approvals.played else "",
        )
        await self._answered(step, told)

    async def _answered(self, step: Step, told: AskedSecond) -> None:
        """Have it answered; what cannot be signed is asked again, with the reason and what was typed."""
        approvals = self.conductor.approvals
        answer = await self.app.ask(SecondPerson(told))
        if answer is None:
            return
        if answer.act is SecondAct.ALONE:
            reason = await self.app.ask(AskText(step.title, WHY_ALONE, kind="◆ ALONE"))
            if reason:
                self._try(lambda: approvals.alone(step.id, reason))
        elif answer.act is SecondAct.WITHDRAW:
            self._try(lambda: approvals.withdraw(step.id))
        else:
            try:
                await self._signed_here(step, answer)
            except RunbookError as error:
                if not told.left():
                    raise
                wrong = error.told
                again = replace(told, person=answer.person, written=answer.note, wrong=wrong)
                await self._answered(step, again)

    async def _signed_here(self, step: Step, answer: SecondAnswer) -> None:
        """Have the second person's key sign what they answered."""
        granted, approvals = answer.act is SecondAct.ALLOW, self.conductor.approvals
        sign = partial(approvals.sign_here, step.id, answer.person, granted, answer.note)
        await signed_by_key(self.app, answer.person, sign)
        self.show_now()

    def _tick(self) -> None:
        conductor = self.app.conductor
        if conductor is not None:
            with suppress(RunbookError):  # it is said beside the journal that cannot be written
                conductor.approvals.expire()
        super()._tick()

    async def _allowed(self, step: Step, firsts: Sequence[bool], approval: bool = True) -> Allowed | None:
        """The three tiers of a start: one key, a confirmation, the host's name; and a second person who allows it.

        Where there is a choice of what runs it is made in the same question, whose tier is that of the heavier one.
        Gives None where it is not to run.

        Args:
            approval: whether a second person types their name with it, where one is needed.
        """
        state = self.viewer.state
        two = any(needs_second(state, step, first) for first in firsts)
        yes = "Run it" if approval or not two else "Ask them"
        approval = approval and two
        places = [0 if first or begins_anew(state, step) else state.step(step.id).action for first in firsts]
        harmless = step.danger is Danger.NONE and not step.mutates
        if not approval and (harmless or all(only_looks(step, place) for place in places)):
            if len(firsts) == 1:
                return Allowed(first=firsts[0])
            choice = await self.app.ask(Pick("Run which commands again?", [way_called(step, one) for one in places]))
            return None if choice is None else Allowed(first=firsts[choice])
        ways = self._ways(step, places)
        destroys = step.danger is Danger.DESTRUCTIVE
        asked: TypeName | Confirm
        if approval or destroys:
            alone = approval and step.approve is Approval.OR_ALONE
            follows = yes == "Ask them"
            asked = TypeName(step.title, (), "", approval, destroys, ways, alone=alone, asks_second=follows)
            typed = await self.app.ask(asked)
            if not typed:
                return None
            if asked.is_alone:
                reason = await self.app.ask(AskText(step.title, WHY_ALONE, kind="◆ ALONE"))
                return Allowed(first=firsts[asked.at], alone=reason, typed=typed) if reason else None
            return Allowed(typed if approval else "", firsts[asked.at], typed="" if approval else typed)
        asked = Confirm(step.title, yes=yes, kind="! CHANGES", ways=ways)
        return Allowed(first=firsts[asked.at], typed="yes") if await self.app.ask(asked) else None

    def _ways(self, step: Step, places: Sequence[int]) -> list[WayToRun]:
        """What a confirmation shows of a start at each of these places.

        Raises:
            NotNow: a value is needed that no step has found yet.
        """
        state, now, usual = (
            self.viewer.state,
            self.moment.now if self.moment else None,
            self.app.usual(self.viewer.state),
        )
        ways = []
        for place in places:
            if unknown := not_known(state, step, place, now):
                words = f"{step.title} needs {', '.join(unknown)}, which no step has found yet"
                raise NotNow(words, "run the step that finds it first")
            start, name = start_of(state, step, place, now, usual)
            ways.append(WayToRun(way_called(step, place), partial(start_rows, start), name))
        return ways
