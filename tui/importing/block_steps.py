"""Makes the actions of steps from a document's blocks: commands, work by hand, pages to open, and what is only text."""

import re
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from tui.importing.document.passages import Passage
from tui.importing.drafted import DraftAction, DraftHost, DraftStep, RunbookDraft
from tui.importing.named import Ids, cut, title_of, unfilled
from tui.importing.shell_code.bounded_commands import bounded, is_client
from tui.importing.shell_code.carried import (
    ShellState,
    becomes_somebody,
    host_name,
    in_container,
    is_from_outside,
    moved,
    ssh_of,
)
from tui.importing.shell_code.open_clients import OpenClient
from tui.importing.shell_code.open_values import OpenValues, is_secret, with_dollar
from tui.importing.shell_code.shell_lines import LineKind, Piece
from tui.runbook.shell.lexer import read
from tui.text.command import spelled

_LITERAL = re.compile(r"""^(?:export\s+)?([A-Za-z_]\w*)=("[^"$`\\]*"|'[^']*'|[^\s;&|()<>"'$`\\]*)$""")
_ASSIGNED = re.compile(r"^(?:export\s+)?([A-Za-z_]\w*)=(.*)$", re.DOTALL)


class DocumentCommand(Struct, frozen=True, kw_only=True):
    """A command of the document: its lines, the step that it is for, and what of it runs on which host."""

    step: DraftStep
    piece: Piece
    line: int
    text: str
    host: str
    title: str = ""

    @property
    def end(self) -> int:
        """The last of its lines."""
        return self.line + self.piece.lines - 1


class BlockReader:
    """Turns blocks into actions, one after the other: it knows where the document's shell is by now."""

    def __init__(self, draft: RunbookDraft, values: OpenValues, ids: Ids) -> None:
        self.draft = draft
        self.values = values
        self.ids = ids
        self.state = ShellState()
        self.client = OpenClient(draft)
        self._pending: list[tuple[str, int]] = []
        """Lines that only moved the shell; they belong to the next command."""

    def step(self, title: str, start: int, end: int) -> DraftStep:
        """A new step without anything in it."""
        return DraftStep(id=self.ids.new(title_of(title)), title=title_of(title), spans=[(start, end)])

    def query(self, step: DraftStep, passage: Passage) -> None:
        """Statements for a database: typed into the client that stands before them, else by hand."""
        text = passage.text.rstrip("\n")
        statement = self.values.stated(text)
        last = self.client.typed_into(step) if statement is not None else None
        if last is not None:
            last.stdin += f"{statement}\n"
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
        self.client.leave()
        if self.state.container and is_from_outside(self.state.container, piece.text):
            self.leave(step)
            self.state = self.state.earlier or self.state
        if piece.host and piece.host != "localhost":
            self._at_host(piece.host, piece.user if piece.user != "root" else "")
        command = DocumentCommand(step=step, piece=piece, line=line, text=piece.text, host=self.state.host, title=title)
        if self._moves(command) or self._sets(command):
            return None
        found = ssh_of(piece.text)
        stays = re.search(r"(?:&&|;|\n)\s*(cd\s+[^\s;&|]+)\s*$", piece.text)
        if found is not None and found.command:
            command = replace(command, text=found.command, host=self._host(found.name, found.target, found.user))
            if found.options:
                self.draft.tell(line, command.end, "options of ssh", "options of ssh belong into ssh_config")
        action = self._action(command)
        if stays and found is None and (after := moved(self.state, stays[1])) is not None:
            self.state = after.state  # the folder that the line ends in is that of the next one
        return action

    def moves(self, step: DraftStep) -> bool:
        """Whether a step has lines that only moved the shell, and wait for the next command."""
        return any(start <= line <= end for _, line in self._pending for start, end in step.spans)

    def leave(self, step: DraftStep) -> None:
        """Keep what only moved the shell, where no command came after it."""
        if self._pending and (entered := self._entered_last()):
            text, line = entered
            self.state = self.state.earlier or self.state
            self._pending.pop()
            filled = self.values.filled(text, self.state.before)
            if not filled.troubles and not filled.secrets:
                run = "\n".join([*self.state.before, filled.text])
                piece = Piece(LineKind.COMMAND, text, 0)
                command = DocumentCommand(step=step, piece=piece, line=line, text=text, host=self.state.host)
                self._interactive(command, run, "", "it opens a shell")
        if self._pending:
            step.texts.append(unfilled("The document also has: " + "; ".join(text for text, _ in self._pending)))
        self._pending.clear()

    def _entered_last(self) -> tuple[str, int] | None:
        """The line that went into a container, where nothing was done there."""
        last = self._pending[-1]
        return last if self.state.container and ssh_of(last[0]) is None and " exec " in last[0] else None

    def again(self, state: ShellState) -> None:
        """Have the shell be where it was before, for another way through the document."""
        self.client.leave()
        self.state = state

    def afresh(self) -> None:
        """Have what was sourced and exported end with its part of the document, and containers and clients be left."""
        self.client.leave()
        while self.state.container and self.state.earlier is not None:
            self.state = self.state.earlier
        self.state = replace(self.state, before=())

    def _at_host(self, host: str, user: str) -> None:
        if self.state.host != host_name(host):
            self.state = ShellState(host=self._host(host_name(host), host, user))

    def _host(self, name: str, target: str, user: str) -> str:
        self.draft.hosts.setdefault(name, DraftHost(target=target, user=user))
        return name

    def _moves(self, command: DocumentCommand) -> bool:
        """Whether it only moves the shell: to another host, folder or container."""
        text = command.text
        found = moved(self.state, text)
        literal = _LITERAL.match(text) if text.startswith("export ") else None
        if found is None or (literal is not None and is_secret(literal[1])):
            return False
        self.state = found.state
        if found.target:
            self._host(found.state.host, found.target, found.user)
        if not text.startswith(("exit", "logout")):
            self._pending.append((text, command.line))
        self._tell(command, f"step {command.step.id}: {found.words}", found.doubt)
        return True

    def _sets(self, command: DocumentCommand) -> bool:
        """A value that the document says itself: a variable with that default, or a secret."""
        literal = _LITERAL.match(command.text)
        if literal is None:
            return False
        word, value = literal[1], literal[2].strip("\"'")
        if is_secret(word):
            self.values.secret(word)
            became = "asked for as a secret"
        else:
            name = self.values.assign(word, value)
            self.values.captured[word] = name
            became = f"variable {name}"
        self._pending.append((command.text if not is_secret(word) else f"{word}=…", command.line))
        self._tell(command, became)
        return True

    def _action(self, command: DocumentCommand) -> DraftAction:
        """What a command becomes: it is run, else it gets the operator's terminal, else a person does it by hand."""
        assigned = _ASSIGNED.match(command.text)
        if becomes_somebody(command.text):
            return self._terminal(command, "it opens a shell as somebody else: what follows ran in it")
        state = self.state if command.host == self.state.host else ShellState()
        text = with_dollar(command.text)
        filled = self.values.filled(text, state.before)
        variables = frozenset(self.values.secrets.values())
        run = filled.text
        capture = ""
        if assigned is not None and _is_one_word(assigned[2]):
            capture = self.values.prints(assigned[1])
            run = f"{run}\nprintf '%s\\n' \"${assigned[1]}\""
        if state.container:
            run = in_container(state.container, run)
            run = self.values.filled(run).text
        done = bounded(run, "", variables)
        run = "\n".join(
            [*(self.values.filled(one, state.before).text for one in state.before if not state.container), done.text]
        )
        client = is_client(run) or is_client(done.text)
        why = next(iter(filled.troubles), "") or _not_run(run, text)
        if capture and (why or (done.refusal and not client)):
            self.values.asked(capture)  # nothing is captured of what a person runs in a terminal
        if not why and done.refusal and not client:
            if filled.secrets or state.container or "is an argument of" in done.refusal:
                why = done.refusal
            else:
                directory = unfilled_directory(self.values, state.directory)
                return self._interactive(command, run, directory, done.refusal)
        if why:
            return self._terminal(command, why)
        action = DraftAction(
            kind="run",
            text=run,
            title=command.title,
            on=command.host,
            secrets=filled.secrets,
            capture=capture,
            capture_secret=capture in self.values.printed,
            directory="" if state.container else unfilled_directory(self.values, state.directory),
        )
        if "watch does not end" in done.notes:
            action.proposal = 'until = { every = "5s", within = "10m" }, with an expect of what is waited for'
        self._take(command, action, "command", done.notes)
        self.client.opens(action)
        return action

    def _interactive(self, command: DocumentCommand, run: str, directory: str, why: str) -> DraftAction:
        """A program that gets the operator's terminal."""
        action = DraftAction(kind="interactive", text=run, title=command.title, on=command.host, directory=directory)
        return self._take(command, action, "a program in your terminal", [why], why)

    def _terminal(self, command: DocumentCommand, why: str) -> DraftAction:
        """A command that a person runs in a terminal of their own."""
        where = f"In a terminal on {command.host}: " if command.host else "In a terminal: "
        action = DraftAction(kind="manual", text=unfilled(where + command.piece.text), title=command.title)
        return self._take(command, action, "by hand in a terminal", [why], why)

    def _take(
        self, command: DocumentCommand, action: DraftAction, became: str, notes: Sequence[str], doubt: str = ""
    ) -> DraftAction:
        """Take an action into its step, with what it was made from."""
        literal = "\n".join([*(told for told, _ in self._pending), command.piece.text])
        action.original = literal if literal != action.text or action.directory else ""
        self._pending.clear()
        step = command.step
        step.actions.append(action)
        step.notes += [f"{cut(command.piece.text.splitlines()[0], 60)}: {note}" for note in notes]
        self._tell(command, f"step {step.id}: {became}", doubt)
        return action

    def _tell(self, command: DocumentCommand, became: str, doubt: str = "") -> None:
        """Record for the report what became of a command's lines."""
        command.step.spans.append((command.line, command.end))
        self.draft.tell(command.line, command.end, became, doubt)


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
