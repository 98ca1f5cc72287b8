"""Brings the files beside a journal: what attempts printed and when, where secrets were, and evidence."""

import hashlib
import time
from collections.abc import Iterator

from msgspec import Struct

import tui
from tui.session import events as ev
from tui.session.archive.files_told import FilesTold
from tui.session.archive.manifest import FORMAT, NAMES, Manifest, Member
from tui.session.archive.store import SessionDirectory
from tui.session.journal.durable import write_new
from tui.session.journal.kept_files import FOLDER
from tui.session.output.masks import mask_path, read_mask
from tui.session.output.output import output_path, verify_output
from tui.session.output.timing import timing_path
from tui.sharing.following.received_output import FollowedOutputs
from tui.sharing.handed_on import FILE, Feed
from tui.sharing.seals import Seals

PATIENCE = 10.0
"""Seconds in which what the journal has said must be there: a bucket is looked at every two seconds."""


class FilesCame(Struct, frozen=True):
    """What came: the outputs of which secrets were hidden before they left their machine, and what did not come.

    `missing` has the names of files, `words` what a person is told of them.
    """

    masked: tuple[Member, ...] = ()
    missing: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def manifest(self, session: str, receipt: str) -> Manifest:
        """What is kept of it beside the session."""
        return Manifest(
            format=FORMAT,
            session=session,
            program=f"runbook {tui.__version__}",
            receipt=receipt,
            members=self.masked,
            missing=self.missing,
        )


class _Files:
    """The files that were handed on; each is waited for, but not for longer than PATIENCE after the last that came."""

    def __init__(self, feed: Feed, seals: Seals) -> None:
        self._feed = feed
        self._seals = seals
        self._until = time.monotonic() + PATIENCE

    def there(self, name: str) -> bytes | None:
        """A file as it is there, with the team's seal."""
        return self._seals.opened(FILE, name, self._feed.file(name))

    def fetched(self, name: str, digest: str) -> bytes | None:
        """A file whose SHA-256 the journal speaks of; it is handed on a moment after that line."""
        while True:
            data = self.there(name)
            if data is not None and hashlib.sha256(data).hexdigest() == digest:
                self._until = time.monotonic() + PATIENCE
                return data
            if time.monotonic() > self._until:
                return None
            time.sleep(0.05)


def fetch_files(directory: SessionDirectory, feed: Feed, seals: Seals, told: FilesTold) -> FilesCame:
    """Bring what ended attempts printed, and all that belongs to it; that of one which runs is fetched from its host.

    Raises:
        ShareFailed: there is no answer.
        OSError: it cannot be written.
    """
    missing, masked, files = dict[str, str](), list[Member](), _Files(feed, seals)
    outputs = FollowedOutputs(directory.attempts, seals)
    for number, finished in told.finished.items():
        words = _fetch_output(outputs, feed, number, finished)
        if words:
            name = f"attempts/{output_path(directory.attempts, number).name}"
            missing[name] = f"attempt {number} of {told.steps.get(number, '?')}: {words}"
        elif finished.sha256:
            masked += _hidden(directory, files, number, finished)
        if finished.timing:
            path = timing_path(directory.attempts, number)
            data = files.fetched(f"attempts/{path.name}", finished.timing)
            if data is None:
                missing[f"attempts/{path.name}"] = f"when the output of attempt {number} came"
            else:
                write_new(path, data)
    if told.started is not None and told.started.scenario_hash:
        name = directory.scenario.name
        data = files.fetched(name, told.started.scenario_hash)
        if data is None:
            missing[name] = "the drill's scenario"
        else:
            write_new(directory.scenario, data)
    missing |= {f"{FOLDER}/{name}": f"{name}, given as evidence" for name in _fetch_evidence(directory, files, told)}
    return FilesCame(tuple(masked), tuple(missing), tuple(missing.values()))


def _fetch_output(outputs: FollowedOutputs, feed: Feed, number: int, finished: ev.AttemptFinished) -> str:
    """Bring one output; returns how far it came, in words, where that is not all."""
    if not finished.size:
        if finished.sha256:
            outputs.again(number)
            outputs.reader(number).close()  # it printed nothing: the file is there, and empty
        return ""
    until = time.monotonic() + PATIENCE
    while outputs.came(number) < finished.size and time.monotonic() < until:
        if outputs.take(number, feed.output(number, outputs.came(number))):
            until = time.monotonic() + PATIENCE
        else:
            time.sleep(0.05)
    came = outputs.came(number)
    return f"{came} of {finished.size} bytes" if came < finished.size else ""


def _hidden(directory: SessionDirectory, files: _Files, number: int, finished: ev.AttemptFinished) -> Iterator[Member]:
    """An output that is not what was recorded, since secrets were hidden in it on their machine."""
    digest = verify_output(directory.attempts, number)
    if digest == finished.sha256:
        return
    path = mask_path(directory.attempts, number)
    mask = files.there(f"attempts/{path.name}")
    if mask is not None:
        path.write_bytes(mask)
    hidden = sum(end - start for start, end in read_mask(directory.attempts, number) or ())
    name = f"attempts/{output_path(directory.attempts, number).name}"
    yield Member(name, finished.size, digest, min(finished.size, max(1, hidden)))


def _fetch_evidence(directory: SessionDirectory, files: _Files, told: FilesTold) -> Iterator[str]:
    """Bring what people gave as evidence; gives the names of what did not come."""
    for name, digest in told.evidence.items():
        data = files.fetched(f"{FOLDER}/{name}", digest) if NAMES.fullmatch(f"{FOLDER}/{name}") else None
        if data is None:
            yield name
            continue
        (directory.path / FOLDER).mkdir(mode=0o700, exist_ok=True)
        write_new(directory.path / FOLDER / name, data)
