"""Findings: pointwise values of modalities and pairs, gathered into the data set of a profile.

An estimator files what every window says of every modality and every pair of modalities; means, standard
errors and the layout of the result are the same for all of them.
"""

from itertools import combinations

import numpy as np
import torch
import xarray as xr

from interplay.data import Windows
from interplay.estimators.resampling import (
    bootstrap_std_error,
    cluster_sums,
    clusters_of,
)
from interplay.profile.significance import q_values
from interplay.units import bits


class Findings:
    """Filed in order: every modality once, every pair of `pairs` once.

    Parameters
    ----------
    windows : Windows
    lags : (L,) int, steps
    n_bootstrap : int
        Resamplings of entities or blocks behind each standard error.
    rng : numpy Generator
    """

    def __init__(self, windows: Windows, lags: np.ndarray, *, n_bootstrap: int, rng: np.random.Generator):
        self.names, self.step_s, self.lags = list(windows.modalities), windows.step_s, np.asarray(lags)
        self.pairs = np.array(list(combinations(range(len(self.names)), 2)), dtype=np.int64).reshape(-1, 2)
        self.n_bootstrap, self.rng = n_bootstrap, rng
        self.cluster = clusters_of(windows)
        self.count = np.bincount(self.cluster)
        self.values: dict[str, list[np.ndarray]] = {}

    def file(self, name: str, pointwise_nats: torch.Tensor, correction_nats=0.0, doubt_nats=0.0) -> None:
        """File pointwise values (..., L, N) of one or several modalities or pairs, whose mean is the estimate.

        `correction_nats` (..., L) is added to the mean; it moves the estimate, not its error. `doubt_nats` (..., L) is
        a standard deviation that the draw of the windows does not show; it widens the error, and moves nothing.
        """
        self.file_sums(name, cluster_sums(pointwise_nats, self.cluster), correction_nats, doubt_nats)

    def file_sums(self, name: str, sums: torch.Tensor, correction_nats=0.0, doubt_nats=0.0) -> None:
        """The same from pointwise values that are already summed over clusters, (..., L, clusters)."""
        mean = sums.sum(-1) / float(self.count.sum())
        self.keep(name, bits(mean + correction_nats))
        of_draw = bootstrap_std_error(sums, self.count, self.n_bootstrap, self.rng)
        self.keep(f"{name}_stderr", bits(torch.hypot(of_draw, torch.as_tensor(doubt_nats).to(of_draw))))

    def keep(self, name: str, values) -> None:
        """Keep finished values (..., L)."""
        self.values.setdefault(name, []).append(np.asarray(values))

    def dataset(self) -> xr.Dataset:
        """The variables of `InteractionProfile`.

        Wanted: of modalities ``mi``; of pairs ``redundancy, unique_ij, unique_ji, synergy, joint_mi`` and
        ``p_value``, each filed or kept. What else was kept of modalities (named ``mi_...`` or
        ``quantisation_loss``) or of pairs comes along.
        """
        both, single = ("source_i", "source_j", "lag"), ("source", "lag")
        data: dict[str, object] = {}
        for name, values in self.values.items():
            if name.startswith(("mi", "quantisation")):
                data[name] = (single, np.concatenate([v.reshape(-1, len(self.lags)) for v in values]))
            elif not name.startswith("unique_ji"):
                mirrored = self.values[name.replace("_ij", "_ji")]
                data[name.replace("unique_ij", "unique")] = (both, self._square(values, mirrored))
        for name in ("redundancy", "unique", "synergy", "joint_mi"):
            data.setdefault(name, (both, self._square([], [])))
            data.setdefault(f"{name}_stderr", (both, self._square([], [])))
        p_values = self._square(*[self.values.get("p_value", [])] * 2)
        data["p_value"], data["q_value"] = (both, p_values), (both, _q_values(p_values))
        coords = {
            "source_i": self.names,
            "source_j": self.names,
            "source": self.names,
            "lag": self.lags,
            "lag_s": ("lag", self.lags * self.step_s),
        }
        return xr.Dataset(data, coords=coords)

    def _square(self, values: list[np.ndarray], mirrored: list[np.ndarray]) -> np.ndarray:
        full = np.full((len(self.names), len(self.names), len(self.lags)), np.nan)
        if values:
            i, j = self.pairs.T
            full[i, j] = np.concatenate([v.reshape(-1, len(self.lags)) for v in values])
            full[j, i] = np.concatenate([v.reshape(-1, len(self.lags)) for v in mirrored])
        return full


def _q_values(p_values: np.ndarray) -> np.ndarray:
    """Adjusted over every (pair, lag) once, then mirrored."""
    upper = np.triu(np.ones(p_values.shape[:2], dtype=bool), 1)[..., None]
    q = q_values(np.where(upper, p_values, np.nan))
    return np.where(upper, q, q.transpose(1, 0, 2))
