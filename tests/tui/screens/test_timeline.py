"""The timeline of a replay: the bar with its markers, the times below it, what happened how often, and clicks."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from tests.support.sessions.recorded import written
from tests.tui.conftest import until
from tests.tui.screens.test_replay_screen import replaying
from tui.replay.keyframes import KeyFrames
from tui.replay.stage import staged
from tui.session.views.markers import MarkerKind
from tui.text.block import Piece
from tui.widgets.timeline.text import (
    LEGEND,
    SIGNS,
    Marks,
    Timeline,
    axis,
    bar,
    foot,
    legend,
    legend_line,
    playing_words,
    title,
)

BEGIN = datetime(2026, 11, 28, 4, 6, 2, tzinfo=UTC)
MARKS = Marks(
    {10: {MarkerKind.STEP}, 20: {MarkerKind.FAILURE, MarkerKind.STEP}, 50: {MarkerKind.SIGN_OFF}},
    {
        MarkerKind.STEP: 55,
        MarkerKind.FAILURE: 10,
        MarkerKind.SIGN_OFF: 1200,
        MarkerKind.FAULT: 1,
        MarkerKind.ROLLBACK: 2,
    },
)


def at(elapsed: float, total: float = 757.0, **more: Any) -> Timeline:
    return Timeline(elapsed=elapsed, total=total, begin=BEGIN, now=BEGIN + timedelta(seconds=elapsed), **more)


def said(line: list[Piece]) -> str:
    return "".join(text for text, _ in line)


def test_the_bar_is_heavy_up_to_where_the_replay_is() -> None:
    line = said(bar(at(292), 76, MARKS))
    assert line == f"{'━' * 10}┬{'━' * 9}✖{'━' * 8}█{'─' * 20}✎{'─' * 25}"
    assert said(bar(at(100, read=0.5), 76, Marks())) == f"{'━' * 10}█{'─' * 27}{'·' * 38}"


def test_a_marker_at_the_place_of_the_replay_stays_seen() -> None:
    assert [(text, style) for text, style in bar(at(205), 76, MARKS) if text == "✖"] == [("✖", "bold $st-bad reverse")]


def test_the_times_are_whole_and_stand_below_their_cells() -> None:
    line = said(axis(at(0), 76))
    assert line.split() == ["04:08", "04:10", "04:12", "04:14", "04:16"]
    assert line.index("04:10") == int((4 * 60 - 2) / 757 * 76)
    assert said(axis(at(0, 40.0), 76)).split()[:2] == ["04:06:10", "04:06:20"]
    assert said(axis(at(0, 86400.0 * 9), 76)).split()[:4] == ["30", "Nov", "2", "Dec"]


@pytest.mark.parametrize("total", [0.0, 0.4, 9.0, 61.0, 757.0, 7200.0, 90_000.0, 3e6, 1e9])
def test_no_time_touches_another_and_no_line_is_too_wide(total: float) -> None:
    for width in range(20, 250, 3):
        line = said(axis(at(total / 3, total), width))
        assert len(line) <= width
        words = line.split("  ")
        assert "" in words or len(words) <= 2
        assert cell_len(said(bar(at(total / 3, total), width, MARKS))) == width
        assert cell_len(said(legend_line(legend(MARKS, width)))) <= width
        assert cell_len(said(title(at(1, words="a step: " * 9), width))) <= max(width, 24)


def test_every_kind_of_marker_is_in_the_bar_and_in_the_legend() -> None:
    assert set(SIGNS) == set(MarkerKind)
    assert set(LEGEND) == set(MarkerKind)


def test_the_legend_counts_and_what_matters_least_goes_first() -> None:
    parts = legend(MARKS, 76)
    assert said(legend_line(parts)) == "✖ 10 failed  ↺ rollback  ✎ 1,200 sign-offs  ϟ 1 fault  ┬ 55 steps"
    assert said(legend_line(legend(MARKS, 43))) == "✖ 10 failed  ↺ rollback  ✎ 1,200 sign-offs"
    assert [said(legend_line(parts))[part.start : part.start + 1] for part in parts] == ["✖", "↺", "✎", "ϟ", "┬"]
    assert set(LEGEND) == set(SIGNS) == set(MarkerKind)
    for one, following in pairwise(parts):
        assert following.start == one.end + 2


def test_the_frame_says_the_time_then_how_far_it_is_and_what_is_left_out() -> None:
    here = at(292, words="Migrate: exit status 1")
    assert said(title(here, 78)) == "Timeline  04:10:54 UTC  Migrate: exit status 1"
    assert said(foot(here)) == "4:52 of 12:37 · idle is skipped"
    assert said(foot(at(1, read=0.4, skips_idle=False))) == "reading the journal: 40% · 0:01 of 12:37"
    assert playing_words(here) == "‖ paused 1×"
    assert playing_words(at(292, playing=True, speed=8)) == "▶ playing 8×"
    assert playing_words(at(757)) == "■ end 1×"


async def test_a_click_goes_to_the_marker_or_the_moment_and_one_on_the_legend_to_the_next_of_its_kind(
    tmp_path: Path,
) -> None:
    night = written(tmp_path / "sessions", 3, 80, shaky=False)
    place = staged(night.directory)
    async with replaying(place, (120, 40)) as (screen, pilot):
        timeline, player = screen.timeline, place.player
        screen.refresh_moment()
        cell = min(cell for cell, kinds in timeline.marks.cells.items() if kinds and cell)
        await pilot.click("#timeline-bar", offset=(cell, 0))
        await until(pilot, lambda: screen._words)
        kind = timeline.marks.first_of(cell)
        found = player.recording.frames.mark_in(kind, cell, timeline.cells, player.recording.total)
        assert player.elapsed == found.elapsed
        assert screen._words == found.marker.words
        empty = next(cell for cell in range(timeline.cells - 2, 0, -1) if cell not in timeline.marks.cells)
        await pilot.click("#timeline-bar", offset=(empty, 0))
        await until(pilot, lambda: not screen._words)
        assert player.elapsed == pytest.approx(player.recording.total * empty / (timeline.cells - 1))
        await pilot.press("home")
        failed = next(part for part in legend(timeline.marks, timeline.cells) if part.kind is MarkerKind.FAILURE)
        await pilot.click("#timeline-legend", offset=(failed.start, 0))
        await until(pilot, lambda: screen._words)
        first = player.elapsed
        await pilot.press("end")
        await pilot.click("#timeline-legend", offset=(failed.start, 0))  # after the last to the first again
        await until(pilot, lambda: player.elapsed == first)


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40), (250, 70)])
async def test_it_has_its_rows_at_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    night = written(tmp_path / "sessions", 3, 80, shaky=False)
    async with replaying(staged(night.directory), size) as (screen, pilot):
        await pilot.press("end")
        await until(pilot, lambda: "■ end 1×" in screen.top.query_one("#clock").render().plain)
        timeline = screen.timeline
        assert timeline.outer_size.height == (5 if size[1] >= 22 else 3)
        assert screen.region.contains_region(timeline.region)
        assert not timeline.region.overlaps(screen.checklist.region)
        assert timeline.line.size.width == size[0] - 4


async def test_the_markers_are_gone_through_once_and_not_for_each_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = written(tmp_path / "sessions", 3, 80, shaky=False)
    read: list[str] = []
    for name in ("buckets", "counts"):
        was = getattr(KeyFrames, name)
        monkeypatch.setattr(KeyFrames, name, lambda *given, was=was, name=name: (read.append(name), was(*given))[1])
    async with replaying(staged(night.directory)) as (screen, _):
        screen.refresh_moment()
        assert read
        read.clear()
        screen.player.playing = True
        before = screen.player.elapsed
        for _ in range(50):
            screen._play()
        assert screen.player.elapsed > before
        assert read == []
