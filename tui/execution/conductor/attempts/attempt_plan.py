"""Holds what an attempt will do, all of it known before it is announced, and the values that its texts get."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from tui.execution.recorder import Recorder
from tui.runbook.groups.members import each_host
from tui.runbook.model import Action, Step
from tui.session.groups.cells import values_at
from tui.session.state import action_at


class AttemptPlan(Struct, frozen=True, kw_only=True):
    """What an attempt will do, all of it known before it is announced.

    `index` is the action's place in the step, `values` those that its texts are filled with, `host` where it runs,
    `command` what runs, in words. `again`: it is made beside the step, whose status stays. `last`: it is not retried
    when it fails. `until` is the end of the time for which it waits for something. `member` is the host of a
    group, where the action runs on one. `number` is its own once it is announced.
    """

    step: Step
    index: int
    values: Mapping[str, str]
    host: str
    command: str
    mutates: bool = False
    durable: bool = False
    stdin: str = ""
    again: bool = False
    last: bool = True
    until: datetime | None = None
    member: str = ""
    number: int = 0

    @property
    def action(self) -> Action:
        """The action as the runbook has it; on a group's host it is that host's."""
        action = action_at(self.step, self.index)
        return replace(action, on=self.member) if self.member else action


def known_values(recorder: Recorder, member: str) -> dict[str, str]:
    """The values that are known by now, those of a group's host among them."""
    known, shown_only = recorder.values(), each_host(recorder.runbook)
    known = {name: value for name, value in known.items() if name not in shown_only} if shown_only else known
    return {**known, **values_at(recorder.state.facts, member)}
