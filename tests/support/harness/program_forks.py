"""The process that has imported the program once, and becomes the program in a fork of itself for each that is asked.

`python -P -m tests.support.harness.program_forks SOCKET LIFE` takes a connection for each program (`Asked`), says
there which process it is, and at last how that ended. It ends when nobody has the other end of LIFE any more. A fork
gets streams, environment, folder, limits and signals of its own, runs `tui/__main__.py` as `python -m tui` does, and
ends as Python ends.
"""

import atexit
import gc
import io
import locale
import os
import resource
import runpy
import select
import signal
import socket
import sys
import termios
import time
from collections.abc import Callable
from fcntl import ioctl
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import msgspec

SELDOM = ("s3", "docker", "kubernetes", "mysql", "postgres")
LEFT_OUT = ("tui.__main__", *(f"tui.probes.{kind}" for kind in SELDOM))
"""What a start does itself, and what it seldom needs: these libraries are a third of all."""
STREAMS = 3
Registered = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class Asked(msgspec.Struct):
    """A program that is to begin; it comes as a file, beside its standard input, output and error."""

    words: list[str]
    folder: str
    environment: dict[str, str]
    limits: dict[int, tuple[int, int]]
    terminal: bool
    """Its streams are a terminal, which is its own."""


def serve(listening: socket.socket, life: int) -> Asked | None:
    """Begin what is asked, until nobody asks any more; in a fork, what it is to become."""
    running: dict[int, tuple[int, socket.socket]] = {}
    polled = select.poll()
    for descriptor in (listening.fileno(), life):
        polled.register(descriptor, select.POLLIN)
    while True:
        for descriptor, _ in polled.poll():
            if descriptor == life:
                return None
            if descriptor in running:
                polled.unregister(descriptor)
                child, told = running.pop(descriptor)
                os.close(descriptor)
                _tell(told, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
                told.close()
                continue
            asking, _ = listening.accept()
            _, (file, *streams), _, _ = socket.recv_fds(asking, 1, 1 + STREAMS)
            child = os.fork()
            if child == 0:
                for ends, (_, told) in running.items():
                    os.close(ends)
                    told.close()
                listening.close()
                asking.close()
                os.close(life)
                return _handed_over(file, streams)
            for handed in (file, *streams):
                os.close(handed)
            _tell(asking, child)
            ends = os.pidfd_open(child)
            running[ends] = child, asking
            polled.register(ends, select.POLLIN)


def _tell(asking: socket.socket, number: int) -> None:
    """Say it, if the process that asked is still there."""
    try:
        asking.sendall(b"%d\n" % number)
    except OSError:
        return


def _handed_over(file: int, streams: list[int]) -> Asked:
    with open(file, "rb") as text:
        asked = msgspec.json.decode(text.read(), type=Asked)
    for place, stream in enumerate(streams):
        os.dup2(stream, place)
        os.close(stream)
    return asked


def become(asked: Asked, registered: list[Registered]) -> None:
    """Run the program in this process, as it is begun by a shell in that folder."""
    if asked.terminal:
        os.setsid()
        ioctl(0, termios.TIOCSCTTY, 0)
    for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):  # ignored where tests run in the background
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(asked.folder)
    os.environ.clear()
    os.environ.update(asked.environment)
    if not any(asked.environment.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG")):
        os.environ["LC_CTYPE"] = "C.UTF-8"  # PEP 538
    locale.setlocale(locale.LC_CTYPE, "")
    time.tzset()
    sys.dont_write_bytecode = bool(asked.environment.get("PYTHONDONTWRITEBYTECODE"))
    sys.path.insert(0, asked.folder)
    sys.argv = ["tui", *asked.words]
    sys.stdin = sys.__stdin__ = _stream(0, "r", "strict")
    sys.stdout = sys.__stdout__ = _stream(1, "w", "strict")
    sys.stderr = sys.__stderr__ = _stream(2, "w", "backslashreplace")
    _register_after_the_first(registered)
    gc.enable()
    for limit, values in asked.limits.items():
        resource.setrlimit(limit, values)
    runpy.run_module("tui", run_name="__main__", alter_sys=True)


def _stream(descriptor: int, mode: str, errors: str) -> io.TextIOWrapper:
    buffering = 1 if descriptor == STREAMS - 1 else -1
    made = open(descriptor, mode, buffering, encoding="utf-8", errors=errors, newline="\n", closefd=False)  # noqa: SIM115 - it is the process's
    assert isinstance(made, io.TextIOWrapper)
    return made


def _register_after_the_first(registered: list[Registered]) -> None:
    """What modules have done at the end is done before what the program does last: that it registers as the first."""
    for function, _, _ in registered:
        atexit.unregister(function)
    register = atexit.register

    def first(function: Callable[..., Any], /, *given: Any, **named: Any) -> Callable[..., Any]:
        vars(atexit)["register"] = register
        register(function, *given, **named)
        for other, words, options in registered:
            register(other, *words, **options)
        return function

    vars(atexit)["register"] = first


def load() -> list[Registered]:
    """Import the program; says what its modules have done at the end."""
    registered: list[Registered] = []
    register = atexit.register

    def noted(function: Callable[..., Any], /, *given: Any, **named: Any) -> Callable[..., Any]:
        registered.append((function, given, named))
        return register(function, *given, **named)

    vars(atexit)["register"] = noted
    tui = import_module("tui")
    for module in walk_packages(tui.__path__, "tui."):
        if not module.name.startswith(LEFT_OUT):
            import_module(module.name)
    vars(atexit)["register"] = register
    return registered


if __name__ == "__main__":
    gc.disable()  # a fork looks for garbage; what is here stays, and looking would write to each page that is shared
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    at_the_end = load()
    gc.freeze()
    wanted = serve(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]))
    if wanted is not None:
        become(wanted, at_the_end)
