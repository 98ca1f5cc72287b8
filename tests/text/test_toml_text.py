"""A text goes through TOML and back unchanged, and the file has nothing that a terminal acts on."""

import tomli
from hypothesis import given, strategies

from tests.support.hostile.hostile import HOSTILE, foreign
from tui.text.toml_text import toml_text


@given(strategies.text(strategies.characters(exclude_categories=["Cs"])))
def test_it_comes_back_as_it_was(text: str) -> None:
    assert tomli.loads(f"a = {toml_text(text)}") == {"a": text}
    assert foreign(toml_text(text)) == []


def test_whatever_it_is() -> None:
    for text in (HOSTILE, "😀 \U000e0041", "a\x00b", '"\\\n\r\t', "C:\\x"):
        assert tomli.loads(f"a = {toml_text(text)}") == {"a": text}
        assert foreign(toml_text(text)) == []


def test_a_byte_that_was_no_text_is_marked() -> None:
    assert tomli.loads(f"a = {toml_text(chr(0xDCFF))}") == {"a": "\ufffd"}
