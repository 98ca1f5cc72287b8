"""Checks that a test which hangs ends, also where its time-out is raised in what asyncio calls, which tells nobody."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
CONFTEST = """
from tests.support.harness import hung

def pytest_configure(config):
    hung.AGAIN, hung.AT_LAST = 0.2, AT_LAST
    config.pluginmanager.register(hung)
"""
SAMPLE = """
import asyncio
import threading
import time

async def waits(callback):
    asyncio.get_running_loop().call_soon(callback)
    await asyncio.Event().wait()

def test_a_callback_that_is_stuck():
    asyncio.run(waits(stuck))

def stuck():
    threading.Event().wait()

def test_one_that_swallows_its_time_out():
    try:
        stuck()
    except BaseException:
        pass

def test_what_comes_after_it():
    pass

def test_nothing_but_callbacks():
    async def busy():
        loop = asyncio.get_running_loop()

        def calls_itself():
            loop.call_soon(calls_itself)
            try:
                time.sleep(0.5)
            except BaseException:
                pass

        await waits(calls_itself)

    while True:
        try:
            asyncio.run(busy())
        except BaseException:
            pass
"""


def run(tmp_path: Path, chosen: str, at_last: float = 60.0) -> subprocess.CompletedProcess[str]:
    (tmp_path / "test_sample.py").write_text(SAMPLE)
    (tmp_path / "conftest.py").write_text(CONFTEST.replace("AT_LAST\n", f"{at_last}\n"))
    (tmp_path / "pytest.ini").write_text(f"[pytest]\ntimeout = 1\npythonpath = {ROOT}\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "pytest_timeout", "-k", chosen]
    return subprocess.run(
        [*command, "--rootdir", str(tmp_path)],
        cwd=tmp_path,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_time_out_is_raised_until_the_test_has_ended_and_the_next_one_begins(tmp_path: Path) -> None:
    done = run(tmp_path, "not nothing_but")
    assert "2 failed, 1 passed" in done.stdout, done
    assert "test_a_callback_that_is_stuck" in done.stdout
    assert "it ended after its time-out" in done.stdout


def test_where_it_is_never_heard_the_process_ends_and_says_where_each_thread_is(tmp_path: Path) -> None:
    done = run(tmp_path, "nothing_but", 3.0)
    assert done.returncode == 1
    assert "Timeout (" in done.stderr
    assert "test_nothing_but_callbacks" in done.stderr  # the time ends in a callback, or between two of them
