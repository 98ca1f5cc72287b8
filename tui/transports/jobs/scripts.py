"""What runs on the host so that a command starts once and keeps running without us: POSIX sh and coreutils, no more.

A job has a directory of its own, `$XDG_STATE_HOME/runbook/jobs/<session>/<step>.<attempt>` (mode 0700):

- the directory itself is the claim: `mkdir` succeeds for one caller only;
- `end` is a FIFO whose only writer is the runner, so that a reader blocks until the runner has ended, however it ends;
- `gate` is made once, by `set -C`: by the runner (its pid, start time and boot id) or by a follower that gives up an
  unstarted claim ("void"), so that nobody has to guess whether it will still start;
- `out` and `err` take the output, `exit` the exit status (written beside, then renamed); `stopping` says that somebody
  asked for its end;
- `began` turns from "no" to "yes" when the command's own shell executes its first line; `said` takes what the runner's
  shell says of it, `start` what is said as the runner starts (a loader's or a locale's complaint), which is nobody's.

`began` and `exit` are written over bytes that are there already: a full disk makes nothing else of a success.
"""

import base64
import re
import shlex
from typing import NamedTuple

from tui.transports.base import Command, Fence
from tui.transports.fencing.fence import FENCE
from tui.transports.jobs.follow_script import FOLLOW
from tui.transports.shell import CALM, MEMBERS, POSIX, RUN, STRIKE, Wrapped, words_of_join

KEY = re.compile(r"([A-Za-z0-9][\w.-]*)/([A-Za-z0-9][\w.-]*)/([0-9]+)", re.ASCII)
"""What identifies an attempt: session, step, number."""

MISSING = """\
d=${XDG_STATE_HOME:-${HOME-}/.local/state}; w=$d
while [ -n "$d" ] && [ ! -e "$d" ]; do d=${d%/*}; done
{ [ -d "${d:-/}" ] && [ -w "${d:-/}" ]; } || echo "no jobs: $w cannot be written there"
for c in setsid mkfifo tail; do command -v $c >/dev/null || echo "no jobs: $c is not installed there"; done
"""
"""Says why a host cannot keep jobs, where it cannot, without leaving anything there."""

_BORN = """\
_rb_born() {
  _rb_stat=; { IFS= read -r _rb_stat <"/proc/$1/stat"; } 2>/dev/null
  set -- ${_rb_stat##*) }
  case ${1-} in [ZX]*) _rb_start=- ;; *) _rb_start=${20--} ;; esac
}
"""
# When a process was born, in ticks since the host started; "-" for one that is gone or waits to be reaped.

PLACE = f"""\
_rb_nonce=$1 _rb_base=${{XDG_STATE_HOME:-${{HOME-}}/.local/state}}/runbook/jobs
_rb_session=$_rb_base/$2 _rb_job=$_rb_base/$2/${{3-}}
_rb_say() {{ printf '\\n%s %s %s\\n' runbook-job "$_rb_nonce" "$*"; }}
_rb_boot=-; {{ IFS= read -r _rb_boot </proc/sys/kernel/random/boot_id; }} 2>/dev/null
_rb_gate() {{
  _rb_pid=none _rb_since=- _rb_on=-
  {{ read -r _rb_pid _rb_since _rb_on <"$_rb_job/gate"; }} 2>/dev/null
}}
_rb_void() {{ (set -C; echo void >"$_rb_job/gate"); }} 2>/dev/null
{_BORN}{FENCE}"""
# `set -C`: a redirection creates its file (O_EXCL) or fails, and costs no process as `ln` would.

_RUNNER = f"""\
{CALM}\
_rb_job=$1 _rb_boot=$2
shift 2
exec 2>"$_rb_job/said"
{_BORN}\
[ -z "${{BASH_VERSION-}}" ] || set +o posix
trap : HUP INT TERM
_rb_born $$
set -C
echo "$$ $_rb_start $_rb_boot" >"$_rb_job/gate" || exit
set +C
echo runbook >&2
(
_rb_hello='{{ echo yes >&6; }} 2>/dev/null; exec 6>&-; '
_rb_input=3
{RUN}) <&4 >>"$_rb_job/out" 2>>"$_rb_job/err" 4<&- 6<>"$_rb_job/began" 9>&-
_rb_status=$?
_rb_mark= _rb_said= _rb_began=
{{ IFS= read -r _rb_mark; IFS= read -r _rb_said; }} <"$_rb_job/said"
IFS= read -r _rb_began <"$_rb_job/began"
[ "$_rb_mark" = runbook ] && [ "$_rb_status" -gt 128 ] || _rb_said=
[ "$_rb_began" = yes ] && _rb_began= || _rb_began=unbegun
echo "$_rb_status ${{_rb_said:+killed}} $_rb_began" 1<>"$_rb_job/exit.new"
exec mv "$_rb_job/exit.new" "$_rb_job/exit"
"""
# A shell tells of a child that was killed on its own standard error, which is `said`: that alone tells exit 137 from a
# kill, and bash called sh has to leave its POSIX mode for it. The trap keeps the runner until its command is gone; a
# trapped signal, unlike an ignored one, is not inherited.

START = """\
_rb_expect=$4 _rb_size=$5 _rb_apart=$6 _rb_out=$7 _rb_err=$8 _rb_runner=$9
_rb_epoch=${10} _rb_holder=${11}
shift 11
_rb_refuse() { _rb_say refused "$*"; exit 0; }
_rb_stop() { _rb_say fenced "$_rb_by"; exit 0; }
exec 5>&1 7>&2 2>/dev/null
if [ ! -d "$_rb_job" ]; then
  if [ -n "$_rb_expect" ] && [ "$_rb_expect" != "$_rb_boot" ]; then _rb_say rebooted; exit 0; fi
  for _rb_need in setsid mkfifo tail; do
    command -v "$_rb_need" >/dev/null || _rb_refuse "$_rb_need is not installed there"
  done
  [ -d "$_rb_session" ] || (umask 077; mkdir -p "$_rb_session") || _rb_refuse "$_rb_base cannot be written there"
  if _rb_fenced; then _rb_stop; fi
  [ "$_rb_epoch" -eq 0 ] || { _rb_fence && _rb_claim; } || _rb_refuse "$_rb_base cannot be written there"
  exec 3</dev/null 4</dev/null
  if [ "$_rb_size" -gt 0 ]; then
    _rb_in=$_rb_session/.in.$_rb_nonce _rb_rest=$_rb_session/.rest.$_rb_nonce
    _rb_full() { rm -f "$_rb_in" "$_rb_rest"; _rb_refuse "$_rb_base cannot be written there"; }
    (umask 077; cat >"$_rb_in") || _rb_full
    exec 4<"$_rb_in"
    if [ "$_rb_apart" -eq 0 ]; then exec 3<&4
    elif [ "$_rb_apart" -lt "$_rb_size" ]; then
      (umask 077; tail -c "+$((_rb_apart + 1))" "$_rb_in" >"$_rb_rest") || _rb_full
      exec 3<"$_rb_rest"
    fi
    _rb_came=$(wc -c <"$_rb_in")
    rm -f "$_rb_in" "$_rb_rest"
    [ "$_rb_came" -eq "$_rb_size" ] || exit 1
  fi
  if mkdir -m 700 "$_rb_job"; then
    mkfifo "$_rb_job/end" && : >"$_rb_job/out" && : >"$_rb_job/err" && printf '%40s\n' '' >"$_rb_job/exit.new" &&
      echo 'no ' >"$_rb_job/began" ||
      { rm -rf "$_rb_job"; _rb_refuse "$_rb_job cannot be written there"; }
    if _rb_fenced; then _rb_void; _rb_stop; fi
    exec 9<>"$_rb_job/end" 8<"$_rb_job/end"
    setsid sh -c "$_rb_runner" runbook-job "$_rb_job" "$_rb_boot" "$@" \\
      </dev/null >/dev/null 2>"$_rb_job/start" 5>&- 7>&- 8<&- &
    exec 9>&-
    _rb_mine=yes
  elif [ ! -d "$_rb_job" ]; then _rb_refuse "$_rb_session cannot be written there"
  fi
  exec 3<&- 4<&-
fi
"""
# What a command reads is a file of its own: one that opens /dev/stdin again reads from its beginning, and the secrets
# would stand there. A claim whose files cannot be made is taken back: nothing has started, and nobody else can have
# begun to follow it.

ATTACH = """\
_rb_out=$4 _rb_err=$5
exec 5>&1 7>&2 2>/dev/null
if [ ! -d "$_rb_job" ]; then
  (umask 077; mkdir -p "$_rb_session")
  if mkdir -m 700 "$_rb_job"; then _rb_void; _rb_say missing; exit 0; fi
  [ -d "$_rb_job" ] || { _rb_say missing; exit 0; }
fi
"""

_STOP = f"""\
group=0 patience=$4 _rb_epoch=$5
exec 2>/dev/null
echo
if _rb_fenced; then echo fenced; exit 0; fi
[ -d "$_rb_job" ] || {{ echo missing; exit 0; }}
if [ -e "$_rb_job/exit" ] && [ ! -e "$_rb_job/stopping" ]; then echo over; exit 0; fi
: >"$_rb_job/stopping"
if _rb_void; then echo empty; exit 0; fi
_rb_gate
if [ "$_rb_pid" = void ] || [ "$_rb_on" != "$_rb_boot" ]; then echo empty; exit 0; fi
group=$_rb_pid
_rb_born "$group"
if [ "$_rb_start" != - ] && [ "$_rb_start" != "$_rb_since" ]; then echo empty; exit 0; fi
{MEMBERS}{STRIKE}"""
# A process that has the number but was born at another time is not ours: nothing of the job is left.

_LOOK = """\
exec 2>/dev/null
if [ ! -d "$_rb_job" ]; then _rb_say missing; exit 0; fi
_rb_gate
_rb_exit=; IFS= read -r _rb_exit <"$_rb_job/exit"
_rb_alive=0
if [ "$_rb_on" = "$_rb_boot" ]; then
  group=$_rb_pid
  _rb_born "$group"
  if [ "$_rb_start" = - ] || [ "$_rb_start" = "$_rb_since" ]; then _rb_alive=$(members | wc -l); fi
fi
_rb_bytes=$(cat "$_rb_job/out" "$_rb_job/err" | wc -c)
_rb_state=ran; [ "$_rb_on" = "$_rb_boot" ] || _rb_state=rebooted
case $_rb_pid in void | none) _rb_state=$_rb_pid ;; esac
_rb_say found $_rb_state $_rb_alive $_rb_bytes $_rb_exit
"""

_CLEAR = """\
exec 2>/dev/null
_rb_epoch=$4
_rb_left=0
if _rb_fenced; then _rb_say fenced "$_rb_by"; exit 0; fi
for _rb_job in "$_rb_session"/*; do
  [ -d "$_rb_job" ] || continue
  if _rb_fenced; then _rb_say fenced "$_rb_by"; exit 0; fi
  _rb_gate
  _rb_born "$_rb_pid"
  if [ ! -e "$_rb_job/exit" ] && [ "$_rb_start" != - ] && [ "$_rb_start" = "$_rb_since" ] &&
    [ "$_rb_on" = "$_rb_boot" ]; then
    _rb_left=$((_rb_left + 1))
  else rm -rf "$_rb_job"; fi
done
for _rb_try in 1 2 3 4 5; do
  [ "$_rb_left" -eq 0 ] || break
  if _rb_epoch=0; _rb_fenced; then rm -f "$_rb_session"/.claim.* "$_rb_session"/.in.* "$_rb_session"/.rest.* && break
  else rm -rf "$_rb_session" && break; fi
  sleep 0.1
done
_rb_say cleared $_rb_left
"""


_FENCED = """\
exec 2>/dev/null
_rb_epoch=$4 _rb_holder=$5
(umask 077; mkdir -p "$_rb_session")
if _rb_fenced; then _rb_say fenced "$_rb_by"; exit 0; fi
_rb_fence || { _rb_say refused "$_rb_base cannot be written there"; exit 0; }
_rb_kept=
for _rb_job in "$_rb_session"/*; do
  [ -d "$_rb_job" ] || continue
  _rb_gate
  case $_rb_pid in void | none) ;; *) _rb_kept="$_rb_kept ${_rb_job##*/}" ;; esac
done
_rb_say begun $_rb_kept
"""

SCRIPTS = {
    "start": CALM + PLACE + START + FOLLOW,
    "attach": CALM + PLACE + ATTACH + FOLLOW,
    "stop": CALM + PLACE + _STOP,
    "look": CALM + PLACE + MEMBERS + _LOOK,
    "clear": CALM + PLACE + _CLEAR,
    "fence": CALM + PLACE + _FENCED,
}
"""What each kind of request runs on the host."""


class JobRequest(NamedTuple):
    """What a request about a job asks, as a host that understands it without a shell reads it.

    `session` and `job` are its directory's names, `job` empty for a session's clearing; `out` and `err` the bytes from
    which on it is followed. Of a start `command` is what it runs, and `secrets` is how many lines at the beginning of
    its standard input are secrets.
    """

    kind: str
    nonce: str
    session: str
    job: str = ""
    boot_id: str = ""
    out: int = 0
    err: int = 0
    command: Command | None = None
    secrets: int = 0


def job_of(key: str) -> tuple[str, str]:
    """The session's and the job's directory names for an attempt's key (session/step/number)."""
    found = KEY.fullmatch(key)
    if found is None:
        raise ValueError(f"not an attempt's key: {key!r}")
    return found[1], f"{found[2]}.{found[3]}"


def start_request(
    command: Command, nonce: str, boot_id: str, out: int = 0, err: int = 0, login_shell: str = ""
) -> Wrapped:
    """The exec request that claims and starts a job, or finds it started, and follows its output from `out` and `err`.

    With a `boot_id`, it is not started on a host that has another one. Secrets are in `stdin` only.
    """
    lines = [f"{name}={base64.b64encode(value.encode()).decode()}\n" for name, value in command.secrets.items()]
    secrets = "".join(lines).encode()
    sizes = [str(len(secrets + command.stdin)), str(len(secrets))]
    words = [nonce, *job_of(command.key), boot_id, *sizes, str(out), str(err), _RUNNER]
    words += [str(command.fence.epoch), command.fence.holder]
    words += [command.shell, command.directory, command.script, str(len(lines))]
    words += [f"{name}={value}" for name, value in command.environment.items()]
    if login_shell.rpartition("/")[2] in POSIX:
        return Wrapped(f"set -- {shlex.join(words)}\n{SCRIPTS['start']}", secrets + command.stdin)
    return Wrapped(_request("start", words), secrets + command.stdin)


def attach_request(key: str, nonce: str, out: int, err: int) -> Wrapped:
    """The exec request that follows a job from `out` and `err` on; a claim that did not start never will."""
    return Wrapped(_request("attach", [nonce, *job_of(key), str(out), str(err)]), b"")


def stop_request(key: str, nonce: str, patience: float, epoch: int = 0) -> str:
    """The exec request that ends a job: TERM, `patience` seconds, KILL; it prints empty, left or missing, or over.

    "over" is a job that had ended by itself: what it left running on purpose keeps running. "fenced" is one whose
    session has been taken over in an epoch after this one; it keeps running.
    """
    return _request("stop", [nonce, *job_of(key), str(round(patience * 10)), str(epoch)])


def look_request(key: str, nonce: str) -> str:
    """The exec request that says what there is of a job."""
    return _request("look", [nonce, *job_of(key)])


def clear_request(session: str, nonce: str, epoch: int = 0) -> str:
    """The exec request that removes the directories of a session's ended jobs; it says how many still run.

    "fenced" says that the session has been taken over in an epoch after this one; nothing is removed then.
    """
    return _request("clear", [nonce, job_of(f"{session}/x/0")[0], "", str(epoch)])


def fence_request(session: str, nonce: str, fence: Fence) -> str:
    """The exec request that keeps earlier epochs from beginning anything; it says which jobs have begun."""
    return _request("fence", [nonce, job_of(f"{session}/x/0")[0], "", str(fence.epoch), fence.holder])


def _request(kind: str, words: list[str]) -> str:
    return f"{HEADS[kind]}{shlex.join(words)}"


HEADS = {kind: f"exec sh -c {shlex.quote(script)} runbook " for kind, script in SCRIPTS.items()}


def unwrap_job(request: str) -> JobRequest | None:
    """What a request made above asks; None for any other request."""
    kind = next((kind for kind, head in HEADS.items() if request.startswith(head)), None)
    if kind is None:
        return None
    nonce, session, *rest = words_of_join(request.removeprefix(HEADS[kind]))
    match kind, rest:
        case "start", [job, boot_id, _, _, out, err, _, _, _, shell, directory, script, secrets, *_]:
            command = Command(script=script, shell=shell, directory=directory, key=f"{session}/{job}")
            return JobRequest(kind, nonce, session, job, boot_id, int(out), int(err), command, int(secrets))
        case "attach", [job, out, err]:
            return JobRequest(kind, nonce, session, job, out=int(out), err=int(err))
        case _:
            return JobRequest(kind, nonce, session, rest[0] if rest else "")
