"""Checks the s3 probe against an S3 API that checks signatures, directly and through sshd, and against bad ones."""

import hashlib
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from tests.support.machines.reach import Misbehaving, reaching
from tests.support.runbooks.probed import failure, filled, probed
from tests.support.servers.certificates import Authority, serving
from tests.support.servers.s3_server import BUCKET, FORBIDDEN, S3Server
from tests.support.servers.sshd import free_port
from tests.support.servers.web_server import Reply, Request, hang, serving_raw, serving_web
from tui.execution.measuring.reach import TransportReach
from tui.probes.base import NoData, ProbeFailed, Reading
from tui.probes.s3.probe import S3Probe
from tui.probes.s3.wire import MOST_ANSWER, S3Wire, client
from tui.runbook.probing.s3 import SPEC
from tui.transports.base import Transport
from tui.transports.local.transport import LocalTransport

pytestmark = pytest.mark.needs("sshd", "ssh")

KEY = {"access_key": "AKIAEXAMPLE", "secret_key": "s3cret-of-the-bucket"}
DUMP = b"-- a backup\n" * 1000


def probe(place: Transport, settings: dict[str, Any], check: str, **given: Any) -> Reading:
    reading = probed(S3Probe(), SPEC, check, settings, given, place)
    assert list(reading.document) == [field.name for field in SPEC.check(check).fields]
    return reading


def refusal(
    place: Transport, settings: dict[str, Any], check: str = "list", seconds: float = 10.0, **given: Any
) -> ProbeFailed:
    told = failure(S3Probe(), SPEC, check, settings, given, place, seconds)
    for secret in (settings["secret_key"], settings["access_key"]):
        assert not secret or secret not in f"{told!r} {told.hint} {told.__cause__!r} {told.__suppress_context__}"
    return told


@pytest.fixture(scope="module", autouse=True)
def library() -> None:
    """Reading the library's descriptions is not part of the short deadlines below."""
    with reaching(LocalTransport("here")) as reach:
        client(filled(SPEC.settings, {"bucket": BUCKET, **KEY}), S3Wire(reach, ""))


@pytest.fixture(scope="module")
def bucket(s3_server: S3Server) -> S3Server:
    with s3_server.unchecked():
        administrator = s3_server.client()
        administrator.put_object(Bucket=BUCKET, Key="db/old.sql", Body=b"x")
        administrator.put_object(Bucket=BUCKET, Key="db/new.sql", Body=DUMP)
        administrator.put_object(Bucket=BUCKET, Key="db/sum.sql", Body=DUMP, ChecksumAlgorithm="SHA256")
        administrator.put_object(Bucket=BUCKET, Key="empty", Body=b"")
    return s3_server


class TestAgainstAnS3Api:
    def test_a_list_counts_and_dates(self, place: Transport, bucket: S3Server) -> None:
        document = probe(place, bucket.settings(), "list", prefix="db/").document
        assert document["count"] == 3
        assert document["bytes"] == 2 * len(DUMP) + 1
        assert document["newest"] in ("db/new.sql", "db/sum.sql")
        assert document["newest_age_hours"] < 1
        assert document["complete"] is True

    def test_a_prefix_without_objects(self, place: Transport, bucket: S3Server) -> None:
        document = probe(place, bucket.settings(), "list", prefix="none/").document
        assert (document["count"], document["newest"], document["newest_age_hours"]) == (0, "", None)

    def test_an_upload_is_compared_fetched_and_gone(self, place: Transport, bucket: S3Server) -> None:
        before = bucket.listed()
        bucket.requests.clear()
        reading = probe(place, bucket.settings(), "upload", prefix="mine/", bytes=3000)
        document = reading.document
        assert [check.ok for check in reading.checks] == [True] * 5
        assert document["key"].startswith("mine/")
        assert (document["uploaded"], document["size"], document["deleted"]) == (True, 3000, True)
        assert document["presigned_status"] == 200
        assert len(document["sha256"]) == 64
        assert bucket.listed() == before
        assert [one[0] for one in bucket.requests] == ["PUT", "HEAD", "GET", "DELETE", "HEAD", "GET"]
        assert {one[1] for one in bucket.requests} == {f"127.0.0.1:{bucket.port}"}

    def test_a_backup_is_verified_by_its_content_where_no_checksum_is_kept(
        self, place: Transport, bucket: S3Server
    ) -> None:
        wanted = hashlib.sha256(DUMP).hexdigest()
        reading = probe(place, bucket.settings(), "verify", key="db/new.sql", size=len(DUMP), sha256=wanted.upper())
        assert [check.ok for check in reading.checks] == [True, True]
        assert (reading.document["checksum"], reading.document["checksum_from"]) == (wanted, "content")
        assert reading.document["etag"] == hashlib.md5(DUMP).hexdigest()
        other = probe(place, bucket.settings(), "verify", key="db/new.sql", size=1, sha256="0" * 64)
        assert [check.ok for check in other.checks] == [False, False]
        unread = probe(place, bucket.settings(), "verify", key="db/new.sql", sha256=wanted, read_limit=10)
        assert [check.ok for check in unread.checks] == [False]
        assert "too large to read" in unread.checks[0].came

    def test_a_backup_is_verified_by_the_checksum_the_server_keeps(self, place: Transport, bucket: S3Server) -> None:
        bucket.requests.clear()
        wanted = hashlib.sha256(DUMP).hexdigest()
        document = probe(place, bucket.settings(), "verify", key="db/sum.sql", sha256=wanted).document
        assert (document["checksum"], document["checksum_from"]) == (wanted, "server")
        assert [one[0] for one in bucket.requests] == ["HEAD"]

    def test_an_empty_backup_is_none(self, place: Transport, bucket: S3Server) -> None:
        assert [check.ok for check in probe(place, bucket.settings(), "verify", key="empty").checks] == [False]

    def test_what_is_not_there(self, place: Transport, bucket: S3Server) -> None:
        assert refusal(place, bucket.settings(bucket="nowhere")).message.endswith("has no bucket nowhere")
        missing = refusal(place, bucket.settings(bucket="nowhere"), "verify", key="a")
        assert missing.message.endswith("has no bucket nowhere")
        assert refusal(place, bucket.settings(), "verify", key="db").message == f"{BUCKET} has no object db"

    def test_what_is_forbidden(self, place: Transport, bucket: S3Server) -> None:
        for check, given, action in (
            ("list", {}, "list objects"),
            ("verify", {"key": "a"}, "list objects"),
            ("upload", {}, "upload objects"),
        ):
            told = refusal(place, bucket.settings(bucket=FORBIDDEN), check, **given)
            assert isinstance(told, NoData)
            assert told.message.endswith(f"forbids this key to {action} in {FORBIDDEN}")
            assert "may be left" not in told.hint

    def test_keys_that_are_wrong(self, place: Transport, bucket: S3Server) -> None:
        assert "the secret key is not that of" in refusal(place, bucket.settings(secret_key="wrong")).message
        assert "does not know this access key" in refusal(place, bucket.settings(access_key="AKIAWRONG")).message

    def test_without_credentials_nothing_is_asked(self, place: Transport, bucket: S3Server) -> None:
        bucket.requests.clear()
        for missing in ("access_key", "secret_key"):
            told = refusal(place, bucket.settings(**{missing: ""}))
            assert isinstance(told, NoData)
            assert told.message.endswith("nothing is asked anonymously")
        assert bucket.requests == []

    def test_what_cannot_be_deleted_is_told_of(self, place: Transport, bucket: S3Server) -> None:
        told = refusal(place, bucket.settings(**bucket.poor_key), "upload", prefix="left/")
        assert "forbids this key to read objects" in told.message
        (left,) = [key for key in bucket.listed() if key.startswith("left/")]
        assert f"{left} may be left in {BUCKET}: delete it by hand" in told.hint
        with bucket.unchecked():
            bucket.client().delete_object(Bucket=BUCKET, Key=left)

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"endpoint": "s3.internal"}, "`endpoint` is not an address"),
            ({"endpoint": "ftp//x"}, "`endpoint` is not an address"),
            ({"region": "%%"}, "'%%' is not a region"),
            ({"bucket": "a/b c"}, "'a/b c' is not the name of a bucket"),
            ({"ca_file": "/nonexistent"}, "cannot be read"),
        ],
    )
    def test_settings_that_are_wrong(
        self, place: Transport, bucket: S3Server, changes: dict[str, str], words: str
    ) -> None:
        told = refusal(place, bucket.settings(**changes))
        assert isinstance(told, NoData)
        assert words in told.message

    @pytest.mark.parametrize("count", [0, 1.5, 1 << 21])
    def test_an_upload_of_a_size_that_cannot_be(self, place: Transport, bucket: S3Server, count: float) -> None:
        assert "cannot be uploaded" in refusal(place, bucket.settings(), "upload", bytes=count).message


def settings(port: int, scheme: str = "http", host: str = "127.0.0.1", **changes: Any) -> dict[str, Any]:
    return {"endpoint": f"{scheme}://{host}:{port}", "bucket": BUCKET, **KEY, **changes}


def xml(code: str, status: int, message: str = "Said.", **headers: str) -> Reply:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Reply(status, body.encode(), {"content-type": "application/xml", **headers})


class TestAgainstBadOnes:
    def test_nobody_listens(self, place: Transport) -> None:
        assert "refuses connections" in refusal(place, settings(free_port())).message

    def test_it_hangs(self, place: Transport) -> None:
        with Misbehaving() as server:
            told = refusal(place, settings(server.port), seconds=0.5)
        assert told.message.startswith(f"127.0.0.1:{server.port} does not answer within 0.")

    def test_it_hangs_up(self, place: Transport) -> None:
        with Misbehaving(closes=True) as server:
            told = refusal(place, settings(server.port))
        assert "closed the connection before it answered" in told.message
        assert "(http in `endpoint`)" in told.hint

    def test_it_never_ends(self, place: Transport) -> None:
        def talk(connection: socket.socket) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<List")
            hang(connection)

        with serving_raw(talk) as port:
            assert "does not answer within 0." in refusal(place, settings(port), seconds=0.5).message

    @pytest.mark.parametrize(
        ("reply", "words"),
        [
            (Reply(200, b"<!DOCTYPE html><html><p>Console</html>"), "answers with a web page"),
            (Reply(502, b"\n<html><h1>Bad gateway</h1></html>"), "answers with a web page"),
            (Reply(200, b"<other/>"), "does not speak S3"),
            (Reply(200, b'{"a": 1}'), "answers with something else than XML"),
            (Reply(200, b"\xff\x00<"), "answers with something else than XML"),
            (Reply(200, b"<a><b>"), "has an error of its own"),
            (Reply(200, b" " * (MOST_ANSWER + 1)), "answers with more than 8 MiB"),
            (Reply(500, b""), "has an error of its own"),
        ],
    )
    def test_it_is_no_s3_api(self, place: Transport, reply: Reply, words: str) -> None:
        with serving_web(lambda request: reply) as port:
            assert words in refusal(place, settings(port)).message

    @pytest.mark.parametrize(
        ("code", "status", "kind", "words"),
        [
            ("ExpiredToken", 400, NoData, "has expired"),
            ("AuthorizationHeaderMalformed", 400, NoData, "is in another region: Said."),
            ("SlowDown", 503, ProbeFailed, "asks us to slow down"),
            ("XMinioStorageFull", 507, ProbeFailed, "is full"),
            ("Brand\u202eNew", 418, ProbeFailed, "refuses (Brand New): Said."),
            ("BrandNew", 418, ProbeFailed, "refuses (BrandNew): Said."),
        ],
    )
    def test_it_refuses(self, place: Transport, code: str, status: int, kind: type, words: str) -> None:
        asked: list[Request] = []

        def answer(request: Request) -> Reply:
            asked.append(request)
            return xml(code, status)

        with serving_web(answer) as port:
            told = refusal(place, settings(port))
        assert type(told) is kind
        assert words in told.message
        assert len(asked) == 1

    def test_clocks_that_differ(self, place: Transport) -> None:
        body = b"<Error><Code>RequestTimeTooSkewed</Code></Error>"

        def talk(connection: socket.socket) -> None:
            clock = format_datetime(datetime.now(UTC) + timedelta(minutes=20), usegmt=True).encode()
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 403 No\r\nDate: %b\r\nContent-Length: %d\r\n\r\n" % (clock, len(body)) + body)

        with serving_raw(talk) as port:
            told = refusal(place, settings(port))
        assert isinstance(told, NoData)
        assert told.message.endswith("because the clocks differ: its own is 20 min ahead of ours")
        assert "timedatectl" in told.hint


class TestUploadsThatFailMidway:
    @contextmanager
    def _failing(self, at: str, reply: Reply) -> Iterator[tuple[int, list[str]]]:
        asked: list[str] = []

        def answer(request: Request) -> Reply:
            asked.append(request.method)
            if request.method == at:
                return reply
            return Reply(
                204 if request.method == "DELETE" else 200, b"", {"last-modified": "Mon, 23 Nov 2026 07:00:00 GMT"}
            )

        with serving_web(answer) as port:
            yield port, asked

    @pytest.mark.parametrize(
        ("at", "reply", "words", "asked"),
        [
            ("PUT", xml("InternalError", 500), "has an error of its own", ["PUT", "DELETE"]),
            ("PUT", xml("AccessDenied", 403), "forbids this key to upload", ["PUT"]),
            ("HEAD", Reply(500), "does not speak S3", ["PUT", "HEAD", "GET", "DELETE"]),
            ("GET", Reply(200, b"<html>"), "answers with a web page", ["PUT", "HEAD", "GET", "DELETE"]),
        ],
    )
    def test_what_was_made_is_deleted(
        self, place: Transport, at: str, reply: Reply, words: str, asked: list[str]
    ) -> None:
        with self._failing(at, reply) as (port, came):
            told = refusal(place, settings(port), "upload")
        assert words in told.message
        assert "may be left" not in told.hint
        assert came == asked

    def test_a_failing_presigned_url_is_a_judgement(self, place: Transport) -> None:
        with self._failing("GET", xml("AccessDenied", 403)) as (port, came):
            reading = probed(S3Probe(), SPEC, "upload", settings(port), {}, place)
        assert reading.document["presigned_status"] == 403
        assert "DELETE" in came
        assert not all(check.ok for check in reading.checks)

    def test_a_server_that_hangs_midway_leaves_time_to_delete(self, place: Transport) -> None:
        asked: list[bytes] = []

        def talk(connection: socket.socket) -> None:
            reader = connection.makefile("rb")
            while method := reader.readline().split(b" ")[0]:
                asked.append(method)
                while reader.readline().strip():
                    pass
                reader.read(1 if method == b"PUT" else 0)
                if method == b"HEAD":
                    return hang(connection)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        with serving_raw(talk) as port:
            told = refusal(place, settings(port), "upload", seconds=1.2, bytes=1)
        assert "does not answer" in told.message
        assert "may be left" not in told.hint
        assert asked == [b"PUT", b"HEAD", b"DELETE"]


class Leading(TransportReach):
    """A reach that leads to one port whatever is asked for, as if that were there, and notes what was."""

    def __init__(self, transport: Transport, port: int) -> None:
        super().__init__(transport, 10)
        self.port = port
        self.asked: set[tuple[str, int]] = set()

    def tcp(self, host: str, port: int) -> socket.socket:
        self.asked.add((host, port))
        return super().tcp("127.0.0.1", self.port)


Https = Callable[..., S3Server]


@pytest.fixture(scope="module")
def https(s3_server: S3Server) -> Iterator[Https]:
    """Further servers of the same buckets, under TLS."""
    made: list[S3Server] = []

    def start(certificate: Any) -> S3Server:
        made.append(S3Server(serving(certificate)))
        return made[-1]

    yield start
    for server in made:
        server.stop()


class TestTls:
    def test_amazons_names_are_dialled_signed_for_and_proved(
        self, bucket: S3Server, https: Https, authority: Authority
    ) -> None:
        name = f"{BUCKET}.s3.eu-central-1.amazonaws.com"
        server = https(authority.issue("*.s3.eu-central-1.amazonaws.com"))
        told = bucket.settings(ca_file=str(authority.file))
        del told["endpoint"]
        given = filled(SPEC.check("upload").parameters, {})
        with Leading(LocalTransport("here"), server.port) as reach:
            raw = S3Probe().fetch("upload", filled(SPEC.settings, told), given, reach)
        assert all(check.ok for check in S3Probe().interpret("upload", given, raw).checks)
        assert reach.asked == {(name, 443)}
        assert {one[1] for one in server.requests} == {name}

    def test_a_certificate_for_another_name_expired_or_of_nobody(
        self, place: Transport, https: Https, authority: Authority, bucket: S3Server
    ) -> None:
        ca = {"ca_file": str(authority.file), **bucket.key}
        other = https(authority.issue("localhost"))
        assert probe(place, settings(other.port, "https", "localhost", **ca), "list").document["complete"]
        assert "is not for 127.0.0.1" in refusal(place, settings(other.port, "https", **ca)).message
        old = https(authority.issue("localhost", days=-1))
        assert "has expired" in refusal(place, settings(old.port, "https", "localhost", **ca)).message
        own = settings(other.port, "https", "localhost")
        assert "is not trusted here" in refusal(place, own).message

    def test_a_port_without_tls(self, place: Transport, bucket: S3Server) -> None:
        assert "does not speak TLS" in refusal(place, settings(bucket.port, "https")).message
