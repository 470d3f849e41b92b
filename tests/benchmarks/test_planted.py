"""The control of the planted benchmark claims as much as the true profile, and none of it where it was planted."""

import numpy as np
import pytest

import interplay as ip
from benchmarks.planted import shuffled, true_profile
from interplay.synthetic import planted_windows
from interplay.synthetic.planted import PAIR, PAIR_LAG, SINGLE, SINGLE_LAG


@pytest.fixture(scope="module")
def truth():
    drawn = planted_windows(50, random_state=0)
    return true_profile(ip.windows_from_arrays(drawn.arrays, drawn.y, classes="0123"))


@pytest.mark.parametrize("seed", range(20))
def test_a_shuffled_profile_claims_as_much_and_nothing_that_is_true(truth, seed):
    told, wrong = truth.dataset.fillna(0.0), shuffled(truth, seed).dataset.fillna(0.0)
    for name in ("redundancy", "unique", "synergy"):
        np.testing.assert_array_equal(
            np.sort(wrong[name].values, axis=None), np.sort(told[name].values, axis=None)
        )
    assert wrong["unique"].values.max() > 0.5
    assert not wrong["unique"].values[SINGLE, :, SINGLE_LAG].any()
    assert not wrong["synergy"].values[..., PAIR_LAG].any()
    # nor a half of the truth: unique information on a planted step of the pair
    assert not wrong["unique"].values[list(PAIR), :, PAIR_LAG].any()
