"""A sample's output is the same alone, in any batch and in any order, for every router and kind of expert."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from interplay.nn import Experts, InteractionContext, route
from interplay.nn.routers import ROUTERS
from small_models import random_context

WIDTH, EXPERTS = 8, 4


class Layer(nn.Module):
    """Router and experts."""

    def __init__(self, kind: str, synergy: int, top_k: int):
        super().__init__()
        self.router = ROUTERS[kind](WIDTH, EXPERTS)
        self.experts = Experts(EXPERTS, synergy, WIDTH, 12)
        self.top_k, self.synergy = top_k, synergy

    def forward(self, h, context, observed):
        return self.experts(h, route(self.router(h, context, observed), observed, self.top_k, self.synergy))


def of_windows(context: InteractionContext, rows) -> InteractionContext:
    own = len(context.synergy) > 1
    parts = {
        n: getattr(context, n)[rows] if own else getattr(context, n)
        for n in ("redundancy", "unique", "synergy")
    }
    return InteractionContext(**parts)


@pytest.mark.parametrize("synergy", [0, 2, EXPERTS], ids=lambda n: f"{n} synergy experts")
@pytest.mark.parametrize("kind", ROUTERS)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_a_sample_is_told_the_same_alone_and_in_any_company(kind, synergy, data):
    n_b, n_m, n_t = (data.draw(st.integers(1, high)) for high in (6, 4, 3))
    seed, top_k = data.draw(st.integers(0, 2**31 - 1)), data.draw(st.integers(1, EXPERTS))
    order = torch.tensor(data.draw(st.permutations(range(n_b))))
    torch.manual_seed(seed)
    layer = Layer(kind, synergy, top_k)
    h, observed = torch.randn(n_b, n_m, n_t, WIDTH), torch.rand(n_b, n_m, n_t) > 0.3
    context = random_context(n_m, n_t, seed, n_b=data.draw(st.sampled_from([1, n_b])))
    h = h.masked_fill(~observed[..., None], data.draw(st.sampled_from([0.0, 1e9, torch.nan])))

    def told(rows):
        return layer(h[rows], of_windows(context, rows), observed[rows])

    together = told(torch.arange(n_b))
    assert torch.isfinite(together).all()
    # outputs are of order 1; products of other numbers of rows are summed in another order
    torch.testing.assert_close(told(order), together[order], rtol=0.0, atol=1e-6)
    for b in range(n_b):
        torch.testing.assert_close(told(torch.tensor([b])), together[b : b + 1], rtol=0.0, atol=1e-6)
