"""Hands on the files beside a session's journal that do not change any more: when output came, and evidence."""

from tui.session.archive.store import SessionDirectory
from tui.session.journal.kept_files import FOLDER
from tui.session.output.masks import mask_path
from tui.session.output.timing import timing_path
from tui.sharing.handed_on import Sink
from tui.sharing.publishing.masked_output import RunningOutputs


class SessionFiles:
    """The files of one session that are handed on to one place; of one thread."""

    def __init__(self, directory: SessionDirectory, outputs: RunningOutputs, sink: Sink) -> None:
        self._directory = directory
        self._outputs = outputs
        self._sink = sink
        self._held: set[str] = set()
        self._waiting: dict[str, None] = {}
        self.evidence = True
        """Whether files that a person gave are looked for at the next time."""

    def begin(self) -> None:
        """Ask what is there already; all else is handed on again."""
        self._held, self.evidence = set(self._sink.files()), True
        self._waiting[self._directory.scenario.name] = None

    def ended(self, attempt: int) -> None:
        """An attempt's output is whole: when it came, and where secrets were hidden, is handed on too."""
        for path in (timing_path(self._directory.attempts, attempt), mask_path(self._directory.attempts, attempt)):
            self._waiting[f"{path.parent.name}/{path.name}"] = None

    def hand_on(self) -> None:
        """Hand on what waits.

        Raises:
            ShareFailed: it does not take it; the rest waits.
            OSError: the folder cannot be read.
        """
        if self.evidence:
            self.evidence = False
            there = sorted((self._directory.path / FOLDER).glob("[!.]*"))  # one that is still written begins with a dot
            self._waiting |= dict.fromkeys(f"{FOLDER}/{path.name}" for path in there)
        while self._waiting:
            name = next(iter(self._waiting))
            path = self._directory.path / name
            if name not in self._held and path.is_file():
                data = path.read_bytes()
                secret = name.startswith(FOLDER) and self._outputs.redactor.spans(data)
                if not secret:  # one that became known since it was given stays here
                    self._sink.file(name, data)
            self._held.add(name)
            del self._waiting[name]
