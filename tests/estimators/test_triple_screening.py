"""Which triples are chosen: those that were planted, and few by chance."""

import numpy as np
import pytest

import interplay as ip
from interplay.estimators.triple_screening import choose_triples, strength_in
from interplay.profile import InteractionProfile

LAG_0 = np.array([0])


def screened(shown, y, most=12, profile=None, lags=LAG_0, history=0, **shape):
    arrays = {f"m{k:02d}": np.asarray(x, dtype=float)[:, None] for k, x in enumerate(shown)}
    windows = ip.windows_from_arrays(arrays, y, **({"steps": 1} | shape))
    return choose_triples(windows, windows.modalities, lags, history, most, profile)


def parity_among(n_modalities, n, wrong=0.0, seed=0):
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2, (n_modalities, n))
    y = bits[1] ^ bits[3] ^ bits[4] ^ (rng.random(n) < wrong)
    return 2 * bits - 1 + 0.3 * rng.normal(size=bits.shape), y.astype(int)


def test_a_parity_is_the_only_triple_that_is_chosen():
    chosen = screened(*parity_among(8, 800))
    assert chosen.triples == (("m01", "m03", "m04"),)
    assert (chosen.by, chosen.n_triples) == (("product",), 56)


def test_a_parity_is_seen_at_its_lag():
    shown, y = parity_among(6, 800)
    assert screened(np.roll(shown, -2, axis=1), y, lags=np.arange(3), steps=3).triples == (
        ("m01", "m03", "m04"),
    )
    assert screened(np.roll(shown, -2, axis=1), y, lags=LAG_0, steps=3).triples == ()


def test_noise_is_chosen_as_seldom_as_the_level_says():
    rng = np.random.default_rng(0)
    chosen = [screened(rng.normal(size=(6, 300)), rng.integers(0, 3, 300)).triples for _ in range(20)]
    # two rules and a level of 0.05: of 20 sets two are expected to have any at the most, and six are beyond 0.99
    assert sum(map(bool, chosen)) <= 5


def test_modalities_that_tell_alone_or_with_one_other_make_triples():
    rng = np.random.default_rng(0)
    signs = 2 * rng.integers(0, 2, (6, 1500)) - 1.0
    y = signs[0] + signs[2] * signs[4] + rng.normal(size=1500)
    chosen = screened(signs, y, classes=())
    assert (chosen.triples, chosen.by) == ((("m00", "m02", "m04"),), ("strength",))


def test_an_effect_that_adds_up_is_no_product_of_three():
    rng = np.random.default_rng(0)
    source = rng.random(4000) < 0.2
    alike = source ^ (rng.random((3, 4000)) < 0.1)
    y = (rng.random(4000) < 0.1 + 0.8 * alike.mean(0)).astype(int)
    assert screened(alike, y).by == ("strength",)


def test_a_profile_says_which_modalities_tell():
    zeros = np.zeros((4, 4, 2))
    synergy = zeros.copy()
    synergy[1, 3] = synergy[3, 1] = [0.0, 0.4]
    mi = np.array([[0.1, 0.3], [0.0, 0.0], [0.0, 0.0], [0.2, 0.0]])
    profile = InteractionProfile.from_arrays(
        [f"m{k:02d}" for k in range(4)],
        redundancy=zeros,
        unique=zeros,
        synergy=synergy,
        mi=mi,
        step_s=1,
        h_y_bits=1,
    )
    np.testing.assert_allclose(strength_in(profile, ["m00", "m01", "m02", "m03"]), [0.3, 0.4, 0.0, 0.4])
    rng = np.random.default_rng(0)
    chosen = screened(rng.normal(size=(4, 200)), rng.integers(0, 2, 200), profile=profile)
    assert (chosen.triples, chosen.by) == ((("m00", "m01", "m03"),), ("strength",))


def test_of_a_number_too_products_are_seen_beyond_its_own_past():
    rng = np.random.default_rng(0)
    shown = rng.normal(size=(5, 900))
    y = np.cumsum(shown[0] * shown[2] * shown[3])
    assert ("m00", "m02", "m03") in screened(shown, y, history=1, steps=2, classes=()).triples
    assert ("m00", "m02", "m03") not in screened(shown, y, steps=2, classes=()).triples


@pytest.mark.slow
def test_a_noisy_parity_of_three_in_sixty_four_is_chosen_of_41664():
    # 0.12 bit: an answer in four is flipped
    chosen = screened(*parity_among(64, 1000, wrong=0.3))
    assert ("m01", "m03", "m04") in chosen.triples
    assert (len(chosen.triples) <= 3, chosen.n_triples) == (True, 41_664)
