"""What a real browser makes of the page: it is drawn, its anchors work, it asks for nothing and breaks nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.exports.test_html import HOSTILE
from tests.support.machines.fake_transport import Reply
from tests.support.screens.chromium import Chromium, Page
from tests.support.sessions.small_session import SECRET, SmallSession
from tui.exports.registry import render
from tui.session.outcome import Outcome

pytestmark = pytest.mark.needs("chromium")

PHONE = 390
OTHER_PART = '<a href="#steps">Another part of it</a>'
BACKGROUND = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A session in which a step failed, its host is hostile, said its secret and a very long line."""
    folder = tmp_path_factory.mktemp("exported")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DB_PASSWORD", SECRET)
        session = SmallSession(folder / "sessions")
        session.do("look")
        said = b"line\n" * 3_000 + HOSTILE + b"password is " + SECRET.encode() + b"\n" + b"W" * 90_000 + b"\n"
        session.host.replies["dump"] = Reply(said, Outcome.exited(1))
        session.do("backup")
        session.conductor.note("N" * 900, "backup")
        made = render(session.read(), "html")
        session.conductor.close()
    return made


@pytest.fixture
def exported(written: bytes, tmp_path: Path) -> Path:
    """The page of that session, in a file of the test's own."""
    path = tmp_path / "session.html"
    path.write_bytes(written)
    return path


@pytest.fixture
def desk(chromium: Chromium, exported: Path) -> Iterator[Page]:
    with chromium.page() as page:
        page.open(exported)
        yield page


def test_it_is_drawn_without_an_error_or_a_request(desk: Page, exported: Path) -> None:
    assert desk.ask("document.title").startswith("Shop: Deploy v2, Docker, unfinished, ")
    assert desk.ask("document.querySelectorAll('details.step').length") == 4
    assert desk.ask("document.getElementById('attempt-3').innerText.includes('<img src=//evil.example')")
    assert desk.ask("getComputedStyle(document.querySelector('nav')).position") == "sticky"
    assert desk.ask("performance.getEntriesByType('resource').length") == 0
    assert desk.requests == [exported.as_uri()]
    assert desk.complaints == []


def test_the_browser_itself_would_refuse_what_came_from_elsewhere(chromium: Chromium, exported: Path) -> None:
    """The page's own policy, were its escaping ever broken; this also shows that complaints are heard."""
    broken = exported.read_text().replace(
        "</main>",
        "<script>document.title = 'broken'</script><img src=https://host.invalid/x><b style='color:red'></main>",
    )
    exported.write_text(broken)
    with chromium.page() as page:
        page.open(exported)
        assert page.ask("document.title") != "broken"
        refused = "\n".join(page.complaints)
        assert all(rule in refused for rule in ("script-src", "default-src", "style-src"))


def test_nothing_secret_is_in_it(desk: Page, exported: Path) -> None:
    assert "hunter2" not in exported.read_text()
    assert desk.ask("document.getElementById('attempt-3').textContent.includes('password is •••')")


def test_an_anchor_leads_into_a_folded_attempt(chromium: Chromium, exported: Path) -> None:
    with chromium.page(height=400) as page:
        page.open(exported, "attempt-2")
        assert page.ask("document.getElementById('attempt-2').open")
        assert page.ask("document.getElementById('attempt-2').getBoundingClientRect().top") < 200
        assert not page.ask("document.getElementById('attempt-1').open")
        page.tap("#every-row > summary")
        page.tap("#every-row .moments a[href='#attempt-1']")
        assert page.ask("document.getElementById('attempt-1').open")
        assert page.ask("location.hash") == "#attempt-1"
        page.tap(".moments a[href='#step-backup']")
        assert 0 <= page.ask("document.getElementById('step-backup').getBoundingClientRect().top") < 200
        assert page.complaints == []


def test_a_fold_opens_by_a_click_and_all_by_a_button(desk: Page) -> None:
    folded = "[...document.querySelectorAll('main details')].filter(one => !one.open).length"
    before = desk.ask(folded)
    desk.tap("#step-look > summary")
    desk.tap("#attempt-1 > summary")
    assert desk.ask(folded) == before - 2
    desk.tap("#steps .tools button")
    assert desk.ask(folded) == 0
    desk.tap("#steps .tools button:nth-child(2)")
    assert desk.ask(folded) == before + 2


def test_the_timeline_shows_what_went_otherwise_and_the_rest_folded(desk: Page) -> None:
    shown = "[...document.querySelectorAll('.moments li')].filter(one => one.checkVisibility()).length"
    before = desk.ask(shown)
    desk.tap("#every-row > summary")
    assert 0 < before < desk.ask(shown)


@pytest.mark.parametrize("dark", [False, True])
def test_the_first_screen_of_a_phone_has_the_whole_report_card(chromium: Chromium, exported: Path, dark: bool) -> None:
    with chromium.page(PHONE, 844, dark=dark, script=False) as page:
        page.open(exported)
        words = page.ask("document.querySelector('header').innerText")
        assert page.ask("document.querySelector('header').getBoundingClientRect().bottom") < 844
    for word in ("UNFINISHED", "so far", "Downtime", "Deviations", "Failed attempts", "1 of 4", "Checklist"):
        assert word in words


CONTRAST = """
(() => {
  const part = (text) => text.match(/[0-9.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(one => one / 255)
    .map(one => one <= .04045 ? one / 12.92 : ((one + .055) / 1.055) ** 2.4)
    .reduce((sum, one, at) => sum + one * [.2126, .7152, .0722][at], 0);
  const ground = (one) => {
    for (; one; one = one.parentElement) {
      const found = part(getComputedStyle(one).backgroundColor);
      if (found.length === 3 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const one of document.querySelectorAll("body *")) {
    const own = [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    if (!own || one.closest("script, style, .drill")) continue;
    const style = getComputedStyle(one);
    const ink = light(part(one.closest("svg") ? style.fill : style.color)), paper = light(ground(one));
    const ratio = (Math.max(ink, paper) + .05) / (Math.min(ink, paper) + .05);
    if (ratio < 4.5) found.push(`${one.tagName}.${one.className} ${ratio.toFixed(2)}`);
  }
  return found;
})()
"""


@pytest.mark.parametrize("dark", [False, True])
def test_every_word_can_be_read_on_what_it_stands_on(chromium: Chromium, exported: Path, dark: bool) -> None:
    exported.write_text(exported.read_text().replace("<details ", "<details open "))
    with chromium.page(PHONE, 844, dark=dark) as page:
        page.open(exported)
        assert page.ask(CONTRAST) == []


@pytest.mark.parametrize("script", [True, False])
def test_a_phone_scrolls_in_one_direction_only(chromium: Chromium, exported: Path, script: bool) -> None:
    exported.write_text(exported.read_text().replace("<details ", "<details open "))
    with chromium.page(PHONE, 844, script=script) as page:
        page.open(exported)
        assert page.ask("document.querySelectorAll('details:not([open])').length") == 0
        assert page.ask("innerWidth") == PHONE
        assert page.ask("document.scrollingElement.scrollWidth") == PHONE
        outside = "[...document.querySelectorAll('main, pre, h4, p, td, li')].filter(one => one.getClientRects().length"
        assert page.ask(f"{outside} && one.getBoundingClientRect().right > {PHONE}).length") == 0
        output = "document.querySelector('#attempt-3 .output')"
        assert page.ask(f"{output}.scrollWidth > {output}.clientWidth")


def test_it_is_light_or_dark_as_its_reader_has_it(chromium: Chromium, exported: Path) -> None:
    with chromium.page() as page:
        page.open(exported)
        light = page.ask(BACKGROUND)
    with chromium.page(dark=True) as page:
        page.open(exported)
        dark = page.ask(BACKGROUND)
        page.tap("nav button")
        assert page.ask(BACKGROUND) == light
        page.tap("nav button")
        assert page.ask(BACKGROUND) == dark
    assert light == "rgb(255, 255, 255)"
    assert dark != light


@pytest.mark.parametrize("width", [PHONE, 1200, 1600])
def test_the_button_for_light_and_dark_is_whole_however_many_parts_there_are(
    chromium: Chromium, exported: Path, width: int
) -> None:
    text = exported.read_text()
    exported.write_text(text.replace("</a></div></nav>", "</a>" + OTHER_PART * 12 + "</div></nav>"))
    with chromium.page(width) as page:
        page.open(exported)
        assert page.ask("document.querySelector('.links').scrollWidth > innerWidth")
        button = "document.querySelector('nav button').getBoundingClientRect()"
        assert page.ask(f"0 <= {button}.left && {button}.right <= innerWidth")
        assert page.ask(f"document.elementFromPoint({button}.right - 2, {button}.top + 5).tagName") == "BUTTON"


def test_the_button_lies_on_no_link_of_a_phone(chromium: Chromium, exported: Path) -> None:
    with chromium.page(PHONE, 844) as page:
        page.open(exported)
        page.ask("window.links = document.querySelectorAll('nav a')")
        for place in range(page.ask("links.length")):
            page.ask(f"links[{place}].scrollIntoView({{block: 'nearest', inline: 'nearest'}})")
            for part in (0.05, 0.5, 0.95):
                box = f"links[{place}].getBoundingClientRect()"
                point = f"{box}.left + {part} * {box}.width, ({box}.top + {box}.bottom) / 2"
                assert page.ask(f"document.elementFromPoint({point}) === links[{place}]"), (place, part)
        assert page.ask("document.querySelector('nav button').getBoundingClientRect().right <= innerWidth")


def test_without_scripts_it_is_still_read_and_unfolded(chromium: Chromium, exported: Path) -> None:
    with chromium.page(script=False) as page:
        page.open(exported)
        assert page.ask("document.querySelectorAll('button').length") == 0
        page.tap("#step-look > summary")
        page.tap("#attempt-1 > summary")
        assert page.ask("document.getElementById('attempt-1').open")
        page.tap(".moments a[href='#step-backup']")
        assert page.ask("location.hash") == "#step-backup"
        assert page.complaints == []


def test_on_paper_every_output_is_there_and_black_on_white(chromium: Chromium, exported: Path) -> None:
    with chromium.page(dark=True, script=False) as page:
        page.open(exported)
        page.call("Emulation.setEmulatedMedia", media="print", features=[])
        assert page.ask(BACKGROUND) == "rgb(255, 255, 255)"
        assert page.ask("document.querySelector('nav').getClientRects().length") == 0
        assert page.ask("document.querySelector('#attempt-1 .output').checkVisibility()")
