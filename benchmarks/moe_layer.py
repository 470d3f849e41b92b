"""The mixture-of-experts layer, its losses and its router against simpler programs that do the same.

Run with ``python -m benchmarks.moe_layer``; prints Markdown. All times are of forward and backward.
"""

import platform
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import torch
from torch import nn

from benchmarks.moe_twins import divergence_by_loop, interaction_logits_by_loop, log_mean_by_loop
from benchmarks.timing import median_ms
from interplay.losses import redundancy_loss, synergy_loss, uniqueness_loss
from interplay.nn import (
    Experts,
    InteractionContext,
    InteractionRouter,
    SoftmaxRouter,
    empty_context,
    route,
)
from interplay.types import Routing

REPEATS = 11
MODALITIES, STEPS = 4, 10
LAYER = {"tokens": 12_800, "width": 128, "num_experts": 16, "top_k": 2, "expert_width": 256}


class Layer(nn.Module):
    """Router, dispatch, experts and combination."""

    def __init__(self, width: int, num_experts: int, top_k: int, expert_width: int, synergy_experts: int = 0):
        super().__init__()
        self.router = SoftmaxRouter(width, num_experts)
        self.experts = Experts(num_experts, synergy_experts, width, expert_width)
        self.top_k, self.synergy_experts = top_k, synergy_experts

    def forward(self, h_BMTD: torch.Tensor) -> torch.Tensor:
        return self.experts(h_BMTD, self.route(h_BMTD))

    def route(self, h_BMTD: torch.Tensor) -> Routing:
        observed = torch.ones(h_BMTD.shape[:-1], dtype=torch.bool)
        logits = self.router(h_BMTD, empty_context(*h_BMTD.shape[1:3]), observed)
        return route(logits, observed, self.top_k, self.synergy_experts)


class MaskedLayer(Layer):
    """The same layer, its tokens picked by one boolean mask per expert."""

    def forward(self, h_BMTD: torch.Tensor) -> torch.Tensor:
        routing, experts = self.route(h_BMTD), self.experts.feed_forward
        out = torch.zeros_like(h_BMTD)
        for k, (up, down) in enumerate(zip(experts.up, experts.down, strict=True)):
            chosen = routing.expert_ids == k
            mask = chosen.any(-1)
            weight = (routing.expert_weights * chosen).sum(-1)[mask]
            out[mask] += weight[:, None] * (nn.functional.gelu(h_BMTD[mask] @ up) @ down)
        return out


def time_layer(tokens: int, width: int, num_experts: int, top_k: int, expert_width: int) -> dict[str, float]:
    sizes = (width, num_experts, top_k, expert_width)
    hidden = top_k * expert_width
    layers = {
        "dense": nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width)),
        "layer": Layer(*sizes),
        "masks": MaskedLayer(*sizes),
        "synergy": Layer(*sizes, synergy_experts=max(1, num_experts // 8)),
    }
    h = torch.randn(tokens // (MODALITIES * STEPS), MODALITIES, STEPS, width, requires_grad=True)
    return median_ms({name: _both_ways(layer, h) for name, layer in layers.items()}, REPEATS)


def _both_ways(layer: nn.Module, h: torch.Tensor) -> Callable[[], object]:
    return lambda: torch.autograd.grad(layer(h).sum(), [h, *layer.parameters()])


def print_layers() -> None:
    print("## Layer\n\nSoftmax router, Top-K, dispatch, feed-forward experts, combination. `dense` is a feed-forward "
          "layer of equal active FLOPs (hidden width K times the expert's), `masks` the same layer with one "
          "boolean mask per expert, `synergy` the same layer with one in eight a synergy expert. The first row "
          "has a limit: at most 1.5 times dense.\n")  # fmt: skip
    print(
        "| tokens | D | F | E | K | dense ms | layer ms | layer / dense | masks / layer | synergy / dense |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    changes = [{}, {"tokens": 1_600}, {"width": 32, "expert_width": 64}, {"width": 512, "expert_width": 512},
               {"num_experts": 4}, {"num_experts": 64}, {"top_k": 1}, {"top_k": 4}]  # fmt: skip
    for change in changes:
        sizes = {**LAYER, **change}
        ms = time_layer(**sizes)
        shown = [sizes[name] for name in ("tokens", "width", "expert_width", "num_experts", "top_k")]
        print(f"| {' | '.join(map(str, shown))} | {ms['dense']:.1f} | {ms['layer']:.1f} | "
              f"{ms['layer'] / ms['dense']:.2f} | {ms['masks'] / ms['layer']:.2f} | "
              f"{ms['synergy'] / ms['dense']:.2f} |", flush=True)  # fmt: skip


LOSSES = {
    "redundancy": (redundancy_loss, divergence_by_loop),
    "uniqueness": (uniqueness_loss, lambda routing, weight: -divergence_by_loop(routing, weight)),
    "synergy": (synergy_loss, lambda routing, weight: -log_mean_by_loop(routing, weight)),
}


def random_atom(n_m: int, n_t: int, share: float = 1.0) -> torch.Tensor:
    """Atoms (1, M, M, T), symmetric, of a share of the pairs; all steps of a pair or none."""
    pairs = torch.triu(torch.rand(n_m, n_m) < share, 1)[..., None]
    upper = torch.rand(n_m, n_m, n_t) * pairs
    return (upper + upper.transpose(0, 1))[None]


def time_losses(n_m: int, n_t: int, n_b: int, share: float) -> tuple[dict[str, float], float]:
    """Milliseconds of the three losses together, both ways, and how far values are from a float64 loop."""
    logits, observed = 2 * torch.randn(n_b, n_m, n_t, 8), torch.rand(n_b, n_m, n_t) > 0.1
    weight = random_atom(n_m, n_t, share)
    # routing itself is of neither program
    single, double = (_leaf(route(logits, observed, 2, 2), dtype) for dtype in (torch.float32, torch.float64))

    def both_ways(which: int) -> list[float]:
        values = [programs[which](single, weight) for programs in LOSSES.values()]
        torch.autograd.grad(torch.stack(values).sum(), single.log_probs)
        return [float(value.detach()) for value in values]

    with torch.no_grad():
        exact = [loop(double, weight.double()).item() for _, loop in LOSSES.values()]
    apart = max(abs(a - b) for a, b in zip(both_ways(0), exact, strict=True))
    return median_ms({"ours": lambda: both_ways(0), "loop": lambda: both_ways(1)}, 3), apart


def _leaf(routing: Routing, dtype: torch.dtype) -> Routing:
    return replace(routing, log_probs=torch.log_softmax(routing.logits.to(dtype), -1).requires_grad_())


def print_losses() -> None:
    print("\n## Interaction losses\n\nRedundancy, uniqueness and synergy loss together, 8 experts, against a loop over "
          "pairs of modalities, each pair vectorised over windows and steps. `pairs` is the share of pairs with "
          "weight; the loop visits all. `difference` is of values, from the loop in float64. The first row has limits: "
          "at least 50 times, at most 1e-6.\n")  # fmt: skip
    print("| M | T | windows | pairs | ours ms | loop ms | loop / ours | difference |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for n_m, n_t, n_b, share in ((40, 48, 1, 1.0), (40, 48, 8, 1.0), (40, 48, 8, 0.05), (40, 48, 32, 1.0),
                                 (40, 48, 32, 0.05), (8, 48, 32, 1.0), (4, 10, 64, 1.0)):  # fmt: skip
        ms, apart = time_losses(n_m, n_t, n_b, share)
        print(f"| {n_m} | {n_t} | {n_b} | {share:.0%} | {ms['ours']:.1f} | {ms['loop']:.0f} | "
              f"{ms['loop'] / ms['ours']:.0f} | {apart:.0e} |", flush=True)  # fmt: skip


def time_router(n_m: int, n_t: int, n_b: int, width: int) -> tuple[dict[str, float], float]:
    """Milliseconds of the interaction router, both ways, and the largest difference of logits."""
    router = InteractionRouter(width, 8)
    context = InteractionContext(
        redundancy=random_atom(n_m, n_t), unique=random_atom(n_m, n_t), synergy=random_atom(n_m, n_t)
    )
    h = torch.randn(n_b, n_m, n_t, width, requires_grad=True)
    observed = torch.rand(n_b, n_m, n_t) > 0.1
    programs = {
        "ours": lambda: router(h, context, observed),
        "loop": lambda: interaction_logits_by_loop(router, h, context, observed),
    }
    with torch.no_grad():
        apart = (programs["ours"]() - programs["loop"]())[observed].abs().max().item()

    def both_ways(logits: Callable[[], torch.Tensor]) -> Callable[[], object]:
        return lambda: torch.autograd.grad(logits().sum(), [h, *router.parameters()])

    return median_ms({name: both_ways(logits) for name, logits in programs.items()}, 5), apart


def print_routers() -> None:
    print("\n## Interaction router\n\nAgainst a loop over modalities, in which each asks all its partners at once; "
          "D 64, 8 experts. The more windows, the more both wait for the same recurrence over steps. The first row "
          "has a limit: at least 10 times.\n")  # fmt: skip
    print("| M | T | windows | ours ms | loop ms | loop / ours | difference |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for n_m, n_t, n_b in ((64, 48, 4), (64, 48, 1), (64, 48, 16), (64, 10, 4), (16, 48, 4), (4, 10, 64)):
        ms, apart = time_router(n_m, n_t, n_b, 64)
        print(f"| {n_m} | {n_t} | {n_b} | {ms['ours']:.1f} | {ms['loop']:.0f} | {ms['loop'] / ms['ours']:.1f} | "
              f"{apart:.0e} |", flush=True)  # fmt: skip


def main() -> None:
    torch.manual_seed(0)
    print(f"# Mixture-of-experts layer\n\n{date.today()}, {platform.machine()}, {torch.get_num_threads()} "
          f"threads, torch {torch.__version__}. Medians of {REPEATS} repeats in which the programs take turns; "
          "read the ratios, since other programs ran on the machine.\n")  # fmt: skip
    print_layers()
    print_losses()
    print_routers()


if __name__ == "__main__":
    main()
