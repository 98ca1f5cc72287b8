"""The commands: what a person types, and the exit status they get."""

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui.cli_options import FILE, HOSTS, Leading, chosen_values, guarded, pairs, reaching, settings
from tui.cli_sessions import COMMANDS
from tui.errors import RunbookError, RunbookInvalid
from tui.resources import NAME, bundled

if TYPE_CHECKING:
    from tui.execution.workspace import Setup, Workspace
    from tui.headless.answers import Answers

SETTINGS = ("flow", "method", "operator", "values", "change", "reason")
DEFAULT = click.core.ParameterSource.DEFAULT
GARBAGE = 50_000
"""Collecting garbage after every 700 new objects, as Python does, took a quarter of the time to the first screen."""


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="runbook")
@reaching
@settings
@click.option("--demo", is_flag=True, help="Rehearse with the bundled runbook: as `runbook drill` without a runbook.")
@click.pass_context
def main(context: click.Context, /, demo: bool, **given: Any) -> None:
    """Run a deployment runbook over SSH, step by step, signed off and logged. Without a command: the terminal UI."""
    gc.set_threshold(GARBAGE)
    if context.invoked_subcommand is not None:
        misplaced = [name for name in context.params if context.get_parameter_source(name) is not DEFAULT]
        if misplaced:
            words = f"options of `runbook` alone stand before {context.invoked_subcommand}"
            raise click.UsageError(f"{words}; write them behind it", context)
    elif demo:
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
    from tui.compose import open_workspace

    workspace = open_workspace(file, pairs(hosts, "--host"), ssh_config, chosen_values(given))
    try:
        if headless or dry_run:
            sys.exit(without_screen(workspace, answers, dry_run, given))
        screen(workspace, given=given)
    finally:
        workspace.close()


@main.group(cls=Leading)
def drill() -> None:
    """Rehearse: `runbook drill [SCENARIO]`; make a scenario of a session, let a fault strike."""


@drill.command("run")
@FILE
@settings
@click.argument("scenario", default="calm-deployment")
@click.option("--pace", type=click.FloatRange(min=0, min_open=True), default=1.0, help="How much faster than life.")
@click.option("--seed", type=int, help="Let chance choose one of the scenario's faults, and when it strikes.")
@click.option("--headless", is_flag=True, help="Without a screen, by an answers file.")
@click.option("--answers", type=click.Path(path_type=Path), help="The answers file of a headless run.")
@guarded
def drill_run(
    file: Path | None,
    scenario: str,
    pace: float,
    seed: int | None,
    headless: bool,
    answers: Path | None,
    **given: Any,
) -> None:
    """Rehearse against a host that answers from SCENARIO (several joined by +) and executes nothing."""
    from tui.compose import drill_workspace

    with drill_workspace(file, scenario, pace, chosen_values(given), seed=seed) as workspace:
        if headless:
            sys.exit(without_screen(workspace, answers, False, given))
        screen(workspace, given=given)


@drill.command("lint")
@click.argument("scenario")
@guarded
def drill_lint(scenario: str) -> None:
    """Say everything that is wrong with a scenario's file, or with a bundled one."""
    from tui.drill.load import find_scenario
    from tui.execution.text import sanitise

    found = find_scenario(scenario)
    click.echo(sanitise(f"{found.title}: {len(found.rules)} rules, {len(found.faults)} faults, nothing wrong"))


@drill.command("record")
@click.argument("session", default="last")
@click.option("--base", default="", help="The scenario that answers what did not run in the session.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The file to write (default: standard output).")
@guarded
def drill_record(session: str, base: str, output: Path | None) -> None:
    """Make a scenario of SESSION (its id, or a bundle's file): what its hosts said, how long it took, what failed."""
    from tui.compose import open_store
    from tui.drill.load import find_scenario
    from tui.drill.record import record
    from tui.headless.report import write_export
    from tui.session.bundle import kept

    with kept(open_store(), session) as directory:
        text = record(directory, find_scenario(base) if base else None, base)
    write_export(lambda file: file.write(text.encode()), output)


@drill.command("inject")
@click.argument("fault", default="")
@click.option("--session", default="last", help="Which drill, where it is not the newest session.")
@click.option("--operator", default="", help="Who asks for it (default: the login name).")
@guarded
def drill_inject(fault: str, session: str, operator: str) -> None:
    """Let FAULT strike in the drill that runs in another terminal; without one, let faults strike by key."""
    from tui.compose import open_store
    from tui.drill.faults import ask_for
    from tui.drill.kept import scenario_of
    from tui.execution.text import sanitise
    from tui.headless.facilitating import facilitate, fault_lines
    from tui.people import named_or_login

    directory = open_store().find(session)
    _, state = directory.load()
    scenario = scenario_of(directory, state)
    if not fault and sys.stdin.isatty() and sys.stdout.isatty():
        facilitate(directory, scenario, named_or_login(operator), click.getchar, click.echo)
        return
    if not fault:
        for line in fault_lines(scenario, state):
            click.echo(line)
        return
    struck = ask_for(directory, scenario, fault, named_or_login(operator))
    click.echo(sanitise(f"asked for: {struck.title}"))


@main.command()
@reaching
@settings
@click.argument("sections", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--watch", type=click.FloatRange(min=0, min_open=True), help="Check again every so many seconds.")
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
    from tui.compose import open_workspace
    from tui.headless.report import check_report

    workspace = open_workspace(file, pairs(hosts, "--host"), ssh_config, chosen_values(given))
    try:
        setup = make_setup(workspace, given, kind="verify")
        sys.exit(check_report(workspace, setup, sections, as_json, click.echo, watch or 0.0))
    finally:
        workspace.close()


@main.command()
@click.argument("session", default="")
@reaching
@click.option("--operator", default="", help="Who goes on with it.")
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="Correct a value of the session.")
@click.option("--reason", default="", help="Why values are corrected; it is recorded.")
@HOSTS
@guarded
def resume(
    session: str,
    file: Path | None,
    hosts: tuple[str, ...],
    ssh_config: Path | None,
    operator: str,
    values: tuple[str, ...],
    reason: str,
    which: str | None,
) -> None:
    """Go on with SESSION (default: the newest unfinished one)."""
    from tui.compose import correct_values, resumed_workspace

    with resumed_workspace(session, file, pairs(hosts, "--host"), ssh_config) as (workspace, found):
        if values:
            correct_values(workspace, found, operator, pairs(values, "--set"), reason, which or "")
        screen(workspace, found, operator, hosts=which or "")


@main.command()
@click.argument("session", default="")
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
    from tui.compose import open_workspace, resumed_workspace

    if elsewhere:
        workspace = open_workspace(file, pairs(hosts, "--host"), ssh_config, chosen_values(given))
        try:
            if headless:
                sys.exit(without_screen(workspace, answers, False, given, kind="rollback"))
            screen(workspace, rolling_back=True, given=given)
        finally:
            workspace.close()
        return
    with resumed_workspace(session, file, pairs(hosts, "--host"), ssh_config) as (workspace, found):
        if headless:
            sys.exit(rollback_without_screen(workspace, found, answers, given, which or ""))
        screen(workspace, found, given["operator"], rolling_back=True, hosts=which or "")


@main.command()
@click.argument("session", default="last")
@guarded
def replay(session: str) -> None:
    """See SESSION (its id, or a bundle's file) again, as it looked at any of its moments."""
    from tui.compose import open_store
    from tui.replay.stage import staged
    from tui.session.bundle import kept

    with kept(open_store(), session) as directory:
        workspace = staged(directory)
        try:
            screen(workspace)
        finally:
            workspace.close()


@main.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
@guarded
def lint(path: Path | None) -> None:
    """Say everything that is wrong or doubtful in a runbook."""
    from tui.compose import find_runbook
    from tui.execution.text import sanitise
    from tui.runbook.lint import lint as problems_of

    chosen = find_runbook(path)
    problems = problems_of(chosen)
    for problem in problems:
        click.echo(sanitise(str(problem)))
    errors = sum(problem.severity == "error" for problem in problems)
    click.echo(f"{chosen}: {errors} errors, {len(problems) - errors} warnings")
    sys.exit(RunbookInvalid.exit_code if errors else 0)


@main.command()
@FILE
@click.option("--json", "as_json", is_flag=True, help="The whole runbook as JSON.")
@guarded
def show(file: Path | None, as_json: bool) -> None:
    """Show a runbook: its flows, sections, steps and commands."""
    import msgspec

    from tui.compose import find_runbook
    from tui.execution.text import sanitise
    from tui.runbook.load import load
    from tui.runbook.show import show as rendered

    runbook = load(find_runbook(file))
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(runbook), indent=2))
    else:
        click.echo("\n".join(sanitise(line) for line in rendered(runbook).splitlines()))


@main.command()
@click.option(
    "--of", type=click.Choice(["runbook", "scenario", "session"]), default="runbook", help="What it describes."
)
@guarded
def schema(of: str) -> None:
    """Print the JSON Schema of runbook.toml or of a drill's scenario, for editors, or of an exported session."""
    from importlib import import_module

    modules = {"runbook": "tui.runbook.schema", "scenario": "tui.drill.load", "session": "tui.exports.json"}
    click.echo(import_module(modules[of]).schema())


def make_setup(
    workspace: "Workspace", given: dict[str, Any], kind: str = "deploy", answers: "Answers | None" = None
) -> "Setup":
    """The set-up that the options, then the answers file, then the operator's settings give."""
    from tui.config import load_config
    from tui.execution.workspace import Setup
    from tui.runbook.facts import flow_of_kind
    from tui.runbook.model import FlowKind

    config = load_config()
    operator = given["operator"] or (answers.operator if answers else "") or config.operator or workspace.operator()
    variables = {name: value for name, value in config.variables.items() if name in workspace.runbook.variables}
    return Setup(
        flow=given["flow"] or flow_of_kind(workspace.runbook, FlowKind(kind)),
        method=given["method"] or (answers.method if answers else ""),
        operator=operator,
        second_operator=answers.second_operator if answers else "",
        variables={**variables, **(answers.variables if answers else {}), **pairs(given["values"], "--set")},
        change=given["change"] or (answers.change if answers else ""),
        reason=given["reason"] or (answers.reason if answers else ""),
    )


def without_screen(
    workspace: "Workspace", answers: Path | None, dry_run: bool, given: dict[str, Any], kind: str = "deploy"
) -> int:
    """A headless run, or only its plan; returns the exit status."""
    from tui.execution.text import sanitise
    from tui.headless.answers import Answers, read_answers
    from tui.headless.plan import dry_run as plan_of
    from tui.headless.run import run_headless

    read = read_answers(answers, workspace.runbook) if answers else Answers()
    setup = make_setup(workspace, given, kind, read)
    if dry_run:
        for line in plan_of(workspace, setup):
            click.echo(sanitise(line))
        return 0
    return int(run_headless(workspace, setup, read, lambda line: click.echo(sanitise(line))))


def rollback_without_screen(
    workspace: "Workspace", session: str, answers: Path | None, given: dict[str, Any], hosts: str
) -> int:
    """A headless rollback of a session; returns the exit status."""
    from tui.execution.text import sanitise
    from tui.headless.answers import Answers, read_answers
    from tui.headless.run import run_rollback

    read = read_answers(answers, workspace.runbook) if answers else Answers()
    operator = given["operator"] or read.operator or workspace.operator()
    reason = given["reason"] or read.reason
    say = lambda line: click.echo(sanitise(line))  # noqa: E731  # a name for one line
    return int(run_rollback(workspace, session, operator, reason, read, say, hosts))


def screen(
    workspace: "Workspace",
    session: str = "",
    operator: str = "",
    rolling_back: bool = False,
    hosts: str = "",
    given: dict[str, Any] | None = None,
) -> None:
    """Open the terminal UI; everything it needs is imported here and nowhere else.

    Raises:
        UsageError: `given`, what the command line says of a session to be set up, does not fit the runbook.
    """
    from tui.app import RunbookApp
    from tui.config import load_config
    from tui.execution.workspace import Setup

    if not sys.stdout.isatty() or not sys.stdin.isatty():
        raise RunbookError("the terminal UI needs a terminal", "use `runbook run --headless` without one")
    setup = None
    if given is not None and any(given[name] for name in SETTINGS):
        setup = Setup(
            flow=given["flow"] or "",
            method=given["method"],
            operator=given["operator"],
            variables=pairs(given["values"], "--set"),
            change=given["change"],
            reason=given["reason"],
        )
        workspace.known(setup)
    app = RunbookApp(
        workspace,
        load_config(),
        session=session,
        operator=operator,
        rolling_back=rolling_back,
        hosts=hosts,
        given=setup,
    )
    app.run()
    if app.return_code:
        sys.exit(app.return_code)


for command in COMMANDS:
    main.add_command(command)


if __name__ == "__main__":
    main()
