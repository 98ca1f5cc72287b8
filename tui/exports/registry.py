"""The forms a session can be written in; a new one is a module and a line here."""

from collections.abc import Callable
from importlib import import_module
from typing import BinaryIO, cast

from tui.errors import UsageError
from tui.exports.source import Source, source
from tui.session.bundle import pack
from tui.session.store import SessionDirectory

_MODULES = {"md": "tui.exports.markdown", "html": "tui.exports.html", "json": "tui.exports.json"}
FORMATS = tuple(_MODULES)
BUNDLE = "bundle"


def render(source: Source, form: str) -> bytes:
    """The session in one of FORMATS.

    Raises:
        UsageError: there is no such form.
    """
    if form not in _MODULES:
        raise UsageError(f"no export {form!r}", f"one of: {', '.join((*FORMATS, BUNDLE))}")
    return cast("Callable[[Source], bytes]", import_module(_MODULES[form]).render)(source)


def write(directory: SessionDirectory, form: str, file: BinaryIO) -> None:
    """Write a session to a file: in one of FORMATS, or as a BUNDLE.

    Raises:
        UsageError: there is no such form.
        SessionError: the session cannot be read, or is damaged.
    """
    if form == BUNDLE:
        pack(directory, file)
    else:
        file.write(render(source(directory), form))
