"""Finds out before a session begins whether sudo works on its hosts, and has its password typed where one is wanted."""

import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase

from msgspec import Struct

from tui.errors import SudoRefused
from tui.execution.secrecy.redaction import Redactor
from tui.runbook.facts import connection_of, host_named
from tui.runbook.groups.members import hosts_named
from tui.runbook.model import Action, Runbook, Step, SudoWay
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.asking import TRIES, Asking
from tui.transports.base import CancelToken, Command, OutputSink, Transport
from tui.transports.one_line import one_line
from tui.transports.sudo import CANNOT_GIVE, LONGEST, NOT_TAKEN, SudoTransport, says_sudo

PATIENCE = 30.0
"""Seconds for sudo to answer; some ask a directory that is far away."""

_TRY = "export LC_ALL=C\nsudo -k -v"
# -k: what sudo keeps of an earlier time must not hide that a password is wrong.

YES = ("yes", "true", "1", "on")
"""What a probe's setting has that is switched on."""

_REFUSED, _SOME = 3, 4
_LOOK = f"""\
export LC_ALL=C
command -v sudo >/dev/null || {{ echo "sudo is not installed there"; exit {_REFUSED}; }}
sudo -n -k -v >/dev/null 2>&1 && exit 0
listed=$(sudo -n -k -l 2>&1) || {{ printf "%s\\n" "$listed"; exit {_REFUSED}; }}
printf "%s\\n" "$listed"
exit {_SOME}
"""

_WANTS = "password is required"
_CALL = re.compile(r"\bsudo[ \t]+([^|;&\n<>()]+)")
_VALUED = re.compile("-[ughpCDRrtTU]|--(user|group|chdir|host|prompt)")
_ASSIGNED = re.compile(r"[A-Za-z_]\w*=")
_UNSURE = re.compile(r"[$`*?\[{}]")
"""What a shell or a template replaces."""
_TAG = re.compile(r"([A-Z_]+):\s*")
_ALLOWED = re.compile(r"\s+\([^)]*\)\s*(.*)")


class SudoNeed(Struct, frozen=True):
    """What a flow wants of sudo on one host: the commands that are written out in its scripts."""

    host: str
    commands: tuple[str, ...] = ()


def sudo_needs(runbook: Runbook, steps: Iterable[Step]) -> tuple[SudoNeed, ...]:
    """What these steps want of sudo, host by host; in the order of its first use."""
    found: dict[str, list[str]] = {}
    for step in steps:
        for action in step.actions:
            script, on = _script(runbook, action)
            if not on:
                continue
            for name in hosts_named(runbook, on):
                host = connection_of(runbook, name)
                may_call = step.mutates and runbook.hosts[host].sudo is SudoWay.ASKED
                if may_call or says_sudo(script):
                    found.setdefault(host, []).extend(_calls(script))
    return tuple(SudoNeed(host, tuple(dict.fromkeys(calls))) for host, calls in found.items())


def _script(runbook: Runbook, action: Action) -> tuple[str, str]:
    """What an action runs, as far as sudo is concerned, and where; nothing where it runs nothing on a host."""
    if action.run is not None:
        return action.run, host_named(runbook, action.on)
    service = runbook.services[action.probe.service] if action.probe else None
    if service is None or service.kind != "host" or service.settings.get("sudo", "").casefold() not in YES:
        return "", ""
    return "sudo", host_named(runbook, service.through)


def _calls(script: str) -> Iterator[str]:
    """The commands that a script gives to sudo, of those that are written out."""
    for call in _CALL.findall(script):
        try:
            words = shlex.split(call)
        except ValueError:
            continue
        while words and (words[0].startswith("-") or _ASSIGNED.match(words[0])):
            words = words[2 if _VALUED.fullmatch(words[0]) else 1 :]
        if words and not any(map(_UNSURE.search, words)):
            yield " ".join(words)


def look(transport: Transport, need: SudoNeed) -> str:
    """What is found of sudo on a host that is to give it no password.

    Raises:
        SudoRefused: it will refuse what the steps want of it.
    """
    status, said = _ran(lambda sink: transport.run(Command(script=_LOOK, timeout=PATIENCE), sink, CancelToken()))
    if status == 0:
        return "without a password"
    if status == _SOME:
        refused = sorted(command for command in need.commands if not is_free(command, said))
        if not refused:
            return "what is needed runs without a password"
        raise SudoRefused(f"sudo wants a password there for: {'; '.join(refused)}", _remedy(need))
    last = _last(said)
    if _WANTS in said:
        raise SudoRefused("sudo wants a password there, and its commands would fail", _remedy(need))
    raise SudoRefused(f"sudo refuses there: {last}", "ask the host's owner for the right to use sudo")


def _remedy(need: SudoNeed) -> str:
    return f'sudo = "password" in [hosts.{need.host}] has it asked for; else NOPASSWD in its sudoers file'


def is_free(command: str, listed: str) -> bool:
    """Whether `sudo -l` says that a command runs without a password; what cannot be told counts as that."""
    free = False
    for line in listed.splitlines():
        allowed = _ALLOWED.fullmatch(line)
        if not allowed:
            continue
        without, rest = False, allowed[1]
        for spec in rest.split(", "):
            while tag := _TAG.match(spec):
                without = {"NOPASSWD": True, "PASSWD": False}.get(tag[1], without)
                spec = spec[tag.end() :]
            if _fits(command, spec.strip()):
                free = without
    return free


def _fits(command: str, spec: str) -> bool:
    if spec == "ALL" or spec.startswith(("^", "sha")):
        return True
    path, _, arguments = spec.partition(" ")
    program, _, given = command.partition(" ")
    name = path.rpartition("/")[2]
    if not (fnmatchcase(program, path) if program.startswith("/") else program == name):
        return False  # where a pattern stands for the folder, too, a bare name does not say what it would be
    return not arguments or fnmatchcase(given, "" if arguments == '""' else arguments)


def ask_once(transport: SudoTransport, redactor: Redactor, asking: Asking) -> str:
    """Have the password of sudo typed, where it is not known yet, and found to be right; returns what was found.

    Raises:
        SudoRefused: nobody types it, or sudo does not take it.
    """
    with transport.turn:
        return _asked(transport, redactor, asking)


def _asked(transport: SudoTransport, redactor: Redactor, asking: Asking) -> str:
    if transport.word and _is_taken(transport, transport.word):
        return "takes the password that was typed before"
    transport.word = ""
    if not asking.somebody:
        raise SudoRefused(
            "sudo wants a password there, and nobody is there to type it", "start it on a terminal, without --ask-never"
        )
    facts = transport.connect()
    who = f"{facts.user}@{facts.target}" if facts.user else facts.target
    wrong: list[str] = []
    for _ in range(TRIES):
        word = asking.answer(f"sudo on {transport.name}", [*wrong, f"The password of sudo for {who}"])
        if word is None:
            raise SudoRefused("the password of sudo was not given", "check again to be asked again")
        if unusable := _unusable(word, redactor):
            wrong = [f"✖ {unusable}"]
        elif _is_taken(transport, word):
            transport.word = word
            return "takes the password, which is kept in memory"
        else:
            wrong = ["✖ sudo did not take that."]
    raise SudoRefused(
        "sudo did not take what was typed", "check again to be asked again; too many wrong ones may lock the account"
    )


def _unusable(word: str, redactor: Redactor) -> str:
    """Why a password cannot be used, which is hidden everywhere from now on; empty where it can."""
    if len(word.encode()) > LONGEST or not word.isprintable():
        return f"A password of up to {LONGEST} bytes, in one line, is wanted."
    return "" if redactor.add(word) else "A password that short could not be hidden in what the host prints."


def _is_taken(transport: SudoTransport, word: str) -> bool:
    """Whether sudo takes a password.

    Raises:
        SudoRefused: that is not what is wrong.
    """
    status, said = _ran(lambda sink: transport.try_word(word, Command(script=_TRY, timeout=PATIENCE), sink))
    if status == 0:
        return True
    if NOT_TAKEN in said:
        return False
    if status == CANNOT_GIVE:
        raise SudoRefused(_last(said).removeprefix("runbook: "), "its commands would fail; see docs/hosts.md")
    raise SudoRefused(f"sudo refuses there: {_last(said)}", "ask the host's owner for the right to use sudo")


def _ran(run: Callable[[OutputSink], Outcome]) -> tuple[int, str]:
    """The exit status of a short command and what it said.

    Raises:
        SudoRefused: it has none.
    """
    output = bytearray()
    outcome = run(lambda stream, data: output.extend(data))
    if outcome.exit_status is None:
        hint = "does it ask a directory that is not reached?" if outcome.kind is OutcomeKind.TIMED_OUT else ""
        raise SudoRefused(f"nothing is known of sudo there: {outcome}", hint)
    return outcome.exit_status, output.decode(errors="replace")


def _last(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    return one_line(lines[-1]) if lines else "it does not say why"
