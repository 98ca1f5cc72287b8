"""What is shown is plain: no retired word in runbook, drills, program and pages; titles that fit, short notes."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.source.retired_words import RETIRED, retired
from tests.support.source.source_trees import nodes_of
from tui.runbook.reading.edition.second_edition import plain
from tui.runbook.reading.load import read_whole

ROOT = Path(__file__).parents[2]
DRILLS = sorted((ROOT / "drills").glob("*.toml"))
PARTS = (ROOT / "runbook.toml", *sorted((ROOT / "runbook").glob("*.toml")))
FOLDERS = sorted({file.parent for name in ("tui", "tools", "bench") for file in (ROOT / name).rglob("*.py")})
TESTS = sorted({file.parent for file in (ROOT / "tests").rglob("*.py")})
THEMSELVES = (ROOT / "tests/support/source/retired_words.py", ROOT / "tests/house/test_plain_words.py")
"""Where the retired words stand because they are searched for."""
PAGES = (
    *sorted((ROOT / "docs").glob("*.md")),
    *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG")),
)
PAGES += (ROOT / "Makefile",)
SHOWN = {"title", "text", "note", "prompt", "ask", "body", "to", "forbidden", "look_for"}
COMMANDS = {"run", "preamble"}
# What a person reads of a command: what it prints itself. A drill's `output` is what a real program printed.
PRINTED = re.compile(r"""(?:\becho|\bprintf|\bprint\(?) +(?:>&2 +)?(["'])((?:(?!\1).)+)\1""")
WIDTH = 45


def texts(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every text of a document, with the names that lead to it."""
    match value:
        case dict():
            for name, one in value.items():
                yield from texts(one, (*path, str(name)))
        case list():
            for one in value:
                yield from texts(one, path)
        case str():
            yield path, value


def shown(document: object) -> Iterator[tuple[tuple[str, ...], str]]:
    """What a person reads: the fields that are shown, the consequences of an answer, what our commands print."""
    for path, text in texts(document):
        if path[-1] in SHOWN or "consequences" in path[:-1]:
            yield path, text
        elif path[-1] in COMMANDS:
            yield from ((path, said[2]) for said in PRINTED.finditer(text))


def written_out() -> dict[str, Any]:
    """The bundled runbook with its parts, each step as it is in each method."""
    return plain(tomllib.loads(read_whole(ROOT / "runbook.toml").text))[0]


@pytest.mark.parametrize("file", [ROOT / "runbook.toml", *DRILLS], ids=lambda file: file.stem)
def test_no_shown_text_has_a_retired_word(file: Path) -> None:
    document = tomllib.loads(file.read_text(encoding="utf-8")) if file in DRILLS else written_out()
    found = [f"{'.'.join(path)}: {text!r}: {word}" for path, text in shown(document) for word in retired(text)]
    assert found == []


def comments(file: Path) -> Iterator[tuple[int, str]]:
    """The comments of a module, each with its line."""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if "#" in line:
            yield number, line[line.index("#") :]


def strings(file: Path) -> Iterator[tuple[int, str]]:
    """The texts of a module, its docstrings and its comments, each with its line."""
    for constant in nodes_of(file, ast.Constant):
        if isinstance(constant.value, str):
            yield constant.lineno, constant.value
    yield from comments(file)


def explained(file: Path) -> Iterator[tuple[int, str]]:
    """The docstrings and the comments of a module of tests, each with its line; what a test types may say anything."""
    for statement in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match statement:
            case ast.Expr(value=ast.Constant(value=str() as text)):
                yield statement.lineno, text
    yield from comments(file)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_nothing_the_program_or_its_code_says_has_a_retired_word(folder: Path) -> None:
    found = [
        f"{file.relative_to(ROOT)}:{line}: {word}"
        for file in sorted(folder.glob("*.py"))
        for line, text in strings(file)
        for word in retired(text)
    ]
    assert found == []


@pytest.mark.parametrize("folder", TESTS, ids=lambda folder: folder.name)
def test_no_test_explains_itself_by_a_retired_word(folder: Path) -> None:
    found = [
        f"{file.relative_to(ROOT)}:{line}: {word}"
        for file in sorted(folder.glob("*.py"))
        if file not in THEMSELVES
        for line, text in explained(file)
        for word in retired(text)
    ]
    assert found == []


NOT_OF_NAMES = "must be …, is not a …"
"""Left to names of tests, which are short and have no articles: an agent is no way, a sample is no data."""


@pytest.mark.parametrize("folder", TESTS, ids=lambda folder: folder.name)
def test_no_test_has_a_retired_word_in_its_name(folder: Path) -> None:
    found = [
        f"{file.relative_to(ROOT)}: {name}: {word}"
        for file in sorted(folder.glob("test_*.py"))
        for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
        for word in retired(name.replace("_", " "))
        if NOT_OF_NAMES not in word
    ]
    assert found == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_has_a_retired_word(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    if page.name == "words.md":
        lines = lines[: lines.index("| not | but |")]
    found = [f"{number}: {word}" for number, line in enumerate(lines, 1) for word in retired(line)]
    assert found == []


@pytest.mark.parametrize("file", [*DRILLS, *PARTS], ids=lambda file: file.stem)
def test_no_comment_of_a_drill_or_of_the_runbook_has_a_retired_word(file: Path) -> None:
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line.lstrip().startswith("#")]
    assert [f"{line}: {word}" for line in lines for word in retired(line)] == []


def test_the_page_of_words_has_each_retired_word_with_the_usual_one() -> None:
    lines = (ROOT / "docs/words.md").read_text(encoding="utf-8").splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines[lines.index("| not | but |") + 2 :]]
    assert [usual for _, usual in rows] == list(RETIRED.values())
    assert [one for one, usual in rows if not any(repr(usual) in found for found in retired(one))] == []


def bundled() -> list[tuple[tuple[str, ...], str]]:
    return list(texts(written_out()))


def test_the_title_of_a_step_is_whole_in_a_terminal_of_80_columns() -> None:
    titles = [
        text
        for path, text in bundled()
        if path[-1] == "title" and {"steps", "diagnosis", "actions", "look"} & set(path)
    ]
    assert len(titles) > 150
    assert [title for title in titles if len(title) > WIDTH] == []


def test_a_title_is_a_sentence_or_an_imperative_without_an_end_or_a_second_thought() -> None:
    titles = [
        text
        for path, text in bundled()
        if path[-1] == "title" and {"steps", "diagnosis"} & set(path) and path[-2] != "look"
    ]
    assert [
        title for title in titles if title.endswith((".", ":")) or ": " in title.replace("Status update: ", "")
    ] == []


def test_a_note_is_one_sentence() -> None:
    notes = [text for path, text in bundled() if path[-1] == "note"]
    assert len(notes) > 60
    assert [note for note in notes if not note.endswith((".", "…")) or re.search(r"[.!?] +[A-Z]", note)] == []


def test_each_retired_word_is_found_and_has_a_usual_one() -> None:
    assert all(usual for usual in RETIRED.values())
    assert retired("Look at the backup: nobody answers, for the worker was mended in vain") != []
    assert retired("Check the backup: the workers do not answer") == []
