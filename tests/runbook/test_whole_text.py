"""A runbook in several files is one text: messages name the right file and line, and a session asks no other file."""

import hashlib
from pathlib import Path

import pytest

from tui.errors import RunbookInvalid
from tui.runbook.reading.lint import lint
from tui.runbook.reading.load import load, load_text, read_whole

MAIN = """\
format = 2
include = [  # the parts
  "runbook/*.toml",
]

[runbook]
title = "Shop"
default_host = "web"

[flows.deploy]
title = "Deploy"
kind = "deploy"
sections = ["one", "two"]
"""
HOSTS = '[hosts.web]\ntarget = "web"\n'
ONE = '# the first\n[[sections]]\nid = "one"\ntitle = "One"\n[[sections.steps]]\nid = "a"\ntitle = "A"\nrun = "ls"'
TWO = '[[sections]]\nid = "two"\ntitle = "Two"\n[[sections.steps]]\nid = "b"\ntitle = "B"\nrun = "df"\n'


def written(folder: Path, main: str = MAIN, **parts: str) -> Path:
    (folder / "runbook").mkdir(exist_ok=True)
    for name, text in {"hosts": HOSTS, "one": ONE, "two": TWO, **parts}.items():
        (folder / "runbook" / f"{name}.toml").write_text(text)
    (folder / "runbook.toml").write_text(main)
    return folder / "runbook.toml"


def told(path: Path) -> list[str]:
    with pytest.raises(RunbookInvalid) as caught:
        load(path)
    return [str(problem).removeprefix(f"{path.parent}/") for problem in caught.value.problems]


def test_the_parts_are_read_as_one_runbook(tmp_path: Path) -> None:
    path = written(tmp_path)
    found = load(path)
    assert [step.id for section in found.sections for step in section.steps] == ["a", "b"]
    assert lint(path) == []


def test_the_whole_text_is_what_a_session_reads_again_without_any_other_file(tmp_path: Path) -> None:
    path = written(tmp_path)
    whole = read_whole(path).text
    assert load_text(whole, "frozen", of_session=True) == load(path)
    assert "# the first\n" in whole
    assert [line for line in whole.split("\n") if line.startswith("# part: ")] == [
        "# part: runbook/hosts.toml",
        "# part: runbook/one.toml",
        "# part: runbook/two.toml",
    ]
    kept = tmp_path / "session" / "runbook.toml"
    kept.parent.mkdir()
    kept.write_text(whole)
    assert load(kept, of_session=True) == load(path)


def test_a_text_that_is_no_file_includes_nothing() -> None:
    with pytest.raises(RunbookInvalid) as caught:
        load_text(MAIN, "bundle", of_session=True)
    assert "parts are included by a file alone" in [problem.message for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ({"one": ONE.replace('"ls"', '"ls {{ gone }}"')}, "runbook/one.toml:8: sections[one].steps[a].run: no value"),
        ({"two": TWO.replace("id =", "ID =", 1)}, 'runbook/two.toml:1: sections[1]: missing key "id"'),
        ({"two": TWO + "x = [\n"}, "runbook/two.toml:9: not TOML"),
        ({"two": TWO + HOSTS}, "runbook/two.toml:8: not TOML"),
        ({"two": 'title = "Two"\n' + TWO}, "runbook/two.toml:1: a part begins with a table (as in [[sections]])"),
        (
            {"two": TWO.replace('[[sections]]\nid = "two"\ntitle = "Two"\n', "")},
            'runbook/two.toml:1: sections: "sections" is not begun in this file',
        ),
        ({"two": 'include = ["x"]\n' + TWO}, 'runbook/two.toml:1: include: a part has no "include"'),
    ],
)
def test_what_is_wrong_in_a_part_is_told_with_its_file_and_line(
    tmp_path: Path, parts: dict[str, str], wanted: str
) -> None:
    found = told(written(tmp_path, **parts))
    assert [one for one in found if one.startswith(wanted)], found


@pytest.mark.parametrize(
    ("entry", "wanted"),
    [
        ('"gone.toml"', 'runbook.toml:3: include[0]: no file is "gone.toml"'),
        ('"runbook/x*.toml"', 'runbook.toml:3: include[0]: no file is "runbook/x*.toml"'),
        ('"/etc/passwd"', 'runbook.toml:3: include[0]: no file is "/etc/passwd"'),
        ('"a\\u0000b"', "runbook.toml:3: include[0]: no file is"),
        ('""', 'runbook.toml:3: include[0]: no file is ""'),
        ('"runbook.toml"', 'runbook.toml:3: include[0]: "runbook.toml" is included twice'),
        ('"runbook/*.toml", "runbook/one.toml"', 'runbook.toml:3: include[1]: "runbook/one.toml" is included twice'),
        ("5", "runbook.toml:3: include[0]: expected"),
    ],
)
def test_what_is_wrong_with_an_include_is_told_where_it_stands(tmp_path: Path, entry: str, wanted: str) -> None:
    found = told(written(tmp_path, MAIN.replace('"runbook/*.toml"', entry)))
    assert [one for one in found if one.startswith(wanted)], found


def test_what_another_team_owns_has_to_be_the_file_that_was_agreed_on(tmp_path: Path) -> None:
    agreed = hashlib.sha256(TWO.encode()).hexdigest()
    main = MAIN.replace(
        '"runbook/*.toml"', f'"runbook/[ho]*.toml",\n  {{ file = "runbook/two.toml", sha256 = "{agreed}" }}'
    )
    path = written(tmp_path, main)
    assert len(load(path).sections) == 2
    (tmp_path / "runbook" / "two.toml").write_text(TWO.replace("df", "rm -rf /srv"))
    (found,) = told(path)
    assert found.startswith('runbook.toml:4: include[1]: "runbook/two.toml" is not the file that was agreed on')


def test_the_warnings_of_a_part_name_it(tmp_path: Path) -> None:
    path = written(tmp_path, two=TWO.replace('"df"', '"tail -f /var/log/syslog"'))
    assert [str(one).removeprefix(f"{tmp_path}/").partition(": ")[0] for one in lint(path)] == ["runbook/two.toml:7"]


def test_a_part_that_is_a_windows_file_is_read(tmp_path: Path) -> None:
    path = written(tmp_path)
    (tmp_path / "runbook" / "two.toml").write_bytes(b"\xef\xbb\xbf" + TWO.replace("\n", "\r\n").encode())
    assert len(load(path).sections) == 2
