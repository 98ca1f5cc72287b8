"""Writes the HTML of a wiki's export as Markdown, line by line: headings, code, lists and paragraphs."""

import html
import re
from collections.abc import Iterator, Sequence

NOTHING = "<!-- -->"
"""What stands for a line of HTML that only begins or ends something."""
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_PRE = re.compile(r"^(?P<margin>\s*)<pre\b[^>]*>(?:\s*<code\b[^>]*>)?(?P<rest>.*)$", re.I)
_PRE_END = re.compile(r"(?:</code>)?\s*</pre>\s*$", re.I)
_HEADING = re.compile(r"^\s*<h([1-6])\b[^>]*>(.*?)</h\1>\s*$", re.I)
_SUMMARY = re.compile(r"^(\s*)<summary\b[^>]*>(.+?)</summary>\s*$", re.I)
_LIST = re.compile(r"^\s*<(/?)(ul|ol)\b[^>]*>\s*$", re.I)
_ITEM = re.compile(r"^\s*<li\b[^>]*>(.+?)</li>\s*$", re.I)
_PARAGRAPH = re.compile(r"^\s*<p\b[^>]*>(.+?)</p>\s*$", re.I)
_CODE = re.compile(r"<(code|kbd|tt)\b[^>]*>(.*?)</\1>", re.I)
_BOLD = re.compile(r"<(strong|b)\b[^>]*>(.*?)</\1>", re.I)
_TAG = re.compile(r"</?(?:a|b|br|code|div|em|font|i|kbd|p|span|strong|tt|u)\b[^<>]*>", re.I)


def without_html(lines: Sequence[str]) -> Iterator[str]:
    """The same number of lines: what a wiki writes as HTML has the marks of Markdown."""
    fence = ""
    listing: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if (mark := _FENCE.match(line)) is not None:
            fence = mark[1][:3] if not fence else "" if mark[1].startswith(fence) else fence
        if fence or "<" not in line or line.startswith(("    ", "\t")):
            yield line
        elif (block := _PRE.match(line)) is not None:
            end = _end_of_block(lines, at - 1)
            yield from _block(lines, at - 1, end, block) if end else (line,)
            at = max(at, end)
        elif (edge := _LIST.match(line)) is not None:
            listing = listing[:-1] if edge[1] else [*listing, edge[2].lower()]
            yield NOTHING
        else:
            yield _one(line, listing)


def _one(line: str, listing: Sequence[str]) -> str:
    if (heading := _HEADING.match(line)) is not None:
        return f"{'#' * int(heading[1])} {_inline(heading[2])}"
    if (summary := _SUMMARY.match(line)) is not None:
        return f"{summary[1]}**{_inline(summary[2])}**"
    if listing and (item := _ITEM.match(line)) is not None:
        return f"{'1.' if listing[-1] == 'ol' else '-'} {_inline(item[1])}"
    if (paragraph := _PARAGRAPH.match(line)) is not None:
        return _inline(paragraph[1])
    return _CODE.sub(lambda found: f"`{html.unescape(found[2])}`", line)


def _end_of_block(lines: Sequence[str], start: int) -> int:
    """The place behind the line that ends a block of code; 0 where none does."""
    for at in range(start, min(len(lines), start + 500)):
        if _PRE_END.search(lines[at]):
            return at + 1
    return 0


def _block(lines: Sequence[str], start: int, end: int, block: re.Match[str]) -> Iterator[str]:
    """A block of code as lines at a deeper margin."""
    for at in range(start, end):
        text = block["rest"] if at == start else lines[at]
        if at == end - 1:
            text = _PRE_END.sub("", text)
        text = html.unescape(_TAG.sub("", text)).replace("\n", " ").rstrip()
        edge = at in (start, end - 1)
        yield f"{block['margin']}    {text}" if text else f"{block['margin']}{NOTHING}" if edge else ""


def _inline(text: str) -> str:
    text = _CODE.sub(lambda found: f"`{found[2]}`", text)
    text = _BOLD.sub(lambda found: f"**{found[2].strip()}**", text)
    return html.unescape(_TAG.sub("", text)).replace("\n", " ").strip()
