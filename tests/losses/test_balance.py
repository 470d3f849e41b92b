"""Load balance and router z-loss by hand, over observed tokens only."""

import math

import pytest
import torch

from interplay.losses import load_balance_loss, router_z_loss
from small_routings import random_logits, routing_of_logits, routing_of_probs

LOSSES = [load_balance_loss, router_z_loss]


def tokens(*rows):
    """One window of one modality, a step per row."""
    return torch.tensor(rows, dtype=torch.float64)[None, None]


def test_load_balance_of_one_expert_taking_all():
    # both tokens go to the first: loads 1 and 0, mean probabilities 3/4 and 1/4: 2 (1 * 3/4 + 0) = 1.5
    routing = routing_of_probs(tokens([0.75, 0.25], [0.75, 0.25]))
    assert load_balance_loss(routing).item() == pytest.approx(1.5, rel=1e-12)


def test_load_balance_of_two_chosen_of_three():
    # chosen: {0, 1} and {0, 2}: loads 1/2, 1/4, 1/4; means (0.5 + 0.6)/2, (0.3 + 0.1)/2, (0.2 + 0.3)/2
    # 3 (0.5 * 0.55 + 0.25 * 0.20 + 0.25 * 0.25) = 3 * 0.3875 = 1.1625
    routing = routing_of_probs(tokens([0.5, 0.3, 0.2], [0.6, 0.1, 0.3]), top_k=2)
    assert load_balance_loss(routing).item() == pytest.approx(1.1625, rel=1e-12)


@pytest.mark.parametrize("top_k", [1, 2, 3, 5])
def test_load_balance_is_one_at_uniform_routing(top_k):
    routing = routing_of_logits(torch.zeros(2, 3, 4, 5), top_k=top_k)
    assert load_balance_loss(routing).item() == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize("top_k", [1, 2, 3])
def test_load_balance_is_one_when_tokens_take_turns(top_k):
    # token t prefers expert t, then the next ones round the circle: every load and every mean is 1/5
    first = torch.tensor([5.0, 4.0, 3.0, 0.0, 0.0])
    routing = routing_of_logits(torch.stack([first.roll(t) for t in range(5)])[None, None], top_k=top_k)
    assert load_balance_loss(routing).item() == pytest.approx(1.0, rel=1e-6)


def test_z_loss_is_the_mean_squared_log_sum_exp():
    # log(1 + 3) = 1.386294 and log(1/2 + 1/2) = 0: (1.921812 + 0) / 2 = 0.960906
    routing = routing_of_logits(torch.log(tokens([1.0, 3.0], [0.5, 0.5])))
    assert router_z_loss(routing).item() == pytest.approx(math.log(4.0) ** 2 / 2, rel=1e-12)
    assert router_z_loss(routing).item() == pytest.approx(0.960906, rel=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
def test_unobserved_tokens_leave_no_trace(loss):
    logits, observed = random_logits((2, 3, 4), 5, seed=0)
    routing = routing_of_logits(logits, observed=observed, top_k=2)
    kept = logits[observed][None, None]
    torch.testing.assert_close(loss(routing), loss(routing_of_logits(kept, top_k=2)))
    (grad,) = torch.autograd.grad(loss(routing), logits)
    assert not grad[~observed].any()
    assert grad[observed].any()


@pytest.mark.parametrize("loss", LOSSES)
def test_nothing_observed_costs_nothing(loss):
    logits, observed = random_logits((2, 3, 4), 5, seed=0)
    value = loss(routing_of_logits(logits, observed=torch.zeros_like(observed), top_k=2))
    (grad,) = torch.autograd.grad(value, logits)
    assert value.item() == 0.0
    assert not grad.any()


@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_are_those_of_finite_differences(loss):
    logits, observed = random_logits((1, 2, 3), 4, seed=1)
    assert torch.autograd.gradcheck(
        lambda values: loss(routing_of_logits(values, observed=observed, top_k=2)), logits
    )
