"""Asks a database by its probe, as the tests of each kind do: what it finds, and how it is refused."""

from typing import Any

import pytest

from tests.support.machines.reach import reaching
from tui.probes.base import ProbeFailed, ProbeKind, Reading
from tui.runbook.probing.spec import KindSpec
from tui.transports.base import Transport


class AskedDatabase:
    """One kind of database; `password` is what no message may have."""

    def __init__(self, kind: ProbeKind[Any], spec: KindSpec, password: str) -> None:
        self._kind = kind
        self._spec = spec
        self._password = password

    def given_of(self, check: str, **given: Any) -> dict[str, Any]:
        """A check's parameters, with its defaults filled in."""
        parameters = self._spec.check(check).parameters
        return {**{one.name: one.default for one in parameters if one.default is not None}, **given}

    def probe(
        self, place: Transport, settings: dict[str, Any], check: str, seconds: float = 10.0, **given: Any
    ) -> Reading:
        """What a check finds, reached from a place."""
        with reaching(place, seconds) as reach:
            raw = self._kind.fetch(check, settings, self.given_of(check, **given), reach)
        return self.read(check, raw, **given)

    def read(self, check: str, raw: Any, **given: Any) -> Reading:
        """The reading, whose document has exactly the fields that the check declares."""
        reading = self._kind.interpret(check, self.given_of(check, **given), raw)
        assert list(reading.document) == [field.name for field in self._spec.check(check).fields]
        return reading

    def refusal(self, place: Transport, settings: dict[str, Any], check: str = "ping", **given: Any) -> ProbeFailed:
        """How a probe fails; never with the password, and always with a hint."""
        with pytest.raises(ProbeFailed) as told:
            self.probe(place, settings, check, **given)
        assert self._password not in f"{told.value!r} {told.value.hint} {told.value.__cause__!r}"
        assert told.value.hint
        return told.value
