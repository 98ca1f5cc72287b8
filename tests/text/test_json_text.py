"""JSON for a terminal: the same value, and nothing that a terminal acts on."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.text.json_text import json_text
from tui.text.sanitise import sanitise


@given(st.dictionaries(st.text(), st.text()), st.sampled_from([0, 2]))
def test_it_means_the_same_and_a_terminal_shows_all_of_it(value: dict[str, str], indent: int) -> None:
    text = json_text(value, indent)
    assert json.loads(text) == value
    for line in text.split("\n"):
        assert sanitise(line, len(line)) == line


@pytest.mark.parametrize("character", ["\x1b", "\x7f", "\x9b", "\x9d", "\u202e", "\u200b", "\u2028", "\U000e0041"])
def test_what_a_terminal_acts_on_is_escaped(character: str) -> None:
    text = json_text([f"a{character}b"], 0)
    assert character not in text
    assert text.isascii()
    assert json.loads(text) == [f"a{character}b"]


def test_a_flood_of_marks_is_escaped_behind_the_fourth() -> None:
    text = json_text("a" + "\u0301" * 6, 0)
    assert text == '"a' + "\u0301" * 4 + '\\u0301\\u0301"'


def test_what_can_be_read_stays_readable() -> None:
    assert json_text({"titel": "Größe → 密码"}, 0) == '{"titel":"Größe → 密码"}'
