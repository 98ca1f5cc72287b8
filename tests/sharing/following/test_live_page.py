"""A session's page is in the bucket while the session grows, behind a link that wants no login."""

import re
import threading
import urllib.request

from tests.execution.conftest import host as host
from tests.execution.conftest import workspace as workspace
from tests.support.harness.waiting import until
from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.servers.team_bucket import TeamBucketServer, refusal
from tests.support.servers.team_bucket import bucket as bucket
from tests.support.servers.team_bucket import team_server as team_server
from tests.support.sessions.shared_session import begun, session_of
from tui.execution.workspace import Workspace
from tui.exports.html.document import render
from tui.exports.source import source
from tui.sharing.bucket import Bucket
from tui.sharing.stored.live_page import LivePage


def seen(address: str) -> str:
    with urllib.request.urlopen(address) as answer:
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        return str(answer.read().decode())


def test_the_page_grows_with_the_session_and_asks_again_until_that_is_over(
    workspace: Workspace, host: FakeTransport, bucket: Bucket, team_server: TeamBucketServer
) -> None:
    workspace.redactor.add("hunter2-secret")
    host.replies["uptime"] = Reply(b"load average: 0.1 hunter2-secret\n")
    conductor = begun(workspace)
    live = LivePage(workspace.store.find(session_of(conductor)), bucket, 0.05)
    told: list[str] = []
    stop = threading.Event()
    keeping = threading.Thread(target=live.keep, args=(stop, told.append))
    keeping.start()
    until(lambda: list(bucket.listed("pages/")))
    address = live.address(60)
    assert 'http-equiv="refresh"' in seen(address)
    conductor.start("look")
    conductor.wait()
    conductor.note("seen from a phone", "look")
    until(lambda: "seen from a phone" in seen(address))
    assert "load average" in seen(address)
    assert "hunter2-secret" not in seen(address)
    with team_server.answering(lambda environ: refusal("503 Slow Down", "SlowDown")):
        conductor.note("while the bucket is slow")
        until(lambda: told)
    until(lambda: "while the bucket is slow" in seen(address))
    until(lambda: told[-1] == "the page is there again")
    conductor.finish("abandoned")
    keeping.join()
    assert 'http-equiv="refresh"' not in seen(address)
    conductor.close()


def test_the_link_is_signed_for_its_time_and_nothing_is_put_twice(workspace: Workspace, bucket: Bucket) -> None:
    conductor = begun(workspace)
    live = LivePage(workspace.store.find(session_of(conductor)), bucket, 1)
    assert live.put()
    assert not live.put()
    assert "X-Amz-Signature=" in live.address(60)
    assert "X-Amz-Expires=60" in live.address(60)
    conductor.close()


def test_the_page_says_which_step_runs_now_and_what_it_waits_for(workspace: Workspace, host: FakeTransport) -> None:
    conductor = begun(workspace)
    directory = workspace.store.find(session_of(conductor))

    def now() -> str:
        found = re.search(r'<p class="now">(.*?)</p>', render(source(directory)).decode())
        return re.sub(r"<[^>]*>", "", found[1]) if found else ""

    assert now() == "Next: Look around, not begun yet"
    host.replies["uptime"] = Reply(b"load average: 0.1\n", until=threading.Event())
    began = threading.Event()
    host.before_run = lambda command: began.set()
    conductor.start("look")
    assert began.wait()
    assert re.fullmatch(r"Now: ▶ Look around \(1 of \d\), running on web since \d\d:\d\d:\d\d UTC", now())
    conductor.cancel()
    conductor.wait()
    assert now().startswith("Now: Look around, ")
    conductor.finish("abandoned")
    assert now() == ""
    conductor.close()
