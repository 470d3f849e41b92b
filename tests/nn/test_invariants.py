"""What must hold of the whole model for every router and kind of expert, eager, compiled and exported."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from interplay.nn import ATOMS, InteractionContext
from interplay.nn.routers import ROUTERS
from small_models import SHAPES, random_context, random_windows, small_model

STEPS = 3
EXPERTS = ({"synergy_experts": 0}, {"synergy_experts": 2}, {"synergy_experts": 3, "top_k": 4})


@st.composite
def drawn_windows(draw):
    """A seed, which also says what is observed, and the rows of a batch in any order, some left out."""
    n = draw(st.integers(1, 9))
    rows = draw(st.permutations(range(n)))
    return draw(st.integers(0, 10_000)), n, rows[: draw(st.integers(1, n))]


@pytest.mark.parametrize("router", sorted(ROUTERS))
@pytest.mark.parametrize("experts", EXPERTS)
@pytest.mark.parametrize("own", [False, True])
# of each of 30 kinds of model
@settings(max_examples=8, deadline=None)
@given(drawn=drawn_windows())
@torch.no_grad()
def test_a_prediction_is_the_same_alone_and_in_any_batch_and_order(router, experts, own, drawn):
    seed, n, rows = drawn
    model = small_model(SHAPES, STEPS, random_context(len(SHAPES), STEPS), seed=1, router=router, **experts)
    x, observed = random_windows(SHAPES, n, STEPS, seed)
    context = random_context(len(SHAPES), STEPS, seed, n_b=n) if own else None
    together = model(x, observed, context)
    some = {name: values[rows] for name, values in x.items()}
    of_rows = InteractionContext(**{name: getattr(context, name)[rows] for name in ATOMS}) if own else None
    apart = model(some, observed[rows], of_rows)
    # the asked bound; logits are of order 1 and float32 is summed in another order
    torch.testing.assert_close(apart.logits, together.logits[rows], rtol=0, atol=1e-6)
    torch.testing.assert_close(apart.pooling, together.pooling[rows], rtol=0, atol=1e-6)


@pytest.mark.parametrize("router", sorted(ROUTERS))
@pytest.mark.parametrize("experts", EXPERTS)
@pytest.mark.parametrize("rubbish", [float("nan"), float("inf"), -1e30])
@torch.no_grad()
def test_unobserved_values_change_not_one_bit(router, experts, rubbish):
    model = small_model(SHAPES, STEPS, random_context(len(SHAPES), STEPS), seed=1, router=router, **experts)
    x, observed = random_windows(SHAPES, 6, STEPS)
    observed[2] = False
    other = {
        name: torch.where(observed[:, m, :, None, None], values, rubbish)
        for m, (name, values) in enumerate(x.items())
    }
    assert torch.equal(model(x, observed).logits, model(other, observed).logits)


class Logits(torch.nn.Module):
    """The model as a function of tensors, which is what programs are exported of."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x: dict[str, torch.Tensor], observed: torch.Tensor) -> torch.Tensor:
        return self.model(x, observed).logits


# one layer of each router, and two that follow each other of one
@pytest.mark.slow
@pytest.mark.parametrize(("router", "layers"), [("interaction", 2), ("laplace", 1)])
@pytest.mark.parametrize("backend", ["aot_eager", "inductor"])
def test_the_whole_model_compiles_in_one_graph_with_its_gradient(router, layers, backend):
    """The graph is the same for both; the code that inductor makes of it takes a minute to build."""
    model = small_model(SHAPES, STEPS, random_context(len(SHAPES), STEPS), router=router, layers=layers)
    x, observed = random_windows(SHAPES, 5, STEPS)
    weight = model.blocks[0].feed_forward.experts.feed_forward.up
    compiled = torch.compile(Logits(model), fullgraph=True, backend=backend)
    found = []
    for run in (Logits(model), compiled):
        logits = run(x, observed)
        (slope,) = torch.autograd.grad(logits.square().sum(), weight)
        found.append((logits.detach(), slope))
    # fused kernels round float32 otherwise than eager ones
    torch.testing.assert_close(found[1][0], found[0][0], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(found[1][1], found[0][1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "router",
    [
        name if name == "interaction" else pytest.param(name, marks=pytest.mark.slow)
        for name in sorted(ROUTERS)
    ],
)
@torch.no_grad()
@pytest.mark.slow
def test_the_whole_model_is_exported_for_batches_of_any_size(router):
    layers = 2 if router == "interaction" else 1
    model = small_model(SHAPES, STEPS, random_context(len(SHAPES), STEPS), router=router, layers=layers)
    x, observed = random_windows(SHAPES, 5, STEPS)
    batch = torch.export.Dim("batch")
    exported = torch.export.export(
        Logits(model), (x, observed), dynamic_shapes=({name: {0: batch} for name in x}, {0: batch})
    )
    program = exported.module()
    for n in (1, 2, 13):
        x, observed = random_windows(SHAPES, n, STEPS, seed=n)
        torch.testing.assert_close(program(x, observed), model(x, observed).logits, rtol=1e-6, atol=1e-6)
