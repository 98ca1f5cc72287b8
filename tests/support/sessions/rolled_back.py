"""A runbook small enough to see the whole of its rollback, and sessions of it, told as what happened in them."""

from datetime import UTC, datetime, timedelta

import tomli
from msgspec import convert

from tui.runbook.model import Runbook, Step
from tui.session import events as ev
from tui.session.folding.fold import apply, fold
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import AUTO, LOOK, SessionState
from tui.session.views.replan import next_reopening
from tui.session.views.rollback import Need, PlannedStep, rollback_plan

TEXT = """
format = 1
[runbook]
title = "Shop"
default_host = "web"
[hosts.web]
target = "web"
[methods.a]
title = "A"
[methods.b]
title = "B"
[flows.deploy]
title = "Deploy"
kind = "deploy"
sections = ["go"]
methods = ["a", "b"]
[flows.rollback]
title = "Roll back"
kind = "rollback"
sections = ["back"]
methods = ["a", "b"]
[[sections]]
id = "go"
title = "Go"
steps = [
  { id = "code", title = "Code", mutates = true, undo = ["back-code", "both"], actions = [{ run = "x" }, { run = "y" }] },
  { id = "migrate", title = "Migrate", mutates = true, undo = ["page-on", "reverse", "restore"], actions = [{ run = "x" }] },
  { id = "units", title = "Units", mutates = true, when = { method = "b" }, undo = ["back-units", "both"], actions = [{ run = "x" }] },
  { id = "by-hand", title = "By hand", mutates = true, undo = ["back-hand"], actions = [{ ask = "Done?", answer = "yes-no" }] },
]
[[sections]]
id = "back"
title = "Back"
steps = [
  { id = "tell", title = "Tell", budget = "1s", actions = [{ run = "x" }] },
  { id = "decide", title = "Decide", budget = "2s", actions = [{ ask = "What happens to the database?", answer = "choice", choices = ["reverse", "restore"], capture = { database = {} } }] },
  { id = "page-on", title = "Page on", budget = "4s", mutates = true, undo = ["page-off"], look = { run = "x" }, actions = [{ run = "x" }] },
  { id = "shown", title = "Shown", budget = "8s", needed_with = ["page-on"], actions = [{ run = "x" }] },
  { id = "reverse", title = "Reverse", budget = "16s", mutates = true, needed_if = { planned = "yes", database = "reverse" }, look = { run = "x" }, actions = [{ run = "x" }] },
  { id = "restore", title = "Restore", budget = "500s", mutates = true, needed_if = { database = "restore" }, actions = [{ run = "x" }] },
  { id = "back-code", title = "Back code", budget = "32s", mutates = true, look = { run = "x" }, actions = [{ run = "x" }] },
  { id = "back-units", title = "Back units", budget = "64s", mutates = true, when = { method = "b" }, actions = [{ run = "x" }] },
  { id = "both", title = "Both", budget = "0s", mutates = true, needed_if = { kept = "yes" }, actions = [{ run = "x" }] },
  { id = "back-hand", title = "Back by hand", budget = "128s", mutates = true, actions = [{ run = "x" }] },
  { id = "page-off", title = "Page off", budget = "256s", mutates = true, look = { run = "x" }, actions = [{ run = "x" }] },
]
"""  # noqa: E501 - one step a line is what can be read
RUNBOOK = convert(tomli.loads(TEXT), Runbook)
START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
PLANNED = ev.ValueCaptured(step="code", name="planned", value="yes")
BACK = ev.RollbackStarted(flow="rollback", operator="ana", reason="x")
LOST = Outcome(OutcomeKind.UNKNOWN)
UNREACHABLE = Outcome(OutcomeKind.UNREACHABLE)


def changed(*texts: tuple[str, str]) -> Runbook:
    """The runbook with parts of its text replaced."""
    text = TEXT
    for old, new in texts:
        assert old in text
        text = text.replace(old, new)
    return convert(tomli.loads(text), Runbook)


def after(*parts: ev.AnyEvent | list[ev.AnyEvent], flow: str = "deploy", method: str = "a") -> SessionState:
    """The state after these events; attempts are numbered in the order they come."""
    begun = ev.SessionStarted(session="s", flow=flow, method=method, operator="ana", title="", runbook_hash="")
    events: list[ev.AnyEvent] = [begun]
    for part in parts:
        events.extend(part if isinstance(part, list) else [part])
    entries = [ev.Entry(seq, START + timedelta(seconds=seq), float(seq), one) for seq, one in enumerate(events)]
    return fold(RUNBOOK, entries)


def ran(step: str, number: int, outcome: Outcome | None, action: int = 0) -> list[ev.AnyEvent]:
    """One attempt; without an outcome it still runs."""
    begun = ev.AttemptStarted(attempt=number, step=step, action=action, host="web", command="x")
    events: list[ev.AnyEvent] = [begun]
    if outcome is not None:
        events.append(ev.AttemptFinished(attempt=number, outcome=outcome, seconds=1.0))
        if outcome.ended_by_itself and action != LOOK:
            check = ev.Check("exit status 0", "", ok=outcome.exit_status == 0)
            events.append(ev.AttemptChecked(attempt=number, checks=(check,)))
    return events


def signed(step: str) -> ev.StepSigned:
    return ev.StepSigned(step=step, operator="ana")


def done(step: str, number: int) -> list[ev.AnyEvent]:
    return [*ran(step, number, Outcome.exited(0)), signed(step)]


def looked(step: str, number: int, needed: bool | None) -> list[ev.AnyEvent]:
    status = {True: 0, False: 1, None: 2}[needed]
    found = ev.StepLooked(step=step, attempt=number, needed=needed)
    return [*ran(step, number, Outcome.exited(status), LOOK), found]


def reopened(step: str) -> ev.StepReopened:
    return ev.StepReopened(step=step, operator="ana", reason="again")


def decided(database: str) -> list[ev.AnyEvent]:
    return [ev.ValueCaptured(step="decide", name="database", value=database), signed("decide")]


def planned(state: SessionState, step: str) -> PlannedStep:
    return next(one for one in rollback_plan(state) if one.step.id == step)


def need(state: SessionState, step: str) -> Need:
    return planned(state, step).need


def step_of(step: str) -> Step:
    return next(one for section in RUNBOOK.sections for one in section.steps if one.id == step)


def replanned(state: SessionState) -> tuple[SessionState, list[str]]:
    """The state with everything reopened that became wrong, and what was."""
    names = []
    while (wrong := next_reopening(state)) is not None:
        event = ev.StepReopened(step=wrong.step, operator=AUTO, reason=wrong.reason)
        state = apply(state, ev.Entry(state.seq + 1, START + timedelta(hours=1), 0.0, event))
        names.append(wrong.step)
    return state, names
