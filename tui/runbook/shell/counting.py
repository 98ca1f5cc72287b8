"""Makes a step one that mutates where a command of it is not known to only read, whatever the step says of itself."""

from functools import lru_cache

from msgspec.structs import replace

from tui.runbook.model import Action, Issue, Runbook, Section, Solution, Step
from tui.runbook.shell.read_only import changes


def counted(runbook: Runbook) -> Runbook:
    """The runbook with every step marked `mutates` that changes something or may do so."""
    return replace(
        runbook,
        sections=tuple(map(_section, runbook.sections)),
        troubleshooting=tuple(map(_issue, runbook.troubleshooting)),
    )


def _section(section: Section) -> Section:
    return replace(section, steps=tuple(map(_step, section.steps)))


def _issue(issue: Issue) -> Issue:
    solutions = tuple(map(_solution, issue.solutions))
    return replace(issue, diagnosis=tuple(map(_step, issue.diagnosis)), solutions=solutions)


def _solution(solution: Solution) -> Solution:
    return replace(solution, steps=tuple(map(_step, solution.steps)))


def _step(step: Step) -> Step:
    if step.mutates or not any(map(may_change, step.actions)):
        return step
    return replace(step, mutates=True)


def may_change(action: Action) -> bool:
    """Whether an action's command changes something, for all that is known of it; in a terminal anything may."""
    if action.interactive is not None:
        return not action.reads
    return action.run is not None and not action.reads and _changes(action.run, action.stdin)


def changes_host(action: Action) -> bool:
    """Whether an action on a group changes its hosts: its command may, or it names what undoes it."""
    return may_change(action) or bool(action.undo)


def repeatable(step: Step, before: int) -> bool:
    """Whether a step may begin again at its first action: those before this place read, ask or may be repeated."""
    done = step.actions if step.each else step.actions[:before]  # hosts are at different actions
    return bool(done) and all(one.repeatable or (one.send is None and not may_change(one)) for one in done)


def only_looks(step: Step, place: int) -> bool:
    """Whether what is left of a step that was begun changes nothing: checks, questions, commands known to only read."""
    return place > 0 and not any(map(may_change, step.actions[place:]))


@lru_cache(maxsize=1 << 15)
def _changes(script: str, stdin: str) -> bool:
    return next(changes(script, stdin), None) is not None
