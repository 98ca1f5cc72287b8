"""Starts the `ssh` that logs in, without a word where that is possible, else at the operator's terminal."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path

from tui.errors import AuthenticationRefused, HostError, HostKeyRefused, LoginWanted
from tui.transports.openssh.ears import Ears
from tui.transports.openssh.folder import ControlFolder
from tui.transports.openssh.master import Master
from tui.transports.ssh.logging_in.certificates import RENEW, unusable
from tui.transports.ssh_config.jumps import leads_to_itself
from tui.transports.ssh_config.resolved import Resolved, resolve
from tui.transports.ssh_config.started import Chain, end

BOUND = 20
"""Seconds after which it ends by itself once nobody holds it: also where this program was killed."""
SILENT_PATIENCE = 30.0
"""Seconds beyond the connect timeout for a login at which nobody types."""

_NO_HOST_KEY = re.compile(
    r"Host key verification failed|No \S+ host key is known|Host key for .* has changed|REMOTE HOST IDENTIFICATION"
    r"|revoked|Certificate invalid|Host certificate|Invalid key length"
)
_NO_LOGIN = re.compile(r"Permission denied|Too many authentication failures|No more authentication methods")
TOUCH = "Touch your security key to log in to {}"
ASKS = "ssh asks here. Touch your security key where it blinks; ^c leaves it."


def log_in(
    where: Resolved,
    given: tuple[str | None, int | None, tuple[Path, ...]],
    batch: bool,
    *,
    timeout: float,
    alive: float,
    tell: Callable[[str], None],
    more: Sequence[str] = (),
) -> Master:
    """Log in to a host.

    Args:
        where: the host, the way to which is known to end.
        given: user, port and ssh's -F, as they were given for it.
        batch: nothing is asked; else ssh asks at the terminal of this process.
        timeout: seconds to reach it.
        alive: seconds between two signs of life that are asked for.
        tell: says something to the operator that they have to know now.
        more: further options for ssh.

    Raises:
        HostError: it cannot be reached; HostKeyRefused and AuthenticationRefused where ssh says so.
    """
    program = shutil.which("ssh")
    if program is None:
        raise HostError("`ssh` is not installed here", "install openssh-client")
    place = ControlFolder()

    def touch() -> None:
        (tell if batch else _shown)(TOUCH.format(f"{where.user}@{where.address}"))

    try:
        place.configure(given[2], batch, timeout, alive)
        ears = Ears(place.log, None if batch else _shown, touch)
        return _started([program, *more, *_options(place, where, given)], where, place, ears, batch, timeout)
    except BaseException:
        place.remove()
        raise


def _options(
    place: ControlFolder, where: Resolved, given: tuple[str | None, int | None, tuple[Path, ...]]
) -> list[str]:
    user, port, _ = given
    options = ["-F", str(place.config), "-vv", "-E", str(place.log), "-fNM", "-S", str(place.control)]
    options += ["-o", f"ControlPersist={BOUND}"]
    options += [*(("-l", user) if user else ()), *(("-p", str(port)) if port else ())]
    return [*options, "--", where.target]


def _started(
    command: Sequence[str], where: Resolved, place: ControlFolder, ears: Ears, batch: bool, timeout: float
) -> Master:
    try:
        if not batch:
            _shown(f"{where.target}: {ASKS}")
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL if batch else None,
            stdout=subprocess.DEVNULL,
            stderr=ears.stderr,
            start_new_session=batch,
        )
    except OSError as error:
        ears.logged_in()
        raise HostError(f"ssh cannot be started: {error.strerror}", "look at this machine's processes") from error
    finally:
        ears.begun()
    chain = Chain(process) if batch else None  # at the terminal it has no group of its own, and was tried before
    try:
        status = process.wait(timeout + SILENT_PATIENCE if batch else None)
    except subprocess.TimeoutExpired:
        end(process)
        process.wait()
        raise HostError(
            f"{where.address} is not reached: ssh does not end", "is it waiting on the way there?"
        ) from None
    except BaseException:
        process.kill()
        process.wait()
        raise
    finally:
        ears.logged_in()
        if chain is not None:
            chain.over()
    if chain is not None and chain.endless:
        raise leads_to_itself(where)
    if status == -signal.SIGINT:
        raise LoginWanted(f"{where.address}: ssh asked, and was left", "check again to be asked again")
    if status:
        if batch:
            end(process)  # ssh ends the first program of a ProxyCommand, and not what that has started
        raise refusal(where, ears.words(), status)
    try:
        return Master(place, ears, _taken_along(where.send))
    except (EOFError, OSError) as error:
        raise HostError(f"{where.address}: ssh logged in and ended: {ears.words() or error}", "try again") from error


def _taken_along(patterns: Sequence[str]) -> list[str]:
    """The variables of this machine that ssh is told to take along."""
    return [
        f"{name}={value}"
        for name, value in os.environ.items()
        if any(fnmatchcase(name, pattern) for pattern in patterns)
    ]


def refusal(where: Resolved, words: str, status: int) -> HostError:
    """Why ssh did not log in, in its own words."""
    said = words or f"ssh ends with {status} and says nothing"
    who = f"{where.user}@{where.address}" if where.user else where.address
    if _NO_HOST_KEY.search(words):
        return HostKeyRefused(
            f"ssh does not take the key of {where.known_as}: {said}",
            "compare the fingerprint with its owner's; a key that is new or was renewed has to be in known_hosts first",
        )
    if _NO_LOGIN.search(words):
        return AuthenticationRefused(f"{who} accepts no login: {said}", _remedy(where, words))
    return HostError(f"{where.address} is not reached by ssh: {said}", f"try: ssh {where.target}")


def _remedy(where: Resolved, words: str) -> str:
    """What may help where nobody is let in."""
    with suppress(HostError):
        if ended := unusable(resolve(where.target, where.user or None, where.port, where.files)):
            return f"{RENEW}: {ended}"
    if "gssapi" in words:
        return f"get a ticket first: kinit; or try: ssh {where.target}"
    return f"try: ssh {where.target}"


def _shown(line: str) -> None:
    """Write a line to the terminal that ssh asks at."""
    with suppress(OSError):
        os.write(2, f"{line}\r\n".encode(errors="replace"))
