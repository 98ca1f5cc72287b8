import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.color import Color

from tests.support.machines.fake_transport import Reply
from tests.support.sessions.small_session import SmallSession
from tui.exports.html.page_timeline import ROWS
from tui.exports.html.steps import CHARACTERS, LINES
from tui.exports.html.tags import Html, coloured, tag
from tui.exports.registry import render
from tui.resources import bundled
from tui.session.outcome import Outcome
from tui.text.drawn import drawn
from tui.text.sanitise import sanitise
from tui.widgets.looks.contrast import ENOUGH, contrast

HOSTILE = (
    b"\x1b]0;title\x07</pre></script><script>alert(1)</script><img src=//evil.example onerror=alert(2)>\n"
    b"<!-- \" ' &lt; ]]> --><base href=//evil.example><meta http-equiv=refresh content=0>\n"
    b"\xe2\x80\xaereversed\xe2\x80\xac \x00\x9b2J\n"
)
VOID = {"meta", "br", "hr"}


class Reader(HTMLParser):
    """Reads a page as a browser's parser would, strictly: every element is closed where it was opened."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.text: dict[str, str] = {}
        self._inside: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.names.add(name)
        self.attributes |= given.keys()
        if name not in VOID:
            self.open.append(name)
            self._inside.append(given.get("id") or "")
        if "id" in given:
            self.ids.append(given["id"] or "")
        if name == "a":
            self.targets.append(given["href"] or "")

    def handle_startendtag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.names.add(name)
        self.attributes |= dict(attributes).keys()

    def handle_endtag(self, name: str) -> None:
        assert self.open.pop() == name
        self._inside.pop()

    def handle_data(self, data: str) -> None:
        for name in self._inside:
            if name:
                self.text[name] = self.text.get(name, "") + data


def page_of(session: SmallSession) -> str:
    return render(session.read(), "html").decode()


def test_every_link_leads_to_an_anchor_of_its_own(small_session: SmallSession) -> None:
    small_session.do("look")
    small_session.conductor.skip("backup", "made at noon")
    page = Reader(page_of(small_session))
    assert len(set(page.ids)) == len(page.ids)
    assert {"timeline", "steps", "step-look", "step-switch-docker", "attempt-1", "attempt-2"} <= set(page.ids)
    assert {target[1:] for target in page.targets} <= set(page.ids)
    assert {"#step-look", "#attempt-1"} <= set(page.targets)
    assert "load average: 0.1" in page.text["attempt-1"]
    assert "Reason: made at noon" in page.text["step-backup"]
    assert "skipped by ana: made at noon" in page.text["deviations"]
    assert "ana began the session" in page.text["people"]


def test_what_a_host_says_is_text_and_nothing_else(small_session: SmallSession) -> None:
    small_session.do("look")
    small_session.host.replies["dump"] = Reply(HOSTILE, Outcome.exited(1))
    small_session.do("backup")
    small_session.conductor.note("<b onclick=alert(3)>bold</b> ' \" &amp; \u202e\x9b2J\x00")
    written = page_of(small_session)
    page = Reader(written)
    assert not page.names & {"img", "base", "link", "iframe", "object", "form"}
    assert not page.attributes & {"src", "style", "onclick", "onerror"}
    assert written.count("<meta") == 5
    assert not [one for one in written if ord(one) < 32 and one != "\n"]
    assert "\u202e" not in written
    assert "</pre></script><script>alert(1)</script><img src=//evil.example" in page.text["attempt-3"]
    assert written.count("<script>") == 1


def test_long_output_is_shown_from_its_end_and_says_what_is_left_out(small_session: SmallSession) -> None:
    small_session.host.replies["dump"] = Reply(b"".join(b"row %d\n" % n for n in range(150_000)) + b"x" * 50_000)
    small_session.do("look")
    small_session.do("backup")
    page = Reader(page_of(small_session))
    output = page.text["attempt-3"]
    assert f"… {150_001 - LINES} lines before these" in output
    assert "row 149999\n" in output
    assert f"row {150_001 - LINES}\n" in output
    assert f"row {150_000 - LINES}\n" not in output
    assert len(output) < CHARACTERS


def test_wide_output_is_bounded_by_its_characters(small_session: SmallSession) -> None:
    small_session.host.replies["dump"] = Reply(b"".join(b"%05d" % n + b"y" * 5_000 + b"\n" for n in range(200)))
    small_session.do("look")
    small_session.do("backup")
    output = Reader(page_of(small_session)).text["attempt-3"]
    left_out = re.search(r"… (\d+) lines before these", output)
    assert left_out
    kept = output.count("y" * 5_000)
    assert 15 < kept < 20
    assert int(left_out[1]) + kept == 200


def test_many_outputs_share_what_a_page_may_have(small_session: SmallSession, monkeypatch: pytest.MonkeyPatch) -> None:
    small_session.host.replies["uptime"] = Reply(b"load " + b"z" * 300 + b"\n" + b"z" * 300 + b"\n")
    small_session.do("look")
    monkeypatch.setattr("tui.exports.html.steps.LEAST", 10)
    monkeypatch.setattr("tui.exports.html.steps.TOTAL", 800)
    assert "… 1 line before these" in Reader(page_of(small_session)).text["attempt-1"]
    monkeypatch.setattr("tui.exports.html.steps.LEAST", 1_000)
    assert "before these" not in Reader(page_of(small_session)).text["attempt-1"]


def test_a_failed_attempt_is_open_and_a_good_one_folded(small_session: SmallSession) -> None:
    small_session.do("look")
    small_session.host.replies["dump"] = Reply(b"no space\n", Outcome.exited(1))
    small_session.do("backup")
    written = page_of(small_session)
    assert re.search(r'<details id="attempt-1">', written)
    assert re.search(r'<details id="attempt-3" class="unwell" open>', written)


def test_of_a_very_long_timeline_the_markers_stay(small_session: SmallSession, monkeypatch: pytest.MonkeyPatch) -> None:
    small_session.do("look")
    monkeypatch.setattr("tui.exports.html.page_timeline.ROWS", 4)
    assert ROWS > 4
    page = Reader(page_of(small_session))
    assert "rows left out" in page.text["timeline"]
    assert "started" in page.text["timeline"]
    assert "git describe" not in page.text["timeline"]


def test_the_page_may_do_nothing_but_run_its_own_script(small_session: SmallSession) -> None:
    written = page_of(small_session)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', written)
    assert policy
    rules = policy[1].replace("&#x27;", "'").split("; ")
    assert rules[0] == "default-src 'none'"
    assert [re.sub("sha256-[A-Za-z0-9+/]{43}=", "HASH", rule) for rule in rules[1:3]] == [
        "style-src 'HASH'",
        "script-src 'HASH'",
    ]
    assert "http://" not in written.replace("http-equiv", "")
    assert "https://" not in written


@given(st.text(alphabet=st.one_of(st.sampled_from("<>&\"'`=/!-[]; \n\r\t\x00\x1b\u202e"), st.characters())))
def test_any_text_is_read_back_as_it_would_be_shown(text: str) -> None:
    read = Reader(tag("p", text, title=text, id="it"))
    assert read.names == {"p"}
    assert read.attributes <= {"title", "id"}
    assert read.text.get("it", "") == sanitise(text)


def test_only_what_the_package_made_is_markup() -> None:
    assert tag("p", "<b>", tag("i", "&"), ["'", None], title='"><x') == (
        '<p title="&quot;&gt;&lt;x">&lt;b&gt;<i>&amp;</i>&#x27;</p>'
    )
    assert tag("details", Html("<hr>"), open=True, id="") == "<details open><hr></details>"
    assert tag("pre", "", tabindex=0, hidden=False) == '<pre tabindex="0"></pre>'


def test_the_colours_of_output_are_classes_of_the_pages_own_style() -> None:
    codes = ("31", "1;92", "38;5;196", "38;2;13;188;121", "44", "97;41;1", "7", "31;7", "1")
    classes = ["c1", "c10 b", "c9", "c2", "g4", "g1 b", "g", "g1", "b"]
    for code, wanted in zip(codes, classes, strict=True):
        line = drawn(f"<b> \x1b[{code}m</span>&\x1b[m \"'".encode())
        assert coloured(line) == f'&lt;b&gt; <span class="{wanted}">&lt;/span&gt;&amp;</span> &quot;&#x27;'


@given(
    st.lists(
        st.text(max_size=4)
        | st.sampled_from(["\x1b[31m", "\x1b[0m", "\x1b[7;4m", "\r", "<", '"', "\x1b[9;48;2;1;2;3m"])
    )
)
def test_coloured_output_has_nothing_but_its_text_and_our_classes(parts: list[str]) -> None:
    line = drawn("".join(parts).encode("utf-8", "surrogatepass"))
    page = Reader(str(tag("pre", coloured(line), id="x")))
    assert page.names <= {"pre", "span"}
    assert page.attributes <= {"id", "class"}
    assert page.text.get("x", "") == line.text
    assert set(re.findall(r'class="([^"]*)"', coloured(line))) <= set(CLASSES)


CLASSES = [
    f"{colour}{bold}".strip()
    for colour in ("", "g", *(f"{kind}{number}" for kind in "cg" for number in range(16)))
    for bold in ("", " b")
]


def test_every_colour_of_output_can_be_read() -> None:
    style = bundled("tui/exports/report.css").read_text(encoding="utf-8")
    pits = [Color.parse(one) for one in re.findall(r"--pit: (#\w+);", style.partition("@media print")[0])]
    ink = [Color.parse(one) for one in re.findall(r"--pit-ink: (#\w+);", style.partition("@media print")[0])]
    assert len(pits) == len(ink) == 3
    assert all(contrast(*pair) >= ENOUGH for pair in zip(pits, ink, strict=True))
    words = re.findall(r"\.c(\d+) \{ color: (#\w+); \}", style)
    assert [int(number) for number, _ in words] == list(range(16))
    assert all(contrast(Color.parse(colour), pit) >= ENOUGH for _, colour in words for pit in pits)
    grounds = re.findall(r"\.g(\d+) \{ background: (#\w+); color: (#\w+); \}", style)
    assert [int(number) for number, _, _ in grounds] == list(range(16))
    assert all(contrast(Color.parse(behind), Color.parse(colour)) >= ENOUGH for _, behind, colour in grounds)
