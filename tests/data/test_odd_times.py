"""Times that cannot be: clocks in another unit, and a lone time that would make millions of empty steps."""

import tracemalloc

import numpy as np
import pytest

import interplay as ip
from interplay.data import label_at
from interplay.data.odd_times import odd_times
from interplay.errors import DataWarning, InvalidInput

DAY_S = 86400.0
EPOCH_S = 1.7e9
"""A day in 2023."""


def recording(times_s, entity="a"):
    rng = np.random.default_rng(0)
    stream = ip.Stream(values=rng.normal(size=(len(times_s), 1)), times_s=np.asarray(times_s, dtype=float))
    return ip.Recording(
        entity=entity, streams={"hr": stream}, target=label_at(0, float(times_s[-1])), classes=("x", "y")
    )


@pytest.mark.parametrize(
    ("factor", "unit"), [(1e3, "milliseconds"), (1e6, "microseconds"), (1e9, "nanoseconds")]
)
def test_a_clock_since_1970_in_another_unit(factor, unit):
    times = (EPOCH_S + np.arange(100.0)) * factor
    (sentence,) = odd_times(recording(times))
    assert sentence.startswith("stream 'hr' of 'a' has times up to 1.7e+")
    assert sentence.endswith(f"as clocks of {unit} since 1970 have. Is the unit of time {unit}?")


@pytest.mark.parametrize("start", [0.0, EPOCH_S, -5e9, 4.97e9])
def test_sound_clocks_are_not_accused(start):
    # also of years before 1970, and of the shifted years of intensive care
    assert list(odd_times(recording(start + np.arange(100.0)))) == []


@pytest.mark.parametrize("before", [False, True])
def test_a_lone_time_a_year_off(before):
    times = np.sort(np.r_[np.arange(600.0), 365 * DAY_S * (-1 if before else 1)])
    (sentence,) = odd_times(recording(times))
    number = 1 if before else 601
    assert f"has 1 of 601 samples 365 days away from all others, from number {number} on" in sentence
    assert sentence.endswith("is its time right?")


def test_it_is_refused_before_memory_is_taken():
    times = np.r_[np.arange(600.0), 365 * DAY_S]
    tracemalloc.start()
    with pytest.raises(
        InvalidInput, match=r"601 samples in 31,536,000 steps.* 365 days away from all others"
    ):
        ip.make_windows(recording(times), step_s=1.0, steps=10)
    assert tracemalloc.get_traced_memory()[1] < 10e6
    tracemalloc.stop()


def test_it_is_told_where_it_fits():
    recordings = [
        recording(np.r_[60.0 * np.arange(600.0), 60 * DAY_S + (k == 1) * 365 * DAY_S], f"p{k}")
        for k in range(2)
    ]
    with pytest.warns(DataWarning, match="days away from all others"):
        ip.make_windows(recordings, step_s=3600.0, steps=10)


def test_pauses_of_studies_are_no_lone_times():
    # two sessions a year apart, and samples once a day
    assert list(odd_times(recording(np.r_[np.arange(600.0), 365 * DAY_S + np.arange(600.0)]))) == []
    assert list(odd_times(recording(DAY_S * np.arange(400.0)))) == []
