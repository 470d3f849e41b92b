"""BATCH, multi-scale and per lag: gates, noise, planted lags, and the failings of the published code."""

import numpy as np
import pytest
import torch

import interplay as ip
from interplay.errors import InvalidInput
from interplay.estimators.batch import estimators as multiscale_batch
from interplay.estimators.batch.alignment import aligned, gain_over_rows
from interplay.estimators.checks import CHECKS
from interplay.synthetic import GATES, lagged_streams

ATOMS = ("redundancy", "unique1", "unique2", "synergy")
QUICK = {"batch_size": 128, "discriminator_epochs": 15, "alignment_epochs": 5, "n_rotations": 19}
ESTIMATORS = [pytest.param(ip.MultiScaleBatchPID, marks=pytest.mark.slow), ip.BatchPID]


def noisy(name: str, n: int):
    x1, x2, y = GATES[name].sample(n, random_state=1)
    rng = np.random.default_rng(0)
    return x1 + 0.1 * rng.normal(size=n), x2 + 0.1 * rng.normal(size=n), y


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("kind", ESTIMATORS)
def test_the_contract(kind, check):
    check(kind(**QUICK))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "n"), [("XOR", 4000), ("COPY", 2000), ("UNIQUE", 2000), ("AND", 2000)])
def test_gates(name, n):
    found = ip.MultiScaleBatchPID(**QUICK).fit(*noisy(name, n))
    for atom in ATOMS:
        # three standard errors of a held-out fifth, at most 0.02 bit each, and what learning leaves
        slack = 3 * min(getattr(found, f"{atom}_stderr_"), 0.02) + 0.03
        assert getattr(found, f"{atom}_") == pytest.approx(getattr(GATES[name], atom), abs=slack), atom
    assert found.p_value_ == 0.05
    total = sum(getattr(found, f"{atom}_") for atom in ATOMS)
    assert total == pytest.approx(found.joint_mi_, abs=1e-6)
    assert found.redundancy_ + found.unique1_ == pytest.approx(found.mi1_, abs=1e-6)
    assert found.redundancy_ + found.unique2_ == pytest.approx(found.mi2_, abs=1e-6)
    prior = np.bincount(noisy(name, n)[2]) / n
    # the class frequencies of a fifth differ from those of all: 3 standard errors
    assert total <= ip.info.entropy(prior) + 3 * min(found.joint_mi_stderr_, 0.03) + 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("channels", [1, 16])
def test_noise_tells_nothing_even_to_discriminators_that_overfit(channels):
    rng = np.random.default_rng(0)
    x1, x2 = rng.normal(size=(2, 2000, channels))
    quick = {**QUICK, "discriminator_epochs": 30}
    found = ip.MultiScaleBatchPID(**quick).fit(x1, x2, rng.integers(0, 2, 2000))
    for atom in ATOMS:
        # mixing with the prior leaves z^2 / 2n nats: 0.016 bit at n = 400 and z = 3; 0.12 bit were published
        assert abs(getattr(found, f"{atom}_")) < 0.03, atom
    assert found.p_value_ > 0.05


@pytest.mark.slow
def test_synergy_is_found_at_its_lag():
    streams = lagged_streams(3000)
    windows = ip.windows_from_arrays({m: streams.arrays[m] for m in ("m1", "m3")}, streams.y, steps=6)
    told = []
    estimator = ip.MultiScaleBatchPID(**{**QUICK, "discriminator_epochs": 30})
    temporal = ip.TemporalRUS(estimator, lags_s=[1, 3, 5], progress=told.append)
    d = temporal.fit(windows).profile_.dataset
    synergy = d["synergy"].sel(source_i="m1", source_j="m3")
    # the standard error of 0.831 bit at 600 held-out windows is 0.034; three, and what learning leaves
    assert synergy.sel(lag=3).item() == pytest.approx(0.831, abs=0.15)
    assert np.abs(synergy.sel(lag=[1, 5])).max() < 0.03
    assert np.nanmax(np.abs(d["unique"])) < 0.03
    assert d["residual_bits"].max() < 1e-6
    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.slow
def test_each_lag_of_its_own_and_all_pairs():
    streams = lagged_streams(1500)
    windows = ip.windows_from_arrays({m: streams.arrays[m] for m in ("m0", "m1", "m2")}, streams.y, steps=2)
    d = ip.TemporalRUS(ip.BatchPID(**QUICK)).fit(windows).profile_.dataset
    redundancy = d["redundancy"].sel(source_i="m0", source_j="m2")
    # the standard error of 0.831 bit at 300 held-out windows is 0.048; three, and what learning leaves
    assert redundancy.sel(lag=1).item() == pytest.approx(0.831, abs=0.2)
    assert abs(redundancy.sel(lag=0).item()) < 0.03
    assert np.abs(d["redundancy"].sel(source_i="m0", source_j="m1")).max() < 0.05
    assert d["residual_bits"].max() < 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("kind", ESTIMATORS)
def test_what_the_targets_past_tells_is_not_counted(kind):
    rng = np.random.default_rng(0)
    y = np.cumsum(rng.random(4000) > 0.8) % 2
    arrays = {
        "repeats": np.r_[0, y[:-1]][:, None] + 0.05 * rng.normal(size=(len(y), 1)),
        "foresees": np.r_[y[1:], 0][:, None] + 0.05 * rng.normal(size=(len(y), 1)),
    }
    windows = ip.windows_from_arrays(arrays, y, steps=2)
    d = ip.TemporalRUS(kind(target_history=1, **QUICK), lags_s=[1]).fit(windows).profile_.dataset
    surprise = -0.2 * np.log2(0.2) - 0.8 * np.log2(0.8)
    # at lag 1 "foresees" shows y(t); of 800 held-out steps three standard errors are 0.085 bit
    assert d["mi"].sel(source="foresees").item() == pytest.approx(surprise, abs=0.085)
    assert d["mi"].sel(source="repeats").item() == pytest.approx(0, abs=0.02)
    unique = d["unique"].sel(source_i="foresees", source_j="repeats").item()
    assert unique == pytest.approx(surprise, abs=0.1)
    assert d.attrs["target_history"] == 1


def test_one_modality_has_no_pairs():
    x, _, y = noisy("COPY", 400)
    windows = ip.windows_from_arrays({"x": x[:, None]}, y, steps=1)
    d = ip.MultiScaleBatchPID(**QUICK).estimate(windows, np.array([0]))
    # fifteen epochs of 320 rows leave a tenth of the one bit unlearned
    assert d["mi"].item() > 0.85
    assert np.isnan(d["redundancy"].item())


def test_a_class_that_only_the_held_out_part_has_is_refused(monkeypatch):
    # stratified folds hardly ever leave a class to the first fold
    monkeypatch.setattr(multiscale_batch, "cross_folds", lambda windows, folds, seed: windows.y % 2)
    windows = ip.windows_from_arrays({"x": np.zeros((60, 1, 1))}, np.arange(60) % 4)
    with pytest.raises(InvalidInput, match="'0' is missing from the training part"):
        ip.BatchPID(**QUICK).estimate(windows, np.array([0]))


def test_what_is_gain_over_rows_the_row_by_hand():
    # y = x2 and x1 is blind: every row is sure of neither class, every column of one, so q(b|a,y) is uniform over
    # the columns of class y and log q(b|a,y) / q(b|a) = log 2
    log_p1 = torch.full((1, 6, 2), 0.5).log()
    log_p2 = torch.eye(2).repeat(3, 1).clamp_min(1e-30).log()[None]
    log_q = aligned(torch.zeros(1, 2, 6, 6), log_p1, log_p2)
    told = gain_over_rows(log_q, log_p1.mT)
    torch.testing.assert_close(told, torch.full((1, 6), np.log(2), dtype=torch.float32))
    # seen from x2, x1 adds nothing
    other = gain_over_rows(log_q.mT, torch.logsumexp(log_q, 2))
    torch.testing.assert_close(other, torch.zeros(1, 6), rtol=0, atol=1e-6)
