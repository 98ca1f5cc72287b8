"""Whom a session is taken from is asked in a frame of its own, and answered by their name alone."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.support.screens.terminal import terminal
from tui.cli.people.whose import Whose, asked, confirmed
from tui.cli.printing import tell_drawn
from tui.errors import UsageError

WHOSE = Whose(
    session="20261129T021204-7f3a",
    title="Deploy v2.0.0",
    environment="",
    drill="",
    operator="ana",
    machine="laptop",
    heard=("held since", datetime(2026, 11, 29, 2, 12, 4, tzinfo=UTC)),
    silent="4:10",
    means="What they started keeps running. Their machine starts nothing any more.",
    said="ana on laptop has had it",
)
ASKED = """\
┏━ ✖ TAKE OVER on PRODUCTION ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓
┃ Deploy v2.0.0                                            ┃
┃                                                          ┃
┃ session     20261129T021204-7f3a                         ┃
┃ from        ana on laptop                                ┃
┃ held since  2026-11-29 02:12:04 UTC                      ┃
┃ silent      for 4:10                                     ┃
┃ then        What they started keeps running. Their       ┃
┃             machine starts nothing any more.             ┃
┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┛
Type ana and press Enter; anything else leaves it.
"""
ASKS = """
import select, sys
from tests.bundled.test_taken_from import WHOSE
from tui.cli.people.whose import confirmed
from tui.errors import UsageError

print("reading", flush=True)
select.select([sys.stdin], [], [])
try:
    confirmed(WHOSE, "")
    print("taken")
except UsageError as error:
    print(f"{error.message}: {error.hint}")
"""


def drawn(whose: Whose, width: int = 60) -> str:
    return "".join("".join(text for text, _ in line) + "\n" for line in asked(whose, width))


def test_it_says_from_whom_since_when_and_what_becomes_of_what_they_started() -> None:
    assert drawn(WHOSE) == ASKED


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_row_is_wider_than_the_terminal_and_nothing_is_cut(width: int) -> None:
    words = drawn(WHOSE, width)
    assert max(map(len, words.splitlines()[:-1])) <= min(width, 84)
    assert WHOSE.means in " ".join(words.replace("┃", " ").split())


def test_a_drill_says_so() -> None:
    assert "TAKE OVER in a DRILL" in drawn(replace(WHOSE, drill="calm-deployment"))


@pytest.mark.parametrize("colours", [True, False])
def test_its_frame_is_red_and_what_a_machine_said_is_one_line_without_escapes(
    colours: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = asked(replace(WHOSE, title="[red]a\x1b[2J", machine="one\ntwo"), 60)
    assert all(style == "red" for text, style in (lines[1][0], lines[1][-1]))
    tell_drawn(lines, colours)
    words = capsys.readouterr().out
    assert "[red]a" in words
    assert "\x1b[2J" not in words
    assert len(words.splitlines()) == len(ASKED.splitlines())


def test_a_name_from_the_command_line_is_compared_with_who_has_it(capsys: pytest.CaptureFixture[str]) -> None:
    confirmed(WHOSE, "ana")
    with pytest.raises(UsageError, match="not taken over"):
        confirmed(WHOSE, "eve")
    assert capsys.readouterr().out == f"{WHOSE.said}.\n{WHOSE.means}\n" * 2


@pytest.mark.parametrize(("typed", "came"), [("ana\n", "taken"), ("\n", "--from ana says whom it is taken from")])
def test_what_is_typed_before_the_question_is_seen_is_no_answer(typed: str, came: str) -> None:
    environment = {"LC_ALL": "C.UTF-8", "PYTHONPATH": str(Path.cwd())}
    with terminal([sys.executable, "-c", ASKS], Path.cwd(), environment, (80, 24)) as screen:
        screen.wait_for("reading")
        screen.press("ana\n")
        screen.wait_for("anything else leaves it.")
        screen.press(typed)
        screen.wait_for(came)
        assert screen.wait() == 0
        assert b"\x1b[31m" in screen.received


def test_a_terminal_of_few_signs_and_no_colours_reads_the_same() -> None:
    environment = {"LC_ALL": "C", "NO_COLOR": "1", "TERM": "linux", "PYTHONPATH": str(Path.cwd())}
    with terminal([sys.executable, "-c", ASKS], Path.cwd(), environment, (80, 24)) as screen:
        screen.wait_for("reading")
        screen.press("\n")
        screen.wait_for("anything else leaves it.")
        screen.press("\n")
        assert screen.wait() == 0
    assert screen.received.isascii()
    assert b"X TAKE OVER on PRODUCTION" in screen.received
    assert b"\x1b[31m" not in screen.received
