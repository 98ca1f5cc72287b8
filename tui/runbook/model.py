"""The runbook as frozen data: what an author may write in `runbook.toml`, and nothing more."""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta, field

from tui.runbook.declared import Environment as Environment
from tui.runbook.declared import Host as Host
from tui.runbook.declared import HostOverride as HostOverride
from tui.runbook.declared import Secret as Secret
from tui.runbook.declared import SecretSource as SecretSource
from tui.runbook.declared import SudoWay as SudoWay
from tui.runbook.declared import Variable as Variable
from tui.runbook.kinds import Approval as Approval
from tui.runbook.kinds import AtLeastOne as AtLeastOne
from tui.runbook.kinds import Cut as Cut
from tui.runbook.kinds import Danger as Danger
from tui.runbook.kinds import Duration as Duration
from tui.runbook.kinds import Facts as Facts
from tui.runbook.kinds import HostByHost as HostByHost
from tui.runbook.kinds import Identifier as Identifier
from tui.runbook.kinds import Lines as Lines
from tui.runbook.kinds import Model as Model
from tui.runbook.kinds import Name as Name
from tui.runbook.kinds import PassageHash as PassageHash
from tui.runbook.kinds import Signoff as Signoff
from tui.runbook.kinds import Weekday as Weekday
from tui.runbook.kinds import seconds as seconds
from tui.runbook.monitors import Monitor as Monitor
from tui.runbook.monitors import Trigger as Trigger
from tui.runbook.monitors import Watched as Watched
from tui.runbook.results import Capture as Capture
from tui.runbook.results import Expect as Expect
from tui.runbook.results import Number as Number
from tui.runbook.results import Retry as Retry
from tui.runbook.results import Until as Until
from tui.runbook.services import Endpoint as Endpoint
from tui.runbook.services import Probe as Probe
from tui.runbook.services import Service as Service


class About(Model, frozen=True, kw_only=True):
    """Whose runbook this is and what it deploys.

    `document` is the file that it was made from, `document_version` and `updated` say which state of it.
    `id` tells it from other runbooks, for its sessions and for `[hosts.ID]` in config.toml; else the title does.
    """

    title: str
    id: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")] | Literal[""] = ""
    release: str = ""
    environment: str = ""
    owner: str = ""
    contact: str = ""
    updated: str = ""
    document: str = ""
    document_version: str = ""
    architecture: tuple[str, ...] = ()
    default_host: Name
    default_timeout: Duration = "2m"
    source: Lines = ""


class Window(Model, frozen=True, kw_only=True):
    """When a deployment may start without a recorded reason; `starts` and `ends` are HH:MM in `timezone`."""

    days: tuple[Weekday, ...]
    starts: Annotated[str, Meta(pattern=r"^\d\d:\d\d$")]
    ends: Annotated[str, Meta(pattern=r"^\d\d:\d\d$")]
    timezone: str = "UTC"
    frozen: tuple[Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d$")], ...] = ()
    avoid: str = ""
    source: Lines = ""


class Method(Model, frozen=True, kw_only=True):
    """One of the ways to go through a flow; a step's `when = { method = … }` names it."""

    title: str
    text: str = ""
    recommended: bool = False
    source: Lines = ""


class FlowKind(StrEnum):
    """What a flow is for, so that the program offers it in the right place."""

    DEPLOY = "deploy"
    CHANGE = "change"
    ROLLBACK = "rollback"
    VERIFY = "verify"
    DIAGNOSIS = "diagnosis"
    FOLLOW_UP = "follow-up"

    @property
    def offered_as(self) -> "FlowKind":
        """The kind whose key starts it: a change goes as a deployment does, a diagnosis as a verification."""
        return {FlowKind.CHANGE: FlowKind.DEPLOY, FlowKind.DIAGNOSIS: FlowKind.VERIFY}.get(self, self)


class Flow(Model, frozen=True, kw_only=True):
    """Which sections, in which order. `guarded` flows ask for a reason outside the window.

    `update` is the message people wait for while the flow runs, due every `update_every`. `downtime` is how long users
    may be cut off by it, as it was announced. `back_to` is what a rollback leads back to: `{{ previous_release }}`.
    """

    title: str
    kind: FlowKind
    sections: tuple[Identifier, ...]
    methods: tuple[Name, ...] = ()
    guarded: bool = False
    text: str = ""
    budget: Duration = ""
    update: Name = ""
    update_every: Duration = ""
    downtime: Duration = ""
    back_to: str = ""


class AnswerKind(StrEnum):
    """What kind of answer a question takes."""

    YES_NO = "yes-no"
    NUMBER = "number"
    CHOICE = "choice"
    TEXT = "text"


ACTION_KINDS = ("run", "probe", "watch", "ask", "manual", "interactive", "send", "open")


class Action(Model, frozen=True, kw_only=True):
    """One thing to do, exactly one of `run`, `probe`, `watch`, `ask`, `manual`, `interactive`, `send` and `open`.

    `run` is a shell command; `{{ name }}` in it is a variable or captured value, quoted for the shell. `probe` is a
    typed check of a service, `watch` a judgement on what a monitor measured. `ask` is a question to the operator,
    `manual` what they do by hand, `interactive` a program on the host that gets their terminal, `send` the name of a
    message, `open` a link. `on` is the host (the runbook's default where it is empty). `secrets` are exported to the
    command. `consequences` says of each of the `choices` what follows from it, `loses_data` which of them do.
    `repeatable` says that a command which changes something may run again after it has succeeded. `original` is the
    document's literal command where it differs. A command that is not known to only read makes its step one that
    mutates, unless `reads` says that it changes nothing. A command of several lines stops at the first line that fails
    (`set -e`); with `errexit = false` it continues. `downtime` is `begins` where its command cuts users off, `ends`
    where its being as expected shows that they are served again. `until` waits for what is expected: it is asked again
    and again, and that it is not there yet is not a failure. On a group of hosts the command runs, or the probe
    asks, `at_once` on that many (5), and begins on no other once `stop_after` of them (1) failed, were not reached or
    ended unknown. `undo`
    names the rollback steps that undo this action alone, in a step that goes over a group host by host.
    """

    run: str | None = None
    probe: Probe | None = None
    watch: Watched | None = None
    ask: str | None = None
    manual: str | None = None
    interactive: str | None = None
    send: Name | None = None
    open: str | None = None
    title: str = ""
    on: Name = ""
    directory: str = ""
    timeout: Duration = ""
    stdin: str = ""
    secrets: tuple[Name, ...] = ()
    answer: AnswerKind = AnswerKind.YES_NO
    choices: tuple[str, ...] = ()
    consequences: Mapping[str, str] = {}
    loses_data: tuple[str, ...] = ()
    repeatable: bool = False
    expect: Expect = field(default_factory=Expect)
    capture: Mapping[Name, Capture] = {}
    retry: Retry | None = None
    until: Until | None = None
    at_once: AtLeastOne | None = None
    stop_after: AtLeastOne | None = None
    undo: tuple[Identifier, ...] = ()
    original: str = ""
    reads: bool = False
    errexit: bool = True
    downtime: Cut = Cut.NONE

    @property
    def kind(self) -> str:
        """Which of them it is."""
        return next((kind for kind in ACTION_KINDS if getattr(self, kind) is not None), "")

    @property
    def pause(self) -> float:
        """How many seconds pass between two tries; 0 where there is one."""
        again = self.until or self.retry
        return seconds(again.every) if again else 0.0

    @property
    def automatic(self) -> bool:
        """Whether the program does it by itself, where the others wait for the operator."""
        return self.kind in ("run", "probe", "watch")

    @property
    def on_host(self) -> bool:
        """Whether it is a command on a host, one with the operator's terminal included."""
        return self.run is not None or self.interactive is not None


class Step(HostByHost, frozen=True, kw_only=True):
    """What the operator does and signs as one item.

    `when` holds the facts under which it applies. `mutates` marks a change to production. `undo` names the rollback
    steps that undo it. On a rollback step `needed_if` holds the facts under which it is needed, `needed_with` the
    rollback steps without which it is not, and `look` is a read-only command that tells whether there is anything to
    undo: it exits 0 where there is, 1 where there is not. `checklist` names the items it ticks. Where checks are made
    at once, one that is to be made `alone` has nothing beside it that would spoil what it measures. `approve` is who
    allows it before it starts, `signoff` who answers for it afterwards. `short` names it in the list of steps where the
    title does not fit. `passage` is the hash of the lines that `source` names, as `runbook import` found them.
    """

    id: Identifier
    title: str
    short: str = ""
    text: str = ""
    note: str = ""
    source: Lines = ""
    passage: PassageHash = ""
    when: Facts = {}
    needed_if: Facts = {}
    needed_with: tuple[Identifier, ...] = ()
    look: Action | None = None
    mutates: bool = False
    alone: bool = False
    danger: Danger = Danger.NONE
    point_of_no_return: bool = False
    budget: Duration = "1m"
    approve: Approval = Approval.NONE
    signoff: Signoff = Signoff.AUTO
    undo: tuple[Identifier, ...] = ()
    checklist: tuple[Identifier, ...] = ()
    actions: tuple[Action, ...]


class Section(HostByHost, frozen=True, kw_only=True):
    """Steps that belong together under one heading; `short` is the heading where the title does not fit.

    With `each` its steps are done host by host, and are begun and signed as one.
    """

    id: Identifier
    title: str
    short: str = ""
    text: str = ""
    source: Lines = ""
    when: Facts = {}
    steps: tuple[Step, ...]


class Message(Model, frozen=True, kw_only=True):
    """A template people receive, `{{ name }}` filled in.

    `send` is a command that gets the text on standard input; without one the text is only copied. A message that has
    to go out `ahead` of the moment `of` (YYYY-MM-DD HH:MM, UTC) ticks its step's items only where it did.
    """

    title: str
    body: str
    to: str = ""
    send: str = ""
    on: Name = ""
    ahead: Duration = ""
    of: str = ""
    source: Lines = ""


class Link(Model, frozen=True, kw_only=True):
    """A page to look at, and what to look for on it."""

    title: str
    url: str
    text: str = ""
    look_for: tuple[str, ...] = ()
    access: str = ""
    source: Lines = ""


class Solution(Model, frozen=True, kw_only=True):
    """One cause of trouble and what fixes it; `forbidden` says why it must not run here, and then it cannot."""

    id: Identifier
    title: str
    when: str = ""
    forbidden: str = ""
    steps: tuple[Step, ...] = ()
    source: Lines = ""


class TroubleSign(Model, frozen=True, kw_only=True):
    """Words that mean an issue only where they are about what the failed action was about.

    `patterns` count where the action was a probe of one of `services`, or a command that one of `commands` fits.
    """

    patterns: tuple[str, ...]
    services: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


class Issue(Model, frozen=True, kw_only=True):
    """A known trouble: what it looks like, how to tell, and what fixes it.

    `patterns` are matched against what a failed step said, whatever it was about; those of `signs` only where the
    failed action was about their service.
    """

    id: Identifier
    title: str
    symptoms: tuple[str, ...]
    patterns: tuple[str, ...] = ()
    signs: tuple[TroubleSign, ...] = ()
    diagnosis: tuple[Step, ...] = ()
    solutions: tuple[Solution, ...] = ()
    source: Lines = ""


class Reason(Model, frozen=True, kw_only=True):
    """A condition under which rolling back is right."""

    id: Identifier
    title: str
    source: Lines = ""


class FollowUp(Model, frozen=True, kw_only=True):
    """A task due some time after the deployment."""

    id: Identifier
    title: str
    within: Duration
    source: Lines = ""


class ChecklistItem(Model, frozen=True, kw_only=True):
    """A line of the checklist, ticked by the steps that name it."""

    id: Identifier
    title: str
    source: Lines = ""


class Runbook(Model, frozen=True, kw_only=True, dict=True):
    """A whole runbook."""

    format: Annotated[int, Meta(ge=1, le=2)]
    runbook: About
    window: Window | None = None
    hosts: Mapping[Name, Host]
    environments: Mapping[Name, Environment] = {}
    variables: Mapping[Name, Variable] = {}
    secrets: Mapping[Name, Secret] = {}
    services: Mapping[Name, Service] = {}
    monitors: Mapping[Name, Monitor] = {}
    triggers: Mapping[Name, Trigger] = {}
    methods: Mapping[Name, Method] = {}
    flows: Mapping[Identifier, Flow]
    sections: tuple[Section, ...]
    messages: Mapping[Name, Message] = {}
    dashboards: tuple[Link, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    troubleshooting: tuple[Issue, ...] = ()
    rollback_reasons: tuple[Reason, ...] = ()
    followups: tuple[FollowUp, ...] = ()
    checklist: tuple[ChecklistItem, ...] = ()

    def section(self, section_id: str) -> Section:
        """The section of this id; the loader has made sure that it is there."""
        return next(section for section in self.sections if section.id == section_id)


def runbook_id(runbook: Runbook) -> str:
    """What tells a runbook from others, whatever became of its text: its `id`, else its title in letters and dashes."""
    title = unicodedata.normalize("NFKD", runbook.runbook.title).casefold()
    return runbook.runbook.id or re.sub(r"[^a-z0-9]+", "-", title).strip("-") or "runbook"
