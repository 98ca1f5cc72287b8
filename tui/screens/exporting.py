"""Writes a session for people and for programs, from whichever screen asks."""

from pathlib import Path

from textual.screen import Screen

from tui.bridge import front
from tui.errors import SessionError
from tui.session.store import Store

FORMS = ("md", "html", "json")


def write_exports(store: Store, session: str, folder: Path) -> list[Path]:
    """Write the session in every form into `folder`, or into its own directory where that cannot be written.

    Raises:
        SessionError: the session cannot be read, or neither place can be written.
    """
    from tui.exports.registry import render
    from tui.exports.source import source

    directory = store.find(session)
    read = source(directory)
    made = {f"{directory.id}.{form}": render(read, form) for form in FORMS}
    for place in (folder, directory.path):
        try:
            for name, data in made.items():
                (place / name).write_bytes(data)
        except OSError:
            continue
        return [place / name for name in made]
    raise SessionError(f"cannot write to {folder} nor to {directory.path}", "free space, or start from another folder")


def export_session(screen: Screen[None], session: str) -> None:
    """Write a session beside where the program was started, and say where that is."""
    app = front(screen)

    def written(paths: list[Path]) -> None:
        app.say("\n".join(str(path) for path in paths), "Exported")

    app.work(screen, lambda: write_exports(app.workspace.store, session, Path.cwd()), written)
