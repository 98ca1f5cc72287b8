"""KnownHostsCommand: a program of the operator's that prints known_hosts lines."""

import base64
import subprocess
from pathlib import Path

from tui.errors import HostError, HostKeyRefused
from tui.transports.host_keys.keyblobs import HostKey, fingerprint
from tui.transports.host_keys.known_hosts import KnownHost, known_lines
from tui.transports.one_line import one_line
from tui.transports.ssh_config.resolved import Resolved
from tui.transports.ssh_config.started import DEEP, Endless, run
from tui.transports.ssh_config.tokens import FILES

PATIENCE = 30.0
FROM = Path("KnownHostsCommand")
"""What its lines are shown to come from."""

ORDER, HOSTNAME, ADDRESS = "ORDER", "HOSTNAME", "ADDRESS"
"""Why it is asked: for the kinds of key to prefer, or for the keys of a name or an address."""


def lines_of_command(where: Resolved, name: str, why: str, key: HostKey | None = None) -> list[KnownHost]:
    """What the command says of a name; nothing where the configuration has none.

    Raises:
        HostKeyRefused: it cannot be run or fails; OpenSSH does not connect then, either.
    """
    if not where.checks.command:
        return []
    none = "NONE"
    more = {
        "H": name,
        "I": why,
        "f": fingerprint(key.whole) if key else none,
        "K": base64.b64encode(key.whole).decode() if key else none,
        "t": key.kind if key else none,
    }
    try:
        command = [where.tokens.fill(word, FILES, more) for word in where.checks.command]
    except HostError as error:
        raise _failed(where, error.message) from error
    if not Path(command[0]).is_absolute():
        raise _failed(where, f"{command[0]} is not an absolute path")
    try:
        done = run(command, PATIENCE)
    except subprocess.TimeoutExpired:
        raise _failed(where, f"it does not end within {PATIENCE:g} s") from None
    except Endless:
        raise _failed(where, DEEP) from None
    except (OSError, ValueError) as error:
        raise _failed(where, f"{command[0]}: {getattr(error, 'strerror', None) or error}") from error
    if done.returncode:
        said = one_line(done.stderr)
        raise _failed(where, f"it ends with {done.returncode}" + (f" and says: {said}" if said else ""))
    return list(known_lines(name, FROM, done.stdout))


def _failed(where: Resolved, why: str) -> HostKeyRefused:
    return HostKeyRefused(
        f"the key of {where.known_as} cannot be looked up: KnownHostsCommand: {one_line(why)}",
        "fix that command, or KnownHostsCommand in the SSH configuration",
    )
