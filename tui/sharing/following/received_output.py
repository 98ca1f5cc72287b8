"""Keeps the output of a session that is followed, in a folder of its own, as far as it has come and is proved."""

import os
from contextlib import suppress
from pathlib import Path

from tui.execution.outputs import Outputs
from tui.execution.secrecy.redaction import Redactor
from tui.session.output.masks import write_mask
from tui.session.output.output import OutputReader, output_path
from tui.session.output.timing import timing_path
from tui.sharing.handed_on import CHUNK, FILE, SealedPart
from tui.sharing.seals import Seals


class FollowedOutputs(Outputs):
    """What the attempts printed; secrets were taken out of it before it left the operator's machine."""

    def __init__(self, directory: Path, seals: Seals) -> None:
        super().__init__(directory, Redactor())
        self._seals = seals
        self._sizes: dict[int, int] = {}
        self._timed: set[int] = set()
        self.running: frozenset[int] = frozenset()
        """The attempts that are running."""
        self.wanted: set[int] = set()
        """The attempts that somebody looks at."""
        self.forged = 0

    def size(self, attempt: int) -> int:
        """How many bytes there are of a running attempt."""
        return self._sizes.get(attempt, 0) if attempt in self.running else 0

    def came(self, attempt: int) -> int:
        """How many bytes there are."""
        return self._sizes.get(attempt, 0)

    def is_live(self, attempt: int) -> bool:
        """Whether the attempt is running."""
        return attempt in self.running

    def fetched(self, attempt: int) -> int:
        """See Outputs; that it is known when it came, and from which stream, counts as one more byte."""
        return 0 if attempt in self.running else self.came(attempt) + self.is_timed(attempt)

    def is_timed(self, attempt: int) -> bool:
        """Whether it is known here when the output came, and from which stream."""
        return attempt in self._timed

    def reader(self, attempt: int) -> OutputReader:
        """The attempt's output, as far as it has come; what is missing is fetched from now on."""
        self.wanted.add(attempt)
        self._begun(attempt)
        return OutputReader(self.directory, attempt)

    def take(self, attempt: int, parts: list[SealedPart]) -> int:
        """Keep pieces that are proved and follow what there is; returns how many bytes were kept."""
        taken = 0
        for part in parts:
            if not self._seals.holds(CHUNK, f"{attempt}:{part.place}", part.data, part.seal):
                self.forged += 1
                continue
            if part.place != self.came(attempt) or not part.data:
                continue
            self._begun(attempt)
            with output_path(self.directory, attempt).open("ab") as file:
                file.write(part.data)
            self._sizes[attempt] = part.place + len(part.data)
            taken += len(part.data)
        return taken

    def take_timing(self, attempt: int, sealed: bytes | None) -> bool:
        """Keep when an output came that is whole, and from which stream; returns whether that is here, and proved."""
        path = timing_path(self.directory, attempt)
        data = self._seals.opened(FILE, f"{path.parent.name}/{path.name}", sealed)
        if data is not None:
            path.touch(mode=0o600)
            path.write_bytes(data)
            self._timed.add(attempt)
        return data is not None

    def again(self, attempt: int) -> None:
        """Forget what there is of an attempt, to take it from its beginning."""
        self._sizes[attempt] = 0
        with suppress(FileNotFoundError):
            os.truncate(output_path(self.directory, attempt), 0)

    def _begun(self, attempt: int) -> None:
        if attempt not in self._sizes:
            self._sizes[attempt] = 0
            output_path(self.directory, attempt).touch(mode=0o600)
            write_mask(self.directory, attempt, [])
