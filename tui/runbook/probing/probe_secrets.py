"""Says which of a runbook's secrets a probe uses, so that they are fetched before a session begins."""

from tui.runbook.model import Probe, Runbook
from tui.runbook.probing import KINDS
from tui.runbook.probing.spec import Shape


def secrets_of(runbook: Runbook, probe: Probe) -> list[str]:
    """The secrets that a probe uses, by name."""
    service = runbook.services[probe.service]
    shapes = {parameter.name: parameter.shape for parameter in KINDS[service.kind].check(probe.check).parameters}
    given = [str(value) for name, value in probe.given.items() if shapes.get(name) is Shape.SECRET]
    return [*service.secrets.values(), *given]
