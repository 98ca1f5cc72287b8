"""Reads the troubles that a document describes: what they look like, how to tell, and what fixes them."""

import re

from tui.importing.document.document_parts import DocumentPart, labelled
from tui.importing.document.passages import Passage, PassageKind
from tui.importing.document.prose import label_of
from tui.importing.drafted import DraftAction, DraftIssue, DraftSolution, DraftStep
from tui.importing.list_steps import PassageReader, acts, is_stepwise, plain_text
from tui.importing.named import LONGEST, title_of, unfilled
from tui.importing.shell_code.shell_lines import LineKind, pieces_of


def is_issue(part: DocumentPart) -> bool:
    """Whether a part describes a trouble: by its headings or bold labels."""
    labels = {label_of(piece.title) for piece in labelled(part)} - {""}
    return len(labels) > 1


def has_issues(part: DocumentPart) -> bool:
    """Whether a part holds troubles, itself or below it."""
    return any(is_issue(one) for one in part.everything())


def issue_of(reader: PassageReader, part: DocumentPart) -> DraftIssue:
    """The trouble that a part describes."""
    draft = reader.draft
    issue = DraftIssue(
        id=reader.blocks.ids.new(title_of(part.title), "trouble"),
        title=title_of(part.title),
        start=part.start,
        end=part.last,
    )
    if part.start:
        draft.tell(part.start, part.end, f"trouble {issue.id}: title")
    for piece in labelled(part):
        label = label_of(piece.title)
        if piece.title and piece.start != part.start:
            draft.tell(piece.start, piece.end, f"trouble {issue.id}: {label or 'solutions'}")
        match label:
            case "symptoms":
                _symptoms(reader, issue, piece)
            case "diagnosis":
                _diagnosis(reader, issue, piece)
            case "" if not piece.title:
                _beginning(reader, issue, piece)
            case _:
                _solutions(reader, issue, piece, part)
    steps = [*issue.diagnosis, *(step for one in issue.solutions for step in one.steps)]
    if steps:
        reader.blocks.leave(steps[-1])
    return issue


def _beginning(reader: PassageReader, issue: DraftIssue, piece: DocumentPart) -> None:
    """What stands before the first label: text is a symptom, commands tell."""
    doing = [one for one in piece.own if acts([one])]
    _told(reader, issue, [one for one in piece.own if one not in doing])
    if doing:
        issue.diagnosis += _kept(reader.steps(f"Look: {issue.title}", doing, doing[0].start, doing[0].start))


def _told(reader: PassageReader, issue: DraftIssue, passages: list[Passage]) -> None:
    for one in passages:
        if one.kind is PassageKind.RULE:
            reader.draft.tell(one.start, one.end, "a rule between parts")
            continue
        texts = [plain_text(item) for item in one.inner] if one.kind is PassageKind.LIST else [plain_text(one)]
        issue.symptoms += [
            unfilled(" ".join(text.split()) if one.kind is not PassageKind.FENCE else text)
            for text in texts
            if text.strip()
        ]
        reader.draft.tell(one.start, one.end, f"trouble {issue.id}: symptom")


def _symptoms(reader: PassageReader, issue: DraftIssue, piece: DocumentPart) -> None:
    commands = [
        one
        for one in piece.own
        if one.kind is PassageKind.FENCE
        and any(found.kind is LineKind.COMMAND for found in pieces_of(one.text, one.language))
    ]
    _told(reader, issue, [one for one in piece.own if one not in commands])
    if commands:
        issue.diagnosis += _kept(reader.steps(piece.title, commands, piece.start, piece.end))
    for below in piece.parts:
        reader.draft.tell(below.start, below.end, f"trouble {issue.id}: symptom")
        issue.symptoms.append(unfilled(below.title))
        _symptoms(reader, issue, below)


def _diagnosis(reader: PassageReader, issue: DraftIssue, piece: DocumentPart) -> None:
    if piece.own:
        issue.diagnosis += _kept(reader.steps(piece.title, piece.own, piece.start, piece.end))
    for below in piece.parts:
        reader.draft.tell(below.start, below.end, f"trouble {issue.id}: diagnosis")
        for part in below.everything():
            if part is not below:
                reader.draft.tell(part.start, part.end, f"trouble {issue.id}: diagnosis")
            issue.diagnosis += _kept(reader.steps(part.title, part.own, part.start, part.end))


def _solutions(reader: PassageReader, issue: DraftIssue, piece: DocumentPart, part: DocumentPart) -> None:
    title = piece.title or part.title
    rest: list[Passage] = []
    for one in piece.own:
        if one.kind is PassageKind.RULE:
            reader.draft.tell(one.start, one.end, "a rule between parts")
        elif one.kind is PassageKind.LIST and (one.ordered or is_stepwise(one)) and _are_causes(one):
            if rest:
                _solution(reader, issue, title, rest, piece.start, piece.end)
                rest = []
            for item in one.inner:
                _of_item(reader, issue, item)
        else:
            rest.append(one)
    if rest:
        _solution(reader, issue, title, rest, piece.start, piece.end)
    for below in piece.parts:
        reader.draft.tell(below.start, below.end, f"trouble {issue.id}: solution")
        own = list(below.own)
        if own or not below.parts:
            _solution(reader, issue, below.title, own, below.start, below.end)
        for deeper in (found for part_below in below.parts for found in part_below.everything()):
            reader.draft.tell(deeper.start, deeper.end, f"trouble {issue.id}: solution")
            _solution(reader, issue, deeper.title, deeper.own, deeper.start, deeper.end)


def _are_causes(one: Passage) -> bool:
    """Whether the items of a list are causes or ways to fix it, each with a body, and not steps one after the other."""
    return any(
        inner.kind in (PassageKind.FENCE, PassageKind.LIST) for item in one.inner for inner in item.inner[1:]
    ) or all(item.inner and item.inner[0].label for item in one.inner)


def _of_item(reader: PassageReader, issue: DraftIssue, item: Passage) -> None:
    head = item.inner[0] if item.inner and item.inner[0].kind is PassageKind.PARAGRAPH else None
    title = issue.title
    if head is not None:
        title = head.label if head.label and len(head.text) > LONGEST else head.text
    passages = list(item.inner)
    if head is not None:
        body = head.text.removeprefix(head.label).strip(" :\n")
        if len(item.inner) > 1 and (not body or len(body) < 60) and not acts([head]):
            passages = passages[1:]
            reader.draft.tell(head.start, head.end, f"trouble {issue.id}: title of a solution")
    _solution(reader, issue, title, passages, item.start, item.start)


def _solution(
    reader: PassageReader, issue: DraftIssue, title: str, passages: list[Passage], start: int, end: int
) -> None:
    solution = DraftSolution(id=reader.blocks.ids.new(title_of(title), "solution"), title=title_of(title))
    steps = reader.steps(title, passages, start, end)
    told = "\n".join(text for step in steps for text in step.texts)
    if not any(action for step in steps for action in step.actions) and re.search(r"(?i)do not|never|don't", told):
        solution.forbidden = told
    else:
        solution.steps = _kept(steps)
    issue.solutions.append(solution)


def _kept(steps: list[DraftStep]) -> list[DraftStep]:
    """The steps with something to do; what only has text goes with the next of them, or is read by a person."""
    kept: list[DraftStep] = []
    waiting: list[DraftStep] = []
    for step in steps:
        if step.actions:
            for one in waiting:
                step.texts[:0] = one.texts
                step.spans += one.spans
            waiting = []
            kept.append(step)
        elif step.texts:
            waiting.append(step)
    for one in waiting:
        if kept:
            kept[-1].texts += one.texts
            kept[-1].spans += one.spans
        else:
            one.actions.append(DraftAction(kind="manual", text="\n".join(one.texts)))
            one.texts = []
            kept.append(one)
    return kept
