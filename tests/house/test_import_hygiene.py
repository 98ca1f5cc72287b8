"""Keeps the engine free of Textual, start-up free of what it does not use, and the program free of any runbook."""

import ast
import json
import os
import re
import statistics
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import msgspec
import pytest

from tests.support.source.source_trees import TUI, nodes, nodes_of, sources
from tui.execution.beginning.read_beside import HandedOver
from tui.resources import bundled
from tui.runbook.reading.load import load_with_text

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "tui"
ENGINE = ("runbook", "importing", "session", "signing", "execution", "transports")
ENGINE += ("probes", "exports", "drill", "headless", "sharing")
DRIVERS = {"docker", "boto3", "botocore", "psycopg", "pymysql", "redis", "httpx", "websockets"}
SOURCES = sorted(PACKAGE.rglob("*.py"))
TESTS = [path for folder in ("tests", "tools") for path in sorted((ROOT / folder).rglob("*.py"))]


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def loaded_after(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter holds after running this code."""
    tail = "\nimport json, sys\nprint(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    run = subprocess.run([sys.executable, "-c", code + tail], capture_output=True, text=True, cwd=ROOT, check=False)
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout.splitlines()[-1]))


@cache
def loaded_by_engine_and_by_others() -> tuple[set[str], set[str]]:
    """What the whole engine loads, and what everything but the probes does.

    A fork of the interpreter that has what both need imports the probes, and tells first.
    """
    modules = [module_name(path) for path in SOURCES if path.relative_to(PACKAGE).parts[0] in ENGINE]
    others = {module_name(path) for path in SOURCES} - {*modules, "tui.__main__"}
    assert "tui.execution.conductor.conductor" in modules
    there = "{name.partition('.')[0] for name, module in sys.modules.items() if module}"
    tells = f"print(json.dumps(sorted({there})), flush=True)"
    lines = ["import json, os, sys"]
    lines += [f"import {name}" for name in modules if not name.startswith("tui.probes.")]
    lines += ["if os.fork() == 0:"]
    lines += [f"    import {name}" for name in modules if name.startswith("tui.probes.")]
    lines += [f"    {tells}", "    os._exit(0)", "os.wait()"]
    lines += [f"import {name}" for name in sorted(others)]
    code = "\n".join([*lines, tells])
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert run.returncode == 0, run.stderr
    engine, program = map(json.loads, run.stdout.splitlines())
    return set(engine), set(program)


def test_the_engine_never_imports_textual() -> None:
    loaded, _ = loaded_by_engine_and_by_others()
    assert "textual" not in loaded
    assert "paramiko" in loaded
    assert "invoke" not in loaded, "paramiko imports it for what the program does itself: a third of its time"
    assert loaded & DRIVERS, "probes have them"


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--headless", "--help"], ["drill", "--help"]])
def test_a_command_line_imports_neither_textual_nor_drivers(arguments: list[str]) -> None:
    loaded = loaded_after(f"from tui.cli.main import main\ntry:\n    main({arguments!r})\nexcept SystemExit:\n    pass")
    assert not loaded & (DRIVERS | {"textual", "paramiko"})


def test_the_first_screen_is_there_before_what_it_does_not_need() -> None:
    """Each module is a third of a millisecond before anything is seen, and these bring others."""
    code = "import tui.app, tui.screens.home.screen, sys; assert 'tui.runbook.reading.lint' not in sys.modules"
    assert not loaded_after(code) & {"statistics", "html", "paramiko", "hashlib"}


def test_the_first_frame_is_painted_before_sessions_and_drills_are_loaded(tmp_path: Path) -> None:
    """They were half of its modules; the runbook is read by a process beside it meanwhile."""
    handed = tmp_path / "handed"
    handed.write_bytes(msgspec.msgpack.encode(HandedOver(*load_with_text(bundled("runbook.toml")))))
    code = (
        "import sys, msgspec, tui.app, tui.cli.main, tui.screens.home.screen; from pathlib import Path\n"
        "from tui.cli.wiring import open_workspace\n"
        "from tui.execution.beginning.read_beside import HandedOver\n"
        "found = msgspec.msgpack.decode(Path(sys.argv[1]).read_bytes(), type=HandedOver)\n"
        "workspace = open_workspace(None, read=lambda: (found.runbook, found.text))\n"
        "def painted(screen):\n"
        "    print(*sys.modules, file=sys.__stdout__, flush=True)\n"
        "    screen.app.exit()\n"
        "tui.screens.home.screen.HomeScreen.seen = painted\n"
        "tui.app.RunbookApp(workspace).run(headless=True, size=(120, 40))\n"
    )
    command = [sys.executable, "-c", code, str(handed)]
    unset = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True, env=unset)
    loaded = set(done.stdout.split())
    late = {"tomli", "tui.cli.drills", "tui.cli.people.following", "tui.cli.sessions"}
    late |= {"tui.session.state", "tui.session.events", "tui.session.journal.journal", "tui.drill.rehearsals"}
    late |= {"tui.runbook.shell.lexer", "tui.runbook.groups.members", "tui.runbook.templates.filling"}
    late |= {"tui.runbook.reading.load", "tui.runbook.patterns.bounded", "tui.execution.secrecy.forms", "zoneinfo"}
    assert not loaded & (late | {"tui.signing.statement", "tui.signing.signers"})
    assert sum(name.startswith("tui.") for name in loaded) < 115


def test_a_screen_is_there_before_openssl_and_tls_can_be_spoken_after_it() -> None:
    code = (
        "import sys; from tui.cli.launching import load_screens; load_screens('tui.screens.home.screen')\n"
        "assert 'asyncio' in sys.modules and not sys.modules.keys() & {'ssl', '_ssl'}\n"
        "import ssl, tui.probes.tls; ssl.create_default_context()"
    )
    loaded_after(code)


def test_nobody_speaks_tls_by_way_of_asyncio() -> None:
    """With a screen it has none; what draws the screen needs no connection."""
    importing = {
        name for name, node in nodes(ast.Import, words=("asyncio",)) for one in node.names if "asyncio" in one.name
    }
    importing |= {name for name, node in nodes(ast.ImportFrom, words=("asyncio",)) if "asyncio" in (node.module or "")}
    assert importing == {"front/front.py", "front/notifier.py", "widgets/page.py"}
    used = {node.attr for _, node in nodes(ast.Attribute, words=("asyncio",)) if ast.unparse(node.value) == "asyncio"}
    assert not {name for name in used if "connection" in name or "server" in name or "tls" in name}, used


def test_only_probes_may_import_a_driver_at_their_top() -> None:
    _, loaded = loaded_by_engine_and_by_others()
    assert "textual" in loaded
    assert not loaded & DRIVERS


def test_the_program_does_not_know_its_first_runbook() -> None:
    knowing = [
        path
        for path in PACKAGE.rglob("*")
        if path.suffix in {".py", ".tcss"}
        if b"multinotes" in path.read_bytes().lower()
    ]
    assert knowing == []


def test_no_helper_is_handed_more_than_six_things() -> None:
    """More of them are one thing that has no name yet. Interfaces may have more, which are given by name."""
    wrong = []
    for path, text in sources().items():
        for node in nodes_of(path, ast.FunctionDef, ast.AsyncFunctionDef) if "def _" in text else ():
            given = [one.arg for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
            if node.name.startswith("_") and not node.name.startswith("__") and len(given) - ("self" in given) > 6:
                wrong.append(f"{path.relative_to(TUI)}: {node.name} takes {', '.join(given)}")
    assert wrong == []


def test_a_module_has_one_subject() -> None:
    wrong = [f"{path}: more than 400 lines" for path in TESTS if path.read_text().count("\n") > 400]
    for path, text in sources().items():
        lines, name = text.count("\n"), path.relative_to(TUI)
        if lines > 400:
            wrong.append(f"{name}: a file of {lines} lines has two subjects")
        if text and not text.startswith('"""'):
            wrong.append(f"{name}: a module opens with a sentence saying why it exists")
        wrong += [
            f"{name}: {node.name}: {node.end_lineno - node.lineno + 1} lines"
            for node in (nodes_of(path, ast.FunctionDef, ast.AsyncFunctionDef) if lines >= 50 else ())
            if node.end_lineno is not None and node.end_lineno - node.lineno >= 50
        ]
    assert wrong == []


TWICE = {
    "__init__": "an error's, which a function of two errors would not make shorter; docker's two classes",
    "close": "of a channel and of a terminal, which share nothing else",
    "run": "of a host that connects and of this machine, which does not",
    "_viewer": "of the screens of a session, and of its summary, which is none of them",
}
"""Functions that are written twice as they are, and why."""
LONGEST = 90
"""Characters of a body from which on it is not written a second time."""


def test_no_function_is_written_twice() -> None:
    places: dict[str, list[str]] = {}
    for path, source in sources().items():
        lines = [line.strip() for line in source.splitlines()]
        for node in nodes_of(path, ast.FunctionDef, ast.AsyncFunctionDef):
            told = isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant)
            text = "\n".join(lines[node.body[-1 if len(node.body) == 1 else int(told)].lineno - 1 : node.end_lineno])
            if len(text) > LONGEST and node.name not in TWICE:
                places.setdefault(text, []).append(f"{path.relative_to(TUI)}: {node.name}")
    assert len(places) > 1000
    assert [where for where in places.values() if len(where) > 1] == []


def test_a_folder_is_seen_at_a_glance() -> None:
    measured = (ROOT / "bench").rglob("*.py")
    modules = Counter(path.parent for path in (*SOURCES, *TESTS, *measured))
    assert [str(folder) for folder, number in modules.items() if number > 14] == []
    assert statistics.median(path.read_text().count("\n") for path in SOURCES) < 120


def test_no_handler_calls_the_one_above_it() -> None:
    twice = [
        f"{name}: {node.func.attr}, line {node.lineno}: Textual calls the handler of every class by itself"
        for name, node in nodes(ast.Call, words=("super().",))
        if isinstance(node.func, ast.Attribute)
        if isinstance(node.func.value, ast.Call) and getattr(node.func.value.func, "id", "") == "super"
        if node.func.attr.removeprefix("_").startswith(("on_", "key_"))
        if node.func.attr not in ("on_event", "_on_message")  # what hands messages to handlers
    ]
    assert twice == []


def test_what_has_three_answers_names_them() -> None:
    """None beside True and False says nothing; Textual's own `check_action` cannot be otherwise.

    What is asked with three answers names them too.
    """
    unnamed = [
        f"{name}: {argument.arg}, line {argument.lineno}: an enum says what each answer is, or two functions do"
        for name, argument in nodes(ast.arg, words=("bool | None", "None | bool"))
        if argument.annotation is not None
        and re.fullmatch(r"bool \| None|None \| bool", ast.unparse(argument.annotation))
    ]
    unnamed += [
        f"{name}: {node.name}, line {node.lineno}: an enum says what each answer is"
        for name, node in nodes(ast.FunctionDef, ast.AsyncFunctionDef, words=("bool | None", "None | bool"))
        if node.name != "check_action"
        if node.returns is not None and re.search(r"\bbool \| None|\bNone \| bool", ast.unparse(node.returns))
    ]
    assert unnamed == []


IGNORED = re.compile(r"# (noqa(: [A-Z0-9, ]+)?|type: ignore(\[[a-z, -]+\])?)$")


def test_what_is_ignored_says_why() -> None:
    unsaid = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in ("tui", "tests", "bench", "tools")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if IGNORED.search(line)
    ]
    assert unsaid == []
