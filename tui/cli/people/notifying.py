"""The commands about the services by which people are told."""

import sys

import click

from tui.cli.options import guarded
from tui.cli.printing import tell


@click.group()
def notify() -> None:
    """People are told of what happens by the services in [notify] of the settings (docs/people.md)."""


@notify.command()
@click.argument("name", default="")
@guarded
def test(name: str) -> None:
    """Send a message by the service NAME of the settings (default: each); the exit status is 4 where one fails."""
    from tui.config import load_config
    from tui.errors import UsageError
    from tui.execution.secrecy.redaction import Redactor
    from tui.sharing.telling.notifiers import NotifyFailed, notifiers_of

    places = load_config().notify
    if not places or (name and name not in places):
        hint = f"there are: {', '.join(places)}" if places else "write [notify.NAME] into the settings: docs/people.md"
        raise UsageError(f"the settings have no [notify.{name or 'NAME'}]", hint)
    failed = 0
    for one in notifiers_of({key: place for key, place in places.items() if name in ("", key)}, Redactor()):
        try:
            one.deliver("runbook: a test", "This is a test: people are told of deployments here.")
            tell(f"✔ {one.name}: it was taken; on: {', '.join(places[one.name].on) or 'nothing yet'}")
        except NotifyFailed as error:
            failed = error.exit_code
            tell(f"✖ {one.name}: {error.message}; {error.hint}")
    sys.exit(failed)
