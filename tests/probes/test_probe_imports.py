"""Probes that are first used at the same moment, each in a fresh interpreter: two threads import one library."""

import subprocess
import sys

import pytest

from tui.probes import PROBES

LIBRARIES = ("redis", "pymysql", "psycopg", "boto3", "docker", "httpx", "websockets")
TOGETHER = """
import sys, threading
from tui.probes import probe_of
sys.setswitchinterval(1e-6)
first, other = sys.argv[1], sys.argv[2]
ready, wrong = threading.Barrier(6), []
threading.excepthook = lambda raised: wrong.append(repr(raised.exc_value))

def use(name):
    ready.wait()
    probe_of(first)
    module, _, part = name.rpartition(".")
    getattr(__import__(module, fromlist=[part]), part)

names = (other, "redis.connection.AbstractConnection")
threads = [threading.Thread(target=use, args=(names[number % 2],)) for number in range(6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("; ".join(wrong))
"""


def test_two_threads_may_use_a_probe_for_the_first_time_at_once() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", TOGETHER, "redis", "redis.exceptions.NoPermissionError"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.strip() == ""
    assert ran.returncode == 0


LISTING = f"""
import os, sys
from tui.probes import probe_of
for kind in sys.argv[1:]:
    if os.fork() == 0:  # the interpreter that forks has imported no probe
        probe_of(kind)
        print(kind, *(one for one in {LIBRARIES} if one in sys.modules), flush=True)
        os._exit(0)
    os.wait()
"""


@pytest.fixture(scope="module")
def imported() -> dict[str, list[str]]:
    """The libraries that each kind of probe has imported before it works."""
    command = [sys.executable, "-c", LISTING, *PROBES]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return {kind: found for kind, *found in map(str.split, ran.stdout.splitlines())}


@pytest.mark.parametrize("kind", sorted(PROBES))
def test_a_probe_works_with_what_was_imported_for_it(kind: str, imported: dict[str, list[str]]) -> None:
    """No library is first imported where a probe works: there several threads may do so at once."""
    named = {"s3": "boto3", "mysql": "pymysql", "postgres": "psycopg", "http": "httpx", "websocket": "websockets"}
    library = named.get(kind, kind)
    wanted = [] if kind in ("tls", "celery", "host", "kubernetes") else [library]
    assert imported[kind] == wanted
