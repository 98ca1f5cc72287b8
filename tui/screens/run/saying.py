"""What somebody who follows a session may say to its writer: a note, a request, an answer before a step starts."""

from functools import partial

from tui.dialogs import AskText, Confirm
from tui.dialogs.pick import Pick
from tui.execution.approving.answering import waiting
from tui.execution.approving.what_runs import asked_of
from tui.execution.viewer import Posting, Viewer
from tui.front import Front
from tui.runbook.model import Step
from tui.session.state import ApprovalStatus, step_by_id
from tui.text.command import command_lines

KIND = "◆ TO THE WRITER"


async def say_to_writer(app: Front, viewer: Viewer, posting: Posting, step: Step | None) -> None:
    """Ask what is to be said, have it signed, and send it.

    Raises:
        RunbookError: no key signs it, or it cannot be sent.
    """
    asked = [
        step_by_id(viewer.runbook, name)
        for name, one in viewer.state.approvals.items()
        if one.status is ApprovalStatus.WAITING
    ]
    choices = ["Write a note", "Ask for the session", *(f"Allow, or refuse: {one.title}" for one in asked)]
    place = await app.ask(Pick(f"As {posting.person}, signed by your key", choices, preselected=False))
    if place is None:
        return
    if place >= 2:
        await _answer(app, viewer, posting, asked[place - 2])
        return
    words = "What is to be noted?" if place == 0 else "Why do you want to have it?"
    text = await app.ask(AskText(step.title if step and place == 0 else "The session", words, kind=KIND))
    if text:
        send = (
            partial(posting.note, text, step.id if step else "")
            if place == 0
            else partial(posting.ask_for_session, text)
        )
        await app.work_done(send)
        app.say("Sent. It is in the session once the writer's program has checked it.")


async def _answer(app: Front, viewer: Viewer, posting: Posting, step: Step) -> None:
    """Show what would run by this copy of the journal, and allow or refuse exactly that."""
    request = waiting(viewer.state, step.id, viewer.now()).request
    actions, _ = asked_of(viewer.state, step.id, request.action, viewer.now())
    lines = [f"{request.operator} asks whether this may start on {request.host}:", ""]
    for action in actions:
        lines += command_lines(f"$ {action.whole}")
    lines += ["", f"Your answer counts until {request.expires:%H:%M:%S} UTC, for exactly these commands."]
    choices = ["Read it only", "Refuse it: nothing starts", "Allow it"]
    if not await app.ask(Confirm(step.title, lines, yes="Answer", no="Leave it", kind=KIND)):
        return
    place = await app.ask(Pick(step.title, choices, preselected=False))
    if not place:
        return
    granted = place == 2
    text = "" if granted else await app.ask(AskText(step.title, "Why not?", kind=KIND))
    if text is None:
        return
    await app.work_done(lambda: posting.answer(step.id, granted, text))
    app.say("Sent. It counts once the writer's program has checked it.")
