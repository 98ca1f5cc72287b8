"""Reads what a Kubernetes API server answered (objects of its API, v1 and apps/v1); nothing here reaches a cluster."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tui.probes.base import Given, Reading
from tui.session.events import Check
from tui.text.amounts import counted

Document = Mapping[str, Any]


def read_rollout(given: Given, document: Document) -> Reading:
    """Whether what was asked for runs everywhere, as `kubectl rollout status` tells it."""
    spec, status = document["spec"], document.get("status") or {}
    wanted, updated, ready = _counts(document["kind"], spec, status)
    seen = int(status.get("observedGeneration", 0)) >= int(document["metadata"].get("generation", 0))
    total = int(status.get("replicas", status.get("currentNumberScheduled", 0)))
    old = max(0, total - updated)
    stuck = next((one for one in _conditions(status) if one.get("reason") == "ProgressDeadlineExceeded"), None)
    done = seen and updated >= wanted and not old and ready >= wanted
    if stuck:
        came = f"it does not get on: {stuck.get('message') or 'its progress deadline has passed'}"
    elif not seen:
        came = "the cluster has not looked at the change yet"
    elif done:
        came = f"{ready} of {wanted} ready"
    else:
        came = f"{updated} of {wanted} updated, {ready} ready" + (f", {old} old still there" if old else "")
    return Reading(
        document={
            "done": done,
            "wanted": wanted,
            "updated": updated,
            "ready": ready,
            "old": old,
            "images": list(_images(spec["template"]["spec"])),
            "paused": bool(spec.get("paused")),
        },
        summary=came,
        checks=(Check("rolled out", came, done),),
        details=tuple(_images(spec["template"]["spec"])),
    )


def _counts(kind: str, spec: Document, status: Document) -> tuple[int, int, int]:
    """How many are wanted, run the newest template, and are ready."""
    if kind == "DaemonSet":
        return (
            int(status.get("desiredNumberScheduled", 0)),
            int(status.get("updatedNumberScheduled", 0)),
            int(status.get("numberAvailable", 0)),
        )
    ready = status.get("availableReplicas" if kind == "Deployment" else "readyReplicas", 0)
    return int(spec.get("replicas", 1)), int(status.get("updatedReplicas", 0)), int(ready)


def _images(spec: Document) -> Iterator[str]:
    for container in spec["containers"]:
        yield f"{container['name']}: {container['image']}"


def _conditions(status: Document) -> list[Document]:
    return list(status.get("conditions") or ())


def read_pods(given: Given, document: Document) -> Reading:
    """Whether every pod is ready, and how often their containers were started again."""
    pods = [pod for pod in document["items"] if (pod.get("status") or {}).get("phase") != "Succeeded"]
    waiting: Counter[str] = Counter()
    not_ready: list[str] = []
    restarts, lines = 0, []
    for pod in pods:
        status, name = pod.get("status") or {}, pod["metadata"]["name"]
        often = sum(int(one.get("restartCount", 0)) for one in _containers(status))
        restarts = max(restarts, often)
        if any(one["type"] == "Ready" and one["status"] == "True" for one in _conditions(status)):
            continue
        why = _why(status)
        waiting[why] += 1
        not_ready.append(name)
        lines.append(f"{name}: {why}" + (f", started again {counted(often, 'time')}" if often else ""))
    limit = int(given["restarts"])
    found = f"{len(pods) - len(not_ready)} of {len(pods)} ready"
    least = int(given["least"])
    return Reading(
        document={
            "pods": len(pods),
            "ready": len(pods) - len(not_ready),
            "not_ready": not_ready,
            "restarts": restarts,
            "waiting": dict(waiting),
        },
        summary=found + (f", {', '.join(sorted(waiting))}" if waiting else ""),
        checks=(
            Check("every pod is ready", found, not not_ready),
            *((Check(f"at least {counted(least, 'pod')}", str(len(pods)), len(pods) >= least),) if least else ()),
            Check(f"none was started again {limit} times", f"at most {restarts}", restarts < limit, warning=True),
        ),
        details=tuple(lines),
    )


def _containers(status: Document) -> list[Document]:
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]


def _why(status: Document) -> str:
    """Why a pod is not ready, in Kubernetes' own word: CrashLoopBackOff, ImagePullBackOff, Unschedulable, Pending."""
    for container in _containers(status):
        state = container.get("state") or {}
        for how in ("waiting", "terminated"):
            if (reason := (state.get(how) or {}).get("reason")) and reason != "Completed":
                return str(reason)
    for condition in _conditions(status):
        if condition["status"] == "False" and condition.get("reason") not in (None, "ContainersNotReady"):
            return str(condition["reason"])
    return str(status.get("reason") or status.get("phase") or "Unknown")


def read_nodes(given: Given, document: Document) -> Reading:
    """Whether every node is ready and has room."""
    not_ready, pressed, cordoned = [], [], 0
    nodes = document["items"]
    for node in nodes:
        name, conditions = node["metadata"]["name"], _conditions(node.get("status") or {})
        cordoned += bool((node.get("spec") or {}).get("unschedulable"))
        true = [one["type"] for one in conditions if one["status"] == "True"]
        if "Ready" not in true:
            not_ready.append(name)
        pressed += [f"{name}: {one}" for one in true if one != "Ready"]
    found = f"{len(nodes) - len(not_ready)} of {len(nodes)} ready"
    return Reading(
        document={
            "nodes": len(nodes),
            "ready": len(nodes) - len(not_ready),
            "not_ready": not_ready,
            "pressure": pressed,
            "cordoned": cordoned,
        },
        summary=found + (f", {cordoned} take no new pods" if cordoned else ""),
        checks=(
            Check("every node is ready", found, not not_ready),
            Check("none lacks room", ", ".join(pressed) or "none", not pressed, warning=True),
        ),
        details=tuple(not_ready),
    )


READERS: Mapping[str, Callable[[Given, Document], Reading]] = {
    "rollout": read_rollout,
    "pods": read_pods,
    "nodes": read_nodes,
}
