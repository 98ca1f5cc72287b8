"""What a runbook is surrounded by in one of its environments: the hosts and values there, and the ways to them."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.runbook.model import Runbook
from tui.runbook.pointing import in_environment

if TYPE_CHECKING:
    from tui.transports.base import Transport


class Surroundings(Struct, frozen=True, kw_only=True):
    """A runbook as it is in one environment, with the ways to its hosts.

    `said` are the hosts whose place the operator's options or settings name, whatever the runbook says; `settings` what
    those settings say of its variables; `pointed` the variables that the directories say to which hosts were pointed:
    they hold before any setting does.
    """

    runbook: Runbook
    transports: "Mapping[str, Transport]"
    said: frozenset[str] = frozenset()
    settings: Mapping[str, str] = {}
    pointed: Mapping[str, str] = {}


Surround = Callable[[str], Surroundings]
"""Gives the surroundings in an environment; "" is for none chosen yet."""


def by_itself(runbook: Runbook, transports: "Mapping[str, Transport]", environment: str) -> Surroundings:
    """The surroundings where neither options nor settings say anything."""
    return Surroundings(runbook=in_environment(runbook, environment), transports=transports)
