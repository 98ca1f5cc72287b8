"""The operator's terminal is joined with a program on a real host, and on this machine, and what it draws is kept."""

import os
import select
import struct
import threading
import time
from collections.abc import Callable, Iterator
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

import pytest

from tests.support.servers.sshd import Sshd
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import CancelToken, Command, Stream, Transport
from tui.transports.local.transport import LocalTransport
from tui.transports.openssh.exchange import UNNAMED
from tui.transports.ssh.transport import SSHTransport
from tui.transports.terminals.joining import LEFT, HereTerminal, LeavingKeys, terminal_request, terminal_script


class Person:
    """Somebody at a terminal: what is drawn on it is in `seen`."""

    def __init__(self) -> None:
        self.far, self.near = os.openpty()
        self.seen = b""
        self.resize(100, 30)
        self.end = HereTerminal(self.near, self.near)
        self.kept = bytearray()
        self.outcome: Outcome | None = None
        self.cancel = CancelToken()

    def resize(self, columns: int, lines: int) -> None:
        ioctl(self.far, TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def sits_at(self, transport: Transport, script: str, **given: object) -> None:
        def sink(stream: Stream, data: bytes) -> None:
            self.kept += data

        def run() -> None:
            with self.end.raw():
                command = Command(script=script, **given)  # type: ignore[arg-type]  # a test's own
                self.outcome = transport.terminal(command, self.end, sink, self.cancel)

        self.thread = threading.Thread(target=run, name="terminal")
        self.thread.start()

    def type(self, keys: str) -> None:
        os.write(self.far, keys.encode())

    def sees(self, text: str) -> None:
        deadline = time.monotonic() + 30
        while text.encode() not in self.seen:
            ready = select.select([self.far], [], [], max(0.0, deadline - time.monotonic()))[0]
            assert ready, (text, self.seen)
            self.seen += os.read(self.far, 65536)

    def leaves(self) -> Outcome:
        self.thread.join()
        assert self.outcome is not None
        return self.outcome


@pytest.fixture
def person() -> Iterator[Person]:
    made = Person()
    yield made
    made.cancel.cancel()
    made.thread.join()
    os.close(made.far)
    os.close(made.near)


@pytest.fixture(params=["ssh", "openssh", "local"])
def place(request: pytest.FixtureRequest) -> Iterator[Transport]:
    made: Transport = LocalTransport("here")
    if request.param != "local":
        server: Sshd = request.getfixturevalue("sshd")
        made = server.transport(patience=0.3) if request.param == "ssh" else server.by_openssh(patience=0.3)
    yield made
    made.close()


pytestmark = pytest.mark.needs("sshd", "ssh")


def test_what_is_typed_goes_there_and_what_is_drawn_comes_back(
    place: Transport, person: Person, tmp_path: Path
) -> None:
    script = 'echo "ready $X in $PWD, $TERM"; read -r line; echo "got $line"; exit 3'
    person.sits_at(place, script, directory=str(tmp_path), environment={"X": "a b"})
    person.sees(f"ready a b in {tmp_path}, {os.environ.get('TERM', 'dumb')}")
    person.type("hello\r")
    person.sees("got hello")
    assert person.leaves() == Outcome.exited(3)
    assert b"got hello\r\n" in bytes(person.kept)


def test_the_program_has_a_real_terminal_of_the_right_size(place: Transport, person: Person) -> None:
    person.sits_at(place, 'test -t 0 && test -t 1 && stty size; read -r x; stty size; tty >/dev/null && echo "a tty"')
    person.sees("30 100")
    person.resize(120, 40)
    time.sleep(0.3)  # the size is looked at again and again
    person.type("\r")
    person.sees("40 120")
    person.sees("a tty")
    assert person.leaves() == Outcome.exited(0)


def test_ctrl_c_reaches_the_program_and_not_us(place: Transport, person: Person) -> None:
    person.sits_at(place, "trap 'echo interrupted; exit 7' INT; echo ready; while :; do sleep 0.1; done")
    person.sees("ready")
    person.type("\x03")
    person.sees("interrupted")
    assert person.leaves() == Outcome.exited(7)


def test_one_that_does_not_answer_is_left(place: Transport, person: Person) -> None:
    person.sits_at(place, "stty -echo; echo ready; exec sleep 600")
    person.sees("ready")
    person.type("\r~.")
    assert person.leaves() == Outcome(OutcomeKind.UNKNOWN, detail=LEFT)


def test_a_program_killed_by_a_signal_says_so(place: Transport, person: Person) -> None:
    person.sits_at(place, "kill -KILL $$")
    outcome = person.leaves()
    assert outcome.kind is OutcomeKind.SIGNALLED
    assert outcome.signal.removeprefix("SIG") in ("KILL", UNNAMED)


def test_a_lost_connection_leaves_it_unknown(own_sshd: Callable[..., Sshd], person: Person) -> None:
    server = own_sshd()
    transport = server.transport()
    person.sits_at(transport, "echo ready; cat")
    person.sees("ready")
    server.kill_connections()
    assert person.leaves().kind is OutcomeKind.UNKNOWN
    transport.close()


def test_a_host_that_gives_no_terminal_says_so_and_nothing_ran(own_sshd: Callable[..., Sshd], person: Person) -> None:
    transport: SSHTransport = own_sshd("PermitTTY no").transport()
    person.sits_at(transport, "echo ready")
    outcome = person.leaves()
    assert outcome.kind is OutcomeKind.UNREACHABLE
    assert "the host gives no terminal" in outcome.detail
    transport.close()


@pytest.mark.parametrize(
    ("typed", "passed", "leaves"),
    [
        (["ls\r"], b"ls\r", False),
        (["~."], b"", True),
        (["a\r~", ".b"], b"a\r", True),
        (["a~."], b"a~.", False),
        (["~~."], b"~.", False),
        (["~x"], b"~x", False),
        (["\r~\r"], b"\r~\r", False),
    ],
)
def test_the_way_out_is_found_at_the_begin_of_a_line_alone(typed: list[str], passed: bytes, leaves: bool) -> None:
    keys, found, left = LeavingKeys(), b"", False
    for part in typed:
        more, left = keys.passed(part.encode())
        found += more
        if left:
            break
    assert (found, left) == (passed, leaves)


def test_the_drill_knows_the_script_of_a_request() -> None:
    command = Command(script="sudo 'psql' \"$X\"\n", directory="/srv x", environment={"A": "b c"})
    assert terminal_script(terminal_request(command)) == command.script
    assert terminal_script("echo hi") is None
