"""Finds the values that a command leaves open, `$NAME`, `<name>` or a date to fill in, and makes variables of them."""

import re
from collections.abc import Sequence

from msgspec import Struct

from tui.importing.named import name_of, words
from tui.runbook.shell.lexer import read
from tui.runbook.shell.placeholders import QuotingContext
from tui.runbook.templates.variables import BUILT_INS, names

_SECRET = re.compile(
    r"(?i)(pass(word|wd|phrase)?$|^pass|passwd|secret|token|api_?key|private_?key|access_?key|"
    r"credential|_pwd$|^pwd_|(?<!public)(?<!pub)_key$)"
)
_ABOUT_ONE = re.compile(
    r"(?i)_(?:names?|paths?|files?|dir|folder|arn|versions?|refs?|ur[il]s?|ttl|age|expiry|expires|types?|prefix|namespace|"
    r"count|length|endpoint|store|manager|engine|mount)(?:_here)?$"
)
MOST = 100
"""Values that one command leaves open; a command with more of them is none that a person would type."""
_USUAL = words("""
    HOME USER PATH PWD OLDPWD SHELL HOSTNAME LOGNAME UID EUID PPID RANDOM SECONDS LINENO IFS TERM LANG LC_ALL
    TMPDIR EDITOR DISPLAY SHLVL BASH BASH_VERSION PS1 OPTARG OPTIND REPLY FUNCNAME PIPESTATUS SUDO_USER MAIL TZ
    HOSTTYPE OSTYPE GROUPS COLUMNS LINES XDG_RUNTIME_DIR XDG_CONFIG_HOME SSH_AUTH_SOCK
    """)
_HTML = words("""
    a b i p br hr li ul ol td tr th div img pre code head body html span title table script style
    """)
_SHELL = re.compile(r"(?<![\\$])\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})")
_GUARDED = re.compile(r"(?<![\\$])\$\{([A-Za-z_]\w*)[^}\w]")
_ANGLE = re.compile(r"<([A-Za-z][\w .:/-]{0,40}?[\w.]|[A-Za-z])>")
_STATED = re.compile(r"(?<=[\s('\"=,.])<([A-Za-z][\w-]*)>")
"""A value that a statement leaves open; `a<b` is a comparison."""
_DATE = re.compile(r"YYYY[-_/]?MM[-_/]?DD(?:[-_T]?HH[-_:]?MM(?:[-_:]?SS)?)?")
_SETS = re.compile(
    r"(?:^|[\s;&|(])(?:export\s+|local\s+|declare\s+(?:-\w+\s+)?|readonly\s+)?([A-Za-z_]\w*)\+?=|"
    r"\b(?:for|select)\s+([A-Za-z_]\w*)\b"
    r"|\bread\s+(?:-\w+\s+)*([A-Za-z_]\w*)"
)
_PUT = frozenset({QuotingContext.BARE, QuotingContext.DOUBLE, QuotingContext.HERE})


def is_secret(name: str) -> bool:
    """Whether a value of this name is a secret: a password is one, the name of its file is none."""
    return bool(_SECRET.search(name)) and not _ABOUT_ONE.search(name)


class OpenValues:
    """The variables and secrets of a document, as its commands name them one after the other."""

    def __init__(self) -> None:
        self.variables: dict[str, str] = {}
        """The prompt of each variable."""
        self.defaults: dict[str, str] = {}
        self.secrets: dict[str, str] = {}
        """The environment variable of each secret."""
        self.captured: dict[str, str] = {}
        """What a value that an earlier command prints is captured as."""
        self.printed: set[str] = set()
        """The secrets that an earlier command prints."""

    def filled(self, command: str, before: Sequence[str] = ()) -> "FilledCommand":
        """A command with the values it leaves open as `{{ name }}`, and secrets as variables of the environment.

        Args:
            before: lines that stand before it; what they set is not open.
        """
        if len(_SHELL.findall(command)) + len(_ANGLE.findall(command)) + len(_DATE.findall(command)) > MOST:
            return FilledCommand(command, (), (f"it leaves more than {MOST} values open",))
        secrets: set[str] = set()
        troubles: list[str] = []
        command = self._angles(command, secrets, troubles)
        command = self._dates(command, troubles)
        own = {name for found in _SETS.finditer("\n".join([*before, command])) for name in found.groups() if name}
        command = self._shell(command, own, secrets)
        for name in sorted(names(command)):
            if name not in BUILT_INS and name not in self.captured.values():
                self.variables.setdefault(name, name.replace("_", " "))
        return FilledCommand(command, tuple(sorted(secrets)), tuple(troubles))

    def stated(self, statement: str) -> str | None:
        """A statement for a database with its open values as `{{ name }}`; None where one of them is a secret."""
        found = _STATED.findall(statement)
        if any(is_secret(name_of(word)) for word in found):
            return None
        return _STATED.sub(lambda one: f"{{{{ {self.variable(one[1])} }}}}", statement)

    def variable(self, word: str) -> str:
        """The name of the variable for a word of the document."""
        name = name_of(word)
        if name in BUILT_INS:
            name = f"{name}_value"
        self.variables.setdefault(name, re.sub(r"[_\s]+", " ", word).strip().lower() or name)
        return name

    def secret(self, word: str) -> str:
        """The name of the secret for a word of the document."""
        name = name_of(word)
        self.secrets.setdefault(name, name.upper())
        return name

    def assign(self, word: str, value: str) -> str:
        """A variable whose value the document itself says."""
        name = self.variable(word)
        self.defaults[name] = value
        return name

    def prints(self, word: str) -> str:
        """The name of a value that a command prints; later commands have a secret in their environment."""
        name = name_of(word)
        if is_secret(word):
            self.secret(word)
            self.printed.add(name)
        else:
            self.captured[word] = name
        return name

    def to_ask(self) -> dict[str, str]:
        """The secrets that no command prints."""
        return {name: variable for name, variable in self.secrets.items() if name not in self.printed}

    def asked(self, name: str) -> None:
        """Have a value be asked for that was to be captured."""
        self.printed.discard(name)
        self.captured = {word: one for word, one in self.captured.items() if one != name}

    def _angles(self, command: str, secrets: set[str], troubles: list[str]) -> str:
        for found in reversed(list(_ANGLE.finditer(command))):
            word = found[1]
            if word.lower() in _HTML or word.startswith("/"):
                continue
            if is_secret(name_of(word)):
                name = self.secret(word)
                variable = self.secrets[name]
                place = _place(command, found.start(), found.end())
                put = (
                    None
                    if place is None
                    else {
                        QuotingContext.BARE: f'"${variable}"',
                        QuotingContext.DOUBLE: f"${variable}",
                        QuotingContext.HERE: f"${variable}",
                        QuotingContext.SINGLE: f"""'"${variable}"'""",
                    }.get(place)
                )
                if put is not None:
                    secrets.add(name)
                    command = command[: found.start()] + put + command[found.end() :]
                else:
                    troubles.append(f"{found[0]} stands where no value can be put")
                continue
            if _place(command, found.start(), found.end()) is None:
                troubles.append(f"{found[0]} stands where no value can be put")
                continue
            command = command[: found.start()] + f"{{{{ {self.variable(word)} }}}}" + command[found.end() :]
        return command

    def _dates(self, command: str, troubles: list[str]) -> str:
        for found in reversed(list(_DATE.finditer(command))):
            if re.search(r"[\w]$", command[: found.start()]) and command[found.start() - 1] != "_":
                continue
            if _place(command, found.start(), found.end()) is None:
                troubles.append(f"{found[0]} stands where no value can be put")
                continue
            name = "date" if "HH" not in found[0] else "date_and_time"
            self.variables.setdefault(name, f"{name.replace('_', ' ')}, as {found[0]}")
            command = command[: found.start()] + f"{{{{ {name} }}}}" + command[found.end() :]
        return command

    def _shell(self, command: str, own: set[str], secrets: set[str]) -> str:
        before: dict[str, str] = {}
        guarded = {found[1] for found in _GUARDED.finditer(command)} - own
        for word in sorted(guarded):
            if put := self._put(word, secrets):
                before[word] = put
        for found in reversed(list(_SHELL.finditer(command))):
            word = found[1] or found[2]
            if word in own or word in before:
                continue
            place = _place(command, found.start(), found.end())
            if place is None:
                if put := self._put(word, secrets):
                    before[word] = put
            elif place in _PUT and (put := self._put(word, secrets)):
                command = command[: found.start()] + put + command[found.end() :]
        return "\n".join([*(f"{word}={put}" for word, put in sorted(before.items())), command])

    def _put(self, word: str, secrets: set[str]) -> str:
        """What stands for a variable of the shell that nothing sets; nothing where it stays as it is."""
        if word in self.captured:
            return f"{{{{ {self.captured[word]} }}}}"
        if word in _USUAL or word.startswith("BASH_"):
            return ""
        if is_secret(word):
            name = self.secret(word)
            secrets.add(name)
            return "" if self.secrets[name] == word else f"${{{self.secrets[name]}}}"
        return f"{{{{ {self.variable(word)} }}}}"


class FilledCommand(Struct, frozen=True):
    """A command whose open values have names; `troubles` are those that could not be put."""

    text: str
    secrets: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()


def with_dollar(command: str) -> str:
    """A command with `$(…)` for backticks that leave a value open: inside of backticks none can be quoted."""
    quiet = re.sub(r"'[^']*'", lambda found: found[0].replace("`", "_"), command)
    if quiet.count("`") % 2 or "\\" in command or quiet.count("`") != command.count("`"):
        return command
    return re.sub(
        r"`([^`]+)`",
        lambda found: f"$({found[1]})" if any(one.search(found[1]) for one in (_ANGLE, _DATE, _SHELL)) else found[0],
        command,
    )


def _place(command: str, start: int, end: int) -> QuotingContext | None:
    """Where a value would stand there, or None where none can."""
    tried = f"{command[:start]}{{{{ x }}}}{command[end:]}"
    found = next((one for one in read(tried).placeholders if one.start == start), None)
    return None if found is None or found.refusal else found.place
