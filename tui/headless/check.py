"""Runs the read-only steps of some sections and sums them up in a table, for a person or for cron."""

from tui.errors import RunbookError, UsageError
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Workspace
from tui.runbook.model import Section, Step
from tui.session.state import StepStatus
from tui.session.views.verdicts import CheckRow, row_of


def read_only(step: Step) -> bool:
    """Whether a step changes nothing and asks nobody."""
    return not step.mutates and all(action.automatic for action in step.actions)


def sections_to_check(workspace: Workspace, names: tuple[str, ...], flow: str) -> list[Section]:
    """The sections named, or all of the flow's.

    Raises:
        UsageError: a section is not in the runbook.
    """
    known = {section.id: section for section in workspace.runbook.sections}
    wrong = [name for name in names if name not in known]
    if wrong:
        raise UsageError(f"no section {', '.join(wrong)}", f"the runbook has: {', '.join(known)}")
    return [known[name] for name in names or workspace.runbook.flows[flow].sections]


def check(conductor: Conductor, sections: list[Section]) -> list[CheckRow]:
    """Run the read-only steps at once, as far as none needs what another captures; a row each, in the runbook's order.

    What was checked before in the session is checked again.
    """
    steps = [
        (section.id, step)
        for section in sections
        for step in section.steps
        if read_only(step) and conductor.state.applies(section, step)
    ]
    for _, step in steps:
        if conductor.state.step(step.id).status is not StepStatus.PENDING:
            conductor.reopen(step.id, "checked again")
    conductor.check_together([step for _, step in steps])
    conductor.wait()
    if conductor.trouble:
        raise conductor.trouble
    return [row_of(conductor.state, section, step) for section, step in steps]


def exit_status(rows: list[CheckRow]) -> int:
    """0 when every check is ok, 20 for warnings, 21 for failures, 22 where something could not be measured."""
    verdicts = {row.verdict for row in rows}
    if not rows:
        raise RunbookError("nothing to check", "the sections have no read-only step for this method")
    for verdict, code in (("failed", 21), ("no data", 22), ("warning", 20)):
        if verdict in verdicts:
            return code
    return 0
