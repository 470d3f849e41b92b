"""A token budget: what is dropped changes nothing, what is packed is worked on as ever, and a window stays alone."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from interplay.errors import InvalidInput
from interplay.nn import InteractionContext, ModelConfig, empty_context
from interplay.nn.allocation import TokenAllocation
from interplay.nn.packed import Packed
from interplay.nn.routers import ROUTERS
from small_models import SHAPES, random_context, random_windows, small_model

STEPS = 5
N_M = len(SHAPES)
BUDGETS = (0.1, 0.3, 0.9)


def full_and_some(budget: float, context, **config):
    """The full model, and one with a budget and the same weights."""
    full = small_model(SHAPES, STEPS, context, **config)
    some = small_model(SHAPES, STEPS, context, token_budget=budget, **config)
    missing, unknown = some.load_state_dict(full.state_dict(), strict=False)
    assert not unknown
    assert all(name.startswith("allocation.") for name in missing)
    return full, some


def test_the_whole_budget_is_the_model_without_one():
    context = random_context(N_M, STEPS)
    x, observed = random_windows(SHAPES, 4, STEPS)
    with torch.no_grad():
        before, after = (
            small_model(SHAPES, STEPS, context, **config)(x, observed)
            for config in ({}, {"token_budget": 1.0})
        )
    assert torch.equal(before.logits, after.logits)
    assert torch.equal(after.allocated, observed)


# the interaction router's GRU follows packed tokens in another row than all
@pytest.mark.parametrize("router", sorted(set(ROUTERS) - {"interaction", "published", "uniform"}))
@pytest.mark.parametrize("guided", [True, False])
@pytest.mark.parametrize("moe_every", [0, 1])
@pytest.mark.parametrize("share", [0.15, 0.5, 0.95])
@torch.no_grad()
def test_where_all_that_is_observed_has_room_nothing_changes(router, guided, moe_every, share):
    """Both layouts of attention: tables of pairs, and of modalities and steps."""
    full, some = full_and_some(
        share, random_context(N_M, STEPS), router=router, guided=guided, moe_every=moe_every
    )
    x, _ = random_windows(SHAPES, 6, STEPS)
    rank = torch.rand(6, N_M * STEPS, generator=torch.Generator().manual_seed(0)).argsort(1)
    observed = (rank < math.ceil(share * N_M * STEPS)).view(6, N_M, STEPS)
    observed[0, 1:] = False
    one, other = full(x, observed), some(x, observed)
    # logits of order 1, summed in another order
    torch.testing.assert_close(other.logits, one.logits, rtol=0, atol=2e-6)
    torch.testing.assert_close(other.pooling, one.pooling, rtol=0, atol=1e-6)
    assert torch.equal(other.allocated, observed)
    for a, b in zip(one.routings, other.routings, strict=True):
        assert torch.equal(a.observed, b.observed)
        torch.testing.assert_close(b.logits, a.logits, rtol=0, atol=2e-6)
        assert torch.equal(b.expert_ids[observed], a.expert_ids[observed])


@pytest.mark.parametrize("router", sorted(ROUTERS))
@pytest.mark.parametrize("budget", BUDGETS)
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 7), own=st.booleans(), data=st.data())
@torch.no_grad()
def test_a_window_is_told_the_same_alone_and_in_any_company(router, budget, seed, n, own, data):
    rows = data.draw(st.permutations(range(n)))[: data.draw(st.integers(1, n))]
    model = small_model(SHAPES, STEPS, random_context(N_M, STEPS), seed=1, router=router, token_budget=budget)
    x, observed = random_windows(SHAPES, n, STEPS, seed)
    context = random_context(N_M, STEPS, seed, n_b=n) if own else None
    of_rows = (
        InteractionContext(**{a: getattr(context, a)[rows] for a in ("redundancy", "unique", "synergy")})
        if own
        else None
    )
    together = model(x, observed, context)
    apart = model({name: values[rows] for name, values in x.items()}, observed[rows], of_rows)
    assert torch.equal(apart.allocated, together.allocated[rows])
    torch.testing.assert_close(apart.logits, together.logits[rows], rtol=0, atol=1e-6)


@pytest.mark.parametrize("budget", BUDGETS)
@torch.no_grad()
def test_no_more_tokens_are_worked_on_than_asked_and_none_that_is_unobserved(budget):
    model = small_model(SHAPES, STEPS, random_context(N_M, STEPS), token_budget=budget)
    x, observed = random_windows(SHAPES, 50, STEPS)
    observed[3] = False
    output = model(x, observed)
    room = math.ceil(budget * N_M * STEPS)
    assert not (output.allocated & ~observed).any()
    assert torch.equal(output.allocated.flatten(1).sum(1), observed.flatten(1).sum(1).clamp(max=room))
    assert torch.equal(output.pooling > 0, output.allocated)
    for routing in output.routings:
        assert torch.equal(routing.observed, output.allocated)
        assert not routing.expert_weights[~output.allocated].any()


@torch.no_grad()
def test_what_the_context_names_comes_first_and_single_windows_have_their_own():
    context = empty_context(N_M, STEPS)
    context.synergy[0, 1, 2, 3] = context.synergy[0, 2, 1, 3] = 0.5
    model = small_model(SHAPES, STEPS, context, token_budget=0.1)
    # what tokens hold says nothing
    model.allocation.score[1].weight.zero_()
    x, observed = random_windows(SHAPES, 8, STEPS)
    observed[:] = True
    assert model(x, observed).allocated[:, [1, 2], 3].all()
    own = random_context(N_M, STEPS, n_b=8)
    for atom in ("redundancy", "unique", "synergy"):
        getattr(own, atom).zero_()
    for b in range(8):
        own.synergy[b, 0, 3, b % STEPS] = own.synergy[b, 3, 0, b % STEPS] = 0.1
    allocated = model(x, observed, own).allocated
    for b in range(8):
        assert allocated[b, [0, 3], b % STEPS].all()


@torch.no_grad()
def test_what_was_dropped_holds_nothing_that_matters_but_its_score():
    """Values of dropped tokens, changed so that they stay dropped, move nothing."""
    context = empty_context(N_M, STEPS)
    context.synergy[0, 0, 3, :] = context.synergy[0, 3, 0, :] = 0.5
    model = small_model(SHAPES, STEPS, context, token_budget=0.5)
    model.allocation.score[1].weight.zero_()
    x, observed = random_windows(SHAPES, 5, STEPS)
    observed[:] = True
    other = dict(x, ecg=x["ecg"] + 1.0, resp=-x["resp"])
    before, after = model(x, observed), model(other, observed)
    assert not before.allocated[:, 1:3].any()
    assert torch.equal(before.logits, after.logits)


def test_the_score_learns_and_changes_no_value_in_training():
    torch.manual_seed(0)
    part = TokenAllocation(8, 0.5)
    h, observed = torch.randn(3, 4, 4, 8, requires_grad=True), torch.ones(3, 4, 4, dtype=torch.bool)
    trained, packed = part.train()(h, observed, torch.zeros(1, 4, 4))
    # 1 + g - g is 1 up to rounding
    torch.testing.assert_close(trained, packed.take(h), rtol=1e-6, atol=1e-6)
    plain, packed = part.eval()(h, observed, torch.zeros(1, 4, 4))
    assert torch.equal(plain, packed.take(h))
    trained.square().sum().backward()
    assert part.score[1].weight.grad.abs().max() > 0
    assert plain.requires_grad


def test_a_score_that_looks_for_what_tells_finds_it():
    """One token in twelve says the class; which one differs from window to window, and only its values show it."""
    torch.manual_seed(0)
    part, head = TokenAllocation(4, 1 / 12), nn.Linear(4, 1)
    optimiser = torch.optim.Adam([*part.parameters(), *head.parameters()], lr=0.03)
    observed = torch.ones(64, 3, 4, dtype=torch.bool)

    def draw():
        h, where = torch.randn(64, 12, 4), torch.randint(12, (64,))
        y = torch.randint(2, (64,)).float()
        h[:, :, 3] = -2.0
        h[torch.arange(64), where, 3] = 2.0
        h[torch.arange(64), where, 0] = 4 * y - 2
        return h.view(64, 3, 4, 4), where, y

    for _ in range(300):
        h, _, y = draw()
        loss = nn.functional.binary_cross_entropy_with_logits(
            head(part.train()(h, observed, torch.zeros(1, 3, 4))[0])[:, 0, 0], y
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    h, where, _ = draw()
    _, packed = part.eval()(h, observed, torch.zeros(1, 3, 4))
    found = (packed.observed.flatten(1).int().argmax(1) == where).float().mean()
    # by chance it is 1 in 12
    assert found > 0.9


@pytest.mark.parametrize(("n_b", "k"), [(1, 1), (3, 7)])
def test_what_is_taken_and_laid_back_is_what_was_there(n_b, k):
    place = torch.stack([torch.randperm(12)[:k].sort().values for _ in range(n_b)])
    packed = Packed(place, torch.ones(n_b, k, dtype=torch.bool), 3, 4)
    x = torch.randn(n_b, 3, 4, 2)
    laid = packed.lay(packed.take(x))
    assert torch.equal(laid[packed.observed], x[packed.observed])
    assert not laid[~packed.observed].any()
    pairs = torch.randn(1, 3, 3, 4)
    of_pairs = packed.of_pairs(pairs)
    for b in range(n_b):
        for i in range(k):
            for j in range(k):
                m, t, other = packed.modality[b, i], packed.step[b, i], packed.modality[b, j]
                assert of_pairs[b, i, j] == pairs[0, m, other, t]


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"token_budget": 0.0}, "must be a share above 0 and at most 1"),
        ({"token_budget": 1.5}, "must be a share above 0 and at most 1"),
        ({"token_budget": "half"}, "must be a share above 0 and at most 1, or 'auto'; got 'half'"),
        ({"token_budget": 0.5, "each_step": True}, "each_step must come with token_budget 1"),
        (
            {"token_budget": 0.5, "fusion": "late", "moe_every": 0, "guided": False},
            "fusion 'late' must come with token_budget 1",
        ),
    ],
)
def test_what_cannot_be_says_so(config, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        ModelConfig(**config)


def test_a_network_is_given_a_number():
    with pytest.raises(InvalidInput, match=r"'auto' must be found in a training: interplay.fit does so"):
        small_model(SHAPES, STEPS, empty_context(N_M, STEPS), token_budget="auto")


@pytest.mark.slow
@pytest.mark.parametrize("budget", [0.2, 0.9])
def test_a_budget_compiles_in_one_graph_with_its_gradient(budget):
    class Logits(nn.Module):
        def __init__(self, model):
            super().__init__()
            self.model = model

        def forward(self, x, observed):
            return self.model(x, observed).logits

    model = small_model(SHAPES, STEPS, random_context(N_M, STEPS), layers=1, token_budget=budget)
    x, observed = random_windows(SHAPES, 5, STEPS)
    weight = model.blocks[0].feed_forward.experts.feed_forward.up
    results = []
    for run in (Logits(model), torch.compile(Logits(model), fullgraph=True, backend="aot_eager")):
        logits = run(x, observed)
        (slope,) = torch.autograd.grad(logits.square().sum(), weight)
        results.append((logits.detach(), slope))
    torch.testing.assert_close(results[1][0], results[0][0], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(results[1][1], results[0][1], rtol=1e-4, atol=1e-5)
