"""Finds and reads scenario files, or says everything that is wrong with one at once."""

import re
from collections.abc import Iterator
from pathlib import Path

import tomli
from msgspec.structs import replace

from tui.drill.scenario import BUILT_INS, PLACEHOLDER, Rule, Scenario
from tui.errors import RunbookInvalid, UsageError
from tui.resources import bundled
from tui.runbook.problem import Path as Place
from tui.runbook.problem import UnplacedProblem, nearest, quoted, visible
from tui.runbook.reading.file_text import read_text, unmarked
from tui.runbook.reading.load import located
from tui.runbook.reading.structure import check_as

_TABLE = re.compile(r"^\s*\[", re.MULTILINE)

HINT = "docs/drills.md says what a scenario holds"


def load_scenario(path: Path, above: tuple[Path, ...] = ()) -> Scenario:
    """Read a scenario file, and what it is based on; `above` are the files that are being read for that reason.

    Raises:
        RunbookInvalid: it cannot be read or is not a scenario; `problems` has every fault.
    """
    if path in above:
        raise RunbookInvalid(f"{visible(str(path), 300)} is based on itself", "take `based_on` out of one of them")
    return parse_scenario(read_text(path), str(path), (*above, path))


def parse_scenario(text: str, name: str, above: tuple[Path, ...] = ()) -> Scenario:
    """The scenario that a text holds; `name` is what problems call it, `above` the file it is in and who asked for it.

    Raises:
        RunbookInvalid: it is not a scenario; `problems` has every fault.
    """
    name = visible(name, 300)
    try:
        raw = tomli.loads(unmarked(text))
    except (tomli.TOMLDecodeError, RecursionError) as error:
        raise RunbookInvalid(f"{name} is not TOML: {visible(str(error), 300)}", HINT) from None
    own, faults = check_as(Scenario, raw)
    scenario = _on_top(own, load_scenario(_base(own.based_on, above), above)) if own.based_on else own
    problems = located((*faults, *_faults_of(own, scenario)), raw, text, name)
    if problems:
        count = len(problems)
        raise RunbookInvalid(f"{name} has {count} problem{'' if count == 1 else 's'}", HINT, problems)
    return scenario


def is_runbook(path: Path) -> bool:
    """Whether a file is a runbook; what cannot be read is none, and is complained about as a scenario."""
    try:
        return isinstance(tomli.loads(unmarked(read_text(path))).get("runbook"), dict)
    except (RunbookInvalid, tomli.TOMLDecodeError, RecursionError):
        return False


def _base(name: str, above: tuple[Path, ...]) -> Path:
    """The file a scenario is based on: one beside it, else a bundled one."""
    beside = [path.parent / f"{name}.toml" for path in above[-1:]]
    found = next((path for path in (*beside, *scenario_files()) if path.stem == name and path.is_file()), None)
    if found is None:
        raise RunbookInvalid(f"no scenario {quoted(name)} to be based on", _known())
    return found


def _on_top(scenario: Scenario, base: Scenario) -> Scenario:
    """A scenario that falls back on another."""
    return replace(
        scenario,
        facts={**base.facts, **scenario.facts},
        hosts={**base.hosts, **scenario.hosts},
        faults=(
            *scenario.faults,
            *(fault for fault in base.faults if fault.id not in {own.id for own in scenario.faults}),
        ),
        second_person=(*scenario.second_person, *base.second_person),
        rules=(*scenario.rules, *(rule for rule in base.rules if rule not in scenario.rules)),
    )


def together(scenarios: list[Scenario]) -> Scenario:
    """Several scenarios as one: all of their faults, and the rules of each before what they have in common."""
    common = [rule for rule in scenarios[0].rules if all(rule in scenario.rules for scenario in scenarios[1:])]
    facts: dict[str, str] = {}
    for scenario in scenarios:
        facts = {**scenario.facts, **facts}
    for scenario in scenarios:
        base = find_scenario(scenario.based_on).facts if scenario.based_on else {}
        facts |= {name: value for name, value in scenario.facts.items() if base.get(name) != value}
    own = [rule for scenario in scenarios for rule in scenario.rules if rule not in common]
    faults = {fault.id: fault for scenario in reversed(scenarios) for fault in scenario.faults}
    return replace(
        scenarios[0],
        title=" + ".join(scenario.title for scenario in scenarios),
        facts=facts,
        faults=tuple(faults.values()),
        second_person=tuple(answer for scenario in scenarios for answer in scenario.second_person),
        rules=(*own, *common),
    )


def _faults_of(own: Scenario, scenario: Scenario) -> Iterator[UnplacedProblem]:
    """What is wrong with a scenario beyond its types: patterns, facts and placeholders that mean nothing.

    Args:
        own: as its file has it; what it is based on was checked when that was read, and has no less to name now.
        scenario: the same on top of that.
    """
    for number, rule in enumerate(own.rules):
        yield from _faults_of_rule(rule, scenario, ("rules", number))
    for number, answer in enumerate(own.second_person):
        if answer.answer == "refuse" and not answer.reason:
            message = "who refuses says why"
            yield UnplacedProblem(path=("second_person", number, "answer"), message=message, hint="add a `reason`")
    for number, fault in enumerate(own.faults):
        for key, names in (("set", fault.set), ("over", fault.over)):
            for name in names:
                if name not in scenario.facts:
                    message = f"no fact in [facts] is called {quoted(name)}"
                    yield UnplacedProblem(
                        path=("faults", number, key), message=message, hint=nearest(name, scenario.facts)
                    )
        if [other.id for other in own.faults].index(fault.id) != number:
            message = f"there is a fault {quoted(fault.id)} already"
            yield UnplacedProblem(path=("faults", number, "id"), message=message, hint="give it another id")


def _faults_of_rule(rule: Rule, scenario: Scenario, path: Place) -> Iterator[UnplacedProblem]:
    groups: set[str] = set()
    try:
        groups = set(re.compile(rule.match, re.MULTILINE).groupindex)
    except re.error as error:
        yield UnplacedProblem(
            path=(*path, "match"), message=f"not a pattern: {error}", hint="write it as Python's re reads it"
        )
    for key, names, known in (
        ("when", rule.when, scenario.facts),
        ("set", rule.set, scenario.facts),
        ("on", rule.on, scenario.hosts),
    ):
        for name in names:
            if name not in known:
                what = "host in [hosts]" if key == "on" else "fact in [facts]"
                yield UnplacedProblem(
                    path=(*path, key), message=f"no {what} is called {quoted(name)}", hint=nearest(name, known)
                )
    texts = {("output",): rule.output} | {("set", name): value for name, value in rule.set.items()}
    known_names = {*scenario.facts, *groups, *BUILT_INS}
    for key_path, template in texts.items():
        for name in sorted(set(PLACEHOLDER.findall(template)) - known_names):
            message = f"{{{{ {name} }}}} is not a fact, a group of the pattern or a built-in"
            yield UnplacedProblem(path=(*path, *key_path), message=message, hint=nearest(name, known_names))


def schema() -> bytes:
    """The JSON Schema of a scenario, so that editors complete and check it while it is written."""
    from tui.runbook.reading.schema import schema_of

    return schema_of(Scenario, "Scenario", "http://json-schema.org/draft-07/schema#")


def scenario_files() -> list[Path]:
    """The scenarios that travel with the program."""
    return sorted(bundled("drills").glob("*.toml"))


def find_scenario(name: str) -> Scenario:
    """A scenario by its file, by the name of a bundled one, or by a bundled one's title; several joined by +.

    Raises:
        UsageError: there is none.
        RunbookInvalid: it cannot be used.
    """
    if Path(name).suffix == ".toml" or "/" in name:
        return load_scenario(Path(name))
    if "+" in name:
        return together([find_scenario(part.strip()) for part in name.split("+")])
    files = scenario_files()
    for path in files:
        if path.stem == name:
            return load_scenario(path)
    for path in files:
        if title_of(path) == name:
            return load_scenario(path)
    raise UsageError(f"no scenario {name!r}", _known())


def title_of(path: Path) -> str:
    """The title of a bundled scenario, which stands before its tables: a hundredth of the time of reading it whole."""
    text = read_text(path)
    first = _TABLE.search(text)
    return str(tomli.loads(text[: first.start()] if first else text)["title"])


def _known() -> str:
    return f"there are: {', '.join(path.stem for path in scenario_files())}"
