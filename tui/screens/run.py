"""The run screen: the checklist, the step at hand, its output, the time; enter does what comes next."""

from collections.abc import Callable
from datetime import datetime
from pathlib import PurePath
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.reactive import reactive
from textual.screen import Screen
from textual.widgets import Footer, Static

from tui.actions import bindings
from tui.bridge import OutputGrew, SessionChanged, front
from tui.errors import NotNow, RunbookError
from tui.execution.conductor import Conductor
from tui.execution.text import sanitise
from tui.runbook.model import Action, Danger, FlowKind, Signoff, Step
from tui.runbook.variables import fill
from tui.screens.dialogs import (
    AskText,
    Confirm,
    Question,
    Resolve,
    RollbackReason,
    SendMessage,
    Sign,
    SignResult,
    TypeName,
)
from tui.screens.dialogs.pick import Pick
from tui.screens.run_text import check_lines, output_title, start_lines
from tui.session.state import SessionState, StepStatus, step_by_id
from tui.widgets.checklist import Checklist
from tui.widgets.foot import Foot
from tui.widgets.output_view import OutputView
from tui.widgets.progress import Moment, current_step, waiting_kind
from tui.widgets.step_card import StepCard
from tui.widgets.top_line import TopLine

TICK = 0.5


class RunScreen(Screen[None]):
    """Drives the open session. What is shown comes from the session's state alone; keys go to the conductor."""

    ACTS = "run"
    CSS_PATH: ClassVar[list[str | PurePath]] = [
        "../widgets/checklist.tcss",
        "../widgets/step_card.tcss",
        "../widgets/foot.tcss",
        "run.tcss",
    ]
    AUTO_FOCUS = "#checklist"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("run"),
        Binding("f3", "search_on(1)", "Next match", show=False),
        Binding("shift+f3", "search_on(-1)", "Match before", show=False),
    ]

    moment: reactive[Moment | None] = reactive(None, init=False)
    zoomed: reactive[bool] = reactive(False, init=False)

    def __init__(self) -> None:
        super().__init__()
        self._attempt = 0
        self._chosen = 0
        self._printed: datetime | None = None
        self._grown = 0
        self._searched = ""
        self._match = -1
        self._live = False
        self._titled = ""

    @property
    def conductor(self) -> Conductor:
        """The open session."""
        conductor = front(self).conductor
        if conductor is None:
            raise RunbookError("no session is open", "open one from the first screen")
        return conductor

    @property
    def state(self) -> SessionState:
        """The session's state as it is shown."""
        return self.moment.state if self.moment else self.conductor.state

    @property
    def step(self) -> Step | None:
        """The step looked at."""
        chosen = self.query_one("#checklist", Checklist).selected
        return step_by_id(self.state.runbook, chosen) if chosen else None

    def compose(self) -> ComposeResult:
        app = front(self)
        started = self.conductor.state.started
        flow = app.workspace.runbook.flows[started.flow].title if started else ""
        yield TopLine(f"{flow} · {app.workspace.runbook.runbook.title}", app.workspace.drill)
        with Horizontal(id="run"):
            yield Checklist(id="checklist")
            with Vertical(id="right"):
                yield StepCard(id="card")
                yield Static("", markup=False, id="output-title")
                yield OutputView(id="output")
        yield Foot(id="foot")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        self._show(self.conductor.state)
        self.set_interval(TICK, self._tick)

    # what is shown

    def on_session_changed(self, event: SessionChanged) -> None:
        self._show(event.state)

    def on_output_grew(self, event: OutputGrew) -> None:
        if event.attempt != self._attempt:
            self._output()
        view = self.query_one("#output", OutputView)
        if event.attempt == self._attempt:
            view.grew()

    def _tick(self) -> None:
        if front(self).conductor is not None:
            self._show(self.conductor.state)

    def _show(self, state: SessionState) -> None:
        workspace = front(self).workspace
        trouble = self.conductor.trouble
        running = state.running()
        if running is not None:
            size = self.conductor.executor.size(running.number)
            if size != self._grown:
                self._grown, self._printed = size, workspace.clock.now()
        else:
            self._printed, self._grown = None, 0
        self.moment = Moment(
            state=state,
            now=workspace.clock.now(),
            links=workspace.links(),
            trouble=f"{trouble.message}. {trouble.hint}" if trouble else "",
            printed=self._printed,
        )

    def watch_moment(self, moment: Moment) -> None:
        self.query_one("#checklist", Checklist).moment = moment
        self.query_one("#card", StepCard).moment = moment
        self.query_one("#foot", Foot).moment = moment
        self._output()

    @on(Checklist.Selected)
    def _selected(self, event: Checklist.Selected) -> None:
        self.query_one("#card", StepCard).step = event.step
        self._chosen = 0
        self._output()

    def _output(self) -> None:
        """Show the output of the attempt chosen, else the step's last."""
        chosen = self.query_one("#checklist", Checklist).selected
        attempts = self.state.step(chosen).attempts if chosen else ()
        wanted = self._chosen or (attempts[-1] if attempts else 0)
        title = output_title(self.state, wanted, self._searched)
        if title != self._titled:
            self._titled = title
            self.query_one("#output-title", Static).update(title, layout=False)
        view = self.query_one("#output", OutputView)
        if wanted != self._attempt:
            self._attempt = wanted
            view.show(self.conductor.executor.reader(wanted) if wanted else None, "no output: nothing has run here yet")
            self._searched, self._match = "", -1
        elif wanted and self._live and self.state.attempts[wanted].outcome is not None:
            view.settle(self.conductor.executor.reader(wanted))
        self._live = bool(wanted) and self.state.attempts[wanted].outcome is None

    def watch_zoomed(self, zoomed: bool) -> None:
        self.set_class(zoomed, "zoomed")
        if zoomed:
            self.query_one("#output", OutputView).focus()
        else:
            self.query_one("#checklist", Checklist).focus()

    # what the operator does

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except RunbookError as error:
            front(self).show_error(error)
        if front(self).conductor is not None:
            self._show(self.conductor.state)

    def action_next(self) -> None:
        """Start, go on, answer, sign: whatever the step needs; after the last step, the summary."""
        here = current_step(self.conductor.state)
        step = self.step
        if not here and not self.conductor.busy:
            front(self).show_summary()
            return
        if step is None or self.conductor.busy:
            return
        status = self.conductor.state.step(step.id).status
        if step.id != here and status in (StepStatus.PENDING, *SETTLED):
            self.query_one("#checklist", Checklist).back()
            return
        self._do(step, status)

    def _do(self, step: Step, status: StepStatus) -> None:
        waits = waiting_kind(self.conductor.state, step)
        if waits:
            self._human(step, waits)
        elif status is StepStatus.PENDING:
            self._ask_to_run(step, lambda: self._start(step))
        elif status is StepStatus.RUNNING:
            self._ask_to_run(step, lambda: self.conductor.start(step.id, "go on"))
        elif status is StepStatus.PASSED:
            self.action_sign()
        elif status is StepStatus.FAILED:
            self.action_retry()
        elif status is StepStatus.UNKNOWN:
            self._resolve(step)

    def _start(self, step: Step) -> None:
        """Start a step; where it begins with the operator's part, that comes at once."""
        self.conductor.start(step.id, step.danger.value)
        waits = waiting_kind(self.conductor.state, step)
        if waits:
            self._human(step, waits)

    def _ask_to_run(self, step: Step, act: Callable[[], None]) -> None:
        """The three tiers of a start: one key, a confirmation, the host's name."""
        if step.danger is Danger.NONE and not step.mutates:
            self._try(act)
            return
        state = self.conductor.state
        place = state.step(step.id).action
        lines, name = start_lines(state, step, place, self.moment.now if self.moment else None)

        def answered(yes: bool | None) -> None:
            if yes:
                self._try(act)

        if step.danger is Danger.DESTRUCTIVE:
            self.app.push_screen(TypeName(f"DESTRUCTIVE: {sanitise(step.title)}", lines, name), answered)
        else:
            self.app.push_screen(Confirm(step.title, lines, yes="Run it"), answered)

    def _human(self, step: Step, kind: str) -> None:
        now = self.conductor.state.step(step.id)
        action = step.actions[now.action]
        if kind == "ask":
            self._question(step, action)
        elif kind == "send":
            self._message(step, action)
        else:
            url = fill(action.open or "", self.conductor.values())
            front(self).open_link(url)
            self._try(lambda: self.conductor.opened(step.id))

    def _question(self, step: Step, action: Action) -> None:
        now = self.conductor.state.step(step.id)
        problem = "; ".join(
            f"{one.came}, expected {one.expected}" for one in now.checks.get(now.action, ()) if not one.ok
        )

        def answered(answer: str | None) -> None:
            if answer is not None:
                self._try(lambda: self.conductor.answer(step.id, answer))

        self.app.push_screen(Question(action, problem, fill(action.ask or "", self.conductor.values())), answered)

    def _message(self, step: Step, action: Action) -> None:
        name = action.send or ""
        message = self.conductor.runbook.messages[name]
        can_send = bool(message.send) and not front(self).workspace.drill

        def chosen(result: tuple[str, str] | None) -> None:
            if result is None:
                return
            how, text = result
            front(self).work(self, lambda: self.conductor.deliver(name, step.id, text, how), lambda _: self._tick())

        self.app.push_screen(
            SendMessage(
                fill(message.title, self.conductor.values()), self.conductor.message(name), can_send, message.to
            ),
            chosen,
        )

    def action_sign(self) -> None:
        step = self.step
        if step is None or self.conductor.state.step(step.id).status is not StepStatus.PASSED:
            front(self).show_error(NotNow("nothing to sign here", "a step is signed when everything in it is done"))
            return
        started = self.conductor.state.started
        second = started.second_operator if started else ""

        def signed(result: SignResult | None) -> None:
            if result is not None:
                self._try(lambda: self.conductor.sign(step.id, result.note, result.second_operator))

        lines = check_lines(self.conductor.state, step)
        self.app.push_screen(Sign(step.title, lines, step.signoff is Signoff.TWO_PERSON, second), signed)

    def action_skip(self) -> None:
        self._with_reason("Skip", "Why is it left out?", self.conductor.skip)

    def action_reopen(self) -> None:
        self._with_reason("Do it again", "Why is it done again?", self.conductor.reopen)

    def _with_reason(self, title: str, prompt: str, act: Callable[[str, str], None]) -> None:
        step = self.step
        if step is None:
            return

        def reasoned(reason: str | None) -> None:
            if reason:
                self._try(lambda: act(step.id, reason))

        self.app.push_screen(AskText(f"{title}: {sanitise(step.title)}", prompt), reasoned)

    def action_retry(self) -> None:
        step = self.step
        if step is None or self.conductor.state.step(step.id).status is not StepStatus.FAILED:
            front(self).show_error(NotNow("nothing to retry here", "a step that failed is retried"))
            return
        self._ask_to_run(step, lambda: self.conductor.retry(step.id))

    def action_note(self) -> None:
        step = self.step

        def written(text: str | None) -> None:
            if text:
                self._try(lambda: self.conductor.note(text, step.id if step else ""))

        self.app.push_screen(AskText("Note", f"About: {sanitise(step.title) if step else 'the session'}"), written)

    def action_cancel(self) -> None:
        running = self.conductor.state.running()
        if running is None:
            front(self).show_error(NotNow("no command is running"))
            return
        lines = [f"{running.host}: {running.command}", "Its whole process group is ended; then it says cancelled."]

        def answered(yes: bool | None) -> None:
            if yes:
                self.conductor.cancel()

        self.app.push_screen(Confirm("Stop the running command?", lines, yes="Stop it"), answered)

    def _resolve(self, step: Step) -> None:
        attempt = self.conductor.state.attempts[self.conductor.state.step(step.id).attempts[-1]]

        def resolved(result: tuple[bool, str] | None) -> None:
            if result is not None:
                self._try(lambda: self.conductor.resolve(step.id, *result))

        self.app.push_screen(Resolve(attempt), resolved)

    def action_open_link(self) -> None:
        step = self.step
        link = next((action.open for action in step.actions if action.open), None) if step else None
        if link:
            front(self).open_link(fill(link, self.conductor.values()))
        else:
            front(self).show_error(NotNow("this step names no page"))

    def action_rollback(self) -> None:
        conductor = self.conductor
        flow = next((name for name, one in conductor.runbook.flows.items() if one.kind is FlowKind.ROLLBACK), "")
        if not flow or conductor.state.flow == flow:
            front(self).show_error(NotNow("there is no rollback to turn to from here"))
            return
        if conductor.busy:
            front(self).show_error(NotNow("a command is running", "c cancels it; then ctrl+r"))
            return

        def reasoned(reason: str | None) -> None:
            if reason:
                self._try(lambda: conductor.roll_back(flow, reason))
                self.query_one("#checklist", Checklist).back()

        self.app.push_screen(RollbackReason([one.title for one in conductor.runbook.rollback_reasons]), reasoned)

    def action_attempts(self) -> None:
        step = self.step
        attempts = self.state.step(step.id).attempts if step else ()
        if not attempts:
            front(self).show_error(NotNow("nothing has run in this step"))
            return
        titles = [output_title(self.state, number, "") for number in attempts]

        def picked(place: int | None) -> None:
            if place is not None:
                self._chosen = attempts[place]
                self._output()

        self.app.push_screen(Pick("Whose output?", titles), picked)

    def action_here(self) -> None:
        self.query_one("#checklist", Checklist).back()

    def action_wrap(self) -> None:
        view = self.query_one("#output", OutputView)
        view.wrapped = not view.wrapped

    def action_zoom(self) -> None:
        self.zoomed = not self.zoomed

    def action_search(self) -> None:
        def written(text: str | None) -> None:
            if text:
                self._searched, self._match = text, -1
                self._search(self.query_one("#output", OutputView).top, 1)

        self.app.push_screen(AskText("Search", "In this output (F3 next, shift+F3 before):", self._searched), written)

    def action_search_on(self, direction: int) -> None:
        if self._searched:
            self._search(self._match + direction, direction)

    def _search(self, start: int, direction: int) -> None:
        """Search on a thread, with a reader of its own."""
        attempt, text = self._attempt, self._searched
        if not attempt:
            return
        reader = self.conductor.executor.reader(attempt)

        def find() -> int:
            """The next match; from the other end where there is none on the way."""
            other = 0 if direction > 0 else max(0, reader.lines_total() - 1)
            found = next(reader.search(text, max(0, start), direction), -1)
            return found if found >= 0 else next(reader.search(text, other, direction), -1)

        def found(line: int) -> None:
            if line < 0:
                front(self).say(f"{text!r} is not in this output")
            else:
                self._match = line
            self.query_one("#output", OutputView).mark(text, line)

        front(self).work(self, find, found)

    def action_summary(self) -> None:
        front(self).show_summary()

    async def action_quit(self) -> None:
        await self.app.action_quit()


SETTLED = (StepStatus.SIGNED, StepStatus.SKIPPED, StepStatus.NOT_NEEDED)
