"""The bundled runbook is the whole document: every line of it is in some step, and every step is what it claims."""

import csv
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path as File

import pytest
from msgspec import Struct

from tests.support.runbooks.seed import lines
from tests.support.screens.keys import keys_of, keys_of_rollback, letters_of
from tui.execution.judging.captures import capture
from tui.headless.check import read_only
from tui.runbook.model import Action, Approval, Danger, FlowKind, Runbook, Signoff, Step, seconds
from tui.runbook.problem import Path
from tui.runbook.reading.lint import lint
from tui.runbook.reading.load import load
from tui.runbook.templates.variables import fill_command
from tui.runbook.walk import fields_of, section_steps, steps_of, texts_of

ROOT = File(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "source" / "deployment-runbook.md"
TABLE_OF_CONTENTS = range(11, 21)


class Row(Struct, frozen=True):
    """A line of the document and what kind of line it is."""

    line: int
    section: str
    kind: str
    text: str


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return load(ROOT / "runbook.toml")


def rows() -> list[Row]:
    with (ROOT / "tests" / "data" / "matrix.tsv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [Row(int(row["line"]), row["section"], row["kind"], row["text"]) for row in found]


def sources(runbook: Runbook) -> Iterator[tuple[Path, set[int]]]:
    """Every place that names lines of the document; a secret's `source` says where its value is."""
    return ((path, lines(text)) for path, text in fields_of(texts_of(runbook), "source") if path[0] != "secrets")


def is_heading(runbook: Runbook, path: Path) -> bool:
    """Whether a source is that of something which only holds steps."""
    match path:
        case ("sections" | "troubleshooting", int(), "source"):
            return True
        case ("troubleshooting", int(issue), "solutions", int(solution), "source"):
            return bool(runbook.troubleshooting[issue].solutions[solution].steps)
    return False


def actions(runbook: Runbook) -> Iterator[tuple[Step, Action]]:
    return ((step, action) for _, step in steps_of(runbook) for action in step.actions)


def test_nothing_is_wrong_or_doubtful_in_it() -> None:
    assert lint(ROOT / "runbook.toml") == []


def test_only_a_command_that_is_one_line_is_long() -> None:
    """What can be broken is: notes, expectations, probes, scripts. A command of the document stands as it is there."""
    files = (ROOT / "runbook.toml", *sorted((ROOT / "runbook").glob("*.toml")))
    long = [line for file in files for line in file.read_text(encoding="utf-8").splitlines() if len(line) > 140]
    told = [text for _, action in actions(load(ROOT / "runbook.toml")) for text in (action.run or "", action.original)]
    commands = {line.rpartition("manage.py ")[2] for text in told for line in text.splitlines() if len(line) > 100}
    assert [line for line in long if not any(command in line for command in commands)] == []


def test_it_is_short(runbook: Runbook) -> None:
    files = (ROOT / "runbook.toml", *sorted((ROOT / "runbook").glob("*.toml")))
    assert sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files) < 2_200
    assert len(list(steps_of(runbook))) > 160


def test_the_matrix_is_of_this_document() -> None:
    """A command over several lines is one row, so only its beginning is compared."""
    document = DOCUMENT.read_text(encoding="utf-8").split("\n")
    assert len(rows()) == 586
    assert [row for row in rows() if row.text[:12].strip() not in document[row.line - 1]] == []


def test_every_line_of_the_document_is_covered(runbook: Runbook) -> None:
    covered = set().union(*(numbers for _, numbers in sources(runbook)))
    assert [row for row in rows() if row.line not in covered and row.line not in TABLE_OF_CONTENTS] == []


def test_every_command_of_the_document_is_covered_by_more_than_a_heading(runbook: Runbook) -> None:
    covered = set().union(*(numbers for path, numbers in sources(runbook) if not is_heading(runbook, path)))
    wanted = [row for row in rows() if row.kind in ("command", "expect", "interactive", "task")]
    assert [row for row in wanted if row.line not in covered and row.line not in TABLE_OF_CONTENTS] == []


def test_no_source_is_beyond_the_document(runbook: Runbook) -> None:
    length = len(DOCUMENT.read_text(encoding="utf-8").splitlines())
    assert max(max(numbers, default=1) for _, numbers in sources(runbook)) <= length


def test_every_step_says_where_it_comes_from(runbook: Runbook) -> None:
    assert [step.id for _, step in steps_of(runbook) if not step.source] == []


def test_every_literal_command_that_differs_stands_in_the_document(runbook: Runbook) -> None:
    """`original` is what the document says, but for line breaks."""
    document = re.sub(r"\s*\\?\s+", " ", DOCUMENT.read_text(encoding="utf-8"))
    wrong = [
        (step.id, action.original)
        for step, action in actions(runbook)
        if action.original and not _stands_in(action.original, document)
    ]
    assert wrong == []


def _stands_in(command: str, document: str) -> bool:
    parts = [
        re.sub(r"\s+", " ", part).strip(" ;") for part in re.split(r"; (?:do |done)?|: (?=[A-Z]|workers)", command)
    ]
    return all(part in document for part in parts if part not in ("", "done"))


def test_every_link_of_the_document_can_be_opened(runbook: Runbook) -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    urls = {
        url.rstrip("/") for url in re.findall(r"https://(?:sentry|monitoring|console|app\.data|logs)[^\s)`]*", document)
    }
    defaults = {variable.default.rstrip("/") for variable in runbook.variables.values()}
    known = {link.url.rstrip("/") for link in runbook.dashboards} | defaults
    known |= {(action.open or "").rstrip("/") for _, action in actions(runbook)}
    assert urls - known == set()


def test_every_change_by_method_is_undone_by_a_rollback_step_of_that_method(runbook: Runbook) -> None:
    steps = {step.id: step for _, step in section_steps(runbook)}
    for section_id, method in (("method-a", "a"), ("method-b", "b")):
        for step in runbook.section(section_id).steps:
            assert bool(step.undo) == step.mutates, step.id
            for undo in step.undo:
                assert steps[undo].when.get("method", method) == method, (step.id, undo)


def test_migrations_are_reversed_while_their_files_are_there(runbook: Runbook) -> None:
    order = [step.id for step in runbook.section("rollback").steps]
    for method in "ab":
        assert order.index(f"rollback-stop-{method}") < order.index(f"rollback-migrations-{method}")
        assert order.index(f"rollback-migrations-{method}") < order.index("rollback-code")
    assert order.index("rollback-restore") < order.index("rollback-code")


def test_only_the_migrations_are_points_of_no_return(runbook: Runbook) -> None:
    assert [step.id for _, step in section_steps(runbook) if step.point_of_no_return] == ["a-migrate", "b-migrate"]


def test_a_second_person_allows_what_destroys_before_it_starts(runbook: Runbook) -> None:
    """All but the old process that is killed: whether it is the right one, the command itself makes sure."""
    destroying = {step.id for _, step in steps_of(runbook) if step.danger is Danger.DESTRUCTIVE}
    approved = {step.id for _, step in steps_of(runbook) if step.approve is Approval.OR_ALONE}
    assert destroying - approved == {"port-in-use-kill"}
    assert approved == {
        *("a-migrate", "b-migrate", "rollback-migrations-a", "rollback-migrations-b", "rollback-restore"),
        *("fake-migration-run", "fake-migration-run-a", "reverse-migration-run", "reverse-migration-run-a"),
        *("purge-queue-run", "purge-queue-run-a"),
    }


@pytest.mark.parametrize("method", ["a", "b"])
def test_what_two_people_allow_was_shown_right_before_and_is_all_filled_in(runbook: Runbook, method: str) -> None:
    order = [step for _, step in steps_of(runbook) if step.when.get("method", method) == method]
    places = {step.id: place for place, step in enumerate(order)}
    suffix = "-a" if method == "a" else ""
    for does, shows in {
        f"{method}-migrate": f"{method}-plan",
        f"rollback-migrations-{method}": f"rollback-plan-{method}",
        "rollback-restore": "rollback-backup",
        f"fake-migration-run{suffix}": f"fake-migration-choose{suffix}",
        f"reverse-migration-run{suffix}": f"reverse-migration-choose{suffix}",
    }.items():
        assert order[places[does] - 1].id == shows
        assert not any(action.ask for action in order[places[does]].actions), "asked after it was allowed"


@pytest.mark.parametrize("method", ["a", "b"])
def test_a_rollback_by_reversal_is_inside_its_budget(runbook: Runbook, method: str) -> None:
    steps = [step for name in runbook.flows["rollback"].sections for step in runbook.section(name).steps]
    mine = [step for step in steps if step.when.get("method", method) == method and step.id != "rollback-database-half"]
    reversing = [step for step in mine if step.needed_if.get("database_rollback", "reverse") == "reverse"]
    assert sum(seconds(step.budget) for step in reversing) <= seconds(runbook.flows["rollback"].budget)
    restoring = [step for step in mine if step.needed_if.get("database_rollback") == "restore"]
    assert sum(seconds(step.budget) for step in restoring) == 6 * 60
    assert "a restore of the database comes on top (6 minutes" in runbook.section("rollback").text


def test_the_database_is_decided_about_when_the_site_is_down_and_what_reversing_does_was_seen(runbook: Runbook) -> None:
    order = [step.id for step in runbook.section("rollback").steps]
    for method in "ab":
        wanted = [f"rollback-stop-{method}", "rollback-state", "rollback-database"]
        wanted += [
            f"rollback-plan-{method}",
            f"rollback-migrations-{method}",
            "rollback-code",
            f"rollback-start-{method}",
        ]
        wanted += ["rollback-maintenance-off"]
        assert sorted(wanted, key=order.index) == wanted


def test_a_step_that_changes_something_never_starts_with_one_key(runbook: Runbook) -> None:
    wrong = [step.id for _, step in steps_of(runbook) if step.mutates and step.danger is Danger.NONE]
    assert wrong == []


def test_no_container_command_waits_for_a_terminal(runbook: Runbook) -> None:
    wrong = [
        step.id
        for step, action in actions(runbook)
        if re.search(r"docker-compose (exec|run --rm)(?! -T)", action.run or "")
    ]
    assert wrong == []


def test_every_message_is_sent_by_a_step(runbook: Runbook) -> None:
    sent = {action.send for _, action in actions(runbook)} - {None}
    assert sent == set(runbook.messages)


def test_the_documents_six_issues_one_of_a_full_disk_and_the_dangerous_solution_cannot_run(runbook: Runbook) -> None:
    solutions = [solution for issue in runbook.troubleshooting for solution in issue.solutions]
    assert len(runbook.troubleshooting) == 6 + 1
    assert [issue.id for issue in runbook.troubleshooting if not issue.solutions] == ["disk-full"]
    assert [solution.id for solution in solutions if solution.forbidden] == ["reset-migrations"]
    assert [solution.id for solution in solutions if bool(solution.steps) == bool(solution.forbidden)] == []


def test_the_checklist_has_18_items_and_each_method_ticks_its_own(runbook: Runbook) -> None:
    assert len(runbook.checklist) == 18
    flow = next(flow for flow in runbook.flows.values() if flow.kind is FlowKind.DEPLOY)
    for method, absent in (("a", {"maintenance-on", "maintenance-off"}), ("b", set())):
        ticked = {
            item
            for name in flow.sections
            if runbook.section(name).when.get("method", method) == method
            for step in runbook.section(name).steps
            if step.when.get("method", method) == method
            for item in step.checklist
        }
        assert {item.id for item in runbook.checklist} - ticked == absent


def test_what_says_how_it_was_before_a_change_stays_when_its_step_is_done_again(runbook: Runbook) -> None:
    """What is left to reverse is meant to change."""
    kept = {name for _, action in actions(runbook) for name, one in action.capture.items() if one.baseline}
    before = {"deployed_tags", "previous_release", "backup_date", "migration_plan", "conflicts_before"}
    assert kept == {*before, "database_state"}


def test_every_value_that_is_captured_is_used_or_kept_as_evidence(runbook: Runbook) -> None:
    captured = {name for _, action in actions(runbook) for name in action.capture}
    texts = [text for path, _, _, text in texts_of(runbook) if "capture" not in path]
    used = {name for name in captured if any(text == name or f"{{{{ {name} }}}}" in text for text in texts)}
    assert captured - used == {"razorpay_order", "refresh_token"}


def test_the_follow_ups_are_all_there(runbook: Runbook) -> None:
    within = [item.within for item in runbook.followups]
    assert (within.count("1h"), within.count("24h"), within.count("168h")) == (5, 5, 4)


WRITES = (
    r"cache\.set|\.delay\(|default_storage\.save|purge|collectstatic|\bmigrate (?!.*--plan)|kill -|sed -i|ch(mod|own)"
)


def test_what_changes_something_is_marked_and_no_check_makes_it_unattended(runbook: Runbook) -> None:
    """`runbook check` makes what its step says only looks; a test that leaves a key or a file behind does not."""
    marked = {step.id for _, step in steps_of(runbook) if step.mutates}
    writes = {step.id for step, action in actions(runbook) if action.run and re.search(WRITES, action.run)}
    asks = {step.id for step, action in actions(runbook) if action.probe and action.probe.check in ("call", "upload")}
    assert (writes | asks) - marked == set()
    assert {"verify-writes-a", "verify-writes-b", "verify-order-upload", "redis-cache-test"} <= marked
    checked = [step.id for section in runbook.sections for step in section.steps if read_only(step)]
    assert set(checked) & (writes | asks) == set()


def named(runbook: Runbook, step_id: str) -> str:
    """All that a step runs, in one text."""
    step = next(step for _, step in steps_of(runbook) if step.id == step_id)
    return "\n".join(action.run or "" for action in step.actions)


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ('{"id": "order_9f1c2ab34de56f", "status": "created"}', ()),
        ('{"id": 17, "razorpay_order_id": "order_9f1c2ab34de56f"}', ()),
        ('{"id": 17, "status": "created"}', ("razorpay_order",)),
    ],
)
def test_an_order_counts_by_its_id_at_razorpay_whatever_the_answer_calls_it(
    runbook: Runbook, body: str, missing: tuple[str, ...]
) -> None:
    (order,) = [action for _, action in actions(runbook) if "razorpay_order" in action.capture]
    assert capture(order.capture, f'{{"status": 201, "json": {body}}}').missing == missing


@pytest.mark.parametrize("method", ["a", "b"])
@pytest.mark.parametrize(
    ("manage", "ends", "falls_back"),
    [
        ("echo 'database ok'", 0, False),
        ("echo \"Unknown command: 'check_db'\" >&2; false", 0, True),
        ("echo 'OperationalError: (2003, refused)' >&2; false", 1, False),
    ],
)
def test_the_databases_check_falls_back_only_where_the_command_is_unknown(
    runbook: Runbook, method: str, manage: str, ends: int, falls_back: bool
) -> None:
    played = (
        f'docker-compose() {{ shift 3; "$@"; }}\n'
        f'python() {{ if [ "$2" = check_db ]; then {manage}; else echo "fell back: $*"; fi; }}\n'
    )
    script = played + named(runbook, f"health-database-{method}")
    ran = subprocess.run(["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, check=False)
    assert ran.returncode == ends
    assert ("fell back: manage.py check --database default" in ran.stdout) is falls_back


def test_a_backup_leaves_no_part_behind_where_the_disk_is_full(runbook: Runbook, tmp_path: File) -> None:
    step = next(step for _, step in steps_of(runbook) if step.id == "prepare-backup")
    (dump,) = [action.run or "" for action in step.actions if "mysqldump" in (action.run or "")]
    script = fill_command(dump, {"backup_dir": str(tmp_path), "backup_date": "20261124_020000"})
    played = "mysql_login() { :; }\nDB_NAME=x\nmysqldump() { echo dump; }\n"
    full = played + 'gzip() { cat; echo "No space left on device" >&2; false; }\n'
    ran = subprocess.run(["bash", "-euo", "pipefail", "-c", full + script], capture_output=True, check=False)
    assert (ran.returncode != 0, list(tmp_path.iterdir())) == (True, [])
    subprocess.run(["bash", "-euo", "pipefail", "-c", played + script], capture_output=True, check=True)
    assert [path.name for path in tmp_path.iterdir()] == ["pre-deploy-20261124_020000.sql.gz"]


@pytest.mark.parametrize("method", ["a", "b"])
def test_a_rollback_takes_at_most_forty_keys_and_gives_up_no_confirmation(runbook: Runbook, method: str) -> None:
    """A typed word counts as one; the decision, the plan, the reversal and the restore stay by hand."""
    recorded = {"database_state": "recorded", "migration_plan": "Planned"}
    keys = {
        how: keys_of_rollback(runbook, "rollback", method, {**recorded, "database_rollback": how})
        for how in ("reverse", "restore", "leave")
    }
    assert keys == {"reverse": 40, "restore": 40, "leave": 32}
    by_id = {step.id: step for _, step in steps_of(runbook)}
    assert by_id["rollback-database"].actions[0].choices == ("reverse", "restore", "leave")
    assert by_id[f"rollback-plan-{method}"].signoff is Signoff.OPERATOR
    assert by_id["rollback-backup"].signoff is Signoff.OPERATOR
    for step in (f"rollback-migrations-{method}", "rollback-restore"):
        assert (by_id[step].danger, by_id[step].approve) == (Danger.DESTRUCTIVE, Approval.OR_ALONE)


@pytest.mark.parametrize("method", ["a", "b"])
def test_a_deployment_takes_at_most_eighty_keys(runbook: Runbook, method: str) -> None:
    """From the first screen to the last step; with each letter of the two words that are typed before a migration."""
    keys = keys_of(runbook, "deploy", method)
    letters = letters_of(runbook, "deploy", method, "production-server", "ben")
    assert (keys, letters) == ({"a": 61, "b": 62}[method], 18)
    assert keys + letters <= 80


@pytest.mark.parametrize("method", ["a", "b"])
def test_the_downtime_is_inside_the_documents_ten_minutes(runbook: Runbook, method: str) -> None:
    steps = runbook.section(f"method-{method}").steps
    marks = {action.downtime: at for at, step in enumerate(steps) for action in reversed(step.actions)}
    first = next(at for at, step in enumerate(steps) if any(one.downtime == "begins" for one in step.actions))
    assert sum(seconds(step.budget) for step in steps[first : marks["ends"] + 1]) <= 600
    assert seconds(runbook.flows["deploy"].downtime) == 600


@pytest.mark.parametrize("command", ["systemctl stop gunicorn", "docker-compose down", "docker-compose stop web"])
def test_what_cuts_users_off_is_marked_wherever_it_is_run(runbook: Runbook, command: str) -> None:
    plan = [step for section in runbook.sections for step in section.steps]
    found = [action for step in plan for action in step.actions if action.run and command in action.run]
    assert found
    assert {action.downtime for action in found} == {"begins"}


def test_what_is_done_about_stuck_workers_does_not_need_their_container_to_run(runbook: Runbook) -> None:
    """In a stopped container `exec` fails without a word: neither the workers nor the queue would be seen."""
    for step in ("celery-stuck-workers-a", "purge-queue-run-a"):
        assert "exec" not in named(runbook, step)
        assert "--no-deps celery celery -A backend" in named(runbook, step)
