"""Agreement of a router with a profile."""

import math

import numpy as np
import pytest
from scipy.stats import spearmanr

from interplay.errors import InvalidInput
from interplay.metrics import routing_agreement
from interplay.metrics.routing_agreement import _Sorted, _spearman


def test_perfect_agreement_and_disagreement():
    rng = np.random.default_rng(0)
    told = rng.random((5, 5, 3))
    assert routing_agreement(np.exp(told), told)["correlation"] == pytest.approx(1.0)
    assert routing_agreement(-told, told)["correlation"] == pytest.approx(-1.0)


def test_it_is_spearman_over_pairs_and_steps_where_both_are_known():
    rng = np.random.default_rng(1)
    a, b = rng.random((4, 4, 2)), rng.random((4, 4, 2))
    a[0, 1, 0] = np.nan
    i, j = np.triu_indices(4, 1)
    x, z = a[i, j].ravel()[1:], b[i, j].ravel()[1:]
    found = routing_agreement(a, b)
    assert found["correlation"] == pytest.approx(spearmanr(x, z).statistic)
    assert found["n"] == 11
    assert found["low"] < found["correlation"] < found["high"]


def test_resamples_are_ranked_as_if_written_out():
    rng = np.random.default_rng(2)
    a, b = rng.integers(0, 5, 40), rng.random(40)  # a has ties
    times = rng.multinomial(40, np.full(40, 1 / 40), 3)
    found = _spearman(_Sorted(a), _Sorted(b), times)
    written = [spearmanr(np.repeat(a, row), np.repeat(b, row)).statistic for row in times]
    np.testing.assert_allclose(found, written, rtol=1e-12)


def test_a_constant_side_is_undefined():
    found = routing_agreement(np.ones((4, 4, 2)), np.random.default_rng(0).random((4, 4, 2)))
    assert all(math.isnan(found[name]) for name in ("correlation", "low", "high"))


def test_two_modalities_have_no_interval():
    rng = np.random.default_rng(0)
    found = routing_agreement(rng.random((2, 2, 9)), rng.random((2, 2, 9)))
    assert math.isfinite(found["correlation"])
    assert math.isnan(found["low"])


def test_shapes_must_agree():
    with pytest.raises(InvalidInput, match="one shape"):
        routing_agreement(np.ones((3, 3, 2)), np.ones((3, 3, 4)))
