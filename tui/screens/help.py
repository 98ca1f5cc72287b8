"""Every key by its purpose, those of this screen first, the signs beside; what is typed is looked for."""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import ClassVar

from msgspec import Struct
from rich.cells import cell_len
from textual import events, getters
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll

from tui.actions import BESIDE, TITLES, Act, acts, bindings, key_sign
from tui.front.front_page import FrontPage
from tui.keys import Keys
from tui.text.block import Piece, block, styled
from tui.text.search import pattern
from tui.widgets.glyphs import SIGNS
from tui.widgets.head.top_line import TopLine
from tui.widgets.offers.offer import Offer, Rank
from tui.widgets.painting import entitle
from tui.widgets.said import Said

WIDE = 100
"""Columns from which the names of the actions in the settings are shown."""
NARROW = 72
"""Columns below which there is one column of keys."""
FRAME = 6
"""Cells of the frame, the space in it and the scroll bar."""
KEY = 8
"""Cells in front of what a key does; longer keys take what they need."""
BETWEEN = 2
HEAD = "bold $soft"
NAME = "$faint"
DO, OUTPUT, GO_TO = "DO", "OUTPUT", "GO TO"
PURPOSES = {
    **dict.fromkeys(("next", "sign", "skip", "retry", "cancel", "reopen", "note", "own-command"), DO),
    **dict.fromkeys(("values", "update", "rollback"), DO),
    **dict.fromkeys(("search", "match-next", "match-before", "follow", "wrap", "copy", "attempts", "zoom"), OUTPUT),
    **dict.fromkeys(("open", "stamps"), OUTPUT),
}
"""What an act of a session's screens is for; all others lead somewhere."""
TOGETHER = {
    ("to-plan", "to-step", "to-output"): "To a pane; again: zoom",
    ("match-next", "match-before"): "Next and previous match",
    ("note", "own-command"): "Write a note; run a command",
}
"""Acts that have one row, each by the first of its keys."""
OF_SESSION = ("run", "rollback", "trouble")
SETTINGS: tuple[Piece, ...] = (("Keys are changed in config.toml: ", NAME), ('[keys]  "run.sign" = "F7"', "bold"))


class KeyRow(Struct, frozen=True):
    """A key or a sign, what it means, and the name of the action in the settings."""

    key: str
    words: str
    name: str = ""


class KeyGroup(Struct, frozen=True):
    """Rows that belong together, under a head."""

    head: str
    rows: tuple[KeyRow, ...]


def help_lines(first: str, keys: Keys, width: int = 80, wanted: str = "") -> list[list[Piece]]:
    """The keys of every screen, `first` first, in two columns; with `wanted` those whose key or words have it."""
    here, others = _groups(first, keys)
    if wanted:
        found = [group for group in (_filtered(one, wanted) for one in (*here, *others)) if group.rows]
        return _columns(found, width) if found else [[("no key and no sign is called that", "$soft")]]
    return [*_columns(here, width), [], *_columns(others, width), [], list(SETTINGS)]


def own_acts(screen: str, keys: Keys) -> list[Act]:
    """What can be done on a screen; of the rollback's only what the run screen has not, or has under another key."""
    if screen != "rollback":
        return list(acts(screen))
    run = {(keys.all_of(act), act.action) for act in acts("run")}
    return [act for act in acts(screen) if (keys.all_of(act), act.action) not in run]


def _groups(first: str, keys: Keys) -> tuple[list[KeyGroup], list[KeyGroup]]:
    """The groups of the screen itself, with what is heard beside it and the signs, and those of every other screen."""
    beside = BESIDE.get(first, ())
    here: list[KeyGroup] = []
    if first in OF_SESSION:
        for purpose in (DO, OUTPUT, GO_TO):
            found = [act for act in acts(first) if PURPOSES.get(act.id.partition(".")[2], GO_TO) == purpose]
            here.append(KeyGroup(purpose, tuple(_rows(found, keys))))
    else:
        here.append(_of_screen(first, keys))
    here.insert(2, KeyGroup("SIGNS", tuple(KeyRow(sign, words) for sign, words in SIGNS)))
    here += [_of_screen(screen, keys) for screen in beside]
    everywhere = _of_screen("app", keys)
    palette = KeyRow("^p", "Everything that can be done")
    here.append(KeyGroup(everywhere.head, (*everywhere.rows, palette)))
    shown = {first, *beside, "app"}
    return here, [_of_screen(screen, keys) for screen in TITLES if screen not in shown]


def _of_screen(screen: str, keys: Keys) -> KeyGroup:
    head = TITLES[screen].upper() + (", beside those of run" if screen == "rollback" else "")
    return KeyGroup(head, tuple(_row(act, keys) for act in own_acts(screen, keys)))


def _row(act: Act, keys: Keys) -> KeyRow:
    every = " ".join(key_sign(one, keys.ascii) for one in keys.all_of(act).split(","))
    return KeyRow(every, act.help, act.id)


def _rows(found: Sequence[Act], keys: Keys) -> Iterator[KeyRow]:
    """A row an act; those that belong together have one."""
    named = {act.id.partition(".")[2]: act for act in found}
    first_of = {group[0]: group for group in TOGETHER if all(name in named for name in group)}
    later = {name for group in first_of.values() for name in group[1:]}
    for name, act in named.items():
        if name in first_of:
            group = [named[one] for one in first_of[name]]
            every = " ".join(key_sign(keys.all_of(one).split(",")[0], keys.ascii) for one in group)
            yield KeyRow(every, TOGETHER[first_of[name]], " ".join(one.id for one in group))
        elif name not in later:
            yield _row(act, keys)


def _filtered(group: KeyGroup, wanted: str) -> KeyGroup:
    words = [pattern(word.lower()) for word in wanted.split()]
    rows = [row for row in group.rows if all(word.search(f"{row.key} {row.words} {row.name}") for word in words)]
    return KeyGroup(group.head, tuple(rows))


def _columns(groups: Sequence[KeyGroup], width: int) -> list[list[Piece]]:
    """The groups in two columns as long as each other, as far as that goes; in one where it is narrow."""
    room = width - FRAME
    if width < NARROW:
        return [line for group in groups for line in [*_drawn(group, room, False), []]]
    left_width = (room - BETWEEN) // 2
    columns: tuple[list[list[Piece]], list[list[Piece]]] = ([], [])
    for group in groups:
        column = columns[0] if len(columns[0]) <= len(columns[1]) else columns[1]
        column += [[]] if column else []
        column += _drawn(group, left_width, width >= WIDE)
    lines: list[list[Piece]] = []
    for at in range(max(map(len, columns))):
        left, right = (column[at] if at < len(column) else [] for column in columns)
        gap = left_width + BETWEEN - sum(cell_len(text) for text, _ in left)
        lines.append([*left, (" " * gap, ""), *right] if right else left)
    return lines


def _drawn(group: KeyGroup, width: int, named: bool) -> list[list[Piece]]:
    """A group's lines: what does not fit beside its key stands below."""
    lines: list[list[Piece]] = [[(line, HEAD)] for line in wrap(group.head, width)]
    for row in group.rows:
        key = max(KEY, cell_len(row.key) + 1)
        first, *more = wrap(row.words, max(12, width - key)) or [""]
        lines.append([(row.key + " " * (key - cell_len(row.key)), "bold $st-run"), (first, "")])
        lines += [[(" " * key, ""), (line, "")] for line in more]
        if named and row.name:
            if sum(cell_len(text) for text, _ in lines[-1]) + 2 + cell_len(row.name) > width:
                lines.append([(" " * key, "")])
            lines[-1].append((f"  {row.name}", NAME))
    return lines


class HelpScreen(FrontPage[None]):
    """Closed by Escape or ?; what is typed narrows it down."""

    AUTO_FOCUS = "#help"
    CSS_PATH = "help.tcss"
    ACTS = "help"
    BINDINGS: ClassVar[list[BindingType]] = bindings("help")

    frame = getters.query_one("#help", VerticalScroll)
    keys_shown = getters.query_one("#keys", Said)

    def __init__(self, first: str, keys: Keys) -> None:
        super().__init__()
        self._first = first
        self._keys = keys
        self._wanted = ""

    def compose(self) -> ComposeResult:
        yield TopLine("Keys", self.app.mode)
        with VerticalScroll(id="help"):
            yield Said(styled(help_lines(self._first, self._keys, self.app.size.width)), id="keys")
        yield self.keys_row()

    def offers(self) -> list[Offer]:
        return [one for one in super().offers() if one.rank is not Rank.HELP]

    def on_mount(self) -> None:
        self.frame.border_title = block("Keys of this screen, then of the others")
        self._say()

    def on_resize(self, event: events.Resize) -> None:
        if self.query("#keys"):  # none yet, where it is resized as it opens
            self._say()

    def on_key(self, event: events.Key) -> None:
        """Look for what is typed."""
        if event.key == "backspace" and self._wanted:
            self._wanted = self._wanted[:-1]
        elif event.character is not None and event.is_printable and event.key != "question_mark":
            self._wanted = (self._wanted + event.character).lstrip()
        else:
            return
        event.stop()
        event.prevent_default()
        self._say()
        self.frame.scroll_home(animate=False)

    def _say(self) -> None:
        lines = help_lines(self._first, self._keys, self.app.size.width, self._wanted)
        self.keys_shown.say(styled(lines))
        entitle(self.frame, foot=block(f"find: {self._wanted}" if self._wanted else "type to find"))

    def action_close(self) -> None:
        self.dismiss(None)
