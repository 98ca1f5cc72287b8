"""Shows a command with nothing of it left out: what a terminal cannot show is spelled, as `\\x1b`.

Of other text what cannot be seen is removed. Of a command it would still run: an escape sequence, a carriage return
or a change of direction must not hide a part of it from the person who confirms it.
"""

from tui.text.sanitise import MARKS_KEPT, Shown, invisible, is_mark


def command_lines(text: str) -> list[str]:
    """The lines of a command, none dropped."""
    return [spelled(line) for line in text.strip("\n").split("\n")]


def spelled(line: str) -> Shown:
    """One line in which each character shows as itself or by its number; doing it again changes nothing."""
    if line.isascii() and line.isprintable():
        return Shown(line)
    told: list[str] = []
    marks = 0
    for character in line.expandtabs():
        marks = marks + 1 if is_mark(character) else 0
        plain = invisible(character) == character and character.isprintable() and marks <= MARKS_KEPT
        told.append(character if plain else _number(character))
    return Shown("".join(told))


def _number(character: str) -> str:
    return character.encode("unicode_escape", "replace").decode("ascii")
