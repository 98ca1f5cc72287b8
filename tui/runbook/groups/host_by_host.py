"""Makes one step of a section that goes over a group host by host, and says which hosts are gone over together."""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from msgspec.structs import replace

from tui.runbook.groups.members import at_hand, group_named, is_group, members
from tui.runbook.model import Action, Approval, Danger, HostByHost, Runbook, Section, Signoff, Step, seconds
from tui.runbook.shell.counting import may_change

AT_ONCE = 5
"""Hosts of a group on which a command runs at a time, where the runbook says nothing."""
STOP_AFTER = 1
"""Hosts that have to fail until a command begins on no other, where the runbook says nothing."""
_DANGERS, _SIGNOFFS = list(Danger), list(Signoff)
_APPROVALS = (Approval.NONE, Approval.OR_ALONE, Approval.SECOND_PERSON)
"""By what they ask for; the last allows nobody to start alone."""


@lru_cache(maxsize=256)
def batched(sizes: tuple[str, ...], hosts: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The hosts in their batches, in their order: a share is of all of them, rounded up; the last size is repeated."""
    found: list[tuple[str, ...]] = []
    left = hosts
    while left:
        size = sizes[min(len(found), len(sizes) - 1)] if sizes else "100%"
        share = size.endswith("%")
        count = math.ceil(len(hosts) * int(size[:-1]) / 100) if share else int(size)
        found.append(left[:count])
        left = left[count:]
    return tuple(found)


def handed_down(runbook: Runbook) -> Runbook:
    """The runbook as written, with what its sections and steps say for the actions in them said by each of these.

    A probe of a service through a group asks each of its hosts.
    """
    sections = tuple(_handed_down_section(runbook, section) for section in runbook.sections)
    return replace(runbook, sections=sections)


def _handed_down_section(runbook: Runbook, section: Section) -> Section:
    title = at_hand(section.title, section.each) if section.each else section.title
    steps = tuple(_handed_down_step(runbook, step, section.each) for step in section.steps)
    return replace(section, title=title, steps=steps)


def _handed_down_step(runbook: Runbook, step: Step, each: str) -> Step:
    each = step.each or each
    if each:
        kinds = ("run", "probe") if is_group(runbook, each) else ("run",)
        actions = (
            replace(action, on=each) if action.kind in kinds and not action.on else action for action in step.actions
        )
        return replace(step, title=at_hand(step.title, each), actions=tuple(actions))
    if any(action.probe is not None for action in step.actions):
        step = replace(step, actions=tuple(_asking(runbook, action) for action in step.actions))
    if step.at_once is None and step.stop_after is None:
        return step
    limits = {"at_once": step.at_once, "stop_after": step.stop_after}
    return replace(step, actions=tuple(_limited(runbook, action, limits) for action in step.actions))


def _asking(runbook: Runbook, action: Action) -> Action:
    """An action on the group through which its probe asks."""
    service = runbook.services.get(action.probe.service) if action.probe and not action.on else None
    return replace(action, on=service.through) if service and is_group(runbook, service.through) else action


def _limited(runbook: Runbook, action: Action, limits: Mapping[str, int | None]) -> Action:
    if not group_named(runbook, action):
        return action
    return replace(action, **{key: limit for key, limit in limits.items() if getattr(action, key) is None})


def one_step_each(runbook: Runbook) -> Runbook:
    """The runbook with one step for each section that goes over a group: its steps are done host by host."""
    sections = [section for section in runbook.sections if section.each]
    if not sections and not any(step.each for section in runbook.sections for step in section.steps):
        return runbook
    ids = {step.id: section.id for section in sections for step in section.steps}
    made = {section.id: _one_step(runbook, section) for section in sections}
    return replace(
        runbook,
        sections=tuple(
            replace(
                section,
                each="",
                batches=(),
                at_once=None,
                stop_after=None,
                soak="",
                steps=tuple(
                    _renamed(step, ids) for step in ([made[section.id]] if section.each else map(_own, section.steps))
                ),
            )
            for section in runbook.sections
        ),
    )


def _own(step: Step) -> Step:
    """A step of a section that is gone through once; one that goes over a group itself says what of it reads."""
    return replace(step, actions=tuple(_read(step, action) for action in step.actions)) if step.each else step


def _renamed(step: Step, ids: Mapping[str, str]) -> Step:
    """The step with the names of what became one step with others."""

    def new(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(ids.get(name, name) for name in names))

    own = tuple(name for action in step.actions for name in action.undo)
    if not own and not ids.keys() & {*step.undo, *step.needed_with}:
        return step
    actions = tuple(replace(action, undo=new(action.undo)) for action in step.actions)
    return replace(step, undo=new((*step.undo, *own)), needed_with=new(step.needed_with), actions=actions)


def _one_step(runbook: Runbook, section: Section) -> Step:
    """A section's steps as one: it changes, endangers and asks for as many people as that of them with the most."""
    steps = section.steps

    def every(lists: Iterable[Sequence[str]]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for one in lists for name in one))

    return Step(
        id=section.id,
        title=section.title,
        short=section.short,
        text="\n\n".join(filter(None, (section.text, *(step.text for step in steps)))),
        note="\n\n".join(filter(None, (step.note for step in steps))),
        source=section.source or ", ".join(filter(None, (step.source for step in steps))),
        mutates=any(step.mutates for step in steps),
        danger=max((step.danger for step in steps), key=_DANGERS.index, default=Danger.NONE),
        point_of_no_return=any(step.point_of_no_return for step in steps),
        budget=f"{sum(seconds(step.budget) for step in steps):g}s",
        signoff=max((step.signoff for step in steps), key=_SIGNOFFS.index, default=Signoff.AUTO),
        approve=max((step.approve for step in steps), key=_APPROVALS.index, default=Approval.NONE),
        undo=every(step.undo for step in steps),
        checklist=every(step.checklist for step in steps),
        actions=tuple(_part(step, action) for step in steps for action in step.actions),
        each=section.each,
        batches=section.batches,
        at_once=section.at_once,
        stop_after=section.stop_after,
        soak=section.soak,
    )


def _part(step: Step, action: Action) -> Action:
    """An action of a step that became one with others: it has the step's title, and is undone by what undoes that.

    Where the runbook says that a step changes something whose commands all look as if they only read (a host is drained
    by asking for a page), each of them counts as a change; any other that looks so says then that it reads.
    """
    says_so = step.mutates and action.run is not None and not action.reads and not any(map(may_change, step.actions))
    undo = action.undo or (step.undo if may_change(action) or says_so else ())
    return replace(_read(step, action), title=action.title or step.title, undo=undo)


def _read(step: Step, action: Action) -> Action:
    """An action that says that it reads where that is known: it looks so, and what changes is another one, or none."""
    known = not step.mutates or any(map(may_change, step.actions))
    return replace(action, reads=action.reads or (action.run is not None and known and not may_change(action)))


def budget_of(runbook: Runbook, step: Step) -> float:
    """The seconds that a step may take.

    The budget of one that goes over a group is that of one host: so long for each that has to wait for a place, with
    the hosts that the group has where this is asked.
    """
    if not step.each:
        return seconds(step.budget)
    hosts = tuple(host.name for host in members(runbook.hosts[step.each].targets or ())) or (step.each,)
    batches = batched(step.batches, hosts)
    rounds = sum(math.ceil(len(batch) / (step.at_once or AT_ONCE)) for batch in batches)
    return rounds * seconds(step.budget) + (len(batches) - 1) * seconds(step.soak)


def goes_over(part: HostByHost) -> str:
    """What a section or step that goes over a group says of that, in words; empty where it goes over none."""
    if not part.each:
        return ""
    batches = f" in batches of {', '.join(part.batches)}" if part.batches else ""
    soak = f", {part.soak} of soak between them" if part.soak else ""
    return f"host by host on {part.each}{batches}{soak}, {_limits(part.at_once, part.stop_after)}"


def limits_of(step: Step, action: Action) -> str:
    """In which batches an action on a group runs, on how many hosts at a time, and after how many failures no more."""
    at_once, stop_after = action.at_once or step.at_once, action.stop_after or step.stop_after
    return goes_over(step) or _limits(at_once, stop_after)


def _limits(at_once: int | None, stop_after: int | None) -> str:
    return f"{at_once or AT_ONCE} at once, stop at {stop_after or STOP_AFTER}"
