"""Looks on a host for what a session's commands need there: room on its disks, and the programs that they call."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from msgspec import Struct

from tui.runbook.facts import connection_of, host_named
from tui.runbook.groups.members import hosts_named
from tui.runbook.model import Action, Runbook, Step
from tui.runbook.shell.programs import simple_commands
from tui.text.amounts import counted, size
from tui.transports.base import CancelToken, Command, Stream, Transport
from tui.transports.one_line import one_line

LOOKS = "# room and programs\n"
"""What the one command of the look begins with; it reads and changes nothing."""
LOOKED = "looked for programs"
"""What the host prints when it has looked for each of them."""
PATIENCE = 10.0
"""Seconds for it: a file system that does not answer is not waited for."""
FULL = 90
"""How full a disk is told to be careful of (%)."""
_LOOK = (
    LOOKS
    + f"""\
export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
for program do command -v -- "$program" >/dev/null 2>&1 || echo "missing $program"; done
echo "{LOOKED}"
df -Pkl 2>/dev/null || df -Pk
"""
)
BUILTINS = ("echo", "exit", "set", "cd", "printf", "trap", "umask", "pwd", "export", "return", "read", "shift", "wait")
"""What a shell brings with it, of what is called most."""
_NAME = re.compile(r"[A-Za-z0-9][\w.+-]*")
_FUNCTION = re.compile(r"(?<![\w-])([\w-]+)[ \t]*\(\)")
_OTHER_PATH = re.compile(r"\bPATH=|\bactivate\b")
_DISK = re.compile(r"(\S+)\s+(\d+)\s+\d+\s+(\d+)\s+(\d+)%\s+(/.*)")
_NO_DISKS = re.compile(r"tmpfs|devtmpfs|udev|none|shm|squashfs|efivarfs|/dev/loop\d+")


class HostNeed(Struct, frozen=True):
    """The programs that a flow's commands call on one host, of those that are named as they are."""

    host: str
    programs: tuple[str, ...] = ()


class HostSaid(Struct, frozen=True):
    """What a look found, in words; `known` is not so where the host did not say."""

    words: str
    known: bool = True


def host_needs(runbook: Runbook, steps: Iterable[Step], hosts: Iterable[str]) -> tuple[HostNeed, ...]:
    """What these steps need on each of the hosts."""
    found: dict[str, set[str]] = {host: set() for host in hosts}
    for step in steps:
        for action in step.actions:
            for name in hosts_named(runbook, action.on):
                host = connection_of(runbook, name)
                if host in found:
                    found[host].update(_programs(runbook, action))
    return tuple(HostNeed(host, tuple(sorted(programs))) for host, programs in found.items())


def _programs(runbook: Runbook, action: Action) -> Iterator[str]:
    """What an action calls by its name alone; nothing where its host has a search path of its own."""
    script = action.run or action.interactive or ""
    host = runbook.hosts[host_named(runbook, action.on)]
    before = _before(host.preamble)
    if not script or before is None or "PATH" in host.environment or _OTHER_PATH.search(script):
        return
    own = {*_FUNCTION.findall(script), *before, *BUILTINS}
    for command in simple_commands(script):
        name = command.program
        if _NAME.fullmatch(name) and name not in own and f"/{name}" not in script:
            yield name


@lru_cache(maxsize=64)
def _before(preamble: str) -> tuple[str, ...] | None:
    """The functions that a host's preamble has; None where it chooses another search path."""
    return None if _OTHER_PATH.search(preamble) else tuple(_FUNCTION.findall(preamble))


def look_there(need: HostNeed, transport: Transport) -> tuple[HostSaid, HostSaid]:
    """How much room the host has, and which programs it lacks."""
    output = bytearray()

    def keep(stream: Stream, data: bytes) -> None:
        if stream is Stream.OUT:
            output.extend(data)

    words = " ".join(need.programs)  # names alone: nothing in them is the shell's
    command = Command(script=f"{LOOKS}set -- {words}\n{_LOOK}", timeout=PATIENCE)
    outcome = transport.run(command, keep, CancelToken())
    said = output.decode(errors="replace").splitlines()
    how = one_line(str(outcome))
    return _room(said, how), _lacks(need, said, how)


def _room(said: Iterable[str], how: str) -> HostSaid:
    """The fullest disk of the host."""
    disks = [found for line in said if (found := _DISK.fullmatch(line)) and not _NO_DISKS.fullmatch(found[1])]
    if not disks:
        return HostSaid(f"not known: df said nothing of a disk ({how})", known=False)
    fullest = max(disks, key=lambda one: int(one[4]))
    of = f" · the fullest of {counted(len(disks), 'disk')}" if len(disks) > 1 else ""
    sign = "⚠ " if int(fullest[4]) >= FULL else ""
    return HostSaid(f"{sign}{size(int(fullest[3]) * 1024)} free on {one_line(fullest[5])}, {fullest[4]} % full{of}")


def _lacks(need: HostNeed, said: list[str], how: str) -> HostSaid:
    """The programs that the host does not have."""
    if LOOKED not in said:
        return HostSaid(f"not known: the host did not say ({how})", known=False)
    missing = [name for name in need.programs if f"missing {name}" in said]
    if missing:
        return HostSaid(f"⚠ not found, though commands call it: {', '.join(missing)}")
    return HostSaid(
        f"{counted(len(need.programs), 'program')} found" if need.programs else "none is called by its name"
    )
