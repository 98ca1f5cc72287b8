"""Asks a Kubernetes cluster by the `kubectl` of a host: its context, its credentials, its way to the API server."""

import json
import shlex
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from tui.probes.base import Given, NoData, ProbeFailed, Reach, Reading
from tui.probes.kubernetes.answers import READERS

_ROLLED_OUT = ("deployment", "statefulset", "daemonset")
_WORDS: tuple[tuple[str, bool, str, str], ...] = (
    ("notfound", True, "the cluster has no such thing", "its name and its namespace: kubectl get all -A"),
    ("forbidden", False, "this user may not ask that", "kubectl auth can-i --list"),
    ("unauthorized", False, "the cluster does not take this user's credentials", "log in again; the kubeconfig"),
    ("must be logged in", False, "the cluster does not take this user's credentials", "log in again; the kubeconfig"),
    ("x509:", True, "the API server's certificate is not trusted", "certificate-authority in the kubeconfig"),
    ("not found for specified context", False, "the kubeconfig has no such context", "kubectl config get-contexts"),
    ("does not exist", False, "the kubeconfig has no such context", "kubectl config get-contexts"),
    ("connection refused", True, "the API server refuses connections", "is it running? kubectl cluster-info"),
    ("unable to connect", True, "the API server is not reached", "its address in the kubeconfig, and the network"),
    ("timeout", True, "the API server does not answer in time", "its load, and the network"),
    ("timed out", True, "the API server does not answer in time", "its load, and the network"),
    ("deadline exceeded", True, "the API server does not answer in time", "its load, and the network"),
)
"""What kubectl says, whether that is a failure (else no data), and what it means to the person who has to fix it."""


class KubernetesAnswer(Struct, frozen=True):
    """The document that the API server answered with."""

    document: Mapping[str, Any]


def _rollout(given: Given) -> str:
    kind, _, name = str(given["name"]).partition("/")
    if kind not in _ROLLED_OUT or not name:
        raise NoData(f"{given['name']} cannot be rolled out", f"write it as KIND/NAME, of {', '.join(_ROLLED_OUT)}")
    return f"get {kind} {shlex.quote(name)}"


def _pods(given: Given) -> str:
    selector = str(given["selector"])
    return "get pods" + (f" --selector={shlex.quote(selector)}" if selector else "")


REQUESTS: Mapping[str, Callable[[Given], str]] = {
    "rollout": _rollout,
    "pods": _pods,
    "nodes": lambda given: "get nodes",
}


class KubernetesProbe:
    """The kubernetes kind; see Probe."""

    kind = "kubernetes"

    def fetch(self, check: str, settings: Given, given: Given, reach: Reach) -> KubernetesAnswer:
        """Run `kubectl get`; see Probe."""
        options = ["--output=json", f"--request-timeout={max(1, int(reach.left) - 1)}s"]
        options += [f"--{name}={settings[name]}" for name in ("kubeconfig", "context") if settings.get(name)]
        if check != "nodes":
            options.append(f"--namespace={settings['namespace']}")
        command = f"{settings['kubectl']} {REQUESTS[check](given)} {shlex.join(options)}"
        ran = reach.run(f"LC_ALL=C; export LC_ALL\n{command}")
        if ran.exit == 127:
            raise NoData("there is no kubectl on the host", "install it, or name it in the service's `kubectl`")
        if ran.exit != 0:
            raise worded(ran.err.strip() or ran.out.strip() or f"kubectl ends with exit status {ran.exit}")
        try:
            document = json.loads(ran.out)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise ProbeFailed("kubectl prints no JSON", "is the service's `kubectl` a kubectl? run it there by hand")
        return KubernetesAnswer(document)

    def interpret(self, check: str, given: Given, raw: KubernetesAnswer) -> Reading:
        """What the cluster has; see Probe."""
        try:
            return READERS[check](given, raw.document)
        except (AttributeError, TypeError, ValueError, LookupError) as error:
            raise ProbeFailed(
                f"the cluster answers what this check does not know: {type(error).__name__}",
                "is it Kubernetes 1.20 or later? look at it with kubectl",
            ) from error


def worded(said: str) -> ProbeFailed:
    """What kubectl says where it fails, in words."""
    last = said.rpartition("\n")[2].strip()[:200]
    for word, fails, message, hint in _WORDS:
        if word in said.lower():
            return (ProbeFailed if fails else NoData)(f"{message}: {last}", hint)
    return ProbeFailed(last, "run it there by hand")
