"""What must hold of any decomposition: sum rules, symmetry, bounds, and that processing data adds nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interplay import info

SLACK = 1e-6 + 1e-9
"""The certified gap, and rounding."""


@st.composite
def joint_tables(draw, largest=6):
    """P(x1, x2, y), flat or graded over up to 12 decades, with or without zeros."""
    shape = draw(st.tuples(*[st.integers(2, largest)] * 3))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    table = rng.dirichlet(np.full(np.prod(shape), draw(st.sampled_from([0.1, 1.0])))).reshape(shape)
    decades = draw(st.sampled_from([0, 4, 12]))
    for axis, size in enumerate(shape):
        scale = 10.0 ** -(decades * rng.random(size))
        table = table * np.expand_dims(scale, tuple({0, 1, 2} - {axis}))
    if draw(st.booleans()):
        support = rng.random(shape) < 0.5
        support.flat[table.argmax()] = True
        table = table * support
    return table / table.sum()


def least(atoms: info.Decomposition) -> float:
    """I_Q, bits."""
    return atoms.mi1 + atoms.mi2 - atoms.redundancy


@settings(max_examples=60, deadline=None)
@given(joint_tables())
def test_atoms_add_up_and_are_bounded(table):
    atoms = info.decompose(table)
    assert 0 <= atoms.gap_bits <= 1e-6
    assert atoms.redundancy + atoms.unique1 == pytest.approx(atoms.mi1, abs=1e-9)
    assert atoms.redundancy + atoms.unique2 == pytest.approx(atoms.mi2, abs=1e-9)
    whole = atoms.redundancy + atoms.unique1 + atoms.unique2 + atoms.synergy
    assert whole == pytest.approx(atoms.joint_mi, abs=1e-9)
    assert max(atoms.mi1, atoms.mi2) - SLACK <= least(atoms) <= atoms.joint_mi + SLACK
    assert -SLACK <= atoms.redundancy <= min(atoms.mi1, atoms.mi2) + SLACK


@settings(max_examples=40, deadline=None)
@given(joint_tables(), st.randoms(use_true_random=False))
def test_names_and_order_change_nothing(table, random):
    atoms = info.decompose(table)
    swapped = info.decompose(table.transpose(1, 0, 2))
    assert swapped.unique1 == pytest.approx(atoms.unique2, abs=2 * SLACK)
    assert swapped.redundancy == pytest.approx(atoms.redundancy, abs=2 * SLACK)
    order = [random.sample(range(size), size) for size in table.shape]
    renamed = info.decompose(table[np.ix_(*order)])
    for atom in ("redundancy", "unique1", "unique2", "synergy"):
        assert getattr(renamed, atom) == pytest.approx(getattr(atoms, atom), abs=2 * SLACK)


@settings(max_examples=60, deadline=None)
@given(joint_tables(), st.sampled_from([0, 1]), st.integers(0, 10**6))
def test_merging_cells_of_a_source_never_raises_what_both_tell(table, source, seed):
    rng = np.random.default_rng(seed)
    group = rng.integers(0, rng.integers(1, table.shape[source] + 1), table.shape[source])
    groups = np.eye(group.max() + 1)[group]
    merged = np.moveaxis(np.tensordot(groups.T, table, axes=(1, source)), 0, source)
    fine, coarse = info.decompose(table), info.decompose(merged)
    assert least(coarse) <= least(fine) + SLACK
    # nor does it raise what the other source tells alone
    assert coarse.redundancy <= fine.redundancy + 2 * SLACK


@settings(max_examples=40, deadline=None)
@given(joint_tables(), st.integers(1, 6), st.floats(0.05, 2.0), st.integers(0, 10**6))
def test_a_garbled_source_adds_nothing_to_its_original(table, n_cells, concentration, seed):
    channel = np.random.default_rng(seed).dirichlet(np.full(n_cells, concentration), table.shape[0])
    original = table.sum(1)
    atoms = info.decompose_marginals(original, channel.T @ original)
    assert least(atoms) == pytest.approx(atoms.mi1, abs=SLACK)
    assert abs(atoms.unique2) <= SLACK


@settings(max_examples=20, deadline=None)
@given(joint_tables(), st.integers(0, 10**6))
def test_cells_that_say_the_same_may_be_split(table, seed):
    share = np.random.default_rng(seed).random(table.shape[0])[:, None, None]
    split = np.concatenate([table * share, table * (1 - share)])
    atoms, of_split = info.decompose(table), info.decompose(split)
    for atom in ("redundancy", "unique1", "unique2", "synergy"):
        assert getattr(of_split, atom) == pytest.approx(getattr(atoms, atom), abs=2 * SLACK)
