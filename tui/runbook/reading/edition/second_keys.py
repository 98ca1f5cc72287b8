"""What an author may write in the second edition beside the model, and which keys those are."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from tui.runbook.model import Action, Duration, Model, Name, Signoff, Step

FIRST, SECOND = 1, 2
"""The editions of the format."""
FunctionName = Annotated[
    str, Meta(pattern=r"^[a-z_][a-z0-9_]*$", description="lower-case letters, digits and underscores")
]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$", description="64 digits, as `sha256sum FILE` prints them")]

STEP_KEYS = frozenset(Step.__struct_encode_fields__)
ACTION_KEYS = frozenset(Action.__struct_encode_fields__) - STEP_KEYS
"""What a step with one action writes on the step itself; a title there is the step's."""
SHARED_KEYS = frozenset({"on", "directory", "timeout", "secrets"})
"""What a step with several actions may say once, for those of its commands that do not say it themselves."""
FORMS = frozenset({"about", "methods"})
"""What a step may have that says its other keys on one line, or several steps at once."""
NEW_KEYS = ACTION_KEYS | FORMS | {"defaults", "commands", "include", "words"}
"""Keys that the first edition does not have where they may stand in the second."""


class StepDefaults(Model, frozen=True, kw_only=True):
    """What a step and its commands have where they say nothing.

    `timeout` and `errexit` are those of commands, `budget` and `signoff` those of steps.
    """

    budget: Duration = ""
    signoff: Signoff = Signoff.AUTO
    timeout: Duration = ""
    errexit: bool = True


class ShellFunction(Model, frozen=True, kw_only=True):
    """A shell function: `run` is its body, `on` names the hosts that have it, every host where it is empty."""

    run: str
    on: tuple[Name, ...] = ()


class IncludedFile(Model, frozen=True, kw_only=True):
    """Another file of the runbook, and the `sha256` it must have where another team owns it."""

    file: str
    sha256: Digest | None = None


class SecondEdition(Model, frozen=True, kw_only=True):
    """What the second edition has at the top of the file beside the model.

    `include` names the other files of the runbook, by patterns (`runbook/*.toml`) or one by one with their `sha256`.
    `commands` are shell functions that stand before every command. `defaults` are what steps have that say nothing.
    """

    include: tuple[str | IncludedFile, ...] = ()
    defaults: StepDefaults = StepDefaults()
    commands: Mapping[FunctionName, str | ShellFunction] = {}
