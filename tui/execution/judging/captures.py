"""Takes values out of a command's output, so that what a shell would carry between commands is known by name."""

import json
from collections.abc import Mapping

from msgspec import Struct

from tui.execution.judging.evidence import MISSING, document_with, follow
from tui.runbook.model import Action, Capture
from tui.runbook.patterns.bounded import TooSlow, search
from tui.session.event_base import Check
from tui.session.events import ValueCaptured

LONGEST = 65536
"""A value of more characters, or with a NUL, is taken for a mistake: it counts as not found."""


class Captured(Struct, frozen=True):
    """What was found: plain values, secret ones, and the names without a value that need one."""

    values: Mapping[str, str] = {}
    secrets: Mapping[str, str] = {}
    missing: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Captured({dict(self.values)}, secrets: {list(self.secrets)}, missing: {self.missing})"

    def events(self, step: str, member: str = "") -> list[ValueCaptured]:
        """What the journal says of it, captured by a step on a `member` of its group; of the secrets their names."""
        plain = [ValueCaptured(step=step, name=name, value=one, host=member) for name, one in self.values.items()]
        return plain + [ValueCaptured(step=step, name=name, secret=True) for name in self.secrets]


def capture(captures: Mapping[str, Capture], text: str) -> Captured:
    """Find every value in the output; an optional one that is not there stays unknown.

    The first match of a pattern counts, the whole match where it has no group.
    """
    values: dict[str, str] = {}
    secrets: dict[str, str] = {}
    missing: list[str] = []
    for name, wanted in captures.items():
        value = _find(wanted, text)
        if value:
            (secrets if wanted.secret else values)[name] = value
        elif not wanted.optional:
            missing.append(name)
    return Captured(values, secrets, tuple(missing))


def capture_probe(captures: Mapping[str, Capture], text: str, secrets: Mapping[str, str]) -> Captured:
    """The same for a probe: plain values from its document, secret ones from what it handed over beside it."""
    plain = capture({name: wanted for name, wanted in captures.items() if not wanted.secret}, text)
    found = {name: secrets.get(wanted.json or name, "") for name, wanted in captures.items() if wanted.secret}
    missing = [name for name, value in found.items() if not value and not captures[name].optional]
    return Captured(plain.values, {name: value for name, value in found.items() if value}, (*plain.missing, *missing))


def beside_baseline(
    captured: Captured, captures: Mapping[str, Capture], known: Mapping[str, str]
) -> tuple[Captured, tuple[Check, ...]]:
    """Leave out what would replace a baseline that is known, and say where what was found now is another value."""
    stay = {name for name in captured.values if captures[name].baseline and known.get(name)}
    values = {name: value for name, value in captured.values.items() if name not in stay}
    checks = tuple(
        Check(f"{name} as before the change, {known[name]}", captured.values[name], ok=False, warning=True)
        for name in sorted(stay)
        if captured.values[name] != known[name]
    )
    return Captured(values, captured.secrets, captured.missing), checks


def _find(wanted: Capture, text: str) -> str:
    value = _by_json(wanted.json, text) if wanted.json else text.strip()
    if wanted.pattern:
        try:
            match = search(wanted.pattern, value if wanted.json else text)
        except TooSlow:
            return ""
        value = match.counts.strip() if match else ""
    return value if len(value) <= LONGEST and "\0" not in value else ""


def _by_json(path: str, text: str) -> str:
    document = document_with(text, (path,))
    value = MISSING if document is MISSING else follow(document, path)
    if value is MISSING or value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def captures_secret(action: Action) -> bool:
    """Whether the output of the action has a secret that is not known before it has run."""
    return any(wanted.secret for wanted in action.capture.values())
