"""Every expert on every token says what the grouped ones say."""

import pytest
import torch

from interplay.nn import DenseExperts, Experts
from small_models import random_routing


@pytest.mark.parametrize(("synergy_experts", "top_k"), [(0, 1), (2, 2), (3, 4), (4, 4)])
def test_dense_experts_are_the_grouped_ones(synergy_experts, top_k):
    torch.manual_seed(0)
    experts = Experts(4, synergy_experts, 8, 12)
    routing = random_routing((3, 5, 2), 4, top_k, synergy_experts)
    h = torch.randn(3, 5, 2, 8)
    told = experts(h, routing)
    # the same sums of 12 float32 products in another order
    torch.testing.assert_close(DenseExperts(experts)(h, routing), told, rtol=1e-5, atol=1e-6)
    assert not told[~routing.observed].any()
