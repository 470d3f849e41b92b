import numpy as np
import pytest
import torch
from scipy.stats import entropy as scipy_entropy

from interplay import info
from interplay.errors import InvalidInput


def test_by_hand():
    assert info.entropy([0.5, 0.25, 0.25]) == pytest.approx(1.5)
    assert info.entropy([1.0, 0.0]) == 0.0
    # a binary channel that flips one bit in four: I = 1 - h(1/4) = 1 - 0.811278
    assert info.mutual_information([[0.375, 0.125], [0.125, 0.375]]) == pytest.approx(0.188722, abs=1e-6)
    assert info.conditional_entropy([[0.375, 0.125], [0.125, 0.375]]) == pytest.approx(0.811278, abs=1e-6)


def test_batch_axes_are_kept_and_agree_with_scipy():
    p = np.random.default_rng(0).dirichlet(np.ones(7), size=(2, 3))
    np.testing.assert_allclose(info.entropy(p), scipy_entropy(p, axis=-1, base=2), atol=1e-12)
    assert isinstance(info.entropy(torch.from_numpy(p)), torch.Tensor)


def test_chain_rule():
    p = np.random.default_rng(1).dirichlet(np.ones(12)).reshape(3, 4)
    h_y = info.entropy(p.sum(0))
    assert info.mutual_information(p) == pytest.approx(h_y - info.conditional_entropy(p), abs=1e-12)


def test_counts_are_refused_with_the_way_out():
    with pytest.raises(InvalidInput, match="Divide counts by their total"):
        info.entropy([3, 4])
