"""Texts that nobody made safe, each given to what shows: `make check` fails where the type checker misses one."""

from rich.style import Style
from textual.content import Content

from tui.text.block import pieces, segment
from tui.widgets.option_rows import OptionRows, Row
from tui.widgets.said import Choice, Press, Said
from tui.widgets.words import Words


def shown(host: str) -> None:
    """An ignored error that is none is an error itself (`warn_unused_ignores`)."""
    Said(pieces(host)).say(pieces(host))
    Said(host)  # type: ignore[arg-type]
    Said(Content(host))  # type: ignore[arg-type]
    Said(pieces("")).say(host)  # type: ignore[arg-type]
    Press(host, id="no")  # type: ignore[arg-type]
    Choice(host, value=True)  # type: ignore[arg-type]
    Row(host)  # type: ignore[arg-type]
    OptionRows(host)  # type: ignore[arg-type]
    OptionRows().add(host)  # type: ignore[arg-type]
    Words(host)  # type: ignore[arg-type]
    Words().say(host)  # type: ignore[arg-type]
    segment(host, Style())  # type: ignore[arg-type]
