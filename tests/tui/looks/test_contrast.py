"""Every theme's words can be read on what they stand on, and every theme has every name that a screen uses."""

import re
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

import pytest
from rich.color import Color as Rich
from rich.color import ColorSystem
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from tests.tui.conftest import shown, until
from tui.app import RunbookApp
from tui.config import Config
from tui.dialogs import Confirm
from tui.execution.workspace import Workspace
from tui.text.looks import Look
from tui.widgets.looks.contrast import ENOUGH, GROUNDS, contrast, readable
from tui.widgets.looks.css_variables import css_variables
from tui.widgets.looks.themes import (
    BANDS,
    DAY,
    DAY_16,
    MONO,
    NAMES,
    NIGHT,
    NIGHT_16,
    OVER,
    SIXTEEN,
    TEXTS,
    THEMES,
    defaults,
    fitting,
)
from tui.widgets.output.colours import style_of

XTERM = (
    *("#000000", "#cd0000", "#00cd00", "#cdcd00", "#0000ee", "#cd00cd", "#00cdcd", "#e5e5e5"),
    *("#7f7f7f", "#ff0000", "#00ff00", "#ffff00", "#5c5cff", "#ff00ff", "#00ffff", "#ffffff"),
)
VGA = (
    *("#000000", "#aa0000", "#00aa00", "#aa5500", "#0000aa", "#aa00aa", "#00aaaa", "#aaaaaa"),
    *("#555555", "#ff5555", "#55ff55", "#ffff55", "#5555ff", "#ff55ff", "#55ffff", "#ffffff"),
)
"""The 16 colours as two kinds of terminals have them; Rich takes them for the latter."""
NEARLY = 4.0
"""The contrast of xterm's grey on white, which is for what could be left out."""
FAINTLY = 2.5
"""The contrast of what is under a dialog, its frames too."""
OWN = {theme.name: theme for theme in THEMES}
EVERY = {**BUILTIN_THEMES, **OWN}
PLACE = Path(__file__).parents[3] / "tui"
SCREENS = [PLACE / name for name in ("app.py", "theme.tcss", "screens", "dialogs", "widgets")]
LITERAL = re.compile(
    r"#[0-9a-fA-F]{3,8}\b(?![-\w])|\brgba?\(|\bhsla?\(|\bansi_\w+|\b(?:on|bold|color:|background:)\s+"
    r"(?:black|white|red|green|yellow|blue|magenta|cyan|grey|gray|orange|purple|pink|brown)\b"
)
NAMED = re.compile(r"\$([a-z][\w-]*)")
"""A colour's name in a style sheet, or in a style that is written in Python."""
EXEMPT = ("themes.py", "contrast.py", "colours.py")
"""Where colours are made; the last has those of the output, which are of the program that printed it."""
TEXTUALS = {"background", "foreground", "surface", "panel", "accent"}


def sources() -> list[Path]:
    files = [one for place in SCREENS for one in ([place] if place.is_file() else place.rglob("*"))]
    return [one for one in files if one.suffix in (".py", ".tcss") and one.name not in EXEMPT]


@pytest.mark.parametrize("name", sorted(set(EVERY) - {"ansi-dark", "ansi-light"}))
def test_words_stand_out_in_every_theme(name: str) -> None:
    found = css_variables(EVERY[name])
    for word, grounds in GROUNDS.items():
        for ground in grounds:
            behind, colour = Color.parse(found[ground]), Color.parse(found[word])
            if behind.a == 1 and colour.a == 1:
                assert contrast(colour, behind) >= ENOUGH, f"{word} on {ground}"


@pytest.mark.parametrize("name", sorted(OWN))
def test_our_own_themes_need_no_help_and_are_readable_on_every_ground(name: str) -> None:
    theme = OWN[name]
    variables = {**theme.to_color_system().generate(), **theme.variables}
    assert set(NAMES) <= set(theme.variables)
    assert readable(variables) == variables
    words = [*(word for word in TEXTS if word not in ("st-quiet", "faint")), "foreground"]
    for ground in BANDS:
        for word in words:
            assert contrast(Color.parse(variables[word]), Color.parse(variables[ground])) >= ENOUGH, (word, ground)


def test_what_a_theme_gives_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    worked_out: list[object] = []
    monkeypatch.setattr("tui.widgets.looks.css_variables.readable", lambda given: (worked_out.append(given), given)[1])
    theme, other = Theme("one", primary="#ff0000"), Theme("other", primary="#0000ff")
    first = css_variables(theme)
    assert css_variables(theme) == first != css_variables(other)
    first.clear()  # the caller may do with it what it likes
    assert css_variables(theme)
    assert len(worked_out) == 2


def sixteen(colour: str) -> int:
    """Which of the 16 colours of a terminal a colour is shown in."""
    number = Rich.parse(colour).downgrade(ColorSystem.STANDARD).number
    assert number is not None
    return number


@pytest.mark.parametrize("name", [NIGHT_16, DAY_16])
@pytest.mark.parametrize("palette", [XTERM, VGA], ids=["xterm", "vga"])
def test_with_16_colours_words_stand_out_in_every_terminal(name: str, palette: Sequence[str]) -> None:
    found = css_variables(OWN[name])
    for word, grounds in {**GROUNDS, "foreground": ("background", "panel")}.items():
        for ground in grounds:
            shown = [Color.parse(palette[sixteen(found[one])]) for one in (word, ground)]
            assert contrast(*shown) >= NEARLY, f"{word} on {ground}"


@pytest.mark.parametrize("name", [NIGHT_16, DAY_16])
def test_a_theme_of_16_colours_has_no_others(name: str) -> None:
    variables = OWN[name].variables
    for one in set(NAMES) - set(OVER):
        assert variables[one] == VGA[sixteen(variables[one])], one


def test_in_16_colours_production_is_the_loudest() -> None:
    """Its whole bar has a ground of its own, those of a drill and a replay have not."""
    for name in (NIGHT_16, DAY_16):
        found = css_variables(OWN[name])
        assert found["prod-bg"] == found["prod-badge"] == "#aa0000"
        assert found["drill-bg"] == found["replay-bg"] == OWN[name].background


@pytest.mark.parametrize(("name", "numbers"), [(NIGHT_16, [9, 10, 12, 11, None]), (DAY_16, [1, None, 4, None, None])])
def test_in_16_colours_a_hosts_colour_is_the_terminals_own_where_it_can_be_read(
    name: str, numbers: list[int | None]
) -> None:
    pane = Color.parse(OWN[name].foreground or ""), Color.parse(OWN[name].background or "")
    styles = [style_of(Look(colour=number), *pane, few=True) for number in (1, 2, 4, 11, 7)]
    assert [style.color.number if style.color else None for style in styles] == numbers
    ground = style_of(Look(behind=2), *pane, few=True)
    assert (ground.reverse, ground.color) == (True, None)


def test_a_terminal_of_16_colours_gets_a_theme_of_them() -> None:
    assert [fitting(name, "standard") for name in (NIGHT, DAY, MONO, "nord")] == [NIGHT_16, DAY_16, MONO, "nord"]
    assert [fitting(name, "256") for name in (NIGHT, DAY)] == [NIGHT, DAY]


@pytest.mark.parametrize("name", sorted(EVERY))
def test_every_theme_has_every_name(name: str) -> None:
    found = css_variables(EVERY[name])
    for one in NAMES:
        Color.parse(found[one])


def test_the_terminals_own_colours_are_left_alone() -> None:
    theme = BUILTIN_THEMES["ansi-light"]
    variables = {**defaults(theme), **theme.to_color_system().generate(), **theme.variables}
    assert readable(variables) == variables


def test_black_on_white_is_the_most() -> None:
    assert round(contrast(Color.parse("#000000"), Color.parse("#ffffff"))) == 21


def test_no_widget_has_a_colour_of_its_own() -> None:
    found = [
        f"{file.relative_to(PLACE)}:{number}: {line.strip()}"
        for file in sources()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if LITERAL.search(line)
    ]
    assert found == []


def test_a_widget_names_colours_by_what_they_mean() -> None:
    known = TEXTUALS | set(NAMES)
    found = {
        f"{file.relative_to(PLACE)}: ${name}"
        for file in sources()
        for quoted in ([file.read_text(encoding="utf-8")] if file.suffix == ".tcss" else _styles(file))
        for name in NAMED.findall(quoted)
        if name not in known
    }
    assert found == set()


def _styles(file: Path) -> list[str]:
    """The texts of a module that could be styles: those that name a colour."""
    return re.findall(r'"((?:[a-z]+ )*\$[a-z][^"]*)"', file.read_text(encoding="utf-8"))


def test_production_is_the_loudest_mode() -> None:
    """Its bar is further from the rest of the screen than a drill's and a replay's, and its badge is red."""
    for theme in OWN.values():
        found = css_variables(theme)
        ground = Color.parse(found["background"])
        if theme.name != MONO:
            red, green, blue = Color.parse(found["prod-badge"]).rgb
            assert red > 2 * max(green, blue)
        else:
            assert contrast(Color.parse(found["prod-badge"]), ground) == max(
                contrast(Color.parse(found[f"{mode}-badge"]), ground) for mode in ("prod", "drill", "replay")
            )


@pytest.mark.parametrize("name", ["ansi-dark", "ansi-light"])
async def test_in_the_terminals_own_colours_what_is_under_a_dialog_is_faint(workspace: Workspace, name: str) -> None:
    """They cannot be blended with a veil."""
    async with RunbookApp(workspace, Config(theme=name)).run_test(size=(80, 24)) as pilot:
        app = pilot.app
        await until(pilot, lambda: "None yet" in shown(app))
        asked = Confirm("Update it", ["$ one"])
        app.push_screen(asked)
        await until(pilot, lambda: "$ one" in shown(app))
        box = asked.box.region
        for row, strip in enumerate(app.screen._compositor.render_strips(app.size)):
            for column, (text, style, _) in zip(
                accumulate((len(one.text) for one in strip), initial=0), strip, strict=False
            ):
                inside = box.contains(column, row)
                assert not text.strip() or bool(style and style.dim) is not inside, (row, column, text)


@pytest.mark.parametrize("name", SIXTEEN)
async def test_with_16_colours_what_is_under_a_dialog_is_still_read(workspace: Workspace, name: str) -> None:
    """A ground that is darkened is another of the sixteen, on which its words were not seen."""
    async with RunbookApp(workspace, Config(theme=name)).run_test(size=(80, 24)) as pilot:
        app = pilot.app
        await until(pilot, lambda: "None yet" in shown(app))
        app.push_screen(Confirm("Update it", ["$ one"]))
        await until(pilot, lambda: "$ one" in shown(app))
        looks = {
            one.style for strip in app.screen._compositor.render_strips(app.size) for one in strip if one.text.strip()
        }
        drawn = {(one.color.name, one.bgcolor.name) for one in looks if one and one.color and one.bgcolor}
        assert len(drawn) > 4
        for palette in (XTERM, VGA):
            seen = {pair: contrast(*(Color.parse(palette[sixteen(part)]) for part in pair)) for pair in drawn}
            assert {pair: found for pair, found in seen.items() if found < FAINTLY} == {}
