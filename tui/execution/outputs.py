"""The output of a session's attempts, read while it is being written and afterwards, without the secrets in it."""

from pathlib import Path

from tui.execution.secrecy.redaction import Redactor
from tui.session.output.line_index import LineIndex
from tui.session.output.output import OutputReader, OutputUnwritable, OutputWriter


class Outputs:
    """What the attempts in one directory printed; the part that runs them says which are being written."""

    def __init__(self, directory: Path, redactor: Redactor) -> None:
        self.directory = directory
        self.redactor = redactor
        self.live: dict[int, OutputWriter] = {}
        self.indexes: dict[int, LineIndex] = {}
        self.trouble: OutputUnwritable | None = None
        """Why the output of the running command cannot be kept just now; it waits on the host."""

    def size(self, attempt: int) -> int:
        """How many bytes a running attempt has printed so far; 0 for one that does not run."""
        writer = self.live.get(attempt)
        return writer.size if writer is not None else 0

    def is_live(self, attempt: int) -> bool:
        """Whether the attempt's output is being written, so that a reader made now follows it."""
        return attempt in self.live

    def fetched(self, attempt: int) -> int:
        """Changes with each part that is fetched from elsewhere of an attempt that is over; 0 where all is here."""
        return 0

    def reader(self, attempt: int) -> OutputReader:
        """The attempt's output, also while it is being written."""
        return OutputReader(self.directory, attempt, self.live.get(attempt), self.redactor, self.indexes.get(attempt))
