"""Makes authorities and certificates for tests' TLS servers: valid ones, expired ones, ones for other names."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _written(path: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Path:
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + secret)
    return path


class Authority:
    """An authority of a test's own; `file` is what a client trusts it by."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = _name("Test Authority")
        now = datetime.now(UTC)
        builder = self._builder(self.name, self.key, now - timedelta(days=900), now + timedelta(days=900))
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        self.certificate = (
            builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .sign(self.key, hashes.SHA256())
        )
        self.file = directory / "authority.pem"
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, *names: str, days: float = 60, begins: float = -400) -> Path:
        """A certificate with its key in one file, for these names or addresses; days count from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        begin, end = now + timedelta(days=begins), now + timedelta(days=days)
        builder = self._builder(_name(names[0]), key, begin, end)
        builder = builder.add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), False)
        certificate = builder.sign(self.key, hashes.SHA256())
        return _written(self.directory / f"{names[0].replace('*', 'star')}-{days}-{begins}.pem", certificate, key)

    def self_signed(self, name: str) -> Path:
        """A certificate that vouches for itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(_name(name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=60))
            .add_extension(x509.SubjectAlternativeName([_alternative(name)]), False)
            .sign(key, hashes.SHA256())
        )
        return _written(self.directory / f"{name}-self-signed.pem", certificate, key)

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, begin: datetime, end: datetime
    ) -> x509.CertificateBuilder:
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(authority, False)
        )


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def serving(certificate: Path, *protocols: str) -> ssl.SSLContext:
    """A server's context with this certificate, offering these protocols (h2, http/1.1)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context
