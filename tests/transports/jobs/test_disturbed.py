"""Hosts that disturb: startup files that print or end, forced commands, environments that make every shell talk."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.servers.sshd import Sshd
from tests.support.sessions import durable
from tests.support.sessions.ran import run
from tui.errors import HostError
from tui.session.outcome import NOT_RUN, Outcome, OutcomeKind
from tui.transports.base import CancelToken, Command, Stream
from tui.transports.greeting import MAX_BANNER, Greeting
from tui.transports.jobs.follower import Talk
from tui.transports.local.transport import LocalTransport
from tui.transports.shell import HELLO, HELLO_ERRORS

MakeSshd = Callable[..., Sshd]
SHELLS = ("bash", "dash", "busybox")
NOISES = {
    "loader": {"LD_PRELOAD": "/no/such/library.so"},
    "locale": {"LC_ALL": "xx_XX.UTF-8"},
    "xtrace": {"SHELLOPTS": "xtrace"},
    "verbose": {"SHELLOPTS": "verbose"},
    "strict": {"SHELLOPTS": "errexit:nounset:noglob:noclobber"},
    "noexec": {"SHELLOPTS": "noexec"},
    "onecmd": {"SHELLOPTS": "onecmd"},
}
PRINTING = {
    "no newline": "printf hello",
    "carriage return": r"printf 'one\r\ntwo\rthree\r'",
    "escapes": r"printf '\033[31mred\033]0;title\007'",
    "both": "printf out; printf err >&2",
    "much": "head -c 300000 /dev/zero | tr '\\0' x; head -c 300000 /dev/zero | tr '\\0' y >&2",
    "strict": "set -eu; set -o noclobber; trap 'echo bye; exit 9' EXIT",
    "merged": "exec 2>&1; printf hello",
}


@pytest.fixture
def startup(own_sshd: MakeSshd) -> Callable[..., Sshd]:
    """A server whose login shell, a bash, reads this startup file."""

    def make(text: str, *options: str) -> Sshd:
        server = own_sshd(*options)
        folder = server.directory
        (folder / ".bashrc").write_text(text + "\n")
        return server

    return make


def bin_with(folder: Path, shell: str) -> Path:
    """A folder of programs in which `sh` is the shell given."""
    folder.mkdir()
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    (folder / "sh").symlink_to(program)
    return folder


@pytest.fixture(params=SHELLS)
def here(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalTransport:
    """This machine, with each shell as its `sh`."""
    folder = bin_with(tmp_path / "bin", request.param)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return LocalTransport("here", patience=0.3)


@pytest.mark.parametrize("noise", NOISES)
def test_a_shell_that_talks_as_it_starts_makes_no_success_a_failure(
    here: LocalTransport, noise: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in NOISES[noise].items():
        monkeypatch.setenv(name, value)
    script = "echo one; false; echo $undefined; echo two"
    for given in ("bash", "sh"):
        for status in (0, 3, 137):
            key = f"{durable.SESSION}/{given}/{status}"
            ran = durable.run(here, f"{script}; exit {status}", shell=given, key=key)
            if ran.outcome.kind is OutcomeKind.UNKNOWN or ran.outcome.detail.startswith(NOT_RUN):
                assert noise in ("noexec", "onecmd")  # bash as sh that is to execute nothing: never a success
                continue
            assert (ran.outcome, ran.out) == (Outcome.exited(status), b"one\n\ntwo\n")
            plain = run(here, f"{script}; exit {status}", shell=given)
            assert (plain.outcome, plain.out) == (Outcome.exited(status), b"one\n\ntwo\n")


@pytest.mark.parametrize("noise", ["loader", "locale"])
def test_a_killed_command_is_told_whatever_the_shell_says_as_it_starts(
    here: LocalTransport, noise: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in NOISES[noise].items():
        monkeypatch.setenv(name, value)
    assert durable.run(here, "kill -KILL $$").outcome == Outcome(OutcomeKind.SIGNALLED, signal="SIGKILL")


def test_a_removed_working_directory_of_the_program_itself_harms_nothing(here: LocalTransport, tmp_path: Path) -> None:
    gone, back = tmp_path / "gone", Path.cwd()
    gone.mkdir()
    os.chdir(gone)
    try:
        gone.rmdir()
        ran = durable.run(here, "echo done")
    finally:
        os.chdir(back)
    assert (ran.outcome, ran.out) == (Outcome.exited(0), b"done\n")


@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_a_command_whose_directory_is_gone_has_not_run(here: LocalTransport, shell: str) -> None:
    for ran in (
        durable.run(here, "echo done", shell=shell, directory="/no/such/place"),
        run(here, "echo done", shell=shell, directory="/no/such/place"),
    ):
        assert (ran.outcome.kind, ran.out) == (OutcomeKind.UNREACHABLE, b"")
        assert "/no/such/place" in str(ran.outcome)
        assert str(ran.outcome).startswith("it did not run (exit 125)")


def test_a_file_that_bash_reads_first_and_that_ends_it_is_no_success(
    here: LocalTransport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "env"
    file.write_text("echo 'not today' >&2; exit 0\n")
    monkeypatch.setenv("BASH_ENV", str(file))
    for ran in (durable.run(here, "echo done"), run(here, "echo done")):
        assert (ran.outcome.kind, ran.out) == (OutcomeKind.UNREACHABLE, b"")
        assert "not today" in str(ran.outcome)


@pytest.mark.parametrize("noise", [name for name in NOISES if name != "onecmd"])
def test_a_hosts_environment_makes_no_success_a_failure(own_sshd: MakeSshd, noise: str) -> None:
    server = own_sshd("PermitUserEnvironment yes")
    (server.directory / ".ssh").mkdir()
    settings = " ".join(f"{name}={value}" for name, value in NOISES[noise].items())
    keys = server.directory / "authorized_keys"
    keys.write_text(f'environment="{settings}" {keys.read_text()}')
    host = server.transport()
    if noise == "noexec":  # a login bash that executes nothing
        with pytest.raises(HostError, match=NOT_RUN):
            host.connect()
        host.close()
        return
    ran = durable.run(host, "echo done")
    assert (ran.outcome, ran.out) == (Outcome.exited(0), b"done\n")
    plain = run(host, "echo done")
    assert (plain.outcome, plain.out) == (Outcome.exited(0), b"done\n")
    host.clear(durable.SESSION)
    host.close()


@pytest.mark.parametrize("printing", PRINTING)
def test_what_startup_files_print_or_set_is_no_part_of_anything(startup: Callable[..., Sshd], printing: str) -> None:
    server = startup(PRINTING[printing])
    host = server.transport(patience=0.3)
    facts = host.connect()
    assert facts.hostname == os.uname().nodename
    assert facts.boot_id
    ran = durable.run(host, "echo out; exit 4")
    assert (ran.outcome, ran.out, ran.err) == (Outcome.exited(4), b"out\n", b"")
    errors = b"" if printing == "merged" else b"err\n"
    for shell in ("bash", "sh"):
        ran = run(host, "echo out; echo err >&2; exit 4", shell=shell)
        assert (ran.outcome, ran.out.replace(b"err\n", b""), ran.err) == (Outcome.exited(4), b"out\n", errors)
    cancel = CancelToken()
    cancelled = durable.run(host, "echo up; sleep 600", cancel, lambda data: cancel.cancel(), key="session-1/a/1")
    assert cancelled.outcome == Outcome(OutcomeKind.CANCELLED)
    cancel = CancelToken()
    plain = Command(script="echo up; sleep 600")
    assert host.run(plain, lambda stream, data: cancel.cancel(), cancel) == Outcome(OutcomeKind.CANCELLED)
    assert host.clear(durable.SESSION) == 0
    host.close()


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("echo 'closed for repairs'; exit 0", (), "closed for repairs"),
        ("exec cat", (), "the host said nothing"),
        ("echo 'not you' >&2; exit 1", (), "not you"),
        ("", ("ForceCommand /bin/true",), "the host said nothing"),
        ("", ("ForceCommand echo only backups here",), "only backups here"),
        ("", ("ForceCommand /usr/sbin/nologin",), "not available"),
    ],
)
def test_a_host_that_runs_nothing_fails_the_preflight_with_its_own_words(
    startup: Callable[..., Sshd], text: str, options: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    host = startup(text, *options).transport()
    with pytest.raises(HostError, match=NOT_RUN) as raised:
        host.connect()
    assert said in raised.value.message
    for ran in (run(host, f"touch {tmp_path}/ran"), durable.run(host, f"touch {tmp_path}/ran")):
        assert ran.outcome.kind is OutcomeKind.UNREACHABLE
        assert NOT_RUN in str(ran.outcome)
    assert not (tmp_path / "ran").exists()
    host.close()


def test_a_host_that_stops_running_commands_makes_none_a_success(startup: Callable[..., Sshd]) -> None:
    server = startup("")
    host = server.transport()
    host.connect()
    (server.directory / ".bashrc").write_text("echo 'closed now'; exit 0\n")
    plain = run(host, "echo done")
    assert (plain.outcome.kind, plain.out) == (OutcomeKind.UNREACHABLE, b"")
    assert "closed now" in str(plain.outcome)
    kept = durable.run(host, "echo done")
    assert kept.outcome.kind is OutcomeKind.UNKNOWN
    assert "closed now" in str(kept.outcome)
    host.close()


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_a_greeting_is_found_in_pieces_of_any_size(size: int) -> None:
    before = b"x" * (2 * MAX_BANNER) + b"\nrunbook-\x1b[0m"
    greeting = Greeting()
    out = before + b"\n" + HELLO + b"42\nout\n" + HELLO + b"7\n"
    err = before + b"\n" + HELLO_ERRORS + b"\nerr"
    came = {
        stream: b"".join(greeting.feed(stream, data[at : at + size]) for at in range(0, len(data), size))
        for stream, data in ((Stream.ERR, err[-300:]), (Stream.OUT, out[-300:] if size == 1 else out))
    }
    assert (greeting.group, came) == (42, {Stream.OUT: b"out\n" + HELLO + b"7\n", Stream.ERR: b"err"})


def test_only_a_status_of_a_signal_counts_as_a_kill() -> None:
    talk = Talk("n")
    talk.feed(b"\nrunbook-job n running\n\0runbook-job n end 0 0 - 0 killed\n")
    assert talk.end is not None
    assert (talk.end.status, talk.end.killed) == (0, False)
