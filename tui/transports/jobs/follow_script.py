"""What runs on the host to follow a job: it sends what the command prints, and at its end how it ended and how much."""

TICK = 0.1
"""Seconds a command may take before its output is followed: a shorter one is over, and its output read at once."""

EARLY = 0.02
"""Seconds until the first look, which is for much output alone: it is not to wait."""
SILENT = f"{EARLY} {TICK - EARLY:.2f} 0.1 0.1 0.2 0.5"
"""Seconds between looks whether a command has printed, the last again and again: before, nothing is followed."""
MUCH = 16 << 10
"""Characters of much output: what is there by now is sent at once, and followed only where more comes then."""

LITTLE = 4 << 10
"""Bytes of output that bash sends by itself, where they are plain text: a program for it is a millisecond."""

FOLLOW = f"""\
if [ -z "${{_rb_mine-}}" ]; then
  _rb_patience=20
  while [ ! -s "$_rb_job/gate" ] && [ "$_rb_patience" -gt 0 ]; do sleep 0.1; _rb_patience=$((_rb_patience - 1)); done
  [ -e "$_rb_job/gate" ] || _rb_void
  _rb_gate
  if [ "$_rb_pid" = void ]; then _rb_say void; exit 0; fi
  if [ -p "$_rb_job/end" ] && [ ! -e "$_rb_job/exit" ]; then exec 9<>"$_rb_job/end" 8<"$_rb_job/end" 9>&-
  else _rb_over=yes; exec 8</dev/null; fi
fi
printf '\\n%s %s\\n' runbook-job-errors "$_rb_nonce" >&7
_rb_say running
_rb_late= _rb_much=
if [ ! -e "$_rb_job/exit" ] && [ -z "${{_rb_over-}}" ]; then
  _rb_late=yes
  if [ -n "${{_rb_mine-}}" ]; then
    case ${{BASH_VERSION-}} in
      [4-9].* | [1-9][0-9]*)
        set -- {SILENT}
        while read -r -t "$1" _rb_line <&8; [ "$?" -gt 128 ] || {{ _rb_late=; false; }}; do
          if read -r -d '' -n {MUCH} _rb_line <"$_rb_job/out"; then _rb_much=yes; break; fi
          [ "$1" = {EARLY} ] || {{ [ ! -s "$_rb_job/out" ] && [ ! -s "$_rb_job/err" ]; }} || break
          [ "$#" -eq 1 ] || shift
        done ;;
      *)
        {{ sleep {TICK}; echo >"$_rb_job/end"; }} </dev/null >/dev/null 5>&- 7>&- 8<&- & _rb_timer=$!
        read -r _rb_line <&8 || {{ _rb_late=; kill "$_rb_timer"; }} ;;
    esac
  fi
  if [ -n "$_rb_late" ]; then
    tail -c "+$((_rb_err + 1))" -f "$_rb_job/err" >&7 5>&- 7>&- 8<&- & _rb_tails=$!
    if [ -n "$_rb_much" ] && [ "$_rb_out" -eq 0 ] && exec 3<"$_rb_job/out" && [ -r /proc/self/fdinfo/3 ]; then
      cat <&3 3<&- 5>&- 7>&- 8<&- & _rb_sent=$!
      {{
        while read -r _rb_line <&8; do :; done
        _rb_size=$(wc -c <"$_rb_job/out") _rb_at=0
        while [ "$_rb_at" -lt "$_rb_size" ]; do sleep 0.1; read -r _rb_line _rb_at </proc/self/fdinfo/3; done
        kill "$_rb_sent"
      }} >/dev/null 5>&- 7>&- & _rb_guard=$!
      if wait "$_rb_sent"; then read -r _rb_line _rb_out </proc/self/fdinfo/3; else _rb_out=; fi
      kill "$_rb_guard"
      exec 3<&-
    fi
    if [ -n "$_rb_out" ] && [ ! -e "$_rb_job/exit" ]; then
      tail -c "+$((_rb_out + 1))" -f "$_rb_job/out" 5>&- 7>&- 8<&- & _rb_tails="$_rb_tails $!"
    fi
    while read -r _rb_line <&8; do :; done
    kill $_rb_tails
    wait $_rb_tails
  fi
fi
_rb_rest() {{
  [ -s "$_rb_job/$1" ] || return 0
  if [ "$2" -gt 0 ]; then tail -c "+$(($2 + 1))" "$_rb_job/$1"; return 0; fi
  case ${{BASH_VERSION-}} in
    [4-9].* | [1-9][0-9]*)
      local LC_ALL=C _rb_line=
      IFS= read -r -d '' -n {LITTLE} _rb_line <"$_rb_job/$1" ||
        case $_rb_line in *[![:print:][:space:]]*) ;; *) printf %s "$_rb_line"; return 0 ;; esac ;;
  esac
  cat "$_rb_job/$1"
}}
if [ -n "$_rb_late" ]; then
  _rb_cwd=$PWD; set --
  cd "$_rb_job" && set -- $(wc -c out err)
  cd "$_rb_cwd"; _rb_out=${{1-}} _rb_err=${{3-}}
else
  _rb_rest out "$_rb_out"; _rb_rest err "$_rb_err" >&7
  _rb_out=- _rb_err=-
fi
_rb_gate
if [ -e "$_rb_job/exit" ]; then IFS= read -r _rb_exit <"$_rb_job/exit"
elif [ "$_rb_on" != "$_rb_boot" ] && [ "$_rb_pid" != none ]; then _rb_exit=rebooted
else _rb_exit=lost; fi
_rb_stopping=-; [ ! -e "$_rb_job/stopping" ] || _rb_stopping=stopping
printf '\\000%s %s ' runbook-job "$_rb_nonce"
echo end $_rb_out $_rb_err $_rb_stopping $_rb_exit
"""
# The starter of a job waits a moment, and until there is output, before it pays for two tails: a command that prints
# nothing until its end needs none. Of much output one is not killed as the command ends, but sends all there is; the
# guard ends it where what the command left running never stops printing. What was not sent is asked for by its offset.
# Where `read` cannot be told how long, a timer says through the FIFO that the moment is over, and `read` has a line
# instead of the end. Nobody else can read that line, for nobody else follows a new job.
