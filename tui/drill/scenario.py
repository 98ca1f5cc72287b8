"""What an author may write in a drill's scenario file: how a host that is not there answers the runbook's commands."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import tomli
from msgspec import Meta

from tui.errors import RunbookInvalid, UsageError
from tui.resources import bundled
from tui.runbook.check import check_as
from tui.runbook.load import located, read_text
from tui.runbook.model import Duration, Facts, Model, Name
from tui.runbook.problem import Fault, nearest, quoted, visible
from tui.runbook.problem import Path as Place

BUILT_INS = (
    "now",
    "now_iso",
    "now_long",
    "now_log",
    "now_http",
    "now_stamp",
    "now_digits",
    "now_date",
    "now_short",
    "host",
    "hostname",
)
"""What every template may name besides the scenario's facts and the pattern's named groups (docs/drills.md)."""

PLACEHOLDER = re.compile(r"\{\{ *([a-z][a-z0-9_]*) *\}\}")
HINT = "docs/drills.md says what a scenario holds"


class Ending(StrEnum):
    """What happens after a rule's last line: the command exits, goes on for ever, or takes the connection with it."""

    EXIT = "exit"
    HANG = "hang"
    DISCONNECT = "disconnect"


class DrillHostEntry(Model, frozen=True, kw_only=True):
    """What a host of the runbook calls itself in the drill."""

    hostname: str


class Rule(Model, frozen=True, kw_only=True):
    """One answer: the first rule whose `match` is found in the script, and whose `when` and `on` hold, gives it.

    `output` is what the command prints; a line starting with `2> ` goes to standard error. `pace` is how long it takes
    in all, spread over the lines. `set` holds the facts that are different when it has ended. `signal` is what kills
    the command after its last line.
    """

    match: str
    title: str = ""
    on: tuple[Name, ...] = ()
    when: Facts = {}
    output: str = ""
    pace: Duration = "0.3s"
    exit: Annotated[int, Meta(ge=0, le=255)] = 0
    signal: Annotated[str, Meta(pattern=r"^([A-Z][A-Z0-9]*)?$")] = ""
    ending: Ending = Ending.EXIT
    set: Mapping[Name, str] = {}


class Scenario(Model, frozen=True, kw_only=True):
    """A whole scenario: the facts at its beginning, and the rules, more specific ones first."""

    format: Annotated[int, Meta(ge=1, le=1)]
    title: str
    text: str = ""
    facts: Mapping[Name, str] = {}
    hosts: Mapping[Name, DrillHostEntry] = {}
    rules: tuple[Rule, ...]


def load_scenario(path: Path) -> Scenario:
    """Read a scenario file.

    Raises:
        RunbookInvalid: it cannot be read or is no scenario; `problems` has every fault.
    """
    return parse_scenario(read_text(path), str(path))


def parse_scenario(text: str, name: str) -> Scenario:
    """The scenario that a text holds; `name` is what problems call it.

    Raises:
        RunbookInvalid: it is no scenario; `problems` has every fault.
    """
    name = visible(name, 300)
    try:
        raw = tomli.loads(text)
    except (tomli.TOMLDecodeError, RecursionError) as error:
        raise RunbookInvalid(f"{name} is not TOML: {visible(str(error), 300)}", HINT) from None
    scenario, faults = check_as(Scenario, raw)
    problems = located((*faults, *faults_of(scenario)), raw, text, name)
    if problems:
        count = len(problems)
        raise RunbookInvalid(f"{name} has {count} problem{'' if count == 1 else 's'}", HINT, problems)
    return scenario


def faults_of(scenario: Scenario) -> Iterator[Fault]:
    """What is wrong with a scenario beyond its types: patterns, facts and placeholders that mean nothing."""
    for number, rule in enumerate(scenario.rules):
        yield from _faults_of(rule, scenario, ("rules", number))


def _faults_of(rule: Rule, scenario: Scenario, path: Place) -> Iterator[Fault]:
    groups: set[str] = set()
    try:
        groups = set(re.compile(rule.match, re.MULTILINE).groupindex)
    except re.error as error:
        yield Fault(path=(*path, "match"), message=f"not a pattern: {error}", hint="write it as Python's re reads it")
    for key, names, known in (
        ("when", rule.when, scenario.facts),
        ("set", rule.set, scenario.facts),
        ("on", rule.on, scenario.hosts),
    ):
        for name in names:
            if name not in known:
                what = "host in [hosts]" if key == "on" else "fact in [facts]"
                yield Fault(path=(*path, key), message=f"no {what} is called {quoted(name)}", hint=nearest(name, known))
    texts = {("output",): rule.output} | {("set", name): value for name, value in rule.set.items()}
    known_names = {*scenario.facts, *groups, *BUILT_INS}
    for key_path, template in texts.items():
        for name in sorted(set(PLACEHOLDER.findall(template)) - known_names):
            message = f"{{{{ {name} }}}} is no fact, no group of the pattern and no built-in"
            yield Fault(path=(*path, *key_path), message=message, hint=nearest(name, known_names))


def scenario_files() -> list[Path]:
    """The scenarios that travel with the program."""
    return sorted(bundled("drills").glob("*.toml"))


def find_scenario(name: str) -> Scenario:
    """A scenario by its file, by the name of a bundled one, or by a bundled one's title.

    Raises:
        UsageError: there is none.
        RunbookInvalid: it cannot be used.
    """
    if Path(name).suffix == ".toml" or "/" in name:
        return load_scenario(Path(name))
    files = scenario_files()
    for path in files:
        if path.stem == name:
            return load_scenario(path)
    for path in files:
        scenario = load_scenario(path)
        if scenario.title == name:
            return scenario
    raise UsageError(f"no scenario {name!r}", f"there are: {', '.join(path.stem for path in files)}")
