"""Factorised attention against loops over heads, queries and keys, and the hiding of tokens."""

import torch

from interplay.nn import CrossModalAttention, TemporalAttention
from interplay.nn.attention import Attention, hide

WIDTH, HEADS = 6, 2
# sums of about 20 float32 products of order 1: 20 eps = 2.4e-6
TOLERANCE = {"rtol": 1e-5, "atol": 3e-6}


def attend_by_loop(attention: Attention, h_nD: torch.Tensor, bias_Hnn: torch.Tensor) -> torch.Tensor:
    size = WIDTH // HEADS
    q, k, v = attention.qkv(h_nD).detach().chunk(3, dim=-1)
    mixed = torch.zeros_like(h_nD)
    for head in range(HEADS):
        own = slice(head * size, (head + 1) * size)
        for i in range(len(h_nD)):
            scores = [float(q[i, own] @ k[j, own]) / size**0.5 for j in range(len(h_nD))]
            weights = torch.softmax(torch.tensor(scores) + bias_Hnn[head, i], dim=0)
            mixed[i, own] = sum(w * v[j, own] for j, w in enumerate(weights))
    return attention.out(mixed).detach()


def tokens(n_b=2, n_m=3, n_t=4):
    torch.manual_seed(0)
    observed = torch.rand(n_b, n_m, n_t) > 0.3
    observed[0, 0] = observed[1, :, 1] = True
    return torch.randn(n_b, n_m, n_t, WIDTH), observed


def test_temporal_attention_is_attention_over_the_steps_of_each_modality():
    h, observed = tokens()
    layer = TemporalAttention(WIDTH, HEADS)
    out = layer(h, observed)
    for b in range(2):
        for m in range(3):
            bias = torch.where(observed[b, m], 0.0, -torch.inf).expand(HEADS, 4, 4)
            seen = observed[b, m]
            expected = attend_by_loop(layer.attention, h[b, m], bias)[seen]
            torch.testing.assert_close(out[b, m][seen], expected, **TOLERANCE)


def test_cross_modal_attention_is_attention_over_the_modalities_of_each_step():
    h, observed = tokens()
    layer = CrossModalAttention(WIDTH, HEADS)
    with torch.no_grad():
        layer.gamma.copy_(torch.tensor([1.0, -0.5]))
    guidance = torch.randn(1, 3, 3, 4)
    out = layer(h, observed, guidance)
    for b in range(2):
        for t in range(4):
            seen = observed[b, :, t]
            bias = torch.stack([1.0 * guidance[0, :, :, t], -0.5 * guidance[0, :, :, t]])
            bias = bias + torch.where(seen, 0.0, -torch.inf)
            expected = attend_by_loop(layer.attention, h[b, :, t], bias)[seen]
            torch.testing.assert_close(out[b, :, t][seen], expected, **TOLERANCE)


def test_guidance_draws_attention_to_the_named_partner():
    h, _ = tokens()
    observed = torch.ones(2, 3, 4, dtype=torch.bool)
    layer = CrossModalAttention(WIDTH, HEADS)
    guidance = torch.zeros(1, 3, 3, 4)
    guidance[0, 0, 2, 1] = 1e4
    out = layer(h, observed, guidance)
    # all weight on the third modality: what comes out is its value, through the output layer
    value = layer.attention.qkv(h[:, 2, 1])[:, 2 * WIDTH :]
    torch.testing.assert_close(out[:, 0, 1], layer.attention.out(value), **TOLERANCE)
    unguided = layer(h, observed, torch.zeros(1, 3, 3, 4))
    assert torch.equal(out[:, 1:], unguided[:, 1:])


def test_guidance_weights_start_at_one():
    assert torch.equal(CrossModalAttention(WIDTH, HEADS).gamma, torch.ones(HEADS))


def test_hidden_tokens_get_exactly_no_weight():
    h, observed = tokens()
    other = torch.where(observed[..., None], h, 1e3 * torch.randn_like(h))
    guidance = torch.rand(1, 3, 3, 4)
    for layer, extra in (
        (TemporalAttention(WIDTH, HEADS), ()),
        (CrossModalAttention(WIDTH, HEADS), (guidance,)),
    ):
        assert torch.equal(layer(h, observed, *extra)[observed], layer(other, observed, *extra)[observed])


def test_nothing_to_attend_to_gives_finite_values_and_gradients():
    h, _ = tokens()
    h.requires_grad_()
    nothing = torch.zeros(2, 3, 4, dtype=torch.bool)
    out = CrossModalAttention(WIDTH, HEADS)(h, nothing, torch.rand(1, 3, 3, 4))
    out = out + TemporalAttention(WIDTH, HEADS)(h, nothing)
    out.sum().backward()
    assert torch.isfinite(out).all()
    assert torch.isfinite(h.grad).all()


def test_hide_is_zero_where_observed():
    bias = hide(torch.tensor([True, False]), torch.float32)
    assert bias.shape == (1, 1, 2)
    assert bias[0, 0, 0] == 0.0
    assert torch.exp(bias[0, 0, 1]) == 0.0
