"""Checks what a runbook declares before its first step: the window, hosts, variables, secrets and environments."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec.structs import replace

from tui.runbook.groups.engine_faults import engine_host_faults
from tui.runbook.groups.members import HOST, is_group, written
from tui.runbook.model import Facts, Host, Runbook, Secret, SecretSource, Variable
from tui.runbook.patterns.bounded import pattern_faults
from tui.runbook.pointing import ENVIRONMENT, environment_names, in_environment
from tui.runbook.problem import Path, UnplacedProblem, nearest, quoted
from tui.runbook.reading.names import KnownNames, Names, template_faults
from tui.runbook.templates.variables import fill, names, time_values, wrong_value


def declarations(runbook: Runbook) -> Iterator[UnplacedProblem]:
    """Every fault in the declarations."""
    yield from _about(runbook)
    yield from _window(runbook)
    yield from _hosts(runbook)
    yield from _variables(runbook)
    yield from _secrets(runbook)
    yield from _environments(runbook)


def missing(name: str, known: Collection[str], what: str, path: Path) -> Iterator[UnplacedProblem]:
    """A fault where a name is given that is not known."""
    if name and name not in known:
        yield UnplacedProblem(path=path, message=f"there is no {what} {quoted(name)}", hint=nearest(name, known))


def fact_faults(runbook: Runbook, names: Names, path: Path, facts: Facts) -> Iterator[UnplacedProblem]:
    """A fault where a fact is asked for that is not known, or a value that it never has."""
    for name, values in facts.items():
        wanted = (values,) if isinstance(values, str) else values
        yield from missing(name, names.facts(), "fact", (*path, name))
        allowed: Iterable[str] = {
            "method": runbook.methods,
            "flow": runbook.flows,
            ENVIRONMENT: environment_names(runbook),
        }.get(name, ())
        if name in runbook.variables and runbook.variables[name].choices:
            allowed = runbook.variables[name].choices
        for value in wanted if allowed or name in ("method", "flow", ENVIRONMENT) else ():
            if value not in allowed:
                message = f"{name} is never {quoted(value)}"
                yield UnplacedProblem(path=(*path, name), message=message, hint=nearest(value, allowed))


def one_host(runbook: Runbook, name: str, path: Path) -> Iterator[UnplacedProblem]:
    """A fault where what is named is not one host: it is not there, or it is a group."""
    yield from missing(name, runbook.hosts, "host", path)
    if is_group(runbook, name):
        hint = "name one host; a group is named by commands of steps"
        yield UnplacedProblem(path=path, message=f"{quoted(name)} is a group of hosts", hint=hint)


def _about(runbook: Runbook) -> Iterator[UnplacedProblem]:
    yield from one_host(runbook, runbook.runbook.default_host, ("runbook", "default_host"))


def _window(runbook: Runbook) -> Iterator[UnplacedProblem]:
    window = runbook.window
    if window is None:
        return
    for key, value in (("starts", window.starts), ("ends", window.ends)):
        if value and not _is_time(value):
            yield UnplacedProblem(
                path=("window", key), message=f"{quoted(value)} is not a time of day", hint="00:00 to 23:59"
            )
    if window.starts and window.starts == window.ends:
        yield UnplacedProblem(
            path=("window", "ends"), message="the window ends when it starts", hint="give it a length"
        )
    try:
        ZoneInfo(window.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield UnplacedProblem(
            path=("window", "timezone"),
            message=f"there is no timezone {quoted(window.timezone)}",
            hint='a name such as "UTC" or "Europe/Berlin"',
        )
    for place, day in enumerate(window.frozen):
        try:
            date.fromisoformat(day)
        except ValueError:
            if day:
                yield UnplacedProblem(
                    path=("window", "frozen", place), message=f"{quoted(day)} is not a date", hint="YYYY-MM-DD"
                )


def _is_time(text: str) -> bool:
    try:
        time.fromisoformat(text)
    except ValueError:
        return False
    return True


def _hosts(runbook: Runbook) -> Iterator[UnplacedProblem]:
    for name in written(runbook):
        yield from host_faults(runbook, name, ("hosts", name))


def host_faults(runbook: Runbook, name: str, path: Path) -> Iterator[UnplacedProblem]:
    """What is wrong with a host of the runbook, which is written at this place."""
    host = runbook.hosts[name]
    ways = [key for key in ("target", "local", "connection") if getattr(host, key)]
    ways += ["targets"] if host.targets is not None else []
    ways += ["targets_from"] if host.targets_from else []
    if len(ways) != 1:
        none = "has none of target, targets, targets_from, local and connection"
        found = f"has {' and '.join(ways)}" if ways else none
        yield UnplacedProblem(path=path, message=f"host {quoted(name)} {found}", hint="give exactly one of them")
    yield from one_host(runbook, host.connection, (*path, "connection"))
    if _loops(runbook, name):
        yield UnplacedProblem(
            path=(*path, "connection"),
            message=f"host {quoted(name)} reaches itself through its connection",
            hint="the last host of the chain needs a target, or local = true",
        )
    if host.connect_with != "own" and not (host.target or host.group):
        yield UnplacedProblem(
            path=(*path, "connect_with"),
            message=f"host {quoted(name)} makes no SSH connection of its own",
            hint="write connect_with where the target is",
        )
    yield from engine_host_faults(host, path)
    if bool(host.file) != bool(host.from_file):
        yield UnplacedProblem(path=path, message="file and from_file go together", hint='from_file = ["DB_HOST"]')
    if host.sudo and host.connection:
        yield UnplacedProblem(
            path=(*path, "sudo"),
            message="sudo is of the connection, which is another host's",
            hint=f"write it in [hosts.{host.connection}]",
        )
    if host.port is not None and not 1 <= host.port <= 65535:
        yield UnplacedProblem(path=(*path, "port"), message=f"{host.port} is not a port", hint="1 to 65535")
    at_hand = {HOST} if host.group else set()
    known = KnownNames(frozenset(runbook.variables) | at_hand, frozenset())
    for key, text in _host_texts(host):
        yield from template_faults(text, known, (*path, *key), command=key == ("preamble",))


def _host_texts(host: Host) -> Iterator[tuple[Path, str]]:
    for key in ("target", "user", "directory", "file", "preamble", "expect_hostname"):
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


def _variables(runbook: Runbook) -> Iterator[UnplacedProblem]:
    for name, variable in runbook.variables.items():
        path: Path = ("variables", name)
        yield from Names.not_built_in(name, path)
        yield from pattern_faults(variable.pattern, (*path, "pattern"))
        yield from one_host(runbook, variable.on, (*path, "on"))
        for place, flow in enumerate(variable.flows):
            yield from missing(flow, runbook.flows, "flow", (*path, "flows", place))
        yield from value_faults(variable, (*path, "default"))
        if variable.choices_from:
            others = KnownNames(frozenset(runbook.variables) - {name}, frozenset())
            yield from template_faults(variable.choices_from, others, (*path, "choices_from"), command=True)
        if variable.default_from:
            others = KnownNames(frozenset(runbook.variables) - {name}, frozenset())
            yield from template_faults(variable.default_from, others, (*path, "default_from"), command=True)
        if not variable.ask and not variable.default and not variable.optional:
            yield UnplacedProblem(
                path=path, message="nobody is asked and there is no default", hint="give it a default"
            )


def value_faults(variable: Variable, path: Path) -> Iterator[UnplacedProblem]:
    """What is wrong with a default, which is a text, or the time at which it is asked for, and is written there."""
    if variable.default and variable.choices and variable.default not in variable.choices:
        yield UnplacedProblem(
            path=path,
            message=f"the default {quoted(variable.default)} is not one of the choices",
            hint=nearest(variable.default, variable.choices),
        )
        return
    if not variable.default or list(pattern_faults(variable.pattern, ())):
        return
    known = time_values(datetime(2026, 11, 24, 2, 30, tzinfo=UTC))
    for name in sorted(names(variable.default) - set(known)):
        hint = f"a default may name {' and '.join(known)}"
        yield UnplacedProblem(path=path, message=f"no value for {{{{ {name} }}}} at set-up", hint=hint)
    if variable.pattern and wrong_value(variable, fill(variable.default, known)):
        yield UnplacedProblem(
            path=path,
            message=f"the default {quoted(variable.default)} does not match the pattern",
            hint=f"the pattern is {quoted(variable.pattern)}",
        )


def _secrets(runbook: Runbook) -> Iterator[UnplacedProblem]:
    counts = Counter(secret.variable for secret in runbook.secrets.values())
    for name, secret in runbook.secrets.items():
        path: Path = ("secrets", name)
        yield from Names.not_built_in(name, path)
        yield from one_host(runbook, secret.on, (*path, "on"))
        yield from _source(secret, KnownNames(frozenset(runbook.variables), frozenset()), path)
        if name in runbook.variables:
            yield UnplacedProblem(
                path=path, message=f"{quoted(name)} is a variable as well", hint="give the secret another name"
            )
        if secret.variable and counts[secret.variable] > 1:
            yield UnplacedProblem(
                path=(*path, "variable"),
                message=f"two secrets are exported as {secret.variable}",
                hint="give each its own environment variable",
            )


def _environments(runbook: Runbook) -> Iterator[UnplacedProblem]:
    """Every fault in the environments."""
    for name, one in runbook.environments.items():
        path: Path = ("environments", name)
        there = in_environment(runbook, name)
        for host in one.hosts:
            yield from missing(host, runbook.hosts, "host", (*path, "hosts", host))
            if host in runbook.hosts:
                yield from _host_there(runbook, there, host, (*path, "hosts", host))
        for variable, value in one.variables.items():
            place = (*path, "variables", variable)
            yield from missing(variable, runbook.variables, "variable", place)
            if variable in runbook.variables:
                told = replace(runbook.variables[variable], default=value)
                for fault in value_faults(told, place):
                    yield replace(fault, message=fault.message.replace("the default", "the value"))


def _host_there(runbook: Runbook, there: Runbook, host: str, path: Path) -> Iterator[UnplacedProblem]:
    """What is wrong with a host in an environment, and is not wrong with it everywhere."""
    known = {fault.message for fault in host_faults(runbook, host, ())}
    yield from (fault for fault in host_faults(there, host, path) if fault.message not in known)


_BELONGS = {
    SecretSource.HOST_FILE: {"file": "/path/.env"},
    SecretSource.COMMAND: {"command": "op read op://shop/database/password"},
    SecretSource.KEYRING: {"service": "shop", "username": "database"},
}
"""The keys that a source needs, and what one may look like; the others have none of them."""
_CALLED = {
    SecretSource.HOST_FILE: "a secret from a host's file",
    SecretSource.COMMAND: "a secret from a command",
    SecretSource.KEYRING: "a secret from the keyring",
}


def _source(secret: Secret, known: KnownNames, path: Path) -> Iterator[UnplacedProblem]:
    """What a secret's source needs and does not have, and what belongs to another one."""
    for source, keys in _BELONGS.items():
        for key, example in keys.items():
            given = getattr(secret, key)
            if secret.source is source and not given:
                message = f'{_CALLED[source]} needs "{key}"'
                yield UnplacedProblem(path=path, message=message, hint=f'{key} = "{example}"')
            if secret.source is not source and given:
                yield UnplacedProblem(
                    path=(*path, key), message=f"only {_CALLED[source]} has one", hint=f'source = "{source.value}"'
                )
            yield from template_faults(given, known, (*path, key), command=key == "command")
