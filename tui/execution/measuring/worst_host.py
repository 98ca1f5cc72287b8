"""Measures one figure on each host of a group; what counts is that of the host where it is worst."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import wait

from msgspec import Struct
from msgspec.structs import replace

from tui import threads
from tui.session.samples import Limit
from tui.text.amounts import counted
from tui.transports.base import CancelToken, GivingWay

AT_ONCE = 20
"""Hosts of one group that are measured at a time."""

LOOK = 0.1
"""Seconds between two looks whether the measurement is still wanted."""

NAMED = 3
"""Hosts without a figure that are named; of more the number is told."""


class Measurement(Struct, frozen=True):
    """The result of one measurement; see MonitorSampled."""

    value: float | None = None
    detail: str = ""
    failed: bool = False
    of: float = 0.0


def measured_on(
    hosts: Sequence[str], within: float, measure: Callable[[str, CancelToken], Measurement], cancel: CancelToken
) -> dict[str, Measurement]:
    """What each host measured, in the order of the hosts; one that is silent holds up the others for a while only.

    A host whose connection is needed by a person is left out this time; where all are, `cancel` gives way.

    Args:
        within: after how many seconds those that have not answered are waited for no longer.
        measure: measures on a host; blocks.
    """
    tokens = {host: GivingWay() for host in hosts}
    pool = threads.pool("monitor of a host", min(AT_ONCE, len(hosts)))
    made = {host: pool.submit(measure, host, token) for host, token in tokens.items()}
    left, pending = within, set(made.values())
    while pending and left > 0 and not cancel.cancelled:
        _, pending = wait(pending, LOOK)
        left -= LOOK
    for token in tokens.values():
        token.cancel()
    pool.shutdown(wait=False, cancel_futures=True)
    found = {}
    for host, future in made.items():
        if future in pending:
            found[host] = Measurement(None, f"no answer within {within:g} s")
        elif not tokens[host].gave_way:
            found[host] = future.result()
    if not found and isinstance(cancel, GivingWay):
        cancel.give_way()
    return found


def worst_of(found: Mapping[str, Measurement], limits: Sequence[Limit]) -> Measurement:
    """The figure of the host that is worst, with its name and what else is wrong as `detail`.

    Worst is a host that failed, then one beyond a limit, then the highest figure; the lowest where all limits are lower
    ones. Without any figure it is none.
    """
    figures = {host: (one.value, one.failed) for host, one in found.items() if one.value is not None}
    silent = [host for host in found if host not in figures]
    if not figures:
        why = next((f": {host}: {one.detail}" for host, one in found.items()), "")
        return Measurement(None, f"none of {counted(len(found), 'host')}{why}")
    lower = bool(limits) and not any(limit.high for limit in limits)

    def beyond(host: str) -> bool:
        value, failed = figures[host]
        return failed or any(limit.passed(value) for limit in limits)

    def badness(host: str) -> tuple[bool, bool, float]:
        value, failed = figures[host]
        return failed, beyond(host), -value if lower else value

    worst = max(figures, key=badness)
    said = [f"worst of {len(found)}: {worst}" + (f", {found[worst].detail}" if figures[worst][1] else "")]
    if (many := sum(map(beyond, figures))) > 1:
        said.append(f"{many} are beyond the limit")
    if silent:
        said.append(f"no figure from {', '.join(silent) if len(silent) <= NAMED else counted(len(silent), 'host')}")
    return replace(found[worst], detail="; ".join(said))
