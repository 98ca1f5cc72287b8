"""Whose turn it is on a connection: a person has a channel, and what nobody waits for takes what is left."""

import threading

import pytest

from tui.transports.base import CancelToken, GivingWay
from tui.transports.turns import CHANNELS, FORGET, Turns


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_gives_way_takes_any_channel_that_is_left_and_waits_for_none() -> None:
    turns = Turns(most=2)
    first, second, third = GivingWay(), GivingWay(), GivingWay()
    assert turns.take(first)
    assert turns.take(second)
    assert not turns.take(third)
    assert (first.gave_way, second.gave_way, third.gave_way) == (False, False, True)


def test_a_person_has_the_next_channel_and_what_began_last_gives_way_for_it() -> None:
    turns = Turns(most=2)
    first, second, person = GivingWay(), GivingWay(), CancelToken()
    assert turns.take(first)
    assert turns.take(second)
    came = threading.Event()
    threading.Thread(target=lambda: turns.take(person) and came.set(), daemon=True).start()
    assert second.wait(60)
    assert not first.gave_way
    late = GivingWay()
    assert not turns.take(late), "a person waits for the channel"
    turns.give_back(second)
    assert came.wait()


def test_a_person_who_waits_may_leave() -> None:
    turns = Turns(most=1)
    assert turns.take(CancelToken())
    left = CancelToken()
    left.cancel()
    assert not turns.take(left)
    turns.give_back(CancelToken())
    assert turns.take(CancelToken())


@pytest.mark.parametrize("allowed", [1, 2, 5])
def test_what_the_server_refused_is_not_asked_for_again_for_a_while(allowed: int) -> None:
    clock = Clock()
    turns = Turns(clock=clock)
    persons = [CancelToken() for _ in range(allowed)]
    for person in persons:
        assert turns.take(person)
    refused = GivingWay()
    assert turns.take(refused)
    turns.refused(refused)
    turns.give_back(refused)
    assert refused.gave_way
    assert not turns.take(GivingWay())
    turns.give_back(persons[0])
    assert turns.take(GivingWay())
    clock.now = FORGET + 1
    assert turns.take(GivingWay()), "a server may allow more by then"


def test_a_refusal_while_a_channel_may_not_be_free_yet_is_no_smaller_limit() -> None:
    clock = Clock()
    turns = Turns(clock=clock)
    person, before, after = CancelToken(), GivingWay(), GivingWay()
    assert turns.take(person)
    assert turns.take(before)
    turns.give_back(before)
    assert turns.take(after)
    turns.refused(after)
    turns.give_back(after)
    assert turns.take(GivingWay())


def test_a_refused_person_has_what_gives_way_end() -> None:
    turns = Turns()
    nobody, person = GivingWay(), CancelToken()
    assert turns.take(nobody)
    assert turns.take(person)
    turns.refused(person)
    assert nobody.gave_way
    assert not person.cancelled


def test_what_a_probe_asks_for_tells_its_monitor_that_it_gave_way() -> None:
    monitor = GivingWay()
    GivingWay(monitor).give_way()
    assert monitor.gave_way
    assert monitor.cancelled


def test_persons_have_as_many_channels_as_a_server_allows_by_default() -> None:
    turns = Turns()
    assert all(turns.take(CancelToken()) for _ in range(CHANNELS))
