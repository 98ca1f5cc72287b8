"""Turns an action of the runbook into the command a transport runs, and into the text an operator reads."""

import shlex
from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace

from tui.errors import RunbookError
from tui.execution.secrecy import host_file
from tui.execution.secrecy.secrets import Secrets
from tui.runbook.facts import host_named
from tui.runbook.groups.members import asked_texts, each_host
from tui.runbook.model import Action, Host, Runbook, seconds
from tui.runbook.shell.script import BEGINS, script_of, with_input
from tui.runbook.templates.variables import defaults, fill_command, fill_shown, fill_whole, names, time_values
from tui.transports.base import Command


def values_of(runbook: Runbook, facts: Mapping[str, str], now: datetime) -> dict[str, str]:
    """Every value a template may name: defaults, what the runbook says of itself, the time (UTC), and the facts.

    What each host of a group has a value of is there as a word that is only shown: HOST.
    """
    about = runbook.runbook
    method = runbook.methods.get(facts.get("method", ""))
    return {
        **each_host(runbook),
        **defaults(runbook.variables, now, facts.get("flow", ""), runbook.window),
        "title": about.title,
        "contact": about.contact,
        "owner": about.owner,
        "method_title": method.title if method else "",
        **time_values(now, runbook.window),
        **facts,
        "environment": about.environment,  # as it is written; the fact is its name
    }


def host_of(runbook: Runbook, action: Action) -> tuple[str, Host]:
    """The name and the entry of the host an action runs on."""
    name = host_named(runbook, action.on)
    return name, runbook.hosts[name]


def in_terminal(action: Action) -> Action:
    """A program that gets the operator's terminal, as the command that it is."""
    return action if action.interactive is None else replace(action, run=action.interactive, interactive=None)


def shown(action: Action, values: Mapping[str, str]) -> str:
    """The command as it will run, to the byte; of a value that is not known yet it says so."""
    template = script_of(in_terminal(action))
    try:
        return fill_command(template, values, partial=True)
    except RunbookError:  # it cannot be written, and so will not run
        return fill_shown(template, values)


def shown_whole(action: Action, values: Mapping[str, str]) -> str:
    """The same with what the command gets on standard input."""
    return with_input(shown(action, values), fill_shown(action.stdin, values))


def directory_of(runbook: Runbook, action: Action, values: Mapping[str, str]) -> str:
    """Where a command is run; empty where that is the place in which a login begins."""
    _, host = host_of(runbook, action)
    return fill_shown(action.directory, values) or fill_shown(host.directory, values)


def prepare(runbook: Runbook, action: Action, values: Mapping[str, str], secrets: Secrets, key: str) -> Command:
    """The command with every value filled in and quoted, and its secrets beside it; `key` identifies its attempt.

    Raises:
        RunbookError: a value or a secret is not known yet.
    """
    _, host = host_of(runbook, action)
    script = fill_command(script_of(in_terminal(action)), values)
    return Command(
        script=_before(host, values) + script,
        directory=fill_whole(action.directory, values) or fill_whole(host.directory, values),
        environment=_environment(host, values),
        secrets=secrets.environment(action.secrets),
        stdin=fill_whole(action.stdin, values).encode(),
        timeout=seconds(action.timeout or runbook.runbook.default_timeout),
        key=key,
    )


def names_needed(runbook: Runbook, action: Action) -> set[str]:
    """The names that must have a value before a command, a probe or a watch can begin."""
    if action.watch is not None:
        return names(action.watch.samples)
    if action.probe is not None:
        return _all_names(*asked_texts(runbook.services[action.probe.service], action.probe))
    action = in_terminal(action)
    if action.run is None:
        return set()
    _, host = host_of(runbook, action)
    before = (host.preamble, host.file if host.from_file else "", *host.environment.values())
    return _all_names(action.run, action.stdin, action.directory or host.directory, *before)


def _all_names(*templates: str) -> set[str]:
    return {name for template in templates for name in names(template)}


def _environment(host: Host, values: Mapping[str, str]) -> dict[str, str]:
    """A host's variables; one that has only optional values that are not set is not given."""
    found = {name: fill_whole(one, values) for name, one in host.environment.items()}
    return {name: text for name, text in found.items() if text or not host.environment[name]}


def _before(host: Host, values: Mapping[str, str]) -> str:
    """What a host's commands are begun with: its file's variables, then its preamble."""
    parts = [host_file.variables(shlex.quote(fill_whole(host.file, values)), host.from_file)] if host.from_file else []
    if preamble := fill_command(host.preamble, values):
        parts.append(preamble)
    return "".join(f"{part}\n" for part in parts) + (BEGINS if parts else "")
