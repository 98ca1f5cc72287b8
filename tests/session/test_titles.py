"""What is known of a session stands in the titles of its sections and steps, live, in a replay and read again."""

from datetime import UTC, datetime

import pytest

from tests.support.runbooks import SMALL
from tui.errors import RunbookInvalid
from tui.runbook.reading.load import load_text
from tui.session import events as ev
from tui.session.folding.fold import apply, fold
from tui.session.state import initial, step_by_id

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
TEXT = (
    SMALL.replace('title = "Back up"', 'title = "Back up {{ release }}, before it {{ tag_before }}"')
    .replace('title = "Change"', 'title = "Change to {{ release }}"')
    .replace('title = "Look around"', 'title = "Look around as {{ operator }}"')
)
BEGUN = ev.SessionStarted(
    session="s",
    flow="deploy",
    method="docker",
    operator="ana",
    variables={"release": "v2"},
    title="Shop",
    runbook_hash="",
)


def entries(*events: ev.AnyEvent) -> list[ev.Entry]:
    return [ev.Entry(place, AT, float(place), event) for place, event in enumerate(events)]


def test_a_title_says_what_is_known_by_then() -> None:
    runbook = load_text(TEXT, "r")
    state = apply(initial(runbook), entries(BEGUN)[0])
    assert [section.title for section in state.runbook.sections][:2] == ["Before", "Change to v2"]
    assert step_by_id(state.runbook, "backup").title == "Back up v2, before it (tag before: no value yet)"
    assert step_by_id(state.runbook, "look").title == "Look around as ana"
    captured = ev.ValueCaptured(step="look", name="tag_before", value="v1\nand more")
    handed = ev.SessionHandedOver(previous="ana", operator="ben", machine="m", summary="")
    after = fold(runbook, entries(BEGUN, captured, handed))
    assert step_by_id(after.runbook, "backup").title == "Back up v2, before it v1 and more"
    assert step_by_id(after.runbook, "look").title == "Look around as ben"
    assert [step.title for _, step in after.plan()][1] == "Back up v2, before it v1 and more"
    corrected = ev.ValueCorrected(name="release", value="v3", operator="ben", reason="typo")
    assert fold(after.runbook, entries(BEGUN, captured, handed, corrected)).runbook.sections[1].title == "Change to v3"


def test_a_value_is_no_longer_than_a_title_has_room_for() -> None:
    long = ev.ValueCaptured(step="look", name="tag_before", value="v" * 500)
    after = fold(load_text(TEXT, "r"), entries(BEGUN, long))
    assert step_by_id(after.runbook, "backup").title == f"Back up v2, before it {'v' * 60}"


def test_a_runbook_without_values_in_its_titles_stays_the_one_that_it_is() -> None:
    runbook = load_text(SMALL, "r")
    assert fold(runbook, entries(BEGUN)).runbook is runbook


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("utc_time", "{{ utc_time }} changes while a session is open, and a title does not"),
        ("gone", "no value for {{ gone }} here"),
        ("db_password", '"db_password" is a secret and never becomes part of a text'),
    ],
)
def test_a_title_that_would_never_be_right_is_refused(name: str, told: str) -> None:
    with pytest.raises(RunbookInvalid) as caught:
        load_text(SMALL.replace('title = "Back up"', f'title = "Back up {{{{ {name} }}}}"'), "r")
    assert [problem.message for problem in caught.value.problems] == [told]
