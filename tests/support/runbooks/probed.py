"""Runs one check of a probe as the engine does: defaults filled in, fields compared with what the kind declares."""

from typing import Any

import pytest

from tests.support.machines.reach import reaching
from tui.probes.base import ProbeFailed, ProbeKind, Reading
from tui.runbook.probing.spec import KindSpec, Setting
from tui.transports.base import Transport


def filled(settings: tuple[Setting, ...], given: dict[str, Any]) -> dict[str, Any]:
    """What is given, with defaults where nothing is; an unknown name is the test's mistake."""
    names = {setting.name for setting in settings}
    assert set(given) <= names, set(given) - names
    assert {setting.name for setting in settings if setting.required} <= set(given)
    return {one.name: one.default for one in settings if one.default is not None} | given


def probed(
    probe: ProbeKind[Any],
    spec: KindSpec,
    check: str,
    settings: dict[str, Any],
    given: dict[str, Any],
    place: Transport,
    seconds: float = 10.0,
) -> Reading:
    """What the check finds from this place."""
    told = filled(spec.check(check).parameters, given)
    with reaching(place, seconds) as reach:
        raw = probe.fetch(check, filled(spec.settings, settings), told, reach)
    reading = probe.interpret(check, told, raw)
    declared = {field.name for field in spec.check(check).fields}
    assert set(reading.document) <= declared, set(reading.document) - declared
    return reading


def failure(*given: Any, **more: Any) -> ProbeFailed:
    """The failure that a check ends in, which says what to look at; see `probed`."""
    with pytest.raises(ProbeFailed) as failed:
        probed(*given, **more)
    assert failed.value.hint
    return failed.value
