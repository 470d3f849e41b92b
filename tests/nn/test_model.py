"""The model looks at observed tokens of one window and at nothing else, and guidance can be taken out."""

import pytest
import torch

from interplay.errors import InvalidInput
from interplay.nn import InteractionMoE, ModelConfig, empty_context
from small_models import SHAPES, random_context, random_windows, schema_of, small_model

STEPS = 4
CONTEXT = random_context(len(SHAPES), STEPS)


def take(x, observed, rows):
    return {name: values[rows] for name, values in x.items()}, observed[rows]


def with_weights_of(model: InteractionMoE, **config) -> InteractionMoE:
    """The same weights under another configuration and context; buffers stay the other's own."""
    other = small_model(SHAPES, STEPS, **config)
    with torch.no_grad():
        for mine, given in zip(other.parameters(), model.parameters(), strict=True):
            mine.copy_(given)
    return other


@pytest.mark.parametrize("guided", [True, False])
@pytest.mark.parametrize("router", ["interaction", "softmax"])
@torch.no_grad()
def test_a_prediction_does_not_depend_on_the_rest_of_the_batch(guided, router):
    model = small_model(SHAPES, STEPS, CONTEXT, guided=guided, router=router)
    x, observed = random_windows(SHAPES, 17, STEPS)
    observed[3] = False
    together = model(x, observed).logits
    for rows in ([0], [3], [16], [5, 3], list(range(8, 0, -1))):
        # rounding of logits of order 1; the asked bound
        torch.testing.assert_close(model(*take(x, observed, rows)).logits, together[rows], rtol=0, atol=1e-6)


@pytest.mark.parametrize("rubbish", [float("nan"), float("-inf"), 1e30])
def test_unobserved_values_change_not_one_bit(rubbish):
    model = small_model(SHAPES, STEPS, CONTEXT)
    x, observed = random_windows(SHAPES, 9, STEPS)
    observed[2] = False
    observed[:, 1] = False
    other = {
        name: torch.where(observed[:, m, :, None, None], values, rubbish)
        for m, (name, values) in enumerate(x.items())
    }
    before, after = model(x, observed), model(other, observed)
    assert torch.equal(before.logits, after.logits)
    assert torch.equal(before.pooling, after.pooling)
    grads = [
        torch.autograd.grad(out.logits.square().sum(), model.pooling.score.weight) for out in (before, after)
    ]
    assert torch.equal(*(grad for (grad,) in grads))


@pytest.mark.parametrize("router", ["interaction", "softmax"])
@torch.no_grad()
def test_an_empty_context_is_exactly_no_guidance(router):
    x, observed = random_windows(SHAPES, 5, STEPS)
    nothing = empty_context(len(SHAPES), STEPS)
    guided = small_model(SHAPES, STEPS, nothing, router=router)
    unguided = with_weights_of(guided, context=nothing, router=router, guided=False)
    assert torch.equal(guided(x, observed).logits, unguided(x, observed).logits)


@torch.no_grad()
def test_without_guidance_the_context_reaches_the_interaction_router_alone():
    x, observed = random_windows(SHAPES, 5, STEPS)
    nothing = empty_context(len(SHAPES), STEPS)
    for router, same in (("softmax", True), ("interaction", False)):
        model = small_model(SHAPES, STEPS, CONTEXT, router=router, guided=False)
        other = with_weights_of(model, context=nothing, router=router, guided=False)
        assert torch.equal(model(x, observed).logits, other(x, observed).logits) is same


@torch.no_grad()
def test_guidance_acts_where_the_context_says_something():
    x, observed = random_windows(SHAPES, 5, STEPS)
    model = small_model(SHAPES, STEPS, CONTEXT, router="softmax")
    other = with_weights_of(model, context=CONTEXT, router="softmax", guided=False)
    assert not torch.allclose(model(x, observed).logits, other(x, observed).logits, atol=1e-3)


@pytest.mark.parametrize("guided", [True, False])
@torch.no_grad()
def test_a_context_laid_over_the_weights_acts_as_if_built_in(guided):
    x, observed = random_windows(SHAPES, 5, STEPS)
    model = small_model(SHAPES, STEPS, CONTEXT, guided=guided)
    other = small_model(SHAPES, STEPS, random_context(len(SHAPES), STEPS, seed=1), guided=guided)
    assert not torch.equal(model(x, observed).logits, other(x, observed).logits)
    other.set_context(CONTEXT)
    assert torch.equal(model(x, observed).logits, other(x, observed).logits)
    assert torch.equal(other.context.pair_features, CONTEXT.pair_features)


@torch.no_grad()
def test_pooling_shares_sum_to_one_over_observed_tokens():
    x, observed = random_windows(SHAPES, 9, STEPS)
    observed[4] = False
    pooling = small_model(SHAPES, STEPS, CONTEXT)(x, observed).pooling
    assert not pooling[~observed].any()
    assert (pooling[observed] > 0).all()
    expected = torch.ones(9)
    expected[4] = 0.0
    torch.testing.assert_close(pooling.sum((1, 2)), expected)


@torch.no_grad()
def test_a_window_without_any_observation_gets_the_constant_answer():
    x, observed = random_windows(SHAPES, 2, STEPS)
    model = small_model(SHAPES, STEPS, CONTEXT)
    logits = model(x, torch.zeros_like(observed)).logits
    # pooled to 0, which the normalisation turns into its bias
    torch.testing.assert_close(logits, model.head(model.norm.bias).expand(2, -1))


@pytest.mark.parametrize("n_m", [1, 2, 5])
def test_any_number_of_modalities_works(n_m):
    shapes = {f"m{m}": (1 + 4 * (m % 2), 2) for m in range(n_m)}
    model = small_model(shapes, STEPS, random_context(n_m, STEPS))
    x, observed = random_windows(shapes, 3, STEPS)
    out = model(x, observed)
    assert out.logits.shape == (3, 3)
    assert torch.isfinite(out.logits).all()
    assert out.pooling.shape == (3, n_m, STEPS)


def test_a_context_of_another_shape_is_refused():
    schema = schema_of(SHAPES, STEPS)
    model = InteractionMoE(schema, ModelConfig(), CONTEXT)
    for context in (empty_context(len(SHAPES) - 1, STEPS), empty_context(len(SHAPES), STEPS + 1)):
        with pytest.raises(InvalidInput, match="of 4 modalities and 4 steps; got shape"):
            InteractionMoE(schema, ModelConfig(), context)
        with pytest.raises(InvalidInput, match="of 4 modalities and 4 steps; got shape"):
            model.set_context(context)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"width": 30}, r"width must be a multiple of heads \(4\); got 30"),
        (
            {"router": "hash"},
            r"router must be one of \['interaction', 'laplace', 'published', 'softmax', 'uniform'\], a class, ",
        ),
        ({"synergy_experts": 8}, r"below num_experts \(8\); got 8"),
        ({"synergy_experts": -1}, r"at least 0 and below num_experts \(8\); got -1"),
        ({"top_k": 0}, r"top_k must be between 1 and num_experts \(8\); got 0"),
        ({"top_k": 9}, r"top_k must be between 1 and num_experts \(8\); got 9"),
        ({"width": 0}, "width must be at least 1; got 0"),
        ({"heads": 0}, "heads must be at least 1; got 0"),
        ({"layers": 0}, "layers must be at least 1; got 0"),
        ({"moe_every": -1}, "moe_every must be at least 0; got -1"),
        ({"expert_width": -3}, "expert_width must be at least 1; got -3"),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1; got 1.0"),
    ],
)
def test_impossible_settings_are_refused(setting, message):
    with pytest.raises(InvalidInput, match=message):
        ModelConfig(**setting)
