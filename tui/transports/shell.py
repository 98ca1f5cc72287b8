"""Wraps a command into the one string that a shell on the other side runs, and says how to end what it started."""

import base64
import re
import shlex
from typing import NamedTuple

from tui.transports.base import Command
from tui.transports.fencing.fence import before_plain

HELLO = b"runbook-group "
"""The command's shell begins standard output with these: the number of the process group, then the command's output."""
HELLO_ERRORS = b"runbook-errors"
"""The same on standard error, and before the other one: what came earlier is a startup file's or the loader's."""

TICK = 0.1
SILENT_TICKS = 10
"""A command that has ended is followed until nothing was said for so long: what it left behind may hold its output."""
LEFT_BEHIND = "something it started still runs and holds its output"

CALM = """\
trap - EXIT
if [ -n "${BASH_VERSION-}" ]; then
  set +aCefkmuvxEPT
  trap - DEBUG ERR RETURN
  export -n SHELLOPTS BASHOPTS
else unset SHELLOPTS BASHOPTS; fi
"""
"""Undoes what startup files and the environment have set for the shell: it is not to end early, trace or do nothing."""

GREET = """\
_rb_input=
_rb_hello='printf "\\nrunbook-errors\\n" >&2; printf "\\nrunbook-group %s\\n" "$$"; '
"""

RUN = """\
_rb_shell=$1 _rb_directory=$2 _rb_script=$_rb_hello$3 _rb_left=$4
shift 4
while [ "$_rb_left" -gt 0 ]; do
  IFS= read -r _rb_line || exit 125
  _rb_value=$(printf %s "${_rb_line#*=}" | base64 -d; printf .)
  export "${_rb_line%%=*}=${_rb_value%.}"
  _rb_left=$((_rb_left - 1))
done
[ -z "$_rb_input" ] || exec <&3 3<&-
unset _rb_input
for _rb_pair do export "$_rb_pair"; done
[ -z "$_rb_directory" ] || command cd -- "$_rb_directory" >/dev/null || exit 125
export SHLVL=2
if [ "$_rb_shell" = bash ] && command -v bash >/dev/null; then exec bash -o pipefail -c "$_rb_script"; fi
exec sh -c "$_rb_script"
"""
BOOT = CALM + GREET + RUN

# The greeting is said by the command's own shell, in the script's first line: a shell that has not come so far (its
# startup file ends it, an option forbids it to execute, the directory is gone) has not run the script. It begins a
# line of its own, whatever stands before it.

# The prefix keeps the wrapper's variables apart from a runbook's: one named `script` must not replace the script.

# SHLVL: bash under sshd reads the startup files at level 1; the login shell has done so, and twice is slow and seen.

HERE = """\
if [ -n "${BASH_VERSION-}" ]; then
  set --
  set -o pipefail
  _rb_script="unset _rb_shell _rb_directory _rb_script _rb_hello _rb_left _rb_line _rb_value _rb_pair; $_rb_script"
  eval "$_rb_script"
  exit
fi
"""
_LAST = "export SHLVL=2\n"
IN_PLACE = BOOT.replace(_LAST, HERE + _LAST)
"""BOOT for a login shell that is the shell wanted: it continues by itself, which saves the start of another."""

POSIX = frozenset({"bash", "sh", "dash", "ash"})
"""Login shells that run BOOT themselves; any other one is asked to start sh for it."""

MEMBERS = """\
proc() { for f in /proc/[0-9]*/stat; do
  { IFS= read -r l <"$f"; } 2>/dev/null || continue
  p=${l%% *}; set -- ${l##*) }; echo "$3 $1 $p"; done; }
members() { all=$(ps -eo pgid=,stat=,pid= 2>/dev/null) || all=$(proc); [ -n "$all" ] || echo "-$group"
  printf '%s\n' "$all" | while read -r g s p; do
  if [ "$g" = "$group" ]; then case $s in Z*) ;; *) echo "$p" ;; esac; fi; done; }
"""
# Where there is neither a POSIX ps nor /proc, the whole group stands for its members and is never called empty.

STRIKE = """\
strike() { for p in $(members); do kill "-$1" "$p" 2>/dev/null || sudo -n kill "-$1" "$p" 2>/dev/null; done; }
strike TERM
while [ -n "$(members)" ] && [ "$patience" -gt 0 ]; do sleep 0.1; patience=$((patience - 1)); done
strike KILL
patience=50
while [ -n "$(members)" ] && [ "$patience" -gt 0 ]; do sleep 0.1; patience=$((patience - 1)); done
if [ -n "$(members)" ]; then echo left; else echo empty; fi
"""
END = f"{CALM}echo\ngroup=$1 patience=$2\n{MEMBERS}{STRIKE}"


class Wrapped(NamedTuple):
    """An exec request, and the bytes that go to its standard input before it is closed."""

    request: str
    stdin: bytes


def wrap(command: Command, login_shell: str = "") -> Wrapped:
    """The exec request for a command; secrets are in `stdin` only. A known login shell saves a process."""
    lines = [f"{name}={base64.b64encode(value.encode()).decode()}\n" for name, value in command.secrets.items()]
    words = [command.shell, command.directory, command.script, str(len(lines))]
    words += [f"{name}={value}" for name, value in command.environment.items()]
    fence = CALM + before_plain(command) if command.fence.epoch and command.key else ""
    if login_shell.rpartition("/")[2] in POSIX:
        boot = IN_PLACE if login_shell.endswith("bash") and command.shell == "bash" else BOOT
        request = f"set -- {shlex.join(words)}\n{fence}{boot}"
    else:
        request = f"exec sh -c {shlex.quote(fence + BOOT)} runbook {shlex.join(words)}"
    return Wrapped(request, "".join(lines).encode() + command.stdin)


_WRAPPED = f"exec sh -c {shlex.quote(BOOT)} runbook "
_HEAD, _TAIL = "exec sh -c '", f"{shlex.quote(BOOT)[1:]} runbook "
_ENDS = f"exec sh -c {shlex.quote(END)} runbook "
_WORD = re.compile(r"""(?:[^\s'"]|'[^']*'|"'")+""")
_QUOTED = re.compile(r"""'([^']*)'|"(')\"""")


def words_of_join(text: str) -> list[str]:
    """The words that `shlex.join` made this text of: `shlex.split` takes a hundred times as long for a script."""
    return [_QUOTED.sub(lambda part: part[1] or part[2] or "", word[0]) for word in _WORD.finditer(text)]


def unfenced(request: str) -> str:
    """The same request without what holds it to a fence on the host: a drill's host keeps none."""
    head, found, words = request.partition(_TAIL)
    return f"{_WRAPPED}{words}" if found and head.startswith(_HEAD) else request


def unwrap(request: str) -> Command | None:
    """The command an exec request of `wrap` carries, without its secrets; None for any other request."""
    if not request.startswith(_WRAPPED):
        return None
    shell, directory, script, _, *environment = words_of_join(request.removeprefix(_WRAPPED))
    pairs = (pair.partition("=") for pair in environment)
    return Command(
        script=script, shell=shell, directory=directory, environment={name: value for name, _, value in pairs}
    )


def unwrap_stdin(request: str, sent: bytes) -> bytes:
    """What the command of an exec request of `wrap` reads, of all that was sent: its secrets are left out."""
    secrets = int(words_of_join(request.removeprefix(_WRAPPED))[3])
    return b"".join(sent.splitlines(keepends=True)[secrets:])


def end_request(group: int, patience: float) -> str:
    """The exec request that ends a process group: TERM, `patience` seconds, KILL; it prints empty, or left."""
    return f"{_ENDS}{group} {round(patience * 10)}"


def unwrap_end(request: str) -> int | None:
    """The process group an exec request of `end_request` is about; None for any other request."""
    found = re.fullmatch(r"(\d+) \d+", request.removeprefix(_ENDS)) if request.startswith(_ENDS) else None
    return int(found[1]) if found else None
