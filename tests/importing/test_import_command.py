"""`runbook import` as it is typed: what it writes, what it refuses, and lint when the document moves on."""

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tui.cli.main import main

PAGE = "# Restart\n\n## Do\n\n### Look\n\n```bash\nuptime\n```\n\n"
PAGE += "### Restart\n\n```bash\nsudo systemctl restart shop\n```\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "page.md").write_text(PAGE)
    return tmp_path


def runbook(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def test_it_writes_a_runbook_and_says_what_became_of_each_line(folder: Path) -> None:
    done = runbook("import", "page.md")
    assert done.exit_code == 0
    assert "8  step look: command" in done.output
    assert done.output.endswith("2 steps, 2 commands, 0 passages to look at\nrunbook.toml: 0 errors, 0 warnings\n")
    assert tomllib.loads((folder / "runbook.toml").read_text())["runbook"]["document"] == "page.md"


def test_the_example_of_the_page_is_what_happens(folder: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/importing.md").read_text(encoding="utf-8")
    document = page.partition("````markdown\n")[2].partition("````\n")[0]
    said = page.partition("says:\n\n```\n")[2].partition("```\n")[0]
    step = page.partition("```toml\n")[2].partition("```\n")[0]
    (folder / "restart.md").write_text(document)
    assert runbook("import", "restart.md").output == said
    assert step in (folder / "runbook.toml").read_text()


def test_it_never_writes_over_a_file_that_nobody_named(folder: Path) -> None:
    (folder / "runbook.toml").write_text("mine")
    done = runbook("import", "page.md")
    assert done.exit_code == 2
    assert "runbook.toml is there already" in done.output
    assert (folder / "runbook.toml").read_text() == "mine"
    assert runbook("import", "page.md", "--replace").exit_code == 0
    assert (folder / "runbook.toml").read_text() != "mine"


def test_what_cannot_be_read_is_one_message(folder: Path) -> None:
    (folder / "binary.md").write_bytes(b"\xff\xfe\x00")
    done = runbook("import", "binary.md")
    assert done.exit_code == 1
    assert "binary.md:1: it is not UTF-8" in done.output
    assert not (folder / "runbook.toml").exists()


def test_what_became_of_a_hostile_document_is_safe_for_a_terminal(folder: Path) -> None:
    (folder / "page.md").write_text("# \x1b]0;x\x07Page\n\n## \u202eDo\n\n```bash\necho \x1b[31m\n```\n")
    done = runbook("import", "page.md")
    assert all(character.isprintable() or character == "\n" for character in done.output)


def test_lint_tells_when_the_document_has_moved_on(folder: Path) -> None:
    runbook("import", "page.md")
    assert "0 warnings" in runbook("lint", "runbook.toml").output
    (folder / "page.md").write_text(PAGE.replace("restart shop", "reload shop"))
    said = runbook("lint", "runbook.toml").output
    assert 'lines 11, 14 of "page.md" are not what this step was made from' in said
    (folder / "page.md").write_text("# Restart\n\nA new line.\n" + PAGE.removeprefix("# Restart\n"))
    said = runbook("lint", "runbook.toml").output
    assert 'lines 5, 8 of "page.md" stand at 7, 10 now (source = "7, 10")' in said
    assert "not what" not in said
