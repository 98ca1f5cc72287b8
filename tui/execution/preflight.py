"""Reaches every host and secret a session will need, before it begins, and says what was found."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import as_completed
from enum import StrEnum

from msgspec import Struct

from tui import threads
from tui.errors import RunbookError
from tui.execution.secrecy.redaction import Redactor
from tui.execution.secrecy.secrets import AskSecret, Secrets
from tui.execution.secrecy.sudo import SudoNeed, ask_once, look, sudo_needs
from tui.execution.there import HostNeed, host_needs, look_there
from tui.runbook.facts import connection_of, steps_of
from tui.runbook.groups.members import hosts_named
from tui.runbook.model import Runbook, SecretSource, Step
from tui.runbook.probing.probe_secrets import secrets_of
from tui.session.events import HostConnected
from tui.text.amounts import roughly
from tui.transports.asking import Asking
from tui.transports.base import HostFacts, Transport
from tui.transports.one_line import one_line
from tui.transports.sudo import SudoTransport


class RowVerdict(StrEnum):
    """What a preflight row says; the value is the word on the screen."""

    WAITING = "checking"
    OK = "ok"
    UNKNOWN = "not told"
    FAILED = "failed"


class Finding(Struct, frozen=True, kw_only=True):
    """One row: what was looked at, the verdict, what was found, and what to do where it failed."""

    name: str
    kind: str
    verdict: RowVerdict
    detail: str = ""
    hint: str = ""
    event: HostConnected | None = None


HOST_FIRST = "the host comes first"
ROOM, TOOLS = "room", "tools"
"""Kinds of rows: how much is free on a host's disks, and whether it has the programs that are called."""
ALLOWED = {
    SecretSource.COMMAND: "from this machine, by the command you allowed",
    SecretSource.KEYRING: "from the keyring of this machine, as you allowed",
}
"""Of what was shown when it was asked about, in a row."""

AT_ONCE = 32
"""Hosts that are reached at a time."""

CLOCK_OFF = 5.0
"""Seconds from which on a host's clock is told to be wrong: the times in its logs are then other ones than ours."""


class Needed(Struct, frozen=True, kw_only=True):
    """What a session needs of others before it begins, by name: hosts, secrets, what of sudo, and which programs."""

    hosts: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    sudo: tuple[SudoNeed, ...] = ()
    looks: tuple[HostNeed, ...] = ()


Report = Callable[[Finding], None]
"""Told of each row as it is known, from the preflight's own threads."""


def hosts_needed(runbook: Runbook, flow: str, facts: Mapping[str, str]) -> list[str]:
    """The hosts that the flow's steps may run on, each connection once, in order of first use."""
    actions = [action for step in _steps(runbook, flow, facts) for action in step.actions]
    through = [runbook.services[action.probe.service].through for action in actions if action.probe]
    names = [action.on for action in actions if action.run] + [name for name in through if name]
    every = (host for name in names for host in hosts_named(runbook, name))
    return list(dict.fromkeys(connection_of(runbook, host) for host in every))


def secrets_needed(runbook: Runbook, flow: str, facts: Mapping[str, str]) -> list[str]:
    """The declared secrets that the flow's steps may use."""
    actions = [action for step in _steps(runbook, flow, facts) for action in step.actions]
    names = [name for action in actions for name in action.secrets]
    names += [name for action in actions if action.probe for name in secrets_of(runbook, action.probe)]
    return [name for name in dict.fromkeys(names) if name in runbook.secrets]


def wanted_of(
    runbook: Runbook, flow: str, facts: Mapping[str, str], reading: bool = False, drill: bool = False
) -> Needed:
    """All that the flow's steps will need; of sudo, when only `reading`, what those need that change nothing.

    Args:
        drill: its hosts have no sudo.
    """
    steps = list(_steps(runbook, flow, facts))
    if reading:
        steps = [step for _, step in steps_of(runbook, flow, facts) if not step.mutates]
    hosts = hosts_needed(runbook, flow, facts)
    return Needed(
        hosts=tuple(hosts),
        secrets=tuple(secrets_needed(runbook, flow, facts)),
        sudo=() if drill else sudo_needs(runbook, steps),
        looks=() if reading else host_needs(runbook, steps, hosts),
    )


def _steps(runbook: Runbook, flow: str, facts: Mapping[str, str]) -> Iterator[Step]:
    flows = [flow, *(name for name, other in runbook.flows.items() if other.kind == "rollback" and name != flow)]
    for name in flows:
        for _, step in steps_of(runbook, name, facts):
            yield step


def preflight(
    runbook: Runbook,
    transports: Mapping[str, Transport],
    secrets: Secrets,
    wanted: Needed,
    report: Report,
    ask: AskSecret | None = None,
    asking: Asking | None = None,
) -> tuple[Finding, ...]:
    """Reach the hosts and look there, all at once, then fetch the secrets, then try sudo.

    Returns the final rows, having reported each.
    """
    rows: list[Finding] = []
    needs = {need.host: need for need in wanted.looks}

    def at(name: str) -> tuple[Finding, ...]:
        reached = _reach(runbook, name, transports[name])
        report(reached)
        need = needs.get(name)
        if need is None or reached.verdict is RowVerdict.FAILED:
            return (reached,)
        return (reached, *_looked(need, transports[name]))

    def found(row: Finding) -> None:
        rows.append(row)
        report(row)

    names = wanted.hosts
    for name in names:
        report(Finding(name=name, kind="host", verdict=RowVerdict.WAITING))
    with threads.pool("preflight", min(AT_ONCE, len(names))) as pool:
        for done in as_completed([pool.submit(at, name) for name in names]):
            reached, *looked = done.result()
            rows.append(reached)
            for row in looked:
                found(row)
    for name in secrets.needed(wanted.secrets):
        report(Finding(name=name, kind="secret", verdict=RowVerdict.WAITING))
        found(_not_asked(runbook, name, rows, secrets.file(name)) or _fetch(name, transports, secrets, ask))
    for need in wanted.sudo:
        report(Finding(name=need.host, kind="sudo", verdict=RowVerdict.WAITING))
        found(_sudo(need, transports, secrets.redactor, asking or Asking(), rows))
    return tuple(rows)


def _sudo(
    need: SudoNeed, transports: Mapping[str, Transport], redactor: Redactor, asking: Asking, rows: Iterable[Finding]
) -> Finding:
    """Whether sudo will do what is wanted of it on a host; its password is typed where it wants one."""
    way = transports[need.host]
    if any(row.name == need.host and row.kind == "host" and row.verdict is RowVerdict.FAILED for row in rows):
        detail = "not known: the host failed"
        return Finding(name=need.host, kind="sudo", verdict=RowVerdict.FAILED, detail=detail, hint=HOST_FIRST)
    try:
        found = ask_once(way, redactor, asking) if isinstance(way, SudoTransport) else look(way, need)
    except RunbookError as error:
        return Finding(name=need.host, kind="sudo", verdict=RowVerdict.FAILED, detail=error.message, hint=error.hint)
    return Finding(name=need.host, kind="sudo", verdict=RowVerdict.OK, detail=found)


def _looked(need: HostNeed, transport: Transport) -> Iterator[Finding]:
    """The rows of what a host has: it is told, and keeps nobody from beginning."""
    for kind, seen in zip((ROOM, TOOLS), look_there(need, transport), strict=True):
        verdict = RowVerdict.OK if seen.known else RowVerdict.UNKNOWN
        yield Finding(name=need.host, kind=kind, verdict=verdict, detail=seen.words)


def _reach(runbook: Runbook, name: str, transport: Transport) -> Finding:
    host = runbook.hosts[name]
    try:
        facts = transport.connect()
    except RunbookError as error:
        return Finding(name=name, kind="host", verdict=RowVerdict.FAILED, detail=error.message, hint=error.hint)
    if host.expect_hostname and facts.hostname != host.expect_hostname:
        return Finding(
            name=name,
            kind="host",
            verdict=RowVerdict.FAILED,
            detail=f"{facts.target} calls itself {facts.hostname or 'nothing'}, not {host.expect_hostname}",
            hint="check the address, or expect_hostname in the runbook",
        )
    return Finding(
        name=name, kind="host", verdict=RowVerdict.OK, detail=facts_words(facts), event=connected_event(name, facts)
    )


def _not_asked(runbook: Runbook, name: str, rows: Iterable[Finding], file: str) -> Finding | None:
    """The row of a secret whose host failed: nothing is known of it, and a host that may be another is not asked."""
    secret = runbook.secrets[name]
    host = connection_of(runbook, secret.on)
    failed = any(row.name == host and row.verdict is RowVerdict.FAILED for row in rows if row.kind == "host")
    if secret.source is not SecretSource.HOST_FILE or not failed:
        return None
    detail = f"not known: {file} on {host} was not read, since the host failed"
    return Finding(name=name, kind="secret", verdict=RowVerdict.FAILED, detail=detail, hint=HOST_FIRST)


def _fetch(name: str, transports: Mapping[str, Transport], secrets: Secrets, ask: AskSecret | None) -> Finding:
    where = one_line(secrets.place(name))
    if (allowed := ALLOWED.get(secrets.source(name))) is not None:
        where = "made up: a drill reads none" if secrets.made_up else allowed
    try:
        secrets.resolve(name, transports, ask)
    except RunbookError as error:
        return Finding(name=name, kind="secret", verdict=RowVerdict.FAILED, detail=error.message, hint=error.hint)
    detail = where if secrets.has(name) else "not set, optional"
    if secrets.is_published(name):
        detail = "the one that the documentation prints"
    return Finding(name=name, kind="secret", verdict=RowVerdict.OK, detail=detail)


def facts_words(facts: HostFacts) -> str:
    """What was found of a host in one line: who is logged in where, by which key, and what to be careful of."""
    who = f"{facts.user}@{facts.target}" if facts.user else facts.target
    key = f"{facts.key_type} {facts.fingerprint}".strip()
    lasting = f"⚠ commands end with the connection: {facts.unprotected}" if facts.unprotected else ""
    typed = "⚠ a lost connection waits until you log in again" if facts.typed else ""
    off = facts.clock_off or 0.0
    wrong = f"⚠ its clock is {roughly(abs(off))} {'ahead' if off > 0 else 'behind'}" if abs(off) >= CLOCK_OFF else ""
    took = f"{facts.connect_seconds * 1000:.0f} ms" if facts.connect_seconds else ""
    return " · ".join(part for part in (who, facts.hostname, key, took, wrong, typed, lasting) if part)


def connected_event(name: str, facts: HostFacts) -> HostConnected:
    """What a session keeps of a host that was reached."""
    return HostConnected(
        host=name,
        target=facts.target,
        user=facts.user,
        hostname=facts.hostname,
        fingerprint=facts.fingerprint,
        boot_id=facts.boot_id,
        seconds=round(facts.connect_seconds, 3),
    )
