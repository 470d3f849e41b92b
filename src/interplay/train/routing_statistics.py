"""What a model does with its tokens: where they are routed, and which of them a prediction rests on.

Letters: B windows, M modalities, T steps, E experts, C classes or other groups, P pairs i < j.
"""

import numpy as np
import torch
import xarray as xr

from interplay.data import Windows
from interplay.losses import jensen_shannon
from interplay.metrics import routing_agreement
from interplay.nn import ATOMS, InteractionContext, Model, Output
from interplay.train.target_kinds import TARGETS
from interplay.types import Routing
from interplay.units import bits

FOLLOWED = {"redundancy": "divergence", "synergy": "synergy_mass"}
"""What a router does with a pair that is to follow an atom of the profile."""

STATISTICS = ["gamma", "low", "high", "n"]

CHUNK_NUMBERS = 5e7
"""Windows are compared in pieces of about so many numbers, which bounds memory."""


class Watch:
    """Sums over windows, batch by batch, of what `dataset` tells."""

    def __init__(self, model: Model, windows: Windows):
        self.windows = windows
        self.config = model.config
        self.kind = TARGETS[windows.kind]
        self.groups = self.kind.groups(windows.schema)
        n_m, n_t, n_c = len(windows.modalities), windows.length, len(self.groups)
        self.pairs = torch.triu_indices(n_m, n_m, 1)
        self.pooling = torch.zeros(n_c, n_m, n_t, dtype=torch.float64)
        self.pooled = torch.zeros(n_c, dtype=torch.float64)
        self.observed, self.allocated = (torch.zeros(n_m, n_t, dtype=torch.int64) for _ in range(2))
        self.layers: list[_LayerSums] = []

    def see(self, output: Output, y: torch.Tensor, observed: torch.Tensor) -> None:
        """Add one batch."""
        self.observed += observed.sum(0).cpu()
        self.allocated += output.allocated.sum(0).cpu()
        y = self.kind.group_of(y.cpu())
        self.pooling.index_add_(0, y, output.pooling.cpu().double())
        self.pooled.index_add_(0, y, torch.ones(len(y), dtype=torch.float64))
        while len(self.layers) < len(output.routings):
            self.layers.append(_LayerSums(self.windows, self.config.num_experts, self.pairs))
        for sums, routing in zip(self.layers, output.routings, strict=True):
            sums.see(routing)

    def dataset(self) -> xr.Dataset:
        """Means over windows.

        Returns
        -------
        xarray.Dataset
            ``pooling (class, modality, lag)``: share of each token in the pooled window, by true class, or of all
            windows where the target has none; ``allocated (modality, lag)``: share of the tokens observed there that
            were worked on, 1 without a token budget, NaN where nothing was observed;
            ``windows (class)``: how many; and if tokens are routed ``expert_use (layer, modality, lag,
            expert)``: mean weight of each expert; ``expert_probability`` of the same shape: what the router
            gives it before the choice; ``divergence (layer, source_i, source_j, lag)``:
            Jensen-Shannon divergence between the routings of a pair, bits; ``synergy_mass`` of the same
            shape: mean probability that a pair gives to synergy experts. Lag 0 is the newest step.
        """
        w = self.windows
        names = list(w.modalities)
        lags = np.arange(w.length)
        share = (self.pooling / self.pooled.clamp_min(1)[:, None, None]).numpy()
        data: dict[str, object] = {
            "pooling": (("class", "modality", "lag"), share[..., ::-1]),
            "allocated": (("modality", "lag"), (self.allocated / self.observed).numpy()[:, ::-1]),
            "windows": ("class", self.pooled.numpy().astype(np.int64)),
        }
        coords: dict[str, object] = {
            "class": list(self.groups),
            "modality": names,
            "lag": lags,
            "lag_s": ("lag", lags * w.step_s),
        }
        if self.layers:
            means = [layer.means() for layer in self.layers]
            use, probability, divergence, mass = (np.stack(part) for part in zip(*means, strict=True))
            data["expert_use"] = (("layer", "modality", "lag", "expert"), use[:, :, ::-1])
            data["expert_probability"] = (("layer", "modality", "lag", "expert"), probability[:, :, ::-1])
            data["divergence"] = (("layer", "source_i", "source_j", "lag"), divergence[..., ::-1])
            data["synergy_mass"] = (("layer", "source_i", "source_j", "lag"), mass[..., ::-1])
            coords |= {"source_i": names, "source_j": names}
        attrs = {"synergy_experts": self.config.synergy_experts}
        return xr.Dataset(data, coords=coords, attrs=attrs)


def beside_profile(insight: xr.Dataset, context: InteractionContext) -> xr.Dataset:
    """Add what routing has to do with the profile; unchanged without routing, pairs or context.

    Parameters
    ----------
    insight : xarray.Dataset of `Watch`
    context : InteractionContext, the same of all windows

    Returns
    -------
    xarray.Dataset
        With ``use_by_atom (layer, atom, expert)``: mean weight of each expert over tokens, each counted as much as
        the largest such atom that it takes part in, NaN for an atom that the profile has nowhere; and
        ``agreement (layer, compared_atom, statistic)``: gamma over pairs and steps, its 95 % interval and how many, see
        `interplay.metrics.routing_agreement`, of the divergence between the routings of a pair with redundancy (-1
        where redundant pairs are routed alike and others apart) and of what a pair gives to synergy experts with
        synergy (1 where synergistic pairs give most); NaN where it is not defined.
    """
    if "divergence" not in insight or context.is_empty():
        return insight
    # step t of a window has lag T - 1 - t
    atoms = {name: getattr(context, name)[0].flip(-1).cpu().numpy() for name in ATOMS}
    return insight.assign(
        use_by_atom=(("layer", "atom", "expert"), _use_by_atom(insight["expert_use"].values, atoms)),
        agreement=(("layer", "compared_atom", "statistic"), _agreement(insight, atoms)),
    ).assign_coords(atom=list(ATOMS), compared_atom=list(FOLLOWED), statistic=STATISTICS)


def _use_by_atom(use: np.ndarray, atoms: dict[str, np.ndarray]) -> np.ndarray:
    """(layer, atom, expert): mean of use (layer, M, T, E), tokens weighted by atoms (M, M, T)."""
    known = np.isfinite(use[..., 0])
    by_atom = []
    for atom in atoms.values():
        weight = np.maximum(atom.max(1), atom.max(0)) * known
        total = weight.sum((1, 2))
        summed = (np.nan_to_num(use) * weight[..., None]).sum((1, 2))
        by_atom.append(
            np.where(total[:, None] > 0, summed / np.where(total > 0, total, 1.0)[:, None], np.nan)
        )
    return np.stack(by_atom, axis=1)


def _agreement(insight: xr.Dataset, atoms: dict[str, np.ndarray]) -> np.ndarray:
    """(layer, compared atom, statistic)."""
    rows = []
    for layer in range(insight.sizes["layer"]):
        numbers = [
            routing_agreement(insight[followed].values[layer], atoms[atom]).to_numbers()
            for atom, followed in FOLLOWED.items()
        ]
        rows.append([[one[name] for name in STATISTICS] for one in numbers])
    return np.array(rows)


class _LayerSums:
    """Sums over windows of one layer's routing."""

    def __init__(self, windows: Windows, n_experts: int, pairs: torch.Tensor):
        n_m, n_t = len(windows.modalities), windows.length
        self.pairs, self.n_m = pairs, n_m
        self.use = torch.zeros(n_m, n_t, n_experts, dtype=torch.float64)
        self.probability = torch.zeros_like(self.use)
        self.tokens = torch.zeros(n_m, n_t, dtype=torch.float64)
        self.divergence = torch.zeros(pairs.shape[1], n_t, dtype=torch.float64)
        self.mass = torch.zeros_like(self.divergence)
        self.together = torch.zeros_like(self.divergence)

    def see(self, routing: Routing) -> None:
        weights = torch.zeros_like(routing.log_probs).scatter_(
            -1, routing.expert_ids, routing.expert_weights.to(routing.log_probs.dtype)
        )
        self.use += weights.sum(0).cpu().double()
        self.probability += (routing.log_probs.exp() * routing.observed[..., None]).sum(0).cpu().double()
        self.tokens += routing.observed.sum(0).cpu()
        mass = routing.log_probs[..., : routing.synergy_experts].exp().sum(-1)
        size = max(1, int(CHUNK_NUMBERS / max(1, self.pairs.shape[1] * routing.log_probs[0, 0].numel())))
        for piece in zip(
            routing.log_probs.split(size), routing.observed.split(size), mass.split(size), strict=True
        ):
            self._see_pairs(*piece)

    def _see_pairs(self, log_probs: torch.Tensor, observed: torch.Tensor, mass: torch.Tensor) -> None:
        """Add what pairs do of which both tokens were routed; within a token budget these are few."""
        i, j = self.pairs.to(observed.device)
        window, pair, step = (observed[:, i] & observed[:, j]).nonzero(as_tuple=True)
        one, other = (window, i[pair], step), (window, j[pair], step)
        apart = jensen_shannon(log_probs[one], log_probs[other])
        place = (pair * self.together.shape[1] + step).cpu()
        for sums, values in (
            (self.divergence, apart),
            (self.mass, 0.5 * (mass[one] + mass[other])),
            (self.together, torch.ones_like(apart)),
        ):
            sums.view(-1).index_add_(0, place, values.cpu().double())

    def means(self) -> tuple[np.ndarray, ...]:
        """Use and probability (M, T, E), divergence in bits and synergy mass (M, M, T); NaN where nothing was seen."""
        use, probability = ((sums / self.tokens[..., None]).numpy() for sums in (self.use, self.probability))
        return use, probability, self._square(bits(self.divergence)), self._square(self.mass)

    def _square(self, sums: torch.Tensor) -> np.ndarray:
        full = torch.full((self.n_m, self.n_m, sums.shape[1]), torch.nan, dtype=torch.float64)
        i, j = self.pairs
        full[i, j] = full[j, i] = sums / self.together
        return full.numpy()
