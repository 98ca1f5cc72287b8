"""Reads who vouches for which key, from the file that ssh-keygen and Git read too (allowed_signers)."""

import re
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from msgspec import Struct

from tui.errors import SignatureInvalid
from tui.signing.public_keys import PublicKey, read_line

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_PRINCIPALS = re.compile(r'(?:"([^"]+)"|([^" \t]+))[ \t]+(?=[^ \t])')
_OPTION = re.compile(r'([A-Za-z-]+)(?:="((?:[^"\\]|\\"|\\(?!"))*)")?(,|[ \t]+|$)')
_TIME = re.compile(r"(\d{8}|\d{12}|\d{14})(Z|UTC)?", re.IGNORECASE)
_FORMATS = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_KIND = re.compile(r"(ssh|ecdsa|sk)-[a-z0-9@.-]+", re.IGNORECASE)


class Signer(Struct, frozen=True, kw_only=True):
    """One line: whose key it is (patterns), what it may sign and when."""

    line: int
    principals: str
    key: PublicKey
    namespaces: str = ""
    valid_after: datetime | None = None
    valid_before: datetime | None = None

    def why_not(self, namespace: str, at: datetime) -> str:
        """Why the key must not sign this at that time; empty if it may."""
        if self.namespaces and not matches(namespace, self.namespaces):
            return f"the key may not sign for {namespace}"
        if self.valid_after and at < self.valid_after:
            return f"the key is not valid before {self.valid_after:%Y-%m-%d %H:%M %Z}"
        if self.valid_before and at > self.valid_before:
            return f"the key is not valid after {self.valid_before:%Y-%m-%d %H:%M %Z}"
        return ""


class Signers(Struct, frozen=True):
    """A whole file; `left_out` says which lines vouch for nobody here, and why."""

    path: str
    signers: tuple[Signer, ...] = ()
    left_out: tuple[str, ...] = ()

    def of(self, key: PublicKey) -> tuple[Signer, ...]:
        """The lines with this key."""
        return tuple(signer for signer in self.signers if signer.key == key)


def read_signers(path: Path) -> Signers:
    """Read an allowed_signers file.

    Raises:
        SignatureInvalid: it cannot be read, or a line has something that cannot be interpreted; says which.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SignatureInvalid(
            f"cannot read the signers in {path}: {reason}",
            "name a file that is there: --signers FILE, or `signers` in config.toml",
        ) from error
    return parse_signers(text, str(path))


def parse_signers(text: str, path: str = "allowed_signers") -> Signers:
    """The lines of an allowed_signers file.

    Raises:
        SignatureInvalid: a line has something that cannot be interpreted; says which.
    """
    signers: list[Signer] = []
    left_out: list[str] = []
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip(" \t\r")
        if not line or line.startswith("#"):
            continue
        try:
            signers.append(_signer(line, number))
        except _LeftOut as reason:
            left_out.append(f"{path}, line {number}: {reason.message}")
        except SignatureInvalid as error:
            raise SignatureInvalid(
                f"{path}, line {number}: {error.message}", "see ALLOWED SIGNERS in man ssh-keygen"
            ) from None
    return Signers(path, tuple(signers), tuple(left_out))


def matches(value: str, patterns: str) -> bool:
    """Whether a value fits a list of patterns as OpenSSH's do: `*`, `?`, and `!` before what must not fit."""
    found, raw = False, value.encode("utf-8", "surrogatepass")
    for pattern in patterns.encode("utf-8", "surrogatepass").split(b","):
        negated = pattern.startswith(b"!")
        if fnmatchcase(raw, pattern[negated:].replace(b"[", b"[[]")):
            if negated:
                return False
            found = True
    return found


class _LeftOut(SignatureInvalid):
    """The line is sound and does not count here."""


def _signer(line: str, number: int) -> Signer:
    if _CONTROL.search(line):
        raise SignatureInvalid("it has control characters")
    principals, rest = _principals(line)
    options: dict[str, str] = {}
    if not _KIND.fullmatch(_first_word(rest)):
        options, rest = _options(rest)
    if "cert-authority" in options:
        raise _LeftOut("certificate authorities are not supported; the line does not count here")
    kind = _first_word(rest)
    after, before = _time(options.get("valid-after")), _time(options.get("valid-before"))
    if after and before and after >= before:
        raise SignatureInvalid("valid-before is not after valid-after")
    if kind == "ssh-dss" or "-cert-v01@" in kind:
        raise _LeftOut(f"keys of the kind {kind} are not accepted; the line does not count here")
    return Signer(
        line=number,
        principals=principals,
        key=read_line(rest),
        namespaces=options.get("namespaces", ""),
        valid_after=after,
        valid_before=before,
    )


def _first_word(text: str) -> str:
    """The first word; empty where there is none, also where nothing is left but a blank that is not of ASCII."""
    return next(iter(text.split(None, 1)), "")


def _principals(line: str) -> tuple[str, str]:
    """The first field, which may be quoted (and then reaches to the next quote), and the rest of the line."""
    found = _PRINCIPALS.match(line)
    if not found:
        raise SignatureInvalid("it has no principals and key that can be told apart")
    return found.group(1) or found.group(2), line[found.end() :]


def _options(rest: str) -> tuple[dict[str, str], str]:
    """The options and what follows them."""
    options: dict[str, str] = {}
    while True:
        found = _OPTION.match(rest)
        if not found:
            raise SignatureInvalid(f"its options cannot be read: {rest[:40]!r}")
        name, value, end = found.group(1).lower(), found.group(2), found.group(3)
        if name not in ("cert-authority", "namespaces", "valid-after", "valid-before"):
            raise SignatureInvalid(f"it has an option {name!r} that is not known")
        if name in options:
            raise SignatureInvalid(f"it has the option {name} twice")
        if (value is None) != (name == "cert-authority"):
            raise SignatureInvalid(f"the option {name} has no value in quotes, or one too many")
        options[name] = (value or "").replace('\\"', '"')
        if name == "namespaces" and not value:
            raise SignatureInvalid("the option namespaces is empty")
        rest = rest[found.end() :]
        if end != ",":
            return options, rest


def _time(text: str | None) -> datetime | None:
    """A time of day here, or in UTC where it ends in Z."""
    if text is None:
        return None
    found = _TIME.fullmatch(text)
    try:
        if not found:
            raise ValueError(text)
        at = datetime.strptime(found.group(1), _FORMATS[len(found.group(1))])  # made aware below
        return at.replace(tzinfo=UTC) if found.group(2) else at.astimezone()
    except (ValueError, OverflowError, OSError):
        raise SignatureInvalid(f"the time {text!r} is not YYYYMMDD[HHMM[SS]][Z]") from None
