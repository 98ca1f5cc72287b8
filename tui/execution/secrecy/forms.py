"""The ways in which a secret is written by the tools that print one."""

import base64
import json
import re
import shlex
import unicodedata
from collections.abc import Iterator
from typing import AnyStr
from urllib.parse import quote, quote_plus

from msgspec import Struct

from tui.execution.secrecy.views import plain_letters
from tui.session.output.masks import Span

SHORTEST = 4
"""A value of fewer characters is refused: hiding it would hide ordinary words, and so show where it stands."""

_BEGINNING = 3
"""Fewer bytes than this at the end of unfinished data are not taken for the beginning of a secret."""

_NOT_SKELETON = bytes(one for one in range(256) if not 0x21 <= one <= 0x7E)


class Form(Struct, frozen=True):
    """One way a secret is written, as bytes and as text; a `plain` one is the secret itself, not an encoding of it."""

    data: bytes
    plain: bool
    text: str
    period: int
    """The least distance at which it can overlap itself."""
    skeleton: bytes
    """Its visible ASCII characters, accents aside; empty where they are too few to tell anything."""
    spelt: re.Pattern[str] | None = None
    """Its bytes in hexadecimal with something between them, of a plain one."""


def forms_of(value: str) -> Iterator[Form]:
    """Every form of a secret."""
    plain = forms(value, encoded=False)
    for data in plain | forms(value):
        text = data.decode("utf-8", "surrogateescape")
        bones = skeleton(plain_letters(text))
        yield Form(
            data=data,
            plain=data in plain,
            text=text,
            period=_period(data),
            skeleton=bones if len(bones) >= SHORTEST else b"",
            spelt=_spelt(data) if data in plain else None,
        )


def skeleton(text: str | bytes) -> bytes:
    """The visible ASCII characters of a text: quick to make, and what a form leaves there whatever is between."""
    data = text.encode("ascii", "ignore") if isinstance(text, str) else text
    return data.translate(None, _NOT_SKELETON)


def _spelt(data: bytes) -> re.Pattern[str]:
    between = r"(?:[ \t\r\n:;,_.-]|0x|\\x)*"
    return re.compile(between.join(f"{one:02x}" for one in data), re.IGNORECASE)


def forms(value: str, encoded: bool = True) -> set[bytes]:
    """Every way a secret is likely to be written: raw, line by line, and each of those encoded or quoted.

    Args:
        encoded: whether encodings are wanted, or the ways alone in which it is the same to a reader: its case, its
            accents' normal form, its character set.
    """
    parts = {value, value.strip(), *(line.strip() for line in value.splitlines())}
    found: set[bytes] = set()
    for part in parts:
        if len(part) >= SHORTEST:
            made = _encoded(part) if encoded else _same(part)
            found |= {form for form in made if len(form) >= SHORTEST}
    return found


def _same(value: str) -> set[bytes]:
    texts = {value, value.upper(), value.lower(), plain_letters(value)}
    texts |= {unicodedata.normalize(form, value) for form in ("NFC", "NFD", "NFKC")}
    found = {text.encode("utf-8", "surrogatepass") for text in texts}
    if not value.isascii():
        found |= {value.encode(name, "ignore") for name in ("latin-1", "utf-16-le", "utf-16-be")}
    return found


def _encoded(value: str) -> set[bytes]:
    from html import escape  # it brings the table of all names

    raw = value.encode("utf-8", "surrogatepass")
    quoted = {
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(value)[1:-1])[1:-1],
        json.dumps(value)[1:-1].replace("/", "\\/"),
        escape(value),
        escape(value, quote=False),
        shlex.quote(value),
        shlex.quote(value)[1:-1] if shlex.quote(value) != value else value,
        value.replace("'", "'\\''"),
        value.replace("'", "''"),
        _escaped(value, '\\"$`'),
        _escaped(value, "'\\"),
        _escaped(value, " !\"#$&'()*;<>?[\\]^`{|}~"),
        repr(value)[1:-1],
    }
    percent = {quote(raw, safe=""), quote(raw), quote_plus(raw), quote(raw, safe="!~*'()")}
    percent |= {_lower_percent(one) for one in percent}
    found = {raw, raw.hex().encode(), raw.hex().upper().encode()}
    found |= {one.encode("utf-8", "surrogatepass") for one in quoted | percent}
    return found | _base64(raw) | _base32(raw)


def _base64(raw: bytes) -> set[bytes]:
    """What base64 makes of the value whatever stands before and after it: three alignments, two alphabets."""
    found: set[bytes] = set()
    for shift, skip in ((0, 0), (1, 2), (2, 3)):
        length = (len(raw) + shift) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found.add(encode(b"\0" * shift + raw)[skip:length])
    return found


def _base32(raw: bytes) -> set[bytes]:
    """What base32 makes of the value whatever stands before and after it: five alignments, two cases."""
    found: set[bytes] = set()
    for shift in range(5):
        form = base64.b32encode(b"\0" * shift + raw)[-(-shift * 8 // 5) : (len(raw) + shift) * 8 // 5]
        found |= {form, form.lower()}
    return found


def _escaped(value: str, characters: str) -> str:
    return "".join("\\" + one if one in characters else one for one in value)


def _lower_percent(value: str) -> str:
    pieces = value.split("%")
    return "%".join([pieces[0], *(piece[:2].lower() + piece[2:] for piece in pieces[1:])])


def _period(form: bytes) -> int:
    """The least distance at which the form can overlap itself."""
    border = [0] * len(form)
    length = 0
    for place in range(1, len(form)):
        while length and form[place] != form[length]:
            length = border[length - 1]
        if form[place] == form[length]:
            length += 1
        border[place] = length
    return len(form) - border[-1]


def occurrences(data: AnyStr, form: AnyStr, period: int) -> list[Span]:
    """Every place of the form, those that overlap joined."""
    found: list[Span] = []
    at = data.find(form)
    while at >= 0:
        if found and at <= found[-1][1]:
            found[-1] = (found[-1][0], at + len(form))
        else:
            found.append((at, at + len(form)))
        at = data.find(form, at + period)
    return found


def beginning(data: AnyStr, form: AnyStr) -> int:
    """How many bytes at the end of the data may be the beginning of the form."""
    least = form[:_BEGINNING]
    at = data.find(least, max(0, len(data) - len(form) + 1))
    while at >= 0:
        if form.startswith(data[at:]):
            return len(data) - at
        at = data.find(least, at + 1)
    return 0
