"""Decides what the set-up asks for, what is wrong with the answers, and whether the session may begin."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace
from rich.cells import cell_len

from tui.execution.here import DISK, SESSION
from tui.execution.preflight import Finding, RowVerdict
from tui.execution.workspace import Setup, Workspace
from tui.people import same_person
from tui.runbook.facts import steps_of
from tui.runbook.model import Variable, seconds
from tui.runbook.pointing import chosen_fact
from tui.runbook.templates.variables import defaults, wrong_value
from tui.session.views.usual import Usual
from tui.text.amounts import counted, differs, roughly
from tui.text.block import Piece
from tui.text.sentences import sentence
from tui.widgets.looks.fitting import clipped
from tui.widgets.step.laid_out import rows as hung

NAMED = 3
"""What is not reached and is named in one line."""
Key = tuple[str, str]
"""A row of the preflight: its kind (host or secret) and its name."""

GLYPHS = {
    RowVerdict.WAITING: ("▶", "bold $st-run"),
    RowVerdict.OK: ("✔", "$st-good"),
    RowVerdict.UNKNOWN: ("?", "$st-turn"),
}
FAILED = ("✖", "bold $st-bad")
WARNS = ("!", "bold $st-turn")
WARNING = "⚠ "
"""What begins a part of what was found that is to be careful of."""
LABEL = 15
"""Cells of a field's label."""
PART = " · "
LONG_KEY = re.compile(r"(SHA256:.{4})[A-Za-z0-9+/]{12,}([A-Za-z0-9+/]{4})(?![A-Za-z0-9+/])")


class FormField(Struct, frozen=True, kw_only=True):
    """Something to fill in; `id` is `operator`, `change`, `reason`, … or `var-` and the variable's name."""

    id: str
    prompt: str
    hint: str = ""
    above: str = ""
    value: str = ""
    choices: tuple[str, ...] = ()


def label_of(name: str, prompt: str) -> str:
    """What stands before a variable's field: its prompt, or its name in words where that is too long for a label."""
    return prompt if len(prompt) < LABEL else name.replace("_", " ")


def hint_of(variable: Variable) -> str:
    """What stands beside a variable's field."""
    told = [] if len(variable.prompt) < LABEL else [variable.prompt]
    return " – ".join([*told, *(["optional"] if variable.optional else [])])


def beside_lines(hint: str, offered: str, room: int = 0) -> list[str]:
    """What stands beside a field: its hint, and below it what is offered.

    Args:
        room: cells of the one row there is: what is offered has it, else the hint, if it fits whole; 0 for no end.
    """
    ways = [line for line in (offered, hint) if line]
    if room:
        return [line for line in ways if cell_len(line) <= room][:1]
    return ways[::-1]


def variable_id(name: str) -> str:
    """The id of a variable's field."""
    return f"var-{name}"


def people(operator: str) -> list[FormField]:
    """Who does it."""
    return [
        FormField(id="operator", prompt="operator", hint="signs the steps", value=operator),
        FormField(id="second", prompt="second person", hint="where two must sign"),
    ]


def values(workspace: Workspace, flow: str, own: Mapping[str, str]) -> list[FormField]:
    """The runbook's variables; `own` are the operator's defaults."""
    variables = workspace.variables(flow)
    given = {**defaults(variables, workspace.clock.now(), flow, workspace.runbook.window), **own}
    return [
        FormField(
            id=variable_id(name),
            prompt=label_of(name, variable.prompt),
            hint=hint_of(variable),
            value=given.get(name, ""),
            choices=variable.choices,
        )
        for name, variable in variables.items()
    ]


def references(workspace: Workspace, flow: str, given: Setup) -> list[FormField]:
    """The change's reference, and a reason where the window is closed."""
    fields = [FormField(id="change", prompt="change ref.", hint="optional", value=given.change)]
    if needs_reason(workspace, flow):
        why = workspace.window().why
        fields.append(
            FormField(
                id="reason",
                prompt="reason",
                above=f"Outside the window ({why}): why now? It is recorded",
                value=given.reason,
            )
        )
    return fields


def needs_reason(workspace: Workspace, flow: str) -> bool:
    """Whether the flow may only begin with a recorded reason now."""
    return workspace.runbook.flows[flow].guarded and not workspace.window().inside and not workspace.drill


def setup_of(workspace: Workspace, flow: str, method: str, given: Mapping[str, str]) -> Setup:
    """The set-up that the fields say; a failed preflight's reason is recorded beside the window's."""
    override = given.get("override", "").strip()
    reasons = [given.get("reason", "").strip(), f"preflight overridden: {override}" if override else ""]
    return Setup(
        flow=flow,
        environment=workspace.environment,
        method=method,
        operator=given.get("operator", "").strip(),
        second_operator=given.get("second", "").strip(),
        variables={name: given.get(variable_id(name), "").strip() for name in workspace.variables(flow)},
        change=given.get("change", "").strip(),
        reason="; ".join(reason for reason in reasons if reason),
    )


def problems(
    workspace: Workspace, setup: Setup, given: Mapping[str, str], rows: Mapping[Key, Finding], checking: bool = False
) -> dict[str, str]:
    """What keeps the session from beginning, by the field where it is put right, in the screen's order.

    `checking` says that the preflight has not ended: more rows may come.
    """
    found: dict[str, str] = {}
    flow = workspace.runbook.flows[setup.flow]
    if workspace.environments and not setup.environment:
        found["environment"] = f"choose the environment: {' or '.join(workspace.environments)}"
    if not setup.operator:
        found["operator"] = "say who is doing this; sign-offs carry the name"
    if setup.second_operator and same_person(setup.second_operator, setup.operator):
        found["second"] = "the second person must be somebody else"
    if flow.methods and setup.method not in flow.methods:
        found["method"] = "choose a method"
    for name, variable in workspace.variables(setup.flow).items():
        wrong = wrong_value(variable, setup.variables.get(name, ""))
        if wrong:
            found[variable_id(name)] = wrong
    if needs_reason(workspace, setup.flow) and not given.get("reason", "").strip():
        found["reason"] = "a reason is needed outside the window"
    verdicts = {row.verdict for row in rows.values()}
    if checking or not rows or RowVerdict.WAITING in verdicts:
        found["preflight"] = "the preflight is still running"
    elif RowVerdict.FAILED in verdicts and not given.get("override", "").strip():
        found["override"] = "fix what failed and check again, or give a reason to begin anyway; it is recorded"
    return found


def folded(rows: Iterable[Finding], groups: Mapping[str, str]) -> list[Finding]:
    """The preflight with one row for the hosts of a group that are as they should be; the others have their own.

    Args:
        groups: the group of each host that is a member of one.
    """
    found: list[Finding] = []
    together: dict[Key, list[Finding]] = {}
    for row in rows:
        key = row.kind, groups.get(row.name, "")
        if not key[1]:
            found.append(row)
            continue
        if key not in together:
            found.append(row)
        together.setdefault(key, []).append(row)
    told: list[Finding] = []
    for row in found:
        same = together.get((row.kind, groups.get(row.name, "")))
        told += [row] if same is None else _as_one(groups[row.name], same)
    return told


def _as_one(group: str, rows: Sequence[Finding]) -> Iterator[Finding]:
    """The rows of a group's hosts about one thing: together, then those that warn of the same, and each that failed."""
    kind = rows[0].kind
    failed = [row for row in rows if row.verdict is RowVerdict.FAILED]
    warned = Counter(row.detail for row in rows if _warns(row))
    good = [row for row in rows if row.verdict is RowVerdict.OK and not _warns(row)]
    others = {row.verdict for row in rows} - {RowVerdict.OK, RowVerdict.FAILED}
    verdict = RowVerdict.WAITING if RowVerdict.WAITING in others else RowVerdict.UNKNOWN if others else RowVerdict.OK
    details = Counter(row.detail for row in good).most_common(1)
    if kind == "host":
        detail = f"{len(good)} of {counted(len(rows), 'host')} reached"
    elif details:
        differ = len(good) - details[0][1]
        detail = f"{details[0][0]}{PART}{differs(differ)}" if differ else details[0][0]
    else:
        detail = ""
    if good or others:
        yield Finding(name=f"{group} {len(good)}/{len(rows)}", kind=kind, verdict=verdict, detail=detail)
    for told, hosts in warned.items():
        one = next(row for row in rows if row.detail == told)
        yield one if hosts == 1 else replace(one, name=f"{group} {hosts}/{len(rows)}")
    yield from failed


def row_lines(rows: Iterable[Finding], whole: bool = True, width: int = 0) -> list[Sequence[Piece]]:
    """The preflight, one line a thing: verdict, what, what was found; below it the error and what to do about it.

    What failed comes first, then what warns: that is to be read before anything begins.

    Args:
        whole: fingerprints are not shortened, and nothing is left out.
        width: cells of a line, 0 for no end; of what was found the key goes first where it is too long, then the host's
            own name. What is still too long hangs below its beginning.
    """
    lines: list[Sequence[Piece]] = []

    def say(line: Sequence[Piece], hang: int) -> None:
        word = max(map(cell_len, "".join(text for text, _ in line).split()), default=0)
        hang = hang if word <= width - hang else 4  # a fingerprint is compared in one piece
        lines.extend([row.pieces for row in hung(line, width, hang)] if width else [line])

    for row in sorted(rows, key=_foremost):
        glyph, style = WARNS if _warns(row) else GLYPHS.get(row.verdict, FAILED)
        told = row.verdict in (RowVerdict.OK, RowVerdict.UNKNOWN)
        bad = row.verdict is RowVerdict.FAILED
        line: list[Piece] = [(f"{glyph} ", style), (f"{row.kind:<7} ", "$soft"), (f"{row.name:<18} ", "bold")]
        before = sum(cell_len(text) for text, _ in line)
        found = row.detail.removeprefix(WARNING)  # the sign in front says it
        detail = found if whole else _short(found, width - before, row.kind == "host")
        say([*line, (detail if told else row.verdict.value, "" if told else style)], before)
        if bad and row.detail:
            say([(f"  └ {row.detail}", "$st-bad")], 4)
        if row.hint:
            say([(f"  └→ {row.hint}", "")], 5)
    return lines


def _foremost(row: Finding) -> int:
    """What failed before what warns, and that before everything else."""
    return 0 if row.verdict is RowVerdict.FAILED else 1 if _warns(row) else 2


def _short(detail: str, room: int, of_host: bool) -> str:
    """What was found, in one line: of a host who and where, and how long it took, stay; of the rest what is first."""
    parts = LONG_KEY.sub(r"\1…\2", detail).split(PART)
    if room > 0 and cell_len(PART.join(parts)) > room:
        parts = [part for part in parts if "SHA256:" not in part]
    if room > 0 and cell_len(PART.join(parts)) > room and len(parts) > 2 and of_host:
        del parts[1]
    while room > 0 and cell_len(PART.join(parts)) > room and len(parts) > 1 and not of_host:
        parts.pop()
    return PART.join(parts)


def preflight_title(rows: Mapping[Key, Finding]) -> list[Piece]:
    """What the frame of the preflight says: how many of how many failed, or passed where none did."""
    verdicts = [row.verdict for row in rows.values()] or [RowVerdict.WAITING]
    good, bad = verdicts.count(RowVerdict.OK), verdicts.count(RowVerdict.FAILED)
    order = (RowVerdict.FAILED, RowVerdict.WAITING, RowVerdict.UNKNOWN, RowVerdict.OK)
    glyph, style = GLYPHS.get(min(verdicts, key=order.index), FAILED)
    counts = f"{bad} of {len(rows)} failed" if bad else f"{good} of {len(rows)}"
    line: list[Piece] = [("2 ", "$soft"), ("Preflight", "bold"), (f"  {glyph} {counts}", style)]
    warned = sum(map(_warns, rows.values()))
    return [*line, (f"  {WARNS[0]} {counted(warned, 'warning')}", WARNS[1])] if warned else line


def _warns(row: Finding) -> bool:
    """Whether something was found that is good enough to begin with, and to be careful of."""
    return row.verdict is RowVerdict.OK and WARNING in row.detail


def filled(given: Mapping[str, str], method: bool) -> str:
    """How many of the fields have something in them; a method always is chosen."""
    fields = [value for name, value in given.items() if name != "override"]
    return f"{sum(map(bool, map(str.strip, fields))) + method} of {len(fields) + method} filled"


def meaning(
    workspace: Workspace, flow: str, method: str, rows: Mapping[Key, Finding], usual: Usual | None = None
) -> str:
    """What it means to begin now: how many steps, for how long, until when; or which host is not reached.

    Args:
        usual: what such a session took before; where that is not known, what the runbook allows is said.
    """
    failed = [row for row in rows.values() if row.verdict is RowVerdict.FAILED]
    if any(row.kind == SESSION for row in failed):
        return "while another session is open"
    lost = list(dict.fromkeys(row.name for row in failed if row.kind != DISK))  # a host and its sudo have one name
    if lost:
        more = f" and {len(lost) - NAMED} more" if len(lost) > NAMED else ""
        whose = "its" if len(lost) == 1 else "their"
        return f"without {', '.join(lost[:NAMED])}{more}: {whose} steps fail"
    if failed:
        return "with little room for the record: commands stop where nothing can be recorded"
    facts = {"flow": flow, "method": method, **chosen_fact(workspace.environment)}
    steps = list(steps_of(workspace.runbook, flow, facts))
    allowed = seconds(workspace.runbook.flows[flow].budget) if workspace.runbook.flows[flow].budget else 0.0
    now, window = workspace.clock.now(), workspace.window()
    words = counted(len(steps), "step")
    if usual is not None:
        words += f", usually {roughly(usual.median)}: done ≈ {now + timedelta(seconds=usual.median):%H:%M}"
    elif allowed:
        words += f", at most {roughly(allowed)}: done by {now + timedelta(seconds=allowed):%H:%M}"
    if window.inside and window.left != timedelta.max:
        closes = now + window.left + timedelta(seconds=30)  # it was found a moment ago: 03:59:59 is 04:00
        words += f", window closes {closes:%H:%M}"
    return words


def verdict_line(
    rows: Mapping[Key, Finding], wrong: Mapping[str, str], begin_key: str, means: str = "", width: int = 0
) -> list[Piece]:
    """One line that always shows: what is left to do, else the key that begins and what that means.

    How the preflight stands is on its frame. Where there is no room (`width` cells, 0 for no end) the end is cut.
    """
    bad = any(row.verdict is RowVerdict.FAILED for row in rows.values())
    fields = [field for field in wrong if field != "preflight"]
    if fields:
        line: list[Piece] = [(f"◆ {counted(len(fields), 'field')} to fill in or correct", "bold $st-turn")]
        line += [(f" · BEGIN {means}", "$st-turn")] if bad and means else []
    elif wrong:
        glyph, style = GLYPHS[RowVerdict.WAITING]
        line = [(f"{glyph} {sentence(wrong['preflight'])}", style)]
    else:
        act = (f" {begin_key} ", "bold reverse $st-turn" if bad else "bold reverse $st-good")
        line = [act, ("  BEGIN  ", "bold"), (means, "$st-turn" if bad else "")]
    return clipped(line, width) if width else line
