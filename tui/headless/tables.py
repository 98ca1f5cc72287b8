"""What the command line prints of checks and verification, and how it writes an export."""

import os
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from tui.errors import RunbookError, SignatureInvalid
from tui.execution.approving.proved_approvals import prove_approvals
from tui.execution.preflight import Finding, RowVerdict
from tui.execution.workspace import Setup, Workspace
from tui.headless.check import check, exit_status, sections_to_check
from tui.headless.columns import table
from tui.headless.waiting.resting import Rest
from tui.session.approval.fork_words import fork_words
from tui.session.archive.store import SessionDirectory
from tui.session.archive.verifying import prove
from tui.session.journal.chain import check_receipt, walk
from tui.session.views.verdicts import CheckRow
from tui.signing.signers import read_signers
from tui.signing.vouching import judge_all, proofs_of, write_proofs
from tui.text.amounts import took_cell
from tui.text.json_text import json_text
from tui.text.sanitise import sanitise

CELL = 48
"""Characters to which a cell of the table is cut; --json has all of them."""

GLYPHS = {"ok": "✔", "warning": "⚠", "failed": "✖", "no data": "?"}


def check_report(
    workspace: Workspace,
    setup: Setup,
    names: tuple[str, ...],
    as_json: bool,
    say: Callable[[str], None],
    watch: float = 0.0,
    aside: Callable[[str], None] | None = None,
) -> int:
    """Run the checks and print them as a table or as JSON; returns the exit status.

    Args:
        watch: seconds after which they run again, until the program is interrupted; 0 for once.
        aside: says what belongs to no table, such as a question before it is put.
    """
    workspace.check(setup)
    sections = sections_to_check(workspace, names, setup.flow)
    found = workspace.preflight(setup, lambda _: None, reading=True)  # what cannot be reached is a row without data
    conductor = workspace.begin(setup)
    rest = Rest(conductor, workspace.asking, aside or say)
    try:
        while True:
            rows = check(conductor, sections)
            for line in checked(rows, as_json, workspace.clock.now(), found):
                say(line)
            found = ()  # once: what is found later stands in the rows
            if not watch:
                conductor.finish("checked")
                return exit_status(rows)
            rest.offer_login()
            time.sleep(watch)
            rest.offer_login()
    except KeyboardInterrupt:
        conductor.finish("checked")
        return exit_status(rows)
    except OSError:  # nobody reads the table any more; what was checked stays checked
        conductor.finish("checked")
        raise
    finally:
        conductor.close()


def not_reached(found: Sequence[Finding]) -> list[str]:
    """What the preflight could not reach, whole, and what to do about it: a row of the table has no room for it."""
    failed = [row for row in found if row.verdict is RowVerdict.FAILED]
    lines = [(f"✖ {row.kind} {row.name}: {row.detail}", *([f"  → {row.hint}"] if row.hint else [])) for row in failed]
    return [sanitise(line) for two in lines for line in two]


def checked(rows: Sequence[CheckRow], as_json: bool, now: datetime, found: Sequence[Finding] = ()) -> list[str]:
    """The rows as lines: a table, what the preflight found wrong, and a last line that counts; or one JSON document."""
    if as_json:
        return [json_text(rows)]
    head = ("", "VERDICT", "TARGET", "CHECK", "GOT", "EXPECTED", "TOOK")
    cells = [
        (GLYPHS[row.verdict], row.verdict, row.target, row.title, row.came, row.expected, took_cell(row.seconds))
        for row in rows
    ]
    lines = [
        sanitise(line) for line in table([head, *(tuple(_short(cell) for cell in one) for one in cells)]).split("\n")
    ]
    lines += [sanitise(f"  {row.title}: {row.look}") for row in rows if row.look and row.verdict != "ok"]
    counts = ", ".join(f"{sum(row.verdict == word for row in rows)} {word}" for word in GLYPHS)
    return [*lines, *not_reached(found), f"{now:%Y-%m-%d %H:%M:%S} UTC: {counts}"]


def _short(cell: str) -> str:
    return cell if len(cell) <= CELL else cell[: CELL - 1] + "…"


def verify_report(
    directory: SessionDirectory, signers: Path | None = None, receipt: str = "", proofs: Path | None = None
) -> str:
    """What `runbook verify` says of a session that is whole.

    Args:
        signers: an allowed_signers file; every signature has to be by a key in it.
        receipt: what the session's end printed (COUNT:HEAD); the journal has to have that line.
        proofs: a new folder, for what a stock ssh-keygen needs to verify the signatures.

    Raises:
        SessionError: the journal, an output or a signature is not what was written; says where.
    """
    proved = prove(directory)
    _, state = directory.load()  # its events have to fit each other and the runbook as well
    if receipt:
        check_receipt(directory.journal, receipt)
    lines = [f"{directory.id}: {proved.count} events, head {proved.head}, {proved.outputs} outputs: whole"]
    if proved.hidden:
        here = "what was fetched, each piece with the team's seal" if proved.fetched else "what was packed"
        why = f"they can be proved where the session was made; here they are {here}"
        lines.append(f"{proved.hidden} outputs have secrets hidden (attempts {proved.masked}): {why}")
    lines += proved.unproved
    for fork in state.forks.values():
        lines += [fork_words(fork), *(f"  {words}" for words in fork.said)]
    if receipt:
        lines.append("the receipt fits: nothing was cut off before it")
    judged = list(judge_all(walk(directory.journal), read_signers(signers) if signers else None))
    lines += [str(attempt) for attempt in judged if any(attempt.verdicts)]
    unsigned = sum(not attempt.signed for attempt in judged)
    if unsigned:
        lines.append(f"{unsigned} of {len(judged)} sign-offs by people are by name only, without a key")
    strangers = [
        attempt
        for attempt in judged
        if signers and any(verdict and not verdict.vouched for verdict in attempt.verdicts)
    ]
    if strangers:
        raise SignatureInvalid(
            f"{len(strangers)} sign-offs carry a signature that {signers} does not vouch for: {strangers[0]}",
            "see docs/signatures.md",
        )
    lines += _approvals(directory, signers)
    if proofs:
        lines += [f"in {proofs}:", *write_proofs(proofs, proofs_of(walk(directory.journal)))]
    return "\n".join(lines)


def _approvals(directory: SessionDirectory, signers: Path | None) -> list[str]:
    """Who allowed which step before it started, each proved.

    Raises:
        SignatureInvalid: an answer is not what was signed, or is by a key that the signers do not vouch for.
    """
    runbook, state = directory.load()
    if not state.approvals:
        return []
    listed = read_signers(signers) if signers else None
    found = list(prove_approvals(walk(directory.journal), runbook, listed))
    if strangers := [one for one in found if one.stranger]:
        raise SignatureInvalid(f"{strangers[0].words}: {strangers[0].stranger}", "see docs/people.md")
    return [one.words for one in found]


def write_export(write: Callable[[BinaryIO], object], output: Path | None) -> None:
    """Write an export to a file (0600), whole or not at all, or to standard output.

    Args:
        write: writes it to an open file.

    Raises:
        RunbookError: the file cannot be written.
    """
    if output is None:
        _to_standard_output(write)
        return
    beside = output.with_name(f".{output.name}.part")
    try:
        beside.unlink(missing_ok=True)  # in /tmp it could be another user's, or a link to anything
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            write(file)
        beside.replace(output)
    except OSError as error:
        raise RunbookError(f"cannot write {output}: {error.strerror}", "name another file with -o") from error
    finally:
        beside.unlink(missing_ok=True)


def _to_standard_output(write: Callable[[BinaryIO], object]) -> None:
    if sys.stdout is None:
        raise RunbookError("standard output is closed", "name a file with -o")
    try:
        write(sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # the reader has seen enough
        raise
    except OSError as error:
        why = f"{error.filename}: {error.strerror}" if error.filename else f"standard output: {error.strerror}"
        raise RunbookError(f"the export cannot be written; {why}", "name a file with -o") from error
