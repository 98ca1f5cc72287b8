"""The operator's own secrets, of the team's bucket and of notifiers: where the settings say that they are read."""

import os
import stat
from pathlib import Path

from tui.errors import SecretMissing, UsageError
from tui.execution.secrecy.own_machine import MOST, from_keyring
from tui.execution.secrecy.redaction import Redactor

WAYS = "write env:NAME, file:PATH or keyring:SERVICE/USER; a secret itself is never written in the settings"
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def own_secret(name: str, source: str, redactor: Redactor) -> str:
    """The value that a setting names, hidden everywhere from now on.

    Args:
        name: the setting's, to be read.
        source: env:NAME, file:PATH or keyring:SERVICE/USER.

    Raises:
        UsageError: the setting does not say where it is; its text, which may be the secret itself, is not repeated.
        SecretMissing: there is nothing there, or others could read it.
    """
    kind, colon, place = source.partition(":")
    if not colon or not place or kind not in ("env", "file", "keyring"):
        raise UsageError(f"{name} does not say where its value is read", WAYS)
    value = {"env": _of_environment, "file": _of_file, "keyring": _of_keyring}[kind](name, place)
    if not redactor.add(value):
        raise SecretMissing(f"{name} is too short to be hidden in what is shown", "use a longer one")
    return value


def _of_environment(name: str, variable: str) -> str:
    value = os.environ.get(variable, "")
    if not value:
        raise SecretMissing(f"{name} has no value", f"export {variable} before starting")
    return value


def _of_file(name: str, path: str) -> str:
    file = Path(os.path.expanduser(path))
    try:
        with file.open("rb") as opened:
            if os.fstat(opened.fileno()).st_mode & OTHERS:
                raise SecretMissing(f"{name}: others on this machine may read {path}", f"chmod 600 {path}")
            data = opened.read(MOST + 1)
    except OSError as error:
        raise SecretMissing(f"{name}: {path} cannot be read: {error.strerror}", "check the path") from error
    try:
        value = data.decode().strip()
    except UnicodeDecodeError:
        value = ""
    if not value or len(data) > MOST or "\n" in value:
        raise SecretMissing(f"{name}: {path} does not have one line of text", "write the value alone into it")
    return value


def _of_keyring(name: str, place: str) -> str:
    service, slash, username = place.rpartition("/")
    if not slash:
        raise UsageError(f"{name}: {place} does not name a user of the keyring", "write keyring:SERVICE/USER")
    value = from_keyring(name, service, username)
    if not value:
        hint = f"put it in: keyring set {service} {username}"
        raise SecretMissing(f"{name}: the keyring has nothing there", hint)
    return value
