"""Keeps, beside a journal, how many lines it has and the hash of the last, which no line after it carries yet."""

import hashlib
import re
from pathlib import Path

from msgspec import Struct

from tui.errors import SessionError
from tui.session.journal.durable import replace_private

FORM = re.compile(rb"(\d{1,18}):([0-9a-f]{64}) ([0-9a-f]{8})\n")
"""COUNT:HEAD as the session's end prints it, and the beginning of the SHA-256 of that, so that it proves itself too."""


class KeptReceipt(Struct, frozen=True):
    """How many lines the journal had when it was last closed, and the hash of the last of them."""

    count: int
    head: str


def receipt_path(journal: Path) -> Path:
    """The file of a journal's receipt."""
    return journal.with_name(journal.name + ".receipt")


def keep_receipt(journal: Path, count: int, head: str) -> None:
    """Write the receipt, in the place of an earlier one.

    Raises:
        OSError: it could not be written; the earlier one is still there.
    """
    told = f"{count}:{head}".encode()
    replace_private(receipt_path(journal), told + f" {_check(told)}\n".encode())


def kept_receipt(journal: Path) -> KeptReceipt | None:
    """What the journal's receipt says; None where there is none.

    Raises:
        SessionError: it is not what was written, or cannot be read.
    """
    path = receipt_path(journal)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SessionError(f"cannot read {path}: {error.strerror}", "check the path and its permissions") from error
    found = FORM.fullmatch(data)
    if found is None or _check(data[: found.end(2)]) != found[3].decode():
        raise SessionError(f"{path} is not what was written", "restore it from a copy")
    return KeptReceipt(int(found[1]), found[2].decode())


def _check(told: bytes) -> str:
    return hashlib.sha256(told).hexdigest()[:8]
