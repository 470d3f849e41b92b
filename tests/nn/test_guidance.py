"""The guidance terms by hand: log(0.01 + a / a_max) - log(0.01)."""

import math

import numpy as np
import pytest
import torch

from interplay.nn import InteractionContext, empty_context, interaction_context
from interplay.nn.context import attention_guidance, pooling_guidance
from interplay.profile import InteractionProfile
from small_models import random_context


def test_attention_is_drawn_towards_synergy():
    synergy = torch.zeros(1, 3, 3, 1)
    synergy[0, 0, 1] = synergy[0, 1, 0] = 0.5
    synergy[0, 0, 2] = synergy[0, 2, 0] = 0.25
    context = InteractionContext(
        redundancy=torch.ones(1, 3, 3, 1), unique=torch.ones(1, 3, 3, 1), synergy=synergy
    )
    guidance = attention_guidance(context)[0, ..., 0]
    # log(0.01 + 1) - log(0.01) = log 101, and log(0.01 + 1/2) - log(0.01) = log 51
    expected = [[0, math.log(101), math.log(51)], [math.log(101), 0, 0], [math.log(51), 0, 0]]
    torch.testing.assert_close(guidance, torch.tensor(expected), rtol=1e-6, atol=0.0)
    assert guidance[1, 2] == 0.0


def test_pooling_is_drawn_towards_any_atom():
    zeros = torch.zeros(1, 2, 2, 3)
    redundancy, unique, synergy = zeros.clone(), zeros.clone(), zeros.clone()
    redundancy[0, 0, 1, 0] = redundancy[0, 1, 0, 0] = 0.2
    unique[0, 1, 0, 1] = 0.4
    synergy[0, 0, 1, 2] = synergy[0, 1, 0, 2] = 0.8
    context = InteractionContext(redundancy=redundancy, unique=unique, synergy=synergy)
    # shares 1/4, 1/2 and 1 of the largest: log 26, log 51, log 101
    expected = [[math.log(26), 0, math.log(101)], [math.log(26), math.log(51), math.log(101)]]
    torch.testing.assert_close(pooling_guidance(context)[0], torch.tensor(expected), rtol=1e-6, atol=0.0)


@pytest.mark.parametrize("guidance", [attention_guidance, pooling_guidance])
def test_an_empty_context_guides_exactly_nothing(guidance):
    assert not guidance(empty_context(3, 4)).any()


@pytest.mark.parametrize("guidance", [attention_guidance, pooling_guidance])
def test_guidance_is_zero_exactly_where_nothing_is_known(guidance):
    context = random_context(4, 5)
    known = context.synergy if guidance is attention_guidance else context.relevance()
    assert torch.equal(guidance(context) > 0, known > 0)


@pytest.mark.parametrize("guidance", [attention_guidance, pooling_guidance])
@pytest.mark.parametrize("factor", [7.0, 0.01])
def test_guidance_does_not_depend_on_the_scale_of_the_profile(guidance, factor):
    atoms = np.random.default_rng(0).random((3, 3, 3, 6))
    atoms[:, :, :, 2] = 0.0

    def guided_by(scale: float) -> torch.Tensor:
        r, u, s = scale * atoms
        profile = InteractionProfile.from_arrays(
            "abc", redundancy=r, unique=u, synergy=s, step_s=1.0, h_y_bits=2.0
        )
        return guidance(interaction_context(profile, "abc", steps=6, step_s=1.0))

    # atoms are float32, so that a / a_max moves by up to 2 eps = 2.4e-7, at most 24 of them near the floor
    torch.testing.assert_close(guided_by(factor), guided_by(1.0), rtol=1e-6, atol=1e-6)
