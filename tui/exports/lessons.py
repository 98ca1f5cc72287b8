"""What a rehearsal taught, in the words that Markdown and HTML lay out."""

from msgspec import Struct

from tui.drill.debrief import Debrief
from tui.text.amounts import counted, duration_spelled


class Lesson(Struct, frozen=True):
    """A fault of a rehearsal in words: when it struck (UTC), what it was, and how it ended."""

    at: str
    what: str
    noticed: str
    decided: str
    recovered: str
    vain: str


def lessons(taught: Debrief) -> list[Lesson]:
    """What a rehearsal taught, a row a fault."""
    return [
        Lesson(
            f"{story.struck:%H:%M:%S}",
            f"{story.title} ({story.how})",
            _after(story.noticed, story.first),
            _after(story.decided, story.decision),
            _after(story.recovered),
            "; ".join(story.vain) or "nothing",
        )
        for story in taught.stories
    ]


def lessons_beside(taught: Debrief) -> str:
    """What there is to say of a rehearsal beside its faults."""
    counts = (
        (taught.failed, "failed attempt"),
        (taught.confirmed, "confirmed change"),
        (len(taught.skipped), "skipped step"),
    )
    none = "" if taught.stories else "No fault struck: "
    return f"{none}{', '.join(counted(*one) for one in counts)}."


def _after(seconds: float | None, words: str = "") -> str:
    if seconds is None:
        return "never"
    return f"after {duration_spelled(seconds)}" + (f": {words}" if words else "")
