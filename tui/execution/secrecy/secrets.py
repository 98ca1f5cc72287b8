"""Where secrets come from and how they reach a command: by name in the runbook, by value only in this process."""

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.errors import HostError, SecretMissing
from tui.execution.secrecy import host_file
from tui.execution.secrecy.own_machine import ASKS, RUNS, Agreements, from_keyring, printed
from tui.runbook.facts import host_named
from tui.runbook.kinds import exported
from tui.runbook.model import Runbook, Secret, SecretSource, runbook_id
from tui.runbook.templates.variables import fill_command, fill_shown, fill_whole

if TYPE_CHECKING:
    from tui.execution.secrecy.redaction import Redactor
    from tui.transports.base import Stream, Transport

AskSecret = Callable[[str], str]
"""Asks the operator for a secret without showing it; gets the question."""


class Secrets:
    """The values of the runbook's secrets, each made known to the redactor before anybody can use it."""

    def __init__(self, runbook: Runbook, redactor: "Redactor", stand_in: str = "") -> None:
        """Args: stand_in: what a secret is in a drill, where the real ones must not be needed."""
        self._runbook = runbook
        self.redactor = redactor
        self._stand_in = stand_in
        self._values: dict[str, str] = {}
        self._known: dict[str, str] = {}
        self.agreements = Agreements()
        """What the operator lets the runbook do on their machine; nothing, as long as nobody is asked."""

    def know(self, values: Mapping[str, str]) -> None:
        """Take the session's values, which a secret's source may name; what came from another place is forgotten."""
        before = {name: self.place(name) for name in self._values if name in self._runbook.secrets}
        self._known = dict(values)
        for name, place in before.items():
            if self.place(name) != place:
                del self._values[name]

    def file(self, name: str) -> str:
        """Where a secret from a host's file is read, to be shown; empty for one from elsewhere."""
        return fill_shown(self._runbook.secrets[name].file, self._known)

    @property
    def made_up(self) -> bool:
        """Whether none of the values is a real one, as in a drill."""
        return bool(self._stand_in)

    def source(self, name: str) -> SecretSource:
        """What kind of place a secret is read from."""
        return self._runbook.secrets[name].source

    def place(self, name: str) -> str:
        """Where a secret is read, in words."""
        secret = self._runbook.secrets[name]
        match secret.source:
            case SecretSource.HOST_FILE:
                return f"from {self.file(name)}"
            case SecretSource.COMMAND:
                return f"from here: {fill_command(secret.command, self._known, partial=True)}"
            case SecretSource.KEYRING:
                service, username = (fill_shown(one, self._known) for one in (secret.service, secret.username))
                return f"from the keyring: {service}, {username}"
        return f"from the {secret.source.value}"

    def of(self, runbook: Runbook) -> "Secrets":
        """The same for a session of a runbook with other secrets; values of the same declaration are known there."""
        other = Secrets(runbook, self.redactor, self._stand_in)
        other._known = self._known
        other.agreements = self.agreements
        known = self._runbook.secrets
        other._values = {
            name: one for name, one in self._values.items() if runbook.secrets.get(name) == known.get(name)
        }
        return other

    def elsewhere(self, runbook: Runbook) -> "Secrets":
        """The same for another environment of the runbook: its secrets are other ones, and none is known there."""
        other = Secrets(runbook, self.redactor, self._stand_in)
        other.agreements = self.agreements
        return other

    def keep(self, name: str, value: str) -> None:
        """Hold a value, from now on redacted everywhere.

        Raises:
            SecretMissing: it is too short to be hidden without hiding half of every text.
        """
        if not self.redactor.add(value):
            raise SecretMissing(f"secret {name} is too short to be hidden in output", "use a longer one")
        self._values[name] = value

    def has(self, name: str) -> bool:
        """Whether the value is known."""
        return name in self._values

    def is_published(self, name: str) -> bool:
        """Whether the value is the runbook's own, which anybody may know."""
        return bool(value := self._values.get(name)) and value == self._runbook.secrets[name].published

    def value(self, name: str) -> str:
        """The value that a probe passes to its library; empty for an optional secret that has none.

        Raises:
            SecretMissing: it has none.
        """
        if name not in self._values:
            self.environment([name])
        return self._values.get(name, "")

    def needed(self, names: Iterable[str]) -> list[str]:
        """Those of the names that are declared secrets and have no value yet."""
        return [name for name in dict.fromkeys(names) if name in self._runbook.secrets and name not in self._values]

    def resolve(self, name: str, transports: "Mapping[str, Transport]", ask: AskSecret | None = None) -> None:
        """Fetch a declared secret from where the runbook says it is.

        Raises:
            SecretMissing: there is no value there and the secret is not optional.
            HostError: the host that has the file cannot be reached.
            RunbookError: its file names a value that is not known yet.
        """
        secret = replace(self._runbook.secrets[name], file=self.file(name))
        value = self._stand_in or self._fetch(name, secret, transports, ask) or secret.published
        if value:
            self.keep(name, value)
        elif not secret.optional:
            raise SecretMissing(f"secret {name} has no value", _where(secret, host_named(self._runbook, secret.on)))

    def environment(self, names: Iterable[str]) -> dict[str, str]:
        """The environment variables a command gets for these secrets.

        Raises:
            SecretMissing: one has no value (a captured one whose step was not run, say).
        """
        found: dict[str, str] = {}
        for name in names:
            declared = self._runbook.secrets.get(name)
            if name in self._values:
                found[declared.variable if declared else exported(name)] = self._values[name]
            elif declared is None or not declared.optional:
                hint = "run the step that captures it first" if declared is None else "check the set-up's preflight"
                raise SecretMissing(f"secret {name} has no value yet", hint)
        return found

    def _fetch(self, name: str, secret: Secret, transports: "Mapping[str, Transport]", ask: AskSecret | None) -> str:
        if secret.source is SecretSource.ENVIRONMENT:
            return os.environ.get(secret.variable, "")
        if secret.source is SecretSource.PROMPT:
            return ask(secret.prompt or f"{name}: ") if ask else os.environ.get(secret.variable, "")
        if secret.source is SecretSource.COMMAND:
            command = fill_command(secret.command, self._known)
            self.agreements.need(runbook_id(self._runbook), name, RUNS, command)
            return printed(name, command, self.redactor, optional=secret.optional or bool(secret.published))
        if secret.source is SecretSource.KEYRING:
            service, username = (fill_whole(one, self._known) for one in (secret.service, secret.username))
            self.agreements.need(runbook_id(self._runbook), name, ASKS, f"{service}, {username}")
            return from_keyring(name, service, username)
        file = fill_whole(self._runbook.secrets[name].file, self._known)
        return _from_host(name, transports[host_named(self._runbook, secret.on)], replace(secret, file=file))


def _from_host(name: str, transport: "Transport", secret: Secret) -> str:
    """Parse the environment file on its host, as the application itself does; the shell never runs it.

    Empty where the file does not set it, which is known only when the host has read the file.

    Raises:
        HostError: the host did not answer.
        SecretMissing: there is no such file, or it may not or cannot be read.
    """
    import shlex

    from tui.transports.base import CancelToken, Command, Stream

    file, value = shlex.quote(secret.file), f'"${{{secret.variable}-}}"'
    script = (
        f"[ -e {file} ] || exit 3; [ -r {file} ] || exit 4; [ ! -d {file} ] || exit 5\n"
        f"{host_file.variables(file, [secret.variable])}\nprintf %s {value}"
    )
    output = bytearray()

    def keep(stream: "Stream", data: bytes) -> None:
        if stream is Stream.OUT:
            output.extend(data)

    outcome = transport.run(Command(script=script, timeout=30.0), keep, CancelToken())
    if outcome.exit_status == 0:
        return output.decode(errors="replace")
    if outcome.exit_status is None:
        raise HostError(f"secret {name} is not known: {transport.name} could not be asked", str(outcome))
    if outcome.exit_status == 3 and (secret.optional or secret.published):
        return ""
    why, hint = {
        3: ("does not exist", "check its path in the runbook, and that the user may enter its folder"),
        4: ("may not be read", "check its permissions, and as which user the host was reached"),
    }.get(outcome.exit_status, ("is not one that can be read", "is it a file, and is there an awk on that host?"))
    raise SecretMissing(f"secret {name} has no value: {secret.file} on {transport.name} {why}", hint)


def _where(secret: Secret, host: str) -> str:
    match secret.source:
        case SecretSource.ENVIRONMENT:
            return f"export {secret.variable} before starting"
        case SecretSource.HOST_FILE:
            return f"{secret.variable} is not set in {secret.file} on {host}"
        case SecretSource.KEYRING:
            return f"the keyring has nothing there; put it in: keyring set {secret.service} {secret.username}"
        case _:
            return f"it is asked for at set-up; without a terminal export {secret.variable}"
