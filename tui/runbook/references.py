"""Checks what a runbook says about itself: that every name it uses is there, once, and every value makes sense."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, time
from itertools import chain
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tui.runbook.actions import action_faults
from tui.runbook.model import Facts, Host, Runbook, SecretSource, Step
from tui.runbook.names import Known, Names, template_faults
from tui.runbook.patterns import pattern_faults
from tui.runbook.problem import Fault, Path, nearest, quoted
from tui.runbook.walk import fields_of, steps_of

Item = TypeVar("Item")


def references(runbook: Runbook, document_lines: int | None = None) -> list[Fault]:
    """Every fault in a runbook whose shape is right.

    Args:
        document_lines: how many lines the source document has, where that is known.
    """
    names = Names(runbook)
    return [
        *_duplicates(runbook),
        *_about(runbook),
        *_window(runbook),
        *_hosts(runbook),
        *_variables(runbook),
        *_secrets(runbook),
        *_flows(runbook),
        *_links(runbook, names),
        *_messages(runbook, names),
        *chain.from_iterable(_step(runbook, names, path, step) for path, step in steps_of(runbook)),
        *chain.from_iterable(
            _facts(runbook, names, (*path, "when"), section.when)
            for path, section in _numbered("sections", runbook.sections)
        ),
        *_sources(runbook, document_lines),
    ]


def missing(name: str, known: Iterable[str], what: str, path: Path) -> Iterator[Fault]:
    """A fault where a name is given that is not known."""
    known = list(known)
    if name and name not in known:
        yield Fault(path=path, message=f"there is no {what} {quoted(name)}", hint=nearest(name, known))


def _numbered(key: str, items: Iterable[Item]) -> Iterator[tuple[Path, Item]]:
    return (((key, place), item) for place, item in enumerate(items))


def _duplicates(runbook: Runbook) -> Iterator[Fault]:
    solutions = (
        (("troubleshooting", place, "solutions", number), solution.id)
        for place, issue in enumerate(runbook.troubleshooting)
        for number, solution in enumerate(issue.solutions)
    )
    kinds: dict[str, Iterable[tuple[Path, str]]] = {
        "section": ((path, item.id) for path, item in _numbered("sections", runbook.sections)),
        "step": ((path, step.id) for path, step in steps_of(runbook)),
        "issue": ((path, item.id) for path, item in _numbered("troubleshooting", runbook.troubleshooting)),
        "solution": solutions,
        "reason": ((path, item.id) for path, item in _numbered("rollback_reasons", runbook.rollback_reasons)),
        "follow-up": ((path, item.id) for path, item in _numbered("followups", runbook.followups)),
        "checklist item": ((path, item.id) for path, item in _numbered("checklist", runbook.checklist)),
    }
    for what, items in kinds.items():
        seen: set[str] = set()
        for path, name in items:
            if name and name in seen:
                yield Fault(
                    path=(*path, "id"), message=f"a second {what} {quoted(name)}", hint="every id stands for one thing"
                )
            seen.add(name)


def _about(runbook: Runbook) -> Iterator[Fault]:
    yield from missing(runbook.runbook.default_host, runbook.hosts, "host", ("runbook", "default_host"))


def _window(runbook: Runbook) -> Iterator[Fault]:
    window = runbook.window
    if window is None:
        return
    for key, value in (("starts", window.starts), ("ends", window.ends)):
        if value and not _is_time(value):
            yield Fault(path=("window", key), message=f"{quoted(value)} is not a time of day", hint="00:00 to 23:59")
    if window.starts and window.starts == window.ends:
        yield Fault(path=("window", "ends"), message="the window ends when it starts", hint="give it a length")
    try:
        ZoneInfo(window.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield Fault(
            path=("window", "timezone"),
            message=f"there is no timezone {quoted(window.timezone)}",
            hint='a name such as "UTC" or "Europe/Berlin"',
        )
    for place, day in enumerate(window.frozen):
        try:
            date.fromisoformat(day)
        except ValueError:
            if day:
                yield Fault(path=("window", "frozen", place), message=f"{quoted(day)} is not a date", hint="YYYY-MM-DD")


def _is_time(text: str) -> bool:
    try:
        time.fromisoformat(text)
    except ValueError:
        return False
    return True


def _hosts(runbook: Runbook) -> Iterator[Fault]:
    for name, host in runbook.hosts.items():
        path: Path = ("hosts", name)
        ways = [key for key in ("target", "local", "connection") if getattr(host, key)]
        if len(ways) != 1:
            found = f"has {' and '.join(ways)}" if ways else "has none of target, local and connection"
            yield Fault(path=path, message=f"host {quoted(name)} {found}", hint="give exactly one of them")
        yield from missing(host.connection, runbook.hosts, "host", (*path, "connection"))
        if _loops(runbook, name):
            yield Fault(
                path=(*path, "connection"),
                message=f"host {quoted(name)} reaches itself through its connection",
                hint="the last host of the chain needs a target, or local = true",
            )
        if host.port is not None and not 1 <= host.port <= 65535:
            yield Fault(path=(*path, "port"), message=f"{host.port} is not a port", hint="1 to 65535")
        known = Known(frozenset(runbook.variables), frozenset())
        for key, text in _host_texts(host):
            yield from template_faults(text, known, (*path, *key), command=key == ("preamble",))


def _host_texts(host: Host) -> Iterator[tuple[Path, str]]:
    for key in ("target", "user", "directory", "preamble", "expect_hostname"):
        yield (key,), getattr(host, key)
    for name, value in host.environment.items():
        yield ("environment", name), value


def _loops(runbook: Runbook, name: str) -> bool:
    seen = set()
    here = name
    while here in runbook.hosts and runbook.hosts[here].connection:
        seen.add(here)
        here = runbook.hosts[here].connection
        if here in seen:
            return here == name
    return False


def _variables(runbook: Runbook) -> Iterator[Fault]:
    for name, variable in runbook.variables.items():
        path: Path = ("variables", name)
        yield from Names.not_built_in(name, path)
        yield from pattern_faults(variable.pattern, (*path, "pattern"))
        yield from missing(variable.on, runbook.hosts, "host", (*path, "on"))
        for place, flow in enumerate(variable.flows):
            yield from missing(flow, runbook.flows, "flow", (*path, "flows", place))
        if variable.default and variable.choices and variable.default not in variable.choices:
            yield Fault(
                path=(*path, "default"),
                message=f"the default {quoted(variable.default)} is not one of the choices",
                hint=nearest(variable.default, variable.choices),
            )
        elif variable.default and not list(pattern_faults(variable.pattern, ())):
            yield from _default_matches(variable.pattern, variable.default, path)
        if variable.choices_from:
            others = Known(frozenset(runbook.variables) - {name}, frozenset())
            yield from template_faults(variable.choices_from, others, (*path, "choices_from"), command=True)
        if not variable.ask and not variable.default and not variable.optional:
            yield Fault(path=path, message="nobody is asked and there is no default", hint="give it a default")


def _default_matches(pattern: str, default: str, path: Path) -> Iterator[Fault]:
    if pattern and not re.fullmatch(pattern, default):
        yield Fault(
            path=(*path, "default"),
            message=f"the default {quoted(default)} does not match the pattern",
            hint=f"the pattern is {quoted(pattern)}",
        )


def _secrets(runbook: Runbook) -> Iterator[Fault]:
    counts = Counter(secret.variable for secret in runbook.secrets.values())
    for name, secret in runbook.secrets.items():
        path: Path = ("secrets", name)
        yield from Names.not_built_in(name, path)
        yield from missing(secret.on, runbook.hosts, "host", (*path, "on"))
        if secret.source is SecretSource.HOST_FILE and not secret.file:
            yield Fault(path=path, message='a secret from a host\'s file needs "file"', hint='file = "/path/.env"')
        if secret.source is not SecretSource.HOST_FILE and secret.file:
            yield Fault(
                path=(*path, "file"), message="only a secret from a host's file has one", hint='source = "host-file"'
            )
        if name in runbook.variables:
            yield Fault(path=path, message=f"{quoted(name)} is a variable as well", hint="give the secret another name")
        if secret.variable and counts[secret.variable] > 1:
            yield Fault(
                path=(*path, "variable"),
                message=f"two secrets are exported as {secret.variable}",
                hint="give each its own environment variable",
            )


def _flows(runbook: Runbook) -> Iterator[Fault]:
    known = [section.id for section in runbook.sections]
    for name, flow in runbook.flows.items():
        path: Path = ("flows", name)
        for place, section in enumerate(flow.sections):
            yield from missing(section, known, "section", (*path, "sections", place))
            if section in flow.sections[:place]:
                yield Fault(
                    path=(*path, "sections", place),
                    message=f"section {quoted(section)} comes twice in this flow",
                    hint="a step is done once in a session",
                )
        for place, method in enumerate(flow.methods):
            yield from missing(method, runbook.methods, "method", (*path, "methods", place))


def _links(runbook: Runbook, names: Names) -> Iterator[Fault]:
    for path, link in _numbered("dashboards", runbook.dashboards):
        yield from template_faults(link.url, names.anywhere(), (*path, "url"))
        if link.url and not is_url(link.url):
            yield _no_url(link.url, (*path, "url"))
    for path, endpoint in _numbered("endpoints", runbook.endpoints):
        if endpoint.path and not endpoint.path.startswith("/"):
            yield Fault(
                path=(*path, "path"), message=f"{quoted(endpoint.path)} does not begin with /", hint="as in /health/"
            )


def is_url(text: str) -> bool:
    """Whether a link begins as one, or with a variable that will."""
    return text.startswith(("https://", "http://", "{{ "))


def _no_url(text: str, path: Path) -> Fault:
    return Fault(path=path, message=f"{quoted(text)} is not a link", hint="it begins with https:// or a {{ variable }}")


def _messages(runbook: Runbook, names: Names) -> Iterator[Fault]:
    for name, message in runbook.messages.items():
        path: Path = ("messages", name)
        yield from missing(message.on, runbook.hosts, "host", (*path, "on"))
        for key, text in (("title", message.title), ("body", message.body), ("to", message.to)):
            yield from template_faults(text, names.anywhere(), (*path, key))
        yield from template_faults(message.send, names.anywhere(), (*path, "send"), command=True)


def _step(runbook: Runbook, names: Names, path: Path, step: Step) -> Iterator[Fault]:
    yield from _facts(runbook, names, (*path, "when"), step.when)
    yield from _facts(runbook, names, (*path, "needed_if"), step.needed_if)
    undoable = {other.id for _, other in steps_of(runbook)}
    for place, name in enumerate(step.undo):
        yield from missing(name, undoable, "step", (*path, "undo", place))
        if name == step.id:
            yield Fault(path=(*path, "undo", place), message="a step cannot undo itself", hint="name a rollback step")
    for place, name in enumerate(step.checklist):
        yield from missing(name, (item.id for item in runbook.checklist), "checklist item", (*path, "checklist", place))
    if not step.actions:
        yield Fault(path=path, message="the step has no actions", hint="give it at least one [[….actions]]")
    known = names.before(step.id)
    for key in ("text", "note"):
        yield from template_faults(getattr(step, key), names.anywhere(), (*path, key))
    for place, action in enumerate(step.actions):
        yield from action_faults(runbook, names, known, (*path, "actions", place), action)
        known = known.after(action)


def _facts(runbook: Runbook, names: Names, path: Path, facts: Facts) -> Iterator[Fault]:
    for name, values in facts.items():
        wanted = (values,) if isinstance(values, str) else values
        yield from missing(name, names.facts(), "fact", (*path, name))
        allowed: Iterable[str] = {"method": runbook.methods, "flow": runbook.flows}.get(name, ())
        if name in runbook.variables and runbook.variables[name].choices:
            allowed = runbook.variables[name].choices
        for value in wanted if allowed or name in ("method", "flow") else ():
            yield from missing(
                value, allowed, "value of this fact" if name in runbook.variables else name, (*path, name)
            )


def _sources(runbook: Runbook, document_lines: int | None) -> Iterator[Fault]:
    for path, text in fields_of(runbook, "source"):
        if path[:1] == ("secrets",):
            continue
        for part in text.split(",") if text else ():
            first, _, last = part.strip().partition("-")
            begin, end = int(first), int(last or first)
            if end < begin or begin == 0:
                yield Fault(path=path, message=f"{quoted(part.strip())} is not a range of lines", hint="as in 156-159")
            elif document_lines is not None and end > document_lines:
                yield Fault(
                    path=path,
                    message=f"line {end} is beyond the document",
                    hint=f"{runbook.runbook.document} has {document_lines} lines",
                )
