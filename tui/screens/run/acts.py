"""What the operator does to a session from its screen: start, answer, sign, skip, retry, resolve, roll back."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from msgspec.structs import replace
from textual.app import SuspendNotSupported

from tui.dialogs import AskText, ByHand, Confirm, Question, Resolve, SendMessage, Sign
from tui.dialogs.approval.waits_for_key import signed_by_key
from tui.dialogs.written import CorrectValue
from tui.errors import NotNow, RunbookError
from tui.front.asks import asks
from tui.runbook.index import index_of
from tui.runbook.model import Action, Signoff, Step
from tui.runbook.shell.counting import repeatable
from tui.runbook.templates.filling import filled_action
from tui.runbook.templates.variables import address, worded
from tui.screens.calling import call_for_help
from tui.screens.rolling_back import ask_to_roll_back, may_roll_back
from tui.screens.run.allowing import AllowedStarts
from tui.screens.run.asking_own import ask_own_command
from tui.screens.run.saying import say_to_writer
from tui.screens.run.text import (
    AGAIN,
    check_lines,
    sign_rows,
    skip_words,
    stop_lines,
)
from tui.session.groups.cells import member_of, unknown_attempts
from tui.session.possible.refusals import ACTING
from tui.session.state import StepStatus, action_then
from tui.session.views.doubts import begins_anew, doubt_words, doubtful, unasked
from tui.session.views.rollback import look_wanted
from tui.text.sentences import missed
from tui.transports.terminals.joining import HereTerminal
from tui.widgets.moment import current_step, waiting_kind
from tui.widgets.step.beside import host_and_target

SETTLED = (StepStatus.SIGNED, StepStatus.SKIPPED, StepStatus.NOT_NEEDED)


class SessionActs(AllowedStarts):
    """The actions of the run screen, each a question to the operator at most and then a call of the conductor."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What acts on a session is dimmed where the session is another process's; what is refused is not offered."""
        viewer = self.app.viewer
        if action == "rollback" and viewer is not None and not viewer.read_only:
            return may_roll_back(viewer)
        said = action == "note" and viewer is not None and viewer.posting is not None
        return None if action in ACTING and not said and viewer is not None and viewer.read_only else True

    @asks
    async def action_next(self) -> None:
        """Start, continue, answer, sign: whatever the step needs; after the last step, the summary."""
        here = current_step(self.viewer.state)
        step = self.step
        if not here and not self.viewer.busy:
            doubts = doubtful(self.viewer.state)
            if doubts and not self.viewer.read_only and self.viewer.state.finished is None:
                await self._look_again(doubts)
                return
            self.app.show_summary()
            return
        if step is None or self.viewer.busy:
            return
        status = self.viewer.state.step(step.id).status
        if step.id != here and status in (StepStatus.PENDING, *SETTLED):
            self.look_here()
            return
        await self._do(step, status)

    async def _do(self, step: Step, status: StepStatus) -> None:
        waits = waiting_kind(self.viewer.state, step)
        if status in (StepStatus.PENDING, StepStatus.RUNNING, StepStatus.FAILED) and self.viewer.doubts(step):
            await self._look_again(self.viewer.doubts(step))
        elif waits:
            await self._human(step, waits)
        elif status is StepStatus.PENDING and look_wanted(self.viewer.state, step):
            self._try(lambda: self.conductor.look_first(step.id))
        elif status is StepStatus.PENDING:
            await self._start(step)
        elif status is StepStatus.RUNNING:
            await self._run(step, lambda allowed: self.conductor.start(step.id, "continue", allowed.second))
        elif status is StepStatus.PASSED:
            self.action_sign()
        elif status is StepStatus.FAILED:
            self.action_retry()
        elif status is StepStatus.UNKNOWN:
            await self._resolve(step)

    async def _start(self, step: Step) -> None:
        """Start a step; where it begins with the operator's part, that comes at once."""
        if await self._run(step, lambda allowed: self.conductor.start(step.id, step.danger.value, allowed.second)):
            waits = waiting_kind(self.viewer.state, step)
            if waits:
                await self._human(step, waits)

    async def _look_again(self, doubts: Sequence[Step]) -> None:
        """After a restart of a host: ask it what still holds, and the operator about what it cannot tell."""
        state = self.viewer.state
        first = f"{doubt_words(state, doubts)}, before anything continues:"
        titles = [f"  {doubt.title}" for doubt in doubts]
        if unasked(state, doubts):
            lines = [first, *titles, "Checking changes nothing; what is no longer true is done again."]
            question = Confirm("Its host was restarted", lines, yes="Look again", no="Not now", kind="◆ LOOK AGAIN")
            if await self.app.ask(question):
                self._try(lambda: self.conductor.look_again(doubts))
            return
        asked = "Nothing can check this automatically. Are they still true, and how do you know?"
        prompt = [first, *titles, asked, "Esc leaves; u on a step does it again."]
        why = await self.app.ask(AskText("Its host was restarted", prompt, kind="◆ LOOK AGAIN"))
        if why:
            self._try(lambda: self.conductor.vouch(doubts, why))

    async def _and_then(self, step: Step, place: int) -> None:
        """What the step asks of the operator right after the action at `place` comes at once: no key in between."""
        waits = waiting_kind(self.viewer.state, step) if self.app.conductor is not None else ""
        if waits and self.viewer.state.step(step.id).action > place and not self.viewer.busy:
            await self._human(step, waits)

    async def _human(self, step: Step, kind: str) -> None:
        step_state = self.viewer.state.step(step.id)
        action = step.actions[step_state.action]
        if kind == "ask":
            await self._question(step, action)
        elif kind == "manual":
            await self._by_hand(step, action)
        elif kind == "interactive":
            self._try(lambda: self._terminal(step))
            await self._and_then(step, step_state.action)
        elif kind == "send":
            await self._message(step, action)
        else:
            url = address(action.open or "", self.viewer.values())
            self.app.open_link(url)
            self._try(lambda: self.conductor.opened(step.id))
            await self._and_then(step, step_state.action)

    async def _question(self, step: Step, action: Action) -> None:
        step_state = self.viewer.state.step(step.id)
        problem = "; ".join(
            missed(one.expected, one.came) for one in step_state.checks.get(step_state.action, ()) if not one.ok
        )

        values = self.viewer.values()
        asked = Question(filled_action(action, values), problem, worded(action.ask or "", values))
        answer = await self.app.ask(asked)
        if answer is not None:
            self._try(lambda: self.conductor.answer(step.id, answer))
            await self._and_then(step, step_state.action)

    async def _by_hand(self, step: Step, action: Action) -> None:
        step_state = self.viewer.state.step(step.id)
        place = step_state.action
        problem = "; ".join(one.came for one in step_state.checks.get(place, ()) if not one.ok)
        result = await self.app.ask(ByHand(step.title, worded(action.manual or "", self.viewer.values()), problem))
        if result is None:
            return
        files = [Path(result.file)] if result.file else []
        await self.app.work_done(lambda: self.conductor.by_hand(step.id, result.done, result.note, files))
        self.show_now()
        await self._and_then(step, place)

    def _terminal(self, step: Step) -> None:
        """Give the terminal away until the program there has ended; meanwhile nothing is drawn and no key is heard."""
        here = HereTerminal()
        try:
            with self.app.suspend(), here.raw():
                self.conductor.hand_over(step.id, here)
                self.conductor.wait()
        except (SuspendNotSupported, OSError) as error:
            raise NotNow("this terminal cannot be given away", "open the session in another one") from error

    async def _message(self, step: Step, action: Action) -> None:
        name, place = action.send or "", self.viewer.state.step(step.id).action
        message = self.viewer.runbook.messages[name]
        can_send = bool(message.send) and not self.app.workspace.drill

        title, to = worded(message.title, self.viewer.values()), worded(message.to, self.viewer.values())
        asked_at = self.viewer.now() if message.ahead else None
        sent = await self.app.ask(SendMessage(title, self.viewer.message(name), can_send, to, asked_at))
        if sent is None:
            return
        await self.app.work_done(lambda: self.conductor.deliver(name, step.id, sent.text, sent.how, sent.at))
        self.show_now()
        await self._and_then(step, place)

    @asks
    async def action_sign(self) -> None:
        step = self.step
        if step is None or self.refused("sign"):
            return
        started = self.viewer.state.started
        second = started.second_operator if started else ""

        lines = check_lines(self.viewer.state, step)
        body = partial(sign_rows, lines)
        result = await self.app.ask(Sign(step.title, body, step.signoff is Signoff.TWO_PERSON, second))
        if result is None:
            return
        conductor = self.conductor
        if not conductor.signing.wants(conductor.state.operator):
            self._try(lambda: conductor.sign(step.id, result.note, result.second_operator))
            return
        who = " and ".join(name for name in (conductor.state.operator, result.second_operator) if name)
        sign = partial(conductor.sign, step.id, result.note, result.second_operator)
        await signed_by_key(self.app, who, sign)
        self.show_now()

    def action_skip(self) -> None:
        if self.refused("skip"):
            return
        words = partial(skip_words, self.viewer.state)
        self._with_reason("↷ SKIP", words, lambda step, reason: self.conductor.skip(step, reason))

    def action_reopen(self) -> None:
        if self.refused("reopen"):
            return
        self._with_reason("↻ DO AGAIN", lambda step: AGAIN, lambda step, reason: self.conductor.reopen(step, reason))

    @asks
    async def _with_reason(
        self, kind: str, about: Callable[[Step], Sequence[str]], act: Callable[[str, str], None]
    ) -> None:
        step = self.step
        if step is None:
            return
        reason = await self.app.ask(AskText(step.title, about(step), kind=kind))
        if reason:
            self._try(lambda: act(step.id, reason))

    @asks
    async def action_retry(self) -> None:
        step = self.step
        if step is None or self.refused("retry"):
            return
        if self.viewer.doubts(step):
            await self._look_again(self.viewer.doubts(step))
            return
        place = self.viewer.state.step(step.id).action
        choice = repeatable(step, place) and not begins_anew(self.viewer.state, step)
        await self._run(
            step,
            lambda allowed: self.conductor.retry(step.id, allowed.first, allowed.second),
            (False, True) if choice else (False,),
        )

    @asks
    async def action_note(self) -> None:
        step, posting = self.step, self.viewer.posting
        if posting is not None:
            await say_to_writer(self.app, self.viewer, posting, step)
            return
        text = await self.app.ask(AskText(step.title if step else "The session", "What is to be noted?", kind="◆ NOTE"))
        if text:
            self._try(lambda: self.conductor.note(text, step.id if step else ""))

    @asks
    async def action_values(self) -> None:
        """Choose a value of the session, and put it right with a reason."""
        if self.refused("values"):
            return
        known = self.viewer.correctable()
        corrected = await self.app.ask(CorrectValue(known, self.viewer.runbook.variables))
        if corrected is not None:
            value, reason = corrected.texts
            self._try(lambda: self.conductor.correct(list(known)[corrected.place], value, reason))

    @asks
    async def action_cancel(self) -> None:
        if self.refused("cancel"):
            return
        title, lines = stop_lines(self.viewer.state)
        if await self.app.ask(Confirm(title, lines, yes="Stop it", kind="■ STOP")):
            self.conductor.cancel()

    async def _resolve(self, step: Step) -> None:
        attempt = self.viewer.state.attempts[unknown_attempts(self.viewer.state, step.id)[0]]
        look = partial(self.conductor.look, attempt) if attempt.durable else None
        action = action_then(step, attempt)
        if member := member_of(self.viewer.state, attempt):
            action = replace(action, on=member)
        _, target = host_and_target(self.viewer.state, action)
        result = await self.app.ask(Resolve(attempt, target, look, step.title))
        if result == "follow":
            self._try(lambda: self.conductor.rejoin(step.id))
        elif result is not None:
            self._try(lambda: self.conductor.resolve(step.id, *result))

    def action_open_link(self) -> None:
        step = self.step
        if step is not None and not self.refused("open"):
            link = next(action.open for action in step.actions if action.open)
            try:
                self.app.open_link(address(link, self.viewer.values()))
            except RunbookError as error:
                self.app.show_error(error)

    def action_own_command(self) -> None:
        if self.step is not None and not self.refused("own-command"):
            ask_own_command(self, self.step)

    def action_call_help(self) -> None:
        if not self.refused("call-help"):
            call_for_help(self)

    def action_rollback(self) -> None:
        ask_to_roll_back(self)

    def action_checks(self) -> None:
        """Make the checks of the section looked at, all at once, and show them as a table."""
        from tui.screens.checks.screen import ChecksScreen

        step = self.step
        section = index_of(self.viewer.runbook).section_of.get(step.id) if step else None
        if section is None or self.refused("checks"):
            return
        self.app.push_screen(ChecksScreen(section))
