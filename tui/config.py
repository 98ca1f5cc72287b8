"""The operator's own settings: name, keys, colours, and what differs between this machine and others."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from tui.errors import UsageError
from tui.text.nearest import did_you_mean


class BucketPlace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the team's bucket is; `access_key` and `secret_key` say where those are read (env:, file:, keyring:)."""

    name: str
    endpoint: str = ""
    region: str = "us-east-1"
    prefix: str = ""
    access_key: str = "env:AWS_ACCESS_KEY_ID"
    secret_key: str = "env:AWS_SECRET_ACCESS_KEY"  # noqa: S105 (where it is read)
    session_token: str = ""
    ca_file: str = ""
    path_style: bool | None = None


class SharePlace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """With whom sessions are shared: `key` and `password` say where those are read (env:, file:, keyring:).

    `relay` is the address of the team's Redis server, `drills` whether rehearsals are shared as well.
    """

    key: str
    relay: str = ""
    password: str = ""
    ca_file: str = ""
    drills: bool = False


class NotifierPlace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service by which people are told: `url` says where its address is read (env:, file:, keyring:), `on` of what.

    `text` is a template; left out, it says which session it is and what happened.
    """

    url: str
    on: tuple[str, ...] = ()
    text: str = ""


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `config.toml` may say; `keys` maps the id of an action to the key that does it.

    `hosts` has a table for each runbook, by its id: where this machine finds its hosts. So have `variables`, the
    operator's own defaults, and `connect_with`: what makes the connection to the hosts. A table in that of a runbook is
    for one of its environments.
    `bucket` is the team's, where there is one.
    `notify` has the services by which people are told of what happens.
    `share` says with whom sessions are shared while they run.
    `signing` maps the name of a person to the SSH agent's key they sign with; `signers` is the allowed_signers file.
    """

    operator: str = ""
    theme: str = ""
    glyphs: Literal["", "ascii", "unicode"] = ""
    keys: Mapping[str, str] = {}
    hosts: Mapping[str, Mapping[str, str | Mapping[str, str]]] = {}
    connect_with: Mapping[str, Mapping[str, Literal["own", "openssh"]]] = {}
    variables: Mapping[str, Mapping[str, str | Mapping[str, str]]] = {}
    signing: Mapping[str, str] = {}
    signers: str = ""
    bucket: BucketPlace | None = None
    share: SharePlace | None = None
    notify: Mapping[str, NotifierPlace] = {}


TABLES = ("keys", "signing")
BY_RUNBOOK = ("hosts", "variables", "connect_with")


def config_path() -> Path | None:
    """Where the settings are: below XDG_CONFIG_HOME, or the platform's place; None for a user without a home."""
    from platformdirs import user_config_path

    try:
        path = user_config_path("runbook") / "config.toml"
    except RuntimeError:
        return None
    return path if path.is_absolute() else None


def state_folder() -> Path:
    """Where sessions and exports are: below XDG_STATE_HOME, or where the platform keeps such things.

    Raises:
        UsageError: there is no such place.
    """
    from platformdirs import user_state_path

    try:
        path = user_state_path("runbook")
        if path.is_absolute():
            return path
    except RuntimeError:
        pass
    raise UsageError("there is no place for sessions: the user has no home folder", "set HOME, or RUNBOOK_SESSIONS")


def load_config(path: Path | None = None) -> Config:
    """The settings; all defaults where there is no file.

    Raises:
        UsageError: the file cannot be read, or a key in it is wrong; file and key are named.
    """
    chosen = path or config_path()
    if chosen is None:
        return Config()
    try:
        data = chosen.read_bytes()
    except FileNotFoundError:
        return Config()
    except OSError as error:
        raise UsageError(f"cannot read {chosen}: {error.strerror}", "fix its permissions, or remove it") from error
    import tomli  # only where there is something to read

    try:
        raw = tomli.loads(data.decode("utf-8-sig"))
    except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{chosen}: {error}", "fix the file, or remove it") from error
    known = [field.name for field in msgspec.structs.fields(Config)]
    for key in raw:
        if key not in known:
            hint = did_you_mean(key, known) or f"it may have: {', '.join(known)}"
            raise UsageError(f"{chosen}: {key}: no such key", hint)
    for table in TABLES:
        values = raw.get(table, {})
        for key, value in values.items() if isinstance(values, dict) else ():
            if not isinstance(value, str):
                raise UsageError(f"{chosen}: {table}.{key}: {value!r} must be text", "put it between quotes")
    for table in BY_RUNBOOK:
        for key, value in hosts.items() if isinstance(hosts := raw.get(table, {}), dict) else ():
            if isinstance(value, str):
                raise UsageError(
                    f"{chosen}: {table}.{key}: it does not say of which runbook",
                    f"write it below [{table}.ID], where ID is the runbook's id: `runbook show` prints it first",
                )
    try:
        return msgspec.convert(raw, Config)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at ")
        raise UsageError(
            f"{chosen}: {place.strip('`$.') or 'the file'}: {what}", "see docs/configuration.md"
        ) from error


def said_of(
    table: Mapping[str, Mapping[str, str | Mapping[str, str]]], runbook: str, environment: str, there: Collection[str]
) -> dict[str, str]:
    """What a table of the settings says of a runbook in an environment.

    Args:
        there: what the environment itself says; that holds before what is said of the runbook everywhere.
    """
    own = table.get(runbook, {})
    everywhere = {name: one for name, one in own.items() if isinstance(one, str) and name not in there}
    inner = own.get(environment, {})
    return everywhere if isinstance(inner, str) else {**everywhere, **inner}


def unknown_keys(config: Config, ids: frozenset[str], themes: frozenset[str]) -> list[str]:
    """What in the settings names an action or a theme that does not exist, one line each."""
    found = [f"keys.{key}: no such action{_near(key, ids)}" for key in config.keys if key not in ids]
    if config.theme and config.theme not in themes:
        found.append(f"theme: no theme {config.theme!r}{_near(config.theme, themes)}")
    return found


def _near(given: str, known: frozenset[str]) -> str:
    meant = did_you_mean(given, known)
    return f"; {meant}" if meant else ""
