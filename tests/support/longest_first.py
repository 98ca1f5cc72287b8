"""Has the files that take longest begin first, so that the processes that run the tests end at the same time.

Loaded by `make test` alone. Measured by file; a file that is not here takes a few seconds.
"""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST = (
    "tests/tui/test_drill_solved_by_keys.py",
    "tests/tui/test_drawn.py",
    "tests/tui/test_every_size.py",
    "tests/drill/test_trouble_solutions.py",
    "tests/drill/test_trouble_rollback.py",
    "tests/test_cli.py",
    "tests/tui/test_drill_by_keys.py",
    "tests/hosts/test_beside_openssh.py",
    "tests/drill/test_calm_covers_runbook.py",
    "tests/test_end_to_end.py",
    "tests/test_standard_output.py",
    "tests/faults/test_faults_journal_signals.py",
    "tests/tui/test_run.py",
    "tests/tui/test_home.py",
    "tests/tui/test_replay_screen.py",
    "tests/session/test_rollback_model.py",
    "tests/transports/test_disturbed.py",
    "tests/test_right_host.py",
    "tests/transports/test_endings.py",
    "tests/transports/test_sudo.py",
    "tests/transports/test_ssh_credentials.py",
    "tests/tui/test_asked_before.py",
    "tests/probes/test_s3_probe.py",
    "tests/tui/test_setup.py",
    "tests/tui/test_dialogs.py",
    "tests/faults/test_faults_cuts.py",
    "tests/faults/test_faults_journal_resume.py",
    "tests/faults/test_faults_journal_followed.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    gone = [name for name in LONGEST if not (ROOT / name).exists()]
    if gone:
        raise pytest.UsageError(f"{Path(__file__).name} names {', '.join(gone)}, which is not there any more")
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(LONGEST)))
