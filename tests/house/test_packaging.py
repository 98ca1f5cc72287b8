"""Checks that what is shipped is whole, works away from the checkout, and is locked without naming any index."""

import ast
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from itertools import chain
from pathlib import Path

import pytest
from click.testing import CliRunner
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import tui
from tests.support.screens.terminal import terminal
from tui.cli.main import main

ROOT = Path(__file__).parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
IMPORT = re.compile(r"^\s*(?:import|from)\s+(\w+)", re.MULTILINE)
# In pieces, so that this file does not hold what it looks for.
INDEX_HOSTS = [
    ".".join(pieces)
    for pieces in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("rubygems", "org"),
        ("proxy.golang", "org"),
    )
]


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [path for name in listed.decode().split("\0") if name and (path := ROOT / name).is_file()]


def locked(kind: str) -> dict[str, str]:
    """Name and version of everything a lock file holds; fails on a line that has no hash."""
    text = (ROOT / "requirements" / f"{kind}.txt").read_text().replace("\\\n", " ")
    versions = {}
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            assert "--hash=sha256:" in line, f"no hash: {line}"
            name, _, rest = line.partition("==")
            versions[canonicalize_name(name)] = rest.split()[0]
    return versions


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel in it, which borrows the dependencies of the one that runs the tests."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False)
    python = folder / "bin/python"
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stderr}\n(the environment has no pip? `make check` mends that)"
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


def test_the_wheel_holds_every_module_and_the_data(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    sources = {str(path.relative_to(ROOT)) for path in tracked_files() if path.is_relative_to(ROOT / "tui")}
    drills = {f"tui/bundled/{path.relative_to(ROOT)}" for path in (ROOT / "drills").glob("*.toml")}
    assert drills
    parts = {f"tui/bundled/{path.relative_to(ROOT)}" for path in (ROOT / "runbook").glob("*.toml")}
    assert len(parts) > 5
    assert sources | drills | parts | {"tui/bundled/runbook.toml"} <= names
    assert not [name for name in names if not name.startswith(("tui/", "runbook_tui-"))]


def test_the_installed_program_works_in_an_empty_directory(installed: Path, tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    where = "import tui.resources as r; print(r.bundled('runbook.toml')); print(r.bundled('drills'))"
    asked = subprocess.run(
        [installed / "python", "-c", where], cwd=tmp_path, env=home, capture_output=True, text=True, check=False
    )
    assert asked.returncode == 0, asked.stderr
    assert all(line.startswith(str(installed.parent)) for line in asked.stdout.split())
    for arguments in (["--version"], ["drill", "--help"], ["lint", "--demo"], ["show", "--demo"]):
        run = subprocess.run(
            [installed / "runbook", *arguments], cwd=tmp_path, env=home, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, (arguments, run.stdout, run.stderr)
        assert run.stdout.strip(), arguments
        assert "warning:" not in run.stdout, run.stdout  # of a document that is not beside the runbook, say


def test_the_installed_drill_opens_in_a_terminal_in_an_empty_directory(installed: Path, tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    with terminal([installed / "runbook", "drill"], tmp_path, home) as opened:
        opened.wait_for("DRILL")
        opened.press("q")
        assert opened.wait() == 0
    assert b"Traceback" not in opened.received


def test_no_tracked_file_names_a_package_index() -> None:
    files = tracked_files()
    assert ROOT / "pyproject.toml" in files
    naming = [path for path in files if any(host.encode() in path.read_bytes() for host in INDEX_HOSTS)]
    assert naming == []


@pytest.mark.parametrize("kind", ["run", "dev"])
def test_the_lock_meets_what_the_project_asks_for(kind: str) -> None:
    groups = PROJECT["dependency-groups"]
    asked = [*PROJECT["project"]["dependencies"], *groups["build"]]
    if kind == "dev":
        asked += [entry for entry in groups["dev"] if isinstance(entry, str)]
    versions = locked(kind)
    for requirement in map(Requirement, asked):
        assert versions[canonicalize_name(requirement.name)] in requirement.specifier, f"run make lock: {requirement}"
    assert locked("run").items() <= locked("dev").items()


def test_every_dependency_has_its_reason_written_down() -> None:
    page = (ROOT / "docs/dependencies.md").read_text()
    asked = [
        *PROJECT["project"]["dependencies"],
        *PROJECT["dependency-groups"]["build"],
        *PROJECT["dependency-groups"]["dev"],
    ]
    names = [Requirement(entry).name for entry in asked if isinstance(entry, str)]
    assert [name for name in names if f"| {name} |" not in page] == []


def begun_with(source: Path) -> set[str]:
    """The words that lines begin to import: more than the packages, where a text begins so; ruff has one a line."""
    return set(IMPORT.findall(source.read_text()))


def imported(source: Path) -> set[str]:
    """The packages that a module imports, at its top or anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").partition(".")[0])
    return found


def undeclared(sources: Iterable[Path], entries: Iterable[object]) -> set[str]:
    """What the sources import that is neither ours nor asked for by one of the entries."""
    asked = {canonicalize_name(Requirement(entry).name) for entry in entries if isinstance(entry, str)}
    packages = packages_distributions()
    ours = {"tui", "tests", "support", "tools", "bench"}
    fine = sys.stdlib_module_names | ours

    def declared(name: str) -> bool:
        return name in fine or bool(asked & {canonicalize_name(one) for one in packages.get(name, [name])})

    doubtful = [source for source in sources if not all(map(declared, begun_with(source)))]
    return {name for name in set().union(*map(imported, doubtful)) if not declared(name)}


def test_what_is_imported_is_declared() -> None:
    """What another dependency happens to bring may be gone with its next release."""
    run, groups = PROJECT["project"]["dependencies"], PROJECT["dependency-groups"]
    run = [*run, *chain.from_iterable(PROJECT["project"]["optional-dependencies"].values())]
    assert undeclared((ROOT / "tui").rglob("*.py"), run) == set()
    ours = [path for folder in ("tests", "tools", "bench") for path in (ROOT / folder).rglob("*.py")]
    developing = [*run, *groups["build"], *groups["dev"], *groups["bench"]]
    assert undeclared([*ours, ROOT / "hatch_build.py"], developing) == set()


def test_continuous_integration_runs_the_gates_without_a_terminal() -> None:
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    assert "make check test </dev/null" in script.read_text()


def test_a_checkout_knows_its_version_whether_it_is_installed_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tui.__version__ == version(PROJECT["project"]["name"])

    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", missing)
    assert CliRunner().invoke(main, ["--version"]).output == f"runbook, version {tui.__version__}\n"


def test_the_version_is_said_before_anything_else_is_loaded() -> None:
    code = "import sys; sys.argv = ['runbook', '--version']; from tui.__main__ import main; main(); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    said, loaded = ran.stdout.splitlines()
    assert said == f"runbook, version {tui.__version__}"
    assert not {"click", "msgspec", "importlib.metadata"} & set(loaded.split())
