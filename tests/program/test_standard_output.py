"""Without a screen nothing ends in a traceback, whatever the locale, pipe, disk, folder and user are."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.harness import program
from tests.support.harness.program import PROGRAM
from tests.support.runbooks.runbooks import one_section
from tests.support.sessions.stored import stored
from tui.session.archive.store import Store

STEPS = """
[[sections.steps]]
id = "a"
title = "Schön – ✔ 日本 😀"
[[sections.steps.actions]]
run = "echo ran >> {{ file }}"
reads = true
[[sections.steps]]
id = "b"
title = "B"
[[sections.steps.actions]]
run = "echo ran >> {{ file }}"
reads = true
"""
TOP = Path(__file__).parents[2]
READING = [("show",), ("show", "--json"), ("lint",), ("run", "--dry-run", "--operator", "ana")]
LONG = os.environ.get("RUNBOOK_HOSTILE") == "long"
WRITING = [("show",), ("--help",), ("schema",)] if not LONG else [*READING, ("--help",), ("sessions",), ("schema",)]
"""One that writes line by line, one that click writes, one of more than a pipe holds; the long form has all."""
IN_FOLDER = ["show", "sessions", "drill lint x.toml", *(["lint", "run", "check", "drill --headless"] * LONG)]
RUN = ("run", "--headless", "--operator", "ana")
START = "from tui.cli.main import main; main(prog_name='runbook')"
NAMELESS = "import os, pwd\ndef no(uid): raise KeyError('uid not found')\npwd.getpwuid = no\n"


class Place:
    """A folder with a runbook whose host is this machine, and the program in a process of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ran = path / "ran"
        variables = f'[variables.file]\nprompt = "F"\nask = false\ndefault = "{self.ran}"\n'
        text = one_section(STEPS, "web").replace('target = "web"', "local = true")
        (path / "runbook.toml").write_text(text + variables, encoding="utf-8")
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(TOP),
            "HOME": str(path),
            "RUNBOOK_SESSIONS": str(path / "sessions"),
        }

    def call(
        self, words: tuple[str, ...], out: int | None = None, start: str = START, **more: str
    ) -> tuple[int, str, str]:
        """The exit status and what came on both streams; `out` is where standard output goes instead."""
        file = () if words[0] in ("sessions", "export", "verify", "--help", "schema") else ("-f", "runbook.toml")
        words = (words[0], *(("runbook.toml",) if words[0] == "lint" else file), *words[1:])
        done = program.run(
            [*PROGRAM, *words] if start == START else [sys.executable, "-c", start, *words],
            cwd=self.path,
            env={**self.environment, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if out is None else out,
            stderr=subprocess.PIPE,
            timeout=100,
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        assert b"Exception ignored" not in done.stderr, done.stderr.decode()
        return done.returncode, (done.stdout or b"").decode("latin-1"), done.stderr.decode("latin-1")

    def results(self) -> list[str | None]:
        """How the sessions there ended."""
        states = [one.state for one in stored(Store(self.path / "sessions"))]
        return [one.finished.result if one and one.finished else None for one in states]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def full() -> int:
    return os.open("/dev/full", os.O_WRONLY)


@pytest.fixture
def unread() -> int:
    """A pipe whose reader has left, as `| head -1` does."""
    reader, writer = os.pipe()
    os.close(reader)
    return writer


def test_a_latin_1_locale_gets_what_it_has_and_a_likeness_of_the_rest(place: Place) -> None:
    status, out, _ = place.call(("show",), PYTHONIOENCODING="latin-1")
    assert status == 0
    assert "Schön - + \\u65e5\\u672c \\U0001f600" in out


def test_what_programs_read_is_exact_in_every_locale(place: Place) -> None:
    status, out, _ = place.call(("show", "--json"), PYTHONIOENCODING="latin-1")
    assert status == 0
    assert json.loads(out.encode("latin-1"))["sections"][0]["steps"][0]["title"] == "Schön – ✔ 日本 😀"
    place.call(("run", "--headless", "--operator", "José–😀"))
    _, out, _ = place.call(("sessions", "--json"), PYTHONIOENCODING="latin-1")
    assert json.loads(out.encode("latin-1"))[0]["operator"] == "José–😀"


def test_a_run_in_a_latin_1_locale_goes_to_its_end(place: Place) -> None:
    status, out, _ = place.call(RUN, PYTHONIOENCODING="latin-1")
    assert (status, place.results()) == (0, ["completed"])
    assert "+ signed" in out


@pytest.mark.parametrize("words", WRITING, ids=" ".join)
def test_a_reader_who_has_seen_enough_is_no_fault(place: Place, unread: int, words: tuple[str, ...]) -> None:
    status, _, err = place.call(words, unread)
    assert (status, err) == (1, "")


@pytest.mark.parametrize("words", WRITING, ids=" ".join)
def test_a_full_disk_behind_standard_output_is_told_in_words(place: Place, full: int, words: tuple[str, ...]) -> None:
    status, _, err = place.call(words, full)
    assert status == 1
    assert err.startswith("runbook: standard output cannot be written: No space left on device")


@pytest.mark.parametrize("where", ["full", "unread"])
def test_production_does_not_depend_on_where_the_log_goes(
    place: Place, request: pytest.FixtureRequest, where: str
) -> None:
    status, _, err = place.call(RUN, request.getfixturevalue(where))
    assert (status, place.results(), place.ran.read_text()) == (0, ["completed"], "ran\nran\n")
    assert ("the run continued" in err) == (where == "full")


def test_an_export_says_that_it_is_not_whole(place: Place, full: int, unread: int) -> None:
    place.call(RUN)
    status, _, err = place.call(("export",), full)
    assert (status, "the export cannot be written; standard output" in err) == (1, True)
    assert place.call(("export",), unread)[::2] == (1, "")


def test_a_check_whose_table_nobody_reads_is_over(place: Place, unread: int) -> None:
    text = (place.path / "runbook.toml").read_text()
    (place.path / "runbook.toml").write_text(text.replace('kind = "deploy"', 'kind = "verify"'))
    assert place.call(("check", "--operator", "ana"), unread)[0] == 1
    assert place.results() == ["checked"]


def test_a_closed_standard_output_is_no_fault_and_an_export_wants_one(place: Place) -> None:
    closing = "import os; os.close(1); os.closerange(1, 2)"
    start = f"import os, sys\n{closing}\nsys.stdout = None\n{START}"
    assert place.call(RUN, start=start)[0] == 0
    status, _, err = place.call(("export",), start=start)
    assert (status, "standard output is closed" in err) == (1, True)


@pytest.mark.parametrize("words", IN_FOLDER)
def test_a_folder_that_vanished_is_told_in_words(place: Place, words: str) -> None:
    gone = place.path / "gone"
    gone.mkdir()
    line = f'cd {gone} && rmdir {gone} && exec {sys.executable} -P -c "{START}" {words}'
    done = subprocess.run(
        ["sh", "-c", line],
        env=place.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=100,
        check=False,
    )
    assert b"Traceback" not in done.stderr
    if words in ("lint", "show", "run", "check"):
        assert (done.returncode, b"does not exist any more" in done.stderr) == (2, True)


def test_a_user_without_a_name_or_a_home_says_who_it_is(place: Place) -> None:
    nameless = NAMELESS + "for name in ('HOME', 'USER', 'LOGNAME'): os.environ.pop(name, None)\n" + START
    status, _, err = place.call(("run", "--headless"), start=nameless)
    assert (status, "no operator" in err) == (2, True)
    assert place.call(RUN, start=nameless)[0] == 0
    assert place.results() == ["completed"]
    status, _, err = place.call(("sessions",), start=nameless, RUNBOOK_SESSIONS="")
    assert (status, "has no home folder" in err) == (2, True)
    assert not (place.path / "~").exists()
