"""A group of real sshds of which seven are bad: what the cell of each says, and that it holds up no other."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from tests.support.machines.fleet import of_group
from tests.support.servers.sshd import Sshd
from tui.execution.conductor.conductor import Conductor
from tui.execution.preflight import RowVerdict
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.load import load_text
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.groups.cells import Cell, CellStatus, cells_of
from tui.session.output.output import OutputReader
from tui.session.state import step_by_id
from tui.transports.base import Transport
from tui.transports.local.transport import LocalTransport
from tui.widgets.moment import Moment
from tui.widgets.step.cell_rows import cell_rows

pytestmark = pytest.mark.needs("sshd", "ssh", "unshare")

OPEN = (CellStatus.TO_DO, CellStatus.RUNNING)
NAMES = ("silent", "slow", "rebooting", "refusing", "full", "taken1", "taken2", "good1", "good2", "good3")
TEXT = of_group(
    list(NAMES),
    """title = "S"
[[sections.steps]]
id = "roll"
title = "Roll"
mutates = true
[[sections.steps.actions]]
run = '''
case {{ host }} in
rebooting) echo $$ >FOLDER/pid; echo begun; sleep 99.25 ;;
full) echo x >"$XDG_STATE_HOME/file" ;;
esac
echo done'''
on = "box"
at_once = 4
stop_after = 10
""",
    group="box",
    local=True,
)

SLOW = 'ForceCommand sleep 1.5; exec sh -c "$SSH_ORIGINAL_COMMAND"'
"""A hundred times what a command takes otherwise."""
ANOTHER_START = 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"'
FULL_DISK = 'mount -t tmpfs -o size=64k none "$0" && { cat /dev/zero >"$0/zeros"; exec "$@"; }'


class Fleet:
    """The servers, and a session of the runbook on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.boot_id = folder / "boot_id"
        self.boot_id.write_text("11111111-1111-4111-8111-111111111111\n")
        disk = folder / "disk"
        disk.mkdir()
        given = {
            "slow": partial(Sshd, folder / "slow", SLOW),
            "rebooting": partial(Sshd, folder / "rebooting", before=self._apart(ANOTHER_START, self.boot_id)),
            "full": partial(
                Sshd, folder / "full", f"SetEnv XDG_STATE_HOME={disk}", before=self._apart(FULL_DISK, disk)
            ),
        }
        with ThreadPoolExecutor(4) as pool:
            made = pool.map(lambda name: given.get(name, partial(Sshd, folder / name))(), NAMES)
            self.servers = dict(zip(NAMES, made, strict=True))
        one, other = self.servers["taken1"], self.servers["taken2"]
        first, second = (server.known_hosts.read_text().split() for server in (one, other))
        one.known_hosts.write_text(" ".join([first[0], *second[1:]]) + "\n")
        other.known_hosts.write_text(" ".join([second[0], *first[1:]]) + "\n")
        self.transports = {name: server.transport(liveness=1.5) for name, server in self.servers.items()}
        for name, transport in self.transports.items():
            transport.name = name

    @staticmethod
    def _apart(script: str, path: Path) -> list[str]:
        return ["unshare", "--mount", "sh", "-c", script, str(path)]

    def reboot(self) -> None:
        """The machine is gone at once, with whatever ran there, and another start of it comes up."""
        self.boot_id.write_text("22222222-2222-4222-8222-222222222222\n")
        self.servers["rebooting"].kill_connections()
        os.killpg(os.getpgid(int((self.folder / "pid").read_text())), signal.SIGKILL)

    def stop(self) -> None:
        for transport in self.transports.values():
            transport.close()
        for server in self.servers.values():
            server.stop()


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    made = Fleet(tmp_path)
    yield made
    made.stop()


def test_each_bad_host_is_told_in_words_and_holds_up_no_other(fleet: Fleet, tmp_path: Path) -> None:
    transports: dict[str, Transport] = {**fleet.transports, "here": LocalTransport("here")}
    text = TEXT.replace("FOLDER", str(tmp_path))
    workspace = Workspace(load_text(text, "fleet"), text, Store(tmp_path / "sessions"), transports, SystemClock())
    setup = Setup(flow="deploy", operator="ana")
    rows = {row.name: row for row in workspace.preflight(setup, lambda row: None) if row.kind == "host"}
    assert {name for name, row in rows.items() if row.verdict is RowVerdict.FAILED} == {"taken1", "taken2"}
    conductor = workspace.begin(setup)
    try:
        came, card = rolled(fleet, conductor)
    finally:
        conductor.close()
        workspace.close()
    assert {host: status for host, (status, _) in came.items()} == {
        **dict.fromkeys(("slow", "good1", "good2", "good3"), CellStatus.GOOD),
        **dict.fromkeys(("silent", "refusing", "taken1", "taken2"), CellStatus.UNREACHABLE),
        "full": CellStatus.FAILED,
        "rebooting": CellStatus.UNKNOWN,
    }
    words = {
        "silent": "no channel: the connection was lost: no sign of life for 1 s",
        "refusing": "Connection refused (is the host up, and its sshd?)",
        "full": "No space left on device",
        "taken1": "HAS CHANGED: it shows",
        "taken2": "HAS CHANGED: it shows",
        "rebooting": "the host was restarted while the command ran",
    }
    assert {host: said for host, said in words.items() if said not in came[host][1]} == {}, came
    assert "✔4 ✖1 ✖4 unreachable ?1" in card
    for host in ("full failed: bash", "silent unreachable: ", "refusing unreachable: "):
        assert host in card


def rolled(fleet: Fleet, conductor: Conductor) -> tuple[dict[str, tuple[CellStatus, str]], str]:
    """Run it on all: what became of each host, and what the card says."""
    fleet.servers["silent"].freeze()
    fleet.servers["refusing"].stop()
    conductor.start("roll")
    running = NAMES
    while running != ("rebooting",) or not printed(conductor, "rebooting"):
        running = tuple(host for host, one in cells(conductor).items() if one.status in OPEN)
        assert "rebooting" in running, cells(conductor)
        time.sleep(0.02)  # the others are done before this one is: it holds up none of them
    fleet.reboot()
    conductor.wait()
    came = {host: told(conductor, cell) for host, cell in cells(conductor).items()}
    moment = Moment(state=conductor.state, now=datetime.now(UTC))
    rows = cell_rows(moment, step_by_id(conductor.runbook, "roll"), 0, 110)
    return came, "\n".join(row.text.strip() for row in rows)


def cells(conductor: Conductor) -> dict[str, Cell]:
    return {cell.host: cell for cell in cells_of(conductor.state, step_by_id(conductor.runbook, "roll"), 0)}


def printed(conductor: Conductor, host: str) -> bool:
    number = cells(conductor)[host].attempt
    return bool(number) and bool(OutputReader(conductor.executor.directory, number).read_lines(0, 1))


def told(conductor: Conductor, cell: Cell) -> tuple[CellStatus, str]:
    """Where a host stands, and what is said of why."""
    attempt = conductor.state.attempts[cell.attempt]
    assert attempt.outcome
    return cell.status, f"{attempt.outcome} {attempt.said}"
