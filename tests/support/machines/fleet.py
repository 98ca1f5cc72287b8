"""Runbooks with a group of hosts; one of six hosts that answer by script, and a session of it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.machines.fake_transport import FakeTransport, Reply
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.load import load_text
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.groups.cells import CellStatus, cells_of
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import step_by_id

BESIDE = """
format = 2
[runbook]
title = "Fleet"
default_host = "{first}"
[hosts.{first}]
{how}
[hosts.{group}]
targets = {targets}
{more}[flows.deploy]
title = "Deploy"
kind = "deploy"
sections = ["{section}"]
{back}[[sections]]
id = "{section}"
{deploy}"""
BACK = """[flows.back]
title = "Back"
kind = "rollback"
sections = ["r"]
[[sections]]
id = "r"
title = "Back"
"""


def of_group(
    targets: list[str],
    deploy: str,
    back: str = "",
    *,
    section: str = "s",
    group: str = "web",
    local: bool = False,
    more: str = "",
) -> str:
    """The text of a runbook with one host and a group beside it.

    Args:
        targets: those of the group, which is called `group`.
        deploy: the one section of the deployment, called `section`, from its title on.
        back: the steps of the rollback; without them there is none.
        local: the one host is `here`, this machine, instead of `lb`.
        more: further lines of the group, and tables after it.
    """
    first, how = ("here", "local = true") if local else ("lb", 'target = "lb"')
    return BESIDE.format(
        first=first,
        how=how,
        group=group,
        targets=json.dumps(targets),
        more=more,
        section=section,
        back=BACK + back if back else "",
        deploy=deploy,
    )


SIX = ["web[01:06].example.com"]
FLEET = of_group(
    SIX,
    """title = "Update"
[[sections.steps]]
id = "update"
title = "Update all"
undo = ["downgrade"]
[[sections.steps.actions]]
run = "cat version"
on = "web"
stop_after = 6
capture.version = { pattern = "(v.*)" }
[[sections.steps.actions]]
run = "install {{ version }} {{ host }}"
on = "web"
at_once = AT_ONCE
stop_after = STOP_AFTER
""",
    """[[sections.steps]]
id = "downgrade"
title = "Downgrade"
[[sections.steps.actions]]
run = "downgrade {{ host }}"
on = "web"
stop_after = 6
""",
    more='directory = "/srv/{{ host }}"\n',
)
TURNS = of_group(
    SIX,
    """title = "Update {{ host }}"
each = "web"
batches = ["1", "40%", "100%"]
at_once = AT_ONCE
stop_after = STOP_AFTER
[[sections.steps]]
id = "drain"
title = "Drain"
run = "drain {{ host }}"
undo = ["fill"]
[[sections.steps]]
id = "update"
title = "Update"
run = "install {{ host }}"
undo = ["downgrade"]
[[sections.steps]]
id = "check"
title = "Check"
run = "curl -fs http://localhost/health"
reads = true
[[sections.steps]]
id = "undrain"
title = "Undrain"
run = "undrain {{ host }}"
""",
    """[[sections.steps]]
id = "downgrade"
title = "Downgrade"
run = "downgrade {{ host }}"
on = "web"
stop_after = 6
[[sections.steps]]
id = "fill"
title = "Undrain"
run = "fill {{ host }}"
on = "web"
stop_after = 6
""",
    section="roll",
)
"""The same fleet, gone over host by host."""
SERVICE = """[services.machine]
kind = "host"
through = "web"
"""
PROBE = """probe = { service = "machine", check = "disk", with = { path = "/srv/{{ host }}" } }
expect = { numbers = [{ name = "fullest", at_most = 95, unit = "%" }] }
"""
"""Asks each host of the fleet how full its disk is."""
ASKS = "df -kP /srv/"
"""What a host of it is asked with."""
NAMES = tuple(f"web0{number}" for number in range(1, 7))
FAILED = Reply(err=b"no room\n", outcome=Outcome(OutcomeKind.FAILED, 1))
LOST = Reply(outcome=Outcome(OutcomeKind.UNKNOWN, detail="connection lost"))
GONE = Reply(outcome=Outcome(OutcomeKind.UNREACHABLE, detail="no answer"))


def disk(percent: int) -> bytes:
    """What `df` prints of a file system that is so full."""
    head = "Filesystem 1024-blocks Used Available Capacity Mounted on\n"
    return f"{head}/dev/vda1 100000 {percent}000 {100 - percent}000 {percent}% /srv\n".encode()


def fleet() -> dict[str, FakeTransport]:
    """The hosts, each with a version of its own."""
    made = {name: FakeTransport({"cat version": Reply(f"v-{name}\n".encode())}, name) for name in NAMES}
    return {**made, "lb": FakeTransport(name="lb")}


@contextmanager
def begun(
    tmp_path: Path, hosts: dict[str, FakeTransport], at_once: int = 1, stop_after: int = 1, text: str = FLEET
) -> Iterator[Conductor]:
    """A deployment of the fleet, after its preflight."""
    text = text.replace("AT_ONCE", str(at_once)).replace("STOP_AFTER", str(stop_after))
    workspace = Workspace(load_text(text, "fleet"), text, Store(tmp_path / "sessions"), dict(hosts), SystemClock())
    setup = Setup(flow="deploy", operator="ana")
    workspace.preflight(setup, lambda row: None)
    conductor = workspace.begin(setup)
    try:
        yield conductor
    finally:
        conductor.close()
        workspace.close()


def ran(hosts: dict[str, FakeTransport], word: str) -> dict[str, int]:
    """How often each host got the command with this word."""
    counts = {name: sum(word in one.script for one in host.ran) for name, host in hosts.items()}
    return {name: count for name, count in counts.items() if count}


def statuses(conductor: Conductor, step: str = "update", place: int = 1) -> dict[str, CellStatus]:
    """Where each host stands."""
    return {cell.host: cell.status for cell in cells_of(conductor.state, step_by_id(conductor.runbook, step), place)}
