"""The bundled runbook, read once in each process: it takes a fifth of a second, and dozens of tests have it."""

from functools import cache

from tui.resources import bundled
from tui.runbook.model import Runbook
from tui.runbook.reading.load import load


@cache
def bundled_runbook() -> Runbook:
    """The bundled runbook with its parts."""
    return load(bundled("runbook.toml"))
