"""Says what the errors of an S3 API mean to the person who has to fix them; never with a key or a signature."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from tui.probes.base import Given, NoData, ProbeFailed
from tui.probes.databases import hung_up, silent

_KEYS = "the sources of access_key and secret_key: are both of the same key, whole and current?"
_CODES: dict[str, tuple[type[ProbeFailed], str, str]] = {
    "NoSuchBucket": (
        ProbeFailed,
        "{where} has no bucket {bucket}",
        "the service's `bucket`; at another endpoint or in another account it may exist",
    ),
    "NoSuchKey": (
        ProbeFailed,
        "{bucket} has no object {key}",
        "has it been uploaded? look at the key letter by letter",
    ),
    "AccessDenied": (
        NoData,
        "{where} forbids this key to {action} in {bucket}",
        "the key's policy and the bucket's: s3:ListBucket, GetObject, PutObject, DeleteObject",
    ),
    "AllAccessDisabled": (NoData, "{where} forbids all access to {bucket}", "the account: is it suspended?"),
    "InvalidAccessKeyId": (NoData, "{where} does not know this access key", _KEYS),
    "SignatureDoesNotMatch": (
        NoData,
        "{where} refuses the signature: the secret key is not that of the access key",
        f"{_KEYS} Else a proxy before it changes the Host header",
    ),
    "InvalidToken": (NoData, "{where} refuses the session token", "a temporary key needs its own session_token"),
    "ExpiredToken": (NoData, "the temporary key for {where} has expired", "get a new one where it came from"),
    "RequestTimeTooSkewed": (
        NoData,
        "{where} refuses us because the clocks differ{skew}",
        "timedatectl on this machine and on the server: one of them is not synchronized",
    ),
    "AuthorizationHeaderMalformed": (NoData, "{bucket} is in another region: {said}", "the service's `region`"),
    "PermanentRedirect": (NoData, "{bucket} is at another endpoint: {said}", "the service's `region` and `endpoint`"),
    "IllegalLocationConstraintException": (NoData, "{bucket} is in another region", "the service's `region`"),
    "InvalidBucketName": (NoData, "{bucket} is not the name of a bucket", "the service's `bucket`"),
    "InvalidObjectState": (ProbeFailed, "{key} is archived and cannot be read", "restore it first; its storage class"),
    "XMinioStorageFull": (ProbeFailed, "{where} is full", "free space on its disks"),
    "QuotaExceeded": (ProbeFailed, "the quota of {bucket} is used up", "delete what is not needed, or raise it"),
    "SlowDown": (ProbeFailed, "{where} asks us to slow down", "it is overloaded, or there is a limit on requests"),
    "ServiceUnavailable": (ProbeFailed, "{where} is not available at the moment", "its state page, or its log"),
    "InternalError": (ProbeFailed, "{where} has an error of its own", "its state page, or its log"),
    "ConditionalRequestConflict": (
        ProbeFailed,
        "somebody wrote the same object at the same moment",
        "try again",
    ),
    "BadDigest": (ProbeFailed, "{where} received something else than was sent", "the network, and proxies in between"),
}
_SAME = {
    "403": "AccessDenied",
    "Forbidden": "AccessDenied",
    "UnauthorizedAccess": "AccessDenied",
    "404": "NoSuchKey",
    "OperationAborted": "ConditionalRequestConflict",
    "XAmzContentSHA256Mismatch": "BadDigest",
    "XAmzContentChecksumMismatch": "BadDigest",
    "InvalidSecurity": "InvalidAccessKeyId",
    "TokenRefreshRequired": "ExpiredToken",
    "RequestExpired": "RequestTimeTooSkewed",
    "301": "PermanentRedirect",
    "503": "ServiceUnavailable",
    "500": "InternalError",
}
_ACTIONS = {
    "ListObjectsV2": "list objects",
    "PutObject": "upload objects",
    "HeadObject": "read objects",
    "GetObject": "read objects",
    "DeleteObject": "delete objects",
}


def place(settings: Given) -> str:
    """Where the service is, in words; never a user or a query of its address, which may be secret."""
    endpoint = str(settings.get("endpoint") or "")
    if not endpoint:
        return f"Amazon S3 in {settings['region']}"
    return endpoint.split("://")[-1].split("/")[0].rpartition("@")[2]


def worded(error: Exception, settings: Given, seconds: float, clock: str, key: str = "") -> ProbeFailed:
    """What an exception of the library says, in words; `clock` is the Date that the server told last.

    `seconds` are those it had for its answer.
    """
    from botocore import exceptions

    where = place(settings)
    if isinstance(error, exceptions.ClientError):
        return _refused(error, settings, where, clock, key)
    if isinstance(error, exceptions.ReadTimeoutError | exceptions.ConnectTimeoutError | TimeoutError):
        return silent(where, seconds)
    if "timed out" in str(error).lower() and isinstance(error, exceptions.HTTPClientError):
        return silent(where, seconds)
    if isinstance(error, exceptions.ConnectionClosedError):
        told = hung_up(where, "an S3 API")
        told.hint = f"does it speak TLS on this port ({_scheme(settings)} in `endpoint`)? {told.hint}"
        return told
    if isinstance(error, exceptions.ParamValidationError):
        return NoData(
            f"{settings['bucket']!r} is not the name of a bucket, or the key is not valid", "the service's `bucket`"
        )
    if isinstance(error, exceptions.InvalidRegionError):
        return NoData(f"{settings['region']!r} is not a region", "the service's `region`")
    if isinstance(error, ValueError) and "endpoint" in str(error).lower():
        return NoData("the service's `endpoint` is not an address", "it begins with https:// or http://, then the host")
    return ProbeFailed(
        f"what answers at {where} does not speak S3", "is `endpoint` the address of the API, not of a console?"
    )


def _refused(error: Any, settings: Given, where: str, clock: str, key: str) -> ProbeFailed:
    told = error.response.get("Error", {})
    code = str(told.get("Code", ""))
    said = plain(str(told.get("Message") or code))[:200]
    known = _CODES.get(_SAME.get(code, code))
    if known is None:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", "")
        return ProbeFailed(f"{where} refuses ({plain(code)[:40] or status}): {said}", "look at its log")
    kind, message, hint = known
    names = {
        "where": where,
        "bucket": settings["bucket"],
        "key": key or "of this name",
        "said": said,
        "skew": skew(clock),
        "action": _ACTIONS.get(error.operation_name, "do this"),
    }
    return kind(message.format(**names), hint)


def skew(clock: str, now: datetime | None = None) -> str:
    """How far the server's clock is from ours, to follow a sentence; empty where it does not tell."""
    theirs = told_time(clock)
    if theirs is None:
        return ""
    minutes = round((theirs - (now or datetime.now(UTC))).total_seconds() / 60)
    if not minutes:
        return ""
    return f": its own is {abs(minutes)} min {'ahead of' if minutes > 0 else 'behind'} ours"


def told_time(clock: str) -> datetime | None:
    """A Date header as a time, where it is one."""
    try:
        told = parsedate_to_datetime(clock)
    except (TypeError, ValueError):
        return None
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def plain(text: str) -> str:
    """A server's words without what would move a terminal's cursor."""
    return "".join(character if character.isprintable() else " " for character in text)


def _scheme(settings: Given) -> str:
    return str(settings.get("endpoint") or "https").partition("://")[0]
