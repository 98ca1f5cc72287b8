"""Makes up what holds for a whole drill: what hosts call themselves, what monitors measure, what is to choose from."""

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec
from msgspec.structs import replace

from tui.drill.made_up.documents import TOLD, probed
from tui.drill.made_up.matching import matching
from tui.drill.made_up.supposed import Supposed, marked
from tui.drill.made_up.within_bounds import figure_text, figure_within
from tui.drill.scenario import DrillHostEntry, Scenario
from tui.runbook.described.probes import words_of
from tui.runbook.facts import connection_of
from tui.runbook.groups.members import monitored_hosts
from tui.runbook.model import Action, Expect, Facts, Monitor, Number, Runbook
from tui.runbook.shell.placeholders import PLACEHOLDER
from tui.runbook.shell.script import script_of
from tui.runbook.walk import steps_of
from tui.session.outcome import MADE_UP

CHOICES = 2
"""How many choices are made up where nothing says what they are."""


def named_hosts(scenario: Scenario, runbook: Runbook) -> Scenario:
    """The scenario in which each host that it does not name calls itself what the runbook expects."""
    entries = {
        name: DrillHostEntry(hostname=host.expect_hostname or name)
        for name, host in runbook.hosts.items()
        if not host.group and "{{" not in host.expect_hostname
    }
    return replace(scenario, hosts={**entries, **scenario.hosts})


def everything_made_up(runbook: Runbook) -> Scenario:
    """The scenario of a runbook that has none: no rule answers, so all is made up."""
    return named_hosts(Scenario(format=1, title="Made-up answers", text=f"Every answer is {MADE_UP}."), runbook)


def hints_of(runbook: Runbook) -> dict[str, str]:
    """What a captured value should be so that steps apply: the first value that one of them asks for."""
    found: dict[str, str] = {}
    wanted: list[Facts] = [section.when for section in runbook.sections]
    wanted += [facts for _, step in steps_of(runbook) for facts in (step.when, step.needed_if)]
    for facts in wanted:
        for name, values in facts.items():
            found.setdefault(name, values if isinstance(values, str) else values[0])
    return found


def standing(runbook: Runbook) -> tuple[Supposed, ...]:
    """What is answered whatever step is done: to the monitors, to messages, to the questions of a set-up."""
    return (*_monitors(runbook), *_messages(runbook), *_offered(runbook))


def _monitors(runbook: Runbook) -> Iterator[Supposed]:
    for name, monitor in runbook.monitors.items():
        figure = figure_within(_bounds(runbook, name, monitor))
        if monitor.probe is not None:
            service = runbook.services[monitor.probe.service]
            hosts = monitored_hosts(runbook, monitor) or (service.through,)
            number = Number(name=monitor.number.name, at_least=figure, at_most=figure)
            action = Action(probe=monitor.probe, expect=Expect(numbers=(number,)))
            document = probed(service.kind, monitor.probe, monitor.probe.given, action, {})
            text = f"{msgspec.json.encode(document).decode()}\n"
            pattern = _probe_pattern(runbook, monitor)
            for host in hosts:
                yield Supposed(host=connection_of(runbook, host), script=pattern, pattern=True, out=text)
            continue
        action = Action(run=monitor.run, errexit=monitor.errexit)
        text = figure_text(figure)
        lines = [matching(monitor.number.pattern, {1: text}) or text if monitor.number.pattern else text]
        if monitor.share_of:
            lines.append(matching(monitor.share_of, {1: "100"}) or "")
        for host in monitored_hosts(runbook, monitor) or (monitor.on,):
            yield _printing(runbook, host, script_of(action), lines)


def _bounds(runbook: Runbook, name: str, monitor: Monitor) -> list[Number]:
    """What is good for a monitor, as itself, its triggers and the steps that watch it have it."""
    numbers = [monitor.number]
    for trigger in runbook.triggers.values():
        if trigger.monitor == name:
            numbers.append(Number(at_most=trigger.above, at_least=trigger.below))
    for _, step in steps_of(runbook):
        for action in step.actions:
            if action.watch is not None and action.watch.monitor == name:
                numbers += action.expect.numbers
    return numbers


def _messages(runbook: Runbook) -> Iterator[Supposed]:
    for message in runbook.messages.values():
        if message.send:
            yield _printing(runbook, message.on, script_of(Action(run=message.send)), [])


def _offered(runbook: Runbook) -> Iterator[Supposed]:
    hints = hints_of(runbook)
    for name, variable in runbook.variables.items():
        likely = matching(variable.pattern) if variable.pattern else None
        one = hints.get(name) or variable.default or likely
        several = [one] if one else [f"{TOLD}-{number}" for number in range(1, CHOICES + 1)]
        if variable.choices_from:
            yield _printing(runbook, variable.on, script_of(Action(run=variable.choices_from)), several)
        if variable.default_from:
            yield _printing(runbook, variable.on, script_of(Action(run=variable.default_from)), several[:1])


def _printing(runbook: Runbook, on: str, template: str, lines: Iterable[str]) -> Supposed:
    out, err = marked("".join(f"{line}\n" for line in lines), "", aloud=False)
    return Supposed(host=connection_of(runbook, on), script=pattern_of(template), pattern=True, out=out, err=err)


def _probe_pattern(runbook: Runbook, monitor: Monitor) -> str:
    assert monitor.probe is not None
    return pattern_of(words_of(runbook, monitor.probe, None))


def pattern_of(template: str) -> str:
    """The pattern of every script that a template may become, whatever its values are."""
    literal, at = [], 0
    for found in PLACEHOLDER.finditer(template):
        literal.append(re.escape(template[at : found.start()]))
        at = found.end()
    return ".*?".join([*literal, re.escape(template[at:])])


def made_up_values(runbook: Runbook) -> Mapping[str, str]:
    """A value for each variable that has none by itself."""
    hints = hints_of(runbook)
    found = {}
    for name, variable in runbook.variables.items():
        if variable.default or variable.optional or variable.default_from:
            continue
        likely = matching(variable.pattern) if variable.pattern else None
        found[name] = hints.get(name) or (variable.choices[0] if variable.choices else likely or f"{TOLD}-{name}")
    return found
