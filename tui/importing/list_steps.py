"""Makes steps of a part's passages: paragraphs, code blocks, lists and what is inside of their items."""

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from tui.importing.block_steps import BlockReader
from tui.importing.document.passages import Passage, PassageKind, leaves
from tui.importing.document.prose import asks, conditional, forbids, is_fact, only_forbids
from tui.importing.drafted import DraftAction, DraftStep, RunbookDraft
from tui.importing.fence_steps import fence_steps, is_query
from tui.importing.inline_commands import (
    asked_beside,
    forbids_what_follows,
    inline_commands,
    introduces_a_command,
    sentences,
    shows_output,
    table_commands,
    tells_of_output,
)
from tui.importing.named import title_of, unfilled
from tui.importing.shell_code.shell_lines import SHELLS, LineKind, Piece, is_all_typed, is_typed, pieces_of

CONDITION = "it is for some cases only"
ADDRESS = "the address of a link, which stands where it is used"
FORBIDDEN = "it says what is not to be done"
_CALLOUT = re.compile(r"(?:danger|warning|caution|important|attention|note|info|tip|hint)\b", re.I)


class PassageReader:
    """Reads the passages of one part into steps."""

    def __init__(self, blocks: BlockReader, draft: RunbookDraft) -> None:
        self.blocks = blocks
        self.draft = draft
        self.checked: dict[str, str] = {}

    def steps(self, title: str, passages: Sequence[Passage], start: int, end: int) -> list[DraftStep]:
        """The steps of these passages; the first one has the title, and stands also where it has only text."""
        passages = _told_apart(passages)
        first = self.blocks.step(title, start, end)
        steps = [first]
        introduced = ""
        listed = False
        for at, one in enumerate(passages):
            following = passages[at + 1] if at + 1 < len(passages) else None
            if listed and acts(passages[at:][:2]) and one.kind in (PassageKind.PARAGRAPH, PassageKind.FENCE):
                words = one.text if one.kind is PassageKind.PARAGRAPH else title
                steps.append(self.blocks.step(words, one.start, one.start))  # what follows a list is done after it
                listed = False
            step = steps[-1]
            match one.kind:
                case PassageKind.PARAGRAPH:
                    introduced = self._paragraph(step, one, following)
                    continue
                case PassageKind.FENCE:
                    steps += fence_steps(self.blocks, step, one, introduced)[1:]
                case PassageKind.LIST if is_stepwise(one):
                    for item in one.inner:
                        if one.ordered or item.checkbox or _does(item):
                            steps += self._item(item)
                        else:
                            self.text(steps[-1], item)
                    listed = True
                case PassageKind.TABLE if table_commands(one.text):
                    self.table(step, one)
                case _:
                    self.text(step, one)
            introduced = ""
        return [step for step in steps if step is first or step.actions or step.texts]

    def table(self, step: DraftStep, one: Passage) -> None:
        """A table with commands in it: each is run, and the table is the step's text."""
        self.blocks.told(step, one.text, one.start, one.end)
        for name, command, at in table_commands(one.text):
            self.blocks.command(
                step, Piece(LineKind.COMMAND, command, 0), one.start + at, title_of(name) if name else ""
            )

    def text(self, step: DraftStep, one: Passage) -> None:
        """A passage that nothing follows from."""
        if one.kind is PassageKind.RULE:
            self.draft.tell(one.start, one.end, "a rule between parts")
        elif is_address(one):
            self.draft.tell(one.start, one.end, ADDRESS)
        elif (told := plain_text(one)).strip():
            self.blocks.told(step, told, one.start, one.end)
        else:
            self.draft.tell(one.start, one.end, "nothing stands there")

    def _paragraph(self, step: DraftStep, one: Passage, following: Passage | None, item: bool = False) -> str:
        """Take a paragraph into a step; what introduces a code block is returned as the title of it."""
        if following is not None and following.kind is PassageKind.LIST and one.text.endswith(":") and not one.codes:
            self.blocks.told(step, one.text, one.start, one.end)
            return ""
        introduces = following is not None and following.kind is PassageKind.FENCE
        introduces = introduces and not (one.text.endswith(".") and (forbids(one.text) or _CALLOUT.match(one.label)))
        commands = inline_commands(one.codes, one.text, item)
        typed = introduces and following is not None and is_typed(following.text, following.language)
        if introduces and not commands and shows_output(one.text) and not typed:
            self.blocks.told(step, one.text, one.start, one.end)
            return ""
        if introduces and not commands and (one.text.endswith(":") or asks(one.text)):
            shell = any(piece.kind is LineKind.COMMAND for piece in pieces_of(following.text, following.language))  # type: ignore[union-attr]  # introduces: it is there
            if shell or one.text.endswith(":"):
                if before := _asked_before(one.text) if shell else "":
                    self.blocks.ask(step, before, one.start, one.end)
                self.blocks.told(step, one.text, one.start, one.end)
                doubt = CONDITION if conditional(one.text) else ""
                if doubt:
                    self.draft.tell(one.start, one.end, f"step {step.id}: text", doubt)
                return title_of(one.text)
        self.sentence(step, one, commands)
        return ""

    def sentence(self, step: DraftStep, one: Passage, commands: Sequence[str]) -> None:
        """A paragraph as commands, as work by hand, or as text."""
        if commands:
            if one.text.strip().strip("`:. ") != commands[0]:
                self.blocks.told(step, one.text, one.start, one.end)
            for command in commands:
                self.blocks.command(step, Piece(LineKind.COMMAND, command, 0, one.end - one.start + 1), one.start)
            self.blocks.client.wait(step, one.start)
            if by_hand := asked_beside(one.text, commands):
                self.blocks.ask(step, by_hand, one.start, one.end)
            if conditional(one.text):
                self.draft.tell(one.start, one.end, f"step {step.id}: command", CONDITION)
        elif asks(one.text) and not only_forbids(one.text):
            self.blocks.ask(step, one.text, one.start, one.end, CONDITION if conditional(one.text) else "")
        else:
            self.blocks.told(step, one.text, one.start, one.end)
            if forbids(one.text) and one.codes:
                self.draft.tell(one.start, one.end, f"step {step.id}: text", FORBIDDEN)

    def _item(self, item: Passage) -> Iterator[DraftStep]:
        """A list item as a step of its own."""
        head = item.inner[0] if item.inner and item.inner[0].kind is PassageKind.PARAGRAPH else None
        inner = _told_apart(item.inner)
        rest = inner[1:] if head is not None else inner
        text = head.text if head is not None else "Step"
        step = self.blocks.step(
            (head.label if head and len(head.label) > 3 and not head.codes else "") or text, item.start, item.start
        )
        steps = [step]
        if head is not None:
            commands = inline_commands(head.codes, head.text, item=True)
            has_code = any(one.kind is PassageKind.FENCE for one in rest)
            if commands or not has_code:
                has_code = has_code or any(inner.kind is PassageKind.FENCE for inner in leaves(rest))
                if commands or (asks(head.text) and not only_forbids(head.text) and not has_code):
                    self.sentence(step, head, commands)
                elif not rest:
                    doubt = "" if item.checkbox else "it does not clearly ask for anything"
                    self.blocks.ask(step, head.text, head.start, head.end, doubt)
                else:
                    self.draft.tell(head.start, head.end, f"step {step.id}: title")
            else:
                self.draft.tell(head.start, head.end, f"step {step.id}: title", CONDITION if conditional(text) else "")
                if before := _asked_before(head.text):
                    self.blocks.ask(step, before, head.start, head.end)
                if title_of(text) != re.sub(r"\s+", " ", text.strip().rstrip(":")):
                    step.texts.append(unfilled(text))
        for at, one in enumerate(rest):
            if one.kind is PassageKind.FENCE:
                steps += fence_steps(self.blocks, step, one, text if not step.actions and at == 0 else "")[1:]
            elif one.kind is PassageKind.LIST:
                self._nested(step, one, steps)
            elif one.kind is PassageKind.TABLE and table_commands(one.text):
                self.table(step, one)
            elif one.kind is PassageKind.PARAGRAPH:
                self._paragraph(step, one, rest[at + 1] if at + 1 < len(rest) else None)
            else:
                self.text(step, one)
        if item.checkbox:
            self._tick(step, text, item)
        if not step.actions and len(steps) == 1:
            if self.blocks.moves(step):
                step.texts.append(unfilled(text))
            else:
                step.actions.append(_by_hand(text))
        yield from steps

    def _nested(self, step: DraftStep, nested: Passage, steps: list[DraftStep]) -> None:
        """A list inside of an item: what it asks for belongs to the item's step."""
        for item in nested.inner:
            for at, one in enumerate(_told_apart(item.inner)):
                if one.kind is PassageKind.FENCE:
                    steps += fence_steps(self.blocks, step, one)[1:]
                elif one.kind is PassageKind.LIST:
                    self._nested(step, one, steps)
                elif one.kind is PassageKind.PARAGRAPH:
                    following = item.inner[at + 1] if at + 1 < len(item.inner) else None
                    if item.checkbox and following is None and not inline_commands(one.codes, one.text, item=True):
                        self.blocks.ask(step, one.text, one.start, one.end, CONDITION if conditional(one.text) else "")
                    else:
                        self._paragraph(step, one, following, item=at == 0)
                elif one.kind is PassageKind.TABLE and table_commands(one.text):
                    self.table(step, one)
                else:
                    self.text(step, one)
            if not item.inner:
                self.draft.tell(item.start, item.end, "nothing stands there")

    def _tick(self, step: DraftStep, text: str, item: Passage) -> None:
        name = self.blocks.ids.new(title_of(text), "item")
        self.draft.checklist.append((name, unfilled(title_of(text))))
        step.checklist = name
        self.draft.tell(item.start, item.start, f"checklist {name}, ticked by step {step.id}")


def _told_apart(passages: Sequence[Passage]) -> list[Passage]:
    """The passages, where what a command prints and what is not to be run is not shell code."""
    found: list[Passage] = []
    for one in passages:
        before = found[-1] if found else None
        if one.kind is PassageKind.FENCE and before is not None and before.kind is PassageKind.PARAGRAPH:
            if forbids_what_follows(before.text):
                one = replace(one, language="forbidden")
            elif tells_of_output(before.text):
                one = replace(one, language="shown")
            elif shows_output(before.text) and not is_query(one) and not is_typed(one.text, one.language):
                one = replace(one, language="text")
            elif not one.language and introduces_a_command(before.text) and is_all_typed(one.text):
                one = replace(one, language="sh")
        found.append(one)
    return found


def _asked_before(text: str) -> str:
    """What the sentences before a code block ask for, where the last of them is not what the block does itself."""
    told = sentences(text)
    last = re.match(r"^(.+?),?\s+(?:and\s+)?then\s*:?$", told[-1].strip(), re.DOTALL) if told else None
    asked = [one.strip() for one in told[:-1]] + ([last[1]] if last else [])
    return " ".join(one for one in asked if asks(one) and not only_forbids(one))


def _by_hand(text: str) -> DraftAction:
    return DraftAction(kind="manual", text=unfilled(text))


def is_address(one: Passage) -> bool:
    """Whether a line is the address of a link that stands elsewhere: `[name]: https://…`."""
    return one.language == "unread" and bool(re.match(r"^\[[^\]]+\]:", one.text))


def is_stepwise(one: Passage) -> bool:
    """Whether a list is one of steps: numbered, with boxes to tick, or with something to do in it."""
    if one.ordered or any(item.checkbox for item in one.inner):
        return True
    return _does(one)


def _does(one: Passage) -> bool:
    """Whether anything inside of a passage is to be done."""
    return any(
        leaf.kind is PassageKind.FENCE
        and _runs(leaf)
        or leaf.kind is PassageKind.TABLE
        and bool(table_commands(leaf.text))
        or leaf.kind is PassageKind.PARAGRAPH
        and (
            (asks(leaf.text) and not is_fact(leaf.label, leaf.text) and not only_forbids(leaf.text))
            or bool(inline_commands(leaf.codes, leaf.text, one.kind in (PassageKind.LIST, PassageKind.ITEM)))
        )
        for leaf in leaves([one])
    )


def _runs(fence: Passage) -> bool:
    """Whether a code block has commands, or comments that ask for something."""
    if is_query(fence):
        return True
    shell = fence.language in SHELLS
    return any(
        piece.kind in (LineKind.COMMAND, LineKind.INPUT)
        or (shell and piece.kind is LineKind.COMMENT and asks(piece.text) and not forbids(piece.text))
        for piece in pieces_of(fence.text, fence.language)
    )


def acts(passages: Sequence[Passage]) -> bool:
    """Whether anything in these passages is to be done."""
    passages = _told_apart(passages)
    for at, one in enumerate(passages):
        if one.kind is PassageKind.LIST and (one.ordered and _asks_in(one) or not one.ordered and is_stepwise(one)):
            return True
        if (
            one.kind in (PassageKind.FENCE, PassageKind.PARAGRAPH, PassageKind.TABLE)
            and _does(one)
            and not _introduces(one, passages[at + 1 :])
        ):
            return True
    return False


def _introduces(one: Passage, following: Sequence[Passage]) -> bool:
    """Whether a paragraph only says what the list behind it is."""
    return one.text.endswith(":") and bool(following) and following[0].kind is PassageKind.LIST and not one.codes


def _asks_in(one: Passage) -> bool:
    return any(leaf.kind is PassageKind.FENCE or asks(leaf.text) or leaf.codes for leaf in leaves([one]))


def plain_text(one: Passage) -> str:
    """A passage as text, its list items behind dashes."""
    match one.kind:
        case PassageKind.LIST:
            return "\n".join(f"- {plain_text(item)}" for item in one.inner)
        case PassageKind.ITEM:
            return "\n  ".join(plain_text(inner).replace("\n", "\n  ") for inner in one.inner)
        case PassageKind.QUOTE:
            return "\n".join(plain_text(inner) for inner in one.inner)
        case _:
            return one.text.rstrip("\n")
