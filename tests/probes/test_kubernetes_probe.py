"""Checks the kubernetes probe by a real kubectl, which asks for what a real API server has answered.

No registry has an API server to install: one was built and asked once, tests/data/kubernetes says how. kubectl itself,
how it finds its server and what it says of errors, is real here.
"""

import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.support.machines.reach import reaching
from tests.support.servers.sshd import free_port
from tui.probes.base import NoData, ProbeFailed, Reading
from tui.probes.kubernetes.probe import KubernetesAnswer, KubernetesProbe
from tui.runbook.probing.kubernetes import SPEC
from tui.transports.base import Transport

pytestmark = pytest.mark.needs("kubectl", "sshd", "ssh")

ANSWERS = Path(__file__).parents[1] / "data" / "kubernetes" / "answers.json"
RECORDED: dict[str, tuple[int, Any]] = json.loads(ANSWERS.read_text())
"""What the API server answered, its status and its document, by the path that was asked."""

MISSING = (404, {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": 404})


def workload(kind: str = "Deployment", **status: Any) -> dict[str, Any]:
    """A deployment of three, or another kind, that the cluster has brought so far."""
    return {
        "kind": kind,
        "apiVersion": "apps/v1",
        "metadata": {"name": "shop", "namespace": "prod", "generation": 4},
        "spec": {
            "replicas": 3,
            "template": {"spec": {"containers": [{"name": "web", "image": "registry.example/shop:v2"}]}},
        },
        "status": {"observedGeneration": 4, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3, **status},
    }


class ApiServer:
    """Answers at loopback as the API server did; `instead` has the path whose answer is given in place of another's."""

    def __init__(self) -> None:
        self.instead: dict[str, str] = {}
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                path = self.path.partition("?")[0]
                status, found = RECORDED.get(outer.instead.get(path, path), MISSING)
                body = json.dumps(found).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def cluster() -> Iterator[ApiServer]:
    server = ApiServer()
    yield server
    server.stop()


@pytest.fixture
def settings(cluster: ApiServer, tmp_path: Path) -> dict[str, Any]:
    """What a service of a runbook would be told; kubectl keeps what it finds out in a folder of the test's own."""
    return {**told(tmp_path, cluster.port), "namespace": "prod", "context": "", "kubectl": kubectl(tmp_path)}


def told(folder: Path, port: int) -> dict[str, Any]:
    file = folder / "kubeconfig"
    file.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "prod", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
                "contexts": [{"name": "prod", "context": {"cluster": "prod", "user": "ana"}}],
                "users": [{"name": "ana", "user": {}}],
                "current-context": "prod",
            }
        )
    )
    return {"kubeconfig": str(file)}


def kubectl(folder: Path) -> str:
    return f"HOME={folder} {shutil.which('kubectl')}"


def given_of(check: str, **given: Any) -> dict[str, Any]:
    defaults = {one.name: one.default for one in SPEC.check(check).parameters if one.default is not None}
    return {**defaults, **given}


def probe(place: Transport, settings: dict[str, Any], check: str, **given: Any) -> Reading:
    with reaching(place, 30) as reach:
        raw = KubernetesProbe().fetch(check, settings, given_of(check, **given), reach)
    return read(check, raw, **given)


def read(check: str, raw: KubernetesAnswer, **given: Any) -> Reading:
    """The reading, whose document has exactly the fields that the check declares."""
    reading = KubernetesProbe().interpret(check, given_of(check, **given), raw)
    assert list(reading.document) == [field.name for field in SPEC.check(check).fields]
    return reading


DEPLOYMENT = "/apis/apps/v1/namespaces/prod/deployments/shop"


@pytest.mark.parametrize(
    ("name", "summary"),
    [
        ("deployment/shop", "3 of 3 ready"),
        ("deployment/rolling", "2 of 3 updated, 3 ready, 2 old still there"),
        ("deployment/stuck", 'it does not get on: ReplicaSet "stuck-7f" has timed out progressing.'),
        ("deployment/unseen", "the cluster has not looked at the change yet"),
        ("statefulset/store", "3 of 3 updated, 2 ready"),
        ("daemonset/agent", "2 of 2 ready"),
    ],
)
def test_how_far_a_rollout_is(place: Transport, settings: dict[str, Any], name: str, summary: str) -> None:
    reading = probe(place, settings, "rollout", name=name)
    done = name in ("deployment/shop", "daemonset/agent")
    assert (reading.summary, reading.document["done"]) == (summary, done)
    assert [check.ok for check in reading.checks] == [done]
    assert reading.document["images"] == ["web: registry.example/shop:v2"]


def test_pods(place: Transport, cluster: ApiServer, settings: dict[str, Any]) -> None:
    reading = probe(place, settings, "pods", selector="app=shop,tier in (web)")
    assert (reading.document["pods"], reading.document["ready"]) == (4, 1)
    assert reading.document["waiting"] == {"CrashLoopBackOff": 1, "ImagePullBackOff": 1, "Unschedulable": 1}
    assert [check.ok for check in reading.checks] == [False, True, False]
    assert reading.details == (
        "shop-2: CrashLoopBackOff, started again 7 times",
        "shop-3: ImagePullBackOff",
        "shop-4: Unschedulable",
    )
    assert any("labelSelector=app%3Dshop" in path for path in cluster.asked)
    none = probe(place, {**settings, "namespace": "empty"}, "pods")
    assert [check.ok for check in none.checks] == [True, False, True]  # no pods are not ready pods


def test_nodes(place: Transport, settings: dict[str, Any]) -> None:
    found = probe(place, settings, "nodes").document
    assert (found["nodes"], found["ready"], found["not_ready"]) == (2, 1, ["node-2"])
    assert (found["pressure"], found["cordoned"]) == (["node-1: DiskPressure"], 1)


@pytest.mark.parametrize(
    ("name", "asked_as", "kind", "words"),
    [
        ("deployment/gone", "", ProbeFailed, "the cluster has no such thing"),
        ("deployment/shop", "forbidden ", NoData, "this user may not ask that"),
        ("deployment/shop", "unauthorized ", NoData, "does not take this user's credentials"),
    ],
)
def test_what_the_cluster_refuses(
    place: Transport, cluster: ApiServer, settings: dict[str, Any], name: str, asked_as: str, kind: type, words: str
) -> None:
    cluster.instead = {DEPLOYMENT: asked_as + DEPLOYMENT}
    with pytest.raises(ProbeFailed) as refused:
        probe(place, settings, "rollout", name=name)
    assert type(refused.value) is kind
    assert words in refused.value.message
    assert refused.value.hint


def test_what_cannot_be_asked(place: Transport, settings: dict[str, Any], tmp_path: Path) -> None:
    def refused(**changes: Any) -> ProbeFailed:
        with pytest.raises(ProbeFailed) as error:
            probe(place, {**settings, **changes}, "nodes")
        return error.value

    assert "refuses connections" in refused(**told(tmp_path, free_port())).message
    assert "no such context" in refused(context="nowhere").message
    assert "no kubectl on the host" in refused(kubectl="no-such-kubectl").message
    assert "prints no JSON" in refused(kubectl="echo").message
    with pytest.raises(NoData, match="cannot be rolled out"):
        probe(place, settings, "rollout", name="shop")


def test_names_and_settings_are_never_shell(place: Transport, settings: dict[str, Any], tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    for changes, given in (
        ({}, {"name": f"deployment/$(touch {mark})"}),
        ({"namespace": f"x; touch {mark}"}, {"name": "deployment/shop"}),
        ({"context": f"x`touch {mark}`"}, {"name": "deployment/shop"}),
    ):
        with pytest.raises(ProbeFailed):
            probe(place, {**settings, **changes}, "rollout", **given)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("document", "done", "words"),
    [
        (workload(availableReplicas=2), False, "3 of 3 updated, 2 ready"),
        (workload("StatefulSet", readyReplicas=3), True, "3 of 3 ready"),
    ],
)
def test_a_rollout_that_was_not_recorded(document: dict[str, Any], done: bool, words: str) -> None:
    reading = read("rollout", KubernetesAnswer(document), name="deployment/shop")
    assert reading.document["done"] is done
    assert words in reading.summary


@pytest.mark.parametrize("document", [{}, {"items": 3}, {"items": [{}]}, {"items": [{"metadata": []}]}])
def test_what_is_no_answer_of_kubernetes_fails_in_words(document: dict[str, Any]) -> None:
    with pytest.raises(ProbeFailed, match="does not know"):
        KubernetesProbe().interpret("nodes", {}, KubernetesAnswer(document))
