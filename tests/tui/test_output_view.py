import unicodedata
from pathlib import Path

from textual.app import App, ComposeResult

from tests.support.fake_clock import FakeClock
from tests.tui.conftest import until
from tui.session.output.output import OutputReader, OutputWriter, write_mask
from tui.transports.base import Stream
from tui.widgets.glyphs import STDERR
from tui.widgets.output.view import MARGIN, OutputView

HOSTILE = (
    b"\x1b]0;owned\x07title\n\x1b]52;c;aGk=\x07clip\n\x1b[2Jclear\n\x9b31mc1\n"
    b"\xe2\x80\xaebidi\n[red]markup[/red] [/foo]\n\x00nul\n"
)


class Shown(App[None]):
    def compose(self) -> ComposeResult:
        yield OutputView(id="output")


def text(view: OutputView) -> list[str]:
    """What stands on the rows, their margin left out."""
    return [view.render_line(y).text[MARGIN:].rstrip() for y in range(view.size.height)]


def margin(view: OutputView) -> list[str]:
    return [view.render_line(y).text[:MARGIN] for y in range(view.size.height)]


def writer(folder: Path) -> OutputWriter:
    return OutputWriter(folder, 1, FakeClock())


async def test_it_follows_the_end_until_the_operator_scrolls_up(tmp_path: Path) -> None:
    out = writer(tmp_path)
    app = Shown()
    async with app.run_test(size=(60, 10)) as pilot:
        view = app.query_one(OutputView)
        view.show(OutputReader(tmp_path, 1, out, Nothing()))
        out.write(Stream.OUT, b"".join(b"line %d\n" % number for number in range(1000)))
        view.grew()
        await until(pilot, lambda: text(view)[-1] == "line 999")
        view.focus()
        await pilot.press("pageup", "pageup")
        await until(pilot, lambda: not view.following and view.scroll_y == view.scroll_target_y)
        before = text(view)
        out.write(Stream.OUT, b"more\n" * 50)
        view.grew()
        await pilot.pause()
        assert text(view) == before
        await pilot.press("end")
        await until(pilot, lambda: text(view)[-1] == "more")


async def test_a_million_lines_cost_no_more_than_a_screenful(tmp_path: Path) -> None:
    out = writer(tmp_path)
    for _ in range(100):
        out.write(Stream.OUT, b"x" * 99 + b"\n" + b"\n" * 9_999)
    out.close()
    write_mask(tmp_path, 1, [])
    app = Shown()
    async with app.run_test(size=(60, 10)):
        view = app.query_one(OutputView)
        view.show(OutputReader(tmp_path, 1))
        assert view.virtual_size.height == 1_000_000
        text(view)
        assert len(view._rows) <= 12


async def test_lines_that_began_on_standard_error_are_marked_in_the_margin(tmp_path: Path) -> None:
    out = writer(tmp_path)
    out.write(Stream.OUT, b"pulling\nhalf ")
    out.write(Stream.ERR, b"warned\nno such image " + b"x" * 60 + b"\n")
    out.write(Stream.OUT, b"done\n")
    out.write(Stream.ERR, b"and then it hangs")
    app = Shown()
    async with app.run_test(size=(61, 8)) as pilot:
        view = app.query_one(OutputView)
        view.show(OutputReader(tmp_path, 1, out, Nothing()))
        assert [line[:8] for line in text(view)[:5]] == ["pulling", "half war", "no such ", "done", "and then"]
        assert "".join(margin(view)) == f"  {STDERR} {STDERR}   "
        view.wrapped = True
        await pilot.pause()
        assert text(view)[3].endswith("xx")
        assert "".join(margin(view)) == f"  {STDERR}{STDERR} {STDERR}  "
        out.close()
        write_mask(tmp_path, 1, [])
        view.settle(OutputReader(tmp_path, 1))
        assert "".join(margin(view)) == f"  {STDERR}{STDERR} {STDERR}  "


async def test_nothing_a_host_prints_reaches_the_terminal_as_control(tmp_path: Path) -> None:
    out = writer(tmp_path)
    out.write(Stream.ERR, HOSTILE + bytes(range(256)))
    out.close()
    write_mask(tmp_path, 1, [])
    app = Shown()
    async with app.run_test(size=(80, 20)):
        view = app.query_one(OutputView)
        view.show(OutputReader(tmp_path, 1))
        shown = "".join(text(view))
        assert "[red]markup[/red] [/foo]" in shown
        assert not [letter for letter in shown if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co")]


async def test_a_line_without_end_is_shown_in_part(tmp_path: Path) -> None:
    out = writer(tmp_path)
    for _ in range(20):
        out.write(Stream.OUT, b"y" * 1_000_000)
    app = Shown()
    async with app.run_test(size=(80, 10)):
        view = app.query_one(OutputView)
        view.show(OutputReader(tmp_path, 1, out, Nothing()))
        assert "yyyy" in text(view)[-1]


async def test_long_lines_are_wrapped_or_scrolled_sideways(tmp_path: Path) -> None:
    out = writer(tmp_path)
    out.write(Stream.OUT, b"short\n" * 20 + b"".join(b"%04d " % number for number in range(40)) + b"\n")
    app = Shown()
    async with app.run_test(size=(62, 10)) as pilot:
        view = app.query_one(OutputView)
        view.show(OutputReader(tmp_path, 1, out, Nothing()))
        await until(pilot, lambda: text(view)[-1].startswith("0000 ") and "0039" not in text(view)[-1])
        view.wrapped = True
        await pilot.pause()
        assert text(view)[-1].endswith("0039")
        assert "".join(text(view)[-4:]).replace(" ", "").startswith("0000")
        view.wrapped = False
        view.focus()
        await pilot.press(*["right"] * 7)
        await until(pilot, lambda: text(view)[-1].endswith("0039"))


async def test_matches_are_marked_and_shown(tmp_path: Path) -> None:
    out = writer(tmp_path)
    out.write(Stream.OUT, b"hay\n" * 500 + b"the Needle here\n" + b"hay\n" * 500)
    app = Shown()
    async with app.run_test(size=(60, 10)):
        view = app.query_one(OutputView)
        view.show(OutputReader(tmp_path, 1, out, Nothing()))
        view.mark("needle", 500)
        found = next(y for y in range(10) if "Needle" in view.render_line(y).text)
        assert [segment.text for segment in view.render_line(found)][1:4] == ["the ", "Needle", " here"]


async def test_empty_says_so(tmp_path: Path) -> None:
    app = Shown()
    async with app.run_test(size=(60, 10)):
        view = app.query_one(OutputView)
        view.show(None, "nothing has run here yet")
        assert text(view)[0] == "nothing has run here yet"


class Nothing:
    """Knows no secret."""

    longest = 0

    def spans(self, data: bytes, unfinished: bool = False) -> list[tuple[int, int]]:
        return []


async def test_another_output_is_followed_wherever_the_one_before_was_scrolled(tmp_path: Path) -> None:
    out = writer(tmp_path)
    out.write(Stream.OUT, b"".join(b"line %d\n" % number for number in range(1000)))
    app = Shown()
    async with app.run_test(size=(60, 10)) as pilot:
        view = app.query_one(OutputView)
        view.show(OutputReader(tmp_path, 1, out, Nothing()))
        await until(pilot, lambda: text(view)[-1] == "line 999")
        other = OutputWriter(tmp_path, 2, FakeClock())
        view.show(OutputReader(tmp_path, 2, other, Nothing()))
        await pilot.pause()
        other.write(Stream.OUT, b"".join(b"other %d\n" % number for number in range(50)))
        view.grew()
        await until(pilot, lambda: view.following and text(view)[-1] == "other 49")
