"""Marks of missing values and values too large to be measured are told; what people and machines measure is not."""

import numpy as np
import pytest

from interplay.data.odd_values import odd_values

RNG = np.random.default_rng(0)
PRESSURE = np.round(80 + 10 * RNG.normal(size=1000))


def with_marks(mark, values=PRESSURE, share=0.1):
    return np.where(np.random.default_rng(1).random(len(values)) < share, mark, values)


@pytest.mark.parametrize(
    "mark", [-1, -9, -99, -999, -9999, -99999, 999, 9999, -999.25, 32767, -32768, 65535, -200]
)
def test_a_mark_that_recurs_is_told(mark):
    values = with_marks(mark)
    n = int((values == mark).sum())
    said = list(odd_values(values))
    # -200 is a mark of one data set, and no number that people agree on
    expected = (
        [f"is {mark:g} {n} times, far from all else: does that mark a missing value?"] if mark != -200 else []
    )
    assert said == expected


def test_two_marks_at_one_end_are_both_told():
    values = with_marks(-9999, with_marks(-999, share=0.2))
    assert [how.split(" ")[1] for how in odd_values(values)] == ["-9999", "-999"]


def test_0_is_a_mark_where_nobody_lives_with_it():
    assert next(iter(odd_values(with_marks(0), "mmHg"))).startswith("is 0 ")
    assert list(odd_values(with_marks(0))) == []


@pytest.mark.parametrize(
    "values",
    [
        PRESSURE,
        RNG.normal(size=1000),
        # counts, switches, sign, degrees below zero, a saturated byte, a scale from -1 to 1
        RNG.poisson(3.0, 1000) - 1.0,
        RNG.integers(0, 2, 1000) * 2.0 - 1,
        np.sign(RNG.normal(size=1000)),
        np.round(RNG.normal(size=1000) * 3) * 1.0,
        np.clip(np.round(200 + 40 * RNG.normal(size=1000)), 0, 255),
        np.r_[np.full(500, -1.0), np.linspace(-1, 1, 500)],
        RNG.exponential(100.0, 1000),
        # once is a measurement
        np.r_[PRESSURE, 999.0],
        np.full(1000, -1.0),
    ],
)
def test_what_is_measured_is_not_accused(values):
    assert list(odd_values(values)) == []


def test_huge_values():
    eda = np.abs(RNG.normal(size=1000))
    eda[[50, 51]] = 1e30
    typical = np.median(eda)
    assert list(odd_values(eda)) == [
        f"holds 1e+30 (and 1 more such values), and is typically {typical:.3g}: can that be measured?"
    ]
    # atoms in a mole and watts of the sun are large, and all of a size
    assert list(odd_values(1e26 * (1 + 0.1 * RNG.normal(size=1000)))) == []
    assert list(odd_values(np.array([]))) == []
