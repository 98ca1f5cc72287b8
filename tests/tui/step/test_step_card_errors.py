"""The step's card where something failed: its own error is seen, whole and once, however little room there is."""

import pytest
from msgspec.structs import replace

from tests.tui.step.card import (
    ERROR,
    FAILED,
    GOOD,
    LOST,
    MIGRATE,
    SAID,
    SHOWING,
    TIMED_OUT,
    UNREACHABLE,
    before,
    begun,
    drawn,
    ended,
    moment,
    prose,
    state_of,
    text,
)
from tui.session import events as ev
from tui.session.outcome import Outcome
from tui.session.state import SessionState
from tui.widgets.step.text import card


def test_a_failed_step_shows_its_own_error_whole_without_scrolling() -> None:
    first = prose(drawn(FAILED, 45, 12)[:12])
    assert "✖ exit status 0 got exit status 1" in first
    assert SAID in first
    assert first.count("Duplicate column") == 1


def test_the_error_is_seen_where_actions_stand_before_it_and_much_stands_above() -> None:
    checks = [ev.Check(f"value {number}", "none", ok=True) for number in range(20)]
    state = state_of(
        *before(MIGRATE),
        *begun(),
        *ended(Outcome.exited(0), GOOD),
        *SHOWING,
        *ended(Outcome.exited(1), replace(ERROR, came=f"exit status 1: {SAID}"), *checks, number=2, said=SAID),
    )
    for height in (9, 10, 12):
        assert SAID in prose(drawn(state, 45, height)[:height])
    assert "20 others hold" in prose(drawn(state, 45, 12))


def test_where_there_is_little_room_the_error_comes_before_the_title_and_the_marks() -> None:
    needed = next(height for height in range(3, 20) if SAID in prose(drawn(FAILED, 45, height)[:height]))
    shown = card(moment(FAILED), MIGRATE, 45, needed, framed=20)
    assert SAID in prose(shown[:needed])
    assert "Run the database migrations" in prose(shown[needed:])


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (TIMED_OUT, ["✖ timed out: after 2 m", "waiting for a lock"]),
        (LOST, ["? UNKNOWN: the connection was lost", "last line: migrating", "Nothing runs again until you have"]),
        (UNREACHABLE, ["no route to host"]),
    ],
)
def test_a_command_that_did_not_end_by_itself_says_how_it_ended_and_what_it_said(
    state: SessionState, words: list[str]
) -> None:
    found = prose(drawn(state, 45, 12)[:12])
    for one in words:
        assert one in found


def test_what_an_older_journal_has_of_an_error_is_shown_once() -> None:
    state = state_of(*before(MIGRATE), *begun(), *ended(Outcome.exited(1), ERROR))
    assert prose(drawn(state)).count("Duplicate column") == 1


@pytest.mark.parametrize("came", [f"not found: {SAID}", "not found; the last line is: bytes: 12"])
def test_of_what_was_not_found_the_error_is_told_and_not_the_last_line(came: str) -> None:
    missing = ev.Check('contains "Applying"', came, ok=False)
    shown = text(drawn(state_of(*before(MIGRATE), *begun(), *ended(Outcome.exited(0), missing, said=SAID))))
    assert shown.count("not found") == 1
    assert SAID in " ".join(shown.split())
    assert "last line" not in shown


@pytest.mark.parametrize("more", [(), (ev.Check("exit status 0", f"exit status 1: {SAID}", ok=False),)])
def test_it_is_not_said_that_nothing_was_printed_beside_the_error_that_was(more: tuple[ev.Check, ...]) -> None:
    silent = ev.Check('contains "Applying"', "no output", ok=False)
    shown = text(drawn(state_of(*before(MIGRATE), *begun(), *ended(Outcome.exited(0), *more, silent, said=SAID))))
    assert "no output" not in shown
    assert SAID in " ".join(shown.split())
