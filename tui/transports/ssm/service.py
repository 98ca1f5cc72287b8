"""Asks AWS Systems Manager: one client for all instances of a region, and its errors in words."""

import threading
from functools import cache
from typing import Any

from msgspec import Struct

from tui.errors import AuthenticationRefused, HostError
from tui.transports.jobs.request import Lost
from tui.transports.one_line import one_line
from tui.transports.ssm.output_bucket import OutputBucket, OutputNotFetched

DOCUMENT = "AWS-RunShellScript"
DELIVERED_WITHIN = 30
"""Seconds that the service has to deliver a command; it takes no fewer."""
ANSWERS_WITHIN = 20.0
TRIES = 6
"""How often the library asks, in its adaptive mode, which slows down where the service throttles."""
MOST_SENT = 60 << 10
"""Bytes of a command: the service takes 64 KiB with everything around it."""
COMMENT = 100
"""Characters of a comment."""

_CREDENTIALS = "aws sts get-caller-identity says whose are used; aws sso login renews those of single sign-on"
_REFUSED = frozenset(
    {
        "ExpiredTokenException",
        "ExpiredToken",
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "MissingAuthenticationTokenException",
        "IncompleteSignatureException",
    }
)
_THROTTLED = frozenset({"ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded"})
_EXPIRED = frozenset({"ExpiredTokenException", "ExpiredToken"})


class Invocation(Struct, frozen=True):
    """How a command stands on an instance: `status` in the service's word, `begun` whether it has begun there.

    `url` is where the whole of its standard output is, where it was sent to a bucket.
    """

    status: str
    details: str
    begun: bool
    out: str
    err: str
    url: str = ""

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status not in ("Pending", "InProgress", "Delayed", "Cancelling")


NOT_THERE = Invocation("Pending", "", False, "", "")


class SystemsManager:
    """The service in one region, by the operator's own AWS settings; safe to use from several threads."""

    def __init__(self, region: str) -> None:
        """Args: region: empty for the one that the operator's settings say."""
        self._region = region
        self._lock = threading.Lock()
        self._client: Any = None
        self._asking = threading.local()

    def send(self, instance: str, script: str, comment: str, within: int, to: OutputBucket | None = None) -> str:
        """Send a shell script to an instance, where it may run for `within` seconds; returns the command's id.

        Args:
            to: the bucket to which the instance sends all that the script prints.

        Raises:
            OutputNotFetched: there is no such bucket; nothing was sent.
            HostError: nothing was sent.
            Lost: it may have been sent; whatever was is delivered within DELIVERED_WITHIN seconds, or never.
        """
        answer = self._asked(
            "send_command",
            instance,
            InstanceIds=[instance],
            DocumentName=DOCUMENT,
            Parameters={"commands": [script], "executionTimeout": [str(within)]},
            TimeoutSeconds=DELIVERED_WITHIN,
            Comment=comment[:COMMENT],
            **(to.asked if to is not None else {}),
        )
        return str(answer["Command"]["CommandId"])

    def invocation(self, command: str, instance: str) -> Invocation:
        """How a command that was sent stands.

        Raises:
            HostError, Lost: the service does not say.
        """
        try:
            answer = self._asked("get_command_invocation", instance, CommandId=command, InstanceId=instance)
        except NotKnownYet:  # the service knows a command a moment after it has taken it
            return NOT_THERE
        return Invocation(
            status=answer.get("Status", ""),
            details=answer.get("StatusDetails", ""),
            begun=bool(answer.get("ExecutionStartDateTime")),
            out=answer.get("StandardOutputContent", ""),
            err=answer.get("StandardErrorContent", ""),
            url=answer.get("StandardOutputUrl", ""),
        )

    def cancel(self, command: str, instance: str) -> None:
        """Have a command that was sent not delivered, or ended.

        Raises:
            HostError, Lost: the service does not say.
        """
        self._asked("cancel_command", instance, CommandId=command, InstanceIds=[instance])

    def agent(self, instance: str) -> str | None:
        """What the service knows of an instance's agent: Online, ConnectionLost, Inactive; None where it has none.

        Raises:
            HostError, Lost: the service does not say.
        """
        wanted = [{"Key": "InstanceIds", "Values": [instance]}]
        answer = self._asked("describe_instance_information", instance, Filters=wanted)
        found = answer.get("InstanceInformationList", [])
        return str(found[0].get("PingStatus", "")) if found else None

    def _asked(self, operation: str, instance: str, **given: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        client = self._made()
        self._asking.unanswered = False
        try:
            return getattr(client, operation)(**given)
        except ClientError as error:
            told = self._told(error, operation, instance)
        except BotoCoreError as error:
            told = self._not_asked(error)
        if self._asking.unanswered:
            raise Lost from told
        raise told

    def _told(self, error: Any, operation: str, instance: str) -> HostError:
        """What the service said, as an error of ours."""
        said = error.response.get("Error", {})
        code, words = said.get("Code", ""), one_line(str(said.get("Message", "")))
        if code == "InvocationDoesNotExist":
            return NotKnownYet(words)
        if code in ("InvalidInstanceId", "InvalidInstanceInformationFilterValue"):
            return HostError(
                f"Systems Manager does not reach {instance}",
                "does it run, with the SSM agent and an instance profile, in this account and region?",
            )
        if code == "InvalidOutputFolder":
            return OutputNotFetched("there is no such bucket")
        if code in _REFUSED:
            self._forget()
            what = "the AWS credentials have expired" if code in _EXPIRED else "AWS does not know the credentials"
            return AuthenticationRefused(f"{what} ({code})", _CREDENTIALS)
        if code.startswith("AccessDenied"):
            action = f"ssm:{''.join(part.title() for part in operation.split('_'))}"
            return AuthenticationRefused(f"AWS does not allow {action}: {words}", "ask for it in the role's policy")
        if code in _THROTTLED:
            return HostError("Systems Manager takes no more requests now (it throttles)", "try again in a minute")
        return HostError(f"Systems Manager says {code}: {words}", "https://docs.aws.amazon.com/systems-manager/")

    def _not_asked(self, error: Any) -> HostError:
        """Why the service was not asked, or did not answer, as an error of ours."""
        from botocore import exceptions

        words = one_line(str(error))
        if isinstance(error, exceptions.NoRegionError):
            return HostError("no AWS region is set", 'region = "eu-central-1" at the host, or AWS_REGION')
        if isinstance(error, exceptions.ConnectionError | exceptions.HTTPClientError):
            return HostError(f"Systems Manager does not answer: {words}", "is the network up?")
        if isinstance(error, exceptions.ParamValidationError):
            return HostError(f"Systems Manager is not asked: {words}", "is the target an instance's id?")
        self._forget()
        if isinstance(error, exceptions.NoCredentialsError):
            return AuthenticationRefused("there are no AWS credentials here", "aws configure, or AWS_PROFILE")
        return AuthenticationRefused(f"the AWS credentials cannot be used: {words}", _CREDENTIALS)

    def _forget(self) -> None:
        """Read the operator's settings again: who has logged in need not begin this program again."""
        with self._lock:
            self._client = None

    def _made(self) -> Any:
        from botocore.exceptions import BotoCoreError

        with self._lock:
            if self._client is None:
                try:
                    self._client = self._new_client()
                except BotoCoreError as error:
                    told = error
                else:
                    return self._client
            else:
                return self._client
        raise self._not_asked(told)

    def _new_client(self) -> Any:
        import boto3
        from botocore.config import Config

        config = Config(
            retries={"mode": "adaptive", "total_max_attempts": TRIES},
            connect_timeout=ANSWERS_WITHIN / 2,
            read_timeout=ANSWERS_WITHIN,
            max_pool_connections=64,
        )
        client = boto3.session.Session(region_name=self._region or None).client("ssm", config=config)
        client.meta.events.register("needs-retry.ssm", self._answered)
        return client

    def _answered(self, response: Any = None, caught_exception: Any = None, **_: Any) -> None:
        """Take note of each try: one that had no answer, or an error inside the service, may have been taken."""
        from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError

        never = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError)
        if caught_exception is not None:
            self._asking.unanswered |= not isinstance(caught_exception, never)
        elif response is not None and response[0].status_code >= 500:
            self._asking.unanswered = True


class NotKnownYet(HostError):
    """The service does not know a command that it has taken."""


@cache
def systems_manager(region: str) -> SystemsManager:
    """The service in a region; every host there asks by the same client, so that its pace holds for all of them."""
    return SystemsManager(region)
