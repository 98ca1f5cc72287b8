"""Presses every key that the last row of a screen offers, and says which of them did nothing that is seen."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from tests.tui.conftest import shown, until
from tui.app import RunbookApp
from tui.front.front_page import FrontPage
from tui.keys import BY_ID
from tui.screens.home.screen import HomeScreen
from tui.widgets.keys_row.text import row_parts
from tui.widgets.offers.offer import Offer, Rank

LOOKS = 300
"""How often is looked, 10 ms apart, whether a key did something."""
LAST = (Rank.BESIDE, Rank.LOOK, Rank.ROLLBACK, Rank.HELP, Rank.LEAVE, Rank.NEXT)
"""In which order the keys are pressed: first what comes back by itself, last what changes where the session stands."""


def offered(app: RunbookApp) -> list[Offer]:
    """What the last row of the screen offers, as it is drawn."""
    screen = app.screen
    assert isinstance(screen, FrontPage)
    by_act = {offer.act: offer for offer in screen.offers()}
    return [by_act[part.act] for part in row_parts(screen.offers(), app.size.width) if part.act]


async def idle_keys(app: RunbookApp, pilot: Any, play: Callable[[], Awaitable[None]]) -> list[str]:
    """The keys of the row that did nothing, or were refused; `play` brings the screen back once it was left."""
    idle, seen = [], watched(app)
    offers = sorted(offered(app), key=lambda one: (LAST.index(one.rank), one.name == "quit"))
    assert offers, "the screen offers nothing"
    for offer in offers:
        if offer.act not in {one.act for one in offered(app)}:
            continue  # an earlier key changed what can be done
        screen, state = app.screen, session(app)
        app.clear_notifications()
        await pilot.pause()
        seen[:] = [shown(app)]

        did = partial(acted, app, screen, state, seen)
        await pilot.press(key_of(app, offer))
        for _ in range(LOOKS):
            if did():
                break
            await pilot.pause(0.01)
        wrong = [words for words, severity in told(app) if severity == "error"]
        if wrong or not did():
            idle.append(f"{offer.act} ({offer.key}): {wrong or 'nothing is seen'}")
        if app._exit or offer is offers[-1]:
            break
        await back(app, pilot, screen, play)
    return idle


def acted(app: RunbookApp, screen: object, state: object, seen: list[str]) -> bool:
    """Whether a key did something, since the screen was this and the session in this state."""
    if told(app) or app._exit or app.screen is not screen:
        return True
    return len(set(seen)) > 1 or session(app) is not state  # a check may be over before it is painted


def session(app: RunbookApp) -> object:
    """The state of the open session."""
    return app.viewer.state if app.viewer is not None else None


def watched(app: Any) -> list[str]:
    """The states of the screen that are painted from now on, up to the first that is another one."""
    seen: list[str] = []
    paint = app._display

    def painted(screen: Any, renderable: Any) -> None:
        paint(screen, renderable)
        if screen is app.screen and len(set(seen)) < 2:
            seen.append(shown(app))

    app._display = painted
    return seen


def key_of(app: RunbookApp, offer: Offer) -> str:
    """The key of an offer, as it is pressed."""
    screen = offer.act.partition(".")[0]
    return app.keys.on(screen).all_of(BY_ID[offer.act]).split(",")[0]


def told(app: RunbookApp) -> list[tuple[str, str]]:
    """The notices that are shown, each with how grave it is."""
    return [(one.message, one.severity) for one in app._notifications]


async def back(app: RunbookApp, pilot: Any, screen: Any, play: Callable[[], Awaitable[None]]) -> None:
    """Be on a screen again: close what was opened above it, or play it again."""
    if screen not in app.screen_stack:
        if app.conductor is not None:
            app.conductor.cancel()
        app.close_session()
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await play()
        return
    while app.screen is not screen:
        app.pop_screen()
        await pilot.pause()
    await pilot.pause()
