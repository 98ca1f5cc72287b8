"""A step of the bundled runbook in each state, and its card as it is drawn."""

from datetime import UTC, datetime, timedelta

import tomli
from msgspec import convert
from msgspec.structs import replace

from tests.support.runbooks.bundled_runbook import bundled_runbook
from tests.support.runbooks.runbooks import SMALL
from tui.keys import Keys
from tui.runbook.model import Runbook
from tui.session import events as ev
from tui.session.folding.fold import fold
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import SessionState
from tui.session.views.usual import Usual
from tui.text.block import NO_BREAK
from tui.widgets.moment import Moment
from tui.widgets.step.laid_out import LaidRow
from tui.widgets.step.text import card

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
BUNDLED = bundled_runbook()
SMALL_ONE = convert(tomli.loads(SMALL), Runbook)
MIGRATE = "a-migrate"
COMMAND = "docker-compose run --rm -T web python manage.py migrate --noinput"
SAID = "django.db.utils.OperationalError: (1060, \"Duplicate column name 'tags'\")"
ERROR = ev.Check("exit status 0", f"exit status 1: {SAID}", ok=False)
GOOD = ev.Check("exit status 0", "exit status 0", ok=True)


def state_of(*events: ev.AnyEvent, runbook: Runbook = BUNDLED) -> SessionState:
    method = "a" if runbook is BUNDLED else "docker"
    begun = ev.SessionStarted(
        session="s",
        flow="deploy",
        method=method,
        operator="ana",
        title="x",
        runbook_hash="",
        variables={"version": "v2.0.0"},
    )
    return fold(runbook, [ev.Entry(seq, NOW, 0.0, event) for seq, event in enumerate((begun, *events))])


def before(step: str, runbook: Runbook = BUNDLED) -> list[ev.AnyEvent]:
    """Everything before a step skipped."""
    plan = [one.id for _, one in state_of(runbook=runbook).plan()]
    return [ev.StepSkipped(step=one, operator="ana", reason="x") for one in plan[: plan.index(step)]]


def begun(step: str = MIGRATE, command: str = COMMAND, number: int = 1, action: int = 0) -> list[ev.AnyEvent]:
    start = ev.AttemptStarted(attempt=number, step=step, action=action, host="production", command=command)
    return [*([ev.StepOpened(step=step, operator="ana")] if number == 1 else []), start]


def ended(
    outcome: Outcome, *checks: ev.Check, number: int = 1, said: str = "", again: bool = False
) -> list[ev.AnyEvent]:
    lost = "" if outcome.ended_by_itself else said
    found: list[ev.AnyEvent] = [ev.AttemptFinished(attempt=number, outcome=outcome, seconds=0.5, said=lost)]
    if checks:
        found.append(ev.AttemptChecked(attempt=number, checks=checks, said=said, retrying=again))
    return found


TODO = state_of(*before(MIGRATE))
RUNNING = state_of(*before(MIGRATE), *begun())
FAILED = state_of(*before(MIGRATE), *begun(), *ended(Outcome.exited(1), ERROR, said=SAID))
TIMED_OUT = state_of(
    *before(MIGRATE), *begun(), *ended(Outcome(OutcomeKind.TIMED_OUT, detail="after 2 m"), said="waiting for a lock")
)
LOST = state_of(
    *before(MIGRATE), *begun(), *ended(Outcome(OutcomeKind.UNKNOWN, detail="the connection was lost"), said="migrating")
)
UNREACHABLE = state_of(
    *before(MIGRATE), *begun(), *ended(Outcome(OutcomeKind.UNREACHABLE, detail="not started: no route to host"))
)
SHOWING = begun(command="docker-compose run --rm -T web python manage.py showmigrations", number=2, action=1)
SIGN = state_of(
    *before(MIGRATE),
    *begun(),
    *ended(Outcome.exited(0), GOOD),
    *SHOWING,
    *ended(Outcome.exited(0), GOOD, ev.Check('contains "[X]"', "found", ok=True), number=2),
)
SKIPPED = state_of(*before(MIGRATE), ev.StepSkipped(step=MIGRATE, operator="ben", reason="done by hand"))
NOT_NEEDED = state_of(*before(MIGRATE), ev.StepNotNeeded(step=MIGRATE, reason="no migration is new"))
EVERY = {
    "to do": TODO,
    "running": RUNNING,
    "failed": FAILED,
    "timed out": TIMED_OUT,
    "lost": LOST,
    "unreachable": UNREACHABLE,
    "sign": SIGN,
    "skipped": SKIPPED,
    "not needed": NOT_NEEDED,
}


def moment(state: SessionState, **more: object) -> Moment:
    usual = {MIGRATE: Usual(41.0, 30.0, 50.0, 5)}
    made = Moment(state=state, now=NOW + timedelta(seconds=13), usual=usual, keys=Keys().on("run"))
    return replace(made, **more)


def drawn(state: SessionState, width: int = 45, height: int = 12, step: str = MIGRATE, **more: object) -> list[LaidRow]:
    return card(moment(state, **more), step, width, height)


def text(found: list[LaidRow]) -> str:
    return "\n".join(row.text for row in found)


def prose(found: list[LaidRow]) -> str:
    """What rows say, without how they are broken."""
    return " ".join(text(found).replace(NO_BREAK, " ").split())
