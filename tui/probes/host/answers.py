"""Reads what a host's commands print; each function is pure and gets the check's parameters, the text and the time."""

import re
from collections.abc import Callable, Mapping

from tui.probes.base import Given, Reading
from tui.session.events import Check
from tui.text.amounts import size


def disk(given: Given, text: str, at: float) -> Reading:
    """Of `df -kP`: POSIX says what its columns are, and a name without spaces comes first."""
    found: dict[str, tuple[int, int]] = {}
    for line in text.splitlines()[1:]:
        match = re.match(r"\S+ +\d+ +\d+ +(-?\d+) +(\d+)% +(.+)$", line)
        if match:
            found[match[3]] = (int(match[2]), int(match[1]) * 1024)
    mount = max(found, key=lambda name: found[name][0])
    percent, free = found[mount]
    document = {
        "fullest": percent,
        "mount": mount,
        "free": free,
        "filesystems": {name: used for name, (used, _) in found.items()},
    }
    check = _below(f"the fullest disk ({mount})", percent, float(given["warning"]), "%")
    return Reading(document=document, summary=f"{mount} is {percent} % full, {size(free)} free", checks=(check,))


def memory(given: Given, text: str, at: float) -> Reading:
    """Of /proc/meminfo, whose figures are KiB."""
    kib = {match[1]: int(match[2]) for match in re.finditer(r"^(\w+(?:\(\w+\))?): +(\d+) kB$", text, re.MULTILINE)}
    total = kib["MemTotal"]
    available = kib.get("MemAvailable", kib.get("MemFree", 0) + kib.get("Buffers", 0) + kib.get("Cached", 0))
    swap = kib.get("SwapTotal", 0)
    used = round((total - available) * 100 / total, 1)
    document = {
        "percent": used,
        "available": available * 1024,
        "total": total * 1024,
        "swap_percent": round((swap - kib.get("SwapFree", 0)) * 100 / swap, 1) if swap else 0.0,
    }
    summary = f"{used:g} % used, {size(available * 1024)} of {size(total * 1024)} available"
    return Reading(document=document, summary=summary, checks=(_below("memory", used, float(given["warning"]), "%"),))


def load(given: Given, text: str, at: float) -> Reading:
    """Of /proc/loadavg, with the number of processors in the line after it."""
    first, second = text.strip().splitlines()
    one, five, fifteen = (float(word) for word in first.split()[:3])
    cores = int(second)
    each = round(one / cores, 2)
    document = {"load_1": one, "load_5": five, "load_15": fifteen, "cores": cores, "per_core": each}
    check = _below("load for each core", each, float(given["warning"]), "")
    return Reading(document=document, summary=f"{one:g} on {cores} cores", checks=(check,))


def cpu(given: Given, text: str, at: float) -> Reading:
    """Of two readings of /proc/stat's first line: user nice system idle iowait irq softirq steal (proc(5))."""
    first, second = ([int(word) for word in line.split()[1:9]] for line in text.strip().splitlines()[:2])
    spent = [after - before for before, after in zip(first, second, strict=True)]
    total = sum(spent)
    share = [part * 100 / total for part in spent]
    busy = round(100 - share[3] - share[4], 1)
    document = {"busy": busy, "iowait": round(share[4], 1), "steal": round(share[7], 1)}
    return Reading(document=document, summary=f"{busy:g} % busy")


def services(given: Given, text: str, at: float) -> Reading:
    """Of `systemctl show`: blocks of KEY=value, a unit each, in the order they were asked for."""
    asked = [str(unit) for unit in given["units"]]
    blocks = [dict(line.partition("=")[::2] for line in block.splitlines()) for block in text.strip().split("\n\n")]
    units: dict[str, str] = {}
    restarts, inactive = 0, []
    for unit, block in zip(asked, blocks, strict=True):
        state = block["ActiveState"]
        known = block.get("LoadState") != "not-found"
        units[unit] = f"{state} ({block.get('SubState', '')})" if known else "not installed"
        restarts += int(block.get("NRestarts") or 0)
        if state != "active":
            inactive.append(unit)
    came = "; ".join(f"{unit} is {units[unit]}" for unit in inactive) or "all of them are"
    check = Check(f"active: {', '.join(asked)}", came, not inactive)
    count = len(asked) - len(inactive)
    document = {"active": count, "inactive": inactive, "restarts": restarts, "units": units}
    return Reading(document=document, summary=f"{count} of {len(asked)} active", checks=(check,))


def ports(given: Given, text: str, at: float) -> Reading:
    """Of `ss -Hltn`, or of /proc/net/tcp where there is none: state 0A is LISTEN, the port is hexadecimal."""
    open_ones: set[str] = set()
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 4 and words[0] == "LISTEN":
            open_ones.add(words[3].rpartition(":")[2])
        elif len(words) > 3 and re.fullmatch(r"\d+:", words[0]) and words[3] == "0A":
            open_ones.add(str(int(words[1].rpartition(":")[2], 16)))
    asked = [str(port) for port in given["ports"]]
    missing = [port for port in asked if port not in open_ones]
    check = Check(f"listening: {', '.join(asked)}", f"not {', '.join(missing)}" if missing else "all", not missing)
    document = {"listening": [port for port in asked if port in open_ones], "missing": missing}
    return Reading(document=document, summary=check.came if missing else "all of them", checks=(check,))


def versions(given: Given, text: str, at: float) -> Reading:
    """Of lines of a program's name, a tabulator and the first line of its --version."""
    found: dict[str, str | None] = {}
    for line in text.splitlines():
        name, tab, said = line.partition("\t")
        if tab:
            match = re.search(r"\d+(?:\.\d+)+\S*", said)
            found[name] = match[0].rstrip(",") if match and "not found" not in said else None
    asked = [str(command) for command in given["commands"]]
    missing = [name for name in asked if not found.get(name)]
    check = Check(f"installed: {', '.join(asked)}", f"not {', '.join(missing)}" if missing else "all", not missing)
    words = ", ".join(f"{name} {version}" for name, version in found.items() if version)
    return Reading(document={"versions": found, "missing": missing}, summary=words or "none", checks=(check,))


def clock(given: Given, text: str, at: float) -> Reading:
    """Of `date +%s.%N`, beside this machine's time in the middle of asking; busybox prints no nanoseconds."""
    seconds = float(re.sub(r"\.(%N|N)?$", ".5", text.strip()))
    offset = round(seconds - at, 3)
    check = _below("clocks apart", abs(offset), float(given["warning"]), "s")
    return Reading(document={"offset": offset}, summary=f"{offset:+g} s", checks=(check,))


def _below(what: str, value: float, bound: float, unit: str) -> Check:
    space = " " if unit else ""
    return Check(f"{what} below {bound:g}{space}{unit}", f"{value:g}{space}{unit}", value < bound, value >= bound)


READERS: Mapping[str, Callable[[Given, str, float], Reading]] = {
    "disk": disk,
    "memory": memory,
    "load": load,
    "cpu": cpu,
    "services": services,
    "ports": ports,
    "versions": versions,
    "clock": clock,
}
