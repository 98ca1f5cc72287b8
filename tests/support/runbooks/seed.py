"""Reads the table that says, for each line of the document, what of the runbook shows it, and holds it against one."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from tui.runbook.model import Action, Number, Runbook, Step
from tui.runbook.probing import KINDS
from tui.runbook.walk import steps_of

TABLE = Path(__file__).parents[2] / "data" / "seed.tsv"

HELD_IN = {
    *("run", "stdin", "ask", "title", "text", "note", "body", "preamble", "prompt", "to", "look_for", "healthy"),
    *("unhealthy", "patterns", "signs.patterns", "signs.commands", "symptoms", "forbidden", "when", "architecture"),
    *("directory", "avoid", "expect.contains", "expect.absent", "expect.matches", "expect.misses"),
}
"""Parts that are texts, which have the value somewhere in them; every other part is the value."""

NOTHING = "-"
"""Stands for the place where a line says nothing that could be shown."""


class Claim(Struct, frozen=True):
    """One thing that shows a line: a value, in a part of a place of the runbook."""

    place: str
    part: str
    value: str


class Row(Struct, frozen=True):
    """A line of the document and what shows it; claims of one group are of the same action."""

    line: int
    document: str
    groups: tuple[tuple[Claim, ...], ...]

    @property
    def claims(self) -> tuple[Claim, ...]:
        """All claims, of whichever group."""
        return tuple(chain.from_iterable(self.groups))

    @property
    def says_nothing(self) -> bool:
        """Whether there is nothing in this line to show."""
        return all(claim.place == NOTHING for claim in self.claims)


Bag = Mapping[str, tuple[str, ...]]
"""The values of a thing, by part."""


class Thing(Struct, frozen=True):
    """A place of the runbook: the lines it says it comes from, and its bags, a step's own first and one an action."""

    source: str | None
    bags: tuple[Bag, ...]


def table(text: str) -> tuple[Row, ...]:
    """The rows of the table.

    A line without a number continues the row before; one without a place is of the same action as the claim above.
    """
    rows: list[tuple[int, str, list[list[Claim]]]] = []
    for number, written in enumerate(text.splitlines()[1:], 2):
        cells = written.split("\t")
        assert len(cells) == 5, f"line {number} of the table has {len(cells)} columns"
        line, document, place, part, value = cells
        if line:
            rows.append((int(line), document, []))
        groups = rows[-1][2]
        if place:
            groups.append([])
        groups[-1].append(Claim(place or groups[-1][0].place, part, value))
    return tuple(Row(line, document, tuple(tuple(one) for one in groups)) for line, document, groups in rows)


def lines(source: str) -> set[int]:
    """The numbers that a `source` names."""
    numbers: set[int] = set()
    for part in source.split(",") if source else ():
        first, _, last = part.strip().partition("-")
        numbers.update(range(int(first), int(last or first) + 1))
    return numbers


def shown(group: Iterable[Claim], thing: Thing) -> bool:
    """Whether all that a group claims is so, in one and the same bag of its place."""
    return any(all(_held(claim, bag) for claim in group) for bag in thing.bags)


def _held(claim: Claim, bag: Bag) -> bool:
    values = bag.get(claim.part, ())
    if claim.part not in HELD_IN:
        return claim.value in values
    first, last = (r"(?<!\w)" if claim.value[0].isalnum() else ""), (r"(?!\w)" if claim.value[-1].isalnum() else "")
    return any(re.search(first + re.escape(claim.value) + last, value) for value in values)


def things(runbook: Runbook) -> dict[str, Thing]:
    """Every place that a claim may name: a step by its id, the rest as kind.id."""
    after = _order(runbook)
    found = {step.id: thing_of(step, runbook, after.get(step.id, ())) for _, step in steps_of(runbook)}
    for kind in ("hosts", "variables", "secrets", "services", "monitors", "triggers", "methods", "flows", "messages"):
        found |= {f"{kind}.{name}": plain(one, runbook) for name, one in getattr(runbook, kind).items()}
    found |= {name: replace(thing, source=None) for name, thing in found.items() if name.startswith("secrets.")}
    for kind, key in (("sections", "id"), ("troubleshooting", "id"), ("dashboards", "url"), ("endpoints", "path")):
        found |= {f"{kind}.{getattr(one, key)}": plain(one, runbook) for one in getattr(runbook, kind)}
    for kind in ("rollback_reasons", "followups", "checklist"):
        found |= {f"{kind}.{one.id}": plain(one, runbook) for one in getattr(runbook, kind)}
    for issue in runbook.troubleshooting:
        found |= {f"solutions.{one.id}": plain(one, runbook) for one in issue.solutions}
    return found | {"runbook": plain(runbook.runbook, runbook), "window": plain(runbook.window, runbook)}


def thing_of(step: Step, runbook: Runbook, later: tuple[str, ...] = ()) -> Thing:
    """A step as a place; what comes `later` is what it is `before`."""
    own = {**_bag(replace(step, actions=())), "before": later}
    bags = [own, *(_action_bag(action, runbook) for action in step.actions)]
    return Thing(step.source, tuple(_filled(bag, runbook) for bag in bags))


def plain(value: object, runbook: Runbook) -> Thing:
    """Anything else as a place."""
    return Thing(str(getattr(value, "source", "")) or None, (_filled(_bag(value), runbook),))


def _order(runbook: Runbook) -> dict[str, tuple[str, ...]]:
    """Which steps come after each, in the flows of the runbook."""
    later: dict[str, tuple[str, ...]] = {}
    for flow in runbook.flows.values():
        ids = [step.id for name in flow.sections for step in runbook.section(name).steps]
        later |= {name: (*later.get(name, ()), *ids[place + 1 :]) for place, name in enumerate(ids)}
    return later


def _action_bag(action: Action, runbook: Runbook) -> Bag:
    host = action.on or runbook.runbook.default_host
    bag: dict[str, tuple[str, ...]] = {**_bag(action), "on": (host,)}
    if action.probe is not None:
        service = runbook.services[action.probe.service]
        bag["probe.field"] = tuple(field.name for field in KINDS[service.kind].check(action.probe.check).fields)
    return bag


def _bag(value: object, prefix: str = "") -> dict[str, tuple[str, ...]]:
    bag: dict[str, tuple[str, ...]] = {}
    for field in set(getattr(value, "__struct_fields__", ())) - {"steps", "diagnosis", "solutions"}:
        for part, said in _said(prefix + field, getattr(value, field)):
            if part.rpartition(".")[2] not in ("source", "original"):
                bag[part] = (*bag.get(part, ()), said)
    return bag


def _said(part: str, value: object) -> Iterator[tuple[str, str]]:
    """The values in a field, each with the part it is in."""
    match value:
        case None | "":
            return
        case bool():
            yield part, "yes" if value else "no"
        case int() | float():
            yield part, f"{value:g}"
        case str():
            yield part, str(value)
        case Number():
            yield part, _number(value)
        case Struct():
            yield from ((name, said) for name, texts in _bag(value, f"{part}.").items() for said in texts)
        case Mapping():
            for key, one in value.items():
                if isinstance(one, Struct):
                    yield part, str(key)
                    yield from _said(part, one)
                else:
                    yield part, f"{key}={'|'.join(said for _, said in _said(part, one))}"
        case tuple():
            for one in value:
                yield from _said(part, one)


def _number(number: Number) -> str:
    """A number and its bounds in one text, so that a claim means the bound of this very number."""
    bounds = [(name.replace("_", " "), getattr(number, name)) for name in ("below", "above", "at_most", "at_least")]
    said = [f"{name} {bound:g}" for name, bound in bounds if bound is not None]
    return " ".join([number.name, *([number.of] if number.of != "first" else []), *said])


def _filled(bag: Mapping[str, tuple[str, ...]], runbook: Runbook) -> Bag:
    """The bag with what the runbook itself says of its variables: `main`, and not `{{ branch }}`."""
    return {part: tuple(_fill(one, runbook) for one in values) for part, values in bag.items()}


def _fill(text: str, runbook: Runbook) -> str:
    def known(match: re.Match[str]) -> str:
        variable = runbook.variables.get(match[1])
        return variable.default if variable and variable.default and "{{" not in variable.default else match[0]

    return re.sub(r"\{\{ (\w+) \}\}", known, text)
