"""Makes one attempt at an action: announced, run, judged and recorded."""

import threading
from datetime import datetime, timedelta
from functools import partial

from msgspec.structs import replace

from tui.errors import RunbookError
from tui.execution.commands import prepare, shown
from tui.execution.conductor.attempts.attempt_judge import AttemptJudge, ended_event
from tui.execution.conductor.attempts.attempt_plan import AttemptPlan, known_values
from tui.execution.conductor.executor import Executor, Finished, marked, not_started
from tui.execution.epochs.claims import claimed
from tui.execution.epochs.holding import Holding, refused
from tui.execution.judging.captures import Captured, capture, capture_probe, captures_secret
from tui.execution.judging.expectations import Output, Verdict
from tui.execution.measuring.prober import DEADLINE, Measured, Prober, judged_alone
from tui.execution.measuring.watch import follow, since, wanted_by, words_of_watch
from tui.execution.recorder import Recorder
from tui.execution.secrecy.secrets import Secrets
from tui.runbook.described.probes import given_words, words_of
from tui.runbook.facts import host_named
from tui.runbook.groups.members import asked_through
from tui.runbook.model import Step, seconds
from tui.runbook.shell.counting import may_change
from tui.runbook.templates.filling import filled_action
from tui.runbook.templates.variables import fill_shown
from tui.session import events as ev
from tui.session.groups.cells import member_of
from tui.session.outcome import Outcome
from tui.session.state import LOOK, Attempt, action_at, last_attempt
from tui.session.tries import waiting_since
from tui.transports.base import UNSHARED, CancelToken, OutputSink, TerminalEnd


class AttemptRunner:
    """Makes attempts for one session; several may be made at once, each on a thread of its own."""

    def __init__(
        self, recorder: Recorder, executor: Executor, secrets: Secrets, prober: Prober, holding: Holding
    ) -> None:
        self._holding = holding
        self._runbook = recorder.runbook
        self._executor = executor
        self._prober = prober
        self._numbering = threading.Lock()
        self._secrets = secrets
        self._recorder = recorder
        self._judge = AttemptJudge(recorder, executor, secrets)

    @property
    def epoch(self) -> int:
        """In which epoch of the session attempts are made."""
        return self._holding.fence.epoch

    def key(self, step: str, number: int) -> str:
        """What identifies an attempt on its host."""
        return f"{self._recorder.state.facts.get('session', '')}/{step}/{number}"

    def can_mask(self, step: Step, index: int) -> bool:
        """Whether every secret that an action's output may have is known in this process."""
        action = action_at(step, index)
        return not self._secrets.needed(action.secrets) and not captures_secret(action)

    def make(
        self, step: Step, index: int, cancel: CancelToken, last: bool = True, again: bool = False, member: str = ""
    ) -> Verdict:
        """One attempt at an action of a step, on a `member` of the group that it is for; blocks until it is judged."""
        action, values = step.actions[index], known_values(self._recorder, member)
        if action.probe is not None:
            words = words_of(self._runbook, action.probe, values)
            host = member or self._runbook.services[action.probe.service].through
            attempt, mutates = self._probe, step.mutates
        elif action.watch is not None:
            words, host = words_of_watch(action, values), self._runbook.monitors[action.watch.monitor].on
            attempt, mutates = self._watch, False
        else:
            words, host = shown(action, values), member or host_named(self._runbook, action.on)
            attempt, mutates = self._command, step.mutates
        plan = AttemptPlan(
            step=step,
            index=index,
            values=values,
            host=host,
            command=words,
            mutates=mutates and not again,
            durable=action.run is not None and mutates and not again and self._executor.transports[host].durable,
            stdin=fill_shown(action.stdin, values),
            again=again,
            last=last,
            until=None if again else self._waits_until(step, index, member),
            member=member,
        )
        return attempt(plan, cancel)

    def hand_over(self, step: Step, index: int, end: TerminalEnd, cancel: CancelToken) -> Verdict:
        """One attempt that hands the operator's terminal over to a program; whatever they did there, it is done."""
        action, values = step.actions[index], self._recorder.values()
        host, words = host_named(self._runbook, action.on), shown(action, values)
        plan = AttemptPlan(step=step, index=index, values=values, host=host, command=words, mutates=step.mutates)
        plan = self._announced(plan)
        try:
            key = self.key(step.id, plan.number)
            command = prepare(self._runbook, action, values, self._secrets, key)
        except RunbookError as error:
            self._recorder.record(_not_started(plan.number, error))
            return Verdict.BAD
        if (fenced := self._refused(plan)) is not None:
            return self._judge.judge(plan, fenced)
        transport = self._executor.transports[host]
        command = replace(command, fence=self._holding.fence)
        work = partial(transport.terminal, command, end, cancel=cancel)
        return self._judge.judge(plan, self._executor.measure(plan.number, lambda sink: work(sink=sink)))

    def _waits_until(self, step: Step, index: int, member: str) -> datetime | None:
        """The end of the time for which an action waits for something, of which earlier tries have taken their part."""
        until, now = step.actions[index].until, self._recorder.now()
        if until is None or may_change(step.actions[index]):
            return None
        return (waiting_since(self._recorder.state, step, index, member) or now) + timedelta(
            seconds=seconds(until.within)
        )

    def look(self, step: Step, cancel: CancelToken) -> None:
        """Look whether there is anything for a rollback step to undo."""
        action, values = action_at(step, LOOK), self._recorder.values()
        plan = self._announced(
            AttemptPlan(
                step=step,
                index=LOOK,
                values=values,
                host=host_named(self._runbook, action.on),
                command=shown(action, values),
                stdin=fill_shown(action.stdin, values),
            )
        )
        needed = None
        finished = self._run(plan, cancel)
        if finished is not None:
            finished = marked(finished, Output.read(self._executor.directory, plan.number), self._recorder.state.drill)
            self._recorder.record_happened(ended_event(plan.number, finished))
            status = finished.outcome.exit_status
            needed = status == 0 if status in (0, 1) else None
        self._recorder.record_happened(ev.StepLooked(step=step.id, attempt=plan.number, needed=needed))

    def judge_left(self, step: Step, left: Attempt, finished: Finished, recorded: bool = False) -> Verdict:
        """Judge an attempt of an earlier process; `recorded` where its end is in the journal already."""
        member = member_of(self._recorder.state, left)
        plan = AttemptPlan(
            step=step,
            index=left.action,
            values=known_values(self._recorder, member),
            host=left.host,
            command=left.command,
            member=member,
            number=left.number,
        )
        return self._judge.judge(plan, finished, recorded=recorded)

    def capture_left(self, step: Step, left: Attempt) -> tuple[str, ...]:
        """Take the values from what there is of an attempt whose outcome a person decided; returns those not found."""
        member = member_of(self._recorder.state, left)
        action = filled_action(step.actions[left.action], known_values(self._recorder, member))
        output = Output.read(self._executor.directory, left.number)
        captured = capture(action.capture, (judged_alone(output) if action.probe else output).text)
        self._recorder.record_happened(*self._judge.known(captured).events(step.id, member))
        return tuple(captured.missing)

    def _announced(self, plan: AttemptPlan) -> AttemptPlan:
        """Record that an attempt is about to start, under a number of its own."""
        with self._numbering:
            number = last_attempt(self._recorder.state) + 1
            self._recorder.record(
                ev.AttemptStarted(
                    attempt=number,
                    step=plan.step.id,
                    action=plan.index,
                    host=plan.host,
                    command=plan.command,
                    mutates=plan.mutates,
                    durable=plan.durable,
                    again=plan.again,
                    stdin=plan.stdin,
                )
            )
        return replace(plan, number=number)

    def _run(self, plan: AttemptPlan, cancel: CancelToken) -> Finished | None:
        """Run a command; None where it could not be prepared, which is recorded."""
        action, key = plan.action, self.key(plan.step.id, plan.number)
        try:
            command = prepare(self._runbook, action, plan.values, self._secrets, key)
        except RunbookError as error:
            self._recorder.record(_not_started(plan.number, error))
            return None
        command = replace(command, durable=plan.durable, fence=self._holding.fence if plan.mutates else UNSHARED)
        secret = captures_secret(action)
        return self._refused(plan) or self._executor.run(plan.number, plan.host, command, cancel, secret)

    def _refused(self, plan: AttemptPlan) -> Finished | None:
        """The end of a change that does not start, since another person has the session; None where it may."""
        outcome = refused(self._holding) if plan.mutates else None
        if outcome is None and plan.mutates and plan.action.probe is not None:
            key, state = self.key(plan.step.id, plan.number), self._recorder.state
            through = asked_through(self._runbook, self._runbook.services[plan.action.probe.service], plan.values)
            outcome = claimed(self._holding, self._executor.transports, state, through, key)
        return Finished(outcome, 0.0, 0, "") if outcome is not None else None

    def _command(self, plan: AttemptPlan, cancel: CancelToken) -> Verdict:
        plan = self._announced(plan)
        finished = self._run(plan, cancel)
        return Verdict.BAD if finished is None else self._judge.judge(plan, finished)

    def _probe(self, plan: AttemptPlan, cancel: CancelToken) -> Verdict:
        plan, action, probe = self._announced(plan), plan.action, plan.action.probe
        assert probe is not None
        within = seconds(action.timeout) if action.timeout else DEADLINE
        found: list[Measured] = []

        def measure(sink: OutputSink) -> Outcome:
            found.append(self._prober.measure(probe, plan.values, within, sink, cancel))
            return found[0].outcome

        finished = self._refused(plan) or self._executor.measure(plan.number, measure)
        if not found:
            return self._judge.judge(plan, finished)
        captured = Captured()
        if finished.outcome.ended_by_itself:
            text = judged_alone(Output.read(self._executor.directory, plan.number)).text
            captures = filled_action(action, plan.values).capture
            captured = self._judge.known(capture_probe(captures, text, found[0].secrets))
        if found[0].figures:
            about = given_words(probe, plan.values)
            measured = ev.ProbeMeasured(
                attempt=plan.number, service=probe.service, check=probe.check, about=about, figures=found[0].figures
            )
            self._recorder.record_happened(measured)
        return self._judge.judge(plan, replace(finished, checks=found[0].checks), captured)

    def _watch(self, plan: AttemptPlan, cancel: CancelToken) -> Verdict:
        """One attempt that judges a monitor's samples."""
        watched, recorder = plan.action.watch, self._recorder
        assert watched is not None
        monitor = self._runbook.monitors[watched.monitor]
        begun = since(recorder.state, watched, recorder.now(), plan.step.id, plan.index)
        plan = self._announced(plan)
        try:
            wanted = wanted_by(plan.action, monitor, plan.values, begun)
        except RunbookError as error:
            recorder.record(_not_started(plan.number, error))
            return Verdict.BAD
        wanted = replace(wanted, alone=plan.step.alone)

        def work(sink: OutputSink) -> Outcome:
            return follow(lambda: recorder.state, wanted, sink, cancel)

        return self._judge.judge(plan, self._executor.measure(plan.number, work))


def _not_started(number: int, error: RunbookError) -> ev.AttemptFinished:
    """The end of an attempt that could not be prepared."""
    return ev.AttemptFinished(attempt=number, outcome=not_started(error), seconds=0.0)
