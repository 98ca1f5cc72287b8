"""One writer for each session: leases that are taken, renewed, given back, taken over, and raced for."""

import multiprocessing
import os
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.hostile.faults import VARIABLE, Faults
from tests.support.servers.team_bucket import KEYS, TeamBucketServer, refusal
from tui.config import BucketPlace
from tui.errors import TakenOver
from tui.sharing import lease as leases
from tui.sharing.bucket import Bucket, BucketAway, BucketError
from tui.sharing.lease import Lease, LeaseFound, LeaseStillHeld, find, take

SESSION = "20261129T020000Z-deploy-abc123"
RACES = 1000 if os.environ.get(VARIABLE) == "long" else 30


def silent(bucket: Bucket, monkeypatch: pytest.MonkeyPatch, seconds: float = 90.0) -> LeaseFound:
    """The session's lease, as if its holder had been silent for so long."""
    monkeypatch.setattr(bucket, "age", lambda written: seconds)
    found = find(bucket, SESSION)
    assert found is not None
    return found


class TestOneHolder:
    def test_the_first_lease_is_of_epoch_1(self, bucket: Bucket) -> None:
        assert find(bucket, SESSION) is None
        held = take(bucket, SESSION, "ana", "laptop")
        assert (held.fence.epoch, held.fence.holder) == (1, "ana")
        found = find(bucket, SESSION)
        assert found is not None
        assert (found.holder, found.free, found.expired) == ("ana on laptop", False, False)

    def test_a_lease_that_is_held_is_not_taken(self, bucket: Bucket) -> None:
        take(bucket, SESSION, "ana", "laptop")
        with pytest.raises(LeaseStillHeld, match="open elsewhere: ana on laptop"):
            take(bucket, SESSION, "ben", "desk")

    def test_one_that_was_given_back_is_taken_by_anybody(self, bucket: Bucket) -> None:
        take(bucket, SESSION, "ana", "laptop").release()
        assert take(bucket, SESSION, "ben", "desk").fence.epoch == 2

    def test_one_that_is_silent_is_taken_only_by_who_confirms_it(
        self, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        old = take(bucket, SESSION, "ana", "laptop")
        found = silent(bucket, monkeypatch)
        with pytest.raises(LeaseStillHeld):
            take(bucket, SESSION, "ben", "desk")
        new = take(bucket, SESSION, "ben", "desk", confirmed=found)
        assert new.fence.epoch == 2
        with pytest.raises(TakenOver, match="this session was taken over by ben on desk"):
            old.renew()
        with pytest.raises(TakenOver):
            old.sure()
        new.renew()

    def test_one_whose_holder_is_not_silent_long_enough_is_not_taken(self, bucket: Bucket) -> None:
        take(bucket, SESSION, "ana", "laptop")
        with pytest.raises(LeaseStillHeld):
            take(bucket, SESSION, "ben", "desk", confirmed=find(bucket, SESSION))

    def test_a_holder_who_wakes_up_while_somebody_confirms_keeps_it(
        self, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        old = take(bucket, SESSION, "ana", "laptop")
        found = silent(bucket, monkeypatch)
        old.renew()
        with pytest.raises(LeaseStillHeld):
            take(bucket, SESSION, "ben", "desk", confirmed=found)
        old.renew()

    def test_a_taking_over_that_was_broken_off_leaves_it_free(self, bucket: Bucket) -> None:
        old = take(bucket, SESSION, "ana", "laptop")
        found = find(bucket, SESSION)
        assert found is not None
        over = leases._encoded(leases.replace(found.text, over="taken over by ben on desk"))
        bucket.put_matching(f"sessions/{SESSION}/lease/1", over, found.etag)
        with pytest.raises(TakenOver, match="taken over by ben on desk"):
            old.renew()
        assert take(bucket, SESSION, "cem", "home").fence.epoch == 2

    def test_what_stands_there_that_is_no_epoch_is_passed_over(self, bucket: Bucket) -> None:
        bucket.put(f"sessions/{SESSION}/lease/x", b"")
        assert take(bucket, SESSION, "ana", "laptop").fence.epoch == 1

    def test_a_damaged_lease_is_told(self, bucket: Bucket) -> None:
        bucket.put(f"sessions/{SESSION}/lease/1", b"{nonsense")
        with pytest.raises(BucketError, match="the lease of epoch 1 is damaged"):
            take(bucket, SESSION, "ana", "laptop")


class TestSure:
    def test_a_fresh_lease_asks_nobody(self, team_server: TeamBucketServer, bucket: Bucket) -> None:
        held = take(bucket, SESSION, "ana", "laptop")
        before = len(team_server.requests)
        held.sure()
        assert len(team_server.requests) == before

    def test_one_that_is_not_fresh_asks_before_a_start(
        self, team_server: TeamBucketServer, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        held = take(bucket, SESSION, "ana", "laptop")
        monkeypatch.setattr(leases, "FRESH", -1.0)
        before = len(team_server.requests)
        held.sure()
        assert team_server.requests[before:] == [("PUT", team_server.requests[-1][1])]

    def test_where_the_bucket_is_away_a_start_is_left_to_the_host_and_it_says_so(
        self, team_server: TeamBucketServer, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        held = take(bucket, SESSION, "ana", "laptop")
        monkeypatch.setattr(leases, "FRESH", -1.0)
        away = refusal("500 Internal Server Error", "InternalError")
        with team_server.answering(lambda environ: away):
            held.sure()
            assert held.trouble.startswith("not confirmed since ")
            with pytest.raises(BucketAway):
                held.renew()
        held.renew()
        assert held.trouble == ""

    def test_a_lost_answer_of_our_own_renewal_is_no_loss(self, team_server: TeamBucketServer, bucket: Bucket) -> None:
        held = take(bucket, SESSION, "ana", "laptop")
        found = find(bucket, SESSION)
        assert found is not None
        ours = leases._encoded(leases.replace(found.text, renewed=datetime.now(UTC)))
        bucket.put_matching(f"sessions/{SESSION}/lease/1", ours, found.etag)  # as it was written, and never answered
        held.renew()
        held.renew()

    def test_a_first_write_whose_answer_is_lost_is_still_ours(
        self, team_server: TeamBucketServer, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put_new = bucket.put_new

        def lost(key: str, data: bytes, kind: str = "") -> str:
            put_new(key, data)
            raise BucketAway("no answer")

        monkeypatch.setattr(bucket, "put_new", lost)
        held = take(bucket, SESSION, "ana", "laptop")
        held.renew()

    def test_it_is_kept_by_itself_until_it_is_given_back(
        self, team_server: TeamBucketServer, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(leases, "RENEWED", 0.01)
        renewed = threading.Semaphore(0)
        held = take(bucket, SESSION, "ana", "laptop")

        def counted(environ: dict[str, Any]) -> None:
            if "HTTP_IF_MATCH" in environ:
                renewed.release()

        with team_server.answering(counted):
            held.keep()
            assert renewed.acquire()
            assert renewed.acquire()
            held.release()
        found = find(bucket, SESSION)
        assert found is not None
        assert found.text.over == leases.RELEASED

    def test_a_lease_that_was_removed_is_lost(self, bucket: Bucket) -> None:
        held = take(bucket, SESSION, "ana", "laptop")
        bucket.delete(f"sessions/{SESSION}/lease/1")
        with pytest.raises(TakenOver, match="was removed from the bucket"):
            held.renew()

    def test_silence_is_measured_by_the_servers_clock(self, bucket: Bucket) -> None:
        list(bucket.listed())
        written = datetime.now(UTC) - timedelta(seconds=100)
        assert 95 < bucket.age(written) < 110


def _racer(place: BucketPlace, name: str, gate: Any, won: Any) -> None:
    """One machine that takes every session's lease at the same moment as the other."""
    bucket = Bucket(place, KEYS)
    for race in range(RACES):
        session = f"race-{race}"
        if race % 2:
            first = find(bucket, session)  # the holder has been silent: both confirm the same lease
            bucket.age = lambda written: 90.0  # type: ignore[method-assign]  # the tests' own clock
            first = find(bucket, session)
        gate.wait()
        try:
            held: Lease | None = take(bucket, session, name, name, confirmed=first if race % 2 else None)
        except LeaseStillHeld:
            held = None
        won.put((race, name, held.fence.epoch if held else 0))
        gate.wait()


@pytest.mark.timeout(1500)
def test_of_two_machines_that_race_for_a_lease_one_has_it(
    team_server: TeamBucketServer, bucket: Bucket, faults: Faults
) -> None:
    place = team_server.place(prefix=bucket.place.prefix)
    for race in range(1, RACES, 2):
        take(bucket, f"race-{race}", "ana", "asleep")
    context = multiprocessing.get_context("spawn")
    gate, won = context.Barrier(2), context.Queue()
    racers = [context.Process(target=_racer, args=(place, name, gate, won)) for name in ("ben", "cem")]
    for one in racers:
        one.start()
    results = [won.get() for _ in range(2 * RACES)]
    for one in racers:
        one.join()
    for race in range(RACES):
        epochs = sorted(epoch for number, _, epoch in results if number == race)
        assert epochs == [0, 2 if race % 2 else 1], f"race {race}"
    for race in range(RACES):
        winner = next(name for number, name, epoch in results if number == race and epoch)
        found = find(bucket, f"race-{race}")
        assert found is not None
        assert found.text.operator == winner
    faults.count(RACES, "races of two machines for a lease", f"one holder each, {len(results)} tries")
