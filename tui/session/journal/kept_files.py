"""Keeps the files that a person gives as evidence of what they did by hand, in the session's own folder."""

import hashlib
import os
import re
import stat
from pathlib import Path

from tui.errors import SessionError
from tui.session.event_base import Evidence
from tui.session.journal.durable import replace_private, sync_directory
from tui.session.journal.private import private_folder

FOLDER = "evidence"
MOST = 20_000_000
"""Bytes of a file: a picture or a log has fewer, and the session is packed with it."""
_UNUSUAL = re.compile(r"[^A-Za-z0-9._-]+")


def read_evidence(path: Path) -> bytes:
    """What is in a file that somebody names.

    Raises:
        SessionError: it is not a file that can be read, or too large.
    """
    hint = "name a file of this machine, as in ~/screenshot.png"
    try:
        with path.expanduser().open("rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise SessionError(f"{path} is not a file", hint)
            data = file.read(MOST + 1)
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", "") or "it is not a file name"
        raise SessionError(f"{path} cannot be read: {reason}", hint) from None
    if len(data) > MOST:
        raise SessionError(f"{path} is larger than {MOST // 1_000_000} MB", "take the part of it that shows it")
    return data


def keep_evidence(folder: Path, number: int, path: Path, data: bytes) -> Evidence:
    """Keep a file in the session's folder, on disk when this returns; until it is whole it does not have its name.

    Args:
        folder: the session's.
        number: that of the event it belongs to, so that no two have one name.

    Raises:
        SessionError: it cannot be written.
    """
    name = f"{number:04d}-{_UNUSUAL.sub('_', path.name)[-80:] or 'file'}"
    kept, digest = folder / FOLDER / name, hashlib.sha256(data).hexdigest()
    try:
        private_folder(folder / FOLDER)
        if not kept.exists():
            replace_private(kept, data)
        elif hashlib.sha256(kept.read_bytes()).hexdigest() != digest:
            raise SessionError(f"{kept} is there already", "give the file another name")
        sync_directory(folder / FOLDER)
        sync_directory(folder)
    except OSError as error:
        raise SessionError(f"{path} cannot be kept: {error.strerror}", "free space, and give it again") from error
    return Evidence(name, len(data), digest)
