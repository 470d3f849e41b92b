"""Routers against a loop over tokens, what they may and may not look at, and the choice of experts."""

import pytest
import torch

from interplay.errors import InvalidInput
from interplay.nn import InteractionContext, InteractionRouter, SoftmaxRouter, empty_context, route
from interplay.nn.routers import ROUTERS
from small_models import random_context

WIDTH, EXPERTS = 6, 5
# three small layers and a GRU of float32: a few tens of eps at values of order 1
TOLERANCE = {"rtol": 1e-5, "atol": 5e-6}


def routed(kind="interaction", *, n_b=2, n_m=3, n_t=4):
    torch.manual_seed(0)
    router = ROUTERS[kind](WIDTH, EXPERTS)
    observed = torch.rand(n_b, n_m, n_t) > 0.3
    return router, torch.randn(n_b, n_m, n_t, WIDTH), random_context(n_m, n_t), observed


def changed_pairs(context: InteractionContext, i: int, j: int) -> InteractionContext:
    """The context with other redundancy and synergy of one pair; uniqueness would be read beyond the pair."""
    redundancy, synergy = context.redundancy.clone(), context.synergy.clone()
    for atom in (redundancy, synergy):
        atom[i, j] = atom[j, i] = 3.0
    return InteractionContext(redundancy=redundancy, unique=context.unique, synergy=synergy)


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
    torch.testing.assert_close(logits, h @ router.score.weight.T)
    assert torch.equal(logits, router(h, empty_context(3, 4), torch.zeros_like(observed)))
    assert isinstance(router, SoftmaxRouter)


def answer_by_loop(router: InteractionRouter, u, context, observed_MT, m: int, t: int) -> torch.Tensor:
    """What the observed partners of one token answer."""
    partners = [j for j in range(len(observed_MT)) if j != m and observed_MT[j, t]]
    if not partners:
        return torch.zeros(router.value.out_features)
    pairs = [context.pair_features[m, j, t] for j in partners]
    query = router.query(u)
    scores = torch.stack([query @ router.key(pair) for pair in pairs]) / len(query) ** 0.5
    return sum(
        share * router.value(pair) for share, pair in zip(torch.softmax(scores, 0), pairs, strict=True)
    )


@pytest.mark.parametrize("n_m", [1, 2, 4])
def test_the_interaction_router_equals_one_token_at_a_time(n_m):
    router, h, context, observed = routed(n_m=n_m)
    logits = router(h, context, observed)
    for b in range(2):
        for m in range(n_m):
            u_T = [torch.relu(router.token(h[b, m, t])) * observed[b, m, t] for t in range(4)]
            steps = [
                torch.cat(
                    [
                        context.unique_to_all()[m, t, None],
                        answer_by_loop(router, u, context, observed[b], m, t),
                    ]
                )
                for t, u in enumerate(u_T)
            ]
            state, _ = router.gru(torch.stack(steps)[None])
            expected = router.score(torch.cat([torch.stack(u_T), state[0]], dim=-1))
            torch.testing.assert_close(logits[b, m], expected, **TOLERANCE)


def test_a_lone_modality_gets_an_answer_of_zeros():
    router, h, _, observed = routed(n_m=1)
    logits = router(h, empty_context(1, 4), observed)
    for part in (router.key, router.value, router.query):
        torch.nn.init.normal_(part.bias)
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


@pytest.mark.parametrize("top_k", [1, 2, EXPERTS])
def test_route_renormalises_the_highest_probabilities(top_k):
    torch.manual_seed(0)
    logits, observed = 3 * torch.randn(2, 3, 4, EXPERTS), torch.rand(2, 3, 4) > 0.3
    routing = route(logits, observed, top_k, 2)
    top, ids = torch.softmax(logits, -1).topk(top_k)
    assert torch.equal(routing.expert_ids, ids)
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
