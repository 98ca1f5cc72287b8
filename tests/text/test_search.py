"""A text without a capital letter is found in either case: in output, in commands, in notes and where it is marked."""

import pytest

from tui.text.search import bytes_pattern, folds, pattern

CASES = [
    ("error", "ERROR: no", True),
    ("error", "an Error", True),
    ("Error", "an error", False),
    ("Error", "an Error", True),
    ("größe", "GRÖSSE und GRÖßE", True),
    ("größe", "die Größe", True),
    ("Größe", "die größe", False),
    ("привет", "ПРИВЕТ", True),
    ("οδος", "ΟΔΟΣ", True),
    ("a.b*", "A.B*", True),
    ("a.b*", "axbb", False),
    ("日本", "日本", True),
    ("", "anything", True),
]


@pytest.mark.parametrize(("text", "line", "found"), CASES)
def test_bytes_and_text_are_found_alike(text: str, line: str, found: bool) -> None:
    assert bool(pattern(text).search(line)) == bool(bytes_pattern(text).search(line.encode())) == found


def test_an_argument_that_is_not_utf_8_is_searched_for_as_it_is() -> None:
    assert bytes_pattern(b"caf\xe9".decode(errors="surrogateescape")).search(b"un CAF\xe9")


def test_a_capital_letter_means_it() -> None:
    assert folds("load 0.1 ✔")
    assert not folds("loaD")
