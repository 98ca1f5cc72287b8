"""Checks monitors, triggers and what watches them: that each measures something, and every name is there."""

from collections.abc import Iterator

from tui.runbook.groups.group_faults import asked_alike
from tui.runbook.groups.members import HOST, is_group, monitored_hosts, names_host
from tui.runbook.model import Action, Monitor, Runbook, Watched, seconds
from tui.runbook.patterns.bounded import pattern_faults
from tui.runbook.probing import KINDS
from tui.runbook.problem import Path, UnplacedProblem, nearest, quoted, visible
from tui.runbook.reading.declarations import fact_faults, missing
from tui.runbook.reading.names import KnownNames, Names, template_faults
from tui.runbook.reading.probes import probe_faults
from tui.runbook.shell.placeholders import PLACEHOLDER
from tui.runbook.templates.variables import is_count
from tui.runbook.walk import texts_of


def watching_faults(runbook: Runbook, names: Names) -> Iterator[UnplacedProblem]:
    """Every fault in the monitors and triggers."""
    for name, monitor in runbook.monitors.items():
        yield from _monitor(runbook, names, ("monitors", name), monitor)
    reasons = [reason.id for reason in runbook.rollback_reasons]
    actions = [action for section in runbook.sections for step in section.steps for action in step.actions]
    captured = [name for action in actions for name in action.capture]
    for name, trigger in runbook.triggers.items():
        path: Path = ("triggers", name)
        yield from missing(trigger.monitor, runbook.monitors, "monitor", (*path, "monitor"))
        yield from missing(trigger.reason, reasons, "reason", (*path, "reason"))
        yield from missing(trigger.live, captured, "captured value", (*path, "live"))
        if (trigger.above is None) is (trigger.below is None):
            yield UnplacedProblem(path=path, message="a trigger has either above or below", hint="above = 10")
        for key in ("above", "below"):
            bound = getattr(trigger, key)
            yield from template_faults(bound if isinstance(bound, str) else "", names.anywhere(), (*path, key))
        if trigger.lasting and not seconds(trigger.lasting):
            yield UnplacedProblem(
                path=(*path, "for"), message="a trigger needs a time for which its bound is passed", hint='for = "5m"'
            )


def _monitor(runbook: Runbook, names: Names, path: Path, monitor: Monitor) -> Iterator[UnplacedProblem]:
    if (monitor.run is None) is (monitor.probe is None):
        yield UnplacedProblem(path=path, message="a monitor has either run or probe", hint="give exactly one of them")
    known = names.anywhere()
    yield from missing(monitor.on, runbook.hosts, "host", (*path, "on"))
    if monitored_hosts(runbook, monitor):
        known = known.with_values(frozenset({HOST}))
        yield from _on_group(runbook, path, monitor)
    yield from template_faults(monitor.run or "", known, (*path, "run"), command=True)
    for place, secret in enumerate(monitor.secrets):
        yield from missing(secret, known.secrets, "secret", (*path, "secrets", place))
    if monitor.every and seconds(monitor.every) < 1:
        yield UnplacedProblem(path=(*path, "every"), message=f"every {monitor.every} is too often", hint="at least 1s")
    if monitor.timeout and not seconds(monitor.timeout):
        yield UnplacedProblem(path=(*path, "timeout"), message="a measurement needs some time", hint='timeout = "20s"')
    yield from pattern_faults(monitor.number.pattern, (*path, "number", "pattern"), groups=monitor.number.of != "count")
    yield from pattern_faults(monitor.share_of, (*path, "share_of"), groups=bool(monitor.share_of))
    for where, _, _, text in (
        *texts_of(monitor.number, (*path, "number")),
        ((*path, "share_of"), "", "", monitor.share_of),
    ):
        yield from template_faults(text, known, where)
    if monitor.probe is not None:
        yield from probe_faults(runbook, names, known, (*path, "probe"), monitor.probe)
        yield from _figure(runbook, path, monitor)
    yield from fact_faults(runbook, names, (*path, "when"), monitor.when)


def _on_group(runbook: Runbook, path: Path, monitor: Monitor) -> Iterator[UnplacedProblem]:
    """What a monitor of a group cannot have: of its hosts the worst figure counts."""
    service = runbook.services.get(monitor.probe.service) if monitor.probe else None
    through = service.through if service and is_group(runbook, service.through) else ""
    if through and is_group(runbook, monitor.on) and monitor.on != through:
        message = f"its service is asked through group {quoted(through)}"
        yield UnplacedProblem(path=(*path, "on"), message=message, hint=f'on = "{through}"')
    if service and monitor.probe and not through and not names_host(service, monitor.probe):
        yield asked_alike((*path, "on"), monitor.on, monitor.probe)
    if monitor.share_of:
        message = "a share is of the requests of one host, and a monitor of a group has the figure of its worst"
        yield UnplacedProblem(path=(*path, "share_of"), message=message, hint="take it out, or name one host")


def _figure(runbook: Runbook, path: Path, monitor: Monitor) -> Iterator[UnplacedProblem]:
    assert monitor.probe is not None
    service = runbook.services.get(monitor.probe.service)
    checks = KINDS[service.kind].checks if service is not None and service.kind in KINDS else ()
    check = next((check for check in checks if check.name == monitor.probe.check), None)
    if check is None:
        return
    if check.mutates:
        yield UnplacedProblem(
            path=(*path, "probe"), message=f"{check.name} leaves something behind", hint="a monitor only looks"
        )
    figures = [field.name for field in check.fields if field.figure]
    if PLACEHOLDER.search(monitor.number.name):
        hint = f"write it out: {', '.join(figures)}"
        message = f"{visible(monitor.number.name)} is not filled in here"
        yield UnplacedProblem(path=(*path, "number", "name"), message=message, hint=hint)
    elif monitor.number.name not in figures:
        message = f"{check.name} has no figure {quoted(monitor.number.name)}"
        hint = nearest(monitor.number.name, figures)
        yield UnplacedProblem(path=(*path, "number", "name"), message=message, hint=hint)


def watch_faults(
    runbook: Runbook, names: Names, known: KnownNames, path: Path, action: Action
) -> Iterator[UnplacedProblem]:
    """Every fault in a watch action."""
    watched: Watched | None = action.watch
    if watched is None:
        return
    yield from missing(watched.monitor, runbook.monitors, "monitor", (*path, "watch", "monitor"))
    yield from missing(watched.since, names.of_sections, "step", (*path, "watch", "since"))
    yield from template_faults(watched.samples, known, (*path, "watch", "samples"), False, names.anywhere())
    if "{{" not in watched.samples and not is_count(watched.samples):
        hint = "a whole number, 1 or more, or a {{ variable }}"
        yield UnplacedProblem(
            path=(*path, "watch", "samples"), message=f"{quoted(watched.samples)} is not a number of samples", hint=hint
        )
    for place, number in enumerate(action.expect.numbers):
        if number.pattern:
            here: Path = (*path, "expect", "numbers", place, "pattern")
            yield UnplacedProblem(
                path=here, message="what is watched has no pattern", hint="the monitor finds the number"
            )
