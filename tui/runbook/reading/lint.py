"""Says everything that is wrong or doubtful in a runbook file: the loader's errors, and what it lets pass."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path as File

from tui.runbook.facts import exclude, may_hold
from tui.runbook.groups.members import group_of
from tui.runbook.kinds import exported
from tui.runbook.model import Action, Approval, Cut, Danger, Runbook, Section, Signoff, Step, seconds
from tui.runbook.patterns.bounded import pattern_doubts
from tui.runbook.pointing import in_environment, plain_name
from tui.runbook.probing.probe_secrets import secrets_of
from tui.runbook.problem import Path, Problem, UnplacedProblem, quoted
from tui.runbook.reading.edition.whole_text import WholeText
from tui.runbook.reading.file_text import unmarked
from tui.runbook.reading.load import examine, nothing_collected, read_whole
from tui.runbook.reading.names import Names
from tui.runbook.reading.troubles import issue_doubts
from tui.runbook.shell.danger import action_doubts
from tui.runbook.shell.destroys import loses
from tui.runbook.shell.read_only import changes
from tui.runbook.source_document.drift import drifted
from tui.runbook.templates.variables import names
from tui.runbook.walk import KEY, Text, section_steps, steps_of

DESTRUCTIVE_SHARE = 0.10
"""Typed confirmations lose their weight when there are more of them than this share of a flow's steps."""


LONGEST_NAME = 28
"""Characters of a name that the list of steps has room for where the terminal has 80 columns."""


def lint(path: File) -> list[Problem]:
    """Errors and warnings of a runbook file, in the order of its lines.

    Raises:
        RunbookInvalid: the file cannot be read at all.
    """
    with nothing_collected():
        return _problems(read_whole(path), path.parent)


def lint_text(text: str, name: str, beside: File | None = None) -> list[Problem]:
    """Errors and warnings of a runbook; see `load.examine` for `beside`."""
    with nothing_collected():
        return _problems(WholeText(unmarked(text), name), beside)


def _problems(whole: WholeText, beside: File | None) -> list[Problem]:
    _, problems = examine(whole, beside, doubts=partial(_doubts, beside))
    files = {name: place for place, name in enumerate(dict.fromkeys(one.file for one in problems))}
    return sorted(problems, key=lambda problem: (files[problem.file], problem.line, problem.severity, str(problem)))


def _doubts(beside: File | None, runbook: Runbook, texts: Sequence[Text]) -> Iterator[UnplacedProblem]:
    yield from _unused(runbook)
    yield from _destructive(runbook)
    yield from _undo(runbook)
    yield from _document(runbook, beside)
    yield from drifted(runbook, beside)
    yield from _unannounced(runbook)
    yield from _downtime(runbook)
    yield from _patterns(texts)
    yield from _long_names(runbook)
    yield from (_doubt(path, message, hint) for path, message, hint in issue_doubts(runbook))
    yield from _environments(runbook)
    captured = Names(runbook).anywhere().secrets - runbook.secrets.keys()
    variables = {secret.variable for secret in runbook.secrets.values()} | {exported(name) for name in captured}
    for path, step in steps_of(runbook):
        if step.approve is not Approval.NONE and any(action.ask for action in step.actions):
            message = "a second person allows this step before its questions are answered"
            yield _doubt((*path, "approve"), message, "ask in a step before: what is allowed has to be known")
        if step.approve is not Approval.NONE and (found := _found_out(_with_it(runbook, path, step))):
            message = f"a second person allows this step before it finds out {', '.join(found)}, which it uses"
            yield _doubt((*path, "approve"), message, "capture it in a step before: what is allowed has to be known")
        if step.signoff is Signoff.ON_WARNING and not any(action.expect.warn for action in step.actions):
            message = "nothing in this step can warn, so nobody ever signs it"
            yield _doubt((*path, "signoff"), message, 'signoff = "operator", or warn = true on an expectation')
        waits = sum(seconds(action.until.within) for action in step.actions if action.until is not None)
        if waits > seconds(step.budget):
            message = f"it may wait longer than its budget of {step.budget}"
            yield _doubt((*path, "budget"), message, "a budget as long as it may wait")
        for place, action in enumerate(step.actions):
            for fault in action_doubts(action, step.mutates, frozenset(variables)):
                yield _doubt((*path, "actions", place, *fault.path), fault.message, fault.hint)
            words = loses(action.run or "", action.stdin) if step.danger is Danger.NONE else ""
            if words:
                message = f"{quoted(words)} may lose data, and the step does not say so"
                yield _doubt((*path, "actions", place, "run"), message, 'danger = "destructive", or "caution"')
        for fault in action_doubts(step.look, False, frozenset(variables)) if step.look else ():
            yield _doubt((*path, "look", *fault.path), fault.message, fault.hint)


def _patterns(texts: Iterable[Text]) -> Iterator[UnplacedProblem]:
    """What may take long in the patterns of the runbook, wherever they stand in it."""
    for path, kind, field, text in texts:
        if field in ("pattern", "patterns", "matches", "misses", "share_of") and kind != KEY:
            yield from pattern_doubts(text, path)


def _long_names(runbook: Runbook) -> Iterator[UnplacedProblem]:
    """Names of sections and steps that the list of steps would have to cut."""
    named: list[tuple[Path, Section | Step]] = [(("sections", at), one) for at, one in enumerate(runbook.sections)]
    named += section_steps(runbook)
    for path, one in named:
        if len(one.short or one.title) > LONGEST_NAME:
            message = f"its name is {len(one.short or one.title)} characters long, and is cut in the list of steps"
            hint = f"short = a name of at most {LONGEST_NAME} characters"
            yield _doubt((*path, "short" if one.short else "title"), message, hint)


def _unannounced(runbook: Runbook) -> Iterator[UnplacedProblem]:
    """Commands that run without a step around them, and so must only read."""
    asked = [
        (("variables", name, key), getattr(variable, key))
        for name, variable in runbook.variables.items()
        for key in ("choices_from", "default_from")
        if not variable.reads
    ]
    measured = [
        (("monitors", name, "run"), monitor.run) for name, monitor in runbook.monitors.items() if not monitor.reads
    ]
    listed = [(("hosts", name, "targets_from"), host.targets_from) for name, host in runbook.hosts.items()]
    for path, command in (*asked, *measured, *listed):
        for change in list(changes(command or ""))[:1]:
            if path[0] == "hosts" and not change.known:  # it runs on the operator's own machine, and lists something
                continue
            what = "changes production" if change.known else "is not known to only read"
            hint = "a step does that" if change.known else "reads = true where it only reads"
            yield _doubt(path, f"{quoted(change.words)} {what}, and runs without being announced", hint)


def _downtime(runbook: Runbook) -> Iterator[UnplacedProblem]:
    """Whether a downtime that is marked has a beginning and an end."""
    places = {
        action.downtime: ("sections", at, "steps", step_at, "actions", place, "downtime")
        for at, section in enumerate(runbook.sections)
        for step_at, step in enumerate(section.steps)
        for place, action in enumerate(step.actions)
        if action.downtime is not Cut.NONE
    }
    other = {Cut.BEGINS: Cut.ENDS, Cut.ENDS: Cut.BEGINS}
    for mark, path in places.items():
        if other[mark] not in places:
            hint = f'mark the action where it {other[mark].value}: downtime = "{other[mark].value}"'
            yield _doubt(path, f"the downtime {mark.value} here, and nowhere {other[mark].value}", hint)


def _doubt(path: Path, message: str, hint: str = "") -> UnplacedProblem:
    return UnplacedProblem(path=path, message=message, hint=hint, severity="warning")


def _unused(runbook: Runbook) -> Iterator[UnplacedProblem]:
    used = {name for flow in runbook.flows.values() for name in flow.sections}
    for place, section in enumerate(runbook.sections):
        if section.id not in used:
            yield _doubt(("sections", place), f"no flow has section {quoted(section.id)}", "name it in a flow")
    ticked = {item for _, step in steps_of(runbook) for item in step.checklist}
    for place, item in enumerate(runbook.checklist):
        if item.id not in ticked:
            yield _doubt(("checklist", place), f"no step ticks {quoted(item.id)}", "name it in a step's checklist")
    exported = {name for _, step in steps_of(runbook) for action in step.actions for name in action.secrets}
    probed = {
        name
        for _, step in steps_of(runbook)
        for action in (*step.actions, step.look)
        if action and action.probe
        for name in secrets_of(runbook, action.probe)
    }
    for name in sorted(runbook.secrets.keys() - exported - probed):
        yield _doubt(("secrets", name), f"no action uses secret {quoted(name)}", "remove it, or name it in an action")


def _destructive(runbook: Runbook) -> Iterator[UnplacedProblem]:
    """Too many typed confirmations, counted for each way through a flow."""
    for name, flow in runbook.flows.items():
        for method in flow.methods or ("",):
            facts = {"method": method} if method else {}
            steps = [
                step
                for section in runbook.sections
                if section.id in flow.sections and may_hold(section.when, facts)
                for step in section.steps
                if may_hold(step.when, facts)
            ]
            typed = [step.needed_if for step in steps if step.danger is Danger.DESTRUCTIVE]
            count = max((sum(not exclude(one, other) for other in typed) for one in typed), default=0)
            if count > 1 and count > DESTRUCTIVE_SHARE * len(steps):
                way = f" by method {method}" if method else ""
                message = f"{count} of {len(steps)} steps are destructive{way}"
                yield _doubt(("flows", name), message, "keep typed confirmations under a tenth of the steps")


def _undo(runbook: Runbook) -> Iterator[UnplacedProblem]:
    """Undoing steps that no rollback flow would ever offer."""
    rollback = {name for flow in runbook.flows.values() if flow.kind == "rollback" for name in flow.sections}
    offered = {step.id for section in runbook.sections if section.id in rollback for step in section.steps}
    for path, step in section_steps(runbook):
        for place, name in enumerate(step.undo):
            if name not in offered:
                yield _doubt((*path, "undo", place), f"{quoted(name)} is in no rollback flow", "add its section to one")
        for key in ("needed_if", "needed_with", "look"):
            if getattr(step, key) and step.id not in offered:
                yield _doubt((*path, key), "only a step of a rollback flow asks whether it is needed", "use when")


def _document(runbook: Runbook, beside: File | None) -> Iterator[UnplacedProblem]:
    name = runbook.runbook.document
    if name and beside is not None and "\0" not in name and not (beside / name).is_file():
        yield _doubt(("runbook", "document"), f"there is no file {quoted(name)} beside the runbook", "correct its path")


def _environments(runbook: Runbook) -> Iterator[UnplacedProblem]:
    """What is doubtful: a host that is the same one there, and one that has to call itself what it is not called."""
    for name, one in runbook.environments.items():
        path: Path = ("environments", name)
        there = in_environment(runbook, name)
        own = name == plain_name(runbook)
        for host, before in runbook.hosts.items():
            if host in group_of(runbook):
                continue
            after = there.hosts[host]
            if (before.target or before.group) and host not in one.hosts and not own:
                message = f"host {quoted(host)} is the same machine in environment {quoted(name)}"
                hint = f"hosts.{host} = {{ target = … }}, or hosts.{host} = {{}} where that is meant"
                yield _doubt(path, message, hint)
            elif (
                before.target != after.target
                and after.target
                and after.expect_hostname
                and _guarded_alike(runbook, name, host)
            ):
                message = f"{quoted(after.target)} has to call itself {quoted(after.expect_hostname)}"
                yield _doubt((*path, "hosts", host), message, "expect_hostname = … here as well")


def _guarded_alike(runbook: Runbook, environment: str, host: str) -> bool:
    return runbook.environments[environment].hosts[host].expect_hostname is None


def _with_it(runbook: Runbook, path: Path, step: Step) -> Iterator[Action]:
    """What a second person allows with a step: its actions, and those of all that are done host by host with it."""
    section = runbook.sections[int(path[1])] if path[0] == "sections" else None
    together = section.steps if section is not None and section.each else (step,)
    return (action for one in together for action in one.actions)


def _found_out(actions: Iterable[Action]) -> list[str]:
    """The values that actions capture and that a later one uses."""
    known: set[str] = set()
    used: set[str] = set()
    for action in actions:
        used |= known & {name for text in (action.run, action.interactive, action.stdin) for name in names(text or "")}
        known |= set(action.capture)
    return sorted(used)
