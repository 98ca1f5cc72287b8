"""Turns a recorded session, with what its hosts said, how long it took and what failed, into a scenario."""

import json
import re
from collections.abc import Iterator

from msgspec import Struct

from tui.drill.scenario import PLACEHOLDER, Scenario
from tui.drill.scenario_files import parse_scenario
from tui.drill.world import answer
from tui.errors import SessionError
from tui.session.archive.store import SessionDirectory
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.output.output import OutputReader
from tui.session.output.timing import STREAMS
from tui.session.state import Attempt, SessionState, action_at, step_by_id
from tui.text.sanitise import sanitise
from tui.text.toml_text import toml_text

LINES = 400
"""Lines of an output that a scenario has, from its end."""

UNREACHED = 255
"""What ssh ends with where it does not reach a host; a drill's own host is always there."""

STAND_IN = "drill-secret-{name}"
HIDDEN = "•••"
PROBE, WATCH = "probe ", "watch "


class HostReply(Struct, frozen=True):
    """How a host answered a command: TOML keys and values of a rule."""

    output: str
    exit: int = 0
    signal: str = ""
    ending: str = "exit"


def record(directory: SessionDirectory, base: Scenario | None, base_name: str = "") -> str:
    """The text of a scenario in which every command that ran is answered as it was, in the same order.

    What did not run is answered by `base`, whose facts change as if it had answered all of it. Secrets were hidden in
    the session and are stand-ins here; the scenario is a file that can be given to anybody.

    Raises:
        SessionError: nothing ran in the session, or it cannot be read.
        RunbookInvalid: the scenario would not be one, which is a fault of ours.
    """
    _, state = directory.load()
    ran = [
        attempt
        for attempt in state.attempts.values()
        if attempt.outcome is not None and not attempt.command.startswith(WATCH)
    ]
    if not ran or state.started is None:
        raise SessionError(f"nothing ran in {directory.id}", "record a session in which something did")
    title = f"Recorded: {state.started.flow} of {state.started_at:%Y-%m-%d %H:%M} UTC"
    rules, facts = _rules(directory, state, ran, base)
    lines = [
        f"# Made of session {directory.id}; docs/drills.md says how a scenario is written.",
        "",
        "format = 1",
        f"title = {toml_text(title)}",
        f"text = {toml_text(f'Everything is answered as it was by {state.operator} that night.')}",
        *([f"based_on = {toml_text(base_name)}"] if base_name else []),
        "",
        "[facts]",
        *(f"{name} = {toml_text(value)}" for name, value in (base.facts if base else {}).items()),
        *(f'{name} = "1"' for name in facts),
        *(line for host, one in state.hosts.items() if one.hostname for line in _host(host, one.hostname)),
    ]
    text = "\n".join([*lines, *rules]) + "\n"
    parse_scenario(text, f"the scenario of {directory.id}")
    return text


def _host(name: str, hostname: str) -> list[str]:
    return ["", f"[hosts.{name}]", f"hostname = {toml_text(hostname)}"]


def _rules(
    directory: SessionDirectory, state: SessionState, ran: list[Attempt], base: Scenario | None
) -> tuple[list[str], list[str]]:
    """The rules, and the facts by which one answer to a command is told from the next."""
    patterns = {attempt.number: pattern_of(attempt.command) for attempt in ran}
    times = {pattern: [n for n, other in patterns.items() if other == pattern] for pattern in set(patterns.values())}
    names = {pattern: f"turn_{place}" for place, pattern in enumerate(dict.fromkeys(patterns.values()), 1)}
    world = dict(base.facts) if base else {}
    lines: list[str] = []
    for attempt in ran:
        pattern = patterns[attempt.number]
        turn, turns = times[pattern].index(attempt.number) + 1, len(times[pattern])
        changes = _changes(base, attempt, world)
        world |= changes
        when = {names[pattern]: str(turn)} if turns > 1 else {}
        if turn < turns:
            changes[names[pattern]] = str(turn + 1)
        lines += _rule(attempt, pattern, _said(directory, state, attempt), when, changes)
    return lines, [names[pattern] for pattern in names if len(times[pattern]) > 1]


def _changes(base: Scenario | None, one: Attempt, world: dict[str, str]) -> dict[str, str]:
    """The facts that the base would have changed, where the command did what it should."""
    if base is None or not one.good:
        return {}
    return dict(answer(base, one.command, world, one.started, one.host).changes)


def pattern_of(command: str) -> str:
    """A pattern for a whole command; long numbers in it, times above all, may be others the next time."""
    escaped = re.escape(command.strip("\n")).replace("\\\n", "\n")
    return "^" + re.sub(r"\d{6,}(?:_\d{4,})?", r"[\\d_]+", escaped) + "$"


def _rule(one: Attempt, pattern: str, said: HostReply, when: dict[str, str], changes: dict[str, str]) -> Iterator[str]:
    yield from ("", "[[rules]]", f"title = {toml_text(f'{one.step} #{one.number}')}", f"match = {toml_text(pattern)}")
    if when:
        yield f"when = {_table(when)}"
    yield f'pace = "{round(max(0.0, one.seconds or 0.0), 2):g}s"'
    if said.exit:
        yield f"exit = {said.exit}"
    if said.signal:
        yield f"signal = {toml_text(said.signal)}"
    if said.ending != "exit":
        yield f"ending = {toml_text(said.ending)}"
    if changes:
        yield f"set = {_table(changes)}"
    yield f"output = {toml_text(said.output)}"


def _table(values: dict[str, str]) -> str:
    return "{ " + ", ".join(f"{name} = {toml_text(value)}" for name, value in values.items()) + " }"


def _said(directory: SessionDirectory, state: SessionState, one: Attempt) -> HostReply:
    assert one.outcome is not None
    reader = OutputReader(directory.attempts, one.number)
    try:
        total = reader.lines_total()
        first = max(0, total - LINES)
        lines: list[str] = [line.text for line in reader.shown_lines(first, LINES)]
        streams = reader.streams_of(first, len(lines))
    finally:
        reader.close()
    lines = [_plain(line.replace(HIDDEN, STAND_IN.format(name="x"))) for line in lines]
    if one.command.startswith(PROBE):
        return _probe(state, one, lines)
    marked = [f"2> {line}" if stream != STREAMS[0] else line for line, stream in zip(lines, streams, strict=False)]
    return _ended(one.outcome, "".join(f"{line}\n" for line in marked), one.durable)


def _plain(line: str) -> str:
    """A line without what a scenario would take for a fact."""
    return PLACEHOLDER.sub(lambda found: found[0].replace("{{", "{ {").replace("}}", "} }"), line)


def _ended(outcome: Outcome, output: str, durable: bool) -> HostReply:
    """How it ended; what a host keeps is not lost with its connection, so only a restart leaves it unknown again."""
    match outcome.kind:
        case OutcomeKind.SUCCEEDED | OutcomeKind.FAILED:
            return HostReply(output, outcome.exit_status or 0)
        case OutcomeKind.SIGNALLED:
            return HostReply(output, signal=outcome.signal or "KILL")
        case OutcomeKind.TIMED_OUT | OutcomeKind.CANCELLED:
            return HostReply(output, ending="hang")
        case OutcomeKind.UNREACHABLE:
            return HostReply(f"2> {_plain(sanitise(outcome.detail))}\n", exit=UNREACHED)
        case _:
            return HostReply(output, ending="restart" if durable else "disconnect")


def _probe(state: SessionState, one: Attempt, lines: list[str]) -> HostReply:
    """What a probe found, as the rules give it: a document with its summary, or words."""
    verdict, _, words = (lines[0] if lines else "no data: it was not kept").partition(": ")
    message, _, hint = words.partition(" → ")
    if verdict not in ("ok", "warning", "failed") or not lines[-1].startswith("{"):
        said = f"2> {message}{f'; {hint}' if hint else ''}\n"
        return HostReply(said, 1 if verdict == "failed" else 2)
    document = json.loads(lines[-1])
    captures = action_at(step_by_id(state.runbook, one.step), one.action).capture
    secrets = {wanted.json or name: STAND_IN.format(name=name) for name, wanted in captures.items() if wanted.secret}
    document |= {"summary": words, **({"secrets": secrets} if secrets else {})}
    return HostReply(json.dumps(document, ensure_ascii=False) + "\n")
