"""Runs the operator's own commands on a host, outside the runbook: announced, allowed, recorded like any attempt."""

from msgspec.structs import replace

from tui.errors import NotNow, UsageError
from tui.execution.commands import prepare, shown
from tui.execution.conductor.executor import Executor, Finished, marked
from tui.execution.conductor.gate import Gate
from tui.execution.conductor.hosts import Hosts
from tui.execution.conductor.worker import Worker
from tui.execution.epochs.holding import Holding, refused
from tui.execution.judging.error_line import error_line
from tui.execution.judging.evidence import Output
from tui.execution.recorder import Recorder
from tui.execution.secrecy.secrets import Secrets
from tui.runbook.facts import connection_of
from tui.runbook.groups.members import is_group
from tui.runbook.model import Action, Danger
from tui.runbook.shell.destroys import danger_of
from tui.session import events as ev
from tui.session.state import OUTSIDE, last_attempt
from tui.transports.base import UNSHARED, CancelToken, Command, TerminalEnd

LOGIN_SHELL = 'exec "${SHELL:-/bin/sh}" -l'
"""What a terminal without a command runs."""


class OwnCommands:
    """What the operator runs beside the steps of one session."""

    def __init__(
        self,
        recorder: Recorder,
        gate: Gate,
        worker: Worker,
        hosts: Hosts,
        executor: Executor,
        secrets: Secrets,
        holding: Holding,
    ) -> None:
        self._holding = holding
        self._recorder = recorder
        self._gate = gate
        self._worker = worker
        self._hosts = hosts
        self._executor = executor
        self._secrets = secrets

    def text_of(self, host: str, command: str) -> str:
        """A command as it will run, with the session's values in it.

        Raises:
            UsageError: there is no such host, or nothing to run.
        """
        if is_group(self._recorder.runbook, host):
            raise UsageError(f"{host} is a group of hosts", "name one of them: a command of your own runs on one")
        if host not in self._recorder.runbook.hosts:
            raise UsageError(f"no host {host!r}", f"there are: {', '.join(self._recorder.runbook.hosts)}")
        if not command.strip():
            raise UsageError("there is no command", "write one, or open a terminal")
        return shown(_action(host, command), self._recorder.values())

    def run(self, step_id: str, host: str, command: str, confirmed: str = "", end: TerminalEnd | None = None) -> None:
        """Run a command beside a step, with `end` in the operator's terminal; it is waited for by `wait`.

        Raises:
            NotNow: something runs, the session is finished, what changes something is not confirmed, or the command
                has a secret in it.
            RunbookError: a value that it names is not known.
        """
        recorder, action = self._recorder, _action(host, command)
        with recorder.lock:
            step = self._gate.idle_step(step_id)
            text = self.text_of(host, command)
            changing = end is not None or danger_of(text) is not Danger.NONE
            if changing and not confirmed:
                raise NotNow("it may change something, and nobody has confirmed it", "confirm it first")
            if self._executor.has_secret(text.encode()):
                raise NotNow("there is a secret in this command", "everybody on that host would see it; leave it out")
            number = last_attempt(recorder.state) + 1
            key = f"{recorder.state.facts.get('session', '')}/{step.id}/{number}"
            prepared = prepare(recorder.runbook, action, recorder.values(), self._secrets, key)
            prepared = replace(prepared, fence=self._holding.fence if changing else UNSHARED)
            event = ev.AttemptStarted(
                attempt=number,
                step=step.id,
                action=OUTSIDE,
                host=host,
                command=text,
                mutates=changing,
                operator=recorder.state.operator,
                confirmed=confirmed,
            )
            recorder.record(event)
            self._worker.submit(lambda cancel: self._do(number, host, prepared, cancel, end))

    def _do(self, number: int, host: str, command: Command, cancel: CancelToken, end: TerminalEnd | None) -> None:
        connection = connection_of(self._recorder.runbook, host)
        outcome = refused(self._holding) if command.fence.epoch else None
        if outcome is not None:
            finished = Finished(outcome, 0.0, 0, "")
        elif end is None:
            finished = self._executor.run(number, host, command, cancel)
        else:
            transport, own = self._executor.transports[host], end
            finished = self._executor.measure(
                number, lambda sink: transport.terminal(command, own, cancel=cancel, sink=sink)
            )
        self._recorder.record_happened(self._ended(number, finished))
        self._hosts.meet_again(connection)

    def _ended(self, number: int, finished: Finished) -> ev.AttemptFinished:
        output = Output.read(self._executor.directory, number)
        outcome = marked(finished, output, self._recorder.state.drill).outcome
        good = outcome.exit_status == 0
        return ev.AttemptFinished(
            attempt=number,
            outcome=outcome,
            seconds=round(finished.seconds, 3),
            size=finished.size,
            sha256=finished.sha256,
            lost=finished.lost,
            timing=finished.timing,
            said="" if good else error_line(self._executor.outputs.reader(number)),
        )


def _action(host: str, command: str) -> Action:
    return Action(run=command.strip(), on=host)
