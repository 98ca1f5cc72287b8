"""Decides what the first screen says of the runbook, the window and the sessions."""

from collections.abc import Sequence
from datetime import datetime

from tui.runbook.model import FlowKind, Runbook
from tui.runbook.window import WindowState
from tui.session.archive.store import Summary, started_at
from tui.session.places import runbook_id
from tui.session.state import SessionState
from tui.session.views.called import Tone, session_called
from tui.session.views.followups import Due, left
from tui.text.amounts import roughly
from tui.text.block import Piece

DUE_SHOWN = 4
GOOD, BAD, QUIET = "$st-good", "bold $st-bad", "$faint"
TONES = {Tone.GOOD: GOOD, Tone.BAD: BAD, Tone.OPEN: "bold $st-turn"}


def when(at: datetime) -> str:
    """A moment in UTC, with the local time beside it where that differs."""
    local = at.astimezone()
    beside = f" ({local:%H:%M} {local.tzname()})" if local.utcoffset() else ""
    return f"{at:%Y-%m-%d %H:%M} UTC{beside}"


def about(runbook: Runbook) -> list[list[Piece]]:
    """The runbook in two or three lines."""
    head = runbook.runbook
    facts = (("release", head.release), ("environment", head.environment), ("owner", head.owner))
    line: list[Piece] = []
    for label, value in facts:
        if value:
            line += [(f"{label} ", QUIET), (f"{value}   ", "bold")]
    lines: list[list[Piece]] = [[(head.title, "bold")], line]
    if head.contact:
        lines.append([("contact ", QUIET), (head.contact, "")])
    return lines


def window_lines(state: WindowState, now: datetime) -> list[list[Piece]]:
    """The deployment window as it stands, and the time."""
    clock: list[Piece] = [("now ", QUIET), (when(now), "bold")]
    if state.words == "no window":
        return [clock, [("window ", QUIET), ("none", "")]]
    if state.inside:
        return [clock, [("window ", QUIET), (f"✔ {state.words}", GOOD)]]
    line: list[Piece] = [("window ", QUIET), (f"✖ {state.words}", BAD)]
    if state.opens is not None:
        ahead = roughly(state.opens - now)
        opens = state.opens.astimezone(now.tzinfo)
        return [clock, line, [("next opens ", QUIET), (f"{opens:%a} {when(opens)}", ""), (f", in {ahead}", QUIET)]]
    return [clock, line]


def session_line(summary: Summary, now: datetime, here: str) -> list[Piece]:
    """One session in one line: what, when, who, how far; and of which runbook, where it is not the one `here`."""
    state = summary.state
    if state is None:
        return [("? cannot be read  ", BAD), (summary.id, ""), (f"  {summary.problem}", QUIET)]
    what = state.started.flow if state.started else ""
    method = f" {state.started.method}" if state.started and state.started.method else ""
    drill, called = "DRILL " if state.drill else "", session_called(state)
    began = state.started_at or started_at(summary.id)
    return [
        (str(called), TONES[called.tone]),
        (f"  {drill}{what + method}", "bold"),
        (f"  {began:%Y-%m-%d %H:%M} UTC, {roughly(now - began)} ago", ""),
        (f"  {state.operator}  {progress(state)}", QUIET),
        *([] if belongs(summary, here) else [(f"  runbook: {state.runbook.runbook.title}", "bold")]),
    ]


def belongs(summary: Summary, here: str) -> bool:
    """Whether a session is of the runbook with this id."""
    return summary.state is None or runbook_id(summary.state.runbook) == here


def followup_lines(found: Sequence[Due], now: datetime, runbook: str = "") -> list[list[Piece]]:
    """The follow-ups that are due next, each in one line; where its runbook has another title, that is named."""
    lines: list[list[Piece]] = []
    for one in found[:DUE_SHOWN]:
        late = one.overdue(now)
        lines.append(
            [
                (f"{'✖' if late else '◆'} {one.words(now):<22}", BAD if late else "bold $st-turn"),
                (f"  {one.followup.title}", ""),
                (f"  {one.session[:8]}", QUIET),
                ("" if one.runbook == runbook else f"  runbook: {one.runbook}", "bold"),
            ]
        )
    if len(found) > DUE_SHOWN:
        lines.append([(f"… and {len(found) - DUE_SHOWN} more: `runbook followups`", QUIET)])
    return lines


def progress(state: SessionState) -> str:
    """How many of the steps are settled."""
    plan = state.plan()
    settled = sum(state.step(step.id).status.settled for _, step in plan)
    return f"{settled} of {len(plan)} steps"


def flows_of(runbook: Runbook, kind: str) -> list[str]:
    """The flows of a kind, in the runbook's order."""
    return [name for name, flow in runbook.flows.items() if flow.kind is FlowKind(kind)]


def wants_somebody(summary: Summary) -> bool:
    """Whether an older session is listed: it is unfinished, or cannot be read, or left a follow-up that nobody did."""
    return summary.state is None or not summary.finished or bool(left(summary.state))


def ordered(found: list[Summary], here: str) -> list[Summary]:
    """The sessions as they are listed: this runbook's before others', the unfinished first, then by time."""
    return sorted(found, key=lambda one: (not belongs(one, here), one.finished))
