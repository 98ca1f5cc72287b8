"""Starts and follows a job where an answer ends with its request and is short: its output is fetched page by page.

The protocol is that of `scripts`: the same claim, gate, files, exit status and fence. What differs is the follower: it
waits a while for news, says how things stand, prints one page of each output from the offset that it is given, and
ends. It can be asked twice for the same.
"""

import base64
import binascii
import shlex
import zlib

from msgspec import Struct

from tui.transports.jobs.scripts import ATTACH, HEADS, PLACE, START, job_of
from tui.transports.shell import CALM

ASIDE = "aside-"
"""What the session's name of a job begins with that belongs to none: it is removed with its last page."""

MOST = 22_000
"""Characters of base64 on a page, of both outputs together, where nothing else is said."""


def share_of(most: int) -> int:
    """The bytes that a page of `most` characters of base64 has room for; its line feeds are of it."""
    return most * 3 // 4 // 16 * 15


LEAST = share_of(MOST) // 2 - 64
"""Bytes of one output that any page has room for, whatever they are."""
UNPACKED = 16 << 20
"""Bytes of one output that are read of a page, however much it holds: what is left is on the next one."""

_BEGUN = """\
if [ -z "${_rb_mine-}" ]; then
  _rb_patience=20
  while [ ! -s "$_rb_job/gate" ] && [ "$_rb_patience" -gt 0 ]; do sleep 0.1; _rb_patience=$((_rb_patience - 1)); done
  [ -e "$_rb_job/gate" ] || _rb_void
  _rb_gate
  if [ "$_rb_pid" = void ]; then _rb_say void; exit 0; fi
fi
"""

_PAGE = f"""\
_rb_over() {{
  [ ! -e "$_rb_job/exit" ] || return 0
  _rb_gate
  [ "$_rb_pid" != none ] || return 1
  [ "$_rb_on" = "$_rb_boot" ] || return 0
  _rb_born "$_rb_pid"
  [ "$_rb_start" != "$_rb_since" ]
}}
_rb_nap=0.05 _rb_naps=0
while :; do
  _rb_ended=; if _rb_over; then _rb_ended=yes; fi
  set -- $(cd "$_rb_job" && wc -c out err)
  _rb_has_out=${{1:-0}} _rb_has_err=${{3:-0}}
  [ -z "$_rb_ended" ] && [ "$_rb_has_out" -le "$_rb_out" ] && [ "$_rb_has_err" -le "$_rb_err" ] || break
  [ "$_rb_naps" -lt "$_rb_hold" ] || break
  [ "$_rb_naps" -lt 20 ] || _rb_nap=0.5
  sleep "$_rb_nap"
  _rb_naps=$((_rb_naps + 1))
done
_rb_most_out=$((_rb_share / 2)) _rb_most_err=$((_rb_share / 2))
if [ "$_rb_has_err" -le "$_rb_err" ]; then _rb_most_out=$_rb_share _rb_most_err=0
elif [ "$_rb_has_out" -le "$_rb_out" ]; then _rb_most_out=0 _rb_most_err=$_rb_share; fi
_rb_how= _rb_zip=plain
if [ -n "$_rb_ended" ]; then
  _rb_stopping=-; [ ! -e "$_rb_job/stopping" ] || _rb_stopping=stopping
  _rb_gate
  _rb_exit=lost
  if [ -e "$_rb_job/exit" ]; then IFS= read -r _rb_exit <"$_rb_job/exit"
  elif [ "$_rb_on" != "$_rb_boot" ] && [ "$_rb_pid" != none ]; then _rb_exit=rebooted; fi
  _rb_how="$_rb_stopping $_rb_exit"
fi
if command -v gzip >/dev/null; then _rb_zip=gzip; fi
_rb_part() {{
  [ "$3" -gt 0 ] || return
  if [ "$_rb_zip" = gzip ]; then tail -c "+$(($2 + 1))" "$_rb_job/$1" | gzip -1c | head -c "$3" | base64
  else tail -c "+$(($2 + 1))" "$_rb_job/$1" | head -c "$3" | base64; fi
}}
_rb_say page "$_rb_zip" "$_rb_has_out" "$_rb_has_err" $_rb_how
_rb_part out "$_rb_out" "$_rb_most_out"
echo -
_rb_part err "$_rb_err" "$_rb_most_err"
echo .
case $_rb_session in */{ASIDE}*)
  _rb_left=$((_rb_has_out - _rb_out + _rb_has_err - _rb_err))
  if [ -n "$_rb_ended" ] && [ "$_rb_left" -le {LEAST} ]; then rm -rf "$_rb_session"; fi ;;
esac
"""
# The end is looked for before the sizes: those of a job that is over are the last ones. A page that gzip makes is cut
# where the room ends, and holds whatever can be read of it; the next one begins there.


class JobPage(Struct, frozen=True):
    """How a job stands: what was printed, how many bytes it has printed by now, and how it ended, in its words.

    Without an end it still runs.
    """

    out: bytes
    err: bytes
    printed_out: int
    printed_err: int
    how: str


class NoPage(Exception):
    """An answer has no whole page in it; `words` are what it says of the job instead, empty where that is nothing."""

    def __init__(self, words: str = "") -> None:
        super().__init__(words)
        self.words = words


def begin_request(start: str, hold: int) -> str:
    """The request that starts what a `start` request of `scripts` starts, and prints its first page."""
    return _request(START, start.removeprefix(HEADS["start"]), hold)


def page_request(key: str, nonce: str, out: int, err: int, hold: int, most: int = MOST) -> str:
    """The request for the page from `out` and `err` on, of `most` characters.

    It waits up to `hold` naps for news (0.05 s, then 0.5 s).
    """
    return _request(ATTACH, shlex.join([nonce, *job_of(key), str(out), str(err)]), hold, most)


def _request(first: str, words: str, hold: int, most: int = MOST) -> str:
    script = f"_rb_hold={hold:d} _rb_share={share_of(most):d}\n{CALM}{PLACE}{first}{_BEGUN}{_PAGE}"
    return f"exec sh -c {shlex.quote(script)} runbook {words}"


def read_page(answer: str, nonce: str) -> JobPage:
    """The page of an answer.

    Raises:
        NoPage: it has none.
    """
    said = answer.rpartition(f"runbook-job {nonce} ")[2] if f"runbook-job {nonce} " in answer else ""
    head, _, body = said.partition("\n")
    match head.split():
        case ["page", zipped, out, err, *how] if out.isdecimal() and err.isdecimal():
            parts = body.split("\n-\n") if not body.startswith("-\n") else ["", body[2:]]
            if len(parts) != 2 or not parts[1].endswith(".\n"):
                raise NoPage
            first, second = (_bytes(part, zipped == "gzip") for part in (parts[0], parts[1].removesuffix(".\n")))
            return JobPage(first, second, int(out), int(err), " ".join(how))
    raise NoPage(head)


def _bytes(text: str, zipped: bool) -> bytes:
    try:
        data = base64.b64decode(text)
        return zlib.decompressobj(wbits=31).decompress(data, UNPACKED) if zipped and data else data
    except (binascii.Error, zlib.error) as error:
        raise NoPage from error
