"""The bundled runbook's troubleshooting has a form for each method and shows what is needed in a hundred columns."""

import re
import subprocess

import pytest

from tui.resources import bundled
from tui.runbook.model import Runbook
from tui.runbook.reading.load import load
from tui.runbook.walk import steps_of


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return load(bundled("runbook.toml"))


ONE_METHOD = {
    "a": re.compile(r"docker"),
    "b": re.compile(r"systemctl \S+ (gunicorn|celery)|-u (gunicorn|celery)|gunicorn_log|/(gunicorn|celery)\.service"),
}


def test_every_diagnosis_and_solution_has_a_form_for_each_method_or_says_that_it_has_none(runbook: Runbook) -> None:
    for issue in runbook.troubleshooting:
        groups = [(one.id, (one,)) for one in issue.diagnosis if not one.id.endswith("-a")]
        groups = [(name, tuple(s for s in issue.diagnosis if s.id in (name, f"{name}-a"))) for name, _ in groups]
        groups += [(one.id, one.steps) for one in issue.solutions if not one.forbidden]
        for name, steps in groups:
            for method in "ab":
                left = [step for step in steps if step.when.get("method", method) == method]
                assert left or any("With containers" in step.text for step in steps), (name, method)
        for step in (*issue.diagnosis, *(step for one in issue.solutions for step in one.steps)):
            said = " ".join(action.run or "" for action in step.actions)
            for method, words in ONE_METHOD.items():
                if words.search(said) and step.id != "port-in-use-kill":
                    assert step.when == {"method": method}, step.id
            if any(action.on == "django" for action in step.actions):
                assert step.when == {"method": "b"}, step.id


def test_what_must_be_read_at_night_fits_in_a_hundred_columns(runbook: Runbook) -> None:
    """A journal without its prefix, a status without the log's long lines; nothing is the last output by chance."""
    diagnosis = [
        action.run or "" for issue in runbook.troubleshooting for one in issue.diagnosis for action in one.actions
    ]
    for command in diagnosis:
        assert "journalctl" not in command or "-o cat" in command
        assert "systemctl status" not in command or "-n 0 | cut -c 1-100" in command
        assert not re.search(r"docker ps (?!.*--format)", command)
        assert "{{.Ports}}" not in command
        assert "docker-compose logs" not in command or "sed 's/^[^|]*| //'" in command
    solutions = [action.run or "" for _, step in steps_of(runbook) for action in step.actions]
    for command in solutions:
        assert "systemctl status" not in command or "no-pager" not in command or "-n 0 | cut -c 1-100" in command
        assert "grep -n ExecStart=" not in command or "fold -s -w 100" in command


@pytest.mark.parametrize("step", ["celery-stuck-workers", "celery-stuck-workers-a"])
def test_the_statistics_of_the_workers_are_told_without_the_broker_and_the_kernel(runbook: Runbook, step: str) -> None:
    """And still with the exit status of Celery, which is 69 where no worker answers."""
    (command,) = [
        action.run or ""
        for _, one in steps_of(runbook)
        for action in one.actions
        if one.id == step and "stats" in (action.run or "")
    ]
    program = "celery" if step.endswith("workers") else "docker-compose"
    for exit_status in (0, 69):
        script = f"{program}() {{ cat; return {exit_status}; }}\n{command}"
        ran = subprocess.run(
            ["bash", "-o", "pipefail", "-c", script], input=STATS, capture_output=True, text=True, check=False
        )
        said = [line.strip().partition(":")[0] for line in ran.stdout.splitlines()]
        assert ran.returncode == exit_status
        assert said == ["->  celery@one", "{", '"pid"', '"pool"', '"max-concurrency"', "},", '"uptime"', "}"]


STATS = """->  celery@one: OK
    {
        "broker": {
            "hostname": "redis",
            "transport_options": {}
        },
        "pid": 12,
        "pool": {
            "max-concurrency": 4
        },
        "rusage": {
            "utime": 1.0
        },
        "uptime": 300
    }
"""


def test_docker_proxy_is_never_killed(runbook: Runbook) -> None:
    (kill,) = [
        action.run or "" for _, step in steps_of(runbook) for action in step.actions if "kill -9" in (action.run or "")
    ]
    assert "docker-proxy" in kill
