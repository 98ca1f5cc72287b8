"""The time of a step is running between the tries that it makes by itself, and stands still while a person decides."""

from datetime import timedelta

import tomli
from msgspec import convert

from tests.support.runbooks.runbooks import shop
from tests.support.sessions.rolled_back import START
from tui.runbook.model import Runbook, Step
from tui.session import events as ev
from tui.session.folding.fold import fold
from tui.session.outcome import Outcome
from tui.session.state import SessionState
from tui.session.tries import took

TEXT = shop(
    {"go": '  { id = "up", title = "Up", actions = [{ run = "curl", retry = { times = 9, every = "5s" } }] },\n'},
    back='  { id = "back", title = "Back", mutates = true, actions = [{ run = "x" }] },\n',
)
RUNBOOK = convert(tomli.loads(TEXT), Runbook)


def up() -> Step:
    return next(step for section in RUNBOOK.sections for step in section.steps if step.id == "up")


def tries(*starts: tuple[float, bool]) -> SessionState:
    """Tries of one second that begin at these seconds after the first, none good, and whether another was to follow."""
    entries = [ev.SessionStarted(session="s", flow="deploy", method="", operator="ana", title="", runbook_hash="")]
    stamps, events = [0.0], list[ev.AnyEvent](entries)
    for number, (at, retrying) in enumerate(starts, 1):
        bad = ev.AttemptChecked(attempt=number, checks=(ev.Check("200", "502", ok=False),), retrying=retrying)
        events += [
            ev.AttemptStarted(attempt=number, step="up", action=0, host="web", command="curl"),
            ev.AttemptFinished(attempt=number, outcome=Outcome.exited(0), seconds=1.0),
            bad,
        ]
        stamps += [at, at + 1, at + 1]
    return fold(
        RUNBOOK,
        [ev.Entry(seq, START + timedelta(seconds=stamps[seq]), stamps[seq], one) for seq, one in enumerate(events)],
    )


def test_the_wait_before_the_next_try_counts_while_it_lasts_and_once_it_is_over() -> None:
    waiting = tries((0, True))
    assert [took(waiting, up(), START + timedelta(seconds=now)) for now in (1, 3, 6)] == [1, 3, 6]
    assert took(tries((0, True), (6, True), (12, False)), up()) == 13


def test_what_a_person_takes_to_decide_does_not_count() -> None:
    assert took(tries((0, False), (600, False)), up()) == 2
    assert took(tries((0, False)), up(), START + timedelta(hours=1)) == 1


def test_a_session_that_is_resumed_hours_later_has_waited_as_long_as_the_runbook_says() -> None:
    assert took(tries((0, True)), up(), START + timedelta(hours=3)) == 6
    assert took(tries((0, True), (9_000, False)), up()) == 7
