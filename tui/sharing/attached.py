"""Hands on every session that a workspace begins or resumes, where the operator's settings say so."""

from typing import TYPE_CHECKING

from tui.config import Config, load_config
from tui.session.archive.store import SessionDirectory

if TYPE_CHECKING:
    from tui.execution.conductor.conductor import Conductor
    from tui.execution.workspace import Workspace


def share_sessions(workspace: "Workspace", config: Config | None = None) -> None:
    """Hand on the sessions of this workspace from now on; where nothing says so, nothing is imported or begun.

    Raises:
        UsageError: the settings cannot be meant.
        SecretMissing: a secret that they name is not there.
    """
    share = (config or load_config()).share
    if share is None or (workspace.drill and not share.drills):
        return
    from tui.sharing.means import means_of
    from tui.sharing.publishing.inbox_reader import InboxReader
    from tui.sharing.publishing.publication import Publication

    means, before = means_of(workspace.redactor, config), workspace.opened
    assert means is not None

    def opened(conductor: "Conductor", directory: SessionDirectory) -> None:
        before(conductor, directory)
        epoch = max(1, conductor.holding.fence.epoch)
        made = Publication(conductor, directory, means.sinks(directory.id, epoch), workspace.clock, lambda: epoch)
        made.take_messages(InboxReader(conductor, directory))
        conductor.shared = made

    workspace.opened = opened
