"""Fills `{{ name }}` in what is expected and captured, and names the texts of a runbook in which it stays as it is."""

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from tui.runbook.model import Action, Capture, Expect
from tui.runbook.problem import UnplacedProblem
from tui.runbook.shell.placeholders import PLACEHOLDER
from tui.runbook.templates.variables import fill, names, worded
from tui.runbook.walk import KEY, Text

FILLED = frozenset(
    {
        *(
            ("Host", key)
            for key in ("target", "user", "directory", "file", "preamble", "expect_hostname", "environment")
        ),
        *(("Variable", key) for key in ("default", "choices_from", "default_from")),
        *(("Action", key) for key in ("run", "ask", "open", "directory", "stdin", "title", "original", "consequences")),
        *(("Step", key) for key in ("text", "note")),
        *(("Message", key) for key in ("title", "body", "to", "send", "of")),
        *(("Expect", key) for key in ("contains", "absent", "matches", "misses", "json", "choice", "text")),
        *(("Capture", key) for key in ("pattern", "json")),
        ("Watched", "samples"),
        ("Link", "url"),
        ("Monitor", "run"),
        ("Secret", "file"),
    }
)
"""The fields in which a placeholder is filled in; in every other one it is refused."""
_PATTERNS = ("matches", "misses")


def filled_action(action: Action, values: Mapping[str, str]) -> Action:
    """The action with the values in what it says, expects and captures; in a pattern a value stands for itself."""
    told = {choice: worded(follows, values) for choice, follows in action.consequences.items()}
    captures = {name: _capture(one, values) for name, one in action.capture.items()}
    return replace(action, expect=filled_expect(action.expect, values), capture=captures, consequences=told)


def filled_expect(expect: Expect, values: Mapping[str, str]) -> Expect:
    """The expectations with the values in place."""
    escaped = {name: re.escape(value) for name, value in values.items()}
    texts = {
        key: tuple(fill(text, escaped if key in _PATTERNS else values) for text in getattr(expect, key))
        for key in ("contains", "absent", "matches", "misses", "choice")
    }
    json = {fill(path, values): fill(one, values) if isinstance(one, str) else one for path, one in expect.json.items()}
    return replace(expect, json=json, text=worded(expect.text, values), **texts)


def without_value(expect: Expect) -> list[str]:
    """The names that still have no value: an expectation that names one cannot be judged."""
    texts = (*expect.contains, *expect.absent, *expect.matches, *expect.misses, *expect.choice)
    texts += (*expect.json, *(one for one in expect.json.values() if isinstance(one, str)))
    return sorted({name for text in texts for name in names(text)})


def _capture(wanted: Capture, values: Mapping[str, str]) -> Capture:
    escaped = {name: re.escape(value) for name, value in values.items()}
    return replace(wanted, pattern=fill(wanted.pattern, escaped), json=fill(wanted.json, values))


def unfilled(texts: Iterable[Text]) -> Iterator[UnplacedProblem]:
    """A fault for each placeholder that nothing would fill in: people would read `{{ name }}`."""
    for path, kind, field, text in texts:
        if "{{" not in text or not field or kind == KEY or (kind, field) in FILLED:
            continue
        if found := PLACEHOLDER.search(text):
            yield UnplacedProblem(
                path=path,
                message=f"{found[0]} is not filled in here",
                hint="write it out; it is filled in commands, expectations, questions, messages, a step's text",
            )
