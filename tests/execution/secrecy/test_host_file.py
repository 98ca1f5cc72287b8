"""An application's environment file is read as python-dotenv reads it, and nothing of it is executed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from dotenv import dotenv_values
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.runbooks.runbooks import small
from tui.execution.commands import prepare
from tui.execution.secrecy.host_file import CANNOT_READ, variables
from tui.execution.secrecy.redaction import Redactor
from tui.execution.secrecy.secrets import Secrets
from tui.runbook.model import Action

SHELLS = [shell for shell in (["bash"], ["dash"], ["busybox", "sh"]) if shutil.which(shell[0])]
AWKS = [[*awk] for awk in (("mawk",), ("gawk",), ("busybox", "awk")) if shutil.which(awk[0])]
NAMES = ("A", "B", "SECRET_KEY", "DB_PASSWORD")
EXAMPLES = int(os.environ.get("RUNBOOK_HOST_FILES", "20"))

PIECES = st.sampled_from(
    [*"AB=#'\"\\$ {}:-\n\r\t&;|`()~!%<>*?é字", "\x0b", "\x1c", "\x85", "\xa0", "\u2003", "\u3000"]
    + ["A=", "B='", "\nA=", '\nB="', "export ", "${A}", "${B:-x}", "${A:", "'A'", "\\n", "\\'", " # ", "touch canary"]
)
FILES = st.lists(PIECES, max_size=40).map("".join)
VALUES = st.text(st.characters(exclude_characters="\x00\r\n'", exclude_categories=["Cs"]), max_size=30)


def read(path: Path, shell: list[str], environment: dict[str, str]) -> tuple[list[str | None], bytes]:
    """What the variables are afterwards, and whatever else was printed."""
    prints = " ".join(f'"${{{name}-unset}}"' for name in NAMES)
    script = f"{variables(str(path), NAMES)}\nprintf '%s\\0' {prints}"
    ran = subprocess.run([*shell, "-c", script], capture_output=True, env=environment, cwd=path.parent, check=False)
    found = [None if one == "unset" else one for one in ran.stdout.decode().split("\0")[:-1]]
    return found, ran.stderr


@pytest.fixture(scope="module", params=AWKS, ids=" ".join)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Where a file can be, and an environment in which `awk` is one of those there are."""
    folder = tmp_path_factory.mktemp("host")
    (folder / "bin").mkdir()
    program, *words = request.param
    (folder / "bin" / "awk").write_text(f'#!/bin/sh\nexec {shutil.which(program)} {" ".join(words)} "$@"\n')
    (folder / "bin" / "awk").chmod(0o755)
    return folder, {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}


def compared(place: tuple[Path, dict[str, str]], text: str) -> None:
    folder, environment = place
    file = folder / "shop.env"
    file.write_bytes(text.encode())
    theirs = dotenv_values(file)
    wanted = [theirs.get(name) for name in NAMES]
    for shell in SHELLS:
        assert read(file, shell, environment) == (wanted, b""), (shell, text)
    assert sorted(one.name for one in folder.iterdir()) == ["bin", "shop.env"]


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(FILES)
def test_a_file_is_read_as_python_dotenv_reads_it(place: tuple[Path, dict[str, str]], text: str) -> None:
    compared(place, text)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(VALUES, VALUES)
def test_a_hostile_value_is_text(place: tuple[Path, dict[str, str]], bare: str, quoted: str) -> None:
    compared(place, f"SECRET_KEY={bare}\nexport DB_PASSWORD='{quoted}' # the database's\n")


@pytest.mark.parametrize("before", ["", "B=1\n", "B\n", "B=\n"])
def test_a_value_may_name_itself(place: tuple[Path, dict[str, str]], before: str) -> None:
    compared(place, f'{before}B="${{B:-other}}"\nA=${{B}}\n')


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("DB_PASSWORD=pa$word9", "pa$word9"),
        ("DB_PASSWORD=x&touch canary", "x&touch canary"),
        ("DB_PASSWORD=`touch canary`$(touch canary)", "`touch canary`$(touch canary)"),
        ("DB_PASSWORD=(a'b", "(a'b"),
        ("  export DB_PASSWORD = 'it\\'s' # ours", "it's"),
        ('DB_PASSWORD="two\nlines\\t" # ours', "two\nlines\t"),
        ("DB_PASSWORD=#no # yes", "#no"),
        ("A=1\nDB_PASSWORD=${A}${NONE:-2}", "12"),
        ('DB_PASSWORD="open', None),
        ("DB_PASSWORD", None),
    ],
)
def test_what_a_shell_would_have_run_is_a_value(tmp_path: Path, shell: list[str], line: str, value: str | None) -> None:
    file = tmp_path / ".env"
    file.write_text(f"{line}\n")
    found, said = read(file, shell, {"PATH": os.environ["PATH"]})
    assert (found[-1], said) == (value, b"")
    assert [one.name for one in tmp_path.iterdir()] == [".env"]


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_file_that_cannot_be_read_ends_the_command_before_it_begins(tmp_path: Path, shell: list[str]) -> None:
    script = f"{variables(str(tmp_path / 'none'), NAMES)}\necho it began"
    ran = subprocess.run([*shell, "-c", script], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (CANNOT_READ, "")
    assert "the environment file cannot be read" in ran.stderr


@pytest.mark.parametrize(
    "exported", [{}, {"DB_PASSWORD": "of the login"}], ids=["a plain login", "one that exports it"]
)
def test_the_commands_of_a_host_with_a_file_find_its_variables_and_a_path_stays_a_path(
    tmp_path: Path, exported: dict[str, str]
) -> None:
    folder = tmp_path / "a b; touch canary"
    folder.mkdir()
    (folder / ".env").write_text("DB_PASSWORD=pa$word9\nOTHER=1\n")
    runbook = small()
    web = replace(runbook.hosts["web"], file="{{ folder }}/.env", from_file=("DB_PASSWORD",), preamble="echo ready")
    runbook = replace(runbook, hosts={"web": web})
    action = Action(run='echo "$DB_PASSWORD ${OTHER-unset}"; env | grep -c DB_PASSWORD')
    values = {"folder": str(folder)}
    command = prepare(runbook, action, values, Secrets(runbook, Redactor()), key="k")
    login = {"PATH": os.environ["PATH"], **exported}
    ran = subprocess.run(
        ["bash", "-c", command.script], capture_output=True, text=True, cwd=tmp_path, env=login, check=False
    )
    assert ran.stdout == "ready\npa$word9 unset\n0\n"
    assert [one.name for one in tmp_path.iterdir()] == [folder.name]
