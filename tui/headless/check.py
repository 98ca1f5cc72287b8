"""Runs the read-only steps of some sections and sums them up in a table, for a person or for cron."""

from collections.abc import Iterator

from msgspec import Struct

from tui.errors import RunbookError, UsageError
from tui.execution.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.runbook.model import Section, Step
from tui.session.state import StepStatus


class Row(Struct, frozen=True, kw_only=True):
    """One check: where it stands (ok, warning, failed, no data), what was expected and what came."""

    section: str
    step: str
    title: str
    host: str
    verdict: str
    expected: str = ""
    came: str = ""
    seconds: float = 0.0


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


def check(workspace: Workspace, setup: Setup, sections: list[Section]) -> Iterator[Row]:
    """Run the read-only steps one after the other, a row each as it is known; the session stays on disk."""
    conductor = workspace.begin(setup)
    try:
        for section in sections:
            for step in section.steps:
                if read_only(step) and conductor.state.applies(section, step):
                    yield _check(conductor, section, step)
        conductor.finish("checked")
    finally:
        conductor.close()


def _check(conductor: Conductor, section: Section, step: Step) -> Row:
    conductor.start(step.id)
    conductor.wait()
    if conductor.trouble:
        raise conductor.trouble
    return row(conductor, section, step)


def row(conductor: Conductor, section: Section, step: Step) -> Row:
    """The verdict on a step that has come to rest."""
    now = conductor.state.step(step.id)
    attempts = [conductor.state.attempts[number] for number in now.attempts]
    checks = [check for checks in now.checks.values() for check in checks]
    failed = [check for check in checks if not check.ok and not check.warning]
    warned = [check for check in checks if not check.ok and check.warning]
    lost = next((str(one.outcome) for one in attempts if one.outcome and not one.outcome.ended_by_itself), "")
    verdict = "ok"
    if now.status not in (StepStatus.SIGNED, StepStatus.PASSED):
        verdict = "no data" if lost else "failed"
    elif warned:
        verdict = "warning"
    worst = next(iter(failed or warned or checks), None)
    return Row(
        section=section.id,
        step=step.id,
        title=step.title,
        host=attempts[-1].host if attempts else "",
        verdict=verdict,
        expected=worst.expected if worst else "",
        came=lost or (worst.came if worst else ""),
        seconds=round(sum(one.seconds or 0.0 for one in attempts), 3),
    )


def exit_status(rows: list[Row]) -> int:
    """0 when all is well, 20 for warnings, 21 for failures, 22 where something could not be measured."""
    verdicts = {row.verdict for row in rows}
    if not rows:
        raise RunbookError("nothing to check", "the sections have no read-only step for this method")
    for verdict, code in (("failed", 21), ("no data", 22), ("warning", 20)):
        if verdict in verdicts:
            return code
    return 0
