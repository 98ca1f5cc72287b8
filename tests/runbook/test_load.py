import os
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runbook.documents import FULL, changed
from tests.support.harness.examples import examples
from tests.support.runbooks.runbooks import SMALL
from tui.errors import RunbookInvalid
from tui.runbook.model import Runbook
from tui.runbook.reading.lint import lint_text
from tui.runbook.reading.load import load, load_text
from tui.runbook.reading.structure import check
from tui.runbook.shell.counting import counted

WRONG = tomli.loads((Path(__file__).parent / "wrong.toml").read_text())["wrong"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.md").write_text("1\n2\n3\n4\n")
    return tmp_path


def problems(text: str, name: str = "r.toml") -> list[Any]:
    with pytest.raises(RunbookInvalid) as caught:
        load_text(text, name)
    return list(caught.value.problems)


@pytest.mark.parametrize("text", [FULL, SMALL])
def test_a_right_runbook_is_what_msgspec_decodes(text: str) -> None:
    raw = tomli.loads(text)
    assert load_text(text, "r.toml") == counted(msgspec.convert(raw, Runbook))
    assert check(raw) == (msgspec.convert(raw, Runbook), [])


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case["new"][:40] or f"no {case['old'][:30]}")
def test_every_mistake_is_told_with_its_line_and_the_right_name(case: dict[str, str], folder: Path) -> None:
    file = folder / "r.toml"
    assert case["old"] in FULL
    file.write_text(FULL.replace(case["old"], case["new"], 1))
    with pytest.raises(RunbookInvalid) as caught:
        load(file)
    assert [str(problem).removeprefix(f"{file}:") for problem in caught.value.problems] == case["problems"]
    count = len(case["problems"])
    assert caught.value.message == f"{file} has {count} problem{'s' if count > 1 else ''}"


def test_everything_is_told_at_once() -> None:
    text = changed("port = 22", 'port = "x"', changed('title = "Manual"', "", changed("uptime", "{{ uptime }}")))
    text = changed('undo = ["switch-back"]', 'undo = ["gone"]', text)
    assert [problem.key for problem in problems(text)] == [
        "hosts.web.port",
        "methods.manual",
        "sections[before].steps[look].actions[0].run",
        "sections[change].steps[switch].undo[0]",
    ]


def test_a_rollback_knows_what_a_deployment_captured_and_a_verification_does_not() -> None:
    text = changed(
        'sections = ["back"]', 'sections = ["back"]\n[flows.alone]\ntitle = "x"\nkind = "verify"\nsections = ["back"]'
    )
    load_text(text, "r.toml")
    alone = changed('kind = "rollback"', 'kind = "verify"')
    assert [problem.message for problem in problems(alone)] == ["no value for {{ tag_before }} yet"]


def test_a_value_is_known_to_the_actions_behind_the_one_that_captures_it() -> None:
    load_text(changed('ask = "How many errors?"', 'ask = "How many errors since {{ tag_before }}?"'), "r.toml")


def test_hostile_text_is_written_as_escapes() -> None:
    text = changed('kind = "verify"', 'kind = "\\u001b]0;x\\u0007\\u202e\\u0085"')
    (problem,) = problems(text, "bad\x1b\u202e.toml")
    assert str(problem).startswith(
        'bad\\x1b\\u202e.toml:78: flows.verify.kind: "\\x1b]0;x\\x07\\u202e\\x85" is not one of'
    )
    for key in ('"\\u001b[2J"', '"\\u202ex"'):
        found = problems(f"{key} = 1\n{FULL}")
        assert all(str(one).isprintable() for one in found)
    assert all(str(one).isprintable() for one in problems("title = \x1b[2J\n"))


def test_a_long_value_is_cut() -> None:
    (problem,) = problems(changed('kind = "verify"', f'kind = "{"x" * 100_000}"'))
    assert len(str(problem)) < 250


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'title = "\xff"\n', "r.toml:1: byte 0xff at offset 9 is not UTF-8 (save the file as UTF-8)"),
        (b"a = 1\n\x80", "r.toml:2: byte 0x80 at offset 6 is not UTF-8 (save the file as UTF-8)"),
        (b"a = 1\nb = \n", "r.toml:2: not TOML, column 5: Invalid value (the line is: b =)"),
        (b"a = [1,\n", "r.toml:2: not TOML, column 1: Invalid value (the file ends there)"),
        (b"a = " + b"[" * 100_000, "r.toml: the file is nested too deeply (a runbook needs few levels)"),
        (b"a" + b".a" * 100_000 + b" = 1", "r.toml: the file is nested too deeply (a runbook needs few levels)"),
        (b"", 'r.toml:1: missing key "format" (format = 1)'),
        (
            b"\xef\xbb\xbfformat = 1\n",
            'r.toml:1: missing key "runbook" (runbook = {…})',
        ),
    ],
)
def test_a_file_that_is_no_toml(data: bytes, told: str, tmp_path: Path) -> None:
    file = tmp_path / "r.toml"
    file.write_bytes(data)
    with pytest.raises(RunbookInvalid) as caught:
        load(file)
    assert str(caught.value.problems[0]).removeprefix(f"{tmp_path}/") == told


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "big.toml").write_bytes(b"#" * 5_000_001)
    (tmp_path / "loop.toml").symlink_to("loop.toml")
    for name, message, hint in (
        ("none.toml", "there is no file none.toml", "name a runbook with -f FILE"),
        (".", ". is a directory", "name the file in it, as in -f runbook.toml"),
        ("big.toml", "big.toml is larger than 5 MB", "a runbook is text of some kilobytes"),
        ("a\0b", "a\\x00b is not a file name", "name a runbook file"),
        ("loop.toml", "loop.toml cannot be read: Too many levels of symbolic links", "name another file with -f FILE"),
    ):
        with pytest.raises(RunbookInvalid) as caught:
            load(Path(name))
        assert (caught.value.message, caught.value.hint) == (message, hint)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    file = tmp_path / "r.toml"
    file.write_text(FULL)
    file.chmod(0)
    with pytest.raises(RunbookInvalid, match="may not be read"):
        load(file)


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=20),
        st.datetimes(),
        st.sampled_from(["web", "look", "{{ x }}", "{{ release }}", "((", "1-", "$(", "<<E", "\ud7ff", "24:00", "+"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=4,
)


def containers(value: object) -> list[Any]:
    found = [value] if isinstance(value, (dict, list)) and value else []
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        found += containers(item)
    return found


@given(st.data())
@settings(max_examples=examples(300), deadline=None)
def test_no_change_of_a_runbook_brings_anything_but_problems(data: st.DataObject) -> None:
    raw = tomli.loads(FULL)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(containers(raw)))
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        kind = data.draw(st.sampled_from(["delete", "retype", "rename"]))
        value = place.pop(key)
        if kind == "retype":
            value = data.draw(VALUES)
        if isinstance(place, list) and kind != "delete":
            place.insert(key, value)
        elif isinstance(place, dict) and kind != "delete":
            place[data.draw(st.text(max_size=8)) if kind == "rename" else key] = value
    text = as_toml(raw)
    told = lint_text(text, "r.toml")
    assert all(str(problem).isprintable() for problem in told)
    with pytest.raises(RunbookInvalid) if any(one.severity == "error" for one in told) else nullcontext():
        load_text(text, "r.toml")


def as_toml(raw: dict[str, object]) -> str:
    """The document on as few lines as may be; keys and texts quoted, what TOML cannot say left out."""
    return "".join(f"{msgspec.json.encode(key).decode()} = {_inline(value)}\n" for key, value in raw.items())


def _inline(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{msgspec.json.encode(k).decode()} = {_inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if isinstance(value, float):
        return repr(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return '""' if value is None else msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")


@given(st.integers(0, len(FULL)), st.integers(0, 6), st.binary(max_size=6))
@settings(max_examples=examples(200), deadline=None)
def test_no_bytes_bring_anything_but_problems(
    tmp_path_factory: pytest.TempPathFactory, at: int, cut: int, put: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "fuzz.toml"
    data = FULL.encode()
    file.write_bytes(data[:at] + put + data[at + cut :])
    with suppress(RunbookInvalid):
        load(file)
