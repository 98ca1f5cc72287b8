"""What an earlier writer still writes after somebody took over is a fork: kept beside, told, and no part of it."""

import pytest

from tests.support.harness.waiting import until
from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.machines.two_machines import Machine, fetched, handed_on, taken
from tests.support.machines.two_machines import host as host
from tests.support.machines.two_machines import machine as machine
from tests.support.machines.two_machines import often as often
from tests.support.machines.two_machines import place as place
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Workspace
from tui.exports.registry import render
from tui.exports.source import source
from tui.headless.tables import verify_report
from tui.session.journal.journal import read
from tui.session.outcome import NOT_RUN, Outcome, OutcomeKind
from tui.session.report_card.deviations import FORK, deviations
from tui.sharing import lease as leases
from tui.sharing.bucket import Bucket
from tui.sharing.lease import find
from tui.sharing.publishing.publisher import Publisher
from tui.sharing.team import AlreadyTaken, BucketTeam


def taken_over(desk: Workspace, bucket: Bucket, session: str, monkeypatch: pytest.MonkeyPatch) -> Conductor:
    """The session on the machine that took it over from a silent holder."""
    lease = taken(desk, bucket, session, monkeypatch)
    fetched(desk, bucket, session)
    desk.team = AlreadyTaken(session, lease, desk.team)
    return desk.resume(session, "ben")


def test_what_the_old_writer_still_wrote_is_a_fork_that_is_kept_apart(
    machine: Machine, bucket: Bucket, host: FakeTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop, desk = machine("laptop"), machine("desk")
    old, session = handed_on(laptop, desk, bucket)
    new = taken_over(desk, bucket, session, monkeypatch)
    new.note("by ben")
    common = old.state.seq + 1
    old.note("by ana, who did not know")
    old.close()
    count = new.state.seq + 1
    new.close()
    until(lambda: fetched(machine("third"), bucket, session).count >= count)
    back = fetched(laptop, bucket, session)
    assert back.forked == common, "the laptop's own copy has another line there"
    assert back.apart is not None
    assert "by ana, who did not know" in (back.apart / "journal.jsonl").read_text()
    assert "by ana, who did not know" not in back.directory.journal.read_text()


def test_a_fork_stands_in_the_journal_of_who_took_over_and_verify_says_it(
    machine: Machine, bucket: Bucket, host: FakeTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "RENEWED", 3600.0)  # she sleeps: her lease is not looked at, however long this takes
    laptop, desk = machine("laptop"), machine("desk")
    old, session = handed_on(laptop, desk, bucket)
    new = taken_over(desk, bucket, session, monkeypatch)
    common = old.state.seq + 1
    old.note("by ana, who did not know")
    until(lambda: new.state.forks, "the fork is not in the new holder's journal")
    until(lambda: old.shared and "has taken this session over" in old.shared.words)
    refusal = Outcome(OutcomeKind.UNREACHABLE, detail=f"{NOT_RUN}: ben took this session over", fenced=True)
    host.replies["backup"] = Reply(outcome=refusal)
    monkeypatch.setattr(old.holding, "sure", lambda: None)  # she woke up, and has not asked
    old.start("backup", "yes")
    old.wait()
    wrote = old.state.seq + 1 - common
    old.close()
    until(lambda: max(one.lines for one in new.state.forks.values()) == wrote, "what she wrote later is not told")
    new.close()
    (fork,) = new.state.forks.values()
    assert (fork.operator, fork.epoch, fork.after) == ("ana", 1, common)
    assert fork.said[0] == "a note: by ana, who did not know"
    assert fork.said[1].startswith("backup started on web (")
    assert fork.said[1].endswith(f"): {NOT_RUN}: ben took this session over")
    directory = desk.store.find(session)
    said = verify_report(directory)
    assert f"ana wrote {wrote} more events after the session was taken over" in said
    assert "a fork, no part of this session\n  a note: by ana, who did not know" in said
    assert "who did not know" not in "".join(map(str, new.state.steps.values()))
    found = [one.what for one in deviations(new.state, read(directory.journal)) if one.kind == FORK]
    assert [one.startswith(f"ana wrote {wrote} more events") for one in found] == [True], "the whole fork, once"
    assert f"ana wrote {wrote} more events" in render(source(directory), "md").decode()


def test_a_fork_in_a_copy_that_was_here_before_is_recorded_as_the_session_comes_back(
    machine: Machine, bucket: Bucket, host: FakeTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop, desk = machine("laptop"), machine("desk")
    old, session = handed_on(laptop, desk, bucket)
    common = old.state.seq + 1
    with monkeypatch.context() as away:
        away.setattr(Publisher, "_hand_on", lambda self: None)  # she has no network
        old.note("by ana, who did not know")
        old.close()
    lease = taken(desk, bucket, session, monkeypatch)
    fetched(desk, bucket, session)
    desk.team = AlreadyTaken(session, lease, desk.team)
    new = desk.resume(session, "ben")
    new.note("by ben")
    count = new.state.seq + 1
    new.close()
    until(lambda: fetched(machine("third"), bucket, session).count >= count)
    again = BucketTeam(bucket, laptop.store.root, "laptop").take_over(session, "ana", find(bucket, session))
    assert fetched(laptop, bucket, session).forked == common
    laptop.team = AlreadyTaken(session, again, laptop.team)
    back = laptop.resume(session, "ana")
    until(lambda: back.state.forks)
    (fork,) = back.state.forks.values()
    assert (fork.operator, fork.after, fork.said) == ("ana", common, ("a note: by ana, who did not know",))
    back.close()
