"""A layered mapping is the dictionary it stands for, whatever is changed, and a change copies few of its entries."""

from hypothesis import given
from hypothesis import strategies as st

from tests.support.runbooks.large import large
from tui.runbook.index import index_of
from tui.session import layered
from tui.session.layered import Layered
from tui.session.state import initial, plan_of, step_by_id


@given(
    st.dictionaries(st.integers(0, 90), st.integers(), max_size=60),
    st.lists(st.tuples(st.integers(0, 90), st.integers()), max_size=120),
)
def test_a_layered_mapping_is_the_dictionary_that_it_stands_for(base: dict[int, int], changes: list) -> None:
    plain, versions = dict(base), [(Layered(base), dict(base))]
    for key, value in changes:
        plain = {**plain, key: value}
        versions.append((versions[-1][0].having(key, value), plain))
    for version, expected in versions:
        assert [version.get(key) for key in range(91)] == [expected.get(key) for key in range(91)]
        assert [key in version for key in range(91)] == [key in expected for key in range(91)]
    for version, expected in versions:
        assert list(version.items()) == list(expected.items())
        assert (list(version), len(version), version) == (list(expected), len(expected), expected)


def test_a_change_copies_few_entries_however_many_there_are() -> None:
    mapping = Layered(dict.fromkeys(range(10_000), 0))
    copied = merged = 0
    for place in range(10_000):
        copied += mapping.copied
        changed = mapping.having(place, 1)
        merged += changed.copied == 0
        mapping = changed
    assert copied < 10_000 * 101
    assert merged <= 100
    assert layered.LEAST < 101


def test_steps_and_plans_are_looked_up_without_going_through_the_runbook() -> None:
    runbook = large(200)
    state = initial(runbook)
    assert step_by_id(runbook, "step-199") is runbook.sections[3].steps[49]
    assert index_of(runbook) is index_of(runbook)
    assert plan_of(state) is plan_of(state)
