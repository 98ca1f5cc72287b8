"""Lays out the actions of a step: the one it is at with its command and expectations, the others as there is room."""

from collections.abc import Mapping
from enum import IntEnum

from msgspec import Struct

from tui.execution.commands import shown_whole
from tui.execution.incident import message_text
from tui.execution.measuring.watch import words_of_watch
from tui.runbook.described.probes import words_of
from tui.runbook.facts import host_named
from tui.runbook.model import Action, AnswerKind, Runbook, Step
from tui.runbook.shell.script import first_line
from tui.runbook.templates.filling import filled_action
from tui.runbook.templates.variables import fill_shown, worded
from tui.session.groups.cells import group_at
from tui.session.state import SessionState, StepStatus
from tui.text.amounts import clock_words, counted, duration
from tui.text.block import Piece
from tui.text.command import command_lines
from tui.widgets.glyphs import STYLES, glyph
from tui.widgets.head.mode import cut
from tui.widgets.moment import Moment
from tui.widgets.step.cell_rows import cell_rows
from tui.widgets.step.laid_out import LaidRow, code, rows
from tui.widgets.step.standing import ActionStanding, between_tries, standing, took, waited
from tui.widgets.step.ticks import tells_answer, ticks, warnings
from tui.widgets.step.turn_rows import turn_rows

LABEL = "$soft"
TITLE_AT = 4
"""Cells before an action's title where it is numbered."""


class Detail(IntEnum):
    """How much is told of the actions the step is not at."""

    ALL = 3
    TICKS = 2
    LINES = 1
    COUNTED = 0


MOST = {
    StepStatus.PENDING: Detail.ALL,
    StepStatus.RUNNING: Detail.TICKS,
    StepStatus.WAITING: Detail.TICKS,
    StepStatus.FAILED: Detail.LINES,
    StepStatus.UNKNOWN: Detail.LINES,
    StepStatus.SKIPPED: Detail.LINES,
    StepStatus.NOT_NEEDED: Detail.LINES,
}
"""How much of the others is told at most, where there is room; of a step that is done, everything."""


class Room(Struct, frozen=True):
    """The cells there are: `lines` is after how many rows a command is folded, 0 for never; `more` shows the rest."""

    width: int
    lines: int = 0
    more: str = ""


class ActionInStep(Struct, frozen=True, kw_only=True):
    """One action of a step as it is laid out: its place there, where it stands, and the room that it has."""

    moment: Moment
    step: Step
    place: int
    standing: ActionStanding
    values: Mapping[str, str]
    room: Room

    @property
    def action(self) -> Action:
        """The action as the runbook has it."""
        return self.step.actions[self.place]

    @property
    def alone(self) -> bool:
        """Whether its step has no other."""
        return len(self.step.actions) == 1

    @property
    def title(self) -> str:
        """What it is called in one line."""
        return called(self.moment.state.runbook, self.action, self.values)

    @property
    def elsewhere(self) -> str:
        """Its host, where that is not the one of the step's first action."""
        if not self.place or not (self.action.on_host or self.action.on):
            return ""
        runbook = self.moment.state.runbook
        host, first = host_named(runbook, self.action.on), host_named(runbook, self.step.actions[0].on)
        return host if host != first else ""


def action_rows(moment: Moment, step: Step, values: Mapping[str, str], room: Room, detail: Detail) -> list[LaidRow]:
    """All actions of a step, in their order."""
    state = moment.state
    if step.each and (turns := turn_rows(moment, step, values, room.width)):
        return turns
    found: list[LaidRow] = []
    all_of = [standing(state, step, place) for place in range(len(step.actions))]
    at = next((place for place, one in enumerate(all_of) if one.current), -1)
    before = sum(one.done for one in all_of)
    for place, one in enumerate(all_of):
        open_ = place == at or (detail is Detail.ALL) or len(all_of) == 1
        if detail is Detail.COUNTED and place != at and at >= 0:
            if place == 0 and before > 1:
                found += rows(
                    [("  ", ""), (f"{one.sign} ", STYLES[one.class_]), (f"{before} before it", LABEL)], room.width
                )
            if before > 1 or place > at:
                found += _to_come(len(all_of) - place, room.width) if place == at + 1 else []
                continue
        shown = ActionInStep(moment=moment, step=step, place=place, standing=one, values=values, room=room)
        found += _action(shown, detail, open_)
    return found


def _to_come(count: int, width: int) -> list[LaidRow]:
    sign = glyph(StepStatus.PENDING)
    return rows([("  ", ""), (f"{sign} ", STYLES["todo"]), (f"{counted(count, 'action')} after it", LABEL)], width)


def _action(shown: ActionInStep, detail: Detail, open_: bool) -> list[LaidRow]:
    """The rows of one action: where it is `open_` with what it does, else its title and what was checked."""
    one, step, width = shown.standing, shown.step, shown.room.width
    wrong = one.current and shown.moment.state.step(step.id).status in (StepStatus.FAILED, StepStatus.UNKNOWN)
    inline = open_ and _is_itself(shown)
    head = [] if inline else _head(shown, open_)
    if not open_ and detail < Detail.TICKS:
        return [*head, *warnings(shown.action, one, width)]
    told = ticks(shown.action, one, shown.values, width, shortened=bool(shown.room.lines))
    on_group = group_at(shown.moment.state, step.id, shown.place)
    if cells := cell_rows(shown.moment, step, shown.place, width) if on_group else []:
        told, wrong = cells, True
    if not open_:
        return [*head, *told]
    body = _body(shown, inline)
    if wrong and inline and not shown.alone:
        if len(body) == 1:
            return [*body, *told]  # the command is its own name, also where it is told first by what it failed
        head = rows([*_lead(shown), (cut(shown.title, width - TITLE_AT).rstrip(), "bold")], width)
        body = _body(shown, inline=False)
    return [*head, *told, *body] if wrong else [*head, *body, *told]


def _is_itself(shown: ActionInStep) -> bool:
    """Whether an action needs no row above its command: that is its name, and nothing else is to be said there."""
    named = shown.action.run is None or shown.action.title
    return not (named or _told(shown) or shown.elsewhere)


def _lead(shown: ActionInStep) -> list[Piece]:
    """What stands before an action: its number, where there are several, and its sign."""
    number: list[Piece] = [] if shown.alone else [(f"{shown.place + 1} ", "$faint")]
    return [*number, (f"{shown.standing.sign} ", STYLES[shown.standing.class_])]


def _head(shown: ActionInStep, open_: bool) -> list[LaidRow]:
    """The first row of an action: number, sign, title, and how long it took; a command without one is its own name."""
    action, width = shown.action, shown.room.width
    more = _told(shown, open_)
    words = "" if action.run is not None and open_ and not action.title else shown.title
    host = shown.elsewhere
    on = f"  on {host}" if host else ""
    lead = _lead(shown)
    if open_:
        told = [(words, "bold"), *more, (on, LABEL)] if words else _begun_at_once([*more, (on, LABEL)])
        return rows([*lead, *told], width, sum(len(text) for text, _ in lead))
    used = sum(len(text) for text, _ in (*lead, *more, (on, "")))
    return rows([*lead, (cut(words, max(8, width - used)).rstrip(), LABEL), *more, (on, LABEL)], width, TITLE_AT)


def _begun_at_once(pieces: list[Piece]) -> list[Piece]:
    """Pieces without the blanks that keep the first of them apart from a title."""
    there = [piece for piece in pieces if piece[0]]
    return [(there[0][0].lstrip(), there[0][1]), *there[1:]] if there else []


def _told(shown: ActionInStep, open_: bool = True) -> list[Piece]:
    """How long an action took, or at which try it is; what the step's own bar says already is left out.

    A command that is its own name has no room for its time: the output's frame and the list of attempts tell it.
    """
    one, step, state = shown.standing, shown.step, shown.moment.state
    tried, most, every = between_tries(state, step) if one.current else (0, 0, 0.0)
    if tried:
        again = "" if state.running() else f", again every {duration(every)}"
        return [(f"   tried {tried} of {most} times{again}", STYLES["live"])]
    count, gone, within = waited(state, step, shown.moment.now) if one.current else (0, 0.0, 0.0)
    if count > 1 or (count and one.attempt is not None and one.attempt.awaited):
        clock = f"{clock_words(gone)} of {clock_words(within)}"
        return [(f"   try {count}, waiting for {clock}", STYLES["live"])]
    untitled = shown.action.run is not None and not shown.action.title
    length = 0.0 if shown.alone or (open_ and untitled) else took(one)
    words = f"   {duration(length)}" if length else ""
    words += f"   {one.tries} tries" if one.tries > 1 and one.done and shown.action.pause else ""
    return [(words, "$faint")] if words else []


def called(runbook: Runbook, action: Action, values: Mapping[str, str]) -> str:
    """What an action is called in one line: its title, else what it does."""
    if action.title:
        return worded(action.title, values)
    if action.run is not None:
        return first_line(shown_whole(action, values))
    if action.watch is not None:
        return words_of_watch(action, values)
    if action.probe is not None:
        return words_of(runbook, action.probe, values)
    if action.interactive is not None:
        return f"Terminal: {first_line(shown_whole(action, values))}"
    if action.ask is not None or action.manual is not None:
        return question(action, values)
    if action.send is not None:
        message = runbook.messages[action.send]
        return f"Message: {worded(message.title, values)}{f' to {worded(message.to, values)}' if message.to else ''}"
    return f"Page: {worded(action.open or '', values)}"


def question(action: Action, values: Mapping[str, str]) -> str:
    """What the operator is asked, or is to do by hand, in one line."""
    return worded(action.ask or action.manual or "", values)


def _body(shown: ActionInStep, inline: bool) -> list[LaidRow]:
    """What an action does: its command as it will run, or as it ran; what a person is to answer."""
    action, values, one, width = shown.action, shown.values, shown.standing, shown.room.width
    found: list[LaidRow] = []
    if action.run is not None:
        return _commands(shown, inline)
    words = words_of(shown.moment.state.runbook, action.probe, values) if action.probe is not None else ""
    words = words_of_watch(action, values) if action.watch is not None else words
    words = question(action, values) if action.ask is not None or action.manual is not None else words
    words = worded(action.open or "", values) if action.open is not None and action.title else words
    if action.interactive is not None:
        words = shown_whole(action, values) if action.title or "\n" in action.interactive.strip() else ""
    if words and words != shown.title:
        found += rows([("   ", ""), (words, "")], width, 3)
    if action.send is not None and not one.done:
        found += _preview(shown, action.send)
    for line in command_lines(worded(action.original, values)) if action.original and action.automatic else ():
        found += rows([("   document: ", "$faint"), (line, LABEL)], width, 5)
    answer = shown.moment.state.step(shown.step.id).answers.get(shown.place)
    if action.ask is not None and one.current and action.answer is AnswerKind.CHOICE:
        found += _choices(filled_action(action, values), width)
    if answer is not None and not tells_answer(one.checks):
        found += rows([("   answered ", LABEL), (answer, "")], width, 3)
    return found


def _preview(shown: ActionInStep, name: str) -> list[LaidRow]:
    """The text of a message as it would go out now; of a long one its beginning."""
    text = message_text(shown.moment.state, name, shown.values, shown.moment.now).strip()
    lines = [row for line in text.split("\n") for row in rows([("   ", ""), (line, "")], shown.room.width, 3)]
    return folded(lines, shown.room)


def _commands(shown: ActionInStep, inline: bool) -> list[LaidRow]:
    """The command of an action as it ran, or as it will run; both where the next try runs another one."""
    action, attempt, room = shown.action, shown.standing.attempt, shown.room
    whole, stdin = shown_whole(action, shown.values), fill_shown(action.stdin, shown.values)
    ran, given = (whole, stdin) if attempt is None else (attempt.whole, attempt.stdin)
    lead = _lead(shown) if inline and not shown.alone else []
    found = folded(code(ran, room.width, _lines(given), lead), room)
    failed = shown.moment.state.step(shown.step.id).status is StepStatus.FAILED
    if ran != whole and shown.standing.current and failed:
        found += rows([(" the next try runs", LABEL)], room.width)
        found += folded(code(whole, room.width, _lines(stdin)), room)
    return found


def _lines(stdin: str) -> int:
    return len(stdin.removesuffix("\n").split("\n")) if stdin else 0


def _choices(action: Action, width: int) -> list[LaidRow]:
    """What can be answered, and what follows from each."""
    found: list[LaidRow] = []
    for choice in action.choices:
        loses = "  ✖ loses data" if choice in action.loses_data else ""
        told = action.consequences.get(choice, "")
        pieces: list[Piece] = [("   ○ ", "$faint"), (choice, "bold"), (f"  {told}" if told else "", LABEL)]
        found += rows([*pieces, (loses, STYLES["bad"])], width, 5)
    return found


def folded(found: list[LaidRow], room: Room) -> list[LaidRow]:
    """The rows of a command, of a long one its beginning with how many lines more there are and how they are seen."""
    if not room.lines or len(found) <= room.lines:
        return found
    shown, left = found[: room.lines - 1], found[room.lines - 1 :]
    lines = sum(row.joins is None for row in left)
    words = f"… {counted(lines, 'more line')}" if lines else "… and more of this line"
    return [
        *shown,
        *rows([(f"   {words}: ", LABEL), (room.more, "bold $st-run"), (" shows all", LABEL)], room.width, 3),
    ]


def place_of(state: SessionState, step: Step) -> int:
    """The action that the step is at, or was last at."""
    return min(state.step(step.id).action, len(step.actions) - 1)
