"""How a target is reached, resolved by OpenSSH itself so that `ssh TARGET` and this program mean the same."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from tui.errors import HostError
from tui.transports.one_line import one_line
from tui.transports.ssh_config.by_openssh import BY_OPENSSH
from tui.transports.ssh_config.literal import is_amended, paths
from tui.transports.ssh_config.started import DEEP, Endless, run
from tui.transports.ssh_config.tokens import PROXY, Tokens

RESOLVE_TIMEOUT = 10.0
AGENT = "SSH_AUTH_SOCK"
"""What IdentityAgent is where nothing is said (ssh_config(5)); `none` means no agent."""

USER_KNOWN_HOSTS = "~/.ssh/known_hosts ~/.ssh/known_hosts2"
SYSTEM_KNOWN_HOSTS = "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"
NO_RSA_SIZE = 1024
"""Bits that OpenSSH asks of an RSA key where RequiredRSASize says nothing."""

PASSWORD_PROMPTS = 3
"""What NumberOfPasswordPrompts is where nothing is said."""

NO_LOOP = "fix {0}: a host on the way under `Host *` needs `{0} none` in a block of its own before it"
"""What to do about a way that leads to itself, by the keyword that makes it."""


class Algorithms(Struct, frozen=True, kw_only=True):
    """What the configuration allows of each kind; None where nothing is said."""

    kex: tuple[str, ...] | None = None
    ciphers: tuple[str, ...] | None = None
    macs: tuple[str, ...] | None = None
    host_keys: tuple[str, ...] | None = None
    client_keys: tuple[str, ...] | None = None
    known_first: bool = True
    """Whether the kinds of host key that known_hosts has are asked for first."""
    rsa_bits: int = NO_RSA_SIZE


class HostChecks(Struct, frozen=True, kw_only=True):
    """What the configuration says of trusting the host's key, beside known_hosts itself."""

    strict: str = "ask"
    revoked: tuple[Path, ...] = ()
    command: tuple[str, ...] = ()
    """KnownHostsCommand, its tokens not yet filled in."""
    localhost_unchecked: bool = False
    address_too: bool = False


class Resolved(Struct, frozen=True, kw_only=True):
    """What `ssh -G` says of a target; an empty `jump` or `command` means a direct connection."""

    target: str
    host: str
    port: int = 22
    user: str = ""
    identities: tuple[Path, ...] = ()
    identities_only: bool = False
    certificates: tuple[Path, ...] = ()
    """CertificateFile; with none, what lies beside each identity."""
    agent: str = AGENT
    alias: str = ""
    known_hosts: tuple[Path, ...] = ()
    jump: str = ""
    command: str = ""
    files: tuple[Path, ...] = ()
    family: str = "any"
    bind_address: str = ""
    bind_interface: str = ""
    methods: tuple[str, ...] = ("publickey",)
    """The ways to log in that the configuration allows, of those that this program has, the preferred one first."""
    batch: bool = False
    """Whether nothing is to be asked (BatchMode)."""
    password_prompts: int = 3
    """How often a wrong answer may be given again (NumberOfPasswordPrompts)."""
    set_variables: tuple[tuple[str, str], ...] = ()
    """SetEnv."""
    send: tuple[str, ...] = ()
    """SendEnv: patterns of variables."""
    token: str = ""
    """PKCS11Provider: the library that reaches a smart card or another token."""
    forward_agent: str = ""
    """ForwardAgent: `yes`, or the socket of an agent or the variable that names it."""
    algorithms: Algorithms = Algorithms()
    checks: HostChecks = HostChecks()

    @property
    def known_as(self) -> str:
        """The name that known_hosts has the host under."""
        name = self.alias or self.host
        return name if self.port == 22 or self.alias else f"[{name}]:{self.port}"

    @property
    def address(self) -> str:
        """Host and port, for the eye."""
        return self.host if self.port == 22 else f"{self.host}:{self.port}"

    @property
    def tokens(self) -> Tokens:
        """What the tokens of ssh_config(5) stand for here."""
        return Tokens(self.target, self.host, self.port, self.user, self.alias)


def agent_socket(name: str) -> str:
    """The socket that IdentityAgent or ForwardAgent names, perhaps by a variable; empty where there is none."""
    if name == AGENT or name.startswith("$"):
        name = os.environ.get(name.lstrip("$").strip("{}"), "")
    return "" if name == "none" else os.path.expanduser(name)


def resolve(target: str, user: str | None, port: int | None, files: Sequence[Path] = ()) -> Resolved:
    """Ask `ssh -G`; `files` stands for -F.

    Raises:
        HostError: OpenSSH's client is not installed, does not understand the target or its configuration, or the
            configuration asks for what this program does not do.
    """
    return _parsed(target, _printed(target, user, port, files), tuple(files))


def outlined(target: str, user: str | None, port: int | None, files: Sequence[Path] = ()) -> Resolved:
    """Where a target is and the way there, for a connection of which `ssh` itself does the rest.

    Raises: as `resolve`, but only for what `ssh` would not do either.
    """
    given = _Given(_printed(target, user, port, files))
    _refuse_what_ssh_would_not_run(target, given)
    return _outline(target, given, files)


def outlined_by(command: Sequence[str], files: Sequence[Path] = ()) -> Resolved:
    """Where an `ssh` with these words goes, and the way there; `files` is what they name as -F.

    Raises:
        HostError: OpenSSH does not understand them.
    """
    given = _Given(_said_by([command[0], "-G", *command[1:]], command[-1]))
    return _outline(given.one("host"), given, files)


def _outline(target: str, given: "_Given", files: Sequence[Path]) -> Resolved:
    host, port, user = given.one("hostname", target), int(given.one("port", "22")), given.one("user")
    alias = given.one("hostkeyalias")
    tokens = Tokens(target, host, port, user, alias)
    return Resolved(
        target=target,
        host=host,
        port=port,
        user=user,
        alias=alias,
        jump=tokens.fill(given.one("proxyjump"), PROXY),
        command=tokens.fill(given.one("proxycommand"), PROXY),
        files=tuple(files),
        batch=given.is_set("batchmode"),
        send=tuple(name for value in given.all("sendenv") for name in value.split()),
    )


def _printed(target: str, user: str | None, port: int | None, files: Sequence[Path]) -> str:
    if target.startswith("-") or not target:
        raise HostError(f"{target!r} is not an SSH target", "give the host a name or [user@]name in the runbook")
    ssh = shutil.which("ssh")
    if ssh is None:
        raise HostError("`ssh` is not installed here", "install openssh-client: it resolves the SSH configuration")
    command = [ssh, "-G", *(part for file in files[:1] for part in ("-F", str(file)))]
    return _said_by(
        [*command, *(("-l", user) if user else ()), *(("-p", str(port)) if port else ()), "--", target], target
    )


def _said_by(command: Sequence[str], target: str) -> str:
    try:
        done = run(command, RESOLVE_TIMEOUT)
    except subprocess.TimeoutExpired:
        raise HostError(
            f"{target}: `ssh -G` does not end within {RESOLVE_TIMEOUT:g} s", "is it waiting in a Match exec?"
        ) from None
    except Endless:
        raise HostError(f"{target}: {DEEP}: a Match exec leads to itself", "fix Match exec: it starts ssh") from None
    if done.returncode:
        # the first line says what is wrong, later ones only that it is so
        words = done.stderr.decode(errors="replace").strip().splitlines()
        if words and "jumphost loop" in words[0]:
            raise HostError(f"{target}: ProxyJump leads to itself", NO_LOOP.format("ProxyJump"))
        raise HostError(f"{target}: {one_line(words[0]) if words else 'ssh -G failed'}", "fix the SSH configuration")
    return done.stdout.decode(errors="surrogateescape")


class _Given:
    """The lines of `ssh -G`: a keyword in lower case, a blank, its value."""

    def __init__(self, text: str) -> None:
        self._given: dict[str, list[str]] = {}
        for line in text.split("\n"):
            key, _, value = line.partition(" ")
            self._given.setdefault(key, []).append(value)

    def all(self, key: str) -> list[str]:
        return self._given.get(key, [])

    def one(self, key: str, default: str = "") -> str:
        value = self._given.get(key, [default])[0]
        return "" if value == "none" else value

    def is_set(self, key: str) -> bool:
        return self.one(key) in ("yes", "true")

    def names(self, *keys: str) -> tuple[str, ...] | None:
        """A list with commas, under the first of the keywords that OpenSSH's version knows."""
        found = next((self._given[key][0] for key in keys if key in self._given), None)
        return None if found is None else tuple(name for name in found.split(",") if name)


def _parsed(target: str, text: str, files: tuple[Path, ...]) -> Resolved:
    given = _Given(text)
    _refuse_what_we_do_not_do(target, given)
    host, port, user, alias = (
        given.one("hostname", target),
        int(given.one("port", "22")),
        given.one("user"),
        given.one("hostkeyalias"),
    )
    tokens = Tokens(target, host, port, user, alias)

    def listed(keyword: str, default: str) -> tuple[Path, ...]:
        return paths(keyword, given.one(keyword.lower()), default, files, tokens.path)

    identities = [tokens.path(value) for value in given.all("identityfile")]
    return Resolved(
        target=target,
        host=host,
        port=port,
        user=user,
        identities=tuple(Path(name) for name in identities if name and name != "none"),
        certificates=tuple(Path(name) for name in map(tokens.path, given.all("certificatefile")) if name),
        identities_only=given.one("identitiesonly") == "yes",
        agent=next(iter(given.all("identityagent")), AGENT),
        alias=alias,
        known_hosts=listed("UserKnownHostsFile", USER_KNOWN_HOSTS) + listed("GlobalKnownHostsFile", SYSTEM_KNOWN_HOSTS),
        jump=tokens.fill(given.one("proxyjump"), PROXY),
        command=tokens.fill(given.one("proxycommand"), PROXY),
        files=files,
        family=given.one("addressfamily", "any"),
        bind_address=given.one("bindaddress"),
        bind_interface=given.one("bindinterface"),
        methods=_methods(given),
        batch=given.is_set("batchmode"),
        password_prompts=int(given.one("numberofpasswordprompts") or PASSWORD_PROMPTS),
        set_variables=tuple((name, value) for name, _, value in (one.partition("=") for one in given.all("setenv"))),
        send=tuple(word for line in given.all("sendenv") for word in line.split()),
        token=tokens.path(given.one("pkcs11provider")),
        forward_agent=tokens.path(given.one("forwardagent", "no")),
        algorithms=_algorithms(given, files),
        checks=HostChecks(
            strict=given.one("stricthostkeychecking", "ask"),
            revoked=tuple(Path(tokens.path(str(file))) for file in listed("RevokedHostKeys", "")),
            command=_command(target, given.one("knownhostscommand")),
            localhost_unchecked=given.is_set("nohostauthenticationforlocalhost"),
            address_too=given.is_set("checkhostip"),
        ),
    )


def _methods(given: _Given) -> tuple[str, ...]:
    """The ways to log in, in the order of PreferredAuthentications, without those that are switched off."""
    switches = {
        "publickey": given.one("pubkeyauthentication", "yes"),
        "keyboard-interactive": given.one("kbdinteractiveauthentication", "yes"),
        "password": given.one("passwordauthentication", "yes"),
    }
    preferred = given.names("preferredauthentications")
    names = tuple(switches) if preferred is None else preferred
    return tuple(dict.fromkeys(name for name in names if switches.get(name, "no") not in ("no", "false", "")))


def _algorithms(given: _Given, files: tuple[Path, ...]) -> Algorithms:
    return Algorithms(
        kex=given.names("kexalgorithms"),
        ciphers=given.names("ciphers"),
        macs=given.names("macs"),
        host_keys=given.names("hostkeyalgorithms"),
        client_keys=given.names("pubkeyacceptedalgorithms", "pubkeyacceptedkeytypes"),
        known_first=is_amended("HostKeyAlgorithms", files),
        rsa_bits=int(given.one("requiredrsasize") or NO_RSA_SIZE),
    )


def _command(target: str, value: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(value))
    except ValueError as error:
        raise HostError(f"{target}: KnownHostsCommand {value}: {error}", "fix the SSH configuration") from error


def _refuse_what_we_do_not_do(target: str, given: _Given) -> None:
    """OpenSSH would not run the runbook's commands there, or reaches the host by a way that this program lacks."""
    _refuse_what_ssh_would_not_run(target, given)
    if given.is_set("proxyusefdpass") and given.one("proxycommand"):
        raise HostError(
            f"{target}: ProxyUseFdpass is not supported",
            f"name a ProxyCommand that passes the bytes on itself, or {BY_OPENSSH}",
        )


def _refuse_what_ssh_would_not_run(target: str, given: _Given) -> None:
    if command := given.one("remotecommand"):
        raise HostError(
            f"{target}: RemoteCommand {one_line(command)} is set, with which ssh refuses any other command",
            "give the runbook a Host block of its own, without RemoteCommand",
        )
    if (session := next(iter(given.all("sessiontype")), "default")) != "default":
        raise HostError(
            f"{target}: SessionType {one_line(session)} is set, with which ssh runs no command",
            "give the runbook a Host block of its own, without SessionType",
        )
