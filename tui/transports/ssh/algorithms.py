"""What a connection may agree on: what this program can, less what the SSH configuration forbids."""

from collections.abc import Iterable

from tui.errors import HostError
from tui.transports.host_keys.keyblobs import CERTIFICATE
from tui.transports.host_keys.known_hosts import AUTHORITY
from tui.transports.one_line import one_line
from tui.transports.ssh.wire import Connection
from tui.transports.ssh_config.by_openssh import BY_OPENSSH, ONLY_THERE
from tui.transports.ssh_config.resolved import Algorithms, Resolved

RSA = ("rsa-sha2-512", "rsa-sha2-256")

_WORDS = {"KexAlgorithms": "key exchanges", "Ciphers": "ciphers", "MACs": "MACs", "HostKeyAlgorithms": "host keys"}
_OFFERED = {
    "no acceptable kex": ("KexAlgorithms", "kex"),
    "no acceptable host key": ("HostKeyAlgorithms", "host_keys"),
    "no acceptable ciphers": ("Ciphers", "ciphers"),
    "no acceptable macs": ("MACs", "macs"),
}
"""paramiko's words for what was not agreed on, the keyword of ssh_config, and what `offered` calls it."""
MOST_NAMES = 6


def key_type(algorithm: str) -> str:
    """The type of plain key that a host key algorithm is about."""
    algorithm = algorithm.removesuffix(CERTIFICATE)
    return "ssh-rsa" if algorithm in RSA else algorithm


def restrict(connection: Connection, where: Resolved, known: frozenset[str]) -> None:
    """Have the connection offer only what the configuration allows, and the kinds of host key that are known first.

    Raises:
        HostError: nothing that this program can is left.
    """
    allowed, options = where.algorithms, connection.get_security_options()
    connection.able = {
        "kex": tuple(options.kex),
        "ciphers": tuple(options.ciphers),
        "macs": tuple(connection.preferred_macs),
        "host_keys": connection.preferred_keys,
    }
    options.kex = _left(where, "KexAlgorithms", options.kex, allowed.kex)
    options.ciphers = _left(where, "Ciphers", options.ciphers, allowed.ciphers)
    options.digests = _left(where, "MACs", connection.preferred_macs, allowed.macs)
    able = connection.preferred_keys
    wanted = _left(where, "HostKeyAlgorithms", allowed.host_keys or able, able)
    connection.host_key_algorithms = _known_first(wanted, known) if _reorders(allowed, wanted, known) else wanted
    if allowed.client_keys is not None:
        connection.allow_client_keys(allowed.client_keys)


def _left(where: Resolved, keyword: str, wanted: Iterable[str], able: Iterable[str] | None) -> tuple[str, ...]:
    wanted, able = tuple(wanted), None if able is None else tuple(able)
    left = wanted if able is None else tuple(name for name in wanted if name in able)
    if not left:
        raise HostError(
            f"{where.target}: {keyword} of the SSH configuration leaves no {_WORDS[keyword]} that this program has",
            f"allow more there for this host (see {keyword} in docs/hosts.md)" + _proposed({*wanted, *(able or ())}),
        )
    return left


def _reorders(allowed: Algorithms, wanted: tuple[str, ...], known: frozenset[str]) -> bool:
    """As OpenSSH: not where the configuration has an order of its own, nor where the best kind is known anyway."""
    return allowed.known_first and key_type(wanted[0]) not in known


def _known_first(wanted: tuple[str, ...], known: frozenset[str]) -> tuple[str, ...]:
    def comes_first(name: str) -> bool:
        return key_type(name) in known or (name.endswith(CERTIFICATE) and AUTHORITY in known)

    return tuple(sorted(wanted, key=lambda name: not comes_first(name)))


def _proposed(names: Iterable[str]) -> str:
    """What else can be done where ssh could agree on one of these."""
    return f", or {BY_OPENSSH}" if ONLY_THERE.intersection(names) else ""


def disagreement(connection: Connection, error: Exception) -> tuple[str, str] | None:
    """What the server offers of the kind that nothing was agreed on, and what to do; None for any other error."""
    for said, (keyword, kind) in _OFFERED.items():
        if said not in str(error):
            continue
        names = connection.offered.get(kind, ())
        shown = ", ".join(names[:MOST_NAMES]) + (", …" if len(names) > MOST_NAMES else "")
        offers = f"the server offers only {_WORDS[keyword]} that"
        if set(names) & set(connection.able.get(kind, ())):
            return (
                f"{offers} {keyword} of the SSH configuration does not allow: {one_line(shown)}",
                f"allow one of them with {keyword} for this host, or ask its owner",
            )
        return (
            f"{offers} this program does not take: {one_line(shown) or 'none'}",
            f"ask its owner to allow one of those that docs/hosts.md lists under {keyword}" + _proposed(names),
        )
    return None
