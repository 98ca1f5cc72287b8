"""Says what changed between two versions of a runbook: what is dangerous first, then part by part."""

from collections.abc import Iterator

import msgspec

from tui.runbook.differences.compared_steps import step_differences, trouble_differences
from tui.runbook.differences.compared_tables import compared, moved_in, place_words
from tui.runbook.differences.difference import Edit, EditKind
from tui.runbook.model import Issue, Runbook, Section

TABLES = (
    ("runbook", "about the runbook"),
    ("window", "window"),
    ("hosts", "hosts"),
    ("environments", "environments"),
    ("variables", "variables"),
    ("secrets", "secrets"),
    ("services", "services"),
    ("monitors", "monitors"),
    ("triggers", "triggers"),
    ("methods", "methods"),
    ("flows", "flows"),
    ("messages", "messages"),
    ("dashboards", "dashboards"),
    ("endpoints", "endpoints"),
    ("rollback_reasons", "reasons to roll back"),
    ("followups", "follow-ups"),
    ("checklist", "checklist"),
)
"""The tables of a runbook that are compared key by key, and what each is called."""
DANGEROUS = {
    "hosts": {"target", "user", "port", "local", "connection", "expect_hostname", "preamble", "sudo", "directory"},
    "environments": {"hosts"},
    "triggers": {"above", "below", "for", "monitor", "live"},
    "flows": {"guarded", "sections"},
    "window": {"days", "starts", "ends", "timezone", "frozen"},
    "secrets": {"published", "source"},
}
"""Keys of which another value makes a run more dangerous, or less guarded."""
WHOLE = frozenset({"hosts", "environments", "triggers", "rollback_reasons"})
"""Parts of which a thing that goes is dangerous as well."""


def differences(before: Runbook, after: Runbook) -> tuple[Edit, ...]:
    """What is another one in the later version; what is dangerous comes first, the rest in the runbook's order."""
    found = [*_sections(before, after), *step_differences(before, after), *_troubles(before, after)]
    for key, part in TABLES:
        found += _tables(key, part, before, after)
    return tuple(sorted(found, key=lambda one: not one.danger))


def _tables(key: str, part: str, before: Runbook, after: Runbook) -> Iterator[Edit]:
    old, new = (msgspec.to_builtins(getattr(one, key)) for one in (before, after))
    guarded = DANGEROUS.get(key, set())
    depth = 0 if key in ("runbook", "window") else 1

    def dangerous(path: tuple[str, ...]) -> bool:
        if len(path) <= depth:
            return key in WHOLE
        return path[depth] in guarded

    if old is None or new is None:
        if old != new:
            kind = EditKind.REMOVED if new is None else EditKind.ADDED
            yield Edit(kind=kind, part=part, what=part, danger=new is None)
        return
    for one in compared(part, old, new, dangerous):
        harmless = one.kind is EditKind.ADDED and depth == 1 and not one.field
        yield msgspec.structs.replace(one, danger=one.danger and not harmless)


def _sections(before: Runbook, after: Runbook) -> Iterator[Edit]:
    """The sections that came, went or moved, and what is said of them; their steps are compared by themselves."""
    old, new = ({section.id: section for section in one.sections} for one in (before, after))
    for name, section in old.items():
        if name not in new:
            yield Edit(kind=EditKind.REMOVED, part="sections", what=_section_words(section))
    for name, section in new.items():
        if name not in old:
            yield Edit(kind=EditKind.ADDED, part="sections", what=_section_words(section))
        else:
            was, later = ({**msgspec.to_builtins(one), "steps": 0} for one in (old[name], section))
            yield from compared("sections", {name: was}, {name: later}, lambda path: path[1:2] == ("when",))
    names = [*old], [*new]
    for name in moved_in(*names):
        places = place_words(*names, name)
        words = _section_words(new[name])
        yield Edit(kind=EditKind.MOVED, part="sections", what=words, before=places[0], after=places[1])


def _section_words(section: Section) -> str:
    return f'{section.id} "{section.title}"'


def _troubles(before: Runbook, after: Runbook) -> Iterator[Edit]:
    """The known troubles: what is said of them, then their steps."""
    old, new = ({issue.id: _without_steps(issue) for issue in one.troubleshooting} for one in (before, after))
    yield from compared("troubles", old, new, lambda path: path[-1:] == ("forbidden",))
    for one in trouble_differences(before, after):
        yield msgspec.structs.replace(one, part="troubles")


def _without_steps(issue: Issue) -> dict[str, object]:
    found: dict[str, object] = msgspec.to_builtins(issue)
    found.pop("diagnosis", None)
    solutions = [msgspec.to_builtins(solution) for solution in issue.solutions]
    found["solutions"] = [{key: value for key, value in one.items() if key != "steps"} for one in solutions]
    return found
