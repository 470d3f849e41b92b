"""Experts against a loop over tokens, and against anything that would let samples or steps meet."""

import math

import pytest
import torch
from torch import nn
from torch.func import functional_call

from interplay.nn import Experts, route
from interplay.nn import experts as experts_module
from interplay.nn.experts import grouped_matmul, grouped_matmul_by_loop, sort_by_expert
from small_models import random_routing

EPS = torch.finfo(torch.float32).eps
SHAPE = (2, 4, 3)
WIDTH = 8


def experts_and_tokens(*, n_experts=4, synergy=2, dtype=torch.float32, shape=SHAPE):
    torch.manual_seed(0)
    layer = Experts(n_experts, synergy, WIDTH, 12).to(dtype)
    return layer, torch.randn(*shape, WIDTH, dtype=dtype)


@pytest.mark.parametrize("sizes", [(5, 0, 3, 0, 8), (0, 0, 4), (4, 0, 0), (7,), (1, 1, 1)])
def test_grouped_products_equal_the_loop_in_values_and_gradients(sizes, monkeypatch):
    torch.manual_seed(0)
    inputs, outputs = 16, 12
    x = torch.randn(sum(sizes), inputs, requires_grad=True)
    weight = torch.randn(len(sizes), inputs, outputs, requires_grad=True)
    ends = torch.tensor(sizes).cumsum(0).to(torch.int32)
    along = torch.randn(sum(sizes), outputs)

    slow = grouped_matmul_by_loop(x, weight, ends)
    slow_grads = torch.autograd.grad((slow * along).sum(), (x, weight))
    monkeypatch.setattr(experts_module, "grouped_matmul_by_loop", None)
    fast = grouped_matmul(x, weight, ends)
    fast_grads = torch.autograd.grad((fast * along).sum(), (x, weight))

    # sums of at most 16 products of order 1 round by eps * sqrt(16) each; ten times that for the largest
    atol = 10 * EPS * math.sqrt(16)
    torch.testing.assert_close(fast, slow, rtol=0.0, atol=atol)
    for quick, exact in zip(fast_grads, slow_grads, strict=True):
        torch.testing.assert_close(quick, exact, rtol=0.0, atol=atol)


def test_the_loop_is_one_product_per_group():
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    weight = torch.tensor([[[1.0], [1.0]], [[9.0], [9.0]], [[1.0], [-1.0]]])
    out = grouped_matmul_by_loop(x, weight, torch.tensor([2, 2, 3], dtype=torch.int32))
    assert out.flatten().tolist() == [3.0, 7.0, -1.0]  # 1 + 2, 3 + 4, none of the second, 5 - 6


def test_grouped_products_take_the_expanded_gradient_of_a_sum():
    weight = torch.ones(2, 4, 4, requires_grad=True)
    grouped_matmul(torch.ones(3, 4), weight, torch.tensor([1, 3], dtype=torch.int32)).sum().backward()
    assert weight.grad[0].unique().tolist() == [1.0]
    assert weight.grad[1].unique().tolist() == [2.0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_odd_widths_and_float64_and_no_rows_at_all_work(dtype):
    for rows, inputs in ((5, 3), (0, 3), (0, 4)):
        x, weight = torch.ones(rows, inputs, dtype=dtype), torch.ones(2, inputs, inputs, dtype=dtype)
        out = grouped_matmul(x, weight, torch.tensor([rows, rows], dtype=torch.int32))
        assert out.shape == (rows, inputs)
        assert (out == inputs).all()


def test_assignments_are_sorted_by_expert_and_hide_the_unobserved_in_the_last():
    # three tokens of one window; the second is unobserved and would have gone to synergy expert 0
    logits = torch.tensor([[2.0, 1.0, 0.0], [9.0, 8.0, 0.0], [0.0, 1.0, 2.0]])[None, :, None]
    rows = sort_by_expert(route(logits, torch.tensor([[[True], [False], [True]]]), 2, 1))
    # token 0 chose 0 and 1, token 2 chose 2 and 1, token 1 goes twice to 2
    assert rows.expert.tolist() == [0, 1, 1, 2, 2, 2]
    assert rows.token.tolist() == [0, 0, 2, 1, 1, 2]
    assert rows.ends.tolist() == [1, 3, 6]
    high = 1 / (1 + math.exp(-1.0))  # softmax of logits one apart
    torch.testing.assert_close(rows.weight, torch.tensor([high, 1 - high, 1 - high, 0.0, 0.0, high]))


def by_loop(layer: Experts, h_BMTD: torch.Tensor, routing) -> torch.Tensor:
    """One token, one of its experts at a time."""
    out = torch.zeros_like(h_BMTD)
    for b, m, t in torch.nonzero(routing.observed).tolist():
        for expert, weight in zip(
            routing.expert_ids[b, m, t].tolist(), routing.expert_weights[b, m, t], strict=True
        ):
            x = h_BMTD[b, m, t]
            if expert < routing.synergy_experts:
                x = x + combined_with_members(layer, h_BMTD, routing, (b, m, t), expert)
            hidden = nn.functional.gelu(x @ layer.feed_forward.up[expert])
            out[b, m, t] += weight * (hidden @ layer.feed_forward.down[expert])
    return out


def combined_with_members(layer: Experts, h_BMTD, routing, token, expert: int) -> torch.Tensor:
    b, m, t = token
    members = [
        j
        for j in range(h_BMTD.shape[1])
        if routing.observed[b, j, t] and expert in routing.expert_ids[b, j, t].tolist()
    ]
    q = (h_BMTD[b, m, t] @ layer.synergy.qkv[expert])[:WIDTH]
    keys_values = [h_BMTD[b, j, t] @ layer.synergy.qkv[expert] for j in members]
    scores = torch.stack([q @ kv[WIDTH : 2 * WIDTH] for kv in keys_values]) / WIDTH**0.5
    shares = torch.softmax(scores, dim=0)
    mixed = sum(share * kv[2 * WIDTH :] for share, kv in zip(shares, keys_values, strict=True))
    return mixed @ layer.synergy.out[expert]


@pytest.mark.parametrize("synergy", [0, 1, 3])
@pytest.mark.parametrize("top_k", [1, 2, 4])
def test_experts_equal_one_token_at_a_time(synergy, top_k):
    layer, h = experts_and_tokens(synergy=synergy, dtype=torch.float64)
    routing = random_routing(SHAPE, 4, top_k, synergy, seed=top_k)
    # float64 throughout, but for the weights of the routing, which both read
    torch.testing.assert_close(layer(h, routing), by_loop(layer, h, routing), rtol=1e-10, atol=1e-12)
    layer, h = layer.float(), h.float()
    # float32: three products in a row, each of sums of at most 12 terms below 1
    torch.testing.assert_close(layer(h, routing), by_loop(layer, h, routing), rtol=0.0, atol=50 * EPS)


@pytest.mark.parametrize("synergy", [0, 1])
def test_gradients_of_experts_are_those_of_finite_differences(synergy):
    torch.manual_seed(0)
    layer = Experts(3, synergy, 4, 3).double()
    h = torch.randn(1, 3, 2, 4, dtype=torch.float64, requires_grad=True)
    routing = random_routing((1, 3, 2), 3, 2, synergy, p_hidden=0.2)
    names, values = zip(*layer.named_parameters(), strict=True)

    def run(h, *values):
        return functional_call(layer, dict(zip(names, values, strict=True)), (h, routing))

    assert torch.autograd.gradcheck(run, (h, *values))


@pytest.mark.parametrize("axis", ["sample", "step"])
def test_tokens_of_other_samples_and_steps_are_never_met(axis):
    layer, h = experts_and_tokens(shape=(4, 4, 3))
    routing = random_routing((4, 4, 3), 4, 2, 2, p_hidden=0.0)
    other = h.clone()
    changed = (slice(1, 2),) if axis == "sample" else (slice(None), slice(None), slice(1, 2))
    other[changed] = torch.randn_like(other[changed])
    same = torch.ones(4, 4, 3, dtype=torch.bool)
    same[changed] = False
    before, after = layer(h, routing), layer(other, routing)
    assert torch.equal(before[same], after[same])
    assert not torch.equal(before, after)


def test_members_of_a_synergy_expert_do_meet_within_a_step():
    layer, h = experts_and_tokens(n_experts=2, synergy=1)
    logits = torch.tensor([9.0, 0.0]).expand(*SHAPE, 2)
    routing = route(logits, torch.ones(SHAPE, dtype=torch.bool), 1, 1)
    other = h.clone()
    other[0, 0, 0] += 1.0
    changed = (layer(h, routing) != layer(other, routing)).any(-1)
    assert changed[0, :, 0].all()
    assert changed.sum() == SHAPE[1]


def test_unobserved_tokens_give_zero_and_are_met_by_no_one():
    layer, h = experts_and_tokens()
    routing = random_routing(SHAPE, 4, 2, 2, p_hidden=0.5)
    other = torch.where(routing.observed[..., None], h, 1e6 * torch.randn_like(h))
    out = layer(h, routing)
    assert (out[~routing.observed] == 0).all()
    assert torch.equal(out, layer(other, routing))


def test_nothing_observed_gives_zeros_and_zero_gradients():
    layer, h = experts_and_tokens()
    out = layer(h, random_routing(SHAPE, 4, 2, 2, p_hidden=1.1))
    out.sum().backward()
    assert not out.any()
    for name, parameter in layer.named_parameters():
        assert parameter.grad is None or not parameter.grad.any(), name
