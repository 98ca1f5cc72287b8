import unicodedata
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.color import Color
from textual.events import MouseScrollUp

from tests.support.sessions.fake_clock import FakeClock
from tests.tui.conftest import until
from tui.session.output.output import OutputReader, OutputWriter, write_mask
from tui.transports.base import Stream
from tui.widgets.glyphs import CONTINUED, STDERR
from tui.widgets.looks.contrast import ENOUGH, contrast
from tui.widgets.looks.themes import MONO, SIXTEEN, THEMES
from tui.widgets.output.rows import HUNG
from tui.widgets.output.view import MARGIN, OutputView

HOSTILE = (
    b"\x1b]0;owned\x07title\n\x1b]52;c;aGk=\x07clip\n\x1b[2Jclear\n\x9b31mc1\n"
    b"\xe2\x80\xaebidi\n[red]markup[/red] [/foo]\n\x00nul\n"
)


class Shown(App[None]):
    CSS = "OutputView > .output--here { text-style: underline; }"

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
        assert len(view._strips) <= 12


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


async def test_what_an_empty_output_says_is_broken_between_words_and_not_cut(tmp_path: Path) -> None:
    app = Shown()
    async with app.run_test(size=(38, 10)):
        view = app.query_one(OutputView)
        view.say_empty(("Nothing runs in this step: it is for you.",))
        assert " ".join(" ".join(text(view)).split()) == "Nothing runs in this step: it is for you."


async def test_an_empty_output_in_a_row_says_that_its_words_continue(tmp_path: Path) -> None:
    app = Shown()
    async with app.run_test(size=(32, 1)):
        view = app.query_one(OutputView)
        view.say_empty(("Nothing has run here yet.", "⏎ starts the step."))
        assert text(view)[0].strip() == "Nothing has run here yet. ⏎ s…"
        view.say_empty(("A person does this step.",))
        assert text(view)[0].strip() == "A person does this step."


async def test_empty_says_so(tmp_path: Path) -> None:
    app = Shown()
    async with app.run_test(size=(60, 10)):
        view = app.query_one(OutputView)
        view.say_empty(("Nothing has run here yet.", "⏎ starts the step."))
        words = text(view)
        middle = next(place for place, line in enumerate(words) if line)
        assert words[middle].strip() == "Nothing has run here yet."
        assert words[middle + 1].strip() == "⏎ starts the step."
        left, right = (
            MARGIN + len(words[middle]) - len(words[middle].lstrip()),
            view.width - MARGIN - len(words[middle]),
        )
        assert abs(left - right) <= 1
        assert abs(middle - (len(words) - middle - 2)) <= 1


async def test_a_failed_output_opens_where_its_error_begins(tmp_path: Path) -> None:
    app = Shown()
    async with app.run_test(size=(60, 10)) as pilot:
        view = app.query_one(OutputView)
        out = writer(tmp_path)
        out.write(Stream.OUT, b"".join(b"fine %d\n" % number for number in range(50)))
        out.write(Stream.ERR, b"Traceback\n")
        out.write(Stream.OUT, b"".join(b"later %d\n" % number for number in range(50)))
        view.show(OutputReader(tmp_path, 1, out, Nothing()))
        view.to_error()
        await pilot.pause()
        assert text(view)[:2] == ["fine 49", "Traceback"]
        assert not view.following
        await until(pilot, lambda: view.sight == (101 - 49 - view.size.height, False))


async def test_it_says_how_many_lines_are_below_and_whether_any_in_sight_is_cut(tmp_path: Path) -> None:
    out = writer(tmp_path)
    out.write(Stream.OUT, b"".join(b"line %d\n" % number for number in range(50)) + b"long " * 40 + b"\n")
    app = Shown()
    async with app.run_test(size=(60, 10)) as pilot:
        view = app.query_one(OutputView)
        view.show(OutputReader(tmp_path, 1, out, Nothing()))
        await until(pilot, lambda: view.sight == (0, True))
        view.scroll_to(y=0, animate=False, immediate=True, force=True)
        await until(pilot, lambda: view.sight == (51 - view.size.height, False))
        view.wrapped = True
        view.action_tail()
        await until(pilot, lambda: view.sight == (0, False))


async def test_a_failed_output_stays_at_its_end_where_that_says_more(tmp_path: Path) -> None:
    app = Shown()
    async with app.run_test(size=(60, 10)) as pilot:
        view = app.query_one(OutputView)
        for number, chunks in enumerate(([Stream.ERR], [Stream.OUT], [Stream.OUT, Stream.ERR]), 1):
            out = OutputWriter(tmp_path, number, FakeClock())
            for stream in chunks:
                out.write(stream, b"line\n" * (50 if stream == chunks[0] else 3))
            view.show(OutputReader(tmp_path, number, out, Nothing()))
            view.to_error()
            await pilot.pause()
            assert view.following
            assert text(view)[0] == "line"


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


def printed(folder: Path, data: bytes) -> OutputReader:
    """A reader of output that is over."""
    out = writer(folder)
    out.write(Stream.OUT, data)
    out.close()
    write_mask(folder, 1, [])
    return OutputReader(folder, 1)


async def test_colours_and_bold_show_and_can_be_read_in_every_theme(tmp_path: Path) -> None:
    codes = [
        f"\x1b[{code}mword\x1b[m"
        for code in (*range(30, 38), *range(90, 98), *range(40, 48), "7", "38;5;232", "2", "8")
    ]
    reader = printed(tmp_path, "\n".join(codes).encode() + b"\n\x1b[1mbold\x1b[m\n")
    app = Shown()
    async with app.run_test(size=(60, 40)) as pilot:
        view = app.query_one(OutputView)
        view.show(reader)
        for own in THEMES:
            app.register_theme(own)
        for theme in sorted(set(app.available_themes) - {MONO, *SIXTEEN, "ansi-dark", "ansi-light", "textual-ansi"}):
            app.theme = theme
            await pilot.pause()
            looks = [next(one for one in view.render_line(y) if "o" in one.text).style for y in range(len(codes) + 1)]
            for code, look in zip(codes, looks, strict=False):
                assert look is not None
                assert look.color is not None
                assert look.bgcolor is not None
                colours = Color.from_rich_color(look.color), Color.from_rich_color(look.bgcolor)
                assert contrast(*colours) >= ENOUGH, (theme, code)
            assert looks[1] is not None
            assert looks[2] is not None
            assert looks[1].color != looks[2].color
            assert looks[-1] is not None
            assert looks[-1].bold


@pytest.mark.parametrize("how", ["NO_COLOR", MONO])
async def test_without_colours_only_bold_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    if how != MONO:
        monkeypatch.setenv(how, "1")
    app = Shown()
    async with app.run_test(size=(60, 4)) as pilot:
        if how == MONO:
            app.register_theme(next(one for one in THEMES if one.name == MONO))
            app.theme = MONO
            await pilot.pause()
        view = app.query_one(OutputView)
        view.show(printed(tmp_path, b"plain\n\x1b[1;31;42;7mbold\x1b[m\n"))
        plain, bold = (view.render_line(y)._segments[1].style for y in range(2))
        assert plain is not None
        assert bold is not None
        assert (bold.color, bold.bgcolor, bold.bold, bold.reverse) == (plain.color, plain.bgcolor, True, plain.reverse)


async def test_a_line_that_is_redrawn_stays_one_line(tmp_path: Path) -> None:
    out = writer(tmp_path)
    app = Shown()
    async with app.run_test(size=(40, 4)):
        view = app.query_one(OutputView)
        view.show(OutputReader(tmp_path, 1, out, Nothing()))
        for done in range(0, 101, 10):
            out.write(Stream.OUT, b"\r %3d %%" % done)
            view.grew()
            assert text(view) == [f" {done:3} %", "", "", ""]


async def test_wide_characters_are_counted_by_their_cells(tmp_path: Path) -> None:
    app = Shown()
    async with app.run_test(size=(21, 4)) as pilot:
        view = app.query_one(OutputView)
        view.show(printed(tmp_path, ("東京" * 8 + "\n🚀\tb\n").encode()))
        assert text(view)[0] == "東京" * 5
        assert text(view)[1] == "🚀      b"
        view.action_scroll_right()
        await pilot.pause()
        assert text(view)[0] == "東京" * 3
        assert all(view.render_line(y).cell_length == view.width for y in range(4))


async def test_wrapped_lines_hang_and_what_is_copied_is_the_line(tmp_path: Path) -> None:
    line = "".join(f"{number:04} " for number in range(9)).rstrip()
    app = Shown()
    async with app.run_test(size=(31, 5)) as pilot:
        view = app.query_one(OutputView)
        view.show(printed(tmp_path, f"\x1b[32mfirst\x1b[m\n{line}\nlast\n".encode()))
        view.wrapped = True
        await pilot.pause()
        assert [one for one in text(view) if one] == ["first", line[:29].rstrip(), f"{CONTINUED} {line[30:]}", "last"]
        assert view.wanted() == f"first\n{line}\nlast"
        await pilot.mouse_down(view, offset=(1 + 3, 0))
        await pilot.hover(view, offset=(1 + HUNG + 3, 2))
        await pilot.mouse_up(view, offset=(1 + HUNG + 3, 2))
        await until(pilot, lambda: view.text_selection is not None)
        assert view.wanted() == f"st\n{line[:34]}"
        marked = [
            one.text
            for one in view.render_line(2)
            if one.style and one.style.bgcolor != view.paint("output--plain").bgcolor
        ]
        assert "".join(marked) == line[30:34]


async def test_a_resize_shows_at_once_what_there_is_room_for(tmp_path: Path) -> None:
    line = "".join(f"{number:04} " for number in range(40))
    app = Shown()
    async with app.run_test(size=(41, 5)) as pilot:
        view = app.query_one(OutputView)
        view.show(printed(tmp_path, f"{line}\nend\n".encode()))
        assert text(view)[0] == line[:40].rstrip()
        for wide, high in ((100, 8), (60, 4), (200, 60)):
            await pilot.resize_terminal(wide, high)
            await until(pilot, lambda wide=wide: view.size.width == wide)  # type: ignore[misc]  # bound above
            assert text(view)[0] == line[: wide - 1].rstrip()


async def test_the_wheel_scrolls_the_output_that_is_under_it(tmp_path: Path) -> None:
    app = Shown()
    async with app.run_test(size=(40, 6)) as pilot:
        view = app.query_one(OutputView)
        view.show(printed(tmp_path, b"".join(b"line %d\n" % number for number in range(100))))
        await until(pilot, lambda: text(view)[-1] == "line 99")
        await pilot._post_mouse_events([MouseScrollUp], view, offset=(5, 3), button=0)
        await until(pilot, lambda: not view.following and text(view)[-1] != "line 99")


async def test_a_search_marks_the_text_that_is_shown_whatever_its_colours(tmp_path: Path) -> None:
    app = Shown()
    async with app.run_test(size=(40, 6)):
        view = app.query_one(OutputView)
        view.show(printed(tmp_path, b"the \x1b[31mNee\x1b[32mdle\x1b[m here\n"))
        view.mark("needle", 0)
        found = [one.text for one in view.render_line(0) if one.style and one.style.underline]
        assert "".join(found) == "Needle"
