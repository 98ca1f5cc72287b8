"""How a session stands with people elsewhere, in one row: who follows, whether it is still ours, who is not told."""

from tui.execution.epochs.holding import Holding
from tui.execution.viewer import Shared
from tui.sharing.handed_on import Received
from tui.sharing.telling.notifiers import Notifiers


class SharedStanding:
    """See Shared, in the engine; each of its parts may be missing."""

    def __init__(self, publication: Shared | None, holding: Holding, notifiers: Notifiers) -> None:
        self._publication = publication
        self._holding = holding
        self._notifiers = notifiers

    @property
    def troubled(self) -> bool:
        """Whether anything of it does not work."""
        handed_on = self._publication is None or not self._publication.troubled
        return bool(not handed_on or self._holding.trouble or self._notifiers.trouble)

    @property
    def words(self) -> str:
        """What does not work, first; else who follows."""
        handed_on = self._publication.words if self._publication is not None else ""
        lease = f"lease {self._holding.trouble}" if self._holding.trouble else ""
        told = f"not told by {self._notifiers.trouble}" if self._notifiers.trouble else ""
        return " · ".join(filter(None, (lease, told, handed_on)))

    def listen(self, received: Received) -> None:
        """Tell somebody of what followers send."""
        if self._publication is not None:
            self._publication.listen(received)

    def close(self) -> None:
        """Hand on what is left, for a moment, and end."""
        if self._publication is not None:
            self._publication.close()
