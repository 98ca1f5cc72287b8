"""Proves a session's folder file by file, and names each that is not what was written."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from tui.errors import JournalDamaged, SessionError
from tui.session import events as ev
from tui.session.archive.files_told import FilesTold
from tui.session.archive.manifest import FETCHED, Manifest, manifest_of
from tui.session.archive.store import SessionDirectory
from tui.session.journal.chain import walk
from tui.session.journal.kept_files import FOLDER
from tui.session.journal.receipt import KeptReceipt, kept_receipt
from tui.session.output.masks import MaskState, mask_path, mask_state
from tui.session.output.output import output_path, verify_output
from tui.session.output.timing import timing_path, verify_timing

COPY = "restore it from a copy"


class ProvedFolder(Struct, kw_only=True):
    """What a session's folder has: lines of the journal, outputs, and what nothing in it can prove, in words.

    In `hidden` outputs (`masked`: of which attempts) there are asterisks for secrets; `fetched`: from another machine.
    """

    count: int = 0
    head: str = ""
    outputs: int = 0
    hidden: int = 0
    masked: str = ""
    fetched: bool = False
    unproved: tuple[str, ...] = ()


class _Told(FilesTold):
    """What the journal says of the other files, as far as it is sound, and which of them were not fetched."""

    count: int = 0
    head: str = ""
    missing: frozenset[str] = frozenset()

    def did_not_come(self, path: Path) -> bool:
        """Whether a file is not here because it did not come as the session was fetched from another machine."""
        return f"{path.parent.name}/{path.name}" in self.missing and not path.exists()


def prove(directory: SessionDirectory) -> ProvedFolder:
    """Look through every file of a session.

    Raises:
        JournalDamaged: the journal is not what was written; whatever else is not is named as well.
        SessionError: another file is not, or cannot be read.
    """
    told, damaged, unproved = _Told(), list[SessionError](), list[str]()
    manifest = manifest_of(directory)
    told.missing = frozenset(manifest.missing) if manifest else frozenset()
    try:
        unproved += _journal(directory, told, manifest)
    except SessionError as error:
        damaged.append(error)
    damaged += _texts(directory, told.started)
    damaged += _evidence(directory, told)
    for number in sorted(told.steps):
        damaged += _attempt(directory, number, told, manifest)
    if damaged:
        whole = next((one for one in damaged if isinstance(one, JournalDamaged)), damaged[0])
        raise type(whole)("; ".join(one.message for one in damaged), whole.hint)
    hidden = manifest.hidden() if manifest else frozenset[int]()
    here = (one for one in told.finished.values() if one.sha256 and one.attempt not in hidden)
    proved = [one for one in here if not told.did_not_come(output_path(directory.attempts, one.attempt))]
    return ProvedFolder(
        count=told.count,
        head=told.head,
        outputs=len(proved),
        hidden=len(hidden),
        masked=_listed(sorted(hidden)),
        fetched=(directory.path / FETCHED).exists(),
        unproved=(*unproved, *_unproved(directory, told)),
    )


def _journal(directory: SessionDirectory, told: _Told, manifest: Manifest | None) -> Iterator[str]:
    """Walk the journal, and compare it with the receipt that was left beside it; gives what that does not cover."""
    wrong, receipt = None, None
    try:
        receipt = kept_receipt(directory.journal)
        if manifest and receipt is None:
            count, _, head = manifest.receipt.partition(":")
            receipt = KeptReceipt(int(count) if count.isdecimal() else 0, head)
    except SessionError as error:
        wrong = error
    for line in walk(directory.journal):
        told.count, told.head = line.entry.seq + 1, line.head
        told.hear(line.entry.event)
        if receipt and told.count == receipt.count and told.head != receipt.head:
            words = f"{directory.journal}, line {told.count}: it is not the line that its receipt speaks of"
            raise JournalDamaged(words, COPY)
    if wrong:
        raise wrong
    if receipt and told.count < receipt.count:
        words = f"{directory.journal} has {told.count} lines, its receipt speaks of {receipt.count}: its end is missing"
        raise JournalDamaged(words, COPY)
    yield from _after(told.count, receipt)


def _after(count: int, receipt: KeptReceipt | None) -> Iterator[str]:
    if receipt is None or receipt.count < count:
        when = "no receipt was left beside it" if receipt is None else f"its receipt ends at line {receipt.count}"
        yield f"line {count} of the journal is proved by nothing here ({when}): the session is open, or was cut off"


def _texts(directory: SessionDirectory, started: ev.SessionStarted | None) -> Iterator[SessionError]:
    wanted = (
        (
            (directory.runbook, started.runbook_hash, "runbook"),
            (directory.scenario, started.scenario_hash, "scenario"),
        )
        if started
        else ()
    )
    for path, digest, what in wanted:
        if (digest or what == "runbook") and _hash_of(path) != digest:
            yield SessionError(f"{path} is not the {what} that the session began with", COPY)


def _evidence(directory: SessionDirectory, told: _Told) -> Iterator[SessionError]:
    for name, digest in told.evidence.items():
        path = directory.path / FOLDER / name
        if not told.did_not_come(path) and _hash_of(path) != digest:
            yield SessionError(f"{path}, given as evidence, is not what was recorded", COPY)


def _attempt(
    directory: SessionDirectory, number: int, told: _Told, manifest: Manifest | None
) -> Iterator[SessionError]:
    folder, finished = directory.attempts, told.finished.get(number)
    packed = {member.name: member.sha256 for member in manifest.members} if manifest else {}
    if finished and finished.sha256 and not told.did_not_come(output_path(folder, number)):
        wanted = packed.get(f"attempts/{output_path(folder, number).name}", finished.sha256)
        if verify_output(folder, number) != wanted:
            words = f"the output of attempt {number} ({told.steps[number]}) is not what was recorded"
            yield SessionError(f"{words}: {output_path(folder, number)}", COPY)
    timed = finished and finished.timing and not told.did_not_come(timing_path(folder, number))
    if finished and timed and verify_timing(folder, number) != finished.timing:
        yield SessionError(f"{timing_path(folder, number)}, when output came, is not what was recorded", COPY)
    if mask_state(folder, number) is MaskState.DAMAGED:
        words = (
            f"{mask_path(folder, number)}, where secrets are, is not what was written: the output is shown to nobody"
        )
        yield SessionError(words, COPY)


def _unproved(directory: SessionDirectory, told: _Told) -> Iterator[str]:
    """What an older version wrote no hash of, or nobody came to write one of; and what was not fetched."""
    if told.missing:
        names = ", ".join(sorted(told.missing))
        yield f"not here, and not proved: {names} (it did not come as the session was fetched)"
    there = [number for number in sorted(told.steps) if output_path(directory.attempts, number).exists()]
    open_ = [number for number in there if number not in told.finished or not told.finished[number].sha256]
    timed = [number for number in there if number in told.finished and not told.finished[number].timing]
    masks = [number for number in there if mask_state(directory.attempts, number) is MaskState.UNSEALED]
    if open_:
        yield f"no hash was written of the output of attempts that were cut off: {_listed(open_)}"
    if timed and len(timed) > len([attempt for attempt in open_ if attempt in timed]):
        yield f"no hash was written of the times of the output of {len(timed)} attempts, by an older version or cut off"
    if masks:
        yield f"nothing proves where secrets are in the output of {len(masks)} attempts, of an older version"


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers[:10])) + (" …" if len(numbers) > 10 else "")


def _hash_of(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
