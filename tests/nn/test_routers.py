"""Routers against a loop over tokens, what they may and may not look at, and the choice of experts."""

import pytest
import torch

from interplay.nn import (
    InteractionContext,
    InteractionRouter,
    LaplaceRouter,
    SoftmaxRouter,
    UniformRouter,
    check_router,
    empty_context,
    route,
)
from interplay.nn.routers import ROUTERS
from small_models import random_context

WIDTH, EXPERTS = 6, 5
# three small layers and a GRU of float32: a few tens of eps at values of order 1
TOLERANCE = {"rtol": 1e-5, "atol": 5e-6}


def routed(kind="interaction", *, n_b=2, n_m=3, n_t=4, own=False):
    torch.manual_seed(0)
    router = ROUTERS[kind](WIDTH, EXPERTS)
    observed = torch.rand(n_b, n_m, n_t) > 0.3
    return (
        router,
        torch.randn(n_b, n_m, n_t, WIDTH),
        random_context(n_m, n_t, n_b=n_b if own else 1),
        observed,
    )


def changed_pairs(context: InteractionContext, i: int, j: int) -> InteractionContext:
    """The context with other redundancy and synergy of one pair; uniqueness would be read beyond the pair."""
    redundancy, synergy = context.redundancy.clone(), context.synergy.clone()
    for atom in (redundancy, synergy):
        atom[:, i, j] = atom[:, j, i] = 3.0
    return InteractionContext(redundancy=redundancy, unique=context.unique, synergy=synergy)


@pytest.mark.parametrize("kind", ROUTERS)
def test_every_router_keeps_its_contract(kind):
    check_router(ROUTERS[kind])


@pytest.mark.parametrize("kind", ROUTERS)
@pytest.mark.parametrize("n_m", [1, 2, 5])
def test_every_token_is_scored_whatever_is_observed(kind, n_m):
    router, h, context, observed = routed(kind, n_m=n_m)
    for seen in (observed, torch.zeros_like(observed), torch.ones_like(observed)):
        logits = router(h, context, seen)
        assert logits.shape == (2, n_m, 4, EXPERTS)
        assert torch.isfinite(logits).all()


def test_the_softmax_router_looks_at_the_token_alone():
    router, h, context, observed = routed("softmax")
    logits = router(h, context, observed)
    torch.testing.assert_close(logits[observed], (h @ router.score.weight.T)[observed])
    assert torch.equal(logits, router(h, empty_context(3, 4), observed))
    assert not logits[~observed].any()
    assert isinstance(router, SoftmaxRouter)


def test_the_laplace_router_scores_minus_the_distance_to_each_centre():
    router = LaplaceRouter(2, 3)
    router.centre.data = torch.tensor([[0.0, 0.0], [3.0, 4.0], [1.0, 0.0]])
    h = torch.tensor([[3.0, 4.0], [0.0, 0.0]]).view(1, 1, 2, 2).requires_grad_()
    logits = router(h, empty_context(1, 2), torch.ones(1, 1, 2, dtype=torch.bool))
    # 3-4-5 triangles, and sqrt(2^2 + 4^2); square roots round once
    expected = -torch.tensor([[5.0, 0.0, 20.0**0.5], [0.0, 5.0, 1.0]])
    torch.testing.assert_close(logits[0, 0], expected, rtol=1e-6, atol=0.0)
    (grad,) = torch.autograd.grad(logits.sum(), h)
    assert torch.isfinite(grad).all()  # at a centre the distance has no slope


def test_the_uniform_router_gives_every_expert_its_turn_at_the_same_odds():
    router = UniformRouter(WIDTH, EXPERTS)
    observed = torch.ones(2, 3, 5, dtype=torch.bool)
    routing = route(router(torch.randn(2, 3, 5, WIDTH), empty_context(3, 5), observed), observed, 2, 0)
    # logits differ by less than 1e-3, so probabilities by less than that share of 1/5
    torch.testing.assert_close(routing.log_probs.exp(), torch.full((2, 3, 5, 5), 0.2), rtol=1e-3, atol=0.0)
    assert torch.bincount(routing.expert_ids.flatten()).tolist() == [12] * 5  # 30 tokens, 2 each, 5 experts


def answer_by_loop(router: InteractionRouter, u, pairs_MMTF, observed_MT, m: int, t: int) -> torch.Tensor:
    """What the observed partners of one token answer."""
    partners = [j for j in range(len(observed_MT)) if j != m and observed_MT[j, t]]
    if not partners:
        return torch.zeros(router.value.out_features)
    pairs = [pairs_MMTF[m, j, t] for j in partners]
    query = router.query(u)
    scores = torch.stack([query @ router.key(pair) for pair in pairs]) / len(query) ** 0.5
    return sum(
        share * router.value(pair) for share, pair in zip(torch.softmax(scores, 0), pairs, strict=True)
    )


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("n_m", [1, 2, 4])
def test_the_interaction_router_equals_one_token_at_a_time(n_m, own):
    router, h, context, observed = routed(n_m=n_m, own=own)
    logits = router(h, context, observed)
    pairs = context.pair_features.expand(2, -1, -1, -1, -1)
    unique = context.unique_to_all().expand(2, -1, -1)
    for b in range(2):
        for m in range(n_m):
            u_T = [torch.relu(router.token(h[b, m, t])) * observed[b, m, t] for t in range(4)]
            steps = [
                torch.cat(
                    [
                        unique[b, m, t, None],
                        answer_by_loop(router, u, pairs[b], observed[b], m, t),
                    ]
                )
                for t, u in enumerate(u_T)
            ]
            state = router.gru(torch.stack(steps)[None])
            expected = router.score(torch.cat([torch.stack(u_T), state[0]], dim=-1))
            torch.testing.assert_close(logits[b, m], expected, **TOLERANCE)


def test_a_lone_modality_gets_an_answer_of_zeros():
    router, h, _, observed = routed(n_m=1)
    logits = router(h, empty_context(1, 4), observed)
    torch.nn.init.normal_(router.value.bias)
    torch.nn.init.normal_(router.query.bias)
    assert torch.equal(logits, router(h, empty_context(1, 4), observed))


def test_unobserved_partners_are_ignored():
    router, h, context, observed = routed()
    observed[:] = True
    observed[0, 2] = False
    before = router(h, context, observed)
    after = router(h, changed_pairs(context, 0, 2), observed)
    assert torch.equal(before[0, 0], after[0, 0])
    # the same change is seen where the partner is observed, and by the pair's two members alone
    changed = (before[1] != after[1]).any(-1).any(-1)
    assert changed.tolist() == [True, False, True]


@pytest.mark.parametrize("kind", ROUTERS)
def test_what_unobserved_tokens_hold_reaches_no_other(kind):
    router, h, context, observed = routed(kind, n_t=6)
    other = torch.where(observed[..., None], h, 1e3 * torch.randn_like(h))
    before, after = router(h, context, observed), router(other, context, observed)
    assert torch.equal(before[observed], after[observed])


def test_later_steps_do_not_change_earlier_scores():
    router, h, context, observed = routed(n_t=6)
    later = h.clone()
    later[:, :, 4:] = torch.randn_like(later[:, :, 4:])
    seen_later = observed.clone()
    seen_later[:, :, 4:] = ~seen_later[:, :, 4:]
    before, after = router(h, context, observed), router(later, context, seen_later)
    assert torch.equal(before[:, :, :4], after[:, :, :4])
    assert not torch.equal(before[:, :, 4:], after[:, :, 4:])


def test_earlier_steps_are_remembered():
    router, h, context, observed = routed(n_t=6)
    observed[:] = True
    earlier = h.clone()
    earlier[:, :, 0] += 1.0
    assert (router(h, context, observed) != router(earlier, context, observed))[:, :, 5].any()


def test_scores_do_not_depend_on_the_rest_of_the_batch():
    router, h, context, observed = routed(n_b=7)
    together = router(h, context, observed)
    for b in range(7):
        alone = router(h[b : b + 1], context, observed[b : b + 1])
        torch.testing.assert_close(alone[0], together[b], **TOLERANCE)
