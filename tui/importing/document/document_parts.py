"""The headings of a document as a tree: each part with its own passages and the parts below it."""

from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from tui.importing.document.passages import Passage, PassageKind


class DocumentPart(Struct, kw_only=True):
    """A heading, or a bold line that stands for one, with what is below it."""

    title: str
    level: int
    start: int
    end: int
    own: list[Passage] = field(default_factory=list)
    parts: list["DocumentPart"] = field(default_factory=list)

    @property
    def last(self) -> int:
        """Its last line."""
        return max([self.end, *(one.end for one in self.own), *(part.last for part in self.parts)])

    def passages(self) -> Iterator[Passage]:
        """All of its passages, those of the parts below it too."""
        yield from self.own
        for part in self.parts:
            yield from part.passages()

    def everything(self) -> Iterator["DocumentPart"]:
        """Itself and all parts below it."""
        yield self
        for part in self.parts:
            yield from part.everything()


def parts_of(passages: Sequence[Passage], otherwise: str) -> DocumentPart:
    """The document as one part; its title is the first heading where no other stands as high."""
    headings = [one for one in passages if one.kind is PassageKind.HEADING]
    top = DocumentPart(title=otherwise, level=0, start=0, end=0)
    first = headings[0] if headings else None
    if first is not None and all(one.level > first.level for one in headings[1:]):
        top = DocumentPart(title=first.text or otherwise, level=first.level, start=first.start, end=first.end)
    open_parts = [top]
    for one in passages:
        if one.kind is not PassageKind.HEADING:
            open_parts[-1].own.append(one)
        elif one is not first or top.start == 0:
            while len(open_parts) > 1 and open_parts[-1].level >= one.level:
                open_parts.pop()
            part = DocumentPart(title=one.text or "Untitled", level=one.level, start=one.start, end=one.end)
            open_parts[-1].parts.append(part)
            open_parts.append(part)
    return top


def labelled(part: DocumentPart) -> list[DocumentPart]:
    """The pieces of a part, by its headings and by its bold labels: `**Symptoms**:` and what stands below it."""
    found: list[DocumentPart] = []
    rest = DocumentPart(title="", level=part.level + 1, start=part.start, end=part.end)
    for one in part.own:
        text = one.text.strip()
        bold = one.kind is PassageKind.PARAGRAPH and one.label and text.startswith(one.label)
        if bold and (text.rstrip(":").strip() == one.label or text[len(one.label) :].lstrip().startswith(":")):
            found.append(DocumentPart(title=one.label, level=part.level + 1, start=one.start, end=one.end))
            told = text[len(one.label) :].lstrip(": \n")
            if told:
                from msgspec.structs import replace

                found[-1].own.append(replace(one, text=told, label=""))
        else:
            (found[-1] if found else rest).own.append(one)
    return [*([rest] if rest.own else []), *found, *part.parts]
