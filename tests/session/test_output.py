import errno
import os
import re
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.harness.examples import examples
from tests.support.sessions.fake_clock import FakeClock
from tui.session.output import output
from tui.session.output.line_index import BLOCK
from tui.session.output.masks import hide, merged
from tui.session.output.output import (
    BATCH,
    WITHHELD,
    OutputReader,
    OutputUnwritable,
    OutputWriter,
    verify_output,
    write_mask,
)
from tui.session.output.timing import Burst

LONG = b"x" * BLOCK


def written(tmp_path: Path, data: bytes, chunk: int = 1 << 20) -> OutputWriter:
    writer = OutputWriter(tmp_path, 1, FakeClock())
    for start in range(0, len(data), chunk):
        writer.write("out", data[start : start + chunk])
    return writer


def finished(tmp_path: Path, data: bytes) -> OutputReader:
    written(tmp_path, data).close()
    write_mask(tmp_path, 1, [])
    return OutputReader(tmp_path, 1)


def expected_lines(data: bytes) -> list[bytes]:
    """The rule of `BLOCK`, written the slow way."""
    lines, line = [], b""
    for start in range(0, len(data), BLOCK):
        block = data[start : start + BLOCK]
        if len(block) == BLOCK and b"\n" not in block and b"\r" not in block:
            lines.append(line + block)
            line = b""
            continue
        *ended, rest = block.split(b"\n")
        for one in ended:
            lines.append(line + one)
            line = b""
        line += rest
    return [one[-2 * BLOCK :] for one in ([*lines, line] if line else lines)]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"one",
        b"one\n",
        b"\n\n\n",
        b"one\ntwo\nthree",
        LONG,
        LONG + b"\n",
        LONG[:-1] + b"\n",
        LONG + LONG + b"y",
        b"a\n" + LONG + LONG + LONG + b"\nb\n",
        b"line\n" * 100_000,
        (b"z" * 70_000 + b"\n") * 5,
        b"before\n" + b"\r  10%|##        | 5.1/51 MB" * 20_000 + b"\nafter\n",
        b"\r  10%|##        | 5.1/51 MB" * 20_000,
        LONG + b"\r 10%" * 60_000 + b"\r100%\n" + LONG + b"z",
    ],
    ids=range(15),
)
@pytest.mark.parametrize("live", [True, False])
def test_lines_are_found_however_they_came(tmp_path: Path, data: bytes, live: bool) -> None:
    writer = written(tmp_path, data, chunk=50_001)
    wanted = expected_lines(data)
    if not live:
        writer.close()
        write_mask(tmp_path, 1, [])
    reader = OutputReader(tmp_path, 1, writer if live else None, NoSecrets() if live else None)
    assert reader.lines_total() == len(wanted)
    assert reader.read_lines(0, len(wanted) + 5) == wanted
    for first in {0, 1, len(wanted) // 2, max(0, len(wanted) - 2), len(wanted), len(wanted) + 7}:
        assert reader.read_lines(first, 2) == wanted[first : first + 2]
    assert reader.read_lines(0, 0) == []
    writer.close()


def test_a_progress_line_of_any_length_is_one_line_that_shows_its_end(tmp_path: Path) -> None:
    bar = b"\r  10%|##        | 5.1/51 MB" * 40_000
    reader = finished(tmp_path, b"Collecting torch\n" + bar + b"\r 100%|##########|  51/51 MB\nDone\n")
    shown = [line.text for line in reader.shown_lines(0, 9)]
    assert shown == ["Collecting torch", " 100%|##########|  51/51 MB", "Done"]
    assert list(reader.search("51 MB")) == [1]
    assert list(reader.search("Done", 2, -1)) == [2]


def test_of_a_progress_line_of_any_length_little_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = finished(tmp_path, b"a\n" + b"\r 10%" * 2_000_000 + b"\nb\n")
    reader.lines_total()
    fetched: list[int] = []
    fetch = reader._fetch

    def counted(offset: int, length: int) -> bytes:
        fetched.append(length)
        return fetch(offset, length)

    monkeypatch.setattr(reader, "_fetch", counted)
    assert [line.text for line in reader.shown_lines(0, 3)] == ["a", " 10%", "b"]
    assert sum(fetched) < 16 * BLOCK


class NoSecrets:
    longest = 0

    def spans(self, data: bytes, unfinished: bool = False) -> list[tuple[int, int]]:
        return []


class Finds:
    """Hides one text."""

    def __init__(self, secret: bytes) -> None:
        self.secret = secret
        self.longest = len(secret)

    def spans(self, data: bytes, unfinished: bool = False) -> list[tuple[int, int]]:
        return [(found.start(), found.end()) for found in re.finditer(re.escape(self.secret), data)]


pieces = st.lists(st.sampled_from([b"\n", b"word", b"\r", b"q" * 40_000, LONG, b"\n" * 30_000]), max_size=12)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=pieces, first=st.integers(0, 20), count=st.integers(0, 20))
def test_any_window_of_any_output(tmp_path: Path, parts: list[bytes], first: int, count: int) -> None:
    for file in tmp_path.iterdir():
        file.unlink()
    writer = OutputWriter(tmp_path, 1, FakeClock())
    for part in parts:
        writer.write("out", part)
    writer.close()
    write_mask(tmp_path, 1, [])
    wanted = expected_lines(b"".join(parts))
    for reader in (OutputReader(tmp_path, 1), OutputReader(tmp_path, 1, writer)):
        assert reader.lines_total() == len(wanted)
        assert reader.read_lines(first, count) == wanted[first : first + count]


def test_a_reader_follows_a_writer_on_another_thread(tmp_path: Path) -> None:
    writer = OutputWriter(tmp_path, 1, FakeClock())
    reader = OutputReader(tmp_path, 1, writer, NoSecrets())
    done = threading.Event()

    def write() -> None:
        for number in range(8_000):
            writer.write("out", b"%07d\n" % number)
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    seen = 0
    while not done.is_set():
        total = reader.lines_total()
        assert total >= seen
        seen = total
        for place, line in enumerate(reader.read_lines(max(0, total - 3), 3), max(0, total - 3)):
            assert line == b"%07d" % place
    thread.join()
    assert reader.lines_total() == 8_000
    writer.close()


def test_bytes_are_kept_as_they_came_with_their_stream_and_time(tmp_path: Path) -> None:
    clock = FakeClock()
    writer = OutputWriter(tmp_path, 1, clock)
    for seconds, stream, data in (
        (0, "out", b"\xff\0a"),
        (0.004, "out", b"b"),
        (0.005, "err", b"oops"),
        (2, "err", b"!"),
    ):
        clock.passed = seconds
        writer.write(stream, data)
    writer.close()
    assert (tmp_path / "0001.out").read_bytes() == b"\xff\0aboops!"
    assert writer.size == 9
    assert (tmp_path / "0001.out").stat().st_mode & 0o777 == 0o600
    reader = OutputReader(tmp_path, 1)
    assert list(reader.bursts()) == [Burst(0, "out", 0, 4), Burst(0.005, "err", 4, 8), Burst(2, "err", 8, 9)]
    assert [reader.stream_at(offset) for offset in (0, 3, 4, 8, 99)] == ["out", "out", "err", "err", "err"]


def test_a_command_that_said_nothing_has_no_bursts(tmp_path: Path) -> None:
    assert list(finished(tmp_path, b"").bursts()) == []


def test_the_stream_of_a_line_is_known_while_the_command_still_runs(tmp_path: Path) -> None:
    writer = OutputWriter(tmp_path, 1, FakeClock())
    reader = OutputReader(tmp_path, 1, writer, NoSecrets())
    writer.write("out", b"one\n")
    writer.write("err", b"two\nthree")
    assert reader.streams_of(0, 9) == ["out", "err", "err"]
    writer.write("out", b"\nfour\n")
    assert reader.streams_of(1, 9) == ["err", "err", "out"]
    writer.close()
    assert reader.streams_of(1, 2) == ["err", "err"]
    write_mask(tmp_path, 1, [])
    assert OutputReader(tmp_path, 1).streams_of(0, 9) == ["out", "err", "err", "out"]


def test_spans_to_hide_never_come_out(tmp_path: Path) -> None:
    data = b"user ana\npassword hunter2\nkey: begin\nmiddle\nend.\nlast"
    written(tmp_path, data).close()
    low, high = data.index(b"begin"), data.index(b"end") + 3
    at = data.index(b"hunter2")
    write_mask(tmp_path, 1, [(at, at + 7), (low, high)])
    lines = OutputReader(tmp_path, 1).read_lines(0, 9)
    hidden = "•••".encode()
    assert lines == [b"user ana", b"password " + hidden, b"key: " + hidden, hidden, hidden + b".", b"last"]
    assert OutputReader(tmp_path, 1).read_lines(3, 1) == [hidden]


@given(
    st.binary(max_size=60), st.lists(st.tuples(st.integers(0, 70), st.integers(1, 20)), max_size=5), st.integers(0, 60)
)
def test_hiding_keeps_every_other_byte(data: bytes, places: list[tuple[int, int]], start: int) -> None:
    spans = merged([(low, low + length) for low, length in places])
    shown = hide(data[start:], start, spans)
    inside = [any(low <= at < high for low, high in spans) for at in range(len(data))]
    wanted = b""
    for at in range(start, len(data)):
        if not inside[at]:
            wanted += data[at : at + 1]
        elif at == start or not inside[at - 1]:
            wanted += "•••".encode()
    assert shown == wanted


def test_a_live_reader_hides_what_is_secret_across_its_window(tmp_path: Path) -> None:
    writer = written(tmp_path, b"a\nline one SEC\nRET tail\n")
    reader = OutputReader(tmp_path, 1, writer, Finds(b"SEC\nRET"))
    assert reader.read_lines(2, 1) == ["••• tail".encode()]
    assert reader.read_lines(1, 1) == ["line one •••".encode()]
    writer.close()


def test_without_a_mask_the_text_is_withheld(tmp_path: Path) -> None:
    written(tmp_path, b"password hunter2\n").close()
    reader = OutputReader(tmp_path, 1, masker=NoSecrets())
    assert reader.withheld
    assert (reader.lines_total(), reader.read_lines(0, 5)) == (1, [WITHHELD])
    assert list(reader.search("hunter2")) == []
    (tmp_path / "0001.mask").write_bytes(b"torn")
    assert reader.withheld
    write_mask(tmp_path, 1, [(9, 16)])
    assert reader.read_lines(0, 5) == ["password •••".encode()]


def test_output_with_a_secret_still_to_be_captured_is_not_shown_while_it_comes(tmp_path: Path) -> None:
    writer = OutputWriter(tmp_path, 1, FakeClock(), secret=True)
    writer.write("out", b'{"access": "eyJhbGciOi"}\n')
    reader = OutputReader(tmp_path, 1, writer, NoSecrets())
    assert reader.read_lines(0, 1) == [WITHHELD]
    writer.close()
    write_mask(tmp_path, 1, [(12, 22)])
    assert reader.read_lines(0, 1) == ['{"access": "•••"}'.encode()]


@pytest.fixture
def batch(monkeypatch: pytest.MonkeyPatch) -> int:
    """What is searched at once, a small part of what it is: several need fewer lines."""
    monkeypatch.setattr(output, "BATCH", BATCH // 64)
    return BATCH // 64


def test_search_goes_both_ways_and_finds_every_line_once(tmp_path: Path, batch: int) -> None:
    data = b"".join(
        b"%d %s\n" % (number, b"ERROR here" if number % 6_000 == 7 else b"fine" * 9) for number in range(20_000)
    )
    assert len(data) > 6 * batch
    reader = finished(tmp_path, data)
    wanted = [7, 6_007, 12_007, 18_007]
    assert list(reader.search("ERROR")) == wanted
    assert list(reader.search("error here", start=8)) == wanted[1:]
    assert list(reader.search("Error")) == []
    assert list(reader.search("ERROR", start=12_007, direction=-1)) == wanted[2::-1]
    assert list(reader.search(re.compile(rb"^7 "))) == [7]
    assert list(reader.search("ERROR", stopped=lambda: True)) == []


def test_search_over_lines_longer_than_a_batch(tmp_path: Path) -> None:
    data = b"a" * (3 << 20) + b"needle\nneedle"
    reader = finished(tmp_path, data)
    wanted = [place for place, line in enumerate(expected_lines(data)) if b"needle" in line]
    assert list(reader.search("needle")) == wanted
    assert list(reader.search("needle", start=10**6, direction=-1)) == wanted[::-1]


def test_search_finds_a_line_that_ends_behind_its_batch(tmp_path: Path, batch: int) -> None:
    reader = finished(tmp_path, b"\n" * (batch - 10) + b"a" * 100 + b"needle\n" + b"\n" * batch)
    assert list(reader.search("needle")) == [batch - 10]
    assert list(reader.search("needle", start=batch, direction=-1)) == [batch - 10]


def test_search_does_not_find_what_is_hidden(tmp_path: Path) -> None:
    written(tmp_path, b"x hunter2\n").close()
    write_mask(tmp_path, 1, [(2, 9)])
    assert list(OutputReader(tmp_path, 1).search("hunter")) == []


def test_a_full_disk_is_one_clear_error_and_what_came_before_is_there(tmp_path: Path) -> None:
    room = [10]

    def write(fd: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = os.write(fd, data[: room[0]])
        room[0] -= done
        return done

    writer = OutputWriter(tmp_path, 1, FakeClock(), write=write)
    with pytest.raises(OutputUnwritable, match="No space left"):
        writer.write("out", b"0123456789abcdef")
    writer.close()
    assert writer.size == 10
    write_mask(tmp_path, 1, [])
    assert OutputReader(tmp_path, 1).read_lines(0, 1) == [b"0123456789"]


def test_an_attempt_without_output_reads_as_nothing(tmp_path: Path) -> None:
    reader = OutputReader(tmp_path, 3)
    assert (reader.size, reader.lines_total(), reader.read_lines(0, 3)) == (0, 0, [])
    assert verify_output(tmp_path, 3) == ""


def test_an_attempt_is_never_written_twice(tmp_path: Path) -> None:
    written(tmp_path, b"first").close()
    with pytest.raises(OutputUnwritable):
        OutputWriter(tmp_path, 1, FakeClock())
    assert verify_output(tmp_path, 1) == "a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e"


def test_much_output_is_hashed_and_indexed_beside_the_one_who_writes(tmp_path: Path) -> None:
    block = b"".join(b"%07d some words\n" % number for number in range(50_000))
    watched, late = OutputWriter(tmp_path, 1, FakeClock()), OutputWriter(tmp_path, 2, FakeClock())
    reader = OutputReader(tmp_path, 1, watched, NoSecrets())
    for _ in range(12):
        for writer in (watched, late):
            writer.write("out", block)
    for writer in (watched, late):
        writer.close()
    assert watched.sha256 == late.sha256 == verify_output(tmp_path, 1)
    assert reader.lines_total() == 600_000
    assert reader.read_lines(599_999, 1) == [b"0049999 some words"]
    write_mask(tmp_path, 2, [])
    assert OutputReader(tmp_path, 2, late).lines_total() == 600_000


SHOWN = [
    ("a colour inside", b"the \x1b[31mnee\x1b[1mdle\x1b[m", True),
    ("grep's colours", b"\x1b[01;31m\x1b[Kneedle\x1b[m\x1b[K", True),
    ("ends of Windows", b"the needle\r", True),
    ("written over", b"needle\rthread", False),
    ("made of parts", b"   dle\rnee", True),
    ("corrected", b"neef\bdle", True),
    ("in a title", b"\x1b]0;needle\x07", False),
    ("something invisible inside", "nee\u200bdle".encode(), True),
    ("printed plainly", b"a needle", True),
]


@pytest.mark.parametrize(("line", "found"), [one[1:] for one in SHOWN], ids=[one[0] for one in SHOWN])
def test_search_finds_what_is_shown_and_nothing_else(tmp_path: Path, line: bytes, found: bool) -> None:
    reader = finished(tmp_path, b"hay\n" * 10 + line + b"\nhay\n")
    assert list(reader.search("needle")) == ([10] if found else [])
    assert list(reader.search("needle", start=11, direction=-1)) == ([10] if found else [])
    assert ("needle" in reader.shown_lines(10, 1)[0].text) is found
