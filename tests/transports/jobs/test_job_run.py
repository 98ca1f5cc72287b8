"""The client's side of a durable command against scripted answers: what is certain, and what is not."""

import os
import re
import subprocess
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from tests.support.harness.waiting import until
from tui.errors import HostError
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import CancelToken, Command, Left, Stream
from tui.transports.jobs import job
from tui.transports.jobs.follow_script import LITTLE
from tui.transports.jobs.job import JobRun
from tui.transports.jobs.request import Exchange, Lost
from tui.transports.jobs.scripts import job_of, start_request
from tui.transports.shell import Wrapped

KEY = "session/step/1"
Answer = Callable[[str], bytes]


class Said:
    """An exchange that came to its end with this output."""

    def __init__(self, out: bytes) -> None:
        self._chunks: list[list[tuple[Stream, bytes]]] = [[(Stream.OUT, out)]]

    def take(self, wait: float) -> list[tuple[Stream, bytes]] | None:
        return self._chunks.pop() if self._chunks else None

    def whole(self) -> bool:
        return True

    def close(self) -> None:
        pass


class Script:
    """Answers one request after another; an error in an answer's place is raised."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    def boot_id(self) -> str:
        return "boot"

    def login_shell(self) -> str:
        return ""

    def exchange(self, wrapped: Wrapped, cancel: CancelToken, urgent: bool = False) -> Exchange:
        self.asked.append(wrapped.request)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        nonce = re.findall(r"\b[0-9a-f]{16}\b", wrapped.request)[-1]
        return Said(answer(nonce))


def says(body: bytes, end: str = "") -> Answer:
    def answer(nonce: str) -> bytes:
        last = f"\0runbook-job {nonce} end {end}\n".encode() if end else b""
        return f"runbook-job {nonce} running\n".encode() + body + last

    return answer


def run(script: Script) -> tuple[Outcome, bytes]:
    came = bytearray()
    made = JobRun(script, Left(key=KEY), lambda stream, data: came.extend(data), CancelToken())
    return made.start(Command(script="true", key=KEY, durable=True)), bytes(came)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "BACKOFF", (0.0,))


def test_a_host_that_is_gone_when_the_rest_is_fetched_does_not_make_a_command_that_ran_unreachable() -> None:
    gone = HostError("no route")
    script = Script(says(b"one\n", "8 0 - 3"), gone, gone, says(b"two\n", "- - - 3"))
    assert run(script) == (Outcome.exited(3), b"one\ntwo\n")


def test_a_host_that_is_gone_after_a_request_may_have_reached_it_is_tried_again() -> None:
    script = Script(Lost(), HostError("no route"), says(b"", "- - - 0"))
    assert run(script)[0] == Outcome.exited(0)


def test_a_host_that_is_gone_before_anything_was_sent_is_unreachable() -> None:
    outcome, _ = run(Script(HostError("no route", "try again")))
    assert outcome == Outcome(OutcomeKind.UNREACHABLE, detail="no route (try again)")


def test_what_ran_is_never_asked_to_start_again() -> None:
    script = Script(says(b"one\n"), Lost(), says(b"", "- - - 0"))
    assert run(script)[0] == Outcome.exited(0)
    assert ["setsid" in request for request in script.asked] == [True, False, False]


def test_answers_that_make_no_sense_end_in_unknown() -> None:
    outcome, _ = run(Script(*[lambda nonce: b"This account is disabled.\n"] * 3))
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert "This account is disabled." in outcome.detail


FOLLOWERS = (
    "count() { cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -c \"$XDG_STATE_HOME.*[s]tep[.]1/[oe]\"; }"
)
"""Counts what follows a command on the host: what has its files, and not those of another test, open by their names."""


@pytest.mark.parametrize(
    ("begins", "followers"), [("sleep 0.3", 0), ("echo begun; until [ $(count) -eq 2 ]; do :; done", 2)]
)
def test_on_the_host_nothing_follows_a_command_before_it_has_printed_anything(
    tmp_path: Path, begins: str, followers: int
) -> None:
    command = Command(script=f"{FOLLOWERS}; {begins}; count; true", key=KEY, durable=True, shell="bash")
    request = start_request(command, "nonce", "", login_shell="/bin/bash").request
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    said = subprocess.run(["bash", "-c", request], env=environment, stdin=subprocess.DEVNULL, capture_output=True)
    printed = tmp_path.joinpath("runbook/jobs", *job_of(KEY), "out").read_bytes()  # its end may be asked for afterwards
    assert printed.split()[-1] == b"%d" % followers
    assert said.stdout.rstrip().endswith(b" 0"), "it ended well"


def started(tmp_path: Path, script: str) -> "subprocess.Popen[bytes]":
    """The request of a durable command, followed; nobody has read anything of what it says."""
    command = Command(script=f"{FOLLOWERS}; {script}", key=KEY, durable=True, shell="bash")
    request = start_request(command, "nonce", "", login_shell="/bin/bash").request
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    return subprocess.Popen(
        ["bash", "-c", request], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, bufsize=0
    )


@pytest.mark.parametrize(
    "printed",
    [b"one\ntwo", b" \t-n a\\n \n\n", b"\x01\x7f\x1b[1m", "größer\n".encode(), b"\xff\xc3", b"a\0b", b"\0"]
    + [b"a" * (LITTLE + more) for more in (-1, 0, 1)],
)
def test_little_that_a_command_printed_is_sent_byte_by_byte(tmp_path: Path, printed: bytes) -> None:
    (tmp_path / "printed").write_bytes(printed)
    for number in count():
        (tmp_path / str(number)).mkdir()
        said, _ = started(tmp_path / str(number), f"cat {tmp_path}/printed").communicate()
        body, _, end = said.partition(b"running\n")[2].rpartition(b"\0runbook-job nonce end ")
        if end.startswith(b"- - "):
            break  # else it took longer than a moment: it is followed, and the rest asked for by its offset
    assert body == printed


def test_much_that_a_command_printed_is_sent_to_its_end_also_where_it_ends_first(tmp_path: Path) -> None:
    much = tmp_path / "much"
    much.write_bytes(b"much\n" * 200_000)
    follower = started(tmp_path, f"cat {much}; until [ $(count) -gt 0 ]; do :; done")
    until(tmp_path.joinpath("runbook/jobs", *job_of(KEY), "exit").exists)
    assert follower.stdout
    said = b"".join(iter(lambda: follower.stdout.read(1 << 20), b""))
    assert follower.wait() == 0
    body, _, end = said.partition(b"\0")
    assert body.endswith(b"\n" + much.read_bytes())
    assert end.split()[-4:] == [b"%d" % much.stat().st_size, b"0", b"-", b"0"]


def test_what_a_command_left_running_and_always_prints_does_not_hold_its_end_up(tmp_path: Path) -> None:
    much, ever = tmp_path / "much", tmp_path / "ever"
    much.write_bytes(b"much\n" * 200_000)
    ever.touch()
    flood = f"while [ -e {ever} ]; do cat {much}; sleep 0.01; done"
    follower = started(tmp_path, f"cat {much}; until [ $(count) -gt 0 ]; do :; done; {{ {flood}; }} &")
    assert follower.stdout
    try:
        while (piece := follower.stdout.read(1 << 16)) and b"\0" not in piece:
            time.sleep(0.02)  # slower than what comes
        while piece and not piece.partition(b"\0")[2].endswith(b"\n"):
            more = follower.stdout.read(1 << 16)
            assert more, piece
            piece += more
        said = piece.partition(b"\0")[2]
        assert said.startswith(b"runbook-job nonce end"), said
    finally:
        ever.unlink()
        follower.stdout.close()
        follower.wait()
