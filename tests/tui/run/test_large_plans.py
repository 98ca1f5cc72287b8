"""Screens of a session with 10,000 steps draw and work out what is on the screen: counted in rows and calls."""

from datetime import UTC, datetime

import pytest
from textual.app import App, ComposeResult

from tests.support.runbooks.large import large
from tests.support.source.counted_calls import calls_counted
from tui.runbook.model import Runbook
from tui.screens.checks.table import CheckTable
from tui.screens.palette.palette_rows import MOST, STEPS, rows_of
from tui.screens.summary.card_text import section_lines
from tui.session import events as ev
from tui.session.folding.fold import apply
from tui.session.report_card.report_card import report_card
from tui.session.state import SessionState, initial
from tui.session.views.verdicts import CheckRow

MANY = 10_000
BEGIN = datetime(2026, 11, 24, 2, tzinfo=UTC)
HEIGHT = 20


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return large(MANY)


def begun(runbook: Runbook) -> tuple[SessionState, ev.Entry]:
    event = ev.SessionStarted(
        session="s", flow="deploy", method="", operator="ana", title="x", runbook_hash="", variables={}
    )
    entry = ev.Entry(0, BEGIN, 0.0, event)
    return apply(initial(runbook), entry), entry


def test_the_palette_lists_a_few_of_ten_thousand_steps(runbook: Runbook) -> None:
    state, _ = begun(runbook)
    rows_of([], state)
    with calls_counted() as found:
        assert len(rows_of([], state)) == STEPS
    assert found.total() < 100, "no call for each step of the plan"
    with calls_counted() as found:
        assert len(rows_of([], state, "step")) == MOST
    assert found.total() < 50 * MOST, "a search ends when the list is full"
    (row,) = rows_of([], state, "9999")[:1]
    assert row.step == "step-9998", "the number that stands in the list of steps"


def test_the_summary_shows_the_longest_sections_and_the_rest_in_one_line(runbook: Runbook) -> None:
    state, entry = begun(runbook)
    card = report_card(state, [entry], BEGIN)
    lines = section_lines(card, 80, HEIGHT)
    assert len(lines) <= HEIGHT
    assert card.steps == MANY


class Table(App[None]):
    def compose(self) -> ComposeResult:
        yield CheckTable()


async def test_a_key_on_ten_thousand_checks_draws_the_rows_on_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    below = CheckTable.draw_line

    def counted(table: CheckTable, y: int) -> object:
        drawn.append(y)
        return below(table, y)

    monkeypatch.setattr(CheckTable, "draw_line", counted)
    app = Table()
    async with app.run_test(size=(80, HEIGHT)) as pilot:
        table = app.query_one(CheckTable)
        table.tell([CheckRow(section="all", step=f"step-{place}", title=f"Step {place}") for place in range(MANY)])
        table.focus()
        await pilot.pause()
        drawn.clear()
        await pilot.press("down", "pagedown", "end")
        assert table.place == MANY - 1
        assert 0 < len(drawn) < 30 * HEIGHT
