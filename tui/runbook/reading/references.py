"""Checks what a runbook says about itself: that every name it uses is there, once, and every value makes sense."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TypeVar

from tui.runbook.groups.engine_faults import engine_faults
from tui.runbook.groups.group_faults import captured_on_groups
from tui.runbook.groups.members import is_group
from tui.runbook.model import Action, Runbook, Step
from tui.runbook.pointing import in_environment
from tui.runbook.problem import Path, UnplacedProblem, quoted
from tui.runbook.reading.actions import action_faults
from tui.runbook.reading.declarations import declarations, fact_faults, missing, one_host
from tui.runbook.reading.monitors import watching_faults
from tui.runbook.reading.names import Names, template_faults, title_faults
from tui.runbook.reading.probes import service_faults
from tui.runbook.reading.troubles import issue_faults
from tui.runbook.shell.placeholders import PLACEHOLDER
from tui.runbook.walk import Text, fields_of, steps_of

Item = TypeVar("Item")


def references(runbook: Runbook, texts: Sequence[Text], document_lines: int | None = None) -> list[UnplacedProblem]:
    """Every fault in a runbook whose shape is right.

    Args:
        texts: those of the runbook.
        document_lines: how many lines the source document has, where that is known.
    """
    names = Names(runbook)
    return [
        *_characters(texts),
        *_duplicates(runbook),
        *declarations(runbook),
        *_flows(runbook, names),
        *service_faults(runbook, names),
        *watching_faults(runbook, names),
        *_links(runbook, names),
        *_messages(runbook, names),
        *issue_faults(runbook),
        *chain.from_iterable(_step(runbook, names, path, step) for path, step in steps_of(runbook)),
        *chain.from_iterable(
            fact_faults(runbook, names, (*path, "when"), section.when)
            for path, section in _numbered("sections", runbook.sections)
        ),
        *title_faults(names, (), runbook),
        *captured_on_groups(runbook, texts),
        *chain.from_iterable(engine_faults(in_environment(runbook, name)) for name in ("", *runbook.environments)),
        *_sources(runbook, texts, document_lines),
    ]


def _numbered(key: str, items: Iterable[Item]) -> Iterator[tuple[Path, Item]]:
    return (((key, place), item) for place, item in enumerate(items))


def _characters(texts: Sequence[Text]) -> Iterator[UnplacedProblem]:
    """No program, file or host can be given a NUL: a command would end at it, or not start."""
    for path, _, _, text in texts:
        if "\0" in text:
            hint = r"take it out; in a pattern write \x00"
            yield UnplacedProblem(path=path, message="a NUL character (\\u0000), which no command can hold", hint=hint)


def _duplicates(runbook: Runbook) -> Iterator[UnplacedProblem]:
    solutions = (
        (("troubleshooting", place, "solutions", number), solution.id)
        for place, issue in enumerate(runbook.troubleshooting)
        for number, solution in enumerate(issue.solutions)
    )
    kinds: dict[str, Iterable[tuple[Path, str]]] = {
        "section": ((path, item.id) for path, item in _numbered("sections", runbook.sections)),
        "step": ((path, step.id) for path, step in steps_of(runbook)),
        "issue": ((path, item.id) for path, item in _numbered("troubleshooting", runbook.troubleshooting)),
        "solution": solutions,
        "reason": ((path, item.id) for path, item in _numbered("rollback_reasons", runbook.rollback_reasons)),
        "follow-up": ((path, item.id) for path, item in _numbered("followups", runbook.followups)),
        "checklist item": ((path, item.id) for path, item in _numbered("checklist", runbook.checklist)),
    }
    for what, items in kinds.items():
        seen: set[str] = set()
        for path, name in items:
            if name and name in seen:
                yield UnplacedProblem(
                    path=(*path, "id"), message=f"a second {what} {quoted(name)}", hint="every id stands for one thing"
                )
            seen.add(name)


def _flows(runbook: Runbook, names: Names) -> Iterator[UnplacedProblem]:
    known = dict.fromkeys(section.id for section in runbook.sections)
    for name, flow in runbook.flows.items():
        path: Path = ("flows", name)
        before: set[str] = set()
        for place, section in enumerate(flow.sections):
            yield from missing(section, known, "section", (*path, "sections", place))
            if section in before:
                yield UnplacedProblem(
                    path=(*path, "sections", place),
                    message=f"section {quoted(section)} comes twice in this flow",
                    hint="a step is done once in a session",
                )
            before.add(section)
        for place, method in enumerate(flow.methods):
            yield from missing(method, runbook.methods, "method", (*path, "methods", place))
        yield from template_faults(flow.back_to, names.anywhere(), (*path, "back_to"))
        yield from missing(flow.update, runbook.messages, "message", (*path, "update"))
        if bool(flow.update) != bool(flow.update_every):
            message = "an update has a message and how often it is due"
            yield UnplacedProblem(path=path, message=message, hint='update = "status_update", update_every = "2m"')


def _links(runbook: Runbook, names: Names) -> Iterator[UnplacedProblem]:
    for path, link in _numbered("dashboards", runbook.dashboards):
        yield from template_faults(link.url, names.anywhere(), (*path, "url"))
        if link.url and not is_url(link.url):
            yield _no_url(link.url, (*path, "url"))
    for path, endpoint in _numbered("endpoints", runbook.endpoints):
        if endpoint.path and not endpoint.path.startswith("/"):
            yield UnplacedProblem(
                path=(*path, "path"), message=f"{quoted(endpoint.path)} does not begin with /", hint="as in /health/"
            )


def is_url(text: str) -> bool:
    """Whether a link begins as one, or with a variable that will."""
    return text.startswith(("https://", "http://")) or PLACEHOLDER.match(text) is not None


def _no_url(text: str, path: Path) -> UnplacedProblem:
    return UnplacedProblem(
        path=path, message=f"{quoted(text)} is not a link", hint="it begins with https:// or a {{ variable }}"
    )


def _messages(runbook: Runbook, names: Names) -> Iterator[UnplacedProblem]:
    for name, message in runbook.messages.items():
        path: Path = ("messages", name)
        yield from one_host(runbook, message.on, (*path, "on"))
        for key, text in (("title", message.title), ("body", message.body), ("to", message.to), ("of", message.of)):
            yield from template_faults(text, names.anywhere(), (*path, key))
        yield from template_faults(message.send, names.anywhere(), (*path, "send"), command=True)


def _step(runbook: Runbook, names: Names, path: Path, step: Step) -> Iterator[UnplacedProblem]:
    yield from fact_faults(runbook, names, (*path, "when"), step.when)
    yield from fact_faults(runbook, names, (*path, "needed_if"), step.needed_if)
    for place, name in enumerate(step.undo):
        yield from missing(name, names.steps, "step", (*path, "undo", place))
        if name == step.id:
            yield UnplacedProblem(
                path=(*path, "undo", place), message="a step cannot undo itself", hint="name a rollback step"
            )
    for place, name in enumerate(step.checklist):
        yield from missing(name, names.items, "checklist item", (*path, "checklist", place))
    if not step.actions:
        yield UnplacedProblem(path=path, message="the step has no actions", hint="give it at least one [[….actions]]")
    for place, name in enumerate(step.needed_with):
        yield from missing(name, names.steps, "step", (*path, "needed_with", place))
    known = names.before(step.id)
    if step.look is not None:
        yield from action_faults(runbook, names, known, (*path, "look"), step.look)
        yield from _look((*path, "look"), step.look)
        if is_group(runbook, step.look.on):
            message = f"{quoted(step.look.on)} is a group, and a look on one is not supported"
            yield UnplacedProblem(path=(*path, "look", "on"), message=message, hint="name one of its hosts")
    for key in ("text", "note"):
        yield from template_faults(getattr(step, key), names.anywhere(), (*path, key))
    for place, action in enumerate(step.actions):
        for number, name in enumerate(action.undo):
            yield from missing(name, names.steps, "step", (*path, "actions", place, "undo", number))
        yield from action_faults(runbook, names, known, (*path, "actions", place), action, step.mutates)
        known = known.after(action)


def _look(path: Path, look: Action) -> Iterator[UnplacedProblem]:
    """A look answers by its exit status alone."""
    if look.kind and look.run is None:
        yield UnplacedProblem(path=path, message=f"a look cannot {look.kind}", hint="give it a command: run")
    default = Action()
    for key in ("expect", "capture", "retry"):
        if getattr(look, key) != getattr(default, key):
            hint = "it exits 0 where there is something to undo, 1 where there is not"
            yield UnplacedProblem(path=(*path, key), message=f'"{key}" means nothing for a look', hint=hint)


def _sources(runbook: Runbook, texts: Sequence[Text], document_lines: int | None) -> Iterator[UnplacedProblem]:
    for path, text in fields_of(texts, "source"):
        if path[:1] == ("secrets",):
            continue
        for part in text.split(",") if text else ():
            first, _, last = part.strip().partition("-")
            begin, end = int(first), int(last or first)
            if end < begin or begin == 0:
                yield UnplacedProblem(
                    path=path, message=f"{quoted(part.strip())} is not a range of lines", hint="as in 156-159"
                )
            elif document_lines is not None and end > document_lines:
                yield UnplacedProblem(
                    path=path,
                    message=f"line {end} is beyond the document",
                    hint=f"{runbook.runbook.document} has {document_lines} lines",
                )
