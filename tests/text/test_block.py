"""A block has nothing that a terminal acts on, whatever its parts are; no part adds a line or erases another."""

import pytest
from rich.cells import cell_len

from tests.support.hostile.hostile import HOSTILE, foreign
from tui.text.block import NO_BREAK, block, lines_of, part, pieces, rows_of, shown, styled, within

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


@pytest.mark.parametrize("text", ["", "ab", "abcdefghijkl", "a東京🚀b東京", "ae\u0301e\u0301b" * 3, "東" * 9])
@pytest.mark.parametrize("width", [2, 3, 5, 8])
@pytest.mark.parametrize("hung", [0, 2])
def test_rows_have_every_character_once_and_fit(text: str, width: int, hung: int) -> None:
    rows = rows_of(shown(text), width + hung, hung)
    assert "".join(text[start:end] for start, end in rows) == text
    assert cell_len(text[: rows[0][1]]) <= width + hung
    assert all(cell_len(text[start:end]) <= width for start, end in rows[1:])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Connection in use: (127.0.0.1)", ["Connection in ", "use: ", "(127.0.0.1)"]),
        ("the application: is it running?", ["the application:", " is it ", "running?"]),
        ("502 → is it running?", ["502 → is it ", "running?"]),
        ("Größe — der Anwendung", ["Größe — der ", "Anwendung"]),
        ("✔ done: 東京ab 🚀🚀 landed", ["✔ done: 東京ab ", "🚀🚀 landed"]),
        ("ne\u0301e le\u0301ger de\u0301jeuner", ["ne\u0301e le\u0301ger ", "de\u0301jeuner"]),
        ("東京東京東京東京東京東京", ["東京東京東京東京", "東京東京"]),
        ("    /indented/without/a/blank", ["    /indented/wi", "thout/a/blan", "k"]),
        ("a /long/path/without/blanks", ["a /long/path/wit", "hout/blanks"]),
        ("exactly sixteen. more", ["exactly sixteen.", " more"]),
        ("ends with blanks                  x", ["ends with blanks", "            ", "      x"]),
    ],
)
def test_a_row_ends_behind_a_word_unless_no_row_can_hold_the_next(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in rows_of(shown(text), 16, 4)] == expected


@pytest.mark.parametrize(
    ("left", "right", "blank", "part"),
    [
        (0, 3, 0, "a東"),
        (0, 4, 0, "a東"),
        (1, 4, 0, "東"),
        (2, 5, 1, "京"),
        (0, 2, 0, "a"),
        (5, 9, 0, "b"),
        (9, 12, 0, ""),
    ],
)
def test_wide_characters_are_not_cut_in_half(left: int, right: int, blank: int, part: str) -> None:
    text = shown("a東京b")
    before, start, end = within(text, left, right)
    assert (before, text[start:end]) == (blank, part)
