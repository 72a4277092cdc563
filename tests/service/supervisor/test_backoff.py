"""The wait before a fallen child is started again."""

from hypothesis import given
from hypothesis import strategies as st

from service.supervisor.backoff import Backoff


def test_waits_double_up_to_the_ceiling():
    backoff = Backoff(first=0.5, factor=2, ceiling=5)
    assert [backoff.next_delay(0.1) for _ in range(6)] == [0.5, 1, 2, 4, 5, 5]


def test_a_long_run_starts_the_waits_over():
    backoff = Backoff(first=0.5, ceiling=30, reset_after=60)
    for _ in range(4):
        backoff.next_delay(1)
    assert backoff.next_delay(61) == 0.5


@given(st.lists(st.floats(min_value=0, max_value=59), max_size=200))
def test_short_runs_never_shorten_the_wait_nor_pass_the_ceiling(runs):
    backoff = Backoff()
    delays = [backoff.next_delay(run) for run in runs]
    assert delays == sorted(delays)
    assert all(backoff.first <= delay <= backoff.ceiling for delay in delays)


def test_a_night_of_failures_does_not_overflow():
    backoff = Backoff()
    backoff.failures = 10_000
    assert backoff.next_delay(0) == backoff.ceiling
