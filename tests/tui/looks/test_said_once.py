"""Nothing is said twice on a screen: a phrase of two words and more stands on it once, but for what has a reason."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tui.runbook.reading.load import load

FOLDER = Path(__file__).parents[1] / "drawn"
DRAWN = sorted(FOLDER.glob("*-*x*.txt"))
RUNBOOK = load(FOLDER / "runbook.toml")
BETWEEN = re.compile(r"\s{2,}|[│┃╭╮╰╯┏┓┗┛━─┼╂┤▐▌▍╌]+| · |, |: | \(|\)")
"""What parts the facts of a line."""
BESIDE = re.compile(r"^[^\w$`“\"'/-]+|[^\w)”\"'`%]+$")
"""The sign before a fact, and what ends it."""
BOX = re.compile(r"[╭┏][─━] \S (?:[A-Z][A-Z -]+ )?(?:on PRODUCTION|in a DRILL) [─━]+[╮┓]")
"""The upper edge of a dialog. It lies on the step that it asks about, and says what it asks by itself."""
COLUMN = re.compile(
    r"[\d:./ hmsd]+|(\d+ )?(signed|to do|failed|running|to sign|UNKNOWN)|exit status \d|over its limit|no sample yet"
)
"""What stands beside each of several things: a time, a state, what is expected of it."""
KEYS = re.compile(r"(\S|\^\S|F\d+|esc) [a-z][a-z ]*")
"""A key and its verb: in the row of keys, and where it is offered, in the band or the frame it belongs to."""
TITLES = {
    *(step.title for section in RUNBOOK.sections for step in section.steps),
    *(step.title for issue in RUNBOOK.troubleshooting for step in issue.diagnosis),
    *(issue.title for issue in RUNBOOK.troubleshooting),
    *(followup.title for followup in RUNBOOK.followups),
}
"""A title is in the list, and on the frame of what is looked at; two of one title are two things."""
CHOICES = "each choice is named where it says what follows from it, and on its button"
WHY = {
    "checks": {"no such service": "the row may be cut; the whole error is below the table"},
    "home": {"at Run the database migrations": "two sessions were left at the same step"},
    "followed": {"$ docker-compose run --rm -T web python": "two commands that begin alike"},
    "keys": {"": "a key that several screens have is listed with each of them"},
    "moved": dict.fromkeys(("As in the session", "As today", "Leave it"), CHOICES),
    "palette": dict.fromkeys(("there is no output here", "no search yet"), "each act that cannot be done says why"),
    "review": {"restart it with `docker restart": "a line of the document, and the step's text that it became"},
    "run-again": {"Run it": "the heading of a dialog that only this test has"},
    "run-failed": dict.fromkeys(
        ("Running migrations", "\"Duplicate column name 'tags'\""),
        "what a check got is on the card, whatever part of the output is in sight",
    ),
    "run-unknown": {"Running migrations": "the last line is told with the question that it answers"},
    "run-todo": {"$ docker-compose run --rm -T web python": "two commands that begin alike"},
}
"""What is said twice for a reason, by the state; "" is for all of it."""


def box(lines: list[str]) -> list[str]:
    """What a dialog says, where one is open; else the screen."""
    for top, line in enumerate(lines):
        if edge := BOX.search(line):
            inside = [one[edge.start() : edge.end()] for one in lines[top:]]
            ends = next((at for at, one in enumerate(inside) if one[:1] in "╰┗"), len(inside))
            return inside[:ends]
    return lines


def phrases(text: str) -> Counter[str]:
    """How often each fact is said."""
    parts = (BESIDE.sub("", part.strip()) for line in box(text.splitlines()) for part in BETWEEN.split(line))
    return Counter(part for part in parts if len(part.split()) > 1 or re.search(r"\w@\w|\d:\d\d", part))


@pytest.mark.parametrize("file", DRAWN, ids=lambda file: str(file.stem))
def test_no_fact_is_said_twice(file: Path) -> None:
    state = file.stem.rpartition("-")[0].removesuffix("-drill")
    why = WHY.get(state, {})
    twice = {
        phrase: count
        for phrase, count in phrases(file.read_text(encoding="utf-8")).items()
        if count > 1 and not COLUMN.fullmatch(phrase) and phrase not in why and "" not in why
        if count > 2 or not (KEYS.fullmatch(phrase) or phrase in TITLES)
    }
    assert twice == {}
