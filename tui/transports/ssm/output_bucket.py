"""Fetches what a command printed from the S3 bucket that an instance sends it to: all of it, where an answer is cut."""

import threading
from functools import cache
from typing import Any

from tui.errors import HostError
from tui.transports.one_line import one_line

SCHEME = "s3://"
WHOLE = "awsrunShellScript/0.awsrunShellScript/stdout"
"""Where the agent puts a script's standard output, below the command and the instance."""
ANSWERS_WITHIN = 20.0
TRIES = 3


class OutputNotFetched(HostError):
    """What a command printed is not to be had from its bucket; the message says why."""


class NotThereYet(OutputNotFetched):
    """The bucket has no such object."""


class OutputBucket:
    """A bucket, or a folder of it, as a host's `large_output` names it; safe to use from several threads."""

    def __init__(self, place: str, region: str) -> None:
        """Args:
        place: as in s3://bucket/folder.
        region: that of Systems Manager; the library finds out that of the bucket where it is another.
        """
        self.place = place
        self._bucket, _, folder = place.removeprefix(SCHEME).partition("/")
        self._folder = folder.strip("/")
        self._region = region
        self._lock = threading.Lock()
        self._client: Any = None

    @property
    def asked(self) -> dict[str, str]:
        """What Systems Manager is asked, so that the instance sends its output here."""
        folder = {"OutputS3KeyPrefix": self._folder} if self._folder else {}
        return {"OutputS3BucketName": self._bucket, **folder}

    def fetch(self, command: str, instance: str, url: str, most: int) -> str:
        """What a command printed on an instance.

        Args:
            url: where the service says that it is; empty where it does not.
            most: bytes that it may have.

        Raises:
            NotThereYet: the instance sent nothing, or has not yet.
            OutputNotFetched: it cannot be read.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        below = url.partition(f"/{command}/")[2] or f"{instance}/{WHOLE}"
        key = "/".join(part for part in (self._folder, command, below) if part)
        try:
            body = self._made().get_object(Bucket=self._bucket, Key=key)["Body"]
            with body:
                data: bytes = body.read(most + 1)
        except ClientError as error:
            raise _refused(error.response.get("Error", {})) from error
        except (BotoCoreError, OSError) as error:
            with self._lock:
                self._client = None  # who logs in again need not begin this program again
            raise OutputNotFetched(one_line(str(error)).rstrip(".")) from error
        if len(data) > most:
            raise OutputNotFetched("what is there is larger than what was asked for")
        return data.decode(errors="replace")

    def _made(self) -> Any:
        with self._lock:
            if self._client is None:
                import boto3
                from botocore.config import Config

                config = Config(
                    retries={"mode": "standard", "total_max_attempts": TRIES},
                    connect_timeout=ANSWERS_WITHIN / 2,
                    read_timeout=ANSWERS_WITHIN,
                    max_pool_connections=64,
                )
                self._client = boto3.session.Session(region_name=self._region or None).client("s3", config=config)
            return self._client


def _refused(said: dict[str, str]) -> OutputNotFetched:
    """What S3 said, as an error of ours."""
    code, words = said.get("Code", ""), one_line(said.get("Message", ""))
    match code:
        case "NoSuchKey" | "404":
            return NotThereYet("the instance sent nothing there: may it, by its instance profile (s3:PutObject)?")
        case "NoSuchBucket":
            return OutputNotFetched("there is no such bucket")
        case "AccessDenied" | "403":
            return OutputNotFetched("it may not be read with your AWS settings (s3:GetObject)")
    return OutputNotFetched(f"S3 says {code}: {words}".rstrip(": "))


@cache
def output_bucket(place: str, region: str) -> OutputBucket:
    """A bucket; every host that sends its output there is read by the same client."""
    return OutputBucket(place, region)
