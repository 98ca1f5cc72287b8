"""What holds of every drawn screen at every size: no line is wider than its terminal, and a state has its word."""

import re
from pathlib import Path

import pytest
from rich.cells import cell_len

DRAWN = sorted(Path(__file__).with_name("drawn").glob("*-*x*.txt"))
SIZE = re.compile(r"^(.+)-(\d+)x(\d+)$")
WORDS = {
    "run-todo": "○ to do",
    "run-running": "▶ running",
    "run-failed": "✖ failed",
    "run-unknown": "? UNKNOWN",
    "run-ask": "◆ your turn",
    "run-sign": "✎ to sign",
    "run-message": "Message: Deployment notice",
    "run-todo-drill": "DRILL",
    "confirm": "CHANGES on PRODUCTION",
    "confirm-destructive": "DESTRUCTIVE on PRODUCTION",
    "confirm-destructive-drill": "DESTRUCTIVE in a DRILL",
    "home": "RESUME",
    "home-empty": "None yet",
    "setup": "BEGIN",
    "watch": "▲ over its limit",
    "checks": "✖ 1 failed",
    "trouble": "✖ DO NOT",
    "rollback": "ROLLBACK",
    "summary": "UNFINISHED",
    "replay": "REPLAY",
    "approval-asked": "TWO ALLOW on PRODUCTION",
    "approval-refused": "refused by ben",
    "approval-why-alone": "ALONE on PRODUCTION",
    "approval-alone": "ana starts it alone",
    "taken-over": "NOT HERE",
    "followed": "you follow ana",
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


SIDES, OVER = "│┃▌▐┤├╂╞╡█▁▂▃▄▅▆▇▉▊▋", "╭╮╰╯┏┓┗┛─━"
"""What stands at the side of a frame: its own line or a scroll bar; and the edge of a box that lies on it."""


EDGE = re.compile(r"[╭┏][^╮┓]*[╮┓]")


def broken(lines: list[str]) -> list[str]:
    """The rows of frames in which something stands where the frame's line should be: it is wider than its frame."""
    found = []
    for top, line in enumerate(lines):
        for left in (at for at, sign in enumerate(line) if sign in "╭┏"):
            right = next((at for at in range(left + 1, len(line)) if line[at] in "╮┓"), -1)
            if right < 0 or any(sign in "╭┏" for sign in line[left + 1 : right]):
                continue  # large figures, and what another box lies on
            for row, below in enumerate(lines[top + 1 :], top + 1):
                ends = (below.ljust(right + 1)[left], below.ljust(right + 1)[right])
                covered = any(one.start() <= right and one.end() > left for one in EDGE.finditer(below))
                if covered or any(one in OVER for one in ends) or "…/sessions/" in below:  # a name that is shortened
                    break
                if any(one not in SIDES for one in ends):
                    found.append(f"{row}: {below}")
                    break
    return found


@pytest.mark.parametrize("file", DRAWN, ids=lambda file: str(file.stem))
def test_no_line_is_wider_than_its_frame(file: Path) -> None:
    assert broken(file.read_text(encoding="utf-8").splitlines()) == []


def test_a_line_that_is_wider_than_its_frame_is_found() -> None:
    assert broken(["╭─ A ──╮", "│ 12345│", "│ 1234567", "╰──────╯"]) == ["2: │ 1234567"]
