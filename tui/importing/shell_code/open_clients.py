"""Follows a database's client through a document: what later blocks have for it is typed into it again."""

import re
from copy import copy

from tui.importing.drafted import DraftAction, DraftStep, Fate, RunbookDraft
from tui.importing.named import cut, unfilled
from tui.importing.shell_code.bounded_commands import is_client

_WAITS = "it waits for what a person types"
_KEEPS = re.compile(r"\b(?:psql|mysql|mariadb|redis-cli|sqlite3|cqlsh)\b[^|;&]*$")
"""Clients whose next session needs of the last one only what it set; a language's shell has its variables."""
_SETS = re.compile(
    r"^(?:USE|SET|RESET|SELECT\s+\d+$|\\c|\\connect|\\set|\\pset|\\x|\\timing)(?:\s|;|$)|^SELECT \d+$", re.I
)
_BEGINS = re.compile(r"^\s*(?:BEGIN|START\s+TRANSACTION|MULTI)\b", re.I | re.MULTILINE)
_ENDS = re.compile(r"\b(?:COMMIT|ROLLBACK|END|ABORT|EXEC|DISCARD)\b", re.I)
_LEAVES = re.compile(r"^(?:exit|quit|\\q)\b(?:\(\))?;?$")


class OpenClient:
    """The client that the document's shell is in, if any."""

    def __init__(self, draft: RunbookDraft) -> None:
        self._draft = draft
        self._opened: DraftAction | None = None
        self._as_run: DraftAction | None = None
        self._waiting: tuple[DraftStep, str, Fate] | None = None
        self._typed: list[DraftAction] = []

    def opens(self, action: DraftAction) -> None:
        """Take a command that opens a client; every other one leaves it."""
        self.leave()
        if is_client(action.text) and action.kind == "run":
            self._opened, self._as_run = action, copy(action)

    def leave(self) -> None:
        """Have no client be open."""
        self._opened = self._as_run = self._waiting = None
        self._typed = []

    def is_left(self, text: str) -> bool:
        """Whether a line that was typed leaves the client, which it then does."""
        left = bool(_LEAVES.match(text.strip()))
        if left:
            self.leave()
        return left

    def typed_into(self, step: DraftStep) -> DraftAction | None:
        """The action whose standard input a step's statements are: the client's own, or the client opened again."""
        opened, as_run = self._opened, self._as_run
        if opened is None or as_run is None:
            return None
        if step.actions and step.actions[-1] is opened and not opened.stdin:
            for name in opened.__struct_fields__:
                setattr(opened, name, getattr(as_run, name))
            self._no_longer_waits()
            again = opened
        else:
            earlier = "\n".join(one.stdin for one in (opened, *self._typed))
            if not _KEEPS.search(as_run.text) or len(_BEGINS.findall(earlier)) > len(_ENDS.findall(earlier)):
                return None
            again = copy(as_run)
            again.title = ""
            again.stdin = "".join(f"{line}\n" for line in earlier.splitlines() if _SETS.match(line.strip()))
            step.actions.append(again)
        again.original = again.original or again.text
        self._typed.append(again)
        return again

    def wait(self, step: DraftStep, line: int) -> None:
        """Give the operator's terminal to the clients of a step that nothing was typed into."""
        for action in step.actions:
            if action.kind != "run" or action.stdin or not is_client(action.text):
                continue
            first = (action.original or action.text).splitlines()[-1]
            if action.secrets:
                action.kind = "manual"
                where = f"In a terminal on {action.on}: " if action.on else "In a terminal: "
                action.original = action.original or action.text
                action.text = unfilled(where + action.original)
                action.directory, action.secrets = "", ()
                became = "by hand in a terminal"
            else:
                action.kind, action.capture = "interactive", ""
                became = "a program in your terminal"
            note = f"{cut(first, 60)}: {_WAITS}"
            step.notes.append(note)
            self._draft.tell(line, line, f"step {step.id}: {became}", _WAITS)
            if action is self._opened:
                self._waiting = (step, note, self._draft.fates[-1])

    def _no_longer_waits(self) -> None:
        if self._waiting is not None:
            step, note, fate = self._waiting
            step.notes.remove(note)
            self._draft.fates.remove(fate)
            self._waiting = None
