"""The document's own checks as they stand there, run on a host, and each verdict beside that of a session of ours."""

import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from tui.session.state import SessionState

ROOT = Path(__file__).parents[3]
DOCUMENT = ROOT / "docs" / "source" / "deployment-runbook.md"
TABLE = ROOT / "tests" / "data" / "oracle.toml"
LONGEST = 120
"""Seconds that one of the document's commands may take."""


class Asked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One check of the document: where it stands, when it is made, what is good, and which actions of ours agree.

    `part` is what is taken of its line, where a remark of it names another command. `first` and `replaced` are not of
    the document: what must be there before, and what would take too long. `held` is for how many seconds a command that
    never ends is watched.
    """

    lines: str
    phase: str
    ours: tuple[str, ...]
    method: str = ""
    part: str = ""
    context: str = ""
    typed: str = ""
    first: str = ""
    replaced: Mapping[str, str] = {}
    held: int = 0
    exit: tuple[int, ...] = (0,)
    good: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()
    number: str = ""
    of: str = "first"
    below: float | None = None
    at_most: float | None = None
    gives: Mapping[str, str] = {}
    differs: str = ""

    def is_of(self, phase: str, method: str) -> bool:
        """Whether it is asked at this stop."""
        return self.phase == phase and self.method in ("", method)


class Answer(Struct, frozen=True):
    """What one of the document's checks came to."""

    lines: str
    command: str
    exit_status: int
    output: str
    good: bool


def table() -> tuple[Asked, ...]:
    """All that is asked, in the document's order."""
    return tuple(msgspec.toml.decode(TABLE.read_bytes(), type=dict[str, tuple[Asked, ...]])["asked"])


def numbers(lines: str) -> Iterator[int]:
    """The numbers of the lines: 153, 113-143, 315 322 332."""
    for one in lines.split():
        first, _, last = one.partition("-")
        yield from range(int(first), int(last or first) + 1)


def written(lines: str) -> list[str]:
    """These lines of the document."""
    document = DOCUMENT.read_text(encoding="utf-8").split("\n")
    return [document[number - 1] for number in numbers(lines)]


def command(asked: Asked) -> str:
    """What is typed into the shell: the document's lines, after those that stand before them there."""
    own = "\n".join(written(asked.lines))
    if asked.part:
        assert asked.part in own
        own = asked.part
    for old, new in asked.replaced.items():
        assert old in own
        own = own.replace(old, new)
    return "\n".join(part for part in (*written(asked.context), asked.first, own) if part)


def typed(asked: Asked) -> str:
    """What is typed into the program that the command starts, as the document has it behind its prompts."""
    found = [re.fullmatch(r"# (?:>>>|>) (.*)", line.strip()) for line in written(asked.typed)]
    return "".join(f"{one[1]}\n" for one in found if one)


def verdict(asked: Asked, exit_status: int, output: str) -> bool:
    """Whether a person who reads this calls it good."""
    if asked.exit and exit_status not in asked.exit:
        return False
    if not all(re.search(pattern, output) for pattern in asked.good):
        return False
    if any(re.search(pattern, output) for pattern in asked.bad):
        return False
    if not asked.number:
        return True
    found = [float(one) for one in re.findall(asked.number, output)]
    if not found:
        return False
    value = {"first": found[0], "largest": max(found), "average": sum(found) / len(found)}[asked.of]
    return (asked.below is None or value < asked.below) and (asked.at_most is None or value <= asked.at_most)


def ask(asked: Asked, shell: Sequence[str], values: Mapping[str, str]) -> Answer:
    """Type a check of the document into a login shell on a host; a program that is typed into gets a terminal."""
    known = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items())
    script = f"bash -lc {shlex.quote(known + command(asked))}"
    held = f"timeout {asked.held} {script}" if asked.held else script
    ran = subprocess.run(
        [*shell[:1], *(["-tt"] if asked.typed or asked.held else []), *shell[1:], held],
        input=typed(asked),
        capture_output=True,
        text=True,
        errors="replace",
        timeout=LONGEST,
        check=False,
    )
    output = ran.stdout.replace("\r", "") + ran.stderr
    return Answer(asked.lines, command(asked), ran.returncode, output, verdict(asked, ran.returncode, output))


def ask_all(phase: str, method: str, shell: Sequence[str], tell: Callable[[str], object]) -> list[Answer]:
    """Every check of a stop, one after the other; what one gives the next ones have."""
    values: dict[str, str] = {}
    answers = []
    for asked in table():
        if asked.is_of(phase, method):
            answers.append(answer := ask(asked, shell, values))
            found = {name: re.search(pattern, answer.output) for name, pattern in asked.gives.items()}
            values |= {name: one[1] for name, one in found.items() if one}
            tell(f"{'good' if answer.good else 'bad ':4} {asked.lines:>9}  {_line(asked)}")
    return answers


def ours(asked: Asked, state: SessionState) -> tuple[bool, str] | None:
    """Whether our actions found the same good, without a warning, and what they got; None where none of them ran."""
    found = []
    for name in asked.ours:
        step, _, action = name.partition("/")
        step_state = state.step(step)
        ran = [one for one in map(state.attempts.__getitem__, step_state.attempts) if one.action == int(action) - 1]
        if ran:
            checks = ran[-1].checks
            got = "; ".join(f"{one.expected}: got {one.came}" for one in checks if not one.ok)
            found.append((bool(ran[-1].good and all(one.ok for one in checks)), got))
    return (all(good for good, _ in found), "; ".join(got for _, got in found if got)) if found else None


def compare(answers: Sequence[Answer], phase: str, method: str, state: SessionState) -> tuple[list[str], int]:
    """A line for each check, those that differ with both outputs, and how many differ without a reason."""
    asked = {(one.lines, command(one)): one for one in table() if one.is_of(phase, method)}
    told, same, unexplained = [], 0, 0
    for answer in answers:
        one = asked[answer.lines, answer.command]
        found = ours(one, state)
        if found is None:
            told.append(f"  –  {one.lines:>9}  {_line(one)}: not run in this session")
            unexplained += 1
        elif found[0] == answer.good:
            same += 1
            told.append(f"  =  {one.lines:>9}  {_line(one)}: {'good' if answer.good else 'bad'}")
        else:
            unexplained += not one.differs
            told.append(f"  ≠  {one.lines:>9}  {_line(one)}: {one.differs or 'NOT EXPLAINED'}")
            told.append(f"       the document: {'good' if answer.good else 'bad'}: {_last(answer.output)}")
            told.append(f"       ours: {'good' if found[0] else 'bad'} {found[1]}")
    return [*told, f"{same} of {len(answers)} agree, {unexplained} not explained"], unexplained


def _line(asked: Asked) -> str:
    return (asked.part or written(asked.lines)[0].strip())[:70]


def _last(output: str) -> str:
    return (output.strip().splitlines() or ["no output"])[-1][:120]
