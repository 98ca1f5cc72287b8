"""Colours a shell command, so that its program, options, strings, values and operators are told apart at a glance.

Nothing is added, left out or moved: the parts put together are the command, to the character. What is not shell is
coloured wrongly at worst, as by every highlighter.
"""

import re
from functools import lru_cache

from tui.text.block import Piece
from tui.widgets.looks.bars import joined

PROGRAM, OPTION, STRING, VALUE = "bold $st-run", "$st-sign", "$st-good", "$st-turn"
OPERATOR, COMMENT, PLAIN = "bold $strong", "$faint", "$foreground"

KEYWORDS = frozenset(
    ("if", "then", "elif", "else", "fi", "while", "until", "for", "do", "done", "case", "esac", "in", "time", "!")
)
BEFORE_ANOTHER = frozenset(
    ("sudo", "env", "nohup", "exec", "command", "xargs", "timeout", "nice", "ionice", "stdbuf", "setsid")
)
"""Programs after whose own options another program stands."""
TAKE_A_VALUE = frozenset(["-u", "-g", "-n", "-k", "-s", "-o", "-e"])
"""Options of those before a value, which is not a program."""
BEGIN = frozenset(["|", "||", "|&", "&&", "&", ";", ";;", "$(", "(", "{", "`", "<(", ">(", "\n"])
"""After these a program stands."""

_VALUE = r"\{\{[^{}\n]{0,80}\}\}|\$\{[^}\n]{0,200}\}|\$(?:[A-Za-z_]\w*|[0-9?\#@*!$_-])"
_PARTS = re.compile(
    rf"""
    (?P<newline>\n)
  | (?P<blank>[^\S\n]+)
  | (?P<value>{_VALUE})
  | (?P<single>'[^']*'?)
  | (?P<double>"(?:\\.|[^"\\])*"?)
  | (?P<here><<-?[ \t]*(?P<quote>['"]?)(?P<delimiter>\w+)(?P=quote))
  | (?P<operator>\d*(?:<<<|&>>|>>|>&|<&|&>|<\(|>\(|[<>])(?:&?\d+|-(?=\s|$))?|\|\||\|&|&&|;;|\$\(\(|\$\(|[|;&(){{}}`!])
  | (?P<word>(?:\\.|[^\s|;&<>(){{}}"'$`\\!])+)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_INSIDE = re.compile(rf"\\.|(?P<value>{_VALUE})", re.DOTALL)
_ASSIGNED = re.compile(r"[A-Za-z_]\w*\+?=")
_OPTION = re.compile(r"[-+]{1,2}[^=]*=?")


@lru_cache(maxsize=256)
def shell(text: str) -> tuple[tuple[Piece, ...], ...]:
    """The lines of a command, each in pieces with their styles."""
    lines: list[list[Piece]] = [[]]
    for part, style in _Reader().read(text):
        first, *more = part.split("\n")
        lines[-1].append((first, style))
        lines += [[(one, style)] for one in more]
    return tuple(tuple(joined([piece for piece in line if piece[0]])) for line in lines)


class _Reader:
    """Walks a command once from left to right; `program` is whether the next word is one."""

    def __init__(self) -> None:
        self.program = True
        self.word = False
        self.given = False
        self.bodies: list[str] = []

    def read(self, text: str) -> list[Piece]:
        pieces: list[Piece] = []
        at = 0
        while at < len(text):
            found = _PARTS.match(text, at)
            assert found is not None  # the last alternative takes any character
            part, kind = found[0], found.lastgroup or ""
            if found["delimiter"] is not None:
                kind = "here"
            if kind == "word" and part.startswith("#") and not self.word:
                stop = text.find("\n", at)
                part, kind = text[at : stop if stop >= 0 else len(text)], "comment"
            pieces += self.part(kind, part, found["delimiter"] or "")
            at += len(part)
            if kind == "newline" and self.bodies:
                stop = self.body_end(text, at)
                pieces.append((text[at:stop], STRING))
                at = stop
        return pieces

    def part(self, kind: str, part: str, delimiter: str) -> list[Piece]:
        """A part of the command, in its style; what comes after it depends on it."""
        match kind:
            case "newline" | "operator":
                self.program = part in BEGIN or (self.program and part in ("!", "}", "`"))
                self.word = False
                return [(part, OPERATOR)]
            case "blank":
                self.word = False
                return [(part, PLAIN)]
            case "here":
                self.bodies.append(delimiter)
                self.word = False
                return [(part, OPERATOR)]
            case "comment":
                return [(part, COMMENT)]
            case "word":
                return self.word_of(part)
        self.program, self.word = False, True
        if kind == "double":
            return _inside(part)
        return [(part, {"value": VALUE, "single": STRING}.get(kind, PLAIN))]

    def word_of(self, part: str) -> list[Piece]:
        """A word, or a part of one, outside quotes."""
        begins, self.word = not self.word, True
        if begins and self.program:
            if self.given:
                self.given = False
                return [(part, PLAIN)]
            if part in KEYWORDS:
                return [(part, OPERATOR)]
            if assigned := _ASSIGNED.match(part):
                return [(assigned[0], VALUE), (part[assigned.end() :], PLAIN)]
            if option := _OPTION.match(part):  # of a program before another one
                self.given = part in TAKE_A_VALUE
                return [(option[0], OPTION), (part[option.end() :], PLAIN)]
            self.program = part in BEFORE_ANOTHER
            return [(part, PROGRAM)]
        if begins and part.startswith("-") and (option := _OPTION.match(part)):
            return [(option[0], OPTION), (part[option.end() :], PLAIN)]
        return [(part, PLAIN)]

    def body_end(self, text: str, at: int) -> int:
        """Where the bodies of the here-documents end that begin at a place."""
        while self.bodies:
            delimiter = self.bodies.pop(0)
            ended = re.compile(rf"^\t*{re.escape(delimiter)}$", re.MULTILINE).search(text, at)
            at = ended.end() if ended else len(text)
        return at


def _inside(text: str) -> list[Piece]:
    """A string in double quotes, with the values in it."""
    pieces: list[Piece] = []
    at = 0
    for found in _INSIDE.finditer(text):
        if found["value"]:
            pieces += [(text[at : found.start()], STRING), (found[0], VALUE)]
            at = found.end()
    return [*pieces, (text[at:], STRING)]
