"""The tls probe: the certificate a server shows, described in full also where it is not to be trusted."""

import contextlib
import ssl
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.probes import tls_trust
from tui.probes.base import Given, NoData, ProbeFailed, Reach, Reading
from tui.probes.dialling import Dialled
from tui.session.events import Check

if TYPE_CHECKING:
    from cryptography import x509


class PresentedCertificate(Struct, frozen=True):
    """What a server showed: its certificate as DER, and why the chain was refused, if it was."""

    certificate: bytes
    protocol: str
    refused: str
    remedy: str
    name: str
    at: datetime
    seconds: float


class TlsProbe:
    """Looks at the certificate of a server."""

    kind = "tls"

    def fetch(self, check: str, settings: Given, given: Given, reach: Reach) -> PresentedCertificate:
        """Take the certificate without judging it, then again as a client that does."""
        host, port = str(settings["host"]), _port(settings["port"])
        name = settings.get("verify_name") or host
        verifying = tls_trust.context(settings.get("ca_file") or "", of="tls")
        verifying.check_hostname = False
        began = time.monotonic()
        certificate, protocol = _show(reach, host, port, name)
        seconds = time.monotonic() - began
        refused, remedy = "", ""
        with Dialled(reach, host, port) as dialled:
            try:
                dialled.secure(verifying, name)
                dialled.flush()
            except ssl.SSLCertVerificationError as error:
                refused = tls_trust.problem(error.verify_code, error.verify_message, name)
                remedy = tls_trust.remedy(error.verify_code, name)
            except ssl.SSLError as error:
                raise tls_trust.refusal(error, dialled.place, name) from None
        return PresentedCertificate(certificate, protocol, refused, remedy, name, datetime.now(UTC), seconds)

    def interpret(self, check: str, given: Given, raw: PresentedCertificate) -> Reading:
        """What the certificate says, and the three things that must hold of it."""
        from cryptography import x509

        try:
            certificate = x509.load_der_x509_certificate(raw.certificate)
            names = _names(certificate)
            issuer, subject = _called(certificate.issuer), _called(certificate.subject)
        except ValueError:
            raise ProbeFailed("the server's certificate cannot be read", "it is damaged: issue it again") from None
        until = certificate.not_valid_after_utc
        days = (until - raw.at).total_seconds() / 86400
        matches = any(covers(pattern, raw.name) for pattern in names)
        document = {
            "days_left": round(days, 1),
            "not_after": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "issuer": issuer,
            "subject": subject,
            "names": names,
            "protocol": raw.protocol,
            "chain_valid": not raw.refused,
            "name_matches": matches,
            "seconds": round(raw.seconds, 4),
        }
        left = f"{days:.0f} days left" if days >= 0 else f"expired {-days:.0f} days ago"
        wrong = () if matches else (tls_trust.remedy(62, raw.name),)
        return Reading(
            document=document,
            summary=f"{left}, from {issuer}, {raw.protocol}",
            checks=(
                Check("a certificate in force", f"expired on {until:%Y-%m-%d}" if days < 0 else left, days >= 0),
                Check("a trusted certificate", f"it {raw.refused}" if raw.refused else "trusted", not raw.refused),
                Check(f"a certificate for {raw.name}", f"for {', '.join(names[:5]) or 'no name at all'}", matches),
            ),
            details=(*((raw.remedy,) if raw.refused else ()), *wrong),
        )


def _port(given: object) -> int:
    with contextlib.suppress(ValueError):
        number = float(str(given))
        if number.is_integer() and 0 < number < 65536:
            return int(number)
    raise NoData(f"{given} is not a port", "a port is a number from 1 to 65535")


def _show(reach: Reach, host: str, port: int, name: str) -> tuple[bytes, str]:
    """The certificate and the TLS version, from a handshake that trusts anyone: nothing is sent over it."""
    with Dialled(reach, host, port) as dialled:
        try:
            dialled.secure(tls_trust.anyone(), name)
        except ssl.SSLError as error:
            raise tls_trust.refusal(error, dialled.place, name) from None
        dialled.flush()
        tls = dialled.tls
        shown = tls.getpeercert(binary_form=True) if tls else None
        return shown or b"", (tls and tls.version()) or ""


def _names(certificate: "x509.Certificate") -> list[str]:
    from cryptography import x509

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    return [*names.get_values_for_type(x509.DNSName), *addresses]


def _called(name: "x509.Name") -> str:
    from cryptography.x509.oid import NameOID

    for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        found: Sequence[x509.NameAttribute[str | bytes]] = name.get_attributes_for_oid(oid)
        if found:
            return str(found[0].value)
    return name.rfc4514_string()


def covers(pattern: str, name: str) -> bool:
    """Whether a name in a certificate is for this host: the same, or with a star for its first label (RFC 6125)."""
    pattern, name = pattern.lower().rstrip("."), name.lower().rstrip(".")
    if pattern.startswith("*."):
        first, dot, rest = name.partition(".")
        return bool(first and dot) and "." in rest and rest == pattern[2:]
    return pattern == name
