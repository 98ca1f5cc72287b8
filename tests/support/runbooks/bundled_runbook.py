"""The bundled runbook and its scenarios, read and checked once in each process: hundreds of tests begin with them."""

from functools import cache
from pathlib import Path

import tomli

from tui.drill import scenario_files
from tui.drill.scenario import Scenario
from tui.resources import bundled
from tui.runbook.model import Runbook
from tui.runbook.reading import load
from tui.runbook.reading.edition.whole_text import WholeText

read_anew, whole_anew, scenario_anew = load.load_whole, load.read_whole, scenario_files.load_scenario
_read: dict[tuple[tuple[int, int] | None, bool], Runbook] = {}


def bundled_runbook() -> Runbook:
    """The bundled runbook with its parts."""
    return load.load(bundled("runbook.toml"))


def read_once(whole: WholeText, beside: Path | None, of_session: bool = False) -> Runbook:
    """The runbook in a whole text, in place of `load_whole`: another text than the bundled one is read each time.

    What is beside it counts by the document that the runbook names: most sessions have none, as the first had.
    """
    if whole.text != _bundled_text():
        return read_anew(whole, beside, of_session)
    known = _document(beside), of_session
    if known not in _read:
        _read[known] = read_anew(whole, beside, of_session)
    return _read[known]


def whole_once(path: Path) -> WholeText:
    """The whole text of a runbook's file, in place of `read_whole`: the bundled one's is joined once as it is now."""
    if path != bundled("runbook.toml"):
        return whole_anew(path)
    return _whole(path, _as_they_are(path, *sorted((path.parent / "runbook").glob("*.toml"))))


def scenario_once(path: Path, above: tuple[Path, ...] = ()) -> Scenario:
    """A scenario, in place of `load_scenario`: a bundled one is read once as it and the others beside it are now."""
    if path.parent != bundled("drills") or path in above:
        return scenario_anew(path, above)
    return _scenario(path, _as_they_are(*scenario_files.scenario_files()))


def _as_they_are(*files: Path) -> tuple[tuple[int, int], ...]:
    return tuple((found.st_size, found.st_mtime_ns) for found in map(Path.stat, files))


@cache
def _scenario(path: Path, as_they_are: tuple[tuple[int, int], ...]) -> Scenario:
    return scenario_anew(path)


@cache
def _whole(path: Path, as_it_is: tuple[tuple[int, int], ...]) -> WholeText:
    return whole_anew(path)


@cache
def _bundled_text() -> str:
    return load.read_whole(bundled("runbook.toml")).text


@cache
def _document_name() -> str:
    return str(tomli.loads(_bundled_text())["runbook"]["document"])


def _document(beside: Path | None) -> tuple[int, int] | None:
    """Its size and its time; None where there is none."""
    file = beside and beside / _document_name()
    if file is None or not file.is_file():
        return None
    found = file.stat()
    return found.st_size, found.st_mtime_ns
