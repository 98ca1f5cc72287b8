import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.harness.examples import examples
from tui.text.sanitise import (
    _SEQUENCE,
    HIDDEN_SEQUENCE,
    UNUSUAL,
    _by_line,
    _filtered,
    all_usual,
    invisible,
    is_mark,
    plain,
    sanitise,
)

hostile = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "\x1b\x9b\x9d\x90\x07\x9c\\[]0;1mHJ?\r\n\t\u202e\u2066\u200b\ufeff\u00ad\x7f\udcff\U000e0041e\u0301"
        ),
    ),
    max_size=80,
)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"plain ascii", "plain ascii"),
        ("Größe: 5 µs – ✔ 東京 🚀".encode(), "Größe: 5 µs – ✔ 東京 🚀"),
        (b"\x1b[1;31merror\x1b[0m: no", "error: no"),
        (b"\x1b]0;title\x07after", "after"),
        (b"\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b"\x1b]52;c;cm0gLXJm\x07x", "x"),
        (b'\x1bP$q"p\x1b\\x', "x"),
        (b"\x1b(Bx\x1b7y\x1bcz", "xyz"),
        ("\x9b31mred\x9bm".encode(), "red"),
        (b"\xc2\x9b31mred", "red"),
        (b"\x9b31m raw byte", "\ufffd31m raw byte"),
        (b"\x1b]0;never ended", "]0;never ended"),
        (b"\x1b[31", "[31"),
        (b"\x1b\x1b[0m[0m", "[0m"),
        (b"a\tb", "a       b"),
        (b" 10%\r 50%\r100%\r", "100%"),
        (b"line\r\n", "line"),
        ("first\r\nsecond", "first second"),
        ("one\ntwo", "one two"),
        ("ab\u202egnp.exe", "abgnp.exe"),
        ("zero\u200bwidth\ufeff\u00ad", "zerowidth"),
        ("tag\U000e0041", "tag"),
        ("private \ue000", "private \ufffd"),
        ("lone \udcff", "lone \ufffd"),
        ("wide\u3000space\u00a0", "wide space "),
        ("nul\0del\x7fbel\x07", "nuldelbel"),
        ("fill\u3164\u115f\ufe0f", "fill"),
        ("[bold]markup[/] stays", "[bold]markup[/] stays"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"", ""),
    ],
)
def test_what_is_shown(raw: bytes | str, shown: str) -> None:
    assert sanitise(raw) == shown


@settings(max_examples=examples(400), deadline=None)
@given(hostile, st.integers(0, 60))
def test_only_printable_characters_come_out_and_again_changes_nothing(text: str, limit: int) -> None:
    shown = sanitise(text, limit)
    assert shown.isprintable()
    assert len(shown) <= limit
    assert sanitise(shown, limit) == shown
    assert sanitise(sanitise(text)) == sanitise(text)


@settings(max_examples=examples(200), deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_printable(raw: bytes) -> None:
    assert sanitise(raw).isprintable()


def test_marks_do_not_pile_up() -> None:
    assert len(sanitise("e" + "\u0301" * 500)) == 5
    assert sanitise("e\u0301") == "e\u0301"


def test_what_is_too_long_says_so_and_costs_little() -> None:
    assert sanitise(b"x" * 10**7, 20) == "x" * 19 + "…"
    assert sanitise(b"\x1b[0m" * 10**6, 20).isprintable()
    assert sanitise("\x1b[" * 10**6, 20).isprintable()
    assert sanitise("\x9d" * 10**6, 20) == "…"


def test_text_for_patterns_keeps_lines_and_tabs() -> None:
    assert plain(b"\x1b[32mok\x1b[0m\ta\r\n1%\r2%\nend") == "ok\ta\n2%\nend"


def test_what_is_not_looked_at_one_by_one_shows_as_it_is() -> None:
    """Letters and signs that most text is made of are passed on together: each of them would be kept alone too."""
    together = [chr(code) for code in range(0x110000) if not UNUSUAL.match(chr(code))]
    assert len(together) > 30_000
    assert [character for character in together if invisible(character) != character or is_mark(character)] == []
    assert all(character.isprintable() for character in together)


@given(st.text(st.one_of(st.characters(), st.sampled_from("é\u0301\u200b\x1b[31m中 \xa0"))))
def test_passing_on_together_changes_nothing(text: str) -> None:
    line = text.replace("\r", "").rstrip("\n")
    alone = re.compile(".+", re.DOTALL).sub(_filtered, _SEQUENCE.sub("", line)).expandtabs(8)
    assert sanitise(text.replace("\r", "")) == (line if line.isascii() and line.isprintable() else alone)


@given(st.one_of(hostile, st.text(st.one_of(st.characters(), st.sampled_from("ab 1\n\n✖✔·é中")), max_size=40)))
def test_lines_that_are_passed_on_together_are_those_that_each_show_as_they_are(text: str) -> None:
    assert all_usual(text) == all(not UNUSUAL.search(line) for line in text.split("\n"))
    if all_usual(text):
        assert "\n".join(sanitise(line, len(line)) for line in text.split("\n")) == text


def test_one_unusual_character_among_many_lines_is_seen() -> None:
    lines = "✖ overdue · Émile\n" * 1000
    assert all_usual(lines)
    for unusual in "\r\t\x1b\x7f\x85\xa0\xad\u200b\u2028\u202e\ufeff\udcff\U000e0041":
        assert not all_usual(lines + unusual + lines)


WRITTEN_OUT = (
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x80-\x9f\r\n]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]+[0-~]|\x1b[0-Z\\^-~]"
)
"""The same sequences one after the other, as they are explained; looking for them so takes eight times as long."""


@settings(max_examples=examples(400))
@given(st.text(alphabet="\x1b\x9b\x9d\x90\x9c\x07[]PX^_ -/0;1mK\\~@AZaé\r\n\x80\x98\x9e\x9f(B", max_size=24))
def test_sequences_are_found_as_they_are_explained(text: str) -> None:
    found = [one.span() for one in re.finditer(HIDDEN_SEQUENCE, text)]
    assert found == [one.span() for one in re.finditer(WRITTEN_OUT, text)]
    assert plain(text.encode("utf-8")) == _by_line(re.sub(WRITTEN_OUT, "", text))
