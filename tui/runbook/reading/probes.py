"""Checks services and probes: that each is of a known kind, told what it needs, and expected to find what it can."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tui.runbook.groups.members import HOST, is_group, names_host
from tui.runbook.model import Action, Probe, Runbook, Service
from tui.runbook.probing import KINDS
from tui.runbook.probing.spec import CheckSpec, KindSpec, Setting, Shape
from tui.runbook.problem import Path, UnplacedProblem, nearest, quoted
from tui.runbook.reading.names import KnownNames, Names, template_faults

MEANINGLESS = ("exit", "contains", "absent", "matches", "misses", "empty", "http", "choice")
SHAPES = {Shape.NUMBER: "a number", Shape.FLAG: "true or false", Shape.TEXTS: "an array of texts"}


def service_faults(runbook: Runbook, names: Names) -> Iterator[UnplacedProblem]:
    """Every fault in the services."""
    for name, service in runbook.services.items():
        path: Path = ("services", name)
        spec = KINDS.get(service.kind)
        if spec is None:
            hint = nearest(service.kind, KINDS)
            yield UnplacedProblem(path=(*path, "kind"), message=f"there is no kind {quoted(service.kind)}", hint=hint)
            continue
        yield from _known(service.through, runbook.hosts, "host", (*path, "through"))
        if (service.file or service.from_file) and not service.through:
            yield UnplacedProblem(path=path, message="an environment file is a host's", hint='through = "HOST"')
        if bool(service.file) != bool(service.from_file):
            yield UnplacedProblem(path=path, message="file and from_file go together", hint='file = "/srv/.env"')
        known = names.anywhere()
        if any(host.group for host in runbook.hosts.values()):
            known = known.with_values(frozenset({HOST}))
        yield from template_faults(service.file, known, (*path, "file"))
        yield from _settings(spec, service, known, path)


def _settings(spec: KindSpec, service: Service, names: KnownNames, path: Path) -> Iterator[UnplacedProblem]:
    known = {setting.name: setting for setting in spec.settings}
    given = {"settings": service.settings, "secrets": service.secrets, "from_file": service.from_file}
    for table, values in given.items():
        for name in values:
            yield from _known(name, known, f"{spec.name} setting", (*path, table, name))
    for name, text in service.settings.items():
        if name in known and known[name].shape is Shape.SECRET:
            hint = f'secrets = {{ {name} = "…" }}, or from_file'
            yield UnplacedProblem(path=(*path, "settings", name), message=f"{quoted(name)} is a secret", hint=hint)
        if name in known and known[name].shape is Shape.NUMBER and not _number_or_template(text):
            hint = known[name].help
            yield UnplacedProblem(
                path=(*path, "settings", name), message=f"must be a number, not {quoted(text)}", hint=hint
            )
        yield from template_faults(text, names, (*path, "settings", name))
    for name, secret in service.secrets.items():
        yield from _known(secret, names.secrets, "secret", (*path, "secrets", name))
    there = {name for values in given.values() for name in values}
    for setting in spec.settings:
        if setting.required and setting.name not in there:
            yield UnplacedProblem(path=path, message=f"{spec.name} needs {quoted(setting.name)}", hint=setting.help)


def _number_or_template(text: str) -> bool:
    return "{{" in text or re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def probe_faults(
    runbook: Runbook, names: Names, known: KnownNames, path: Path, probe: Probe
) -> Iterator[UnplacedProblem]:
    """Every fault in a probe; `known` is what is known when it is made."""
    service = runbook.services.get(probe.service)
    if service is None:
        yield from _known(probe.service, runbook.services, "service", (*path, "service"))
        return
    spec = _check(service, probe)
    if service.kind not in KINDS:  # told where the service stands
        return
    if spec is None:
        checks = [check.name for check in KINDS[service.kind].checks]
        yield from _known(probe.check, checks, f"{service.kind} check", (*path, "check"))
        return
    through = service.through if is_group(runbook, service.through) else ""
    if HOST not in known.values and (through or names_host(service, Probe(service=probe.service, check=probe.check))):
        what = f"is asked through group {quoted(through)}" if through else "names the host of a group"
        message = f"{quoted(probe.service)} {what}, and no host is at hand here"
        hint = f'a step\'s probe with on = "{through or "GROUP"}" asks each'
        yield UnplacedProblem(path=(*path, "service"), message=message, hint=hint)
    yield from _given(spec, probe, names, known, (*path, "with"))


def expectation_faults(runbook: Runbook, path: Path, action: Action, mutates: bool) -> Iterator[UnplacedProblem]:
    """What is expected of a probe that it can never say, or captured that it never has."""
    probe = action.probe
    service = runbook.services.get(probe.service) if probe else None
    spec = _check(service, probe) if service and probe else None
    if spec is None:
        return
    default = type(action.expect)()
    for key in MEANINGLESS:
        if getattr(action.expect, key) != getattr(default, key):
            hint = "expect numbers by the names of its fields, or json"
            yield UnplacedProblem(path=(*path, "expect", key), message=f'"{key}" means nothing for a probe', hint=hint)
    fields = {field.name: field for field in spec.fields}
    for place, number in enumerate(action.expect.numbers):
        here: Path = (*path, "expect", "numbers", place)
        if number.pattern:
            yield UnplacedProblem(
                path=(*here, "pattern"), message="a probe's number has no pattern", hint="name = its field"
            )
        yield from _known(number.name, fields, f"{spec.name} field", (*here, "name"))
    for name in action.expect.json:
        yield from _reached(name, fields, spec.name, (*path, "expect", "json", name))
    for name, wanted in action.capture.items():
        if wanted.json and not wanted.secret:  # a secret one is handed over beside the document
            yield from _reached(wanted.json, fields, spec.name, (*path, "capture", name, "json"))
    if spec.mutates and not mutates:
        yield UnplacedProblem(
            path=(*path, "probe"), message=f"{spec.name} leaves something behind", hint="mutates = true"
        )
    if spec.mutates and action.until is not None:
        hint = "wait with a check that only looks"
        yield UnplacedProblem(path=(*path, "until"), message=f"{spec.name} leaves something behind", hint=hint)


def _reached(name: str, fields: Mapping[str, Any], check: str, path: Path) -> Iterator[UnplacedProblem]:
    """A path into the result begins with one of its fields."""
    if fields and not any(name == field or name.startswith((f"{field}.", f"{field}[")) for field in fields):
        yield from _known(name, fields, f"{check} field", path)


def _check(service: Service | None, probe: Probe | None) -> CheckSpec | None:
    if service is None or probe is None or service.kind not in KINDS:
        return None
    return next((check for check in KINDS[service.kind].checks if check.name == probe.check), None)


def _given(spec: CheckSpec, probe: Probe, names: Names, known: KnownNames, path: Path) -> Iterator[UnplacedProblem]:
    parameters = {parameter.name: parameter for parameter in spec.parameters}
    for name, value in probe.given.items():
        if name not in parameters:
            yield from _known(name, parameters, f"{spec.name} parameter", (*path, name))
            continue
        yield from _shape(parameters[name], value, (*path, name))
        if parameters[name].shape is Shape.SECRET:
            yield from _known(str(value), known.secrets, "secret", (*path, name))
            continue
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str):
                yield from template_faults(text, known, (*path, name), False, names.anywhere())
    for parameter in spec.parameters:
        if parameter.required and parameter.name not in probe.given:
            yield UnplacedProblem(
                path=path[:-1], message=f"{spec.name} needs {quoted(parameter.name)}", hint=parameter.help
            )


def _shape(parameter: Setting, value: Any, path: Path) -> Iterator[UnplacedProblem]:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {
        Shape.NUMBER: number or (isinstance(value, str) and "{{" in value),
        Shape.FLAG: isinstance(value, bool),
        Shape.TEXTS: isinstance(value, tuple),
    }.get(parameter.shape, isinstance(value, str))
    if not fits:
        yield UnplacedProblem(
            path=path, message=f"it must be {SHAPES.get(parameter.shape, 'text')}", hint=parameter.help
        )


def _known(name: str, known: Iterable[str] | Mapping[str, Any], what: str, path: Path) -> Iterator[UnplacedProblem]:
    known = list(known)
    if name and name not in known:
        yield UnplacedProblem(path=path, message=f"there is no {what} {quoted(name)}", hint=nearest(name, known))
