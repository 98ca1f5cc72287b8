"""What the kubernetes probe may be told and what it finds, by `kubectl` on the host that it is reached through."""

from tui.runbook.probing.spec import CheckSpec, Field, KindSpec, Setting, Shape

SETTINGS = (
    Setting(name="namespace", default="default", help="where deployments and pods are looked for"),
    Setting(name="context", help="the context of the kubeconfig; without it the current one"),
    Setting(name="kubeconfig", help="path of the kubeconfig; without it kubectl's own"),
    Setting(name="kubectl", default="kubectl", help="how it is called: sudo k3s kubectl, microk8s kubectl, oc"),
)

ROLLOUT = CheckSpec(
    name="rollout",
    help="whether a change runs everywhere",
    parameters=(Setting(name="name", required=True, help="deployment/NAME, statefulset/NAME or daemonset/NAME"),),
    fields=(
        Field(name="done", shape=Shape.FLAG, help="whether all that are wanted run the newest template and are ready"),
        Field(name="wanted", help="pods that are wanted"),
        Field(name="updated", help="pods of the newest template"),
        Field(name="ready", figure=True, help="pods that are ready and stay so (available)"),
        Field(name="old", help="pods of an older template that are still there"),
        Field(name="images", shape=Shape.TEXTS, help="its images: container: image"),
        Field(name="paused", shape=Shape.FLAG, help="whether the rollout is paused"),
    ),
)

PODS = CheckSpec(
    name="pods",
    help="whether pods are ready",
    parameters=(
        Setting(name="selector", default="", help="labels: app=shop; without it all of the namespace"),
        Setting(name="least", shape=Shape.NUMBER, default=1, help="pods there must be"),
        Setting(name="restarts", shape=Shape.NUMBER, default=5, help="restarts of one pod to warn from"),
    ),
    fields=(
        Field(name="pods", figure=True, help="pods, without those that have completed"),
        Field(name="ready", figure=True, help="of these, ready ones"),
        Field(name="not_ready", shape=Shape.TEXTS, help="the names of the others"),
        Field(name="restarts", figure=True, help="most restarts of one pod"),
        Field(
            name="waiting",
            shape=Shape.TABLE,
            help="pods that are not ready by the reason: CrashLoopBackOff, …",
        ),
    ),
)

NODES = CheckSpec(
    name="nodes",
    help="whether nodes are ready",
    fields=(
        Field(name="nodes", figure=True, help="nodes of the cluster"),
        Field(name="ready", figure=True, help="of these, ready ones"),
        Field(name="not_ready", shape=Shape.TEXTS, help="the names of the others"),
        Field(name="pressure", shape=Shape.TEXTS, help="what nodes lack, as in web-1: DiskPressure"),
        Field(name="cordoned", help="nodes that take no new pods"),
    ),
)

SPEC = KindSpec(name="kubernetes", title="Kubernetes", settings=SETTINGS, checks=(ROLLOUT, PODS, NODES))
