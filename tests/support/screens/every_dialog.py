"""One of each dialog, with as much in it as people meet; more where there are forms of it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from tui.dialogs import (
    AskText,
    ByHand,
    Confirm,
    Question,
    Resolve,
    RollbackReason,
    SendMessage,
    Sign,
    TypeName,
)
from tui.dialogs.approval.asked_second import AskedSecond, SecondPerson
from tui.dialogs.approval.waits_for_key import WaitsForKey
from tui.dialogs.ask import AskLogin, AskSecret
from tui.dialogs.base import Dialog
from tui.dialogs.laid import WayToRun
from tui.dialogs.moved import WhichHosts
from tui.dialogs.pick import Pick
from tui.dialogs.taken_up import TakenUp
from tui.dialogs.told import Told
from tui.dialogs.written import CorrectValue, TickOff
from tui.runbook.model import Action, AnswerKind, FollowUp, Link
from tui.screens.links import Links
from tui.screens.run.own_command import AskOwnCommand
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import Attempt
from tui.session.views.followups import Due

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
LOST = Attempt(
    number=3,
    step="backup",
    action=0,
    host="web",
    command="dump",
    started=NOW,
    durable=True,
    outcome=Outcome(OutcomeKind.UNKNOWN, detail="the connection was lost"),
)
MANY = [f"line {number}" for number in range(60)]
CHOICE = Action(ask="Which?", answer=AnswerKind.CHOICE, choices=("one", "two"))
DUE = Due(session="s", followup=FollowUp(id="watch", title="Watch the error rate", within="1h"), due=NOW)
WAYS = (
    WayToRun("What failed, 2 of 2, and on", ["$ git checkout v2"], "web"),
    WayToRun("All from the first", ["$ git fetch", "$ git checkout v2"], "tools"),
)


def asked_second(**given: Any) -> AskedSecond:
    """What a second person is asked, with 14 minutes left."""
    told = {"title": "Restore the database", "body": ["$ rm"], "operator": "ana", "left": lambda: "14:32", **given}
    return AskedSecond(**told)


EVERY: Mapping[str, Callable[[], Dialog[Any]]] = {
    "confirm": lambda: Confirm("Open a finished session again?", ["a line"], yes="Open it again", no="Leave it"),
    "confirm-long": lambda: Confirm("Run it", MANY, yes="Run it"),
    "name": lambda: TypeName("Restore the database", ["$ rm"], "production-server"),
    "name-long": lambda: TypeName("Restore the database", MANY, "production-server"),
    "name-two": lambda: TypeName("Restore the database", ["$ rm"], "production-server", True),
    "name-alone": lambda: TypeName("Restore the database", ["$ rm"], "production-server", True, alone=True),
    "second-person": lambda: SecondPerson(asked_second(alone=True, person="ben")),
    "second-person-long": lambda: SecondPerson(asked_second(body=MANY)),
    "second-person-follower": lambda: SecondPerson(asked_second(only="ben", asks=False, wrong="not sent: no agent")),
    "waits-for-key": lambda: WaitsForKey("ben"),
    "second-person-drill": lambda: SecondPerson(asked_second(answers=False, alone=True)),
    "own-command": lambda: AskOwnCommand(["web", "db"], ["web  deploy@web.example", "db"], "web"),
    "sign": lambda: Sign("Back up", ["a line"], True, "ben"),
    "sign-long": lambda: Sign("Read what reversing will do", MANY, True),
    "text": lambda: AskText("Skip", "Why is it left out?"),
    "text-long": lambda: AskText("Skip", MANY),
    "message-when": lambda: SendMessage("[DEPLOYMENT NOTICE] Shop v2.0.0", "text", True, "the team", NOW),
    "ways": lambda: Confirm("Run it", yes="Run it", ways=WAYS),
    "name-ways": lambda: TypeName("Restore the database", ways=WAYS),
    "correct": lambda: CorrectValue({"release": "v2", "before": ""}, {}),
    "correct-one": lambda: CorrectValue({"release": "v2"}, {}),
    "tick-off": lambda: TickOff([DUE, DUE], NOW),
    "tick-off-one": lambda: TickOff([DUE], NOW),
    "secret": lambda: AskSecret("The password of the database"),
    "login": lambda: AskLogin("web asks", ["One-time password:"]),
    "reason": lambda: RollbackReason(["errors", "slow", "data"], ["the plan"], ["  ○ a step"] * 4),
    "number": lambda: Question(Action(ask="How many errors?", answer=AnswerKind.NUMBER)),
    "yes-no": lambda: Question(Action(ask="Is it well?", answer=AnswerKind.YES_NO)),
    "choice": lambda: Question(CHOICE),
    "by-hand": lambda: ByHand("Change the heap size", "Edit jvm.options on web-1: -Xms8g and -Xmx8g"),
    "pick": lambda: Pick("Which?", ["one", "two"]),
    "message": lambda: SendMessage("Notice", "text", True, "the team"),
    "resolve": lambda: Resolve(LOST, look=lambda: "It is still running."),
    "taken-up": lambda: TakenUp(["It stands at a step."], 3),
    "moved": lambda: WhichHosts(["web: here and there"]),
    "told": lambda: Told("Exported", ["/somewhere"]),
    "links": lambda: Links((Link(title="Errors", url="https://errors.example/"),)),
}
