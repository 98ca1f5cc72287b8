"""Checks that the pages can be found from the index and that their links lead somewhere."""

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pytest

from tests.support.runbooks.bundled_runbook import bundled_runbook
from tools.recording import SHOT
from tools.screenshots import SHOTS, Shot, words_of
from tools.screenshots_fleet import MOMENTS, PICTURES
from tools.screenshots_people import QUESTION
from tui.cli.main import main
from tui.cli.options import Leading
from tui.headless.answers import read_answers
from tui.runbook.model import Danger
from tui.widgets.looks.themes import NIGHT, THEMES

ROOT = Path(__file__).parent.parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_to_a_file(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text()) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_page_is_in_the_index() -> None:
    index = LINK.findall((ROOT / "docs/README.md").read_text())
    assert [page.name for page in (ROOT / "docs").glob("*.md") if page.name not in {*index, "README.md"}] == []


def test_the_two_commands_of_a_fresh_machine_are_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text()
    assert "    make drill\n" in text
    assert "    make test\n" in text


def test_the_answers_file_on_the_page_takes_the_bundled_runbook_to_its_end(tmp_path: Path) -> None:
    page = (ROOT / "docs/headless.md").read_text()
    path, runbook = tmp_path / "answers.toml", bundled_runbook()
    path.write_text(page.partition("```toml\n")[2].partition("```")[0])
    answers = read_answers(path, runbook)
    deploy = [runbook.section(name) for name in runbook.flows["deploy"].sections]
    steps = [step for one in deploy if one.when.get("method", answers.method) == answers.method for step in one.steps]
    asked = {step.id: sum(bool(action.ask) for action in step.actions) for step in steps}
    assert {step: len(answers.answers.get(step, ())) for step, count in asked.items() if count} == {
        step: count for step, count in asked.items() if count
    }
    destroying = {step.id for step in steps if step.danger is Danger.DESTRUCTIVE}
    assert destroying <= set(answers.confirm)


def test_a_newcomer_is_led_to_files_that_there_are() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text().partition("## Where is …?")[2].partition("\n## ")[0]
    answers = [line.strip("| ").split(" | ")[1] for line in guide.splitlines() if line.startswith("| ")][1:]
    assert len(answers) >= 10
    for answer in answers:
        files = re.findall(r"`(tui/[^`]+)`", answer)
        assert files
        assert [file for file in files if not (ROOT / file).exists()] == []
        texts = [(ROOT / file).read_text() for file in files if (ROOT / file).is_file()]
        for name in re.findall(r"`(\w+)`", answer):
            assert any(re.search(rf"^ *(?:def|class) {name}\b", text, re.MULTILINE) for text in texts), name


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
def test_each_picture_says_what_it_was_drawn_for(shot: Shot) -> None:
    picture = (ROOT / "screenshots" / f"{shot.name}.svg").read_text()
    assert shot.until in words_of(picture)
    night = next(theme for theme in THEMES if theme.name == NIGHT)
    assert (night.background or "") in picture, "drawn on a terminal of few colours"


@pytest.mark.parametrize("name", PICTURES)
def test_each_picture_of_the_play_on_forty_sshds_is_of_its_moment(name: str) -> None:
    words = words_of((ROOT / "screenshots" / f"{name}.svg").read_text())
    assert MOMENTS[PICTURES[name][1]] in " ".join(words.split())


def test_there_is_no_picture_that_nothing_draws() -> None:
    drawn = {*(shot.name for shot in SHOTS), *PICTURES, SHOT.name, QUESTION}
    assert {picture.stem for picture in (ROOT / "screenshots").glob("*.svg")} == drawn


TYPED = re.compile(r"(?:^|[`(|] ?|\$ )[ \t]*runbook ([a-z-][^`|\n]*)", re.MULTILINE)


def not_known(command: click.Command, context: click.Context, words: Sequence[str]) -> Iterator[str]:
    """The options of a command line that its command does not have."""
    for place, word in enumerate(words):
        below = command.get_command(context, word) if isinstance(command, click.Group) else None
        if below is None and isinstance(command, Leading):  # the word is an argument of the command that leads it
            below, place = command.get_command(context, "run"), place - 1
        if below is not None:
            yield from not_known(below, click.Context(below, parent=context, info_name=word), words[place + 1 :])
            return
        names = {name for option in command.get_params(context) for name in (*option.opts, *option.secondary_opts)}
        if word.startswith("-") and word != "-" and word.split("=")[0] not in names and word[:2] not in names:
            yield f"{command.name}: {word}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_on_the_pages_have_the_options_that_are_given_to_them(page: Path) -> None:
    if page.name == "CHANGELOG.md":  # it tells of what once was
        return
    found = [
        one
        for line in TYPED.findall(page.read_text())
        if line.count('"') % 2 == 0 and line.count("'") % 2 == 0
        for one in not_known(main, click.Context(main, info_name="runbook"), shlex.split(line, comments=True))
    ]
    assert found == []
