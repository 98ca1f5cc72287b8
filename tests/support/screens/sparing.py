"""Makes less of what Textual makes for each line and each message, which takes time in every test of a screen.

A line of a screen (`Strip`) comes with seven caches, of which most lines use none; here each is made when it is first
asked for. How many parameters a callback has is asked of its code, and the handlers of a message are looked up without
those of `@on`, where a widget has none. What is found is the same: `tests/harness/test_sparing.py` holds both beside
each other.
"""

from collections.abc import Awaitable, Callable, Iterable
from functools import cache
from types import FunctionType, MethodType
from typing import Any, cast

from rich.segment import Segment
from textual import _callback
from textual.cache import FIFOCache
from textual.message import Message
from textual.message_pump import MessagePump
from textual.strip import Strip

Handler = tuple[type, Callable[[Message], Awaitable[Any]]]
make_whole, count_anew, look_up = Strip.__init__, _callback._count_parameters, MessagePump._get_dispatch_methods
TAKES_MORE = 0x04, 0x08
"""What the flags of a function's code have for `*args` and for `**kwargs` (`inspect.CO_VARARGS`, `CO_VARKEYWORDS`)."""
SAYS_OTHERWISE = {"__wrapped__", "__signature__"}
"""What a function has where its code is not what says its parameters."""


class MadeLater:
    """A cache of a line, in place of its slot: made when it is first asked for."""

    def __init__(self, slot: Any, size: int) -> None:
        self._get, self._set, self._size = slot.__get__, slot.__set__, size

    def __get__(self, strip: Strip, kind: type[Strip]) -> Any:
        try:
            return self._get(strip)
        except AttributeError:
            cache_of_strip: FIFOCache[Any, Any] = FIFOCache(self._size)
            self._set(strip, cache_of_strip)
            return cache_of_strip

    def __set__(self, strip: Strip, value: object) -> None:
        self._set(strip, value)


def made(self: Strip, segments: Iterable[Segment], cell_length: int | None = None) -> None:
    """A line without its caches, in place of `Strip.__init__`."""
    self._segments, self._cell_length = list(segments), cell_length
    self._render_cache = self._link_ids = self._cell_count = None


def counted(function: Callable[..., Any]) -> int:
    """How many parameters there are, in place of `_count_parameters`."""
    bound = type(function) is MethodType
    plain = function.__func__ if isinstance(function, MethodType) else function
    if not isinstance(plain, FunctionType) or SAYS_OTHERWISE & vars(plain).keys():
        return count_anew(function)
    code = plain.__code__
    if bound and not code.co_argcount:
        return count_anew(function)
    more = sum(bool(code.co_flags & flag) for flag in TAKES_MORE)
    return code.co_argcount + code.co_kwonlyargcount + more - bound


@cache
def named_only(kind: type[MessagePump]) -> tuple[tuple[type, Callable[[str], Any]], ...]:
    """Where handlers are found by name, in their order; empty where a class has some by `@on`."""
    owners = [(one, vars(one).get) for one in kind.__mro__]
    return () if any(get("_decorated_handlers") for _, get in owners) else tuple(owners)


def handlers(self: MessagePump, method_name: str, message: Message) -> Iterable[Handler]:
    """Who takes a message, in place of `_get_dispatch_methods`."""
    owners = named_only(type(self))
    if not owners:
        yield from look_up(self, method_name, message)
    private = f"_{method_name}"
    for owner, get in owners:
        if message._no_default_action:
            return
        method = get(private) or get(method_name)
        if method is not None and not getattr(method, "_textual_on", None):
            yield owner, method.__get__(self, owner)


@cache
def spare() -> None:
    """Have it so in this process, to its end: lines that one test made are shown in others."""
    whole = Strip([])
    for name in Strip.__slots__:
        kept = getattr(whole, name)
        if isinstance(kept, FIFOCache):
            setattr(Strip, name, MadeLater(vars(Strip)[name], kept._maxsize))
    for place, name, instead in (
        (Strip, "__init__", made),
        (_callback, "_count_parameters", counted),
        (MessagePump, "_get_dispatch_methods", handlers),
    ):
        setattr(cast("Any", place), name, instead)
