"""What the program writes itself is in the form that it would put a file into: `lint --fix` has nothing to change."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.runbooks.imported_pages import DOCUMENTS
from tui.cli.main import main
from tui.importing.imported import imported
from tui.runbook.rewriting.fixing import fixed

ANSWERS = {
    "deploy": "Deploy the shop\ndeploy\nweb-1 ops@db-1\nstaging stg-1 stg-2; test t-1 t-2\ntue-thu 02:00-04:00 UTC\n",
    "diagnosis": "Look at the shop\ndiagnosis\n\n\n",
    "change": "Change it\n\nweb-1\n\n\n",
}


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.stem)
def test_an_imported_runbook_has_no_shorter_form(page: Path, tmp_path: Path) -> None:
    path = tmp_path / "runbook.toml"
    path.write_text(imported(page.read_text(encoding="utf-8"), page.name).text, encoding="utf-8")
    assert fixed(path) == ()
    assert "[[sections" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("answers", ANSWERS.values(), ids=ANSWERS)
def test_neither_has_one_that_was_begun_with_five_questions(answers: str, tmp_path: Path) -> None:
    path = tmp_path / "runbook.toml"
    runner = CliRunner()
    done = runner.invoke(main, ["init", "-o", str(path)], input=answers)
    assert done.exit_code == 0, done.output
    before = path.read_text()
    assert "[[sections" not in before
    assert runner.invoke(main, ["lint", "--fix", str(path)]).exit_code == 0
    assert path.read_text() == before


def test_nor_has_the_rolling_restart_of_the_documentation() -> None:
    assert fixed(Path(__file__).parents[1] / "data/rolling_restart.toml") == ()
