"""Takes a shell command apart into the programs it starts and their arguments, as far as lint needs it."""

import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from tui.runbook.shell.lexer import read
from tui.runbook.shell.placeholders import PLACEHOLDER

_RESERVED = frozenset(
    {"if", "then", "else", "elif", "fi", "while", "until", "do", "done", "!", "{", "}", "time", "esac"}
)
_LISTS = frozenset({"for", "case", "select", "function"})
_VALUED = {
    "sudo": {"-u", "-g", "-h", "-p", "-C", "-D", "-R", "-r", "-t", "-T", "-U", "--user", "--group", "--chdir"},
    "doas": {"-u", "-C"},
    "ionice": {"-c", "-n", "-p"},
    "timeout": {"-k", "-s"},
    "env": {"-u", "-C"},
    "nice": {"-n"},
    "xargs": {"-n", "-I", "-P", "-d", "-L", "-a"},
    "stdbuf": {"-o", "-e", "-i"},
}
_WRAPPERS = frozenset({*_VALUED, "nohup", "exec", "command", "setsid", "builtin"})
_COMPOSE_VALUED = frozenset({"-f", "--file", "-p", "--project-name", "--profile", "--env-file"})
_PLAIN = re.compile(r"""[^\s{'"\\$`;&|()<>]+""")
"""Characters of a word that stand for themselves, in quotes and outside."""
_SPECIAL = frozenset("&();\n|\\<>")
"""Characters that begin something else than a word."""
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")
_CODE = {"bash": "-c", "sh": "-c", "dash": "-c", "python": "-c", "python3": "-c", "perl": "-e", "su": "-c"}


class Word(Struct, frozen=True):
    """One argument: its text without quotes, and the part of it in which the shell still replaces `$NAME`."""

    text: str
    expanded: str


class SimpleCommand(Struct, frozen=True):
    """One simple command. `fed` has something on standard input, `bounded` runs under `timeout`.

    `writes` are the files that its output is redirected to; a redirection may stand without a program.
    """

    program: str
    arguments: tuple[Word, ...]
    fed: bool = False
    bounded: bool = False
    writes: tuple[str, ...] = ()

    @property
    def texts(self) -> list[str]:
        """The arguments' texts."""
        return [word.text for word in self.arguments]

    @property
    def compose_verb(self) -> str:
        """The verb of a `docker-compose` or `docker compose` command."""
        texts = self.texts
        if self.program == "docker" and texts[:1] == ["compose"]:
            texts = texts[1:]
        elif self.program != "docker-compose":
            return ""
        while texts and texts[0].startswith("-"):
            texts = texts[2 if texts[0] in _COMPOSE_VALUED else 1 :]
        return texts[0] if texts else ""

    @property
    def manage_verb(self) -> str:
        """The verb given to Django's `manage.py`, wherever it is started."""
        words = [self.program, *self.texts]
        place = next((index for index, word in enumerate(words) if word.endswith("manage.py")), len(words))
        return words[place + 1] if place + 1 < len(words) else ""


def simple_commands(script: str) -> list[SimpleCommand]:
    """The programs a script starts, those in `$(…)` among them; comments and here-documents are left out."""
    return list(_simple_commands(script))


@lru_cache(maxsize=512)
def _simple_commands(script: str) -> tuple[SimpleCommand, ...]:
    """Kept for a while: several checks of an action ask for the same, one after the other."""
    return tuple(_Splitter(_without_texts(script)).commands())


def _without_texts(script: str) -> str:
    """The script without its comments and here-documents."""
    if "#" not in script and "<<" not in script:
        return script
    found = read(script)
    ends = [script.find("\n", body.end) for body in found.bodies]
    bodies = [(body.start, len(script) if end < 0 else end) for body, end in zip(found.bodies, ends, strict=True)]
    for start, end in sorted([*found.comments, *bodies], reverse=True):
        script = script[:start] + script[end:]
    return script


def inner_code(script: str) -> list[str]:
    """The programs that are given code with a placeholder in it: the value would be read as code, not as text."""
    programs = []
    for command in simple_commands(script):
        texts = [command.program, *command.texts]
        if command.program == "eval" and any(PLACEHOLDER.search(text) for text in texts):
            programs.append("eval")
        for place, text in enumerate(texts[:-2]):
            option = _CODE.get(text.rsplit("/", 1)[-1])
            if option and texts[place + 1] == option and PLACEHOLDER.search(texts[place + 2]):
                programs.append(text)
    return list(dict.fromkeys(programs))


class _Splitter:
    """Cuts a script at blanks, separators and line ends outside quotes."""

    def __init__(self, script: str) -> None:
        self.script = script
        self.at = 0
        self.inner: list[str] = []
        self.writes: list[str] = []
        self.cases = 0
        self.in_pattern = False

    def commands(self) -> Iterator[SimpleCommand]:
        words: list[Word] = []
        fed = piped = False
        while self.at < len(self.script):
            char = self.script[self.at]
            if char in " \t":
                self.at += 1
            elif char not in _SPECIAL:
                words.append(self.word())
            elif self.script.startswith("&>", self.at):
                self.at += 1
            elif self.script.startswith("()", self.at) and len(words) == 1:
                words, self.at = [], self.at + 2  # a function: its body is read where it stands
            elif self.script.startswith("((", self.at) and not words:
                self.arithmetic(2)
            elif char in ";&\n()|":
                if self.started(words, char):
                    yield from _command(words, fed or piped, self.written())
                    piped = False
                piped = piped or (char == "|" and not self.script.startswith("||", self.at))
                self.at += 2 if self.script.startswith("||", self.at) else 1
                words, fed = [], False
            elif self.script.startswith("\\\n", self.at):
                self.at += 2
            elif char in "<>" and words and words[0].text == "[[":
                self.at += 1  # a comparison
            elif char in "<>":
                fed = fed or char == "<"
                self.redirection(words)
            else:
                words.append(self.word())
        if self.started(words, "\n"):
            yield from _command(words, fed or piped, self.written())
        for script in self.inner:
            yield from simple_commands(script)

    def started(self, words: list[Word], char: str) -> bool:
        """Whether a command stands before a separator, where it may be a pattern of `case` as well."""
        head = words[0].text if words else ""
        if head == "case" and not self.in_pattern:
            self.cases += 1
            self.in_pattern = char != ")"
            return False
        if self.in_pattern and head == "esac":
            self.in_pattern = False
        if head == "esac":
            self.cases -= 1
        if self.in_pattern:
            self.in_pattern = char != ")"
            return False
        self.in_pattern = self.cases > 0 and self.script.startswith(";;", self.at)
        return bool(words or self.writes)

    def written(self) -> tuple[str, ...]:
        """The files of the redirections since the last command."""
        files, self.writes = tuple(self.writes), []
        return files

    def redirection(self, words: list[Word]) -> None:
        """An operator and its target, neither of which is an argument."""
        if words and words[-1].text.isdigit() and self.script[self.at - 1].isdigit():
            words.pop()
        start = self.at
        while self.at < len(self.script) and self.script[self.at] in "<>&|-":
            self.at += 1
        operator = self.script[start : self.at]
        if self.script.startswith("(", self.at):
            self.substitution(1)
            return
        while self.at < len(self.script) and self.script[self.at] in " \t":
            self.at += 1
        target = self.word().text if not operator.endswith("&-") else ""
        if ">" in operator and target and not ("&" in operator and target.isdigit()):
            self.writes.append(target)

    def word(self) -> Word:
        text = expanded = ""
        quote = ""
        while self.at < len(self.script):
            plain = _PLAIN.match(self.script, self.at)
            if plain:
                text += plain[0]
                expanded += plain[0] if quote != "'" else " " * len(plain[0])
                self.at = plain.end()
                if self.at == len(self.script):
                    break
            char = self.script[self.at]
            placeholder = PLACEHOLDER.match(self.script, self.at) if char == "{" else None
            if placeholder:
                text += placeholder[0]
                self.at = placeholder.end()
                continue
            if not quote and char in " \t\n;&|()<>":
                break
            if char == quote or (not quote and char in "'\""):
                quote = "" if quote else char
                self.at += 1
            elif char == "\\" and quote != "'":
                text += self.script[self.at + 1 : self.at + 2]
                self.at += 2
            elif self.script.startswith("$((", self.at) and quote != "'":
                self.arithmetic(3)
                text += "$((…))"
            elif self.script.startswith("$(", self.at) and quote != "'":
                self.substitution(2)
                text += "$(…)"
            elif char == "`" and quote != "'":
                self.backticks()
                text += "$(…)"
            else:
                text += char
                expanded += char if quote != "'" else " "
                self.at += 1
        return Word(text, expanded)

    def substitution(self, opening: int) -> None:
        """`$(…)`, `<(…)`: kept to be taken apart by itself."""
        start = self.at + opening
        depth, quote = 1, ""
        self.at = start
        while self.at < len(self.script) and depth:
            char = self.script[self.at]
            if char == "\\" and quote != "'":
                self.at += 1
            elif quote:
                quote = "" if char == quote else quote
            elif char in "'\"":
                quote = char
            else:
                depth += (char == "(") - (char == ")")
            self.at += 1
        self.inner.append(self.script[start : max(self.at - 1, start)])

    def arithmetic(self, opening: int) -> None:
        """`((…))` and `$((…))`: what it computes with starts no program, but a substitution in it does."""
        inner = len(self.inner)
        self.substitution(opening)
        self.at += self.script.startswith(")", self.at)
        self.inner[inner:] = _substitutions(self.inner[inner])

    def backticks(self) -> None:
        stop = self.script.find("`", self.at + 1)
        stop = len(self.script) if stop < 0 else stop
        self.inner.append(self.script[self.at + 1 : stop])
        self.at = stop + 1


def _substitutions(expression: str) -> list[str]:
    """The scripts in `$(…)` inside an arithmetic expression."""
    splitter = _Splitter(expression)
    while splitter.at < len(expression):
        if not splitter.script.startswith("$((", splitter.at) and splitter.script.startswith("$(", splitter.at):
            splitter.substitution(2)
        else:
            splitter.at += 1
    return splitter.inner


def _command(words: list[Word], fed: bool, writes: tuple[str, ...]) -> Iterator[SimpleCommand]:
    """The program behind keywords, assignments, `sudo` and the like."""
    bounded = False
    while words:
        head = words[0].text
        if head in _LISTS:
            return
        if head == "command" and [word.text for word in words[1:2]] in (["-v"], ["-V"]):
            break
        if head in _WRAPPERS and len(words) > 1:
            rest = _unwrapped(head, words[1:])
            if not rest:
                break
            bounded, fed, words = bounded or head == "timeout", fed or head == "xargs", rest
        elif head in _RESERVED or _ASSIGNMENT.match(head):
            words = words[1:]
        else:
            break
    if words or writes:
        program = words[0].text.rsplit("/", 1)[-1] if words else ""
        yield SimpleCommand(program, tuple(words[1:]), fed, bounded, writes)


def _unwrapped(wrapper: str, words: list[Word]) -> list[Word]:
    while words and (
        words[0].text.startswith("-") or (wrapper in ("env", "sudo") and _ASSIGNMENT.match(words[0].text))
    ):
        words = words[2 if words[0].text in _VALUED.get(wrapper, ()) else 1 :]
    return words[1:] if wrapper == "timeout" else words
