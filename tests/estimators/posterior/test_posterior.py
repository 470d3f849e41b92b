"""PosteriorPID and TemporalRUS against planted truth, gates and their contract."""

import numpy as np
import pytest
import torch

import interplay as ip
from interplay.errors import InvalidInput, NotFitted
from interplay.synthetic import GATES, lagged_streams

QUICK = {"epochs": 8, "n_bootstrap": 50, "n_rotations": 99}


@pytest.fixture(scope="module")
def planted():
    streams = lagged_streams(5000)
    windows = ip.windows_from_arrays(streams.arrays, streams.y, steps=6)
    return ip.info.decompose(streams.tables), ip.TemporalRUS(ip.PosteriorPID()).fit(windows).profile_


def errors_and_truth(truth, profile):
    d, off = profile.dataset, ~np.eye(4, dtype=bool)
    upper = np.triu(off)
    parts = (
        ("redundancy", truth.redundancy, upper),
        ("synergy", truth.synergy, upper),
        ("unique", truth.unique1, off),
    )
    found = np.concatenate([(d[name].values - exact)[where].ravel() for name, exact, where in parts])
    return found, np.concatenate([exact[where].ravel() for _, exact, where in parts])


def test_planted_interactions_are_found_at_their_lags(planted):
    truth, profile = planted
    error, exact = errors_and_truth(truth, profile)
    # bounds asked of the estimator at 5,000 steps; the standard error of 0.831 bit is 0.011
    assert np.abs(error).mean() <= 0.005
    assert np.abs(error).max() <= 0.06
    assert np.abs(error[np.abs(exact) < 1e-6]).max() <= 0.002
    top = profile.top(1, atom="synergy").iloc[0]
    assert (top.source_i, top.source_j, top.lag_s) == ("m1", "m3", 3.0)
    assert top.q_value < 0.01


def test_standard_errors_are_of_the_right_size(planted):
    truth, profile = planted
    error, exact = errors_and_truth(truth, profile)
    d = profile.dataset
    # pointwise values are log2(0.975 / 0.25) or log2(0.025 / 0.25) per bit told: sd 0.826, over sqrt(4995)
    # that is the draw of the windows; six random states doubt up to 0.011 beside it, what half of the windows cost
    stderr = d["redundancy_stderr"].sel(source_i="m0", source_j="m2", lag=1).item()
    assert 0.9 * 0.0117 < stderr < 1.5 * 0.0117
    big = np.abs(exact) > 0.5
    assert np.abs(error[big]).max() < 4 * 0.0117


def test_sum_rules_certificates_and_symmetry(planted):
    _, profile = planted
    d = profile.dataset
    unique_j = d["unique"].values.transpose(1, 0, 2)
    total = d["redundancy"].values + d["unique"].values + unique_j + d["synergy"].values
    off = ~np.eye(4, dtype=bool)
    # float32 pointwise values summed in float64
    np.testing.assert_allclose(total[off], d["joint_mi"].values[off], atol=1e-5)
    assert np.nanmax(d["gap_bits"]) <= 1e-4
    assert np.nanmax(np.abs(d["residual_bits"])) <= 0.005  # what quantising to 24 cells loses
    for name in ("redundancy", "synergy", "joint_mi", "p_value"):
        np.testing.assert_array_equal(d[name].values, d[name].values.transpose(1, 0, 2))
    assert np.isnan(d["redundancy"].values[np.eye(4, dtype=bool)]).all()
    assert d.attrs["target_history"] == 0
    assert d.attrs["n_examples"] == 4995
    assert profile.h_y_bits == pytest.approx(2.0, abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["XOR", "COPY", "CAT", "AND"])
def test_gates_on_one_pair(name):
    gate = GATES[name]
    x1, x2, y = gate.sample(3000, random_state=1)
    est = ip.PosteriorPID(**QUICK).fit(x1, x2, y)
    for atom in ("redundancy", "unique1", "unique2", "synergy"):
        # four standard errors of a bit's worth of pointwise values at n = 3,000, and the cost of learning
        assert getattr(est, f"{atom}_") == pytest.approx(getattr(gate, atom), abs=0.04), atom
    assert est.p_value_ <= 0.01
    assert est.joint_mi_ == pytest.approx(gate.joint_mi, abs=0.04)


def test_shuffled_target_tells_nothing():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1500, 2))
    est = ip.PosteriorPID(**QUICK).fit(x[:, 0], x[:, 1], rng.integers(0, 3, 1500))
    # held-out gain of a useless model after calibration: at most about z^2 / 2n nats, z = 3
    for atom in ("redundancy", "unique1", "unique2", "synergy"):
        assert abs(getattr(est, f"{atom}_")) < 0.005
    assert est.p_value_ > 0.01


def test_duplicated_source_is_all_redundancy():
    x1, _, y = GATES["COPY"].sample(2000, random_state=2)
    noisy = x1 + 0.5 * np.random.default_rng(0).normal(size=2000)
    est = ip.PosteriorPID(**QUICK).fit(noisy, noisy.copy(), y)
    # the two heads start from different weights, so their posteriors differ a little
    assert abs(est.unique1_) < 0.02
    assert abs(est.unique2_) < 0.02
    assert abs(est.synergy_) < 0.02
    # I = 1 - E h(p(y|x)) of two normals one apart with standard deviation 0.5, by quadrature: 0.486 bit
    node, weight = np.polynomial.hermite_e.hermegauss(60)
    p = 1 / (1 + np.exp(-4 * (0.5 + 0.5 * node)))
    exact = 1 + weight / weight.sum() @ np.log2(p)
    # standard error 0.75 / sqrt(2000) = 0.017
    assert est.redundancy_ == pytest.approx(exact, abs=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_an_exclusive_or_is_learned_beside_what_both_sources_show(seed):
    # y = (a, b xor c) of (a, b) and (a, c): R = S = 1. What either shows of a must not crowd out b and c.
    rng = np.random.default_rng(seed)
    a, b, c = rng.integers(0, 2, (3, 2000))
    one, two = (np.stack([a, bit], 1) + 0.1 * rng.normal(size=(2000, 2)) for bit in (b, c))
    found = ip.PosteriorPID(n_bootstrap=20, n_rotations=19).fit(one, two, 2 * a + (b ^ c))
    # shares of the states of 2,000 rows move either by 0.001 bit, and what is left to learn by about 0.01
    assert found.redundancy_ == pytest.approx(1.0, abs=0.02)
    assert found.synergy_ == pytest.approx(1.0, abs=0.03)


def test_same_seed_same_result_and_nothing_else_touched():
    x1, x2, y = GATES["AND"].sample(600)
    x1, before = x1.astype(float), x1.astype(float)
    torch.manual_seed(3)
    np.random.seed(3)
    state = torch.get_rng_state(), np.random.get_state()[1].copy()
    first = ip.PosteriorPID(**QUICK, random_state=5).fit(x1, x2, y)
    second = ip.PosteriorPID(**QUICK, random_state=5).fit(x1, x2, y)
    assert torch.equal(torch.get_rng_state(), state[0])
    np.testing.assert_array_equal(np.random.get_state()[1], state[1])
    np.testing.assert_array_equal(x1, before)
    assert first.synergy_ == second.synergy_
    assert first.synergy_stderr_ == second.synergy_stderr_
    assert first.get_params() == {**ip.PosteriorPID().get_params(), **QUICK, "random_state": 5}


@pytest.mark.slow
def test_swapping_sources_and_renaming_classes_changes_little():
    x1, x2, y = GATES["AND"].sample(1500, random_state=4)
    first = ip.PosteriorPID(**QUICK).fit(x1, x2, y)
    swapped = ip.PosteriorPID(**QUICK).fit(x2, x1, y)
    renamed = ip.PosteriorPID(**QUICK).fit(x1, x2, 1 - y)
    # other random weights: what training leaves open
    assert swapped.unique1_ == pytest.approx(first.unique2_, abs=0.01)
    assert renamed.synergy_ == pytest.approx(first.synergy_, abs=0.01)


def test_entities_are_not_on_both_sides_of_cross_fitting():
    # each entity shows who it is and has its own label: across entities nothing can be known
    rng = np.random.default_rng(0)
    entity = np.arange(40).repeat(50)
    shown = np.eye(40)[entity]
    y = rng.integers(0, 2, 40)[entity]
    with_groups = ip.PosteriorPID(**QUICK).fit(shown, shown, y, groups=entity)
    # 40 entities are 40 labels: a gain of z^2 / 2n nats at n = 40 and z = 3 is 0.16 bit
    assert with_groups.mi1_ < 0.16
    assert with_groups.p_value_ > 0.02
    rows_mixed = ip.PosteriorPID(**QUICK).fit(shown, shown, y, groups=rng.permutation(2000))
    assert rows_mixed.mi1_ > 0.5


@pytest.mark.slow
def test_labels_in_blocks_as_in_a_protocol():
    rng = np.random.default_rng(0)
    y = np.repeat(np.tile(np.arange(4), 10), 50)
    x1 = np.where(y >= 2, 1.0, -1.0) + 0.7 * rng.normal(size=2000)
    x2 = np.where(y % 2 == 1, 1.0, -1.0) + 0.7 * rng.normal(size=2000)
    blocks = ip.PosteriorPID(**QUICK).fit(x1, x2, y)
    order = rng.permutation(2000)
    shuffled = ip.PosteriorPID(**QUICK).fit(x1[order], x2[order], y[order])
    for atom in ("unique1", "unique2", "redundancy", "synergy"):
        gap = getattr(blocks, f"{atom}_") - getattr(shuffled, f"{atom}_")
        # the same sample: only folds and weights differ
        assert abs(gap) < 0.03, atom


# the streams show the class on purpose
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::interplay.errors.DataWarning")
def test_three_modalities_of_different_rates_with_missing_steps():
    rng = np.random.default_rng(0)
    n = 1500
    y = rng.integers(0, 2, n)
    fast = rng.normal(size=(n, 5, 2)) * (1.0 + 2.0 * y[:, None, None])
    told = np.where(rng.random(n) < 0.5, np.nan, y + 0.1 * rng.normal(size=n))
    streams = {
        "fast": ip.Stream(values=fast.reshape(-1, 2), rate_hz=5.0),
        "half": ip.Stream(values=told[:, None], rate_hz=1.0),
        "noise": ip.Stream(values=rng.normal(size=(n, 1)), rate_hz=1.0),
    }
    target = ip.label_series(y, rate_hz=1.0)
    recording = ip.Recording(entity="e", streams=streams, target=target, classes=("a", "b"))
    windows = ip.make_windows(recording, step_s=1.0, steps=2, fill="mark")
    profile = ip.TemporalRUS(ip.PosteriorPID(**QUICK)).fit(windows).profile_
    mi = profile.dataset["mi"]
    # seen every second time, it tells half of H(Y) = 1 bit; standard error 0.5 / sqrt(1500) = 0.013
    assert mi.sel(source="half", lag=0).item() == pytest.approx(0.5, abs=0.06)
    assert mi.sel(source="fast", lag=0).item() > 0.6
    assert abs(mi.sel(source="noise", lag=0).item()) < 0.01
    assert np.abs(mi.sel(lag=1)).max() < 0.01


def test_progress_rises_to_one():
    x1, x2, y = GATES["AND"].sample(400)
    seen = []
    windows = ip.windows_from_arrays({"a": x1[:, None], "b": x2[:, None]}, y, steps=1)
    ip.TemporalRUS(ip.PosteriorPID(**QUICK), progress=seen.append).fit(windows)
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1.0)


def test_chosen_lags_and_what_is_refused():
    streams = lagged_streams(400)
    windows = ip.windows_from_arrays(streams.arrays, streams.y, steps=6, step_s=0.5)
    profile = ip.TemporalRUS(ip.PosteriorPID(**QUICK), lags_s=[0.5, 1.5]).fit(windows).profile_
    np.testing.assert_array_equal(profile.lag_s, [0.5, 1.5])
    np.testing.assert_array_equal(profile.dataset["lag"], [1, 3])
    for lags_s, message in [
        ([3.0], "must lie inside the window, up to 2.5 s; got 3 s"),
        ([0.3], "non-negative multiples of step_s"),
        ([-0.5], "non-negative multiples of step_s"),
        ([1.0, 0.5], "must be increasing"),
        ([], "at least one lag"),
    ]:
        with pytest.raises(InvalidInput, match=message):
            ip.TemporalRUS(lags_s=lags_s).fit(windows)
    with pytest.raises(NotFitted, match=r"call fit\(windows\) first"):
        _ = ip.TemporalRUS().profile_


@pytest.mark.parametrize(
    ("x1", "x2", "y", "message"),
    [
        (np.zeros(50), np.zeros(49), np.arange(50) % 2, "as long as y"),
        (np.full(50, np.nan), np.zeros(50), np.arange(50) % 2, "free of NaN"),
        (np.zeros(50), np.zeros(50), np.zeros(50, dtype=int), "at least two classes"),
        (np.zeros(50), np.zeros(50), np.linspace(0, 1, 50), "whole class numbers.*classes="),
        (np.zeros((5, 5, 2)), np.zeros(5), np.arange(5) % 2, r"\(n,\) or \(n, d\)"),
    ],
)
def test_bad_sources_are_refused(x1, x2, y, message):
    with pytest.raises(InvalidInput, match=message):
        ip.PosteriorPID().fit(x1, x2, y)


def test_a_class_of_one_entity_is_refused_with_the_way_out():
    entity = np.arange(8).repeat(20)
    y = np.where(entity == 0, 2, np.arange(160) % 2)
    with pytest.raises(InvalidInput, match="'2' is missing from the training part of one fold"):
        ip.PosteriorPID().fit(np.zeros(160), np.zeros(160), y, groups=entity)


def test_unobserved_values_do_not_matter():
    x1, x2, y = GATES["AND"].sample(500)
    x1 = x1.astype(float)
    results = []
    for junk in (np.nan, 1e6):
        values = x1.copy()
        values[::7] = np.nan
        windows = ip.windows_from_arrays({"x1": values[:, None], "x2": x2[:, None]}, y, steps=1, fill="mark")
        table = windows.steps.values["x1"]
        table[~windows.steps.observed[:, 0]] = junk
        profile = ip.TemporalRUS(ip.PosteriorPID(**QUICK)).fit(windows).profile_
        results.append(profile.dataset["synergy"].values)
    np.testing.assert_array_equal(results[0], results[1])
