"""The choice of experts: weights by hand, jitter, and the bias that balances loads."""

import math

import pytest
import torch

from interplay.errors import InvalidInput
from interplay.nn import LoadBias, route
from small_models import random_routing

EXPERTS = 5


@pytest.mark.parametrize("top_k", [1, 2, EXPERTS])
def test_route_renormalises_the_highest_probabilities(top_k):
    torch.manual_seed(0)
    logits, observed = 3 * torch.randn(2, 3, 4, EXPERTS), torch.rand(2, 3, 4) > 0.3
    routing = route(logits, observed, top_k, 2)
    top, ids = torch.softmax(logits, -1).topk(top_k)
    assert torch.equal(routing.expert_ids[observed], ids[observed])
    expected = top / top.sum(-1, keepdim=True) * observed[..., None]
    # a handful of float32 roundings of numbers of at most 1
    torch.testing.assert_close(routing.expert_weights, expected, rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(routing.log_probs.exp().sum(-1), torch.ones(2, 3, 4))
    assert routing.synergy_experts == 2
    assert torch.equal(routing.observed, observed)


def test_weights_sum_to_one_on_observed_tokens_and_are_zero_elsewhere():
    torch.manual_seed(0)
    observed = torch.rand(2, 3, 4) > 0.5
    weights = route(50 * torch.randn(2, 3, 4, EXPERTS), observed, 3, 0).expert_weights
    torch.testing.assert_close(weights.sum(-1), observed.float())
    assert not weights[~observed].any()


def test_route_works_in_float32_whatever_comes():
    routing = route(torch.randn(1, 2, 3, EXPERTS).bfloat16(), torch.ones(1, 2, 3, dtype=torch.bool), 2, 0)
    assert routing.logits.dtype == routing.log_probs.dtype == routing.expert_weights.dtype == torch.float32


@pytest.mark.parametrize("top_k", [0, EXPERTS + 1, -1])
def test_a_choice_of_impossibly_many_experts_is_refused(top_k):
    with pytest.raises(InvalidInput, match=rf"top_k must be between 1 and num_experts \(5\); got {top_k}"):
        route(torch.zeros(1, 1, 1, EXPERTS), torch.ones(1, 1, 1, dtype=torch.bool), top_k, 0)


def test_what_unobserved_logits_hold_is_not_read():
    torch.manual_seed(0)
    logits, observed = torch.randn(2, 3, 4, EXPERTS), torch.rand(2, 3, 4) > 0.3
    blank = logits.masked_fill(~observed[..., None], torch.nan).requires_grad_()
    before, after = route(logits, observed, 2, 0), route(blank, observed, 2, 0)
    for name in ("logits", "log_probs", "expert_ids", "expert_weights"):
        assert torch.equal(getattr(before, name), getattr(after, name)), name
    (grad,) = torch.autograd.grad(after.expert_weights.square().sum(), blank)
    assert torch.isfinite(grad).all()


def test_jitter_multiplies_logits_within_its_range():
    torch.manual_seed(0)
    observed = torch.ones(8, 3, 4, dtype=torch.bool)
    ratio = route(torch.ones(8, 3, 4, EXPERTS), observed, 2, 0, jitter=0.1).logits
    assert 0.9 <= ratio.min() < 0.92
    assert 1.08 < ratio.max() <= 1.1
    # 480 draws of standard deviation 0.1 / sqrt(3): the mean within four of its own deviations
    assert abs(ratio.mean() - 1.0) < 4 * 0.1 / math.sqrt(3 * 480)


@pytest.mark.parametrize("jitter", [-0.1, 1.0])
def test_jitter_out_of_range_is_refused(jitter):
    with pytest.raises(InvalidInput, match=f"jitter must be at least 0 and below 1; got {jitter}"):
        route(torch.zeros(1, 1, 1, 2), torch.ones(1, 1, 1, dtype=torch.bool), 1, 0, jitter=jitter)


def test_the_bias_bends_the_choice_and_not_the_weights():
    probs = torch.tensor([0.5, 0.3, 0.2]).view(1, 1, 1, 3)
    observed = torch.ones(1, 1, 1, dtype=torch.bool)
    routing = route(probs.log(), observed, 2, 0, bias=torch.tensor([0.0, -0.1, 0.05]))
    # 0.5, 0.2 and 0.25: experts 0 and 2, of probabilities 0.5 and 0.2
    assert routing.expert_ids.flatten().tolist() == [0, 2]
    torch.testing.assert_close(routing.expert_weights.flatten(), torch.tensor([5 / 7, 2 / 7]))
    torch.testing.assert_close(routing.log_probs.exp(), probs)


def test_the_bias_moves_by_its_rate_against_the_load():
    balance = LoadBias(4, rate=0.01)
    logits = torch.tensor([3.0, 2.0, 1.0, 0.0]).expand(1, 1, 3, 4)
    balance.update(route(logits, torch.tensor([[[True, True, False]]]), 2, 0))
    # two observed tokens on experts 0 and 1: loads 2, 2, 0, 0 of a mean of 1
    torch.testing.assert_close(balance.bias, torch.tensor([-0.01, -0.01, 0.01, 0.01]))
    balance.update(random_routing((2, 2, 2), 4, 2, 0, p_hidden=1.1))
    torch.testing.assert_close(balance.bias, torch.tensor([-0.01, -0.01, 0.01, 0.01]))  # nothing observed
    assert not list(balance.parameters())
    assert "bias" in balance.state_dict()


def test_the_bias_evens_out_loads():
    torch.manual_seed(0)
    balance = LoadBias(EXPERTS, rate=0.02)
    logits = torch.randn(64, 2, 4, EXPERTS) + torch.tensor([2.0, 0.0, 0.0, 0.0, -2.0])
    observed = torch.ones(64, 2, 4, dtype=torch.bool)

    def shares():
        ids = route(logits, observed, 1, 0, bias=balance.bias).expert_ids
        return torch.bincount(ids.flatten(), minlength=EXPERTS) / ids.numel()

    before = shares()
    for _ in range(100):
        balance.update(route(logits, observed, 1, 0, bias=balance.bias))
    # at rest biases swing by a rate to either side, which moves some tokens of 512
    assert before.max() > 0.5
    assert (shares() - 0.2).abs().max() < 0.1


def test_a_rate_that_is_not_positive_is_refused():
    with pytest.raises(InvalidInput, match="rate must be above 0; got 0"):
        LoadBias(4, rate=0.0)
