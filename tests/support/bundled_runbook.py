"""The bundled runbook, read and checked once in each process: hundreds of tests begin with it."""

from functools import cache
from pathlib import Path

from tui.resources import bundled
from tui.runbook.model import Runbook
from tui.runbook.reading import load
from tui.runbook.reading.edition.whole_text import WholeText

read_anew = load.load_whole
_read: dict[tuple[Path | None, bool], Runbook] = {}


def bundled_runbook() -> Runbook:
    """The bundled runbook with its parts."""
    return load.load(bundled("runbook.toml"))


def read_once(whole: WholeText, beside: Path | None, of_session: bool = False) -> Runbook:
    """The runbook in a whole text, in place of `load_whole`: another text than the bundled one is read each time."""
    if whole.text != _bundled_text():
        return read_anew(whole, beside, of_session)
    if (beside, of_session) not in _read:
        _read[beside, of_session] = read_anew(whole, beside, of_session)
    return _read[beside, of_session]


@cache
def _bundled_text() -> str:
    return load.read_whole(bundled("runbook.toml")).text
