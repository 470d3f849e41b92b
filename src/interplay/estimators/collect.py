"""ProfileBuilder: pointwise scores of modalities and pairs, gathered into the data set of a profile.

An estimator says what every window tells of every modality and every pair of modalities; atoms, means, standard
errors and the layout of the result are the same for all of them.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import torch
import xarray as xr

from interplay.data import Windows
from interplay.errors import InvalidInput
from interplay.estimators.resampling import bootstrap_std_error, cluster_sums, clusters_of
from interplay.profile.significance import familywise, larger_p_value, q_values
from interplay.units import bits

PAIRED = ("redundancy", "unique_ij", "unique_ji", "synergy", "joint_mi")
"""What is known of a pair, by name: unique_ij is in the first modality and not in the second."""
OF_DRAW = "_stderr_of_draw"
"""Ending of the part of an error that the draw of the windows explains."""


def pair_atoms(first: Any, second: Any, least: Any, joint: Any) -> dict[str, Any]:
    """What a pair tells, by the names of `PAIRED`, from scores of one source, of the other, of the least informative
    coupling and of both; the sum rules hold by definition."""
    return {
        "redundancy": first + second - least,
        "unique_ij": least - second,
        "unique_ji": least - first,
        "synergy": joint - least,
        "joint_mi": joint,
    }


class ProfileBuilder:
    """Filled in order: every modality once, every pair of `pairs` once.

    Parameters
    ----------
    windows : Windows
    lags : (L,) int, steps
    n_bootstrap : int
        Resamplings of entities or blocks behind each standard error.
    rng : numpy Generator
    pairs : pairs of names, optional
        Of the modalities that are looked at together; all by default.

    Attributes
    ----------
    pairs : (P, 2) int64, modality numbers in the order in which pairs are added
    cluster : (N,) int64, what each window is resampled with
    """

    def __init__(
        self,
        windows: Windows,
        lags: np.ndarray,
        *,
        n_bootstrap: int,
        rng: np.random.Generator,
        pairs: Sequence[tuple[str, str]] | None = None,
    ):
        if n_bootstrap < 2:
            raise InvalidInput(
                f"n_bootstrap must be at least 2, since errors are the spread of so many draws; got {n_bootstrap}."
            )
        self.names, self.step_s, self.lags = list(windows.modalities), windows.step_s, np.asarray(lags)
        chosen = combinations(self.names, 2) if pairs is None else pairs
        numbers = [(self.names.index(i), self.names.index(j)) for i, j in chosen]
        self.pairs = np.array(numbers, dtype=np.int64).reshape(-1, 2)
        self.n_bootstrap, self.rng = n_bootstrap, rng
        # draws of their own, so that what was reported before they were does not change
        self.rng_of_additions = rng.spawn(1)[0]
        self.cluster = clusters_of(windows)
        self.count = np.bincount(self.cluster)
        self.values: dict[str, list[np.ndarray]] = {}

    def add_modality(self, score, *, p_value=None, shift=0.0, doubt=0.0) -> None:
        """What one modality, or several, tell of each window.

        Parameters
        ----------
        score : (..., L, N) log p(y|x) / p(y) of the label, nats
        p_value : (..., L), optional
        shift : (..., L) nats, added to the mean; it moves the estimate, not its error
        doubt : (..., L) nats, a standard deviation that the draw of the windows does not show; it widens the error
        """
        self._file("mi", cluster_sums(torch.as_tensor(score), self.cluster), shift, doubt)
        if p_value is not None:
            self.keep("mi_p_value", p_value)

    def add_pair(
        self,
        first,
        second,
        least,
        joint,
        *,
        p_value=None,
        p_values: Mapping[str, object] | None = None,
        gap_nats=None,
        shifts: Mapping[str, object] | None = None,
        doubts: Mapping[str, object] | None = None,
    ) -> None:
        """What one pair, or several, tell of each window; atoms follow from the four scores.

        Parameters
        ----------
        first, second, joint : (..., L, N) log-ratio of the label given the one source, the other, and both, nats
        least : (..., L, N)
            The same by the least informative coupling, see `interplay.info.broja`.
        p_value : (..., L), optional
            That the pair tells anything.
        p_values : name of an atom of `PAIRED` -> (..., L), optional
            Of single atoms.
        gap_nats : (..., L), optional
            What the solver has proven.
        shifts, doubts : name of each of `PAIRED` -> (..., L) nats, optional
            What is added to values, and to their errors; see `add_modality`.
        """
        atoms = pair_atoms(*(torch.as_tensor(each) for each in (first, second, least, joint)))
        sums = {name: cluster_sums(value, self.cluster) for name, value in atoms.items()}
        self.add_pair_sums(
            sums, p_value=p_value, p_values=p_values, gap_nats=gap_nats, shifts=shifts, doubts=doubts
        )

    def add_pair_sums(
        self,
        sums: Mapping[str, torch.Tensor],
        *,
        p_value=None,
        gap_nats=None,
        shifts: Mapping[str, object] | None = None,
        doubts: Mapping[str, object] | None = None,
        p_values: Mapping[str, object] | None = None,
    ) -> None:
        """The same from atoms whose scores are already summed over clusters, (..., L, clusters), by name."""
        for name in PAIRED:
            self._file(name, sums[name], (shifts or {}).get(name, 0.0), (doubts or {}).get(name, 0.0))
        of_shift = {name: torch.as_tensor((shifts or {}).get(name, 0.0)) for name in PAIRED}
        for one in ("ij", "ji"):
            parts = (f"unique_{one}", "synergy")
            self._file(
                f"adds_{one}",
                sums[parts[0]] + sums[parts[1]],
                of_shift[parts[0]] + of_shift[parts[1]],
                # each doubts one of the two predictors that the sum compares
                torch.hypot(*(torch.as_tensor((doubts or {}).get(part, 0.0)) for part in parts)),
                self.rng_of_additions,
            )
        for name, value in (p_values or {}).items():
            self.keep(f"{name}_p_value", value)
        if p_value is not None:
            self.keep("p_value", p_value)
        if gap_nats is not None:
            self.keep("gap_bits", bits(gap_nats))

    def keep(self, name: str, values) -> None:
        """Keep finished values (..., L) of modalities (named ``mi_...`` or ``quantisation_loss``) or of pairs."""
        self.values.setdefault(name, []).append(np.asarray(values))

    def _file(
        self, name: str, sums: torch.Tensor, shift, doubt, rng: np.random.Generator | None = None
    ) -> None:
        mean = sums.sum(-1) / float(self.count.sum())
        self.keep(name, bits(mean + shift))
        of_draw = bootstrap_std_error(sums, self.count, self.n_bootstrap, rng or self.rng)
        self.keep(f"{name}_stderr", bits(torch.hypot(of_draw, torch.as_tensor(doubt).to(of_draw))))
        self.keep(f"{name}{OF_DRAW}", bits(of_draw))

    def dataset(self) -> xr.Dataset:
        """The variables of `InteractionProfile`."""
        both, single = ("source_i", "source_j", "lag"), ("source", "lag")
        data: dict[str, object] = {}
        for name, values in self.values.items():
            if name.startswith(("mi", "quantisation")):
                data[name] = (single, np.concatenate([v.reshape(-1, len(self.lags)) for v in values]))
            elif "_ji" not in name:
                mirrored = self.values[name.replace("_ij", "_ji")]
                data[name.replace("_ij", "")] = (both, self._square(values, mirrored))
        for name in ("redundancy", "unique", "synergy", "joint_mi"):
            data.setdefault(name, (both, self._square([], [])))
            data.setdefault(f"{name}_stderr", (both, self._square([], [])))
        p_values = self._square(*[self.values.get("p_value", [])] * 2)
        data["p_value"], data["q_value"] = (both, p_values), (both, _q_values(p_values))
        data |= self._adjusted(data)
        data = {name: value for name, value in data.items() if not name.endswith(OF_DRAW)}
        coords = {
            "source_i": self.names,
            "source_j": self.names,
            "source": self.names,
            "lag": self.lags,
            "lag_s": ("lag", self.lags * self.step_s),
        }
        return xr.Dataset(data, coords=coords)

    def _adjusted(self, data: Mapping[str, object]) -> dict[str, object]:
        """p-values of atoms, adjusted over all atoms, pairs and lags together."""
        atoms = [name for name in ("redundancy", "unique", "synergy") if f"{name}_p_value" in data]

        def larger(name: str) -> np.ndarray:
            kinds = ("", "_stderr", "_p_value", OF_DRAW)
            return larger_p_value(*(data[f"{name}{kind}"][1] for kind in kinds))  # pyrefly: ignore[bad-index]

        raw = [larger(name) for name in atoms]
        if not raw:
            return {}
        upper = np.triu(np.ones((len(self.names), len(self.names)), dtype=bool), 1)[..., None]
        once = [
            np.where(upper, p, np.nan) if name != "unique" else p for name, p in zip(atoms, raw, strict=True)
        ]
        adjusted = np.split(familywise(np.stack(once)), len(once))
        both = ("source_i", "source_j", "lag")
        return {
            f"{name}_q_value": (both, p[0] if name == "unique" else _mirrored(p[0], upper))
            for name, p in zip(atoms, adjusted, strict=True)
        }

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
    return _mirrored(q_values(np.where(upper, p_values, np.nan)), upper)


def _mirrored(values: np.ndarray, upper: np.ndarray) -> np.ndarray:
    return np.where(upper, values, values.transpose(1, 0, 2))
