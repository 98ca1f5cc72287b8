"""Checks that a test which takes too long says what ran meanwhile."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SAMPLE = """
import subprocess

def test_waits():
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdout.read()
"""


def test_what_ran_when_a_test_took_too_long_is_told(tmp_path: Path) -> None:
    (tmp_path / "test_sample.py").write_text(SAMPLE)
    plugins = ("no:cacheprovider", "pytest_timeout", "tests.support.harness.hanging")
    options = ["--timeout", "0.5", "--rootdir", str(tmp_path), *(word for name in plugins for word in ("-p", name))]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "test_sample.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    processes = done.stdout.partition("- processes -")[2]
    assert "Failed: Timeout" in done.stdout
    assert any(line.rstrip().endswith("\\_ cat") for line in processes.splitlines()), done.stdout
