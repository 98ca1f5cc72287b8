"""Checks the team's bucket against an S3 API with conditional writes, and against what goes wrong with one."""

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.support.machines.reach import Misbehaving
from tests.support.servers.sshd import free_port
from tests.support.servers.team_bucket import KEYS, LOCKED, TeamBucketServer, refusal
from tui.config import BucketPlace
from tui.sharing.bucket import Bucket, BucketAway, BucketError, ObjectChanged, ObjectMissing, ObjectTaken


class TestObjects:
    def test_an_object_is_written_once(self, bucket: Bucket) -> None:
        bucket.put_new("lease/1", b"mine")
        with pytest.raises(ObjectTaken, match="lease/1 is in team/t.* already"):
            bucket.put_new("lease/1", b"yours")
        assert bucket.get("lease/1").data == b"mine"

    def test_an_object_is_replaced_by_who_knows_it(self, bucket: Bucket) -> None:
        first = bucket.put_new("lease/1", b"1")
        second = bucket.put_matching("lease/1", b"2", first)
        with pytest.raises(ObjectChanged):
            bucket.put_matching("lease/1", b"3", first)
        assert bucket.get("lease/1").etag == second
        with pytest.raises(ObjectChanged, match="is not in .* any more"):
            bucket.put_matching("gone", b"3", first)

    def test_of_many_first_writers_one_wins(self, bucket: Bucket) -> None:
        won: list[int] = []

        def write(number: int) -> None:
            try:
                bucket.put_new("lease/7", str(number).encode())
            except ObjectTaken:
                return
            won.append(number)

        threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert [str(one).encode() for one in won] == [bucket.get("lease/7").data]

    def test_a_part_is_read(self, bucket: Bucket) -> None:
        bucket.put("output/1/0", b"0123456789")
        assert bucket.get("output/1/0", 2, 5).data == b"234"
        assert bucket.get("output/1/0", 7).data == b"789"

    def test_objects_are_listed_page_by_page(self, bucket: Bucket) -> None:
        for number in range(3):
            bucket.put(f"journal/1-{number:08d}.jsonl", b"x" * number)
        bucket.put("lease/1", b"")
        found = list(bucket.listed("journal/"))
        assert [(one.key, one.size) for one in found] == [(f"journal/1-{n:08d}.jsonl", n) for n in range(3)]
        after = list(bucket.listed("journal/", after="journal/1-00000000.jsonl"))
        assert [one.key for one in after] == ["journal/1-00000001.jsonl", "journal/1-00000002.jsonl"]

    def test_it_is_told_nothing_of_this_machine(self, team_server: TeamBucketServer, bucket: Bucket) -> None:
        told: list[str] = []
        with team_server.answering(lambda environ: told.append(environ["HTTP_USER_AGENT"])):
            bucket.put("page.html", b"")
        assert [one.split()[0] for one in told] == ["runbook"]
        assert not any(word in told[0] for word in ("os/", "lang/", "md/"))

    def test_a_presigned_address_needs_no_key(self, bucket: Bucket) -> None:
        bucket.put("page.html", b"<p>hello</p>", "text/html; charset=utf-8")
        url = bucket.presigned("page.html", 60)
        answer = httpx.get(url)
        assert (answer.status_code, answer.text) == (200, "<p>hello</p>")
        assert answer.headers["content-type"].startswith("text/html")
        assert KEYS.secret_key not in url

    def test_a_bucket_that_locks_objects_says_so(self, team_server: TeamBucketServer, bucket: Bucket) -> None:
        locked = team_server.bucket(LOCKED)
        assert (locked.locks_objects(), bucket.locks_objects()) == (True, False)
        until = datetime.now(UTC) + timedelta(days=1)
        locked.put("archive/one", b"kept", until=until)
        assert locked.get("archive/one").data == b"kept"
        kept = team_server.administrator().head_object(Bucket=LOCKED, Key="archive/one")
        assert kept["ObjectLockMode"] == "COMPLIANCE"


class TestConditions:
    def test_a_bucket_with_conditions_passes_its_trial(self, bucket: Bucket) -> None:
        assert bucket.why_unconditional() == ""
        assert list(bucket.listed()) == []

    @pytest.mark.parametrize("header", ["HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH"])
    def test_a_bucket_that_ignores_them(self, team_server: TeamBucketServer, bucket: Bucket, header: str) -> None:
        def deaf(environ: dict[str, Any]) -> None:
            environ.pop(header, None)

        with team_server.answering(deaf):
            assert "two people could both hold a session" in bucket.why_unconditional()
        assert list(bucket.listed()) == []

    def test_a_bucket_that_refuses_them(self, team_server: TeamBucketServer, bucket: Bucket) -> None:
        def old(environ: dict[str, Any]) -> tuple[str, bytes] | None:
            return refusal("501 Not Implemented", "NotImplemented") if "HTTP_IF_NONE_MATCH" in environ else None

        with team_server.answering(old):
            assert "refuses writes with a condition" in bucket.why_unconditional()

    def test_a_bucket_that_may_not_be_written_is_not_called_one_without(
        self, team_server: TeamBucketServer, bucket: Bucket
    ) -> None:
        closed = refusal("403 Forbidden", "AccessDenied")
        with team_server.answering(lambda environ: closed), pytest.raises(BucketError, match="forbids this key"):
            bucket.why_unconditional()


REFUSED: list[tuple[str, str, type[BucketError], str]] = [
    ("403 Forbidden", "AccessDenied", BucketError, "forbids this key to upload objects"),
    ("403 Forbidden", "InvalidAccessKeyId", BucketError, "does not know this access key"),
    ("403 Forbidden", "SignatureDoesNotMatch", BucketError, "refuses the signature"),
    ("403 Forbidden", "ExpiredToken", BucketError, "has expired"),
    ("404 Not Found", "NoSuchBucket", BucketError, "has no bucket team"),
    ("409 Conflict", "ConditionalRequestConflict", BucketAway, "wrote the same object at the same moment"),
    ("412 Precondition Failed", "PreconditionFailed", ObjectTaken, "is in team/t.* already"),
    ("500 Internal Server Error", "InternalError", BucketAway, "has an error of its own"),
    ("503 Slow Down", "SlowDown", BucketAway, "asks us to slow down"),
]


class TestFaults:
    @pytest.mark.parametrize(("status", "code", "kind", "words"), REFUSED)
    def test_each_refusal_has_its_words(
        self, team_server: TeamBucketServer, bucket: Bucket, status: str, code: str, kind: type[BucketError], words: str
    ) -> None:
        said = refusal(status, code)
        with team_server.answering(lambda environ: said), pytest.raises(kind, match=words) as caught:
            bucket.put_new("lease/1", b"")
        assert type(caught.value) is kind
        assert caught.value.hint
        assert KEYS.secret_key not in f"{caught.value!r} {caught.value.hint}"

    @pytest.mark.parametrize(("status", "code"), [("409 Conflict", "OperationAborted"), ("503 Busy", "SlowDown")])
    def test_what_may_succeed_a_moment_later_is_tried_again(
        self, team_server: TeamBucketServer, bucket: Bucket, status: str, code: str
    ) -> None:
        left = [refusal(status, code)] * 2
        with team_server.answering(lambda environ: left.pop() if left else None):
            bucket.put_new("lease/1", b"mine")
        assert bucket.get("lease/1").data == b"mine"

    def test_an_object_that_is_not_there(self, bucket: Bucket) -> None:
        with pytest.raises(ObjectMissing, match="there is no lease/9 in team/t"):
            bucket.get("lease/9")

    def test_clocks_that_differ(self, team_server: TeamBucketServer, bucket: Bucket) -> None:
        said = refusal("403 Forbidden", "RequestTimeTooSkewed")
        with team_server.answering(lambda environ: said), pytest.raises(BucketError, match="the clocks differ") as told:
            bucket.get("lease/1")
        assert "timedatectl" in told.value.hint

    def test_an_endpoint_that_is_gone(self) -> None:
        gone = Bucket(BucketPlace(name="team", endpoint=f"http://127.0.0.1:{free_port()}"), KEYS, 2.0)
        with pytest.raises(BucketAway, match="cannot be reached: refused"):
            gone.get("a")

    def test_an_endpoint_that_says_nothing_is_waited_for_so_long(self) -> None:
        with Misbehaving() as server:
            silent = Bucket(BucketPlace(name="team", endpoint=f"http://127.0.0.1:{server.port}"), KEYS, 0.2)
            with pytest.raises(BucketAway, match="does not answer within"):
                silent.put_new("a", b"")

    def test_what_is_no_s3_api(self) -> None:
        with Misbehaving(b"HTTP/1.1 200 OK\r\n\r\n<html>hello</html>", closes=True) as server:
            other = Bucket(BucketPlace(name="team", endpoint=f"http://127.0.0.1:{server.port}"), KEYS, 2.0)
            with pytest.raises(BucketError):
                list(other.listed())


def test_alone_nothing_of_it_is_imported() -> None:
    code = "import sys, tui.sharing.bucket; print(sorted({'boto3', 'botocore', 'redis'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
