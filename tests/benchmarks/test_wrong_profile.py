"""Spoilt profiles of the benchmark are wrong in the way that their names say."""

import numpy as np
import pytest

import interplay as ip
from benchmarks import wrong_profile
from benchmarks.planted import true_profile
from benchmarks.wrong_profile import ATOMS, TRIALS, above, lags_off, page, positive, with_noise
from interplay.synthetic import planted_windows
from interplay.synthetic.planted import PAIR, PAIR_LAG, SINGLE, SINGLE_LAG
from interplay.train import make_recipe


@pytest.fixture(scope="module")
def truth():
    drawn = planted_windows(50, random_state=0)
    return true_profile(ip.windows_from_arrays(drawn.arrays, drawn.y, classes="0123"))


def test_lags_are_off_by_so_many_steps_and_nothing_else_changes(truth):
    for name, atom in positive(lags_off(truth, 0, by=1)).items():
        np.testing.assert_array_equal(atom[..., 1:], positive(truth)[name][..., :-1])
    assert positive(lags_off(truth, 0, by=1))["synergy"][*PAIR, PAIR_LAG] == 0


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_noise_is_alike_for_both_orders_of_a_pair_and_no_larger_than_its_share(truth, share):
    before, after = positive(truth), positive(with_noise(truth, 0, share=share))
    most = share * max(atom.max() for atom in before.values())
    apart = ~np.eye(len(truth.modalities), dtype=bool)
    for name in ATOMS:
        noise = (after[name] - before[name])[apart]
        assert noise.min() >= 0
        assert 0.95 * most < noise.max() <= most
    np.testing.assert_array_equal(after["synergy"], after["synergy"].swapaxes(0, 1))


def test_a_threshold_leaves_what_is_above_its_share_of_the_largest(truth):
    noisy = with_noise(truth, 0, share=0.25)
    unique = positive(above(noisy, 0, share=0.5))["unique"]
    assert {tuple(at[[0, 2]]) for at in np.argwhere(unique)} == {(SINGLE, SINGLE_LAG)}
    np.testing.assert_array_equal(positive(above(noisy, 0, share=0.0))["unique"], positive(noisy)["unique"])


def test_weights_are_those_of_the_default_network_times_a_number():
    without, more = (
        make_recipe("network", settings=TRIALS[name][1]).losses
        for name in ("losses without weight", "losses of ten times their weight")
    )
    usual = make_recipe("network").losses
    for name in wrong_profile.INTERACTIONS:
        weight = usual[name].settings["weight"]
        assert (without[name].settings["weight"], more[name].settings["weight"]) == (
            0.0,
            pytest.approx(10 * weight),
        )
    assert more["load_balance"] == usual["load_balance"]


def test_differences_are_paired_by_the_draw():
    rows = [
        {
            "size": 500,
            "seed": seed,
            "trial": trial,
            "accuracy": accuracy,
            "seconds": 1.0,
            "date": "2026-01-01",
        }
        for seed, both in enumerate([(0.3, 0.4), (0.5, 0.9)])
        for trial, accuracy in zip(("no profile", "as it is"), both, strict=True)
    ]
    assert "| as it is | 2 | 0.65 | 0.25 | 0.1 | 0.4 | 1 |" in page(rows)
