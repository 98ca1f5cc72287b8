"""What the tests of screens spare changes nothing: the same is made and found as by Textual alone."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import pytest
from rich.segment import Segment
from textual import events, on
from textual.cache import FIFOCache
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Button, Input

from tests.support.screens.sparing import count_anew, counted, handlers, look_up, make_whole, spare


class Answers(Widget):
    """A widget with handlers of its own, some by `@on`."""

    @on(Button.Pressed)
    def answered(self) -> None:
        """Is told of a button."""

    def on_idle(self) -> None:
        """Is told at rest."""


class Named(Answers):
    """One that inherits them and has another by its name."""

    def _on_mount(self, event: events.Mount) -> None:
        event.prevent_default()


class Plain(Input):
    """One with handlers by their names alone."""

    def on_idle(self) -> None:
        """Is told at rest."""

    def _on_mount(self, event: events.Mount) -> None:
        event.prevent_default()

    def takes(self, *several: object, key: int = 0, **more: object) -> None:
        """Takes anything."""


def takes_all(*several: object, **more: object) -> None:
    """Takes anything, and itself in `several`."""


@wraps(takes_all)
def wrapped(one: int) -> None:
    """Says another's parameters."""


class Bound:
    """Something whose method takes itself as one of several."""

    takes = takes_all


CALLED: tuple[Callable[..., Any], ...] = (
    lambda: None,
    lambda one, /, two, *, three=3: None,
    takes_all,
    wrapped,
    Bound().takes,
    Plain.takes,
    Plain.__init__,
    Button("").press,
    Plain().takes,
    partial(takes_all, 1),
    len,
    Answers,
)


@pytest.mark.parametrize("function", CALLED)
def test_as_many_parameters_are_counted(function: Callable[..., Any]) -> None:
    assert counted(function) == count_anew(function)


@pytest.mark.parametrize("kind", [Answers, Named, Plain, Input, Button, Widget])
def test_the_same_handlers_are_found(kind: type[Widget]) -> None:
    widget = kind()
    messages: list[Message] = [events.Idle(), events.Mount(), Button.Pressed(Button("")), Input.Changed(Input(), "")]
    for message in messages:
        name = message.handler_name
        assert list(handlers(widget, name, message)) == list(look_up(widget, name, message))


@pytest.mark.parametrize("kind", [Named, Plain])
def test_who_takes_a_message_keeps_it_from_the_classes_below(kind: type[Widget]) -> None:
    widget, message = kind(), events.Mount()
    found = []
    for owner, handler in handlers(widget, "on_mount", message):
        found.append(owner)
        if owner is kind:
            handler(message)
    assert found == [kind]


def test_a_line_has_what_textual_gives_it() -> None:
    spare()
    spared, whole = Strip([Segment("a")], 1), Strip.__new__(Strip)
    make_whole(whole, [Segment("a")], 1)
    for name in Strip.__slots__:
        mine, theirs = getattr(spared, name), getattr(whole, name)
        assert type(mine) is type(theirs), name
        if isinstance(mine, FIFOCache):
            assert (mine._maxsize, len(mine)) == (theirs._maxsize, len(theirs)), name
            assert getattr(spared, name) is mine, f"{name} is made once"
        else:
            assert mine == theirs, name
