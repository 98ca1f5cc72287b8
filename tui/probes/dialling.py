"""Streams to services over whatever a Reach gives, TLS included, none of which outlasts the probe's deadline.

TLS runs in memory buffers, because the channel of an SSH connection is no socket that `ssl` could wrap.
"""

import contextlib
import ssl
from types import TracebackType

from tui.probes import trust
from tui.probes.base import NoData, ProbeFailed, Reach
from tui.probes.site import Address

CHUNK = 64 * 1024


class Dialled:
    """A stream to a service, in clear until `secure` puts TLS on it.

    Everything raises ProbeFailed with words for the stage: what is waited for, as `waiting_for` says. `cut` is true
    once the stream has ended without TLS's farewell: anybody in between may have ended it there.
    """

    def __init__(self, reach: Reach, host: str, port: int, place: str = "") -> None:
        self.place = place or Address("", host, port).place
        self.waiting_for = "an answer"
        self.tls: ssl.SSLObject | None = None
        self.cut = False
        self._reach = reach
        self._allowed = reach.left
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._gone = False
        self._ended = False
        self._stream = reach.stream(host, port)

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
            ProbeFailed: the stream broke, or the deadline passed.
        """
        self.waiting_for = "the TLS handshake"
        try:
            tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        except ValueError:
            raise NoData(f"no certificate can be for the name {name!r}", "look at `verify_name` and `host`") from None
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self._feed()
            except ssl.SSLZeroReturnError:
                raise _cut_off() from None
            except ssl.SSLError:
                with contextlib.suppress(ProbeFailed):
                    self.flush()
                raise
        self.tls = tls
        self.waiting_for = "an answer"

    def prove(self, context: ssl.SSLContext, name: str) -> None:
        """Make the handshake with a server that proves to be `name`; refusals come in the operator's words."""
        try:
            self.secure(context, name)
        except ssl.SSLError as error:
            raise trust.refusal(error, self.place, name) from None

    def receive(self, limit: int = CHUNK) -> bytes:
        """What came, at most `limit` bytes; nothing when the server has closed its side."""
        if self.tls is None:
            return self._read(limit)
        while True:
            try:
                data = self.tls.read(limit)
                self.cut = self.cut or (self._ended and not data)
                return data
            except ssl.SSLWantReadError:
                self._feed()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError) as error:
                # Python before 3.11.4 takes a stream read from memory that was cut for one that was closed
                self.cut = self._ended or isinstance(error, ssl.SSLEOFError)
                return b""
            except ssl.SSLError as error:
                raise trust.refusal(error, self.place, self.place) from None

    def send(self, data: bytes) -> None:
        """Send all of it, with the next read at the latest: small pieces in a row would each wait for an answer.

        A server that has hung up is met by that read, for it may have said why.
        """
        for start in range(0, len(data), CHUNK):
            self._put(data[start : start + CHUNK])
            if self._outgoing.pending >= CHUNK:
                self.flush()

    def flush(self) -> None:
        """Send what was held back."""
        data = self._outgoing.read()
        if not data or self._gone:
            return
        try:
            self._limit()
            self._stream.sendall(data)
        except TimeoutError:
            raise self._late() from None
        except (OSError, EOFError):
            self._gone = True

    def close(self) -> None:
        """Let go of the stream; a farewell is not waited for."""
        with contextlib.suppress(OSError, EOFError):
            self._stream.close()

    def _put(self, data: bytes) -> None:
        if self.tls is None:
            self._outgoing.write(data)
            return
        while True:
            try:
                self.tls.write(data)  # all of it, for memory takes all
                return
            except ssl.SSLWantReadError:
                self._feed()
            except ssl.SSLError as error:
                raise trust.refusal(error, self.place, self.place) from None

    def _feed(self) -> None:
        data = self._read(CHUNK)
        if data:
            self._incoming.write(data)
        else:
            self._ended = True
            self._incoming.write_eof()

    def _read(self, limit: int) -> bytes:
        self.flush()
        try:
            self._limit()
            data = self._stream.recv(limit)
        except TimeoutError:
            raise self._late() from None
        except (OSError, EOFError):
            raise self._broken() from None
        if not data and not self._reach.left:  # at the deadline the reach ends what it gave
            raise self._late()
        return data

    def _limit(self) -> None:
        left = self._reach.left
        if left <= 0:
            raise TimeoutError
        self._stream.settimeout(left)

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


def _cut_off() -> ssl.SSLEOFError:
    """What Python from 3.11.4 on says of a stream that ends in the middle of a handshake."""
    error = ssl.SSLEOFError(8, "EOF occurred in violation of protocol")
    error.reason = "UNEXPECTED_EOF_WHILE_READING"
    return error
