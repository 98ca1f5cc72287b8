"""The report card as it is drawn: nothing wider than the screen, every figure at every size, the mock-up's night."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from rich.cells import cell_len

from tests.support.runbooks.runbooks import small
from tui.screens.summary.card_text import Line, head_lines, owed_line, section_lines, time_bar
from tui.screens.summary.screen import sections_rows
from tui.session import events as ev
from tui.session.report_card.downtime import Downtime, Outage
from tui.session.report_card.report_card import CardRollback, CardSection, Owed, ReportCard
from tui.session.state import SessionState
from tui.session.views.called import Called, Tone
from tui.session.views.usual import Usual

BEGAN = datetime(2026, 11, 24, 2, 31, tzinfo=UTC)
DONE = SessionState(runbook=small(), finished=ev.SessionFinished(result="completed", operator="ana"))
NIGHT = (
    *(("Preparation", 372, 390), ("Current system", 110, 105), ("Dependencies", 4, 5), ("Method A", 611, 380)),
    *(("Immediate checks", 92, 95), ("Health endpoints", 8, 9), ("Functional tests", 41, 44), ("Monitoring", 980, 960)),
    ("Completion", 74, 80),
)


def usual(median: float) -> Usual:
    return Usual(median, median * 0.9, median * 1.1, 5)


CARD = ReportCard(
    badge=Called("deployed", Tone.GOOD),
    drill="",
    environment="production",
    what="v2.0.0 by method A",
    people="root and ada",
    began=BEGAN,
    ended=BEGAN + timedelta(seconds=2292),
    took=2292,
    budget=2700,
    usual=usual(1920),
    signed=54,
    steps=55,
    skipped=1,
    deviated=3,
    failed=2,
    downtime=Downtime(known=True, seconds=112, outages=(Outage(BEGAN, BEGAN + timedelta(seconds=112)),)),
    ticked=21,
    items=21,
    rollback=None,
    sections=tuple(CardSection(title, took, usual(often)) for title, took, often in NIGHT),
    deviations=(),
    owed=(Owed(3600, 5, 0, 0), Owed(86400, 5, 5, 0), Owed(604800, 4, 0, 1)),
)


def plain(lines: list[Line]) -> list[str]:
    return ["".join(text for text, _ in line).rstrip() for line in lines]


def test_the_night_of_the_mock_up_at_80_columns() -> None:
    assert plain(head_lines(CARD, DONE, 80, "f")) == [
        "   ✔ DEPLOYED   v2.0.0 by method A   root and ada",
        "  38:12 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╂━━━━━─────── of 45:00   usually 32:00",
        "       54           1            3            2           1:52        21/21",
        "  of 55 steps    skipped     deviations     failed      downtime    checklist",
    ]
    assert plain(section_lines(CARD, 76, 9)) == [
        "Preparation         6:12 ━━━━━━━━━━━━━━━━─┼─────────────────────────    6:30",
        "Current system      1:50 ━━━━┼──────────────────────────────────────    1:45",
        "Dependencies        0:04 ┼──────────────────────────────────────────    0:05",
        "Method A           10:11 ━━━━━━━━━━━━━╂━━━━━━━───────────── ▲ slower    6:20",
        "Immediate checks    1:32 ━━━━┼──────────────────────────────────────    1:35",
        "Health endpoints    0:08 ┼──────────────────────────────────────────    0:09",
        "Functional tests    0:41 ━┼─────────────────────────────────────────    0:44",
        "Monitoring         16:20 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╂   16:00",
        "Completion          1:14 ━━━┼───────────────────────────────────────    1:20",
    ]
    assert plain([owed_line(CARD, 80)]) == [
        "  ◆ 5 within 1 hour  ✔ 5 within 24 hours, 5 done  ✖ 4 within 1 week, 1 late now"
    ]


def test_the_parts_of_a_rollback_stand_below_it_where_all_fit() -> None:
    parts = CardSection("Quick rollback", 76, None, part=True), CardSection("Verify", 43, None, part=True)
    card = replace(CARD, sections=(*CARD.sections[:2], CardSection("Rollback", 119, None), *parts))
    titles = [line.split("  ")[0] or line[:10] for line in plain(section_lines(card, 76, 5))]
    assert titles == ["Preparation", "Current system", "Rollback", "  Quick ro", "  Verify  "]
    assert [line.split("  ")[0] for line in plain(section_lines(card, 76, 3))] == titles[:3]


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("what", ["v2.0.0 by method A", "日本語のリリース" * 12, "x" * 300])
def test_no_line_is_wider_than_the_screen(width: int, what: str) -> None:
    card = replace(CARD, what=what, sections=(*CARD.sections, CardSection(what, 9000, usual(3000))))
    for state in (DONE, replace(DONE, finished=None)):
        lines = [*head_lines(card, state, width, "f"), *section_lines(card, width, 9), owed_line(card, width)]
        assert max(sum(cell_len(text) for text, _ in line) for line in lines) <= width


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_every_figure_stands_above_its_name_at_every_size(width: int) -> None:
    numbers, names = plain(head_lines(CARD, DONE, width, "f"))[-2:]
    assert numbers.split() == ["54", "1", "3", "2", "1:52", "21/21"]
    assert all(word in names for word in ("of 55", "skipped", "deviat", "failed", "downtime"))
    assert names.split()[-1] == ("ticked" if width == 60 else "checklist"), "and no two touch"
    assert ("failed attempts" in names) is (width >= 100)


def test_no_checklist_is_counted_where_the_runbook_has_none() -> None:
    numbers, names = plain(head_lines(replace(CARD, ticked=0, items=0), DONE, 80, "f"))[-2:]
    assert numbers.split() == ["54", "1", "3", "2", "1:52"]
    assert "checklist" not in names


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_the_people_stand_beside_what_was_done_and_below_it_where_there_is_no_room(width: int) -> None:
    long = replace(CARD, people="Anastasia Konstantinopolskaya and Hubert Wolfe")
    for card in (CARD, long):
        first, second, *_ = plain(head_lines(card, DONE, width, "f"))
        row = first if cell_len(f"   ✔ DEPLOYED   {card.what}   {card.people}") <= width else second
        assert row.endswith(f"{card.what}   {card.people}" if row is first else f"  by {card.people}")
    without = plain(head_lines(replace(CARD, people=""), DONE, width, "f"))
    assert without[0].endswith(CARD.what)
    assert len(without) == len(plain(head_lines(CARD, DONE, 200, "f")))


def test_a_rollback_has_its_reason_and_its_own_time() -> None:
    back = CardRollback(reason="errors", at=BEGAN, took=700, allowed=600)
    lines = head_lines(replace(CARD, badge=Called("rolled back", Tone.BAD), rollback=back), DONE, 120, "f")
    words = "\n".join(plain(lines))
    assert "↺ ROLLED BACK" in words
    assert "because errors" in words
    assert "rollback of 10:00" in words
    unfinished = plain(head_lines(replace(CARD, rollback=back), replace(DONE, finished=None), 120, "f"))
    assert "because errors" in "\n".join(unfinished), "the deviations do not tell it again"
    failed = "Migrate failed: exit status 1: django.db.utils.OperationalError: (1060, \"Duplicate column name 'tags'\")"
    for width in (76, 80, 120):
        lines = head_lines(replace(CARD, rollback=replace(back, reason=failed)), DONE, width, "f")
        assert "'tags'" in "\n".join(plain(lines)), "what failed is not cut"
        assert max(map(cell_len, plain(lines))) <= width
    lines = head_lines(replace(CARD, rollback=replace(back, reason=failed * 3)), DONE, 80, "f")
    assert len(lines) == len(head_lines(replace(CARD, rollback=replace(back, reason=failed)), DONE, 80, "f"))
    assert any("…" in line for line in plain(lines)), "a longer one says that it is"
    lines = head_lines(replace(CARD, badge=Called("rolled back", Tone.BAD), rollback=back), DONE, 120, "f")
    assert ("11:40", "bold $st-bad") in [(text.strip(), style) for line in lines for text, style in line]


def test_what_the_session_is_finished_as_is_read_whole() -> None:
    state = replace(DONE, finished=None)
    for width, words in ((80, "not recorded as finished yet"), (59, "not recorded yet")):
        assert f"  {words}   f finishes it as “completed”" in plain(head_lines(CARD, state, width, "f"))


def test_of_too_many_sections_the_longest_are_shown_and_the_rest_is_counted() -> None:
    lines = plain(section_lines(CARD, 76, 4))
    assert [line.split("  ")[0] for line in lines] == ["Preparation", "Method A", "Monitoring", "… 6 other sections"]
    assert lines[-1].split()[-1] == "5:29"
    short = tuple(replace(section, took=0.1 if section.took < 300 else section.took) for section in CARD.sections)
    last = plain(section_lines(replace(CARD, sections=short), 76, 4))[-1]
    assert last.rstrip() == "… 6 sections below 1 s", "and not cut at the longest title"


def test_over_budget_says_by_how_much() -> None:
    line = plain(head_lines(replace(CARD, took=3000.0), DONE, 120, "f"))[1]
    assert "of 45:00 ▲ 5:00 over" in line


def test_a_bar_shows_what_is_usual_inside_and_outside_of_what_it_took() -> None:
    assert "".join(text for text, _ in time_bar(5, 10, 8, 10, "")) == "━━━━━───┼─"
    assert "".join(text for text, _ in time_bar(8, 10, 5, 10, "")) == "━━━━━╂━━──"
    assert time_bar(1, 0, 0, 10, "") == []


@pytest.mark.parametrize(
    ("room", "first", "sections"),
    [
        pytest.param(12, 3, 8, id="80x24, little deviated"),
        pytest.param(12, 6, 6, id="80x24, what deviated is whole"),
        pytest.param(12, 20, 4, id="80x24, a drill's debrief: the longest three and the others"),
        pytest.param(28, 12, 16, id="120x40, both are whole"),
        pytest.param(3, 20, 2, id="hardly any room"),
    ],
)
def test_what_deviated_has_its_rows_before_the_time_of_each_section(room: int, first: int, sections: int) -> None:
    assert sections_rows(room, first) == sections


def test_of_a_rollbacks_long_reason_the_end_is_kept() -> None:
    failed = (
        "Run the database migrations failed: exit status 1: pymysql.err.OperationalError: "
        "(1061, \"Duplicate key name 'coreapp_prompt_tags_c9112550'\")"
    )
    back = CardRollback(reason=failed, at=BEGAN, took=700, allowed=600)
    for width in (60, 80):
        words = plain(head_lines(replace(CARD, badge=Called("rolled back", Tone.BAD), rollback=back), DONE, width, "f"))
        place = next(place for place, line in enumerate(words) if "because Run the" in line)
        assert words[place + 1].endswith("'coreapp_prompt_tags_c9112550'\")"), words
        assert "…" in words[place] + words[place + 1]
        assert all(cell_len(line) <= width for line in words)
