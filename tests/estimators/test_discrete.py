"""DiscretePID: exact on its own tables, near the truth, corrected as the formulas say, blind to the past if asked."""

import numpy as np
import pytest
import torch

import interplay as ip
from interplay import info
from interplay.errors import InvalidInput
from interplay.estimators import DiscretePID
from interplay.synthetic import GATES, lagged_streams

ATOMS = ("redundancy", "unique1", "unique2", "synergy")


def counted(x1, x2, y):
    table = np.zeros((x1.max() + 1, x2.max() + 1, y.max() + 1))
    np.add.at(table, (x1, x2, y), 1)
    return table / len(y)


def draw(seed: int, n: int = 500, shape=(4, 3, 3)):
    rng = np.random.default_rng(seed)
    cells = rng.choice(np.prod(shape), size=n, p=rng.dirichlet(np.full(np.prod(shape), 0.4)))
    return np.unravel_index(cells, shape)


@pytest.mark.parametrize("seed", range(4))
def test_without_correction_it_is_the_decomposition_of_the_counts(seed):
    x1, x2, y = draw(seed)
    found = DiscretePID(cells="given", correction="none", tol_bits=1e-8, n_rotations=3).fit(x1, x2, y)
    exact = info.decompose(counted(x1, x2, y), tol_bits=1e-8)
    for name in (*ATOMS, "mi1", "mi2", "joint_mi"):
        # the gap asked for, twice
        assert getattr(found, f"{name}_") == pytest.approx(float(getattr(exact, name)), abs=2e-8)


@pytest.mark.parametrize("name", GATES)
def test_gates_within_their_errors(name):
    gate = GATES[name]
    found = DiscretePID(cells="given", n_rotations=99).fit(*gate.sample(4000, random_state=1))
    for atom in ATOMS:
        # 4 standard errors, and 0.002 bit for the bias of at most 12 cells at 4,000 samples
        slack = 4 * getattr(found, f"{atom}_stderr_") + 0.002
        assert getattr(found, f"{atom}_") == pytest.approx(getattr(gate, atom), abs=slack)
    assert found.p_value_ <= 0.01


def test_lagged_streams_are_found_at_their_lags():
    streams = lagged_streams(3000, random_state=0)
    windows = ip.windows_from_arrays(streams.arrays, streams.y, steps=4)
    d = DiscretePID(n_cells=4, n_rotations=19).estimate(windows, np.arange(4))
    exact = info.decompose(streams.tables[:, :, :4])
    off = ~np.eye(4, dtype=bool)
    for name, truth in (
        ("redundancy", exact.redundancy),
        ("unique", exact.unique1),
        ("synergy", exact.synergy),
    ):
        # sampling error of 0.83 bit at 3,000 steps is about 0.012 bit
        np.testing.assert_allclose(d[name].values[off], np.asarray(truth)[off], atol=0.05)


def test_miller_madow_by_hand():
    # 2 x 2 cells, all occupied: bias of I is (4 - 2 - 2 + 1) / 2N = 1 / 2N nats
    x1, x2 = np.tile([0, 0, 1, 1], 50), np.tile([0, 1, 0, 1], 50)
    y = np.tile([0, 1, 1, 1, 0, 0, 1, 0], 25)
    plain = DiscretePID(cells="given", correction="none", n_rotations=3).fit(x1, x2, y)
    corrected = DiscretePID(cells="given", n_rotations=3).fit(x1, x2, y)
    one = 1 / (2 * 200) / np.log(2)
    assert plain.mi1_ - corrected.mi1_ == pytest.approx(one)
    # 4 pairs of source cells, 2 classes; how many of the 8 are occupied is counted
    occupied = len(set(zip(x1, x2, y, strict=True)))
    assert plain.joint_mi_ - corrected.joint_mi_ == pytest.approx((occupied - 4 - 2 + 1) * one)


@pytest.mark.slow
@pytest.mark.parametrize("correction", ["miller-madow", "shuffle"])
def test_corrections_remove_the_bias_of_noise(correction):
    found = {name: [] for name in ("mi1", "joint_mi")}
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x1, x2, y = rng.integers(0, 5, 300), rng.integers(0, 5, 300), rng.integers(0, 3, 300)
        fitted = DiscretePID(cells="given", correction=correction, n_rotations=3).fit(x1, x2, y)
        for name, values in found.items():
            values.append(getattr(fitted, f"{name}_"))
    # uncorrected: 8 / 600 nats = 0.019 bit for mi1 and 48 / 600 nats = 0.115 bit for the pair
    assert abs(np.mean(found["mi1"])) < 0.005
    assert abs(np.mean(found["joint_mi"])) < 0.02


def test_sum_rules_hold_with_every_correction():
    x1, x2, y = draw(7)
    for correction in ("none", "miller-madow", "shuffle"):
        f = DiscretePID(cells="given", correction=correction, n_rotations=3).fit(x1, x2, y)
        assert f.redundancy_ + f.unique1_ == pytest.approx(f.mi1_, abs=1e-9)
        assert f.redundancy_ + f.unique2_ == pytest.approx(f.mi2_, abs=1e-9)
        total = f.redundancy_ + f.unique1_ + f.unique2_ + f.synergy_
        assert total == pytest.approx(f.joint_mi_, abs=1e-9)


def sticky(n: int = 20_000, stay: float = 0.9, seed: int = 0) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).random(n) > stay) % 2


def test_what_the_targets_past_tells_already_is_not_counted_twice():
    y = sticky()
    noise = np.random.default_rng(1).integers(0, 2, len(y))
    arrays = {
        "repeats": np.r_[0, y[:-1]][:, None],  # at t it shows y(t-1)
        "foresees": np.r_[y[1:], 0][:, None],  # at t it shows y(t+1)
        "noise": noise[:, None],
    }
    windows = ip.windows_from_arrays(arrays, y, steps=2)
    flip = -0.9 * np.log2(0.9) - 0.1 * np.log2(0.1)  # H(y(t) | y(t-1)) = 0.469 bit

    def mi(history: int):
        estimator = DiscretePID(cells="given", target_history=history, n_rotations=3)
        profile = ip.TemporalRUS(estimator).fit(windows).profile_
        assert profile.dataset.attrs["target_history"] == history
        return profile.dataset["mi"]

    # 4 standard errors of the flip rate at 20,000 steps: 0.1 +- 0.0085, that is 0.027 bit
    lagged, directed = mi(0), mi(1)
    assert float(lagged.sel(source="repeats", lag=0)) == pytest.approx(1 - flip, abs=0.027)
    assert float(lagged.sel(source="foresees", lag=1)) == pytest.approx(1.0, abs=0.01)
    assert float(directed.sel(source="repeats", lag=0)) == pytest.approx(0.0, abs=1e-4)
    assert float(directed.sel(source="foresees", lag=1)) == pytest.approx(flip, abs=0.027)
    assert float(directed.sel(source="noise", lag=0)) == pytest.approx(0.0, abs=1e-3)


def test_synergy_with_the_past_conditioned_on():
    # y(t) = y(t-1) xor a(t) xor b(t): given the past, a and b are an exclusive or; without it, nothing
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 2, (2, 4000))
    y = np.cumsum(a ^ b) % 2
    windows = ip.windows_from_arrays({"a": a[:, None], "b": b[:, None]}, y, steps=1)
    blind, seeing = (
        DiscretePID(cells="given", target_history=h, n_rotations=3).estimate(windows, np.array([0]))
        for h in (0, 1)
    )
    assert float(seeing["synergy"].sel(source_i="a", source_j="b").item()) == pytest.approx(1.0, abs=0.01)
    assert float(blind["synergy"].sel(source_i="a", source_j="b").item()) == pytest.approx(0.0, abs=0.01)


def test_the_past_stays_inside_segments_and_labels():
    y = np.array([0, 1, -1, 1, 0, 1, 0, 1])
    windows = ip.windows_from_arrays({"x": np.arange(8.0)[:, None]}, y, steps=1, entity=list("aaaaabbb"))
    from interplay.estimators.target_history import past_labels

    kept, context = past_labels(windows, 1)
    # labelled, with a labelled step before it in the same entity: rows 1, 4 of a and 6, 7 of b
    np.testing.assert_array_equal(kept.last, [1, 4, 6, 7])
    np.testing.assert_array_equal(context, y[[0, 3, 5, 6]])


@pytest.mark.slow
def test_standard_errors_are_those_of_repeated_draws():
    gate = GATES["AND"]
    found = [
        DiscretePID(cells="given", n_rotations=3).fit(*gate.sample(800, random_state=k)) for k in range(40)
    ]
    for atom in ATOMS:
        spread = np.std([getattr(f, f"{atom}_") for f in found], ddof=1)
        told = np.mean([getattr(f, f"{atom}_stderr_") for f in found])
        if spread > 1e-3:
            # the spread of 40 draws is known to about 11 %; four of these, and the first order of the bootstrap
            assert told == pytest.approx(spread, rel=0.5)


def test_unobserved_steps_are_a_cell_of_their_own():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 600)
    x = np.where(y == 1, np.nan, rng.normal(size=600))[:, None]  # being missing tells the label
    windows = ip.windows_from_arrays({"x": x, "z": rng.normal(size=(600, 1))}, y, steps=1, fill="mark")
    found = DiscretePID(n_rotations=3).estimate(windows, np.array([0]))
    assert float(found["mi"].sel(source="x").item()) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cells": "magic"}, "cells must be one of"),
        ({"correction": "magic"}, "correction must be one of"),
        ({"cells": "given"}, "takes at most 256 distinct steps"),
        ({"target_history": -1}, "target_history must be a whole number of at least 0; got -1"),
        ({"target_history": 1}, "no window has them"),
    ],
)
def test_what_cannot_be_estimated_is_refused(settings, message):
    rng = np.random.default_rng(0)
    windows = ip.windows_from_arrays({"x": rng.normal(size=(300, 1, 1)), "z": rng.normal(size=(300, 1, 1))},
                                     np.arange(300) % 2)  # fmt: skip
    with pytest.raises(InvalidInput, match=message):
        DiscretePID(**settings).estimate(windows, np.array([0]))


def test_quantiles_take_one_channel():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 400)
    wide = ip.windows_from_arrays(
        {"x": rng.normal(size=(400, 2)), "z": rng.normal(size=(400, 1))}, y, steps=1
    )
    with pytest.raises(InvalidInput, match="'x' has 2 numbers per step"):
        DiscretePID(cells="quantile").estimate(wide, np.array([0]))
    y = rng.permutation(np.arange(400) % 2)  # balanced, so that the median lies between the classes
    told = DiscretePID(cells="quantile", n_cells=4, n_rotations=3).fit(
        y + 0.1 * rng.normal(size=400), y * 0.0, y
    )
    assert told.mi1_ == pytest.approx(1.0, abs=0.02)


def test_another_measure_of_redundancy_is_asked_instead():
    """Of two bits that are the target together, what both could tell is one bit by I_mmi, and nothing by BROJA."""
    two = np.arange(4000) % 4
    x1, x2, y = two % 2, two // 2, two
    alone = DiscretePID(cells="given", correction="none", n_rotations=3).fit(x1, x2, y)
    least = DiscretePID(cells="given", correction="none", n_rotations=3, measure=LeastOfTwo()).fit(x1, x2, y)
    assert alone.redundancy_ == pytest.approx(0.0, abs=1e-6)
    assert least.redundancy_ == pytest.approx(1.0, abs=1e-9)
    assert least.joint_mi_ == pytest.approx(alone.joint_mi_, abs=1e-12)


class LeastOfTwo:
    """I_mmi: redundancy is the smaller of both informations, so that the union is the larger."""

    def union_information(self, p1, p2):
        return BetterSource(p1, p2)


class BetterSource:
    def __init__(self, p1, p2):
        self.p1, self.p2, self.gap_bits = p1, p2, torch.zeros(len(p1), dtype=torch.float64)

    def log_score(self, cell1, cell2, y):
        scores = []
        for p, cell in ((self.p1, cell1), (self.p2, cell2)):
            log_p = torch.log(p / p.sum(-1, keepdim=True))
            scores.append(log_p[torch.arange(len(p))[:, None], cell, y])
        better = (scores[0].mean(-1) >= scores[1].mean(-1))[:, None]
        return torch.where(better, *scores)


@pytest.mark.slow
def test_a_partner_of_noise_has_no_atoms_and_an_exclusive_or_beside_it_has():
    false = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        a, b = rng.integers(0, 2, (2, 600))
        ring = 2.0 * np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])
        arrays = {
            "graded": ring[2 * a + b] + rng.normal(size=(600, 2)),
            "noise": rng.normal(size=(600, 2)),
            "bit": 4.0 * rng.integers(0, 2, (600, 1)) + rng.normal(size=(600, 1)),
        }
        windows = ip.windows_from_arrays(arrays, 2 * a + b, steps=1)
        d = ip.TemporalRUS(DiscretePID(n_rotations=99, n_bootstrap=20)).fit(windows).profile_.dataset
        of_noise = [
            d[f"{atom}_q_value"].values[m, 1, 0] for atom in ("redundancy", "synergy") for m in (0, 2)
        ]
        false += min(*of_noise, d.unique_q_value.values[1, 0, 0]) <= 0.05
        assert d.unique_q_value.values[0, 1, 0] <= 0.05
    # 20 profiles with a chance of 5 % each: at most 4 with probability 0.997
    assert false <= 4
    rng = np.random.default_rng(0)
    a, b, noise = rng.integers(0, 2, (3, 400))
    again = rng.random(400) < 0.5
    y = np.where(again, rng.integers(0, 2, 400), a ^ b)
    arrays = {"a": a[:, None], "b": b[:, None], "noise": noise[:, None]}
    windows = ip.windows_from_arrays(arrays, y, steps=1)
    d = ip.TemporalRUS(DiscretePID(cells="given", n_rotations=99)).fit(windows).profile_.dataset
    # 0.19 bit of 400 windows are 53 nats
    assert d.synergy_q_value.values[0, 1, 0] < 1e-6
    assert min(d.synergy_q_value.values[0, 2, 0], d.synergy_q_value.values[1, 2, 0]) > 0.05


def test_intervals_know_that_cells_are_rarely_met():
    # 144 pairs of cells, twice two classes and 1,000 rows: what Miller and Madow correct is too little by 0.03 bit
    truth, inside = 1 - info.entropy(np.array([0.05, 0.95])), []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        a, b, c = rng.integers(0, 2, (3, 1000))
        y = a ^ b ^ c ^ (rng.random(1000) < 0.05)
        shown = {name: (bit + 0.1 * rng.normal(size=1000))[:, None] for name, bit in (("a", a), ("b", b))}
        windows = ip.windows_from_arrays(shown | {"c": c[:, None].astype(float)}, y, steps=1)
        estimator = DiscretePID(given="c", n_rotations=19, n_bootstrap=50)
        d = ip.TemporalRUS(estimator).fit(windows).profile_.dataset.squeeze()
        synergy, stderr = (
            d[name].sel(source_i="a", source_j="b").item() for name in ("synergy", "synergy_stderr")
        )
        inside.append(abs(synergy - truth) < 1.96 * stderr)
    # 95 of 100; without doubt of the correction it is 4 of these 6
    assert sum(inside) >= 5
