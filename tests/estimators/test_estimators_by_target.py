"""Targets of every kind through PosteriorPID: rare events, many classes, one label per entity, labels in blocks."""

import numpy as np
import pytest
from scipy import stats

import interplay as ip

QUICK = {"epochs": 12, "n_bootstrap": 100, "n_rotations": 99}


def estimate(arrays, y, **how):
    windows = ip.windows_from_arrays(arrays, y, **how)
    return ip.TemporalRUS(ip.PosteriorPID(**QUICK)).fit(windows).profile_.dataset


@pytest.mark.slow
def test_one_percent_of_events():
    rng = np.random.default_rng(0)
    y = (rng.random(10_000) < 0.01).astype(int)
    shift = 3.0
    arrays = {
        "sign": shift * y[:, None] + rng.normal(size=(len(y), 1)),
        "noise": rng.normal(size=(len(y), 3)),
    }
    d = estimate(arrays, y, steps=1)
    grid = np.linspace(-8, 12, 20_001)
    event, none = stats.norm.pdf(grid - shift), stats.norm.pdf(grid)
    mixed = 0.01 * event + 0.99 * none
    truth = np.trapezoid(0.01 * event * np.log2(event / mixed) + 0.99 * none * np.log2(none / mixed), grid)
    told = d["mi"].sel(source="sign").item()
    # 100 events: 3 standard errors, and a tenth for what so few events teach the probe
    assert told == pytest.approx(truth, abs=3 * d["mi_stderr"].sel(source="sign").item() + 0.1 * truth)
    assert d["mi"].sel(source="noise").item() == pytest.approx(0, abs=1e-3)
    assert d["p_value"].sel(source_i="sign", source_j="noise").item() < 1e-6
    assert d["joint_mi"].sel(source_i="sign", source_j="noise").item() <= d.attrs["h_y_bits"]


@pytest.mark.slow
def test_twenty_seven_classes():
    rng = np.random.default_rng(1)
    y = rng.integers(0, 27, 4000)
    places = 3 * rng.normal(size=(9, 4))
    arrays = {
        "nine": places[y // 3] + 0.3 * rng.normal(size=(len(y), 4)),
        "three": np.eye(3)[y % 3] + 0.15 * rng.normal(size=(len(y), 3)),
    }
    d = estimate(arrays, y, steps=1)
    pair = d.sel(source_i="nine", source_j="three", lag=0)
    # the sources tell independent parts of the target almost surely; 2 % is lost to overlap and learning
    assert pair["unique"].item() == pytest.approx(np.log2(9), rel=0.03)
    assert d["unique"].sel(source_i="three", source_j="nine", lag=0).item() == pytest.approx(
        np.log2(3), rel=0.03
    )
    assert abs(pair["redundancy"].item()) < 0.03
    assert abs(pair["synergy"].item()) < 0.03
    assert pair["gap_bits"].item() <= 1e-4


@pytest.mark.slow
def test_one_label_per_stay_counts_stays_not_steps():
    rng = np.random.default_rng(2)
    stay = np.arange(40).repeat(30)
    y = (np.arange(40) % 2)[stay]
    habit = rng.normal(size=(40, 1))[stay]
    arrays = {
        "sign": y[:, None] + 0.5 * rng.normal(size=(len(y), 1)),
        "habit": habit + 0.1 * rng.normal(size=(len(y), 2)),
    }
    d = estimate(arrays, y, steps=2, entity=stay)
    assert (d["mi_p_value"].sel(source="sign").values < 1e-4).all()
    # a habit of each stay is no finding, although every step repeats it
    assert (d["mi"].sel(source="habit").values < 0.02).all()
    assert (d["mi_p_value"].sel(source="habit").values > 0.05).all()


@pytest.mark.slow
def test_blocks_of_labels_give_what_shuffled_labels_give():
    rng = np.random.default_rng(3)
    y = rng.integers(0, 4, 2000)
    flipped = rng.random(len(y)) < 0.1
    arrays = {
        "high": (y // 2)[:, None] + 0.1 * rng.normal(size=(len(y), 2)),
        "low": ((y % 2) ^ flipped)[:, None] + 0.1 * rng.normal(size=(len(y), 2)),
    }
    # a protocol of activities: every label three times, in long blocks
    order = np.lexsort((rng.random(len(y)), y, np.arange(len(y)) // 667))
    shuffled = estimate(arrays, y, steps=1)
    blocked = estimate({name: array[order] for name, array in arrays.items()}, y[order], steps=1)
    for name in ("redundancy", "unique", "synergy"):
        a, b = (d[name].values[[0, 1], [1, 0], 0] for d in (shuffled, blocked))
        error = np.hypot(*(d[f"{name}_stderr"].values[[0, 1], [1, 0], 0] for d in (shuffled, blocked)))
        # the same steps in another order: 0.005 bit for other folds
        assert (np.abs(a - b) < 2 * error + 0.005).all()
