"""Reads a shell command as bash and dash do: which places are bare, quoted, in a comment or in a here-document."""

import re
from functools import lru_cache

from tui.runbook.problem import quoted
from tui.runbook.shell.placeholders import ARITHMETIC, PLACEHOLDER, HereDocument, Placeholder, QuotingContext, Script

_PLAIN = re.compile(r"""[^\\'"`$<>(){\s;&|]+""")
_DOUBLE = re.compile(r"""[^"\\$`{\n]+""")
_SINGLE = re.compile(r"[^'{\n]+")
_BODY = re.compile(r"[^\\$`{]+")
_LITERAL = re.compile(r"[^{]+")
_GUARDED = re.compile(r"""[^\\'"`$(){}]+""")
"""What means nothing where it stands; passed over at once, a character each takes several times as long."""
_CASE = re.compile(r"case\b")
_HERE = re.compile(r"""<<(-?)[ \t]*((?:'[^'\n]*'|"[^"\n$`\\]*"|\\[^\n]|[^\s;&|<>()'"\\`$#])+)""")


@lru_cache(maxsize=512)
def read(template: str) -> Script:
    """Read a command the way bash and dash do, as far as placing values safely needs it.

    The last that were read are kept: what begins each command of a host is long, and each sample of a monitor needs it.
    """
    reader = _Reader(template)
    reader.code("")
    return Script(tuple(reader.found), tuple(reader.bodies), tuple(reader.comments), reader.trouble)


class _Reader:
    """Walks a command once from left to right; each method reads one construct and ends behind it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.end = len(text)
        self.found: list[Placeholder] = []
        self.bodies: list[HereDocument] = []
        self.comments: list[tuple[int, int]] = []
        self.trouble = ""
        self.refusal = ""
        self.waiting = 0

    def lost(self, why: str) -> None:
        """From here on nothing is certain, so no value is placed any more."""
        self.trouble = self.trouble or why

    def ahead(self, text: str) -> bool:
        return self.text.startswith(text, self.at, self.end)

    def placeholder(self, place: QuotingContext, skip: int = 0, refusal: str = "") -> bool:
        """Take the placeholder that begins `skip` characters ahead, if there is one."""
        begins = self.text.startswith("{", self.at + skip)  # much quicker than the pattern
        match = PLACEHOLDER.match(self.text, self.at + skip, self.end) if begins else None
        if match is None:
            return False
        why = self.trouble or self.refusal or refusal
        self.found.append(Placeholder(match.start(), match.end(), match[1], place, why))
        self.at = match.end()
        return True

    def plain(self, pattern: re.Pattern[str]) -> bool:
        """Pass over characters that mean nothing here, if there are any."""
        match = pattern.match(self.text, self.at, self.end)
        if match is None:
            return False
        self.at = match.end()
        return True

    def escaped(self, place: QuotingContext) -> None:
        """A backslash and what it escapes."""
        if not self.placeholder(place, 1, "it stands right after a backslash"):
            self.at += 2

    def code(self, closing: str) -> None:
        """Commands, up to `closing` (or the end, where it is empty)."""
        word_start, depth, pending = True, 0, list[HereDocument]()
        while self.at < self.end:
            char = self.text[self.at]
            if self.placeholder(QuotingContext.BARE):
                word_start = False
            elif char == "\\":
                word_start = word_start and self.text.startswith("\\\n", self.at)
                self.escaped(QuotingContext.BARE)
            elif char == "\n":
                self.newline(pending)
                word_start = True
            elif char == "#" and word_start:
                self.comment()
            elif char in "<>":
                self.redirection(pending)
                word_start = True
            elif self.ahead("(("):
                self.arithmetic(2)
                word_start = False
            elif char in "()":
                depth += 1 if char == "(" else -1
                self.at += 1
                if closing == char and depth < 0:
                    self.waiting -= len(pending)
                    if pending:
                        self.lost("a here-document begins on the line that closes its $(…)")
                    return
                depth, word_start = max(depth, 0), True
            elif char in " \t;&|":
                self.at += 1
                word_start = True
            else:
                if closing and word_start and _CASE.match(self.text, self.at, self.end):
                    self.lost("a case inside $(…)")
                self.word(char)
                word_start = False
        self.waiting -= len(pending)
        if closing or pending:
            self.lost("a bracket or a here-document is never closed")

    def word(self, char: str) -> None:
        """The next piece of a word outside quotes."""
        if char == "'":
            self.single()
        elif char == '"':
            self.double()
        elif char == "`":
            self.backticks()
        elif char == "$":
            self.dollar(bare=True)
        else:
            match = _PLAIN.match(self.text, self.at, self.end)
            self.at = match.end() if match else self.at + 1

    def newline(self, pending: list[HereDocument]) -> None:
        """The end of a line, after which the bodies of its here-documents stand."""
        self.at += 1
        if self.waiting > len(pending):
            self.lost("a here-document's line continues inside a bracket")
        self.waiting -= len(pending)
        for document in pending:
            self.body(document)
        pending.clear()

    def redirection(self, pending: list[HereDocument]) -> None:
        """`<`, `>`, `<<`, `<<<`, `<(` and `>(`."""
        if self.text[self.at + 1 : self.at + 2] == "(" and self.at + 1 < self.end:
            self.at += 2
            self.code(")")
        elif self.ahead("<<<"):
            self.at += 3
        elif self.ahead("<<"):
            self.here(pending)
        else:
            self.at += 1

    def here(self, pending: list[HereDocument]) -> None:
        """The operator and delimiter of a here-document."""
        match = _HERE.match(self.text, self.at, self.end)
        if (
            match is None
            or any(PLACEHOLDER.match(self.text, at) for at in range(match.start(2), match.end()))
            or self.text.startswith(("$", "`", "#"), match.end())
        ):
            self.lost("a here-document's delimiter is not a plain word")
            self.at += 2
            return
        delimiter = re.sub(r"\\(.)|['\"]", lambda found: found[1] or "", match[2])
        literal = delimiter != match[2]
        pending.append(HereDocument(0, 0, delimiter, bool(match[1]), literal))
        self.waiting += 1
        self.at = match.end()

    def body(self, document: HereDocument) -> None:
        """The lines of a here-document up to its delimiter."""
        start = self.at
        line_start = start
        while line_start < self.end:
            stop = self.text.find("\n", line_start, self.end)
            stop = self.end if stop < 0 else stop
            line = self.text[line_start:stop]
            if (line.lstrip("\t") if document.strip_tabs else line) == document.delimiter:
                break
            if not document.literal and (len(line) - len(line.rstrip("\\"))) % 2:
                self.lost("a line of a here-document ends in a backslash")
            line_start = stop + 1
        else:
            self.lost(f"no line ends the here-document at {quoted(document.delimiter)}")
            line_start = self.end
            stop = self.end
        self.bodies.append(HereDocument(start, line_start, document.delimiter, document.strip_tabs, document.literal))
        outer, self.end = self.end, line_start
        self.text_of_body(document.literal)
        self.end = outer
        self.at = min(stop, outer)

    def text_of_body(self, literal: bool) -> None:
        place = QuotingContext.HERE_LITERAL if literal else QuotingContext.HERE
        meaningless = _LITERAL if literal else _BODY
        while self.at < self.end:
            if self.plain(meaningless) or self.placeholder(place):
                continue
            char = self.text[self.at]
            if literal or char not in "\\$`":
                self.at += 1
            elif char == "\\":
                self.escaped(place)
            elif char == "`":
                self.backticks()
            else:
                self.dollar(bare=False)

    def comment(self) -> None:
        start = self.at
        stop = self.text.find("\n", start, self.end)
        outer, self.end = self.end, self.end if stop < 0 else stop
        while self.at < self.end:
            if not self.plain(_LITERAL) and not self.placeholder(QuotingContext.COMMENT):
                self.at += 1
        self.comments.append((start, self.end))
        self.end = outer

    def single(self) -> None:
        self.at += 1
        while self.at < self.end:
            if self.plain(_SINGLE) or self.placeholder(QuotingContext.SINGLE):
                continue
            char = self.text[self.at]
            self.at += 1
            if char == "'":
                return
            self.inside_quotes(char)
        self.lost("a single quote is never closed")

    def double(self) -> None:
        self.at += 1
        while self.at < self.end:
            if self.plain(_DOUBLE) or self.placeholder(QuotingContext.DOUBLE):
                continue
            char = self.text[self.at]
            if char == '"':
                self.at += 1
                return
            self.inside_quotes(char)
            if char == "\\":
                self.escaped(QuotingContext.DOUBLE)
            elif char == "$":
                self.dollar(bare=False)
            elif char == "`":
                self.backticks()
            else:
                self.at += 1
        self.lost("a double quote is never closed")

    def inside_quotes(self, char: str) -> None:
        if char == "\n" and self.waiting:
            self.lost("a here-document's line continues inside quotes")

    def dollar(self, bare: bool) -> None:
        """`$` and what it begins: an expansion, a substitution, arithmetic, or nothing."""
        if self.placeholder(QuotingContext.BARE if bare else QuotingContext.DOUBLE, 1, "it stands right after a $"):
            return
        if self.ahead("$(("):
            self.arithmetic(3)
        elif self.ahead("$("):
            self.at += 2
            self.code(")")
        elif self.ahead("${"):
            self.braces(bare)
        elif bare and self.ahead("$'"):
            self.dollar_quote()
        else:
            self.at += 1

    def dollar_quote(self) -> None:
        """`$'…'`, which dash reads otherwise than bash."""
        stop = self.text.find("'", self.at + 2, self.end)
        inner = self.text[self.at + 2 : max(stop, self.at + 2)]
        if stop < 0 or inner.endswith("\\"):
            self.lost("a quote inside $'…'")
        self.refused(stop + 1 if stop >= 0 else self.end, "it stands inside $'…'")

    def backticks(self) -> None:
        stop = self.at + 1
        while stop < self.end and self.text[stop] != "`":
            stop += 2 if self.text[stop] == "\\" else 1
        if stop >= self.end:
            self.lost("a backtick is never closed")
        self.refused(min(stop + 1, self.end), "it stands inside backticks; write $(…)")

    def refused(self, stop: int, why: str) -> None:
        """Everything up to `stop`, where no value may stand."""
        while self.at < stop:
            if not self.placeholder(QuotingContext.BARE, 0, why):
                self.at += 1

    def braces(self, bare: bool) -> None:
        self.at += 2
        self.guarded("{", "}", 1, "it stands inside ${…}", bare)

    def arithmetic(self, opening: int) -> None:
        """`((…))` and `$((…))`, in which a shell may run what it finds in a value."""
        self.at += opening
        self.guarded("(", ")", 2, ARITHMETIC, True)

    def guarded(self, opening: str, closing: str, depth: int, why: str, quotes: bool) -> None:
        """A bracketed construct in which no value may stand."""
        outer, self.refusal = self.refusal, self.refusal or why
        while self.at < self.end and depth:
            if self.plain(_GUARDED) or self.placeholder(QuotingContext.BARE):
                continue
            char = self.text[self.at]
            if char == "\\":
                self.escaped(QuotingContext.BARE)
            elif char == "'" and not quotes:
                self.lost("a single quote inside ${…} inside double quotes")
                self.at += 1
            elif char in "'\"`$":
                self.word(char)
            else:
                depth += (char == opening) - (char == closing)
                self.at += 1
        if depth:
            self.lost("a bracket is never closed")
        self.refusal = outer
