"""Asks a host how it is, by commands that change nothing; what they print is read by pure functions."""

import shlex
import time
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from tui.probes.base import Given, ProbeFailed, Ran, Reach, Reading
from tui.probes.host.answers import READERS


class HostAnswer(Struct, frozen=True):
    """What the command printed, and when (seconds since the epoch, of this machine) it was in the middle of running."""

    ran: Ran
    at: float


def _disk(given: Given) -> str:
    path = str(given.get("path", ""))
    left_out = "".join(f" -x {shlex.quote(kind)}" for kind in given["exclude"]) if not path else ""
    return f"df -kP{left_out} {shlex.quote(path) if path else ''} 2>/dev/null || df -kP {shlex.quote(path)}".strip()


def _services(given: Given) -> str:
    units = " ".join(shlex.quote(str(unit)) for unit in given["units"])
    return f"systemctl show -p Id,LoadState,ActiveState,SubState,NRestarts -- {units}"


def _versions(given: Given) -> str:
    lines = []
    for command in given["commands"]:
        quoted = shlex.quote(str(command))
        lines.append(f"printf '%s\\t' {quoted}; {{ {quoted} --version 2>&1 || echo; }} | head -n 1")
    return "; ".join(lines)


COMMANDS: Mapping[str, Callable[[Given], str]] = {
    "disk": _disk,
    "memory": lambda given: "cat /proc/meminfo",
    "load": lambda given: "cat /proc/loadavg; grep -c ^processor /proc/cpuinfo",
    "cpu": lambda given: "head -n 1 /proc/stat; sleep 1; head -n 1 /proc/stat",
    "services": _services,
    "ports": lambda given: "ss -Hltn 2>/dev/null || cat /proc/net/tcp /proc/net/tcp6",
    "versions": _versions,
    "clock": lambda given: "date +%s.%N",
}


class HostProbe:
    """The host kind; see Probe."""

    kind = "host"

    def fetch(self, check: str, settings: Given, given: Given, reach: Reach) -> HostAnswer:
        """Run the check's command; see Probe."""
        script = COMMANDS[check](given)
        if settings.get("sudo"):
            script = f"sudo -n sh -c {shlex.quote(script)}"
        before = time.time()
        ran = reach.run(f"LC_ALL=C; export LC_ALL\n{script}")
        at = (before + time.time()) / 2
        if ran.exit != 0 and not ran.out.strip():
            said = ran.err.strip().rpartition("\n")[2]
            raise ProbeFailed(said or f"the command ends with exit status {ran.exit}", f"run it there: {script}")
        return HostAnswer(ran, at)

    def interpret(self, check: str, given: Given, raw: HostAnswer) -> Reading:
        """What was printed, read; see Probe."""
        reader: Callable[[Given, str, float], Reading] = READERS[check]
        try:
            return reader(given, raw.ran.out, raw.at)
        except (ValueError, LookupError, ArithmeticError) as error:
            words: Any = raw.ran.out.strip().partition("\n")[0] or "nothing"
            raise ProbeFailed(f"the host prints what this check does not know: {words[:80]}", "is it Linux?") from error
