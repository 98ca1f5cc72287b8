"""One glyph and one style for each status, so that every screen tells a state the same way."""

from tui.session.outcome import OutcomeKind
from tui.session.state import Attempt, StepStatus
from tui.session.views.called import AGAIN as AGAIN
from tui.session.views.called import GLYPHS, TRYING_AGAIN, attempt_failed
from tui.session.views.rollback import Need

CLASSES = {
    StepStatus.PENDING: "todo",
    StepStatus.RUNNING: "live",
    StepStatus.WAITING: "turn",
    StepStatus.PASSED: "sign",
    StepStatus.FAILED: "bad",
    StepStatus.UNKNOWN: "unknown",
    StepStatus.SIGNED: "good",
    StepStatus.SKIPPED: "quiet",
    StepStatus.NOT_NEEDED: "quiet",
}

NEEDS = {Need.NEEDED: "○", Need.LOOK: "◇", Need.DEPENDS: "⋯", Need.NOT_NEEDED: "–"}
"""One sign for each need of a rollback step that nothing was done about yet."""

NEED_CLASSES = {Need.NEEDED: "", Need.LOOK: "turn", Need.DEPENDS: "turn", Need.NOT_NEEDED: "quiet"}

STYLES = {
    "live": "bold $st-run",
    "turn": "bold $st-turn",
    "sign": "bold $st-sign",
    "bad": "bold $st-bad",
    "unknown": "bold reverse $st-bad",
    "todo": "$st-todo",
    "good": "$st-good",
    "quiet": "$st-quiet",
    "": "",
}

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
"""The sign of what is running where it turns, one after the other."""

STDERR = "▌"
"""In the margin of the output, beside a line that began on standard error."""

CONTINUED = "↪"
"""Before the continued rows of a wrapped line; it is not part of the line, and never copied."""

OVER = "▲"
"""Beside a time that is over its budget, always with the word "over"."""

NO_RETURN = "■"
"""Before the title of a step after which there is no way back but the rollback."""

FOLLOWING = "⇣"
"""Below the output of a running command whose end is in sight, always with the word "following"."""

HELD = "‖"
"""Below the output of a running command whose end is out of sight, always with the word "held"."""

SIGNS = (
    ("○ ▶ ◆", "to do · running · your turn"),
    ("✎ ✔ ✖", "to sign · signed · failed"),
    (f"? {AGAIN}", f"UNKNOWN · {TRYING_AGAIN}"),
    ("↷ –", "skipped · not needed"),
    ("◇ ⋯", "look first · depends"),
    (f"! {OVER}", "asks first · over budget"),
    (f"{NO_RETURN} ┼", "point of no return · usual"),
    (f"{STDERR} {CONTINUED} {HELD}", "stderr · wrapped · held"),
    ("▸ ▾ ·", "folded · open · not checked"),
)
"""The signs of the run screen and their words, as many in a row as fit in half of the narrowest screen."""


def glyph(status: StepStatus) -> str:
    """The sign of a status; it is always shown with the status's word somewhere on the same screen."""
    return GLYPHS[status]


def attempt_sign(attempt: Attempt) -> tuple[str, str]:
    """The sign of an attempt and the class of its style: what is waited for is not there yet, and is not a success."""
    outcome = attempt.outcome
    if outcome is None:
        return "▶", "live"
    if attempt.awaited:
        return AGAIN, "live"
    if outcome.kind is OutcomeKind.UNKNOWN and not attempt.good and attempt.resolved_seq < 0:
        return "?", "unknown"
    if attempt_failed(attempt) or not (outcome.ended_by_itself or attempt.good):
        return "✖", "bad"
    return "✔", "good"
