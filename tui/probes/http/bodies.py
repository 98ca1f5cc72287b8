"""What the http probe sends: checked paths, forms, JSON and files made for the purpose."""

from collections.abc import Iterable, Mapping

import msgspec

from tui.probes.base import Given, NoData

MOST_UPLOADED = 50_000_000
"""Bytes; a probe shows that uploading works, it does not measure the line."""

_PDF = (b"%PDF-1.4\n1 0 obj <</Type /Catalog>> endobj\n", b"trailer <</Root 1 0 R>>\n%%EOF\n")
_MEDIA = {"pdf": "application/pdf", "txt": "text/plain", "json": "application/json", "csv": "text/csv"}


def path(given: Given) -> str:
    """The path asked for; NoData when it is not one."""
    found = str(given.get("path") or "/")
    if not found.startswith("/") or any(character <= " " or character == "\x7f" for character in found):
        raise NoData(f"{found!r} is not a path", "a path begins with / and has no spaces")
    return found


def method(given: Given, allowed: tuple[str, ...]) -> str:
    """The method asked for, one of `allowed`, the first of them when none is."""
    found = str(given.get("method") or allowed[0]).upper()
    if found not in allowed:
        raise NoData(f"this check does not send {found}", f"it sends {', '.join(allowed)}")
    return found


def bearer(given: Given) -> dict[str, str]:
    """The header with the token, if there is one."""
    token = given.get("token")
    return {"Authorization": f"Bearer {sendable(str(token))}"} if token else {}


def sendable(secret: str) -> str:
    """The secret, if a header can hold it; what it holds is never named."""
    if not secret.isascii() or not secret.isprintable():
        raise NoData("the token has characters that a header cannot hold", "has it a line break at its end?")
    return secret


def form(given: Given) -> dict[str, str]:
    """The form's fields, each written as name=value."""
    pairs: Iterable[str] = given.get("form") or ()
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise NoData("a form field is not written as name=value", "look at `form`")
        found[name] = value
    return found


def json_text(given: Given) -> bytes:
    """The JSON text to send, when it is JSON."""
    text = str(given.get("body") or "")
    try:
        msgspec.json.decode(text)
    except (ValueError, RecursionError):
        raise NoData("`body` is not JSON, so it was not sent", "are its texts and keys in double quotes?") from None
    return text.encode()


def file(given: Given) -> tuple[str, bytes, str]:
    """Name, content and media type of the file to upload."""
    name = str(given.get("name") or "runbook-probe.txt")
    size = given.get("bytes")
    wanted = 1024 if size is None else int(size)
    if not 0 <= wanted <= MOST_UPLOADED:
        raise NoData(f"a file of {wanted} bytes is not uploaded", f"from 0 to {MOST_UPLOADED} bytes are")
    ending = name.rpartition(".")[2].lower()
    return name, made(ending, wanted), _MEDIA.get(ending, "application/octet-stream")


def made(ending: str, size: int) -> bytes:
    """A file of this many bytes: a PDF that readers open where there is room for one, else lines of text."""
    line = b"made by a probe of the runbook: may be deleted\n"
    if ending == "pdf" and size >= sum(map(len, _PDF)):
        room = size - sum(map(len, _PDF))
        return _PDF[0] + (b"%" * (room - 1) + b"\n" if room else b"") + _PDF[1]
    return (line * (size // len(line) + 1))[:size]


def at(document: object, dotted: str) -> object:
    """What stands at a dotted path of a JSON document; None where there is nothing."""
    for part in dotted.split("."):
        if isinstance(document, Mapping):
            document = document.get(part)
        elif isinstance(document, list) and part.isdecimal() and int(part) < len(document):
            document = document[int(part)]
        else:
            return None
    return document
