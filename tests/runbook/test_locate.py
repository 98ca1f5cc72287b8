from itertools import count

import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.harness.examples import examples
from tui.runbook.reading.locate import DocumentLines
from tui.runbook.reading.structure import paths

NOISE = [
    "",
    "   ",
    "# [not.a.table]",
    '# it\'s "quoted" = {',
    "\t# 'x'",
]
TEXTS = [
    '"plain"',
    "'it = [x]'",
    '"a \\" # b"',
    '"""\n[table]\nkey = 1\n"quoted" # no comment\n"""',
    "'''\n'a' \"\"\"\n[[x]]\n'''",
    '"""ends in quotes"""""',
    '"""a \\\n   b \\""" c"""',
    "''",
    '""',
    "'''it''s'''''",
]


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A document in which every whole number stands once, so that its line can be found by looking for it."""
    numbers = count(100_001)
    names = (f"k{number}" for number in count())
    written: list[str] = []

    def key() -> str:
        name = next(names)
        style = draw(st.integers(0, 4))
        return {0: f'"{name} x"', 1: f"'{name}.[y]'", 2: f'{name} . "z"', 3: f'"\\u0061{name}"'}.get(style, name)

    def gap() -> str:
        return draw(st.sampled_from(["", " ", "\n", "\n\n  ", " # ] } ' \"\n"]))

    def value(depth: int) -> str:
        kind = draw(st.integers(0, 4 if depth else 1))
        if kind == 0:
            return str(next(numbers))
        if kind == 1:
            return draw(st.sampled_from([*TEXTS, "1.5", "true", "2026-11-23T02:00:00Z", "2026-11-23 02:00:00"]))
        size = draw(st.integers(0, 3))
        if kind in (2, 3):
            end = "," if size and draw(st.booleans()) else ""
            return "[" + ",".join(f"{gap()}{value(depth - 1)}{gap()}" for _ in range(size)) + end + gap() + "]"
        return "{" + ", ".join(f" {key()} = {value(depth - 1)} " for _ in range(size)) + "}"

    def pairs() -> None:
        for _ in range(draw(st.integers(0, 3))):
            written.append(draw(st.sampled_from(NOISE)))
            written.append(f"{draw(st.sampled_from(['', '  ']))}{key()} ={draw(st.sampled_from(['', ' ']))}{value(2)}")

    pairs()
    arrays: list[str] = []
    for _ in range(draw(st.integers(0, 8))):
        kind = draw(st.integers(0, 3))
        if kind == 0:
            written.append(f"[ {key()} ] # a table")
        elif kind == 1 or not arrays:
            arrays.append(next(names))
            written.append(f"[[{arrays[-1]}]]")
        elif kind == 2:
            written.append(f"[[ {draw(st.sampled_from(arrays))} ]]")
        else:
            inside = f"{draw(st.sampled_from(arrays))}.{next(names)}"
            written.append(draw(st.sampled_from([f"[{inside}]", f"[[{inside}]]"])))
        pairs()
    return "\n".join(written) + draw(st.sampled_from(["", "\n"]))


@given(documents())
@settings(max_examples=examples(250), deadline=None)
def test_every_number_is_found_on_the_line_it_stands_on(text: str) -> None:
    lines = DocumentLines(text)
    truth = {int(word): number for number, line in enumerate(text.split("\n"), 1) for word in _numbers(line)}
    for path, value in paths(tomli.loads(text)):
        if type(value) is int:
            assert lines.of(path) == truth[value], path


def _numbers(line: str) -> list[str]:
    words = "".join(char if char.isdigit() else " " for char in line).split()
    return [word for word in words if len(word) == 6]


DOCUMENT = """\
# a comment
[a.b]
c = 1
d.e = 2

[[a.list]]
x = 1
[a.list.inner]
y = [
  1,
  { z = 3 }, # [
]
[[a.list]]
[[a.list.deep]]
w = '''
[[a.list]]
'''
v = 1
"""


def test_tables_arrays_and_what_is_missing_in_them() -> None:
    lines = DocumentLines(DOCUMENT)
    found = {
        ("a",): 2,
        ("a", "b"): 2,
        ("a", "b", "c"): 3,
        ("a", "b", "d", "e"): 4,
        ("a", "b", "missing"): 2,
        ("a", "list"): 6,
        ("a", "list", 0): 6,
        ("a", "list", 0, "inner"): 8,
        ("a", "list", 0, "inner", "y", 1, "z"): 11,
        ("a", "list", 1): 13,
        ("a", "list", 1, "missing", 3): 13,
        ("a", "list", 1, "deep", 0, "v"): 18,
        ("nowhere",): 1,
    }
    assert {path: lines.of(path) for path in found} == found


def test_windows_line_ends_count_once() -> None:
    assert DocumentLines("a = 1\r\n\r\nb = 2\r\n").of(("b",)) == 3
