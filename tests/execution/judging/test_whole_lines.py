"""A line of one output is not cut by the other, and what has no end yet is shown after a while."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.servers.sshd import Sshd
from tui.execution.whole_lines import LARGE, MOST, WholeLines
from tui.session.outcome import Outcome
from tui.transports.base import CancelToken, Command, Stream
from tui.transports.local.transport import LocalTransport

OUT, ERR = Stream.OUT, Stream.ERR


class Hand:
    """Timers that go off when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def __call__(self, seconds: float, call: Callable[[], None]) -> "Hand":
        self.waiting.append(call)
        return self

    def start(self) -> None:
        """Nothing: it is the test that calls."""

    def cancel(self) -> None:
        self.waiting.clear()

    def pass_time(self) -> None:
        for call in [self.waiting.pop() for _ in list(self.waiting)]:
            call()


class Lines:
    """What a sink got."""

    def __init__(self) -> None:
        self.hand = Hand()
        self.came: list[tuple[Stream, bytes | memoryview]] = []
        self.lines = WholeLines(lambda stream, data: self.came.append((stream, data)), self.hand)

    @property
    def text(self) -> bytes:
        return b"".join(data for _, data in self.came)


def test_a_line_is_not_cut_by_the_other_stream() -> None:
    made = Lines()
    for stream, data in ((OUT, b"1\n16"), (ERR, b"WARN: noise\n"), (OUT, b"38\n"), (ERR, b"half"), (OUT, b"2\n")):
        made.lines(stream, data)
    made.lines.finish()
    assert made.text == b"1\nWARN: noise\n1638\n2\nhalf"


def test_what_has_no_end_yet_is_shown_after_a_while_and_still_not_cut_at_once() -> None:
    made = Lines()
    made.lines(OUT, b"Password: ")
    made.hand.pass_time()
    made.hand.pass_time()
    assert made.text == b"Password: "
    made.lines(ERR, b"WARN: noise\n")
    assert made.text == b"Password: "
    made.lines(OUT, b"ok\n")
    assert made.text == b"Password: ok\nWARN: noise\n"
    made.lines(OUT, b"...")
    made.hand.pass_time()
    made.hand.pass_time()
    made.lines(ERR, b"late\n")
    made.hand.pass_time()
    made.hand.pass_time()
    assert made.text.endswith(b"...late\n")


def test_a_line_without_end_is_not_waited_for_without_end() -> None:
    made = Lines()
    made.lines(OUT, b"x" * (MOST + 1))
    assert len(made.text) == MOST + 1


def test_what_is_dropped_is_not_passed_on() -> None:
    made = Lines()
    made.lines(OUT, b"one\ntwo")
    made.lines.drop()
    made.hand.pass_time()
    assert made.text == b"one\n"


@given(
    st.lists(st.tuples(st.sampled_from(Stream), st.sampled_from([b"a", b"b\n", b"\n", b"c\nd", b""]), st.booleans()))
)
def test_no_byte_is_lost_and_each_stream_keeps_its_order(chunks: list[tuple[Stream, bytes, bool]]) -> None:
    made = Lines()
    for stream, data, late in chunks:
        made.lines(stream, data)
        if late:
            made.hand.pass_time()
    made.lines.finish()
    for stream in Stream:
        sent = b"".join(data for one, data, _ in chunks if one is stream)
        assert b"".join(data for one, data in made.came if one is stream) == sent


@given(st.lists(st.tuples(st.sampled_from(Stream), st.sampled_from([b"a", b"b\n", b"\n", b"c\nd"]))))
def test_in_time_every_line_is_whole(chunks: list[tuple[Stream, bytes]]) -> None:
    made = Lines()
    for stream, data in chunks:
        made.lines(stream, data)
    assert all(data.endswith(b"\n") for _, data in made.came)


@pytest.mark.parametrize("durable", [True, False])
@pytest.mark.parametrize("place", ["local", "ssh"])
def test_a_commands_lines_are_whole_wherever_it_runs(
    place: str, durable: bool, sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    transport = sshd.transport() if place == "ssh" else LocalTransport("here")
    made = Lines()
    script = "for i in 1 2 3; do printf 16; echo 'WARN: noise' >&2; sleep 0.05; echo 38; done"
    command = Command(script=script, durable=durable, key="session-lines/step/1")
    assert transport.run(command, made.lines, CancelToken()) == Outcome.exited(0)
    made.lines.finish()
    assert sorted(made.text.splitlines()) == [b"1638"] * 3 + [b"WARN: noise"] * 3
    transport.clear("session-lines")
    transport.close()


def test_much_that_came_is_passed_on_without_a_copy() -> None:
    made = Lines()
    much = b"a line of a log\n" * (LARGE // 16) + b"the next"
    made.lines(OUT, b"begun, ")
    made.lines(OUT, much)
    begun, lines = (data for _, data in made.came)
    assert begun == b"begun, "
    assert isinstance(lines, memoryview)
    assert lines.obj is much
    made.lines(ERR, b"an error\n")
    made.lines(OUT, b" one\n")
    made.lines.finish()
    assert made.text == b"begun, " + much.removesuffix(b"the next") + b"an error\nthe next one\n"


@given(st.lists(st.tuples(st.sampled_from(Stream), st.integers(0, 3 * LARGE), st.integers(0, 3)), max_size=8))
def test_pieces_of_any_size_keep_each_streams_order_and_its_lines_whole(given: list[tuple[Stream, int, int]]) -> None:
    made = Lines()
    sent = dict.fromkeys(Stream, b"")
    for stream, size, lines in given:
        data = (b"x" * (size // (lines + 1)) + b"\n") * lines + b"x" * (size // (lines + 1))
        sent[stream] += data
        made.lines(stream, data)
    made.lines.finish()
    for stream in Stream:
        assert b"".join(data for came, data in made.came if came is stream) == sent[stream]
