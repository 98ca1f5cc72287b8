"""Has values asked for where they are needed: those of the rollback at its set-up, those of a trouble in its steps."""

from tui.importing.drafted import DraftAction, DraftStep, RunbookDraft
from tui.runbook.templates.variables import names


def ask_later(draft: RunbookDraft) -> None:
    """Leave a deployment's set-up to the values that a deployment needs."""
    forward = _used([step for section in draft.sections if not section.undoes for step in section.steps])
    backward = _used([step for section in draft.sections if section.undoes for step in section.steps])
    troubles = [
        *(step for issue in draft.issues for step in issue.diagnosis),
        *(step for issue in draft.issues for solution in issue.solutions for step in solution.steps),
    ]
    later = _used(troubles) - forward - backward
    only_issue = len(draft.issues) == 1 and not draft.sections
    for name in sorted(later & draft.variables.keys()):
        variable = draft.variables[name]
        if only_issue or variable.default:
            continue
        for step in troubles:
            if name in _used([step]):
                action = DraftAction(kind="ask", text=f"{variable.prompt}?", capture=name)
                step.actions.insert(0, action)
        del draft.variables[name]
    for name in backward - forward:
        if name in draft.variables and draft.sections:
            draft.variables[name].flows = ("rollback",)


def _used(steps: list[DraftStep]) -> set[str]:
    return {
        name
        for step in steps
        for action in step.actions
        for name in names(f"{action.text}\n{action.stdin}\n{action.directory}")
    }
