"""The session as one JSON document, for programs; `session.schema.json` is its schema."""

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import IO, Annotated, TypeAlias

from msgspec import Meta, Struct

from tui.drill.debrief import Debrief
from tui.exports.gathering.events_text import END, written
from tui.exports.report import Person, RollbackFigures, Task, Tick, checklist, followups, people, rollback
from tui.exports.source import Deviation, Overrun, Source, attempts_of
from tui.runbook.model import Step
from tui.runbook.reading.schema import schema_of
from tui.session import events as ev
from tui.session.outcome import Outcome
from tui.session.places import environment_of, runbook_id
from tui.session.report_card.report_card import ReportCard
from tui.session.state import Attempt, StepState, StepStatus
from tui.session.tries import stands
from tui.session.views.called import over, session_called
from tui.text.json_text import json_bytes

FORMAT = 1
OUTPUT_LINES = 10_000
NO_EVENTS = b"[]\n}"
"""How a document without events ends."""

Time: TypeAlias = Annotated[datetime, Meta(tz=True)]


class AttemptDocument(Struct, frozen=True, kw_only=True):
    """One run of one command; `seconds` and `outcome` are null while it runs.

    `output` has the last lines, secrets masked, nothing but printable characters in them, `lines_before` says how many
    came before those. `bytes` is the size of the output as it came.
    """

    attempt: int
    host: str
    command: str
    stdin: str = ""
    started: Time
    seconds: float | None
    outcome: Outcome | None
    checks: tuple[ev.Check, ...]
    bytes: int
    output: list[str]
    lines_before: int


class StepDocument(Struct, frozen=True, kw_only=True):
    """A step: where it stands, who answers for it, since when it was open and until when.

    `reason` is why it was skipped, not needed or reopened; `answers` has the answers to its questions by the place of
    the question among the step's actions.
    """

    id: str
    title: str
    section: str
    status: StepStatus
    operator: str
    second_operator: str
    opened: Time | None
    settled: Time | None
    reason: str
    notes: tuple[str, ...]
    answers: Mapping[str, str]
    attempts: list[AttemptDocument]


class SessionDocument(Struct, frozen=True, kw_only=True):
    """Everything in a session but the raw output bytes.

    `format` is raised when a field changes its meaning or goes away; a reader takes fields it does not know for news.
    `card` is the report card as people see it; it `ended` with the last thing that was done, and `finished` is when
    that was recorded. `result` is null while the session is open, `drill` empty unless it is a rehearsal, of which
    `debrief` says what it taught. `runbook` is the runbook's id, `environment` what the one that the session is in is
    called, empty where the runbook has none. `facts` are the values known at the end, `events` the journal.
    """

    format: int
    session: str
    title: str
    runbook: str
    environment: str
    started: Time | None
    finished: Time | None
    result: str | None
    flow: str | None
    method: str | None
    operator: str
    drill: str
    card: ReportCard
    facts: Mapping[str, str]
    hosts: Mapping[str, ev.HostConnected]
    steps: list[StepDocument]
    rollback: RollbackFigures | None
    debrief: Debrief | None
    deviations: list[Deviation]
    overruns: list[Overrun]
    people: list[Person]
    checklist: list[Tick]
    followups: list[Task]
    events: tuple[ev.Entry, ...]


def render(source: Source) -> bytes:
    """The session's document, indented."""
    file = BytesIO()
    write(source, file)
    return file.getvalue()


def write(source: Source, file: IO[bytes]) -> None:
    """Write the same to a file, its events as they come: nobody has to hold them all.

    Raises:
        OSError: the file cannot be written.
        SessionError: the journal cannot be read any more.
    """
    head = json_bytes(document(source))
    assert head.endswith(NO_EVENTS), "they are the last of the document's fields"
    if source.first is None:
        file.write(head + b"\n")
        return
    file.write(head.removesuffix(NO_EVENTS) + b"[")
    if source.read.text is not None:
        source.read.text.write_to(file)
    else:
        file.writelines(written(source.entries))
    file.write(END + b"\n")


def schema() -> bytes:
    """The JSON Schema of the document, formatted; the same bytes every time."""
    return schema_of(SessionDocument, "Session", "https://json-schema.org/draft/2020-12/schema")


def document(source: Source) -> SessionDocument:
    """Everything in the session but its events and the raw output bytes: facts, steps, attempts with masked output."""
    state, started = source.state, source.state.started
    return SessionDocument(
        format=FORMAT,
        session=source.id,
        title=source.runbook.runbook.title,
        runbook=runbook_id(source.runbook),
        environment=environment_of(state),
        started=state.started_at,
        finished=state.finished_at,
        result=session_called(state).words if over(state) else None,
        flow=started.flow if started else None,
        method=started.method if started else None,
        operator=state.operator,
        drill=started.drill if started else "",
        card=source.card(),
        facts=dict(state.facts),
        hosts=dict(state.hosts),
        steps=[_step(source, section.id, step, step_state) for section, step, step_state in source.steps()],
        rollback=rollback(source),
        debrief=source.debrief,
        deviations=source.deviations(),
        overruns=source.overruns(),
        people=people(source),
        checklist=checklist(source),
        followups=followups(source),
        events=(),
    )


def _step(source: Source, section: str, step: Step, step_state: StepState) -> StepDocument:
    return StepDocument(
        id=step.id,
        title=step.title,
        section=section,
        status=stands(source.state, step_state),
        operator=step_state.operator,
        second_operator=step_state.second_operator,
        opened=step_state.opened,
        settled=step_state.settled,
        reason=step_state.reason,
        notes=step_state.notes,
        answers={str(place): answer for place, answer in step_state.answers.items()},
        attempts=[_attempt(source, attempt) for attempt in attempts_of(source.state, step_state)],
    )


def _attempt(source: Source, attempt: Attempt) -> AttemptDocument:
    output, before = source.output(attempt.number, OUTPUT_LINES)
    return AttemptDocument(
        attempt=attempt.number,
        host=attempt.host,
        command=attempt.command,
        stdin=attempt.stdin,
        started=attempt.started,
        seconds=attempt.seconds,
        outcome=attempt.outcome,
        checks=attempt.checks,
        bytes=attempt.size,
        output=[line.text for line in output],
        lines_before=before,
    )
