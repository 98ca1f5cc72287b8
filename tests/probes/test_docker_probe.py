"""Checks the docker probe against a real engine, directly and through sshd, and against sockets that are none."""

import os
import socket
import socketserver
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.runbooks.probed import failure, probed
from tests.support.servers.docker_engine import IMAGE, DockerEngine
from tests.support.servers.web_server import hang
from tui.probes.base import NoData, ProbeFailed, Reading
from tui.probes.docker.probe import DockerProbe
from tui.probes.docker.wire import MOST_ANSWER
from tui.runbook.probing.docker import SPEC
from tui.transports.base import Transport

pytestmark = pytest.mark.needs("dockerd", "busybox", "sshd", "ssh")

WEB = "echo started; echo 'error: one' >&2; echo error: two; exec sleep 1000"


def probe(place: Transport, settings: dict[str, Any], check: str = "containers", **given: Any) -> Reading:
    reading = probed(DockerProbe(), SPEC, check, settings, given, place)
    assert list(reading.document) == [field.name for field in SPEC.check(check).fields]
    return reading


def refusal(
    place: Transport, settings: dict[str, Any], check: str = "containers", seconds: float = 10.0, **given: Any
) -> ProbeFailed:
    return failure(DockerProbe(), SPEC, check, settings, given, place, seconds)


@pytest.fixture(scope="module")
def engine(docker_engine: DockerEngine) -> Iterator[DockerEngine]:
    """The engine with one container that runs and one that has ended."""
    made = [docker_engine.start("web", WEB, mem_limit="64m"), docker_engine.start("job", "exit 3")]
    made[1].wait()
    logged = made[0].logs(stream=True, follow=True)
    seen = b""
    while seen.count(b"error") < 2:
        seen += next(logged)
    yield docker_engine
    for container in made:
        container.remove(force=True)


class TestAgainstAnEngine:
    def test_all_containers(self, place: Transport, engine: DockerEngine) -> None:
        reading = probe(place, engine.settings())
        document = reading.document
        assert (document["running"], document["stopped"], document["unhealthy"]) == (1, 1, 0)
        assert (document["restarting"], document["restarts"], document["missing"]) == (0, 0, [])
        assert document["containers"]["web"]["state"] == "running"
        assert document["containers"]["web"]["image"] == IMAGE
        assert document["containers"]["job"] | {"started": ""} == {
            "state": "exited",
            "health": "",
            "restarts": 0,
            "exit": 3,
            "image": IMAGE,
            "ports": [],
            "started": "",
        }
        assert reading.checks == ()
        assert document["version"]

    def test_containers_by_name(self, place: Transport, engine: DockerEngine) -> None:
        reading = probe(place, engine.settings(), names=("web", "job", "nowhere"))
        assert {check.expected: (check.came, check.ok) for check in reading.checks} == {
            "web runs": ("running", True),
            "job runs": ("exited, exit status 3", False),
            "nowhere is there": ("there is no such container", False),
        }
        assert reading.document["missing"] == ["nowhere"]

    def test_one_that_keeps_ending_is_started_again(self, place: Transport, docker_engine: DockerEngine) -> None:
        restless = docker_engine.start("restless", "exit 1", restart_policy={"Name": "always"})
        try:
            for event in docker_engine.client.events(decode=True, since=0, filters={"container": "restless"}):
                restless.reload()
                if event.get("Action") == "die" and restless.attrs["RestartCount"]:
                    break
            document = probe(place, docker_engine.settings(), names=("restless",)).document
            assert document["restarts"] >= 1
        finally:
            restless.remove(force=True)

    @pytest.mark.parametrize(("script", "state", "ok"), [("exit 0", "healthy", True), ("exit 1", "unhealthy", False)])
    def test_health(self, place: Transport, docker_engine: DockerEngine, script: str, state: str, ok: bool) -> None:
        second = 1_000_000_000
        health = {
            "test": ["CMD", "/bin/sh", "-c", script],
            "interval": second // 50,
            "retries": 1,
            "timeout": second * 9,
        }
        events = docker_engine.client.events(decode=True, filters={"container": "well"})
        well = docker_engine.start("well", "exec sleep 1000", healthcheck=health)
        try:
            for event in events:
                if event["Action"] == f"health_status: {state}":
                    break
            reading = probe(place, docker_engine.settings(), names=("well",))
            assert reading.document["containers"]["well"]["health"] == state
            assert reading.document["unhealthy"] == (not ok)
            assert reading.checks[1].ok is ok
        finally:
            events.close()
            well.remove(force=True)

    def test_logs(self, place: Transport, engine: DockerEngine) -> None:
        document = probe(place, engine.settings(), "logs", name="web", pattern="^error").document
        assert (document["lines"], document["matches"]) == (3, 2)
        assert document["last_match"].startswith("error: ")
        assert probe(place, engine.settings(), "logs", name="web", tail=1).document["lines"] == 1
        assert probe(place, engine.settings(), "logs", name="job").document["lines"] == 0

    def test_stats(self, place: Transport, engine: DockerEngine) -> None:
        document = probe(place, engine.settings(), "stats").document
        assert list(document["containers"]) == ["web"]
        assert document["containers"]["web"]["limit"] == 64 << 20
        assert 0 < document["memory"] < 64 << 20
        assert 0 <= document["memory_percent"] < 100
        assert document["cpu"] >= 0

    def test_stats_of_those_that_do_not_run(self, place: Transport, engine: DockerEngine) -> None:
        reading = probe(place, engine.settings(), "stats", names=("job", "nowhere"))
        assert [check.expected for check in reading.checks if not check.ok] == ["nowhere is there", "job runs"]
        assert reading.document["cpu"] is None

    def test_an_image(self, place: Transport, engine: DockerEngine) -> None:
        document = probe(place, engine.settings(), "image", name=IMAGE).document
        assert document["present"] is True
        assert document["id"].startswith("sha256:")
        assert document["size"] > 100_000
        assert 0 <= document["age_hours"] < 1
        by_id = probe(place, engine.settings(), "image", name=document["id"])
        assert by_id.document["id"] == document["id"]
        absent = probe(place, engine.settings(), "image", name="box:2")
        assert (absent.document["present"], absent.checks[0].ok) == (False, False)

    def test_what_is_not_there_or_not_understood(self, place: Transport, engine: DockerEngine) -> None:
        assert refusal(place, engine.settings(), "logs", name="no").message == "there is no container no"
        wrong = refusal(place, engine.settings(), "logs", name="web", pattern="(")
        assert isinstance(wrong, NoData)
        assert wrong.message.startswith("the pattern cannot be used")
        assert "cannot be asked for" in refusal(place, engine.settings(), "logs", name="web", tail=0).message


@contextmanager
def listening(talk: Callable[[socket.socket], None]) -> Iterator[dict[str, str]]:
    """A service at a UNIX socket that does with each connection what it is told."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                talk(self.request)

    class Server(socketserver.ThreadingUnixStreamServer):
        daemon_threads = True

    with tempfile.TemporaryDirectory(prefix="engine-") as directory:
        path = Path(directory) / "s"
        with Server(str(path), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
            thread.start()
            try:
                yield {"socket": str(path)}
            finally:
                server.shutdown()
                thread.join()


def saying(status: int, body: bytes, kind: str = "application/json") -> Callable[[socket.socket], None]:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(head.encode() + body)

    return talk


class TestAgainstNoEngine:
    def test_no_socket(self, place: Transport) -> None:
        assert "has no socket /nonexistent/s" in refusal(place, {"socket": "/nonexistent/s"}).message

    def test_nobody_listens_on_it(self, place: Transport, tmp_path: Path) -> None:
        with tempfile.TemporaryDirectory(prefix="engine-") as directory, socket.socket(socket.AF_UNIX) as left:
            left.bind(f"{directory}/s")
            assert "nothing listens on" in refusal(place, {"socket": f"{directory}/s"}).message

    def test_it_hangs(self, place: Transport) -> None:
        with listening(hang) as settings:
            told = refusal(place, settings, seconds=0.5)
        assert told.message.startswith(f"{settings['socket']} does not answer within 0.")
        assert "the engine hangs" in told.hint

    def test_it_hangs_up(self, place: Transport) -> None:
        with listening(lambda connection: None) as settings:
            assert "closed the connection before it answered" in refusal(place, settings).message

    def test_it_never_ends(self, place: Transport) -> None:
        def talk(connection: socket.socket) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
            hang(connection)

        with listening(talk) as settings:
            assert "does not answer within 0." in refusal(place, settings, seconds=0.5).message

    @pytest.mark.parametrize(
        ("talk", "words"),
        [
            (saying(200, b"<html>hello</html>", "text/html"), "is not a Docker engine"),
            (saying(404, b"<html>hello</html>", "text/html"), "is not a Docker engine"),
            (saying(200, b"[1]"), "is not a Docker engine"),
            (saying(200, b"{}"), "is not a Docker engine"),
            (saying(200, b'{"ApiVersion": 3}'), "is not a Docker engine"),
            (saying(200, b'{"ApiVersion": "nonsense"}'), "is not a Docker engine"),
            (saying(200, b'{"ApiVersion": "1.41"}'), "is not a Docker engine"),
            (saying(200, b" " * (MOST_ANSWER + 1)), "answers with more than 16 MiB"),
            (saying(500, b'{"message": "layers\\u202e are lost"}'), "refuses (500): layers  are lost"),
            (lambda connection: connection.sendall(b"-ERR unknown\r\n"), "is not a Docker engine"),
        ],
    )
    def test_it_is_none(self, place: Transport, talk: Callable[[socket.socket], None], words: str) -> None:
        with listening(talk) as settings:
            assert words in refusal(place, settings).message

    def test_what_is_none_is_not_asked_for_a_container(self, place: Transport) -> None:
        with listening(saying(404, b"<html>hello</html>", "text/html")) as settings:
            assert "is not a Docker engine" in refusal(place, settings, "logs", name="web").message
            assert "is not a Docker engine" in refusal(place, settings, "image", name="box:1").message

    def test_a_proxy_forbids_it(self, place: Transport) -> None:
        with listening(saying(403, b"<html>no</html>", "text/html")) as settings:
            told = refusal(place, settings)
        assert isinstance(told, NoData)
        assert "forbids us to ask this" in told.message


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user whom the socket does not let in")
def test_a_socket_that_does_not_let_us_in() -> None:
    """A process of another user asks, as this one may do anything."""
    with listening(saying(200, b"{}")) as settings:
        os.chmod(os.path.dirname(settings["socket"]), 0o755)
        os.chmod(settings["socket"], 0o600)
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.setgid(65534)
            os.setuid(65534)
            os.write(writer, _told(settings).encode())
            os._exit(0)
        os.waitpid(child, 0)
        os.close(writer)
        with os.fdopen(reader) as said:
            kind, message, hint = said.read().split("|")
    assert kind == "NoData"
    assert "no permission to use" in message
    assert "root and the group docker" in hint


def _told(settings: dict[str, str]) -> str:
    from tests.support.machines.reach import reaching
    from tui.transports.local.transport import LocalTransport

    try:
        with reaching(LocalTransport("here")) as reach:
            DockerProbe().fetch("containers", settings, {"names": ()}, reach)
    except ProbeFailed as failed:
        return f"{type(failed).__name__}|{failed.message}|{failed.hint}"
    except BaseException as error:
        return f"{type(error).__name__}|{error}|"
    return "none||"
