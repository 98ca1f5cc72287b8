"""The shorter form says the same, keeps every comment, and touches nothing that does not become shorter."""

import re
from pathlib import Path

import pytest
import tomli
from click.testing import CliRunner
from msgspec.structs import replace

from tests.runbook.documents import FULL
from tests.support.runbooks.runbooks import SMALL, one_section
from tui.cli.main import main
from tui.runbook.reading.load import load, load_text
from tui.runbook.rewriting.fixing import fixed
from tui.runbook.rewriting.shortened import shortened

BUNDLED = Path(__file__).resolve().parents[3] / "runbook.toml"
ACTION = "[[sections.steps.actions]]\n"
HEAD = '[[sections.steps]]\nid = "a"\ntitle = "A"\n'


def after(steps: str) -> str:
    """The steps in their shorter form, which says the same."""
    text = one_section(steps, "web")
    found = shortened(text)
    assert replace(load_text(found, "new"), format=1) == load_text(text, "old")
    assert shortened(found) == found
    return found.partition('title = "All"\n')[2]


@pytest.mark.parametrize("text", [FULL, SMALL])
def test_it_says_the_same(text: str) -> None:
    found = shortened(text)
    assert replace(load_text(found, "new"), format=1) == load_text(text, "old")
    assert len(found.splitlines()) < len(text.splitlines())
    assert shortened(found) == found
    assert "format = 2" in found


def test_one_action_goes_onto_its_step_with_its_tables_and_comments() -> None:
    written = f"""{HEAD}
# what is looked at
[[sections.steps.actions]]  # the only one
run = "df"  # of all disks
# what is good
[sections.steps.actions.expect]
exit = [0, 1]
[[sections.steps.actions.expect.numbers]]
pattern = '(\\d+)%'
below = 90
[sections.steps.when]
method = "x"
"""
    steps = written.replace('[sections.steps.when]\nmethod = "x"\n', "")
    assert (
        after(steps)
        == f"""{HEAD}
# what is looked at
# the only one
run = "df"  # of all disks
# what is good
[sections.steps.expect]
exit = [0, 1]
[[sections.steps.expect.numbers]]
pattern = '(\\d+)%'
below = 90
"""
    )


@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        (f'{HEAD}actions = [{{ run = "df", timeout = "9s" }}]\n', f'{HEAD}run = "df"\ntimeout = "9s"\n'),
        (f'{HEAD}actions = [{{ run = "df" }}, {{ ask = "?" }}]\n', f'{HEAD}actions = ["df", {{ ask = "?" }}]\n'),
        (
            f'{HEAD}[[sections.steps.actions]]\nrun = "df"\n\n[[sections.steps.actions]]\nrun = "ls"\n',
            f'{HEAD}actions = ["df", "ls"]\n',
        ),
        (
            f'{HEAD}\n{ACTION}run = "df"\non = "web"\n{ACTION}on = "web"\nrun = "ls"\n',
            f'{HEAD}on = "web"\nactions = ["df", "ls"]\n',
        ),
        (
            f'{HEAD}danger = "destructive"\nmutates = true  # yes\nactions = [{{ run = "rm x" }}]\n',
            f'{HEAD}danger = "destructive"\n# yes\nrun = "rm x"\n',
        ),
    ],
)
def test_what_becomes_shorter(steps: str, wanted: str) -> None:
    assert after(steps) == wanted


@pytest.mark.parametrize(
    "steps",
    [
        f'{HEAD}[[sections.steps.actions]]\ntitle = "The disk"\nrun = "df"\n',
        f'{HEAD}look = {{ run = "ls" }}\n[sections.steps.when]\nflow = "deploy"\n{ACTION}run = "df"\n',
        f'{HEAD}actions = [\n  {{ run = "df" }},  # the disk\n]\n',
        f'{HEAD}[[sections.steps.actions]]\nrun = "df"\n# why\n[[sections.steps.actions]]\nrun = "ls"\n',
    ],
)
def test_what_stays_as_it_is(steps: str) -> None:
    assert after(steps) == steps


def test_nothing_of_the_bundled_runbook_can_be_shorter() -> None:
    assert fixed(BUNDLED) == ()


def test_lint_fix_writes_the_files_and_says_how_long_they_are(tmp_path: Path) -> None:
    path = tmp_path / "runbook.toml"
    path.write_text(SMALL)
    path.chmod(0o640)
    before = load(path)
    ran = CliRunner().invoke(main, ["lint", "--fix", str(path)])
    assert ran.exit_code == 0, ran.output
    assert re.search(rf"runbook.toml: \d+ lines, {len(SMALL.splitlines())} before", ran.output)
    assert replace(load(path), format=1) == before
    assert path.stat().st_mode & 0o777 == 0o640
    assert "nothing can be shorter" in CliRunner().invoke(main, ["lint", "--fix", str(path)]).output
    assert [one.name for one in tmp_path.iterdir()] == ["runbook.toml"]


def test_a_file_that_is_not_right_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "runbook.toml"
    path.write_text(SMALL.replace("uptime", "{{ uptime }}"))
    ran = CliRunner().invoke(main, ["lint", "--fix", str(path)])
    assert ran.exit_code != 0
    assert path.read_text() == SMALL.replace("uptime", "{{ uptime }}")


def test_a_part_that_another_team_owns_is_not_touched(tmp_path: Path) -> None:
    import hashlib

    head, _, steps = SMALL.replace("format = 1\n", "").partition("[[sections]]")
    part = "[[sections]]" + steps
    digest = hashlib.sha256(part.encode()).hexdigest()
    (tmp_path / "part.toml").write_text(part)
    path = tmp_path / "runbook.toml"
    path.write_text(f'format = 2\ninclude = [{{ file = "part.toml", sha256 = "{digest}" }}]\n{head}')
    assert CliRunner().invoke(main, ["lint", "--fix", str(path)]).exit_code == 0
    assert (tmp_path / "part.toml").read_text() == part
    path.write_text(f'format = 2\ninclude = ["part.toml"]\n{head}')
    assert CliRunner().invoke(main, ["lint", "--fix", str(path)]).exit_code == 0
    assert len((tmp_path / "part.toml").read_text()) < len(part)
    assert tomli.loads((tmp_path / "part.toml").read_text())
