"""Says what a step would run, as a second person allows it: the same on every machine that has the journal.

It follows from the runbook's text and the journal alone. A secret stands in it by its name: its value is on the
operator's machine only and never a part of a command's text. So the writer and the second person make the same text of
it, each from a copy of their own, and nobody has to believe the other.
"""

import hashlib
from collections.abc import Mapping, Set
from datetime import datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tui.execution.commands import directory_of, host_of, names_needed, shown, values_of
from tui.runbook.described.probes import words_of
from tui.runbook.groups.host_by_host import limits_of
from tui.runbook.groups.members import group_named
from tui.runbook.model import Action, Runbook, Step
from tui.runbook.shell.script import with_input
from tui.runbook.templates.variables import fill_shown
from tui.session.groups.cells import fact_of, wanted
from tui.session.places import place_of
from tui.session.places import words_of as place_words
from tui.session.state import SessionState, step_by_id

VERSION = 1
"""Of the form in which what would run is hashed: two programs agree on it or refuse."""
WHEN_IT_STARTS = frozenset({"utc_date", "utc_time", "window_date", "window_time"})
"""The names whose values are the time at which a command starts; they stay names in what is allowed."""


class MemberToRun(Struct, frozen=True):
    """A host of a group on which an action would run: its name, where it is, and what the command names of it alone."""

    host: str
    place: str
    values: tuple[tuple[str, str], ...] = ()


class ActionToRun(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One action of a step as it would be done: where, with which variables and secrets (names), and what runs.

    `file` and `from_file` are the host's file whose variables the command finds set, and which; `before` is the host's
    preamble. A value that the step finds out itself stays a name. On a group `members` are its hosts, in their order;
    what each has of its own stays a name in the texts, and `limits` says in which batches, how many at a time and until
    when. Of any other action both are left out: its hash is what it was before there were groups.
    """

    action: int
    kind: str
    host: str
    place: str
    directory: str
    environment: tuple[tuple[str, str], ...]
    file: str
    from_file: tuple[str, ...]
    before: str
    text: str
    stdin: str
    secrets: tuple[str, ...]
    members: tuple[MemberToRun, ...] = ()
    limits: str = ""

    @property
    def whole(self) -> str:
        """What runs with its standard input, for the eye."""
        return with_input(self.text, self.stdin)


def what_runs(state: SessionState, step: Step, first: int, values: Mapping[str, str]) -> tuple[ActionToRun, ...]:
    """What a step would do from its action `first` on.

    Args:
        state: has the runbook of which the commands are made, and says for which hosts of a group they are: all, or
            those that were changed where the step undoes that.
    """
    runbook = state.runbook
    known = {name: value for name, value in values.items() if name not in WHEN_IT_STARTS}
    found, own = [], frozenset[str]()
    for place in range(first, len(step.actions)):
        action = step.actions[place]
        done = _action(runbook, place, action, known)
        if group_named(runbook, action):
            members = _members(state, step, place, names_needed(runbook, action) - own, known)
            done = replace(done, members=members, limits=limits_of(step, action))
        found.append(done)
        own |= action.capture.keys()
        known = {name: value for name, value in known.items() if name not in action.capture}
    return tuple(found)


def _members(
    state: SessionState, step: Step, place: int, named: Set[str], known: Mapping[str, str]
) -> tuple[MemberToRun, ...]:
    """The hosts of a group that an action is for, each with the values of its own that the command names."""
    own = sorted(named)
    return tuple(
        MemberToRun(
            host,
            place_words(place_of(state.runbook.hosts[host])),
            tuple((name, known[fact]) for name in own if (fact := fact_of(name, host)) in known),
        )
        for host in wanted(state, step, place)
    )


def commands_hash(session: str, step: Step, actions: tuple[ActionToRun, ...]) -> str:
    """The SHA-256 of what would run, over compact JSON."""
    return hashlib.sha256(msgspec.json.encode([VERSION, session, step.id, actions])).hexdigest()


def asked_of(state: SessionState, step_id: str, first: int, now: datetime) -> tuple[tuple[ActionToRun, ...], str]:
    """What a step of this session would run from here on, and its hash; from the state alone."""
    step = step_by_id(state.runbook, step_id)
    actions = what_runs(state, step, first, values_of(state.runbook, state.facts, now))
    return actions, commands_hash(state.started.session if state.started else "", step, actions)


def _action(runbook: Runbook, place: int, action: Action, known: Mapping[str, str]) -> ActionToRun:
    name, host = host_of(runbook, action)
    runs = action.run is not None or action.interactive is not None
    somewhere = runs or bool(group_named(runbook, action))
    if runs:
        text = shown(action, known)
    elif action.probe is not None:
        text = words_of(runbook, action.probe, known)
    else:
        text = str(getattr(action, action.kind))
    environment = {key: fill_shown(value, known) for key, value in host.environment.items()} if runs else {}
    return ActionToRun(
        action=place,
        kind=action.kind,
        host=name if somewhere else "",
        place=place_words(place_of(host)) if somewhere else "",
        directory=directory_of(runbook, action, known) if runs else "",
        environment=tuple(sorted(environment.items())),
        file=fill_shown(host.file, known) if runs and host.from_file else "",
        from_file=tuple(host.from_file) if runs else (),
        before=shown(Action(run=host.preamble, errexit=False), known) if runs else "",
        text=text,
        stdin=fill_shown(action.stdin, known),
        secrets=tuple(action.secrets),
    )
