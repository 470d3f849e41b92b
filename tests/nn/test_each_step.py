"""A model of every step predicts each as if the window ended there: nothing of the future comes in."""

import pytest
import torch

from interplay.errors import InvalidInput
from interplay.nn import EarlyFusion, ModelConfig, empty_context
from small_models import SHAPES, random_context, random_windows, schema_of, small_model

STEPS = 6
CONTEXT = random_context(len(SHAPES), STEPS)
PARTS = [
    {},
    {"moe_every": 0},
    {"router": "laplace", "guided": False},
    {"router": "published", "synergy_experts": 1, "layers": 3, "moe_every": 2},
]


@pytest.mark.parametrize("config", PARTS, ids=str)
def test_each_step_is_what_a_window_that_ends_there_is_told(config):
    model = small_model(SHAPES, STEPS, CONTEXT, each_step=True, **config)
    x, observed = random_windows(SHAPES, 5, STEPS)
    with torch.no_grad():
        whole = model(x, observed).step_logits
        for t in range(STEPS):
            prefix = {name: values[:, : t + 1] for name, values in x.items()}
            alone = model(prefix, observed[:, :, : t + 1]).logits
            # float32 sums of some hundred terms of order 1, in another order
            torch.testing.assert_close(whole[:, t], alone, rtol=1e-4, atol=2e-5)


def test_early_fusion_keeps_to_the_past_too():
    config = ModelConfig(
        width=16, heads=2, moe_every=0, guided=False, fusion="early", each_step=True, dropout=0.0
    )
    torch.manual_seed(0)
    model = EarlyFusion(schema_of(SHAPES, STEPS), config, empty_context(len(SHAPES), STEPS)).eval()
    x, observed = random_windows(SHAPES, 5, STEPS)
    with torch.no_grad():
        whole = model(x, observed).step_logits
        prefix = {name: values[:, :3] for name, values in x.items()}
        torch.testing.assert_close(
            whole[:, 2], model(prefix, observed[:, :, :3]).logits, rtol=1e-4, atol=2e-5
        )


def test_a_model_of_the_last_step_alone_looks_at_the_whole_window():
    model = small_model(SHAPES, STEPS, CONTEXT)
    x, observed = random_windows(SHAPES, 5, STEPS)
    later = {name: values.clone() for name, values in x.items()}
    later["acc"][:, -1] += 1.0
    observed[:] = True
    h = (
        model.places(model.encoder(x, observed), observed),
        model.places(model.encoder(later, observed), observed),
    )
    first = [model.blocks[0](each, observed, CONTEXT, model.attention_guidance)[0][:, :, 0] for each in h]
    assert not torch.equal(*first)


def test_what_single_windows_show_may_not_guide_their_past():
    with pytest.raises(InvalidInput, match="each_step must come with context 'profile'"):
        ModelConfig(each_step=True, context="token")
