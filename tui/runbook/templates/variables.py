"""`{{ name }}` in the texts and commands of a runbook: which names they use, and the same with the values in place."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from tui.runbook.model import Variable, Window
from tui.runbook.shell.placeholders import PLACEHOLDER, unset

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
    "window_date",
    "window_time",
    "title",
    "environment",
    "contact",
    "owner",
    "reason",
}
"""The names every template may use, whatever the runbook declares."""

CHANGING = DRAFTED | {"utc_date", "utc_time", "window_date", "window_time", "method_title"}
"""The built-in names that are another text at another moment, and that no title has."""

LONGEST_COUNT = 7
"""A count of this many digits, or more, is a mistake."""

FACTS = frozenset({"operator", "second_operator", "session", "flow", "method", "environment", "reason"})
"""The built-in names that `when` and `needed_if` may ask for."""


def names(template: str) -> set[str]:
    """The names a template uses."""
    return set(PLACEHOLDER.findall(template))


def fill(template: str, values: Mapping[str, str]) -> str:
    """The text with every known value in its place; a name without a value stays as it is written.

    Texts that people read take `worded`. A command takes `fill_command`, which quotes.
    """
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template)


def worded(template: str, values: Mapping[str, str]) -> str:
    """The text as people read it: a name without a value, as after a step was skipped, says so in words."""

    def word(found: re.Match[str]) -> str:
        value = values.get(found[1], "")
        return value if value.strip() else unset(found[1])

    return PLACEHOLDER.sub(word, template)


def fill_shown(template: str, values: Mapping[str, str]) -> str:
    """The text as a command will get it, to be read: a value that is not set says so, an empty one stays empty."""
    return PLACEHOLDER.sub(lambda found: values[found[1]] if found[1] in values else unset(found[1]), template)


def fill_whole(template: str, values: Mapping[str, str]) -> str:
    """The text with every value in its place, as a command gets it.

    Raises:
        RunbookError: a name has no value.
    """
    for name in PLACEHOLDER.findall(template):
        if name not in values:
            from tui.runbook.shell.quoting import no_value

            raise no_value(name)
    return fill(template, values)


def address(template: str, values: Mapping[str, str]) -> str:
    """The address of a page that is opened or copied.

    Raises:
        RunbookError: a name has no value, or an empty one: it would be the address of another page.
    """
    for name in PLACEHOLDER.findall(template):
        if not values.get(name, "").strip():
            from tui.runbook.shell.quoting import no_value

            raise no_value(name)
    return fill(template, values)


def filled(template: str, values: Mapping[str, str], partial: bool = False) -> str | None:
    """The text with the values in place; None where it has only optional values that are not set: as if not given.

    Args:
        partial: a name without a value says so in words; meant for what is only shown.

    Raises:
        RunbookError: a name has no value.
    """
    text = fill_shown(template, values) if partial else fill_whole(template, values)
    return None if template and not text else text


def is_count(text: str) -> bool:
    """Whether a text is a whole number, 1 or more."""
    return text.isascii() and text.isdecimal() and len(text) < LONGEST_COUNT and int(text) > 0


def time_values(now: datetime, window: Window | None = None) -> Mapping[str, str]:
    """The built-in names for the time, which is UTC, and their values; a variable's default may name them.

    `window_date` and `window_time` are the next time at which the window opens; now, where it is open or there is none.
    """
    return _time_values(now.replace(second=0, microsecond=0), now.tzinfo, window)


@lru_cache(maxsize=64)
def _time_values(now: datetime, zone: tzinfo | None, window: Window | None) -> Mapping[str, str]:
    """The same all through a minute, in which no window opens or closes; asked for with every template.

    Moments in two zones are equal, and their values are not: `zone` is that of `now`.
    """
    from tui.runbook.window import window_state

    found = window_state(window, now)
    at = found.opens.astimezone(UTC) if found.opens is not None and not found.inside else now
    return {
        "utc_date": f"{now:%Y-%m-%d}",
        "utc_time": f"{now:%H:%M}",
        "window_date": f"{at:%Y-%m-%d}",
        "window_time": f"{at:%H:%M}",
    }


def without_empty(text: str, values: Mapping[str, str]) -> str:
    """A message without the paragraphs that are there for a value which is empty: no heading above nothing."""
    empty = {name for name, value in values.items() if not value.strip()}
    kept = [
        paragraph
        for paragraph in text.split("\n\n")
        if not any(
            (found := PLACEHOLDER.fullmatch(line.strip())) and found[1] in empty for line in paragraph.split("\n")
        )
    ]
    return "\n\n".join(kept)


def defaults(
    variables: Mapping[str, Variable], now: datetime, flow: str = "", window: Window | None = None
) -> dict[str, str]:
    """The defaults of the variables as they are at this moment; an optional one that has none is empty.

    Args:
        flow: the session's; an optional variable of other flows has no value in it.
        window: the runbook's.
    """
    times = time_values(now, window)
    return {
        name: fill(one.default, times) if "{{" in one.default else one.default
        for name, one in variables.items()
        if one.default or (one.optional and (not one.flows or flow in one.flows))
    }


def fill_command(template: str, values: Mapping[str, str], partial: bool = False) -> str:
    """The shell command with every value quoted for the place it stands in, so that the shell reads it as plain text.

    Args:
        partial: a name without a value says so in words; meant for a command that is only shown, and never run.

    Raises:
        RunbookError: a name has no value, or a value cannot be written in its place.
    """
    if "{{" not in template:
        return template
    from tui.runbook.shell.quoting import fill_quoted  # it reads shell commands: a fiftieth of the modules

    return fill_quoted(template, values, partial)


def wrong_value(variable: Variable, value: str) -> str:
    """What is wrong with a value for this variable; empty when it is right."""
    if not value:
        return "" if variable.optional else "a value is needed"
    if "\0" in value:
        return "a value cannot hold a NUL character"
    if variable.choices and value not in variable.choices:
        return f"{value!r} is not one of {', '.join(variable.choices)}"
    from tui.runbook.patterns.bounded import TooSlow, fullmatch

    try:
        if variable.pattern and not fullmatch(variable.pattern, value):
            return f"{value!r} does not match {variable.pattern}"
    except TooSlow as error:
        return error.message
    return ""
