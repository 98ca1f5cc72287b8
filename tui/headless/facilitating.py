"""A facilitator's place beside a drill: what could go wrong, by one key each, and where the operator stands."""

from collections.abc import Callable, Collection, Iterator
from string import ascii_lowercase

from tui.drill.faults import ask_for
from tui.drill.scenario import Scenario
from tui.errors import SessionError
from tui.session.archive.store import SessionDirectory
from tui.session.state import SessionState
from tui.session.views.called import over
from tui.text.sanitise import sanitise

QUIT = ("q", "\x03", "\x04", "\x1b", "")
KEYS = ascii_lowercase.replace("q", "")

Say = Callable[[str], None]


def fault_lines(scenario: Scenario, state: SessionState, asked: Collection[str] = ()) -> Iterator[str]:
    """Each fault: what could be asked for, what was `asked` for, and what has struck already (UTC)."""
    for fault in scenario.faults:
        struck = state.faults.get(fault.id)
        waits = "asked for" if fault.id in asked else "comes by itself" if fault.by_itself else ""
        when = f"struck {struck:%H:%M:%S}" if struck else waits
        yield sanitise(f"{fault.id:<20} {when:<16} {'help: ' if fault.helps else ''}{fault.title}")


def facilitate(directory: SessionDirectory, scenario: Scenario, by: str, key: Callable[[], str], say: Say) -> None:
    """Let faults strike by key until the facilitator, or the drill, has finished; any other key looks again.

    Args:
        by: who asks.
        key: waits for a key.

    Raises:
        SessionError: the session cannot be read.
    """
    asked: set[str] = set()
    while True:
        _, state = directory.load()
        step = state.next_step()
        say(sanitise(f"{scenario.title}: {state.operator} is at “{step.title}”" if step else scenario.title))
        for letter, line in zip(KEYS, fault_lines(scenario, state, asked), strict=False):
            say(f"  {letter}  {line}")
        if over(state):
            say("it is over")
            return
        say("a letter lets it strike, q leaves, any other key looks again")
        pressed = key()
        if pressed in QUIT:
            return
        place = KEYS.find(pressed)
        if 0 <= place < len(scenario.faults):
            fault = scenario.faults[place].id
            try:
                ask_for(directory, scenario, fault, by)
                asked.add(fault)
            except SessionError as error:
                say(error.message)
        say("")
