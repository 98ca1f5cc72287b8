"""Reads what an S3 API answered; nothing here reaches the service."""

from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct

from tui.probes.base import Given, Reading
from tui.session.events import Check
from tui.text.amounts import counted, roughly, size


class S3Object(Struct, frozen=True, kw_only=True):
    """An object as a list or its head tells of it; `sha256` is what the server or its content says, in hexadecimal."""

    key: str
    size: int
    written: datetime
    sha256: str = ""
    sha256_from: str = ""
    etag: str = ""


class Sent(Struct, frozen=True, kw_only=True):
    """The fate of an object that was uploaded; of what is there, `size` and `sha256` as the server tells them."""

    key: str
    sent_size: int
    sent_sha256: str
    size: int
    sha256: str = ""
    presigned_status: int = 0
    presigned_sha256: str = ""
    deleted: bool = False


class S3Answers(Struct, frozen=True, kw_only=True):
    """What came, by the server's clock `now`; `objects` are those listed, or the one looked at."""

    where: str
    seconds: float
    now: datetime
    objects: tuple[S3Object, ...] = ()
    complete: bool = True
    sent: Sent | None = None


def read_list(given: Given, answers: S3Answers) -> Reading:
    """How many objects there are, and how old the newest is."""
    found = answers.objects
    newest = max(found, key=lambda one: one.written, default=None)
    total = sum(one.size for one in found)
    age = _hours(newest, answers.now) if newest else None
    more = "" if answers.complete else " at least"
    told = f", the newest {_ago(age)}" if age is not None else ""
    return Reading(
        document={
            "count": len(found),
            "bytes": total,
            "newest": newest.key if newest else "",
            "newest_age_hours": age,
            "newest_size": newest.size if newest else None,
            "complete": answers.complete,
            "seconds": answers.seconds,
        },
        summary=f"{answers.where}:{more} {counted(len(found), 'object')}, {size(total)}{told}",
        details=(f"newest: {newest.key}, {size(newest.size)}",) if newest else (),
    )


def read_upload(given: Given, answers: S3Answers) -> Reading:
    """Whether what was sent came to be there, can be fetched, and is gone again."""
    sent = answers.sent
    assert sent is not None
    same_size = Check(f"{sent.sent_size} B are there", f"{sent.size} B", sent.size == sent.sent_size)
    kept = Check(
        "the server's checksum is that of what was sent",
        "the same" if sent.sha256 == sent.sent_sha256 else "another" if sent.sha256 else "it keeps none",
        sent.sha256 == sent.sent_sha256,
        not sent.sha256,
    )
    fetched = Check("the presigned URL answers 200", str(sent.presigned_status), sent.presigned_status == 200)
    same = sent.presigned_sha256 == sent.sent_sha256
    content = Check("what it gives is what was sent", "the same" if same else "something else", same)
    deleted = "it is gone" if sent.deleted else f"{sent.key} is still there"
    checks = (same_size, kept, fetched, content, Check("the object is deleted", deleted, sent.deleted))
    wrong = [check for check in checks if not check.ok and not check.warning]
    milliseconds = f"{answers.seconds * 1000:.0f} ms"
    return Reading(
        document={
            "key": sent.key,
            "uploaded": same_size.ok and (kept.ok or (kept.warning and same)),
            "size": sent.size,
            "sha256": sent.presigned_sha256,
            "presigned_status": sent.presigned_status,
            "deleted": sent.deleted,
            "seconds": answers.seconds,
        },
        summary=f"uploaded, compared, fetched and deleted in {milliseconds}"
        if not wrong
        else "; ".join(f"{check.expected}: {check.came}" for check in wrong),
        checks=checks,
    )


def read_verify(given: Given, answers: S3Answers) -> Reading:
    """Whether the object is what it should be."""
    (found,) = answers.objects
    checks = []
    if given.get("size") is not None:
        checks.append(
            Check(
                f"{given['size']:g} B" if given["size"] < 1e6 else f"{int(given['size'])} B",
                f"{found.size} B",
                found.size == given["size"],
            )
        )
    wanted = str(given.get("sha256") or "").lower()
    if wanted:
        known = found.sha256 or "not known: the server keeps none, and it is too large to read"
        checks.append(Check(f"SHA-256 {wanted}", known, found.sha256 == wanted))
    age = _hours(found, answers.now)
    if not checks:
        checks.append(Check("it is not empty", f"{found.size} B", found.size > 0))
    return Reading(
        document={
            "size": found.size,
            "age_hours": age,
            "checksum": found.sha256,
            "checksum_from": found.sha256_from,
            "etag": found.etag,
            "seconds": answers.seconds,
        },
        summary=f"{found.key}: {size(found.size)}, written {_ago(age)}",
        checks=tuple(checks),
    )


READERS: Mapping[str, Callable[[Given, S3Answers], Reading]] = {
    "list": read_list,
    "upload": read_upload,
    "verify": read_verify,
}


def _hours(found: S3Object, now: datetime) -> float:
    return max(0.0, round((now - found.written).total_seconds() / 3600, 2))


def _ago(hours: float) -> str:
    return f"{roughly(hours * 3600)} ago" if hours * 3600 >= 1 else "just now"
