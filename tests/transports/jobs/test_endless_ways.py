"""An `ssh` that a script starts again and again: only the processes tell, and all of them are ended.

Every chain here ends by itself: a counter lets it grow to twice what is allowed, and no further.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.harness.waiting import until
from tests.support.servers.sshd import Sshd
from tui.errors import HostError
from tui.transports.host_keys.known_command import lines_of_command
from tui.transports.openssh.transport import OpenSSHTransport
from tui.transports.ssh.connect import open_connection
from tui.transports.ssh.logging_in.client_keys import Credentials
from tui.transports.ssh_config.resolved import resolve
from tui.transports.ssh_config.started import MAX_JUMPS, MOST

pytestmark = pytest.mark.needs("ssh")

LIMIT = 2 * MOST


def counting(folder: Path, then: str) -> Path:
    """A script that counts how often it was started, and does not continue beyond a limit: it waits there."""
    script, count = folder / "way", folder / "count"
    script.write_text(
        f'#!/bin/sh\necho again >>{count}\n[ "$(wc -l <{count})" -lt {LIMIT} ] || exec sleep 20\nsleep 0.05\n{then}\n'
    )
    script.chmod(0o700)
    return script


def wait_until_gone(folder: Path) -> None:
    """Wait until no process names anything in a folder: who is killed ends a moment later."""
    until(lambda: not left_of(folder), "no process names the folder", seldom=0.2)


def left_of(folder: Path) -> list[str]:
    """The processes that name something in a folder."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            line = (place / "cmdline").read_bytes()
            running = (place / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            continue
        if running and os.fsencode(folder) in line:
            found.append(line.decode())
    return found


def by_own(config: Path) -> None:
    open_connection(resolve("box", None, None, [config]), Credentials(), PATIENCE)[0].close()


def by_openssh(config: Path) -> None:
    host = OpenSSHTransport("box", "box", config_files=[config], connect_timeout=PATIENCE)
    try:
        host.connect()
    finally:
        host.close()


PATIENCE = 100.0
"""Seconds for a connection by way of this number of processes, each of which takes its time on a busy machine."""
WAYS = pytest.mark.parametrize("connect", [by_own, by_openssh])


@WAYS
@pytest.mark.parametrize("begins", ["exec", "", "exec setsid -w"])
def test_a_script_that_leads_to_itself_is_ended_with_all_that_it_started_and_told(
    connect: Callable[[Path], None], begins: str, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    script = counting(tmp_path, f"{begins} ssh -F {config} -W localhost:22 box")
    config.write_text(f"Host *\n ProxyCommand {script}\n")
    with pytest.raises(HostError) as caught:
        connect(config)
    assert caught.value.message == (
        f"box: ProxyCommand leads to itself: ssh starts ssh again and again, more than {MOST} one below the other"
    )
    assert "`ProxyCommand none`" in caught.value.hint
    assert MAX_JUMPS <= len((tmp_path / "count").read_text().splitlines()) <= LIMIT
    wait_until_gone(tmp_path)


def test_so_is_a_condition_of_the_configuration(tmp_path: Path) -> None:
    config = tmp_path / "config"
    script = counting(tmp_path, f"exec ssh -F {config} -G box")
    config.write_text(f'Match exec "{script}"\n User ana\n')
    with pytest.raises(HostError, match="a Match exec leads to itself") as caught:
        resolve("box", None, None, [config])
    assert caught.value.hint == "fix Match exec: it starts ssh"
    wait_until_gone(tmp_path)


def test_so_is_what_tells_the_keys_of_hosts(tmp_path: Path) -> None:
    config = tmp_path / "config"
    script = counting(tmp_path, f"exec ssh -F {config} -W localhost:22 box")
    config.write_text(f"Host *\n ProxyCommand {script}\n")
    first = tmp_path / "first"
    first.write_text(f"Host box\n KnownHostsCommand {script}\n")
    where = resolve("box", None, None, [first])
    with pytest.raises(HostError, match="KnownHostsCommand: ssh starts ssh again and again"):
        lines_of_command(where, "box", "HOSTNAME")
    wait_until_gone(tmp_path)


@WAYS
@pytest.mark.needs("sshd")
def test_a_way_of_as_many_hosts_as_may_be_is_no_circle(
    connect: Callable[[Path], None], sshd: Sshd, tmp_path: Path
) -> None:
    config, script = tmp_path / "config", tmp_path / "way"
    script.write_text(f"#!/bin/sh\nexec ssh -F {config} -W 127.0.0.1:{sshd.port} h$1\n")
    script.chmod(0o700)
    blocks = [sshd.config(f"h{number + 1}", f"ProxyCommand {script} {number}") for number in range(MAX_JUMPS - 1)]
    last = sshd.config("box", f"ProxyCommand {script} {MAX_JUMPS - 1}")
    config.write_text("".join([sshd.config("h0"), *blocks, last]))
    connect(config)
