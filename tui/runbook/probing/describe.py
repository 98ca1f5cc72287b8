"""Says a probe in words, the same in the journal, on the screens and in the exports."""

from collections.abc import Mapping

from tui.runbook.model import Probe, Runbook
from tui.runbook.variables import fill

THIS_MACHINE = "this machine"


def words_of(runbook: Runbook, probe: Probe, values: Mapping[str, str]) -> str:
    """A probe as the operator reads it: probe database: threads (mysql through production)."""
    service = runbook.services[probe.service]
    through = service.through or THIS_MACHINE
    given = " ".join(f"{name}={_shown(value, values)}" for name, value in probe.given.items())
    return f"probe {probe.service}: {probe.check} {given}".rstrip() + f" ({service.kind} through {through})"


def given_words(probe: Probe, values: Mapping[str, str]) -> str:
    """A check's parameters, by which one measurement of a service is told from another of the same kind."""
    return " ".join(f"{name}={_shown(value, values)}" for name, value in sorted(probe.given.items()))


def _shown(value: object, values: Mapping[str, str]) -> str:
    if isinstance(value, tuple):
        return ",".join(fill(one, values) for one in value)
    return fill(value, values) if isinstance(value, str) else str(value)
