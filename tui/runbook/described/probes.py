"""Says a probe in words, the same in the journal, on the screens and in the exports."""

from collections.abc import Iterable, Mapping

from tui.runbook.groups.members import asked_through, group_named
from tui.runbook.model import Action, Probe, Runbook
from tui.runbook.probing import KINDS
from tui.runbook.templates.variables import filled
from tui.text.amounts import figure

THIS_MACHINE = "this machine"


def words_of(runbook: Runbook, probe: Probe, values: Mapping[str, str] | None) -> str:
    """A probe as the operator reads it: probe database: threads (mysql through production).

    Args:
        values: None where it is shown as the runbook has it, with its `{{ name }}`.
    """
    service = runbook.services[probe.service]
    through = asked_through(runbook, service, values) or THIS_MACHINE
    given = _said(probe.given.items(), values)
    return f"probe {probe.service}: {probe.check} {given}".rstrip() + f" ({service.kind} through {through})"


def asked_words(runbook: Runbook, action: Action) -> str:
    """The probe of an action as the runbook has it, with the group each of whose hosts it asks."""
    assert action.probe is not None
    words, group = words_of(runbook, action.probe, None), group_named(runbook, action)
    return f"{group}: {words}" if group else words


def unit_of(runbook: Runbook, service: str, check: str, name: str) -> str:
    """The unit of a figure that a check of a service finds; empty for a count, and where it is not known any more."""
    known = runbook.services.get(service)
    checks = KINDS[known.kind].checks if known and known.kind in KINDS else ()
    fields = (field for known_check in checks if known_check.name == check for field in known_check.fields)
    return next((field.unit for field in fields if field.name == name), "")


def measured_words(runbook: Runbook, service: str, check: str, figures: Mapping[str, float]) -> str:
    """What a check found, each figure with its unit: seconds 0.18 s, used memory 21.4 MiB."""
    return ", ".join(
        f"{name.replace('_', ' ')} {figure(value, unit_of(runbook, service, check, name))}"
        for name, value in figures.items()
    )


def given_words(probe: Probe, values: Mapping[str, str]) -> str:
    """A check's parameters, by which one measurement of a service is told from another of the same kind."""
    return _said(sorted(probe.given.items()), values)


def _said(given: Iterable[tuple[str, object]], values: Mapping[str, str] | None) -> str:
    told = [(name, one if values is None else value_of(one, values, partial=True)) for name, one in given]
    return " ".join(f"{name}={_shown(value)}" for name, value in told if value is not None)


def _shown(value: object) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)


def value_of(given: object, values: Mapping[str, str], partial: bool = False) -> object:
    """What a setting or a parameter is with the values in place; None where it is as if not given.

    Args:
        partial: a name without a value says so in words; meant for what is only shown.

    Raises:
        RunbookError: a name has no value.
    """
    if isinstance(given, tuple):
        return tuple(text for one in given if (text := filled(one, values, partial)) is not None)
    return filled(given, values, partial) if isinstance(given, str) else given
