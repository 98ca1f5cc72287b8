"""Decides what the set-up asks for, what is wrong with the answers, and whether the session may begin."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from tui.execution.preflight import Finding, RowVerdict
from tui.execution.workspace import Setup, Workspace
from tui.people import same_person
from tui.runbook.templates.variables import defaults, wrong_value
from tui.text.block import Piece

Key = tuple[str, str]
"""A row of the preflight: its kind (host or secret) and its name."""

GLYPHS = {RowVerdict.WAITING: ("▶", "bold $st-run"), RowVerdict.OK: ("✔", "$st-good")}
FAILED = ("✖", "bold $st-bad")


class FormField(Struct, frozen=True, kw_only=True):
    """Something to fill in; `id` is `operator`, `change`, `reason`, … or `var-` and the variable's name."""

    id: str
    prompt: str
    value: str = ""
    choices: tuple[str, ...] = ()


def variable_id(name: str) -> str:
    """The id of a variable's field."""
    return f"var-{name}"


def people(operator: str) -> list[FormField]:
    """Who does it."""
    return [
        FormField(id="operator", prompt="Operator (signs the steps)", value=operator),
        FormField(id="second", prompt="Second person (where two must sign; may be given later)"),
    ]


def values(workspace: Workspace, flow: str, own: Mapping[str, str]) -> list[FormField]:
    """The runbook's variables; `own` are the operator's defaults."""
    variables = workspace.variables(flow)
    given = {**defaults(variables, workspace.clock.now(), flow, workspace.runbook.window), **own}
    return [
        FormField(
            id=variable_id(name),
            prompt=variable.prompt + (" – optional" if variable.optional else ""),
            value=given.get(name, ""),
            choices=variable.choices,
        )
        for name, variable in variables.items()
    ]


def references(workspace: Workspace, flow: str, given: Setup) -> list[FormField]:
    """The change's reference, and a reason where the window is closed."""
    fields = [FormField(id="change", prompt="Change reference – optional", value=given.change)]
    if needs_reason(workspace, flow):
        why = workspace.window().why
        fields.append(
            FormField(id="reason", prompt=f"Outside the window ({why}): why now? It is recorded", value=given.reason)
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


def row_lines(rows: Iterable[Finding]) -> list[list[Piece]]:
    """The preflight as lines: verdict, what, what was found, and what to do where it failed."""
    lines: list[list[Piece]] = []
    for row in rows:
        glyph, style = GLYPHS.get(row.verdict, FAILED)
        what = f"{row.kind} {row.name}"
        lines.append([(f"{glyph} {row.verdict.value:<8} ", style), (what, "bold")])
        if row.detail:
            lines.append([(f"└ {row.detail}", "" if row.verdict is RowVerdict.OK else style)])
        if row.hint:
            lines.append([(f"└→ {row.hint}", "")])
    return lines


def verdict_line(rows: Mapping[Key, Finding], wrong: Mapping[str, str], begin_key: str) -> list[Piece]:
    """One line that always shows: how the preflight stands, and what is left to do."""
    good = sum(row.verdict is RowVerdict.OK for row in rows.values())
    bad = sum(row.verdict is RowVerdict.FAILED for row in rows.values())
    waiting = len(rows) - good - bad
    glyph, style = FAILED if bad else GLYPHS[RowVerdict.WAITING if waiting or not rows else RowVerdict.OK]
    words = f"{glyph} preflight: {good} ok, {bad} failed" + (f", {waiting} checking" if waiting else "")
    line: list[Piece] = [(words, style)]
    fields = [field for field in wrong if field != "preflight"]
    if fields:
        count = f"{len(fields)} field{'s' if len(fields) > 1 else ''} to fill in or correct"
        return [*line, (f" · {count}", "bold $st-turn")]
    return line if wrong else [*line, (f" · {begin_key} begins", "bold")]
