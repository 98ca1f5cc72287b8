"""Lets an act of a screen wait for the operator's answers: it begins at once, and continues as a worker."""

from collections.abc import Callable, Coroutine, Generator
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from textual.dom import DOMNode

from tui.errors import RunbookError

if TYPE_CHECKING:
    from tui.front.front import Front

Node = TypeVar("Node", bound=DOMNode)
Given = ParamSpec("Given")


class Waiting:
    """What is left of an act that has begun and waits for something."""

    def __init__(self, act: Coroutine[Any, Any, None], reason: object) -> None:
        self._act = act
        self._reason = reason

    def __await__(self) -> Generator[Any, Any, None]:
        while True:
            try:
                came = yield self._reason
            except BaseException as error:  # it is cancelled, and may have something to tidy up
                step = partial(self._act.throw, error)
            else:
                step = partial(self._act.send, came)
            try:
                self._reason = step()
            except StopIteration:
                return


def asks(
    act: Callable[Concatenate[Node, Given], Coroutine[Any, Any, None]],
) -> Callable[Concatenate[Node, Given], None]:
    """Let an act wait for answers, for as long as its screen is there; what goes wrong in it the operator is told.

    It begins at once, up to its first question; only what follows is a worker. One that begins later, as those of
    Textual's `work` do, leaves the keys that were read together with its own to the screen below: `n` and Enter would
    start a step, where they were to write a note. (Python 3.12 has such tasks, and 3.11 is promised too.)
    """

    @wraps(act)
    def begin(node: Node, /, *given: Given.args, **named: Given.kwargs) -> None:
        app = cast("Front", node.app)
        begun = act(node, *given, **named)

        async def go_on(reason: object) -> None:
            try:
                await Waiting(begun, reason)
            except RunbookError as error:
                app.show_error(error)

        try:
            reason = begun.send(None)
        except StopIteration:
            return
        except RunbookError as error:
            app.show_error(error)
        else:
            node.run_worker(go_on(reason), name=act.__name__)

    return begin
