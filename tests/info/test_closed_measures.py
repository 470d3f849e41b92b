"""I_min, I_mmi and I_sx: gates worked out by hand, tables worked out by dit 2.3, and what holds of all tables."""

import math

import numpy as np
import pytest
import torch

from interplay import info
from interplay.synthetic import GATES

ROUNDING = 1e-12
"""Sums of some ten terms of size at most 10."""


# Of two fair bits: both tell half a bit of SUM and 0.3113 bit of AND about the same classes; of both bits I_min
# and I_mmi count a bit each as shared. I_sx, by hand: P(y | x1 or x2) is 1/3 in every event of XOR, half of its
# prior; of AND it is 1 in (0,0), 1/3 in (1,1) and 2/3 in the two others; of both bits 1/3; of a copy 1; where the
# first bit is the target, 2/3 in every event; of SUM it is 1/3 in every event, of priors 1/4 and 1/2.
@pytest.mark.parametrize(
    ("name", "of_min", "of_mmi", "of_sx"),
    [
        ("XOR", 0.0, 0.0, math.log2(2 / 3)),
        ("AND", 0.311278, 0.311278, 0.5 * math.log2(4 / 3) + 0.5 * math.log2(8 / 9)),
        ("CAT", 1.0, 1.0, math.log2(4 / 3)),
        ("COPY", 1.0, 1.0, 1.0),
        ("UNIQUE", 0.0, 0.0, math.log2(4 / 3)),
        ("SUM", 0.5, 0.5, 0.5 * math.log2(4 / 3) + 0.5 * math.log2(2 / 3)),
    ],
)
def test_gates_worked_out_by_hand(name, of_min, of_mmi, of_sx):
    for measure, value in ((info.Imin(), of_min), (info.Immi(), of_mmi), (info.Isx(), of_sx)):
        atoms = info.decompose_by(GATES[name].table, measure)
        assert atoms.redundancy == pytest.approx(value, abs=1e-6), measure
        assert atoms.redundancy + atoms.unique1 == pytest.approx(atoms.mi1, abs=ROUNDING)
        total = atoms.redundancy + atoms.unique1 + atoms.unique2 + atoms.synergy
        assert total == pytest.approx(atoms.joint_mi, abs=ROUNDING)
        assert atoms.gap_bits == 0


# counts, and redundancy, both uniquenesses and synergy by dit's PID_WB, PID_MMI and PID_SX
OF_DIT = [
    (
        [[[7, 0], [1, 2]], [[1, 7], [7, 5]]],
        [0.0, 0.10884854, 0.0, 0.25921549],
        [0.0, 0.10884854, 0.0, 0.25921549],
        [-0.10156371, 0.21041224, 0.10156371, 0.15765178],
    ),
    (
        [[[0, 0], [2, 3], [5, 4]], [[2, 1], [6, 6], [0, 1]]],
        [0.0, 0.0, 0.00958564, 0.03943686],
        [0.0, 0.0, 0.00958564, 0.03943686],
        [-0.00679284, 0.00679284, 0.01637848, 0.03264402],
    ),
    (
        [[[4, 3, 7], [4, 3, 3]], [[5, 5, 1], [6, 6, 8]], [[7, 2, 2], [5, 5, 6]]],
        [0.00922418, 0.00728654, 0.00234562, 0.06389155],
        [0.01156981, 0.00494091, 0.0, 0.06623717],
        [-0.0092561, 0.02576682, 0.0208259, 0.04541127],
    ),
]


@pytest.mark.parametrize(("counts", "of_min", "of_mmi", "of_sx"), OF_DIT)
def test_tables_worked_out_by_dit(counts, of_min, of_mmi, of_sx):
    table = np.array(counts) / np.sum(counts)
    for measure, expected in ((info.Imin(), of_min), (info.Immi(), of_mmi), (info.Isx(), of_sx)):
        atoms = info.decompose_by(table, measure)
        values = [atoms.redundancy, atoms.unique1, atoms.unique2, atoms.synergy]
        np.testing.assert_allclose(values, expected, rtol=0, atol=1e-8, err_msg=str(measure))


def random_tables(shape=(4, 3, 5), n=12) -> torch.Tensor:
    rng = np.random.default_rng(0)
    joint = torch.from_numpy(rng.dirichlet(np.full(np.prod(shape), 0.3), n).reshape(n, *shape))
    joint[joint < 1e-3] = 0
    return joint / joint.sum((1, 2, 3), keepdim=True)


def test_broja_by_measure_is_the_decomposition_and_no_other_redundancy_is_below_it_but_that_of_exclusions():
    joint = random_tables()
    broja, least, smallest = (
        info.decompose_by(joint, measure) for measure in (info.Broja(), info.Imin(), info.Immi())
    )
    for name in ("redundancy", "unique1", "unique2", "synergy"):
        torch.testing.assert_close(
            getattr(broja, name), getattr(info.decompose(joint), name), rtol=0, atol=3e-6
        )
    # BROJA is the least of all redundancies that see only the tables of either source (Bertschinger et al. 2014);
    # the smaller information is the most that any may be
    assert (least.redundancy - broja.redundancy).min() > -1e-5
    assert (smallest.redundancy - least.redundancy).min() > -ROUNDING
    assert info.decompose_by(joint, info.Isx()).redundancy.min() < -0.01


@pytest.mark.parametrize(
    "measure", [info.Imin(), info.Immi(), info.Isx(), info.Broja()], ids=lambda m: m.name
)
def test_sources_swap_classes_rename_and_batches_stay(measure):
    joint = random_tables()
    atoms = info.decompose_by(joint, measure)
    swapped = info.decompose_by(joint.transpose(1, 2), measure)
    renamed = info.decompose_by(joint.flip(3).reshape(3, 4, *joint.shape[1:]), measure)
    torch.testing.assert_close(swapped.unique1, atoms.unique2, rtol=0, atol=3e-6)
    torch.testing.assert_close(renamed.synergy.flatten(), atoms.synergy, rtol=0, atol=3e-6)
    assert renamed.redundancy.shape == (3, 4)


def test_which_measures_serve_estimators():
    assert isinstance(info.Imin(), info.RedundancyMeasure)
    assert isinstance(info.Immi(), info.RedundancyMeasure)
    assert not isinstance(info.Isx(), info.RedundancyMeasure)
    assert isinstance(info.Isx(), info.JointRedundancy)
