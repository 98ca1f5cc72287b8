"""What a person would have typed, from a file: the answers a headless run needs."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import tomli

from tui.errors import UsageError
from tui.runbook.model import Runbook
from tui.text.nearest import did_you_mean


class AnswersFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answers file.

    `answers` maps a step's id to the answers of its questions in their order, `skip` to the reason it is left out,
    `notes` to the note of its sign-off, `alone` to the reason why it starts without the second person that it needs,
    where the runbook allows that. `confirm` lists the steps that may change something; "*" allows every step that is
    not destructive, a destructive step must be named. `messages` is what is done with a message: `copied`
    (nothing is sent) or `sent`. `on_failure` is `stop` or `rollback`. With `made_up`, in a drill alone, what the file
    does not say is made up as the runbook expects it.
    """

    operator: str = ""
    second_operator: str = ""
    change: str = ""
    reason: str = ""
    environment: str = ""
    method: str = ""
    variables: Mapping[str, str] = {}
    answers: Mapping[str, str | tuple[str, ...]] = {}
    skip: Mapping[str, str] = {}
    notes: Mapping[str, str] = {}
    alone: Mapping[str, str] = {}
    confirm: tuple[str, ...] = ()
    messages: str = "copied"
    on_failure: str = "stop"
    made_up: bool = False

    def answer(self, step: str, question: int) -> str | None:
        """The answer to the step's question of this number, None where the file has none."""
        given = self.answers.get(step, ())
        listed = (given,) if isinstance(given, str) else given
        return listed[question] if question < len(listed) else None

    def allows(self, step: str, destructive: bool) -> bool:
        """Whether a step that changes something may start."""
        return self.made_up or step in self.confirm or ("*" in self.confirm and not destructive)


def read_answers(path: Path, runbook: Runbook) -> AnswersFile:
    """Read an answers file and hold its step ids against the runbook.

    Raises:
        UsageError: it cannot be read, or names steps that are not there; all of them are listed.
    """
    try:
        answers = msgspec.convert(tomli.loads(path.read_text(encoding="utf-8-sig")), AnswersFile)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except (tomli.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise UsageError(f"{path}: {error}", "docs/headless.md describes the answers file") from error
    known = frozenset(step.id for section in runbook.sections for step in section.steps)
    named = {**answers.answers, **answers.skip, **answers.notes, **answers.alone, **dict.fromkeys(answers.confirm, "")}
    wrong = [_suggest(name, known) for name in named if name not in known and name != "*"]
    if wrong:
        raise UsageError(f"{path}: no such step: {', '.join(wrong)}", "`runbook show` lists the steps")
    return answers


def _suggest(name: str, known: frozenset[str]) -> str:
    meant = did_you_mean(name, known)
    return f"{name} ({meant})" if meant else name
