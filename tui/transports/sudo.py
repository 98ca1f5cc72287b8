"""Gives a host's sudo its password: by an askpass program that lives as long as the command, and from memory alone.

The password comes as the first line of standard input. A holder, a process beside the command, keeps it in the buffer
of a FIFO, which no disk has; the askpass program takes one copy from there and puts it back. Both are in a folder of
mode 0700 that is removed when the command's shell has ended. No argument, variable or file ever has the password.
"""

import base64
import re
import shlex
import threading
from collections.abc import Callable

from msgspec.structs import replace

from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import CancelToken, Command, OutputSink, Transport
from tui.transports.later import LaterTransport
from tui.transports.shell import MEMBERS

RECORD = 1024
"""Bytes of one copy, filled up with line feeds, so that its length says nothing and every read takes a whole one."""
COPIES = 4
"""Copies in the FIFO: as many programs ask at once without waiting, and all of them fit into one page."""
LONGEST = RECORD - 1

CANNOT_GIVE = 78
"""The exit status where sudo cannot be given the password: none that a command of a runbook expects (EX_CONFIG)."""
NOT_TAKEN = "runbook: sudo did not take the password that was typed for it"
"""What the askpass program says when it is asked a second time, and gives nothing: a wrong one counts once."""

_SAYS = re.compile(r"\bsudo\b")

_ASKPASS = f"""\
#!/bin/sh
d=${{0%/*}}
[ "$1" != --can-run ] || exit 0
trap "" PIPE
mkdir "$d/asked.$PPID" 2>/dev/null || {{ echo "{NOT_TAKEN}" >&2; exit 1; }}
IFS= read -r holder <"$d/holder" && kill -0 "$holder" 2>/dev/null || exit 1
dd bs={RECORD} count=1 2>/dev/null <>"$d/word" | tee "$d/word" 2>/dev/null
"""
# sudo asks again after a wrong password, and each one counts towards a lock of the account. `tee` puts the copy back.

_SUDO = """\
#!/bin/sh
d=${0%/*}
IFS= read -r real <"$d/real"
[ ! -d "$d/asked.$$" ] || rmdir "$d/asked.$$"
case ${1-} in -n | --non-interactive) shift ;; esac
for a do
  case $a in
    -S | --stdin | -[ABEHKPSbeiklnsv]*S*) exec "$real" "$@" ;;
    -*) ;;
    *) break ;;
  esac
done
export SUDO_ASKPASS="$d/askpass"
exec "$real" -A "$@"
"""
# It is found before the real one by every program of the command; `-n` would forbid sudo to ask its askpass program.

_HOLD = f"""\
alive() {{
  kill -0 "$1" 2>/dev/null || return 1
  s=; {{ IFS= read -r s <"/proc/$1/stat"; }} 2>/dev/null || return 0
  set -- ${{s##*) }}
  case ${{1-}} in [ZX]*) return 1 ;; esac
}}
{MEMBERS}\
others() {{ for p in $(members); do kill -0 "$p" 2>/dev/null || echo "$p"; done; }}
ended() {{
  trap "" TERM
  s=; {{ IFS= read -r s </proc/self/stat; }} 2>/dev/null
  set -- ${{s##*) }}
  group=${{3-}}
  [ -n "$group" ] || group=$(ps -o pgid= -p $$ | tr -d " ")
  for signal in TERM KILL; do
    left=$(others)
    [ -n "$left" ] || break
    "$at/sudo" kill "-$signal" $left
    patience=10
    while [ -n "$(others)" ] && [ "$patience" -gt 0 ]; do sleep 0.1; patience=$((patience - 1)); done
  done
  gone
}}
gone() {{ cd /; rm -rf "$at"; exit 0; }}
trap ended TERM
trap "" HUP INT PIPE
while alive "$main"; do sleep 1; done
gone
"""
# What sudo has started is root's: only sudo can end it, and only the holder has the password where a command is ended.

_MAKE = f"""\
umask 077
main=$1 wants=$2
IFS= read -r word || exit {CANNOT_GIVE}
why="mktemp is not installed there"
for place in "${{XDG_STATE_HOME:-${{HOME-}}/.local/state}}/runbook" /tmp /var/tmp /dev/shm; do
  [ -d "$place" ] || mkdir -p "$place" 2>/dev/null || continue
  at=$(mktemp -d "$place/sudo.XXXXXX" 2>/dev/null) || {{ why="no folder can be made there"; continue; }}
  if cd "$at" && printf %s {shlex.quote(_ASKPASS)} >askpass && printf %s {shlex.quote(_SUDO)} >sudo &&
    chmod 700 askpass sudo && ./askpass --can-run 2>/dev/null && command -v sudo >real && mkfifo word &&
    exec 8<>word && printf %s "$word" | base64 -d >&8; then
    word=
    if [ "$wants" = input ] && ! cat >in 2>/dev/null; then
      cd /
      rm -rf "$at"
      echo "runbook: sudo cannot be given its password: there is no room for the input in $place" >&2
      exit {CANNOT_GIVE}
    fi
    {{ {_HOLD.rstrip()}
    }} </dev/null >/dev/null 2>&1 &
    echo $! >holder
    echo "$at"
    exit 0
  fi
  why="no program can be run in $place"
  command -v sudo >/dev/null || why="sudo is not installed there"
  cd /
  rm -rf "$at"
done
echo "runbook: sudo cannot be given its password: $why" >&2
exit {CANNOT_GIVE}
"""

_BEGIN = f"""\
_rb_at=$(sh -c {shlex.quote(_MAKE)} runbook-sudo "$$" "$_rb_wants") || exit {CANNOT_GIVE}
export PATH="$_rb_at:$PATH" SUDO_ASKPASS="$_rb_at/askpass"
sudo() {{ "${{SUDO_ASKPASS%/*}}/sudo" "$@"; }}
if [ "$_rb_wants" = input ]; then exec <"$_rb_at/in"; rm -f "$_rb_at/in"; else exec </dev/null; fi
unset _rb_at _rb_wants
"""
# The function holds where a script sets a PATH of its own. Standard input is a file of its own from here on: a program
# that opened /dev/stdin again would read from its beginning, where the password was; at a FIFO it would hang.


def says_sudo(script: str) -> bool:
    """Whether a script names sudo."""
    return _SAYS.search(script) is not None


def with_password(command: Command, word: str) -> Command:
    """The command with sudo's password before its standard input."""
    record = word.encode().ljust(RECORD, b"\n")
    line = base64.b64encode(record * COPIES) + b"\n"
    wants = "input" if command.stdin else "nothing"
    return replace(command, script=f"_rb_wants={wants}\n{_BEGIN}{command.script}", stdin=line + command.stdin)


class SudoTransport(LaterTransport):
    """The way to a host whose sudo wants a password: commands that may need it get it, once it is known.

    Those are the ones that change something, whose programs may call sudo, and any other one that names it.
    """

    def __init__(self, name: str, make: Callable[[], Transport]) -> None:
        super().__init__(name, make)
        self.word = ""
        """The password; it was typed in this process, and sudo has taken it."""
        self.turn = threading.Lock()
        """Held while it is asked for, so that it is asked for once."""

    def run(self, command: Command, sink: OutputSink, cancel: CancelToken) -> Outcome:
        """Run one command; one that names sudo is not begun while the password is not known."""
        named = says_sudo(command.script)
        if named and not self.word:
            detail = f"not begun: the password of sudo on {self.name} is not known. Check the hosts again to type it"
            return Outcome(OutcomeKind.UNREACHABLE, detail=detail)
        if named or (command.durable and self.word):
            command = with_password(command, self.word)
        return super().run(command, sink, cancel)

    def try_word(self, word: str, command: Command, sink: OutputSink) -> Outcome:
        """Run a command with a password that is not known to be right."""
        return super().run(with_password(command, word), sink, CancelToken())
