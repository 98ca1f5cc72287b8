"""Every theme's coloured words can be read on its background."""

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from tui.widgets.contrast import ENOUGH, WORDS, contrast, readable


@pytest.mark.parametrize("name", sorted(set(BUILTIN_THEMES) - {"ansi-dark", "ansi-light"}))
def test_coloured_words_stand_out_in_every_theme(name: str) -> None:
    theme = BUILTIN_THEMES[name]
    before = {**theme.to_color_system().generate(), **theme.variables}
    after = readable(before)
    for word in WORDS:
        if word in before and not before[word].startswith("ansi"):
            behind = Color.parse(before["footer-background" if word.startswith("footer") else "background"])
            if behind.a == 1:
                assert contrast(Color.parse(after[word]), behind) >= ENOUGH, word
    assert {key: value for key, value in after.items() if key not in WORDS} == {
        key: value for key, value in before.items() if key not in WORDS
    }


def test_the_terminals_own_colours_are_left_alone() -> None:
    theme = BUILTIN_THEMES["ansi-light"]
    variables = {**theme.to_color_system().generate(), **theme.variables}
    assert readable(variables) == variables


def test_black_on_white_is_the_most() -> None:
    assert round(contrast(Color.parse("#000000"), Color.parse("#ffffff"))) == 21
