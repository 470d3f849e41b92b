"""Blocks: what they leave alone, which of them route, and the precision they route in."""

import pytest
import torch

from small_models import SHAPES, random_context, random_windows, small_model

STEPS = 4
CONTEXT = random_context(len(SHAPES), STEPS)


def tokens(n_b: int = 3):
    torch.manual_seed(0)
    return torch.randn(n_b, len(SHAPES), STEPS, 16), random_windows(SHAPES, n_b, STEPS)[1]


@pytest.mark.parametrize("kind", ["experts", "dense"])
@torch.no_grad()
def test_a_block_neither_reads_nor_writes_unobserved_tokens(kind):
    model = small_model(SHAPES, STEPS, CONTEXT, layers=2, moe_every=2)
    block = model.blocks[0 if kind == "experts" else 1]
    h, observed = tokens()
    other = torch.where(observed[..., None], h, 1e3 * torch.randn_like(h))
    before, _ = block(h, observed, CONTEXT, model.attention_guidance)
    after, _ = block(other, observed, CONTEXT, model.attention_guidance)
    assert torch.equal(before[observed], after[observed])
    assert torch.equal(before[~observed], h[~observed])
    assert (before[observed] != h[observed]).any(-1).all()


def test_every_block_or_every_second_one_routes():
    x, observed = random_windows(SHAPES, 3, STEPS)
    for layers, moe_every, n_routings in ((3, 1, 3), (3, 2, 2), (4, 2, 2), (2, 5, 1)):
        out = small_model(SHAPES, STEPS, CONTEXT, layers=layers, moe_every=moe_every)(x, observed)
        assert len(out.routings) == n_routings
        for routing in out.routings:
            assert routing.logits.shape == (3, len(SHAPES), STEPS, 4)
            assert routing.expert_ids.shape == (3, len(SHAPES), STEPS, 2)
            assert routing.synergy_experts == 2
            assert torch.equal(routing.observed, observed)


@pytest.mark.parametrize("widths", [(16, 16), (6, 9)])  # grouped products and the loop
def test_the_model_works_under_autocast(widths):
    width, expert_width = widths
    model = small_model(SHAPES, STEPS, CONTEXT, width=width, expert_width=expert_width)
    x, observed = random_windows(SHAPES, 3, STEPS)
    exact = model(x, observed).logits
    with torch.autocast("cpu", torch.bfloat16):
        out = model(x, observed)
    assert out.routings[0].logits.dtype == torch.float32
    out.logits.float().square().sum().backward()
    assert torch.isfinite(model.head.weight.grad).all()
    # bfloat16 keeps 8 bits: logits of order 1 after two blocks are known to some hundredths
    torch.testing.assert_close(out.logits.float(), exact, rtol=0.0, atol=0.1)


def test_scores_of_experts_do_not_know_of_autocast():
    layer = small_model(SHAPES, STEPS, CONTEXT).blocks[0].feed_forward
    h, observed = tokens()
    exact = layer.router(h, CONTEXT, observed)
    with torch.autocast("cpu", torch.bfloat16):
        _, routing = layer(h, CONTEXT, observed)
    assert torch.equal(routing.logits[observed], exact[observed])
