"""Agreement of a router with a profile, on routings made by hand."""

from importlib import import_module

import numpy as np
import pytest

from interplay.errors import InvalidInput
from interplay.metrics import Agreement, routing_agreement
from interplay.metrics.routing_agreement import _Counts
from soon import seconds

M, T = 8, 6
FIRST, SECOND = np.triu_indices(M, 1)
SYNERGISTIC = ((0, 1, 2), (2, 3, 0), (2, 3, 1), (4, 5, 5), (1, 6, 3), (5, 7, 4), (0, 2, 4))
"""Pair and step of each; six pairs in all."""


def symmetric(values: np.ndarray) -> np.ndarray:
    """(P, T) of pairs as (M, M, T)."""
    full = np.full((M, M, values.shape[1]), np.nan)
    full[FIRST, SECOND] = full[SECOND, FIRST] = values
    return full


def few_atoms() -> np.ndarray:
    atoms = np.zeros((M, M, T))
    for k, (i, j, t) in enumerate(SYNERGISTIC):
        atoms[i, j, t] = atoms[j, i, t] = 0.1 + 0.1 * k
    return atoms


def mass_of_tokens(tokens: np.ndarray) -> np.ndarray:
    """What pairs give to synergy experts if tokens (M, T) give so much."""
    return symmetric(0.5 * (tokens[FIRST] + tokens[SECOND]))


def gamma_by_loop(router, profile) -> float:
    """Gamma of its definition; profile and router in whole levels."""
    alike = reverse = 0
    for a in range(len(router)):
        for b in range(a):
            if profile[a] != profile[b] and abs(router[a] - router[b]) > 10:
                agree = (profile[a] > profile[b]) == (router[a] > router[b])
                alike, reverse = alike + agree, reverse + (not agree)
    return (alike - reverse) / (alike + reverse)


def test_perfect_routing_reaches_1_however_few_pairs_are_synergistic():
    atoms = few_atoms()
    rng = np.random.default_rng(0)
    mass = np.where(atoms > 0, 1.0, 0.9 * rng.random((M, M, T)))
    found = routing_agreement(mass, atoms)
    assert (found.gamma, found.low, found.high) == (1.0, 1.0, 1.0)
    assert found.n == 28 * 6
    # one synergistic place of 168, where a rank correlation would reach 0.13
    atoms[:] = 0
    atoms[0, 1, 2] = atoms[1, 0, 2] = 0.3
    assert routing_agreement(np.where(atoms > 0, 1.0, mass * 0.9), atoms).gamma == 1.0


def test_tokens_routed_perfectly_reach_1_though_pairs_share_them():
    """Two tokens of different synergistic pairs make a pair that is not synergistic and gets all its mass, too."""
    atoms = few_atoms()
    tokens = np.zeros((M, T))
    for i, j, t in SYNERGISTIC:
        tokens[[i, j], t] = 1.0
    mass = mass_of_tokens(tokens)
    assert (mass[atoms == 0] == 1.0).any()
    assert routing_agreement(mass, atoms).gamma == 1.0


def test_redundant_pairs_routed_alike_and_others_apart_are_the_mirror_image():
    atoms = few_atoms()
    divergence = np.where(atoms > 0, 0.0, 0.5 + 0.5 * np.random.default_rng(0).random((M, M, T)))
    found = routing_agreement(divergence, atoms)
    assert (found.gamma, found.low, found.high) == (-1.0, -1.0, -1.0)


def test_a_reversed_routing_is_minus_what_it_reverses():
    rng = np.random.default_rng(3)
    tokens, atoms = rng.random((M, T)), few_atoms()
    ahead, reverse = (routing_agreement(mass_of_tokens(x), atoms) for x in (tokens, 1 - tokens))
    assert ahead.gamma == pytest.approx(-reverse.gamma, abs=1e-12)
    assert (ahead.low, ahead.high) == pytest.approx((-reverse.high, -reverse.low), abs=1e-12)


def test_routing_that_knows_nothing_of_the_profile_has_0_on_average_and_intervals_that_hold_it(monkeypatch):
    # the module, which its function hides
    monkeypatch.setattr(import_module("interplay.metrics.routing_agreement"), "N_BOOTSTRAP", 100)
    rng = np.random.default_rng(1)
    atoms = few_atoms()
    found = [routing_agreement(mass_of_tokens(rng.random((M, T))), atoms) for _ in range(100)]
    values = np.array([one.gamma for one in found])
    # the standard error of the mean of a hundred, four times
    assert abs(values.mean()) < 4 * values.std() / 10
    assert 0.05 < values.std() < 0.4
    held = np.mean([one.low <= 0 <= one.high for one in found])
    # 95 % is asked for, six pairs give about 90 %, and the error of a hundred draws of that is 3 %
    assert 0.8 <= held < 1


def test_it_is_gamma_over_places_where_both_are_known():
    rng = np.random.default_rng(2)
    router = rng.integers(0, 1001, (len(FIRST), T))
    profile = rng.integers(0, 4, (len(FIRST), T))
    profile[0, 0] = 100
    known = rng.random(router.shape) > 0.2
    known[0, 0] = True
    found = routing_agreement(symmetric(np.where(known, router / 1000, np.nan)), symmetric(profile / 100))
    assert found.gamma == pytest.approx(gamma_by_loop(router[known], profile[known]), rel=1e-12)
    assert found.n == known.sum()
    assert found.low < found.gamma < found.high


def test_resamples_count_a_pair_as_often_as_it_is_drawn():
    rng = np.random.default_rng(4)
    router, profile = rng.integers(0, 1001, (7, T)), rng.integers(0, 3, (7, T))
    profile[0, 0] = 100
    pair = np.repeat(np.arange(7), T)
    counts = _Counts(router.ravel() / 1000, profile.ravel() / 1.0, pair, 7)
    times = rng.multinomial(7, np.full(7, 1 / 7), 5)
    for row, gamma in zip(times, counts.gamma(times), strict=True):
        written = [np.repeat(side, row, axis=0).ravel() for side in (router, profile)]
        assert gamma == pytest.approx(gamma_by_loop(*written), rel=1e-12)


def test_differences_up_to_a_hundredth_are_ties():
    atoms = few_atoms()
    # synergistic pairs get a hundredth more, which is the same; then a little beyond that
    assert routing_agreement(np.where(atoms > 0, 0.51, 0.50), atoms).gamma is None
    assert routing_agreement(np.where(atoms > 0, 0.512, 0.50), atoms).gamma == 1.0


@pytest.mark.parametrize("constant", ["router", "profile"])
def test_nothing_that_differs_leaves_it_undefined(constant):
    drawn = mass_of_tokens(np.random.default_rng(0).random((M, T)))
    router, profile = (
        (np.full((M, M, T), 0.3), few_atoms()) if constant == "router" else (drawn, np.zeros((M, M, T)))
    )
    assert routing_agreement(router, profile) == Agreement(gamma=None, low=None, high=None, n=168)
    unknown = routing_agreement(np.full((M, M, T), np.nan), few_atoms())
    assert unknown == Agreement(gamma=None, low=None, high=None, n=0)


def test_fewer_than_five_pairs_that_stand_out_have_no_interval():
    atoms = few_atoms()
    mass = mass_of_tokens(np.random.default_rng(0).random((M, T)))
    assert routing_agreement(mass, atoms).low is not None
    atoms[:, :, 3:] = 0
    found = routing_agreement(mass, atoms)
    assert found.gamma is not None
    assert (found.low, found.high) == (None, None)


@pytest.mark.slow
def test_sixty_four_modalities_and_forty_eight_steps_take_seconds():
    rng = np.random.default_rng(0)
    atoms, mass = rng.random((2, 64, 64, 48))
    found = []
    # 2 s on one slow core, of profiles with as many levels as there can be
    assert seconds(lambda: found.append(routing_agreement(mass, atoms)), 20) < 20
    found = found[0]
    assert found.n == 2016 * 48
    assert found.low <= 0 <= found.high


def test_it_comes_back_from_numbers():
    for found in (
        Agreement(gamma=0.5, low=None, high=None, n=3),
        Agreement(gamma=-1.0, low=-1.0, high=0.5, n=9),
    ):
        assert Agreement.from_numbers(found.to_numbers()) == found


def test_shapes_must_agree_and_shares_be_shares():
    with pytest.raises(InvalidInput, match="one shape"):
        routing_agreement(np.ones((3, 3, 2)), np.ones((3, 3, 4)))
    with pytest.raises(InvalidInput, match="from 0 to 1; it goes from 0 to 3"):
        routing_agreement(np.full((3, 3, 2), 3.0), np.ones((3, 3, 2)))
