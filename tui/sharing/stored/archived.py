"""Keeps sessions in the team's bucket for good: each as one bundle, written once, locked where the bucket locks.

A bundle has no secrets. Its name has the number of the journal's lines: a session to which something was added later,
as a follow-up that was done, is kept again beside what was kept before, and the newer one is what is read.
"""

import io
import re
from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from tui.errors import SessionError
from tui.session.archive.bundle import pack
from tui.session.archive.store import SessionDirectory
from tui.sharing.bucket import Bucket, BucketObject, ObjectTaken

FOLDER = "archive/"
_NAME = re.compile(r"archive/(?P<session>[A-Za-z0-9][\w.-]*)/(?P<lines>\d{10})\.runbook", re.ASCII)


class ArchivedSession(Struct, frozen=True):
    """The newest bundle of a session in the bucket, and how many lines its journal has."""

    session: str
    lines: int
    object: BucketObject


def archived_sessions(bucket: Bucket, session: str = "") -> Mapping[str, ArchivedSession]:
    """The sessions that are kept there, by their ids; or this one alone.

    Raises:
        BucketError: they could not be listed.
    """
    found: dict[str, ArchivedSession] = {}
    for one in bucket.listed(f"{FOLDER}{session}/" if session else FOLDER):
        if name := _NAME.fullmatch(one.key):
            found[name["session"]] = ArchivedSession(name["session"], int(name["lines"]), one)  # in order: newest last
    return found


def archive_session(bucket: Bucket, directory: SessionDirectory, until: datetime | None) -> bool:
    """Keep a session as it is now; False where it is there already.

    Args:
        until: before this time nobody can change or remove it, where the bucket locks objects.

    Raises:
        SessionError: the session is damaged, or larger than a bundle may be.
        BucketError: it could not be written.
    """
    file = io.BytesIO()
    manifest = pack(directory, file)
    lines = int(manifest.receipt.partition(":")[0])
    before = archived_sessions(bucket, directory.id).get(directory.id)
    if before is not None and before.lines >= lines:
        return False
    key = f"{FOLDER}{directory.id}/{lines:010d}.runbook"
    if until is not None:
        bucket.put(key, file.getvalue(), until=until)
        return True
    try:
        bucket.put_new(key, file.getvalue())
    except ObjectTaken:
        return False
    return True


def archived_bundle(bucket: Bucket, session: str) -> bytes:
    """The newest bundle of a session, by its id or what only one id begins or ends with; "last" is the newest session.

    Raises:
        SessionError: there is none, or more than one.
        BucketError: it could not be read.
    """
    known = archived_sessions(bucket)
    found = [name for name in known if session and (name.startswith(session) or name.endswith(session))]
    if session in known or (session == "last" and known):
        found = [session if session in known else max(known)]
    if len(found) != 1:
        what = "matches more than one session" if found else "is not a session"
        raise SessionError(f"{session!r} {what} of the archive", "`runbook archive --list` lists them")
    return bucket.get(known[found[0]].object.key).data
