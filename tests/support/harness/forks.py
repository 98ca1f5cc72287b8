"""Starts hundreds of real processes quickly: one interpreter that has imported everything and forks at each request.

A child tells what it does in lines of JSON on a pipe, so that what it told before it was killed is known. Run as
`python -m tests.support.harness.forks module`: it reads `{"run": function, "given": {…}}` and ends each child's lines
with `{"exit": status}`, negative for a signal.
"""

import gc
import importlib
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.support.harness.interpose import install, real_write

ROOT = Path(__file__).parents[3]
Told = dict[str, Any]


class Forks:
    """The harness's side: `run` has a child do one thing; `start`, `next` and `send` where two have to talk."""

    def __init__(self, module: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.harness.forks", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )

    def __enter__(self) -> "Forks":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()

    def run(self, function: str, **given: Any) -> tuple[list[Told], int]:
        """Everything a child told, and its exit status."""
        self.start(function, **given)
        lines = list(self._until_exit())
        return lines[:-1], lines[-1]["exit"]

    def start(self, function: str, **given: Any) -> None:
        """Have a child begin."""
        self.send({"run": function, "given": given})

    def send(self, line: Told) -> None:
        """Say something to the child that runs."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(line).encode() + b"\n")
        self._process.stdin.flush()

    def next(self) -> Told:
        """The next thing the child tells, or its exit."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "the process that forks has ended"
        found: Told = json.loads(line)
        return found

    def _until_exit(self) -> Iterator[Told]:
        while True:
            line = self.next()
            yield line
            if "exit" in line:
                return


def tell(**what: Any) -> None:
    """Tell the harness, from a child; it is in the pipe when this returns."""
    line = json.dumps(what).encode() + b"\n"
    while line:
        line = line[real_write(1, line) :]


def hear() -> Told:
    """What the harness says next, from a child; nothing is read ahead of it."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            os._exit(0)
        line += byte
    found: Told = json.loads(line)
    return found


def serve(module: str) -> None:
    """Fork for each request until there are no more.

    What a child imported on its way is imported here too: the next ones have it.
    """
    install()
    functions = importlib.import_module(module)
    gc.disable()  # nobody lives long here, and looking for garbage writes to every page that is shared
    while True:
        wanted = hear()
        gc.freeze()
        known = set(sys.modules)
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                getattr(functions, wanted["run"])(**wanted["given"])
            except BaseException:
                tell(traceback=traceback.format_exc())
                os._exit(70)
            real_write(write, " ".join(sys.modules.keys() - known).encode())
            os._exit(0)
        os.close(write)
        with open(read) as imported:
            names = imported.read().split()
        tell(exit=os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        for name in names:
            importlib.import_module(name)


if __name__ == "__main__":
    serve(sys.argv[1])
