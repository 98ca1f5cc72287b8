"""Exports of sessions whose every word is hostile: nothing that reads one does more than show it."""

import json
import os
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.exports.hostile import PAYLOADS, Night, chosen
from tests.exports.test_html import Reader
from tests.support.screens.chromium import Chromium
from tui.exports.asciicast import BAD, BEHIND, BOLD, GOOD, HOSTS, LIVE, PLAIN, QUIET
from tui.exports.registry import render
from tui.exports.source import Source
from tui.exports.source import source as exported
from tui.session.archive.store import SessionDirectory

LONG = os.environ.get("RUNBOOK_HOSTILE") == "long"
pytestmark = pytest.mark.timeout(3600 if LONG else 120)
SESSIONS = 60 if LONG else 2

ELEMENTS = """
a b body code dd details div dl dt figcaption figure h1 h2 h3 h4 head header html li line main meta
nav ol p polyline pre rect script section small span strong style summary svg table tbody td th thead time
text title tr ul
"""
ATTRIBUTES = """
aria-hidden aria-label charset class content data-label datetime height href http-equiv id lang name open
points preserveaspectratio role tabindex text-anchor viewbox width x x1 x2 y y1 y2
"""
PROPERTIES = """
ACTION BEGIN DESCRIPTION DTEND DTSTAMP DTSTART END PRODID SUMMARY TRIGGER UID VERSION
"""


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> list[Source]:
    """Sessions with random payloads; in all of them together every payload is in a host's output."""
    return list(made(tmp_path_factory.mktemp("nights")))


def made(root: Path) -> Iterator[Source]:
    for seed in range(SESSIONS):
        night = Night(root / str(seed), seed, 60 if LONG else 25)
        yield night.read(chosen(seed), "\n".join(PAYLOADS[seed % 4 :: 4]))


def harmful(text: str, allowed: str = "\n") -> list[str]:
    """The characters of a text that a terminal would act on, or not show."""
    return [one for one in text if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Co") and one not in allowed]


def told(what: str, tried: int) -> None:
    if LONG:
        sys.stdout.write(f"\n{what}: {tried} sessions, {len(PAYLOADS)} payloads\n")


def test_a_page_has_the_programs_own_elements_only(nights: list[Source]) -> None:
    for source in nights:
        written = render(source, "html").decode()
        page = Reader(written)
        assert page.names <= set(ELEMENTS.split())
        assert page.attributes <= set(ATTRIBUTES.split())
        assert all(target.startswith("#") for target in page.targets)
        assert written.count("<script>") == 1
        assert written.count("<meta") == 5
        assert not harmful(written)
    told("page", len(nights))


@pytest.mark.needs("chromium")
def test_a_browser_runs_nothing_of_it_and_asks_for_nothing(
    nights: list[Source], chromium: Chromium, tmp_path: Path
) -> None:
    path = tmp_path / "night.html"
    for source in nights if LONG else nights[:1]:
        path.write_bytes(render(source, "html"))
        with chromium.page() as page:
            page.open(path)
            assert page.ask("document.title") != "owned"
            assert page.ask("document.scripts.length") == 1
            assert page.ask(
                "[...document.querySelectorAll('*')].every(one => !one.getAttributeNames().some("
                "name => name.startsWith('on')))"
            )
            assert page.requests == [path.as_uri()]
            assert page.complaints == []
    told("browser", len(nights))


def shape(tokens: list[Token] | None) -> list[str]:
    """What a Markdown document is made of, without its words."""
    found: list[str] = []
    for token in tokens or []:
        kind = f"{token.type} {token.tag}"
        if token.type == "inline":
            found += [one for one in shape(token.children) if not one.startswith("softbreak")]
        elif token.type != "text" or not found or found[-1] != kind:
            found.append(kind)
    return found


def words(tokens: list[Token] | None) -> str:
    return "\n".join(words(one.children) if one.children else one.content for one in tokens or [])


def test_markdown_is_made_of_the_same_whatever_its_words_are(tmp_path: Path) -> None:
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    differ: Counter[str] = Counter()
    for seed in range(SESSIONS):
        night = Night(tmp_path / str(seed), seed, 60 if LONG else 25)
        wanted = shape(reader.parse(render(night.read(lambda text: f"word{text}", "said"), "md").decode()))
        written = render(night.read(chosen(seed), "\n".join(PAYLOADS[seed % 4 :: 4])), "md").decode()
        tokens = reader.parse(written)
        if shape(tokens) != wanted:
            strange = Counter(shape(tokens)) - Counter(wanted)
            differ.update(strange.keys() or {"order"})
        assert not harmful(written)
        outside = "\n".join(one.content for one in tokens if one.type == "inline")
        assert not re.search(r"(?i)https?://|\bwww\.", outside), "a reader of GitHub's Markdown makes a link of it"
    assert differ == Counter()
    told("Markdown", SESSIONS)


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_markdown_says_what_was_said(payload: str) -> None:
    from tui.text.markdown_text import markdown_text as _text
    from tui.text.sanitise import sanitise

    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    tokens = reader.parse(_text(payload))
    assert (
        "".join(words([one]) for one in tokens if one.type == "inline").replace("\n", "")
        == sanitise(" ".join(payload.split())).strip()
    )


def test_a_recording_steers_no_terminal(nights: list[Source]) -> None:
    own = re.compile("|".join(map(re.escape, (BOLD, QUIET, GOOD, BAD, LIVE, PLAIN, BEHIND, *HOSTS, "\r\n"))))
    for source in nights:
        for form in ("cast", "cast2"):
            lines = render(source, form).decode().split("\n")
            assert lines.pop() == ""
            assert not any(map(harmful, lines))
            head = json.loads(lines[0])
            assert not harmful(head["title"])
            for line in lines[1:]:
                _, code, data = json.loads(line)
                assert code in ("o", "m")
                assert not harmful(own.sub("", data) if code == "o" else data)
    told("recording", len(nights))


def test_a_calendar_has_the_programs_own_properties_only(tmp_path: Path) -> None:
    for seed in range(10 * SESSIONS):
        source = Night(tmp_path / str(seed), seed, 0).read(chosen(seed), "said")
        data = render(source, "ics")
        assert data.endswith(b"END:VCALENDAR\r\n")
        lines = data[:-2].split(b"\r\n")
        assert all(len(line) <= 75 for line in lines)
        assert not any(harmful(line.decode()) for line in lines)
        whole = data[:-2].replace(b"\r\n ", b"").decode().split("\r\n")
        assert {re.split("[;:]", line)[0] for line in whole} <= set(PROPERTIES.split())
        assert all(re.fullmatch(r"[A-Z]+(;[A-Z]+=[A-Z-]+)*:.*", line) for line in whole)
        assert not [line for line in whole if re.search(r"(?<!\\)(\\\\)*\\[^\\;,nN]", line)]
        assert sum(line == "BEGIN:VEVENT" for line in whole) == 2
        assert len({line for line in whole if line.startswith("UID:")}) == 2
        calendar = Calendar.from_ical(data)
        assert isinstance(calendar, Calendar)
        assert len(calendar.events) == 2
    told("calendar", 10 * SESSIONS)


def texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, one in value.items():
                yield key
                yield from texts(one)
        case list():
            for one in value:
                yield from texts(one)


def test_json_is_json_and_has_nothing_that_a_terminal_acts_on(nights: list[Source]) -> None:
    kept = 0
    for source in nights:
        written = render(source, "json").decode()
        assert not harmful(written)
        kept += any("\x1b" in one for one in texts(json.loads(written)))
    assert kept, "programs get what was said"
    told("JSON", len(nights))


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    night = Night(tmp_path, 1, 20)
    there = Path(os.fsdecode(bytes(tmp_path) + b"/x\xff\x1b[2J"))
    night.writer.directory.path.rename(there)
    read = exported(SessionDirectory(there))
    for form in ("md", "html", "json", "cast", "svg"):
        assert not harmful(render(read, form).decode())
