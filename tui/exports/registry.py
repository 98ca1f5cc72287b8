"""The forms a session can be written in; a new one is a module and a line here."""

from collections.abc import Callable
from importlib import import_module
from typing import cast

from tui.errors import UsageError
from tui.exports.source import Source

_MODULES = {"md": "tui.exports.markdown", "html": "tui.exports.html", "json": "tui.exports.json"}
FORMATS = tuple(_MODULES)


def render(source: Source, form: str) -> bytes:
    """The session in one of FORMATS.

    Raises:
        UsageError: there is no such form.
    """
    if form not in _MODULES:
        raise UsageError(f"no export {form!r}", f"one of: {', '.join(FORMATS)}")
    return cast("Callable[[Source], bytes]", import_module(_MODULES[form]).render)(source)
