"""Decides what the table of checks says: failures first, what came beside what was expected, the selected one whole."""

from collections.abc import Sequence
from textwrap import wrap

from msgspec import Struct
from rich.cells import cell_len

from tui.session.views.verdicts import FAILED, NO_DATA, OK, RUNNING, TO_DO, WARNING, CheckRow
from tui.text.amounts import SHORTEST, duration
from tui.text.block import Piece, shown
from tui.text.sentences import expectation
from tui.widgets.glyphs import SPINNER, STYLES
from tui.widgets.head.mode import cut

SIGNS = {FAILED: "✖", NO_DATA: "?", WARNING: "!", OK: "✔", RUNNING: "▶", TO_DO: "○"}
"""The verdicts in the order in which they are counted."""
CLASSES = {OK: "good", WARNING: "turn", FAILED: "bad", NO_DATA: "bad", RUNNING: "live", TO_DO: "todo"}
FIRST = {FAILED: 0, NO_DATA: 0, WARNING: 1}
"""What is not well stands above the rest, which keeps its order."""
UNDER_WAY = "…"
MARK, SIGN, APART, TOOK = 2, 2, 2, 8
"""Cells of the mark, of a sign, between two columns, and of how long a check took."""
NARROWEST, WIDEST = 16, 40
"""The fewest and the most cells of a check's title."""
EXPECTED, GOT = 10, 14
"""With fewer cells what was expected has no column: it stands below the table, of the selected check."""


class Sizes(Struct, frozen=True):
    """How many cells the columns have; one that has none is not there."""

    title: int
    came: int
    expected: int
    took: int = TOOK


def ordered(rows: Sequence[CheckRow]) -> tuple[CheckRow, ...]:
    """The rows as the table has them."""
    return tuple(sorted(rows, key=lambda row: FIRST.get(row.verdict, 2)))


def sizes(rows: Sequence[CheckRow], width: int) -> Sizes:
    """The columns of a table of `width` cells: what was expected gives way first, then what came."""
    longest = max((cell_len(row.title) for row in rows), default=0)
    came = max((cell_len(row.came) for row in rows), default=0)
    expected = max((cell_len(row.expected) for row in rows), default=0)
    title = min(max(longest, len("CHECK")), max(NARROWEST, min(WIDEST, width // 3)))
    room = width - MARK - SIGN - title - APART - APART - TOOK - 1
    came = max(came, GOT)
    if not expected or room < GOT + APART + EXPECTED:
        return Sizes(title, max(0, room), 0)
    wanted = min(max(expected, EXPECTED), max(EXPECTED, room - APART - came, room // 3))
    return Sizes(title, room - APART - wanted, wanted)


def head(columns: Sizes) -> list[Piece]:
    """The names of the columns."""
    words = " " * (MARK + SIGN) + cut("CHECK", columns.title) + " " * APART + cut("GOT", columns.came)
    words += " " * APART + cut("EXPECTED", columns.expected) if columns.expected else ""
    return [(f"{words}{' ' * APART}{'TOOK':>{columns.took}}", "bold $soft")]


def row_pieces(row: CheckRow, columns: Sizes, selected: bool = False, turn: int = 0) -> list[Piece]:
    """A row of the table: parts and the names of their styles."""
    class_ = CLASSES[row.verdict]
    bad = row.verdict in FIRST
    came = UNDER_WAY if row.verdict == RUNNING else row.came
    took = duration(row.seconds) if row.seconds >= SHORTEST and row.verdict != RUNNING else ""
    pieces = [
        ("❯ " if selected else "  ", "live"),
        (f"{sign(row, turn)} ", class_),
        (cut(shown(row.title), columns.title), "strong" if bad or selected else "plain"),
        (" " * APART + cut(shown(came), columns.came), class_ if bad else "plain"),
    ]
    if columns.expected:
        pieces.append((" " * APART + cut(shown(row.expected), columns.expected), "soft"))
    return [*pieces, (f"{' ' * APART}{took:>{columns.took}}", "soft")]


def sign(row: CheckRow, turn: int = 0) -> str:
    """The sign of a verdict; what is running turns."""
    return SPINNER[turn % len(SPINNER)] if row.verdict == RUNNING else SIGNS[row.verdict]


def detail(row: CheckRow, width: int, trouble: str = "", key: str = "") -> list[list[Piece]]:
    """Everything about a check, whole; `trouble` is the known trouble that it looks like, which `key` opens."""
    style = STYLES[CLASSES[row.verdict]]
    head: list[Piece] = [(f"{SIGNS[row.verdict]} ", style), (shown(row.title), "bold")]
    where = f" on {row.target}: " if row.target else ": "
    told = shown(f"{row.verdict}{where}{row.came}".removesuffix(": "))
    lines: list[list[Piece]] = [head] if cell_len(row.title) + 4 + cell_len(told) > width else []
    if lines:
        lines += [[("  ", ""), (line, style)] for line in _wrapped(told, width - 2)]
    else:
        lines = [[*head, ("  ", ""), (told, style)]]
    for words in (f"expected {expectation(row.expected)}" if row.expected and row.verdict in FIRST else "", row.look):
        lines += [[("  ", ""), (line, "$soft")] for line in _wrapped(shown(words), width - 2)] if words else []
    if trouble:
        opens = f"   {key} opens it" if key else ""
        lines.append([("  looks like ", "$soft"), (shown(trouble), "bold"), (opens, "$soft")])
    return lines


def tallied(rows: Sequence[CheckRow]) -> list[Piece]:
    """How many stand so, for the frame: each count with its sign and word."""
    pieces: list[Piece] = []
    for verdict, glyph in SIGNS.items():
        count = sum(row.verdict == verdict for row in rows)
        if count:
            pieces += [("  ", ""), (f"{glyph} {count:,} {verdict}", STYLES[CLASSES[verdict]])]
    return pieces


def _wrapped(text: str, width: int) -> list[str]:
    return wrap(text, max(1, width), break_on_hyphens=False) or [""]
