"""The first screen reads what the sessions are in the background, once, and keys are heard meanwhile."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.support.sessions.fake_clock import FakeClock
from tests.tui.conftest import shown, until
from tests.tui.home.test_home import left_open
from tui.app import RunbookApp
from tui.execution.workspace import Workspace
from tui.screens.help import HelpScreen
from tui.screens.home.gathering import Gathered
from tui.session import events as ev
from tui.session.archive.indexes.search_index import SearchIndex
from tui.session.archive.store import SessionDirectory
from tui.session.places import runbook_id


def kept(workspace: Workspace, clock: FakeClock, count: int) -> list[str]:
    """This number of sessions that are over, written without an engine; the newest first."""
    names = []
    for _ in range(count):
        directory, log = workspace.store.create("deploy", workspace.text, clock)
        log.append(
            ev.SessionStarted(
                session=directory.id,
                flow="deploy",
                method="docker",
                operator="ana",
                title="Shop",
                runbook_hash="",
                variables={"release": "v2"},
                runbook=runbook_id(workspace.runbook),
            )
        )
        clock.advance(60)
        log.append(ev.SessionFinished(result="abandoned", operator="ana"))
        log.close()
        names.append(directory.id)
    return names[::-1]


async def test_what_older_sessions_left_to_do_is_listed_too(
    workspace: Workspace, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.screens.home.sorted_sessions.LISTED", 5)
    unfinished = left_open(workspace)
    clock.advance(60)
    left_open(workspace, finish=True)
    clock.advance(60)
    newest = kept(workspace, clock, 8)
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.whole and app.screen.framed == "unfinished")
        assert app.screen.marked().id == unfinished
        assert [one.id for one in app.screen.deployments] == newest[:5]
        await until(pilot, lambda: "Watch the error rate" in shown(app))


def test_a_newer_reading_shows_what_the_one_before_it_had_found(workspace: Workspace, clock: FakeClock) -> None:
    names = kept(workspace, clock, 6)
    gathered = Gathered(workspace.store, workspace.text)
    shown_ids: list[list[str]] = []

    def tell() -> None:
        gathered.look()
        shown_ids.append([one.id for one in gathered.found or ()])
        if len(shown_ids) == 4:
            gathered.reading = 2  # the operator was on another screen meanwhile

    gathered.reading = 1
    gathered.read(1, tell)
    assert shown_ids[-1] == names[:4]
    gathered.read(2, tell)
    assert all(ids[:4] == names[:4] for ids in shown_ids[4:])
    assert gathered.whole
    assert shown_ids[-1] == names


@asynccontextmanager
async def released(event: threading.Event) -> AsyncIterator[None]:
    """Whatever happens, what waits for an event continues at the end: a thread that waits would keep the program."""
    try:
        yield
    finally:
        event.set()


async def test_sessions_are_put_into_the_index_of_searches_while_the_first_screen_is_seen(
    workspace: Workspace, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.screens.home.gathering.REST", 0.01)
    names, read_ones, go_on = kept(workspace, clock, 4), [], threading.Event()
    put = SearchIndex.put

    def slow(index: SearchIndex, session: str, *given: object) -> None:
        if session in names:  # and not one of a program that has ended meanwhile
            read_ones.append(session)
            if len(read_ones) == 2:
                go_on.wait()
        put(index, session, *given)

    monkeypatch.setattr(SearchIndex, "put", slow)
    app = RunbookApp(workspace)
    monkeypatch.setattr(app, "has_begun", lambda: None)
    async with app.run_test(size=(120, 50)) as pilot, released(go_on):
        await until(pilot, lambda: "search index 2 of 4" in shown(app))
        gathered = app.screen.gathered
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        go_on.set()
        await until(pilot, lambda: not gathered.learning[1])
        assert len(read_ones) == 2, "it rests while another screen is seen"
        await pilot.press("escape")
        await until(pilot, lambda: set(read_ones) == set(names) and "search index" not in shown(app))
    assert len(read_ones) == 4, "each of them once"
    index = SearchIndex(workspace.store.root)
    assert set(index.known()) == set(names)
    index.close()


async def test_keys_are_heard_while_two_hundred_sessions_are_read_which_happens_once(
    workspace: Workspace, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = kept(workspace, clock, 200)
    go_on, begun, read_ones = threading.Event(), threading.Event(), []
    load = SessionDirectory.load

    def slow(directory: SessionDirectory) -> object:
        read_ones.append(directory.id)
        if len(set(read_ones)) > 12:
            begun.set()
            go_on.wait()
        return load(directory)

    monkeypatch.setattr(SessionDirectory, "load", slow)
    monkeypatch.setattr(Gathered, "_learn", lambda *_: None)  # the index of searches reads each session too
    app = RunbookApp(workspace)
    monkeypatch.setattr(app, "has_begun", lambda: None)
    async with app.run_test(size=(120, 50)) as pilot, released(go_on):
        await until(pilot, lambda: begun.is_set() and "reading 12 of 200" in shown(app))
        home = app.screen
        await pilot.press("down", "down", "down")
        marked = home.marked()
        assert marked.id == names[2]
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert not go_on.is_set(), "nothing was read meanwhile"
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is home)
        go_on.set()
        await until(pilot, lambda: home.whole and "reading" not in shown(app))
        assert home.marked().id == marked.id, "the mark stays on its session"
        assert set(read_ones) == set(names)
        read_ones.clear()
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        reading = home.gathered.reading
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is home and home.gathered.reading > reading)
        clock.advance(60)
        (newest,) = kept(workspace, clock, 1)
        home.read_again()
        await until(pilot, lambda: home.sessions and home.sessions[0].id == newest)
        assert read_ones == [newest], "what has not changed is not read again"
