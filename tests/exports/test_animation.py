"""The animated picture: well formed, without a script, small, readable, and at rest for those who want no motion."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from textual.color import Color

from tests.support.screens.chromium import Chromium
from tests.support.sessions.recorded import Writer, written
from tui.exports.animation import BAD, COLOURS, GOOD, GROUND, INK, MOST, RAISED, SOFT, TURN
from tui.exports.registry import render
from tui.exports.source import source
from tui.session.output.output import OutputWriter, write_mask
from tui.widgets.looks.contrast import contrast

ELEMENTS = {"svg", "title", "desc", "style", "rect", "text", "tspan", "g"}
ATTRIBUTES = {
    *("x", "y", "width", "height", "rx", "fill", "class", "textLength", "viewBox", "role"),
    "{http://www.w3.org/XML/1998/namespace}space",
}
STEPS = 'document.querySelector("g.rows")'


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Writer:
    return written(tmp_path_factory.mktemp("session"), 3, 80)


def names(picture: bytes) -> tuple[set[str], set[str]]:
    """The elements of a picture, and their attributes."""
    found = list(ElementTree.fromstring(picture).iter())
    return {one.tag.rpartition("}")[2] for one in found}, {name for one in found for name in one.attrib}


def told(picture: bytes) -> str:
    return "\n".join(
        "".join(one.itertext()) for one in ElementTree.fromstring(picture).iter() if one.tag.endswith("}text")
    )


def test_it_says_what_the_recording_says_and_ends_with_what_the_session_came_to(night: Writer) -> None:
    picture = render(source(night.directory), "svg")
    elements, attributes = names(picture)
    assert elements <= ELEMENTS
    assert attributes <= ATTRIBUTES
    card = source(night.directory).card()
    assert told(picture).endswith(f"{card.badge.sign} {card.badge.words.upper()}")
    assert "session started: Deploy" in told(picture)
    moves = re.findall(
        r"([\d.]+)%\{transform:translateY\((-?[\d.]+)px\)\}", picture.decode().split("@keyframes told")[0]
    )
    assert [float(at) for at, _ in moves] == sorted(float(at) for at, _ in moves)
    places = [float(place) for _, place in moves[:-1]]
    assert places == sorted(places, reverse=True), "rows only come"


def with_output(folder: Path, *said: bytes) -> Writer:
    """A short session whose attempts printed this."""
    made = written(folder, 3, 40)
    for attempt in made.state.attempts:
        for path in made.directory.attempts.glob(f"{attempt:04d}.*"):
            path.unlink()
        output = OutputWriter(made.directory.attempts, attempt, made.clock)
        for one in said:
            output.write("out", one)
        output.close()
        write_mask(made.directory.attempts, attempt, [])
    return made


def test_what_a_host_prints_is_text_and_nothing_else(tmp_path: Path) -> None:
    words = '</text><script>alert(1)</script><image href="//evil.example/x"/>]]>&amp;'
    hostile = words.encode() + b"\x1b]0;t\x07\x00\xef\xbf\xbe\x1b[31mred\x1b[0m\n"
    picture = render(source(with_output(tmp_path, hostile).directory), "svg")
    elements, attributes = names(picture)
    assert elements <= ELEMENTS
    assert attributes <= ATTRIBUTES
    assert f"{words}\N{REPLACEMENT CHARACTER}red" in told(picture)


def test_however_much_was_printed_it_is_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    colours = b"".join(b"\x1b[3%dm%c" % (number % 8, 65 + number % 26) for number in range(3_000)) + b"\n"
    session = with_output(tmp_path, *[colours] * 4)
    monkeypatch.setattr("tui.exports.animation.MOST", MOST // 6)
    picture = render(source(session.directory), "svg")
    assert len(picture) < 2_000_000 / 6
    monkeypatch.setattr("tui.exports.animation.MOST", 50_000)
    less = render(source(session.directory), "svg")
    assert len(less) < 120_000 < len(picture)
    assert told(less).endswith(told(picture)[-200:])


@pytest.mark.parametrize("ground", [GROUND, RAISED])
def test_its_words_stand_out(ground: str) -> None:
    for colour in (INK, SOFT, GOOD, BAD, TURN, *COLOURS):
        assert contrast(Color.parse(colour), Color.parse(ground)) >= 4.5, colour


@pytest.mark.needs("chromium")
def test_a_browser_plays_it_and_rests_for_a_reader_who_wants_no_motion(
    chromium: Chromium, night: Writer, tmp_path: Path
) -> None:
    path = tmp_path / "night.svg"
    path.write_bytes(render(source(night.directory), "svg"))
    place = f"new DOMMatrix(getComputedStyle({STEPS}).transform).f"
    with chromium.page() as page:
        page.open(path)
        assert page.ask(f"{STEPS}.getAnimations().length") == 1
        assert page.ask(f"{STEPS}.getAnimations()[0].effect.getTiming().iterations === Infinity")
        begun = page.ask(f"({STEPS}.getAnimations().map(one => {{ one.pause(); one.currentTime = 0; }}), {place})")
        page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
        assert page.ask(f"{STEPS}.getAnimations().length") == 0
        assert page.ask(place) < begun
        assert page.complaints == []
