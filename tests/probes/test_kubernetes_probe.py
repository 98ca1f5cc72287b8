"""Checks the kubernetes probe by a real kubectl, which asks a server that answers as the API's reference says.

No registry has an API server: what it answers is written after the reference of the API (apps/v1, v1), and after what
`kubectl get -o json` prints. kubectl itself, how it finds its server and what it says of errors, is real.
"""

import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.support.reach import reaching
from tests.support.sshd import free_port
from tui.probes.base import NoData, ProbeFailed, Reading
from tui.probes.kubernetes.probe import KubernetesAnswer, KubernetesProbe
from tui.runbook.probing.kubernetes import SPEC
from tui.transports.base import Transport

pytestmark = pytest.mark.needs("kubectl", "sshd", "ssh")

GROUPS: dict[str, Any] = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": [
            {
                "name": "apps",
                "versions": [{"groupVersion": "apps/v1", "version": "v1"}],
                "preferredVersion": {"groupVersion": "apps/v1", "version": "v1"},
            }
        ],
    },
    "/api/v1": {
        "kind": "APIResourceList",
        "groupVersion": "v1",
        "resources": [
            {"name": "pods", "singularName": "pod", "namespaced": True, "kind": "Pod", "verbs": ["get", "list"]},
            {"name": "nodes", "singularName": "node", "namespaced": False, "kind": "Node", "verbs": ["get", "list"]},
        ],
    },
    "/apis/apps/v1": {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": "apps/v1",
        "resources": [
            {"name": f"{name}s", "singularName": name, "namespaced": True, "kind": kind, "verbs": ["get", "list"]}
            for name, kind in (("deployment", "Deployment"), ("statefulset", "StatefulSet"), ("daemonset", "DaemonSet"))
        ],
    },
}


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


def pod(name: str, ready: bool = True, restarts: int = 0, reason: str = "", phase: str = "Running") -> dict[str, Any]:
    state = {"waiting": {"reason": reason}} if reason else {"running": {"startedAt": "2026-11-24T02:00:00Z"}}
    container = {"name": "web", "ready": ready, "restartCount": restarts, "state": state}
    condition = {"type": "Ready", "status": "True" if ready else "False"}
    if not ready:
        condition["reason"] = "ContainersNotReady"
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"name": name, "namespace": "prod"},
        "status": {"phase": phase, "conditions": [condition], "containerStatuses": [container]},
    }


def node(name: str, ready: str = "True", pressure: str = "False", cordoned: bool = False) -> dict[str, Any]:
    return {
        "kind": "Node",
        "apiVersion": "v1",
        "metadata": {"name": name},
        "spec": {"unschedulable": True} if cordoned else {},
        "status": {
            "conditions": [{"type": "DiskPressure", "status": pressure}, {"type": "Ready", "status": ready}],
        },
    }


def listed(kind: str, *items: dict[str, Any]) -> dict[str, Any]:
    return {"kind": f"{kind}List", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": list(items)}


class ApiServer:
    """Answers at loopback what a test gives it, each path by its document or by a status with a reason."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                path = self.path.partition("?")[0]
                found = GROUPS.get(path) or outer.answers.get(path)
                status = 200
                if found is None or isinstance(found, tuple):
                    status, reason = found or (404, "NotFound")
                    message = f'deployments.apps "{path.rpartition("/")[2]}" {reason.lower()}'
                    found = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
                    found |= {"message": message, "reason": reason, "code": status}
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
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

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


def test_a_rollout_that_is_done_and_one_that_is_not(
    place: Transport, cluster: ApiServer, settings: dict[str, Any]
) -> None:
    cluster.answers[DEPLOYMENT] = workload()
    reading = probe(place, settings, "rollout", name="deployment/shop")
    assert reading.document["done"] is True
    assert reading.document["images"] == ["web: registry.example/shop:v2"]
    assert reading.summary == "3 of 3 ready"
    cluster.answers[DEPLOYMENT] = workload(replicas=4, updatedReplicas=2, availableReplicas=3)
    reading = probe(place, settings, "rollout", name="deployment/shop")
    assert [check.ok for check in reading.checks] == [False]
    assert reading.summary == "2 of 3 updated, 3 ready, 2 old still there"


def test_pods_and_nodes(place: Transport, cluster: ApiServer, settings: dict[str, Any]) -> None:
    cluster.answers["/api/v1/namespaces/prod/pods"] = listed(
        "Pod", pod("web-1"), pod("web-2", False, 7, "CrashLoopBackOff"), pod("job-1", False, phase="Succeeded")
    )
    reading = probe(place, settings, "pods", selector="app=shop,tier in (web)")
    assert (reading.document["pods"], reading.document["ready"]) == (2, 1)
    assert reading.document["waiting"] == {"CrashLoopBackOff": 1}
    assert [check.ok for check in reading.checks] == [False, True, False]
    assert reading.details == ("web-2: CrashLoopBackOff, started again 7 times",)
    assert any("labelSelector=app%3Dshop" in path for path in cluster.asked)
    cluster.answers["/api/v1/nodes"] = listed("Node", node("a"), node("b", "Unknown"), node("c", "True", "True", True))
    found = probe(place, settings, "nodes").document
    assert (found["nodes"], found["ready"], found["not_ready"]) == (3, 2, ["b"])
    assert (found["pressure"], found["cordoned"]) == (["c: DiskPressure"], 1)


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (None, ProbeFailed, "the cluster has no such thing"),
        ((403, "Forbidden"), NoData, "this user may not ask that"),
        ((401, "Unauthorized"), NoData, "does not take this user's credentials"),
    ],
)
def test_what_the_cluster_refuses(
    place: Transport, cluster: ApiServer, settings: dict[str, Any], answer: Any, kind: type, words: str
) -> None:
    cluster.answers[DEPLOYMENT] = answer
    with pytest.raises(ProbeFailed) as refused:
        probe(place, settings, "rollout", name="deployment/shop")
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
        (workload(observedGeneration=3), False, "has not looked at the change yet"),
        (workload(availableReplicas=2), False, "3 of 3 updated, 2 ready"),
        (workload("StatefulSet", readyReplicas=3), True, "3 of 3 ready"),
        (
            workload(
                updatedReplicas=1,
                conditions=[{"type": "Progressing", "reason": "ProgressDeadlineExceeded", "message": "has timed out"}],
            ),
            False,
            "it does not get on: has timed out",
        ),
        (
            workload(
                "DaemonSet",
                desiredNumberScheduled=2,
                currentNumberScheduled=2,
                updatedNumberScheduled=2,
                numberAvailable=2,
                replicas=2,
            ),
            True,
            "2 of 2 ready",
        ),
    ],
)
def test_how_far_a_rollout_is(document: dict[str, Any], done: bool, words: str) -> None:
    reading = read("rollout", KubernetesAnswer(document), name="deployment/shop")
    assert reading.document["done"] is done
    assert words in reading.summary


def test_no_pods_are_not_ready_pods() -> None:
    reading = read("pods", KubernetesAnswer(listed("Pod")))
    assert [check.ok for check in reading.checks] == [True, False, True]


@pytest.mark.parametrize("document", [{}, {"items": 3}, {"items": [{}]}, {"items": [{"metadata": []}]}])
def test_what_is_no_answer_of_kubernetes_fails_in_words(document: dict[str, Any]) -> None:
    with pytest.raises(ProbeFailed, match="does not know"):
        KubernetesProbe().interpret("nodes", {}, KubernetesAnswer(document))
