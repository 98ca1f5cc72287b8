"""Rows that are drawn again and again by moving the cursor up are shown once, as they were written last."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.session.test_output import Finds, NoSecrets
from tests.support.harness.examples import examples
from tests.support.sessions.fake_clock import FakeClock
from tui.execution.secrecy.redaction import Redactor
from tui.replay.output import OutputLines, OutputThen
from tui.session.output import line_index, output, redrawn_rows
from tui.session.output.line_index import BLOCK
from tui.session.output.output import OutputReader, OutputWriter, write_mask
from tui.session.output.redrawn_rows import WINDOW
from tui.text.drawn import as_shown


def compose(rows: int, frames: int) -> Iterator[bytes]:
    """What `docker compose pull` prints: each frame goes up, erases and writes each row, and ends below them."""
    for frame in range(frames):
        up = b"\x1b[%dA" % rows if frame else b""
        lines = (b"\x1b[2K\r layer %d  %d %%\n" % (row, min(100, frame * 10)) for row in range(rows))
        yield b"\x1b[?25l" + up + b"".join(lines)


def pull(rows: int, updates: int) -> Iterator[bytes]:
    """What `docker pull` prints: the rows once, then one row at a time, from below and back."""
    yield b"".join(b"layer %d: Pulling fs layer\n" % row for row in range(rows))
    for update in range(updates):
        for row in range(rows):
            up = rows - row
            yield b"\x1b[%dA\x1b[2K\rlayer %d: %d MB\r\x1b[%dB" % (up, row, update, up)


def read(folder: Path, data: bytes, live: bool = False) -> OutputReader:
    for file in folder.iterdir():
        file.unlink()
    writer = OutputWriter(folder, 1, FakeClock())
    reader = OutputReader(folder, 1, writer, NoSecrets()) if live else None
    for start in range(0, len(data), 777):
        writer.write("out", data[start : start + 777])
        if reader is not None:
            reader.lines_total()
    writer.close()
    write_mask(folder, 1, [])
    return reader or OutputReader(folder, 1)


def texts(reader: OutputReader, first: int = 0, count: int = 10_000) -> list[str]:
    return [line.text for line in reader.shown_lines(first, count)]


@pytest.mark.parametrize("live", [False, True], ids=["kept", "live"])
def test_compose_draws_its_rows_in_place(tmp_path: Path, live: bool) -> None:
    data = b"begin\n" + b"".join(compose(4, 40)) + b"done\nend"
    reader = read(tmp_path, data, live)
    wanted = ["begin", *(f" layer {row}  100 %" for row in range(4)), "done", "end"]
    assert texts(reader) == wanted
    assert reader.lines_total() == len(wanted)
    assert texts(reader, 3, 2) == wanted[3:5]
    assert list(reader.search("layer")) == [1, 2, 3, 4]
    assert list(reader.search("100 %", 3, -1)) == [3, 2, 1]
    assert list(reader.search("en", 5)) == [6]
    assert list(reader.search("10 %")) == [], "what was drawn over is not shown"
    assert len(reader.streams_of(0, 99)) == len(reader.times_of(0, 99)) == len(wanted)
    assert (tmp_path / "0001.out").read_bytes() == data


@pytest.mark.parametrize("live", [False, True], ids=["kept", "live"])
def test_docker_draws_one_row_at_a_time_however_long_that_takes(tmp_path: Path, live: bool) -> None:
    data = b"Using default tag\n" + b"".join(pull(6, 1_000)) + b"Digest: abc\nStatus: new\n"
    assert len(data) > 2 * BLOCK
    reader = read(tmp_path, data, live)
    wanted = ["Using default tag", *(f"layer {row}: 999 MB" for row in range(6)), "Digest: abc", "Status: new"]
    assert texts(reader) == wanted
    assert reader.lines_total() == len(wanted)


def test_what_is_being_drawn_is_seen(tmp_path: Path) -> None:
    reader = read(tmp_path, b"a\nb\n\x1b[2A\x1b[2Knew a", live=True)
    assert texts(reader) == ["new a", "b"]
    assert texts(read(tmp_path, b"a\nb\n\x1b[1A\x1b[2Knew b\x1b[1Blast")) == ["a", "new b", "last"]


def test_several_programs_draw_after_each_other(tmp_path: Path) -> None:
    between = b"".join(b"line %d\n" % number for number in range(3 * WINDOW))
    data = b"".join((b"".join(compose(3, 9)), b"near\n", b"".join(compose(2, 9)), between, b"".join(compose(2, 5))))
    wanted = [
        *(f" layer {row}  80 %" for row in range(3)),
        "near",
        *(f" layer {row}  80 %" for row in range(2)),
        *(f"line {number}" for number in range(3 * WINDOW)),
        *(f" layer {row}  40 %" for row in range(2)),
    ]
    reader = read(tmp_path, data)
    assert texts(reader) == wanted
    assert list(reader.search("line 299")) == [6 + 299]
    for first in (0, 2, 4, 5, 6, 100, 305, 306, 307):
        assert texts(reader, first, 3) == wanted[first : first + 3]


def test_no_more_rows_than_a_screen_has_are_gone_up(tmp_path: Path) -> None:
    data = b"".join(b"line %d\n" % number for number in range(2 * WINDOW)) + b"\x1b[999999999A\x1b[2Kover\n"
    found = texts(read(tmp_path, data))
    assert found.index("over") == WINDOW
    assert found[WINDOW + 1] == f"line {WINDOW + 1}"


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"a\n\nb\n\x1b[1A\x1b[2Kc\n", ["a", "", "c"]),
        (b"a\n\n\x1b[2A\x1b[2Kx\n", ["x", ""]),
        (b"a\n\x1b[1Ab\n\nc\n\x1b[2A\x1b[2Kd\n", ["b", "d", "c"]),
        (b"a\nb\n\x1b[2A\x1b[2Kx\n\x1b[2Ky\n" + b"\n" * (2 * WINDOW) + b"\x1b[1A\x1b[2Kz", None),
        (b"a\nb\nc\n\x1b[3A\x1b[Jnew\n", ["new", "", ""]),
        (b"one\x1b[Bbelow\nand\n\x1b[2F\x1b[2Kover\n", ["over", "and"]),
    ],
)
def test_each_row_is_where_it_was(tmp_path: Path, data: bytes, wanted: list[str] | None) -> None:
    for live in (False, True):
        found = texts(read(tmp_path, data, live))
        assert found == (wanted or ["x", "y", *[""] * (2 * WINDOW - 1), "z"])


def test_a_replay_shows_what_was_drawn_then(tmp_path: Path) -> None:
    read(tmp_path, b"".join(compose(2, 9)))
    whole = (tmp_path / "0001.out").read_bytes()
    at = [len(whole)]

    class Then(OutputThen):
        @property
        def size(self) -> int:
            return at[0]

    reader = Then(tmp_path, 1, OutputLines(tmp_path), lambda: 0.0)
    assert texts(reader) == [" layer 0  80 %", " layer 1  80 %"]
    at[0] = whole.index(b"40 %") + len(b"40 %")
    assert texts(reader) == [" layer 0  40 %", " layer 1  30 %"]
    at[0] = len(whole)
    assert texts(reader) == [" layer 0  80 %", " layer 1  80 %"]


def test_a_row_does_not_make_a_secret_out_of_its_parts(tmp_path: Path) -> None:
    secret = b"hunter2-production"
    row = b"\x1b[7G" + secret[6:] + b"\r" + secret[:6]
    data = b"a\nb\n\x1b[2A\x1b[2K" + row + b"\x1b[2Bc\n"
    live = OutputReader(tmp_path, 1, OutputWriter(tmp_path, 1, FakeClock()), Finds(secret))
    assert live._writer is not None
    live._writer.write("out", data)
    assert secret.decode() not in "\n".join(texts(live))
    live._writer.close()
    redactor = Redactor()
    redactor.add(secret.decode())
    write_mask(tmp_path, 1, redactor.scan_file(tmp_path / "0001.out"))
    kept = texts(OutputReader(tmp_path, 1))
    assert secret.decode() not in "\n".join(kept)
    assert kept[1:] == ["b", "c"]


def test_of_very_many_moves_the_rest_is_lines_as_always(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redrawn_rows, "MOVES", 50)
    reader = read(tmp_path, b"".join(compose(3, 40)) + b"end\n")
    found = texts(reader)
    assert found[-1] == "end"
    assert reader.lines_total() == len(found)
    assert texts(reader, 2, 5) == found[2:7]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 4 KiB: a line is longer than one without being 70,000 bytes that are gone through again and again."""
    for module in (line_index, output, redrawn_rows):
        monkeypatch.setattr(module, "BLOCK", 4096)
        monkeypatch.setattr(module, "KEPT", 8192)
    monkeypatch.setattr(output, "BATCH", 16 * 4096)


MOVES = [b"\x1b[A", b"\x1b[2A", b"\x1b[3B", b"\x1b[F", b"\x1b[E", b"\x1b[J", b"\x1b[2K", b"\x1b", b"\x1b[", b"\x1b[9"]


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([*MOVES, b"\n", b"\n", b"one", b"\r", b"two\n", b"x" * 4_400]), max_size=30))
def test_whatever_moves_come_every_part_is_what_it_is_in_the_whole(
    small_blocks: None, tmp_path: Path, printed: list[bytes]
) -> None:
    data = b"".join(printed)
    found = texts(read(tmp_path, data))
    for reader in (read(tmp_path, data), read(tmp_path, data, live=True)):
        assert reader.lines_total() == len(found)
        assert texts(reader) == found
        for first in range(0, len(found), 3):
            assert texts(reader, first, 4) == found[first : first + 4]
        lines = reader.read_lines(0, len(found))
        wanted = [number for number, line in enumerate(lines) if b"one" in as_shown(line)]
        assert list(reader.search("one")) == wanted
        assert list(reader.search("one", len(found), -1)) == wanted[::-1]


def test_a_search_finds_nothing_that_was_erased(tmp_path: Path) -> None:
    reader = read(tmp_path, b"one\x1b[2K\ntwo\x1b[K one\n\x1b[31mone\x1b[0m\n")
    assert texts(reader) == ["", "two one", "one"]
    assert list(reader.search("one")) == [1, 2]
