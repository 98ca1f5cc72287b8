"""The commands that make a runbook: from a Markdown document, or from the answers to a few questions."""

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.cli.options import guarded
from tui.cli.printing import ask_line, is_terminal, tell
from tui.errors import RunbookInvalid, UsageError

if TYPE_CHECKING:
    from tui.importing.beginning import BeginningAnswers
    from tui.importing.review.reviewing import Review


@click.command("import")
@click.argument("document", metavar="FILE.md", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("runbook.toml"), show_default=True)
@click.option("--replace", is_flag=True, help="Write over a file that is there.")
@click.option("--doubts", is_flag=True, help="Say only what a person should look at.")
@click.option("--review", is_flag=True, help="Look at the doubtful passages, one key each; continues what was left.")
@guarded
def import_document(document: Path, output: Path, replace: bool, doubts: bool, review: bool) -> None:
    """Make a runbook of a Markdown document, and say line by line what became of it. Nothing of it is run."""
    from tui.importing.imported import beside, imported, read_document, report
    from tui.runbook.reading.lint import lint

    text = read_document(document)
    if review and not is_terminal():
        raise UsageError("a review needs a terminal", "without one, the report and the comments `# look at` say it")
    if review and output.exists() and not replace:
        _review(text, output)
        return
    refuse_existing(output, replace)
    made = imported(text, beside(document, output))
    write_new(output, made.text, replace)
    for line in report(made, doubts):
        tell(line)
    problems = lint(output)
    for problem in problems:
        tell(str(problem))
    errors = sum(problem.severity == "error" for problem in problems)
    tell(f"{output}: {errors} errors, {len(problems) - errors} warnings")
    if made.doubts and not errors and is_terminal() and (review or _wants_review(made.doubts)):
        _review(text, output)
    sys.exit(RunbookInvalid.exit_code if errors else 0)


def _wants_review(doubts: int) -> bool:
    from tui.text.amounts import counted

    answer = ask_line(f"Look at the {counted(doubts, 'doubtful passage')} now? (y; enter leaves it for later)")
    return (answer or "").strip().lower() in ("y", "yes")


def _review(text: str, output: Path) -> None:
    """Go through what is marked in a runbook, each decision kept at once."""
    from tui.importing.review.review_marks import marks_of
    from tui.importing.review.reviewing import Review, ReviewTerminal, review
    from tui.runbook.reading.file_text import read_text
    from tui.runbook.reading.load import load
    from tui.runbook.rewriting.fixing import FixedFile, write
    from tui.runbook.source_document.drift import document_lines
    from tui.text.amounts import counted

    load(output)  # what is not right has to be put right first: it says where
    lines = len(read_text(output).splitlines())

    def keep(made: str) -> None:
        write(FixedFile(output, made, lines))

    if os.environ.get("TERM", "dumb") in ("", "dumb"):  # pages: nothing can be drawn there
        size = shutil.get_terminal_size()
        terminal = ReviewTerminal(_page, click.getchar, ask_line, size.columns, size.lines)
        review(read_text(output), document_lines(text), keep, terminal)
    elif marks_of(read_text(output)):
        _on_screen(output, Review(output.name, document_lines(text), keep, lambda: read_text(output)))
    left = len(marks_of(read_text(output)))
    words = f"{counted(left, 'passage')} to look at; `--review` continues" if left else "every passage was looked at"
    tell(f"{output}: {words}")


def _on_screen(runbook: Path, review: "Review") -> None:
    """Go through a review on a screen of its own."""
    from tui.app import RunbookApp
    from tui.cli.wiring import open_workspace
    from tui.config import load_config
    from tui.screens.review.screen import ReviewScreen
    from tui.text.logs import silence

    workspace = open_workspace(runbook, ask_never=True)
    try:
        silence()
        app = RunbookApp(workspace, load_config(), first=ReviewScreen(review))
        app.run_until_closed()
    finally:
        workspace.close()
    if app.return_code:
        sys.exit(app.return_code)


def _page(lines: Sequence[str]) -> None:
    click.clear()
    for line in lines:
        tell(line)


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("runbook.toml"), show_default=True)
@guarded
def init(output: Path) -> None:
    """Ask five questions and write a small runbook to begin with, and what it is rehearsed with."""
    from tui.importing.beginning import beginning, rehearsal
    from tui.runbook.reading.lint import lint_text
    from tui.runbook.rewriting.fixing import shortest

    drill = output.with_name(f"{output.stem}-drill.toml")
    for file in (output, drill):
        refuse_existing(file, replace=False)
    answers = _answers()
    text = shortest(beginning(answers))
    problems = lint_text(text, str(output))
    if problems:
        raise UsageError(f"that makes no right runbook: {problems[0]}", "begin again with other answers")
    write_new(output, text, replace=False)
    write_new(drill, rehearsal(answers, output.name), replace=False)
    tell(f"{output}: 0 errors, 0 warnings. Write your steps into it; `runbook lint` checks it.")
    tell(f"{drill}: what its hosts answer in a rehearsal; `runbook drill {drill}` begins one.")


def _answers() -> "BeginningAnswers":
    """What a person answers.

    Raises:
        UsageError: nothing more comes.
    """
    from tui.importing.beginning import (
        KINDS,
        BeginningAnswers,
        environments_fault,
        environments_of,
        ssh_aliases,
        window_fault,
    )

    title = _asked("Title, as in: Deploy the shop", lambda text: "" if text else "it needs a title")
    kinds = ", ".join(KINDS)
    tell("Enter alone takes what is in [brackets].")
    kind = _asked(
        f"What it is for: {kinds} [{KINDS[0]}]", lambda text: "" if text in ("", *KINDS) else f"type one of {kinds}"
    )
    aliases = ssh_aliases(Path.home() / ".ssh/config")
    if aliases:
        tell(f"Your ssh_config has: {', '.join(aliases)}")
    named = _asked("Hosts by their names for ssh, with blanks between [this machine]", lambda text: "")
    hosts = tuple(dict.fromkeys(named.split()))
    example = f"staging {' '.join(f'stg-{number}' for number in range(1, len(hosts) + 1))}"
    environments = (
        _asked(
            f"Environments beside production, with their hosts, as in: {example}; test ... [only production]",
            lambda text: environments_fault(text, hosts),
        )
        if hosts
        else ""
    )
    window = _asked("When it may start, as in tue-thu 02:00-04:00 UTC [always]", window_fault)
    return BeginningAnswers(title, kind or KINDS[0], hosts, window, environments_of(environments))


def _asked(question: str, fault: Callable[[str], str]) -> str:
    """What a person answers, asked again until nothing is wrong with it.

    Raises:
        UsageError: nothing more comes.
    """
    while (answer := ask_line(question)) is not None:
        wrong = fault(answer)
        if not wrong:
            return answer
        tell(wrong)
    raise UsageError("the questions are not answered", "begin again with `runbook init`")


def refuse_existing(path: Path, replace: bool) -> None:
    """Refuse to write over a file.

    Raises:
        UsageError: it is there, and nobody said to replace it.
    """
    if path.exists() and not replace:
        raise UsageError(f"{path} is there already", "name another file with -o, or write over it with --replace")


def write_new(path: Path, text: str, replace: bool) -> None:
    """Write a file that was not there, or one that is to be replaced.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        with path.open("w" if replace else "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        refuse_existing(path, replace=False)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not a file name"
        raise UsageError(f"{path} cannot be written: {why}", "name another file with -o") from None
