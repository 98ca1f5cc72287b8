"""Where the `ssh` goes that a ProxyCommand starts: it makes a way of its own there, which may lead back."""

import getopt
import os
import re
import shlex
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tui.errors import HostError
from tui.transports.ssh_config.resolved import NO_LOOP, Resolved, outlined_by

OPTIONS = "1246ab:c:e:fgi:kl:m:no:p:qstvxAB:CD:E:F:GI:J:KL:MNO:P:Q:R:S:TVw:W:XYy"
"""Those of ssh(1), as getopt takes them."""
DECIDE = ("-F", "-J", "-l", "-o", "-p")
"""Those that decide where it goes."""
BEFORE = ("exec", "env", "command", "nohup")
"""Words that another program's name may stand behind."""
_ENDS = re.compile(r"[();<>|&]+")
_ASSIGNED = re.compile(r"\w+=")


def nested(command: str) -> Resolved | None:
    """Where the `ssh` at the beginning of a ProxyCommand goes; None where there is none, or nobody can tell.

    Raises:
        HostError: it leads to itself at once.
    """
    words = _words(command)
    while words and (words[0] in BEFORE or _ASSIGNED.match(words[0])):
        words = words[1:]
    if not words or Path(words[0]).name != "ssh":
        return None
    try:
        options, rest = getopt.getopt(words[1:], OPTIONS)
        more, _ = getopt.getopt(rest[1:], OPTIONS)
        return _resolved(words[0], [*options, *more], rest[0]) if rest else None
    except getopt.GetoptError:
        return None
    except HostError as error:
        if error.hint == NO_LOOP.format("ProxyJump"):
            raise
        return None  # ssh itself says what is wrong with them, where it is


def _resolved(program: str, options: Sequence[tuple[str, str]], target: str) -> Resolved:
    """By the words that matter for where it goes: others may write a file, or ask for something else."""
    kept = [part for name, value in options if name in DECIDE for part in (name, value)]
    files = [Path(value) for name, value in options if name == "-F"]
    return outlined_by([program, *kept, "--", target], files[-1:])


def _words(command: str) -> list[str]:
    """The words of the first command, as a shell takes them."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    words: list[str] = []
    with suppress(ValueError):
        for word in lexer:
            if _ENDS.fullmatch(word):
                break
            words.append(os.path.expandvars(os.path.expanduser(word)))
    return words
