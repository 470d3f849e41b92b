"""Parts that somebody else wrote, in a file outside the package: named by import path in recipes and commands."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from interplay.datasets import Card
from interplay.estimators import DiscretePID
from interplay.losses import RoutingLoss
from interplay.nn import Router, StepEncoder
from interplay.types import Recording, Stream, Target


class AngleRouter(Router):
    """Cosine to a direction of each expert."""

    def __init__(self, width: int, num_experts: int, *, sharpness: float = 2.0):
        super().__init__()
        self.direction = nn.Parameter(torch.randn(num_experts, width))
        self.sharpness = sharpness

    def logits(self, h_BMTD, context, observed_BMT):
        unit_h = nn.functional.normalize(h_BMTD, dim=-1, eps=1e-6)
        return self.sharpness * (unit_h @ nn.functional.normalize(self.direction, dim=-1).T)


@dataclass(frozen=True, kw_only=True)
class Peaked(RoutingLoss):
    """Wants every token sure of its experts: mean entropy of the routing, nats."""

    weight: float = 0.5

    def __call__(self, routing, pairs):
        p = routing.log_probs.exp()
        return -(p * routing.log_probs).sum(-1)[routing.observed].mean()


class LoudEncoder(StepEncoder):
    """Tokens, a little louder."""

    def __init__(self, shapes, width: int, *, loudness: float = 1.5):
        super().__init__(shapes, width)
        self.loudness = loudness

    def forward(self, x, observed):
        return self.loudness * super().forward(x, observed)


class CoarsePID(DiscretePID):
    """Counts in two cells."""

    def __init__(
        self, *, n_cells: int = 2, n_bootstrap: int = 20, n_rotations: int = 19, random_state: int = 0
    ):
        super().__init__(
            n_cells=n_cells, n_bootstrap=n_bootstrap, n_rotations=n_rotations, random_state=random_state
        )


class Ward:
    """Eight people, two sensors that know the label."""

    card = Card(
        name="ward",
        title="A made-up ward",
        source="nowhere",
        licence="CC0",
        citation="none",
        entities="people",
        modalities={"heart": "1 channel", "breath": "1 channel"},
        target="calm or busy",
        step_s=1.0,
        steps=3,
        files="none",
        bundled=True,
    )

    def recordings(self, root):
        for k in range(8):
            rng = np.random.default_rng(k)
            y = np.repeat(rng.integers(0, 2, 12), 5)
            start = np.arange(60.0)
            streams = {
                name: Stream(
                    values=(y + 0.3 * rng.standard_normal(60))[:, None].astype(np.float32), rate_hz=1.0
                )
                for name in ("heart", "breath")
            }
            target = Target(values=y, start_s=start, stop_s=start + 1)
            yield Recording(entity=f"p{k}", streams=streams, target=target, classes=("calm", "busy"))
