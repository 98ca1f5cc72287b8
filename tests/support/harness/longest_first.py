"""Has the files that take longest begin first, so that the processes that run the tests end at the same time.

Files that need the same server, or read the same sources, are tested in one process: it starts, or reads, them once.

Loaded by `make test` alone. Measured by file; a file that is not here takes a few seconds.
"""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LONGEST = (
    "tests/sharing/test_taking_over.py",
    "tests/sharing/relay/test_woken_writer.py",
    "tests/tui/test_drawn.py",
    "tests/tui/keys/test_keys_every_screen.py",
    "tests/drill/troubles/test_trouble_rollback.py",
    "tests/tui/keys/test_drill_by_keys.py",
    "tests/drill/troubles/test_trouble_solutions.py",
    "tests/tui/home/test_one_read.py",
    "tests/tui/keys/test_drill_solved_by_keys.py",
    "tests/exports/test_html_in_browser.py",
    "tests/sharing/following/test_follower_answers.py",
    "tests/sharing/following/test_followers_say.py",
    "tests/program/test_end_to_end.py",
    "tests/session/rollback/test_rollback_model.py",
    "tests/sharing/relay/test_relay_faults.py",
    "tests/bundled/test_bundled_database.py",
    "tests/program/test_standard_output.py",
    "tests/program/test_commands_hostile.py",
    "tests/execution/secrecy/test_disguised.py",
    "tests/session/rollback/test_rollback_restarts.py",
    "tests/test_right_host.py",
    "tests/house/test_packaging.py",
    "tests/program/test_cli.py",
    "tests/hosts/test_beside_openssh.py",
    "tests/transports/jobs/test_job.py",
    "tests/transports/ssm/test_ssm.py",
    "tests/transports/ssm/test_ssm_bucket.py",
    "tests/transports/test_bad_hosts.py",
    "tests/transports/jobs/test_endings.py",
    "tests/transports/ssh/test_jump_host_typed.py",
    "tests/faults/journal/test_faults_journal_calls.py",
    "tests/tui/looks/test_idle.py",
    "tests/faults/journal/test_faults_journal_resume.py",
    "tests/drill/test_calm_covers_runbook.py",
    "tests/faults/journal/test_faults_journal_signals.py",
    "tests/drill/made_up/test_made_up.py",
    "tests/tui/rollback/test_rollback_screen.py",
    "tests/tui/dialogs/test_dialogs.py",
    "tests/tui/setup/test_typed_resume.py",
    "tests/headless/test_login_matrix.py",
    "tests/headless/test_lost_login.py",
    "tests/transports/test_openssh.py",
    "tests/faults/test_faults_cuts.py",
    "tests/transports/ssh/test_ssh_credentials.py",
    "tests/transports/logins/test_sudo.py",
    "tests/transports/ssh/test_ssh.py",
    "tests/drill/test_nothing_real.py",
    "tests/tui/run/test_run.py",
    "tests/tui/keys/test_keys_row.py",
    "tests/tui/screens/test_replay_screen.py",
    "tests/tui/dialogs/test_asking.py",
    "tests/tui/dialogs/test_dialogs_placed.py",
    "tests/tui/home/test_home.py",
    "tests/tui/home/test_home_reading.py",
    "tests/tui/setup/test_typed_terminal.py",
    "tests/tui/screens/test_removed_screens.py",
    "tests/tui/looks/test_seen_whole.py",
    "tests/tui/setup/test_setup.py",
    "tests/tui/screens/test_watch_screen.py",
    "tests/probes/test_s3_probe.py",
    "tests/drill/test_drill_jobs.py",
    "tests/tui/dialogs/test_dialogs_settle.py",
    "tests/transports/test_tunnel.py",
    "tests/probes/test_docker_probe.py",
    "tests/transports/jobs/test_disturbed.py",
    "tests/probes/databases/test_postgres_probe.py",
    "tests/tui/rollback/test_resumed_for_rollback.py",
    "tests/tui/rollback/test_troubleshoot.py",
    "tests/tui/keys/test_mashing_hostile.py",
    "tests/tui/dialogs/test_dialogs_unheard.py",
    "tests/house/test_import_hygiene.py",
    "tests/tui/setup/test_taking_up.py",
    "tests/probes/databases/test_mysql_probe.py",
    "tests/tui/looks/test_shown_hostile.py",
    "tests/probes/test_kubernetes_probe.py",
    "tests/faults/journal/test_faults_journal_followed.py",
    "tests/transports/ssh/test_ssh_connection.py",
    "tests/transports/jobs/test_job_losses.py",
)
TOGETHER = {
    "MariaDB": (
        "tests/bundled/test_bundled_database.py",
        "tests/probes/databases/test_mysql_probe.py",
        "tests/probes/databases/test_mysql_answers.py",
        "tests/probes/test_operators_settings.py",
    ),
    "moto, a bucket that is asked": (
        "tests/probes/test_s3_probe.py",
        "tests/execution/secrecy/test_secret_programs.py",
    ),
    "moto, a lease": (
        "tests/sharing/test_taking_over.py",
        "tests/sharing/test_archived.py",
        "tests/sharing/test_bucket.py",
        "tests/sharing/following/test_following_bucket.py",
        "tests/sharing/following/test_following_groups.py",
        "tests/sharing/test_lease.py",
    ),
    "moto, what others read": (
        "tests/sharing/relay/test_woken_writer.py",
        "tests/sharing/test_bucket_that_hangs.py",
        "tests/sharing/following/test_fetched_whole.py",
        "tests/sharing/test_forks.py",
        "tests/sharing/following/test_live_page.py",
        "tests/sharing/following/test_masked_output.py",
        "tests/sharing/test_team_memory.py",
    ),
    "the program's sources": (
        "tests/house/test_import_hygiene.py",
        "tests/house/test_names.py",
        "tests/house/test_plain_words.py",
        "tests/house/test_private_interfaces.py",
        "tests/house/test_same_thing_once.py",
        "tests/house/test_threads.py",
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
