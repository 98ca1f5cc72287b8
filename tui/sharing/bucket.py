"""The team's bucket: objects that are written once, replaced only by who knows them, read in parts, and listed."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct

from tui.config import BucketPlace
from tui.errors import RunbookError
from tui.execution.secrecy.redaction import Redactor
from tui.sharing.own_secrets import own_secret
from tui.transports.base import Address, DialFailed
from tui.transports.sockets import dial_here

if TYPE_CHECKING:
    import socket

SECONDS = 10.0
"""What one request may take."""
TRIES = 4
"""How often what two wrote at the same moment (409) or an overloaded server (503) is tried, each time after a pause."""
PAUSE = 0.05
SETTING = "the setting `bucket`"

Result = TypeVar("Result")


class BucketError(RunbookError):
    """The bucket does not do what was asked; the message has the server's reason in plain words."""

    exit_code = 4


class BucketAway(BucketError):
    """Nothing is known: no answer, or one that says "later". What was written may have arrived."""

    later = False
    """Whether the server says that the same request may succeed a moment later."""


class ObjectMissing(BucketError):
    """There is no such object."""


class ObjectTaken(BucketError):
    """There is such an object already (412 of a first write)."""


class ObjectChanged(BucketError):
    """The object is not what the writer knew, or is gone (412 or 404 of a write that replaces)."""


class Fetched(Struct, frozen=True):
    """An object's bytes, or a part of them, and the tag by which it is replaced."""

    data: bytes
    etag: str


class BucketObject(Struct, frozen=True):
    """An object in a list."""

    key: str
    size: int
    etag: str
    written: datetime


class BucketKeys(Struct, frozen=True):
    """By what the bucket lets us in; never shown."""

    access_key: str
    secret_key: str
    session_token: str = ""


def bucket_keys(place: BucketPlace, redactor: Redactor) -> BucketKeys:
    """The bucket's key, from where the settings say.

    Raises:
        UsageError: a setting does not say where.
        SecretMissing: there is nothing there.
    """
    return BucketKeys(
        own_secret("bucket.access_key", place.access_key, redactor),
        own_secret("bucket.secret_key", place.secret_key, redactor),
        own_secret("bucket.session_token", place.session_token, redactor) if place.session_token else "",
    )


class _Way:
    """Sockets of this machine, and the time that an answer may take; see Sockets of the s3 probe's wire."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.until = 0.0

    @property
    def left(self) -> float:
        """Seconds until the request is given up."""
        return max(0.0, self.until - time.monotonic())

    def tcp(self, host: str, port: int) -> "socket.socket":
        """A socket connected to host:port.

        Raises:
            ProbeFailed: there is none.
        """
        from tui.probes.base import ProbeFailed

        try:
            return dial_here(Address(host=host, port=port), max(self.left, 0.05))
        except DialFailed as failed:
            raise ProbeFailed(f"{host}:{port} cannot be reached: {failed}", "is there a way there now?") from None


class Bucket:
    """One bucket, or a folder of it; safe to use from several threads. boto3 is imported with the first request."""

    def __init__(self, place: BucketPlace, known: BucketKeys, seconds: float = SECONDS) -> None:
        self.place = place
        self._seconds = seconds
        self._prefix = f"{place.prefix.strip('/')}/" if place.prefix.strip("/") else ""
        self._settings = {
            "bucket": place.name,
            "endpoint": place.endpoint,
            "region": place.region,
            "ca_file": place.ca_file,
            "path_style": place.path_style,
            "access_key": known.access_key,
            "secret_key": known.secret_key,
            "session_token": known.session_token,
        }
        self._own = threading.local()

    def __str__(self) -> str:
        return f"{self.place.name}/{self._prefix}".rstrip("/")

    def put_new(self, key: str, data: bytes, kind: str = "application/octet-stream") -> str:
        """Write an object that is not there yet; returns its tag.

        Raises:
            ObjectTaken: there is one.
            BucketError: it could not be written, or (BucketAway) nobody knows.
        """
        try:
            return self._put(key, data, kind, IfNoneMatch="*")
        except ObjectChanged as error:
            raise ObjectTaken(f"{key} is in {self} already", "somebody else wrote it") from error

    def put_matching(self, key: str, data: bytes, etag: str, kind: str = "application/octet-stream") -> str:
        """Replace an object by somebody who knows it; returns its new tag.

        Raises:
            ObjectChanged: it is not what `etag` says, or is gone.
            BucketError: it could not be written, or (BucketAway) nobody knows.
        """
        try:
            return self._put(key, data, kind, IfMatch=etag)
        except ObjectMissing as error:
            raise ObjectChanged(f"{key} is not in {self} any more", "somebody removed it") from error

    def put(self, key: str, data: bytes, kind: str = "application/octet-stream", until: datetime | None = None) -> str:
        """Write an object whatever is there; with `until` nobody can change or remove it before that time.

        Raises:
            BucketError: it could not be written.
        """
        lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until} if until else {}
        return self._put(key, data, kind, **lock)

    def _put(self, key: str, data: bytes, kind: str, **more: Any) -> str:
        given = {"Bucket": self.place.name, "Key": self._prefix + key, "Body": data, "ContentType": kind, **more}
        if "ObjectLockMode" in more:
            given["ChecksumAlgorithm"] = "SHA256"  # an object that is locked needs one
        return str(self._asked(lambda client: client.put_object(**given)["ETag"], key))

    def get(self, key: str, start: int = 0, end: int | None = None) -> Fetched:
        """An object's bytes from `start` on, up to before `end`.

        Raises:
            ObjectMissing: there is no such object.
            BucketError: it could not be read.
        """
        part = {"Range": f"bytes={start}-{'' if end is None else end - 1}"} if start or end is not None else {}

        def read(client: Any) -> Fetched:
            answer = client.get_object(Bucket=self.place.name, Key=self._prefix + key, **part)
            return Fetched(answer["Body"].read(), str(answer["ETag"]))

        return self._asked(read, key)

    def listed(self, prefix: str = "", after: str = "") -> Iterator[BucketObject]:
        """The objects below a prefix, in the order of their keys, from behind `after` on.

        Raises:
            BucketError: they could not be listed.
        """
        more: dict[str, str] = {"StartAfter": self._prefix + after} if after else {}
        while True:
            page = self._page(prefix, more)
            for one in page.get("Contents", []):
                key = str(one["Key"]).removeprefix(self._prefix)
                yield BucketObject(key, int(one["Size"]), str(one["ETag"]), one["LastModified"])
            if not page.get("IsTruncated") or not page.get("NextContinuationToken"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def _page(self, prefix: str, more: dict[str, str]) -> Any:
        given = {"Bucket": self.place.name, "Prefix": self._prefix + prefix, **more}
        return self._asked(lambda client: client.list_objects_v2(**given), prefix)

    def delete(self, key: str) -> None:
        """Remove an object, whether it is there or not.

        Raises:
            BucketError: it could not be removed.
        """
        self._asked(lambda client: client.delete_object(Bucket=self.place.name, Key=self._prefix + key), key)

    def age(self, written: datetime) -> float:
        """For how many seconds an object has been as it is, by the clock of the server that said so to this thread."""
        from tui.probes.s3.errors import told_time

        now = told_time(self._client() and self._own.wire.clock) or datetime.now(UTC)
        return max(0.0, (now - written).total_seconds())

    def presigned(self, key: str, seconds: int) -> str:
        """An address at which anybody who has it can read the object for so long; nothing is asked for it."""
        given = {"Bucket": self.place.name, "Key": self._prefix + key}
        return str(self._client().generate_presigned_url("get_object", Params=given, ExpiresIn=seconds))

    def locks_objects(self) -> bool:
        """Whether the bucket can keep an object from being changed.

        Raises:
            BucketError: it was not told.
        """
        try:
            found = self._asked(lambda client: client.get_object_lock_configuration(Bucket=self.place.name), "")
        except BucketAway:
            raise
        except BucketError:  # each server refuses in its own words where it has none
            return False
        return bool(found.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") == "Enabled")

    def why_unconditional(self) -> str:
        """Why a lease cannot be kept in this bucket; empty where it can: two first writes and two wrong ones tell.

        Raises:
            BucketError: it cannot be used at all.
        """
        key = f"trial/{secrets.token_hex(8)}"
        try:
            etag = self.put_new(key, b"first")
        except (BucketAway, ObjectTaken):
            raise
        except BucketError as error:
            self.put(key, b"first")  # where this is refused too, it is not a question of conditions
            with suppress(BucketError):
                self.delete(key)
            return f"{self} refuses writes with a condition: {error.message}"
        try:
            with suppress(ObjectTaken):
                self.put_new(key, b"second")
                return f"{self} ignores If-None-Match: two people could both hold a session"
            with suppress(ObjectChanged):
                self.put_matching(key, b"third", '"00000000000000000000000000000000"')
                return f"{self} ignores If-Match: two people could both hold a session"
            self.put_matching(key, b"fourth", etag)
        except BucketAway:
            raise
        except BucketError as error:
            return f"{self} refuses writes with a condition: {error.message}"
        finally:
            with suppress(BucketError):
                self.delete(key)
        return ""

    def _client(self) -> Any:
        """This thread's own client."""
        if not hasattr(self._own, "client"):
            from tui.probes.s3.wire import S3Wire, client

            self._own.way = _Way(self._seconds)
            self._own.wire = S3Wire(self._own.way, self.place.ca_file)
            self._own.client = client(self._settings, self._own.wire)
        return self._own.client

    def _asked(self, ask: Callable[[Any], Result], key: str) -> Result:
        for last in range(TRIES):
            try:
                return self._once(ask, key)
            except BucketAway as error:
                if last == TRIES - 1 or not error.later:
                    raise
                time.sleep(PAUSE * (1 + secrets.randbelow(4)) * (last + 1))
        raise AssertionError("unreachable")

    def _once(self, ask: Callable[[Any], Result], key: str) -> Result:
        from tui.probes.base import ProbeFailed

        try:
            client = self._client()
            self._own.wire.failed = None
            self._own.way.until = time.monotonic() + self._seconds
            return ask(client)
        except ProbeFailed as failed:
            raise BucketAway(f"{self}: {failed.message}", _hint(failed.hint)) from None
        except Exception as error:  # whatever the library makes of bytes that are not S3's
            raise _worded(error, str(self), self._settings, self._own.wire, self._seconds, key) from None


LATER = ("409", "503", "ConditionalRequestConflict", "OperationAborted", "SlowDown", "ServiceUnavailable")
AWAY = ("500", "502", "504", "InternalError")


def _worded(error: Exception, bucket: str, settings: Any, wire: Any, seconds: float, key: str) -> BucketError:
    """What an exception of the library means for who wanted an object."""
    from botocore.exceptions import ClientError

    from tui.probes.s3.errors import worded

    failed = wire.failed or worded(error, settings, seconds, wire.clock, key)
    message, hint = f"{bucket}: {failed.message}", _hint(failed.hint)
    if wire.failed is not None or not isinstance(error, ClientError):
        return BucketAway(message, hint)
    status = str(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", ""))
    code = str(error.response.get("Error", {}).get("Code", ""))
    if status == "412" or code == "PreconditionFailed":
        return ObjectChanged(f"{key} in {bucket} is not what it was", "somebody else wrote it")
    if code == "NoSuchBucket":
        return BucketError(message, hint)
    if status == "404":
        return ObjectMissing(f"there is no {key} in {bucket}", "was it removed?")
    if {status, code} & {*LATER, *AWAY}:
        away = BucketAway(message, hint)
        away.later = bool({status, code} & {*LATER})
        return away
    return BucketError(message, hint)


def _hint(hint: str) -> str:
    """A hint about a service of a runbook, as one about the settings."""
    return hint.replace("the service's", "the settings' `bucket`:").replace("the sources of", "the settings of")
