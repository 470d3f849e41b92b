"""Interactions of single windows and tokens, without their labels.

The probe that a profile was estimated with says, for a new window, how far each token moves the belief about
the target, and how much of what a pair says together is repeated, told by one alone, or told only together.

With i_i(y) = log p(y|x_i) / p(y) of one source, i_ij(y) of the pair, i_q(y) of the least informative coupling,
and expectations over y ~ p(y|x_i, x_j)::

    r = E[i_i + i_j - i_q]   u_i = E[i_q - i_j]   u_j = E[i_q - i_i]   s = E[i_ij - i_q]

so that r + u_i + u_j + s = KL(p(y|x_i, x_j) || p(y)) for every window. Letters: M modalities, P pairs, L lags,
B windows, K cells, C classes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
import xarray as xr
from safetensors import safe_open
from safetensors.torch import save_file

from interplay.data import Steps, Windows
from interplay.errors import DamagedFile, InvalidInput
from interplay.files import whole_file
from interplay.files.reading import whole
from interplay.probe.calibration import Calibration
from interplay.probe.features import StepFeatures
from interplay.probe.fine_bins import FineBins
from interplay.probe.network import Probe
from interplay.units import bits

FORMAT = "interplay-probe-3"
WORK_BYTES = 256 * 2**20
"""Memory that a batch of windows may take."""


PARTS = ("alpha", "beta", "mixture", "least", "within")


@dataclass(frozen=True, kw_only=True)
class PairReading:
    """How the logits of P pairs are read.

    Attributes
    ----------
    together : Calibration of the pairs' heads, (P, L)
    alpha, beta : (P, L, K, C), potentials of the least informative coupling; of a number over groups of bins, (..., G)
    mixture : (P, L, 5), weights of the pair's head, each source alone, the coupling, and the product of both sources
    least : (P, L, 3), weights of what may tell the least that the two must tell: the coupling, each source alone
    within : (P, L, 2), of a number weights of each source within groups of bins, where it speaks for the coupling
    """

    together: Calibration
    alpha: torch.Tensor
    beta: torch.Tensor
    mixture: torch.Tensor
    least: torch.Tensor
    within: torch.Tensor

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, torch.Tensor]) -> "PairReading":
        """From tensors by name; others are ignored."""
        together = {f.name: tensors[f"together.{f.name}"] for f in fields(Calibration)}
        rest = {name: tensors[name] for name in PARTS}
        return cls(together=Calibration(**together), **rest)

    def tensors(self) -> dict[str, torch.Tensor]:
        """What `from_tensors` takes."""
        rest = {name: getattr(self, name) for name in PARTS}
        return rest | {f"together.{name}": value for name, value in self.together.tensors().items()}

    @classmethod
    def joined(cls, readings: "Sequence[PairReading]") -> "PairReading":
        """One of all pairs, in order."""
        parts = [each.tensors() for each in readings]
        return cls.from_tensors({name: torch.cat([part[name] for part in parts]) for name in parts[0]})


@dataclass(frozen=True, kw_only=True)
class PairBlock:
    """Probes of all modalities and some pairs, and how the mean of their logits is read."""

    probe: Probe
    reading: PairReading

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, torch.Tensor]) -> "PairBlock":
        """From tensors by name."""
        weights = _under("probe.", tensors)
        probe = Probe.from_state(weights, weights["pair2"].shape[-1]).eval()
        return cls(probe=probe, reading=PairReading.from_tensors(tensors))

    def tensors(self) -> dict[str, torch.Tensor]:
        """What `from_tensors` takes."""
        weights = {f"probe.{name}": value for name, value in self.probe.state_dict().items()}
        return self.reading.tensors() | weights

    def logits(self, x: torch.Tensor, place: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean over the probes of the logits of modalities (M, L, B, C) and of pairs (P, L, B, C), from steps (M,
        U, F)."""
        n_k = len(self.probe.w1)
        alone, together = self.probe(x.expand(n_k, *x.shape), place.expand(n_k, *place.shape))
        return alone.mean(0), together.mean(0)


@dataclass(frozen=True, kw_only=True)
class InstanceProbe:
    """Trained probes with all that is needed to read new windows.

    Attributes
    ----------
    blocks : PairBlock, at least one; beliefs of single modalities come from the first
    shapes : modality name -> (r, d), samples per step and channels
    lags : (L,) int64, steps
    step_s : float, s
    features : StepFeatures
    alone : Calibration of the modalities' heads, (M, L)
    log_prior : (C,)
    centres : (M, L, K, C), of the cells, square roots of posteriors; of a number (M, L, K, G), of groups of bins
    bins : FineBins, optional
        Of a number, whose classes are bins that heads have curves over.
    """

    blocks: tuple[PairBlock, ...]
    shapes: Mapping[str, tuple[int, int]]
    lags: np.ndarray
    step_s: float
    features: StepFeatures
    alone: Calibration
    log_prior: torch.Tensor
    centres: torch.Tensor
    bins: FineBins | None = None

    def explain(self, windows: Windows) -> xr.Dataset:
        """See `InteractionProfile.explain`."""
        self._check(windows)
        rows = windows.last[:, None] - self.lags
        at_once = self._batch()
        parts = [self._atoms(windows.steps, rows[k : k + at_once]) for k in range(0, len(rows), at_once)]
        values = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        return self._dataset(windows, values)

    def _check(self, windows: Windows) -> None:
        schema = windows.schema
        if dict(schema.shapes) != dict(self.shapes) or list(schema.shapes) != list(self.shapes):
            raise InvalidInput(
                f"windows to explain must have the modalities {dict(self.shapes)} (samples per step, channels) "
                f"that the profile was estimated from; got {dict(schema.shapes)}."
            )
        if abs(windows.step_s - self.step_s) > 1e-9 or windows.length <= self.lags.max():
            raise InvalidInput(
                f"windows to explain must have steps of {self.step_s:g} s and at least {self.lags.max() + 1} of them; "
                f"got {windows.length} of {windows.step_s:g} s."
            )

    def _batch(self) -> int:
        most = max(len(block.probe.pairs) for block in self.blocks)
        numbers = 20 * (most + len(self.shapes)) * len(self.lags) * len(self.log_prior)
        return max(1, min(1024, WORK_BYTES // (4 * numbers)))

    @torch.no_grad()
    def _atoms(self, steps: Steps, rows: np.ndarray) -> dict[str, np.ndarray]:
        distinct, place = np.unique(rows.T, return_inverse=True)
        shown = {name: steps.values[name][distinct] for name in self.shapes}
        x = self.features.apply(shown, steps.observed[distinct])
        place = torch.from_numpy(place.reshape(rows.shape[::-1]))
        log_p, blocks = torch.empty(0), []
        for k, block in enumerate(self.blocks):
            alone, together = block.logits(x, place)
            if self.bins is not None:
                alone, together = self.bins.logits(alone), self.bins.logits(together)
            if k == 0:
                log_p = self.alone.apply(alone, self.log_prior)
            blocks.append(self._of_pairs(block, log_p, together))
        atoms = {name: torch.cat([part[name] for part in blocks]) for name in blocks[0]}
        atoms["informativeness"] = _divergence(log_p, log_p - self.log_prior)
        return {name: value.movedim(-1, 0).numpy() for name, value in atoms.items()}

    def _of_pairs(
        self, block: PairBlock, log_p: torch.Tensor, together: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        reading = block.reading
        coarse = log_p if self.bins is None else self.bins.grouped(log_p)
        cell = nearest(torch.exp(0.5 * coarse), self.centres)
        i, j = block.probe.pairs.unbind(1)
        log_q = by_cell(reading.alpha, cell[i]) + by_cell(reading.beta, cell[j])
        if self.bins is not None:
            each = [self.bins.refined(log_q, log_p[k]) for k in (i, j)]
            log_q = (torch.stack(each, -1) * reading.within[:, :, None, None]).sum(-1)
        beliefs = [
            reading.together.apply(together, self.log_prior),
            log_p[i],
            log_p[j],
            torch.log_softmax(log_q, -1),
            torch.log_softmax(log_p[i] + log_p[j] - self.log_prior, -1),
        ]
        joint = torch.logsumexp(torch.stack(beliefs, -1) + torch.log(reading.mixture)[:, :, None, None], -1)
        one, two, both = (each - self.log_prior for each in (log_p[i], log_p[j], joint))
        least = (torch.stack([log_q - self.log_prior, one, two], -1) * reading.least[:, :, None, None]).sum(
            -1
        )
        return {
            "redundancy": _divergence(joint, one + two - least),
            "unique_ij": _divergence(joint, least - two),
            "unique_ji": _divergence(joint, least - one),
            "synergy": _divergence(joint, both - least),
            "joint": _divergence(joint, both),
        }

    def _dataset(self, windows: Windows, values: dict[str, np.ndarray]) -> xr.Dataset:
        names = list(self.shapes)
        pair = ("window", "source_i", "source_j", "lag")
        data: dict[str, tuple] = {"informativeness": (("window", "source", "lag"), values["informativeness"])}
        for name, mirrored in (
            ("redundancy", "redundancy"),
            ("unique_ij", "unique_ji"),
            ("synergy", "synergy"),
            ("joint", "joint"),
        ):
            full = np.full((len(windows), len(names), len(names), len(self.lags)), np.nan, dtype=np.float32)
            i, j = torch.cat([block.probe.pairs for block in self.blocks]).numpy().T
            full[:, i, j], full[:, j, i] = values[name], values[mirrored]
            data[name.removesuffix("_ij")] = (pair, full)
        coords = {
            "source_i": names,
            "source_j": names,
            "source": names,
            "lag": self.lags,
            "lag_s": ("lag", self.lags * self.step_s),
            "entity": ("window", np.array(windows.steps.entities)[windows.entity]),
        }
        return xr.Dataset(data, coords=coords, attrs={"units": "bit"})

    def save(self, path: Path, *, overwrite: bool = False) -> None:
        """Write a safetensors file."""
        about = {
            "format": FORMAT,
            "shapes": [[name, *shape] for name, shape in self.shapes.items()],
            "lags": self.lags.tolist(),
            "step_s": self.step_s,
            "blocks": len(self.blocks),
        }
        tensors = {name: getattr(self, name) for name in ("log_prior", "centres")}
        tensors |= {f"alone.{name}": value for name, value in self.alone.tensors().items()}
        if self.bins is not None:
            tensors |= {"bins.curves": self.bins.curves, "bins.group": self.bins.group}
        for k, block in enumerate(self.blocks):
            tensors |= {f"block.{k}.{name}": value for name, value in block.tensors().items()}
        tensors |= {f"features.{name}": torch.from_numpy(v) for name, v in self.features.arrays().items()}
        with whole_file(path, overwrite=overwrite) as part:
            save_file({n: t.contiguous() for n, t in tensors.items()}, part, {"about": json.dumps(about)})

    @classmethod
    def load(cls, path: Path) -> "InstanceProbe":
        """Read what `save` wrote."""
        with whole(path, "a whole probe", "Estimate the profile again, or take a copy of the file."):
            with safe_open(path, "pt") as file:
                about = json.loads((file.metadata() or {})["about"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            if about["format"] != FORMAT:
                raise DamagedFile(f"{path} is not a probe of this library: its 'format' is not {FORMAT!r}.")
            return cls._from_parts(about, tensors)

    @classmethod
    def _from_parts(cls, about: dict, tensors: dict[str, torch.Tensor]) -> "InstanceProbe":
        bins = _under("bins.", tensors)
        arrays = {name: tensor.numpy() for name, tensor in _under("features.", tensors).items()}
        return cls(
            blocks=tuple(
                PairBlock.from_tensors(_under(f"block.{k}.", tensors)) for k in range(about["blocks"])
            ),
            shapes={name: (r, d) for name, r, d in about["shapes"]},
            lags=np.array(about["lags"], dtype=np.int64),
            step_s=about["step_s"],
            features=StepFeatures.from_arrays(arrays, {name: r for name, r, _ in about["shapes"]}),
            alone=Calibration(**_under("alone.", tensors)),
            log_prior=tensors["log_prior"],
            centres=tensors["centres"],
            bins=FineBins(**bins) if bins else None,
        )


def _under(prefix: str, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def nearest(points: torch.Tensor, centres: torch.Tensor) -> torch.Tensor:
    """Number of the centre (..., K, C) that each point (..., N, C) is nearest to, (..., N) int64."""
    return (points @ centres.mT - 0.5 * (centres**2).sum(-1)[..., None, :]).argmax(-1)


def by_cell(rows: torch.Tensor, cell: torch.Tensor) -> torch.Tensor:
    """Rows (..., K, C) of the cells (..., N), as (..., N, C)."""
    return rows.gather(-2, cell[..., None].expand(*cell.shape, rows.shape[-1]))


def _divergence(log_p: torch.Tensor, ratio: torch.Tensor) -> torch.Tensor:
    """Expected log-ratio, in bits."""
    return bits((torch.exp(log_p) * ratio).sum(-1))
