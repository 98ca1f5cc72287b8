"""What a disk that fills up under a session does, with the limit a process sets on its own files standing in for it."""

import resource
from pathlib import Path

import pytest

from tests.program.test_cli import ANSWERS
from tests.support.harness import program
from tests.support.harness.program import PROGRAM

FAULTS = ("Traceback", "Error:")


@pytest.mark.parametrize("size", [1_000, 20_000, 60_000])
def test_a_full_disk_stops_the_run_in_words_and_loses_nothing(tmp_path: Path, size: int) -> None:
    answers = tmp_path / "answers.toml"
    answers.write_text(ANSWERS)
    environment = {"RUNBOOK_SESSIONS": str(tmp_path / "sessions"), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"  # the limit would cut those files short as well
    drill = [*PROGRAM, "drill", "--headless", "--flow", "deploy", "--method", "a", "--pace", "1000"]
    done = program.run(
        [*drill, "--answers", str(answers)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        limits={resource.RLIMIT_FSIZE: size},
    )
    said = done.stdout + done.stderr
    assert done.returncode in (6, 10), said
    assert "File too large" in said
    assert "free space" in said
    assert not any(fault in said for fault in FAULTS), said
    if list((tmp_path / "sessions").glob("*/journal.jsonl")):
        verified = program.run([*PROGRAM, "verify"], env=environment, capture_output=True, text=True, timeout=60)
        assert verified.returncode == 0, verified.stderr
