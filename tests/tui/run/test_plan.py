"""The list of steps: what is folded and what is open, what its rows say, and what gives way where it is narrow."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.cells import cell_len
from textual.app import App

from tests.support.runbooks.large import SECTION, large, large_text
from tests.support.source.counted_calls import calls_counted
from tui.runbook.model import Runbook
from tui.runbook.reading.lint import lint_text
from tui.runbook.reading.load import load
from tui.session import events as ev
from tui.session.folding.fold import apply, fold
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.report_card.report_card import report_card
from tui.session.report_card.tally import tally
from tui.session.state import SessionState, StepStatus, plan_of
from tui.widgets.checklist.folding import FoldedList, opened
from tui.widgets.checklist.outline import Outline, outline
from tui.widgets.checklist.plan_text import RowShape, counts_in, heading, section_seen, step_row
from tui.widgets.checklist.widget import Checklist
from tui.widgets.moment import Moment, current_step

BEGIN = datetime(2026, 11, 24, 2, tzinfo=UTC)
FEW, MANY = 100, 1_000
BUNDLED = Path(__file__).parents[3] / "runbook.toml"


@pytest.fixture(scope="module")
def bundled() -> Runbook:
    return load(BUNDLED)


def begun(method: str = "a") -> ev.AnyEvent:
    return ev.SessionStarted(
        session="s", flow="deploy", method=method, operator="ana", title="x", runbook_hash="", variables={}
    )


def done(step: str, number: int, took: float = 10.0) -> list[ev.AnyEvent]:
    return [
        ev.StepOpened(step=step, operator="ana"),
        ev.AttemptStarted(attempt=number, step=step, action=0, host="x", command="x", mutates=False),
        ev.AttemptFinished(attempt=number, outcome=Outcome.exited(0), seconds=took),
        ev.StepSigned(step=step, operator="ana"),
    ]


def state_of(runbook: Runbook, events: Iterable[ev.AnyEvent]) -> SessionState:
    """The state after events of which the ends of attempts alone let time pass."""
    at, entries = BEGIN, []
    for seq, event in enumerate([begun(), *events]):
        at += timedelta(seconds=event.seconds if isinstance(event, ev.AttemptFinished) else 0)
        entries.append(ev.Entry(seq, at, float(seq), event))
    return fold(runbook, entries)


def after(runbook: Runbook, steps: int, *more: ev.AnyEvent) -> SessionState:
    plan = [step.id for _, step in plan_of(state_of(runbook, ())).steps]
    return state_of(
        runbook, [*(event for place, step in enumerate(plan[:steps]) for event in done(step, place + 1)), *more]
    )


def rows_of(state: SessionState, height: int) -> tuple[Outline, FoldedList]:
    lines = outline(state)
    here = lines.part_of(current_step(state))
    return lines, FoldedList(lines, opened(lines, here, here, {}, height))


def drawn(state: SessionState, width: int, height: int) -> list[str]:
    """The rows as they are on a list of this size."""
    lines, rows = rows_of(state, height)
    moment = Moment(state=state, now=BEGIN + timedelta(minutes=9))
    found = []
    for number in range(rows.total):
        row = rows.at(number)
        place = RowShape(width=width, selected=number == rows.row_of(current_step(state)))
        pieces = (
            step_row(moment, row.step, place)
            if row.step
            else heading(
                moment, row.part, row.place in rows.open_parts, row.place == lines.part_of(current_step(state)), place
            )
        )
        found.append("".join(text for text, _ in pieces))
    return found


# what is folded


def test_at_eighty_columns_all_sections_and_the_open_one_fit(bundled: Runbook) -> None:
    for steps in (0, 5, 18, 22, 26, 33, 37, 45):
        rows = drawn(after(bundled, steps), 31, 18)
        assert len(rows) <= 18
        assert sum(row[0] in "▸▾" for row in rows) == 9, rows
        assert sum(row.startswith("❯") for row in rows) == 1


def test_finished_and_later_sections_are_one_line_each_with_their_counts_and_times(bundled: Runbook) -> None:
    rows = drawn(after(bundled, 22), 31, 18)
    assert rows[0] == "▸✔ Preparation        6/6  1:00"
    assert rows[1] == "▸✔ Current system   10/10  1:40"
    assert rows[3] == "▾▶ Method A           4/8  0:40"
    assert rows[-1] == "▸○ Completion         0/2      "


def test_where_there_is_room_what_follows_is_open_before_what_is_done(bundled: Runbook) -> None:
    lines, rows = rows_of(after(bundled, 22), 34)
    names = [part.id for place, part in enumerate(lines.parts) if place in rows.open_parts]
    assert names == ["check-dependencies", "method-a", "verify-immediate", "health", "verify-functional"]
    assert rows.total <= 34
    lines, rows = rows_of(after(bundled, 22), 100)
    assert len(rows.open_parts) == len(lines.parts)


def test_nothing_is_opened_beyond_a_section_that_does_not_fit(bundled: Runbook) -> None:
    state = after(bundled, 22)
    lines = outline(state)
    here = lines.part_of(current_step(state))
    for height in range(1, 80):
        places = sorted(opened(lines, here, here, {}, height))
        assert places == list(range(places[0], places[-1] + 1))
        assert here in places


def test_what_was_folded_or_opened_by_hand_stays_so(bundled: Runbook) -> None:
    state = after(bundled, 22)
    lines = outline(state)
    here, last = lines.part_of(current_step(state)), len(lines.parts) - 1
    own, far = lines.parts[here].id, lines.parts[last].id
    assert here not in opened(lines, here, here, {own: False}, 100)
    assert last in opened(lines, here, here, {far: True}, 5)
    assert last in opened(lines, here, last, {}, 5), "the section of the step looked at is open"


def test_every_step_has_its_row_and_a_folded_one_that_of_its_heading(bundled: Runbook) -> None:
    lines, rows = rows_of(after(bundled, 22), 34)
    for step in lines.steps:
        row = rows.at(rows.row_of(step))
        if lines.part_of(step) in rows.open_parts:
            assert row.step is not None
            assert row.step.id == step
        else:
            assert row.step is None
            assert row.place == lines.part_of(step)


def test_one_moves_from_step_to_step_and_a_section_folded_by_hand_is_one_stop(bundled: Runbook) -> None:
    lines = outline(after(bundled, 22))
    first, second = lines.parts[0], lines.parts[1]
    assert [step for step in lines.steps if step in lines] == list(lines.steps)
    walked = [lines.steps[0]]
    while walked[-1] != lines.steps[-1]:
        walked.append(lines.neighbour(walked[-1], 1, lambda place: place == 1))
    assert walked == [
        *(step.id for step in first.steps),
        second.steps[0].id,
        *lines.steps[lines.parts[2].first :],
    ]
    back = lines.neighbour(second.steps[0].id, -1, lambda place: place == 1)
    assert back == first.steps[-1].id
    assert lines.neighbour(lines.parts[2].steps[0].id, -1, lambda place: place == 1) == second.steps[0].id
    folded_end = lines.neighbour(lines.steps[-1], 1, lambda place: place == len(lines.parts) - 1)
    assert folded_end == lines.steps[-1]


# what a row says


def test_no_row_is_wider_than_its_list(bundled: Runbook) -> None:
    state = after(bundled, 22, ev.StepOpened(step="a-static", operator="ana"))
    for width in range(20, 64):
        assert {cell_len(row) for row in drawn(state, width, 60)} == {width}


def test_a_time_leaves_before_a_title_is_cut_and_the_short_name_comes_before_both(bundled: Runbook) -> None:
    state = after(bundled, 22)
    by_width = {width: drawn(state, width, 18)[9] for width in (60, 34, 31, 22)}
    assert by_width[60].split() == ["○", "Replace", "the", "containers", "and", "check", "the", "site", "!", "3:00"]
    assert by_width[34].split() == ["○", "Replace", "the", "containers", "!", "3:00"]
    assert by_width[31].split() == ["○", "Replace", "the", "containers", "!"]
    assert by_width[22] == "  ○ Replace the con… !"


def test_what_is_dangerous_is_marked_until_it_is_done(bundled: Runbook) -> None:
    before, later = (" ".join(drawn(after(bundled, steps), 48, 60)) for steps in (21, 22))
    assert "Run the database migrations" in before
    assert "■ 3:00" in before.split("Run the database migrations")[1][:20]
    assert "■" not in later


def test_the_open_section_shows_its_progress_from_36_columns_on(bundled: Runbook) -> None:
    state = after(bundled, 22)
    assert "▰▰▰▰▱▱▱▱ 4/8" in "\n".join(drawn(state, 36, 60))
    assert "▰" not in "\n".join(drawn(state, 35, 60))
    many = large(200)
    assert "▰▰▱▱▱▱▱▱▱▱ 13/50" in "\n".join(drawn(after(many, 13), 60, 60))


def test_no_time_of_zero_is_shown(bundled: Runbook) -> None:
    steps = [step.id for _, step in plan_of(state_of(bundled, ())).steps]
    state = state_of(bundled, [event for place, step in enumerate(steps[:7]) for event in done(step, place + 1, 0.4)])
    rows = drawn(state, 48, 60)
    assert not any("0:00" in row for row in rows)


def test_a_section_is_seen_as_the_step_in_it_that_needs_somebody(bundled: Runbook) -> None:
    step = "a-static"
    failed = after(
        bundled,
        22,
        ev.StepOpened(step=step, operator="ana"),
        ev.AttemptStarted(attempt=99, step=step, action=0, host="x", command="x", mutates=True),
        ev.AttemptFinished(attempt=99, outcome=Outcome(OutcomeKind.FAILED, 3), seconds=1.0),
        ev.AttemptChecked(attempt=99, checks=(ev.Check("exit status 0", "exit status 3", ok=False),)),
    )
    assert any(row.startswith("▾✖ Method A") for row in drawn(failed, 31, 18))
    assert any(row.startswith("▾○ Preparation") for row in drawn(after(bundled, 0), 31, 18))
    skipped = after(bundled, 0, *(ev.StepSkipped(step=s, operator="a", reason="x") for s in _first_section(bundled)))
    assert any(row.startswith("▸↷ Preparation        6/6") for row in drawn(skipped, 31, 18))


def test_what_is_left_of_a_deployment_that_is_rolled_back_is_not_to_do_any_more(bundled: Runbook) -> None:
    before = after(bundled, 28)
    turned = after(bundled, 28, ev.RollbackStarted(flow="rollback", operator="ana", reason="errors"))

    def words(state: SessionState) -> dict[str, str]:
        sections = tally(state).sections
        return {one.id: section_seen(state, one, sections[one.id]).word for one in outline(state).parts}

    ahead = [section for section, word in words(before).items() if word == "to do"]
    assert ahead
    assert {words(turned)[section] for section in ahead} == {"not needed"}
    left = counts_in(before, outline(before).parts)[StepStatus.PENDING]
    counts = counts_in(turned, outline(turned).parts)
    assert counts[StepStatus.NOT_NEEDED] >= left
    assert counts[StepStatus.PENDING] == tally(turned).counts[StepStatus.PENDING] - left


def _first_section(runbook: Runbook) -> list[str]:
    return [step.id for step in outline(state_of(runbook, ())).parts[0].steps]


def test_the_bundled_runbook_cuts_no_name_at_eighty_columns(bundled: Runbook) -> None:
    for method in ("a", "b"):
        plan = [begun(method)]
        state = fold(bundled, [ev.Entry(0, BEGIN, 0.0, plan[0])])
        lines = outline(state)
        rows = FoldedList(lines, frozenset(range(len(lines.parts))))
        moment = Moment(state=state, now=BEGIN)
        for number in range(rows.total):
            row, place = rows.at(number), RowShape(width=31)
            pieces = step_row(moment, row.step, place) if row.step else heading(moment, row.part, True, False, place)
            assert not any("…" in text for text, _ in pieces), pieces


def test_lint_asks_for_a_short_name_where_a_name_is_cut() -> None:
    text = large_text(1).replace('title = "Step 0"', 'title = "A step that has a rather long title"')
    (doubt,) = lint_text(text, "x.toml")
    assert "35 characters" in doubt.message
    assert "short" in doubt.hint
    named = text.replace('title = "A step', 'short = "Brief"\ntitle = "A step')
    assert lint_text(named, "x.toml") == []


# what is kept, and what is worked out again

AGAIN = {"action": 0, "host": "x", "command": "x", "mutates": False, "again": True}


def test_a_section_has_the_time_that_the_summary_says_with_that_of_people(bundled: Runbook) -> None:
    state = after(bundled, 5)
    signed = ev.StepSigned(step=plan_of(state).steps[5][1].id, operator="ana")
    state = apply(state, ev.Entry(state.seq + 1, BEGIN + timedelta(minutes=6), 400.0, signed))
    card = report_card(state, ())
    assert card.sections[0].took == 360.0, "its commands took 0:50"
    assert drawn(state, 31, 18)[0] == "▸✔ Preparation        6/6  6:00"


async def test_the_row_of_a_step_that_is_checked_again_tells_its_time_as_it_passes(bundled: Runbook) -> None:
    state = after(bundled, 2)
    step = plan_of(state).steps[0][1]
    checked = ev.AttemptStarted(attempt=1 + max(state.attempts), step=step.id, **AGAIN)
    state = apply(state, ev.Entry(state.seq + 1, BEGIN, float(state.seq + 1), checked))
    steps = Checklist()
    app = App[None]()
    app.compose = lambda: iter([steps])
    async with app.run_test(size=(60, 40)):
        steps.moment = Moment(state=state, now=BEGIN)
        steps.look_at(step.id)
        for minutes, told in ((5, "5:10"), (6, "6:10")):
            steps.moment = Moment(state=state, now=BEGIN + timedelta(minutes=minutes))
            said = [found for y in range(steps.size.height) if (found := steps.said_on(y)) is not None]
            [row] = [row for row in ("".join(text for text, _ in one) for *_, one in said) if step.title in row]
            assert row.endswith(told)


# what must not grow with a runbook


def test_counting_and_folding_look_at_no_step_that_nothing_was_done_about() -> None:
    calls = {}
    for steps in (FEW, MANY):
        runbook = large(steps)
        state = after(runbook, 10)
        tally(state)
        outline(state)
        later = replace(state, steps=dict(state.steps))  # as after an event
        with calls_counted() as found:
            counts = tally(later)
            rows_of(later, 40)
            outline(later).neighbour("step-20", 1, lambda place: False)
        assert (counts.settled, counts.total) == (10, steps)
        calls[steps] = found.total()
    assert calls[MANY] - calls[FEW] <= 20 * (MANY - FEW) // SECTION < MANY - FEW


def test_a_key_in_a_list_of_thousands_of_steps_paints_the_rows_on_the_screen_alone() -> None:
    runbook = large(MANY)
    state = after(runbook, 10)
    lines, rows = rows_of(state, 40)
    moment = Moment(state=state, now=BEGIN)

    def paint() -> None:
        for number in range(40):
            row, place = rows.at(number), RowShape(width=48)
            step_row(moment, row.step, place) if row.step else heading(moment, row.part, True, False, place)

    paint()
    with calls_counted() as found:
        lines.neighbour("step-20", 1, lambda place: False)
        paint()
    assert found.total() < 40 * 100
