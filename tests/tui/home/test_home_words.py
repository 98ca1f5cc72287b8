"""What the frames of the first screen say, and where they stand: every width, every state, without a terminal."""

from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
import tomli
from msgspec import convert
from rich.cells import cell_len

from tests.support.runbooks.runbooks import SMALL
from tui.drill.rehearsals import Practised, practised
from tui.runbook.model import FlowKind, FollowUp, Runbook
from tui.screens.home import spots
from tui.screens.home.deployments_text import (
    deployment_line,
    durations_graph,
    foot_line,
    head_line,
    widths_of,
)
from tui.screens.home.start_text import StartRow, about_lines, start_line
from tui.screens.home.to_do_text import drill_line, drills_count, followup_line, owed_counts, owed_foot
from tui.screens.home.unfinished_text import unfinished_lines
from tui.screens.home.window_text import below_lines, beside_lines, countdown, hours_line, small_lines, window_seen
from tui.session.archive.known import KnownSession
from tui.session.report_card.downtime import Downtime, Outage
from tui.session.views.called import ABANDONED, DEPLOYED, ROLLED_BACK, UNFINISHED, Called, Tone
from tui.session.views.followups import Due
from tui.text.block import Piece
from tui.transports.base import Answering

NOW = datetime(2026, 12, 1, 2, 31, 7, tzinfo=UTC)
WINDOW = '[window]\ndays = ["tue", "wed", "thu"]\nstarts = "02:00"\nends = "04:00"\n'
BUDGET = 'kind = "rollback"\nbudget = "10m"'


def runbook(window: str = WINDOW) -> Runbook:
    text = SMALL.replace("[hosts.web]", window + "[hosts.web]", 1).replace('kind = "rollback"', BUDGET)
    return convert(tomli.loads(text), Runbook)


def told(line: list[Piece]) -> str:
    return "".join(text for text, _ in line)


def known(name: str, words: str = DEPLOYED, took: float = 1860.0, **more: object) -> KnownSession:
    tone = {DEPLOYED: Tone.GOOD, UNFINISHED: Tone.OPEN}.get(words, Tone.BAD)
    return KnownSession(
        **{
            "id": name,
            "path": None,
            "called": Called(words, tone),
            "finished": words != UNFINISHED,
            "runbook": "shop",
            "kind": FlowKind.DEPLOY,
            "what": "Deploy v2, Docker",
            "version": "v2",
            "people": "ana",
            "began": NOW - timedelta(days=int(name)),
            "took": took,
            "budget": 2700.0,
            "settled": 24,
            "steps": 55,
            "at": "Run the migrations",
            **more,
        }
    )


# where the frames stand


@pytest.mark.parametrize("unfinished", [True, False])
def test_frames_fill_the_screen_and_none_covers_another(unfinished: bool) -> None:
    for width in range(60, 251, 5):
        for height in (20, 21, 24, 29, 30, 33, 36, 40, 50, 60, 70):
            places = spots.arranged(width, height - 2, unfinished)
            assert sum(one.width * one.height for one in places.values()) == width * (height - 2), (width, height)
            for one, other in combinations(places.values(), 2):
                apart = (
                    one.x + one.width <= other.x
                    or other.x + other.width <= one.x
                    or one.y + one.height <= other.y
                    or other.y + other.height <= one.y
                )
                assert apart, (width, height)
            assert all(one.height >= 4 and one.width >= 30 for one in places.values()), (width, height)
            assert (spots.UNFINISHED in places) is unfinished


def test_every_frame_is_reached_by_arrows() -> None:
    for size in ((80, 22), (120, 38), (200, 58)):
        places = {
            name: one for name, one in spots.arranged(*size, True).items() if name not in (spots.WINDOW, spots.ABOUT)
        }
        reached, new = set[str](), {spots.UNFINISHED}
        while new:
            reached |= new
            new = {spots.beside(places, frame, way) for frame in new for way in ("up", "down", "left", "right")}
            new -= reached | {""}
        assert reached == set(places)


# the window


def test_an_open_window_says_how_long_and_until_when_a_rollback_fits() -> None:
    seen = window_seen(runbook(), NOW)
    lines = [told(line) for line in small_lines(seen, 36, 5)]
    assert lines[0].strip() == "● OPEN   1 h 28 m left"
    assert lines[1].startswith("02:00 ━━━━━")
    assert lines[1].endswith("── 04:00")
    assert lines[2] == "rollback fits until 03:50"
    assert lines[4] == "next  Wed 2 Dec 02:00  in 23 h 29 m"
    assert countdown(seen) == ("1:28", "hours left")
    assert told(beside_lines(seen, 30)[0]).endswith("until 04:00")
    assert told(hours_line(runbook())) == "Tue Wed Thu 02:00–04:00 UTC"
    assert "Mon–Fri" in told(hours_line(runbook(WINDOW.replace('"tue"', '"mon", "fri", "tue"'))))


def test_a_window_too_short_for_a_rollback_says_so() -> None:
    seen = window_seen(runbook(), NOW.replace(hour=3, minute=52))
    assert "▲ a rollback no longer fits" in "\n".join(told(line) for line in small_lines(seen, 36, 5))
    assert seen.tone == "$st-bad"


def test_a_closed_window_says_why_and_counts_down_to_the_next_once() -> None:
    sunday = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    seen = window_seen(runbook(), sunday)
    small = "\n".join(told(line) for line in small_lines(seen, 36, 5))
    assert "◌ CLOSED" in small
    assert "Sunday is not a deployment day" in small
    assert "next  Tue 24 Nov 02:00  in 1 d 3 h" in small
    assert countdown(seen) == ("1", "day and 3 h to go")
    large = [*beside_lines(seen, 30), *below_lines(seen, 42)]
    assert "1 d 3 h" not in "\n".join(told(line) for line in large)
    assert sum("Sunday is not a deployment day" in told(line) for line in large) == 1
    beside = "\n".join(told(line) for line in [*beside_lines(seen, 26), *below_lines(seen, 42)])  # at 120 columns
    assert "Sunday is not a deployment day" in beside
    assert "…" not in beside
    frozen = WINDOW + 'frozen = ["2026-11-24", "2026-11-25", "2026-11-26"]\n'
    assert countdown(window_seen(runbook(frozen), sunday)) == ("8", "days and 3 h to go")


def test_without_a_window_none_is_claimed() -> None:
    seen = window_seen(runbook(""), NOW)
    assert told(small_lines(seen, 60, 5)[0]) == "No window: a deployment may begin at any time."
    assert [told(line) for line in below_lines(seen, 42)] == ["No window: a deployment may begin at any", "time."]
    assert countdown(seen) == ("", "")


# the deployments


FOUND = [
    known("1"),
    known("7", ROLLED_BACK, 2467.0, reason="error rate above 10 %"),
    known("12", ABANDONED, 391.0, reason="failed: Back up"),
    known("500", DEPLOYED, 1900.0),
    known("14", "abandoned; the rollback is not finished", 400.0),
    known("15", UNFINISHED),
    known("16", runbook="other", title="Another shop"),
    known("17", problem="journal.jsonl: damaged"),
]


def test_no_row_of_a_list_is_wider_than_its_frame() -> None:
    cut_off = Downtime(known=True, seconds=102.0, outages=(Outage(NOW),))
    found = [*FOUND, known("18", downtime=cut_off, version="v" * 60, reason="r" * 200)]
    for width in range(40, 200):
        columns = widths_of(found, width, NOW)
        for one in found:
            assert cell_len(told(deployment_line(one, columns, width, NOW, "shop"))) <= width
        assert cell_len(told(head_line(columns, width))) <= width
        assert cell_len(told(foot_line(found, 2700.0, width))) <= width


def test_each_outcome_has_its_sign_its_word_and_no_green_that_it_did_not_earn() -> None:
    columns = widths_of(FOUND, 120, NOW)
    lines = [deployment_line(one, columns, 120, NOW, "shop") for one in FOUND]
    texts = [told(line) for line in lines]
    assert [text[0] for text in texts] == ["✔", "↺", "–", "✔", "✖", "◆", "✔", "?"]
    assert "Mon 30 Nov 02:31   v2" in texts[0]
    assert "deployed" in texts[0]
    assert "31:00 ━" in texts[0]
    assert "error rate above 10 %" in texts[1]
    assert lines[2][0][1] == "$st-quiet"
    assert "24 of 55, at Run the migrations" in texts[5]
    assert "runbook: Another shop" in texts[6]
    assert "cannot be read" in texts[7]
    assert "2025" in texts[3]


def test_the_downtime_stands_beside_the_time_where_there_was_one() -> None:
    cut_off = Downtime(known=True, seconds=102.0, outages=(Outage(NOW),))
    found = [known("1", downtime=cut_off), known("2")]
    columns = widths_of(found, 100, NOW)
    assert "DOWN" in told(head_line(columns, 100))
    assert "1:42" in told(deployment_line(found[0], columns, 100, NOW, "shop"))
    unsure = known("3", downtime=Downtime(known=True, seconds=102.0, sure=False, outages=(Outage(NOW, sure=False),)))
    assert "≤1:42" in told(deployment_line(unsure, columns, 100, NOW, "shop"))
    assert "DOWN" not in told(head_line(widths_of([known("2")], 100, NOW), 100))


def test_what_is_usual_is_said_from_three_deployments_on() -> None:
    found = [known(str(number), took=1800.0 + 60 * number) for number in range(1, 9)]
    assert told(foot_line(found, 2700.0, 60)).startswith("usually 34 m of 45 m ")
    assert "usually" not in told(foot_line(found[:2], 2700.0, 60))
    assert foot_line([], 2700.0, 60) == []


def test_spare_rows_hold_the_durations_as_a_graph() -> None:
    found = [known(str(number), took=1500.0 + 300 * number) for number in range(1, 9)]
    for width in range(30, 120, 7):
        lines = durations_graph(found, 2700.0, width, 20)
        assert len(lines) == 19
        assert all(cell_len(told(line)) <= width for line in lines)
    text = "\n".join(told(line) for line in durations_graph(found, 2700.0, 80, 20))
    assert "45 m ┤" in text
    assert "·" not in text, "nothing is missing between two bars"
    assert durations_graph(found, 2700.0, 80, 8) == []
    assert durations_graph(found[:1], 2700.0, 80, 20) == []


# what is unfinished


@pytest.mark.parametrize("height", range(3, 9))
@pytest.mark.parametrize("width", [26, 36, 42, 46])
def test_what_is_unfinished_says_where_it_is_and_what_resumes_it(width: int, height: int) -> None:
    one = known("0", UNFINISHED, running="web")
    lines = [told(line) for line in unfinished_lines(one, width, height, ("⏎", "^r"), {"web": Answering.YES})]
    assert len(lines) <= height
    assert all(cell_len(line) <= width for line in lines)
    assert "24/55" in lines[0]
    assert not any("…" in line for line in lines if "ran on web" in line)
    assert "RESUME" in lines[-1]
    assert height < 5 or any("ran on web" in line for line in lines)


def test_a_host_that_does_not_answer_is_said_in_the_small_frame_too() -> None:
    one = known("0", UNFINISHED)
    reached = {"web": Answering.NO}
    assert "✖ not reachable" in "\n".join(told(line) for line in unfinished_lines(one, 36, 5, ("⏎", "^r"), reached))
    large = "\n".join(told(line) for line in unfinished_lines(one, 42, 6, ("⏎", "^r"), {"web": Answering.YES}))
    assert "web ✔ reachable  nothing runs there" in large


def test_hosts_that_answer_alike_share_the_word_where_each_has_no_room_for_its_own() -> None:
    one, both = known("0", UNFINISHED), {"production": Answering.YES, "checkout": Answering.YES}
    lines = "\n".join(told(line) for line in unfinished_lines(one, 42, 6, ("⏎", "^r"), both))
    assert "production, checkout ✔ reachable" in lines
    bad = {"checkout": Answering.YES, "production": Answering.NO}
    lines = "\n".join(told(line) for line in unfinished_lines(one, 42, 6, ("⏎", "^r"), bad))
    assert "production ✖ not reachable  checkout ✔" in lines


# what is to be done


def due(hours: float) -> Due:
    return Due(
        session="s",
        runbook="Shop",
        followup=FollowUp(id="watch", title="Watch the error rate", within="1h"),
        due=NOW + timedelta(hours=hours),
    )


def test_follow_ups_are_late_due_today_or_later() -> None:
    found = [due(-1.2), due(3.5), due(90)]
    texts = [told(followup_line(one, NOW, 60, "Shop")) for one in found]
    assert [text.split("  ")[0] for text in texts] == ["✖ 1 h late", "◆ in 3 h", "○ in 3 d"]
    assert told(owed_counts(found, NOW)) == "1 late · 1 today · 1 later"
    assert "runbook: Shop" in told(followup_line(found[0], NOW, 60, "Other"))
    assert all(cell_len(told(followup_line(one, NOW, width, "Other"))) <= width for one in found for width in range(60))


def test_the_key_that_ticks_one_off_is_whole_or_shorter_beside_the_counts() -> None:
    found = [due(hours) for hours in (1, 1, 240)]
    for width, words in (
        (38, "2 today · 1 later · x ticks one off"),
        (32, "2 today · 1 later · x ticks off"),
        (24, "2 today · 1 later"),
    ):
        assert told(owed_foot(found, NOW, "x", width)) == words
    assert told(owed_foot([], NOW, "x", 38)) == ""


def test_scenarios_never_rehearsed_come_first_and_old_rehearsals_before_new_ones() -> None:
    drill = {"scenario": "Slow"}
    found = [
        known("2", "completed", scenario="Full disk"),
        known("3", UNFINISHED, **drill),
        known("71", "completed", **drill),
        known("80", ABANDONED, scenario="Restart"),
    ]
    titles = [("Never seen", "never"), ("Full disk", "disk"), ("Restart", "restart"), ("Slow", "slow")]
    rows = practised(titles, found, NOW)
    assert [row.title for row in rows] == ["Never seen", "Restart", "Slow", "Full disk"]
    assert [told(drill_line(row, {}, NOW, 40))[0] for row in rows] == ["○", "○", "◆", "✔"]
    assert told(drill_line(rows[3], {"2": 70.0}, NOW, 60)).endswith("2 d ago        1:10")
    assert told(drill_line(rows[0], {}, NOW, 30)).endswith(" never")
    assert told(drills_count(rows, NOW, 60)) == "1 of 4 within 60 days"
    old = Practised(title="Slow", newest=found[2], last=found[2])
    assert told(drill_line(old, {}, NOW, 40)).startswith("! Slow")
    assert all(cell_len(told(drill_line(row, {}, NOW, width))) <= width for row in rows for width in range(20, 90))


def test_the_runbook_says_its_release_with_the_day_as_people_read_it() -> None:
    text = SMALL.replace('release = "v2"', 'release = "v2"\nupdated = "2025-11-26"', 1)
    lines = [told(line) for line in about_lines(convert(tomli.loads(text), Runbook), [], 42)]
    assert "release      v2 of 26 Nov 2025" in lines
    assert "lint         ✔ nothing wrong" in lines
    assert "lint         …" in [told(line) for line in about_lines(runbook(), None, 42)]


def test_what_can_be_started_keeps_its_title_before_what_it_brings() -> None:
    row = StartRow("home.deploy", "d", "Deploy a release", "48 steps, within 45 m")
    texts = {width: told(start_line(row, width)) for width in range(10, 60)}
    assert all(cell_len(text) == width for width, text in texts.items())
    assert texts[42].endswith("Deploy a release48 steps, within 45 m") is False
    assert texts[43].endswith("Deploy a release 48 steps, within 45 m")
    assert texts[36].endswith("   within 45 m")
    assert texts[30].strip() == "d   Deploy a release"
