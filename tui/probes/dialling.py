"""Streams to services over whatever a Reach gives, TLS included, none of which outlasts the probe's deadline."""

import contextlib
import ssl
from types import TracebackType

from tui.probes import tls_trust
from tui.probes.base import NoData, ProbeFailed, Reach, Socket
from tui.probes.site import SiteAddress

CHUNK = 64 * 1024


class Dialled:
    """A socket to a service, in clear until `secure` puts TLS on it.

    Everything raises ProbeFailed with words for the stage: what is waited for, as `waiting_for` says. `cut` is true
    once the socket has ended without TLS's farewell: anybody in between may have ended it there.
    """

    def __init__(self, reach: Reach, host: str, port: int, place: str = "") -> None:
        self.place = place or SiteAddress("", host, port).place
        self.waiting_for = "an answer"
        self.tls: ssl.SSLSocket | None = None
        self.cut = False
        self._reach = reach
        self._allowed = reach.left
        self._outgoing = bytearray()
        self._gone = False
        self._sock: Socket = reach.tcp(host, port)

    def __enter__(self) -> "Dialled":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def secure(self, context: ssl.SSLContext, name: str) -> None:
        """Make the TLS handshake with the server called `name`.

        Raises:
            ssl.SSLError: it failed; `trust.refusal` has the words for it.
            ProbeFailed: the socket broke, or the deadline passed.
        """
        self.waiting_for = "the TLS handshake"
        self.flush()
        try:
            tls = self._wrapped(context, name)
            self._limit()
            tls.do_handshake()
        except TimeoutError:
            raise self._late() from None
        except ssl.SSLError as error:
            if not isinstance(error, ssl.SSLZeroReturnError) and not _was_cut(error):
                raise
            raise (_cut_off() if self._reach.left else self._late()) from None
        except OSError:
            raise self._broken() from None
        self.tls = tls
        self.waiting_for = "an answer"

    def _wrapped(self, context: ssl.SSLContext, name: str) -> ssl.SSLSocket:
        """TLS on the socket, which `ssl` takes over: the reach ends it by a handle of its own."""
        context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF  # Python before 3.11.4 takes what was cut for what was closed
        try:
            self._sock = tls = context.wrap_socket(
                self._sock, server_hostname=name, do_handshake_on_connect=False, suppress_ragged_eofs=False
            )
        except ValueError:
            raise NoData(f"no certificate can be for the name {name!r}", "look at `verify_name` and `host`") from None
        return tls

    def prove(self, context: ssl.SSLContext, name: str) -> None:
        """Make the handshake with a server that proves to be `name`; refusals come in the operator's words."""
        try:
            self.secure(context, name)
        except ssl.SSLError as error:
            raise tls_trust.refusal(error, self.place, name) from None

    def receive(self, limit: int = CHUNK) -> bytes:
        """What came, at most `limit` bytes; nothing when the server has closed its side."""
        self.flush()
        try:
            self._limit()
            data = self._sock.recv(limit)
        except TimeoutError:
            raise self._late() from None
        except ssl.SSLError as error:
            self.cut = self.cut or _was_cut(error)
            if not self.cut and not isinstance(error, ssl.SSLZeroReturnError):
                raise tls_trust.refusal(error, self.place, self.place) from None
            data = b""
        except (OSError, EOFError):
            raise self._broken() from None
        if not data and not self._reach.left:  # at the deadline the reach ends what it gave
            raise self._late()
        return data

    def send(self, data: bytes) -> None:
        """Send all of it, with the next read at the latest: small pieces in a row would each wait for an answer.

        If the server has closed the connection, that read finds out, with what the server said before it did.
        """
        self._outgoing += data
        if len(self._outgoing) >= CHUNK:
            self.flush()

    def flush(self) -> None:
        """Send what was held back."""
        data, self._outgoing = bytes(self._outgoing), bytearray()
        if not data or self._gone:
            return
        try:
            self._limit()
            self._sock.sendall(data)
        except TimeoutError:
            raise self._late() from None
        except (OSError, EOFError):  # those of TLS among them, an alert that came among those: the read says it
            self._gone = True

    def close(self) -> None:
        """Let go of the socket; a farewell is not waited for."""
        with contextlib.suppress(OSError, EOFError):
            self._sock.close()

    def _limit(self) -> None:
        left = self._reach.left
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)

    def _late(self) -> ProbeFailed:
        return ProbeFailed(
            f"{self.place} hangs: {round(self._allowed, 1):g} s passed waiting for {self.waiting_for}",
            "it accepts connections and does not answer: look whether its workers are all busy or stuck",
        )

    def _broken(self) -> ProbeFailed:
        if not self._reach.left:
            return self._late()
        return ProbeFailed(
            f"{self.place} broke the connection off while {self.waiting_for} was waited for",
            "look at the server's error log: it may have been restarted or killed just then",
        )


def _was_cut(error: ssl.SSLError) -> bool:
    """Whether the socket ended without TLS's farewell; Python before 3.11.4 has no class of its own for it."""
    return isinstance(error, ssl.SSLEOFError) or tls_trust.reason_of(error) == "UNEXPECTED_EOF_WHILE_READING"


def _cut_off() -> ssl.SSLEOFError:
    """What Python from 3.11.4 on says of a socket that ends in the middle of a handshake."""
    error = ssl.SSLEOFError(8, "EOF occurred in violation of protocol")
    error.reason = "UNEXPECTED_EOF_WHILE_READING"
    return error
