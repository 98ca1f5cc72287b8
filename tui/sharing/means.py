"""What the settings say of sharing, with the secrets that they name: where to, and the team's key."""

from collections.abc import Callable

from msgspec import Struct

from tui.config import Config, load_config
from tui.errors import UsageError
from tui.execution.secrecy.redaction import Redactor
from tui.session.archive.store import Store
from tui.sharing.bucket import Bucket, bucket_keys
from tui.sharing.handed_on import Beat, Feed, Sink, beat_of
from tui.sharing.own_secrets import own_secret
from tui.sharing.relay.client import Relay, RelayAddress, relay_address
from tui.sharing.relay.relay_feed import RelayFeed, relayed_sessions
from tui.sharing.relay.relay_sink import RelaySink
from tui.sharing.seals import Seals
from tui.sharing.stored.bucket_feed import BucketFeed, stored_sessions
from tui.sharing.stored.bucket_sink import BucketSink
from tui.sharing.stored.team_memory import TeamMemory


class Means(Struct, frozen=True):
    """With what a session is shared. It has secrets: it is never shown."""

    key: str
    address: RelayAddress | None = None
    password: str = ""
    bucket: Bucket | None = None

    def __repr__(self) -> str:
        return f"Means({self.address})"

    def relay(self) -> Relay:
        """A connection to the relay."""
        assert self.address is not None
        return Relay(self.address, self.password)

    def seals(self, session: str) -> Seals:
        """A session's seals."""
        return Seals(self.key, session)

    def sinks(self, session: str, epoch: int) -> list[Sink]:
        """Where a session is handed on to."""
        seals = self.seals(session)
        relays: list[Sink] = [RelaySink(self.relay(), seals, epoch)] if self.address is not None else []
        return [*relays, BucketSink(self.bucket, seals, epoch)] if self.bucket is not None else relays

    def feeds(self, session: str) -> Callable[[], Feed]:
        """Makes ways to follow a session."""
        bucket = self.bucket
        if self.address is None and bucket is not None:
            return lambda: BucketFeed(bucket, session)
        return lambda: RelayFeed(self.relay(), session)

    def live(self) -> list[Beat]:
        """The sessions that are handed on, the newest first, each as its writer has sealed it last.

        Raises:
            ShareFailed: it does not answer.
        """
        if self.address is not None:
            relay = self.relay()
            try:
                found = relayed_sessions(relay)
            finally:
                relay.close()
        else:
            found = stored_sessions(self.bucket) if self.bucket is not None else []
        beats = (beat_of(self.seals(session), sealed) for session, sealed in found)
        return [beat for beat in beats if beat is not None]


def means_of(redactor: Redactor, config: Config | None = None) -> Means | None:
    """What the settings say; None where they say nothing of sharing.

    Raises:
        UsageError: they cannot be meant.
        SecretMissing: a secret that they name is not there.
    """
    config = config or load_config()
    share = config.share
    if share is None:
        return None
    key = own_secret("[share] key", share.key, redactor)
    address = relay_address(share.relay, share.ca_file) if share.relay else None
    bucket = Bucket(config.bucket, bucket_keys(config.bucket, redactor)) if config.bucket is not None else None
    if address is None and bucket is None:
        raise UsageError("[share] does not say where to: no relay, and no [bucket]", "see docs/following.md")
    password = own_secret("[share] password", share.password, redactor) if share.password else ""
    Seals(key, "")
    return Means(key, address, password, bucket)


def team_memory(store: Store, config: Config, redactor: Redactor) -> TeamMemory | None:
    """What the settings say of it; None where they have no bucket, or no key to prove with what is in it.

    Raises:
        UsageError: they cannot be meant.
        SecretMissing: a secret that they name is not there.
    """
    if config.share is None or config.bucket is None:
        return None
    means = means_of(redactor, config)
    assert means is not None
    assert means.bucket is not None  # the settings have both
    return TeamMemory(means.bucket, means.seals, store)
