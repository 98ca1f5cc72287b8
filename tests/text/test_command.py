"""What a command shows is what it runs: nothing in it can hide a part of it from the person who confirms it."""

import pytest

from tests.support.hostile.hostile import HOSTILE, foreign
from tui.execution.commands import shown_whole
from tui.runbook.model import Action
from tui.text.command import command_lines, spelled

HIDING = {
    "a carriage return": ("rm -rf /srv\recho hello", r"rm -rf /srv\recho hello"),
    "a title": ("echo \x1b]0;$(rm -rf /srv)\x07hello", r"echo \x1b]0;$(rm -rf /srv)\x07hello"),
    "a device string": ("echo \x90$(rm -rf /srv)\x9c", r"echo \x90$(rm -rf /srv)\x9c"),
    "backspaces": ("rm\b\bls", r"rm\x08\x08ls"),
    "direction": ("echo \u202etac", r"echo \u202etac"),
    "nothing to see": ("rm /srv/\u200bdata", r"rm /srv/\u200bdata"),
    "a blank that is none": ("rm\u00a0-rf", r"rm\xa0-rf"),
    "a private character": ("echo \ue000\U000f0000", r"echo \ue000\U000f0000"),
    "a line that is none": ("a\u2028b\x85c", r"a\u2028b\x85c"),
    "a tag": ("echo \U000e0041", r"echo \U000e0041"),
}


@pytest.mark.parametrize("kind", HIDING)
def test_what_would_hide_a_part_is_spelled(kind: str) -> None:
    command, told = HIDING[kind]
    assert command_lines(shown_whole(Action(run=command), {})) == [told]
    assert spelled(told) == told


def test_words_of_people_stay_words() -> None:
    told = "echo 'Grüße, 東京 – naïve e\u0301 ✔'"
    assert command_lines(told) == [told]
    assert command_lines("a\n\n  b\tc\n") == ["a", "", "  b     c"]


def test_nothing_of_it_drives_a_terminal() -> None:
    assert foreign(spelled(HOSTILE)) == []
    assert all(f"{ord(one):02x}" in spelled(HOSTILE) for one in "\x1b\x9b\u202e\u200b\x7f")
