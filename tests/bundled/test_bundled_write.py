"""The write that a rollback tries before the page goes, by Django itself: whatever a prompt has, and taken back."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.machines.bundled_host import Host
from tests.support.runbooks.bundled_runbook import bundled_runbook

SETTINGS = """
SECRET_KEY = "of the test"
INSTALLED_APPS = ["coreapp"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "notes.db"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
"""
MANAGE = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
MODELS = """
import uuid
from django.db import models
from django.db.models.signals import post_save, pre_save

class Folder(models.Model):
    name = models.CharField(max_length=4, unique=True)

class Person(models.Model):
    folder = models.ForeignKey(Folder, on_delete=models.CASCADE)

class Ticket(models.Model):
    number = models.IntegerField(unique=True)

class Prompt(models.Model):
    author = models.ForeignKey(Person, on_delete=models.CASCADE)
    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE)
    reader = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="+")
    text = models.TextField()
    slug = models.SlugField(max_length=8, unique=True)
    kind = models.CharField(max_length=9, choices=[("Group", [("question", "A question")])])
    key = models.UUIDField(default=uuid.uuid4, unique=True)
    shared = models.UUIDField()
    cost = models.DecimalField(max_digits=6, decimal_places=2)
    weight = models.FloatField()
    hidden = models.BooleanField()
    asked = models.DateTimeField()
    made = models.DateTimeField(auto_now_add=True)
    day = models.DateField()
    hour = models.TimeField()
    took = models.DurationField()
    extra = models.JSONField()
    raw = models.BinaryField()
    address = models.GenericIPAddressField()
    mail = models.EmailField(blank=True)
    file = models.FileField(upload_to="prompts/")

def refused(**_):
    raise RuntimeError("a signal: a task would be queued")

pre_save.connect(refused)
post_save.connect(refused)
"""


class Site:
    """The application on the production stand-in, as far as its models go."""

    def __init__(self, folder: Path) -> None:
        self.host = Host(bundled_runbook(), folder)
        self.project = self.host.app / self.host.values()["project_dir"]
        (self.project / "coreapp").mkdir(parents=True)
        programs = self.host.app / "venv" / "bin"
        programs.mkdir(parents=True)
        (programs / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        (programs / "python").chmod(0o755)
        (self.project / "settings.py").write_text(SETTINGS)
        (self.project / "manage.py").write_text(MANAGE)
        (self.project / "coreapp" / "__init__.py").write_text("")
        (self.project / "coreapp" / "models.py").write_text(MODELS)
        made = [sys.executable, "manage.py", "migrate", "--run-syncdb", "--verbosity", "0"]
        subprocess.run(made, cwd=self.project, check=True)

    def does(self, *statements: str) -> list[tuple[object, ...]]:
        with sqlite3.connect(self.project / "notes.db") as database:
            return [row for one in statements for row in database.execute(one)]

    def writes(self) -> subprocess.CompletedProcess[str]:
        action = self.host.actions("rollback-start-b")[-1]
        return self.host.run(action)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_a_prompt_of_any_fields_is_written_and_nothing_of_it_stays(site: Site) -> None:
    for _ in range(2):
        ran = site.writes()
        assert "a prompt was written and rolled back" in ran.stdout, ran.stderr
        assert ran.returncode == 0
        site.does("INSERT OR IGNORE INTO coreapp_folder VALUES (1, 'here')")
        site.does("INSERT OR IGNORE INTO coreapp_person VALUES (1, 1)")
    tables = ("prompt", "ticket", "person", "folder")
    assert [site.does(f"SELECT COUNT(*) FROM coreapp_{one}")[0][0] for one in tables] == [0, 0, 1, 1]


def test_a_column_of_the_release_that_must_have_a_value_is_named_in_any_table(site: Site) -> None:
    columns = "id INTEGER PRIMARY KEY, name VARCHAR(4), paid BOOL NOT NULL DEFAULT 0, seen BOOL"
    site.does("DROP TABLE coreapp_folder", f"CREATE TABLE coreapp_folder ({columns})")
    assert site.writes().returncode == 0, "those can be left out"
    site.does("DROP TABLE coreapp_folder", f"CREATE TABLE coreapp_folder ({columns}, tags TEXT NOT NULL)")
    ran = site.writes()
    assert ran.returncode == 1
    assert "does not know coreapp_folder.tags, which must have a value" in ran.stderr
    assert "was written" not in ran.stdout
