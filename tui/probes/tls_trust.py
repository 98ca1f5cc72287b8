"""Whom TLS trusts, and what its refusals mean to the person who has to fix them."""

import os
import re
import ssl
from functools import lru_cache
from pathlib import Path

from tui.probes.base import NoData, ProbeFailed

_EXPIRED, _EARLY, _SELF_SIGNED = 10, 9, 18
_UNKNOWN_ISSUER = (2, 19, 20, 21)
_WRONG_NAME = (62, 64)

_NOT_TLS = (
    "WRONG_VERSION_NUMBER",
    "HTTP_REQUEST",
    "UNKNOWN_PROTOCOL",
    "PACKET_LENGTH_TOO_LONG",
    "RECORD_LAYER_FAILURE",
)
_PLACE_IN_PYTHON = re.compile(r"^\[[^]]*\]|\(_ssl\.c:\d+\)$")
"""What Python puts around the words of an error: its library, and the line of its own source."""
_NO_VERSION = ("UNSUPPORTED_PROTOCOL", "PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE")


def context(ca_file: str = "", of: str = "") -> ssl.SSLContext:
    """A context that verifies: against this machine's authorities, or against those of `ca_file` alone.

    Reading this machine's authorities takes longer than asking a site: a context is kept as long as they stay as they
    are. Each kind of client, `of`, has one of its own: a library sets on it which protocols it speaks.

    Raises:
        NoData: there is no such file, or no certificate in it.
    """
    if not ca_file:
        return _of_this_machine(of)
    path = os.path.expanduser(ca_file)
    try:
        return _trusting(of, path, None, _as_it_is(path))
    except ssl.SSLError:
        raise NoData(f"{ca_file} has no certificate in it", "`ca_file` is a PEM file with the authority's") from None
    except OSError as error:
        why = error.strerror or "not readable"
        raise NoData(f"the authority's certificate {ca_file} cannot be read: {why}", "look at `ca_file`") from None


def anyone() -> ssl.SSLContext:
    """A context that verifies nothing: no secret is sent over such a connection unless the runbook allows that."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


def _of_this_machine(of: str) -> ssl.SSLContext:
    """One that trusts the authorities of this machine, whatever SSL_CERT_FILE and SSL_CERT_DIR of a shell name.

    They are asked for others only where OpenSSL was built with paths that have nothing for it here: a Python that was
    built elsewhere may look into a folder whose certificates lack the names by their hashes that OpenSSL finds them by.
    """
    built = ssl.get_default_verify_paths()
    file, folder = Path(built.openssl_cafile), Path(built.openssl_capath)
    at_file = str(file) if file.is_file() else None
    at_folder = str(folder) if any(folder.glob("*.0")) else None
    if at_file or at_folder:
        return _trusting(of, at_file, at_folder, *(_as_it_is(place) for place in (at_file, at_folder) if place))
    made = _empty()
    made.load_default_certs()
    return made


def _empty() -> ssl.SSLContext:
    """One that trusts nobody yet; unlike create_default_context's, it logs no keys for SSLKEYLOGFILE."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _as_it_is(place: str) -> tuple[int, ...]:
    """What is another once a file has been written, or a file put into a folder."""
    found = os.stat(place)
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


@lru_cache(maxsize=16)
def _trusting(of: str, file: str | None, folder: str | None, *as_they_are: tuple[int, ...]) -> ssl.SSLContext:
    """One that trusts the authorities in a file and a folder, for one user and as these are now."""
    made = _empty()
    made.load_verify_locations(file, folder)
    return made


def refusal(error: ssl.SSLError, place: str, name: str) -> ProbeFailed:
    """The words for a failed handshake with `place`, which had to be `name`."""
    if isinstance(error, ssl.SSLCertVerificationError):
        code, words = error.verify_code, error.verify_message
        return ProbeFailed(f"the certificate of {place} {problem(code, words, name)}", remedy(code, name))
    reason = reason_of(error)
    if isinstance(error, ssl.SSLEOFError):
        return ProbeFailed(
            f"{place} closed the connection during the TLS handshake", "look at the server's error log, and at its port"
        )
    if any(word in reason for word in _NOT_TLS):
        return ProbeFailed(f"{place} does not speak TLS", "is this its port for TLS, and is the address https or wss?")
    if any(word in reason for word in _NO_VERSION):
        return ProbeFailed(
            f"{place} offers no TLS version that is still safe", "the server should offer TLS 1.2 or 1.3"
        )
    if "UNRECOGNIZED_NAME" in reason:
        return ProbeFailed(f"{place} has no site named {name}", "compare the name with the server's configuration")
    said = reason.replace("_", " ").lower() or _PLACE_IN_PYTHON.sub("", str(error)).strip() or type(error).__name__
    return ProbeFailed(f"the TLS handshake with {place} failed: {said}", "look at the server's error log")


def reason_of(error: ssl.SSLError) -> str:
    """OpenSSL's name for what went wrong; empty where it gave none, or where Python made the error itself."""
    return getattr(error, "reason", None) or ""


def problem(code: int, words: str, name: str) -> str:
    """What is wrong with a certificate by OpenSSL's code, to follow "the certificate of …"; `words` are OpenSSL's."""
    if code == _EXPIRED:
        return "has expired"
    if code == _EARLY:
        return "is not valid yet"
    if code == _SELF_SIGNED:
        return "is self-signed"
    if code in _UNKNOWN_ISSUER:
        return "comes from an authority that is not trusted here"
    if code in _WRONG_NAME:
        return f"is not for {name}"
    return f"is refused: {words}"


def remedy(code: int, name: str) -> str:
    """What to look at for the problem of this code."""
    if code == _EXPIRED:
        return "renew it (certbot renew), then reload the web server"
    if code == _EARLY:
        return "compare the clocks of the server and of this machine"
    if code == _SELF_SIGNED:
        return "a service with a certificate of its own is trusted by naming that in `ca_file`"
    if code in _UNKNOWN_ISSUER:
        return "does the server send its intermediate certificates? An authority of your own is named in `ca_file`"
    if code in _WRONG_NAME:
        return f"is {name} the right address, and does the server choose its certificate by the name asked for?"
    return "look at the certificate with the tls probe"
