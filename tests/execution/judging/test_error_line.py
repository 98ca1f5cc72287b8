"""The line of an output that says what went wrong: found in what real programs print, and without the secrets in it."""

from pathlib import Path

import pytest

from tests.support.sessions.fake_clock import FakeClock
from tui.execution.judging.error_line import LONGEST, error_line, telling
from tui.execution.secrecy.redaction import Redactor
from tui.session.output.output import OutputReader, OutputWriter, write_mask

TRACEBACK = """Operations to perform:
Traceback (most recent call last):
  File "/app/manage.py", line 10, in main
    raise OperationalError("an error on the way")

  File "/app/errors.py", line 3, in execute
pymysql.err.OperationalError: (1060, "Duplicate column name 'tags'")

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/app/manage.py", line 22
django.db.utils.OperationalError: (1060, "Duplicate column name 'tags'")
"""
PREFIXED = "\n".join(f"web_1  | {line}" for line in TRACEBACK.splitlines())


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (TRACEBACK, "pymysql.err.OperationalError: (1060, \"Duplicate column name 'tags'\")"),
        (PREFIXED, "web_1  | pymysql.err.OperationalError: (1060, \"Duplicate column name 'tags'\")"),
        (
            "Creating network ... done\nbash: line 1: gunicorn: command not found\n",
            "bash: line 1: gunicorn: command not found",
        ),
        ("0 errors, 1 warning\nno failures\nfatal: not a git repository\n", "fatal: not a git repository"),
        ("nginx: [emerg] host not found in upstream\n", "nginx: [emerg] host not found in upstream"),
        ("all is well\n", ""),
        ("", ""),
    ],
)
def test_the_first_line_that_tells_of_an_error(text: str, line: str) -> None:
    assert telling(text.splitlines()) == line


def written(folder: Path, *parts: tuple[str, str], secret: bool = False) -> OutputReader:
    writer = OutputWriter(folder, 1, FakeClock(), secret)
    for stream, text in parts:
        writer.write(stream, text.encode())
    writer.close()
    if not secret:
        write_mask(folder, 1, [])
    return OutputReader(folder, 1)


def test_where_the_command_succeeded_a_line_that_tells_of_no_error_is_none(tmp_path: Path) -> None:
    reader = written(
        tmp_path, ("out", "web  Up 4 seconds (health: starting)\ndb  Up 8 seconds (healthy)\n"), ("err", "ok\n")
    )
    assert (error_line(reader, succeeded=True), error_line(reader)) == ("", "ok")
    (tmp_path / "told").mkdir()
    assert error_line(written(tmp_path / "told", ("out", "one\n2 failed\nend\n")), succeeded=True) == "2 failed"


def test_standard_error_is_asked_first(tmp_path: Path) -> None:
    reader = written(tmp_path, ("out", "an error of yesterday\n"), ("err", "starting\nerror: no space left\n"))
    assert error_line(reader) == "error: no space left"


def test_what_is_on_standard_error_tells_more_than_any_output(tmp_path: Path) -> None:
    assert error_line(written(tmp_path, ("out", "1 failed\n"), ("err", "bad\nworse\n"))) == "worse"


def test_where_nothing_is_on_standard_error_the_output_is_asked_and_else_its_end_is_told(tmp_path: Path) -> None:
    assert error_line(written(tmp_path, ("out", "one\n2 failed\nend\n"))) == "2 failed"


def test_without_any_such_word_it_is_the_last_line(tmp_path: Path) -> None:
    assert error_line(written(tmp_path, ("out", "one\nstopped\n\n"))) == "stopped"


def test_no_output_tells_nothing(tmp_path: Path) -> None:
    assert error_line(OutputReader(tmp_path, 1)) == ""


def test_of_much_output_the_end_is_looked_through_and_a_long_line_is_cut(tmp_path: Path) -> None:
    text = "error: long ago\n" + "fine\n" * 5000 + "error: " + "x" * 2000 + "\n" + "fine\n" * 50
    found = error_line(written(tmp_path, ("out", text)))
    assert found.startswith("error: xxx")
    assert len(found) == LONGEST
    assert found.endswith("…")


def test_escape_sequences_and_progress_are_drawn_first(tmp_path: Path) -> None:
    reader = written(tmp_path, ("err", "50%\r100%\r\x1b[31mERROR\x1b[0m\x1b]0;title\x07: it broke\n"))
    assert error_line(reader) == "ERROR: it broke"


def test_a_secret_in_it_is_hidden_also_where_the_line_is_cut_inside_it(tmp_path: Path) -> None:
    redactor = Redactor()
    redactor.add("hunter2-secret-word")
    line = "error: " + "x" * (LONGEST - 15) + "hunter2-secret-word\n"
    written(tmp_path, ("err", line))
    write_mask(tmp_path, 1, redactor.scan_file(tmp_path / "0001.out"))
    found = error_line(OutputReader(tmp_path, 1))
    assert "hunter" not in found
    assert "•••" in found


def test_nothing_is_told_of_an_output_in_which_nobody_has_looked_for_secrets(tmp_path: Path) -> None:
    assert error_line(written(tmp_path, ("err", "error: token abc\n"), secret=True)) == ""
