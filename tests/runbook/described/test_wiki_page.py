"""A runbook as a page for the wiki: everything of it, and nothing of its texts is markup."""

from pathlib import Path

from click.testing import CliRunner
from markdown_it import MarkdownIt

from tui.cli.main import main
from tui.importing.imported import imported
from tui.runbook.described.wiki_page import wiki_page
from tui.runbook.model import Runbook
from tui.runbook.reading.load import load
from tui.runbook.walk import steps_of

ROOT = Path(__file__).parents[3]


def page_of(folder: Path, document: str) -> tuple[Runbook, str]:
    path = folder / "runbook.toml"
    path.write_text(imported(document, "page.md").text)
    runbook = load(path)
    return runbook, wiki_page(runbook)


def test_every_step_and_every_command_of_the_bundled_runbook_is_on_the_page() -> None:
    runbook = load(ROOT / "runbook.toml")
    fences = [token.content for token in MarkdownIt("commonmark").parse(wiki_page(runbook)) if token.type == "fence"]
    steps = [step for _, step in steps_of(runbook)]
    runs = [action.run for step in steps for action in step.actions if action.run is not None]
    assert len(fences) >= len(runs) > 200
    headings = [line for line in wiki_page(runbook).splitlines() if line.startswith("###")]
    assert len(headings) >= len(steps)


def test_no_text_of_a_runbook_becomes_markup(tmp_path: Path) -> None:
    hostile = (
        "# [x](http://a.example) <script>\n\n## Part\n\nTell <img src=x> **all**.\n\n"
        "```bash\n# ![x](y)\necho '````' '<b>'\n```\n"
    )
    _, page = page_of(tmp_path, hostile)
    kinds = {child.type for token in MarkdownIt("commonmark").parse(page) for child in token.children or ()}
    assert not kinds & {"html_inline", "link_open", "image"}
    assert "html_block" not in {token.type for token in MarkdownIt("commonmark").parse(page)}


def test_it_is_printed_by_show(tmp_path: Path) -> None:
    _, page = page_of(tmp_path, "# Restart\n\n## Do\n\n```bash\nsystemctl restart shop\n```\n")
    arguments = ["show", "-f", str(tmp_path / "runbook.toml"), "--format", "md"]
    done = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert done.output == page
    assert "**changes production**" in page
    assert "```bash\nsystemctl restart shop\n```" in page
