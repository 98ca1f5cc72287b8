"""Writes the first file of a runbook from the answers to five questions: small, with comments, and without a fault."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from tui.importing.named import slug
from tui.importing.shell_code.carried import host_name
from tui.text.toml_text import toml_text

KINDS = ("deploy", "change", "diagnosis")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(
    r"^(?P<first>mon|tue|wed|thu|fri|sat|sun)(?:\w*)(?:\s*-\s*(?P<last>mon|tue|wed|thu|fri|sat|sun)\w*)?\s+"
    r"(?P<starts>\d\d:\d\d)\s*-\s*(?P<ends>\d\d:\d\d)(?:\s+(?P<zone>[\w/+-]+))?$",
    re.I,
)
_ALIAS = re.compile(r"^\s*host\s+(.+)$", re.I | re.M)


_ENVIRONMENT = re.compile(r"^[a-z][a-z0-9_-]*$")


class BeginningAnswers(Struct, frozen=True):
    """What a person answered: the title, the kind of the flow, the hosts as for ssh, the environments, the window.

    `environments` are those beside production, each with a host for each of `hosts`.
    """

    title: str
    kind: str
    hosts: tuple[str, ...]
    window: str = ""
    environments: Mapping[str, tuple[str, ...]] = {}


def window_fault(text: str) -> str:
    """What is wrong with a window in words such as `tue-thu 02:00-04:00 UTC`; nothing where it is right, or empty."""
    if not text.strip():
        return ""
    found = _WINDOW.match(text.strip())
    times = [*found.group("starts", "ends")] if found else []
    right = found is not None and all(int(one[:2]) < 24 and int(one[3:]) < 60 for one in times)
    return "" if right and times[0] != times[1] else "write it as in tue-thu 02:00-04:00 UTC, or leave it empty"


def environments_of(text: str) -> dict[str, tuple[str, ...]]:
    """The environments in words such as `staging stg-web stg-db; test test-web test-db`, each with its hosts."""
    found = [part.split() for part in text.split(";") if part.split()]
    return {name: tuple(hosts) for name, *hosts in found}


def environments_fault(text: str, hosts: Sequence[str]) -> str:
    """What is wrong with environments in words; nothing where they are right, or there are none."""
    found = environments_of(text)
    if len(found) < len([part for part in text.split(";") if part.strip()]):
        return "an environment is there twice: name each once"
    for name, there in found.items():
        if not _ENVIRONMENT.match(name):
            return f"{name}: a name has lower-case letters, digits and hyphens"
        if name == "production":
            return "production has the hosts above: name the other ones"
        if len(there) != len(hosts):
            return f"{name} needs a host for each of: {' '.join(hosts)}" if hosts else f"{name}: no host is known above"
    return ""


def ssh_aliases(config: Path) -> list[str]:
    """The names that an ssh_config file gives to hosts; none where it cannot be read, nor those of included files."""
    try:
        text = config.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    names = [name for line in _ALIAS.findall(text) for name in line.split("#")[0].split()]
    return [name for name in dict.fromkeys(names) if re.fullmatch(r"[A-Za-z0-9][\w.-]*", name)]


def beginning(answers: BeginningAnswers) -> str:
    """The text of the file."""
    return "\n".join(_lines(answers)) + "\n"


def _lines(answers: BeginningAnswers) -> Iterator[str]:
    hosts = _named(answers.hosts)
    first = next(iter(hosts), "workstation")
    yield "# A runbook's first file. `runbook lint` checks it, `runbook show` reads it, `runbook` runs it."
    yield "format = 2"
    yield ""
    yield "[runbook]"
    yield f"title = {toml_text(answers.title)}"
    name = toml_text(slug(answers.title, "runbook"))
    yield f"id = {name}  # tells it from other runbooks; keep it when the title changes"
    if answers.environments:
        yield 'environment = "production"  # what the hosts below are called, beside the environments'
    yield f"default_host = {toml_text(first)}"
    yield ""
    yield "[defaults]  # of steps and commands that say nothing"
    yield 'budget = "5m"'
    yield 'timeout = "2m"'
    yield from _window(answers.window)
    for name, target in hosts.items():
        yield ""
        yield f"[hosts.{name}]  # target is as for ssh: an alias of ssh_config, a name, an address"
        user, _, address = target.rpartition("@")
        yield f"target = {toml_text(address)}"
        if user:
            yield f"user = {toml_text(user)}"
    yield from _environments(answers, tuple(hosts))
    if not hosts:
        yield ""
        yield '[hosts.workstation]  # your own machine; a server has target = "its name for ssh"'
        yield "local = true"
    yield from _flow(answers)


def _environments(answers: BeginningAnswers, names: Sequence[str]) -> Iterator[str]:
    users = ["@" in host for host in answers.hosts]
    for environment, targets in answers.environments.items():
        yield ""
        yield f"[environments.{environment}]  # what differs there: hosts, and values as in variables.NAME = ..."
        yield f"text = {toml_text('the hosts of ' + environment)}"
        for name, target, has_user in zip(names, targets, users, strict=True):
            user, _, address = target.rpartition("@")
            given = f", user = {toml_text(user)}" if user or has_user else ""
            yield f"hosts.{name} = {{ target = {toml_text(address)}{given} }}"


def rehearsal(answers: BeginningAnswers, runbook: str) -> str:
    """The text of a scenario that the runbook is rehearsed with; `runbook` and what is written here are beside it."""
    return _REHEARSAL.format(title=toml_text(f"{answers.title}: everything works"), runbook=runbook)


_REHEARSAL = """\
# What the hosts answer in a rehearsal of {runbook}. Nothing is executed: `runbook drill` has this file as its argument.
# Write an answer for each of your commands; docs/drills.md says more.
format = 1
title = {title}

[facts]  # what the answers depend on
load = "low"

[[rules]]  # the first rule whose pattern is found in a command answers it
title = "The load is low"
match = '^uptime'
when = {{ load = "low" }}
output = " 02:30:00 up 12 days,  3:04,  1 user,  load average: 0.12, 0.10, 0.09\\n"

[[rules]]
title = "The host does not answer the question"
match = '^uptime'
when = {{ load = "high" }}
exit = 1
output = "2> uptime: cannot fork: Resource temporarily unavailable\\n"

[[rules]]  # every other command succeeds and prints nothing
title = "Everything else"
match = '.'

[[faults]]  # what goes wrong when somebody asks for it in a second terminal: runbook drill inject load-rises
id = "load-rises"
title = "The load rises"
set = {{ load = "high" }}
by_itself = false
"""


def _flow(answers: BeginningAnswers) -> Iterator[str]:
    title = {"deploy": "Deploy", "change": "Change", "diagnosis": "Look"}[answers.kind]
    yield ""
    yield f"[flows.{answers.kind}]"
    yield f"title = {toml_text(title)}"
    yield f"kind = {toml_text(answers.kind)}"
    yield 'sections = ["before", "work"]' if answers.kind != "diagnosis" else 'sections = ["before"]'
    if answers.window.strip():
        yield "guarded = true  # outside the window it asks for a reason"
    yield from ("", "[[sections]]", 'id = "before"', 'title = "Before"')
    yield from ("", "[[sections.steps]]  # a command that only reads", 'id = "load"', 'title = "Look at the load"')
    yield from ('run = "uptime"', 'expect = { contains = ["load average"] }')
    if answers.kind == "diagnosis":
        return
    yield from ("", "[[sections]]", 'id = "work"', f"title = {toml_text(title)}")
    yield from (
        "",
        "[[sections.steps]]  # work that a person does: write your first command in its place",
        'id = "first"',
    )
    yield from ('title = "The first step"', 'manual = "Do the first step"')
    yield "# mutates = true  # what changes production says so"


def _window(text: str) -> Iterator[str]:
    found = _WINDOW.match(text.strip())
    if found is None:
        return
    first = _DAYS.index(found["first"].lower())
    last = _DAYS.index((found["last"] or found["first"]).lower())
    days = [_DAYS[(first + at) % 7] for at in range((last - first) % 7 + 1)]
    yield from ("", "[window]  # when it may start without a reason", f"days = [{', '.join(map(toml_text, days))}]")
    yield f"starts = {toml_text(found['starts'])}"
    yield f"ends = {toml_text(found['ends'])}"
    yield f"timezone = {toml_text(found['zone'] or 'UTC')}"


def _named(targets: Sequence[str]) -> dict[str, str]:
    """A name for each host."""
    named: dict[str, str] = {}
    for target in targets:
        base = name = host_name(target.rpartition("@")[2])
        number = 2
        while name in named:
            name, number = f"{base}-{number}", number + 1
        named[name] = target
    return named
