"""The packages of the bundled runbook: swapped in as a whole, put back without a download, compared with before."""

import shlex
from pathlib import Path

import pytest

from tests.support.machines.bundled_host import Host
from tests.support.runbooks.bundled_runbook import bundled_runbook
from tui.runbook.model import Runbook

PYTHON = """#!/bin/sh
# a virtual environment's python: -m pip install adds a line to what is in it
here=$(dirname "$(dirname "$0")")
case "$*" in
  *install*)
    echo "$*" >>"$here/packages"
    [ -e "$here/bin/gunicorn" ] || printf '#!%s/bin/python\n' "$(cd "$here" && pwd)" >"$here/bin/gunicorn" ;;
  *pip*--version*) [ ! -e "$here/no-pip" ] ;;
  *ensurepip*) rm "$here/no-pip" ;;
  *check*) echo "No broken requirements found." ;;
  *) echo "python of $here" ;;
esac
"""


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return bundled_runbook()


@pytest.fixture
def host(runbook: Runbook, tmp_path: Path) -> Host:
    return Host(runbook, tmp_path)


def environment(folder: Path) -> None:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").write_text(PYTHON)
    (folder / "bin" / "python").chmod(0o755)
    (folder / "packages").write_text("of v1.9.0\n")


def dependencies(host: Host, actions: int = 9) -> None:
    for action in host.actions("b-dependencies")[:actions]:
        ran = host.run(action)
        assert ran.returncode == 0, ran.stderr


def put_back(host: Host) -> str:
    ran = host.run(host.actions("rollback-dependencies-b")[0])
    assert ran.returncode == 0, ran.stderr
    return (host.app / "venv" / "packages").read_text()


@pytest.mark.parametrize("again", [True, False])
def test_a_swap_that_stops_half_way_leaves_the_previous_packages_whole(host: Host, again: bool) -> None:
    """Files of the live directory cannot be removed at once, as where a worker still writes there."""
    environment(host.app / "venv")
    dependencies(host, actions=4)
    host.program("rm", '#!/bin/sh\n[ "$2" != venv ] || { /bin/rm -rf venv/bin; exit 1; }\nexec /bin/rm "$@"\n')
    assert host.run(host.actions("b-dependencies")[-1]).returncode == 1
    (host.programs / "rm").unlink()
    if again:
        assert host.run(host.actions("b-dependencies")[-1]).returncode == 0
        assert (host.app / "venv").readlink() == Path("venv-v2.0.0")
        assert not (host.app / "venv.gone").exists()
    assert put_back(host) == "of v1.9.0\n"
    assert (host.app / "venv" / "bin" / "python").exists()
    assert not (host.app / "venv.gone").exists()


def test_packages_are_updated_beside_swapped_in_and_the_old_ones_put_back_without_a_download(host: Host) -> None:
    environment(host.app / "venv")
    dependencies(host, actions=4)
    assert (host.app / "venv" / "packages").read_text() == "of v1.9.0\n"  # what runs is not touched
    dependencies(host)
    dependencies(host)  # again, as after a failed step
    assert "requirements.txt" in (host.app / "venv" / "packages").read_text()
    assert put_back(host) == "of v1.9.0\n"
    assert put_back(host) == "of v1.9.0\n"
    dependencies(host)  # the next try of the release
    assert "requirements.txt" in (host.app / "venv" / "packages").read_text()
    assert put_back(host) == "of v1.9.0\n"


def test_the_programs_of_every_release_run_with_the_packages_that_are_live(host: Host) -> None:
    environment(host.app / "venv")
    for release, before in (("v2.0.0", "v1.9.0"), ("v2.1.0", "v2.0.0")):
        for action in host.actions("b-dependencies"):
            ran = host.run(action, release=release, previous_release=before)
            assert ran.returncode == 0, ran.stderr
        assert (host.app / "venv").readlink() == Path(f"venv-{release}")
        assert (host.app / "venv" / "bin" / "gunicorn").read_text() == f"#!{host.app}/venv/bin/python\n"


def test_a_copy_whose_pip_was_cut_while_it_replaced_itself_gets_one_again(host: Host) -> None:
    environment(host.app / "venv")
    copy, upgrade, *_ = host.actions("b-dependencies")
    assert host.run(copy).returncode == 0
    (host.app / "venv-v2.0.0" / "no-pip").touch()
    ran = host.run(upgrade)
    assert (ran.returncode, (host.app / "venv-v2.0.0" / "no-pip").exists()) == (0, False), ran.stderr


def test_a_swap_that_was_cut_in_the_middle_is_continued_or_taken_back(host: Host) -> None:
    environment(host.app / "venv")
    dependencies(host, actions=4)
    (host.app / "venv").rename(host.app / "venv-v1.9.0")  # and the machine went down
    assert put_back(host) == "of v1.9.0\n"
    (host.app / "venv").unlink()
    dependencies(host)
    assert "requirements.txt" in (host.app / "venv" / "packages").read_text()


def test_without_an_old_environment_the_previous_requirements_are_installed(host: Host) -> None:
    environment(host.app / "venv")
    (host.app / "venv" / "no-pip").touch()  # a deployment by hand was cut while pip replaced itself
    assert "requirements.txt" in put_back(host)
    assert not (host.app / "venv" / "no-pip").exists()


SAME = "no new conflicts"
UNKNOWN = "not compared"
NONE = "No broken requirements found."


@pytest.mark.parametrize(
    ("before", "now", "good", "said"),
    [
        (NONE, NONE, True, SAME),
        ("a 1 needs b\nc 2 needs d", "a 1 needs b\nc 2 needs d", True, SAME),
        ("a 1 needs b", NONE, True, SAME),
        ("", NONE, True, SAME),
        ("", "a 1 needs b", True, UNKNOWN),
        ("a 1 needs b", "a 1 needs b\nc 2 needs d", False, "c 2 needs d"),
        ("a 1 needs b", "", False, "pip check printed nothing"),
    ],
)
@pytest.mark.parametrize(
    "step", ["b-dependencies", "rollback-dependencies-b", "import-error-check", "import-error-check-a"]
)
def test_a_dependency_conflict_that_was_there_before_the_deployment_is_shown_and_fails_nothing(
    host: Host, step: str, before: str, now: str, good: bool, said: str
) -> None:
    (check,) = [one for one in host.actions(step) if "conflicts_before }}" in (one.run or "")]
    played = f"#!/bin/sh\nprintf '%s' {shlex.quote(now and now + chr(10))}\nexit {int(now != NONE)}\n"
    host.program("docker-compose", played)
    for folder in ("venv", "venv-v2.0.0"):
        (host.app / folder / "bin").mkdir(parents=True, exist_ok=True)
        (host.app / folder / "bin" / "python").unlink(missing_ok=True)
        (host.app / folder / "bin" / "python").write_text(played)
        (host.app / folder / "bin" / "python").chmod(0o755)
    ran = host.run(check, conflicts_before=before)
    assert (ran.returncode == 0) is good, ran.stderr
    assert now in ran.stdout
    assert said in ran.stdout + ran.stderr
