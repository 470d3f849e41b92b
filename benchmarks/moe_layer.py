"""The mixture-of-experts layer, its losses and its router against simpler programs that do the same.

Run with ``python -m benchmarks.moe_layer``; prints Markdown. All times are of forward and backward.
"""

import platform
from collections.abc import Callable
from datetime import date

import torch
from torch import nn

from benchmarks.timing import median_ms
from interplay.nn import Experts, SoftmaxRouter, empty_context, route
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
    print("| tokens | D | F | E | K | dense ms | layer ms | layer / dense | masks / layer | synergy / dense |")
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


def main() -> None:
    torch.manual_seed(0)
    print(f"# Mixture-of-experts layer\n\n{date.today()}, {platform.machine()}, {torch.get_num_threads()} "
          f"threads, torch {torch.__version__}. Medians of {REPEATS} repeats in which the programs take turns; "
          "read the ratios, since other programs ran on the machine.\n")  # fmt: skip
    print_layers()


if __name__ == "__main__":
    main()
