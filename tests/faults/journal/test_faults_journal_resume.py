"""Kills a whole deployment at every call to the disk and around every command, and finishes it: nothing runs twice."""

import errno
import shutil
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import pytest

from tests.faults.conductor_script import PASSWORD
from tests.faults.killed import KILLED, check, chosen, decode_entry, promised
from tests.faults.resumed import CHANGES, resume
from tests.support.harness.forks import Forks
from tests.support.hostile.faults import Faults
from tests.support.sessions.stored import stored
from tui.session import events as ev
from tui.session.archive.store import SessionDirectory, Store
from tui.session.journal.journal import read


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", PASSWORD)


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    with Forks("tests.faults.conductor_script") as opened:
        yield opened


def test_a_killed_deployment_is_finished_and_nothing_runs_twice(forks: Forks, folder: Path, faults: Faults) -> None:
    told, _ = forks.run("deploy", root=str(folder / "whole"))
    places: list[str] = told[-1]["places"]
    assert told[-1]["code"] == 0
    after_each_event = [number for number, place in enumerate(places) if place == "fdatasync after"]
    kills = sorted({*chosen(places, faults, 40), *after_each_event})
    resumed = 0
    for place in kills:
        root = folder / str(place)
        told, status = forks.run("deploy", root=str(root), place=place)
        assert status == KILLED, told[-1]
        ran = [line["ran"] for line in told if "ran" in line]
        found = [one for one in stored(Store(root)) if not one.finished]
        if not found:
            over = any(one.state and one.state.started and one.finished for one in stored(Store(root)))
            assert [ran.count(change) for change in CHANGES] == [over, over]
            continue
        directory = SessionDirectory(found[0].path)
        left = check(directory, told)
        announced = [entry.event.command for entry in left if isinstance(entry.event, ev.AttemptStarted)]
        assert announced[: len(ran)] == ran
        counted = resume(root, told, directory)
        assert [counted[change] for change in CHANGES] == [1, 1], (places[place], left[-1].event, counted)
        resumed += 1
        shutil.rmtree(root)
    faults.count(
        len(kills),
        f"kills of a deployment, at {len({places[place] for place in kills})} kinds of places",
        f"{resumed} resumed and finished, 0 promised events lost, 0 changes run twice or left out",
    )


def failures(calls: Sequence[str]) -> list[dict[str, object]]:
    """Every call, each way it may fail, once and always."""
    made: list[dict[str, object]] = []
    for (at, name), for_ever in product(enumerate(calls), (False, True)):
        writes = (("middle", errno.ENOSPC),) if name in ("write", "pwrite") else ()
        for when, number in (("before", errno.ENOSPC), ("after", errno.EIO), *writes):
            made.append({"at": at, "when": when, "number": number, "for_ever": for_ever})
    return made


def test_a_deployment_on_a_failing_disk_runs_nothing_unannounced(forks: Forks, folder: Path, faults: Faults) -> None:
    told, _ = forks.run("deploy_on_a_failing_disk", root=str(folder / "whole"))
    calls: list[str] = told[-1]["calls"]
    made = faults.spread(failures(calls), 28)
    ended, resumed = 0, 0
    for number, failure in enumerate(made):
        root = folder / str(number)
        told, status = forks.run("deploy_on_a_failing_disk", root=str(root), **failure)
        assert status == 0, (calls[int(str(failure["at"]))], failure, told[-1])
        announced = 0
        for line in told:
            event = decode_entry(line["promised"]).event if "promised" in line else None
            announced += isinstance(event, ev.AttemptStarted)
            announced -= "ran" in line
            assert announced >= 0, "a command ran of which the journal knew nothing"
        ran = [line["ran"] for line in told if "ran" in line]
        found = [one for one in stored(Store(root)) if not one.finished]
        if found:
            directory = SessionDirectory(found[0].path)
            entries = list(read(directory.journal))
            assert [entry for entry in entries if entry in promised(told)] == promised(told)
            counted = resume(root, told, directory)
            assert [counted[change] for change in CHANGES] == [1, 1], (calls[int(str(failure["at"]))], failure, counted)
            resumed += 1
        else:
            over = any(one.state and one.state.started and one.finished for one in stored(Store(root)))
            assert [ran.count(change) for change in CHANGES] == [over, over]
            ended += over
        shutil.rmtree(root, ignore_errors=True)
    faults.count(
        len(made),
        f"failures of the {len(calls)} calls of a deployment",
        f"{ended} continued to the end, {resumed} resumed and finished; nothing ran unannounced or twice",
    )
