"""The fence on a host: who took a session over last is kept beside its jobs, and nobody from before starts anything.

A session's folder of jobs has three more kinds of files:

- `.epoch.N` is made once, by the first that comes in epoch N; its line says when, by the host's clock, and who;
- `.fenced.N` says that what an earlier epoch had claimed and not begun has been given up;
- `.claim.<job>.N` says in which epoch a job's directory is about to be claimed.

Who comes in epoch N makes `.epoch.N`, then gives up each claim of an earlier epoch that has not begun (`gate`, made
once), and only then starts anything. Who starts something makes its directory, then looks for a higher epoch, and only
then begins. So of any two either the later one sees the claim and gives it up, or the earlier one sees the epoch and
refuses itself: nothing of an earlier epoch begins after the fence stands. No lock is held that a killed shell would
leave behind, and a start costs no further process.
"""

import re
import shlex

from tui.session.outcome import NOT_RUN, Outcome, OutcomeKind
from tui.transports.base import Command
from tui.transports.one_line import one_line

STATUS = 75
MARK = b"runbook-fenced "
LONGEST = 80
"""Characters of what a host says of who took over."""

_WHEN = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC) ?(.*)", re.ASCII | re.DOTALL)

FENCE = """\
[ -z "${BASH_VERSION-}" ] || { shopt -u failglob nullglob dotglob nocaseglob; unset GLOBIGNORE; }
_rb_fenced() {
  _rb_highest=$_rb_epoch _rb_by=
  for _rb_seen in "$_rb_session"/.epoch.*; do
    case ${_rb_seen##*.epoch.} in '' | *[!0-9]* | ??????????*) continue ;; esac
    if [ "${_rb_seen##*.epoch.}" -gt "$_rb_highest" ]; then
      _rb_highest=${_rb_seen##*.epoch.}
      { IFS= read -r _rb_by <"$_rb_seen"; } 2>/dev/null
    fi
  done
  [ "$_rb_highest" -gt "$_rb_epoch" ]
}
_rb_fence() {
  [ ! -e "$_rb_session/.fenced.$_rb_epoch" ] || return 0
  (set -C; umask 077; echo "$(date -u '+%Y-%m-%d %H:%M:%S UTC') $_rb_holder" >"$_rb_session/.epoch.$_rb_epoch") \\
    2>/dev/null
  [ -e "$_rb_session/.epoch.$_rb_epoch" ] || return 1
  for _rb_seen in "$_rb_session"/*; do
    [ -d "$_rb_seen" ] || continue
    for _rb_one in "$_rb_session/.claim.${_rb_seen##*/}."*; do
      case ${_rb_one##*.} in '' | *[!0-9]* | ??????????*) continue ;; esac
      [ "${_rb_one##*.}" -lt "$_rb_epoch" ] || continue 2
    done
    (set -C; echo void >"$_rb_seen/gate") 2>/dev/null
  done
  { : >"$_rb_session/.fenced.$_rb_epoch"; } 2>/dev/null
}
_rb_claim() { { : >"$_rb_session/.claim.${_rb_job##*/}.$_rb_epoch"; } 2>/dev/null; }
"""

_PLAIN = f"""\
_rb_session=${{XDG_STATE_HOME:-${{HOME-}}/.local/state}}/runbook/jobs/$_rb_session
_rb_job=$_rb_session/$_rb_job
{FENCE}\
_rb_stop() {{ printf '\\nrunbook-fenced %s\\n' "$_rb_by" >&2; exit {STATUS}; }}
(umask 077; mkdir -p "$_rb_session") 2>/dev/null
if _rb_fenced; then _rb_stop; fi
if _rb_fence && _rb_claim && mkdir -m 700 "$_rb_job" 2>/dev/null; then
  if _rb_fenced; then _rb_stop; fi
  (set -C; echo plain >"$_rb_job/gate") 2>/dev/null || {{ _rb_fenced; _rb_stop; }}
fi
unset -f _rb_fenced _rb_fence _rb_claim _rb_stop
unset _rb_session _rb_job _rb_epoch _rb_holder _rb_by _rb_seen _rb_one _rb_highest
"""
# The gate is the same as a job's: who takes over gives it up, or finds that the command had begun.


def before_plain(command: Command) -> str:
    """What a shell does before a command that is not a job, so that it does not begin in an epoch that is over."""
    session, _, attempt = command.key.partition("/")
    given = {
        "_rb_session": session,
        "_rb_job": attempt.replace("/", "."),
        "_rb_epoch": str(command.fence.epoch),
        "_rb_holder": command.fence.holder,
    }
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in given.items()) + _PLAIN


def taken_over(words: str) -> Outcome:
    """The outcome of a command that a host refused, by what it says of who took the session over."""
    found = _WHEN.fullmatch(words.strip())
    who = one_line(found[2].encode())[:LONGEST] if found else ""
    when = f" at {found[1]}" if found else ""
    detail = f"{NOT_RUN}: {who or 'another person'} took this session over{when}"
    return Outcome(OutcomeKind.UNREACHABLE, detail=detail, fenced=True)


def fenced(said: bytes) -> Outcome | None:
    """The same, by what was printed before a command that is not a job; None where that says nothing of a fence."""
    _, mark, rest = said.rpartition(b"\n" + MARK)
    return taken_over(rest.partition(b"\n")[0].decode(errors="replace")) if mark else None
