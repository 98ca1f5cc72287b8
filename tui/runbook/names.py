"""Which names a template may use where: variables everywhere, captured values only after they were captured."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from tui.runbook.model import Action, FlowKind, Runbook, Section, Step
from tui.runbook.problem import Fault, Path, nearest, quoted
from tui.runbook.shell import read
from tui.runbook.variables import BUILT_INS, DRAFTED, FACTS, names
from tui.runbook.walk import steps_of


class Known(Struct, frozen=True):
    """The names known at one point: values for templates, and captured secrets."""

    values: frozenset[str]
    secrets: frozenset[str]

    def after(self, action: Action) -> "Known":
        """What is known once the action has run."""
        if not action.capture:
            return self
        secret = {name for name, capture in action.capture.items() if capture.secret}
        return Known(self.values | (action.capture.keys() - secret), self.secrets | secret)

    def with_steps(self, steps: Iterable[Step]) -> "Known":
        """What is known once these steps are done."""
        known = self
        for step in steps:
            for action in step.actions:
                known = known.after(action)
        return known

    def __or__(self, other: "Known") -> "Known":
        return Known(self.values | other.values, self.secrets | other.secrets)


class Names:
    """The names of one runbook."""

    def __init__(self, runbook: Runbook) -> None:
        self._runbook = runbook
        self.declared = Known(frozenset(runbook.variables), frozenset(runbook.secrets))
        self._anywhere = self.declared.with_steps(step for _, step in steps_of(runbook))
        self._before = self._each_step()
        self._facts = self._anywhere.values | FACTS
        self.steps = dict.fromkeys(step.id for _, step in steps_of(runbook))
        """The ids of all steps, in the order of the file."""
        self.items = dict.fromkeys(item.id for item in runbook.checklist)
        """The ids of the checklist's items."""

    @staticmethod
    def not_built_in(name: str, path: Path) -> Iterator[Fault]:
        """A fault where a name is taken by the program itself."""
        if name in BUILT_INS:
            yield Fault(path=path, message=f"{quoted(name)} is the program's own name", hint="choose another")

    def anywhere(self) -> Known:
        """Every name that exists at any time."""
        return self._anywhere

    def facts(self) -> frozenset[str]:
        """The names `when` and `needed_if` may ask for."""
        return self._facts

    def before(self, step_id: str) -> Known:
        """What may be known when a step begins, by one flow or another."""
        return self._before.get(step_id, self._anywhere)

    def _each_step(self) -> dict[str, Known]:
        sections = {section.id: section for section in self._runbook.sections}
        before: dict[str, Known] = {}
        for flow in self._runbook.flows.values():
            known = self._at_start(flow.kind, sections)
            for name in flow.sections:
                for step in sections[name].steps if name in sections else ():
                    before[step.id] = before[step.id] | known if step.id in before else known
                    known = known.with_steps([step])
        return before

    def _at_start(self, kind: FlowKind, sections: dict[str, Section]) -> Known:
        """A rollback begins inside a deployment, so it knows what that may have captured."""
        if kind is not FlowKind.ROLLBACK:
            return self.declared
        deployments = (flow for flow in self._runbook.flows.values() if flow.kind is FlowKind.DEPLOY)
        done = (
            step for flow in deployments for name in flow.sections if name in sections for step in sections[name].steps
        )
        return self.declared.with_steps(done)


def template_faults(
    text: str, known: Known, path: Path, command: bool = False, anywhere: Known | None = None
) -> Iterator[Fault]:
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
            yield Fault(
                path=path,
                message=f"{quoted(name)} is a secret and never becomes part of a text",
                hint="name it in `secrets` and use its environment variable",
            )
        elif anywhere is not None and name in anywhere.values:
            hint = "no step before this one captures it, in any flow"
            yield Fault(path=path, message=f"no value for {{{{ {name} }}}} yet", hint=hint)
        else:
            hint = nearest(name, known.values | (BUILT_INS - DRAFTED))
            yield Fault(path=path, message=f"no value for {{{{ {name} }}}} here", hint=hint)
    if command:
        for found in read(text).placeholders:
            if found.refusal:
                yield Fault(
                    path=path,
                    message=f"{{{{ {found.name} }}}} cannot be quoted: {found.refusal}",
                    hint=found.remedy,
                )
