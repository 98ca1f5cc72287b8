"""Recordings for asciinema: its own reader reads them, and everything is seen when it happened."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asciinema.asciicast import open_from_url

from tests.support.sessions.recorded import Writer, written
from tui.errors import UsageError
from tui.exports.asciicast import BAD, PLAIN, SHOWN, recorded
from tui.exports.registry import render
from tui.exports.source import source
from tui.session.output.output import OutputWriter, write_mask
from tui.session.views.called import attempt_failed
from tui.session.views.markers import marker_of

Event = tuple[float, str, str]


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Writer:
    return written(tmp_path_factory.mktemp("session"), 3, 80)


def v3(data: bytes) -> tuple[dict[str, Any], list[Event]]:
    """The header and the events with absolute times, strictly by the specification of asciicast v3."""
    lines = [line for line in data.decode().splitlines() if not line.startswith("#")]
    head = json.loads(lines[0])
    assert head["version"] == 3
    assert {"cols", "rows"} <= set(head["term"])
    assert set(head) <= {"version", "term", "timestamp", "idle_time_limit", "command", "title", "env", "tags"}
    elapsed, events = 0.0, []
    for line in lines[1:]:
        interval, code, text = json.loads(line)
        assert interval >= 0
        assert code in ("o", "i", "m", "r", "x")
        elapsed += interval
        events.append((round(elapsed, 5), code, text))
    return head, events


def v2(data: bytes, folder: Path) -> tuple[dict[str, Any], list[Event]]:
    """The same as asciinema's own reader has it."""
    path = folder / "night.cast"
    path.write_bytes(data)
    with open_from_url(str(path)) as cast:
        assert cast.version == 2
        events = [(round(at, 5), code, text) for at, code, text in cast.events()]
        return dict(cast.v2_header), events


def test_asciinema_reads_version_2(night: Writer, tmp_path: Path) -> None:
    head, events = v2(render(source(night.directory), "cast2"), tmp_path)
    assert head["timestamp"] == int(night.entries[0].at.timestamp())
    assert head["title"] == f"Shop: deploy, session {night.directory.id}"
    assert head["idle_time_limit"] == 2.0
    assert events == sorted(events, key=lambda event: event[0])
    assert head["duration"] == pytest.approx(events[-1][0], abs=0.001)


def test_both_versions_say_the_same_at_the_same_time(night: Writer, tmp_path: Path) -> None:
    read = source(night.directory)
    _, old = v2(render(read, "cast2"), tmp_path)
    _, new = v3(render(read, "cast"))
    assert [event[1:] for event in new] == [event[1:] for event in old]
    assert [event[0] for event in new] == pytest.approx([event[0] for event in old], abs=0.001)


def test_every_marker_is_there(night: Writer) -> None:
    _, events = v3(render(source(night.directory), "cast"))
    wanted = [
        f"{marker.kind}: {marker.words}"
        for entry, state in zip(night.entries, night.states, strict=True)
        if (marker := marker_of(entry, state)) is not None
    ]
    assert len(wanted) > 10
    assert [text for _, code, text in events if code == "m"] == wanted


def test_output_comes_when_it_came(night: Writer) -> None:
    _, events = v3(render(source(night.directory), "cast"))
    shown = [(at, text) for at, code, text in events if code == "o"]
    for attempt in night.state.attempts:
        text = (night.directory.attempts / f"{attempt:04d}.out").read_text()
        for line in text.splitlines():
            ((at, said),) = [(at, said) for at, said in shown if said in (f"{line}\r\n", f"\x1b[31m{line}\x1b[0m\r\n")]
            began = next(at for at, said in shown if f"$ run {attempt}\x1b" in said)
            assert at >= began


@pytest.fixture
def with_output(tmp_path: Path) -> Callable[[bytes], Writer]:
    def made(text: bytes, secret: bytes = b"", stream: str = "out", failed: bool | None = None) -> Writer:
        session = written(tmp_path, 5, 30)
        attempts = session.state.attempts
        number = max(one for one in attempts if failed is None or attempt_failed(attempts[one]) is failed)
        for path in session.directory.attempts.glob(f"{number:04d}.*"):
            path.unlink()
        writer = OutputWriter(session.directory.attempts, number, session.clock)
        writer.write(stream, text)
        writer.close()
        at = text.find(secret) if secret else -1
        write_mask(session.directory.attempts, number, [(at, at + len(secret))] if at >= 0 else [])
        return session

    return made


def test_what_a_host_prints_cannot_steer_the_terminal(with_output: Callable[..., Writer]) -> None:
    session = with_output(b"\x1b]0;owned\x07\x1b[2Jgone\r\nsafe\n")
    _, events = v3(render(source(session.directory), "cast"))
    told = "".join(text for _, code, text in events if code == "o")
    assert "\x1b]" not in told
    assert "\x1b[2J" not in told
    assert "safe\r\n" in told


@pytest.mark.parametrize("failed", [True, False])
def test_only_of_what_failed_the_error_output_is_red(with_output: Callable[..., Writer], failed: bool) -> None:
    session = with_output(b"nginx: the configuration file syntax is ok\n", stream="err", failed=failed)
    shown = [frame.data for frame in recorded(source(session.directory))]
    plain = "nginx: the configuration file syntax is ok"
    assert (f"{BAD}{plain}{PLAIN}\r\n" if failed else f"{plain}\r\n") in shown


def test_a_secret_stays_hidden(with_output: Callable[..., Writer]) -> None:
    session = with_output(b"token hunter2-secret\n", b"hunter2-secret")
    for form in ("cast", "cast2"):
        data = render(source(session.directory), form)
        assert b"hunter2" not in data
        assert "token •••".encode() in data


@pytest.mark.parametrize("more", [-1, 0, 1, 700])
def test_of_very_many_lines_those_in_the_middle_are_left_out(with_output: Callable[..., Writer], more: int) -> None:
    total = 2 * SHOWN + more
    session = with_output(b"".join(b"number %d.\n" % line for line in range(total)))
    _, events = v3(render(source(session.directory), "cast"))
    told = "".join(text for _, code, text in events if code == "o")
    assert "number 0." in told
    assert f"number {SHOWN - 1}." in told
    assert f"number {total - 1}." in told
    assert (f"number {SHOWN}." in told) is (more < 1)
    assert (f"… {more} line{'s' * (more != 1)} left out" in told) is (more > 0)


def test_a_form_that_there_is_not(night: Writer) -> None:
    with pytest.raises(UsageError, match="no export 'cast9'"):
        render(source(night.directory), "cast9")


def test_the_colours_of_output_are_the_programs_own_sequences(with_output: Callable[..., Writer]) -> None:
    session = with_output(b"10%\r20%\n\x1b[1;38;2;205;49;49mred\x1b[8;5m and\x1b[m plain \x1b[44mblue\x1b[m\n")
    _, events = v3(render(source(session.directory), "cast"))
    said = [text for _, code, text in events if code == "o"]
    assert "20%\r\n" in said
    red, blue = "\x1b[0m\x1b[31m\x1b[1mred and\x1b[0m", "\x1b[0m\x1b[34m\x1b[7mblue\x1b[0m"
    assert f"{red} plain {blue}\x1b[0m\r\n" in said
