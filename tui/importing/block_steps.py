"""Makes the actions of steps from a document's blocks: commands, work by hand, pages to open, and what is only text."""

import re

from msgspec.structs import replace

from tui.importing.document.passages import Passage
from tui.importing.document.prose import alternative, asks, expects, forbids
from tui.importing.drafted import DraftAction, DraftHost, DraftStep, RunbookDraft
from tui.importing.named import Ids, cut, name_of, title_of, unfilled
from tui.importing.proposals import proposal
from tui.importing.shell_code.bounded_commands import bounded, is_client
from tui.importing.shell_code.carried import ShellState, becomes_somebody, host_name, in_container, moved, ssh_of
from tui.importing.shell_code.open_values import SECRET, OpenValues
from tui.importing.shell_code.shell_lines import LineKind, Piece, pieces_of
from tui.runbook.shell.lexer import read
from tui.text.command import spelled

_LITERAL = re.compile(r"""^(?:export\s+)?([A-Za-z_]\w*)=("[^"$`\\]*"|'[^']*'|[^\s;&|()<>"'$`\\]*)$""")
_ASSIGNED = re.compile(r"^(?:export\s+)?([A-Za-z_]\w*)=(.*)$", re.DOTALL)
_URL = re.compile(r"https?://[^\s)>\"'`]+")
QUERIES = frozenset({"sql", "psql", "mysql", "plpgsql", "cql"})
_VISIT = re.compile(r"\b(?:visit|open|go to|see|browse|dashboard|check)\b", re.I)


class BlockReader:
    """Turns blocks into actions, one after the other: it knows where the document's shell is by now."""

    def __init__(self, draft: RunbookDraft, values: OpenValues, ids: Ids) -> None:
        self.draft = draft
        self.values = values
        self.ids = ids
        self.state = ShellState()
        self._pending: list[tuple[str, int]] = []
        """Lines that only moved the shell; they belong to the next command."""

    def step(self, title: str, start: int, end: int) -> DraftStep:
        """A new step without anything in it."""
        return DraftStep(id=self.ids.new(title_of(title)), title=title_of(title), spans=[(start, end)])

    def fence(self, step: DraftStep, passage: Passage, title: str = "") -> list[DraftStep]:
        """The actions of a code block; alternatives in it become steps of their own, which are returned as well."""
        if passage.language in QUERIES:
            self._query(step, passage)
            return [step]
        reading = _FenceReading(self, step, passage, title)
        reading.read()
        return reading.steps

    def _query(self, step: DraftStep, passage: Passage) -> None:
        """Statements for a database: typed into the client that stands before them, else by hand."""
        last = step.actions[-1] if step.actions else None
        text = passage.text.rstrip("\n")
        if last is not None and is_client(last.original or last.text) and not last.stdin:
            last.kind, last.stdin = "run", text + "\n"
            last.text = last.original = last.original or last.text
            step.spans.append((passage.start, passage.end))
            self.draft.tell(passage.start, passage.end, f"step {step.id}: standard input of the command")
        else:
            self.ask(step, f"In the database:\n{text}", passage.start, passage.end, "the document does not say how")

    def ask(self, step: DraftStep, text: str, start: int, end: int, doubt: str = "") -> None:
        """Work that a person does by hand."""
        step.actions.append(DraftAction(kind="manual", text=unfilled(text)))
        step.spans.append((start, end))
        self.draft.tell(start, end, f"step {step.id}: by hand", doubt)

    def told(self, step: DraftStep, text: str, start: int, end: int) -> None:
        """What is only text."""
        step.texts.append(unfilled(text))
        step.spans.append((start, end))
        self.draft.tell(start, end, f"step {step.id}: text")

    def command(self, step: DraftStep, piece: Piece, line: int, title: str = "") -> DraftAction | None:
        """The action of a command; none where it only moves the shell or sets a value."""
        end = line + piece.lines - 1
        if piece.host and piece.host != "localhost":
            self._at_host(piece.host, piece.user if piece.user != "root" else "")
        if self._moves(step, piece, line, end) or self._sets(step, piece, line, end):
            return None
        found = ssh_of(piece.text)
        host, text = self.state.host, piece.text
        if found is not None and found.command:
            host, text = self._host(found.name, found.target, found.user), found.command
            if found.options:
                self.draft.tell(line, end, "options of ssh", "options of ssh belong into ssh_config")
        return self._action(step, text, piece, line, host, title, carries=host == self.state.host)

    def moves(self, step: DraftStep) -> bool:
        """Whether a step has lines that only moved the shell, and wait for the next command."""
        return any(start <= line <= end for _, line in self._pending for start, end in step.spans)

    def leave(self, step: DraftStep) -> None:
        """Keep what only moved the shell, where no command came after it."""
        if self._pending:
            step.texts.append(unfilled("The document also has: " + "; ".join(text for text, _ in self._pending)))
        self._pending.clear()

    def again(self, state: ShellState) -> None:
        """Have the shell be where it was before, for another way through the document."""
        self.state = state

    def afresh(self) -> None:
        """Have what was sourced and exported end with its part of the document, and containers be left."""
        while self.state.container and self.state.earlier is not None:
            self.state = self.state.earlier
        self.state = replace(self.state, before=())

    def _at_host(self, host: str, user: str) -> None:
        if self.state.host != host_name(host):
            self.state = ShellState(host=self._host(host_name(host), host, user))

    def _host(self, name: str, target: str, user: str) -> str:
        self.draft.hosts.setdefault(name, DraftHost(target=target, user=user))
        return name

    def _moves(self, step: DraftStep, piece: Piece, line: int, end: int) -> bool:
        found = moved(self.state, piece.text)
        literal = _LITERAL.match(piece.text) if piece.text.startswith("export ") else None
        if found is None or (literal is not None and SECRET.search(literal[1])):
            return False
        self.state = found.state
        if found.target:
            self._host(found.state.host, found.target, found.user)
        if not piece.text.startswith(("exit", "logout")):
            self._pending.append((piece.text, line))
        step.spans.append((line, end))
        self.draft.tell(line, end, f"step {step.id}: {found.words}", found.doubt)
        return True

    def _sets(self, step: DraftStep, piece: Piece, line: int, end: int) -> bool:
        """A value that the document says itself: a variable with that default, or a secret."""
        literal = _LITERAL.match(piece.text)
        if literal is None:
            return False
        word, value = literal[1], literal[2].strip("\"'")
        if SECRET.search(word):
            self.values.secret(word)
            became = "asked for as a secret"
        else:
            name = self.values.assign(word, value)
            self.values.captured[word] = name
            became = f"variable {name}"
        self._pending.append((piece.text if not SECRET.search(word) else f"{word}=…", line))
        step.spans.append((line, end))
        self.draft.tell(line, end, became)
        return True

    def _action(
        self, step: DraftStep, text: str, piece: Piece, line: int, host: str, title: str, carries: bool
    ) -> DraftAction:
        end = line + piece.lines - 1
        assigned = _ASSIGNED.match(text)
        if becomes_somebody(text):
            return self._terminal(
                step, piece, line, host, title, "it opens a shell as somebody else: what follows ran in it"
            )
        state = self.state if carries else ShellState()
        filled = self.values.filled(text, state.before)
        variables = frozenset(self.values.secrets.values())
        run = filled.text
        capture = ""
        if assigned is not None and _is_one_word(assigned[2]):
            capture = name_of(assigned[1])
            self.values.captured[assigned[1]] = capture
            run = f"{run}\nprintf '%s\\n' \"${assigned[1]}\""
        if state.container:
            run = in_container(state.container, run)
            run = self.values.filled(run).text
        done = bounded(run, "", variables)
        run = "\n".join(
            [*(self.values.filled(one, state.before).text for one in state.before if not state.container), done.text]
        )
        client = is_client(run) or is_client(done.text)
        why = next(iter(filled.troubles), "") or _not_run(run, text) or ("" if client else done.refusal)
        if why:
            return self._terminal(step, piece, line, host, title, why)
        action = DraftAction(
            kind="run",
            text=run,
            title=title,
            on=host,
            secrets=filled.secrets,
            capture=capture,
            directory="" if state.container else unfilled_directory(self.values, state.directory),
        )
        literal = "\n".join([*(told for told, _ in self._pending), piece.text])
        action.original = literal if literal != run or action.directory else ""
        self._pending.clear()
        step.actions.append(action)
        if "watch does not end" in done.notes:
            action.proposal = 'until = { every = "5s", within = "10m" }, with an expect of what is waited for'
        step.notes += [f"{cut(piece.text.splitlines()[0], 60)}: {note}" for note in done.notes]
        step.spans.append((line, end))
        self.draft.tell(line, end, f"step {step.id}: command")
        return action

    def _terminal(self, step: DraftStep, piece: Piece, line: int, host: str, title: str, why: str) -> DraftAction:
        """A command that a person runs in a terminal of their own."""
        end = line + piece.lines - 1
        where = f"In a terminal on {host}: " if host else "In a terminal: "
        action = DraftAction(kind="manual", text=unfilled(where + piece.text), title=title)
        literal = "\n".join([*(told for told, _ in self._pending), piece.text])
        action.original = literal
        self._pending.clear()
        step.actions.append(action)
        step.notes.append(f"{cut(piece.text.splitlines()[0], 60)}: {why}")
        step.spans.append((line, end))
        self.draft.tell(line, end, f"step {step.id}: by hand in a terminal", why)
        return action


def unfilled_directory(values: OpenValues, directory: str) -> str:
    """A folder with the values that it leaves open as `{{ name }}`."""
    return values.filled(directory).text if re.search(r"[$<]|YYYY", directory) else directory


def _is_one_word(text: str) -> bool:
    """Whether the whole of what stands behind `NAME=` is its value, and no command follows."""
    depth, quote = 0, ""
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character if depth == 0 else ""
        elif character in "({":
            depth += 1
        elif character in ")}":
            depth -= 1
        elif character in " \t;&|\n" and depth == 0:
            return not text[at:].strip()
    return bool(text) and "$" in text or "`" in text


def _not_run(run: str, text: str) -> str:
    """Why a command is not run, whatever it does: a value has no place in it, a quote is open, something is hidden."""
    script = read(run)
    for placeholder in script.placeholders:
        if placeholder.refusal:
            return f"{{{{ {placeholder.name} }}}} cannot be filled in: {placeholder.refusal}"
    if "never closed" in script.trouble:
        return "a quote or a bracket in it is never closed"
    hides = any(spelled(line) != line.expandtabs() for line in text.split("\n"))
    return "it has characters that do not show" if hides else ""


class _FenceReading:
    """One code block on its way to actions."""

    def __init__(self, reader: BlockReader, step: DraftStep, passage: Passage, title: str) -> None:
        self._reader = reader
        self._passage = passage
        self._title = title
        self._comments: list[Piece] = []
        self._texts: list[Piece] = []
        self._last: DraftAction | None = None
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
            if title:
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
        last = self._last
        if last is None or last.kind != "run" or not (is_client(last.text) or last.stdin):
            self._reader.told(self.step, piece.text, line, line)
            return
        last.original = (last.original or last.text) + f"\n> {piece.text}"
        if not re.match(r"^(?:exit|quit|\\q)\b(?:\(\))?;?$", piece.text.strip()):
            last.stdin += piece.text + "\n"
        self.step.spans.append((line, line))
        self._reader.draft.tell(line, line, f"step {self.step.id}: standard input of the command")

    def _shown(self) -> None:
        """Lines that are no commands: what a command printed, or a text to send."""
        if not self._texts:
            return
        text = "\n".join(one.text for one in self._texts)
        start, end = self._line(self._texts[0]), self._line(self._texts[-1]) + self._texts[-1].lines - 1
        self._texts.clear()
        title = self._said()
        if (title or self._title) and self._last is None and asks(title or self._title):
            words = f"{title or self._title}:\n{text}"
            self._reader.ask(self.step, words, start, end)
            self.step.actions[-1].title = ""
            return
        words = f"{title}:\n{text}" if title else text
        self._reader.told(self.step, words, start, end)

    def _rest(self) -> None:
        """Comments behind the last command, and clients that nothing was typed into."""
        for action in self.step.actions:
            if action.kind == "run" and not action.stdin and is_client(action.text):
                action.kind, action.title = "manual", action.title
                why = "it waits for what a person types"
                where = f"In a terminal on {action.on}: " if action.on else "In a terminal: "
                action.original = action.original or action.text
                action.text = unfilled(where + action.original)
                action.directory, action.secrets = "", ()
                line = self._passage.start
                self.step.notes.append(f"{cut(action.original.splitlines()[-1], 60)}: {why}")
                self._reader.draft.tell(line, line, f"step {self.step.id}: by hand in a terminal", why)
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
