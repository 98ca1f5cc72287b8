"""Graphs of what was measured: as wide as asked, what is over a limit looks so, higher is higher, gaps are gaps."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len

from tui.session.samples import Limit
from tui.text.amounts import figure
from tui.text.block import Piece
from tui.widgets.graph.scale import Axis, axis
from tui.widgets.graph.text import (
    BEYOND,
    BLOCKS,
    GAP,
    GOOD,
    OVER,
    BarChart,
    GraphArea,
    Graphed,
    Shading,
    bars,
    column,
    columns,
    graph,
    spark,
    time_at,
)
from tui.widgets.looks.ascii import plain

GOOD_BELOW = Limit(value=1.0, high=True)
TRIPS = Limit(value=10.0, high=True, included=True, lasting=300.0)
FIGURES = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.lists(st.none() | FIGURES, max_size=60)
LIMITS = st.lists(
    st.builds(Limit, value=FIGURES, high=st.booleans(), included=st.booleans(), lasting=st.none() | st.just(60.0)),
    max_size=3,
)
LOOKS = st.sampled_from(Shading)
NOW, SPAN, EVERY = 600.0, 600.0, 15.0


def graphed(values: Sequence[float | None], limits: Sequence[Limit] = (), unit: str = "") -> Graphed:
    """One figure each 15 seconds, the last of them now."""
    begin = NOW - EVERY * (len(values) - 1)
    pairs = tuple((begin + EVERY * place, value) for place, value in enumerate(values))
    return Graphed(values=pairs, limits=tuple(limits), unit=unit, every=EVERY)


def words(rows: list[list[Piece]]) -> list[str]:
    return ["".join(text for text, _ in row) for row in rows]


def cells(row: list[Piece]) -> list[Piece]:
    return [(sign, style) for text, style in row for sign in text]


@settings(max_examples=150, deadline=None)
@given(VALUES, LIMITS, st.integers(0, 120), st.integers(0, 20), LOOKS, st.none() | st.floats(-700, 700))
def test_a_graph_is_as_wide_and_high_as_asked(
    values: list[float | None], limits: list[Limit], width: int, height: int, look: Shading, at: float | None
) -> None:
    rows = graph(graphed(values, limits), GraphArea(width, height, NOW, SPAN), look, at)
    assert len(rows) == (height if width else 0)
    assert all(cell_len(row) == width for row in words(rows))
    assert all(plain(row).isascii() for row in words(rows))


@settings(max_examples=150, deadline=None)
@given(st.lists(FIGURES, min_size=1, max_size=30), LIMITS, st.integers(1, 12), LOOKS)
def test_a_figure_beyond_a_limit_is_seen_to_be_in_the_cell_at_its_top(
    values: list[float], limits: list[Limit], height: int, look: Shading
) -> None:
    scale = axis(values, limits)
    rows = [cells(row) for row in bars(values, BarChart(scale, limits, height, look))]
    for place, value in enumerate(values):
        top = height - 1 - (scale.eighths(value, height) - 1) // 8
        style = rows[top][place][1]
        tripped = any(one.passed(value) for one in limits if one.trigger)
        over = any(one.passed(value) for one in limits)
        good = GOOD if look is not Shading.MONO else "$soft"
        assert (BEYOND if tripped else OVER if over else good) in style
        assert ("bold" in style) == (look is Shading.MONO and over)


@settings(max_examples=150, deadline=None)
@given(st.lists(FIGURES, min_size=2, max_size=30), LIMITS, st.integers(1, 12))
def test_a_higher_figure_is_never_drawn_lower(values: list[float], limits: list[Limit], height: int) -> None:
    scale = axis(values, limits)
    heights = [scale.eighths(value, height) for value in sorted(values)]
    assert heights == sorted(heights)
    assert 1 <= heights[0] <= heights[-1] <= 8 * height


def test_what_is_above_a_limit_has_its_colour_and_what_is_below_it_has_none() -> None:
    rows = [cells(row) for row in bars([0.5, 5.0, 15.0], BarChart(Axis(0.0, 20.0), [GOOD_BELOW, TRIPS], 10))]
    drawn = [[row[place][1].split()[0] for row in rows if row[place][0] in BLOCKS[1:]] for place in range(3)]
    assert drawn == [[GOOD], [OVER] * 2 + [GOOD], [BEYOND] * 3 + [OVER] * 4 + [GOOD]]


def test_one_below_a_limit_is_bad_as_a_whole() -> None:
    least = Limit(value=2.0, high=False, included=True)
    rows = bars([1.0, 2.0], BarChart(Axis(0.0, 2.5), [least], 5, Shading.FLAT))
    assert {style for row in rows for text, style in cells(row)[:1] if text in BLOCKS[1:]} == {OVER}
    assert {style for row in rows for text, style in cells(row)[1:] if text in BLOCKS[1:]} == {GOOD}


def test_a_gap_is_a_gap_and_no_small_figure() -> None:
    values = [1.0] * 10 + [None] * 10 + [1.0] * 20
    drawn = words(graph(graphed(values), GraphArea(47, 4, NOW, SPAN)))
    assert GAP * 9 in drawn[-1]
    gap = drawn[-1].index(GAP)
    assert all(row[gap : gap + 9].isspace() for row in drawn[:-1])


def test_where_samples_stay_away_there_is_a_gap_and_where_one_is_late_there_is_none() -> None:
    stopped = Graphed(values=((0.0, 1.0), (20.0, 1.0)), every=20.0)
    assert columns(stopped, 10, 199.0, 200.0) == [1.0] * 2 + [None] * 8
    late = Graphed(values=((0.0, 1.0), (60.0, 2.0)), every=20.0)
    assert columns(late, 10, 199.0, 200.0) == [1.0] * 3 + [2.0] + [None] * 6
    lost = Graphed(values=((0.0, 1.0), (160.0, 2.0)), every=20.0)
    assert columns(lost, 10, 199.0, 200.0) == [1.0] + [None] * 7 + [2.0] + [None]


def test_each_column_is_a_span_of_time_whatever_the_number_of_samples() -> None:
    of = Graphed(values=((0.0, 1.0), (590.0, 2.0), (595.0, 3.0)), every=30.0)
    found = columns(of, 60, 599.0, 600.0)
    assert found[:3] == [1.0] * 3
    assert found[-1] == 3.0
    assert set(found[3:-1]) == {None}


def test_of_two_samples_in_a_column_the_worse_is_drawn() -> None:
    least = Limit(value=2.0, high=False, included=True)
    values = ((100.0, 3.0), (101.0, 1.0), (102.0, 3.0))
    assert columns(Graphed(values=values, limits=(least,)), 10, 109.0, 100.0)[-1] == 1.0
    assert columns(Graphed(values=values), 10, 109.0, 100.0)[-1] == 3.0


def test_a_clock_that_was_set_back_hides_nothing() -> None:
    assert columns(Graphed(values=((900.0, 5.0),)), 10, 600.0, 600.0)[-1] == 5.0


def test_a_graph_moves_a_part_of_its_width_at_a_time() -> None:
    of = replace(graphed([1.0, 4.0, 2.0, 8.0] * 10), every=100.0)
    drawn = [graph(of, GraphArea(67, 5, now, SPAN)) for now in range(600, 665)]
    assert sum(one != other for one, other in zip(drawn, drawn[1:], strict=False)) == 2


def test_many_samples_are_as_quick_as_few() -> None:
    of = Graphed(values=tuple((float(place), 1.0) for place in range(100_000)))
    assert columns(of, 100, 99_999.0, 1e6)[:94] == [None] * 94


def test_the_axis_goes_from_nothing_to_a_quarter_above_the_limit_or_the_highest() -> None:
    assert axis([0.2], [Limit(value=0.5, high=True)]) == Axis(0.0, 0.65)
    assert axis([12.8], [GOOD_BELOW, TRIPS]) == Axis(0.0, 16.0)
    assert axis([40.0], [Limit(value=70.0, high=True)], "%") == Axis(0.0, 100.0)
    assert axis([0.2], [Limit(value=0.5, high=True), Limit(value=5.0, high=True, lasting=60.0)]).high == 0.65


def test_a_constant_without_a_limit_lies_in_the_middle() -> None:
    drawn = words(graph(graphed([21.0] * 40), GraphArea(47, 8, NOW, SPAN)))
    assert [BLOCKS[8] in row for row in drawn] == [False] * 4 + [True] * 4


@pytest.mark.parametrize("look", [Shading.FLAT, Shading.MONO])
def test_where_colours_are_few_a_limit_is_seen_across_the_bars(look: Shading) -> None:
    rows = graph(graphed([12.0] * 60, [GOOD_BELOW, TRIPS]), GraphArea(40, 8, NOW, SPAN), look)
    across = [style for row in rows for text, style in row if "╌" in text]
    assert len(across) == 2
    assert all("reverse" in style for style in across)
    assert not any("%" in style for row in rows for _, style in row)


def test_the_words_at_the_left() -> None:
    drawn = words(graph(graphed([12.8] * 60, [GOOD_BELOW, TRIPS], "%"), GraphArea(40, 16, NOW, SPAN)))
    assert [row[:6] for row in drawn if row[5] == "┤"] == ["   16┤", " ▲ 10┤", "    1┤", "    0┤"]
    assert words(graph(graphed([12.8] * 60, [GOOD_BELOW, TRIPS]), GraphArea(10, 4, NOW, SPAN)))[-1] == BLOCKS[8] * 10


def test_an_axis_of_which_nothing_is_known_says_no_figure() -> None:
    def beside(of: Graphed) -> str:
        return "".join(text for row in graph(of, GraphArea(60, 6, 100.0, 100.0)) for text, _ in row[:1]).strip()

    assert beside(Graphed(unit="bytes")) == ""
    assert beside(Graphed(values=((90.0, 2048.0),), unit="bytes"))
    assert beside(Graphed(limits=(GOOD_BELOW,)))


def test_a_time_that_was_chosen_is_marked_in_each_row() -> None:
    drawn = words(graph(graphed([1.0, None, 8.0] * 20), GraphArea(47, 6, NOW, SPAN), at=300.0))
    places = {row.index("┊") for row in drawn if "┊" in row}
    assert len(places) == 1


@pytest.mark.parametrize(
    ("values", "limits", "width", "drawn"),
    [
        ([], (), 4, "╌╌╌╌"),
        ([0, 1, 2, 4], (Limit(value=3.2, high=True),), 4, "▁▂▃▆"),
        ([1, None, 1], (), 5, "╌╌▄·▄"),
        ([1, 1, 8, 8], (), 2, "▄▄"),
        ([0.0, 0.0], (), 2, "▄▄"),
        ([0.1], (Limit(value=10.0, high=True),), 1, "▁"),
        ([1, 2], (), 0, "▂▆"),
    ],
)
def test_a_line_of_blocks(values: list[float | None], limits: Sequence[Limit], width: int, drawn: str) -> None:
    assert words([spark(values, limits, width=width)]) == [drawn]


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (22439500.0, "bytes", "21.4 MiB"),
        (3.3e12, "bytes", "3 TiB"),
        (13.8, "%", "13.8 %"),
        (1842, "", "1,842"),
        (123456.7, "s", "123,457 s"),
        (0.00012, "s", "0.00012 s"),
        (1e-9, "", "0"),
    ],
)
def test_figures_are_as_people_read_them(value: float, unit: str, told: str) -> None:
    assert figure(value, unit) == told


def test_what_is_not_due_yet_is_no_gap_and_what_is_overdue_is_one() -> None:
    of = graphed([1.0] * 20)
    assert GAP not in words(graph(of, GraphArea(67, 4, NOW + 14.0, SPAN)))[-1]
    assert GAP in words(graph(of, GraphArea(67, 4, NOW + 90.0, SPAN)))[-1]


@settings(max_examples=100, deadline=None)
@given(st.integers(30, 250), st.integers(0, 249), st.floats(0, 1e9))
def test_the_time_of_a_cell_is_drawn_in_that_cell(width: int, x: int, now: float) -> None:
    of = Graphed(values=((now, 1.0),))
    at = time_at(of, GraphArea(width, 8, now, SPAN), x)
    assert (at is None) == (not 7 <= x < width)
    if at is not None and at < now:
        assert column(at, width - 7, now, SPAN) == x - 7
