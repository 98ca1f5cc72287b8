"""Texts that nobody made safe, each given to what shows: `make check` fails where the type checker misses one."""

from rich.style import Style
from textual.content import Content

from tui.text.block import pieces, segment
from tui.widgets.fields.option_rows import OptionRow, OptionRows
from tui.widgets.said import Choice, Press, Said
from tui.widgets.words import Words


def shown(host: str) -> None:
    """Each hole is an error that the type checker finds; an ignored one that is none is an error itself."""
    Said(pieces(host)).say(pieces(host))
    Said(host)  # type: ignore[arg-type]  # a hole
    Said(Content(host))  # type: ignore[arg-type]  # a hole
    Said(pieces("")).say(host)  # type: ignore[arg-type]  # a hole
    Press(host, id="no")  # type: ignore[arg-type]  # a hole
    Choice(host, value=True)  # type: ignore[arg-type]  # a hole
    OptionRow(host)  # type: ignore[arg-type]  # a hole
    OptionRows(host)  # type: ignore[arg-type]  # a hole
    OptionRows().add(host)  # type: ignore[arg-type]  # a hole
    Words(host)  # type: ignore[arg-type]  # a hole
    Words().say(host)  # type: ignore[arg-type]  # a hole
    segment(host, Style())  # type: ignore[arg-type]  # a hole
