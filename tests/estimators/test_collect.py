"""ProfileBuilder: p-values of atoms by hand, for all of them at once and with their own errors."""

import numpy as np
import pytest
import torch
from scipy.stats import norm

import interplay as ip
from interplay.estimators import PosteriorPID
from interplay.estimators.collect import ProfileBuilder
from interplay.profile.significance import significant_atoms


def test_p_values_of_atoms_are_those_of_chance_or_of_the_error_times_how_many_there_are():
    rng = np.random.default_rng(0)
    x = {"a": rng.normal(size=(400, 1)), "b": rng.normal(size=(400, 1))}
    windows = ip.windows_from_arrays(x, np.arange(400) % 2, steps=1, entity=np.arange(400))
    builder = ProfileBuilder(windows, np.array([0]), n_bootstrap=2000, rng=rng)
    score = torch.from_numpy(rng.normal(0.3, 1.0, size=(2, 1, 400)))
    builder.add_modality(score)
    chance = {"redundancy": [1e-9], "unique_ij": [1e-9], "unique_ji": [0.4], "synergy": [1e-3]}
    least = torch.maximum(score[0], score[1])
    builder.add_pair(score[0], score[1], least, least + 0.5, p_values=chance)
    d = builder.dataset()
    of_error = norm.sf(d.unique.values[0, 1, 0] / np.hypot(d.unique_stderr.values[0, 1, 0], 1e-4))
    of_both = norm.sf(d.redundancy.values[0, 1, 0] / np.hypot(d.redundancy_stderr.values[0, 1, 0], 1e-4))
    alone = sorted([max(of_error, 1e-9), max(of_both, 1e-9), 0.4, 1e-3])
    # Holm: the smallest of four times four, the next times three, and none smaller than one before it
    exact = np.minimum(np.maximum.accumulate(np.array(alone) * [4, 3, 2, 1]), 1.0)
    q = [d.unique_q_value.values[0, 1, 0], d.redundancy_q_value.values[0, 1, 0]]
    q += [d.unique_q_value.values[1, 0, 0], d.synergy_q_value.values[0, 1, 0]]
    assert sorted(q) == pytest.approx(sorted(exact))
    assert d.synergy_q_value.values[0, 1, 0] == d.synergy_q_value.values[1, 0, 0]


def test_errors_say_what_a_dozen_entities_can_hide():
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(12), 200)
    a, b = rng.integers(0, 2, (2, len(who)))
    # an offset of each entity six times as large as what tells: 0.0066 bit of new entities, and none of known ones
    x = {
        name: ((2 * bit - 1) * 0.5 + 3.0 * rng.normal(size=12)[who] + 0.2 * rng.normal(size=len(who)))[
            :, None
        ]
        for name, bit in (("a", a), ("b", b))
    }
    d = (
        ip.TemporalRUS(PosteriorPID(n_rotations=19))
        .fit(ip.windows_from_arrays(x, a & b, steps=1, entity=who))
        .profile_.dataset
    )
    for atom in ("redundancy", "unique", "synergy"):
        assert not significant_atoms(d, atom).any()
        # half a nat over twelve effective windows are 0.06 bit, which only what was learned makes smaller
        assert 0.02 <= d[f"{atom}_stderr"].values[0, 1, 0] <= 0.08
