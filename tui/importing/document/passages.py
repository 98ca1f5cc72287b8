"""Reads a Markdown document into passages that know their lines, so that what became of each line can be told."""

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec import Struct
from msgspec.structs import replace

from tui.importing.document.page_html import NOTHING, without_html

_TAB = re.compile(r"""^===[+!]? +"([^"]+)" *$|^ *<TabItem\b[^>]*\blabel=["']([^"']+)["'][^>]*> *$""")
_TAB_HUGO = re.compile(r"""^ *\{\{[<%] *tab +(?:name=|title=|header=)?["']([^"']+)["'][^}]*\}\} *$""")
_TAB_EDGE = re.compile(r"^ *(</?Tabs\b[^>]*>|</TabItem>|\{\{[<%] */?tabs?\b[^}]*\}\}) *$")
_CALLOUT = re.compile(r"""^(?:!!!|\?\?\?\+?) +(\w+)(?: +"([^"]*)")? *$""")
_HEADING = re.compile(r"^(#{1,6})\s")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_CHECKBOX = re.compile(r"^\[([ xX])\]\s+")
_FRONT = re.compile(r"\A---[ \t]*\n(?:.*\n)*?---[ \t]*(?:\n|\Z)")


class PassageKind(StrEnum):
    """What a passage of a document is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    FENCE = "fence"
    LIST = "list"
    ITEM = "item"
    TABLE = "table"
    QUOTE = "quote"
    RULE = "rule"
    OTHER = "other"


class Passage(Struct, frozen=True, kw_only=True):
    """A passage: its lines (from 1), its text without emphasis, and what stands inside of it.

    `label` is what it begins with in bold type, `codes` are its pieces in code type, `urls` its links. `language` is
    that of a fence. `checkbox` and `ordered` are of list items, `level` of headings.
    """

    kind: PassageKind
    start: int
    end: int
    text: str = ""
    label: str = ""
    codes: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    language: str = ""
    level: int = 0
    ordered: bool = False
    checkbox: bool = False
    closed: bool = True
    first: int = 0
    inner: tuple["Passage", ...] = ()


def passages_of(text: str) -> tuple[Passage, ...]:
    """The passages of a document, in their order."""
    front = _FRONT.match(text)
    known: list[Passage] = []
    if front is not None:
        lines = front[0].count("\n")
        body = "\n".join(front[0].strip().split("\n")[1:-1])
        known = [Passage(kind=PassageKind.OTHER, start=1, end=lines, text=body, language="front matter")]
        text = "\n" * lines + text[front.end() :]
    lines_of = text.split("\n")
    reader = MarkdownIt("commonmark", {"maxNesting": 40}).enable("table")
    written = list(without_html(lines_of))
    plain = list(_plainer([line for line, _ in written]))
    tokens = reader.parse("\n".join(plain))
    found = known + list(_Reader(tokens, plain, [place for _, place in written]).passages())
    edges = [
        Passage(kind=PassageKind.RULE, start=place + 1, end=place + 1)
        for line, place in written
        if line.strip().startswith(("```", "~~~")) and not re.sub(r"</?[a-z][^<>]*>", "", lines_of[place]).strip()
    ]
    every = sorted([*found, *edges, *_unread(found, lines_of)], key=lambda one: one.start)
    return tuple(_with_their_blocks(every))


def _with_their_blocks(passages: Iterable[Passage]) -> list[Passage]:
    """The passages, in which a list's last item has the code block that stands at the margin behind it.

    To Markdown such a block ends the list, and many write it so. It is the item's where that ends in a colon, or is
    numbered and alone, as each item is of a list that blocks interrupt; and where the item has nothing else.
    """
    found: list[Passage] = []
    for one in passages:
        last = found[-1] if found else None
        if one.kind is PassageKind.FENCE and last is not None and last.kind is PassageKind.LIST and _waits(last):
            *others, item = last.inner
            item = replace(item, inner=(*item.inner, one), end=one.end)
            found[-1] = replace(last, inner=(*others, item), end=one.end)
        else:
            found.append(one)
    return found


def _waits(listed: Passage) -> bool:
    """Whether the last item of a list has a paragraph alone, to which a block belongs."""
    item = listed.inner[-1] if listed.inner else None
    if item is None or len(item.inner) != 1 or item.inner[0].kind is not PassageKind.PARAGRAPH:
        return False
    return item.inner[0].text.endswith(":") or (listed.ordered and len(listed.inner) == 1)


def _plainer(lines: Sequence[str]) -> Iterator[str]:
    """The lines with tabs of documentation sites as headings, and what stands in them at the margin."""
    level, fence, inside = 1, "", False
    for line in lines:
        mark = _FENCE.match(line)
        if not fence and (heading := _HEADING.match(line)):
            level, inside = len(heading[1]), False
        found = None if fence else (_TAB.match(line) or _TAB_HUGO.match(line))
        if found is not None:
            inside = line.startswith("===")
            if line.startswith("  "):  # in a list's item a heading would end the list
                words = next(filter(None, found.groups()))
                yield f"{line[: len(line) - len(line.lstrip())]}**Option: {words}**"
                continue
            yield f"{'#' * min(6, level + 1)} Option: {next(filter(None, found.groups()))}"
            continue
        if not fence and _TAB_EDGE.match(line):
            yield ""
            continue
        if not fence and (callout := _CALLOUT.match(line)):
            inside = True
            words = (callout[2] or "").rstrip()
            yield f"**{callout[1].capitalize()}**: {words}{'.' if words[-1:].isalnum() else ''}".rstrip()
            continue
        if inside and line.strip():
            inside = line.startswith("    ")
            line = line[4:] if inside else line
            mark = _FENCE.match(line)
        if mark is not None:
            fence = mark[1][:3] if not fence else "" if mark[1].startswith(fence) else fence
        yield line


class _Reader:
    """Walks the tokens of a document once."""

    def __init__(self, tokens: Sequence[Token], lines: Sequence[str], places: Sequence[int]) -> None:
        self._tokens = tokens
        self._lines = lines
        self._places = places
        self._at = 0

    def passages(self, closing: str = "") -> Iterator[Passage]:
        """The passages up to the token that closes what was opened."""
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            self._at += 1
            if token.type == closing:
                return
            if (found := self._one(token)) is not None:
                yield found

    def _one(self, token: Token) -> Passage | None:
        above, below = self._span(token)
        start, end = self._places[above] + 1, self._places[below - 1] + 1
        match token.type:
            case "heading_open":
                inline = self._inline("heading_close")
                return replace(inline, kind=PassageKind.HEADING, start=start, end=end, level=int(token.tag[1:]))
            case "paragraph_open":
                return replace(self._inline("paragraph_close"), start=start, end=end)
            case "fence" | "code_block":
                language = (token.info.strip().split() or [""])[0].strip("{}.").lower()
                closed = token.type == "code_block" or self._is_closed(token, below)
                opened = above + (token.type == "fence")
                first = self._places[min(opened, below - 1)] + 1
                return Passage(
                    kind=PassageKind.FENCE,
                    start=start,
                    end=end,
                    text=token.content,
                    language=language,
                    closed=closed,
                    first=first,
                )
            case "bullet_list_open" | "ordered_list_open":
                inner = tuple(self.passages(token.type.replace("_open", "_close")))
                ordered = token.type.startswith("ordered")
                inner = tuple(replace(one, ordered=ordered) for one in inner)
                return Passage(kind=PassageKind.LIST, start=start, end=end, inner=inner, ordered=ordered)
            case "list_item_open":
                return _item(start, end, tuple(self.passages("list_item_close")))
            case "blockquote_open":
                inner = tuple(self.passages("blockquote_close"))
                return Passage(kind=PassageKind.QUOTE, start=start, end=end, inner=inner)
            case "table_open":
                list(self.passages("table_close"))
                rows = "\n".join(line.strip() for line in self._lines[above:below])
                return Passage(kind=PassageKind.TABLE, start=start, end=end, text=rows)
            case "hr":
                return Passage(kind=PassageKind.RULE, start=start, end=end)
            case "html_block" if token.content.strip() == NOTHING:
                return Passage(kind=PassageKind.RULE, start=start, end=end)
            case "html_block":
                return Passage(kind=PassageKind.OTHER, start=start, end=end, text=token.content.strip())
        return None

    def _span(self, token: Token) -> tuple[int, int]:
        """Where it begins, and behind its last line that is not blank."""
        start, end = token.map or (0, 1)
        while end > start + 1 and not self._lines[end - 1].strip():
            end -= 1
        return start, max(end, start + 1)

    def _is_closed(self, token: Token, end: int) -> bool:
        last = self._lines[end - 1].strip().lstrip(">").strip()
        return end > (token.map or [0])[0] + 1 and last.startswith(token.markup[:3]) and not last.strip("`~")

    def _inline(self, closing: str) -> Passage:
        children: list[Token] = []
        while self._at < len(self._tokens) and self._tokens[self._at].type != closing:
            children += self._tokens[self._at].children or []
            self._at += 1
        self._at += 1
        return _read_inline(children)


def _item(start: int, end: int, inner: tuple[Passage, ...]) -> Passage:
    box = _CHECKBOX.match(inner[0].text) if inner and inner[0].kind is PassageKind.PARAGRAPH else None
    if box is not None:
        inner = (replace(inner[0], text=inner[0].text[box.end() :]), *inner[1:])
    return Passage(kind=PassageKind.ITEM, start=start, end=end, inner=inner, checkbox=box is not None)


def _read_inline(children: Sequence[Token]) -> Passage:
    told: list[str] = []
    codes: list[str] = []
    urls: list[str] = []
    label, bold, address = "", False, ""
    for token in children:
        match token.type:
            case "strong_open":
                bold = not "".join(told).strip() and not label
            case "strong_close":
                bold = False
            case "code_inline":
                codes.append(token.content)
                told.append(f"`{token.content}`")
            case "softbreak" | "hardbreak":
                told.append("\n")
            case "link_open":
                address = str(token.attrs.get("href", ""))
                urls.append(address)
                told.append("\0")
            case "link_close":
                words = told[len(told) - 1 - told[::-1].index("\0") + 1 :] if "\0" in told else []
                if not address.startswith("#") and address not in "".join(words):
                    told.append(f" ({address})")
            case "image":
                source = str(token.attrs.get("src", ""))
                urls.append(source)
                told.append(f"{token.content} ({source})")
            case _:
                told.append(token.content)
        if bold and token.type not in ("strong_open", "strong_close"):
            label += told[-1]
    text = "".join(told).replace("\0", "").strip()
    return Passage(
        kind=PassageKind.PARAGRAPH,
        start=0,
        end=0,
        text=text,
        label=label.replace("\0", "").strip().rstrip(":").strip(),
        codes=tuple(codes),
        urls=tuple(urls),
    )


def leaves(passages: Sequence[Passage]) -> Iterator[Passage]:
    """The passages that hold no others."""
    for one in passages:
        if one.inner:
            yield from leaves(one.inner)
        else:
            yield one


def _unread(found: Sequence[Passage], lines: Sequence[str]) -> Iterator[Passage]:
    """The lines that no passage has: addresses of links, and what is nested too deeply."""
    read = {number for one in leaves(found) for number in range(one.start, one.end + 1)}
    for number, line in enumerate(lines, 1):
        if line.strip() and number not in read:
            kind = PassageKind.RULE if _TAB_EDGE.match(line) else PassageKind.OTHER
            yield Passage(kind=kind, start=number, end=number, text=line.strip(), language="unread")
