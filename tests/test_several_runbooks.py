"""A folder with many runbooks, or none: which of them a command is about, and whose sessions are whose."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.support.runbooks.environment_runbook import BOTH, TEXT
from tui.cli import several
from tui.cli.main import main
from tui.cli.which_runbook import runbooks_here, same_runbook
from tui.cli.wiring import open_workspace, resumed_workspace
from tui.errors import SessionError
from tui.execution.workspace import Setup

PART = '[[sections]]\nid = "part"\ntitle = "Part"\nsteps = []\n'
SCENARIO = 'format = 1\ntitle = "Calm"\n[[rules]]\nmatch = "."\n'


@pytest.fixture(autouse=True)
def _place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path / "sessions"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "repository").mkdir()
    monkeypatch.chdir(tmp_path / "repository")


def typed(*words: str, text: str = "") -> Result:
    return CliRunner().invoke(main, list(words), input=text)


def written(path: str, title: str, text: str = TEXT) -> Path:
    file = Path(path).absolute()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text.replace('title = "Shop"', f'title = "{title}"'))
    return file


def begun(runbook: Path, environment: str = "") -> str:
    """A session that was begun and left."""
    workspace = open_workspace(runbook, environment=environment)
    conductor = workspace.begin(Setup(flow="deploy", operator="ana", environment=environment, variables={"site": "x"}))
    conductor.close()
    workspace.close()
    return conductor.state.started.session if conductor.state.started else ""


def several_here() -> list[Path]:
    """Three runbooks, and what is beside them and is none."""
    files = [
        written("shop.toml", "Shop"),
        written("database/runbook.toml", "Database"),
        written("runbooks/x.toml", "X"),
    ]
    Path("part.toml").write_text(PART)
    Path("calm.toml").write_text(SCENARIO)
    Path("pyproject.toml").write_text("[runbook]\nname = 1\n")
    Path("broken.toml").write_text("nonsense")
    return files


def test_they_are_listed_with_what_is_unfinished_of_each() -> None:
    shop, _, _ = several_here()
    begun(shop)
    begun(shop)
    assert typed("list").output.splitlines() == [
        "ID        TITLE     FILE                   UNFINISHED  FOLLOW-UPS",
        "database  Database  database/runbook.toml",
        "x         X         runbooks/x.toml",
        "shop      Shop      shop.toml              2",
    ]
    rows = json.loads(typed("list", "--json").output)
    assert [(row["id"], row["unfinished"]) for row in rows] == [("database", 0), ("x", 0), ("shop", 2)]
    written("again.toml", "Shop")
    assert "! shop is the id of 2 runbooks: their sessions are told as of one" in typed("list").output
    written("wrong.toml", "Shop", TEXT.replace("kind", "kid"))
    assert "? wrong.toml" in typed("list").output.replace(str(Path.cwd()) + "/", "")


@pytest.mark.parametrize("line", ["lint", "show", "check", "run --dry-run", "drill --headless", ""])
def test_of_several_none_is_taken_by_itself(line: str) -> None:
    several_here()
    refused = typed(*line.split())
    assert refused.exit_code == 2
    names = "database/runbook.toml, runbooks/x.toml, shop.toml"
    assert refused.stderr.splitlines() == [
        f"runbook: there is no runbook.toml here; the runbooks here are {names}",
        "  name it with -f FILE; `runbook list` says what each is",
    ]


def test_the_one_that_is_called_runbook_toml_is_the_folders_own() -> None:
    several_here()
    own = written("runbook.toml", "Own")
    assert "Own" in typed("show").output
    assert runbooks_here()[0] == own
    assert [path.name for path in several.others_than(own)] == ["runbook.toml", "x.toml", "shop.toml"]


def test_a_folder_without_any_says_how_one_comes_to_be_and_loads_nothing() -> None:
    for words in (["list"], ["lint"], []):
        refused = typed(*words)
        assert refused.exit_code == 2
        assert "`runbook init` or `runbook import FILE.md` makes one, `runbook drill` rehearses" in refused.stderr
    assert typed("drill", "--help").exit_code == 0
    assert "MultinotesAI" in typed("show", "--demo").output, "the bundled one is reached by name"


def test_a_person_on_a_terminal_is_asked_which(monkeypatch: pytest.MonkeyPatch) -> None:
    files = several_here()
    monkeypatch.setattr(several, "is_terminal", lambda: True)
    answers = iter(["9", "shop", "2"])
    monkeypatch.setattr(several, "ask_line", lambda question: next(answers))
    assert several.chosen_file(None) == files[2]
    assert several.chosen_file(files[1]) == files[1], "one that was named is not asked about"


def test_what_is_unfinished_is_of_a_runbook_and_an_environment() -> None:
    shop, database, _ = several_here()
    with pytest.raises(SessionError, match="no unfinished session"), resumed_workspace("", None, {}, None):
        pass
    first = begun(database)
    with resumed_workspace("", None, {}, None) as (workspace, found):
        assert found == first
        assert workspace.runbook.runbook.title == "Database"
    second = begun(shop)
    with pytest.raises(SessionError) as refused, resumed_workspace("", None, {}, None):
        pass
    assert "there are unfinished sessions of 2 runbooks or environments" in refused.value.message
    assert f"{second} (Shop)" in refused.value.message
    with resumed_workspace("", shop, {}, None) as (_, found):
        assert found == second


def test_of_two_environments_neither_is_resumed_or_rolled_back_by_itself() -> None:
    shop = written("runbook.toml", "Shop", BOTH)
    begun(shop, "staging")
    begun(shop, "staging")
    newest = begun(shop, "staging")
    with resumed_workspace("", None, {}, None) as (_, found):
        assert found == newest or found > newest[:16]
    begun(shop, "production")
    for undoing in (False, True):
        with (
            pytest.raises(SessionError, match="unfinished sessions of 2 environments") as refused,
            resumed_workspace("", None, {}, None, undoing=undoing),
        ):
            pass
        assert "(Shop · staging)" in refused.value.message
        assert "(Shop · production)" in refused.value.message


def test_a_session_is_resumed_with_its_own_runbook_of_the_folder_as_it_is_today() -> None:
    shop, database, _ = several_here()
    session = begun(database)
    assert same_runbook("database") == database
    assert same_runbook("nobody") is None
    with resumed_workspace(session, None, {}, None) as (workspace, _):
        assert workspace.text == database.read_text()
    assert same_runbook("shop") == shop
