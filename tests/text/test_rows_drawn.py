"""A line is drawn as a terminal shows it: beside a model of a row, and safe whatever it is made of."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.harness.examples import examples
from tests.support.hostile.hostile import HOSTILE, foreign
from tui.text.drawn import REDRAWN, drawn, redraws
from tui.text.looks import DIRECT, PALETTE, PLAIN, Look, look_after, nearest, rgb
from tui.text.sanitise import sanitise

RED = Look(colour=1)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b" 10%\r 50%\r100%\r", "100%"),
        (b"100 %\rno", "no0 %"),
        (b"100 %\r\x1b[Kno", "no"),
        (b"working /\b-\b|\bdone", "working done"),
        (b"0% [Waiting]\r            \rGet:1 http://deb", "Get:1 http://deb"),
        (b"\x1b[2K\x1b[1Gspin", "spin"),
        (b"typed hunx\b\x1b[Kter", "typed hunter"),
        (b"abcdef\x1b[3D\x1b[P", "abcef"),
        (b"abc\x1b[2D\x1b[@", "a bc"),
        (b"abcdef\x1b[4D\x1b[2X", "ab  ef"),
        (b"a\x1b[5Cb", "a     b"),
        (b"a\tb\rX", "X       b"),
        ("東京\rx".encode(), "x 京"),
        ("x東\r\x1b[2Cy".encode(), "x y"),
        ("東\tx".encode(), "東      x"),
        ("e\u0301\rf".encode(), "f"),
        (b"x\x1b[8mshown\x1b[5mtoo", "xshowntoo"),
        (b"up \x1b[1A and down\x1b[1B", "up  and down"),
    ],
)
def test_what_was_written_over_is_gone(line: bytes, text: str) -> None:
    assert drawn(line).text == text


@pytest.mark.parametrize(
    ("line", "runs"),
    [
        (b"\x1b[31mred\x1b[0m plain", ((0, 3, RED),)),
        (b"\x1b[1;31mred\x1b[22m, thin", ((0, 3, Look(1, bold=True)), (3, 9, RED))),
        (b"\x1b[31m\x1b[Kgrep\x1b[m\x1b[K", ((0, 4, RED),)),
        (b"\x1b[5;8;4;9mshown and still", ()),
        (b"\x1b[38;5;208mo\x1b[48:2::1:66:255mt", ((0, 1, Look(208)), (1, 2, Look(208, DIRECT + 0x0048FF)))),
        (b"\x1b[97;100;7mx", ((0, 1, Look(15, 8, reverse=True)),)),
        (b"\x1b[31mold\r\x1b[32mne", ((0, 2, Look(2)), (2, 3, RED))),
        (b"\x1b[38;5;999mx\x1b[38;2;1mx\x1b[38mx\x1b[;mx\x1b[?31mx\x1b[99999mx", ()),
    ],
)
def test_colours_and_bold_are_kept_and_the_rest_is_not(line: bytes, runs: object) -> None:
    assert drawn(line).runs == runs


def test_a_colour_ends_with_its_line() -> None:
    assert [drawn(line).runs for line in b"\x1b[31mred\nplain".split(b"\n")] == [((0, 3, RED),), ()]


def test_a_line_of_many_redraws_costs_what_its_last_ones_do() -> None:
    line = b"".join(b"\r%7d of 9999999" % number for number in range(20_000))
    assert drawn(line).text == "  19999 of 9999999"
    assert drawn(b"x" * REDRAWN + b"\rlast").text.startswith("lastxxx") is False


@pytest.mark.parametrize("line", [b"\x1b[999999Cfar", b"\x1b[9999999999999999Gfar", b"a\r\x1b[9999;9999Hf\x1b[9Car"])
def test_what_stands_too_far_to_the_right_is_told(line: bytes) -> None:
    assert drawn(line).text.endswith("…")
    assert drawn(line, 20).text.endswith("…")


def test_what_is_too_long_ends_in_an_ellipsis_in_its_colour_or_none() -> None:
    line = drawn(b"\x1b[31m" + b"x" * 50, 20)
    assert line.text == "x" * 19 + "…"
    assert line.runs == ((0, 19, RED),)


MARKS = "e" + "\u0301" * 20


@pytest.mark.parametrize("between", ["", "\x1b[m", "\u200b", "\x1b[31m"])
def test_marks_do_not_pile_up_across_colours(between: str) -> None:
    line = between.join(MARKS)
    assert len(drawn(line.encode()).text) == len(sanitise(line)) == 5
    assert len(drawn(f"x\r{line}".encode()).text) == 5


def test_the_first_256_colours_are_those_of_xterm() -> None:
    assert [hex(rgb(one, PALETTE)) for one in (1, 16, 21, 196, 231, 232, 255)] == [
        *("0xcd3131", "0x0", "0xff", "0xff0000", "0xffffff", "0x80808", "0xeeeeee")
    ]
    assert [nearest(one) for one in (9, 196, 70, 27, 208, 244, DIRECT + 0xFFFFFF, 232)] == [9, 9, 2, 12, 11, 8, 15, 0]


MOVES = ["\r", "\b", "\x1b[2G", "\x1b[K", "\x1b[1K", "\x1b[2K", "\x1b[3D", "\x1b[2C", "\x1b[4G", "\x1b[G", "\x1b[J"]
parts = st.lists(st.one_of(st.sampled_from(MOVES), st.text("abc 東\u0301\t", max_size=5)), max_size=20)


def model(line: list[str]) -> str:
    """The row that a terminal has: a dictionary of cells, one rule after the other."""
    cells: dict[int, str] = {}
    at = 0

    def blank(cell: int) -> None:
        """Half of a wide character is none."""
        if cells.get(cell) == "":
            cells[cell - 1] = " "
        if cells.get(cell + 1) == "" and len(cells.get(cell, "")) and cells[cell][0] == "東":
            cells[cell + 1] = " "

    for part in line:
        if part in MOVES:
            number = int("".join(filter(str.isdigit, part)) or 0)
            if part == "\r":
                at = 0
            elif part == "\b" or part.endswith("D"):
                at = max(0, at - max(1, number))
            elif part.endswith("C"):
                at += number
            elif part.endswith("G"):
                at = max(1, number) - 1
            else:
                gone = [cell for cell in cells if (number != 1 and cell >= at) or (number and cell <= at)]
                for cell in gone:
                    blank(cell)
                to_the_end = bool(gone) and max(cells) in gone
                for cell in gone:
                    cells[cell] = " "
                    if to_the_end:
                        del cells[cell]
            continue
        for character in part:
            if character == "\t":
                at = at - at % 8 + 8
            elif unicodedata.combining(character):
                before = at - 2 if cells.get(at - 1) == "" else at - 1
                if before in cells and len(cells[before]) < 5:
                    cells[before] += character
            else:
                for cell in range(at, at + (2 if character == "東" else 1)):
                    blank(cell)
                for cell in range(at):
                    cells.setdefault(cell, " ")
                cells[at] = character
                if character == "東":
                    cells[at + 1] = ""
                at += 2 if character == "東" else 1
    width = max(cells, default=-1) + 1
    return "".join(cells.get(cell, " ") for cell in range(width)).rstrip(" ")


@settings(max_examples=examples(500), deadline=None)
@given(parts)
def test_it_is_what_a_row_of_cells_holds(line: list[str]) -> None:
    line = ["a", "\x1b[2G", *line]  # which moves nowhere, but may
    assert drawn("".join(line).encode()).text.rstrip(" ") == model(line)


hostile = st.lists(
    st.one_of(
        st.sampled_from(["\x1b", "\x1b[", "\x9b", "\x1b]0;", "\x07", "\u202e", "\u200b", "\u0301", "\t", "\x1b[8m"]),
        st.sampled_from([*MOVES, "\x1b[31m", "\x1b[7;1m", "\x1b[2J\x1b[H", "\x1b[1A", "\x1b[9999P", "\x1b[9999@"]),
        st.text(max_size=4),
    ),
    max_size=25,
)


@settings(max_examples=examples(500), deadline=None)
@given(hostile, st.integers(0, 40))
def test_whatever_it_is_made_of_it_is_safe(line: list[str], limit: int) -> None:
    data = "".join(line).encode("utf-8", "surrogatepass")
    text, runs = drawn(data, limit)
    assert text.isprintable()
    assert not foreign(text)
    assert len(text) <= limit
    assert sanitise(text, limit) == text or "\u0301" in text
    assert all(0 <= start < end <= len(text) and look != PLAIN for start, end, look in runs)
    assert [start for start, _, _ in runs] == sorted(start for start, _, _ in runs)


@pytest.mark.parametrize("text", [HOSTILE, *HOSTILE])
def test_the_worst_there_is_stays_safe(text: str) -> None:
    assert not foreign(drawn(f"a{text}b".encode("utf-8", "surrogatepass")).text)


@settings(max_examples=examples(500), deadline=None)
@given(hostile)
def test_a_line_that_moves_nothing_is_filtered_as_before(line: list[str]) -> None:
    data = "".join(line).replace("\t", " ").replace("\n", "").encode("utf-8", "surrogatepass")
    if not redraws(data) and b"K" not in data and b"J" not in data and b"\r" not in data:
        assert drawn(data).text == sanitise(data)


@settings(max_examples=examples(300), deadline=None)
@given(st.text("0123456789;:", max_size=20))
def test_any_numbers_give_a_look(parameters: str) -> None:
    look = look_after(RED, parameters)
    assert -1 <= look.colour < DIRECT + (1 << 24)
    assert -1 <= look.behind < DIRECT + (1 << 24)
