"""The session as one HTML file that needs nothing else: no network, no fonts, no script to be read."""

import base64
import hashlib

from tui.exports.html.parts import parts, title, top
from tui.exports.html.tags import Html, joined, tag
from tui.exports.report import timeline
from tui.exports.source import Source
from tui.resources import bundled


def render(source: Source) -> bytes:
    """The whole page, UTF-8."""
    style, script = _data("report.css"), _data("report.js")
    card = source.card()
    found = parts(source, card, list(timeline(source)))
    links = [tag("a", heading, href=f"#{anchor}") for anchor, heading, _ in found]
    contents = tag("nav", tag("div", links, class_="links"), aria_label="Contents")
    sections = [tag("section", tag("h2", heading), part, id=anchor) for anchor, heading, part in found]
    drill = "DRILL – " if source.state.drill else ""
    page = tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="referrer", content="no-referrer"),
            tag("meta", name="color-scheme", content="light dark"),
            tag("title", f"{drill}{title(source, card)}, {source.id}"),
            tag("style", style),
        ),
        tag(
            "body",
            top(source, card),
            contents,
            tag("main", sections),
            tag("script", script),
            class_="rehearsal" if drill else "",
        ),
        lang="en",
    )
    return joined([Html("<!DOCTYPE html>\n"), page, Html("\n")]).encode()


def _policy(style: str, script: str) -> str:
    """What the page may do: apply its own style, run its own script, and nothing else."""
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _data(name: str) -> Html:
    return Html(bundled(f"tui/exports/{name}").read_text(encoding="utf-8"))
