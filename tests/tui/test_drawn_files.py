"""What holds of every drawn screen at every size: no line is wider than its terminal, and a state has its word."""

import re
from pathlib import Path

import pytest
from rich.cells import cell_len

DRAWN = sorted(Path(__file__).with_name("drawn").glob("*-*x*.txt"))
SIZE = re.compile(r"^(.+)-(\d+)x(\d+)$")
WORDS = {
    "run-failed": "✖ failed",
    "run-unknown": "UNKNOWN",
    "run-running": "RUNNING",
    "run-sign": "SIGN",
    "run-todo": "START",
    "rollback": "ROLLBACK",
    "summary": "UNFINISHED",
    "replay": "REPLAY",
    "setup": "BEGIN",
    "run-todo-drill": "DRILL",
}
"""What must be read on a screen, whatever its size."""


@pytest.mark.parametrize("file", DRAWN, ids=lambda file: str(file.stem))
def test_no_line_is_wider_than_its_terminal_and_the_state_has_its_word(file: Path) -> None:
    found = SIZE.match(file.stem)
    assert found is not None
    name, width, height = found[1], int(found[2]), int(found[3])
    text = file.read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if cell_len(line) > width] == []
    assert len(text.splitlines()) <= height
    assert WORDS.get(name, "") in text
