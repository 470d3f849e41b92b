"""The rate of directed information against closed forms, enumeration and transfer entropy; lags that are chosen."""

import numpy as np
import pytest

import interplay as ip
from benchmarks.directed_systems import (
    Bits,
    Linear,
    code,
    false_sentences,
    information,
    rate_of_bits,
    rate_of_linear,
    sticky_nothing,
    values_of,
)
from interplay.errors import InvalidInput, NotFitted
from interplay.estimators.lag_choice import greedy_lags

QUICK = {"epochs": 10, "n_bootstrap": 50, "n_rotations": 99}


def quiet(done: float) -> None:
    pass


def rate(windows, estimator, lags_s=None) -> ip.InteractionProfile:
    return ip.DirectedInformation(estimator, lags_s=lags_s, progress=quiet).fit(windows).profile_


def within_errors(profile, names: str, truth, cost: float) -> None:
    for name, value, stderr in values_of(profile, names):
        # of seven values 4 standard errors are not exceeded; `cost` is what is not learned
        assert abs(value - truth[name]) <= 4 * stderr + cost, (name, value, truth[name])


# ---- truth -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("history", [0, 1, 2])
def test_linear_rates_are_those_of_the_covariances(history):
    truth = rate_of_linear(Linear(), 5, history)
    profile = rate(Linear().windows(4000, 5, 0), ip.GaussianPID(target_history=history, n_rotations=99))
    within_errors(profile, "xz", truth, cost=0.004)
    assert profile.dataset["mi"].sel(source="noise").item() == pytest.approx(0, abs=0.003)
    assert profile.dataset.attrs["target_history"] == history


def test_history_leaves_less_and_the_systems_own_rates_differ():
    rates = [rate_of_linear(Linear(), 5, history)["joint_mi"] for history in (0, 1, 2)]
    # without the past of y slow sources tell what it told already
    assert rates[0] > rates[1] + 0.05
    assert abs(rates[1] - rates[2]) < 0.01


@pytest.mark.slow
def test_rates_of_bits_are_those_of_all_paths():
    truth = rate_of_bits(Bits(), 4, 1)
    profile = rate(Bits().windows(2000, 4, 1, "ab"), ip.PosteriorPID(target_history=1, **QUICK))
    # lags that add 0.004 bit are not chosen, and some thousandths are not learned
    within_errors(profile, "ab", truth, cost=0.008)
    assert profile.dataset["residual_bits"].max() < 0.005


def test_counted_pasts_give_the_same_rates():
    estimator = ip.DiscretePID(n_cells=16, target_history=1, n_rotations=19, n_bootstrap=50)
    profile = rate(Bits().windows(20_000, 3, 2), estimator, lags_s=[0, 1, 2])
    within_errors(profile, "ab", rate_of_bits(Bits(), 3, 1), cost=0.002)


def transfer_entropy(source: np.ndarray, target: np.ndarray, k: int, h: int) -> float:
    """Schreiber's, by counting: I(target; last k of the source | last h of the target), bits."""
    n = np.arange(max(k, h), len(target))
    sources = [source[n - lag] for lag in range(1, k + 1)]
    own = [target[n - lag] for lag in range(1, h + 1)]
    return information(np.full(len(n), 1 / len(n)), sources, [target[n]], own)


def test_lags_from_one_step_on_are_transfer_entropy():
    bits = Bits().draw(100_000, 3)
    counted = [transfer_entropy(bits[name], bits["y"], 2, 1) for name in ("a", "b")]
    # the bias of counting 16 cells is below 0.0001 bit here, and draws of 10,000 rows differ by 0.006 bit
    p, bit = Bits().paths(4)
    for name, value in zip(("a", "b"), counted, strict=True):
        exact = information(p, [bit[name, 1], bit[name, 2]], [bit["y", 0]], [bit["y", 1]])
        assert value == pytest.approx(exact, abs=0.006)
    estimator = ip.DiscretePID(target_history=1, n_rotations=19, n_bootstrap=50)
    d = rate(Bits().windows(8000, 3, 4), estimator, lags_s=[1, 2]).dataset
    for name, value in zip(("a", "b"), counted, strict=True):
        at = d.sel(source=name)
        assert abs(at["mi"].item() - value) <= 4 * at["mi_stderr"].item()


@pytest.mark.slow
def test_a_rate_sees_what_no_single_lag_does():
    rng = np.random.default_rng(5)
    a, b = rng.integers(0, 2, (2, 2500))
    y = np.roll(a, 1) ^ np.roll(b, 3) ^ (rng.random(2500) < 0.05)
    y[:3] = -1
    x = {name: bit[:, None] + 0.05 * rng.normal(size=(2500, 1)) for name, bit in (("a", a), ("b", b))}
    windows = ip.windows_from_arrays(x, y, steps=4)
    slices = ip.TemporalRUS(ip.DiscretePID(n_rotations=99), progress=quiet).fit(windows).profile_
    assert slices.sentences() == []
    profile = rate(windows, ip.PosteriorPID(**QUICK))
    # 1 bit less the entropy of 5 % of wrong answers
    assert profile.dataset["synergy"].values[0, 1, 0] == pytest.approx(0.714, abs=0.05)
    assert profile.sentences()[0].startswith("a and b together tell 0.")


def test_intervals_hold_the_truth():
    truth, covered = rate_of_linear(Linear(), 4, 1), []
    for seed in range(15):
        estimator = ip.GaussianPID(target_history=1, n_rotations=19)
        profile = rate(Linear().windows(1500, 4, seed), estimator, lags_s=[0, 1, 2, 3])
        for name, value, stderr in values_of(profile, "xz"):
            if truth[name] > 0:
                covered.append(abs(value - truth[name]) <= 1.96 * stderr)
    # 90 values that go together in sets of six: as if there were 30, of which 95 % plus and minus 8 % are held
    assert np.mean(covered) >= 0.87


@pytest.mark.slow
def test_unrelated_slow_streams_give_no_false_sentence():
    false = 0
    for seed in range(10):
        numbers = sticky_nothing(800, seed, numbers=True)
        profile = rate(numbers, ip.GaussianPID(target_history=1, n_bootstrap=20, n_rotations=199))
        false += false_sentences(profile) > 0
        classes = sticky_nothing(800, seed, numbers=False)
        profile = rate(classes, ip.PosteriorPID(target_history=1, epochs=6, n_bootstrap=20, n_rotations=49))
        false += false_sentences(profile) > 0
    # of 20 profiles with a chance of 5 % each more than 4 have one with probability 0.003
    assert false <= 4


# ---- lags --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_lags_that_add_something_are_chosen(seed):
    linear = greedy_lags(Linear().windows(3000, 5, seed), np.arange(5), 1, 0)
    # z at lag 0 stands in for x, which moves it; what lags 1, 2 and 4 add is below 0.001 bit
    assert {name: lags.tolist() for name, lags in linear.items()} == {
        "x": [1],
        "z": [0, 3],
        "noise": [0, 1, 2, 3, 4],
    }
    bits = greedy_lags(Bits().windows(3000, 4, seed), np.arange(4), 1, 0)
    assert {name: lags.tolist() for name, lags in bits.items()} == {"a": [1], "b": [2], "c": [0, 1, 2, 3]}


def test_lags_where_two_modalities_tell_only_together_are_chosen_of_both():
    rng = np.random.default_rng(0)
    a, b, c = rng.integers(0, 2, (3, 2000))
    y = 3 * np.roll(a, 1) + (np.roll(a, 3) ^ np.roll(b, 2)) + np.roll(b, 0)
    y[:4] = -1
    x = {
        name: bit[:, None] + 0.05 * rng.normal(size=(2000, 1)) for name, bit in (("a", a), ("b", b), ("c", c))
    }
    lags = greedy_lags(ip.windows_from_arrays(x, y, steps=5), np.arange(5), 0, 0)
    assert {name: each.tolist() for name, each in lags.items()} == {
        "a": [1, 3],
        "b": [0, 2],
        "c": [0, 1, 2, 3, 4],
    }


def test_nothing_is_chosen_of_streams_that_tell_nothing():
    chosen = 0
    for seed in range(15):
        lags = greedy_lags(sticky_nothing(600, seed, numbers=seed % 2 == 0), np.arange(5), 1, 0)
        chosen += any(len(each) < 5 for each in lags.values())
    # choosing by chance is charged: one of twenty, and more than four of fifteen with probability 0.0006
    assert chosen <= 4


# ---- the profile -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def linear() -> ip.InteractionProfile:
    return rate(Linear().windows(1500, 5, 0), ip.GaussianPID(target_history=2, n_rotations=99))


def test_a_rate_says_that_it_is_one(linear, tmp_path):
    assert linear.kind == "rate"
    assert linear.dataset.sizes["lag"] == 1
    assert linear.dataset.attrs["lags_s"]["x"] == [1.0]
    assert linear.dataset.attrs["lags_s"]["noise"] == [0.0, 1.0, 2.0, 3.0, 4.0]
    sentence = linear.sentences(1)[0]
    assert (
        "bits per step that noise does not, over all lags together (x at 1 s; noise at 0 to 4 s)" in sentence
    )
    assert ", given the last 2 values (q = " in sentence
    assert linear.top()["lag_s"].isna().all()
    assert "lag_s" not in linear.to_dataframe()
    assert "over all lags together, in bits per step" in repr(linear)
    with pytest.raises(InvalidInput, match="a rate, over all lags together"):
        linear.plot_lags("x", "z")
    assert linear.plot_heatmap("unique").get_title() == "unique, bits per step over all lags together"
    again = ip.InteractionProfile.load(linear.save(tmp_path / "rate.nc"))
    assert again == linear
    assert again.sentences() == linear.sentences()


def test_lags_that_are_named_hold_for_all():
    windows = Linear().windows(600, 5, 0)
    profile = rate(windows, ip.GaussianPID(n_rotations=19), lags_s=[1, 3])
    assert profile.dataset.attrs["lags_s"] == {name: [1.0, 3.0] for name in ("x", "z", "noise")}
    assert profile.dataset.attrs["target_history"] == 0
    named = {"x": [1], "z": [0, 3], "noise": [2]}
    own = rate(windows, ip.GaussianPID(n_rotations=19), lags_s=named)
    assert own.dataset.attrs["lags_s"] == named
    with pytest.raises(
        InvalidInput, match=r"must name the lags of each of \['x', 'z', 'noise'\]; it names \['x'\]"
    ):
        rate(windows, ip.GaussianPID(), lags_s={"x": [1]})
    with pytest.raises(InvalidInput, match="must lie inside the window"):
        rate(windows, ip.GaussianPID(), lags_s=[7])


def test_a_profile_is_asked_for_after_fit():
    with pytest.raises(NotFitted, match=r"DirectedInformation must be fitted"):
        _ = ip.DirectedInformation().profile_


def test_pasts_of_numbers_need_a_past():
    x = np.random.default_rng(0).normal(size=(40, 3, 1))
    windows = ip.windows_from_arrays({"a": x, "b": x + 1}, x[:, 0, 0], classes=())
    with pytest.raises(InvalidInput, match="target_history = 0"):
        rate(windows, ip.GaussianPID(target_history=1))


def test_rows_are_numbered_alike():
    assert code([np.array([1, 0, 1]), np.array([2, 2, 2])]).tolist() == [1, 0, 1]
