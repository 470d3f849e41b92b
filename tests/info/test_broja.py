"""The solver against gates, an independent convex solver, another package, and its own rules."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from interplay import info
from interplay.errors import ConvergenceWarning, InvalidInput
from interplay.synthetic.gates import GATES
from oracles import least_joint_information

ATOMS = ("redundancy", "unique1", "unique2", "synergy")


def random_tables(n, shape, seed=0, concentration=1.0):
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(np.prod(shape), concentration), size=n).reshape(n, *shape)


@pytest.mark.parametrize("name", GATES)
def test_gates_to_a_millionth_of_a_bit(name):
    gate = GATES[name]
    atoms = info.decompose(gate.table)
    for atom in (*ATOMS, "joint_mi"):
        assert getattr(atoms, atom) == pytest.approx(getattr(gate, atom), abs=1e-6)
    assert 0.0 <= atoms.gap_bits <= 1e-6


def test_and_gate_by_hand():
    # P(y=1) = 1/4, so H(Y) = 0.811278; a source that is 0 fixes y, one that is 1 leaves a fair bit:
    # I1 = 0.811278 - 1/2 = 0.311278, and the joint tells all of y.
    atoms = info.decompose(GATES["AND"].table)
    assert atoms.mi1 == pytest.approx(0.311278, abs=1e-6)
    assert atoms.joint_mi == pytest.approx(0.811278, abs=1e-6)


@pytest.mark.parametrize("shape", [(2, 2, 2), (3, 5, 4), (6, 4, 3), (10, 10, 12), (16, 16, 8)])
def test_agrees_with_an_independent_solver_within_the_gap(shape):
    table = random_tables(1, shape, seed=sum(shape))[0]
    oracle = least_joint_information(table.sum(1), table.sum(0))
    atoms = info.decompose(table, tol_bits=1e-4)
    least = atoms.joint_mi - atoms.synergy
    assert atoms.gap_bits <= 1e-4
    # 1e-6 bit is what the oracle's own tolerance (1e-8 on the conic program) leaves
    assert -1e-6 <= least - oracle <= atoms.gap_bits + 1e-6


@pytest.mark.slow
def test_agrees_with_dit_on_a_small_table():
    import dit  # loads for two seconds, in one worker only

    table = random_tables(1, (2, 3, 2), seed=3)[0]
    outcomes = [(a, b, y) for a in range(2) for b in range(3) for y in range(2)]
    atoms = info.decompose(table)
    # dit starts from a random point, not only by NumPy's seed, and from two of three it stops short of the least I_Q:
    # forty starts miss it once in ten million times, and none may find less. Its steps stop at about 1e-4
    for _ in range(40):
        pid = dit.pid.PID_BROJA(dit.Distribution(outcomes, table.ravel()), [[0], [1]], [2])
        redundancy, synergy = (float(pid.get_pi(node)) for node in (((0,), (1,)), ((0, 1),)))
        assert redundancy <= atoms.redundancy + 1e-3
        if redundancy == pytest.approx(atoms.redundancy, abs=1e-3):
            break
    assert redundancy == pytest.approx(atoms.redundancy, abs=1e-3)
    assert synergy == pytest.approx(atoms.synergy, abs=1e-3)


def test_nearly_redundant_sources_converge():
    # posteriors of two noisy sights of one bit under four classes: every constraint nearly binds
    rng = np.random.default_rng(0)
    p = [np.clip(rng.beta(0.3, 0.3, 16), 0.02, 0.98) for _ in range(2)]
    tables = []
    for high in p:
        mass = rng.dirichlet(np.ones(16))
        table = mass[:, None] * np.stack([1 - high, 1 - high, high, high], axis=1) / 2
        tables.append(table * 0.25 / table.sum(0))
    assert info.decompose_marginals(*tables, tol_bits=1e-6).gap_bits <= 1e-6


@pytest.mark.parametrize("concentration", [0.05, 0.3, 1.0, 5.0])
@pytest.mark.parametrize("shape", [(2, 2, 2), (5, 7, 3), (16, 16, 8)])
def test_every_problem_reaches_its_tolerance(shape, concentration):
    atoms = info.decompose(random_tables(40, shape, concentration=concentration), tol_bits=1e-5)
    assert atoms.gap_bits.max() <= 1e-5


def test_structural_zeros_and_empty_cells():
    rng = np.random.default_rng(1)
    counts = rng.multinomial(30, np.full(6 * 6 * 4, 1 / 144), size=50).reshape(50, 6, 6, 4)
    atoms = info.decompose(counts / 30)
    assert atoms.gap_bits.max() <= 1e-6
    padded = info.decompose(np.pad(counts / 30, ((0, 0), (0, 2), (0, 3), (0, 1))))
    np.testing.assert_allclose(padded.redundancy, atoms.redundancy, atol=2e-6)


def test_copies_have_exactly_no_unique_part_and_no_synergy():
    p = random_tables(20, (5, 3), seed=2)
    table = np.zeros((20, 5, 5, 3))
    table[:, range(5), range(5)] = p
    atoms = info.decompose(table)
    assert (atoms.unique1 == 0).all()
    assert (atoms.unique2 == 0).all()
    np.testing.assert_allclose(atoms.synergy, 0, atol=1e-12)  # rounding of a sum of 75 terms


def test_a_copy_is_seen_through_renamed_and_split_cells():
    p = random_tables(1, (4, 3), seed=4)[0]
    split = np.concatenate([p[[2, 0, 3]], 0.3 * p[[1]], 0.7 * p[[1]]])
    atoms = info.decompose_marginals(p, split)
    # merging adds the pieces up in another order: rounding is all that may be left
    assert abs(atoms.unique1) <= 1e-14
    assert abs(atoms.unique2) <= 1e-14


def test_a_garbled_source_has_no_unique_part():
    p = random_tables(1, (4, 3), seed=5)[0]
    channel = np.random.default_rng(0).dirichlet(np.ones(6), size=4)
    atoms = info.decompose_marginals(p, channel.T @ p)
    assert atoms.unique2 == pytest.approx(0, abs=1e-6)


def test_batch_equals_one_by_one():
    tables = random_tables(12, (4, 6, 3), seed=6)
    together = info.decompose(tables.reshape(3, 4, 4, 6, 3))
    assert together.redundancy.shape == (3, 4)
    alone = [info.decompose(table) for table in tables]
    for atom in ATOMS:
        # both are certified to 1e-6
        np.testing.assert_allclose(
            getattr(together, atom).ravel(), [getattr(one, atom) for one in alone], atol=2e-6
        )


def test_marginal_form_equals_the_joint_form():
    table = random_tables(1, (3, 4, 5))[0]
    joint = info.decompose(table)
    marginal = info.decompose_marginals(table.sum(1), table.sum(0), joint_mi=joint.joint_mi)
    assert marginal.synergy == pytest.approx(joint.synergy, abs=1e-12)
    assert info.decompose_marginals(table.sum(1), table.sum(0)).synergy is None


def test_tensors_come_back_as_tensors_and_inputs_stay():
    table = torch.rand(2, 3, 3, 2)
    table /= table.sum((1, 2, 3), keepdim=True)
    before = table.clone()
    atoms = info.decompose(table)
    assert isinstance(atoms.synergy, torch.Tensor)
    assert atoms.synergy.dtype == torch.float64
    assert torch.equal(table, before)


def test_a_missed_tolerance_is_said():
    with pytest.warns(ConvergenceWarning, match="1 of 1 decompositions did not reach"):
        atoms = info.decompose(random_tables(1, (6, 6, 4))[0], max_steps=2)
    assert atoms.gap_bits > 1e-6


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(st.integers(2, 5), st.integers(2, 5), st.integers(2, 4)),
    st.integers(0, 10**6),
    st.sampled_from([0.1, 0.5, 2.0]),
)
def test_rules_of_any_decomposition(shape, seed, concentration):
    table = random_tables(1, shape, seed, concentration)[0]
    d = info.decompose(table)
    slack = 1e-6 + 1e-9  # the certified gap, and rounding
    assert d.redundancy + d.unique1 == pytest.approx(d.mi1, abs=1e-9)
    assert d.redundancy + d.unique2 == pytest.approx(d.mi2, abs=1e-9)
    assert d.redundancy + d.unique1 + d.unique2 + d.synergy == pytest.approx(d.joint_mi, abs=1e-9)
    assert d.coinformation == pytest.approx(d.mi1 + d.mi2 - d.joint_mi, abs=1e-9)
    assert min(d.redundancy, d.unique1, d.unique2, d.synergy) >= -slack
    swapped = info.decompose(table.transpose(1, 0, 2))
    assert swapped.unique1 == pytest.approx(d.unique2, abs=2 * slack)
    assert swapped.synergy == pytest.approx(d.synergy, abs=2 * slack)
    relabelled = info.decompose(table[:, :, ::-1])
    assert relabelled.redundancy == pytest.approx(d.redundancy, abs=2 * slack)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (np.full((2, 2, 2), 1.0), "must sum to 1 over the last 3 axes"),
        (np.full((2, 2), 0.25), "at least 3 non-empty axes"),
        (np.array([[[0.5, 0.7], [-0.2, 0.0]]]), "must be non-negative"),
        (np.array([[[0.5, np.nan], [0.2, 0.0]]]), "must be finite"),
    ],
)
def test_bad_tables_are_refused(table, message):
    with pytest.raises(InvalidInput, match=message):
        info.decompose(table)


def test_marginals_must_agree_on_the_target():
    with pytest.raises(InvalidInput, match="same distribution"):
        info.decompose_marginals(np.array([[0.5, 0.5]]), np.array([[0.4, 0.6]]))
    with pytest.raises(InvalidInput, match="number of classes"):
        info.decompose_marginals(np.array([[0.5, 0.5]]), np.array([[0.4, 0.3, 0.3]]))
