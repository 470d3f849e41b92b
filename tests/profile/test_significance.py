"""The one rule of what is really there, asked by sentences, report, top and the model's context."""

import numpy as np
import pytest
import torch
from scipy.stats import norm

import interplay as ip
from interplay.nn import InteractionMoE, ModelConfig, empty_context, interaction_context
from interplay.profile.significance import (
    LEVEL,
    RESOLUTION_BITS,
    q_values,
    significant,
    significant_atoms,
    tail_of_error,
)
from interplay.report.profile_data import atom_table

FAST = {"epochs": 6, "n_rotations": 199, "n_bootstrap": 100}


@pytest.mark.parametrize(
    ("case", "verdict"),
    [
        ({"bits": 0.1}, True),  # of a profile by hand nothing is known against it
        ({"bits": RESOLUTION_BITS / 2}, False),
        ({"bits": np.nan}, False),
        ({"bits": -0.1}, False),
        ({"bits": 0.1, "stderr": 0.05}, True),  # two errors
        ({"bits": 0.1, "stderr": 0.0525}, False),  # 1.9 errors
        ({"bits": 0.1, "p_value": LEVEL}, True),
        ({"bits": 0.1, "p_value": 0.051}, False),
        ({"bits": 0.1, "p_value": 0.01, "q_value": 0.051}, False),
        ({"bits": 0.1, "stderr": 0.01, "p_value": 0.01, "q_value": 0.02}, True),
    ],
)
def test_the_rule(case, verdict):
    assert bool(significant(**case)) is verdict


def test_q_values_by_hand():
    # sorted 0.01, 0.03, 0.04 of three: 0.01 * 3 / 1, then 0.03 * 3 / 2 = 0.045 and 0.04 * 3 / 3, of which the least
    p = np.array([[0.01, np.nan], [0.04, 0.03]])
    np.testing.assert_allclose(q_values(p), [[0.03, np.nan], [0.04, 0.04]])


def test_an_atom_is_judged_by_its_own_p_value_where_there_is_one():
    values = np.full((2, 2, 1), 0.3)
    profile = ip.InteractionProfile.from_arrays(
        ("a", "b"), redundancy=values, unique=values, synergy=values, step_s=1.0, h_y_bits=2.0
    )
    dims = profile.dataset["synergy"].dims
    profile.dataset["p_value"] = (dims, np.full((2, 2, 1), 0.5))
    assert not profile.significant("synergy").any()
    profile.dataset["synergy_p_value"] = (dims, np.full((2, 2, 1), 0.01))
    assert profile.significant("synergy").sum() == 2
    assert not profile.significant("redundancy").any()


def noise(seed: int) -> ip.Windows:
    """100 windows of 25 people, four modalities that have nothing to do with the label."""
    rng = np.random.default_rng(seed)
    arrays = {f"m{m}": rng.standard_normal((100, 4, 2)) for m in range(4)}
    return ip.windows_from_arrays(arrays, rng.integers(0, 2, 100), entity=np.arange(100) % 25)


def profile_of(windows: ip.Windows, **settings) -> ip.InteractionProfile:
    estimator = ip.PosteriorPID(**{**FAST, **settings})
    return ip.TemporalRUS(estimator, progress=lambda done: None).fit(windows).profile_


@pytest.mark.parametrize("seed", range(10))
def test_pure_noise_gives_an_empty_context_and_the_unguided_model(seed):
    windows = noise(seed)
    profile = profile_of(windows)
    context = interaction_context(profile, windows.modalities, steps=4, step_s=1.0)
    assert context.is_empty()
    assert profile.sentences(20) == []
    assert not profile.top(20)["significant"].any()
    assert not any(atom_table(profile, atom).clear.any() for atom in ("redundancy", "unique", "synergy"))
    config = ModelConfig(width=16, heads=2, expert_width=16)
    x = {name: torch.from_numpy(values) for name, values in windows.batch(np.arange(8)).x.items()}
    seen = torch.ones(8, 4, 4, dtype=torch.bool)
    logits = []
    for each in (context, empty_context(4, 4)):
        torch.manual_seed(0)
        logits.append(InteractionMoE(windows.schema, config, each).eval()(x, seen).logits)
    assert torch.equal(*logits)


def test_a_real_atom_beside_noise_keeps_its_guidance_and_noise_gets_none():
    rng = np.random.default_rng(0)
    z = rng.integers(0, 2, (2, 1200))
    arrays = {
        name: (z[k][:, None] + 0.2 * rng.standard_normal((1200, 2))) for k, name in enumerate(("a", "b"))
    }
    arrays |= {f"n{k}": rng.standard_normal((1200, 2)) for k in range(3)}
    windows = ip.windows_from_arrays(arrays, z[0] ^ z[1], steps=1, entity=np.arange(1200) % 40)
    profile = profile_of(windows)
    context = interaction_context(profile, windows.modalities, steps=1, step_s=1.0)
    i, j = (windows.modalities.index(name) for name in ("a", "b"))
    # the exclusive or of two bits is one bit of synergy, all of the target's entropy
    assert context.synergy[0, i, j, 0] == pytest.approx(1.0, abs=0.05)
    atoms = torch.stack([context.redundancy, context.unique, context.synergy])
    atoms[2, 0, i, j] = atoms[2, 0, j, i] = 0.0
    assert not atoms.any()


def test_every_consumer_asks_the_same_rule():
    windows = noise(0)
    profile = profile_of(windows)
    # errors and chance are taken away, then everything above 0 is there for all of them
    doubts = [name for name in profile.dataset if name.endswith(("_stderr", "_value", "gap_bits"))]
    bare = ip.InteractionProfile(profile.dataset.drop_vars(doubts))
    context = interaction_context(bare, windows.modalities, steps=4, step_s=1.0)
    for atom, values in (
        ("redundancy", context.redundancy),
        ("unique", context.unique),
        ("synergy", context.synergy),
    ):
        there = significant_atoms(bare.dataset, atom)
        assert there.any() == bool(bare.top(40, atom=atom)["significant"].any())
        np.testing.assert_array_equal(values[0].numpy() > 0, there[..., ::-1])
        table = atom_table(bare, atom)
        np.testing.assert_array_equal(table.clear, there[table.first, table.second])


@pytest.mark.parametrize(
    ("bits", "stderr", "of_draw"), [(0.7, 0.28, 0.08), (0.1, 0.3, 0.01), (0.0, 0.2, 0.1), (-0.4, 0.3, 0.1)]
)
def test_an_error_is_normal_by_the_draw_and_even_by_the_doubt(bits, stderr, of_draw):
    half_width = np.sqrt(3 * (stderr**2 - of_draw**2))
    at, weight = np.polynomial.legendre.leggauss(2000)
    # the definition, by a quadrature that is exact for smooth integrands
    expected = 0.5 * weight @ norm.sf((bits - half_width * at) / np.hypot(of_draw, 1e-4))
    assert tail_of_error(bits, stderr, of_draw) == pytest.approx(expected, rel=1e-8)


def test_without_doubt_an_error_is_normal():
    assert tail_of_error(0.3, 0.1, 0.1) == pytest.approx(norm.sf(3.0), rel=1e-5)
    # a doubt of a ten-thousandth changes nothing that is seen
    assert tail_of_error(0.3, 0.1 * (1 + 1e-8), 0.1) == pytest.approx(norm.sf(3.0), rel=1e-4)


def test_beyond_the_bounds_of_a_doubt_the_draw_alone_speaks():
    # 0.5 bit less 0.346 of doubt are 15 standard deviations of the draw, where a normal error has 2.5
    assert tail_of_error(0.5, 0.2, 0.01) < 1e-30
    assert norm.sf(0.5 / 0.2) > 1e-3
