"""Decides what the frames of what can be started, and of the runbook, say."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from msgspec import Struct

from tui.keys import Keys
from tui.runbook.facts import flow_of_kind, flows_of_kind
from tui.runbook.index import index_of
from tui.runbook.model import FlowKind, Runbook, seconds
from tui.runbook.pointing import environment_names
from tui.runbook.problem import Problem
from tui.session.views.followups import Due
from tui.session.views.usual import Usual
from tui.text.amounts import counted, roughly
from tui.text.block import Piece
from tui.widgets.glyphs import STYLES
from tui.widgets.looks.fitting import clipped, spread, width_of

LABEL = 13
TITLES = {
    "home.deploy": "Deploy",
    "home.verify": "Verify",
    "home.rollback": "Roll back",
    "home.follow-up": "Follow up",
    "home.troubleshoot": "Troubleshoot",
    "home.replay": "Replay a session",
    "home.runbooks": "Other runbooks here",
}
"""What can be started, where the runbook has several flows of the kind, or none."""


class StartRow(Struct, frozen=True):
    """What can be started: the id of its action, its key, what it is, and what it brings."""

    act: str
    key: str
    title: str
    brings: str = ""


def deploy_words(runbook: Runbook, usual: Usual | None) -> str:
    """How many steps a deployment has, and how long it usually takes or may take."""
    name = flow_of_kind(runbook, FlowKind.DEPLOY)
    if not name:
        return ""
    flow = runbook.flows[name]
    preferred = [one for one in flow.methods if runbook.methods[one].recommended] or list(flow.methods)
    facts = {"flow": name, **({"method": preferred[0]} if preferred else {})}
    steps = counted(len(index_of(runbook).plan((name,), facts).steps), "step")
    if usual is not None:
        return f"{steps}, ≈ {roughly(usual.median)}"
    return f"{steps}, {_allowed(runbook, name)}" if flow.budget else steps


def rollback_words(runbook: Runbook) -> str:
    """How long a rollback may take."""
    name = flow_of_kind(runbook, FlowKind.ROLLBACK)
    return _allowed(runbook, name) if name and runbook.flows[name].budget else ""


def _allowed(runbook: Runbook, flow: str) -> str:
    return f"within {roughly(seconds(runbook.flows[flow].budget))}"


def owed_words(left: Sequence[Due], now: datetime) -> str:
    """How many follow-ups are late, or else are left."""
    late = sum(one.overdue(now) for one in left)
    if late:
        return f"{late} late"
    return f"{len(left)} to do" if left else "nothing to do"


def start_rows(
    runbook: Runbook, offered: Sequence[tuple[str, str]], keys: Keys, brings: Mapping[str, str]
) -> list[StartRow]:
    """What can be started; a flow that is the only one of its kind has its own title.

    Args:
        offered: the ids of actions, each with the kind of flow that it sets up.
        brings: what each of them brings.
    """
    rows = []
    for act, kind in offered:
        flows = flows_of_kind(runbook, FlowKind(kind)) if kind else []
        title = runbook.flows[flows[0]].title if len(flows) == 1 else TITLES[act]
        rows.append(StartRow(act, keys.sign(act), title, brings[act]))
    return rows


def start_line(row: StartRow, width: int) -> list[Piece]:
    """A key, what it starts, and as much of what that brings as there is room for beside the whole title."""
    left: list[Piece] = [(f" {row.key} ", "bold $st-run on $panel"), (f"  {row.title}", "bold")]
    brings = (row.brings, row.brings.rpartition(", ")[2])
    fitting = next((words for words in brings if words and width_of([*left, (f" {words}", "")]) <= width), "")
    return spread(left, [(fitting, "$soft")] if fitting else [], width)


def about_lines(runbook: Runbook, problems: Sequence[Problem] | None, width: int) -> list[list[Piece]]:
    """The runbook: where it is for, whose it is, which release of it, and what is wrong with it.

    Args:
        problems: what `runbook lint` says; None while it is being looked through.
    """
    head = runbook.runbook
    release = " of ".join(part for part in (head.release, _day(head.updated)) if part)
    names = ", ".join(environment_names(runbook))
    rows: list[list[Piece]] = [
        [("environment", ""), (names or head.environment or "not said", "")],
        [("owner", ""), (head.owner or "not said", "")],
        [("contact", ""), (head.contact or "not said", "")],
        [("release", ""), (release or "not said", "")],
        [("lint", ""), _lint(problems)],
    ]
    return [clipped([(f"{label[0]:<{LABEL}}", "$soft"), value], width) for label, value in rows]


def _day(text: str) -> str:
    """A day as people read it, 26 Nov 2025; what is not a day stays as it is."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{day.day} {day:%b %Y}"


def _lint(problems: Sequence[Problem] | None) -> Piece:
    if problems is None:
        return "…", "$faint"
    errors = sum(problem.severity == "error" for problem in problems)
    notes = len(problems) - errors
    if errors:
        return f"✖ {counted(errors, 'error')}, {counted(notes, 'warning')}", STYLES["bad"]
    if notes:
        return f"! {counted(notes, 'warning')}: runbook lint", STYLES["turn"]
    return "✔ nothing wrong", STYLES["good"]
