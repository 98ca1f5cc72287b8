"""A block has nothing that a terminal acts on, whatever its parts are; no part adds a line or erases another."""

import pytest

from tests.support.hostile import HOSTILE, foreign
from tui.text.block import NO_BREAK, block, chopped, lines_of, part, pieces, shown, styled

LINES = "\u0085\u2028\u2029\v\f\x1c"


@pytest.mark.parametrize("hostile", [HOSTILE, *HOSTILE, LINES, "\ue000", "\U000f0000", "\ufeff"])
def test_whatever_it_is_made_of_it_is_safe(hostile: str) -> None:
    """No caller has to make a text safe before it is made a block."""
    word = f"a{hostile}b"
    drawn = [block(word).plain, lines_of([word]).plain, pieces(word, (word, "bold")).plain]
    drawn += [
        styled([[(word, "bold")], [(word, "")]]).plain,
        shown(word),
        part(shown(word), 0),
        *chopped(shown(word), 3),
    ]
    assert [foreign(one) for one in drawn if foreign(one)] == []


@pytest.mark.parametrize("line", ["\n", "\r", "\r\n", *LINES])
def test_a_part_adds_no_line(line: str) -> None:
    forged = f"a title{line}✔ signed by two people"
    assert lines_of([forged, "next"]).plain.count("\n") == 1
    assert "\n" not in pieces(("expected ", ""), (forged, "bold")).plain
    assert styled([[(forged, "")], [("next", "")]]).plain.count("\n") == 1


def test_a_part_erases_nothing_before_it() -> None:
    """Only of a command's output a carriage return is what it means there."""
    assert pieces("✖ failed: \rall is well").plain == "✖ failed:  all is well"
    assert lines_of(["✖ failed: \rall is well\r\n"]).plain == "✖ failed:  all is well"


def test_line_feeds_that_are_meant_stay() -> None:
    assert block("one\ntwo\r\nthree").plain == "one\ntwo\nthree"


def test_a_space_that_breaks_no_line_stays() -> None:
    assert pieces(f"a{NO_BREAK}b").plain == f"a{NO_BREAK}b"
