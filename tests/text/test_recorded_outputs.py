"""Progress bars as real tools write them to a terminal (`tests/data/outputs`) show as their last state, a row each."""

from pathlib import Path

import pytest

from tui.text.drawn import Drawn, drawn
from tui.text.looks import Look, nearest

OUTPUTS = Path(__file__).parents[1] / "data" / "outputs"
BAR = "█" * 35
SHOWN = {
    "apt": [
        "Get:1 http://mirror.example/debian bookworm InRelease [151 kB]",
        "Get:2 http://mirror.example/debian bookworm-updates InRelease [55.4 kB]",
        "Get:3 http://mirror.example/debian-security bookworm-security InRelease [34.8 kB]",
        "Get:4 http://mirror.example/debian-security bookworm-security/main amd64 Packages [383 kB]",
        "Fetched 624 kB in 1s (521 kB/s)",
        "Reading package lists... Done",
    ],
    "curl": [
        "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current",
        "                                 Dload  Upload   Total   Spent    Left  Speed",
        "100 2929k  100 2929k    0     0  1673k      0  0:00:01  0:00:01 --:--:-- 1673k",
    ],
    "curl-bar": ["#" * 73 + " 100.0%"],
    "git": [
        "Cloning into 'clone'...",
        "remote: Enumerating objects: 302, done.",
        "remote: Counting objects: 100% (302/302), done.",
        "remote: Compressing objects: 100% (302/302), done.",
        "remote: Total 302 (delta 0), reused 0 (delta 0), pack-reused 0",
        "Receiving objects: 100% (302/302), 5.73 MiB | 11.77 MiB/s, done.",
    ],
    "pip": [
        "WARNING: The script wcwidth is installed in a folder that is not on PATH.",
        "Collecting wcwidth",
        "  Downloading wcwidth-0.9.4-cp310-abi3-manylinux2014_x86_64.manylinux_2_17_x86_64.whl (785 kB)",
        "     ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 785.9/785.9 kB 330.0 MB/s eta 0:00:00",
        "Successfully downloaded rich wcwidth",
    ],
    "tqdm": [f"Notes: 100%|{BAR}| 40/40 [00:00<00:00, 48.13it/s]", "done"],
}


def recorded(tool: str) -> list[bytes]:
    """The lines of a recording."""
    return (OUTPUTS / f"{tool}.out").read_bytes().removesuffix(b"\n").split(b"\n")


@pytest.mark.parametrize("tool", SHOWN)
def test_a_progress_bar_shows_its_last_state(tool: str) -> None:
    assert [drawn(line).text.rstrip() for line in recorded(tool) if drawn(line).text] == SHOWN[tool]


@pytest.mark.parametrize("tool", SHOWN)
def test_while_it_comes_no_redraw_adds_a_row(tool: str) -> None:
    """Whatever part of a line has come, it is one row, and never wider than the terminal that it was written for."""
    for line in recorded(tool):
        for end in range(0, len(line), 7):
            shown = drawn(line[:end]).text
            assert "\n" not in shown
            assert len(shown) <= 100


def test_a_bar_keeps_its_colours() -> None:
    warning, bar = drawn(recorded("pip")[0]), drawn(recorded("pip")[3])
    assert looks(warning) == [("WARNING: The script wcwidth is installed in a folder that is not on PATH.", 3)]
    assert looks(bar) == [("━" * 37, 2), ("785.9/785.9 kB", 2), ("330.0 MB/s", 1), ("0:00:00", 6)]


def looks(line: Drawn) -> list[tuple[str, int]]:
    """The parts that have a colour, each with the one of the first 16 that it is most like."""
    return [(line.text[start:end], nearest(look.colour)) for start, end, look in line.runs if look != Look()]


COMPOSE = "Creating web ... \r\n\x1b[1A\x1b[2K\rCreating web ... \x1b[32mdone\x1b[0m\r\x1b[1B"
"""What docker-compose writes of a container: it goes up to the line, and down again."""


def test_what_is_written_into_a_row_above_is_not_lost() -> None:
    assert [drawn(line.encode()).text.rstrip() for line in COMPOSE.split("\n")] == [
        "Creating web ...",
        "Creating web ... done",
    ]
