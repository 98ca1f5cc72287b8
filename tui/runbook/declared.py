"""What an author declares before the first step: the values that differ, the secrets, the hosts."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta

from tui.runbook.kinds import Model, Name


class Variable(Model, frozen=True, kw_only=True):
    """A value that differs from place to place; the operator is asked at set-up unless `ask` is false.

    `choices_from` is a command, run on host `on`, printing one choice a line; `default_from` is one printing the value
    that is offered, for what a deployment would have captured and a rollback that stands alone has to find out.
    Both only read; `reads` says so of one that is not known for it.
    """

    prompt: str
    default: str = ""
    pattern: str = ""
    choices: tuple[str, ...] = ()
    choices_from: str = ""
    default_from: str = ""
    on: Name = ""
    optional: bool = False
    ask: bool = True
    reads: bool = False
    flows: tuple[str, ...] = ()


class SecretSource(StrEnum):
    """Where a secret's value comes from."""

    ENVIRONMENT = "environment"
    HOST_FILE = "host-file"
    PROMPT = "prompt"
    COMMAND = "command"
    KEYRING = "keyring"


class Secret(Model, frozen=True, kw_only=True):
    """A value that is never shown: exported as environment variable `variable` to the actions that name it.

    `environment` reads `variable` from the operator's environment, `host-file` reads it from the KEY=value file
    `file` on host `on`, `prompt` asks once at set-up. For `command` the text in `command` runs on the operator's
    machine, once they have agreed to it; what it prints is the value. For `keyring` the keyring of that machine is
    asked for `service` and `username`. `published` is the value where the source has none: that of a test account
    which the documentation prints for everybody, never one that protects anything.
    """

    variable: Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9_]*$")]
    source: SecretSource
    file: str = ""
    on: Name = ""
    prompt: str = ""
    command: str = ""
    service: str = ""
    username: str = ""
    published: str = ""
    optional: bool = False


class SudoWay(StrEnum):
    """How sudo of a host is used."""

    AS_IT_IS = ""
    ASKED = "password"


class Host(Model, frozen=True, kw_only=True):
    """A place where commands run: an SSH target, the operator's own machine, or another host's connection.

    A group of hosts has `targets` instead: `web[01:40].example.com` stands for forty of them, and everything else that
    is said here holds for each; `{{ host }}` is the one at hand. `targets_from` is a command on the operator's machine
    that prints their addresses, one a line: it runs at the set-up, and what it printed holds for the session.
    `connection` names a host whose connection is used, with this entry's own `directory` and `preamble`.
    `from_file` names the variables that a command's shell finds set to what the KEY=value file `file` on that host says
    of them. The file is parsed, never executed; `preamble` comes after.
    `expect_hostname` is the host guard: a host that calls itself otherwise is refused.
    `sudo` is "password" where sudo wants one: it is asked for once, before a session begins, and given to every command
    there that may need it.
    `connect_with` says what makes the connection: this program's `own` SSH, or the operator's `ssh` (`openssh`).
    `engine` is "ssm" where commands are carried by AWS Systems Manager instead of SSH: the target is the instance's id,
    and `region` the one it is in, where it is not that of the operator's AWS settings.
    `large_output` is a bucket (`s3://bucket/folder`) by which output comes that is more than Systems Manager returns.
    """

    title: str = ""
    target: str = ""
    targets: tuple[str, ...] | None = None
    targets_from: str = ""
    user: str = ""
    port: int | None = None
    local: bool = False
    connection: Name = ""
    directory: str = ""
    file: str = ""
    from_file: tuple[Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")], ...] = ()
    preamble: str = ""
    environment: Mapping[str, str] = {}
    expect_hostname: str = ""
    sudo: SudoWay = SudoWay.AS_IT_IS
    connect_with: Literal["own", "openssh"] = "own"
    engine: Literal["ssh", "ssm"] = "ssh"
    region: str = ""
    large_output: str = ""

    @property
    def group(self) -> bool:
        """Whether it stands for several hosts."""
        return self.targets is not None or bool(self.targets_from)


class HostOverride(Model, frozen=True, kw_only=True):
    """What a host of the runbook has otherwise in an environment; a key that is not there is as the runbook has it.

    A `target`, `targets`, `targets_from`, `local = true` or a `connection` takes the place of whichever of them the
    runbook has.
    """

    target: str | None = None
    targets: tuple[str, ...] | None = None
    targets_from: str | None = None
    user: str | None = None
    port: int | None = None
    local: bool | None = None
    connection: Name | None = None
    directory: str | None = None
    file: str | None = None
    preamble: str | None = None
    environment: Mapping[str, str] | None = None
    expect_hostname: str | None = None
    sudo: SudoWay | None = None
    connect_with: Literal["own", "openssh"] | None = None
    engine: Literal["ssh", "ssm"] | None = None
    region: str | None = None
    large_output: str | None = None


class Environment(Model, frozen=True, kw_only=True):
    """A place where the runbook is carried out: what of its `hosts` and the values of its `variables` differs there.

    `text` says what it is for, at the set-up. An empty table for a host says that it is the same one there.
    """

    text: str = ""
    hosts: Mapping[Name, HostOverride] = {}
    variables: Mapping[Name, str] = {}
