"""A failure is matched with the known trouble it looks like, the likeliest first."""

import pytest

from tui.resources import bundled
from tui.runbook.load import load
from tui.runbook.model import Runbook
from tui.session.symptoms import matching


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return load(bundled("runbook.toml"))


@pytest.mark.parametrize(
    ("said", "issue"),
    [
        ("<html><head><title>502 Bad Gateway</title></head>", "not-starting"),
        ("ModuleNotFoundError: No module named 'anthropic'", "not-starting"),
        ("[ERROR] Connection in use: ('127.0.0.1', 8000)", "not-starting"),
        ("django.db.utils.OperationalError: (1060, \"Duplicate column name 'tags'\")", "migration-errors"),
        (
            "django.db.utils.ProgrammingError: (1146, \"Table 'multinotesai.coreapp_tag' doesn't exist\")",
            "migration-errors",
        ),
        ("Error: No nodes replied within time constraint", "celery-stuck"),
        ("ValueError: Missing staticfiles manifest entry for 'admin/css/base.css'", "static-files"),
        ("Error rate: 12.40% (52 of 419 requests)\nexpected error rate below 1 %, came 12.4 %", "high-error-rate"),
        ("average response time below 0.5 s: 6.58 s", "slow"),
        ("curl: (22) The requested URL returned error: 502", "not-starting"),
        ("curl: (7) Failed to connect to 127.0.0.1 port 8000 after 0 ms: Connection refused", "not-starting"),
        ("gunicorn.errors.HaltServer: <HaltServer 'Worker failed to boot.' 3>", "not-starting"),
        ("     Active: activating (auto-restart) (Result: exit-code) since Mon", "not-starting"),
        (
            "django.db.utils.OperationalError: (2002, \"Can't connect to server on '127.0.0.1' (115)\")",
            "not-starting",
        ),
        ("ERROR 1050 (42S01) at line 1: Table 'coreapp_tag' already exists", "migration-errors"),
        ("django.db.utils.OperationalError: no such table: coreapp_tag", "migration-errors"),
        (
            "redis.exceptions.ConnectionError: Error 111 connecting to 127.0.0.1:6379. Connection refused.",
            "celery-stuck",
        ),
        ("Could not connect to Redis at 127.0.0.1:6379: Connection refused", "celery-stuck"),
        (
            "kombu.exceptions.OperationalError: Error 111 connecting to localhost:6379. Connection refused.",
            "celery-stuck",
        ),
        ("PermissionError: [Errno 13] Permission denied: '/srv/shop/staticfiles/admin/css/base.css'", "static-files"),
        ('"GET /static/admin/css/base.css HTTP/1.1" 404 179', "static-files"),
        ('10.0.0.1 - - [23/Nov/2026:02:12:33 +0000] "GET / HTTP/1.1" 503 190', "high-error-rate"),
        ("Internal Server Error: /api/prompts/", "high-error-rate"),
        ("curl: (28) Operation timed out after 10001 milliseconds with 0 bytes received", "slow"),
        ("[CRITICAL] WORKER TIMEOUT (pid:8123)", "slow"),
    ],
)
def test_real_failures_name_their_trouble(runbook: Runbook, said: str, issue: str) -> None:
    found = matching(runbook, said)
    assert found, said
    assert found[0].issue.id == issue


@pytest.mark.parametrize(
    "said",
    [
        "everything is as it should be\n",
        "OSError: [Errno 28] No space left on device",
        'Conflict. The container name "/shop-web" is already in use',
        "fatal: destination path 'shop' already exists and is not an empty directory.",
    ],
)
def test_what_looks_like_nothing_known_names_nothing(runbook: Runbook, said: str) -> None:
    assert matching(runbook, said) == []


def test_redis_that_refuses_is_not_the_application_that_does_not_start(runbook: Runbook) -> None:
    found = matching(runbook, "Error 111 connecting to 127.0.0.1:6379. Connection refused.")
    assert [match.issue.id for match in found] == ["celery-stuck"]


def test_more_patterns_count_more_and_the_end_counts_more() -> None:
    text = """
format = 1
[runbook]
title = "T"
default_host = "h"
[hosts.h]
target = "h"
[flows.deploy]
title = "D"
kind = "deploy"
sections = []
"""
    import tomli
    from msgspec import convert

    trouble = (
        '[[troubleshooting]]\nid = "one"\ntitle = "One"\nsymptoms = ["s"]\npatterns = ["alpha", "beta"]\n'
        '[[troubleshooting]]\nid = "two"\ntitle = "Two"\nsymptoms = ["s"]\npatterns = ["gamma"]\n'
        '[[troubleshooting]]\nid = "three"\ntitle = "Three"\nsymptoms = ["s"]\npatterns = ["delta"]\n'
    )
    runbook = convert(tomli.loads("sections = []\n" + text + trouble), Runbook)
    found = [match.issue.id for match in matching(runbook, "delta alpha beta gamma")]
    assert found == ["one", "two", "three"]
