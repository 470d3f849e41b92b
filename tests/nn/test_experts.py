"""Experts against a loop over tokens, and against anything that would let samples or steps meet."""

import pytest
import torch
from torch import nn
from torch.func import functional_call

from interplay.errors import InvalidInput
from interplay.nn import Experts, route
from small_models import random_routing

EPS = torch.finfo(torch.float32).eps
SHAPE = (2, 4, 3)
WIDTH = 8


def experts_and_tokens(*, n_experts=4, synergy=2, dtype=torch.float32, shape=SHAPE):
    torch.manual_seed(0)
    layer = Experts(n_experts, synergy, WIDTH, 12).to(dtype)
    return layer, torch.randn(*shape, WIDTH, dtype=dtype)


def by_loop(layer: Experts, h_BMTD: torch.Tensor, routing) -> torch.Tensor:
    """One token, one of its experts at a time."""
    out = torch.zeros_like(h_BMTD)
    for b, m, t in torch.nonzero(routing.observed).tolist():
        for expert, weight in zip(
            routing.expert_ids[b, m, t].tolist(), routing.expert_weights[b, m, t], strict=True
        ):
            x = h_BMTD[b, m, t]
            if expert < routing.synergy_experts:
                x = x + combined_with_members(layer, h_BMTD, routing, (b, m, t), expert)
            hidden = nn.functional.gelu(x @ layer.feed_forward.up[expert])
            out[b, m, t] += weight * (hidden @ layer.feed_forward.down[expert])
    return out


def combined_with_members(layer: Experts, h_BMTD, routing, token, expert: int) -> torch.Tensor:
    b, m, t = token
    members = [
        j
        for j in range(h_BMTD.shape[1])
        if routing.observed[b, j, t] and expert in routing.expert_ids[b, j, t].tolist()
    ]
    q = (h_BMTD[b, m, t] @ layer.synergy.qkv[expert])[:WIDTH]
    keys_values = [h_BMTD[b, j, t] @ layer.synergy.qkv[expert] for j in members]
    scores = torch.stack([q @ kv[WIDTH : 2 * WIDTH] for kv in keys_values]) / WIDTH**0.5
    shares = torch.softmax(scores, dim=0)
    mixed = sum(share * kv[2 * WIDTH :] for share, kv in zip(shares, keys_values, strict=True))
    return mixed @ layer.synergy.out[expert]


@pytest.mark.parametrize("synergy", [0, 1, 3])
@pytest.mark.parametrize("top_k", [1, 2, 4])
def test_experts_equal_one_token_at_a_time(synergy, top_k):
    layer, h = experts_and_tokens(synergy=synergy, dtype=torch.float64)
    routing = random_routing(SHAPE, 4, top_k, synergy, seed=top_k)
    # float64 throughout, but for the weights of the routing, which both read
    torch.testing.assert_close(layer(h, routing), by_loop(layer, h, routing), rtol=1e-10, atol=1e-12)
    layer, h = layer.float(), h.float()
    # float32: three products in a row, each of sums of at most 12 terms below 1
    torch.testing.assert_close(layer(h, routing), by_loop(layer, h, routing), rtol=0.0, atol=50 * EPS)


@pytest.mark.parametrize("synergy", [0, 1])
def test_gradients_of_experts_are_those_of_finite_differences(synergy):
    torch.manual_seed(0)
    layer = Experts(3, synergy, 4, 3).double()
    h = torch.randn(1, 3, 2, 4, dtype=torch.float64, requires_grad=True)
    routing = random_routing((1, 3, 2), 3, 2, synergy, p_hidden=0.2)
    names, values = zip(*layer.named_parameters(), strict=True)

    def run(h, *values):
        return functional_call(layer, dict(zip(names, values, strict=True)), (h, routing))

    assert torch.autograd.gradcheck(run, (h, *values))


@pytest.mark.parametrize("axis", ["sample", "step"])
def test_tokens_of_other_samples_and_steps_are_never_met(axis):
    layer, h = experts_and_tokens(shape=(4, 4, 3))
    routing = random_routing((4, 4, 3), 4, 2, 2, p_hidden=0.0)
    other = h.clone()
    changed = (slice(1, 2),) if axis == "sample" else (slice(None), slice(None), slice(1, 2))
    other[changed] = torch.randn_like(other[changed])
    same = torch.ones(4, 4, 3, dtype=torch.bool)
    same[changed] = False
    before, after = layer(h, routing), layer(other, routing)
    assert torch.equal(before[same], after[same])
    assert not torch.equal(before, after)


def test_members_of_a_synergy_expert_do_meet_within_a_step():
    layer, h = experts_and_tokens(n_experts=2, synergy=1)
    logits = torch.tensor([9.0, 0.0]).expand(*SHAPE, 2)
    routing = route(logits, torch.ones(SHAPE, dtype=torch.bool), 1, 1)
    other = h.clone()
    other[0, 0, 0] += 1.0
    changed = (layer(h, routing) != layer(other, routing)).any(-1)
    assert changed[0, :, 0].all()
    assert changed.sum() == SHAPE[1]


def test_unobserved_tokens_give_zero_and_are_met_by_no_one():
    layer, h = experts_and_tokens()
    routing = random_routing(SHAPE, 4, 2, 2, p_hidden=0.5)
    seen = routing.observed[..., None]
    out = layer(h, routing)
    out.sum().backward()
    grads = [parameter.grad.clone() for parameter in layer.parameters()]
    layer.zero_grad()
    for held in (1e6 * torch.randn_like(h), torch.full_like(h, torch.nan)):
        other = torch.where(seen, h, held).requires_grad_()
        again = layer(other, routing)
        (h_grad, *same) = torch.autograd.grad(again.sum(), [other, *layer.parameters()])
        assert torch.equal(again, out)
        assert not (h_grad * ~seen).any()
        assert all(map(torch.equal, same, grads))
    assert (out[~routing.observed] == 0).all()


def test_nothing_observed_gives_zeros_and_zero_gradients():
    layer, h = experts_and_tokens()
    out = layer(h, random_routing(SHAPE, 4, 2, 2, p_hidden=1.1))
    out.sum().backward()
    assert not out.any()
    for name, parameter in layer.named_parameters():
        assert parameter.grad is None or not parameter.grad.any(), name


def test_with_every_expert_chosen_the_layer_is_the_dense_mixture():
    layer, h = experts_and_tokens(synergy=0, dtype=torch.float64)
    routing = random_routing(SHAPE, 4, 4, 0)
    each = [
        nn.functional.gelu(h @ up) @ down
        for up, down in zip(layer.feed_forward.up, layer.feed_forward.down, strict=True)
    ]
    mixture = torch.einsum("ebmtd,bmte->bmtd", torch.stack(each), routing.log_probs.exp().double())
    # the shares are of float32, a few roundings of numbers below 1
    torch.testing.assert_close(
        layer(h, routing), mixture * routing.observed[..., None], rtol=0.0, atol=10 * EPS
    )


class Routed(nn.Module):
    """Linear scores and experts, as a program to compile and export."""

    def __init__(self, synergy: int, dtype: torch.dtype):
        super().__init__()
        self.score = nn.Linear(WIDTH, 4, dtype=dtype)
        self.experts = Experts(4, synergy, WIDTH, 16).to(dtype)

    def forward(self, h, observed):
        return self.experts(h, route(self.score(h), observed, 2, self.experts.synergy_experts))


def routed_and_inputs(synergy: int, dtype: torch.dtype, n_b: int = 3):
    torch.manual_seed(0)
    h = torch.randn(n_b, 4, 2, WIDTH, dtype=dtype, requires_grad=True)
    return Routed(synergy, dtype), h, torch.rand(n_b, 4, 2) > 0.3


def run_and_grads(run, layer: Routed, h, observed) -> list[torch.Tensor]:
    out = run(h, observed)
    return [out, *torch.autograd.grad(out.square().sum(), [h, *layer.parameters()])]


DTYPES = [torch.float32, torch.bfloat16, torch.float64]


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("synergy", [0, 2])
def test_compiled_as_one_graph_it_gives_the_same_values_and_gradients(synergy, dtype):
    layer, h, observed = routed_and_inputs(synergy, dtype)
    torch.compiler.reset()
    # the graph and its gradient are what may break; code generation only rounds otherwise and is slow
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    found, expected = (run_and_grads(run, layer, h, observed) for run in (compiled, layer))
    for quick, slow in zip(found, expected, strict=True):
        torch.testing.assert_close(quick, slow)
    assert all(grad.any() for grad in expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("synergy", [0, 2])
def test_exported_it_takes_any_batch(synergy, dtype):
    layer, h, observed = routed_and_inputs(synergy, dtype)
    batch = torch.export.Dim("batch")
    program = torch.export.export(
        layer.eval(), (h.detach(), observed), dynamic_shapes={"h": {0: batch}, "observed": {0: batch}}
    ).module()
    for n_b in (1, 7):
        h, observed = torch.randn(n_b, 4, 2, WIDTH, dtype=dtype), torch.rand(n_b, 4, 2) > 0.3
        torch.testing.assert_close(program(h, observed), layer(h, observed))


def test_under_autocast_products_are_of_the_lower_precision():
    layer, h, observed = routed_and_inputs(2, torch.float32)
    exact = layer(h, observed)
    with torch.autocast("cpu", torch.bfloat16):
        lowered = layer(h, observed)
    assert lowered.dtype == torch.bfloat16
    # bfloat16 keeps 8 bits; three products in a row of numbers of order 1
    torch.testing.assert_close(lowered.float(), exact, rtol=0.0, atol=10 * 2.0**-8)


@pytest.mark.parametrize(
    ("sizes", "what"),
    [
        ((0, 0, 8, 8), "num_experts must be at least 1; got 0"),
        ((4, 0, 0, 8), "width must be at least 1; got 0"),
        ((4, 0, 8, -1), "expert_width must be at least 1; got -1"),
        ((4, 5, 8, 8), r"synergy_experts must be between 0 and num_experts \(4\); got 5"),
        ((4, -1, 8, 8), r"synergy_experts must be between 0 and num_experts \(4\); got -1"),
    ],
)
def test_sizes_out_of_range_are_refused(sizes, what):
    with pytest.raises(InvalidInput, match=what):
        Experts(*sizes)


@pytest.mark.parametrize(("n_experts", "synergy"), [(5, 2), (4, 1)])
def test_a_routing_of_other_experts_is_refused(n_experts, synergy):
    layer, h = experts_and_tokens()
    with pytest.raises(
        InvalidInput, match=f"the routing must be of 4 experts, 2 .* got {n_experts} and {synergy}"
    ):
        layer(h, random_routing(SHAPE, n_experts, 2, synergy))
