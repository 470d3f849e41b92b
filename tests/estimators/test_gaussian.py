"""GaussianPID against exact covariances, and its refusal of what is not continuous."""

import warnings

import numpy as np
import pytest
import torch

import interplay as ip
from interplay.errors import DataWarning, InvalidInput
from interplay.estimators import GaussianPID
from interplay.estimators.gaussian import gaussian_score
from interplay.info import decompose_gaussian
from interplay.synthetic import linear_gaussian

OFF = ~np.eye(4, dtype=bool)


@pytest.mark.parametrize("channels", [1, 8])
def test_linear_streams_are_found_at_their_lags(channels):
    streams = linear_gaussian(4000, channels=channels, random_state=1)
    windows = ip.windows_from_arrays(streams.arrays, streams.y, steps=4, classes=())
    d = ip.TemporalRUS(GaussianPID(n_rotations=99)).fit(windows).profile_.dataset
    truth = decompose_gaussian(streams.covariance[OFF], 1, 1)
    for name, true in (
        ("redundancy", truth.redundancy),
        ("unique", truth.unique1),
        ("synergy", truth.synergy),
        ("joint_mi", truth.joint_mi),
    ):
        error = np.abs(d[name].values[OFF] - true)
        # of 48 cells 4 standard errors are not exceeded; 0.003 bit covers the cost of 8 channels
        assert (error <= 4 * d[f"{name}_stderr"].values[OFF] + 0.003).all()
    silent = truth.joint_mi < 1e-9
    assert (d["joint_mi"].values[OFF][silent] < 0.003).all()
    assert float(d["residual_bits"].max()) < 1e-9
    assert d.attrs["h_y_bits"] == pytest.approx(float(d["joint_mi"].max()))


def test_score_of_the_true_correlation():
    rng = np.random.default_rng(0)
    x = rng.normal(size=5000)
    y = 0.6 * x + 0.8 * rng.normal(size=5000)
    y -= y.mean()
    score = gaussian_score(torch.from_numpy(x)[:, None], torch.from_numpy(y))
    r = np.corrcoef(x, y)[0, 1]
    assert score.mean().item() == pytest.approx(-0.5 * np.log(1 - r**2), abs=1e-12)


def test_one_pair_through_fit_and_its_p_value():
    rng = np.random.default_rng(2)
    x1, nuisance = rng.normal(size=(2, 1500))
    y = x1 + 0.1 * rng.normal(size=1500)
    found = GaussianPID(n_rotations=99).fit(x1 + nuisance, nuisance, y)
    # together they show x1: log2 of (1 + 1/0.01) / 2; the sum alone half a bit
    assert found.mi2_ == pytest.approx(0, abs=0.005)
    assert found.joint_mi_ == pytest.approx(0.5 * np.log2(101), abs=4 * found.joint_mi_stderr_)
    assert found.synergy_ == pytest.approx(0.5 * np.log2(101) - 0.5, abs=0.1)
    assert found.p_value_ == pytest.approx(0.01)


def test_noise_tells_nothing_however_many_channels():
    rng = np.random.default_rng(3)
    x1, x2, y = rng.normal(size=(400, 60)), rng.normal(size=(400, 5)), rng.normal(size=400)
    found = GaussianPID(n_rotations=99).fit(x1, x2, y)
    for name in ("redundancy", "unique1", "unique2", "synergy"):
        # a plug-in estimate would say 60 / 800 nats = 0.11 bit; chance correlations of held-out
        # predictions stay below chi-square(3) / 800 nats, 0.03 bit at 4 standard deviations
        assert abs(getattr(found, f"{name}_")) < 0.03
    assert found.p_value_ > 0.02


def test_classes_are_refused_and_floats_are_refused_by_the_others():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(100, 2))
    classes = ip.windows_from_arrays({"a": x, "b": x}, rng.integers(0, 2, 100), steps=1)
    with pytest.raises(InvalidInput, match="Use PosteriorPID"):
        ip.TemporalRUS(GaussianPID()).fit(classes)
    numbers = ip.windows_from_arrays({"a": x, "b": x}, rng.normal(size=100), steps=1, classes=())
    with pytest.raises(InvalidInput, match=r"TargetBins.*estimate with GaussianPID"):
        ip.TemporalRUS().fit(numbers)
    with pytest.raises(InvalidInput, match="at least two values"):
        GaussianPID().fit(x[:, 0], x[:, 1], np.ones(100))


def test_bins_of_a_continuous_target_serve_the_categorical_estimators():
    streams = linear_gaussian(2000)
    windows = ip.windows_from_arrays(streams.arrays, streams.y, steps=3, classes=())
    binned = ip.TargetBins.fit(windows, n_bins=4).apply(windows)
    d = ip.TemporalRUS(ip.DiscretePID(n_rotations=19)).fit(binned).profile_.dataset
    assert d.attrs["h_y_bits"] == pytest.approx(2, abs=0.01)
    redundancy = d["redundancy"].sel(source_i="repeat1", source_j="repeat2")
    assert redundancy.values.argmax() == 1


def test_a_target_without_noise_is_said_to_leave_information_unbounded():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 800, 1))
    arrays = dict(zip(("a", "b", "noise"), x, strict=True))
    exact = ip.windows_from_arrays(arrays, (x[0] + x[1])[:, 0], steps=1, classes=())
    with pytest.warns(DataWarning, match=r"unbounded; a with b foretell"):
        ip.TemporalRUS(ip.GaussianPID(n_rotations=9)).fit(exact)
    noisy = (x[0] + x[1])[:, 0] + 0.1 * rng.normal(size=800)
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        ip.TemporalRUS(ip.GaussianPID(n_rotations=9)).fit(
            ip.windows_from_arrays(arrays, noisy, steps=1, classes=())
        )


@pytest.mark.slow
def test_atoms_of_noise_partners_are_chance_and_weak_synergy_is_found():
    false, weak = 0, 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x = {f"x{k}": rng.normal(size=(800, 2)) for k in range(3)}
        y = x["x0"][:, 0] + 0.25 * x["x1"][:, 1] + rng.normal(size=800)
        windows = ip.windows_from_arrays(x, y, steps=1, classes=())
        d = ip.TemporalRUS(GaussianPID(n_bootstrap=20)).fit(windows).profile_.dataset
        of_noise = [d.synergy_q_value.values[m, 2, 0] for m in (0, 1)] + [d.unique_q_value.values[2, 0, 0]]
        false += min(of_noise) <= 0.05
        # x1 tells 0.044 bit beyond x0, its signal 0.25 of one deviation: 7 standard errors at 800 windows
        weak += d.synergy_q_value.values[0, 1, 0] <= 0.05
    # 20 profiles with a chance of 5 % each: at most 4 with probability 0.997
    assert false <= 4
    assert weak >= 19
