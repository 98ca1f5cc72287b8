"""What shows each of the document's 586 lines, filled in by a person who read both, holds for the bundled runbook."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bundled.test_bundled_runbook import rows as matrix
from tests.support.runbooks.seed import NOTHING, TABLE, Claim, Row, Thing, lines, plain, shown, table, thing_of, things
from tests.support.runbooks.seed_changes import changed_monitors, changed_steps, changed_triggers, moved_bounds, without
from tui.runbook.model import Runbook
from tui.runbook.reading.load import load
from tui.runbook.walk import steps_of

ROOT = Path(__file__).parents[2]

SAYS_NOTHING = {
    "contents": r"- \[[^]]*\]\(#[a-z-]+\)",
    "label": r"(- )?\*\*[A-Za-z& ]+(\([A-Za-z]+\))?\*\*:",
    "end-of-shell": r"> exit;|>>> exit\(\)",
}
"""The kinds of line that say nothing which could be shown, and what such a line is."""


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return load(ROOT / "runbook.toml")


@pytest.fixture(scope="module")
def places(runbook: Runbook) -> dict[str, Thing]:
    return things(runbook)


CHECKLIST = range(1162, 1180)

ROWS = table(TABLE.read_text(encoding="utf-8"))
BY_PLACE: dict[str, list[tuple[Claim, ...]]] = {}
for _row in ROWS:
    for _group in _row.groups:
        BY_PLACE.setdefault(_group[0].place, []).append(_group)


def test_each_of_the_586_lines_has_its_row_once() -> None:
    assert [row.line for row in ROWS] == [row.line for row in matrix()]


def test_no_row_names_the_same_twice() -> None:
    assert [row.line for row in ROWS if len(set(row.groups)) != len(row.groups)] == []


def test_each_row_begins_as_its_line_does() -> None:
    texts = {row.line: " ".join(row.text.replace("\\n", " ").split()) for row in matrix()}
    assert [row for row in ROWS if not row.document or not texts[row.line].startswith(row.document)] == []


def test_a_row_that_shows_nothing_is_of_a_line_that_says_nothing() -> None:
    for row in ROWS:
        if any(claim.place == NOTHING for claim in row.claims):
            (claim,) = row.claims
            assert re.fullmatch(SAYS_NOTHING[claim.part], row.document), row


def unshown(row: Row, places: dict[str, Thing]) -> Iterator[str]:
    for group in row.groups:
        place = group[0].place
        if place not in places:
            yield f"there is no {place}"
        elif not shown(group, places[place]):
            yield f"{place} has no {', '.join(f'{one.part}: {one.value}' for one in group)}"


def test_every_line_is_shown_by_what_its_row_names(places: dict[str, Thing]) -> None:
    wrong = [f"{row.line}: {said}" for row in ROWS if not row.says_nothing for said in unshown(row, places)]
    assert not wrong, "\n".join(wrong)


def test_what_a_row_names_says_itself_that_it_comes_from_that_line(places: dict[str, Thing]) -> None:
    """A step that ticks an item need not name the item's line; what has no `source` at all is beside one that has."""
    for row in ROWS:
        covered = [place for place in {claim.place for claim in row.claims} if row.line in lines(source(places, place))]
        assert covered or row.says_nothing, row.line
        for claim in row.claims:
            if source(places, claim.place) and claim.part != "checklist":
                assert claim.place in covered, (row.line, claim.place)


def source(places: dict[str, Thing], place: str) -> str:
    return (places[place].source or "") if place in places else ""


MARKS = {"when", "on", "signoff", "danger", "checklist", "kind", "before"}
"""Parts that say of a step when and how it is done, and not what."""
ONE_METHOD = re.compile(r"For (Docker|systemd):")


def test_every_line_is_shown_by_what_is_done_or_said_and_not_by_a_mark_alone() -> None:
    marks = MARKS | {("mutates", "yes")}
    weak = [
        row.line
        for row in ROWS
        if not row.says_nothing and all(one.part in marks or (one.part, one.value) in marks for one in row.claims)
    ]
    assert [row.line for row in ROWS if row.line in weak and not ONE_METHOD.match(row.document)] == []


def test_no_claim_holds_without_what_it_names(places: dict[str, Thing]) -> None:
    for row in ROWS:
        for group in row.groups:
            for claim in group:
                assert claim.value.strip(), row.line
                if claim.place != NOTHING:
                    assert not shown(group, without(places[claim.place], claim.part, claim.value)), (row.line, claim)


def noticed(place: str, thing: Thing) -> bool:
    """Whether a row fails where this stands in a place."""
    return any(not shown(group, thing) for group in BY_PLACE.get(place, ()) if group[0].part != "before")


def test_what_the_document_has_cannot_be_changed_unnoticed(runbook: Runbook) -> None:
    """Every command, probe and question that the document has as well, and each thing that is expected of it."""
    texts = {row.line: row.text.strip() for row in matrix()}
    unnoticed, tried = [], 0
    for _, step in steps_of(runbook):
        literally = {texts.get(line) for line in lines(step.source)}
        for what, action, other in changed_steps(step):
            if action.original or (action.run and action.run in literally):
                tried += 1
                unnoticed += [] if noticed(step.id, thing_of(other, runbook)) else [what]
    assert unnoticed == []
    assert tried > 300


OURS = (
    "size above",
    "workers at_",
    "schema lines",
    "Memory: ",
    "Database connections: ",
    "Celery workers: ",
)
"""Bounds that the document does not have."""


def test_no_bound_can_be_moved_unnoticed(runbook: Runbook) -> None:
    moved = [
        (step.id, what, thing_of(other, runbook)) for _, step in steps_of(runbook) for what, other in moved_bounds(step)
    ]
    for kind, changed in (("monitors", changed_monitors), ("triggers", changed_triggers)):
        for name, one in getattr(runbook, kind).items():
            moved += [(f"{kind}.{name}", what, plain(other, runbook)) for what, other in changed(one)]
    ours = re.compile("|".join(OURS))
    assert [(place, what) for place, what, thing in moved if not ours.match(what) and not noticed(place, thing)] == []


def test_the_items_of_the_checklist_are_ticked_by_the_steps_that_their_rows_name(runbook: Runbook) -> None:
    items = {row.claims[0].place.removeprefix("checklist."): row.claims[1:] for row in ROWS if row.line in CHECKLIST}
    named = {(claim.place, item) for item, claims in items.items() for claim in claims if claim.part == "checklist"}
    ticking = {(step.id, item) for _, step in steps_of(runbook) for item in step.checklist}
    assert list(items) == [item.id for item in runbook.checklist]
    assert named == ticking
