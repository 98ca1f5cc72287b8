"""The commands of rehearsals: running one, making a scenario of a session, letting faults strike."""

import sys
from pathlib import Path
from typing import Any

import click

from tui.cli.launching import NO_SCREEN, screen, without_screen
from tui.cli.options import FILE, Leading, chosen_values, guarded, session_named, settings
from tui.cli.printing import is_terminal, tell
from tui.errors import UsageError


@click.group(cls=Leading)
def drill() -> None:
    """Rehearse: `runbook drill [SCENARIO]`; make a scenario of a session, let a fault strike."""


@drill.command("run")
@FILE
@settings
@click.argument("scenario", default="", metavar="[RUNBOOK.toml | SCENARIO]")
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
    """Rehearse against a host that answers from SCENARIO (several joined by +) and executes nothing.

    What the scenario does not answer is made up as the runbook expects it; so is everything with a RUNBOOK.toml, or
    with `made-up` for the scenario. Without a screen and an answers file your own answers are made up as well.
    """
    from tui.cli.wiring import drill_workspace

    file, scenario = _told_apart(file, scenario)
    values, environment = chosen_values(given), given["environment"]
    with drill_workspace(file, scenario, pace, values, seed=seed, environment=environment) as workspace:
        if headless:
            sys.exit(without_screen(workspace, answers, False, given))
        screen(workspace, given=given, otherwise=NO_SCREEN.format(f"drill {scenario}"))


def _told_apart(file: Path | None, named: str) -> tuple[Path | None, str]:
    """The runbook and the scenario that are meant: a file may be either.

    Raises:
        UsageError: two runbooks are named.
    """
    from tui.drill.scenario_files import is_runbook

    if not named.endswith(".toml") or not is_runbook(Path(named)):
        return file, named
    if file is not None:
        raise UsageError(f"{named} and {file} are both runbooks", "name one of them")
    return Path(named), ""


@drill.command("lint")
@click.argument("scenario")
@guarded
def drill_lint(scenario: str) -> None:
    """Say everything that is wrong with a scenario's file, or with a bundled one."""
    from tui.drill.scenario_files import find_scenario

    found = find_scenario(scenario)
    tell(f"{found.title}: {len(found.rules)} rules, {len(found.faults)} faults, nothing wrong")


@drill.command("record")
@session_named("last")
@click.option("--base", default="", help="The scenario that answers what did not run in the session.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The file to write (default: standard output).")
@guarded
def drill_record(session: str, base: str, output: Path | None) -> None:
    """Make a scenario of SESSION (its id, archive:ID, a bundle's file): what its hosts said, its times, what failed."""
    from tui.cli.wiring import open_store, opened_anywhere
    from tui.drill.record import record
    from tui.drill.scenario_files import find_scenario
    from tui.headless.tables import write_export

    with opened_anywhere(open_store(), session) as directory:
        text = record(directory, find_scenario(base) if base else None, base)
    write_export(lambda file: file.write(text.encode()), output)


@drill.command("inject")
@click.argument("fault", default="")
@click.option("--session", default="last", help="Which drill, where it is not the newest session.")
@click.option("--operator", default="", help="Who asks for it (default: the login name).")
@guarded
def drill_inject(fault: str, session: str, operator: str) -> None:
    """Let FAULT strike in the drill that runs in another terminal; without one, let faults strike by key."""
    from tui.cli.wiring import open_store
    from tui.drill.faults import ask_for
    from tui.drill.session_scenario import scenario_of
    from tui.headless.facilitating import facilitate, fault_lines
    from tui.people import named_or_login

    directory = open_store().find(session)
    _, state = directory.load()
    scenario = scenario_of(directory, state)
    if not fault and is_terminal():
        facilitate(directory, scenario, named_or_login(operator), click.getchar, tell)
        return
    if not fault:
        for line in fault_lines(scenario, state):
            tell(line)
        return
    struck = ask_for(directory, scenario, fault, named_or_login(operator))
    tell(f"asked for: {struck.title}")
