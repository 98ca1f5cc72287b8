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
    ],
)
def test_real_failures_name_their_trouble(runbook: Runbook, said: str, issue: str) -> None:
    found = matching(runbook, said)
    assert found, said
    assert found[0].issue.id == issue


def test_what_looks_like_nothing_known_names_nothing(runbook: Runbook) -> None:
    assert matching(runbook, "everything is as it should be\n") == []


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
