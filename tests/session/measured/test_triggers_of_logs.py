"""The error rate's trigger over request logs: the bundled command reads them, and a model written otherwise agrees."""

import bisect
import itertools
import math
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import Struct

from tests.support.harness.examples import examples
from tui.execution.measuring.monitors import crossings
from tui.runbook.model import seconds
from tui.runbook.reading.load import load
from tui.runbook.templates.variables import fill_command
from tui.session import events as ev
from tui.session.events import MonitorSampled
from tui.session.folding.fold import apply, fold
from tui.session.samples import TriggerState, advance
from tui.session.state import SessionState

RUNBOOK = load(Path(__file__).parents[3] / "runbook.toml")
AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
EVERY, ENOUGH = 10, 300
DAY = "24/Nov/2026:"


class Request(Struct, frozen=True):
    """One line of an access log, `at` seconds after the log's beginning."""

    at: float
    path: str
    status: int


class Episode(Struct, frozen=True):
    """For this number of seconds this part of the answers are errors."""

    seconds: int
    rate: float


def log(episodes: list[Episode], each: float = 5.0) -> list[Request]:
    """`each` requests a second, whose errors are spread evenly, and the program's own requests, which go well."""
    found: list[Request] = []
    at = owed = 0.0
    for episode in episodes:
        for _ in range(int(episode.seconds * each)):
            owed += episode.rate
            bad = owed >= 1
            owed -= bad
            found.append(Request(round(at, 3), "/api/v1/prompts/", 503 if bad else 200))
            at += 1 / each
    own = [Request(float(second), "/health/", 200) for second in range(0, int(at), 15)]
    return sorted(found + own, key=lambda one: one.at)


def should_trip(episodes: list[Episode], live: float) -> tuple[float, float] | None:
    """The document's sentence of what is the case, not of what is measured: above 10% for more than 5 minutes.

    The first and the last moment at which it has to be known; None where it never was so since the release is live.
    """
    at = since = 0.0
    for episode in episodes:
        if episode.rate <= 0.1:
            since = at + episode.seconds
        at += episode.seconds
        begun = max(since, live)
        if at - begun > ENOUGH + 30:
            return begun + ENOUGH, begun + ENOUGH + 30
    return None


class Night:
    """A deployment by containers, whose error rate is sampled out of a log."""

    def __init__(self) -> None:
        self.seq = 0
        self.state: SessionState = fold(RUNBOOK, [])
        self.attempt = 0
        self.take(
            0, ev.SessionStarted(session="s", flow="deploy", operator="ana", title="", runbook_hash="", method="a")
        )

    def take(self, at: float, event: ev.AnyEvent) -> None:
        self.state = apply(self.state, ev.Entry(self.seq, AT + timedelta(seconds=at), 0.0, event))
        self.seq += 1

    def change(self, at: float, step: str) -> None:
        self.attempt += 1
        started = ev.AttemptStarted(
            attempt=self.attempt, step=step, action=0, host="production", command="x", mutates=True
        )
        self.take(at, started)

    def live(self, at: float) -> None:
        self.take(at, ev.StepSigned(step="a-containers", operator="auto"))

    def sample(self, at: float, errors: int, of: int) -> bool:
        """Take one sample; whether the rollback is proposed after it."""
        before = self.state
        value = 100 * errors / of if of else None
        self.take(at, ev.MonitorSampled(monitor="error_rate", value=value, clock=at, of=of))
        for event in crossings(before, self.state, "error_rate"):
            self.take(at, event)
        return "error_rate" in self.state.tripped


def counted(requests: list[Request], at: float, live: float) -> tuple[int, int]:
    """Errors and requests of the ten seconds before a moment, but for the program's own, since the release is live."""
    first = bisect.bisect_right(requests, max(at - EVERY, live), key=lambda one: one.at)
    last = bisect.bisect_right(requests, at, key=lambda one: one.at)
    window = [one for one in requests[first:last] if one.path != "/health/"]
    return sum(one.status >= 500 for one in window), len(window)


def tripped(episodes: list[Episode], live: float = 0.0, phase: float = 3.0) -> float | None:
    night, requests = Night(), log(episodes)
    alive = False
    for place in range(int(sum(one.seconds for one in episodes) / EVERY)):
        at = phase + place * EVERY
        if not alive and at >= live:
            alive = True
            night.live(live)
        if night.sample(at, *counted(requests, at, live if alive else 0)):
            return at
    return None


@example([Episode(30, 0.0), Episode(260, 0.12), Episode(50, 0.05)], 0.0, 2.0)
@given(
    st.lists(
        st.builds(
            Episode, st.integers(3, 80).map(lambda n: n * 10), st.sampled_from([0.0, 0.01, 0.05, 0.12, 0.2, 1.0])
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([0.0, 120.0, 420.0]),
    st.floats(0.1, 9.9),
)
@settings(max_examples=examples(60), deadline=None)
def test_it_trips_where_the_documents_sentence_is_true_and_within_half_a_minute(
    episodes: list[Episode], live: float, phase: float
) -> None:
    found, due = tripped(episodes, live, phase), should_trip(episodes, live)
    if due is None:
        assert found is None or _nearly(episodes, live)
    else:
        assert found is not None
        assert found <= due[1]


def _nearly(episodes: list[Episode], live: float) -> bool:
    """Whether it may have been above 10% for very nearly five minutes, as far as this number of requests can tell."""
    spent = at = 0.0
    for place, episode in enumerate(episodes):
        counted = min(episode.seconds, at + episode.seconds - live)
        at += episode.seconds
        if counted <= 0:
            continue
        if episode.rate > 0.1:
            spent += counted
            after = episodes[place + 1] if place + 1 < len(episodes) else None
            if spent + (min(after.seconds, _unseen(after.rate)) if after else 0) >= ENOUGH - 2 * EVERY:
                return True
        elif counted <= _unseen(episode.rate):
            spent += counted
        else:
            spent = _unseen(episode.rate)
    return False


def _unseen(rate: float, each: float = 5.0) -> float:
    """For how many seconds a rate within the bound looks like one at it: until it is 2.5 deviations below."""
    return float((2.5 * math.sqrt(0.1 * 0.9) / (0.1 - rate)) ** 2 / each)


@pytest.mark.parametrize("rate", [0.11, 0.12, 0.15, 0.5, 1.0])
@pytest.mark.parametrize("phase", [0.1, 5.0, 9.9])
def test_a_true_rate_above_ten_per_cent_is_noticed_within_five_and_a_half_minutes(rate: float, phase: float) -> None:
    found = tripped([Episode(300, 0.001), Episode(600, rate)], phase=phase)
    assert found is not None
    assert 300 - EVERY * (rate < 0.15) < found - 300 <= 330  # so near the bound nobody tells 4:55 from 5:00


@pytest.mark.parametrize(
    "episodes",
    [
        [Episode(60, 0.0), Episode(60, 1.0), Episode(600, 0.01)],
        [Episode(60, 0.0), Episode(240, 0.6), Episode(600, 0.01)],
        [Episode(900, 0.1)],
        [Episode(900, 0.08)],
        [Episode(100, 0.5), Episode(30, 0.0)] * 8,
    ],
)
def test_what_is_over_before_five_minutes_or_not_beyond_the_bound_proposes_nothing(episodes: list[Episode]) -> None:
    assert tripped(episodes) is None


def test_planned_downtime_proposes_nothing_however_long_it_lasts() -> None:
    assert tripped([Episode(60, 0.0), Episode(1200, 1.0), Episode(600, 0.0)], live=1260) is None


def test_containers_that_are_replaced_again_are_planned_downtime_again() -> None:
    night = Night()
    night.change(10, "a-containers")
    assert not any(night.sample(at, 10, 10) for at in range(20, 600, 10))
    night.live(600)
    assert not any(night.sample(at, 0, 10) for at in range(610, 700, 10))
    night.change(700, "a-containers")
    assert not any(night.sample(at, 10, 10) for at in range(710, 1300, 10))
    night.live(1300)
    assert [night.sample(at, 10, 10) for at in (1310, 1610)] == [False, False]  # the machine slept meanwhile
    assert any(night.sample(at, 10, 10) for at in range(1620, 2000, 10))


def test_few_requests_that_happen_to_go_well_do_not_end_the_time_beyond() -> None:
    night = Night()
    night.live(0)
    shares = [(3, 20), (2, 20), (1, 20), (4, 20)]  # 12.5%, with dips to 5%
    found = [at for at in range(10, 600, 10) if night.sample(at, *shares[at // 10 % 4])]
    assert found
    assert found[0] <= 330


@pytest.mark.parametrize("answers", [(6.0,), (6.0, 10.0), (10.0,)], ids=["slow", "slow or none in turn", "none"])
def test_answers_that_are_slow_or_never_come_are_noticed_within_five_and_a_half_minutes(
    answers: tuple[float, ...],
) -> None:
    """From a moment right after a sample began; what never comes is waited for 10 s and is slower than any bound."""
    monitor, trigger = RUNBOOK.monitors["response_time"], RUNBOOK.triggers["response_time"]
    every, longest = seconds(monitor.every), seconds(monitor.timeout)
    assert longest == max(10.0, *answers)
    state, begins = TriggerState(), every
    for took in itertools.islice(itertools.cycle(answers), 40):
        ends = begins + took
        sampled = MonitorSampled(monitor="response_time", value=took, clock=ends, failed=took == longest)
        state = advance(trigger, monitor, state, sampled)
        if state.tripped:
            break
        begins += every
    assert state.tripped
    assert 300 < ends <= 330


def command(tmp_path: Path, requests: list[Request], at: int, live: int) -> str:
    """What the bundled command prints of a log at a moment, on a host whose clock and privileges are played."""
    access = tmp_path / "access.log"
    access.write_text("".join(map(_line, (one for one in requests if one.at <= at))))
    values = {name: variable.default for name, variable in RUNBOOK.variables.items()}
    values |= {"access_log": str(access), "nginx_dir": str(tmp_path), "live_since": _stamp(live)}
    script = fill_command(RUNBOOK.monitors["error_rate"].run or "", values)
    now = int((AT + timedelta(seconds=at)).timestamp())
    played = (
        f'sudo() {{ shift; "$@"; }}\ndate() {{ if [ "$1" = +%s ]; then echo {now}; else command date -u "$@"; fi; }}\n'
    )
    ran = subprocess.run(["bash", "-c", played + script], capture_output=True, text=True, check=False)
    return ran.stdout + ran.stderr


def _line(one: Request) -> str:
    time = (AT + timedelta(seconds=one.at)).strftime("%H:%M:%S")
    agent = '"-" "runbook"'
    return f'10.0.0.7 - - [{DAY}{time} +0000] "GET {one.path} HTTP/1.1" {one.status} 500 {agent}\n'


def _stamp(at: int) -> str:
    return (AT + timedelta(seconds=at)).strftime("%Y%m%d%H%M%S")


def test_the_bundled_command_counts_as_the_model_does(tmp_path: Path) -> None:
    requests = log([Episode(100, 0.0), Episode(300, 0.12)], each=5)
    for at in (60, 110, 200, 399):
        window = [one for one in requests if at - EVERY < int(one.at) and one.at <= at and one.path != "/health/"]
        errors = sum(one.status >= 500 for one in window)
        assert f"({errors} of {len(window)} requests)" in command(tmp_path, requests, at, 0), at


def test_the_bundled_command_leaves_out_what_was_before_and_our_own(tmp_path: Path) -> None:
    down = [Request(float(at), "/", 502) for at in range(0, 60)]
    up = [Request(float(at), "/", 200) for at in range(60, 100)]
    own = [Request(float(at), "/health/?x=1", 200) for at in range(100)]
    assert "(0 of 5 requests)" in command(tmp_path, down + up + own, 65, 61)
    assert "100.00% (1 of 1 requests)" in command(tmp_path, [Request(40.0, "/", 500), *own], 100, 0)
    assert "no requests in this period" in command(tmp_path, own, 50, 0)
    failing = [Request(float(at), "/health/", 503) for at in range(45, 50)]
    assert "100.00% (5 of 5 requests)" in command(tmp_path, failing, 50, 0)
