"""Checks by tables what the s3 probe makes of answers, without a server."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.runbooks.probed import filled
from tui.probes.base import Reading
from tui.probes.s3.answers import S3Answers, S3Object, Sent
from tui.probes.s3.errors import place as where
from tui.probes.s3.errors import skew
from tui.probes.s3.probe import S3Probe
from tui.runbook.probing.s3 import SPEC

BUCKET = "backups"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def found(key: str = "a", size: int = 10, hours: float = 1.0, sha256: str = "") -> S3Object:
    return S3Object(key=key, size=size, written=NOW - timedelta(hours=hours), sha256=sha256)


def read(check: str, given: dict[str, Any], **came: Any) -> Reading:
    raw = S3Answers(where=BUCKET, seconds=0.01, now=NOW, **came)
    return S3Probe().interpret(check, filled(SPEC.check(check).parameters, given), raw)


@pytest.mark.parametrize(
    ("objects", "count", "newest", "age", "summary"),
    [
        ((), 0, "", None, "backups: 0 objects, 0 B"),
        ((found(),), 1, "a", 1.0, "backups: 1 object, 10 B, the newest 1 h ago"),
        ((found(hours=50), found("b", 2048, 26)), 2, "b", 26.0, "backups: 2 objects, 2.01 KiB, the newest 1 d 2 h ago"),
        ((found(hours=-1),), 1, "a", 0.0, "backups: 1 object, 10 B, the newest just now"),
    ],
)
def test_a_list_in_figures(
    objects: tuple[S3Object, ...], count: int, newest: str, age: float | None, summary: str
) -> None:
    reading = read("list", {}, objects=objects)
    document = reading.document
    assert (document["count"], document["newest"], document["newest_age_hours"]) == (count, newest, age)
    assert reading.summary == summary


def test_a_list_that_continues() -> None:
    assert read("list", {}, objects=(found(),), complete=False).summary.startswith("backups: at least 1 object")


@pytest.mark.parametrize(
    ("given", "sha256", "size", "oks"),
    [
        ({}, "", 10, [True]),
        ({}, "", 0, [False]),
        ({"size": 10}, "", 10, [True]),
        ({"size": 0}, "", 0, [True]),
        ({"size": 10, "sha256": "AB"}, "ab", 11, [False, True]),
        ({"sha256": "ab"}, "", 10, [False]),
    ],
)
def test_a_backup_in_figures(given: dict[str, Any], sha256: str, size: int, oks: list[bool]) -> None:
    reading = read("verify", {"key": "a", **given}, objects=(found(size=size, sha256=sha256),))
    assert [check.ok for check in reading.checks] == oks
    assert reading.document["age_hours"] == 1.0


@pytest.mark.parametrize(
    ("came", "uploaded", "wrong"),
    [
        ({}, True, []),
        ({"size": 9}, False, [0]),
        ({"sha256": "other"}, False, [1]),
        ({"sha256": ""}, True, [1]),
        ({"sha256": "", "presigned_sha256": "other"}, False, [1, 3]),
        ({"presigned_status": 403, "presigned_sha256": "other"}, True, [2, 3]),
        ({"deleted": False}, True, [4]),
    ],
)
def test_what_becomes_of_an_upload(came: dict[str, Any], uploaded: bool, wrong: list[int]) -> None:
    good = {"size": 10, "sha256": "ab", "presigned_status": 200, "presigned_sha256": "ab", "deleted": True}
    reading = read("upload", {}, sent=Sent(key="k", sent_size=10, sent_sha256="ab", **(good | came)))
    assert reading.document["uploaded"] is uploaded
    assert [at for at, check in enumerate(reading.checks) if not check.ok] == wrong


@pytest.mark.parametrize(
    ("clock", "words"),
    [
        ("Mon, 23 Nov 2026 12:20:00 GMT", ": its own is 20 min ahead of ours"),
        ("Mon, 23 Nov 2026 11:00:00 GMT", ": its own is 60 min behind ours"),
        ("Mon, 23 Nov 2026 12:00:05 GMT", ""),
        ("soon", ""),
        ("", ""),
    ],
)
def test_how_far_clocks_differ(clock: str, words: str) -> None:
    assert skew(clock, NOW) == words


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        ("", "Amazon S3 in eu-central-1"),
        ("https://user:word@minio:9000/path?token=x", "minio:9000"),
        ("http://[::1]:9000", "[::1]:9000"),
    ],
)
def test_where_it_is_in_words(endpoint: str, words: str) -> None:
    assert where({"endpoint": endpoint, "region": "eu-central-1"}) == words
