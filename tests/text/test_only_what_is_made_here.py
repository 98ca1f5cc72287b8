"""Widgets and the command line show what `tui/text/` made, and nothing else: what the type checker does not see.

Whatever of Textual and Rich is made or grown from is named here: a new widget fails until somebody has looked whether
it shows text that it is given. What shows some is behind a class of `tui/widgets/` that takes a `Block`.
"""

import ast
from collections.abc import Sequence
from pathlib import Path

import pytest

import tui
from tests.support.source.source_trees import nodes_of

ROOT = Path(tui.__file__).parent
OUTSIDE = ("textual", "rich")
SHOWS_NOTHING = {
    *("App", "Screen", "ModalScreen", "Widget", "ScrollView", "Horizontal", "Vertical", "VerticalScroll", "Footer"),
    *("Message", "Worker", "Timer", "Size", "Scalar", "Region", "Strip", "Color", "reactive", "var", "on", "events"),
    *("cell_len", "set_cell_size", "get_character_cell_size", "MessagePump", "AwaitComplete", "getters"),
    *("Style", "RichColor", "Theme", "LayoutUpdate", "Provider", "Grid", "Content", "Stylesheet", "LRUCache"),
}
"""What shows no text of its own, or only the names of keys; what `render` gives is looked at below."""
MAY = {
    ("widgets/said.py", "Static"): "takes blocks",
    ("widgets/said.py", "Button"): "takes blocks",
    ("widgets/said.py", "RadioButton"): "takes blocks",
    ("widgets/fields/option_rows.py", "Option"): "takes blocks",
    ("widgets/fields/option_rows.py", "OptionList"): "takes rows, which take blocks",
    ("widgets/fields/line_input.py", "Input"): "makes its value safe itself, or shows dots",
    ("widgets/fields/line_input.py", "SuggestFromList"): "made safe there",
    ("widgets/draft.py", "TextArea"): "makes its text safe itself",
    ("widgets/spans.py", "ChopsUpdate"): "writes strips that were drawn",
    ("widgets/spans.py", "Control"): "moves the cursor",
    ("widgets/spans.py", "Compositor"): "places what was drawn",
    ("widgets/words.py", "_RenderCache"): "keeps strips that were drawn",
    ("widgets/fields/choices.py", "Visual"): "draws pieces, which were made safe",
    ("widgets/looks/ascii.py", "ScrollBarRender"): "draws grounds alone",
    ("widgets/page.py", "Segment"): "what was drawn, faint",
    ("widgets/page.py", "BackgroundScreen"): "a screen that was drawn",
    ("widgets/words.py", "Visual"): "draws a block",
    ("widgets/step/card.py", "Visual"): "draws a block",
    ("widgets/looks/figures.py", "Digits"): "a clock",
    ("screens/setup/fields.py", "RadioSet"): "made of choices, which take blocks",
    ("screens/palette/screen.py", "CommandPalette"): "offers the program's own words",
    ("screens/palette/screen.py", "DiscoveryHit"): "takes words that were made safe",
    ("screens/palette/screen.py", "Command"): "takes a block",
    ("actions.py", "Binding"): "the program's own words",
    ("screens/home/screen.py", "Binding"): "the program's own words",
    ("screens/setup/fields.py", "Binding"): "not shown",
    ("dialogs/confirm.py", "Binding"): "not shown",
    ("dialogs/moved.py", "Binding"): "not shown",
    ("dialogs/taken_up.py", "Binding"): "not shown",
    ("widgets/output/view.py", "Binding"): "not shown",
    ("widgets/looks/ascii.py", "LineFilter"): "changes signs of what was made safe",
}
MAKERS = {"Shown", "Block"}
MAKES = {("widgets/looks/ascii.py", "Shown"): "an ASCII character for each sign of what was made safe"}
BLOCKS = {"block", "shown", "pieces", "lines_of", "styled", "last_words"}
SAYERS: dict[str, set[str]] = {
    "notify": {"app.py"},
    "echo": {"cli/printing.py"},
    **{name: set() for name in ("secho", "print", "confirm", "prompt", "echo_via_pager", "progressbar", "panic")},
    **{name: set() for name in ("add_option", "add_options", "set_options", "replace_option_prompt", "visualize")},
    **{name: set() for name in ("add_row", "add_column", "write_line", "write_lines", "set_content")},
}
"""What says any text it is given, and who may use it; of `add_option` and `update` the wrapper's own module."""
SAYERS["add_option"] = {"widgets/fields/option_rows.py"}
DRAWN = {"title", "sub_title", "border_title", "border_subtitle", "label", "tooltip", "placeholder", "suggester"}
"""What Textual draws as soon as it is set, or given by this name to a widget."""
SET = {"widgets/fields/line_input.py", "widgets/said.py"}
UPDATES = {
    "widgets/said.py": "a block",
    "widgets/rollback/head.py": "a clock",
    "screens/home/listing.py": "a clock",
    "widgets/output/rows.py": "a set of places",
}
STREAMS = {"stdout", "stderr", "__stdout__", "__stderr__"}
WRITES = {
    "__main__.py": "a number",
    "cli/printing.py": "made safe there",
    "headless/tables.py": "an export",
    "drill/server.py": "JSON, to us",
}


LOOKED_AT = (
    *(ast.Import, ast.ImportFrom, ast.Attribute, ast.Call, ast.ClassDef, ast.FunctionDef),
    *(ast.Assign, ast.AnnAssign, ast.AugAssign),
)
"""The kinds of nodes that can be a fault, or say what a name is."""


def sources() -> list[Path]:
    return [path for path in ROOT.rglob("*.py") if not path.is_relative_to(ROOT / "text")]


def test_no_other_module_makes_what_is_shown() -> None:
    read = ((str(path.relative_to(ROOT)), list(nodes_of(path, *LOOKED_AT))) for path in sources())
    wrong = [line for here, nodes in read for line in faults(here, nodes)]
    assert wrong == [], "take what tui/widgets/ or tui/text/block.py has; say by Front.say, or tell"


def faults(here: str, nodes: Sequence[ast.AST]) -> list[str]:
    """What of a module's nodes could give a terminal a text that nobody made safe."""
    shows = here.startswith(("widgets/", "screens/", "dialogs/", "front/")) or here in (
        "app.py",
        "attention.py",
        "taking_up.py",
    )
    made, ours = made_in(nodes), set[str]()
    found: list[str] = []
    for node in nodes:
        if isinstance(node, ast.Import):
            found += [f"{here} imports {one.name} whole" for one in node.names if one.name.split(".")[0] in OUTSIDE]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tui.text"):
            ours |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in OUTSIDE:
            names = {one.asname or one.name for one in node.names} - SHOWS_NOTHING
            found += [f"{here} makes a {one}" for one in names & made if (here, one) not in MAY]
    for node in nodes:
        found += [f"{here}:{node.lineno} {fault}" for fault in of_node(here, node, ours, shows)]  # type: ignore[attr-defined]  # those with a fault have one
    return found


def of_node(here: str, node: ast.AST, ours: set[str], shows: bool) -> list[str]:
    name, found = name_of(node), []
    if name in MAKERS & ours and (here, name) not in MAKES:
        found.append(f"makes a {name} itself")
    if name in SAYERS and here not in SAYERS[name] and (name != "notify" or (isinstance(node, ast.Call) and node.args)):
        found.append(f"says something by {name}")
    if isinstance(node, ast.Attribute) and node.attr in STREAMS and here not in WRITES and is_named(node.value, "sys"):
        found.append(f"writes to {node.attr}")
    if not shows:
        return found
    if name == "update" and here not in UPDATES:
        found.append("says something by update")
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        drawn = [one.attr for one in targets if isinstance(one, ast.Attribute) and one.attr in DRAWN]
        if here not in SET and name_of(node.value or node) not in BLOCKS:
            found += [f"sets {one}" for one in drawn]
    if isinstance(node, ast.FunctionDef) and node.name in ("render", "render_line", "render_lines", "_render"):
        gives = ast.unparse(node.returns) if node.returns else ""
        safe = ("Block", "Strip", "list[Strip]", "RenderableType")
        found += [] if gives in safe else [f"{node.name} gives {gives or 'anything'}"]
    if name == "exit" and isinstance(node, ast.Call):
        last = [one.value for one in node.keywords if one.arg == "message"]
        found += [f"ends with {ast.unparse(one)}" for one in last if name_of(one) not in ("parting", *BLOCKS)]
    return found


def is_named(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def name_of(node: ast.AST) -> str:
    """What a call calls: the last part of its name."""
    function = node.func if isinstance(node, ast.Call) else None
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def made_in(nodes: Sequence[ast.AST]) -> set[str]:
    """The names of what is made or grown from, and not only asked for (`query_one(Button)`)."""
    made: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Call):
            owner = node.func.value if isinstance(node.func, ast.Attribute) else node.func  # Content.assemble
            made |= {owner.id} if isinstance(owner, ast.Name) else set()
        elif isinstance(node, ast.ClassDef):
            bases = [base.value if isinstance(base, ast.Subscript) else base for base in node.bases]
            made |= {base.id for base in bases if isinstance(base, ast.Name)}
    return made


def test_what_may_make_it_still_does() -> None:
    """An exception that nobody needs any more is taken out."""
    for here, name in MAY:
        assert name in made_in(list(nodes_of(ROOT / here, *LOOKED_AT))), f"{here} makes no {name} any more"


HOLES = {
    "from textual.widgets import Static\nStatic(host)": "makes a Static",
    "from textual.widgets import DataTable\nclass Mine(DataTable[str]): ...": "makes a DataTable",
    "from textual.widgets import Tree\nTree(host)": "makes a Tree",
    "from textual.widgets import Select\nSelect([(host, 1)])": "makes a Select",
    "from textual.widgets._label import Label\nLabel(host)": "makes a Label",
    "from textual.widgets import Input\nInput(placeholder=host)": "makes a Input",
    "from textual import widgets\nwidgets.Label(host)": "makes a widgets",
    "import textual.widgets\ntextual.widgets.Label(host)": "imports textual.widgets whole",
    "from textual.content import Content as C\nC.from_markup(host)": "makes a C",
    "from rich.text import Text\nText(host)": "makes a Text",
    "from rich.console import Console\nConsole().print(host)": "makes a Console",
    "self.border_title = host": "sets border_title",
    "self.title: str = host": "sets title",
    "button.label = f'{host}'": "sets label",
    "self.app.sub_title += host": "sets sub_title",
    "self.tooltip = host": "sets tooltip",
    "self.app.notify(host)": "says something by notify",
    "self.query_one('#a').update(host)": "says something by update",
    "table.add_row(host)": "says something by add_row",
    "listed.add_option(host)": "says something by add_option",
    "def render(self) -> str: return host": "render gives str",
    "def render_line(self, y): return host": "render_line gives anything",
    "self.exit(message=host)": "ends with host",
    "import click\nclick.secho(host)": "says something by secho",
    "import sys\nsys.stderr.write(host)": "writes to stderr",
    "print(host)": "says something by print",
    "from tui.text.sanitise import Shown\nShown(host)": "makes a Shown itself",
    "from tui.text.block import Block\nBlock(host)": "makes a Block itself",
}


@pytest.mark.parametrize("hole", HOLES)
def test_it_finds_a_hole(hole: str) -> None:
    found = faults("screens/new.py", list(ast.walk(ast.parse(hole))))
    assert [one for one in found if HOLES[hole] in one], found
