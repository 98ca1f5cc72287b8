"""Asks an S3 API for what is in a bucket, whether it takes an object and gives it back, and what a backup is like."""

import base64
import binascii
import hashlib
import secrets
import time
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from tui.probes.base import Given, NoData, ProbeFailed, Reach, Reading
from tui.probes.s3.answers import READERS, S3Answers, S3Object, Sent
from tui.probes.s3.errors import place, told_time, worded

CHUNK = 1 << 16
MOST_PAGES = 10
MOST_SENT = 1 << 20
PRESIGNED_FOR = 60
"""Seconds that the presigned URL lasts."""
RESERVE = 0.25
"""The share of the time that is kept for deleting what was uploaded, when something fails before."""


class S3Probe:
    """The s3 kind; see Probe."""

    kind = "s3"

    def fetch(self, check: str, settings: Given, given: Given, reach: Reach) -> S3Answers:
        """Ask the API; see Probe."""
        if not settings.get("access_key") or not settings.get("secret_key"):
            raise NoData(
                f"there are no credentials for {place(settings)}, and nothing is asked anonymously",
                "name access_key and secret_key in the service's `secrets`",
            )
        from tui.probes.s3 import wire as s3_wire  # it imports the library

        allowed, key = reach.left, str(given.get("key") or "")
        wire = s3_wire.S3Wire(reach, str(settings.get("ca_file") or ""))
        try:
            with s3_wire.closing(s3_wire.client(settings, wire)) as client:
                started = time.monotonic()
                asked = _Asked(client, wire, str(settings["bucket"]))
                ask = {"list": asked.listed, "upload": asked.uploaded, "verify": asked.verified}[check]
                answers = ask(given, S3Answers(where=str(settings["bucket"]), seconds=0, now=_now("")))
                return replace(answers, seconds=round(time.monotonic() - started, 4), now=_now(wire.clock))
        except Exception as error:  # whatever a library makes of bytes that are not S3's
            if isinstance(error, ProbeFailed):
                failed = error
            elif wire.failed is not None:
                failed = wire.failed
            else:
                late = TimeoutError() if not reach.left else error
                failed = worded(late, settings, allowed - wire.reserve, wire.clock, key)
            failed.hint = "; ".join(filter(None, (failed.hint, wire.left_behind)))
            raise failed from None

    def interpret(self, check: str, given: Given, raw: S3Answers) -> Reading:
        """What the answers mean; see Probe."""
        return READERS[check](given, raw)


class _Asked:
    """The requests of each check, by its name."""

    def __init__(self, client: Any, wire: Any, bucket: str) -> None:
        self._client = client
        self._wire = wire
        self._bucket = bucket

    def listed(self, given: Given, answers: S3Answers) -> S3Answers:
        """The objects, page by page."""
        found: list[S3Object] = []
        more: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            page = self._page(Prefix=str(given["prefix"]), **more)
            found += [
                S3Object(key=one["Key"], size=one["Size"], written=one["LastModified"])
                for one in page.get("Contents", [])
            ]
            if not page.get("IsTruncated") or not page.get("NextContinuationToken"):
                return replace(answers, objects=tuple(found))
            more = {"ContinuationToken": page["NextContinuationToken"]}
        return replace(answers, objects=tuple(found), complete=False)

    def verified(self, given: Given, answers: S3Answers) -> S3Answers:
        """One object's head, and its content where its checksum is wanted and the server has none."""
        found = self._head(str(given["key"]))
        if given.get("sha256") and not found.sha256 and found.size <= given["read_limit"]:
            found = replace(found, sha256=self._read(found), sha256_from="content")
        return replace(answers, objects=(found,))

    def uploaded(self, given: Given, answers: S3Answers) -> S3Answers:
        """An object's whole life; whatever fails in it, the object is deleted."""
        count = given["bytes"]
        if not 1 <= count <= MOST_SENT or count != int(count):
            raise NoData(f"{count:g} bytes cannot be uploaded", f"`bytes` is a whole number from 1 to {MOST_SENT}")
        content = secrets.token_bytes(int(count))
        key, digest = f"{given['prefix']}{secrets.token_hex(8)}", hashlib.sha256(content)
        self._wire.reserve = self._wire.reach.left * RESERVE
        mine = {"Bucket": self._bucket, "Key": key}
        try:
            self._client.put_object(
                **mine,
                Body=content,
                ContentType="application/octet-stream",
                ChecksumAlgorithm="SHA256",
                ChecksumSHA256=base64.b64encode(digest.digest()).decode(),
            )
            there = self._head(key)
            url = self._client.generate_presigned_url("get_object", Params=mine, ExpiresIn=PRESIGNED_FOR)
            status, came = self._client._endpoint.http_session.fetch(url)
            self._wire.reserve = 0.0
            self._client.delete_object(**mine)
        except Exception as error:
            if not self._refused(error, "PutObject"):
                self._clean_up(mine)
            raise
        sent = Sent(
            key=key,
            sent_size=len(content),
            sent_sha256=digest.hexdigest(),
            size=there.size,
            sha256=there.sha256,
            presigned_status=status,
            presigned_sha256=hashlib.sha256(came).hexdigest(),
            deleted=self._gone(mine),
        )
        return replace(answers, sent=sent)

    def _page(self, **more: Any) -> Any:
        page = self._client.list_objects_v2(Bucket=self._bucket, **more)
        if "Name" not in page:
            raise ValueError("it lists no bucket")
        return page

    def _head(self, key: str) -> S3Object:
        """An object's head; a refusal of it has no words, so that a list is asked for them."""
        from botocore.exceptions import ClientError

        try:
            head = self._client.head_object(Bucket=self._bucket, Key=key, ChecksumMode="ENABLED")
        except ClientError:
            self._page(Prefix=key, MaxKeys=1)
            raise
        kept = "" if head.get("ChecksumType") == "COMPOSITE" else _hexadecimal(head.get("ChecksumSHA256", ""))
        return S3Object(
            key=key,
            size=head["ContentLength"],
            written=head["LastModified"],
            sha256=kept,
            sha256_from="server" if kept else "",
            etag=head.get("ETag", "").strip('"'),
        )

    def _read(self, found: S3Object) -> str:
        """The SHA-256 of an object's content, of which no more is read than its head told of."""
        body = self._client.get_object(Bucket=self._bucket, Key=found.key)["Body"]
        digest, count = hashlib.sha256(), 0
        for chunk in body.iter_chunks(CHUNK):
            digest.update(chunk)
            count += len(chunk)
            if count > found.size:
                break
        if count != found.size:
            hint = "is it being written just now? ask again"
            raise ProbeFailed(f"{found.key} has {found.size} B by its head, and another number came", hint)
        return digest.hexdigest()

    def _gone(self, mine: dict[str, str]) -> bool:
        """Whether the object is gone; a user who may not list a bucket is not told which objects are missing."""
        try:
            self._client.head_object(**mine)
        except Exception as error:
            if self._refused(error, "HeadObject"):
                return True
            raise
        return False

    def _refused(self, error: Exception, operation: str) -> bool:
        """Whether the server says no to this request, and so has done nothing."""
        from botocore.exceptions import ClientError

        if not isinstance(error, ClientError) or error.operation_name != operation:
            return False
        return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) in (400, 403, 404)

    def _clean_up(self, mine: dict[str, str]) -> None:
        """Delete what may have been made, after a failure; what cannot be deleted is told of beside it."""
        first, self._wire.reserve = self._wire.failed, 0.0
        try:
            self._client.delete_object(**mine)
        except Exception:  # the first failure is the one to tell
            self._wire.left_behind = f"{mine['Key']} may be left in {self._bucket}: delete it by hand"
        self._wire.failed = first


def _hexadecimal(base64_text: str) -> str:
    """A checksum as people compare it; empty where it is none of a whole object (those of parts end in -3, say)."""
    try:
        digest = base64.b64decode(base64_text, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return digest.hex() if len(digest) == hashlib.sha256().digest_size else ""


def _now(clock: str) -> datetime:
    """The server's time, by which it dates its objects; else ours."""
    return told_time(clock) or datetime.now(UTC)
