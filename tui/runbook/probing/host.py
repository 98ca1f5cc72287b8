"""What the host probe may be told and what it finds, by commands that change nothing."""

from tui.runbook.probing.spec import CheckSpec, Field, KindSpec, Setting, Shape

SUDO = Setting(name="sudo", shape=Shape.FLAG, default=False, help="whether commands run under sudo -n")


def _percent(name: str, help: str) -> Field:
    return Field(name=name, unit="%", figure=True, help=help)


DISK = CheckSpec(
    name="disk",
    help="how full the file systems are",
    parameters=(
        Setting(name="path", help="the file system of this path alone"),
        Setting(name="exclude", shape=Shape.TEXTS, default=("squashfs",), help="types of file system left out"),
        Setting(name="warning", shape=Shape.NUMBER, default=90, help="percent from which on it warns"),
    ),
    fields=(
        _percent("fullest", "use of the fullest file system"),
        Field(name="mount", shape=Shape.TEXT, help="where that one is mounted"),
        Field(name="free", unit="bytes", figure=True, help="what is free there"),
        Field(name="filesystems", shape=Shape.TABLE, help="percent used, by mount"),
    ),
)

MEMORY = CheckSpec(
    name="memory",
    help="memory and swap",
    parameters=(Setting(name="warning", shape=Shape.NUMBER, default=90, help="percent used from which on it warns"),),
    fields=(
        _percent("percent", "memory that is not available"),
        Field(name="available", unit="bytes", figure=True, help="what programs can still get"),
        Field(name="total", unit="bytes", help="all of it"),
        _percent("swap_percent", "swap in use; 0 where there is none"),
    ),
)

LOAD = CheckSpec(
    name="load",
    help="the load of the last minutes",
    parameters=(Setting(name="warning", shape=Shape.NUMBER, default=2, help="load for each core to warn from"),),
    fields=(
        Field(name="load_1", figure=True, help="average of one minute"),
        Field(name="load_5", figure=True, help="average of five minutes"),
        Field(name="load_15", help="average of fifteen minutes"),
        Field(name="cores", help="processors"),
        Field(name="per_core", figure=True, help="load_1 for each core"),
    ),
)

CPU = CheckSpec(
    name="cpu",
    help="what the processors did in one second",
    fields=(
        _percent("busy", "everything that is neither idle nor waiting for a disk"),
        _percent("iowait", "waiting for a disk"),
        _percent("steal", "taken by other machines of the same hardware"),
    ),
)

SERVICES = CheckSpec(
    name="services",
    help="whether systemd's units run",
    parameters=(Setting(name="units", shape=Shape.TEXTS, required=True, help="the units that must be active"),),
    fields=(
        Field(name="active", figure=True, help="units that are active"),
        Field(name="inactive", shape=Shape.TEXTS, help="units that are not"),
        Field(name="restarts", figure=True, help="times that systemd restarted them"),
        Field(name="units", shape=Shape.TABLE, help="active state and sub-state, by unit"),
    ),
)

PORTS = CheckSpec(
    name="ports",
    help="whether something listens",
    parameters=(Setting(name="ports", shape=Shape.TEXTS, required=True, help="TCP ports that must be listened on"),),
    fields=(
        Field(name="listening", shape=Shape.TEXTS, help="of those asked for, the ports that are listened on"),
        Field(name="missing", shape=Shape.TEXTS, help="those that are not"),
    ),
)

VERSIONS = CheckSpec(
    name="versions",
    help="the versions of programs",
    parameters=(
        Setting(name="commands", shape=Shape.TEXTS, default=("python3", "docker"), help="programs that know --version"),
    ),
    fields=(
        Field(name="versions", shape=Shape.TABLE, help="version by program; null where it is not installed"),
        Field(name="missing", shape=Shape.TEXTS, help="programs that are not there, or do not say"),
    ),
)

CLOCK = CheckSpec(
    name="clock",
    help="the host's clock beside this machine's",
    parameters=(Setting(name="warning", shape=Shape.NUMBER, default=2, help="seconds apart from which on it warns"),),
    fields=(Field(name="offset", unit="s", figure=True, help="how much the host's clock is ahead"),),
)

SPEC = KindSpec(
    name="host",
    title="a host",
    settings=(SUDO,),
    checks=(DISK, MEMORY, LOAD, CPU, SERVICES, PORTS, VERSIONS, CLOCK),
)
