"""Draws the report card as lines of a given width: outcome, bar, figures, and the time of each section."""

from rich.cells import cell_len

from tui.session.groups.left_open import left_open, left_words
from tui.session.report_card.report_card import CardSection, ReportCard
from tui.session.state import SessionState
from tui.session.views.called import Tone, outcome_called, over, result_of
from tui.session.views.doubts import doubt_words, doubtful
from tui.text.amounts import counted, took_clock
from tui.text.block import Piece, shown
from tui.text.sanitise import sanitise
from tui.widgets.head.mode import cut
from tui.widgets.looks.bars import bar
from tui.widgets.looks.fitting import ends_kept, width_of
from tui.widgets.step.laid_out import rows

GOOD, BAD, WARN, SOFT, FAINT = "$st-good", "bold $st-bad", "bold $st-turn", "$soft", "$faint"
TONES = {Tone.GOOD: "bold $st-good", Tone.BAD: BAD, Tone.OPEN: WARN}
TITLES = 110
"""From this width on sections have their whole titles."""
TIME = 8
"""Cells that a time has."""

BECAUSE = "  because "
READING = "finished; reading what was recorded…"

Line = list[Piece]


def head_lines(card: ReportCard, state: SessionState, width: int, finish: str, reading: bool = False) -> list[Line]:
    """The outcome with what and who, what is left where it is open, the bar, and the figures in two lines.

    Args:
        reading: whether it has been finished since `state` was read from the disk, and that is read now.
    """
    style = TONES[card.badge.tone]
    badge = f" {card.badge.sign} {card.badge.words.upper()} "
    about: Line = [("  ", ""), (badge, f"{style} reverse"), (f"  {card.what}", "bold")]
    people: Line = [(f"   {card.people}", SOFT)] if card.people else []
    beside = width_of([*about, *people]) <= width
    lines = [_fitted([*about, *people] if beside else about, width)]
    lines += [] if beside else [_fitted([("  by ", SOFT), (card.people, "")], width)]
    if reading:
        lines.append(_fitted([(f"  {READING}", SOFT)], width))
    elif state.finished is None:
        lines.append(_fitted(_open(state, finish, width), width))
    if card.rollback is not None and not reading:
        lines += _because(card.rollback.reason, width)
    return [*lines, _bar_line(card, width), *_figures(card, width)]


def _because(reason: str, width: int) -> list[Line]:
    """Why it was rolled back, in up to two rows: what failed stands at the end of a long reason, which is kept."""
    found = [list(row.pieces) for row in rows([(BECAUSE, SOFT), (reason, "")], width - 1, len(BECAUSE))]
    if not found[2:]:
        return found
    first, *rest = ends_kept(shown(reason), width - 1 - len(BECAUSE), 2)
    kept: list[Line] = [[(BECAUSE, SOFT), (first, "")], *([(" " * len(BECAUSE), ""), (line, "")] for line in rest)]
    return [_fitted(line, width) for line in kept]


def _open(state: SessionState, finish: str, width: int) -> Line:
    left = sum(not state.step(step.id).status.settled for _, step in state.plan())
    words = "not recorded as finished yet" if over(state) else f"{counted(left, 'step')} left"
    if doubtful(state) and state.next_step() is None:
        words = doubt_words(state)
    if open_ := left_words(left_open(state)):
        words = f"✖ {open_}"
    finishes = f"   {finish} finishes it as “{outcome_called(state, result_of(state))}”"
    if cell_len(f"  {words}{finishes}") > width:
        words = words.replace("not recorded as finished yet", "not recorded yet")
    return [(f"  {words}", WARN), (finishes, "")]


def _bar_line(card: ReportCard, width: int) -> Line:
    """The whole time as a bar of its budget, with what is usual: 38:12 ━━━╂━── of 45:00   usually 32:00."""
    usual = card.usual.median if card.usual else 0.0
    took = f"  {took_clock(card.took)}{' so far' if card.ended is None else ''} "
    budget = f" of {took_clock(card.budget)}" if card.budget else ""
    late = f" ▲ {took_clock(card.took - card.budget)} over" if card.over else ""
    beside = f"   usually {took_clock(usual)}" if usual else ""
    room = width - cell_len(took + budget + late + beside) - 2
    style = BAD if card.over else GOOD
    drawn = time_bar(card.took, max(card.took, card.budget, usual), usual, room, style) if card.budget or usual else []
    return [(took, "bold"), *drawn, (budget, SOFT), (late, BAD), (beside, SOFT)]


def time_bar(took: float, whole: float, usual: float, width: int, style: str) -> Line:
    """A time as a bar of the whole, with a cross where it usually ends; nothing where there is no room for one."""
    if width < 4 or whole <= 0:
        return []
    return bar(width, took / whole, style, usual / whole if usual else None)


def _figures(card: ReportCard, width: int) -> list[Line]:
    """The figures beside each other, each above its name."""
    columns = figures(card)
    size = max(1, (width - 2) // len(columns))
    numbers: Line = [(" ", "")]
    names: Line = [(" ", "")]
    for value, long, short, style in columns:
        name = long if cell_len(long) <= size - 1 else short
        numbers.append((_centred(value, size), style))
        names.append((_centred(name, size), SOFT))
    return [numbers, names]


def figures(card: ReportCard) -> list[tuple[str, str, str, str]]:
    """Each figure's value, its name, a short name, and its style; of a checklist only where the runbook has one."""
    back = card.rollback
    if back is not None:
        took = took_clock(back.took) if back.took is not None else "open"
        late = back.took is None or bool(back.allowed and back.took > back.allowed)
        allowed = f"rollback of {took_clock(back.allowed)}" if back.allowed else "rollback"
        second = took, allowed, "rollback", BAD if late else "bold"
    else:
        second = str(card.skipped), "skipped", "skipped", WARN if card.skipped else "bold"
    down = card.downtime
    length = took_clock(down.seconds if down.sure else max(1.0, down.seconds)) + ("…" if down.since else "")
    cut_off = (length if down.sure else f"≤{length}") if down.outages else down.words
    told = [
        (str(card.signed), f"of {counted(card.steps, 'step')}", f"of {card.steps}", "bold"),
        second,
        (str(card.deviated), "deviation" + "s" * (card.deviated != 1), "deviated", WARN if card.deviated else "bold"),
        (str(card.failed), "failed attempt" + "s" * (card.failed != 1), "failed", WARN if card.failed else "bold"),
        (cut_off, "downtime", "downtime", BAD if down.over or down.since else "bold"),
    ]
    ticked = f"{card.ticked}/{card.items}", "checklist", "ticked", WARN if card.ticked < card.items else "bold"
    return [*told, ticked] if card.items else told


def section_lines(card: ReportCard, width: int, height: int) -> list[Line]:
    """A line for each section: title, time, bar to one scale, what is usual; of too many the longest, and the rest.

    Parts of one are shown where all fit.
    """
    shown, rest = card.sections, tuple[CardSection, ...]()
    if len(shown) > height:
        shown = tuple(one for one in shown if not one.part)
    if len(shown) > height:
        longest = sorted(shown, key=lambda one: -one.took)[: max(1, height - 1)]
        shown, rest = tuple(one for one in shown if one in longest), tuple(one for one in shown if one not in longest)
    whole = max((max(section.took, _usual(section)) for section in card.sections), default=0.0)
    took = _clock(sum(one.took for one in rest))
    others = f"… {counted(len(rest), 'other section')}" if took else f"… {counted(len(rest), 'section')} below 1 s"
    titles = max((cell_len(_name(one, width)) for one in shown), default=0)
    title = min(max(titles, len(others) if rest else 0), width // 2)
    beside = any(section.usual for section in card.sections)
    lines = [_section(one, whole, title, width, beside) for one in shown]
    return [*lines, [(cut(others, title), FAINT), (f"{took:>{TIME}}", FAINT)]] if rest else lines


def _section(one: CardSection, whole: float, title: int, width: int, beside: bool) -> Line:
    """A section; what is usual has a column where it is known of any (`beside`)."""
    usual = _clock(_usual(one))
    late = " ▲ slower" if one.slower else ""
    tail = f"{usual:>{TIME}}" if beside else ""
    drawn = time_bar(
        one.took, whole, _usual(one), width - title - TIME - len(tail) - 1 - len(late), WARN if late else GOOD
    )
    return [
        (cut(sanitise(_name(one, width)), title), "bold" if late else ""),
        (f"{_clock(one.took):>{TIME}} ", "bold"),
        *drawn,
        (late, WARN),
        (tail, SOFT),
    ]


def _name(one: CardSection, width: int) -> str:
    name = one.short or one.title if width < TITLES else one.title
    return f"  {name}" if one.part else name


def _clock(seconds: float) -> str:
    """A time of a column; blank where it is none."""
    return took_clock(seconds) if seconds >= 1 else ""


def _usual(one: CardSection) -> float:
    return one.usual.median if one.usual else 0.0


def owed_line(card: ReportCard, width: int) -> Line:
    """The follow-ups by when they are due, in one line; empty where there are none."""
    pieces: Line = []
    first = next((followup for followup in card.owed if followup.done < followup.count), None)
    for followup in card.owed:
        done = followup.done == followup.count
        next_up = ("◆", WARN) if followup is first else ("○", "$st-todo")
        sign, style = ("✔", GOOD) if done else ("✖", BAD) if followup.late else next_up
        pieces += [("  ", ""), (f"{sign} ", style), (followup.words, "")]
    return _fitted(pieces, width) if card.owed else []


def _fitted(line: Line, width: int) -> Line:
    """A line cut at the width, with … where something is missing."""
    found: Line = []
    left = width
    for text, style in line:
        text = sanitise(text)
        size = cell_len(text)
        if size > left:
            return [*found, (cut(text, left), style)] if left > 0 else found
        found.append((text, style))
        left -= size
    return found


def _centred(text: str, width: int) -> str:
    text = text if cell_len(text) <= width else cut(text, width)
    return text.center(width + len(text) - cell_len(text))
