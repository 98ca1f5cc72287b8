"""Every kind of event is handled wherever events are: a kind that is forgotten is an error, not silence."""

import ast
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from msgspec import Struct

from tests.support.runbooks.runbooks import small
from tests.support.source.source_trees import nodes
from tui.execution.secrecy.redacted_events import STRUCTURAL, guarded
from tui.exports.event_words import event_words
from tui.exports.report import _deeds
from tui.session import events as ev
from tui.session.approval.fork_words import said_in
from tui.session.archive.files_told import FilesTold
from tui.session.folding.fold import apply
from tui.session.outcome import OutcomeKind
from tui.session.report_card.deviations import _deviation
from tui.session.state import initial
from tui.session.subject import step_of
from tui.session.views.markers import marker_of

GROUPS = (ev.SessionEvent, ev.HostEvent, ev.StepEvent, ev.AttemptEvent, ev.AnswerEvent, ev.MeasuredEvent)
PICKS = {
    ("exports/asciicast.py", "_seen"): "a kind that is not named is shown, in the words that each kind must have",
}
"""The matches over events whose default is meant, and why."""


class Unheard(ev.Event, frozen=True, kw_only=True):
    """A kind of event that nobody handles."""

    step: str = ""
    attempt: int = 1


SECRET, HIDDEN = "hunter2", "•••"


def filled(kind: Any) -> Any:
    """A value of a type with the secret wherever a text may stand, and as the value of whatever a mapping names."""
    if isinstance(kind, UnionType) or get_origin(kind) is Union:
        return filled(next(one for one in get_args(kind) if one is not type(None)))
    if get_origin(kind) is tuple:
        return (filled(get_args(kind)[0]),)
    if get_origin(kind) in (dict, Mapping):
        return {name: filled(get_args(kind)[1]) for name in ("x", *STRUCTURAL)}
    if isinstance(kind, type) and issubclass(kind, Struct):
        hints = get_type_hints(kind)
        return kind(
            **{name: "plain" if name in STRUCTURAL and hints[name] is str else filled(hints[name]) for name in hints}
        )
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return next(iter(kind))
    if kind is datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)
    return {str: f"a {SECRET} b", OutcomeKind: OutcomeKind.FAILED, bool: True, int: 1, float: 1.0}[kind]


@pytest.mark.parametrize("kind", get_args(ev.AnyEvent), ids=lambda kind: kind.__name__)
def test_each_text_of_each_kind_loses_its_secrets_on_the_way_to_the_journal(kind: type[ev.Event]) -> None:
    event = filled(kind)
    told = msgspec.json.encode(event).decode()
    kept = guarded(event, lambda text: text.replace(SECRET, HIDDEN))
    assert type(kept) is kind
    assert msgspec.json.encode(kept).decode() == told.replace(SECRET, HIDDEN)


def defaults() -> Iterator[tuple[tuple[str, str], bool]]:
    """Each match over kinds of events: where it is, and whether it ends in assert_never."""
    for file, function in nodes(ast.FunctionDef, words=("case ev.", "case (ev.")):
        for node in ast.walk(function):
            if isinstance(node, ast.Match) and any("ev." in ast.unparse(case.pattern) for case in node.cases):
                yield (file, function.name), _ends_in_assert_never(node)


def _ends_in_assert_never(match: ast.Match) -> bool:
    last = match.cases[-1]
    return ast.unparse(last.pattern) == "_" and ast.unparse(last.body[0]).startswith("assert_never(")


def test_what_an_event_is_about_is_asked_where_each_kind_is_known() -> None:
    asked = [
        f"{file}:{call.lineno}: {ast.unparse(call)}"
        for file, call in nodes(ast.Call, words=("getattr(",))
        if ast.unparse(call.func) == "getattr" and ast.unparse(call.args[1]) in ("'step'", "'attempt'")
    ]
    assert asked == [], "tui/session/subject.py says it, and the type checker finds a kind that it forgets"


def test_each_kind_is_in_one_group() -> None:
    grouped = [kind for group in GROUPS for kind in get_args(group)]
    kinds = {one for one in ev.Event.__subclasses__() if one.__module__.startswith("tui.")}
    assert len(grouped) == len(set(grouped)) == len(get_args(ev.AnyEvent))
    assert set(grouped) == set(get_args(ev.AnyEvent)) == kinds


def test_each_match_over_events_ends_where_the_type_checker_finds_a_forgotten_kind() -> None:
    found = dict(defaults())
    assert len(found) > 15
    assert {place for place, never in found.items() if not never} == set(PICKS)


@pytest.mark.parametrize("handler", ["fold", "words", "markers", "deviations", "people", "files", "forks", "step"])
def test_a_kind_that_nobody_handles_is_an_error(handler: str) -> None:
    state = initial(small())
    entry = ev.Entry(seq=0, at=datetime(2026, 1, 1, tzinfo=UTC), mono=0.0, event=Unheard())  # type: ignore[arg-type]  # the kind is not in the union
    handlers = {
        "fold": lambda: apply(state, entry),
        "words": lambda: event_words(entry.event, state),
        "markers": lambda: marker_of(entry, state),
        "deviations": lambda: list(_deviation(entry.event, state)),
        "people": lambda: list(_deeds(entry.event)),
        "files": lambda: FilesTold().hear(entry.event),
        "forks": lambda: said_in([entry]),
        "step": lambda: step_of(entry.event, state.attempts),
    }
    with pytest.raises(AssertionError):
        handlers[handler]()
