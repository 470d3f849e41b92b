"""PosteriorPID given the target's own past: what the past tells already does not count."""

import numpy as np
import pytest

import interplay as ip
from interplay.errors import InvalidInput

QUICK = {"epochs": 10, "n_bootstrap": 50, "n_rotations": 99}


def entropy_of(p: float) -> float:
    return -p * np.log2(p) - (1 - p) * np.log2(1 - p)


@pytest.fixture(scope="module")
def sticky():
    """A target that stays with probability 0.9, and sources that show its last, its next and its noisy next value."""
    rng = np.random.default_rng(0)
    y = np.cumsum(rng.random(4000) > 0.9) % 2
    following = np.r_[y[1:], 0]
    shown = {
        "repeats": np.r_[0, y[:-1]],
        "foresees": following,
        "guesses": following ^ (rng.random(len(y)) < 0.2),
        "noise": rng.integers(0, 2, len(y)),
    }
    arrays = {name: bit[:, None] + 0.05 * rng.normal(size=(len(y), 1)) for name, bit in shown.items()}
    return ip.windows_from_arrays(arrays, y, steps=2)


@pytest.mark.slow
def test_with_the_past_only_what_is_new_counts(sticky):
    profile = ip.TemporalRUS(ip.PosteriorPID(target_history=1, **QUICK)).fit(sticky).profile_
    d = profile.dataset
    # sampling: the frequency of a flip is known to sqrt(0.09 / 4000) = 0.005, its entropy to 0.015 bit
    surprise = entropy_of(0.1)
    shown = entropy_of(0.1 * 0.8 + 0.9 * 0.2) - entropy_of(0.2)
    assert d["mi"].sel(source="repeats").values == pytest.approx([0, 0], abs=0.002)
    assert d["mi"].sel(source="noise").values == pytest.approx([0, 0], abs=0.002)
    assert d["mi"].sel(source="foresees", lag=1).item() == pytest.approx(surprise, abs=0.03)
    assert d["mi"].sel(source="guesses", lag=1).item() == pytest.approx(shown, abs=0.02)
    pair = d.sel(source_i="foresees", source_j="guesses", lag=1)
    assert pair["redundancy"].item() == pytest.approx(shown, abs=0.02)
    assert pair["synergy"].item() == pytest.approx(0, abs=0.003)
    assert pair["p_value"].item() < 1e-6
    assert d["p_value"].sel(source_i="repeats", source_j="noise", lag=0).item() > 0.01
    assert float(d["residual_bits"].max()) < 0.005
    assert d.attrs["target_history"] == 1


@pytest.mark.slow
def test_without_the_past_it_is_lagged_information(sticky):
    d = ip.TemporalRUS(ip.PosteriorPID(**QUICK)).fit(sticky).profile_.dataset
    # "repeats" at lag 0 shows y(t-1), at lag 1 y(t-2), which differs from y(t) with probability 0.18
    told = d["mi"].sel(source="repeats").values
    assert told == pytest.approx([1 - entropy_of(0.1), 1 - entropy_of(0.18)], abs=0.05)
    assert d["mi"].sel(source="foresees", lag=1).item() == pytest.approx(1, abs=0.01)


@pytest.mark.slow
def test_two_past_labels_tell_no_more_than_one_of_a_markov_target(sticky):
    d = ip.TemporalRUS(ip.PosteriorPID(target_history=2, **QUICK)).fit(sticky).profile_.dataset
    assert d["mi"].sel(source="foresees", lag=1).item() == pytest.approx(entropy_of(0.1), abs=0.03)
    assert d["mi"].sel(source="repeats").values == pytest.approx([0, 0], abs=0.003)


def test_one_label_per_window_has_no_past():
    rng = np.random.default_rng(1)
    windows = ip.windows_from_arrays({"a": rng.normal(size=(60, 3, 1)), "b": rng.normal(size=(60, 3, 1))},
                                     rng.integers(0, 2, 60))  # fmt: skip
    with pytest.raises(InvalidInput, match="target_history = 0"):
        ip.TemporalRUS(ip.PosteriorPID(target_history=1)).fit(windows)
