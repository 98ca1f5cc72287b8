"""Asks Celery's workers whether they answer, what they do and whether a task comes back, by Celery's own commands."""

import json
import re
import shlex
import time
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from tui.probes.base import Given, NoData, ProbeFailed, Ran, Reach, Reading
from tui.session.events import Check

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
NOBODY = 69
"""The exit status of `celery inspect` where no worker answered (sysexits' EX_UNAVAILABLE)."""


class CeleryAnswer(Struct, frozen=True):
    """What the command printed, how long it took (seconds), and when it ended (seconds since the epoch)."""

    ran: Ran
    seconds: float
    at: float


class CeleryProbe:
    """The celery kind; see Probe."""

    kind = "celery"

    def fetch(self, check: str, settings: Given, given: Given, reach: Reach) -> CeleryAnswer:
        """Run the command on the host; see Probe."""
        app = f"{settings['command']} -A {shlex.quote(str(settings['app']))}"
        if check == "task":
            name, arguments = shlex.quote(str(given["task"])), shlex.quote(str(given["arguments"]))
            wait = max(1, int(reach.left) - 1)
            command = f'id=$({app} call --args={arguments} {name}) || exit; timeout {wait} {app} result "$id"'
        else:
            command = f"{app} inspect {check} --json --timeout {max(1, min(5, int(reach.left) - 2))}"
        lines = [str(settings.get("activate", "")), command]
        if settings.get("directory"):
            lines.insert(0, f"cd {shlex.quote(str(settings['directory']))} || exit")
        started = time.monotonic()
        ran = reach.run("\n".join(line for line in lines if line))
        return CeleryAnswer(ran, round(time.monotonic() - started, 3), time.time())

    def interpret(self, check: str, given: Given, raw: CeleryAnswer) -> Reading:
        """What the workers said; see Probe."""
        out = ANSI.sub("", raw.ran.out)
        said = ANSI.sub("", raw.ran.err).strip() or out.strip()
        if raw.ran.exit == NOBODY or "No nodes replied" in said:
            raise ProbeFailed("no worker answers", "do the workers run, and do they reach the broker?")
        if raw.ran.exit == 124:
            raise ProbeFailed(f"the task {given['task']} did not come back", "do workers run that know it?")
        if raw.ran.exit == 127:
            raise NoData("there is no celery to run on the host", "the service's directory, activate and command")
        if raw.ran.exit != 0:
            raise ProbeFailed(_last(said) or f"celery ends with exit status {raw.ran.exit}", "run it there by hand")
        if check == "task":
            result = _last(out)
            document: dict[str, Any] = {"result": result, "seconds": raw.seconds}
            return Reading(document=document, summary=f"{given['task']} returned in {raw.seconds:g} s")
        workers = _document(out)
        check_ = _enough(workers, int(given["least"]))
        reading = {"ping": _ping, "active": _active, "stats": _stats}[check](workers, raw.at)
        return Reading(document=reading.document, summary=reading.summary, checks=(check_,))


def _document(text: str) -> Mapping[str, Any]:
    """The JSON object with a key for each worker; a banner or warnings may stand before it.

    Raises:
        ProbeFailed: there is none.
    """
    decoder = json.JSONDecoder()
    for match in re.finditer(r"^\{", text, re.MULTILINE):
        try:
            found, _ = decoder.raw_decode(text, match.start())
        except ValueError:
            continue
        if isinstance(found, dict) and all("@" in name for name in found):
            return found
    raise ProbeFailed(f"celery prints no JSON: {_last(text)[:80] or 'nothing'}", "is it Celery 5 or later?")


def _ping(workers: Mapping[str, Any], at: float) -> Reading:
    names = sorted(workers)
    return Reading(document={"workers": len(names), "names": names}, summary=f"{len(names)} answer: {', '.join(names)}")


def _active(workers: Mapping[str, Any], at: float) -> Reading:
    tasks = {name: len(running) for name, running in workers.items()}
    begun = [task["time_start"] for running in workers.values() for task in running if task.get("time_start")]
    oldest = round(max(0.0, at - min(begun)), 1) if begun else 0.0
    total = sum(tasks.values())
    document = {"workers": len(workers), "tasks": total, "oldest": oldest, "by_worker": tasks}
    return Reading(document=document, summary=f"{total} tasks run on {len(workers)} workers")


def _stats(workers: Mapping[str, Any], at: float) -> Reading:
    processed = sum(sum(worker.get("total", {}).values()) for worker in workers.values())
    processes = sum(len(worker.get("pool", {}).get("processes", ())) for worker in workers.values())
    uptimes = [worker["uptime"] for worker in workers.values() if isinstance(worker.get("uptime"), int | float)]
    document = {
        "workers": len(workers),
        "processed": processed,
        "processes": processes,
        "youngest": min(uptimes, default=None),
    }
    return Reading(document=document, summary=f"{len(workers)} workers, {processed} tasks since they started")


def _enough(workers: Mapping[str, Any], least: int) -> Check:
    return Check(f"at least {least} workers", str(len(workers)), len(workers) >= least)


def _last(text: str) -> str:
    return text.strip().rpartition("\n")[2].strip()
