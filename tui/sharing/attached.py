"""Has every session that a workspace begins or resumes shared, where the operator's settings say so."""

from typing import TYPE_CHECKING

from tui.config import Config, load_config
from tui.session.archive.store import SessionDirectory

if TYPE_CHECKING:
    from tui.execution.conductor.conductor import Conductor
    from tui.execution.workspace import Workspace
    from tui.sharing.telling.notifiers import Notifiers


def share_sessions(workspace: "Workspace", config: Config | None = None) -> None:
    """Share the sessions of this workspace from now on; where nothing says so, nothing is imported or begun.

    Raises:
        UsageError: the settings cannot be meant.
        SecretMissing: a secret that they name is not there.
    """
    config = config or load_config()
    real = not workspace.drill
    if config.bucket is not None and real:
        from tui.sharing.team import BucketTeam, team_bucket

        bucket = team_bucket(config, workspace.redactor)
        assert bucket is not None
        workspace.team = BucketTeam(bucket, workspace.store.root)
    share = config.share if config.share is not None and (real or config.share.drills) else None
    told = config.notify if real else {}
    if share is None and not told and config.bucket is None:
        return
    from tui import threads
    from tui.sharing.means import means_of, team_memory
    from tui.sharing.publishing.fork_reader import REPLACED, ForkReader
    from tui.sharing.publishing.inbox_reader import InboxReader
    from tui.sharing.publishing.publication import Publication
    from tui.sharing.shared_standing import SharedStanding
    from tui.sharing.telling.notifiers import Notifiers, notifiers_of, updates_of

    means = means_of(workspace.redactor, config) if share is not None else None
    if memory := team_memory(workspace.store, config, workspace.redactor) if real else None:
        workspace.store.fetch_others = memory.fetch
    before, services = workspace.opened, notifiers_of(told, workspace.redactor)

    def opened(conductor: "Conductor", directory: SessionDirectory) -> None:
        before(conductor, directory)
        publication, notifiers = None, Notifiers(services)
        if means is not None:
            epoch = max(1, conductor.holding.fence.epoch)
            sinks = means.sinks(directory.id, epoch)
            publication = Publication(conductor, directory, sinks, workspace.clock, lambda: epoch)
            publication.take_messages(InboxReader(conductor, directory))
            publication.find_forks(ForkReader(conductor, directory))
            if (directory.path.parent / REPLACED).is_dir():
                threads.start("forks", ForkReader(conductor, directory).look_beside)
        if services:
            conductor.announces = updates_of(services, workspace.redactor)
            _tell(conductor, directory, notifiers)
        conductor.shared = SharedStanding(publication, conductor.holding, notifiers)

    workspace.opened = opened


def _tell(conductor: "Conductor", directory: SessionDirectory, notifiers: "Notifiers") -> None:
    """Tell people of what happens from now on, and of how the session came to be open: nothing before that is told."""
    from tui import threads
    from tui.session import events as ev
    from tui.session.journal.journal import read

    def begun() -> None:
        kinds = (ev.SessionStarted, ev.SessionResumed, ev.SessionHandedOver)
        opening = [entry for entry in read(directory.journal) if isinstance(entry.event, kinds)]
        if opening:
            notifiers.heard(opening[-1], conductor.state)
        conductor.subscribe(notifiers.heard)

    threads.start("notify", begun)
