"""Holds the import contracts to what there is, and CONTRIBUTING's table to the contracts."""

import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
CONTRACTS: list[dict[str, Any]] = tomllib.loads(PROJECT)["tool"]["importlinter"]["contracts"]


def contract(kind: str) -> dict[str, Any]:
    """The first contract of a kind: of the layers, those of the whole program."""
    return next(one for one in CONTRACTS if one["type"] == kind)


def layers() -> list[list[str]]:
    """The layers from the top to the bottom, each with its modules in the order in which they are named."""
    return [[name.strip() for name in layer.split("|")] for layer in contract("layers")["layers"]]


def table() -> list[list[str]]:
    """The rows of CONTRIBUTING's table, each with the modules that it names."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`tui/[^|]*) \| [^|]+ \|$", page, re.MULTILINE)
    return [[Path(name).stem for name in re.findall(r"`tui/([^`]+)`", row)] for row in rows]


def test_the_layers_are_the_modules_that_there_are() -> None:
    there = {path.stem for path in (ROOT / "tui").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert {name for layer in layers() for name in layer} == there - {"__init__"}
    assert contract("layers")["exhaustive"] is True


def test_the_table_of_contributing_is_the_layers() -> None:
    assert table() == layers()


def test_the_folders_of_the_engine_are_in_the_guide() -> None:
    """What stands below a row is found by its name alone; screens, widgets and kinds of probes are called as on it."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    engine = ("execution", "exports", "importing", "runbook", "session", "sharing", "transports")
    folders = [path.parent for name in engine for path in sorted((ROOT / "tui" / name).glob("*/__init__.py"))]
    assert len(folders) > 40
    assert [
        str(one) for one in folders if f"`{one.name}/`" not in page and f"{one.parent.name}/{one.name}/" not in page
    ] == []


def test_the_engine_names_only_modules_that_there_are() -> None:
    named = [ROOT.joinpath(*name.split(".")) for name in contract("forbidden")["source_modules"]]
    assert [path for path in named if not path.with_suffix(".py").exists() and not path.is_dir()] == []


def test_no_folder_is_left_out_of_the_search_for_circles() -> None:
    modules = {path.parent for path in (ROOT / "tui").rglob("*.py")}
    unseen = [str(folder) for folder in modules if not (folder / "__init__.py").exists()]
    assert unseen == [], "the contracts see packages alone"
    circles = contract("acyclic_siblings")
    assert circles["ancestors"] == ["tui", "tui.**"]
    assert not circles.keys() & {"ignore_imports", "skip_descendants"}


def test_each_contract_says_why() -> None:
    assert len(
        re.findall(r"^# Why: [^\n]+\n(?:# [^\n]+\n)*\[\[tool\.importlinter\.contracts\]\]", PROJECT, re.MULTILINE)
    ) == len(CONTRACTS)
