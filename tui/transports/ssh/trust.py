"""Whether the server that answers is the host that is meant, asked in OpenSSH's order and never less strictly."""

from pathlib import Path

from tui.errors import HostKeyRefused
from tui.transports.host_keys.keyblobs import HostKey
from tui.transports.host_keys.known_command import ADDRESS, HOSTNAME, ORDER, lines_of_command
from tui.transports.host_keys.known_hosts import KnownHost, accept, is_known, known_keys, revoked_line
from tui.transports.host_keys.revoked import check_revoked
from tui.transports.ssh.way import is_loopback
from tui.transports.ssh_config.resolved import Resolved

LENIENT = {"false", "no", "off"}


def known_before(where: Resolved, files: tuple[Path, ...]) -> list[KnownHost]:
    """What is known of the host before it shows a key, for the kinds of key to ask it for.

    Raises:
        HostKeyRefused: KnownHostsCommand fails.
    """
    return known_keys(where.known_as, files) + lines_of_command(where, where.known_as, ORDER)


def check_host_key(where: Resolved, key: HostKey, bits: int, peer: str, files: tuple[Path, ...]) -> None:
    """Let the host's key pass, or not.

    Args:
        where: what the configuration says of the host.
        key: what it showed, and proved to hold.
        bits: the key's length.
        peer: the address it was reached at; empty behind a proxy or a jump host.
        files: the known_hosts files.

    Raises:
        HostKeyRefused: it is unknown, changed, revoked or too short, or whether it is cannot be told.
    """
    name, checks = where.known_as, where.checks
    if key.kind == "ssh-rsa" and bits < where.algorithms.rsa_bits:
        raise HostKeyRefused(
            f"the key of {name} is too short: {bits} bits, RequiredRSASize is {where.algorithms.rsa_bits}: {key}",
            "ask its owner for an Ed25519 key, or a longer one",
        )
    check_revoked(name, key, checks.revoked)
    if checks.localhost_unchecked and is_loopback(peer) and not where.alias:
        return
    known = known_keys(name, files) + lines_of_command(where, name, HOSTNAME, key)
    if _known_without_port(where, key, known, files):
        return
    accept(name, key, known, files, _ours(checks.strict, known))
    if checks.address_too and peer and not is_loopback(peer) and peer != where.host:
        _check_address(where, key, peer, files)


def _known_without_port(where: Resolved, key: HostKey, known: list[KnownHost], files: tuple[Path, ...]) -> bool:
    """As OpenSSH: where nothing at all is known of host and port, the host's key at port 22 will do."""
    if where.port == 22 or where.alias or any(not one.marker for one in known) or revoked_line(key, known):
        return False
    plain = known_keys(where.host, files)
    return is_known(key, plain) and not revoked_line(key, plain)


def _check_address(where: Resolved, key: HostKey, peer: str, files: tuple[Path, ...]) -> None:
    """CheckHostIP: a key that is known for the address, but another one, is somebody else's host."""
    address = peer if where.port == 22 else f"[{peer}]:{where.port}"
    known = known_keys(address, files) + lines_of_command(where, address, ADDRESS, key)
    if any(not one.marker for one in known) and not is_known(key, known):
        raise HostKeyRefused(
            f"the key of {where.known_as} is not the one known for its address {address} (CheckHostIP): {key}",
            f"has the address another host now? If so: ssh-keygen -R '{address}'",
        )


def _ours(strict: str, known: list[KnownHost]) -> str:
    """What to add to a refusal where OpenSSH would continue: the reason is this program's, not the configuration's."""
    fresh = strict == "accept-new" and not known
    if strict not in LENIENT and not fresh:
        return ""
    word = "accept-new" if fresh else "no"
    return f" (StrictHostKeyChecking is {word}: ssh would continue; this program accepts no key that was not compared)"
