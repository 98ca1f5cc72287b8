"""Decides what a drill's host answers: a pure function from a script and the facts to what is printed and changed."""

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from signal import Signals

from msgspec import Struct
from msgspec.structs import replace

from tui.drill.made_up.supposed import Supposals, Supposed
from tui.drill.scenario import PLACEHOLDER, Ending, Rule, Scenario
from tui.runbook.facts import holds
from tui.runbook.model import seconds
from tui.runbook.patterns.bounded import TooSlow, names_in, search
from tui.runbook.shell.script import BEGINS
from tui.session.outcome import OutcomeKind
from tui.session.state import Attempt, SessionState
from tui.transports.base import Stream

NO_ANSWER = 127
ERROR_MARK = "2> "


class PrintedBytes(Struct, frozen=True):
    """Bytes that a command prints on one of its outputs, `delay` seconds of drill time after the ones before."""

    stream: Stream
    data: bytes
    delay: float = 0.0


class Reply(Struct, frozen=True, kw_only=True):
    """How a host answers one command; `changes` are the facts that are different when it has ended.

    `offline` are the seconds of drill time for which nobody gets in after its `ending` lost the connection.
    """

    lines: tuple[PrintedBytes, ...]
    delay_after: float = 0.0
    exit_status: int = 0
    signal: str = ""
    ending: Ending = Ending.EXIT
    offline: float = 0.0
    changes: Mapping[str, str] = {}
    rule: str = ""
    answered: bool = True


def answer(
    scenario: Scenario, script: str, facts: Mapping[str, str], now: datetime, host: str = "", stdin: str = ""
) -> Reply:
    """What the host prints for a script, given this on standard input, while these facts hold.

    A rule is of the command, not of the preamble that its host begins every command with.
    """
    script = script.rpartition(BEGINS)[2]
    text = f"{script}\n{stdin}" if stdin else script
    for rule in scenario.rules:
        if (rule.on and host not in rule.on) or not holds(rule.when, facts):
            continue
        try:
            found = search(rule.match, text)
        except TooSlow:
            continue
        if found:
            entry = scenario.hosts.get(host)
            groups = {name: found.groups[place - 1] or "" for name, place in names_in(rule.match).items()}
            place = {"host": host, "hostname": entry.hostname if entry else host}
            times = _times(now) if any("now" in text for text in (rule.output, *rule.set.values())) else {}
            return _reply(rule, {**facts, **times, **place, **groups})
    last = next((line for line in reversed(script.splitlines()) if line.strip()), "")
    said = f"drill: this scenario has no answer to: {last[:200]}\n"
    return Reply(lines=(PrintedBytes(Stream.ERR, said.encode()),), exit_status=NO_ANSWER, answered=False)


def words_of(reply: Reply) -> str:
    """How a command ended, as a host writes it down: its exit status, or what a signal makes of it."""
    if reply.signal:
        return f"{128 + Signals[f'SIG{reply.signal}']} killed"
    return str(reply.exit_status)


def _reply(rule: Rule, values: Mapping[str, str]) -> Reply:
    texts = _fill(rule.output, values).splitlines(keepends=True)
    pace = seconds(rule.pace)
    share = pace / len(texts) if texts else 0.0
    return Reply(
        lines=tuple(_line(text, share) for text in texts),
        delay_after=0.0 if texts else pace,
        exit_status=rule.exit,
        signal=rule.signal,
        ending=rule.ending,
        offline=seconds(rule.offline),
        changes={name: _fill(value, values) for name, value in rule.set.items()},
        rule=rule.title or rule.match,
    )


def _supposed(one: Supposed) -> Reply:
    printed = [(Stream.ERR, one.err), (Stream.OUT, one.out)]
    lines = [(stream, line) for stream, text in printed for line in text.splitlines(keepends=True)]
    share = one.pace / len(lines) if lines else 0.0
    return Reply(
        lines=tuple(PrintedBytes(stream, line.encode(), share) for stream, line in lines),
        delay_after=0.0 if lines else one.pace,
        exit_status=one.exit,
        answered=False,
    )


def _line(text: str, delay: float) -> PrintedBytes:
    if text.startswith(ERROR_MARK):
        return PrintedBytes(Stream.ERR, text.removeprefix(ERROR_MARK).encode(), delay)
    return PrintedBytes(Stream.OUT, text.encode(), delay)


def _fill(template: str, values: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: values.get(found[1], ""), template)


def _times(now: datetime) -> dict[str, str]:
    return {
        "now": f"{now:%Y-%m-%d %H:%M:%S}",
        "now_iso": f"{now:%Y-%m-%dT%H:%M:%S.%fZ}",
        "now_long": f"{now:%a %Y-%m-%d %H:%M:%S} UTC",
        "now_log": f"{now:%d/%b/%Y:%H:%M:%S +0000}",
        "now_http": f"{now:%a, %d %b %Y %H:%M:%S} GMT",
        "now_stamp": f"{now:%Y%m%d_%H%M%S}",
        "now_digits": f"{now:%Y%m%d%H%M%S}",
        "now_date": f"{now:%a %b %e %H:%M:%S UTC %Y}",
        "now_ls": f"{now:%b %e %H:%M}",
        "now_short": f"{now:%b %d %H:%M:%S}",
    }


class Past(Struct, frozen=True):
    """A command that ended in an earlier run: where, when it began (UTC), and its text as the journal has it.

    Only the scenario knows the result of a `lost` one.
    """

    host: str
    at: datetime
    command: str
    lost: bool = False


class Struck(Struct, frozen=True):
    """A fault that struck in an earlier run."""

    fault: str


def lived(scenario: Scenario, past: Iterable[Past | Struck]) -> Scenario:
    """The scenario with the facts as they are after all this: a drill that is resumed continues from there."""
    facts = dict(scenario.facts)
    for one in past:
        facts = after(scenario, facts, one)
    return replace(scenario, facts=facts)


def past_of(state: SessionState, host_of: Callable[[str], str]) -> list[Past | Struck]:
    """What happened in a drill, in order of time: the commands that ended, and the faults.

    Args:
        host_of: the host whose connection another one uses.
    """
    happened: list[tuple[datetime, Past | Struck]] = [(at, Struck(fault)) for fault, at in state.faults.items()]
    for attempt in state.attempts.values():
        past = past_attempt(attempt, host_of(attempt.host))
        if past is not None:
            happened.append((attempt.started + timedelta(seconds=attempt.seconds or 0.0), past))
    return [one for _, one in sorted(happened, key=lambda pair: pair[0])]


def past_attempt(attempt: Attempt, host: str) -> Past | None:
    """An attempt that may have changed facts; None where it ended before it could, or has not ended."""
    outcome = attempt.outcome
    lost = outcome is not None and outcome.kind is OutcomeKind.UNKNOWN
    if outcome is None or not (outcome.ended_by_itself or lost):
        return None
    return Past(host, attempt.started, attempt.command, lost)


def after(scenario: Scenario, facts: Mapping[str, str], one: Past | Struck) -> dict[str, str]:
    """The facts after a command, or after a fault; a command that was lost has changed some where the rule says so."""
    if isinstance(one, Past):
        reply = answer(scenario, one.command, facts, one.at, one.host)
        kept = one.lost and reply.ending not in (Ending.DISCONNECT, Ending.RESTART)
        return {**facts} if kept else {**facts, **reply.changes}
    return {**facts, **next((fault.set for fault in scenario.faults if fault.id == one.fault), {})}


class World:
    """The facts of one run of a scenario; safe to use from several threads."""

    def __init__(self, scenario: Scenario, clock: Callable[[], datetime], first: tuple[Supposed, ...] = ()) -> None:
        """Args: first: what is answered where no rule fits."""
        self.scenario = scenario
        self._supposals = Supposals(first)
        self._clock = clock
        self._facts = dict(scenario.facts)
        self._lock = threading.Lock()

    @property
    def facts(self) -> dict[str, str]:
        """The facts as they are now."""
        with self._lock:
            return dict(self._facts)

    def answer(self, script: str, host: str = "", stdin: str = "") -> Reply:
        """What the host prints for a script now; `change` says when it has ended."""
        reply = answer(self.scenario, script, self.facts, self._clock(), host, stdin)
        with self._lock:
            supposed = None if reply.answered else self._supposals.answer(host, script)
        return reply if supposed is None else _supposed(supposed)

    def suppose(self, one: Supposed) -> None:
        """Answer so where no rule fits."""
        with self._lock:
            self._supposals.suppose(one)

    def change(self, reply: Reply) -> None:
        """Let the facts be what they are after the command ended."""
        with self._lock:
            self._facts.update(reply.changes)

    def strike(self, facts: Mapping[str, str]) -> None:
        """Let facts be different from now on."""
        with self._lock:
            self._facts.update(facts)

    def hostname(self, host: str) -> str:
        """What a host calls itself."""
        entry = self.scenario.hosts.get(host)
        return entry.hostname if entry else host
