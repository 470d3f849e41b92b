"""The Gaussian decomposition against closed forms, a grid search and its own certificate."""

import numpy as np
import pytest

from interplay import info
from interplay.errors import InvalidInput
from interplay.info import decompose_gaussian

TOL = 1e-6


def random_covariances(n: int, d: int, seed: int = 0) -> np.ndarray:
    a = np.random.default_rng(seed).normal(size=(n, d, 2 * d))
    return a @ a.transpose(0, 2, 1) / d


def from_gains(h1: np.ndarray, h2: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Covariance of X1 = H1 Y + N1, X2 = H2 Y + N2 and white Y; `noise` is the covariance of (N1, N2)."""
    h = np.vstack([h1, h2])
    return np.block([[h @ h.T + noise, h], [h.T, np.eye(h.shape[1])]])


@pytest.mark.parametrize(("d1", "d2"), [(1, 1), (3, 2), (6, 1)])
def test_of_a_scalar_target_the_weaker_source_is_redundant(d1, d2):
    atoms = decompose_gaussian(random_covariances(20, d1 + d2 + 1), d1, d2, tol_bits=TOL)
    np.testing.assert_allclose(atoms.redundancy, np.minimum(atoms.mi1, atoms.mi2), atol=TOL)
    assert (atoms.gap_bits <= TOL).all()


def test_information_of_correlated_scalars():
    r = 0.6
    covariance = np.array([[1, 0, r], [0, 1, 0], [r, 0, 1]])
    atoms = decompose_gaussian(covariance, 1, 1)
    assert atoms.mi1 == pytest.approx(-0.5 * np.log2(1 - r**2), abs=1e-12)
    assert atoms.mi2 == pytest.approx(0, abs=1e-12)


def test_sources_of_different_parts_of_the_target_are_unique():
    covariance = from_gains(np.array([[2.0, 0.0]]), np.array([[0.0, 1.0]]), np.eye(2))
    atoms = decompose_gaussian(covariance, 1, 1, tol_bits=TOL)
    # log det((1 + 4 - c^2 / 2) ...) is least at c = 0: I_Q = 1/2 log2 5 + 1/2 log2 2
    assert atoms.unique1 == pytest.approx(0.5 * np.log2(5), abs=TOL)
    assert atoms.unique2 == pytest.approx(0.5, abs=TOL)
    assert atoms.redundancy == pytest.approx(0, abs=TOL)
    assert atoms.synergy == pytest.approx(0, abs=TOL)


def test_common_noise_is_synergy():
    # the second source is the noise of the first: alone it says nothing, together they remove it
    covariance = np.array([[2.0, 0.9, 1.0], [0.9, 1.0, 0.0], [1.0, 0.0, 1.0]])
    atoms = decompose_gaussian(covariance, 1, 1, tol_bits=TOL)
    left = 2.0 - 1.0 - 0.9**2
    assert atoms.mi2 == pytest.approx(0, abs=TOL)
    assert atoms.synergy == pytest.approx(0.5 * np.log2((1 + left) / left) - 0.5, abs=TOL)


@pytest.mark.parametrize("seed", range(5))
def test_equals_a_grid_search_over_the_coupling(seed):
    rng = np.random.default_rng(seed)
    h1, h2 = rng.normal(size=(2, 1, 2))
    atoms = decompose_gaussian(from_gains(h1, h2, np.eye(2)), 1, 1, tol_bits=TOL)
    values = []
    for c in np.linspace(-0.9999, 0.9999, 20001):
        whole = from_gains(h1, h2, np.array([[1, c], [c, 1]]))[:2, :2]
        values.append(0.5 * np.log2(np.linalg.det(whole) / (1 - c**2)))
    # a grid of 1e-4 in a smooth minimum misses by less than 1e-6
    assert atoms.joint_mi - atoms.synergy == pytest.approx(min(values), abs=3e-6)


@pytest.mark.parametrize(("d1", "d2", "k"), [(2, 2, 2), (2, 5, 4), (10, 8, 3)])
def test_vectors_obey_every_rule_within_the_certificate(d1, d2, k):
    covariance = random_covariances(10, d1 + d2 + k, seed=k)
    atoms = decompose_gaussian(covariance, d1, d2)
    assert (atoms.gap_bits <= 1e-4).all()
    np.testing.assert_allclose(atoms.redundancy + atoms.unique1, atoms.mi1, atol=1e-12)
    total = atoms.redundancy + atoms.unique1 + atoms.unique2 + atoms.synergy
    np.testing.assert_allclose(total, atoms.joint_mi, atol=1e-12)
    for atom in (atoms.redundancy, atoms.unique1, atoms.unique2, atoms.synergy):
        assert (atom >= -1e-4).all()
    order = np.r_[d1 : d1 + d2, :d1, d1 + d2 : d1 + d2 + k]
    swapped = decompose_gaussian(covariance[:, order[:, None], order], d2, d1)
    np.testing.assert_allclose(atoms.unique1, swapped.unique2, atol=2e-4)


def test_invertible_mixing_of_channels_changes_nothing():
    covariance = random_covariances(1, 7)[0]
    mixing = np.eye(7)
    mixing[:3, :3] = np.random.default_rng(1).normal(size=(3, 3))
    one = decompose_gaussian(covariance, 3, 2, tol_bits=TOL)
    other = decompose_gaussian(mixing @ covariance @ mixing.T, 3, 2, tol_bits=TOL)
    assert one.synergy == pytest.approx(other.synergy, abs=2 * TOL)


def test_a_matrix_that_is_no_covariance_is_refused():
    with pytest.raises(InvalidInput, match="positive definite"):
        info.decompose_gaussian(np.ones((3, 3)), 1, 1)
    with pytest.raises(InvalidInput, match="shape"):
        info.decompose_gaussian(np.eye(2), 1, 1)
