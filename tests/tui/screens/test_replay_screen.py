"""The replay screen: what it shows is what the run screen showed, and every key takes it where it says."""

import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.sessions.fake_clock import FakeClock
from tests.support.sessions.recorded import Writer, written
from tests.tui.conftest import dialog, shown, type_text, until
from tui.app import RunbookApp
from tui.dialogs import AskText
from tui.dialogs.pick import Pick
from tui.errors import NotNow
from tui.execution.workspace import Setup, Workspace
from tui.replay.recorded import RecordedSession
from tui.replay.stage import ReplayWorkspace, staged
from tui.screens.home.screen import HomeScreen
from tui.screens.replay.screen import ReplayScreen
from tui.screens.run.session import SessionScreen
from tui.screens.summary.screen import SummaryScreen
from tui.screens.watch.screen import WatchScreen
from tui.session import events as ev
from tui.session.outcome import Outcome
from tui.widgets.checklist.widget import Checklist
from tui.widgets.output.view import OutputView
from tui.widgets.step.card import StepCard
from tui.widgets.words import Words

SETUP = Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"}, reason="a test")


@asynccontextmanager
async def replaying(place: ReplayWorkspace, size: tuple[int, int] = (120, 40)) -> AsyncIterator[tuple[Any, Any]]:
    app = RunbookApp(place)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ReplayScreen))
        await until(pilot, lambda: place.player.recording.indexed.whole)
        await pilot.pause()
        yield app.screen, pilot


@pytest.fixture
def night(tmp_path: Path) -> Writer:
    return written(tmp_path / "sessions", 3, 80, shaky=False)


@pytest.fixture
def place(night: Writer) -> ReplayWorkspace:
    return staged(night.directory)


async def test_the_rest_of_the_journal_is_read_once_something_is_seen(
    place: ReplayWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that reads a million events takes every second moment from the first frame."""
    painted: list[float] = []
    index = RecordedSession.index

    def begun(recording: RecordedSession, stopped: Callable[[], bool]) -> None:
        painted.append(app.painted)
        index(recording, stopped)

    monkeypatch.setattr(RecordedSession, "index", begun)
    app = RunbookApp(place)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: place.player.recording.indexed.whole)
        await pilot.press("question_mark", "escape")
        await until(pilot, lambda: isinstance(app.screen, ReplayScreen) and app.painted < math.inf)
    assert len(painted) == 1
    assert painted[0] < math.inf


KEYS = tuple(f" {key}  " for key in ("enter", "s", "k", "r", "t", "g", "u", "c", "ctrl+r"))
"""How a line of the card begins that says what can be pressed."""


def seen(screen: Any) -> dict[str, list[str]]:
    """What the widgets show that live and replay have in common."""
    checklist, card, output = (
        screen.query_one("#checklist", Checklist),
        screen.query_one("#card", StepCard),
        screen.query_one("#output", OutputView),
    )
    lines = {
        "checklist": [checklist.render_line(y).text.rstrip() for y in range(12)],
        "card": ["".join(text for text, _ in line.pieces) for line in card._shown],
        "title": [str(output.border_title)],
        "output": [output.render_line(y).text.rstrip() for y in range(6)],
        "vitals": [screen.query_one("#vitals", Words).render().plain.removesuffix("✔ recorded").rstrip()],
    }
    lines["card"] = [line for line in lines["card"] if not line.startswith(("available then: ", *KEYS))]
    return lines


async def test_every_moment_looks_as_it_did(
    make_workspace: Callable[..., Workspace], host: FakeTransport, clock: FakeClock
) -> None:
    host.replies["git describe"] = [Reply(err=b"no tag\n", outcome=Outcome.exited(2)), Reply(b"v1\n")]
    workspace = make_workspace()
    workspace.preflight(SETUP, lambda row: None)
    app = RunbookApp(workspace)
    looked: list[tuple[float, dict[str, list[str]]]] = []
    async with app.run_test(size=(120, 42)) as pilot:
        app.begin(SETUP)
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))

        async def rest() -> None:
            await until(
                pilot,
                lambda: not app.conductor.busy and app.screen.moment and app.screen.moment.state is app.conductor.state,
            )
            app.screen.show_state(app.conductor.state)
            await pilot.pause()
            looked.append((clock.monotonic(), seen(app.screen)))
            clock.advance(7)

        await rest()
        for keys in (("enter",), ("r",)):  # it fails, and is run again
            await pilot.press(*keys)
            await pilot.pause()
            if keys == ("r",):  # what failed alone, or all from the first
                await dialog(pilot, Pick)
                await pilot.press("down", "enter")
                await until(pilot, lambda: isinstance(app.screen, SessionScreen))
            await rest()
        await pilot.press("k")
        await dialog(pilot, AskText)
        await type_text(pilot, "not today")
        await pilot.press("enter")
        await until(pilot, lambda: app.conductor.state.step("backup").settled is not None)
        await rest()
        directory = workspace.store.find("last")
    assert any("✖" in line for _, seen_then in looked for line in seen_then["card"])
    place = staged(directory)
    async with replaying(place, (120, 44)) as (screen, pilot):
        begun = looked[0][0]
        for at, then in [*reversed(looked), *looked]:
            screen.query_one("#output", OutputView).stamp = None
            place.player.seek(at - begun)
            screen._moved()
            await pilot.pause()
            assert seen(screen) == then


async def test_keys_take_it_where_they_say(place: ReplayWorkspace) -> None:
    async with replaying(place) as (screen, pilot):
        player = place.player
        total = player.recording.total
        await pilot.press("end")
        assert player.elapsed == total
        assert "■ end" in shown(pilot.app)
        await pilot.press("home")
        assert player.elapsed == 0
        await pilot.press("right", "right", "left")
        assert player.elapsed == pytest.approx(1)
        await pilot.press("shift+right")
        assert player.elapsed == pytest.approx(61)
        visited = []
        while True:
            before = player.elapsed
            await pilot.press("full_stop")
            if player.elapsed == before:
                break
            visited.append(player.elapsed)
        assert len(visited) > 2
        assert "no failure after this" in shown(pilot.app)
        recording = player.recording
        read, recording.indexed = recording.indexed, replace(recording.indexed, share=0.5, whole=False)
        await pilot.press("full_stop")
        assert "no failure was read yet after this: the journal is still being read" in shown(pilot.app)
        recording.indexed = read
        await until(pilot, lambda: "still being read" not in shown(pilot.app))
        back = []
        while True:
            before = player.elapsed
            await pilot.press("comma")
            if player.elapsed == before:
                break
            back.append(player.elapsed)
        assert back[: len(visited) - 1] == sorted(visited, reverse=True)[1:]
        await pilot.press("home", "right_square_bracket")
        assert player.elapsed > 0
        assert screen.state.step(screen.step.id).opened is not None


async def test_playing_comes_to_the_end_and_stops(place: ReplayWorkspace) -> None:
    async with replaying(place) as (screen, pilot):
        await pilot.press(*["plus"] * 9)
        assert place.player.speed == 64
        await pilot.press("minus", "plus", "space")
        assert place.player.playing
        await until(pilot, lambda: place.player.at_end)
        await until(pilot, lambda: not place.player.playing)
        assert place.replayer.state.seq == place.player.recording.indexed.seq
        await pilot.press("space")
        assert place.player.elapsed < place.player.recording.total


async def test_a_time_or_a_step_is_gone_to(place: ReplayWorkspace, night: Writer) -> None:
    async with replaying(place) as (screen, pilot):
        await pilot.press("end", "j")
        await dialog(pilot, AskText)
        await type_text(pilot, "back up")
        await pilot.press("enter")
        await until(pilot, lambda: place.player.elapsed < place.player.recording.total)
        assert place.replayer.state.step("backup").opened is not None
        await pilot.press("j")
        await dialog(pilot, AskText)
        await pilot.press("0", "2", "colon", "0", "0", "colon", "0", "1", "enter")
        await pilot.pause()
        assert place.player.now >= night.entries[0].at + timedelta(seconds=1)
        await pilot.press("j")
        await dialog(pilot, AskText)
        await type_text(pilot, "BACK up")  # a capital is meant: as everywhere where something is searched for
        await pilot.press("enter")
        await until(
            pilot, lambda: any("neither a time of this session" in one.message for one in pilot.app._notifications)
        )


async def test_a_search_goes_through_everything_that_was_printed(place: ReplayWorkspace, night: Writer) -> None:
    attempt = max(
        number for number in night.state.attempts if (night.directory.attempts / f"{number:04d}.out").read_bytes()
    )
    async with replaying(place) as (screen, pilot):
        await pilot.press("slash")
        await dialog(pilot, AskText)
        await type_text(pilot, f"of {attempt}")
        await pilot.press("enter")
        await until(pilot, lambda: f"/of {attempt}: 1 of" in shown(pilot.app))
        assert screen._attempt == attempt
        assert place.player.elapsed > 0
        await pilot.press("n", "N")
        await until(pilot, lambda: f"/of {attempt}: 1 of" in shown(pilot.app))
        await pilot.press("slash")
        await dialog(pilot, AskText)
        await type_text(pilot, "nowhere")
        await pilot.press("enter")
        await until(pilot, lambda: "nowhere: not found" in shown(pilot.app))


async def test_lines_have_the_time_they_came(place: ReplayWorkspace, night: Writer) -> None:
    async with replaying(place) as (screen, pilot):
        await pilot.press("end")
        attempts = [
            one
            for one in night.state.attempts.values()
            if (night.directory.attempts / f"{one.number:04d}.out").stat().st_size
        ]
        screen.query_one("#checklist", Checklist).look_at(attempts[-1].step)
        screen._chosen = attempts[-1].number
        screen.refresh_moment()
        await until(pilot, lambda: f"of {attempts[-1].number}" in shown(pilot.app))
        line = next(one for one in shown(pilot.app).splitlines() if f"line 0 of {attempts[-1].number}" in one)
        assert f"{attempts[-1].started:%H:%M}:" in line
        await pilot.press("t")
        await until(
            pilot,
            lambda: (
                f"{attempts[-1].started:%H:%M}:"
                not in next(one for one in shown(pilot.app).splitlines() if f"line 0 of {attempts[-1].number}" in one)
            ),
        )


async def test_nothing_can_be_done_in_a_replay(place: ReplayWorkspace, night: Writer) -> None:
    before = night.directory.journal.read_bytes()
    async with replaying(place) as (screen, pilot):
        await pilot.press("end", *"srkxcu", "ctrl+r", "enter")
        await pilot.pause()
        assert isinstance(pilot.app.screen, ReplayScreen)
        assert pilot.app.conductor is None
        with pytest.raises(NotNow, match="this is a replay"):
            pilot.app.acting()
    assert night.directory.journal.read_bytes() == before


async def test_the_monitors_and_the_summary_are_seen_and_left_again(place: ReplayWorkspace) -> None:
    async with replaying(place) as (screen, pilot):
        await pilot.press("end", "m")
        await until(pilot, lambda: isinstance(pilot.app.screen, WatchScreen))
        assert "Load" in shown(pilot.app)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(pilot.app.screen, SummaryScreen))
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)


async def test_from_home_a_session_is_replayed_and_left_again(
    make_workspace: Callable[..., Workspace], tmp_path: Path, night: Writer
) -> None:
    workspace = make_workspace()
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: getattr(app.screen, "sessions", None))
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, ReplayScreen))
        assert "REPLAY" in shown(app)
        await pilot.press("q")
        await until(pilot, lambda: not isinstance(app.screen, ReplayScreen))
        assert app.workspace is workspace
        assert app.conductor is None


async def test_a_rollback_shows_its_clock_from_where_it_began(place: ReplayWorkspace, night: Writer) -> None:
    assert any(isinstance(entry.event, ev.RollbackStarted) for entry in night.entries)
    async with replaying(place) as (screen, pilot):
        assert not screen.query_one("#rollback-head").display
        await pilot.press("end")
        assert screen.query_one("#rollback-head").display
        await pilot.press("home")
        assert not screen.query_one("#rollback-head").display


async def test_it_fits_eighty_columns(place: ReplayWorkspace) -> None:
    async with replaying(place, (80, 24)) as (screen, pilot):
        await pilot.press("end")
        await pilot.pause()
        lines = shown(pilot.app).splitlines()
        assert any("■ end" in line for line in lines)
        assert any("play" in line and "? keys" in line for line in lines)


async def test_a_journal_that_was_changed_is_seen_up_to_there(night: Writer) -> None:
    lines = night.directory.journal.read_bytes().splitlines(keepends=True)
    night.directory.journal.write_bytes(b"".join([*lines[:60], b"{}\n", *lines[61:]]))
    place = staged(night.directory)
    app = RunbookApp(place)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: any("line 61" in one.message for one in app._notifications))
        await until(pilot, lambda: place.player.recording.indexed.seq == 59)
        await pilot.press("end")
        await until(pilot, lambda: place.replayer.state.seq == 59)
        assert place.replayer.state == night.after(59)


async def test_a_replay_begins_and_ends_once(place: ReplayWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    begin, end = SessionScreen.on_mount, SessionScreen.on_unmount
    monkeypatch.setattr(SessionScreen, "on_mount", lambda self: [told.append("begins"), begin(self)])
    monkeypatch.setattr(SessionScreen, "on_unmount", lambda self: [told.append("ends"), end(self)])
    async with replaying(place):
        assert told == ["begins"]
    assert told == ["begins", "ends"]


def keys_row(app: RunbookApp) -> str:
    return shown(app).rstrip("\n").rpartition("\n")[2]


async def test_the_row_of_keys_says_how_the_time_is_moved_and_only_what_moves_it_now(place: ReplayWorkspace) -> None:
    async with replaying(place, (80, 24)) as (screen, pilot):
        assert "→ 1 s" in keys_row(pilot.app)
        assert "←" not in keys_row(pilot.app)
        await pilot.press("right")
        await until(pilot, lambda: "← → 1 s" in keys_row(pilot.app) and "+ speed" in keys_row(pilot.app))
        await pilot.press("plus")
        await until(pilot, lambda: "- + speed" in keys_row(pilot.app))
        await pilot.press(*["plus"] * 5)
        await until(pilot, lambda: "- speed" in keys_row(pilot.app))
        await pilot.press("end")
        await until(pilot, lambda: "← 1 s" in keys_row(pilot.app))


async def test_a_replay_that_is_played_and_left_reads_nothing_more(workspace: Workspace, night: Writer) -> None:
    """Its next tick may come before the screen is removed, and after the replay was closed."""
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        app._show_replay(staged(night.directory))
        await until(pilot, lambda: isinstance(app.screen, ReplayScreen))
        screen = app.screen
        assert isinstance(screen, ReplayScreen)
        await until(pilot, lambda: screen.player.recording.indexed.whole)
        screen.player.seek(0)
        screen.player.playing = True
        app.close_session()
        screen.place.replayer.close()
        screen._play()
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
