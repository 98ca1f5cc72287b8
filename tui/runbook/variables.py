"""`{{ name }}` in the texts and commands of a runbook: which names they use, and the same with the values in place."""

import re
from collections.abc import Mapping
from datetime import datetime

from tui.runbook.model import Variable

PLACEHOLDER = re.compile(r"\{\{ +([A-Za-z_][A-Za-z0-9_-]*) +\}\}")
"""One `{{ name }}`, spaces and all: `{{.Names}}` and `{{end}}` belong to other programs' templates."""

DRAFTED = frozenset(
    {
        "rollback_progress",
        "rollback_elapsed",
        "incident_timeline",
        "incident_why",
        "incident_impact",
        "incident_resolution",
    }
)
"""The names that the messages of a rollback may use: drafted from the session."""

BUILT_INS = DRAFTED | {
    "operator",
    "second_operator",
    "session",
    "flow",
    "method",
    "method_title",
    "utc_date",
    "utc_time",
    "title",
    "environment",
    "contact",
    "owner",
    "reason",
}
"""The names every template may use, whatever the runbook declares."""

FACTS = frozenset({"operator", "second_operator", "session", "flow", "method", "reason"})
"""The built-in names that `when` and `needed_if` may ask for."""


def names(template: str) -> set[str]:
    """The names a template uses."""
    return set(PLACEHOLDER.findall(template))


def fill(template: str, values: Mapping[str, str]) -> str:
    """The text with every known value in its place; a name without a value stays as it is written.

    This is for texts people read. A command takes `fill_command`, which quotes.
    """
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template)


def moment(now: datetime) -> dict[str, str]:
    """The built-in names for the time, which is UTC, and their values; a variable's default may name them."""
    return {"utc_date": f"{now:%Y-%m-%d}", "utc_time": f"{now:%H:%M}"}


def defaults(variables: Mapping[str, Variable], now: datetime) -> dict[str, str]:
    """The defaults of those variables that have one, as they are at this moment."""
    return {name: fill(variable.default, moment(now)) for name, variable in variables.items() if variable.default}


def fill_command(template: str, values: Mapping[str, str]) -> str:
    """The shell command with every value quoted for the place it stands in, so that the shell reads it as plain text.

    Raises:
        RunbookError: a name has no value, or a value cannot be written in its place.
    """
    from tui.runbook.quoting import fill_quoted

    return fill_quoted(template, values) if "{{" in template else template
