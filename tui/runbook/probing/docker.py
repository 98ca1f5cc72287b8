"""What the docker probe may be told and what it finds."""

from tui.runbook.probing.spec import CheckSpec, Field, KindSpec, Setting, Shape

SETTINGS = (Setting(name="socket", default="/var/run/docker.sock", help="path of the engine's API socket on the host"),)

NAMES = Setting(name="names", shape=Shape.TEXTS, default=(), help="containers that must be there; none: look at all")
SECONDS = Field(name="seconds", unit="s", figure=True, help="asking the engine")

CONTAINERS = CheckSpec(
    name="containers",
    help="containers with their state, health, restarts and ports; those named must run",
    parameters=(NAMES,),
    fields=(
        Field(name="running", figure=True, help="containers that run"),
        Field(name="stopped", figure=True, help="containers that do not run"),
        Field(name="unhealthy", figure=True, help="those whose health check fails"),
        Field(name="restarting", figure=True, help="those that the engine is starting again"),
        Field(name="restarts", figure=True, help="restarts by the engine since they were made, of all together"),
        Field(name="missing", shape=Shape.TEXTS, help="names without a container"),
        Field(
            name="containers",
            shape=Shape.TABLE,
            help="by name: state, health, restarts, exit, image, ports and started",
        ),
        Field(name="version", shape=Shape.TEXT, help="the engine's version"),
        SECONDS,
    ),
)

LOGS = CheckSpec(
    name="logs",
    help="the last lines a container wrote, and how many of them fit a pattern",
    parameters=(
        Setting(name="name", required=True, help="the container"),
        Setting(name="tail", shape=Shape.NUMBER, default=200, help="lines to look at, from 1 to 10000"),
        Setting(name="pattern", default="", help="regular expression; empty fits every line"),
    ),
    fields=(
        Field(name="lines", help="lines looked at"),
        Field(name="matches", figure=True, help="those that fit the pattern"),
        Field(name="last_match", shape=Shape.TEXT, help="the last of them, at most 500 characters"),
        SECONDS,
    ),
)

STATS = CheckSpec(
    name="stats",
    help="processor and memory of running containers",
    parameters=(NAMES,),
    fields=(
        Field(
            name="cpu",
            unit="%",
            figure=True,
            help="processor of all together; 100 is one core; null where the server does not say",
        ),
        Field(name="memory", unit="B", figure=True, help="memory of all together, without page cache"),
        Field(name="memory_percent", unit="%", figure=True, help="the most that one uses of its limit"),
        Field(name="containers", shape=Shape.TABLE, help="by name: cpu, memory, limit and memory_percent"),
        SECONDS,
    ),
)

IMAGE = CheckSpec(
    name="image",
    help="an image is on the host",
    parameters=(Setting(name="name", required=True, help="name:tag, name@digest or id"),),
    fields=(
        Field(name="present", shape=Shape.FLAG, help="whether it is there"),
        Field(name="id", shape=Shape.TEXT, help="its id; empty where it is not there"),
        Field(name="age_hours", unit="h", help="since it was built; null where not known"),
        Field(name="size", unit="B", figure=True, help="its size; null where it is not there"),
        Field(name="digests", shape=Shape.TEXTS, help="its digests in registries"),
        SECONDS,
    ),
)

SPEC = KindSpec(name="docker", title="Docker engine", settings=SETTINGS, checks=(CONTAINERS, LOGS, STATS, IMAGE))
