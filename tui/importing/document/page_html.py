"""Writes the HTML of a wiki's export as Markdown: headings, code, lists and paragraphs."""

import html
import re
from collections.abc import Iterator, Sequence

NOTHING = "<!-- -->"
"""What stands for a line of HTML that only begins or ends something."""
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_PRE = re.compile(r"^\s*<pre\b[^>]*>(?:\s*<code\b(?P<of>[^>]*)>)?(?P<rest>.*)$", re.I)
_PRE_END = re.compile(r"\s*(?:</code>)?\s*</pre>\s*(?P<rest>(?:</li>)?)\s*$", re.I)
_PRE_INSIDE = re.compile(r"^(?P<before>.*?\S.*?)(?P<pre><pre\b.*)$", re.I)
_LANGUAGE = re.compile(r"\blang(?:uage)?-(\w+)")
_HEADING = re.compile(r"^\s*<h([1-6])\b[^>]*>(.*?)</h\1>\s*$", re.I)
_SUMMARY = re.compile(r"^(\s*)<summary\b[^>]*>(.+?)</summary>\s*$", re.I)
_LIST = re.compile(r"^\s*<(/?)(ul|ol)\b[^>]*>\s*$", re.I)
_ITEM = re.compile(r"^\s*<li\b[^>]*>(.*?)(?:</li>)?\s*$", re.I)
_ITEM_END = re.compile(r"\s*</li>\s*$", re.I)
_PARAGRAPH = re.compile(r"^\s*<p\b[^>]*>(.+?)</p>\s*$", re.I)
_CODE = re.compile(r"<(code|kbd|tt)\b[^>]*>(.*?)</\1>", re.I)
_BOLD = re.compile(r"<(strong|b)\b[^>]*>(.*?)</\1>", re.I)
_TAG = re.compile(r"</?(?:a|b|br|code|div|em|font|i|kbd|p|span|strong|tt|u)\b[^<>]*>", re.I)
_MOST_LINES = 500
"""How many lines a block of code may have."""


def without_html(lines: Sequence[str]) -> Iterator[tuple[str, int]]:
    """The lines with the marks of Markdown for what a wiki writes as HTML, each with its line's place in the page."""
    return _Writer(lines).written()


class _Writer:
    """Goes through the lines once, and knows which lists are open."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._at = 0
        self._open: list[str] = []

    def written(self) -> Iterator[tuple[str, int]]:
        fence = ""
        while self._at < len(self._lines):
            at, line = self._at, self._lines[self._at]
            self._at += 1
            if (mark := _FENCE.match(line)) is not None:
                fence = mark[1][:3] if not fence else "" if mark[1].startswith(fence) else fence
            if fence or not (self._open or "<" in line) or (not self._open and line.startswith(("    ", "\t"))):
                yield line, at
            elif (edge := _LIST.match(line)) is not None:
                self._open = self._open[:-1] if edge[1] else [*self._open, edge[2].lower()]
                yield NOTHING if len(self._open) < 2 else "", at
            elif self._open and _LIST.match(line.replace("</li>", "")) is None:
                yield from self._inside(line, at)
            else:
                yield from self._outside(line, at)

    def _outside(self, line: str, at: int) -> Iterator[tuple[str, int]]:
        block = _PRE.match(line)
        if block is not None and (end := _end_of_block(self._lines, at)):
            yield from self._block(block, at, end, line[: len(line) - len(line.lstrip())])
        else:
            yield _one(line), at

    def _inside(self, line: str, at: int) -> Iterator[tuple[str, int]]:
        """A line of an item: at the item's margin, whatever its own is."""
        margin = "   " * len(self._open)
        if (item := _ITEM.match(line)) is not None:
            mark = "1." if self._open[-1] == "ol" else "- "
            margin = margin[3:]
            text = item[1].strip()
            within = _PRE_INSIDE.match(text) or (_PRE.match(text) and re.match(r"(?P<before>)(?P<pre>.*)", text))
            if within and (block := _PRE.match(within["pre"])) and (end := _end_of_block(self._lines, at)):
                yield f"{margin}{mark} {_inline(within['before'])}".rstrip(), at
                yield from self._block(block, at, end, f"{margin}   ")
            else:
                yield f"{margin}{mark} {_inline(text)}".rstrip(), at
            return
        text = _ITEM_END.sub("", line).strip()
        block = _PRE.match(text)
        if block is not None and (end := _end_of_block(self._lines, at)):
            yield from self._block(block, at, end, margin)
        elif not text:
            yield "", at
        else:
            yield f"{margin}{_one(text).strip()}", at

    def _block(self, block: re.Match[str], start: int, end: int, margin: str) -> Iterator[tuple[str, int]]:
        """A block of code between fences; lines that only begin or end it are the fences themselves."""
        told: list[tuple[str, int]] = []
        for at in range(start, end):
            text = block["rest"] if at == start else self._lines[at]
            if at == end - 1:
                text = _PRE_END.sub("", text)
            text = html.unescape(_TAG.sub("", text)).replace("\n", " ").rstrip()
            if text.strip() or at not in (start, end - 1):
                told.append((text, at))
        mark = "~~~~" if any("```" in text for text, _ in told) else "```"
        language = _LANGUAGE.search(block["of"] or "")
        shared = min((len(text) - len(text.lstrip()) for text, _ in told if text.strip()), default=0)
        yield f"{margin}{mark}{language[1] if language else ''}", start
        yield from ((f"{margin}{text[shared:]}".rstrip(), at) for text, at in told)
        yield f"{margin}{mark}", end - 1
        self._at = max(self._at, end)


def _one(line: str) -> str:
    if (heading := _HEADING.match(line)) is not None:
        return f"{'#' * int(heading[1])} {_inline(heading[2])}"
    if (summary := _SUMMARY.match(line)) is not None:
        return f"{summary[1]}**{_inline(summary[2])}**"
    if (paragraph := _PARAGRAPH.match(line)) is not None:
        return _inline(paragraph[1])
    return _CODE.sub(lambda found: f"`{html.unescape(found[2])}`", line)


def _end_of_block(lines: Sequence[str], start: int) -> int:
    """The place behind the line that ends a block of code; 0 where none does."""
    for at in range(start, min(len(lines), start + _MOST_LINES)):
        if _PRE_END.search(lines[at]):
            return at + 1
    return 0


def _inline(text: str) -> str:
    text = _CODE.sub(lambda found: f"`{found[2]}`", text)
    text = _BOLD.sub(lambda found: f"**{found[2].strip()}**", text)
    return html.unescape(_TAG.sub("", text)).replace("\n", " ").strip()
