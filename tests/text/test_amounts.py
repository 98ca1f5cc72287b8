"""Times and figures are written in one way: every screen and report asks the same few functions."""

import re
from datetime import timedelta
from math import inf
from pathlib import Path

import pytest

import tui
from tui.text.amounts import (
    clock_words,
    digits,
    duration,
    duration_spelled,
    exactly,
    figure,
    guessed,
    roughly,
    size,
    spelled,
    time_left,
    took_cell,
    took_clock,
    took_spelled,
    took_words,
)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0.4 s"),
        (4.0, "4 s"),
        (9.94, "9.9 s"),
        (9.96, "0:10"),
        (42, "0:42"),
        (59.6, "1:00"),
        (760, "12:40"),
        (3599.7, "1 h"),
        (3720, "1 h 02 m"),
        (5280, "1 h 28 m"),
        (-1, "–"),
        (None, "–"),
    ],
)
def test_how_long_something_took(seconds: float | None, words: str) -> None:
    assert duration(seconds) == words
    assert seconds is None or duration(timedelta(seconds=seconds)) == words


def test_a_length_of_time_on_a_page_has_its_units() -> None:
    """A reader who does not know the program takes 0:13 for minutes."""
    lengths = (None, 0.4, 9.94, 9.96, 119, timedelta(minutes=10), 3720)
    words = ["–", "0.4 s", "9.9 s", "10 s", "1 min 59 s", "10 min", "1 h 2 min"]
    assert [duration_spelled(length) for length in lengths] == words


def test_what_is_guessed_is_told_to_be() -> None:
    assert (guessed(timedelta(minutes=6, seconds=45)), guessed(4.4)) == ("≈ 6:45", "≈ 4 s")


def test_a_time_of_zero_is_not_shown() -> None:
    assert [took_words(seconds) for seconds in (None, 0.0, 0.04, 0.5, 42)] == ["", "", "", " in 0.5 s", " in 0:42"]
    assert [took_cell(seconds) for seconds in (None, 0.0, 0.04, 0.5)] == ["", "", "", "0.5 s"]


@pytest.mark.parametrize(
    ("seconds", "words", "left"),
    [
        (12, "12 s", "12 s"),
        (59.8, "1 m", "59 s"),
        (102, "2 m", "1 m"),
        (5280, "1 h 28 m", "1 h 28 m"),
        (7200, "2 h", "2 h"),
        (97200, "1 d 3 h", "1 d 3 h"),
        (155160, "1 d 19 h", "1 d 19 h"),
        (183600, "2 d 3 h", "2 d 3 h"),
        (604800, "7 d", "7 d"),
    ],
)
def test_what_nobody_needs_to_the_second_and_what_is_left_of_a_time(seconds: float, words: str, left: str) -> None:
    assert roughly(seconds) == words
    assert time_left(timedelta(seconds=seconds)) == left


def test_what_is_over_took_the_same_in_every_column() -> None:
    """The first screen had 15:39 where the list of sessions had 15:40."""
    lengths = (9.96, 42.4, 939.6, 3599.4)
    assert [took_clock(length) for length in lengths] == [duration(length) for length in lengths]
    assert [took_clock(length) for length in (4.4, 3723.5)] == ["0:04", "1:02:04"]
    assert [took_clock(length) for length in (0.0, 0.4, 0.6)] == ["< 1 s", "< 1 s", "0:01"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (60, "60 s"),
        (150, "2:30"),
        (300, "5 m"),
        (3600, "1 h"),
        (3601, "1:00:01"),
        (5400, "1 h 30 m"),
        (172860, "2 d 1 m"),
        (155160, "1 d 19 h 6 m"),
        (259200, "3 d"),
        (150.25, "150.25 s"),
    ],
)
def test_a_long_time_is_compared_as_people_read_it(value: float, words: str) -> None:
    assert exactly(value, "s") == words


def test_a_clock_ticks_in_seconds() -> None:
    assert [clock_words(seconds) for seconds in (7.9, 760, 3729, 172800, 431899)] == [
        "0:07",
        "12:40",
        "1:02:09",
        "2 d",
        "4 d 23 h",
    ]


def test_a_message_to_other_people_spells_a_time_out() -> None:
    found = [spelled(timedelta(seconds=seconds)) for seconds in (-1, 42, 135, 3720, 155160)]
    assert found == ["0 s", "42 s", "2 min 15 s", "1 h 2 min", "1 d 19 h"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (2.24395e7, "22,439,500"),
        (1204.4, "1,204"),
        (999.6, "1,000"),
        (99.95, "100"),
        (13.84, "13.8"),
        (0.1, "0.1"),
        (0.18234, "0.182"),
        (0.00042, "0.00042"),
        (1e-9, "0"),
        (-3.14159, "-3.14"),
        (inf, "inf"),
    ],
)
def test_a_number_has_no_exponent(value: float, words: str) -> None:
    assert digits(value) == words


def test_bytes_have_the_unit_that_people_read() -> None:
    assert [size(value) for value in (0, 512, 1023.9, 2.24395e7, 5e12)] == [
        "0 B",
        "512 B",
        "1 KiB",
        "21.4 MiB",
        "4.55 TiB",
    ]
    assert [figure(13.84, "%"), figure(2.24395e7, "bytes"), figure(3, "")] == ["13.8 %", "21.4 MiB", "3"]


def test_no_other_module_writes_times_or_sizes_by_itself() -> None:
    own = re.compile(r"divmod\([^)]*60\)|:02d\}|[\"']KiB[\"']|2 ?\*\* ?[123]0|\} m \{")
    found = [
        f"{path.name}:{number}: {line.strip()}"
        for path in Path(tui.__file__).parent.rglob("*.py")
        if path.name != "amounts.py"
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if own.search(line)
    ]
    assert found == []


def test_what_a_manager_reads_has_units_and_not_a_clocks_colon() -> None:
    lengths = (0.3, 3.7, 13.2, 153.7, 2292, 5147)
    assert [took_spelled(one) for one in lengths] == ["< 1 s", "4 s", "13 s", "2 min 34 s", "38 min 12 s", "1 h 25 min"]
