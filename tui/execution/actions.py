"""Runs a step's commands one after the other: each attempt announced, run, judged and recorded."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Protocol

from msgspec.structs import replace

from tui.errors import RunbookError
from tui.execution.captures import Captured, beside_baseline, capture, capture_probe
from tui.execution.commands import prepare, shown
from tui.execution.executor import Executor, Finished
from tui.execution.expectations import Output, check, unmet
from tui.execution.probing import DEADLINE, Measured, Prober, check_probe, judged_alone
from tui.execution.secrets import Secrets
from tui.execution.watch import expected_of_watch, follow, patience, since, words_of_watch
from tui.runbook.filling import filled_action
from tui.runbook.model import Action, Runbook, Step, seconds
from tui.runbook.probing.describe import given_words, words_of
from tui.runbook.variables import fill
from tui.runbook.waves import waves
from tui.session import events as ev
from tui.session.doubts import changed_after, checks_of
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.output import OutputUnwritable
from tui.session.state import LOOK, Attempt, SessionState, action_at, last_attempt
from tui.transports.base import CancelToken, Left, OutputSink

AT_ONCE = 10
"""Checks run at once, as many as sshd has sessions for on one connection; a refused one waits for the next free."""


class Recorder(Protocol):
    """The session as the runner sees it: its state, the values known, and the way to record what happens."""

    @property
    def state(self) -> SessionState:
        """The state after the last event."""

    def values(self) -> Mapping[str, str]:
        """Every value a template may name."""

    def now(self) -> datetime:
        """The time."""

    def record(self, event: ev.AnyEvent) -> None:
        """Make an event durable and fold it in, or raise: what it announces must not happen."""

    def record_happened(self, event: ev.AnyEvent) -> None:
        """The same for what has happened already, waiting while the disk is full."""


def always(step: Step, action: Action) -> bool:
    """Nothing keeps an action from being run."""
    return True


class ActionRunner:
    """Runs actions for one session, one step on a thread at a time."""

    def __init__(
        self, runbook: Runbook, executor: Executor, secrets: Secrets, recorder: Recorder, prober: Prober
    ) -> None:
        self._runbook = runbook
        self._executor = executor
        self._prober = prober
        self._numbering = threading.Lock()
        self._secrets = secrets
        self._recorder = recorder

    def run(self, step: Step, cancel: CancelToken, may_go_on: Callable[[Step, Action], bool] = always) -> None:
        """Run the step's commands from where it stands until a person is needed, one is not good, or none is left."""
        while not cancel.cancelled:
            index = self._recorder.state.step(step.id).action
            if index >= len(step.actions) or not step.actions[index].automatic:
                return
            if not may_go_on(step, step.actions[index]):
                return
            if not self._until_good(step, index, cancel):
                return

    def together(self, steps: Sequence[Step], cancel: CancelToken, settled: Callable[[Step], None]) -> None:
        """Run the commands and probes of steps that change nothing at once, at most `AT_ONCE` of them at a time.

        Args:
            settled: told of each step as it comes to rest, on the thread that ran it.
        """

        def one(step: Step) -> None:
            if not cancel.cancelled:
                self.run(step, cancel)
                settled(step)

        with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="check") as pool:
            for wave in waves(steps):
                for done in [pool.submit(one, step) for step in wave]:
                    done.result()

    def can_mask(self, step: Step, index: int) -> bool:
        """Whether every secret that an action's output may have is known in this process."""
        action = action_at(step, index)
        return not self._secrets.needed(action.secrets) and not captures_secret(action)

    def _until_good(self, step: Step, index: int, cancel: CancelToken) -> bool:
        """Run one action, again as often as its retry allows; a step that changes something is never run again."""
        retry = step.actions[index].retry
        left = retry.times if retry and not step.mutates else 0
        while True:
            good = self._attempt(step, index, cancel, last=left == 0)
            if good is not None or retry is None:
                return bool(good)
            left -= 1
            if cancel.wait(seconds(retry.every)):
                return False

    def key(self, step: str, number: int) -> str:
        """What identifies an attempt on its host."""
        return f"{self._recorder.state.facts.get('session', '')}/{step}/{number}"

    def rejoin(self, step: Step, left: Attempt, cancel: CancelToken) -> bool:
        """Follow a durable attempt that was left to its end, judge it and record it; says whether it was good.

        Raises:
            Detached: it goes on without us.
        """
        action = step.actions[left.action]
        timeout = seconds(action.timeout or self._runbook.runbook.default_timeout)
        since = max(0.0, (self._recorder.now() - left.started).total_seconds())
        remaining = max(0.0, timeout - since) if timeout is not None else None
        hidden = captures_secret(action) or not self.can_mask(step, left.action)
        wanted = Left(key=self.key(step.id, left.number), timeout=remaining)
        try:
            finished = self._executor.rejoin(left.number, left.host, wanted, since, cancel, secret=hidden)
        except OutputUnwritable as error:
            outcome = Outcome(OutcomeKind.UNKNOWN, detail=f"its output cannot be kept: {error.message}")
            finished = Finished(outcome, since, 0, "")
        if hidden and not captures_secret(action) and self.can_mask(step, left.action):
            with suppress(OutputUnwritable):  # its secrets became known while it ran
                self._executor.mask(left.number)
        return bool(self._judge(step, action, left.number, finished, last=True))

    def check_again(self, steps: Sequence[Step], cancel: CancelToken) -> None:
        """Make the checks of settled steps once more, one after the other."""
        for step in steps:
            for index, action in enumerate(step.actions):
                if cancel.cancelled:
                    return
                if action.automatic:
                    self._attempt(step, index, cancel, last=True, again=True)

    def still_holds(self, step: Step, cancel: CancelToken) -> bool | None:
        """Look whether a change still holds after a restart of its host; None where nothing tells."""
        if step.look is not None:
            self.look(step, cancel)
            found = self._recorder.state.looks.get(step.id)
            return None if found is None else not found
        checks = checks_of(self._recorder.state, step)
        good = [self._attempt(other, place, cancel, last=True, again=True) for other, place in checks]
        if cancel.cancelled or not good:
            return None
        return all(good)

    def look(self, step: Step, cancel: CancelToken) -> None:
        """Look whether there is anything for a rollback step to undo."""
        action = action_at(step, LOOK)
        values = self._recorder.values()
        host = action.on or self._runbook.runbook.default_host
        number = self._announce(step, LOOK, host, shown(action, values), stdin=fill(action.stdin, values))
        needed = None
        try:
            command = prepare(self._runbook, action, values, self._secrets, self.key(step.id, number))
        except RunbookError as error:
            self._recorder.record(_not_started(number, error))
        else:
            finished = self._executor.run(number, host, command, cancel)
            self._recorder.record_happened(_ended(number, finished))
            status = finished.outcome.exit_status
            needed = status == 0 if status in (0, 1) else None
        self._recorder.record_happened(ev.StepLooked(step=step.id, attempt=number, needed=needed))

    def _attempt(self, step: Step, index: int, cancel: CancelToken, last: bool, again: bool = False) -> bool | None:
        """One attempt. True and False are final; None says that it was not good and may be run again."""
        action = step.actions[index]
        if action.probe is not None:
            return self._probe(step, index, cancel, last, again)
        if action.watch is not None:
            return self._watch(step, index, cancel, last, again)
        values = self._recorder.values()
        host = action.on or self._runbook.runbook.default_host
        durable = step.mutates and self._executor.transports[host].durable
        given = fill(action.stdin, values)
        number = self._announce(step, index, host, shown(action, values), step.mutates, durable, again, given)
        try:
            command = prepare(self._runbook, action, values, self._secrets, self.key(step.id, number), durable)
        except RunbookError as error:
            self._recorder.record(_not_started(number, error))
            return False
        finished = self._executor.run(number, host, command, cancel, secret=captures_secret(action))
        return self._judge(step, action, number, finished, last)

    def _probe(self, step: Step, index: int, cancel: CancelToken, last: bool, again: bool) -> bool | None:
        """One attempt that is a probe."""
        action = step.actions[index]
        assert action.probe is not None
        probe, values = action.probe, self._recorder.values()
        words = words_of(self._runbook, probe, values)
        place = self._runbook.services[probe.service].through
        number = self._announce(step, index, place, words, mutates=step.mutates, again=again)
        within = seconds(action.timeout) if action.timeout else DEADLINE
        found: list[Measured] = []

        def measure(sink: OutputSink) -> Outcome:
            found.append(self._prober.measure(probe, values, within, sink, cancel))
            return found[0].outcome

        finished = self._executor.measure(number, measure)
        if not found:
            return self._judge(step, action, number, finished, last)
        captured = Captured()
        if finished.outcome.ended_by_itself:
            text = judged_alone(Output.read(self._executor.directory, number)).text
            captured = self._known(capture_probe(filled_action(action, values).capture, text, found[0].secrets))
        if found[0].figures:
            about = given_words(probe, values)
            measured = ev.ProbeMeasured(
                attempt=number, service=probe.service, check=probe.check, about=about, figures=found[0].figures
            )
            self._recorder.record_happened(measured)
        return self._judge(step, action, number, replace(finished, checks=found[0].checks), last, captured)

    def _watch(self, step: Step, index: int, cancel: CancelToken, last: bool, again: bool) -> bool | None:
        """One attempt that judges a monitor's samples."""
        action, values = step.actions[index], self._recorder.values()
        assert action.watch is not None
        watched, monitor = action.watch, self._runbook.monitors[action.watch.monitor]
        wanted = int(fill(watched.samples, values))
        begun = since(self._recorder.state, watched, self._recorder.now(), step.id, index)
        number = self._announce(step, index, monitor.on, words_of_watch(action, values), again=again)
        within = patience(action, monitor, wanted)

        def work(sink: OutputSink) -> Outcome:
            recorder = self._recorder
            return follow(lambda: recorder.state, watched, monitor, step.alone, wanted, begun, within, sink, cancel)

        return self._judge(step, action, number, self._executor.measure(number, work), last)

    def _announce(
        self,
        step: Step,
        index: int,
        host: str,
        command: str,
        mutates: bool = False,
        durable: bool = False,
        again: bool = False,
        stdin: str = "",
    ) -> int:
        """Record that an attempt is about to start, under a number of its own; several may start at once."""
        with self._numbering:
            number = last_attempt(self._recorder.state) + 1
            self._recorder.record(
                ev.AttemptStarted(
                    attempt=number,
                    step=step.id,
                    action=index,
                    host=host,
                    command=command,
                    mutates=mutates,
                    durable=durable,
                    again=again,
                    stdin=stdin,
                )
            )
        return number

    def judge(self, step: Step, left: Attempt) -> bool:
        """Hold the expectations against an attempt that ended before anybody could; says whether it was good."""
        assert left.outcome is not None
        finished = Finished(left.outcome, left.seconds or 0.0, left.size, left.sha256, left.lost)
        action = step.actions[left.action]
        output = Output.read(self._executor.directory, left.number)
        captured = self._captured(action, left.number, finished, output)
        return bool(self._check(step, action, left.number, finished, output, captured, last=True))

    def capture_left(self, step: Step, left: Attempt) -> tuple[str, ...]:
        """Take the values from what there is of an attempt whose outcome a person decided; returns those not found."""
        action = filled_action(step.actions[left.action], self._recorder.values())
        output = Output.read(self._executor.directory, left.number)
        captured = capture(action.capture, (judged_alone(output) if action.probe else output).text)
        for name, value in captured.secrets.items():
            self._secrets.keep(name, value)
        self._keep(step.id, captured)
        return tuple(captured.missing)

    def _judge(
        self,
        step: Step,
        action: Action,
        number: int,
        finished: Finished,
        last: bool,
        captured: Captured | None = None,
    ) -> bool | None:
        output = Output.read(self._executor.directory, number)
        captured = captured or self._captured(action, number, finished, output)
        self._recorder.record_happened(_ended(number, finished))
        if not finished.outcome.ended_by_itself:
            return False
        return self._check(step, action, number, finished, output, captured, last)

    def _captured(self, action: Action, number: int, finished: Finished, output: Output) -> Captured:
        """What is to be captured; secrets are known, and hidden in the output, from here on."""
        action = filled_action(action, self._recorder.values())
        text = judged_alone(output).text if action.probe else output.judged(action.expect.on_stderr)
        found = capture(action.capture, text) if finished.outcome.ended_by_itself else Captured()
        captured = self._known(found)
        if captures_secret(action):
            with suppress(OutputUnwritable):  # without its mask the output is shown to nobody
                self._executor.mask(number)
        return captured

    def _known(self, captured: Captured) -> Captured:
        """What was captured, its secrets redacted from here on."""
        for name, value in captured.secrets.items():
            self._secrets.keep(name, value)
        return captured

    def _check(
        self,
        step: Step,
        action: Action,
        number: int,
        finished: Finished,
        output: Output,
        captured: Captured,
        last: bool,
    ) -> bool | None:
        outcome, took = finished.outcome, finished.seconds
        action = filled_action(action, self._recorder.values())
        if action.probe:
            checks = check_probe(action.expect, finished.checks, outcome, output.text, took)
        else:
            expect = expected_of_watch(action) if action.watch else action.expect
            checks = check(expect, outcome, output, took)
        if finished.lost:
            kept = ev.Check(expected="all of the output kept", came=f"{finished.lost}; free space first", ok=False)
            checks = (kept, *checks)
        checks = (*checks, *unmet(action.expect, captured.missing))
        if changed_after(self._recorder.state, step):
            captured, moved = beside_baseline(captured, action.capture, self._recorder.values())
            checks = (*checks, *moved)
        good = all(one.ok or one.warning for one in checks)
        if good and not self._recorder.state.attempts[number].again:
            self._keep(step.id, captured)
        self._recorder.record_happened(ev.AttemptChecked(attempt=number, checks=checks, retrying=not good and not last))
        return good if good or last else None

    def _keep(self, step: str, captured: Captured) -> None:
        for name, value in captured.values.items():
            self._recorder.record_happened(ev.ValueCaptured(step=step, name=name, value=value))
        for name in captured.secrets:
            self._recorder.record_happened(ev.ValueCaptured(step=step, name=name, secret=True))


def captures_secret(action: Action) -> bool:
    """Whether the output of the action has a secret that is not known before it has run."""
    return any(wanted.secret for wanted in action.capture.values())


def _ended(number: int, finished: Finished) -> ev.AttemptFinished:
    return ev.AttemptFinished(
        attempt=number,
        outcome=finished.outcome,
        seconds=round(finished.seconds, 3),
        size=finished.size,
        sha256=finished.sha256,
        lost=finished.lost,
        timing=finished.timing,
    )


def _not_started(number: int, error: RunbookError) -> ev.AttemptFinished:
    """The end of an attempt that could not be prepared: nothing was sent to the host."""
    detail = ". ".join(part for part in (error.message, error.hint) if part)
    outcome = Outcome(OutcomeKind.UNREACHABLE, detail=f"not started: {detail}")
    return ev.AttemptFinished(attempt=number, outcome=outcome, seconds=0.0)
