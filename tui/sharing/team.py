"""The people who share sessions, as the engine knows them: who has a session is kept in the team's bucket."""

import hashlib
import platform
from pathlib import Path

from tui.config import Config
from tui.errors import TakenOver
from tui.execution.epochs.holding import Alone, Holding, Team, begun, resumed
from tui.execution.secrecy.redaction import Redactor
from tui.sharing.bucket import Bucket, BucketAway, bucket_keys
from tui.sharing.lease import Lease, LeaseFound, LeaseText, find, first, take

MACHINE = Path("/etc/machine-id")


def team_bucket(config: Config, redactor: Redactor) -> Bucket | None:
    """The bucket that the settings name; None where they name none.

    Raises:
        UsageError: a setting does not say where a key is read.
        SecretMissing: there is nothing there.
    """
    return Bucket(config.bucket, bucket_keys(config.bucket, redactor)) if config.bucket is not None else None


def place_of(root: Path) -> str:
    """What stands for a folder of sessions on this machine."""
    try:
        machine = MACHINE.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        machine = platform.node()
    return hashlib.sha256(f"{machine}\0{root.absolute()}".encode()).hexdigest()[:16]


class BucketTeam:
    """See Team, in the engine."""

    def __init__(self, bucket: Bucket, root: Path, machine: str = "", unconditional: str = "") -> None:
        """Args:
        root: the folder of this machine's sessions.
        unconditional: why the bucket keeps no leases, where it keeps none: then each session is its writer's alone.
        """
        self._bucket = bucket
        self._place = place_of(root)
        self._machine = machine or platform.node()
        self.unconditional = unconditional

    def begin(self, session: str, operator: str) -> Holding:
        """Have a new session; see Team."""
        if self.unconditional:
            return Alone()
        lease = first(self._bucket, session, operator, self._machine, self._place)
        lease.keep(tried=False)
        return lease

    def resume(self, session: str, operator: str, epoch: int) -> Holding:
        """Have a session again; see Team."""
        if self.unconditional:
            return Alone(epoch, operator)
        try:
            found = find(self._bucket, session)
            if found is not None:
                self._is_whole(session, found.text, epoch)
            lease = take(self._bucket, session, operator, self._machine, place=self._place)
        except BucketAway as away:
            alone = Alone(epoch, operator)
            alone.trouble = f"nobody knows whether another person has it: {away.message}"
            return alone
        lease.keep()
        return lease

    def take_over(self, session: str, operator: str, confirmed: LeaseFound | None) -> Lease:
        """Have a session that somebody else had; blocks.

        Raises:
            SessionHeld: they still have it.
            BucketError: nobody knows.
        """
        lease = take(self._bucket, session, operator, self._machine, confirmed, self._place)
        lease.keep()
        return lease

    def _is_whole(self, session: str, text: LeaseText, epoch: int) -> None:
        """Make sure that the journal here has all that was written.

        Raises:
            TakenOver: somebody elsewhere has had the session since then.
        """
        if text.epoch > epoch and text.place != self._place:
            who = f"{text.operator} on {text.machine}"
            raise TakenOver(
                f"{who} has had this session since it was left here",
                f"`runbook take-over {session}` gets what it is now, once they have left it",
            )


class AlreadyTaken:
    """A team of which one session was taken over before it is opened; see Team."""

    def __init__(self, session: str, holding: Holding, team: Team | None) -> None:
        self._session = session
        self._holding: Holding | None = holding
        self._team = team

    def begin(self, session: str, operator: str) -> Holding:
        """Have a new session; see Team."""
        return begun(self._team, session, operator)

    def resume(self, session: str, operator: str, epoch: int) -> Holding:
        """Have the session that was taken over, or another one; see Team."""
        taken, self._holding = self._holding, None
        if taken is not None and session == self._session:
            return taken
        return resumed(self._team, session, operator, epoch)
