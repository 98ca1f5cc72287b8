"""Documents of other teams and of nobody's good will: a clean runbook of each, or one message."""

import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.support.runbooks.imported_pages import actions, fence, made
from tui.errors import RunbookError
from tui.importing.imported import MAX_BYTES, imported, read_document
from tui.runbook.reading.lint import lint_text

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "tests/data/documents").glob("*.md"))


def test_an_unclosed_block_and_an_unclosed_quote_are_doubtful_and_dropped_nowhere() -> None:
    runbook, document = made('# Page\n\n## Part\n\n```bash\nuptime\necho "never closed\ndf -h\n')
    assert [action.get("run") for action in actions(document)] == ["uptime", None, "df -h"]
    assert {fate.doubt for fate in runbook.fates} >= {"the code block is never closed"}


HOSTILE = {
    "bidi": fence("echo \u202e\u2066abc\u2069", "rm -rf /tmp/\u200bx"),
    "escape": fence("echo \x1b]0;title\x07", "ls \x9b31m"),
    "html": "# Page\n\n<script>alert(1)</script>\n\n<!-- hidden -->\n\n## Part\n\n<b>Run</b> `ls -l`\n",
    "links": "# Page\n\n## Part\n\nCheck [the board][1] and [x](javascript:alert).\n\n[1]: https://x.example/ 't'\n",
    "nested": "# Page\n\n## Part\n\n" + "".join(f"{'  ' * depth}- run `ls {depth}`\n" for depth in range(120)),
    "quotes": "# Page\n\n## Part\n\n" + "> " * 300 + "deep\n",
    "brackets": "# Page\n\n" + "[" * 20_000 + "\n\n" + "*a **b " * 3_000 + "\n",
    "tables": "# Page\n\n| a | b |\n|---|---|\n" + "| `rm -rf /` | x |\n" * 300,
    "templates": "# {{ utc_time }}\n\n## {{ x }}\n\nTell {{ operator }} of {{ y }}.\n\n"
    "```bash\necho {{ item }} {{.Names}} `{{ z }}`\n```\n",
    "toml": fence("echo '''", 'printf "\\"\\\\"', "cat <<'E'\n'''\"\"\"\nE") + "\n'''\n\"\"\"\n[runbook]\n",
    "nul": "# P\0age\n\n## Part\n\n```bash\necho \0x\n```\n",
    "returns": "# Page\r\n\r\n## Part\r\n\r\n```bash\r\nuptime\r\n```\r\n",
    "names": "# Page\n\n" + "## Same\n\n```bash\nuptime\n```\n\n" * 50,
    "surrogate": "# Page \udcff\n\n## Part\n\nTell \udcff.\n",
    "nothing": "just words\n",
    "empty headings": "#\n\n##\n\n###\n\n```\n$ ls\n```\n",
    "substitution": fence("echo $(( <n> + 1 ))", "x=`ls <dir>`", "[[ $N -lt 3 ]] && ls", "echo ${N:-3}"),
    "ssh": fence("ssh -oProxyCommand=evil host", "ssh $(hostname)", "ssh a@b;rm -rf /"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_makes_a_runbook_without_errors(name: str) -> None:
    text = HOSTILE[name]
    runbook, _ = made(text)
    assert runbook == imported(text, "page.md")
    assert all(character.isprintable() or character == "\n" for character in runbook.text)


def test_a_command_with_what_does_not_show_is_not_run() -> None:
    document = made(HOSTILE["bidi"])[1]
    assert [action.get("run") for action in actions(document)] == [None, None]


def test_a_command_that_leaves_very_much_open_is_for_a_terminal() -> None:
    runbook, document = made(fence("echo " + "$A " * 9_000))
    assert "run" not in actions(document)[0]
    assert runbook.doubts == 1


def test_a_file_that_is_no_document_is_one_message(tmp_path: Path) -> None:
    cases = {
        "larger.md": b"x\n" * MAX_BYTES,
        "line.md": b"x" * 60_000,
        "utf16.md": "# Page".encode("utf-16"),
        "empty.md": b"\n\n",
    }
    for name, data in cases.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(RunbookError) as error:
            read_document(tmp_path / name)
        assert name in error.value.message
        assert error.value.hint
    with pytest.raises(RunbookError, match="cannot be read"):
        read_document(tmp_path / "missing.md")


@pytest.mark.parametrize(
    "marks", ["[" * 30_000 + "\n", "![" * 15_000 + "\n", "*a **b " * 4_000 + "\n", "[" * 30_000 + "\n\n"]
)
def test_a_document_of_nothing_but_marks_is_refused_at_once(marks: str, tmp_path: Path) -> None:
    (tmp_path / "marks.md").write_text("# Page\n\n" + marks * (900_000 // len(marks)), encoding="utf-8")
    began = time.process_time()
    with pytest.raises(RunbookError, match=r"marks.md:\d+: more than"):
        read_document(tmp_path / "marks.md")
    assert time.process_time() - began < 2


def test_a_code_block_may_have_as_many_brackets_as_it_likes(tmp_path: Path) -> None:
    (tmp_path / "json.md").write_text("# Page\n\n```json\n" + "[" * 5_000 + "\n```\n", encoding="utf-8")
    assert read_document(tmp_path / "json.md")


def test_a_sentence_of_very_many_commands_is_text_and_takes_no_time() -> None:
    began = time.process_time()
    runbook, _ = made("# Page\n\n## Part\n\nTell them.\n\n" + "run `ls -l /x` and " * 8_000 + "\n")
    assert runbook.commands == 0
    assert time.process_time() - began < 10


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_of_another_team_becomes_a_clean_runbook(page: Path) -> None:
    runbook, document = made(page.read_text(encoding="utf-8"))
    assert [str(one) for one in lint_text(runbook.text, "runbook.toml")] == []
    wanted = tomllib.loads(page.with_suffix(".toml").read_text(encoding="utf-8"))
    told = [
        action["original"] if "original" in action else action["run"]
        for action in every_action(document)
        if "run" in action
    ]
    assert told == wanted["commands"]
    assert sorted({fate.start for fate in runbook.fates if fate.doubt}) == wanted["doubts"]


def every_action(document: dict[str, Any]) -> list[dict[str, Any]]:
    """All actions of a runbook, those of troubles too."""
    steps = [step for section in document["sections"] for step in section["steps"]]
    for issue in document.get("troubleshooting", ()):
        steps += issue.get("diagnosis", [])
        steps += [step for one in issue.get("solutions", ()) for step in one.get("steps", ())]
    return [action for step in steps for action in step.get("actions", [step])]


def test_the_source_document_lands_in_its_sections() -> None:
    text = read_document(ROOT / "docs/source/deployment-runbook.md")
    runbook, document = made(text)
    assert [str(one) for one in lint_text(runbook.text, "runbook.toml")] == []
    assert runbook.commands >= 180
    assert len(document["troubleshooting"]) == 6
    assert list(document["methods"]) == ["docker_compose_deployment", "manual_deployment"]
    assert len(document["rollback_reasons"]) == 6
    assert len(document["followups"]) == 14
