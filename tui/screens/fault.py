"""Says that the program itself failed, where, and how to continue; never what its variables held."""

import traceback
from collections.abc import Callable

from rich.text import Text

from tui.text.block import last_words

FRAMES = 6


def report(error: BaseException | None, redact: Callable[[str], str], session: str, back: str) -> Text:
    """A few lines for the terminal after the screen is gone: of the open `session`, and how to go `back` to it."""
    lines = ["runbook: a fault in the program itself ended it."]
    if session:
        lines.append(f"  Nothing recorded is lost. To continue: {back}" if back else f"  Nothing of {session} is lost.")
    else:
        lines.append("  No session was open.")
    if error is not None:
        lines.append(f"  For its maintainers: {type(error).__name__}: {error}")
        frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
        lines += [f"    {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    return last_words(redact(line) for line in lines)
