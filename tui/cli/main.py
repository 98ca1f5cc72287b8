"""The commands: what a person types, and the exit status they get."""

import sys
from functools import cache, partial
from pathlib import Path
from typing import Any

import click

import tui
from tui.cli.launching import (
    KEPT,
    NO_SCREEN,
    SETTINGS,
    TERMINAL,
    ask_on_terminal,
    make_setup,
    opened,
    opened_on_screen,
    rollback_without_screen,
    screen,
    staged_on_screen,
    without_screen,
)
from tui.cli.options import DEMO, FILE, HOSTS, guarded, pairs, reaching, session_named, settings
from tui.cli.printing import Commands, complain, for_programs, tell
from tui.cli.several import chosen_file, others_than
from tui.cli.which_runbook import find_runbook
from tui.errors import RunbookInvalid
from tui.resources import NAME, bundled

SHELLS = ("bash", "zsh", "fish")
DEFAULT = click.core.ParameterSource.DEFAULT

_SESSIONS = ("sessions", "export", "verify", "followups", "search", "compare", "drills")
LATER = {name: f"tui.cli.sessions:{name}" for name in _SESSIONS} | {
    "archive": "tui.cli.people.archiving:archive",
    "diff": "tui.cli.several:diff",
    "drill": "tui.cli.drills:drill",
    "follow": "tui.cli.people.following:follow",
    "import": "tui.cli.making:import_document",
    "init": "tui.cli.making:init",
    "list": "tui.cli.several:list_runbooks",
    "notify": "tui.cli.people.notifying:notify",
    "page": "tui.cli.people.following:page",
    "take-over": "tui.cli.people.taking_over:take_over",
}
"""Commands that are loaded once they are asked for: all of them took a hundredth of the time to the first frame."""


def say_version(context: click.Context, option: click.Parameter, wanted: bool) -> None:
    """Write which version this is, and end; a checkout that was never installed says that."""
    if wanted:
        tell(f"runbook, version {tui.__version__}")
        context.exit()


@click.group(
    cls=Commands, later=LATER, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=say_version,
    help="Show the version and exit.",
)
@reaching
@settings
@click.option("--demo", is_flag=True, help="Rehearse with the bundled runbook: as `runbook drill` without a runbook.")
@click.pass_context
def main(context: click.Context, /, demo: bool, **given: Any) -> None:
    """Run a deployment runbook over SSH, step by step, signed off and logged. Without a command: the terminal UI."""
    if context.invoked_subcommand is not None:
        misplaced = [name for name in context.params if context.get_parameter_source(name) is not DEFAULT]
        if misplaced:
            words = f"options of `runbook` alone stand before {context.invoked_subcommand}"
            raise click.UsageError(f"{words}; write them behind it", context)
    elif demo:
        from tui.cli.drills import drill_run

        context.invoke(drill_run, file=bundled(NAME), **{name: given[name] for name in SETTINGS})
    else:
        context.invoke(run, **given)


@main.command()
@reaching
@settings
@click.option("--headless", is_flag=True, help="Without a screen, by an answers file.")
@click.option("--answers", type=click.Path(path_type=Path), help="The answers file of a headless run.")
@click.option("--dry-run", is_flag=True, help="Show every command as it would run, and run none.")
@guarded
def run(
    file: Path | None = None,
    hosts: tuple[str, ...] = (),
    ssh_config: Path | None = None,
    headless: bool = False,
    answers: Path | None = None,
    dry_run: bool = False,
    **given: Any,
) -> None:
    """Open the terminal UI, or run a flow without one."""
    if not (headless or dry_run):
        _on_screen(chosen_file(file), hosts, ssh_config, given)
        return
    workspace = opened(file, hosts, ssh_config, given)
    try:
        sys.exit(without_screen(workspace, answers, dry_run, given))
    finally:
        workspace.close()


def _on_screen(file: Path | None, hosts: tuple[str, ...], ssh_config: Path | None, given: dict[str, Any]) -> None:
    """Open the terminal UI; as long as another runbook of the folder is chosen there, open it with that one."""
    following: Path | None = find_runbook(file)
    while following is not None:
        workspace = opened_on_screen(following, hosts, ssh_config, given)
        workspace.others = cache(partial(others_than, following))
        try:
            otherwise = f"{NO_SCREEN.format('run')}; --dry-run shows the commands"
            following = screen(workspace, given=given, otherwise=otherwise)
        finally:
            workspace.close()
        hosts, given = (), {**given, **dict.fromkeys(SETTINGS, ""), "values": ()}  # those were for the first


@main.command()
@reaching
@settings
@click.argument("sections", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--watch", type=click.FloatRange(min=0, min_open=True), help="Check again every SECONDS.")
@guarded
def check(
    file: Path | None,
    hosts: tuple[str, ...],
    ssh_config: Path | None,
    sections: tuple[str, ...],
    as_json: bool,
    watch: float | None,
    **given: Any,
) -> None:
    """Run the read-only steps of SECTIONS (default: the verification flow) at once and show a table."""
    from tui.headless.tables import check_report

    workspace = opened(file, hosts, ssh_config, given)
    ask_on_terminal(workspace)
    try:
        setup = make_setup(workspace, given, kind="verify")
        sys.exit(check_report(workspace, setup, sections, as_json, tell, watch or 0.0, complain))
    finally:
        workspace.close()


@main.command()
@session_named("")
@reaching
@click.option("--operator", default="", help="Who resumes it.")
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="Correct a value of the session.")
@click.option("--reason", default="", help="Why values are corrected; it is recorded.")
@HOSTS
@guarded
def resume(
    session: str,
    file: Path | None,
    hosts: tuple[str, ...],
    ssh_config: Path | None,
    ask_never: bool,
    operator: str,
    values: tuple[str, ...],
    reason: str,
    which: str | None,
) -> None:
    """Resume SESSION (default: the newest unfinished one)."""
    from tui.cli.wiring import correct_values, resumed_workspace

    where = session, file, pairs(hosts, "--host"), ssh_config
    with resumed_workspace(*where, ask_never=ask_never) as (workspace, found):
        if values:
            ask_on_terminal(workspace)
            correct_values(workspace, found, operator, pairs(values, "--set"), reason, which or "", tell)
        screen(workspace, found, operator, hosts=which or "", otherwise=f"{TERMINAL}; {KEPT.format(found)}")


@main.command()
@session_named("")
@reaching
@settings
@HOSTS
@click.option("--elsewhere", is_flag=True, help="Roll back a deployment that this machine has no session of.")
@click.option("--headless", is_flag=True, help="Without a screen, by an answers file: for rehearsals.")
@click.option("--answers", type=click.Path(path_type=Path), help="The answers file of a headless rollback.")
@guarded
def rollback(
    session: str,
    file: Path | None,
    hosts: tuple[str, ...],
    ssh_config: Path | None,
    elsewhere: bool,
    headless: bool,
    answers: Path | None,
    which: str | None,
    **given: Any,
) -> None:
    """Undo what SESSION (default: the newest unfinished one) did, and nothing else; --reason says why."""
    from tui.cli.wiring import resumed_workspace

    if elsewhere:
        workspace = opened(file, hosts, ssh_config, given)
        try:
            if headless:
                sys.exit(without_screen(workspace, answers, False, given, kind="rollback"))
            without = NO_SCREEN.format("rollback --elsewhere")
            screen(workspace, rolling_back=True, given=given, otherwise=without)
        finally:
            workspace.close()
        return
    where = session, file, pairs(hosts, "--host"), ssh_config
    with resumed_workspace(*where, undoing=True, ask_never=given["ask_never"]) as (workspace, found):
        if headless:
            sys.exit(rollback_without_screen(workspace, found, answers, given, which or ""))
        without = NO_SCREEN.format(f"rollback {found}")
        screen(workspace, found, given["operator"], rolling_back=True, hosts=which or "", otherwise=without)


@main.command()
@session_named("last")
@guarded
def replay(session: str) -> None:
    """See SESSION (its id, archive:ID, or a bundle's file) again, as it looked at any of its moments."""
    from tui.cli.wiring import open_store, opened_anywhere

    with opened_anywhere(open_store(), session) as directory:
        workspace = staged_on_screen(directory)
        try:
            screen(workspace, otherwise=KEPT.format(session))
        finally:
            workspace.close()


@main.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
@DEMO
@click.option("--fix", is_flag=True, help="Write its files in the shorter form of format = 2; comments stay.")
@guarded
def lint(path: Path | None, demo: bool, fix: bool) -> None:
    """Say everything that is wrong or doubtful in a runbook."""
    from tui.runbook.reading.lint import lint as problems_of

    chosen = bundled(NAME) if demo else find_runbook(path)
    if fix:
        _fix(chosen)
    problems = problems_of(chosen)
    for problem in problems:
        tell(str(problem))
    errors = sum(problem.severity == "error" for problem in problems)
    tell(f"{chosen}: {errors} errors, {len(problems) - errors} warnings")
    sys.exit(RunbookInvalid.exit_code if errors else 0)


def _fix(path: Path) -> None:
    from tui.runbook.rewriting.fixing import fixed, write

    files = fixed(path)
    for file in files:
        write(file)
        tell(f"{file.path}: {file.lines} lines, {file.before} before")
    if not files:
        tell(f"{path}: nothing can be shorter")


@main.command()
@FILE
@DEMO
@click.option("--json", "as_json", is_flag=True, help="The whole runbook as JSON.")
@click.option("--format", "form", type=click.Choice(["text", "md"]), default="text", help="md: a page for the wiki.")
@guarded
def show(file: Path | None, demo: bool, as_json: bool, form: str) -> None:
    """Show a runbook: its flows, sections, steps and commands."""

    from tui.runbook.described.show import show as rendered
    from tui.runbook.reading.load import load

    runbook = load(bundled(NAME) if demo else find_runbook(file))
    if as_json:
        from tui.text.json_text import json_text

        tell(json_text(runbook))
    elif form == "md":
        from tui.runbook.described.wiki_page import wiki_page

        tell(wiki_page(runbook).removesuffix("\n"))
    else:
        tell(rendered(runbook))


@main.command()
@click.option(
    "--of", type=click.Choice(["runbook", "scenario", "session"]), default="runbook", help="What it describes."
)
@guarded
def schema(of: str) -> None:
    """Print the JSON Schema of runbook.toml or of a drill's scenario, for editors, or of an exported session."""
    from importlib import import_module

    for_programs()
    modules = {
        "runbook": "tui.runbook.reading.schema",
        "scenario": "tui.drill.scenario_files",
        "session": "tui.exports.json",
    }
    tell(import_module(modules[of]).schema().decode())


@main.command()
@click.argument("shell", type=click.Choice(SHELLS))
@guarded
def completion(shell: str) -> None:
    """Print what makes SHELL complete the commands, their options and the ids of sessions (docs/install.md)."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    tell(kind(main, {}, "runbook", "_RUNBOOK_COMPLETE").source().rstrip("\n"))


if __name__ == "__main__":
    main()
