"""What the bundled runbook records of a database and finds of a migration: on a real MariaDB, by its own commands."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.support.machines.bundled_host import Host
from tests.support.runbooks.bundled_runbook import bundled_runbook
from tests.support.servers.mariadb import PASSWORD, Mariadb, mariadb
from tui.session.clock import SystemClock

__all__ = ["mariadb"]

BEFORE = """
DROP DATABASE IF EXISTS notes; CREATE DATABASE notes; GRANT ALL ON notes.* TO 'shop'@'%'; USE notes;
CREATE TABLE django_migrations (id INT AUTO_INCREMENT PRIMARY KEY, app TEXT, name TEXT);
INSERT INTO django_migrations (app, name) VALUES ('coreapp', '0001_initial'), ('authentication', '0001_initial');
CREATE TABLE coreapp_prompt (id INT AUTO_INCREMENT PRIMARY KEY, text TEXT NOT NULL);
INSERT INTO coreapp_prompt (text) VALUES ('kept');
"""
COLUMN = "ALTER TABLE coreapp_prompt ADD COLUMN tags VARCHAR(200) NOT NULL;"
TABLE = """
CREATE TABLE billing_plan (id INT PRIMARY KEY, prompt_id INT, FOREIGN KEY (prompt_id) REFERENCES coreapp_prompt (id));
"""
RECORDS = "INSERT INTO django_migrations (app, name) VALUES ('coreapp', '0002_tags'), ('billing', '0001_initial');"


class Database:
    """The database `notes` of the production stand-in."""

    def __init__(self, server: Mariadb, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.host = Host(bundled_runbook(), folder)
        self.host.password = PASSWORD
        settings = f"DB_HOST=127.0.0.1\nDB_PORT={server.port}\nDB_USER=shop\nDB_NAME=notes\n"
        (self.host.app / ".env").write_text(settings)
        server.admin(BEFORE)
        dump = [
            place for place, one in enumerate(self.host.actions("prepare-backup")) if "mysqldump" in (one.run or "")
        ]
        self.step("prepare-backup", dump[0])
        self.step("prepare-backup", -3)

    def does(self, sql: str) -> None:
        self.server.admin(f"USE notes; {sql}")

    def step(self, step: str, action: int, exit_status: int = 0) -> str:
        ran = self.host.run(self.host.actions(step)[action])
        assert ran.returncode == exit_status, ran.stdout + ran.stderr
        return ran.stdout

    def found(self) -> tuple[str, ...]:
        """The new migrations, what is to be reversed, and the state, as the rollback captures them."""
        action = self.host.actions("rollback-state")[-1]
        said = self.step("rollback-state", -1)
        names = ("new_migrations", "reversal", "database_state")
        return tuple(match[1] for name in names if (match := re.search(action.capture[name].pattern, said)))

    def look(self) -> int:
        return self.host.run(self.host.look("rollback-migrations-b")).returncode


@pytest.fixture
def database(mariadb: Mariadb, tmp_path: Path) -> Iterator[Database]:
    yield Database(mariadb, tmp_path)
    mariadb.admin("DROP DATABASE IF EXISTS notes")


def test_a_database_that_nothing_was_done_to_is_as_recorded(database: Database) -> None:
    assert database.found() == ("none", "nothing", "recorded")
    assert database.look() == 1
    assert "as recorded" in database.step("rollback-migrations-b", -1)


def test_the_migrations_of_every_app_are_found_and_reversed_the_newest_first(database: Database) -> None:
    database.does(COLUMN + TABLE + RECORDS)
    reversal = "billing=zero coreapp=0001_initial"
    assert database.found() == ("coreapp=0002_tags billing=0001_initial", reversal, "recorded")
    assert database.look() == 0
    database.does("DELETE FROM django_migrations WHERE app = 'coreapp' AND name = '0002_tags'")  # of one app only
    assert "> billing=0001_initial" in database.step("rollback-migrations-b", -1, exit_status=1)


def test_a_migration_that_failed_half_way_is_seen_in_the_schema_and_not_called_reversed(database: Database) -> None:
    database.does(COLUMN)
    assert database.found() == ("none", "nothing", "half-made")
    assert "> column coreapp_prompt tags" in database.step("rollback-migrations-b", -1, exit_status=1)


def test_the_second_of_two_migrations_that_failed_leaves_its_mark(database: Database) -> None:
    database.does(COLUMN + "INSERT INTO django_migrations (app, name) VALUES ('coreapp', '0002_tags')")
    (database.folder / "pre-deploy-20261124_020000.migrating").touch()
    assert database.found() == ("coreapp=0002_tags", "coreapp=0001_initial", "half-made")


def test_when_the_backup_was_made_is_told_in_utc_and_how_long_ago(database: Database) -> None:
    stamps = {0: "0 minutes", 119 * 60: "119 minutes", 26 * 3600: "26 hours"}
    action = database.host.actions("rollback-state")[-1]
    for age, words in stamps.items():
        made = SystemClock().now() - timedelta(seconds=age)
        stamp = f"{made.astimezone(ZoneInfo('America/New_York')):%Y%m%d_%H%M%S}"  # the name has the host's own time
        (database.folder / f"pre-deploy-{stamp}.sql.gz").write_text("a dump")
        database.host.program("date", '#!/bin/sh\nTZ=America/New_York exec /usr/bin/date "$@"\n')
        said = database.host.run(action, backup_date=stamp).stdout
        assert f"backup made: {made:%Y-%m-%d %H:%M} UTC, {words} ago\n" in said
    assert "backup made: none was found\n" in database.host.run(action, backup_date="").stdout


def test_without_a_record_nothing_is_called_reversed(database: Database) -> None:
    (database.folder / "pre-deploy-20261124_020000.migrations").unlink()
    assert database.found() == ("none known", "nothing", "not recorded")
    assert database.look() == 2
    database.step("rollback-migrations-b", -1, exit_status=2)


def test_a_restore_dumps_what_is_there_beside_and_brings_back_what_was_recorded(database: Database) -> None:
    database.does(COLUMN + TABLE)
    for action in range(3):
        said = database.step("rollback-restore", action)
    assert "a table that only the release has: billing_plan" in said
    (damaged,) = database.folder.glob("damaged-*.sql.gz")
    assert damaged.stat().st_mode & 0o777 == 0o600
    assert database.server.admin("SELECT text FROM notes.coreapp_prompt") == "kept\n"


def test_the_password_is_in_no_output_and_in_no_argument(database: Database) -> None:
    for name in ("mysql", "aws"):
        database.host.program(name, '#!/bin/sh\necho "$@"\n')
    for step in ("rollback-state", "rollback-restore", "prepare-backup"):
        for action in database.host.actions(step):
            ran = database.host.run(action)
            assert PASSWORD not in ran.stdout + ran.stderr


DJANGO = """#!/bin/sh
# python manage.py: migrate APP NAME --plan, and sqlmigrate APP NAME --backwards, which Django refuses for one of them
echo "$*" >> "$ASKED"
case "$2 $3" in
  "sqlmigrate billing") echo "IrreversibleError: Operation is not reversible" >&2; exit 1 ;;
  sqlmigrate*) echo "ALTER TABLE coreapp_prompt DROP COLUMN tags;" ;;
  *) echo "Planned operations:" ;;
esac
"""
COMPOSE = '#!/bin/sh\nshift 4\nexec "$@"\n'


@pytest.mark.parametrize("method", ["a", "b"])
def test_a_migration_that_cannot_be_reversed_is_found_before_anything_is_reversed(tmp_path: Path, method: str) -> None:
    """In the plan that is read before a second person allows the reversal; nothing that could be reversed is."""
    host = Host(bundled_runbook(), tmp_path)
    (host.app / "venv" / "bin").mkdir(parents=True)
    (host.app / "venv" / "bin" / "activate").touch()
    (host.app / host.values()["project_dir"]).mkdir(parents=True)
    asked = tmp_path / "asked"
    host.program("python", DJANGO.replace("$ASKED", str(asked)))
    host.program("docker-compose", COMPOSE)
    given = {
        "reversal": "coreapp=0001_initial billing=zero",
        "new_migrations": "coreapp=0002_tags billing=0001_initial",
    }
    plan, sql = host.actions(f"rollback-plan-{method}")
    assert host.run(plan, **given).returncode == 0
    ran = host.run(sql, **given)
    assert (ran.returncode, "IRREVERSIBLE: billing=0001_initial" in ran.stdout) == (1, True)
    assert all(line.split()[-1] in ("--plan", "--backwards") for line in asked.read_text().splitlines())
    steps = (step for section in host.runbook.sections for step in section.steps)
    order = [step.id for step in steps if step.when.get("method", method) == method]
    assert order.index(f"rollback-plan-{method}") + 1 == order.index(f"rollback-migrations-{method}")
