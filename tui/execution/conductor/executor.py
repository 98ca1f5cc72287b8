"""Runs one announced attempt: from the transport to the attempt's file, and no judgement."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from tui.errors import RunbookError
from tui.execution.judging.evidence import Output
from tui.execution.outputs import Outputs
from tui.execution.secrecy.redaction import Redactor
from tui.execution.whole_lines import WholeLines
from tui.session.clock import Clock
from tui.session.events import Check
from tui.session.outcome import MADE_UP, MADE_UP_MARK, Outcome, OutcomeKind
from tui.session.output.output import OutputUnwritable, OutputWriter, write_mask
from tui.transports.base import CancelToken, Command, Left, OutputSink, Stream, Transport

UNWRITABLE_PAUSE = 1.0
"""Seconds until output that could not be kept is tried again."""


class Finished(Struct, frozen=True):
    """How an attempt ended; `size` in bytes and `sha256` are those of its output file.

    `timing` is the hash of the file that says when it came. `lost` says why not all of the output could be kept; then
    nothing can be judged by it. `checks` are the judgements that a probe made by itself.
    """

    outcome: Outcome
    seconds: float
    size: int
    sha256: str
    lost: str = ""
    timing: str = ""
    checks: tuple[Check, ...] = ()


def not_started(error: RunbookError) -> Outcome:
    """The outcome of an attempt of which nothing was sent to the host."""
    return Outcome(OutcomeKind.UNREACHABLE, detail=f"not started: {error.told}")


def marked(finished: Finished, output: Output, drill: bool) -> Finished:
    """The end of an attempt, marked where a drill's host made its answer up."""
    said = (MADE_UP_MARK, f"answered: {MADE_UP}")
    made_up = drill and any(text.startswith(said) for text in (output.out, output.err))
    if not (made_up and finished.outcome.ended_by_itself):
        return finished
    return replace(finished, outcome=replace(finished.outcome, detail=MADE_UP))


class Executor:
    """Runs commands on the session's hosts and keeps their output in `directory`."""

    def __init__(
        self,
        transports: Mapping[str, Transport],
        directory: Path,
        redactor: Redactor,
        clock: Clock,
        write: Callable[[int, bytes | memoryview], int] = os.write,
    ) -> None:
        self._write = write
        self.transports = transports
        self.directory = directory
        self.outputs = Outputs(directory, redactor)
        self._redactor = redactor
        self._clock = clock

    def run(self, attempt: int, host: str, command: Command, cancel: CancelToken, secret: bool = False) -> Finished:
        """Run the command to its end; its output is on disk, masked for readers, when this returns.

        With `secret` the output has a secret still to be captured: no reader shows any of it before `mask` is called.
        """
        try:
            writer = OutputWriter(self.directory, attempt, self._clock, secret, self._write)
        except OutputUnwritable as error:
            return Finished(not_started(error), 0.0, 0, "")
        retry = cancel if command.durable else None
        return self._follow(attempt, writer, 0.0, retry, lambda sink: self.transports[host].run(command, sink, cancel))

    def measure(self, attempt: int, work: Callable[[OutputSink], Outcome]) -> Finished:
        """Keep what a probe finds as an attempt's output; see `run`."""
        try:
            writer = OutputWriter(self.directory, attempt, self._clock, False, self._write)
        except OutputUnwritable as error:
            return Finished(not_started(error), 0.0, 0, "")
        return self._follow(attempt, writer, 0.0, None, work)

    def rejoin(
        self, attempt: int, host: str, left: Left, since: float, cancel: CancelToken, secret: bool = False
    ) -> Finished:
        """Follow a durable attempt that began `since` seconds ago and was left, to its end; see `run`.

        Raises:
            OutputUnwritable: its output cannot be kept.
            Detached: it keeps running without us.
        """
        writer = OutputWriter(self.directory, attempt, self._clock, secret, self._write, since=since)
        left = replace(left, out=writer.came[Stream.OUT], err=writer.came[Stream.ERR])
        return self._follow(
            attempt, writer, since, cancel, lambda sink: self.transports[host].rejoin(left, sink, cancel)
        )

    def _follow(
        self,
        attempt: int,
        writer: OutputWriter,
        since: float,
        retry: CancelToken | None,
        command: Callable[[OutputSink], Outcome],
    ) -> Finished:
        """Have a command's output kept; with `retry` it can wait on the host until there is space for it."""
        started = self._clock.monotonic() - since
        self.outputs.live[attempt] = writer
        lost: list[OutputUnwritable] = []

        def keep(stream: Stream, data: bytes | memoryview) -> None:
            while not lost:
                before = writer.size
                try:
                    writer.write(stream, data)
                    self.outputs.trouble = None
                    return
                except OutputUnwritable as error:
                    self.outputs.trouble = error
                    data = data[writer.size - before :]
                    if retry is None or retry.wait(UNWRITABLE_PAUSE):
                        lost.append(error)

        lines = WholeLines(keep)
        try:
            outcome = command(lines)
            lines.finish()
            outcome = replace(outcome, detail=self._redactor.redact(outcome.detail))
        finally:
            lines.drop()
            seconds = self._clock.monotonic() - started
            writer.close()
            if writer.sealer.indexed == writer.size:
                self.outputs.indexes[attempt] = writer.sealer.index
            try:
                if not writer.secret:
                    self.mask(attempt)
            except OutputUnwritable as error:
                lost.append(error)
            del self.outputs.live[attempt]
            self.outputs.trouble = None
        why = lost[0].message if lost else ""
        return Finished(outcome, seconds, writer.size, writer.sha256, why, writer.timing_sha256)

    def mask(self, attempt: int) -> None:
        """Find the secrets known by now in an attempt's output, so that no reader shows them."""
        path = self.directory / f"{attempt:04d}.out"
        if path.exists():
            write_mask(self.directory, attempt, self._redactor.scan_file(path))

    def mask_left(self, attempt: int) -> None:
        """The same for an attempt that ended without having been looked through."""
        if self.outputs.reader(attempt).withheld:
            self.mask(attempt)

    def has_secret(self, data: bytes) -> bool:
        """Whether a secret known by now is in these bytes."""
        return bool(self._redactor.spans(data))

    def redact(self, text: str) -> str:
        """The text without the secrets known by now."""
        return self._redactor.redact(text)
