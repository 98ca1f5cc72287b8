"""Checks one action: that it is one thing, on a host that is there, with expectations that can be met."""

import math
from collections.abc import Iterator

from tui.runbook.groups.group_faults import on_group_faults
from tui.runbook.groups.members import HOST, group_named
from tui.runbook.model import ACTION_KINDS, Action, AnswerKind, Number, Runbook, seconds
from tui.runbook.patterns.bounded import pattern_faults
from tui.runbook.problem import Path, UnplacedProblem, nearest, quoted
from tui.runbook.reading.edition.second_keys import FIRST
from tui.runbook.reading.monitors import watch_faults
from tui.runbook.reading.names import KnownNames, Names, template_faults
from tui.runbook.reading.probes import expectation_faults, probe_faults
from tui.runbook.shell.counting import may_change
from tui.runbook.shell.placeholders import PLACEHOLDER
from tui.runbook.walk import KEY, texts_of

_NOTHING = Action().expect
"""What is expected where nothing is said."""
SECOND_ONLY = ("until", "manual", "interactive")
"""Keys of actions that the first edition does not have."""
_ONLY_RUN = ("directory", "timeout", "stdin", "secrets", "retry", "until", "on", "repeatable")
_NOT_IN_TERMINALS = tuple(key for key in _ONLY_RUN if key not in ("on", "directory"))
_ONLY_COMMAND = ("directory", "stdin", "secrets", "on", "repeatable")
_ONLY_OUTPUT = ("exit", "contains", "absent", "empty", "json", "http", "seconds")


def action_faults(
    runbook: Runbook, names: Names, known: KnownNames, path: Path, action: Action, mutates: bool = False
) -> Iterator[UnplacedProblem]:
    """Every fault in an action; `known` is what is known when it begins, `mutates` its step's."""
    given = [kind for kind in ACTION_KINDS if getattr(action, kind) is not None]
    if len(given) != 1:
        found = (
            f"has {' and '.join(given)}"
            if given
            else f"has none of {', '.join(ACTION_KINDS[:-1])} and {ACTION_KINDS[-1]}"
        )
        yield UnplacedProblem(path=path, message=f"the action {found}", hint="give exactly one of them")
    if action.on and action.on not in runbook.hosts:
        hint = nearest(action.on, runbook.hosts)
        yield UnplacedProblem(path=(*path, "on"), message=f"there is no host {quoted(action.on)}", hint=hint)
    if action.send and action.send not in runbook.messages:
        hint = nearest(action.send, runbook.messages)
        yield UnplacedProblem(path=(*path, "send"), message=f"there is no message {quoted(action.send)}", hint=hint)
    yield from _said(path, action)
    yield from on_group_faults(runbook, path, action)
    if group_named(runbook, action):
        known = known.with_values(frozenset({HOST}))
    for place, name in enumerate(action.secrets):
        if name and name not in known.secrets:
            hint = nearest(name, known.secrets)
            yield UnplacedProblem(
                path=(*path, "secrets", place), message=f"there is no secret {quoted(name)}", hint=hint
            )
    for key in ("run", "ask", "manual", "interactive", "open", "directory", "stdin", "title"):
        text = getattr(action, key)
        if text and "{{" in text:  # most have none, of some thousand that are looked at before anything is shown
            yield from template_faults(text, known, (*path, key), key in ("run", "interactive"), names.anywhere())
    asked = (("choices", action.choices), ("loses_data", action.loses_data))
    for key, value in (("expect", action.expect), ("capture", action.capture), *asked):
        for where, kind, _, text in texts_of(value, (*path, key)) if value and value != _NOTHING else ():
            if "{{" in text and kind != KEY:
                yield from template_faults(text, known, where, False, names.anywhere())
    if action.probe is not None:
        yield from probe_faults(runbook, names, known, (*path, "probe"), action.probe)
        yield from expectation_faults(runbook, path, action, mutates)
    yield from watch_faults(runbook, names, known, path, action)
    yield from _meaningless(runbook, path, action)
    for key in SECOND_ONLY if runbook.format == FIRST else ():
        if getattr(action, key) is not None:
            hint = "format = 2 has it: it stands at the top of the file"
            yield UnplacedProblem(path=(*path, key), message=f"unknown key {quoted(key)}", hint=hint)
    yield from _until(path, action)
    yield from _question(path, action)
    yield from _expectations(path, action)
    yield from _captures(runbook, path, action)


def _said(path: Path, action: Action) -> Iterator[UnplacedProblem]:
    """What is not a link, and what says nothing."""
    if action.open is not None and not (
        action.open.startswith(("https://", "http://")) or PLACEHOLDER.match(action.open)
    ):
        hint = "it begins with https:// or a {{ variable }}"
        yield UnplacedProblem(path=(*path, "open"), message=f"{quoted(action.open)} is not a link", hint=hint)
    for key in ("run", "interactive"):
        command = getattr(action, key)
        if command is not None and not command.strip():
            yield UnplacedProblem(path=(*path, key), message="the command is empty", hint="write what to run")
    if action.manual is not None and not action.manual.strip():
        message, hint = "it says nothing to do", "write what is done by hand"
        yield UnplacedProblem(path=(*path, "manual"), message=message, hint=hint)


def _meaningless(runbook: Runbook, path: Path, action: Action) -> Iterator[UnplacedProblem]:
    """What is written but would have no effect."""
    if action.kind == "run" or not action.kind:
        return
    only = _ONLY_COMMAND if action.kind in ("probe", "watch") else _ONLY_RUN
    by_host = bool(group_named(runbook, action))
    for key in only if action.interactive is None else _NOT_IN_TERMINALS:
        if getattr(action, key) and not (by_host and key == "on"):
            of_probe = action.probe is not None and key == "on"
            hint = "its service says where it asks" if of_probe else "only a command has it"
            yield UnplacedProblem(path=(*path, key), message=f'"{key}" means nothing for {action.kind}', hint=hint)
    if action.kind in ("probe", "watch"):
        return  # what they find is checked with what they are
    default = type(action.expect)()
    by_person = action.manual is not None or action.interactive is not None
    for key in type(action.expect).__struct_fields__ if by_person else _ONLY_OUTPUT:
        if getattr(action.expect, key) != getattr(default, key):
            yield UnplacedProblem(
                path=(*path, "expect", key),
                message=f'"{key}" means nothing for {action.kind}',
                hint="expect what is answered",
            )


def _until(path: Path, action: Action) -> Iterator[UnplacedProblem]:
    """Waiting is asking again and again: only what changes nothing may be asked so."""
    if action.until is None:
        return
    here: Path = (*path, "until")
    if action.watch is not None:
        yield UnplacedProblem(path=here, message='"until" means nothing for watch', hint="it waits for its samples")
    if may_change(action):
        message = "what changes something is never run again by itself"
        hint = "wait with a command that only looks, in an action or a step of its own"
        yield UnplacedProblem(path=here, message=message, hint=hint)
    if action.retry is not None:
        yield UnplacedProblem(path=here, message="an action has until or retry, not both", hint="remove retry")
    if seconds(action.until.within) < seconds(action.until.every) or not seconds(action.until.every):
        message = f"{action.until.every} is longer than {action.until.within}"
        if not seconds(action.until.every):
            message = "every is a time above 0"
        yield UnplacedProblem(path=here, message=message, hint='until = { every = "10s", within = "30m" }')


def _question(path: Path, action: Action) -> Iterator[UnplacedProblem]:
    if action.answer is AnswerKind.CHOICE and not action.choices:
        yield UnplacedProblem(path=path, message="a choice needs choices", hint='choices = ["…", "…"]')
        return
    for key in ("consequences", "loses_data"):
        for value in getattr(action, key):
            if value not in action.choices:
                message = f"{quoted(value)} is not one of the choices"
                yield UnplacedProblem(path=(*path, key), message=message, hint=nearest(value, action.choices))
    for value in action.loses_data:
        if value in action.choices and not action.consequences.get(value):
            hint = f'consequences = {{ {value} = "…" }}'
            message = f"{quoted(value)} loses data, and nothing says what"
            yield UnplacedProblem(path=(*path, "loses_data"), message=message, hint=hint)
    if action.choices and action.answer is not AnswerKind.CHOICE:
        yield UnplacedProblem(path=(*path, "choices"), message="choices without a choice", hint='answer = "choice"')
    allowed = {AnswerKind.CHOICE: action.choices, AnswerKind.YES_NO: ("yes", "no")}.get(action.answer, ())
    for place, value in enumerate(action.expect.choice):
        if action.ask is None or not allowed:
            yield UnplacedProblem(
                path=(*path, "expect", "choice"), message="only a choice or yes-no has it", hint="remove it"
            )
            return
        if value not in allowed:
            hint = nearest(value, allowed)
            message = f"{quoted(value)} cannot be answered"
            yield UnplacedProblem(path=(*path, "expect", "choice", place), message=message, hint=hint)
    if action.ask is not None and action.expect.numbers and action.answer is not AnswerKind.NUMBER:
        yield UnplacedProblem(
            path=(*path, "expect", "numbers"), message="the answer is not a number", hint='answer = "number"'
        )


def _expectations(path: Path, action: Action) -> Iterator[UnplacedProblem]:
    expect = action.expect
    for key in ("matches", "misses"):
        for place, pattern in enumerate(getattr(expect, key)):
            yield from pattern_faults(pattern, (*path, "expect", key, place))
    for place, number in enumerate(expect.numbers):
        yield from _number((*path, "expect", "numbers", place), number)
    for place, status in enumerate(expect.exit):
        if isinstance(status, int) and not 0 <= status <= 255:
            hint = "0 to 255, or [] for any"
            yield UnplacedProblem(
                path=(*path, "expect", "exit", place), message=f"{status} is not an exit status", hint=hint
            )
    limit = expect.seconds
    if isinstance(limit, int | float) and not (math.isfinite(limit) and limit > 0):
        hint = "a number above 0"
        yield UnplacedProblem(
            path=(*path, "expect", "seconds"), message=f"{expect.seconds} is not a duration", hint=hint
        )
    if expect.http is not None and expect.http.status is None and not expect.http.protocol:
        yield UnplacedProblem(
            path=(*path, "expect", "http"), message="nothing is expected of HTTP", hint="status = 200"
        )


def _number(path: Path, number: Number) -> Iterator[UnplacedProblem]:
    yield from pattern_faults(number.pattern, (*path, "pattern"), groups=number.of != "count")
    lows, highs = (number.above, number.at_least), (number.below, number.at_most)
    if all(bound is None for bound in (*lows, *highs)):
        yield UnplacedProblem(path=path, message="the number has no bound", hint="below, above, at_most or at_least")
        return
    known = [bound for bound in (*lows, *highs) if isinstance(bound, int | float)]
    low = [bound for bound in lows if isinstance(bound, int | float)]
    high = [bound for bound in highs if isinstance(bound, int | float)]
    if any(math.isnan(bound) for bound in known):
        yield UnplacedProblem(path=path, message="a bound is not a number", hint="give it a value")
    elif low and high and max(low) > min(high):
        yield UnplacedProblem(
            path=path, message="no number can be in these bounds", hint="the lower is above the upper"
        )


def _captures(runbook: Runbook, path: Path, action: Action) -> Iterator[UnplacedProblem]:
    for name, capture in action.capture.items():
        here: Path = (*path, "capture", name)
        yield from Names.not_built_in(name, here)
        if capture.pattern and capture.json:
            yield UnplacedProblem(
                path=here, message="a capture has a pattern or a json path, not both", hint="remove one"
            )
        yield from pattern_faults(capture.pattern, (*here, "pattern"), groups=True)
        if name in runbook.secrets and not capture.secret:
            yield UnplacedProblem(path=here, message=f"{quoted(name)} is a secret", hint="secret = true")
        if action.kind in ("send", "open", "manual", "interactive"):
            yield UnplacedProblem(
                path=here, message=f"{action.kind} gives no value to capture", hint="capture from run or ask"
            )
