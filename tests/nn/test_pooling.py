"""Pooling by step against pooling of the windows that end there; side inputs."""

from dataclasses import replace

import pytest
import torch

from interplay.errors import InvalidInput
from interplay.nn import GuidedPooling, InteractionMoE, ModelConfig, StaticInputs, empty_context
from small_models import SHAPES, random_context, random_windows, schema_of, small_model


@torch.no_grad()
def test_pooling_of_each_step_is_that_of_the_window_which_ends_there():
    torch.manual_seed(0)
    pooling = GuidedPooling(8)
    h, guidance = torch.randn(3, 4, 5, 8), torch.rand(1, 4, 5)
    observed = torch.rand(3, 4, 5) > 0.3
    observed[1, :, :2] = False
    by_step = pooling.of_each_step(h, observed, guidance)
    for t in range(5):
        # a window of t + 1 steps looks at the newest t + 1 places of the guidance
        alone, _ = pooling(h[:, :, : t + 1], observed[:, :, : t + 1], guidance[..., 4 - t :])
        torch.testing.assert_close(by_step[:, t], alone)
    assert not by_step[1, :2].any()


@torch.no_grad()
def test_the_last_of_the_steps_is_what_the_window_is_given():
    model = small_model(SHAPES, 4, random_context(4, 4), each_step=True)
    x, observed = random_windows(SHAPES, 5, 4)
    output = model(x, observed)
    assert output.step_logits.shape == (5, 4, 3)
    # the same sum in another order
    torch.testing.assert_close(output.step_logits[:, -1], output.logits, rtol=0, atol=1e-6)


@torch.no_grad()
def test_unknown_side_inputs_are_not_zero_ones():
    torch.manual_seed(0)
    inputs = StaticInputs(2, 8)
    told = inputs(torch.ones(2, 8), torch.tensor([[0.0, 1.0], [torch.nan, 1.0]]))
    assert torch.isfinite(told).all()
    assert (told[0] - told[1]).abs().max() > 1e-3


@torch.no_grad()
def test_side_inputs_reach_the_prediction_and_must_be_given():
    schema = replace(schema_of(SHAPES, 4), static=("age", "sex"))
    model = InteractionMoE(schema, ModelConfig(width=16), empty_context(4, 4)).eval()
    x, observed = random_windows(SHAPES, 2, 4)
    young, old = (model(x, observed, None, torch.full((2, 2), v)).logits for v in (-1.0, 1.0))
    assert (young - old).abs().max() > 1e-4
    with pytest.raises(InvalidInput, match=r"static must be given, \(B, 2\)"):
        model(x, observed)
