"""The commands about sessions that are over, or were kept: listed, written for people and programs, verified."""

import os
import sys
import time
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import click

from tui.cli.options import guarded, session_named
from tui.cli.printing import can_ask, complain, tell
from tui.errors import UsageError

SAYS_EVERY = 3.0
"""Seconds between two lines that say how far it is."""


@click.command()
@click.option("--team", is_flag=True, help="Also those that others of the team have finished, from the bucket.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@guarded
def sessions(team: bool, as_json: bool) -> None:
    """List the sessions on this machine, the newest first."""
    from tui.cli.wiring import open_store
    from tui.headless.session_list import fetch_others, sessions_report

    store = open_store()
    if team:
        fetch_others(store, complain)
    tell(sessions_report(store, as_json, team))


@click.command()
@session_named("last")
@click.option(
    "--format",
    "form",
    default="",
    help="md, html, json; cast, cast2: for asciinema; svg: an animated picture; ics: the follow-ups; "
    "bundle: one file with everything. Default: what the name of -o ends with, else md.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The file to write (default: standard output).")
@guarded
def export(session: str, form: str, output: Path | None) -> None:
    """Write SESSION (its id, archive:ID, or a bundle's file) for people, for programs, or to be replayed elsewhere."""
    from tui.cli.wiring import open_store, opened_anywhere
    from tui.exports.registry import form_of, write
    from tui.headless.tables import write_export

    form = form or form_of(output)
    store = open_store()
    with opened_anywhere(store, session) as directory:
        write_export(lambda file: write(directory, form, file, store), output)


@click.command()
@session_named("last")
@click.option("--receipt", default="", help="COUNT:HEAD, as the session's end printed it: shows a cut-off end.")
@click.option("--signers", type=click.Path(path_type=Path), help="An allowed_signers file: whose keys are whose.")
@click.option("--proofs", type=click.Path(path_type=Path), help="A new folder, for verifying with ssh-keygen.")
@click.option("--groups", is_flag=True, help="Also run the commands that list groups' hosts, and say what differs.")
@guarded
def verify(session: str, receipt: str, signers: Path | None, proofs: Path | None, groups: bool) -> None:
    """Check that SESSION (its id, archive:ID, a bundle's file) is what was written: journal, outputs, signatures."""
    from tui.cli.wiring import open_store, opened_anywhere
    from tui.config import load_config
    from tui.headless.tables import verify_report

    chosen = signers or (Path(os.path.expanduser(load_config().signers)) if load_config().signers else None)
    store = open_store()
    with opened_anywhere(store, session) as directory:
        if groups:
            from tui.sharing.fetching import begun_here

            if not begun_here(store, directory):
                raise UsageError(
                    "--groups would run commands of another machine's session here",
                    "it is for the sessions that began on this machine: verify this one without it",
                )
        for line in verify_report(directory, chosen, receipt, proofs).splitlines():
            tell(line)
        if groups:
            from tui.execution.beginning.listed_hosts import differing_lists

            for line in differing_lists(*directory.load()):
                tell(line)


@click.group(invoke_without_command=True)
@click.option("--all", "everything", is_flag=True, help="Also those that are done.")
@click.option("--drills", is_flag=True, help="Those of rehearsals instead.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
@guarded
def followups(context: click.Context, everything: bool, drills: bool, as_json: bool) -> None:
    """List what is left to do after deployments; the exit status is 20 where something is overdue."""
    from tui.cli.wiring import open_store
    from tui.headless.followups import report
    from tui.session.archive.known import KnownSessions
    from tui.session.archive.ticking import listed
    from tui.session.clock import SystemClock

    if context.invoked_subcommand is None:
        found = listed(KnownSessions(open_store()).all(), drills, everything)
        sys.exit(report(found, SystemClock().now(), as_json, tell))


@followups.command()
@click.argument("followup")
@click.option("--session", default="", help="Which session's, where several have it.")
@click.option("--operator", default="", help="Who did it (default: the login name).")
@click.option("--note", default="", help="What was found.")
@click.option("--drill", is_flag=True, help="One of a rehearsal.")
@guarded
def done(followup: str, session: str, operator: str, note: str, drill: bool) -> None:
    """Tick FOLLOWUP off, in the journal of the session it belongs to."""
    from tui.cli.wiring import open_store
    from tui.config import load_config
    from tui.people import named_or_login
    from tui.session.archive.known import KnownSessions
    from tui.session.archive.ticking import listed, named, tick_off
    from tui.session.clock import SystemClock

    store = open_store()
    due = named(listed(KnownSessions(store).all(), drill, done=bool(session)).followups, followup, session)
    tick_off(store, due, SystemClock(), named_or_login(operator or load_config().operator), note)
    tell(f"✔ {due.followup.title} ({due.session})")


@click.command()
@click.argument("text", default="")
@click.option("--step", default="", help="Only this step (its id).")
@click.option("--outcome", default="", help="Only attempts that ended so: succeeded, failed, cancelled, UNKNOWN.")
@click.option("--host", default="", help="Only what ran on this host.")
@click.option("--since", default="", metavar="TIME", help="From 2026-11-24, or 2026-11-24T02:31 (UTC), on.")
@click.option("--until", default="", metavar="TIME", help="Until then.")
@click.option(
    "--in", "places", multiple=True, type=click.Choice(["output", "commands", "notes"]), help="Only in these."
)
@click.option("--team", is_flag=True, help="Also in those that others of the team have finished, from the bucket.")
@click.option("--json", "as_json", is_flag=True, help="A JSON document on each line.")
@guarded
def search(places: tuple[str, ...], team: bool, as_json: bool, since: str, until: str, **given: str) -> None:
    """Find TEXT in the commands, output and notes of all sessions; with no TEXT, what the options leave."""
    from tui.cli.wiring import open_store
    from tui.headless.found import search_report, time_of
    from tui.session.archive.searching import Wanted, Where
    from tui.session.archive.searching import search as searched

    where = frozenset(Where(place) for place in places) or frozenset(Where)
    wanted = Wanted(since=time_of(since), until=time_of(until), where=where, **given)
    store = open_store()
    found = searched(store, wanted, learning=_progress())
    if team:
        from tui.headless.session_list import fetch_others

        fetch_others(store, complain)
        own = set(store.names())
        theirs = searched(store.of_team(), wanted, learning=_progress())
        found = chain(found, (one for one in theirs if one.session not in own))
    sys.exit(search_report(found, as_json, tell))


def _progress() -> Callable[[int, int], None]:
    """Say every few seconds, on a terminal, how far the sessions are that are not in the index yet."""
    said = time.monotonic()

    def learning(number: int, of: int) -> None:
        nonlocal said
        if time.monotonic() - said >= SAYS_EVERY and can_ask():
            said = time.monotonic()
            complain(f"session {number:,} of {of:,}; those that were read are found at once the next time")

    return learning


@click.command()
@click.argument("before")
@click.argument("after", default="last")
@click.option("--step", default="", help="How the output of this step (its id) differs, line by line.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@guarded
def compare(before: str, after: str, step: str, as_json: bool) -> None:
    """Compare two sessions (ids, archive:ID, or bundles' files) step by step: outcome, time, output."""
    from tui.cli.wiring import open_store, opened_anywhere
    from tui.headless.found import compare_report, step_report
    from tui.session.archive.comparing import opened

    store = open_store()
    with opened_anywhere(store, before) as old, opened_anywhere(store, after) as new:
        if step:
            step_report(opened(old), opened(new), step, tell)
        else:
            compare_report(opened(old), opened(new), as_json, tell)


@click.command()
@session_named("")
@click.option("--team", is_flag=True, help="Also those that others of the team have finished, from the bucket.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@guarded
def drills(session: str, team: bool, as_json: bool) -> None:
    """List the rehearsals with what they taught; or SESSION's debrief alone."""
    from tui.cli.wiring import open_store, opened_anywhere
    from tui.drill.rehearsals import debrief_of, earlier_drills
    from tui.headless.debriefs import debrief_report, drills_report

    store = open_store()
    if team:
        from tui.headless.session_list import fetch_others

        fetch_others(store, complain)
    if not session:
        drills_report(store, as_json, tell, team)
        return
    with opened_anywhere(store, session) as directory:
        debrief_report(debrief_of(directory), as_json, tell, earlier_drills(store, directory))
