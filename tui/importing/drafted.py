"""The draft of a runbook: what an importer found in a document, and what became of each of its lines."""

from msgspec import Struct, field

from tui.runbook.kinds import Model


class DraftAction(Struct, kw_only=True):
    """One thing to do: a command (`run`), work by hand (`manual`), a page to open or a value to ask for.

    `proposal` is an expectation that the document suggests, written as a comment beside the action.
    """

    kind: str
    text: str
    title: str = ""
    on: str = ""
    directory: str = ""
    stdin: str = ""
    secrets: tuple[str, ...] = ()
    capture: str = ""
    capture_secret: bool = False
    original: str = ""
    proposal: str = ""


class DraftStep(Struct, kw_only=True):
    """A step; `spans` are the lines of the document that it was made from."""

    id: str
    title: str
    texts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    actions: list[DraftAction] = field(default_factory=list)
    when: str = ""
    checklist: str = ""
    mutates: bool = False
    destructive: bool = False


class DraftSection(Struct, kw_only=True):
    """A section of the runbook, `undoes` where it belongs to the rollback, `verifies` where it only looks."""

    id: str
    title: str
    texts: list[str] = field(default_factory=list)
    steps: list[DraftStep] = field(default_factory=list)
    method: str = ""
    undoes: bool = False
    verifies: bool = False
    start: int = 0
    end: int = 0


class DraftSolution(Struct, kw_only=True):
    """One way to fix a trouble."""

    id: str
    title: str
    forbidden: str = ""
    steps: list[DraftStep] = field(default_factory=list)


class DraftIssue(Struct, kw_only=True):
    """A known trouble."""

    id: str
    title: str
    symptoms: list[str] = field(default_factory=list)
    diagnosis: list[DraftStep] = field(default_factory=list)
    solutions: list[DraftSolution] = field(default_factory=list)
    start: int = 0
    end: int = 0


class DraftHost(Struct, kw_only=True):
    """A place where commands run; `here` is the operator's own machine."""

    target: str = ""
    user: str = ""
    here: bool = False
    remark: str = ""


class DraftVariable(Struct, kw_only=True):
    """A value that the document leaves open, or sets to `default`."""

    prompt: str
    default: str = ""
    flows: tuple[str, ...] = ()


class Fate(Model, frozen=True, kw_only=True):
    """What became of some lines of the document; `doubt` is what a person should look at."""

    start: int
    end: int
    became: str
    doubt: str = ""


class RunbookDraft(Struct, kw_only=True):
    """Everything that was found in a document."""

    title: str = ""
    about: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    hosts: dict[str, DraftHost] = field(default_factory=dict)
    default_host: str = ""
    variables: dict[str, DraftVariable] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    methods: dict[str, str] = field(default_factory=dict)
    sections: list[DraftSection] = field(default_factory=list)
    issues: list[DraftIssue] = field(default_factory=list)
    reasons: list[tuple[str, str]] = field(default_factory=list)
    followups: list[tuple[str, str, str]] = field(default_factory=list)
    checklist: list[tuple[str, str]] = field(default_factory=list)
    fates: list[Fate] = field(default_factory=list)

    def tell(self, start: int, end: int, became: str, doubt: str = "") -> None:
        """Record for the report what became of these lines."""
        self.fates.append(Fate(start=start, end=end, became=became, doubt=doubt))
