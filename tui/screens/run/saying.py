"""What somebody who follows a session may say to its writer: a note, a request, an answer before a step starts."""

from functools import partial

from tui.dialogs import AskText
from tui.dialogs.approval.asked_second import AskedSecond, SecondAct, SecondPerson
from tui.dialogs.approval.waits_for_key import signed_by_key
from tui.dialogs.pick import Pick
from tui.errors import RunbookError
from tui.execution.viewer import Posting, Viewer
from tui.front.front import Front
from tui.runbook.model import Step
from tui.screens.run.text import start_of_asked, start_rows
from tui.session.approval.approved import became, open_approval, time_left
from tui.session.state import ApprovalStatus, step_by_id

KIND = "◆ TO THE WRITER"
OTHERWISE = ("Write a note", "Ask for the session")
"""What can be said to the writer at any time."""


async def say_to_writer(app: Front, viewer: Viewer, posting: Posting, step: Step | None) -> None:
    """Ask what is to be said, have it signed, and send it; on a step that waits for a second person, the answer.

    Raises:
        RunbookError: no key signs it, or it cannot be sent.
    """
    if step is not None and left_to_answer(viewer, step.id):
        await answer_writer(app, viewer, posting, step)
        return
    asked = [step_by_id(viewer.runbook, name) for name in viewer.state.approvals if left_to_answer(viewer, name)]
    choices = [*OTHERWISE, *(f"Allow, or refuse: {one.title}" for one in asked)]
    place = await app.ask(Pick(f"As {posting.person}, signed by your key", choices, preselected=False))
    if place is None:
        return
    if place >= len(OTHERWISE):
        await answer_writer(app, viewer, posting, asked[place - len(OTHERWISE)])
        return
    send = partial(posting.note, step=step.id if step else "") if place == 0 else posting.ask_for_session
    words = "What is to be noted?" if place == 0 else "Why do you want to have it?"
    title, lines, written = step.title if step and place == 0 else "The session", [words], ""
    while text := await app.ask(AskText(title, lines, written, kind=KIND)):
        try:
            await signed_by_key(app, posting.person, partial(send, text))
        except RunbookError as error:
            written, lines = text, [not_sent(error), words]
            continue
        app.say("It is in the session once the writer's program has checked it.", "Sent")
        return


def not_sent(error: RunbookError) -> str:
    """Why something was not signed or not sent, with what to do."""
    return f"not sent: {error.told}"


async def answer_writer(app: Front, viewer: Viewer, posting: Posting, step: Step) -> None:
    """Show what would run by this copy of the journal, and allow or refuse exactly that.

    What cannot be signed or sent is asked again, with the reason and what was typed, while the question counts.
    """
    left = partial(left_to_answer, viewer, step.id)
    written = wrong = ""
    while True:
        asked, actions = posting.asked(step.id)
        told = AskedSecond(
            title=step.title,
            body=partial(start_rows, start_of_asked(viewer.state, step, actions)),
            operator=asked.request.operator,
            left=left,
            only=posting.person,
            asks=False,
            person=posting.person if wrong else "",
            written=written,
            wrong=wrong,
        )
        answer = await app.ask(SecondPerson(told))
        if answer is None:
            break
        granted = answer.act is SecondAct.ALLOW
        try:
            await signed_by_key(app, posting.person, partial(posting.answer, step.id, granted, answer.note))
        except RunbookError as error:
            if not left():
                raise
            written, wrong = answer.note, not_sent(error)
            continue
        said = "allowed it" if granted else "refused it"
        app.say(f"You have {said}. It counts once the program of {asked.request.operator} has checked it.", "Sent")
        return
    known = viewer.state.approvals.get(step.id)
    if known is not None and not left():
        app.say(f"{step.title}: {became(known, viewer.now())}", "The question is closed")


def left_to_answer(viewer: Viewer, step: str) -> str:
    """For how long the question to a second person still counts; empty once it is closed."""
    asked = open_approval(viewer.state, step, viewer.now())
    waits = asked is not None and asked.status is ApprovalStatus.WAITING
    return time_left(asked, viewer.now()) if asked is not None and waits else ""
