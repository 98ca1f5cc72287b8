"""An SSM endpoint of the tests' own: it holds requests and answers to botocore's model, and truly runs the commands."""

import json
import os
import re
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters

from tests.support.servers import ssm_agent

OUT, ERR = 24_000, 8_000
"""Characters that the service keeps of each output."""
CUT = "\n---Output truncated---"
NO_BUCKET = "nobodys-bucket"
"""One of which the service knows that there is none."""
HURRY = 60.0
"""The endpoint's seconds are as much shorter than the service's, where it waits for an agent."""
# Each test has clients of its own, for which botocore would read the same descriptions: half the time of such a test.
botocore.session.create_loader = cache(botocore.session.create_loader)
MODEL = botocore.session.get_session().get_service_model("ssm")


class Refusal(Exception):
    """An error that the service answers with."""

    def __init__(self, code: str, words: str = "") -> None:
        super().__init__(code)
        self.code, self.words = code, words


class Instance:
    """A machine with its agent, a process, and a home of its own."""

    def __init__(self, name: str, home: Path, heard: Callable[[dict[str, Any]], None]) -> None:
        self.name, self.home = name, home
        self.known = True
        home.mkdir(parents=True)
        environment = {"HOME": str(home), "PATH": os.environ["PATH"]}
        self.agent = subprocess.Popen(
            [sys.executable, "-I", "-S", ssm_agent.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )
        self._heard = heard
        self._saying = threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    def tell(self, **words: object) -> None:
        """Hand something to the agent."""
        assert self.agent.stdin
        with self._saying:
            self.agent.stdin.write(json.dumps(words) + "\n")
            self.agent.stdin.flush()

    def _listen(self) -> None:
        assert self.agent.stdout
        for line in self.agent.stdout:
            self._heard(json.loads(line))

    def stop(self) -> None:
        """End the agent; what it has started keeps running."""
        self.agent.kill()
        self.agent.wait()


class Given:
    """A command of the service, for one instance."""

    def __init__(self, instance: str, script: str, timeout: float, bucket: str, folder: str) -> None:
        self.id, self.instance, self.script, self.timeout = str(uuid.uuid4()), instance, script, timeout
        self.bucket = bucket
        below = f"{self.id}/{instance}/awsrunShellScript/0.awsrunShellScript"
        self.place = f"{folder}/{below}" if folder else below
        self.at = time.time()
        self.status = self.details = "Pending"
        self.begun = False
        self.out = self.err = ""
        self.polled = 0


class SSMServer:
    """The endpoint, and its faults: each is set by a test and read with the next request."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.instances: dict[str, Instance] = {}
        self.commands: dict[str, Given] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.wrong: list[str] = []
        """What the model does not allow, of requests and of answers."""
        self.throttled = 0
        """Requests yet that are answered by ThrottlingException."""
        self.refuse: tuple[str, str] | None = None
        """The code and the words that every request is refused with."""
        self.unanswered = 0
        """Commands yet that are taken, and whose answer is lost."""
        self.twice = False
        self.delay = 0.0
        self.not_there_yet = 0
        """Questions about a new command for which it does not exist yet."""
        self.silent: set[str] = set()
        """Instances to which nothing is delivered."""
        self.undelivered: tuple[str, str] | None = None
        """The status, and its details, at which every command ends that is sent now."""
        self.s3: Any = None
        """The S3 client with which agents send output to a bucket; those have no right to where it is None."""
        self._lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def instance(self, name: str) -> Instance:
        """A new machine."""
        made = self.instances[name] = Instance(name, self.folder / name, self._heard)
        return made

    def stop(self) -> None:
        """End it, with its machines."""
        self._server.shutdown()
        self._server.server_close()
        for one in self.instances.values():
            one.stop()

    def settings(self) -> dict[str, str]:
        """The operator's AWS settings, as variables."""
        return {
            "AWS_ENDPOINT_URL_SSM": self.url,
            "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "tests",
            "AWS_SECRET_ACCESS_KEY": "tests",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def count(self, operation: str) -> int:
        """How often something was asked."""
        return sum(name == operation for name, _ in self.asked)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:
                pass

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                operation = self.headers["X-Amz-Target"].removeprefix("AmazonSSM.")
                answer: dict[str, Any]
                try:
                    status, answer = 200, server.answer(operation, body)
                except Refusal as refusal:
                    status, answer = 400, {"__type": refusal.code, "message": refusal.words}
                except ConnectionAbortedError:
                    self.close_connection = True
                    self.connection.close()
                    return
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        return Handler

    def answer(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked.

        Raises:
            Refusal: the service would not.
            ConnectionAbortedError: the answer is lost.
        """
        model = MODEL.operation_model(operation)
        with self._lock:
            self.asked.append((operation, body))
            self._held(body, model.input_shape, f"{operation} asked")
            if self.throttled > 0:
                self.throttled -= 1
                raise Refusal("ThrottlingException", "Rate exceeded")
            if self.refuse is not None:
                raise Refusal(*self.refuse)
            answer: dict[str, Any] = getattr(self, f"_{operation}")(body)
            self._held(answer, model.output_shape, f"{operation} answered")
            if operation == "SendCommand" and self.unanswered > 0:
                self.unanswered -= 1
                raise ConnectionAbortedError
            return answer

    def _held(self, value: dict[str, Any], shape: Any, where: str) -> None:
        """Hold a request or an answer to the model: its names, its types, and the bounds that botocore leaves out."""
        try:
            validate_parameters(value, shape)
        except Exception as error:
            self.wrong.append(f"{where}: {error}")
        self.wrong += [f"{where}: {fault}" for fault in _beyond(value, shape)]

    def _SendCommand(self, body: dict[str, Any]) -> dict[str, Any]:
        if body["DocumentName"] != "AWS-RunShellScript":
            raise Refusal("InvalidDocument")
        if not body["Parameters"].keys() <= {"commands", "workingDirectory", "executionTimeout"}:
            raise Refusal("InvalidParameters")
        if len(json.dumps(body["Parameters"])) > 64 << 10:
            raise Refusal("MaxDocumentSizeExceeded")
        [name] = body["InstanceIds"]
        if name not in self.instances or not self.instances[name].known:
            raise Refusal("InvalidInstanceId", f"Instances [[{name}]] not in a valid state for account")
        script = "\n".join(body["Parameters"]["commands"])
        bucket, folder = body.get("OutputS3BucketName", ""), body.get("OutputS3KeyPrefix", "")
        if bucket == NO_BUCKET:
            raise Refusal("InvalidOutputFolder")
        given = Given(name, script, body["TimeoutSeconds"] / HURRY, bucket, folder)
        self.commands[given.id] = given
        for _ in range(2 if self.twice else 1):
            threading.Thread(target=self._deliver, args=(given, self.delay), daemon=True).start()
        command = {
            "CommandId": given.id,
            "DocumentName": body["DocumentName"],
            "Comment": body.get("Comment", ""),
            "RequestedDateTime": given.at,
            "Parameters": body["Parameters"],
            "InstanceIds": body["InstanceIds"],
            "Status": "Pending",
            "StatusDetails": "Pending",
            "TimeoutSeconds": body["TimeoutSeconds"],
        }
        return {"Command": command}

    def _deliver(self, given: Given, delay: float) -> None:
        until = time.monotonic() + given.timeout
        time.sleep(delay)
        while True:
            with self._lock:
                if given.status == "Cancelled":
                    return
                if self.undelivered is not None:
                    given.status, given.details = self.undelivered
                    return
                instance = self.instances[given.instance]
                if given.instance not in self.silent and instance.agent.poll() is None:
                    given.status = given.details = "InProgress"
                    instance.tell(id=given.id, script=given.script)
                    return
                if time.monotonic() > until:
                    given.status, given.details = "TimedOut", "DeliveryTimedOut"
                    return
            time.sleep(0.02)

    def _heard(self, words: dict[str, Any]) -> None:
        given = self.commands[words["id"]]
        if "status" in words and given.bucket and self.s3 is not None:
            with suppress(ClientError):  # the agent writes that into its own log, and tells nobody
                for name in ("stdout", "stderr"):
                    printed = words["out" if name == "stdout" else "err"].encode("latin-1")
                    if printed:
                        self.s3.put_object(Bucket=given.bucket, Key=f"{given.place}/{name}", Body=printed)
        with self._lock:
            given.begun = True
            if "status" in words and given.status != "Cancelled":
                given.out = _cut(words["out"].encode("latin-1").decode(errors="replace"), OUT)
                given.err = _cut(words["err"].encode("latin-1").decode(errors="replace"), ERR)
                given.status = given.details = "Failed" if words["status"] else "Success"

    def _GetCommandInvocation(self, body: dict[str, Any]) -> dict[str, Any]:
        given = self.commands.get(body["CommandId"])
        if given is None:
            raise Refusal("InvalidCommandId")
        given.polled += 1
        if given.instance != body["InstanceId"] or given.polled <= self.not_there_yet:
            raise Refusal("InvocationDoesNotExist")
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(given.at)) if given.begun else ""
        over = given.status in ("Success", "Failed")
        return {
            "CommandId": given.id,
            "InstanceId": given.instance,
            "DocumentName": "AWS-RunShellScript",
            "PluginName": "aws:runShellScript",
            "ResponseCode": 0 if given.status == "Success" else -1,
            "ExecutionStartDateTime": when,
            "Status": given.status,
            "StatusDetails": given.details,
            "StandardOutputContent": given.out if over else "",
            "StandardErrorContent": given.err if over else "",
            "StandardOutputUrl": f"https://s3.eu-central-1.amazonaws.com/{given.bucket}/{given.place}/stdout"
            if over and given.bucket
            else "",
        }

    def _CancelCommand(self, body: dict[str, Any]) -> dict[str, Any]:
        given = self.commands.get(body["CommandId"])
        if given is None:
            raise Refusal("InvalidCommandId")
        if given.status in ("Pending", "InProgress"):
            if given.status == "InProgress":
                self.instances[given.instance].tell(cancel=given.id)
            given.status = given.details = "Cancelled"
        return {}

    def _DescribeInstanceInformation(self, body: dict[str, Any]) -> dict[str, Any]:
        [name] = body["Filters"][0]["Values"]
        found = self.instances.get(name)
        if found is None or not found.known:
            return {"InstanceInformationList": []}
        online = found.agent.poll() is None and name not in self.silent
        one = {
            "InstanceId": name,
            "PingStatus": "Online" if online else "ConnectionLost",
            "LastPingDateTime": time.time(),
            "AgentVersion": "3.3.0.0",
            "PlatformType": "Linux",
        }
        return {"InstanceInformationList": [one]}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - len(CUT)] + CUT


def _beyond(value: Any, shape: Any) -> list[str]:
    """What goes beyond the bounds of a shape."""
    found: list[str] = []
    if shape is None:
        return found
    kind, rules = shape.type_name, shape.metadata
    if kind == "structure":
        for name, one in value.items():
            found += _beyond(one, shape.members[name]) if name in shape.members else [f"{name} is not known"]
    elif kind == "list":
        for one in value:
            found += _beyond(one, shape.member)
    elif kind == "map":
        for key, one in value.items():
            found += _beyond(key, shape.key) + _beyond(one, shape.value)
    elif kind == "string":
        if (allowed := getattr(shape, "enum", None)) and value not in allowed:
            found.append(f"{value!r} is not a {shape.name}")
        if value and "pattern" in rules and not re.search(rules["pattern"], value):
            found.append(f"{value!r} does not match {rules['pattern']}")
    size = len(value) if kind in ("string", "list", "map") else value if kind in ("integer", "long") else None
    if size is not None and not rules.get("min", size) <= size <= rules.get("max", size):
        found.append(f"{shape.name} is {size}")
    return found
