"""Which names a template may use where: variables everywhere, captured values only after they were captured."""

from collections.abc import Iterable, Iterator, Mapping, Set
from functools import lru_cache
from typing import TypeVar

from msgspec import Struct

from tui.runbook.model import Action, FlowKind, Model, Runbook, Section, Step
from tui.runbook.problem import Path, UnplacedProblem, nearest, quoted
from tui.runbook.shell.lexer import read
from tui.runbook.templates.told_fields import HOLDING, TOLD
from tui.runbook.templates.variables import BUILT_INS, CHANGING, DRAFTED, FACTS, names
from tui.runbook.walk import section_steps, steps_of
from tui.text.nearest import FEW

Name = TypeVar("Name")


class _Names(Set[str]):
    """Names that are not in a set of their own."""

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @classmethod
    def _from_iterable(cls, it: Iterable[Name]) -> Set[Name]:
        return frozenset(it)


class _Upto(_Names):
    """Names, and those captured before a place: the flow's steps share one record of where each is captured first.

    A set of its own for each step would take gigabytes where ten thousand steps capture something.
    """

    def __init__(self, start: Set[str], first: Mapping[str, int], place: int) -> None:
        self._start = start
        self._first = first
        self._place = place

    def __contains__(self, name: object) -> bool:
        return name in self._start or (isinstance(name, str) and self._first.get(name, self._place) < self._place)

    def __iter__(self) -> Iterator[str]:
        yield from self._start
        yield from (one for one, at in self._first.items() if at < self._place and one not in self._start)


class _Joined(_Names):
    """The names of two sets, neither of which is copied."""

    def __init__(self, one: Set[str], other: Set[str]) -> None:
        self.one = one
        self.other = other

    def __contains__(self, name: object) -> bool:
        return name in self.one or name in self.other

    def __iter__(self) -> Iterator[str]:
        yield from self.one
        yield from (name for name in self.other if name not in self.one)


class KnownNames(Struct, frozen=True):
    """The names known at one point: values for templates, and captured secrets."""

    values: Set[str]
    secrets: Set[str]

    def after(self, action: Action) -> "KnownNames":
        """What is known once the action has run."""
        if not action.capture:
            return self
        secret = {name for name, capture in action.capture.items() if capture.secret}
        return KnownNames(_more(self.values, action.capture.keys() - secret), _more(self.secrets, secret))

    def with_values(self, values: Set[str]) -> "KnownNames":
        """The same with these values known as well."""
        return KnownNames(_Joined(self.values, values), self.secrets)

    def with_steps(self, steps: Iterable[Step]) -> "KnownNames":
        """What is known once these steps are done."""
        values, secrets = set(self.values), set(self.secrets)
        for step in steps:
            for action in step.actions:
                for name, capture in action.capture.items():
                    (secrets if capture.secret else values).add(name)
        return KnownNames(frozenset(values), frozenset(secrets))

    def __or__(self, other: "KnownNames") -> "KnownNames":
        return KnownNames(_Joined(self.values, other.values), _Joined(self.secrets, other.secrets))


def _more(names: Set[str], captured: Set[str]) -> Set[str]:
    """The names with those that an action captures; those of one step's actions are kept in one set."""
    if not captured:
        return names
    if isinstance(names, _Joined) and isinstance(names.other, frozenset):
        return _Joined(names.one, names.other | captured)
    return _Joined(names, frozenset(captured))


class Names:
    """The names of one runbook."""

    def __init__(self, runbook: Runbook) -> None:
        self._runbook = runbook
        self.declared = KnownNames(frozenset(runbook.variables), frozenset(runbook.secrets))
        self._anywhere = self.declared.with_steps(step for _, step in steps_of(runbook))
        self._before = self._each_step()
        self._facts = frozenset(self._anywhere.values) | FACTS
        self.steps = frozenset(step.id for _, step in steps_of(runbook))
        """The ids of all steps."""
        self.of_sections = frozenset(step.id for _, step in section_steps(runbook))
        """The ids of the steps that are not troubleshooting."""
        self.items = frozenset(item.id for item in runbook.checklist)
        """The ids of the checklist's items."""

    @staticmethod
    def not_built_in(name: str, path: Path) -> Iterator[UnplacedProblem]:
        """A fault where a name is taken by the program itself."""
        if name in BUILT_INS:
            yield UnplacedProblem(path=path, message=f"{quoted(name)} is the program's own name", hint="choose another")

    def anywhere(self) -> KnownNames:
        """Every name that exists at any time."""
        return self._anywhere

    def facts(self) -> frozenset[str]:
        """The names `when` and `needed_if` may ask for."""
        return self._facts

    def before(self, step_id: str) -> KnownNames:
        """What may be known when a step begins, by one flow or another."""
        return self._before.get(step_id, self._anywhere)

    def _each_step(self) -> dict[str, KnownNames]:
        sections = {section.id: section for section in self._runbook.sections}
        before: dict[str, KnownNames] = {}
        for flow in self._runbook.flows.values():
            start = self._at_start(flow.kind, sections)
            values: dict[str, int] = {}
            secrets: dict[str, int] = {}
            steps = [step for name in flow.sections if name in sections for step in sections[name].steps]
            for place, step in enumerate(steps):
                known = KnownNames(_Upto(start.values, values, place), _Upto(start.secrets, secrets, place))
                before[step.id] = before[step.id] | known if step.id in before else known
                for action in step.actions:
                    for name, capture in action.capture.items():
                        (secrets if capture.secret else values).setdefault(name, place)
        return before

    def _at_start(self, kind: FlowKind, sections: dict[str, Section]) -> KnownNames:
        """A rollback begins inside a deployment, so it knows what that may have captured."""
        if kind is not FlowKind.ROLLBACK:
            return self.declared
        deployments = (flow for flow in self._runbook.flows.values() if flow.kind.offered_as is FlowKind.DEPLOY)
        done = (
            step for flow in deployments for name in flow.sections if name in sections for step in sections[name].steps
        )
        return self.declared.with_steps(done)


def _with_built_ins(values: Set[str]) -> frozenset[str]:
    return _joined(values) if isinstance(values, frozenset) else frozenset(values) | (BUILT_INS - DRAFTED)


@lru_cache(maxsize=8)
def _joined(values: frozenset[str]) -> frozenset[str]:
    return values | (BUILT_INS - DRAFTED)


def template_faults(
    text: str, known: KnownNames, path: Path, command: bool = False, anywhere: KnownNames | None = None
) -> Iterator[UnplacedProblem]:
    """The names in a template that will have no value, and in a command the places where none can be written.

    Args:
        anywhere: what is known at any time, to tell a name that comes too early from one that does not exist.
    """
    if "{{" not in text:
        return
    for name in sorted(names(text)):
        if name in known.values or name in BUILT_INS:
            continue
        if name in known.secrets or (anywhere is not None and name in anywhere.secrets):
            yield UnplacedProblem(
                path=path,
                message=f"{quoted(name)} is a secret and never becomes part of a text",
                hint="name it in `secrets` and use its environment variable",
            )
        elif anywhere is not None and name in anywhere.values:
            hint = "no step before this one captures it, in any flow"
            yield UnplacedProblem(path=path, message=f"no value for {{{{ {name} }}}} yet", hint=hint)
        else:
            many = anywhere is not None and len(anywhere.values) > FEW
            hint = nearest(name, _with_built_ins(anywhere.values if anywhere and many else known.values))
            yield UnplacedProblem(path=path, message=f"no value for {{{{ {name} }}}} here", hint=hint)
    if command:
        for found in read(text).placeholders:
            if found.refusal:
                yield UnplacedProblem(
                    path=path,
                    message=f"{{{{ {found.name} }}}} cannot be quoted: {found.refusal}",
                    hint=found.remedy,
                )


def title_faults(names_: Names, path: Path, one: Model) -> Iterator[UnplacedProblem]:
    """The names in titles that will have no value, or another one at every moment: in a thing and all that it holds."""
    for field in TOLD.get(type(one), ()):
        given = getattr(one, field)
        texts = (
            [((*path, field), given)]
            if isinstance(given, str)
            else [((*path, field, n), t) for n, t in enumerate(given)]
        )
        for here, text in texts:
            if "{{" in text:
                yield from template_faults(text, names_.anywhere(), here)
                yield from _changing(text, here)
    for field in HOLDING.get(type(one), ()):
        held = getattr(one, field)
        for key, part in held.items() if isinstance(held, Mapping) else enumerate(held):
            yield from title_faults(names_, (*path, field, key), part)


def _changing(text: str, path: Path) -> Iterator[UnplacedProblem]:
    for name in sorted(names(text) & CHANGING):
        hint = "capture it, or leave it to the text of a message"
        message = f"{{{{ {name} }}}} changes while a session is open, and a title does not"
        yield UnplacedProblem(path=path, message=message, hint=hint)
