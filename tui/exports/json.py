"""The session as one JSON document, for programs."""

import msgspec

from tui.exports.source import Source, attempts_of
from tui.runbook.model import Step
from tui.session.state import StepState

FORMAT = 1
OUTPUT_LINES = 10_000


def render(source: Source) -> bytes:
    """Everything in the session but the raw output bytes: facts, steps, attempts with masked output, events."""
    state = source.state
    document = {
        "format": FORMAT,
        "session": source.id,
        "title": source.runbook.runbook.title,
        "started": state.started_at,
        "finished": state.finished_at,
        "result": state.finished.result if state.finished else None,
        "flow": state.started.flow if state.started else None,
        "method": state.started.method if state.started else None,
        "operator": state.operator,
        "drill": state.started.drill if state.started else "",
        "facts": dict(state.facts),
        "hosts": dict(state.hosts),
        "steps": [_step(source, section.id, step, now) for section, step, now in source.steps()],
        "deviations": source.deviations(),
        "overruns": source.overruns(),
        "checklist": [
            {"id": item.id, "title": item.title, "done": item.id in state.ticked()} for item in source.runbook.checklist
        ],
        "events": source.entries,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _step(source: Source, section: str, step: Step, now: StepState) -> dict[str, object]:
    return {
        "id": step.id,
        "title": step.title,
        "section": section,
        "status": now.status,
        "operator": now.operator,
        "second_operator": now.second_operator,
        "opened": now.opened,
        "settled": now.settled,
        "reason": now.reason,
        "notes": now.notes,
        "attempts": [
            {
                "attempt": attempt.number,
                "host": attempt.host,
                "command": attempt.command,
                "started": attempt.started,
                "seconds": attempt.seconds,
                "outcome": attempt.outcome,
                "checks": attempt.checks,
                "bytes": attempt.size,
                **dict(zip(("output", "lines_before"), source.output(attempt.number, OUTPUT_LINES), strict=True)),
            }
            for attempt in attempts_of(source.state, now)
        ],
    }
