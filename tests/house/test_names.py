"""One word means one thing in the code: no two classes share a name, and no word of the terms has two meanings."""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.support.source.source_trees import TUI, nodes, sources

ROOT = Path(__file__).parents[2]


def test_no_two_classes_have_the_same_name() -> None:
    places = defaultdict(list)
    for path, text in sources().items():
        for name in re.findall(r"^class ([A-Za-z]\w*)", text, re.MULTILINE):
            places[name].append(str(path.relative_to(TUI)))
    assert len(places) > 300
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


ROLES = {"answers", "base", "channels", "errors", "probe", "screen", "text", "transport", "widget", "wire"}
"""Modules named by what they are in their folder; the folder says of what."""
KINDS = {"celery", "docker", "mysql", "postgres", "redis", "http", "kubernetes", "s3", "host", "tls", "websocket"}
"""Kinds of probes: what an author writes for one, and how it is made."""
SUBJECTS = {
    "actions": "an action of the runbook as it is checked, and what a key does as Textual calls it",
    "expectations": "how they are described, and how they are judged",
    "followups": "which there are, and how they are printed",
    "monitors": "what an author writes, how that is checked, and how they are measured",
    "output": "a command's output as it is kept, and as far as it had come at a moment of a replay",
    "probes": "how those of a runbook are checked, and how they are described",
    "steps": "how they are run, what follows from what was done about them, and how a report lays them out",
    "sudo": "how its password reaches it, and how it is asked for before a session begins",
}
"""One subject in several folders, and what each does with it."""


def test_no_two_modules_have_the_same_name_unless_they_are_about_the_same() -> None:
    places = defaultdict(list)
    for path in sorted((ROOT / "tui").rglob("*.py")):
        if not path.stem.startswith("__"):
            places[path.stem].append(str(path.relative_to(ROOT)))
    shared = {name: files for name, files in places.items() if len(files) > 1}
    assert {name: files for name, files in shared.items() if name not in ROLES | KINDS | SUBJECTS.keys()} == {}
    assert SUBJECTS.keys() - shared == set(), "no subject is named that only one module has"


def test_no_two_files_of_tests_have_the_same_name() -> None:
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(names) > 300
    assert [name for name, number in names.items() if number > 1] == [], "pytest imports them by this name"


IS_A_TIME = re.compile(r"\bnow\b|_now\b|[Cc]lock|\btime\.|datetime")
OF_A_TIME = re.compile(r"datetime|float|Callable")


def names_now(target: ast.expr, value: ast.expr) -> Iterator[ast.expr]:
    """What `now` is given by an assignment."""
    if isinstance(target, ast.Name) and target.id == "now":
        yield value
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, given in zip(target.elts, value.elts, strict=False):
            yield from names_now(one, given)


def test_now_is_the_time_and_nothing_else() -> None:
    wrong = []
    for path, node in nodes(ast.arg, ast.Assign, words=("now",)):
        match node:
            case ast.arg(arg="now", annotation=ast.expr() as kind) if not OF_A_TIME.search(ast.unparse(kind)):
                wrong.append(f"{path}:{node.lineno}: {ast.unparse(node)}")
            case ast.Assign(targets=[target], value=value):
                given = [ast.unparse(one) for one in names_now(target, value)]
                wrong += [f"{path}:{node.lineno}: {text}" for text in given if not IS_A_TIME.search(text)]
    assert wrong == []


ONE_MEANING = {
    "Watch": {"Watched", "WatchScreen"},  # the action of the runbook, and the screen of monitors
    "Stream": {"Stream", "_Stream"},  # one of a command's two outputs; httpcore's word for what it gets
    "Moment": {"Moment", "ReplayMoment"},
    "Bridge": set(),
}
"""Words that stood for several things, and the classes that have them by now."""


def test_a_word_that_had_several_meanings_is_in_no_other_class() -> None:
    named = [name for text in sources().values() for name in re.findall(r"^class (\w+)", text, re.MULTILINE)]
    found = {
        word: {name for name in named if re.search(rf"{word}(?![a-z])|{word}(ed|ing)\b", name)} for word in ONE_MEANING
    }
    assert found == ONE_MEANING


def test_the_page_of_words_names_classes_that_there_are() -> None:
    page = (ROOT / "docs/words.md").read_text(encoding="utf-8")
    rows = page.partition("## In the code")[2].partition("## ")[0]
    named = set(re.findall(r"`([A-Z][A-Za-z0-9]+)`", rows))
    there = {
        name
        for text in sources().values()
        for name in re.findall(r"^(?:class )?([A-Z]\w*)(?: = |[:(\[])", text, re.MULTILINE)
    }
    assert len(named) > 20
    assert named - there == set()


COLLECTIONS = {
    *("actions", "attempts", "checks", "entries", "events", "faults", "followups", "hosts", "messages", "monitors"),
    *("samples", "scenarios", "sections", "steps", "summaries", "triggers", "variables"),
}
"""What a loop goes through is named, where the collection says what it has."""


def test_a_loop_over_steps_names_a_step() -> None:
    hidden = [
        f"{path}:{node.target.lineno}: for one in {ast.unparse(node.iter)}"
        for path, node in nodes(ast.For, ast.comprehension, words=("for one in ",))
        if isinstance(node.target, ast.Name) and node.target.id == "one" and collection(node.iter) in COLLECTIONS
    ]
    assert hidden == []


def collection(node: ast.expr) -> str:
    """The name of what a loop goes through: of `state.steps.values()` and `reversed(steps)[1:]` it is steps."""
    match node:
        case ast.Call(func=ast.Attribute(value=inner, attr="values")) | ast.Subscript(value=inner):
            return collection(inner)
        case ast.Call(func=ast.Name(id="reversed" | "sorted" | "tuple" | "list"), args=[inner, *_]):
            return collection(inner)
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) | ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""
