"""Widgets and the command line show what `tui/text/` made, and nothing else: what the type checker does not see."""

import ast
from pathlib import Path

import tui

ROOT = Path(tui.__file__).parent
RAW = {
    "textual.widgets": {"Static", "Label", "Button", "RadioButton", "Checkbox", "DataTable", "Tree", "Markdown", "Log"}
    | {"RichLog", "Pretty", "Digits", "Link", "Collapsible", "SelectionList", "Select", "Tabs", "Placeholder"},
    "textual.widgets.option_list": {"Option"},
    "textual.content": {"Content"},
    "rich.segment": {"Segment"},
    "rich.text": {"Text"},
}
"""What shows any text it is given."""
MAY = {
    ("widgets/said.py", "Static"): "takes blocks",
    ("widgets/said.py", "Button"): "takes blocks",
    ("widgets/said.py", "RadioButton"): "takes blocks",
    ("widgets/said.py", "Option"): "takes blocks",
    ("widgets/rollback_head.py", "Digits"): "a clock",
    ("app.py", "Text"): "the last words after the screen is gone, made safe there",
    ("screens/fault.py", "Text"): "the last words after the screen is gone, made safe there",
}
MAKERS = {"Shown", "Block"}
SAYERS = {"notify": "app.py", "echo": "cli_output.py", "secho": "", "print": ""}
"""What says any text it is given, and who may use it."""


def test_no_other_module_makes_what_is_shown() -> None:
    wrong = [line for path in ROOT.rglob("*.py") if not path.is_relative_to(ROOT / "text") for line in faults(path)]
    assert wrong == [], "take what tui/widgets/said.py or tui/text/block.py has; say by Front.say, or tell"


def faults(path: Path) -> list[str]:
    tree, here = ast.parse(path.read_text()), str(path.relative_to(ROOT))
    found = []
    imported: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tui.text"):
            imported |= {one.name for one in node.names}
        if isinstance(node, ast.ImportFrom):
            raw = {one.name for one in node.names} & RAW.get(node.module or "", set())
            found += [f"{here} makes a {name}" for name in raw if used(tree, name) and (here, name) not in MAY]
    for node in ast.walk(tree):
        name = name_of(node)
        if name in MAKERS & imported:
            found.append(f"{here} makes a {name} itself, line {node.lineno}")
        elif name in SAYERS and here != SAYERS[name] and (name != "notify" or node.args):
            found.append(f"{here} says something by {name}, line {node.lineno}")
    return found


def name_of(node: ast.AST) -> str:
    """What a call calls: the last part of its name."""
    function = node.func if isinstance(node, ast.Call) else None
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def used(tree: ast.Module, name: str) -> bool:
    """Whether something of this name is made or grown from, and not only asked for (`query_one(Button)`)."""
    for node in ast.walk(tree):
        if name_of(node) == name:
            return True
        owner = node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
        if isinstance(owner, ast.Name) and owner.id == name:
            return True  # Content.assemble
        if isinstance(node, ast.ClassDef) and name in {one.id for one in node.bases if isinstance(one, ast.Name)}:
            return True
    return False


def test_what_may_make_it_still_does() -> None:
    """An exception that nobody needs any more is taken out."""
    for here, name in MAY:
        assert used(ast.parse((ROOT / here).read_text()), name), f"{here} makes no {name} any more"
