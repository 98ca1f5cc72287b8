"""Standard output and error as they may be: a locale without our characters, a closed pipe, a full disk, nothing."""

import codecs
import io
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from traceback import extract_tb, walk_tb
from types import TracebackType
from typing import Any, NoReturn, TextIO

import click

from tui.cli.which_runbook import is_somewhere
from tui.errors import RunbookError

WHOLE = 1 << 40
"""More characters than any line has."""

FRAMES = 6

LIKENESS = "runbook-likeness"
"""How a character is written that the locale does not have: by one that looks alike, else by its number."""

_ALIKE = str.maketrans(
    {"–": "-", "—": "-", "−": "-", "…": "...", "→": "->", "←": "<-", "“": '"', "”": '"', "’": "'", "‘": "'"}
    | {"✔": "+", "✖": "x", "⚠": "!", "▶": ">", "●": "*", "○": "o", "•": "*", "·": ".", "×": "x", "≥": ">=", "≤": "<="}
    | {"└": "`", "├": "|", "│": "|", "─": "-", "↺": "<", "⟲": "<", "\ufffd": "?"}
)


def _likeness(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    shown = error.object[error.start : error.end].translate(_ALIKE)
    return shown.encode("ascii", "backslashreplace").decode(), error.end


codecs.register_error(LIKENESS, _likeness)


def prepare() -> None:
    """Have every character written that we write, whatever the locale has; no descriptor of the three stays free."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:  # a file that is opened next would be taken for it
            os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=LIKENESS)
    sys.excepthook = _fault
    sys.unraisablehook = lambda fault: _fault(fault.exc_type, fault.exc_value, fault.exc_traceback)
    threading.excepthook = lambda fault: _fault(fault.exc_type, fault.exc_value, fault.exc_traceback)


def _fault(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    """Say where the program itself failed, in words that may repeat a host's; Python's own would pass them on raw."""
    if issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    frames = [f"{one.filename}:{one.lineno} in {one.name}" for one in extract_tb(trace)[-FRAMES:]]
    complain(f"a fault in the program itself: {kind.__name__}: {error}", *frames, "please report it")


def for_programs() -> None:
    """Have standard output be UTF-8, as JSON is in every locale."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors=LIKENESS)


def is_terminal(*ends: TextIO | None) -> bool:
    """Whether a person sits at both ends: of these streams, else of standard input and output."""
    return all(stream is not None and stream.isatty() for stream in ends or (sys.stdin, sys.stdout))


def can_ask() -> bool:
    """Whether a person types, and reads what is complained of."""
    return is_terminal(sys.stdin, sys.stderr)


class Commands(click.Group):
    """A group that ends in words whatever becomes of its output, and loads most commands once one is asked for."""

    def __init__(self, *args: Any, later: Mapping[str, str] | None = None, **extra: Any) -> None:
        """A group as click's own.

        Args:
            later: by the name of a command that is not loaded yet its module and its name there, `module:name`.
        """
        super().__init__(*args, **extra)
        self.later = dict(later or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, loaded or not."""
        return sorted({*super().list_commands(ctx), *self.later})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, loaded where it was not yet; None where there is none."""
        if cmd_name not in self.later:
            return super().get_command(ctx, cmd_name)
        module, _, name = self.later[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's own, which does not say what was meant by a wrong name; see there."""
        name = args[0]
        if not ctx.resilient_parsing and not name.startswith("-") and self.get_command(ctx, name) is None:
            from tui.text.nearest import did_you_mean

            meant = did_you_mean(name, self.list_commands(ctx)).capitalize()
            ctx.fail(f"No such command {name!r}. {meant}".rstrip())
        return super().resolve_command(ctx, args)

    def main(self, *args: Any, **extra: Any) -> Any:
        """As click's own; see there."""
        prepare()
        try:
            return super().main(*args, **extra)
        except OSError as error:
            _lost(error)
        finally:
            _settle()

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """As click's own; see there."""
        with _made_safe():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """As click's own; see there."""
        with _made_safe():
            return super().invoke(ctx)


@contextmanager
def _made_safe() -> Iterator[None]:
    """What click says of a wrong argument repeats the argument, which may be a file's name."""
    from tui.text.sanitise import sanitise

    try:
        yield
    except click.ClickException as error:
        said = "\n".join(sanitise(line) for line in error.format_message().split("\n"))
        error.format_message = lambda: said  # type: ignore[method-assign]  # each kind makes its own words
        raise


def _lost(error: OSError) -> NoReturn:
    """End by what cannot be written, opened or found, in one line."""
    if _in_echo(error):
        _silence(sys.stdout)
        why = f"standard output cannot be written: {error.strerror}"
        complain(why, "it is not complete")
    elif not is_somewhere():
        complain("the folder you are in does not exist any more", "cd to one that does")
    else:
        name = f"{error.filename}: " if error.filename else ""
        complain(f"{name}{error.strerror or error}", "if nothing is wrong there, please report it")
    sys.exit(RunbookError.exit_code)


def tell(text: str) -> None:
    """Write to standard output what may come from anywhere, line by line; nothing of it is cut off."""
    from tui.text.sanitise import all_usual, sanitise

    click.echo(text if all_usual(text) else "\n".join(sanitise(line, WHOLE) for line in text.split("\n")))


def tell_drawn(lines: Iterable[Iterable[tuple[str, str]]], colours: bool) -> None:
    """Write lines of parts to a terminal, each with its style, a colour of the terminal's own and `bold`."""
    from tui.text.sanitise import sanitise

    def drawn(text: str, style: str) -> str:
        *bold, colour = style.split() or [""]
        known = colour if colours and colour != "bold" else None
        return click.style(sanitise(text, WHOLE), fg=known or None, bold=bool(bold) or colour == "bold")

    click.echo("\n".join("".join(drawn(text, style) for text, style in line) for line in lines))


def ask_line(question: str) -> str | None:
    """What a person types in one line, without blanks around it; None where nothing more comes."""
    from tui.text.sanitise import sanitise

    click.echo(f"{sanitise(question)}: ", nl=False)
    line = sys.stdin.readline()
    return line.strip() if line else None


def complain(message: str, *more: str) -> None:
    """Say what is wrong on standard error, a line each, if that can be written."""
    from tui.text.sanitise import sanitise

    try:
        click.echo(f"runbook: {sanitise(message)}", err=True)
        for line in filter(None, more):
            click.echo(f"  {sanitise(line)}", err=True)
    except OSError:
        _silence(sys.stderr)


def _settle() -> None:
    """Let what cannot be written any more go, so that the end is quiet: what was wrong has been said."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        _silence(sys.stdout)


def _in_echo(error: OSError) -> bool:
    """Whether it was saying something that failed."""
    return any(frame.f_code is click.echo.__code__ for frame, _ in walk_tb(error.__traceback__))


def _silence(stream: TextIO | None) -> None:
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())  # type: ignore[union-attr]  # None has no descriptor: suppressed
        os.close(nowhere)


class Saying:
    """Says what happens, for as long as somebody listens: production does not depend on where its log goes."""

    def __init__(self, echo: Callable[[str], object] = click.echo) -> None:
        self._echo = echo
        self._trouble: OSError | None = None

    def __call__(self, line: str) -> None:
        """Say a line, or nothing any more."""
        from tui.text.sanitise import sanitise

        if self._trouble is not None:
            return
        try:
            self._echo(sanitise(line))
        except OSError as error:
            self._trouble = error
            _silence(sys.stdout)

    def end(self) -> None:
        """Say on standard error that not everything could be said; a reader who left knows."""
        if self._trouble is not None and not isinstance(self._trouble, BrokenPipeError):
            why = f"standard output cannot be written: {self._trouble.strerror}"
            complain(why, "the run continued; its session has everything")
