"""Families of hard tables reach 1e-6 bit, by certificates that are computed here once more, and agree with CLARABEL."""

import math

import numpy as np
import pytest
import torch

from benchmarks.solver import FAMILIES, equal_widths
from interplay import info
from interplay.errors import ConvergenceWarning
from interplay.info import broja, certificate
from oracles import least_joint_information

TOL_BITS = 1e-6
DEFAULT = [name for name in FAMILIES if FAMILIES[name] is not equal_widths]
ROUNDING = 1e-12
"""Sums of up to 14 000 terms of size at most 1 leave some 1e-14 nats."""


@pytest.fixture
def rounded_tables(monkeypatch):
    """Every table that the solver puts on the marginals, in the order in which it does."""
    tables = []

    def recording(*arguments):
        tables.append(rounded(*arguments))
        return tables[-1]

    rounded = certificate.rounded
    monkeypatch.setattr(certificate, "rounded", recording)
    return tables


def solved(one: np.ndarray, two: np.ndarray) -> broja.Coupling:
    p1, p2 = (torch.from_numpy(table)[None] for table in (one, two))
    return broja.solve(p1, p2, tol_nats=TOL_BITS * math.log(2))


def entropy(p: np.ndarray) -> float:
    return -np.sum(p * np.log(np.where(p > 0, p, 1.0)))


def check_lower_bound(coupling: broja.Coupling, one: np.ndarray, two: np.ndarray):
    """The potentials are feasible for every pair of cells, and their value is the bound."""
    alpha, beta = coupling.alpha[0].numpy(), coupling.beta[0].numpy()
    total = np.exp(alpha[:, None] + beta[None]).sum(-1)
    assert total.max() <= 1 + ROUNDING
    value = entropy(one.sum(0))
    for table, potential in ((one, alpha), (two, beta)):
        # entries below 1e-30 may be structural zeros, and add at most 1e-28 nats otherwise
        positive = table > 1e-30
        assert np.isfinite(potential[positive]).all()
        value += np.sum(table[positive] * potential[positive])
    assert coupling.lower_nats.item() == pytest.approx(value, abs=ROUNDING)


def check_upper_bound(coupling: broja.Coupling, tables: list, one: np.ndarray, two: np.ndarray):
    """Some table that keeps both marginals has the value that the bound names."""
    tables = [table[0].numpy() for table in tables if len(table)]
    if not tables:
        # one source says all that both say: closed form, no table but the sources' own
        best = max(entropy(t.sum(0)) + entropy(t.sum(1)) - entropy(t) for t in (one, two))
        # copies may differ by 1e-12 in each entry
        assert coupling.least_nats.item() == pytest.approx(best, abs=1e-9)
        return
    values = [entropy(q.sum((0, 1))) + entropy(q.sum(2)) - entropy(q) for q in tables]
    best = tables[int(np.argmin(values))]
    assert coupling.least_nats.item() == pytest.approx(min(values), abs=ROUNDING)
    assert (best >= 0).all()
    np.testing.assert_allclose(best.sum(1), one, rtol=0, atol=1e-15)
    np.testing.assert_allclose(best.sum(0), two, rtol=0, atol=1e-15)


def check_family(pairs, tables):
    n_pairs = 0
    for one, two in pairs:
        tables.clear()
        coupling = solved(one, two)
        assert coupling.gap_bits.item() <= TOL_BITS
        assert coupling.lower_nats.item() <= coupling.least_nats.item() + ROUNDING
        check_lower_bound(coupling, one, two)
        check_upper_bound(coupling, tables, one, two)
        n_pairs += 1
    assert n_pairs >= 12


@pytest.mark.parametrize("name", DEFAULT)
def test_every_table_of_a_family_is_certified(name, rounded_tables):
    check_family(FAMILIES[name](), rounded_tables)


@pytest.mark.slow
def test_gaussians_down_to_rows_of_1e_15_are_certified(rounded_tables):
    pairs = list(equal_widths())
    assert min(one.sum(1).min() for one, _ in pairs) < 1e-15
    # every seventh, which meets every size, width and pair of correlations
    check_family(pairs[::7], rounded_tables)


@pytest.mark.slow
def test_every_gaussian_of_equal_width_is_certified(rounded_tables):
    check_family(equal_widths(), rounded_tables)


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_small_tables_of_a_family_agree_with_an_independent_solver(name):
    small = [pair for pair in FAMILIES[name]() if pair[0].size * len(pair[1]) <= 8 * 8 * 8]
    for one, two in small:
        coupling = solved(one, two)
        # CLARABEL's own tolerance of 1e-8 on the conic program leaves it up to 4e-6 bit off on graded tables
        assert coupling.least_nats.item() / math.log(2) == pytest.approx(
            least_joint_information(one, two), abs=5e-6
        )
    assert small


def test_a_batch_of_graded_and_easy_tables_is_solved_as_each_alone():
    pairs = [pair for pair in FAMILIES["graded"]() if pair[0].shape == (8, 6)]
    pairs += [pair for pair in FAMILIES["Dirichlet"]() if pair[0].shape == (8, 6)]
    one, two = (np.stack(side) for side in zip(*pairs, strict=True))
    together = info.decompose_marginals(one, two)
    assert together.gap_bits.max() <= TOL_BITS
    for k, pair in enumerate(pairs):
        # both are certified to 1e-6
        assert together.redundancy[k] == pytest.approx(info.decompose_marginals(*pair).redundancy, abs=2e-6)


def test_entries_below_the_smallest_number_that_counts_are_zeros():
    one, two = next(FAMILIES["Dirichlet"]())
    faint = one.copy()
    faint[0, 0] += 1e-40
    whole, without = solved(faint, two), solved(one, two)
    assert whole.least_nats.item() == pytest.approx(without.least_nats.item(), abs=ROUNDING)
    # a class that one source knows to 1e-40 and the other not at all belongs to neither
    lone = solved(np.pad(one, ((0, 0), (0, 1)), constant_values=1e-29), np.pad(two, ((0, 0), (0, 1))))
    assert lone.gap_bits.item() <= TOL_BITS
    assert torch.isneginf(lone.alpha[..., -1]).all()


def test_y_marginals_that_differ_by_rounding_are_averaged_out():
    one, two = next(FAMILIES["Dirichlet"]())
    shifted = two * (1 + 5e-7 * np.linspace(-1, 1, two.shape[1]))
    shifted /= shifted.sum()
    atoms, exact = info.decompose_marginals(one, shifted), info.decompose_marginals(one, two)
    assert atoms.gap_bits <= TOL_BITS
    # a change of 5e-7 in each probability moves entropies of some bits by less than 1e-5
    assert atoms.redundancy == pytest.approx(exact.redundancy, abs=1e-5)


def test_a_missed_tolerance_names_the_gap_and_the_table():
    one, two = next(equal_widths())
    with pytest.warns(ConvergenceWarning) as caught:
        atoms = info.decompose_marginals(one, two, max_steps=3)
    (message,) = (str(warning.message) for warning in caught)
    assert f"is {atoms.gap_bits:.2g} bit" in message
    assert "8 x 8 cells and 8 classes" in message
    assert f"from {min(one[one > 0].min(), two[two > 0].min()):.1g} to" in message
    # and the gap is true of the answer that was given
    exact = info.decompose_marginals(one, two)
    assert abs(atoms.redundancy - exact.redundancy) <= atoms.gap_bits + TOL_BITS
