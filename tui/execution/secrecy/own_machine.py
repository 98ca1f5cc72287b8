"""Secrets from the operator's own machine: what a command there prints, and what its keyring has.

A runbook is written by others, and a command of it would run here as the operator. So nothing is run and no keyring is
asked before the operator has agreed to exactly that; the agreement is kept, and holds until the text changes.
"""

import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui import threads
from tui.errors import SecretMissing

if TYPE_CHECKING:
    from tui.execution.secrecy.redaction import Redactor

PATIENCE = 30.0
"""Seconds for a command or a keyring."""
MOST = 64 << 10
"""Bytes that a secret may have."""
SAID = 200

Agree = Callable[[str, Sequence[str]], bool]
"""Shows the operator what is about to be done on their machine, and asks whether it may be: a title and its lines."""


class Agreements:
    """What the operator has agreed to on this machine, of what runbooks do there for their secrets."""

    def __init__(self, file: Path | None = None, never: bool = False, agree: Agree | None = None) -> None:
        """Args:
        file: where it is kept; without one it holds as long as the program runs.
        never: nobody is asked (`--ask-never`); what was agreed to before holds.
        """
        self._file = file
        self._never = never
        self._agree = None if never else agree
        self._known: set[str] = set()
        self._one = threading.Lock()

    def by(self, agree: Agree) -> None:
        """Ask in this way from now on, where anybody may be asked."""
        self._agree = None if self._never else agree

    def need(self, runbook: str, name: str, what: str, text: str) -> None:
        """Make sure that the operator agrees.

        Args:
            runbook: its id.
            name: the secret's.
            what: what is done with the text, to be read before it.
            text: the command as it runs, or what the keyring is asked for.

        Raises:
            SecretMissing: they do not, or nobody can be asked.
        """
        import hashlib

        mark = hashlib.sha256("\0".join((runbook, name, what, text)).encode()).hexdigest()
        with self._one:  # a preflight that is made again meanwhile asks nothing twice
            self._need(mark, runbook, name, what, text)

    def _need(self, mark: str, runbook: str, name: str, what: str, text: str) -> None:
        if mark in self._known or mark in self._kept():
            return
        if self._agree is None:
            raise SecretMissing(
                f"secret {name} is not read: nobody has agreed on this machine to what the runbook does for it: {text}",
                "agree once on a terminal, without --ask-never; it is asked again only when that text changes",
            )
        lines = [f"Secret {name}: the runbook {runbook} {what}", "", *text.splitlines(), "", REMEMBERED]
        if not self._agree("Allow this on your own machine?", lines):
            raise SecretMissing(f"secret {name} is not read: you did not allow it", "check again to be asked again")
        self._known.add(mark)
        self._keep(mark, f"{runbook} {name}")

    def _kept(self) -> set[str]:
        if self._file is None:
            return set()
        try:
            return {line.partition(" ")[0] for line in self._file.read_text(errors="replace").splitlines()}
        except OSError:
            return set()

    def _keep(self, mark: str, about: str) -> None:
        if self._file is None:
            return
        with suppress(OSError):  # it is asked again next time
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            opened = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            with os.fdopen(opened, "w") as file:
                file.write(f"{mark} {about}\n")


REMEMBERED = "What you allow is recorded for this runbook and this text; a changed text is asked about again."
RUNS = "runs this here, as you, and takes what it prints; it is not shown:"
ASKS = "asks your keyring for this; it is not shown:"


def printed(name: str, command: str, redactor: "Redactor", patience: float = PATIENCE, optional: bool = False) -> str:
    """What a command prints on this machine, without the line feeds at its end.

    It has no terminal and nothing on standard input: it cannot ask. Nothing of what it prints is ever said.

    Args:
        optional: whether it may print nothing.

    Raises:
        SecretMissing: it fails, does not end in time, or prints what cannot be a secret.
    """
    try:
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise SecretMissing(f"secret {name}: no shell can be started here: {error.strerror}") from error
    with process:
        out, err, why = _read(process, patience)
        _end(process)
    if why:
        raise SecretMissing(f"secret {name}: its command {why}", BY_HAND)
    value = out.decode("utf-8", "surrogateescape").rstrip("\n")
    status = process.returncode
    if status or not (value or optional):
        from tui.transports.one_line import one_line

        redactor.add(value)
        said = redactor.redact(one_line(err.strip().rpartition(b"\n")[2]))[:SAID]
        how = f"ends with {status}" if status > 0 else f"is ended by signal {-status}" if status else NOTHING
        raise SecretMissing(f"secret {name}: its command {how}" + (f": {said}" if said else ""), BY_HAND)
    if "\0" in value or any("\udc80" <= one <= "\udcff" for one in value):
        raise SecretMissing(f"secret {name}: its command prints what is not text", "have it print the value alone")
    return value


NOTHING = "succeeds and prints nothing"
BY_HAND = "run it by hand in another terminal: does it want a login, a PIN or a touch? it cannot ask here"


def _read(process: "subprocess.Popen[bytes]", patience: float) -> tuple[bytes, bytes, str]:
    """Both outputs to their end, and why that was not waited for."""
    out, err, deadline = bytearray(), bytearray(), time.monotonic() + patience
    assert process.stdout
    assert process.stderr
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, out)
        selector.register(process.stderr, selectors.EVENT_READ, err)
        while selector.get_map():
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if not ready and time.monotonic() >= deadline:
                return b"", b"", f"does not end within {patience:g} s"
            for key, _ in ready:
                if data := os.read(key.fd, MOST):
                    key.data.extend(data)
                else:
                    selector.unregister(key.fileobj)
            del err[:-MOST]
            if len(out) > MOST:
                return b"", b"", f"prints more than {MOST >> 10} KiB"
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return b"", b"", f"does not end within {patience:g} s"
    return bytes(out), bytes(err), ""


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End what is left of it: nothing of it outlives the question."""
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def from_keyring(name: str, service: str, username: str, patience: float = PATIENCE) -> str:
    """What the keyring of this machine has; empty where it has nothing.

    Raises:
        SecretMissing: the library is not installed, there is no keyring, or it is not unlocked in time.
    """
    try:
        keyring: Any = import_module("keyring")  # an extra: it is not there where nobody asked for it
    except ImportError:
        raise SecretMissing(
            f"secret {name} is in a keyring, for which the keyring library is not installed here",
            "install it: pip install 'runbook-tui[keyring]'",
        ) from None
    found: list[str | None] = []
    wrong: list[str] = []

    def ask() -> None:
        try:
            found.append(keyring.get_password(service, username))
        except Exception as error:  # each backend has its own errors
            from tui.transports.one_line import one_line

            wrong.append(one_line(str(error)) or type(error).__name__)

    asking = threads.start("keyring", ask)
    asking.join(patience)
    if wrong:
        raise SecretMissing(
            f"secret {name}: the keyring cannot be used: {wrong[0][:SAID]}",
            "is there one on this machine, and is it unlocked? see: python -m keyring diagnose",
        )
    if not found:
        raise SecretMissing(
            f"secret {name}: the keyring does not answer within {patience:g} s", "is its window open, to unlock it?"
        )
    return found[0] or ""
