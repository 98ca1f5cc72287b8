"""Reads what a Docker engine answered; nothing here reaches the service."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from tui.probes.base import Given, ProbeFailed, Reading
from tui.probes.databases import percent
from tui.runbook.patterns.bounded import TooSlow, search
from tui.session.events import Check
from tui.text.amounts import size

MOST_SHOWN = 500
"""Characters of a log's line that are shown."""
_FIRST_USABLE_YEAR = 1970

Document = Mapping[str, Any]


class DockerAnswers(Struct, frozen=True, kw_only=True):
    """What came: documents of the engine as it sends them, by the names of what they tell of."""

    where: str
    seconds: float
    now: datetime
    version: str = ""
    containers: Mapping[str, Document] = {}
    missing: tuple[str, ...] = ()
    log: str = ""
    image: Document | None = None


def read_containers(given: Given, answers: DockerAnswers) -> Reading:
    """Which containers are running, and which of them are healthy."""
    table = {name: _container(told) for name, told in sorted(answers.containers.items())}
    states = [one["state"] for one in table.values()]
    running, restarting = states.count("running"), states.count("restarting")
    unhealthy = [name for name, one in table.items() if one["health"] == "unhealthy"]
    checks = [Check(f"{name} is there", "there is no such container", ok=False) for name in answers.missing]
    for name, one in table.items():
        if given["names"] or one["state"] == "restarting":
            came = one["state"] if one["exit"] is None else f"{one['state']}, exit status {one['exit']}"
            checks.append(Check(f"{name} runs", came, one["state"] == "running"))
        if one["health"] not in ("", "none"):
            checks.append(Check(f"{name} is healthy", one["health"], one["health"] == "healthy", _begins(one)))
    restarts = sum(one["restarts"] for one in table.values())
    words = [f"{running} of {len(table) + len(answers.missing)} run"]
    words += [f"{count} {word}" for count, word in ((len(unhealthy), "unhealthy"), (restarting, "restarting")) if count]
    words += [f"missing: {', '.join(answers.missing)}"] if answers.missing else []
    return Reading(
        document={
            "running": running,
            "stopped": len(states) - running - restarting,
            "unhealthy": len(unhealthy),
            "restarting": restarting,
            "restarts": restarts,
            "missing": list(answers.missing),
            "containers": table,
            "version": answers.version,
            "seconds": answers.seconds,
        },
        summary=", ".join(words),
        checks=tuple(checks),
        details=tuple(_line(name, one) for name, one in table.items()),
    )


def read_logs(given: Given, answers: DockerAnswers) -> Reading:
    """How many of the last lines fit the pattern."""
    lines = answers.log.splitlines()
    pattern = str(given["pattern"])
    try:
        matches = [line for line in lines if search(pattern, line)]
        checks: tuple[Check, ...] = ()
    except TooSlow as error:
        matches, checks = [], (Check("which lines fit", error.message, ok=False),)
    last = _plain(matches[-1])[:MOST_SHOWN] if matches else ""
    return Reading(
        document={"lines": len(lines), "matches": len(matches), "last_match": last, "seconds": answers.seconds},
        summary=f"{len(matches)} of the last {len(lines)} lines of {given['name']} fit",
        checks=checks,
        details=(last,) if last else (),
    )


def read_stats(given: Given, answers: DockerAnswers) -> Reading:
    """What each container takes of processor and memory."""
    table = {name: _used(told) for name, told in sorted(answers.containers.items())}
    known = [one["cpu"] for one in table.values() if one["cpu"] is not None]
    shares = [one["memory_percent"] for one in table.values() if one["memory_percent"] is not None]
    cpu, memory = round(sum(known), 2) if known else None, sum(one["memory"] for one in table.values())
    checks = [Check(f"{name} is there", "there is no such container", ok=False) for name in answers.missing]
    checks += [Check(f"{name} runs", "it does not", ok=False) for name, one in table.items() if not one["limit"]]
    told = _percent(cpu)
    return Reading(
        document={
            "cpu": cpu,
            "memory": memory,
            "memory_percent": max(shares, default=None),
            "containers": table,
            "seconds": answers.seconds,
        },
        summary=f"{len(table)} containers: processor {told}, memory {size(memory)}",
        checks=tuple(checks),
        details=tuple(f"{name}: {_percent(one['cpu'])}, {size(one['memory'])}" for name, one in table.items()),
    )


def read_image(given: Given, answers: DockerAnswers) -> Reading:
    """Whether the image is there, and how old it is."""
    image, name = answers.image, given["name"]
    built = _time(image.get("Created")) if image else None
    age = round((answers.now - built).total_seconds() / 3600, 2) if built else None
    size = image.get("Size") if image else None
    identity = str(image.get("Id") or "") if image else ""
    old = "" if age is None else f", built {age:.1f} h ago"
    return Reading(
        document={
            "present": image is not None,
            "id": identity,
            "age_hours": age,
            "size": size,
            "digests": list(image.get("RepoDigests") or ()) if image else [],
            "seconds": answers.seconds,
        },
        summary=f"{name} is there{old}: {identity[:19]}" if image else f"{name} is not there",
        checks=(Check(f"{name} is there", "it is" if image else "there is no such image", image is not None),),
    )


READERS: Mapping[str, Callable[[Given, DockerAnswers], Reading]] = {
    "containers": read_containers,
    "logs": read_logs,
    "stats": read_stats,
    "image": read_image,
}


def _container(told: Document) -> dict[str, Any]:
    state = _part(told, "State")
    name = str(state.get("Status") or "unknown")
    started = _time(state.get("StartedAt"))
    return {
        "state": name,
        "health": str(_part(state, "Health").get("Status") or ""),
        "restarts": _whole(told.get("RestartCount")),
        "exit": None if name in ("running", "created") else _whole(state.get("ExitCode")),
        "image": str(_part(told, "Config").get("Image") or ""),
        "ports": _ports(_part(_part(told, "NetworkSettings"), "Ports")),
        "started": started.strftime("%Y-%m-%dT%H:%M:%S") if started else "",
    }


def _percent(number: float | None) -> str:
    return "not told" if number is None else f"{number} %"


def _begins(container: Mapping[str, Any]) -> bool:
    return bool(container["health"] == "starting")


def _line(name: str, one: Mapping[str, Any]) -> str:
    words = [one["state"], one["health"], f"{one['restarts']} restarts" if one["restarts"] else "", *one["ports"]]
    return f"{name}: {', '.join(filter(None, words))} ({one['image']})"


def _ports(told: Document) -> list[str]:
    """`{"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}], "9000/tcp": null}` as docker ps shows it."""
    found = []
    for port, bound in sorted(told.items()):
        places = {f"{one.get('HostIp', '')}:{one.get('HostPort', '')}->{port}" for one in bound or ()}
        found += sorted(places) or [port]
    return found


def _used(told: Document) -> dict[str, Any]:
    memory = _part(told, "memory_stats")
    kinds = _part(memory, "stats")
    cache = _whole(kinds.get("inactive_file", kinds.get("total_inactive_file")))  # cgroup 2, else cgroup 1
    used, limit = max(0, _whole(memory.get("usage")) - cache), _whole(memory.get("limit"))
    return {"cpu": _cpu(told), "memory": used, "limit": limit, "memory_percent": percent(used, limit)}


def _cpu(told: Document) -> float | None:
    """Processor time taken between the engine's two samples, of what the machine had; 100 % is one core."""
    latest, before = _part(told, "cpu_stats"), _part(told, "precpu_stats")
    if "system_cpu_usage" not in latest or "system_cpu_usage" not in before:
        return None
    taken = _whole(_part(latest, "cpu_usage").get("total_usage")) - _whole(
        _part(before, "cpu_usage").get("total_usage")
    )
    passed = _whole(latest["system_cpu_usage"]) - _whole(before["system_cpu_usage"])
    cores = _whole(latest.get("online_cpus")) or len(_part(latest, "cpu_usage").get("percpu_usage") or ()) or 1
    return round(100 * max(0, taken) / passed * cores, 2) if passed > 0 else None


def _part(told: Document, key: str) -> Document:
    part = told.get(key)
    if part is None:
        return {}
    if not isinstance(part, Mapping):
        raise ProbeFailed(f"the engine's answer has a {key} of another kind", "is it a Docker engine?")
    return part


def _whole(told: Any) -> int:
    return told if isinstance(told, int) else 0


def _time(told: Any) -> datetime | None:
    """A time of the engine in UTC: Docker's end in Z, Podman's in the host's offset; one in the year 1 is none."""
    try:
        time = datetime.fromisoformat(str(told))  # digits beyond microseconds are dropped
        time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return time if time.year > _FIRST_USABLE_YEAR else None


def _plain(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text)
