"""The forms a session can be written in; a new one is a module and a line here."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, cast

from tui.errors import UsageError
from tui.exports.gathering.events_text import EventsText
from tui.exports.source import Source, source
from tui.session.archive.bundle import pack
from tui.session.archive.history import read_history
from tui.session.archive.store import SessionDirectory, Store

_RENDERERS = {
    "md": ("tui.exports.markdown", "render"),
    "html": ("tui.exports.html.document", "render"),
    "json": ("tui.exports.json", "render"),
    "cast": ("tui.exports.asciicast", "render_v3"),
    "cast2": ("tui.exports.asciicast", "render_v2"),
    "svg": ("tui.exports.animation", "render"),
    "ics": ("tui.exports.ics", "render"),
}
FORMATS = tuple(_RENDERERS)
BUNDLE = "bundle"
SUFFIXES = {f".{form}": form for form in (*FORMATS, BUNDLE)} | {".markdown": "md", ".htm": "html"}


def render(source: Source, form: str) -> bytes:
    """The session in one of FORMATS.

    Raises:
        UsageError: there is no such form, or nothing in the session that could be written in it.
    """
    if form not in _RENDERERS:
        raise UsageError(f"no export {form!r}", f"one of: {', '.join((*FORMATS, BUNDLE))}")
    module, function = _RENDERERS[form]
    return cast("Callable[[Source], bytes]", getattr(import_module(module), function))(source)


def form_of(output: Path | None) -> str:
    """The form that a file's name ends with; Markdown where nothing says another, as on standard output.

    Raises:
        UsageError: the name ends with that of no form, so that it could only be wrong.
    """
    suffix = output.suffix.lower() if output is not None else ""
    if suffix and suffix not in SUFFIXES:
        raise UsageError(f"no export ends with {suffix!r}", f"--format is one of: {', '.join((*FORMATS, BUNDLE))}")
    return SUFFIXES.get(suffix, "md")


def write(directory: SessionDirectory, form: str, file: BinaryIO, store: Store | None = None) -> None:
    """Write a session to a file: in one of FORMATS, or as a BUNDLE; of the sessions in `store` it says what is usual.

    Raises:
        UsageError: there is no such form.
        SessionError: the session cannot be read, or is damaged.
    """
    if form == BUNDLE:
        pack(directory, file)
        return
    text = events_text(file) if form == "json" else None
    history = read_history(store) if store else None
    write_source(source(directory, history, text, measured=form != "json"), form, file)


def write_source(source: Source, form: str, file: BinaryIO) -> None:
    """The same of a session that was read, once, in one of FORMATS."""
    if form == "json":
        from tui.exports.json import write as write_json

        write_json(source, file)
    else:
        file.write(render(source, form))


def events_text(file: BinaryIO) -> EventsText:
    """Where a session's events are kept until they are written to a file: beside it, if it is on the disk."""
    name = getattr(file, "name", None)
    return EventsText(Path(name).parent if isinstance(name, str) and Path(name).is_file() else None)
