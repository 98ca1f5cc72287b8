"""Makes the draft of a runbook from a Markdown document: which part becomes what, and nothing of it is dropped."""

import re

from tui.importing.asking_later import ask_later
from tui.importing.block_steps import BlockReader
from tui.importing.document.document_parts import DocumentPart, parts_of
from tui.importing.document.passages import Passage, PassageKind, passages_of
from tui.importing.document.prose import ABOUT, CONTENTS, METHOD, REASONS, TROUBLES, UNDOES, VERIFIES, hours_within
from tui.importing.drafted import DraftAction, DraftHost, DraftSection, DraftStep, DraftVariable, RunbookDraft
from tui.importing.issue_parts import has_issues, is_issue, issue_of
from tui.importing.list_steps import ADDRESS, PassageReader, acts, is_address, plain_text
from tui.importing.named import Ids, name_of, title_of, unfilled, words
from tui.importing.shell_code.carried import ShellState
from tui.importing.shell_code.open_values import OpenValues
from tui.runbook.shell.destroys import loses
from tui.runbook.shell.programs import simple_commands
from tui.runbook.shell.read_only import changes
from tui.runbook.shell.read_only_programs import PLAIN

HERE = "workstation"
_FROM_HERE = words("""
    kubectl oc helm terraform aws gcloud az git gh argocd flux istioctl kustomize eksctl kops curl jq
    docker-compose
    """)


def draft_of(text: str, name: str) -> RunbookDraft:
    """The draft that a document makes; `name` is its title where it has no heading."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    return _Drafting(text, name).draft


class _Drafting:
    def __init__(self, text: str, name: str) -> None:
        self.draft = RunbookDraft()
        self.values = OpenValues()
        self.ids = Ids()
        self.blocks = BlockReader(self.draft, self.values, self.ids)
        self.reader = PassageReader(self.blocks, self.draft)
        top = parts_of(passages_of(text), name)
        self.draft.title = title_of(top.title)
        if top.start:
            self.draft.tell(top.start, top.end, "title of the runbook")
        if is_issue(top):
            self._whole_issue(top)
        else:
            self._beginning(top)
            ways, before = _ways_of(top), self.blocks.state
            for part in top.parts:
                self.blocks.afresh()
                if part in ways:
                    self._way(part, self.blocks.state if part is ways[0] else before, bool(UNDOES.search(part.title)))
                else:
                    self._part(part, undoes=bool(UNDOES.search(part.title)), method="")
                before = self.blocks.state if part not in ways else before
        self._finish()

    def _whole_issue(self, top: DocumentPart) -> None:
        """A document that is one trouble: the page of an alert."""
        parts = [part for part in top.parts if not (UNDOES.search(part.title) or CONTENTS.match(part.title))]
        rest = [part for part in top.parts if part not in parts]
        own = [one for one in top.own if not self._about(one)]
        self.draft.issues.append(
            issue_of(
                self.reader,
                DocumentPart(title=top.title, level=top.level, start=top.start, end=top.end, own=own, parts=parts),
            )
        )
        for part in rest:
            self._part(part, undoes=bool(UNDOES.search(part.title)), method="")

    def _beginning(self, top: DocumentPart) -> None:
        """What stands before the first section."""
        own = [one for one in top.own if not self._about(one)]
        if acts([one for one in own if one.kind is not PassageKind.PARAGRAPH or one.codes]):
            title = "Beforehand" if top.parts else self.draft.title
            self._section(
                DocumentPart(title=title, level=1, start=0, end=0, own=own),
                undoes=bool(UNDOES.search(top.title)),
                method="",
            )
        else:
            self._told("", own)

    def _about(self, one: Passage) -> bool:
        """Take what a line says of the document itself: its version, its owner."""
        if one.language == "front matter":
            pairs = re.findall(r"^(\w[\w ]*):[ \t]*(.+)$", one.text, re.MULTILINE)
            self._say(pairs)
            self.draft.told += [unfilled(line) for line in one.text.splitlines() if line.strip()]
            self.draft.tell(one.start, one.end, "about the runbook")
            return True
        if one.kind is not PassageKind.PARAGRAPH or not one.label:
            return False
        lines = [re.match(r"^([\w ]{3,24}?)\s*:\s*(.+)$", line) for line in one.text.splitlines()]
        pairs = [(found[1], found[2]) for found in lines if found and found[1].strip().lower() in ABOUT]
        if len(pairs) != len(lines):
            return False
        self._say(pairs)
        self.draft.tell(one.start, one.end, "about the runbook")
        return True

    def _say(self, pairs: list[tuple[str, str]]) -> None:
        for key, value in pairs:
            known = ABOUT.get(key.strip().lower())
            if known:
                if known in self.draft.about:
                    self.draft.told.append(unfilled(f"{key}: {value}"))
                self.draft.about.setdefault(known, unfilled(value.strip().strip("\"'")))

    def _told(self, title: str, passages: list[Passage]) -> None:
        """What only informs: it stands at the runbook itself."""
        for one in passages:
            if one.kind is PassageKind.RULE:
                self.draft.tell(one.start, one.end, "a rule between parts")
            elif is_address(one):
                self.draft.tell(one.start, one.end, ADDRESS)
            elif not self._about(one):
                text = plain_text(one)
                self.draft.told.append(unfilled(f"{title}: {text}" if title else text))
                self.draft.tell(one.start, one.end, "about the runbook, text")

    def _part(self, part: DocumentPart, undoes: bool, method: str) -> None:
        """A part of the document, whatever it is."""
        if CONTENTS.match(part.title.strip()):
            self._contents(part)
        elif REASONS.search(part.title):
            self._reasons(part)
        elif is_issue(part):
            self.draft.issues.append(issue_of(self.reader, part))
        elif TROUBLES.match(part.title.strip()) or has_issues(part):
            self._troubles(part, undoes, method)
        elif self._followups(part):
            return
        elif not any(acts(one.own) for one in part.everything()):
            self._informs(part)
        else:
            self._procedure(part, undoes, method)

    def _contents(self, part: DocumentPart) -> None:
        for one in part.everything():
            self.draft.tell(one.start, one.end, "contents of the document")
            for passage in one.own:
                self.draft.tell(passage.start, passage.end, "contents of the document")

    def _informs(self, part: DocumentPart) -> None:
        for one in part.everything():
            self.draft.tell(one.start, one.end, "about the runbook, a heading")
            before = len(self.draft.told)
            self._told(title_of(one.title), one.own)
            if len(self.draft.told) == before:
                self.draft.told.append(unfilled(one.title))

    def _reasons(self, part: DocumentPart) -> None:
        self.draft.tell(part.start, part.end, "reasons to roll back")
        for one in part.passages():
            if one.kind is PassageKind.LIST:
                for item in one.inner:
                    text = unfilled(" ".join(plain_text(item).split()))
                    self.draft.reasons.append((self.ids.new(text, "reason"), text))
                    self.draft.tell(item.start, item.end, "a reason to roll back")
            else:
                self._told(part.title, [one])
        for below in part.parts:
            self.draft.tell(below.start, below.end, "reasons to roll back")

    def _followups(self, part: DocumentPart) -> bool:
        """Tasks that are due some time after: `Within 24 hours`."""
        timed = [(one, hours_within(one.title)) for one in part.everything()]
        if not any(within and any(item.kind is PassageKind.LIST for item in one.own) for one, within in timed):
            return False
        if any(acts([one]) for part_, within in timed if not within for one in part_.own):
            return False
        within = ""
        for one, own in timed:
            within = own or within
            self.draft.tell(one.start, one.end, "follow-ups")
            for passage in one.own:
                if passage.kind is PassageKind.LIST and within:
                    for item in passage.inner:
                        text = unfilled(" ".join(plain_text(item).split()))
                        self.draft.followups.append((self.ids.new(text, "task"), text, within))
                        self.draft.tell(item.start, item.end, f"a follow-up within {within}")
                else:
                    self._told(one.title, [passage])
        return True

    def _troubles(self, part: DocumentPart, undoes: bool, method: str) -> None:
        self.draft.tell(part.start, part.end, "troubles")
        if acts(part.own) and not part.parts:
            self.draft.issues.append(issue_of(self.reader, part))
            return
        self._told(title_of(part.title), part.own)
        for below in part.parts:
            if is_issue(below) or (TROUBLES.match(part.title.strip()) and not has_issues(below)):
                self.draft.issues.append(issue_of(self.reader, below))
            else:
                self._part(below, undoes or bool(UNDOES.search(below.title)), method)

    def _procedure(self, part: DocumentPart, undoes: bool, method: str) -> None:
        """A part in which something is done: a section, and sections below it where its parts have parts."""
        ways = _ways_of(part)
        if ways and not method:
            self._ways(part, ways, undoes)
            return
        groups: list[list[DocumentPart]] = [[]]
        for one in part.parts:  # in the document's order: what follows a section of its own is another section
            if one.parts or self._is_apart(one, undoes):
                groups += [[one], []]
            else:
                groups[-1].append(one)
        for at, group in enumerate(groups):
            if at % 2:
                self._part(group[0], undoes or bool(UNDOES.search(group[0].title)), method)
            elif at == 0 and not (acts(part.own) or any(acts(one.own) for one in group)) and part.parts:
                self.draft.tell(part.start, part.end, "a heading of sections")
                self._told(title_of(part.title), part.own)
                for one in group:
                    self._informs(one)
            elif at == 0 or group:
                own = part.own if at == 0 else []
                start, end = (part.start, part.end) if at == 0 else (group[0].start, group[0].start)
                title = part.title if at == 0 else group[0].title
                self._section(
                    DocumentPart(title=title, level=part.level, start=start, end=end, own=own, parts=group),
                    undoes,
                    method,
                )

    def _is_apart(self, part: DocumentPart, undoes: bool) -> bool:
        """Whether a part without parts is something else than steps."""
        return (
            bool(REASONS.search(part.title))
            or is_issue(part)
            or (not undoes and bool(UNDOES.search(part.title)) and acts(part.own))
        )

    def _ways(self, part: DocumentPart, ways: list[DocumentPart], undoes: bool) -> None:
        """Method A or method B: each begins with the shell as it was before them."""
        before = self.blocks.state
        rest = [one for one in part.parts if one not in ways]
        own = DocumentPart(title=part.title, level=part.level, start=part.start, end=part.end, own=part.own)
        if acts(part.own):
            self._section(own, undoes, "")
        else:
            self.draft.tell(part.start, part.end, "a heading of methods")
            self._told(title_of(part.title), part.own)
        for one in ways:
            self._way(one, before, undoes)
        for one in rest:
            self._part(one, undoes or bool(UNDOES.search(one.title)), "")

    def _way(self, part: DocumentPart, before: ShellState, undoes: bool) -> None:
        """One of the methods."""
        found = METHOD.match(part.title.strip())
        words = (found[2] if found else "") or part.title
        name = name_of(re.sub(r"\(.*?\)", "", words))
        self.draft.methods.setdefault(name, title_of(words))
        self.blocks.again(before)
        self._procedure(part, undoes, name)

    def _section(self, part: DocumentPart, undoes: bool, method: str) -> None:
        section = DraftSection(
            id=self.ids.new(title_of(part.title), "section"),
            title=title_of(part.title),
            method=method,
            undoes=undoes,
            verifies=bool(VERIFIES.search(part.title)) and not undoes,
            start=part.start,
            end=part.last,
        )
        if part.start:
            self.draft.tell(part.start, part.end, f"section {section.id}: title")
        if acts(part.own):
            steps = self.reader.steps(
                part.title,
                [one for one in part.own if not self._about(one)],
                part.start or part.own[0].start,
                part.end or part.own[0].start,
            )
            if not any(acts(below.own) for below in part.parts):
                self.blocks.leave(steps[-1])
            self._keep(section, steps)
        else:
            for one in part.own:
                self._inform(section, one)
        doing = [below for below in part.parts if acts(below.own)]
        for below in part.parts:
            self.draft.tell(below.start, below.end, "title of a step")
            if below in doing:
                steps = self.reader.steps(below.title, below.own, below.start, below.end)
                if below is doing[-1]:
                    self.blocks.leave(steps[-1])
                self._keep(section, steps)
            else:
                section.texts.append(unfilled(below.title))
                for passage in below.own:
                    self._inform(section, passage)
        if section.steps:
            self.draft.sections.append(section)
        else:
            self.draft.told += [f"{section.title}: {text}" for text in section.texts]

    def _inform(self, section: DraftSection, one: Passage) -> None:
        if one.kind is PassageKind.RULE:
            self.draft.tell(one.start, one.end, "a rule between parts")
        elif one.language == "unread":
            self._told("", [one])
        elif not self._about(one):
            section.texts.append(unfilled(plain_text(one)))
            self.draft.tell(one.start, one.end, f"section {section.id}: text")

    def _keep(self, section: DraftSection, steps: list[DraftStep]) -> None:
        """Take the steps; what has nothing to do in it is text of the section or of the step before."""
        for step in steps:
            if step.actions:
                section.steps.append(step)
                continue
            told = [*([step.title] if step.title != section.title else []), *step.texts]
            if section.steps:
                section.steps[-1].texts += told
                section.steps[-1].spans += step.spans
            else:
                section.texts += told

    def _finish(self) -> None:
        draft = self.draft
        draft.variables = {
            name: DraftVariable(prompt=prompt, default=self.values.defaults.get(name, ""))
            for name, prompt in self.values.variables.items()
            if name not in self.values.captured.values() or name in self.values.defaults
        }
        draft.secrets = self.values.to_ask()
        steps = list(every_step(draft))
        for step in steps:
            for action in step.actions:
                if action.kind == "run":
                    step.mutates = step.mutates or any(True for _ in changes(action.text, action.stdin))
                    step.destructive = step.destructive or bool(loses(action.text, action.stdin))
                elif action.kind == "interactive":
                    step.mutates = True
                    step.destructive = step.destructive or bool(loses(action.text))
        ask_later(draft)
        self._hosts(steps)
        if not draft.sections:
            self._nothing_to_do()

    def _hosts(self, steps: list[DraftStep]) -> None:
        """Give the commands a host that the document names none for."""
        draft = self.draft
        commands = [action for step in steps for action in step.actions if action.kind in ("run", "interactive")]
        unnamed = [action for action in commands if not action.on]
        if draft.hosts or all(_is_from_here(action.text) for action in unnamed) and unnamed:
            draft.default_host = HERE
            if unnamed or not draft.hosts:
                draft.hosts[HERE] = DraftHost(
                    here=True, remark="your own machine: the document names no host for these commands"
                )
                for action in unnamed:
                    action.on = HERE
            if draft.hosts:
                draft.default_host = next(iter(draft.hosts))
        else:
            draft.default_host = "server"
            draft.hosts["server"] = DraftHost(
                target="server", remark="the document names no host: say which, as for ssh"
            )

    def _nothing_to_do(self) -> None:
        """A session needs a flow: one in which a person reads what there is."""
        told = (
            "Follow the trouble that fits (key t)." if self.draft.issues else "Read the document: it asks for nothing."
        )
        step = DraftStep(id=self.ids.new("read"), title="Read", actions=[DraftAction(kind="manual", text=told)])
        self.draft.sections.append(DraftSection(id=self.ids.new("begin"), title="Begin", steps=[step]))


def every_step(draft: RunbookDraft) -> list[DraftStep]:
    """All steps of a draft."""
    return [
        *(step for section in draft.sections for step in section.steps),
        *(step for issue in draft.issues for step in issue.diagnosis),
        *(step for issue in draft.issues for solution in issue.solutions for step in solution.steps),
    ]


def _is_from_here(command: str) -> bool:
    programs = {one.program for one in simple_commands(command) if one.program}
    return bool(programs & _FROM_HERE) and programs <= _FROM_HERE | PLAIN


def _ways_of(part: DocumentPart) -> list[DocumentPart]:
    """The parts that are methods, of which one is chosen; none where there is only one."""
    ways = [
        one
        for one in part.parts
        if METHOD.match(one.title.strip()) and any(acts(below.own) for below in one.everything())
    ]
    return ways if len(ways) > 1 else []
