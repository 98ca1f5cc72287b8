"""Makes the actions of one code block: its commands, what is typed into them, what they print, and its comments."""

import re

from tui.importing.block_steps import BlockReader
from tui.importing.document.passages import Passage
from tui.importing.document.prose import alternative, asks, expects, forbids
from tui.importing.drafted import DraftAction, DraftStep
from tui.importing.named import cut, title_of, unfilled
from tui.importing.proposals import proposal
from tui.importing.shell_code.bounded_commands import is_client
from tui.importing.shell_code.shell_lines import LineKind, Piece, pieces_of

_QUERIES = frozenset({"sql", "psql", "mysql", "plpgsql", "cql", "pgsql"})
_STATEMENT = re.compile(
    r"(?:SELECT|INSERT\s+INTO|UPDATE|DELETE\s+FROM|CREATE|ALTER|DROP|GRANT|REVOKE|SHOW|SET|BEGIN|COMMIT|ROLLBACK|VACUUM|ANALYZE"
    r"|REINDEX|TRUNCATE|EXPLAIN|WITH|CALL|FLUSH|CHANGE\s+\w+|START|STOP|RESET|PURGE|KILL|LOCK|UNLOCK)\b",
    re.I,
)
_URL = re.compile(r"https?://[^\s)>\"'`]+")
_VISIT = re.compile(r"\b(?:visit|open|go to|see|browse|dashboard|check)\b", re.I)


def fence_steps(reader: BlockReader, step: DraftStep, passage: Passage, title: str = "") -> list[DraftStep]:
    """The actions of a code block; alternatives in it become steps of their own, which are returned as well."""
    if is_query(passage):
        reader.query(step, passage)
        return [step]
    reading = _FenceReading(reader, step, passage, title)
    reading.read()
    return reading.steps


def is_query(passage: Passage) -> bool:
    """Whether a code block is for a database: by its language, or because all of it is statements."""
    if passage.language or not passage.text.rstrip().endswith((";", "\\G")):
        return passage.language in _QUERIES
    bare = re.sub(r"--[^\n]*|'[^']*'", "", passage.text)
    return all(_STATEMENT.match(one.strip()) for one in re.split(r";|\\G", bare) if one.strip())


class _FenceReading:
    """One code block on its way to actions."""

    def __init__(self, reader: BlockReader, step: DraftStep, passage: Passage, title: str) -> None:
        self._reader = reader
        self._passage = passage
        self._title = title
        self._comments: list[Piece] = []
        self._texts: list[Piece] = []
        self._last: DraftAction | None = None
        self._by_hand: DraftAction | None = None
        self._of_last = ""
        self._expecting = False
        self._base = step
        self.step = step
        self.steps = [step]

    def read(self) -> None:
        passage = self._passage
        doubt = "" if passage.closed else "the code block is never closed"
        if doubt:
            self._reader.draft.tell(passage.start, passage.start, "a code block", doubt)
        for piece in pieces_of(passage.text, passage.language):
            if piece.kind is not LineKind.TEXT:
                self._shown()
            match piece.kind:
                case LineKind.COMMENT:
                    self._comment(piece)
                case LineKind.COMMAND:
                    self._command(piece)
                case LineKind.INPUT:
                    self._input(piece)
                case LineKind.TEXT:
                    self._texts.append(piece)
        self._shown()
        self._rest()

    def _line(self, piece: Piece) -> int:
        return self._passage.first + piece.offset

    def _comment(self, piece: Piece) -> None:
        draft, line = self._reader.draft, self._line(piece)
        if self._last is not None and (expects(piece.text) or self._expecting) and not self._comments:
            self._expecting = self._expecting or piece.text.endswith(":")
            self._expected(piece.text, line)
        elif alternative(piece.text) and not self._comments:
            if self.step.actions:
                self.step = self._reader.step(f"{self._base.title}: {piece.text}", line, line)
                self.steps.append(self.step)
            else:
                self.step.texts.append(unfilled(piece.text))
            draft.tell(line, line, f"step {self.step.id}", "it is for some cases only: skip it, or give it a `when`")
            self.step.notes.append(f"The document says: {unfilled(piece.text)}")
            self._last = None
        else:
            self._comments.append(piece)

    def _expected(self, text: str, line: int) -> None:
        assert self._last is not None
        first = self._of_last.splitlines()[0]
        self.step.texts.append(
            unfilled(text if self._expecting and not text.endswith(":") else f"After `{cut(first, 60)}`: {text}")
        )
        self.step.spans.append((line, line))
        self._last.proposal = self._last.proposal or proposal(text)
        self._reader.draft.tell(line, line, f"step {self.step.id}: text, what is expected")

    def _said(self) -> str:
        """The comments that stand before what follows, as its title."""
        told = " ".join(one.text for one in self._comments).strip().rstrip(":")
        for one in self._comments:
            line = self._line(one)
            self.step.spans.append((line, line))
            self._reader.draft.tell(line, line, f"step {self.step.id}: title of what follows")
        self._comments.clear()
        if len(told) > 70:
            self.step.texts.append(unfilled(told))
        return cut(title_of(told), 70) if told else ""

    def _command(self, piece: Piece) -> None:
        self._expecting = False
        title = self._said() or self._title
        self._title = ""
        action = self._reader.command(self.step, piece, self._line(piece), title)
        if action is None:
            if title and not any(title.rstrip("…") in one.replace("`", "") for one in self.step.texts):
                self.step.texts.append(unfilled(title))
        else:
            self._last, self._of_last = action, piece.text
        if piece.remark:
            first = cut(piece.text.splitlines()[0], 60)
            self.step.texts.append(unfilled(f"{first}: {piece.remark}"))
            if action is not None and expects(piece.remark):
                action.proposal = proposal(piece.remark)

    def _input(self, piece: Piece) -> None:
        line = self._line(piece)
        for one in self._comments:
            self._reader.told(self.step, one.text, self._line(one), self._line(one))
        self._comments.clear()
        left = self._last is None and self._reader.client.is_left(piece.text)
        if left:
            self.step.spans.append((line, line))
            self._reader.draft.tell(line, line, f"step {self.step.id}: leaves the program")
            return
        statement = self._reader.values.stated(piece.text)
        if statement is None:
            self._typed(piece.text, line)
            return
        last = self._last = self._last or self._reader.client.typed_into(self.step)
        if last is None:
            self._typed(piece.text, line)
            return
        if last.kind != "run" or not (is_client(last.text) or last.stdin):
            self._reader.told(self.step, piece.text, line, line)
            return
        last.original = (last.original or last.text) + f"\n> {piece.text}"
        if not self._reader.client.is_left(piece.text):
            last.stdin += f"{statement}\n"
        self.step.spans.append((line, line))
        self._reader.draft.tell(line, line, f"step {self.step.id}: standard input of the command")

    def _typed(self, text: str, line: int) -> None:
        """A line at the prompt of a program that the document does not start here: a person types it."""
        if self._by_hand is None or self._by_hand is not self.step.actions[-1]:
            self._reader.ask(self.step, "In the program that is open:", line, line, "the document does not say how")
            self._by_hand = self.step.actions[-1]
        else:
            self.step.spans.append((line, line))
            self._reader.draft.tell(line, line, f"step {self.step.id}: by hand")
        self._by_hand.text += f"\n{unfilled(text)}"

    def _shown(self) -> None:
        """Lines that are not commands: what a command printed, or a text to send."""
        if not self._texts:
            return
        text = "\n".join(one.text for one in self._texts)
        start, end = self._line(self._texts[0]), self._line(self._texts[-1]) + self._texts[-1].lines - 1
        self._texts.clear()
        title = self._said()
        allowed = self._passage.language != "forbidden"
        if allowed and (title or self._title) and self._last is None and asks(title or self._title):
            words = f"{title or self._title}:\n{text}"
            self._reader.ask(self.step, words, start, end)
            self.step.actions[-1].title = ""
            return
        words = f"{title}:\n{text}" if title else text
        if not self._passage.closed and asks(text) and not forbids(text):
            self._reader.ask(self.step, words, start, end, "the code block is never closed")
            return
        self._reader.told(self.step, words, start, end)
        if not allowed:
            self._reader.draft.tell(start, end, f"step {self.step.id}: text", "it says what is not to be done")

    def _rest(self) -> None:
        """Comments behind the last command, and clients that nothing was typed into."""
        self._reader.client.wait(self.step, self._passage.start)
        if not self._comments:
            return
        told = "\n".join(one.text for one in self._comments)
        start, end = self._line(self._comments[0]), self._line(self._comments[-1])
        urls = _URL.findall(told)
        self._comments.clear()
        if urls and _VISIT.search(told):
            self.step.actions.append(DraftAction(kind="open", text=unfilled(urls[0]), title=cut(title_of(told), 70)))
            self.step.texts.append(unfilled(told))
            self.step.spans.append((start, end))
            self._reader.draft.tell(start, end, f"step {self.step.id}: a page to open")
        elif any(asks(line) for line in told.splitlines()) and not forbids(told):
            self._reader.ask(self.step, told, start, end)
        else:
            self._reader.told(self.step, told, start, end)
