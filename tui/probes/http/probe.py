"""The http probe: pages, logins, calls and uploads, over HTTP/2 where the server offers it."""

from typing import TYPE_CHECKING, Any

import msgspec

from tui.probes.base import Given, NoData, ProbeFailed, Reach, Reading
from tui.probes.http import bodies
from tui.probes.site import site
from tui.session.events import Check

if TYPE_CHECKING:
    from tui.probes.http.wire import HttpAnswer, HttpRequest

_HINTS = {
    400: "the server does not take the request: compare it with what the application expects",
    401: "not authorised: is the password right, or the token expired?",
    403: "forbidden: look at the account's rights, and at ALLOWED_HOSTS and CSRF settings",
    404: "no such page: look at the path, and whether the release with it is the one that runs",
    405: "the server takes no such method at this path",
    413: "too large for the server: client_max_body_size in nginx",
    429: "asked too often: wait, or look at the rate limits",
    500: "the application failed: its log has the traceback",
    502: "the web server does not reach the application: is it running?",
    503: "the service says that it is not available: maintenance, or too much load?",
    504: "the application did not answer the web server in time: look at its workers",
}


class HttpProbe:
    """Asks a web site."""

    kind = "http"

    def fetch(self, check: str, settings: Given, given: Given, reach: Reach) -> "HttpAnswer":
        """Send the check's request and take the answer, whatever its status."""
        from tui.probes.http import wire as http_wire

        return http_wire.send(reach, site(settings, http_wire.PORTS), _asked(check, given))

    def interpret(self, check: str, given: Given, raw: "HttpAnswer") -> Reading:
        """What the answer means for this check."""
        wanted = int(given.get("status") or 0)
        right = raw.status == wanted if wanted else 200 <= raw.status < 300
        expected = f"HTTP {wanted}" if wanted else "HTTP 200 to 299"
        came = Check(expected, f"HTTP {raw.status}", right)
        document = _measured(raw)
        details = () if right else _why(check, raw)
        reading = Reading(document=document, summary=_summary(raw), checks=(came,), details=details)
        match check:
            case "login":
                return _login(given, raw, reading, right)
            case "upload":
                return _uploaded(given, raw, reading, right)
            case "get":
                document |= {"type": raw.type, "redirects": raw.redirects, "location": raw.location}
        if given.get("json"):
            document["json"] = json_of(raw)
        return reading


def _asked(check: str, given: Given) -> "HttpRequest":
    from tui.probes.http.wire import HttpRequest

    path, headers = bodies.path(given), bodies.bearer(given)
    match check:
        case "get":
            method = bodies.method(given, ("GET", "HEAD", "OPTIONS"))
            if method == "HEAD" and given.get("json"):
                raise NoData("an answer to HEAD has no JSON", "ask with GET")
            follow = bool(given.get("follow", True)) and not headers
            return HttpRequest(method=method, path=path, headers=headers, follow=follow)
        case "login":
            names = str(given.get("user_field") or "email"), str(given.get("password_field") or "password")
            credentials = {names[0]: given["user"], names[1]: given["password"]}
            return HttpRequest(method="POST", path=path, body={"json": credentials})
        case "call":
            method = bodies.method(given, ("POST", "PUT", "PATCH", "DELETE"))
            return HttpRequest(method=method, path=path, headers={**headers, **_typed(given)}, body=_body(given))
        case _:
            name, content, media = bodies.file(given)
            files = {str(given.get("field") or "file"): (name, content, media)}
            return HttpRequest(
                method="POST", path=path, headers=headers, body={"files": files, "data": bodies.form(given)}
            )


def _typed(given: Given) -> dict[str, str]:
    return {"Content-Type": "application/json"} if given.get("body") else {}


def _body(given: Given) -> dict[str, Any]:
    if given.get("body"):
        if given.get("form"):
            raise NoData("a request has a `body` or a `form`, not both", "leave one of them out")
        return {"content": bodies.json_text(given)}
    return {"data": bodies.form(given)} if given.get("form") else {}


def _measured(raw: "HttpAnswer") -> dict[str, Any]:
    return {
        "status": raw.status,
        "protocol": raw.protocol,
        "seconds": round(raw.seconds, 4),
        "seconds_connect": round(raw.connect, 4),
        "seconds_tls": round(raw.tls, 4),
        "seconds_first_byte": round(raw.first_byte, 4),
        "size": len(raw.body),
    }


def _summary(raw: "HttpAnswer") -> str:
    size = f"{len(raw.body)} B" if raw.complete else "over 5 MB"
    hops = "" if not raw.redirects else f" after {raw.redirects} redirect{'s' if raw.redirects > 1 else ''}"
    return f"HTTP {raw.status} over {raw.protocol} in {raw.seconds * 1000:.0f} ms{hops}, {size}"


def _why(check: str, raw: "HttpAnswer") -> tuple[str, ...]:
    """What to look at for a status that was not wanted, and what the server says of it where it says it in JSON."""
    lines = []
    if 300 <= raw.status < 400 and raw.location:
        lines.append(f"it redirects to {raw.location[:200]}")
    hint = _HINTS.get(raw.status, "look at the server's error log" if raw.status >= 500 else "")
    if check == "login" and raw.status in (400, 401, 403):
        hint = "the credentials were refused: look at the user and its password"
    said = "" if check == "login" else _said(raw)
    return tuple(line for line in (*lines, hint, said) if line)


def _said(raw: "HttpAnswer") -> str:
    if len(raw.body) > 10_000:
        return ""
    try:
        document = msgspec.json.decode(raw.body)
    except (ValueError, RecursionError):
        return ""
    for name in ("detail", "error", "message"):
        text = bodies.at(document, name)
        if isinstance(text, str) and text:
            return f"the server says: {text[:200]}"
    return ""


def json_of(raw: "HttpAnswer") -> Any:
    """The answer's document.

    Raises:
        ProbeFailed: there is none, with words for what came instead.
    """
    status = "" if 200 <= raw.status < 300 else f" with HTTP {raw.status}"
    hint = _HINTS.get(raw.status, "")
    if not raw.complete:
        raise ProbeFailed(
            f"{raw.place} answers{status} with more than 5 MB where a short JSON document should be",
            hint or "is this the right page, and does it divide long lists into pages?",
        )
    if raw.type in ("text/html", "application/xhtml+xml") or raw.body.lstrip()[:15].lower().startswith(
        (b"<!doc", b"<html")
    ):
        raise ProbeFailed(
            f"{raw.place} answers{status} with an HTML page{_title(raw.body)} where JSON should be",
            hint or "a web server's own page or a login page: does the address lead to the application?",
        )
    if not raw.body.strip():
        raise ProbeFailed(f"{raw.place} answers{status} with nothing where JSON should be", hint or "look at the path")
    try:
        return msgspec.json.decode(raw.body)
    except (ValueError, RecursionError):
        kind = f"{raw.type} that is not JSON" if raw.type != "application/json" else "JSON that is damaged"
        raise ProbeFailed(
            f"{raw.place} answers{status} with {kind.strip()}",
            hint or "compare with what the application should answer",
        ) from None


def _title(body: bytes) -> str:
    _, opened, rest = body[:20_000].partition(b"<title>")
    title, closed, _ = rest.partition(b"</title>")
    words = " ".join(title.decode(errors="replace").split())[:80]
    return f" ({words})" if opened and closed and words else ""


def _login(given: Given, raw: "HttpAnswer", reading: Reading, right: bool) -> Reading:
    paths: tuple[str, ...] = tuple(given.get("tokens") or ("access",))
    answered = json_of(raw) if right else None
    found = {path: bodies.at(answered, path) for path in paths}
    tokens = {path: token for path, token in found.items() if isinstance(token, str) and token}
    checks = reading.checks
    if right:
        checks += tuple(
            Check(f"a token at {path}", "there" if path in tokens else "none", path in tokens) for path in paths
        )
    document = {**reading.document, "token": len(tokens) == len(paths), "tokens": list(tokens)}
    missing = () if not right or len(tokens) == len(paths) else ("the answer has other fields: look at `tokens`",)
    return Reading(
        document=document,
        summary=reading.summary,
        checks=checks,
        details=(*reading.details, *missing),
        secrets=tokens,
    )


def _uploaded(given: Given, raw: "HttpAnswer", reading: Reading, right: bool) -> Reading:
    import hashlib

    name, content, _ = bodies.file(given)
    document = {**reading.document, "sent": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    held = {"size_at": len(content), "name_at": name}
    checks = reading.checks
    if right and (given.get("json") or any(given.get(where) for where in held)):
        answered = json_of(raw)
        for where, wanted in held.items():
            path = str(given.get(where) or "")
            if path:
                came = bodies.at(answered, path)
                checks += (Check(f"{path} = {wanted}", _short(came), came == wanted or str(came) == str(wanted)),)
        if given.get("json"):
            document["json"] = answered
    return Reading(document=document, summary=reading.summary, checks=checks, details=reading.details)


def _short(came: object) -> str:
    return "nothing" if came is None else str(came)[:100]
