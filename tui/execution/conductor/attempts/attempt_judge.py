"""Judges attempts: records how each ended, compares it with what is expected, and takes values from its output."""

from contextlib import suppress
from datetime import timedelta

from tui.execution.conductor.attempts.attempt_plan import AttemptPlan, known_values
from tui.execution.conductor.executor import Executor, Finished, marked
from tui.execution.judging.captures import Captured, beside_baseline, capture, captures_secret
from tui.execution.judging.error_line import error_line
from tui.execution.judging.expectations import Output, Verdict, check, explained, told, unmet
from tui.execution.measuring.prober import check_probe, judged_alone
from tui.execution.measuring.watch import expected_of_watch
from tui.execution.recorder import Recorder
from tui.execution.secrecy.secrets import Secrets
from tui.runbook.templates.filling import filled_action, judged_action
from tui.session import events as ev
from tui.session.outcome import OutcomeKind
from tui.session.output.output import OutputUnwritable
from tui.session.views.doubts import changed_after

NOT_THERE = (OutcomeKind.TIMED_OUT, OutcomeKind.UNREACHABLE)
"""How an attempt ends that waits for something which is not there yet, as a host that is restarting."""


class AttemptJudge:
    """Judges the attempts of one session once they have ended; several may be judged at once."""

    def __init__(self, recorder: Recorder, executor: Executor, secrets: Secrets) -> None:
        self._recorder = recorder
        self._executor = executor
        self._secrets = secrets

    def judge(
        self, plan: AttemptPlan, finished: Finished, captured: Captured | None = None, recorded: bool = False
    ) -> Verdict:
        """Record the end of an attempt, and hold the expectations against it."""
        drill, ended = self._recorder.state.drill, tuple[ev.AttemptFinished, ...]()
        output = Output.wanted(plan.action, drill, self._executor.directory, plan.number)
        finished = marked(finished, output, drill)
        captured = captured or self._captured(plan, finished, output)
        if not recorded:
            lost = not finished.outcome.ended_by_itself
            said = error_line(self._executor.outputs.reader(plan.number)) if lost else ""
            waiting = finished.outcome.kind in NOT_THERE and plan.until is not None and self._tries_again(plan)
            ended = (ended_event(plan.number, finished, said, waiting),)
            if lost:
                self._recorder.record_happened(*ended)
                return Verdict.RETRY if waiting else Verdict.BAD
        try:
            verdict, judged = self._check(plan, finished, output, captured)
        except Exception:  # how it ended is known, whatever is wrong with judging it
            self._recorder.record_happened(*ended)
            raise
        self._recorder.record_happened(*ended, *judged)
        return verdict

    def _captured(self, plan: AttemptPlan, finished: Finished, output: Output) -> Captured:
        """What is to be captured; secrets are known, and hidden in the output, from here on."""
        action = filled_action(plan.action, known_values(self._recorder, plan.member))
        text = judged_alone(output).text if action.probe else output.judged(action.expect.on_stderr)
        found = capture(action.capture, text) if finished.outcome.ended_by_itself else Captured()
        captured = self.known(found)
        if captures_secret(action):
            with suppress(OutputUnwritable):  # without its mask the output is shown to nobody
                self._executor.mask(plan.number)
        return captured

    def known(self, captured: Captured) -> Captured:
        """What was captured, its secrets redacted from here on."""
        for name, value in captured.secrets.items():
            self._secrets.keep(name, value)
        return captured

    def _check(
        self, plan: AttemptPlan, finished: Finished, output: Output, captured: Captured
    ) -> tuple[Verdict, list[ev.AnyEvent]]:
        """Hold the expectations against an attempt that ended by itself; what it captured is kept if they are met.

        Returns also the events that say so, which are to be recorded after its end.
        """
        state, values, outcome = self._recorder.state, known_values(self._recorder, plan.member), finished.outcome
        action = judged_action(plan.action, values)
        if action.interactive is not None:
            checks: tuple[ev.Check, ...] = ()
        elif action.probe:
            checks = check_probe(action.expect, finished.checks, outcome, output.text, finished.seconds)
        else:
            expect = expected_of_watch(action) if action.watch else action.expect
            checks = check(expect, outcome, output, finished.seconds)
        if finished.lost:
            kept = ev.Check(expected="all of the output kept", came=f"{finished.lost}; free space first", ok=False)
            checks = (kept, *checks)
        checks = (*checks, *unmet(plan.action, values, captured.missing))
        if changed_after(state, plan.step):
            captured, moved = beside_baseline(captured, action.capture, values)
            checks = (*checks, *moved)
        good = all(held.ok or held.warning for held in checks)
        keep = good and not state.attempts[plan.number].again
        found = captured.events(plan.step.id, plan.member) if keep else []
        retrying = not good and self._tries_again(plan)
        said = ""
        if not (action.probe or action.watch or action.interactive or all(held.ok for held in checks)):
            reader = self._executor.outputs.reader(plan.number)
            said = error_line(reader, succeeded=outcome.kind is OutcomeKind.SUCCEEDED)
        shown = explained(told(checks, self._executor.redact), said)
        checked = ev.AttemptChecked(attempt=plan.number, checks=shown, retrying=retrying, said="" if good else said)
        return Verdict.RETRY if retrying else Verdict.final(good), [*found, checked]

    def _tries_again(self, plan: AttemptPlan) -> bool:
        """Whether what is not as expected is asked again."""
        if plan.until is None:
            return not plan.last
        return self._recorder.now() + timedelta(seconds=plan.action.pause) < plan.until


def ended_event(number: int, finished: Finished, said: str = "", waiting: bool = False) -> ev.AttemptFinished:
    """The event that an attempt ended; `waiting`: for something that is not there yet, and so it is tried again."""
    return ev.AttemptFinished(
        attempt=number,
        outcome=finished.outcome,
        seconds=round(finished.seconds, 3),
        size=finished.size,
        sha256=finished.sha256,
        lost=finished.lost,
        timing=finished.timing,
        said=said,
        retrying=waiting,
    )
