"""Draws every screen from the drill into screenshots/, so that the README shows what the program does today."""

import asyncio
import html
import os
import re
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from textual.pilot import WaitForScreenTimeout

from tools.screenshots_fleet import PICTURES, draw_fleet
from tools.screenshots_people import LOST, QUESTION, People, draw_question, lose, seen_by
from tui.cli.which_runbook import find_runbook
from tui.cli.wiring import drill_workspace
from tui.execution.judging.expectations import check_answer
from tui.execution.workspace import Setup, Workspace
from tui.headless.answered_run import AnsweredRun, Exit
from tui.headless.answers import AnswersFile
from tui.runbook.facts import flow_of_kind
from tui.runbook.model import Action, FlowKind, Runbook

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from tui.app import RunbookApp
    from tui.execution.conductor.conductor import Conductor
    from tui.screens.review.screen import ReviewScreen

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "screenshots"
NIGHT = datetime(2026, 11, 24, 2, 12, tzinfo=UTC)
"""A Tuesday inside the deployment window; the pictures' clocks start here."""
PATIENCE = 30.0
SCENARIO = "calm-deployment"
INSTANT = float("inf")
REPLAYED = 300.0
"""How much faster than life a session goes by that is replayed in a picture: it has to have lasted."""

CARD = "RESUMED"


class Shot(Struct, frozen=True):
    """One picture: go by `method` up to the step `before` (empty: no session), press keys, wait for words.

    `press` holds keys, and texts to wait for between them, marked by a leading "…". `card` leaves the card of a session
    that is resumed where it is; with `home` it is not resumed at all. In a `scenario` in which something goes
    wrong, `tripped` waits for this trigger at that step, rolls back for it, and shows the result. Of a `page` of a
    wiki its review is shown, as `runbook import` does.

    `operator` sits before the screen that is drawn; the session was begun by ana. `people` are what several of them
    have of one session (tools.screenshots_people); the key LOST takes it away from who has it. `runbook` is another
    runbook than the bundled one, by its path here.
    """

    name: str
    before: str = ""
    press: tuple[str, ...] = ()
    until: str = ""
    method: str = "a"
    size: tuple[int, int] = (120, 36)
    pace: float = INSTANT
    card: bool = False
    home: bool = False
    scenario: str = SCENARIO
    tripped: str = ""
    page: str = ""
    operator: str = "ana"
    people: frozenset[People] = frozenset()
    runbook: str = ""


CLIMBS, STARTS = "error-rate-climbs", "application-not-starting"
FLEET, FULL = "tests/data/forty_hosts.toml", "tests/data/forty_hosts_full.toml"
ASKED_FIRST = ("enter", "…No (n)", "y")
ASKED = ("enter", "…Type production-server", *"production", "minus", *"server", "enter", "…TWO ALLOW in")
SHOTS = (
    Shot("home", until="DRILL"),
    Shot("home-80x24", until="DRILL", size=(80, 24)),
    Shot("help", press=("question_mark",), until="Keys of this screen"),
    Shot("setup", press=("d",), until="BEGIN"),
    Shot("run", before="a-build", until="Build"),
    Shot("run-live", before="a-build", press=("enter", "…No (n)", "y", "…Collecting"), until="⇣ following", pace=2.0),
    Shot("run-80x24", before="verify-http", size=(80, 24), until="DRILL"),
    Shot("confirm", before="a-code", press=("enter",), until="No"),
    Shot("destructive", before="a-migrate", press=("enter",), until="production"),
    Shot(
        "sign",
        "a-migrate",
        (
            "enter",
            "…Type production-server",
            *"production",
            "minus",
            *"server",
            "enter",
            "…allowed by",
            "enter",
            "…to sign",
            "s",
        ),
        "A note",
    ),
    Shot(
        "rollback", before="complete-announce", press=("ctrl+r", "…Data corruption", "down", "enter"), until="ROLLBACK"
    ),
    Shot("rollback-80x24", "b-start", ("ctrl+r", "…Data", "down", "enter"), "ROLLBACK", method="b", size=(80, 24)),
    Shot("checks", before="check-application", press=("x",), until="9 ok"),
    Shot("watch", before="verify-sentry", press=("m",), until="Celery workers", pace=1.0),
    Shot("troubleshoot", before="verify-http", press=("t", "…Which trouble", "enter"), until="symptoms"),
    Shot("taken-up", before="verify-http", until=CARD, card=True),
    Shot(
        "replay",
        "verify-http",
        ("p", "…paused", "j", "…Go to", *"review", "enter", "…Review", "up"),
        "REPLAY",
        home=True,
    ),
    Shot("take-over", before="verify-http", until="TAKEN OVER", card=True, operator="ben"),
    Shot("taken-over", "verify-http", (LOST, "enter"), "taken over by ben", people=frozenset({People.SHARE})),
    Shot("followed", "a-migrate", until="you follow ana", operator="ben", people=frozenset({People.FOLLOW})),
    Shot("approval", "a-migrate", ASKED, "who has read this", people=frozenset({People.SIGN})),
    Shot("approval-80x24", "a-migrate", ASKED, "who has read", size=(80, 24), people=frozenset({People.SIGN})),
    Shot("approved", "a-migrate", (*ASKED, "enter", "enter"), "allowed by ben", people=frozenset({People.SIGN})),
    Shot("group", "update", ASKED_FIRST, "STOPPED", method="", scenario=FULL, runbook=FLEET),
    Shot("group-80x24", "update", ASKED_FIRST, "STOPPED", method="", size=(80, 24), scenario=FULL, runbook=FLEET),
    Shot("review", until="What became of it", page="tests/data/documents/release.md"),
    Shot("summary", before="complete-announce", press=("ctrl+s",), until="Time by section"),
    Shot("drill-failed", "verify-login", ("enter",), "trouble: Application", method="b", scenario=STARTS),
    Shot(
        "drill-trouble",
        "verify-login",
        ("enter", "…trouble: Application", "t", "…because", "down", "enter", "…gunicorn[5120]"),
        "Connection in use: (",
        method="b",
        scenario=STARTS,
    ),
    Shot("drill-tripped", "verify-http", ("enter",), "^r rolls back", method="b", pace=10.0, scenario=CLIMBS),
    Shot(
        "drill-rollback",
        "verify-http",
        ("enter", "…^r rolls back", "ctrl+r", "…Error rate", "down", "enter"),
        "ROLLBACK",
        method="b",
        pace=10.0,
        scenario=CLIMBS,
    ),
    Shot("drill-debrief", "verify-logs-b", ("ctrl+s",), "recovered", method="b", scenario=CLIMBS, tripped="error_rate"),
)


class Night:
    """The machine's clock, moved to the night of the pictures, or to where a session was left."""

    def __init__(self, speed: float = 1.0, begun: datetime = NIGHT) -> None:
        self.speed = speed
        self.begun = begun
        self.start = self.monotonic()

    def now(self) -> datetime:
        """The time in UTC, with its timezone."""
        return self.begun + timedelta(seconds=self.monotonic() - self.start)

    def monotonic(self) -> float:
        """Seconds since some moment, never less than before."""
        return time.monotonic() * self.speed


def good_answer(action: Action) -> str:
    """The first answer the question's own thresholds accept."""
    for given in ("yes", *action.choices, *map(str, range(100))):
        if all(check.ok or check.warning for check in check_answer(action, given)):
            return given
    return "seen"


def good_answers(runbook: Runbook) -> AnswersFile:
    """Answers that take any flow to its end."""
    steps = [step for section in runbook.sections for step in section.steps]
    answers = {step.id: tuple(good_answer(action) for action in step.actions if action.ask) for step in steps}
    confirm = ("*", *(step.id for step in steps))
    return AnswersFile(operator="ana", second_operator="ben", confirm=confirm, answers=answers)


def advance(workspace: Workspace, shot: Shot) -> str:
    """Take a session up to the step the picture is of; returns its id."""
    setup = Setup(flow="deploy", method=shot.method, operator="ana", second_operator="ben")
    workspace.preflight(setup, lambda finding: None)
    conductor = workspace.begin(setup)
    answers = good_answers(workspace.runbook)
    while (step := conductor.state.next_step()) is not None and step.id != shot.before:
        code = AnsweredRun(conductor, answers, lambda line: None).settle(step)
        assert code is Exit.OK, f"{shot.name}: {step.id} ended with {code.name} before {shot.before}"
    if shot.tripped:
        roll_back(conductor, shot.tripped, answers)
    conductor.close()
    assert step is not None, f"{shot.name}: the deployment has no step {shot.before}"
    assert conductor.state.started is not None
    return conductor.state.started.session


def roll_back(conductor: "Conductor", trigger: str, answers: AnswersFile) -> None:
    """Wait for a trigger, and roll back to the end because of it."""
    deadline = time.monotonic() + PATIENCE
    while trigger not in conductor.state.tripped:
        assert time.monotonic() < deadline, f"the trigger {trigger} never tripped"
        time.sleep(0.05)
    reason = next(one.title for one in conductor.runbook.rollback_reasons if one.id == trigger.replace("_", "-"))
    conductor.roll_back(flow_of_kind(conductor.runbook, FlowKind.ROLLBACK), reason)
    while (step := conductor.state.next_step()) is not None:
        AnsweredRun(conductor, answers, lambda line: None).settle(step)


def words_of(svg: str) -> str:
    """What a picture says."""
    return html.unescape(re.sub(r"<[^>]+>", "", svg[svg.index("</style>") :])).replace("\xa0", " ")


async def wait_for(pilot: "Pilot[None]", app: "RunbookApp", text: str) -> None:
    """Wait until the screen says this."""
    deadline = time.monotonic() + PATIENCE
    while text not in words_of(app.export_screenshot()):
        if time.monotonic() > deadline:
            raise AssertionError(f"the screen never said {text!r}:\n{words_of(app.export_screenshot())}")
        await pilot.pause(0.05)


def reviewed(page: Path) -> "ReviewScreen":
    """The screen on which a page's import is gone through; nothing is written."""
    from tui.importing.imported import imported
    from tui.importing.review.reviewing import Review
    from tui.screens.review.screen import ReviewScreen

    text = page.read_text(encoding="utf-8")
    kept = [imported(text, page.name).text]
    return ReviewScreen(Review("runbook.toml", text.split("\n"), kept.append, lambda: kept[-1]))


async def draw(workspace: Workspace, shot: Shot, session: str) -> None:
    """Open the application, press the keys, and write the picture."""
    from tui.app import RunbookApp

    first = reviewed(ROOT / shot.page) if shot.page else None
    app = RunbookApp(workspace, session=session, operator=shot.operator, first=first)
    async with app.run_test(size=shot.size) as pilot:
        await pilot.pause(0.5)
        if session and not shot.card:
            await wait_for(pilot, app, CARD)
            while CARD in words_of(app.export_screenshot()):
                await pilot.press("escape")
                await pilot.pause(0.2)
        for key in shot.press:
            if key.startswith("…"):
                await wait_for(pilot, app, key[1:])
            elif key == LOST:
                lose(workspace)
            else:
                await pilot.press(key)
                await pilot.pause(0.5)
        await wait_for(pilot, app, shot.until)
        await pilot.pause(0.5)
        app.save_screenshot(f"{shot.name}.svg", str(FOLDER))


def take(shot: Shot) -> None:
    """Walk to the step at once, then show the session at the picture's own pace."""
    runbook = find_runbook(ROOT / shot.runbook if shot.runbook else None)
    scenario = str(ROOT / shot.scenario) if shot.runbook else shot.scenario
    session, left = "", None
    if shot.before:
        with drill_workspace(runbook, scenario, INSTANT) as workspace:
            workspace.clock = workspace.today = Night(REPLAYED if shot.home else 1.0)
            session = advance(workspace, shot)
            _, left = workspace.store.find(session).load()
    with drill_workspace(runbook, scenario, shot.pace, resumed=left) as workspace:
        workspace.clock = workspace.today = Night(begun=left.at if left and left.at else NIGHT)
        with seen_by(workspace, shot.people, session) as place:
            asyncio.run(draw(place, shot, "" if shot.home or place is not workspace else session))


def main(chosen: list[str]) -> int:
    """Draw the chosen pictures, or all of them."""
    if unknown := set(chosen) - {QUESTION, *PICTURES, *(shot.name for shot in SHOTS)}:
        print(f"no such picture: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    os.environ["TZ"] = "UTC"
    os.environ["TERM"] = "xterm-256color"  # whatever they are drawn from: one of 16 colours has themes of its own
    if not chosen or QUESTION in chosen:
        draw_question(FOLDER, NIGHT)
        print(f"screenshots/{QUESTION}.svg", flush=True)
    failed = draw_fleet(FOLDER, [name for name in PICTURES if not chosen or name in chosen])
    for shot in SHOTS:
        if chosen and shot.name not in chosen:
            continue
        with tempfile.TemporaryDirectory() as folder:
            os.environ["RUNBOOK_SESSIONS"] = folder
            try:
                take(shot)
                print(f"screenshots/{shot.name}.svg", flush=True)
            except (AssertionError, WaitForScreenTimeout) as error:  # the second: the machine is busy
                failed.append(shot.name)
                print(f"{shot.name}: {error}", file=sys.stderr, flush=True)
    if failed:
        print(f"NOT DRAWN, the old pictures are still there: {', '.join(failed)}", file=sys.stderr)
    return len(failed) > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
