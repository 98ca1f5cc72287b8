"""Much output by Systems Manager: whole from a bucket where one is named, and in small pages where that fails."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.support.servers.s3_server import FORBIDDEN, REGION, S3Server
from tests.support.servers.ssm_server import NO_BUCKET, SSMServer
from tests.support.sessions.durable import rejoin, run
from tui.session.outcome import Outcome
from tui.transports.ssm import carrying, channels
from tui.transports.ssm.output_bucket import OutputBucket
from tui.transports.ssm.service import SystemsManager
from tui.transports.ssm.transport import SSMTransport

ONE = "i-0123456789abcdef0"
OURS = "ops-output"
PRINTED = os.urandom(300_000)
"""What cannot be packed: small pages of it would be some twenty."""


@pytest.fixture(scope="module")
def agents(s3_server: S3Server) -> Any:
    """The S3 client of agents that may write to a bucket of ours."""
    with s3_server.unchecked():
        s3_server.client().create_bucket(Bucket=OURS, CreateBucketConfiguration={"LocationConstraint": REGION})
    keys = {"aws_access_key_id": s3_server.key["access_key"], "aws_secret_access_key": s3_server.key["secret_key"]}
    return boto3.client("s3", endpoint_url=f"http://127.0.0.1:{s3_server.port}", region_name=REGION, **keys)


@pytest.fixture
def ssm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, s3_server: S3Server, agents: Any) -> Iterator[SSMServer]:
    """The endpoint, with one instance, and the operator's settings, with the bucket's."""
    server = SSMServer(tmp_path / "instances")
    server.instance(ONE)
    keys = {"AWS_ACCESS_KEY_ID": s3_server.key["access_key"], "AWS_SECRET_ACCESS_KEY": s3_server.key["secret_key"]}
    endpoint = {"AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{s3_server.port}"}
    for name, value in (server.settings() | keys | endpoint).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(channels, "BREATH", 0.05)
    monkeypatch.setattr(carrying, "AGAIN", 0.05)
    server.s3 = agents
    (tmp_path / "raw").write_bytes(PRINTED)
    yield server
    server.stop()
    assert server.wrong == []


def box(place: str) -> SSMTransport:
    return SSMTransport("box", ONE, patience=1.0, service=SystemsManager(""), large_output=OutputBucket(place, ""))


@pytest.mark.parametrize("folder", ["", "/on-call/runbook"])
def test_much_output_comes_whole_and_quickly(ssm: SSMServer, tmp_path: Path, s3_server: S3Server, folder: str) -> None:
    ran = run(box(f"s3://{OURS}{folder}"), f"cat {tmp_path}/raw; head -c 50000 {tmp_path}/raw >&2; exit 3")
    assert ran == (Outcome.exited(3), PRINTED, PRINTED[:50000])
    by = [body for name, body in ssm.asked if name == "SendCommand" and "OutputS3BucketName" in body]
    assert 1 <= len(by) <= 3
    assert {body["OutputS3BucketName"] for body in by} == {OURS}
    for given in ssm.commands.values():
        there = [key for key in s3_server.listed(OURS) if given.id in key]
        assert all(key.startswith(f"{folder}/".lstrip("/") + given.id) for key in there)
        assert bool(there) == bool(given.bucket)
    assert ssm.count("SendCommand") < 8


def test_little_output_is_not_sent_to_the_bucket(ssm: SSMServer, s3_server: S3Server) -> None:
    before = s3_server.listed(OURS)
    assert run(box(f"s3://{OURS}"), "seq 500").outcome == Outcome.exited(0)
    assert s3_server.listed(OURS) == before


@pytest.mark.parametrize(
    ("place", "why"),
    [
        (NO_BUCKET, "there is no such bucket"),
        (FORBIDDEN, "it may not be read with your AWS settings (s3:GetObject)"),
        (OURS, "the instance sent nothing there: may it, by its instance profile (s3:PutObject)?"),
        ("gone-meanwhile", "there is no such bucket"),
    ],
)
def test_why_it_does_not_come_by_the_bucket_is_told_once_and_all_of_it_still_comes(
    ssm: SSMServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, why: str
) -> None:
    if place == OURS:
        ssm.s3 = None
        monkeypatch.setattr(carrying, "ABSENT", 0.1)
    made = box(f"s3://{place}/x")
    ran = run(made, f"echo ran >>$HOME/ran; head -c 40000 {tmp_path}/raw; exit 4")
    told = f"its output came in small pages, not by s3://{place}/x: {why}"
    assert ran == (Outcome(Outcome.exited(4).kind, 4, detail=told), PRINTED[:40000], b"")
    assert str(ran.outcome) == f"failed (exit 4): {told}"
    assert (ssm.instances[ONE].home / "ran").read_text() == "ran\n"
    by = [body for name, body in ssm.asked if name == "SendCommand" and "OutputS3BucketName" in body]
    assert len(by) == 1, "it is not tried again for what is left of this command"
    again = rejoin(made)
    assert (again.outcome.exit_status, again.out) == (4, PRINTED[:40000])
    assert again.outcome.detail == told


def test_what_an_instance_sends_late_is_waited_for(
    ssm: SSMServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, looked = ssm.s3, 0

    class Late:
        """The agents' client, which keeps what it is to write."""

        def put_object(self, **given: Any) -> None:
            held.append(given)

    held: list[dict[str, Any]] = []
    ssm.s3 = Late()
    bucket = OutputBucket(f"s3://{OURS}", "")
    fetch = bucket.fetch

    def fetched(command: str, instance: str, url: str, most: int) -> str:
        nonlocal looked
        looked += 1
        if looked == 3:
            for given in held:
                client.put_object(**given)
        return fetch(command, instance, url, most)

    monkeypatch.setattr(bucket, "fetch", fetched)
    made = SSMTransport("box", ONE, patience=1.0, service=SystemsManager(""), large_output=bucket)
    assert run(made, f"head -c 40000 {tmp_path}/raw") == (Outcome.exited(0), PRINTED[:40000], b"")
    assert looked >= 3


def test_a_page_that_unpacks_to_far_more_than_it_is_is_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    import base64
    import gzip

    from tui.transports.jobs import paged

    monkeypatch.setattr(paged, "UNPACKED", 1000)
    packed = base64.encodebytes(gzip.compress(b"x" * 5000)).decode()
    page = paged.read_page(f"runbook-job n page gzip 5000 0 - 0\n{packed}-\n.\n", "n")
    assert (page.out, page.printed_out) == (b"x" * 1000, 5000)
