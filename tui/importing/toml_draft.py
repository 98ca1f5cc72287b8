"""Writes the draft of a runbook as TOML, with what a person should look at as comments beside it."""

import re
from collections.abc import Iterator, Sequence

from tui.importing.drafted import DraftAction, DraftHost, DraftIssue, DraftSection, DraftStep, RunbookDraft
from tui.importing.named import SHORTEST, cut
from tui.runbook.source_document.drift import passage_hash
from tui.text.toml_text import toml_text

_NAME = re.compile(r"^[a-z][a-z0-9_-]*$")


def toml_of(draft: RunbookDraft, document: str, lines: Sequence[str]) -> str:
    """The runbook as a file of the second edition.

    Args:
        document: the document's path as the runbook names it.
        lines: the document's lines, of which each step keeps a hash.
    """
    writer = _Writer(draft, document, lines)
    return "\n".join(writer.lines()) + "\n"


def text_of(text: str) -> str:
    """A text as TOML: over several lines where it has some and nothing in it is hidden, else in one."""
    text = text.strip("\n")
    plain = all(
        toml_text(line) == '"' + line.replace("\\", "\\\\").replace('"', '\\"') + '"' for line in text.split("\n")
    )
    if not plain or "'''" in text or text.endswith("'"):
        return toml_text(text)
    if "\n" in text:
        return f"'''\n{text}'''"
    return f"'{text}'" if ('"' in text or "\\" in text) and "'" not in text else toml_text(text)


def said(text: str) -> str:
    """A text as the remainder of a comment: one line, nothing hidden."""
    return toml_text(" ".join(text.split()))[1:-1].replace('\\"', '"')


class _Writer:
    def __init__(self, draft: RunbookDraft, document: str, lines: Sequence[str]) -> None:
        self._draft = draft
        self._document = document
        self._lines = lines

    def lines(self) -> Iterator[str]:
        draft = self._draft
        yield f"# Made from {said(self._document)} by `runbook import`: read every step before you run it."
        yield "# `# proposed:` is what the document seems to expect; it counts where you make it part of the step."
        yield "format = 2"
        yield ""
        yield "[runbook]"
        yield f"title = {toml_text(draft.title)}"
        yield from (f"{key} = {toml_text(value)}" for key, value in draft.about.items())
        yield f"document = {toml_text(self._document)}"
        yield f"default_host = {toml_text(draft.default_host)}"
        if draft.told:
            yield "architecture = ["
            yield from (f"    {toml_text(line)}," for text in draft.told for line in text.split("\n") if line.strip())
            yield "]"
        yield ""
        yield "[defaults]"
        yield 'budget = "10m"'
        yield 'timeout = "10m"'
        for name, host in draft.hosts.items():
            yield from self._host(name, host)
        yield from self._values()
        yield from self._flows()
        for section in draft.sections:
            yield from self._section(section)
        for issue in draft.issues:
            yield from self._issue(issue)
        yield from self._lists()

    def _host(self, name: str, host: DraftHost) -> Iterator[str]:
        yield ""
        yield f"[hosts.{name}]" + (f"  # {said(host.remark)}" if host.remark else "")
        if host.here:
            yield "local = true"
            return
        yield f"target = {toml_text(host.target)}"
        if host.user:
            yield f"user = {toml_text(host.user)}"

    def _values(self) -> Iterator[str]:
        for name, variable in self._draft.variables.items():
            yield ""
            yield f"[variables.{name}]"
            yield f"prompt = {toml_text(variable.prompt)}"
            if variable.default:
                yield f"default = {toml_text(variable.default)}"
            if variable.flows:
                yield f"flows = [{', '.join(map(toml_text, variable.flows))}]"
        used = {name for step in self._steps() for action in step.actions for name in action.secrets}
        for name, variable_name in self._draft.secrets.items():
            if name in used:
                yield ""
                yield f"[secrets.{name}]"
                yield f"variable = {toml_text(variable_name)}"
                yield 'source = "prompt"'
        for name, title in self._draft.methods.items():
            yield ""
            yield f"[methods.{name}]"
            yield f"title = {toml_text(title)}"

    def _steps(self) -> Iterator[DraftStep]:
        draft = self._draft
        for section in draft.sections:
            yield from section.steps
        for issue in draft.issues:
            yield from issue.diagnosis
            for solution in issue.solutions:
                yield from solution.steps

    def _flows(self) -> Iterator[str]:
        sections = self._draft.sections
        forward = [section for section in sections if not section.undoes]
        backward = [section for section in sections if section.undoes]
        verifying = [one for one in forward if one.verifies]
        if forward:
            title = self._draft.title.lower()
            kind = "deploy" if re.search(r"deploy|release|rollout", title) else "change"
            if not any(step.mutates for one in forward for step in one.steps):
                kind = "diagnosis"
            yield from self._flow(
                kind, {"deploy": "Deploy", "change": "Change", "diagnosis": "Look"}[kind], kind, forward
            )
        if verifying and len(verifying) < len(forward):
            yield from self._flow("verify", "Verify", "verify", verifying)
        if backward:
            yield from self._flow("rollback", "Roll back", "rollback", backward)

    def _flow(self, name: str, title: str, kind: str, sections: Sequence[DraftSection]) -> Iterator[str]:
        yield ""
        yield f"[flows.{name}]"
        yield f"title = {toml_text(title)}"
        yield f"kind = {toml_text(kind)}"
        yield f"sections = [{', '.join(toml_text(section.id) for section in sections)}]"
        methods = list(dict.fromkeys(section.method for section in sections if section.method))
        if methods:
            yield f"methods = [{', '.join(map(toml_text, methods))}]"

    def _section(self, section: DraftSection) -> Iterator[str]:
        yield ""
        yield "[[sections]]"
        yield f"id = {toml_text(section.id)}"
        yield from _titled(section.title)
        if section.texts:
            yield f"text = {text_of(_joined(section.texts))}"
        if section.method:
            yield f"when = {{ method = {toml_text(section.method)} }}"
        for step in section.steps:
            yield from self._step("sections.steps", step)

    def _step(self, table: str, step: DraftStep) -> Iterator[str]:
        yield ""
        yield f"[[{table}]]"
        yield f"id = {toml_text(step.id)}"
        yield from _titled(step.title)
        if step.texts:
            yield f"text = {text_of(_joined(step.texts))}"
        if step.notes:
            yield f"note = {text_of(_joined(step.notes))}"
        spans = _merged(step.spans)
        if spans:
            source = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)
            yield f"source = {toml_text(source)}"
            yield f"passage = {toml_text(passage_hash(self._lines, source))}"
        if step.destructive:
            yield 'danger = "destructive"'
        elif step.mutates:
            yield "mutates = true"
        if step.checklist:
            yield f"checklist = [{toml_text(step.checklist)}]"
        if len(step.actions) == 1:
            yield from self._action(step.actions[0])
            yield from _proposed(step.actions[0])
            return
        yield "actions = ["
        for action in step.actions:
            title = f"title = {toml_text(action.title)}, " if action.title else ""
            yield f"    {{ {title}{', '.join(self._action(action))} }},"
            yield from (f"    {line}" for line in _proposed(action))
        yield "]"

    def _action(self, action: DraftAction) -> Iterator[str]:
        yield f"{action.kind} = {text_of(action.text)}"
        if action.kind in ("run", "interactive"):
            if action.on not in ("", self._draft.default_host):
                yield f"on = {toml_text(action.on)}"
            if action.directory:
                yield f"directory = {toml_text(action.directory)}"
            if action.stdin:
                yield f"stdin = {text_of(action.stdin)}"
            if action.secrets:
                yield f"secrets = [{', '.join(map(toml_text, action.secrets))}]"
        if action.kind == "ask":
            yield 'answer = "text"'
        if action.capture:
            yield f"capture = {{ {action.capture} = {'{ secret = true }' if action.capture_secret else '{}'} }}"
        if action.original:
            yield f"original = {text_of(action.original)}"

    def _issue(self, issue: DraftIssue) -> Iterator[str]:
        yield ""
        yield "[[troubleshooting]]"
        yield f"id = {toml_text(issue.id)}"
        yield f"title = {toml_text(issue.title)}"
        yield f"symptoms = [{', '.join(map(toml_text, issue.symptoms))}]"
        yield f"source = {toml_text(f'{issue.start}-{issue.end}' if issue.start else '')}"
        for step in issue.diagnosis:
            yield from self._step("troubleshooting.diagnosis", step)
        for solution in issue.solutions:
            yield ""
            yield "[[troubleshooting.solutions]]"
            yield f"id = {toml_text(solution.id)}"
            yield f"title = {toml_text(solution.title)}"
            if solution.forbidden:
                yield f"forbidden = {text_of(solution.forbidden)}"
            for step in solution.steps:
                yield from self._step("troubleshooting.solutions.steps", step)

    def _lists(self) -> Iterator[str]:
        for name, title in self._draft.reasons:
            yield from ("", "[[rollback_reasons]]", f"id = {toml_text(name)}", f"title = {toml_text(title)}")
        for name, title, within in self._draft.followups:
            yield from ("", "[[followups]]", f"id = {toml_text(name)}", f"title = {toml_text(title)}")
            yield f"within = {toml_text(within)}"
        for name, title in self._draft.checklist:
            yield from ("", "[[checklist]]", f"id = {toml_text(name)}", f"title = {toml_text(title)}")


def _proposed(action: DraftAction) -> Iterator[str]:
    """What a document seems to expect, as a comment; its own texts are written as TOML has them already."""
    if action.proposal:
        yield f"# proposed: {action.proposal if action.proposal.isprintable() else said(action.proposal)}"


def _titled(title: str) -> Iterator[str]:
    yield f"title = {toml_text(title)}"
    if len(title) > SHORTEST:
        yield f"short = {toml_text(cut(re.sub(r' *[(:–—].*$', '', title) or title, SHORTEST))}"


def _joined(texts: Sequence[str]) -> str:
    return "\n".join(dict.fromkeys(text.strip("\n") for text in texts if text.strip()))


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in their order, what touches as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(span for span in spans if span[0] > 0):
        if found and start <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found
