"""Writes a session for people and for programs, from whichever screen asks: to one place, for its owner alone."""

import os
from pathlib import Path

from tui.config import state_folder
from tui.errors import SessionError
from tui.front.asks import asks
from tui.front.front_page import FrontPage
from tui.session.archive.store import Store
from tui.session.journal.durable import replaced_private
from tui.session.journal.private import private_folder
from tui.text.amounts import counted

FORMS = ("md", "html", "json")


def exports_folder() -> Path:
    """Where exports from the screen are: beside the sessions, below XDG_STATE_HOME.

    Raises:
        UsageError: there is no such place.
    """
    return state_folder() / "exports"


def write_exports(store: Store, session: str, folder: Path) -> list[Path]:
    """Write the session in every form into `folder` (0700), each a file of its owner's (0600), whole or not at all.

    Raises:
        SessionError: the session cannot be read, or the folder cannot be written.
    """
    from tui.exports.gathering.events_text import EventsText
    from tui.exports.registry import write_source
    from tui.exports.source import source
    from tui.session.archive.history import read_history

    directory = store.find_to_read(session)
    paths = {form: folder / f"{directory.id}.{form}" for form in FORMS}
    try:
        private_folder(folder)
        read = source(directory, read_history(store), EventsText(folder))
        for form, path in paths.items():
            with replaced_private(path) as file:
                write_source(read, form, file)
    except OSError as error:
        hint = "free space there, or `runbook export -o FILE` writes elsewhere"
        raise SessionError(f"cannot write to {folder}: {error.strerror}", hint) from error
    return list(paths.values())


@asks
async def export_session(screen: FrontPage[None], session: str) -> None:
    """Write a session, and show where it is: the folder whole in a line, then each file."""
    from tui.dialogs.told import Told

    app = screen.app
    paths = await app.work_done(lambda: write_exports(app.workspace.store, session, exports_folder()))
    lines = [f"{paths[0].parent}{os.sep}", *(f"  {path.name}" for path in paths)]
    await app.ask(Told(f"{counted(len(paths), 'file')} that only you can read", lines, "✔ EXPORTED"))
