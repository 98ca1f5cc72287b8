"""Has the operator of a drill call those whose work is not theirs: other teams, which a scenario plays."""

from functools import partial

from tui.dialogs.pick import Pick
from tui.errors import RunbookError
from tui.front.asks import asks
from tui.front.front_page import FrontPage

ASKED = "Whose help do you call for?"


@asks
async def call_for_help(screen: FrontPage[None]) -> None:
    """Ask whose help to call for, and let it come; in the journal it stands as the operator's call."""
    from tui.drill.faults import call_for, help_left

    workspace, conductor = screen.app.workspace, screen.app.acting()
    left = help_left(workspace.scenario_text, conductor.state)
    place = await screen.app.ask(Pick(ASKED, [one.title for one in left], preselected=False))
    if place is None:
        return
    state, chosen = conductor.state, left[place]
    directory = workspace.store.find(state.started.session if state.started else "")
    call = partial(call_for, directory, workspace.scenario_text, chosen.id, state.operator)
    try:
        await screen.app.work_done(call)
    except RunbookError as error:
        screen.app.show_error(error)
        return
    screen.app.say(f"{chosen.title}. Then do again what failed.", title="Called")
