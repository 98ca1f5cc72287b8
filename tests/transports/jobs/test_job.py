"""Durable commands on a real sshd: started once, followed across lost connections, ended for certain."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.harness.waiting import until_gone
from tests.support.servers.sshd import Sshd
from tests.support.sessions.durable import KEY, run
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import CancelToken, Command, Detached, Left, Stream
from tui.transports.local.transport import LocalTransport
from tui.transports.openssh.transport import OpenSSHTransport
from tui.transports.ssh.transport import SSHTransport


class Place(NamedTuple):
    """A transport, and where its jobs lie."""

    transport: SSHTransport | OpenSSHTransport | LocalTransport
    jobs: Path


@pytest.fixture(params=["ssh", "openssh", "local"])
def place(
    request: pytest.FixtureRequest, sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    if request.param == "local":
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
        yield Place(LocalTransport("here", patience=0.3), tmp_path / "state/runbook/jobs")
        return
    transport = sshd.transport(patience=0.3) if request.param == "ssh" else sshd.by_openssh(patience=0.3)
    yield Place(transport, sshd.directory / ".local/state/runbook/jobs")
    transport.clear("session-1")
    transport.close()


@pytest.mark.parametrize("pause", ["", "sleep 0.2;"])
@pytest.mark.parametrize("status", [0, 3, 137])
def test_output_and_exit_status_of_short_and_long_commands(place: Place, pause: str, status: int) -> None:
    ran = run(place.transport, f"echo one; echo two >&2; {pause} printf three; exit {status}")
    assert ran == (Outcome.exited(status), b"one\nthree", b"two\n")


@pytest.mark.parametrize("pause", ["", "sleep 0.2;"])
def test_a_killed_command_is_not_one_that_exits_with_the_same_number(place: Place, pause: str) -> None:
    assert run(place.transport, f"{pause} kill -KILL $$").outcome == Outcome(OutcomeKind.SIGNALLED, signal="SIGKILL")


def test_environment_secrets_standard_input_and_directory_are_the_plain_commands(place: Place, tmp_path: Path) -> None:
    script = 'pwd; echo "$WORD $TOKEN"; cat; umask; env | grep -c _rb_; ps -eo args | grep -c "[h]unter2"'
    given: dict[str, Any] = {
        "directory": str(tmp_path),
        "environment": {"WORD": "a b"},
        "secrets": {"TOKEN": "hunter2\n'"},
    }
    durable = run(place.transport, script, stdin=b"some\ninput", **given)
    came = bytearray()
    plain = Command(script=script, stdin=b"some\ninput", **given)
    place.transport.run(plain, lambda stream, data: came.extend(data), CancelToken())
    assert durable.out == bytes(came)
    assert b"a b hunter2\n'\nsome\ninput" in durable.out
    left = [file for file in place.jobs.rglob("*") if file.is_file() and file.name != "out"]
    assert not [file for file in left if b"hunter2" in file.read_bytes()]


@pytest.mark.parametrize("stdin", [b"some\ninput", b""])
def test_what_is_read_again_from_its_beginning_has_no_secret(place: Place, stdin: bytes) -> None:
    script = 'head -n 1; cat /dev/stdin; cat /proc/self/fd/[3-9] 2>/dev/null; echo "$TOKEN"'
    ran = run(place.transport, script, stdin=stdin, secrets={"TOKEN": "hunter2", "OTHER": "hunter3"})
    assert ran.out == b"".join(stdin.splitlines(keepends=True)[:1]) + stdin + b"hunter2\n"


def test_a_job_directory_is_the_operators_alone_and_goes_with_the_session(place: Place) -> None:
    run(place.transport, "true")
    job = place.jobs / "session-1/deploy.7"
    assert [path.stat().st_mode & 0o777 for path in (job, job.parent)] == [0o700, 0o700]
    assert place.transport.clear("session-1") == 0
    assert not job.parent.exists()


def test_a_second_start_of_the_same_attempt_runs_nothing(place: Place, tmp_path: Path) -> None:
    script = f"echo ran >>{tmp_path}/ran; echo out"
    assert run(place.transport, script).out == run(place.transport, script).out == b"out\n"
    assert (tmp_path / "ran").read_text() == "ran\n"


def test_cancel_ends_the_whole_group_and_keeps_what_was_printed(place: Place, tmp_path: Path) -> None:
    cancel = CancelToken()
    ran = run(place.transport, "echo begun; sleep 77.77 & sleep 77.77", cancel, lambda data: cancel.cancel())
    assert ran[:2] == (Outcome(OutcomeKind.CANCELLED), b"begun\n")
    until_gone("sleep 77.77")
    again = run(place.transport, "echo never")
    assert again.outcome.kind is OutcomeKind.CANCELLED, "its end had been asked for"


def test_a_command_that_ignores_the_request_to_end_is_killed(place: Place) -> None:
    ran = run(place.transport, "trap '' TERM; echo begun; while :; do sleep 0.1; done", timeout=0.5)
    assert ran.outcome == Outcome(OutcomeKind.TIMED_OUT, detail="after 0.5 s")


def test_left_to_itself_it_keeps_running_and_is_rejoined_from_the_byte(place: Place, tmp_path: Path) -> None:
    cancel = CancelToken()
    go = tmp_path / "go"
    script = f"echo begun; while [ ! -e {go} ]; do sleep 0.02; done; echo oops >&2; echo ended; exit 4"
    with pytest.raises(Detached):
        run(place.transport, script, cancel, lambda data: cancel.leave())
    assert "still running" in place.transport.look(KEY)
    assert place.transport.clear("session-1") == 1
    go.touch()
    came: list[tuple[Stream, bytes]] = []
    outcome = place.transport.rejoin(Left(key=KEY, out=6), lambda *chunk: came.append(chunk), CancelToken())
    assert outcome == Outcome.exited(4)
    assert sorted(came) == [(Stream.ERR, b"oops\n"), (Stream.OUT, b"ended\n")]
    assert place.transport.look(KEY) == "It ended with exit 4. It printed 17 bytes."


def test_what_never_started_never_will(place: Place, tmp_path: Path) -> None:
    claimed = place.jobs / "session-1/claimed.1"
    claimed.mkdir(parents=True)
    outcome = place.transport.rejoin(Left(key="session-1/claimed/1"), lambda *chunk: None, CancelToken())
    assert outcome.kind is OutcomeKind.UNREACHABLE, outcome
    assert run(place.transport, f"touch {tmp_path}/ran", key="session-1/claimed/1").outcome == outcome
    missing = place.transport.rejoin(Left(key="session-1/gone/1"), lambda *chunk: None, CancelToken())
    assert missing == Outcome(OutcomeKind.UNKNOWN, detail="there is no trace of it on the host")
    run(place.transport, f"touch {tmp_path}/ran", key="session-1/gone/1")
    assert not (tmp_path / "ran").exists()


def test_after_a_restart_of_the_host_the_outcome_is_unknown(place: Place) -> None:
    job = place.jobs / "session-1/deploy.7"
    job.mkdir(parents=True)
    (job / "gate").write_text("4711 22222 another-boot\n")
    (job / "out").write_bytes(b"half\n")
    (job / "err").touch()
    came = bytearray()
    outcome = place.transport.rejoin(Left(key=KEY), lambda stream, data: came.extend(data), CancelToken())
    assert outcome == Outcome(OutcomeKind.UNKNOWN, detail="the host was restarted while the command ran")
    assert came == b"half\n"
    assert place.transport.look(KEY) == "The host was restarted while it ran. It printed 5 bytes."


def test_a_killed_runner_leaves_the_outcome_unknown_and_says_what_still_runs(place: Place, tmp_path: Path) -> None:
    def kill(data: bytes) -> None:
        runner = (place.jobs / "session-1/deploy.7/gate").read_text().split()[0]
        os.kill(int(runner), 9)

    ran = run(place.transport, "echo begun; sleep 1.25; exit 0", seen=kill)
    assert ran.outcome.kind is OutcomeKind.UNKNOWN
    assert ran.outcome.detail.startswith("what watched it on the host was killed. It ")
    assert ran.outcome.detail.count("killed") == 1


def test_a_place_where_jobs_cannot_be_kept_runs_it_plainly_and_says_so(place: Place, tmp_path: Path) -> None:
    place.jobs.parent.mkdir(parents=True, exist_ok=True)
    aside = place.jobs.with_name("aside")
    if place.jobs.exists():
        place.jobs.rename(aside)
    place.jobs.write_text("a file in the way")
    try:
        ran = run(place.transport, "echo out; exit 3")
    finally:
        place.jobs.unlink()
        if aside.exists():
            aside.rename(place.jobs)
    assert (ran.outcome.kind, ran.outcome.exit_status, ran.out) == (OutcomeKind.FAILED, 3, b"out\n")
    assert "cannot be written" in ran.outcome.unprotected


def test_a_megabyte_of_input_and_many_of_output(place: Place) -> None:
    data = os.urandom(1 << 20)
    ran = run(place.transport, "cat; sleep 0.1; head -c 20000000 /dev/zero", stdin=data)
    assert ran.outcome == Outcome.exited(0)
    assert ran.out == data + bytes(20_000_000)


@pytest.mark.parametrize("byte", ["x", "\\0"])
def test_what_comes_after_much_output_is_followed_from_there(place: Place, tmp_path: Path, byte: str) -> None:
    go, came = tmp_path / "go", [0]
    script = f"head -c 300000 /dev/zero | tr '\\0' '{byte}'; until [ -e {go} ]; do sleep 0.02; done; echo more"

    def seen(data: bytes) -> None:
        came[0] += len(data)
        if came[0] >= 299_999:  # a NUL at the end may begin the follower's own words, and waits for more
            go.touch()

    much = byte.replace("\\0", "\0").encode() * 300_000
    assert run(place.transport, f"{script}; echo oops >&2; exit 3", seen=seen) == (
        Outcome.exited(3),
        much + b"more\n",
        b"oops\n",
    )


def test_words_like_the_followers_own_are_output(place: Place) -> None:
    script = "printf '\\0runbook-job 0123456789abcdef end 0 0 - 0\\n'; sleep 0.1; printf '\\0runbook-job '; exit 5"
    ran = run(place.transport, script)
    assert ran[:2] == (Outcome.exited(5), b"\0runbook-job 0123456789abcdef end 0 0 - 0\n\0runbook-job ")


def test_what_a_command_leaves_running_does_not_hold_it_up(place: Place) -> None:
    assert run(place.transport, "echo out; sleep 5.55 & exit 0")[:2] == (Outcome.exited(0), b"out\n")
    os.system("pkill -f 'sleep 5.55'")


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox sh"])
def test_the_scripts_run_in_every_posix_shell(place: Place, shell: str, tmp_path: Path) -> None:
    from tui.transports.local import channels as local_channels

    program, *words = shell.split()
    if os.system(f"command -v {program} >/dev/null"):
        pytest.skip(f"{program} is not installed")
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "sh").write_text(f'#!/bin/sh\nexec {shell} "$@"\n')
    (folder / "sh").chmod(0o755)
    channels = local_channels.LocalChannels()
    assert channels.boot_id()
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{folder}:{before}"
    try:
        here = LocalTransport("here")
        for number, pause in enumerate(("", "sleep 0.2;")):
            ran = run(here, f"echo one; {pause} echo two >&2; exit 3", key=f"session-2/{program}/{number}")
            assert ran == (Outcome.exited(3), b"one\n", b"two\n")
        ran = run(here, "kill -KILL $$", key=f"session-2/{program}/9")
        assert ran.outcome.kind is OutcomeKind.SIGNALLED
        assert here.clear("session-2") == 0
    finally:
        os.environ["PATH"] = before
