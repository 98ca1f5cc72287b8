"""Seals what a session hands on with the team's key, so that a follower knows it from what a relay made up."""

import hashlib
import hmac

from tui.errors import UsageError

LENGTH = 32
"""Hexadecimal digits of a seal: half of an HMAC-SHA256."""
LEAST = 32
"""The fewest characters of a team's key."""


class Seals:
    """The seals of one session, made and checked by those who have the team's key.

    A seal binds bytes to their session, their kind and their place, so that none can stand for another.
    """

    def __init__(self, key: str, session: str) -> None:
        """Args: key: the team's, which the relay never gets.

        Raises:
            UsageError: the key is so short that it could be guessed.
        """
        if len(key) < LEAST:
            raise UsageError(
                f"the key in [share] has fewer than {LEAST} characters", "make one for the team: openssl rand -hex 32"
            )
        self.session = session
        self._key = hmac.digest(key.encode(), f"runbook session {session}".encode(), hashlib.sha256)

    def seal(self, kind: str, place: str, data: bytes) -> bytes:
        """The seal of these bytes at a place."""
        about = f"{kind} {place}\0".encode()
        return hmac.digest(self._key, about + data, "sha256").hex()[:LENGTH].encode()

    def holds(self, kind: str, place: str, data: bytes, seal: bytes) -> bool:
        """Whether a seal is the one of these bytes there."""
        return hmac.compare_digest(self.seal(kind, place, data), seal)

    def sealed(self, kind: str, place: str, data: bytes) -> bytes:
        """The bytes with their seal before them."""
        return self.seal(kind, place, data) + data

    def opened(self, kind: str, place: str, data: bytes | None) -> bytes | None:
        """The bytes behind their seal; None where it does not hold, or there is nothing."""
        if data is None or len(data) < LENGTH or not self.holds(kind, place, data[LENGTH:], data[:LENGTH]):
            return None
        return data[LENGTH:]
