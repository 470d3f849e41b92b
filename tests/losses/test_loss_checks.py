"""The contract suite of losses: ours keep it, and each broken loss is named with what it breaks."""

import math

import pytest
import torch

from interplay.errors import InvalidInput
from interplay.losses import check_loss, jensen_shannon, redundancy_loss, synergy_loss, uniqueness_loss

# of (1/2, 1/2) and (3/4, 1/4): see `test_divergence_by_hand`; of disjoint experts, log 2; of equal ones, 0.
# the first expert gets (1/2 + 3/4) / 2 = 5/8, and -log 5/8 = 0.470004
EVEN, LEANING = (0.5, 0.5), (0.75, 0.25)
BY_HAND = {
    redundancy_loss: [(EVEN, LEANING, 0.033822), ((1, 1e-300), (1e-300, 1), math.log(2)), (EVEN, EVEN, 0.0)],
    uniqueness_loss: [
        (EVEN, LEANING, -0.033822),
        ((1, 1e-300), (1e-300, 1), -math.log(2)),
        (EVEN, EVEN, 0.0),
    ],
    synergy_loss: [(EVEN, LEANING, 0.470004), ((1, 1e-300), (1, 1e-300), 0.0)],
}


@pytest.mark.parametrize("loss", BY_HAND, ids=lambda loss: loss.__name__)
def test_every_loss_keeps_its_contract(loss):
    check_loss(loss, BY_HAND[loss])


def plain(routing, weight, *, observed=None, log_p=None, normalise=True, slope=1.0):
    """The redundancy loss written down without care; what is passed breaks one rule."""
    n_b, n_m, n_t = routing.observed.shape
    if weight.shape not in ((1, n_m, n_m, n_t), (n_b, n_m, n_m, n_t)):
        raise InvalidInput("shapes")
    observed = routing.observed if observed is None else observed
    log_p = routing.log_probs if log_p is None else log_p
    log_p = log_p.masked_fill(~routing.observed[..., None], 0.0)
    w = weight.to(log_p) * (observed[:, :, None] & observed[:, None])
    w = w * ~torch.eye(n_m, dtype=torch.bool)[..., None]
    value = (w * jensen_shannon(log_p[:, :, None], log_p[:, None])).sum()
    value = value / (w.sum().clamp_min(1e-12) if normalise else 1.0)
    return value.detach() * (1 - slope) + value * slope


def sees_hidden(routing, weight):
    return plain(routing, weight, observed=torch.ones_like(routing.observed))


def takes_nan(routing, weight):
    return plain(routing, weight) + 0.0 * routing.log_probs.sum()


def no_gradient(routing, weight):
    return plain(routing, weight) if weight.any() and routing.observed.any() else torch.zeros(())


def wrong_gradient(routing, weight):
    return plain(routing, weight, slope=2.0)


def deaf(routing, weight):
    return plain(routing, weight, log_p=routing.log_probs.detach()) + 0.0 * routing.log_probs[..., 0].nansum()


def sums(routing, weight):
    return plain(routing, weight, normalise=False)


def orders(routing, weight):
    return plain(routing, weight * torch.arange(1.0, weight.shape[-2] + 1)[:, None])


def doubles(routing, weight):
    return plain(routing, weight).double()


def lenient(routing, weight):
    shape = (1, *[routing.observed.shape[1]] * 2, routing.observed.shape[2])
    fits = weight.shape[1:] == shape[1:] and weight.shape[0] in (1, len(routing.observed))
    return plain(routing, weight if fits else torch.ones(shape))


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (sees_hidden, "teaches_the_router"),
        (takes_nan, "ignores_the_unobserved"),
        (no_gradient, "is_exactly_zero_without_pairs"),
        (wrong_gradient, "has_the_right_gradient"),
        (deaf, "teaches_the_router"),
        (sums, "is_a_weighted_mean"),
        (orders, "does_not_know_the_order"),
        (doubles, "keeps_the_type"),
        (lenient, "refuses_other_shapes"),
    ],
    ids=lambda part: getattr(part, "__name__", part),
)
def test_a_broken_loss_is_named_with_what_it_breaks(broken, check):
    with pytest.raises(AssertionError, match=f"{broken.__name__} breaks its contract: .*{check}: "):
        check_loss(broken, BY_HAND[redundancy_loss])


def test_the_plain_loss_itself_breaks_nothing():
    check_loss(plain, BY_HAND[redundancy_loss])


def test_a_wrong_value_and_no_value_are_named():
    with pytest.raises(
        AssertionError, match=r"by_hand: of \(0.5, 0.5\) and \(0.5, 0.5\) it must be 0.1; got 0.0"
    ):
        check_loss(redundancy_loss, [(EVEN, EVEN, 0.1)])
    with pytest.raises(AssertionError, match="by_hand: give at least one value"):
        check_loss(redundancy_loss, [])
