"""Has the files that take longest begin first, so that the processes that run the tests end at the same time.

Files that need the same server, or read the same sources, are tested in one process: it starts, or reads, them once.

Loaded by `make test` alone. Measured by file; a file that is not here takes a few seconds.
"""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST = (
    "tests/sharing/test_taking_over.py",
    "tests/sharing/test_woken_writer.py",
    "tests/tui/test_drawn.py",
    "tests/tui/test_keys_every_screen.py",
    "tests/drill/test_trouble_rollback.py",
    "tests/tui/test_drill_by_keys.py",
    "tests/drill/test_trouble_solutions.py",
    "tests/tui/test_one_read.py",
    "tests/tui/test_drill_solved_by_keys.py",
    "tests/exports/test_html_in_browser.py",
    "tests/sharing/test_follower_answers.py",
    "tests/sharing/test_followers_say.py",
    "tests/test_end_to_end.py",
    "tests/session/test_rollback_model.py",
    "tests/sharing/test_relay_faults.py",
    "tests/test_bundled_database.py",
    "tests/test_standard_output.py",
    "tests/test_commands_hostile.py",
    "tests/execution/test_disguised.py",
    "tests/session/test_rollback_restarts.py",
    "tests/test_right_host.py",
    "tests/test_packaging.py",
    "tests/test_cli.py",
    "tests/hosts/test_beside_openssh.py",
    "tests/transports/test_job.py",
    "tests/transports/test_ssm.py",
    "tests/transports/test_ssm_bucket.py",
    "tests/transports/test_bad_hosts.py",
    "tests/transports/test_endings.py",
    "tests/transports/test_jump_host_typed.py",
    "tests/faults/test_faults_journal_calls.py",
    "tests/tui/test_idle.py",
    "tests/faults/test_faults_journal_resume.py",
    "tests/drill/test_calm_covers_runbook.py",
    "tests/faults/test_faults_journal_signals.py",
    "tests/drill/test_made_up.py",
    "tests/tui/test_rollback_screen.py",
    "tests/tui/test_dialogs.py",
    "tests/tui/test_typed_resume.py",
    "tests/headless/test_login_matrix.py",
    "tests/headless/test_lost_login.py",
    "tests/transports/test_openssh.py",
    "tests/faults/test_faults_cuts.py",
    "tests/transports/test_ssh_credentials.py",
    "tests/transports/test_sudo.py",
    "tests/transports/test_ssh.py",
    "tests/drill/test_nothing_real.py",
    "tests/tui/test_run.py",
    "tests/tui/test_keys_row.py",
    "tests/tui/test_replay_screen.py",
    "tests/tui/test_asking.py",
    "tests/tui/test_dialogs_placed.py",
    "tests/tui/test_home.py",
    "tests/tui/test_home_reading.py",
    "tests/tui/test_typed_terminal.py",
    "tests/tui/test_removed_screens.py",
    "tests/tui/test_seen_whole.py",
    "tests/tui/test_setup.py",
    "tests/tui/test_watch_screen.py",
    "tests/probes/test_s3_probe.py",
    "tests/drill/test_drill_jobs.py",
    "tests/tui/test_dialogs_settle.py",
    "tests/transports/test_tunnel.py",
    "tests/probes/test_docker_probe.py",
    "tests/transports/test_disturbed.py",
    "tests/probes/test_postgres_probe.py",
    "tests/tui/test_resumed_for_rollback.py",
    "tests/tui/test_troubleshoot.py",
    "tests/tui/test_mashing_hostile.py",
    "tests/tui/test_dialogs_unheard.py",
    "tests/test_import_hygiene.py",
    "tests/tui/test_taking_up.py",
    "tests/probes/test_mysql_probe.py",
    "tests/tui/test_shown_hostile.py",
    "tests/probes/test_kubernetes_probe.py",
    "tests/faults/test_faults_journal_followed.py",
    "tests/transports/test_ssh_connection.py",
    "tests/transports/test_job_losses.py",
)
TOGETHER = {
    "MariaDB": (
        "tests/test_bundled_database.py",
        "tests/probes/test_mysql_probe.py",
        "tests/probes/test_mysql_answers.py",
        "tests/probes/test_operators_settings.py",
    ),
    "moto, a bucket that is asked": (
        "tests/probes/test_s3_probe.py",
        "tests/execution/test_secret_programs.py",
    ),
    "moto, a lease": (
        "tests/sharing/test_taking_over.py",
        "tests/sharing/test_archived.py",
        "tests/sharing/test_bucket.py",
        "tests/sharing/test_following_bucket.py",
        "tests/sharing/test_following_groups.py",
        "tests/sharing/test_lease.py",
    ),
    "moto, what others read": (
        "tests/sharing/test_woken_writer.py",
        "tests/sharing/test_bucket_that_hangs.py",
        "tests/sharing/test_fetched_whole.py",
        "tests/sharing/test_forks.py",
        "tests/sharing/test_live_page.py",
        "tests/sharing/test_masked_output.py",
        "tests/sharing/test_team_memory.py",
    ),
    "the program's sources": (
        "tests/test_import_hygiene.py",
        "tests/test_names.py",
        "tests/test_plain_words.py",
        "tests/test_private_interfaces.py",
        "tests/test_same_thing_once.py",
        "tests/test_threads.py",
        "tests/text/test_amounts.py",
        "tests/text/test_nearest.py",
        "tests/text/test_only_what_is_made_here.py",
    ),
}
"""What one process has for several files."""
_SHARED = {name: shared for shared, names in TOGETHER.items() for name in names}


def share_of(nodeid: str) -> str:
    """What a process takes as a whole: a test's file, or what that shares with others."""
    file = nodeid.partition("::")[0]
    return _SHARED.get(file, file)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    gone = [name for name in (*LONGEST, *_SHARED) if not (ROOT / name).exists()]
    if gone:
        raise pytest.UsageError(f"{Path(__file__).name} names {', '.join(gone)}, which is not there any more")
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(LONGEST)))
