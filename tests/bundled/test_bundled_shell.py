"""The shell of the bundled runbook does what its steps say: its commands run beside stand-ins of what they call."""

import gzip
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.machines.bundled_host import Host
from tests.support.runbooks.bundled_runbook import bundled_runbook
from tui.runbook.model import Runbook
from tui.runbook.walk import texts_of


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return bundled_runbook()


@pytest.fixture
def host(runbook: Runbook, tmp_path: Path) -> Host:
    return Host(runbook, tmp_path)


def sites(host: Host, link: bool) -> Path:
    """The site's configuration, enabled by a link as Debian does or by a copy."""
    (host.nginx / "nginx.conf").write_text(f"include {host.nginx}/sites-enabled/*;\n")
    (host.nginx / "sites-available" / "multinotesai.conf").write_text("the site\n")
    (host.nginx / "sites-available" / "maintenance.conf").write_text("the maintenance page\n")
    live = host.nginx / "sites-enabled" / "multinotesai.conf"
    if link:
        live.symlink_to(host.nginx / "sites-available" / "multinotesai.conf")
    else:
        live.write_text("the site\n")
    return live


@pytest.mark.parametrize("link", [True, False])
@pytest.mark.parametrize("first", ["b-maintenance-on", "rollback-stop-a", "rollback-stop-b"])
def test_the_maintenance_page_takes_the_sites_place_and_gives_it_back_and_a_link_stays_a_link(
    host: Host, link: bool, first: str
) -> None:
    live = sites(host, link)
    on = next(one for one in host.actions(first) if "serve" in (one.run or ""))
    off = next(one for one in host.actions(f"{first.split('-')[0]}-maintenance-off") if "serve" in (one.run or ""))
    for action, text in ((on, "the maintenance page\n"), (on, "the maintenance page\n"), (off, "the site\n")):
        ran = host.run(action)
        assert (ran.returncode, live.read_text(), live.is_symlink()) == (0, text, link), ran.stderr
    kept = {"maintenance.conf": "the maintenance page\n", "multinotesai.conf": "the site\n"}
    assert {one.name: one.read_text() for one in live.parent.parent.joinpath("sites-available").iterdir()} == kept
    assert sorted(one.name for one in host.nginx.iterdir()) == ["nginx.conf", "sites-available", "sites-enabled"]
    assert [one.name for one in live.parent.iterdir()] == [live.name]


@pytest.mark.parametrize("link", [True, False])
def test_a_page_that_nginx_refuses_leaves_the_live_file_as_it_was(host: Host, link: bool) -> None:
    live = sites(host, link)
    (host.nginx / "sites-available" / "maintenance.conf").write_text("nonsense\n")
    ran = host.run(next(one for one in host.actions("b-maintenance-on") if "serve" in (one.run or "")))
    assert ran.returncode == 1
    assert "is unchanged" in ran.stderr
    assert (live.read_text(), live.is_symlink()) == ("the site\n", link)
    assert sorted(one.name for one in host.nginx.iterdir()) == ["nginx.conf", "sites-available", "sites-enabled"]


def test_the_page_is_tested_where_another_file_includes_the_sites_and_another_link_is_broken(host: Host) -> None:
    sites(host, link=True)
    (host.nginx / "conf.d").mkdir()
    (host.nginx / "conf.d" / "sites.conf").write_text(f"include {host.nginx}/sites-enabled/*;\n")
    (host.nginx / "nginx.conf").write_text(f"include {host.nginx}/conf.d/*;\n")
    (host.nginx / "sites-available" / "gone.conf").symlink_to("/nowhere")
    accepts = next(one for one in host.actions("check-nginx") if "fits" in (one.run or ""))
    assert host.run(accepts).returncode == 0
    (host.nginx / "sites-available" / "maintenance.conf").write_text("nonsense\n")
    ran = host.run(accepts)
    assert (ran.returncode, "nginx rejects" in ran.stderr) == (1, True)
    assert not [one.name for one in host.nginx.iterdir() if one.name.startswith(".")]


@pytest.mark.parametrize(
    ("active", "began", "fine"), [("gunicorn celery", 60, True), ("gunicorn celery", -60, False), ("celery", 60, False)]
)
def test_what_was_started_before_its_code_was_checked_out_does_not_count_as_running(
    host: Host, active: str, began: int, fine: bool
) -> None:
    (host.app / ".git").mkdir()
    (host.app / ".git" / "HEAD").write_text("x")
    (host.app / "venv").mkdir()
    for one in (host.app / ".git" / "HEAD", host.app / "venv"):
        os.utime(one, (1_800_000_000, 1_800_000_000))
    host.program(
        "systemctl",
        f"""#!/bin/sh
case "$1" in
  is-active) for one in {active}; do [ "$one" != "$3" ] || exit 0; done; exit 3 ;;
  show) date -u -d @{1_800_000_000 + began} '+%a %Y-%m-%d %H:%M:%S UTC' ;;
esac
""",
    )
    ran = host.run(next(one for one in host.actions("rollback-start-b") if "running_since" in (one.run or "")))
    assert (ran.returncode == 0) is fine, ran.stdout + ran.stderr


def checkout(host: Host, *tags: str) -> None:
    """A checkout whose commit has these tags, after one that has v1.8.0."""
    author = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    commit = ("commit", "-q", "--allow-empty", "-m", "x")
    for words in (("init", "-q"), commit, ("tag", "v1.8.0"), commit, *(("tag", "-a", tag, "-m", "x") for tag in tags)):
        subprocess.run(["git", "-C", str(host.app), *author, *words], check=True)


def answering(host: Host, health: str = '{"status": "healthy"}', version: str = "1.9.0") -> None:
    """A site that names its version."""
    host.program(
        "curl",
        f"""#!/bin/sh
case "$*" in */health/*) echo '{health}' ;; *) echo '{{"version": "{version}", "status": "operational"}}' ;; esac
""",
    )


def deployed(host: Host) -> str:
    """The tag that a deployment records to go back to; else why it stops."""
    first, second, *_ = host.actions("check-baseline")
    ran = host.run(first)
    if ran.returncode:
        return ran.stderr
    tags = re.search(first.capture["deployed_tags"].pattern, ran.stdout)
    assert tags
    ran = host.run(second, deployed_tags=tags[1])
    found = re.search(second.capture["previous_release"].pattern, ran.stdout)
    return found[1] if found else ran.stderr


@pytest.mark.parametrize(
    ("tags", "version", "found"),
    [
        (["v1.9.0"], "1.9.0", "v1.9.0"),
        (["v1.9.0", "v1.9.1"], "1.9.0", "v1.9.0"),
        (["v1.9.0", "v1.9.1"], "1.9.1", "v1.9.1"),
        (["v1.9.0", "v2.0.0"], "1.9.0", "the release to be deployed"),
        (["v1.9.0"], "1.8.0", "none of v1.9.0"),
        ([], "1.8.0", "v1.8.0-1-g"),
    ],
)
def test_the_tag_to_go_back_to_is_the_one_whose_version_runs_of_all_that_the_commit_has(
    host: Host, tags: list[str], version: str, found: str
) -> None:
    checkout(host, *tags)
    answering(host, version=version)
    assert found in deployed(host)


def test_going_back_to_a_commit_of_two_tags_finds_that_it_is_there(host: Host) -> None:
    checkout(host, "v1.9.0", "v1.9.1")
    for tag in ("v1.9.0", "v1.9.1"):
        assert host.run(host.look("rollback-code"), previous_release=tag).returncode == 1
        assert host.run(host.actions("rollback-code")[-1], previous_release=tag).stdout == f"{tag}\n"
    assert host.run(host.look("rollback-code"), previous_release="v1.8.0").returncode == 0
    assert host.run(host.actions("rollback-code")[-1], previous_release="v1.8.0").returncode != 0


def test_a_look_at_what_is_no_checkout_tells_nothing(host: Host) -> None:
    assert host.run(host.look("rollback-code")).returncode == 2


@pytest.mark.parametrize(
    ("health", "version", "exit_status"),
    [
        ('{"status": "healthy"}', "1.9.0", 0),
        ('{"status": "healthy", "version" : "1.9.0"}', "1.9.0", 0),
        ('{"status": "healthy", "version": "2.0.0"}', "1.9.0", 3),
        ('{"status": "healthy"}', "1.9.01", 3),
    ],
)
def test_a_version_is_checked_wherever_one_is_given(host: Host, health: str, version: str, exit_status: int) -> None:
    answering(host, health, version)
    ran = [
        host.run(host.actions(step)[0], release="v1.9.0").returncode
        for step in ("verify-http", "rollback-version", "hour-health")
    ]
    assert max(ran) == exit_status
    assert ran[0] == exit_status


@pytest.mark.parametrize("step", ["prepare-backup", "rollback-restore"])
def test_a_dump_that_fails_leaves_nothing_half_made_beside(host: Host, step: str) -> None:
    host.program("mysqldump", "#!/bin/sh\necho half\nexit 2\n")
    ran = host.run(next(one for one in host.actions(step) if "mysqldump" in (one.run or "")))
    assert ran.returncode == 2
    assert [one.name for one in host.folder.iterdir() if ".sql" in one.name] == []


def test_a_record_that_fails_leaves_nothing_half_made_beside(host: Host) -> None:
    host.program("mysql", "#!/bin/sh\necho half\nexit 2\n")
    assert host.run(host.actions("prepare-backup")[-3]).returncode == 2
    assert [one.name for one in host.folder.iterdir() if one.name.startswith("pre-deploy")] == []


@pytest.mark.parametrize("step", ["prepare-backup", "rollback-backup", "day-backup"])
def test_a_backup_is_complete_by_its_last_line_and_intact(host: Host, step: str) -> None:
    action = next(one for one in host.actions(step) if "gunzip -c" in (one.run or ""))
    assert action.expect.contains == ("Dump completed",)
    whole = gzip.compress(b"CREATE TABLE a;\n-- Dump completed on 2026-11-24\n")
    for content, fine in ((whole, True), (gzip.compress(b"CREATE TABLE a;\n"), False), (whole[:-6], False)):
        (host.folder / "pre-deploy-20261124_020000.sql.gz").write_bytes(content)
        ran = host.run(action)
        assert (ran.returncode == 0 and "Dump completed" in ran.stdout) is fine


def test_the_applications_directory_is_written_in_one_place(runbook: Runbook) -> None:
    """What the document says literally stays beside it, as `original`."""
    texts = texts_of(runbook)
    literal = {(path, text) for path, _, field, text in texts if "/var/www" in text and field != "original"}
    assert literal == {(("variables", "app_dir", "default"), "/var/www/multinotesai")}
    assert runbook.secrets["db_password"].file == "{{ app_dir }}/.env"


COMPOSE = """#!/bin/sh
# docker-compose top web and kill -s TTIN web: a worker more for each signal that Gunicorn gets, if it runs
case $1 in
  top) [ -e "$PROCESSES" ] && cat "$PROCESSES" ;;
  kill) [ ! -e "$PROCESSES" ] || [ -e "$PROCESSES.deaf" ] || echo "gunicorn: worker" >>"$PROCESSES" ;;
esac
exit 0
"""


@pytest.mark.parametrize(
    ("running", "deaf", "exit_status", "says"),
    [
        (True, False, 0, "2 before, 4 now"),
        (True, True, 1, "did not get the signal"),
        (False, False, 1, "Gunicorn is not running in the web container"),
    ],
)
def test_workers_are_added_where_gunicorn_runs_and_has_more_of_them_afterwards(
    host: Host, running: bool, deaf: bool, exit_status: int, says: str
) -> None:
    processes = host.folder / "processes"
    host.program("docker-compose", COMPOSE.replace("$PROCESSES", str(processes)))
    host.program("sleep", "#!/bin/sh\n")
    if running:
        processes.write_text("gunicorn: master\ngunicorn: worker\n")
    if deaf:
        (host.folder / "processes.deaf").touch()
    (step,) = [
        step
        for issue in host.runbook.troubleshooting
        for solution in issue.solutions
        for step in solution.steps
        if step.id == "gunicorn-workers-set-a"
    ]
    ran = host.run(step.actions[-1], gunicorn_workers="2")
    assert ran.returncode == exit_status
    assert says in ran.stdout + ran.stderr


def test_a_backup_that_is_made_again_leaves_the_one_from_before_the_deployment_as_it_is(host: Host) -> None:
    """Its stamp stays once a change has begun: a dump of the migrated database in its place would not be a way back."""
    host.program("mysqldump", "#!/bin/sh\necho the database as it was\n")
    host.program("mysql", "#!/bin/sh\necho as it was\n")
    dump, *_ = [one for one in host.actions("prepare-backup") if "mysqldump" in (one.run or "")]
    record = next(one for one in host.actions("prepare-backup") if "applied >" in (one.run or ""))
    assert (host.run(dump).returncode, host.run(record).returncode) == (0, 0)
    kept = {one: one.read_bytes() for one in host.folder.glob("pre-deploy-*")}
    assert {one.name.partition(".")[2] for one in kept} == {"sql.gz", "migrations", "schema"}
    host.program("mysqldump", "#!/bin/sh\necho migrated\n")
    host.program("mysql", "#!/bin/sh\necho migrated\n")
    again = host.run(dump)
    assert (again.returncode, again.stdout) == (0, "the backup from before the deployment exists and is kept\n")
    assert host.run(record).returncode == 0
    assert {one: one.read_bytes() for one in host.folder.glob("pre-deploy-*")} == kept
