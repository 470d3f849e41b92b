"""Losses of routing against interactions: by hand, against a loop over pairs, and what they must ignore."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from interplay.errors import InvalidInput
from interplay.losses import interaction, jensen_shannon, redundancy_loss, synergy_loss, uniqueness_loss
from small_routings import random_logits, routing_of_logits, routing_of_probs

LOSSES = [uniqueness_loss, redundancy_loss, synergy_loss]


def log_of(*probs):
    return torch.log(torch.tensor(probs, dtype=torch.float64))


def divergence(p, q):
    return jensen_shannon(torch.as_tensor(p), torch.as_tensor(q)).item()


def pair(weight: float) -> torch.Tensor:
    """Weight of two modalities at one step."""
    return weight * torch.tensor([[0.0, 1.0], [1.0, 0.0]], dtype=torch.float64)[None, ..., None]


def random_weights(n_m: int, n_t: int, seed: int, n_b: int = 1) -> torch.Tensor:
    """Symmetric weights (B', M, M, T), about half of them 0."""
    generator = torch.Generator().manual_seed(seed)
    upper = torch.rand(n_b, n_m, n_m, n_t, generator=generator, dtype=torch.float64)
    upper = upper * (torch.rand(n_b, n_m, n_m, n_t, generator=generator) > 0.5)
    upper = torch.triu(upper.movedim(-1, 0), 1).movedim(0, -1)
    return upper + upper.transpose(1, 2)


def test_divergence_of_equal_distributions_is_zero():
    assert divergence(log_of(0.7, 0.2, 0.1), log_of(0.7, 0.2, 0.1)) == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_divergence_of_disjoint_distributions_is_log_two(dtype):
    # the probability of the other expert, exp(-1000), is an exact 0
    p = torch.log_softmax(torch.tensor([0.0, -1000.0], dtype=dtype), -1).requires_grad_()
    q = torch.log_softmax(torch.tensor([-1000.0, 0.0], dtype=dtype), -1)
    value = jensen_shannon(p, q)
    assert value.item() == pytest.approx(math.log(2.0), rel=1e-6)
    (grad,) = torch.autograd.grad(value, p)
    assert torch.isfinite(grad).all()


def test_divergence_by_hand():
    # middle (5/8, 3/8) of entropy 0.661563; entropies log 2 = 0.693147 and 0.562335: their mean is 0.627741
    assert divergence(log_of(0.5, 0.5), log_of(0.75, 0.25)) == pytest.approx(0.033822, abs=1e-6)


def test_an_expert_that_neither_uses_changes_nothing():
    p = torch.log_softmax(torch.tensor([0.0, 1.0, -2000.0], dtype=torch.float64), -1).requires_grad_()
    q = torch.log_softmax(torch.tensor([1.0, 0.0, -2000.0], dtype=torch.float64), -1)
    value = jensen_shannon(p, q)
    assert value.item() == pytest.approx(divergence(p[:2].detach(), q[:2]), rel=1e-12)
    assert torch.isfinite(torch.autograd.grad(value, p)[0]).all()


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(-30, 30), min_size=8, max_size=8))
def test_divergence_is_symmetric_and_bounded(values):
    p, q = torch.log_softmax(torch.tensor(values, dtype=torch.float64).view(2, 4), -1)
    assert divergence(p, q) == divergence(q, p)
    # rounding of sums of a few terms below 1
    assert -1e-14 <= divergence(p, q) <= math.log(2.0) + 1e-14


@pytest.mark.parametrize("weight", [1.0, 0.3])
def test_two_modalities_and_one_step_by_hand(weight):
    routing = routing_of_probs([[[[0.5, 0.5]], [[0.75, 0.25]]]])
    # one pair: its weight cancels in the mean. The divergence is that of `test_divergence_by_hand`
    assert redundancy_loss(routing, pair(weight)).item() == pytest.approx(0.033822, abs=1e-6)
    assert uniqueness_loss(routing, pair(weight)).item() == pytest.approx(-0.033822, abs=1e-6)
    # expert 0 is the synergy expert: -log((0.5 + 0.75) / 2) = 0.470004
    assert synergy_loss(routing, pair(weight)).item() == pytest.approx(0.470004, abs=1e-6)


def test_pairs_count_by_weight_and_windows_alike():
    # window 0: modalities 0 and 1 are routed alike (divergence 0), 2 disjoint from both (log 2)
    # window 1: all alike. Weights: pair 01 counts 1, pair 02 counts 1/2, pair 12 nothing
    same, other = [[1.0, 1e-300]], [[1e-300, 1.0]]
    routing = routing_of_probs([[same, same, other], [same, same, same]])
    weight = torch.tensor([[0.0, 1.0, 0.5], [1.0, 0.0, 0.0], [0.5, 0.0, 0.0]], dtype=torch.float64)[
        None, ..., None
    ]
    # (1 * 0 + 1/2 log 2 + 1 * 0 + 1/2 * 0) / (1 + 1/2 + 1 + 1/2) = log 2 / 6
    assert redundancy_loss(routing, weight).item() == pytest.approx(math.log(2.0) / 6, rel=1e-12)


def by_loop(name: str, routing, weight) -> float:
    """One window, one pair, one step at a time."""
    total = weights = 0.0
    n_b, n_m, n_t = routing.observed.shape
    weight = weight.expand(n_b, -1, -1, -1)
    probs = routing.log_probs.detach().exp()
    for b in range(n_b):
        for i in range(n_m):
            for j in range(i + 1, n_m):
                for t in range(n_t):
                    if routing.observed[b, i, t] and routing.observed[b, j, t]:
                        compared = compare_by_loop(name, probs[b, i, t], probs[b, j, t], routing)
                        total += float(weight[b, i, j, t]) * compared
                        weights += float(weight[b, i, j, t])
    return total / weights if weights else 0.0


def compare_by_loop(name: str, p, q, routing) -> float:
    s = routing.synergy_experts
    if name == "synergy_loss":
        return -math.log(float(p[:s].sum() + q[:s].sum()) / 2)
    towards = [sum(float(a * torch.log(2 * a / (p + q)[e])) for e, a in enumerate(own)) for own in (p, q)]
    return sum(towards) / 2 * (-1 if name == "uniqueness_loss" else 1)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("chunk", [1, 2**18])
@pytest.mark.parametrize("seed", range(4))
def test_losses_equal_a_loop_over_pairs_and_steps(loss, seed, chunk, own, monkeypatch):
    n_m, n_t = (2, 1) if seed == 0 else (4, 3)
    logits, observed = random_logits((3, n_m, n_t), 5, seed)
    weight = random_weights(n_m, n_t, seed, n_b=3 if own else 1)
    monkeypatch.setattr(interaction, "CHUNK", chunk)
    routing = routing_of_logits(logits, observed=observed, synergy_experts=1 + seed % 3)
    # float64 sums of under a hundred terms below 10
    assert loss(routing, weight).item() == pytest.approx(
        by_loop(loss.__name__, routing, weight), rel=1e-12, abs=1e-13
    )


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("why", ["no weight", "nothing observed", "one modality"])
def test_without_pairs_the_loss_and_its_gradient_are_exactly_zero(loss, why):
    n_m = 1 if why == "one modality" else 3
    logits, observed = random_logits((2, n_m, 4), 5, seed=0)
    weight = torch.zeros(1, n_m, n_m, 4) if why == "no weight" else torch.ones(1, n_m, n_m, 4)
    observed = torch.zeros_like(observed) if why == "nothing observed" else observed
    value = loss(routing_of_logits(logits, observed=observed), weight)
    (grad,) = torch.autograd.grad(value, logits)
    assert value.item() == 0.0
    assert (grad == 0).all()


@pytest.mark.parametrize("loss", LOSSES)
def test_unobserved_pairs_leave_no_trace(loss):
    logits, observed = random_logits((2, 3, 4), 5, seed=0)
    weight = torch.ones(1, 3, 3, 4, dtype=torch.float64)
    other = torch.where(observed[..., None], logits.detach(), 7.0 * torch.randn_like(logits))
    value = loss(routing_of_logits(logits, observed=observed), weight)
    assert value.item() == loss(routing_of_logits(other, observed=observed), weight).item()
    (grad,) = torch.autograd.grad(value, logits)
    # a token counts where a partner is observed with it
    paired = observed & (observed.sum(1, keepdim=True) > 1)
    assert torch.equal(grad.any(-1), paired)


@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_are_those_of_finite_differences(loss):
    logits, observed = random_logits((2, 3, 2), 4, seed=3)
    weight = random_weights(3, 2, seed=3)
    assert weight.any()

    def run(values):
        return loss(routing_of_logits(values, observed=observed, synergy_experts=2), weight)

    assert torch.autograd.gradcheck(run, logits)


def test_the_losses_pull_the_way_they_should():
    logits = torch.tensor([[[[1.0, 0.0]], [[0.0, 1.0]]]], dtype=torch.float64, requires_grad=True)

    def downhill(loss):
        (grad,) = torch.autograd.grad(loss(routing_of_logits(logits), pair(1.0)), logits)
        return -grad[0, :, 0, 0].sign()  # where each token's share of expert 0 goes

    assert downhill(redundancy_loss).tolist() == [-1.0, 1.0]  # together
    assert downhill(uniqueness_loss).tolist() == [1.0, -1.0]  # apart
    assert downhill(synergy_loss).tolist() == [1.0, 1.0]  # both to the synergy expert


def test_synergy_keeps_a_gradient_where_its_experts_are_hardly_used():
    logits = torch.tensor([-20.0, 0.0], dtype=torch.float64).expand(1, 2, 1, 2).clone().requires_grad_()
    (grad,) = torch.autograd.grad(synergy_loss(routing_of_logits(logits), pair(1.0)), logits)
    # -log s with s about exp(z): slope -1 in z, half of it from either token
    torch.testing.assert_close(grad[0, :, 0, 0], torch.tensor([-0.5, -0.5], dtype=torch.float64))


def test_synergy_without_synergy_experts_is_refused():
    logits, _ = random_logits((1, 2, 1), 3, seed=0)
    with pytest.raises(InvalidInput, match="must get a routing with synergy experts"):
        synergy_loss(routing_of_logits(logits, synergy_experts=0), pair(0.0))
