"""No form of a secret leaves the machine with a session's output, wherever it is cut, and while it is printed."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.execution.conftest import host as host
from tests.execution.conftest import workspace as workspace
from tests.execution.secrecy.test_disguised import ENCODED, INVISIBLE, REDRAWN, SECRETS, knowing, unreadable
from tests.execution.secrecy.test_redaction import FORMS, SECRET
from tests.support.harness.waiting import until
from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.servers.redis_server import RedisServer
from tests.support.servers.redis_server import redis_server as redis_server
from tests.support.servers.team_bucket import bucket as bucket
from tests.support.servers.team_bucket import team_server as team_server
from tests.support.sessions.fake_clock import FakeClock
from tests.support.sessions.shared_session import KEY, begun, relay_of, session_of
from tui.execution.secrecy.redaction import Redactor
from tui.execution.workspace import Workspace
from tui.session.clock import SystemClock
from tui.session.output.output import OutputWriter, write_mask
from tui.sharing.bucket import Bucket
from tui.sharing.publishing.masked_output import MaskedOutput
from tui.sharing.publishing.publication import Publication
from tui.sharing.relay.relay_sink import RelaySink
from tui.sharing.seals import Seals
from tui.sharing.stored.bucket_sink import BucketSink
from tui.text.drawn import drawn

CUTS = 6 if os.environ.get("RUNBOOK_FAULTS") == "long" else 1


class OneOutput:
    """An attempt whose output comes as the test writes it, and all that has been handed on of it by then."""

    def __init__(self, directory: Path, secret: str = "") -> None:
        self.directory = directory
        self.redactor = knowing(secret) if secret else Redactor()
        for path in directory.glob("0001.*"):
            path.unlink()
        self.writer = OutputWriter(directory, 1, FakeClock())
        self.live = {1: self.writer}
        self.masked = MaskedOutput(self, 1)
        self.given = bytearray()
        self.again = 0
        self.ever: list[bytes] = []

    def take(self) -> None:
        for offset, data in self.masked.pieces():
            if offset == 0 and self.given:
                self.again += 1
                self.ever.append(bytes(self.given))
                self.given.clear()
            assert offset == len(self.given)
            self.given += data

    def write(self, data: bytes) -> None:
        self.writer.write("out", data)
        self.take()
        self.take()

    def end(self) -> bytes:
        self.writer.close()
        write_mask(self.directory, 1, self.redactor.scan_file(self.writer.path))
        del self.live[1]
        self.take()
        assert self.masked.whole
        self.ever.append(bytes(self.given))
        return bytes(self.given)

    def texts(self) -> Iterator[str]:
        """All that anybody could ever have read, with and without what a terminal makes of it."""
        for data in self.ever:
            yield data.decode(errors="replace")
            yield "\n".join(drawn(line).text for line in data.split(b"\n"))


def forms() -> Iterator[tuple[str, str, str]]:
    """The name of a form, the secret, and the lines in which it stands."""
    for name, form in FORMS.items():
        yield f"form {name}", SECRET, f"before [{form}] after\n"
    for secret in SECRETS:
        for name, between in INVISIBLE.items():
            yield f"{name} between", secret, f"before {between.join(secret)} after\n"
        for name, encode in ENCODED.items():
            yield f"as {name}", secret, f"before [{encode(secret)}] after\n"
        for name, draw in REDRAWN.items():
            yield f"drawn, {name}", secret, f"before\n{draw(secret)}\nafter\n"


@pytest.mark.timeout(120 * CUTS)
def test_no_form_of_a_secret_leaves_the_machine_wherever_its_output_is_cut(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    from tests.support.hostile import faults_told

    luck, tried, again = random.Random(3), 0, 0
    for name, secret, lines in forms():
        data = f"{lines}last line\n".encode()
        for _ in range(CUTS):
            one = OneOutput(tmp_path, secret)
            cuts = sorted(luck.sample(range(1, len(data)), luck.randrange(1, 4)))
            for start, stop in zip([0, *cuts], [*cuts, len(data)], strict=True):
                one.write(data[start:stop])
            assert len(one.end()) == len(data)
            for text in one.texts():
                assert lines not in text, (name, cuts)
                assert unreadable(secret, text), (name, cuts, text)
            tried += 1
            again += one.again
    line = (
        f"{tried} outputs with a form of a secret, cut while they came: 0 bytes of one handed on; {again} given again"
    )
    faults_told.kept(pytestconfig).lines.append(line)


def test_output_without_secrets_is_handed_on_at_once_and_whole(tmp_path: Path) -> None:
    one = OneOutput(tmp_path)
    one.write(b"half a li")
    assert bytes(one.given) == b"half a li"
    one.write(b"ne\nprogress 1%\rprogress 2%")
    assert one.end() == b"half a line\nprogress 1%\rprogress 2%"


def test_lines_are_handed_on_while_a_command_with_a_secret_about_runs(tmp_path: Path) -> None:
    one = OneOutput(tmp_path, "hunter2-production")
    one.write(b"first\nsecond\n")
    assert bytes(one.given) == b"first\nsecond\n"
    one.write(b"password hunter2-")
    assert bytes(one.given) == b"first\nsecond\n"
    one.write(b"production\nthird\n")
    assert bytes(one.given) == b"first\nsecond\npassword " + b"*" * 18 + b"\nthird\n"
    one.end()


def test_a_secret_that_is_known_only_later_is_taken_out_again(tmp_path: Path) -> None:
    one = OneOutput(tmp_path)
    one.write(b"token Zx9qLm4TvB7k\n")
    one.redactor.add("Zx9qLm4TvB7k")
    assert one.end() == b"token ************\n"
    assert one.again == 1


def test_output_in_which_a_secret_is_captured_waits_for_its_mask(tmp_path: Path) -> None:
    one = OneOutput(tmp_path, "hunter2-production")
    one.writer.secret = True
    one.write(b"a new token\n")
    assert not one.given
    one.end()


@pytest.mark.needs("redis-server")
def test_neither_relay_nor_bucket_has_a_byte_of_a_secret(
    workspace: Workspace, host: FakeTransport, redis_server: RedisServer, bucket: Bucket
) -> None:
    redis_server.admin("FLUSHALL")
    for secret in (SECRET, *SECRETS):
        workspace.redactor.add(secret)
    printed = "".join(lines for _, _, lines in forms()).encode()
    host.replies["uptime"] = Reply(printed + b"load average: 0.1\n")
    conductor = begun(workspace)
    directory = workspace.store.find(session_of(conductor))
    seals = Seals(KEY, directory.id)
    sinks = [RelaySink(relay_of(redis_server), seals), BucketSink(bucket, seals)]
    conductor.shared = Publication(conductor, directory, sinks, SystemClock())
    conductor.start("look")
    conductor.note(f"the password is {SECRET}", "look")
    conductor.wait()
    relay = relay_of(redis_server)
    until(lambda: relay.ask("XLEN", f"runbook:{directory.id}:journal") == conductor.state.seq + 1)
    until(lambda: relay.ask("XLEN", f"runbook:{directory.id}:output:1"))
    until(lambda: list(bucket.listed(f"sessions/{directory.id}/output/")))
    conductor.close()
    values = [repr(relay.ask("XRANGE", key, "-", "+")) for key in relay.ask("KEYS", "*:journal")]
    values += [
        value for key in relay.ask("KEYS", "*:output:*") for value in texts_of(relay.ask("XRANGE", key, "-", "+"))
    ]
    values += [
        str(relay.ask("GET", key)) for kind in ("beat", "frame", "runbook") for key in relay.ask("KEYS", f"*:{kind}")
    ]
    values += [bucket.get(one.key).data.decode(errors="replace") for one in bucket.listed()]
    assert len(values) > 8
    for text in values:
        assert not [name for name, _, lines in forms() if lines in text]
        assert not any(secret in text for secret in (SECRET, *SECRETS, KEY))


def texts_of(entries: list[list[list[bytes]]]) -> list[str]:
    return [fields[1].decode(errors="replace") for _, fields in entries]
