"""A file that begins with a mark is read as without it; a NUL, which no command can hold, is refused with its line."""

from pathlib import Path

import pytest

from tests.support.runbooks.runbooks import SMALL, one_section, small
from tui.config import load_config
from tui.drill.scenario_files import parse_scenario
from tui.errors import RunbookInvalid
from tui.execution.judging.captures import capture
from tui.headless.answers import read_answers
from tui.runbook.model import Capture, Variable
from tui.runbook.reading.lint import lint_text
from tui.runbook.reading.load import load, load_text
from tui.runbook.templates.variables import wrong_value
from tui.signing.signers import read_signers

MARK = b"\xef\xbb\xbf"
STEP = """
[[sections.steps]]
id = "a"
title = "A"
[[sections.steps.actions]]
run = "true"
"""


def test_a_runbook_that_begins_with_a_mark_is_read(tmp_path: Path) -> None:
    file = tmp_path / "runbook.toml"
    file.write_bytes(MARK + SMALL.encode())
    assert load(file) == load_text(SMALL, "r.toml")
    assert not [one for one in lint_text(file.read_text(), "r.toml") if "TOML" in one.message]


def test_the_lines_of_its_faults_are_those_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "runbook.toml"
    file.write_bytes(MARK + one_section(STEP, "web").replace('title = "Deploy"', "titel = 1").encode())
    with pytest.raises(RunbookInvalid) as raised:
        load(file)
    file.write_bytes(file.read_bytes().removeprefix(MARK))
    with pytest.raises(RunbookInvalid) as without:
        load(file)
    assert [str(one) for one in raised.value.problems] == [str(one) for one in without.value.problems]


def test_so_are_answers_settings_scenarios_and_signers(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(MARK + b'operator = "ana"\n')
    assert read_answers(file, small()).operator == "ana"
    assert load_config(file).operator == "ana"
    scenario = 'format = 1\ntitle = "T"\n'
    assert parse_scenario("\ufeff" + scenario, "s.toml") == parse_scenario(scenario, "s.toml")
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHUMS5n4q0TGg+a6zoGFRDyBSsNTQ8kGSnLRXLfDj5Xf"
    file.write_bytes(MARK + f"ana {key}\n".encode())
    assert read_signers(file)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('run = "true"', r'run = "echo a\u0000b"'),
        ('title = "A"', r'title = "A\u0000"'),
        ('target = "web"', 'target = "web"\n' + r'environment = { A = "a\u0000" }'),
        ('run = "true"', 'run = "true"\n' + r'stdin = "a\u0000"'),
    ],
)
def test_a_nul_is_refused_where_it_is_written(old: str, new: str) -> None:
    text = one_section(STEP, "web").replace(old, new, 1)
    with pytest.raises(RunbookInvalid) as raised:
        load_text(text, "r.toml")
    line = next(number for number, one in enumerate(text.splitlines(), 1) if r"\u0000" in one)
    assert any(f"r.toml:{line}" in str(one) and "NUL" in str(one) for one in raised.value.problems)


def test_no_value_holds_a_nul() -> None:
    assert "NUL" in wrong_value(Variable(prompt="P"), "a\0b")
    assert capture({"x": Capture()}, "a\0b").missing == ("x",)
