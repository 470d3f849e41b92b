"""EventResolved: interactions about a target in bins of time since an event, and the stretches in which they are real.

Letters: M modalities, B bins, n windows of a bin, K draws of which the first was observed.
"""

from dataclasses import replace
from itertools import combinations

import numpy as np
import xarray as xr
from sklearn.base import BaseEstimator, clone

from interplay.data.event_windows import EventWindows
from interplay.data.windows import Windows
from interplay.errors import InvalidInput, NotFitted
from interplay.estimators.base import BaseRUS
from interplay.estimators.clusters import cluster_test
from interplay.estimators.given import names_given
from interplay.estimators.rearranged_moments import rearranged_moments
from interplay.estimators.temporal import TemporalRUS
from interplay.profile import InteractionProfile
from interplay.profile.significance import q_values
from interplay.progress import Progress, shown, silent

OF_VALUES_ALONE = {"n_bootstrap": 2, "n_rotations": 1}
"""What estimators of rearranged sources are told: their errors and p-values are not looked at."""

Series = tuple[str, int, int]
"""An atom and its pair, by modality numbers: "redundancy" and "synergy" of i < j, "unique" in i and not in j."""


class EventResolved(BaseEstimator):
    """Redundancy, uniqueness and synergy of every pair of modalities in every bin of time since an event.

    Parameters
    ----------
    estimator : BaseRUS, class or str, optional
        As of `TemporalRUS`; by default `GaussianPID` of a number and `PosteriorPID` of classes.
    n_permutations : int
        Rearrangements of each source behind p-values of bins and clusters. The smallest p-value is 1 / (1 + of them).
    random_state : int
        Seed of the rearrangements; the estimator has its own.
    progress : callable, optional
        Told the share of the work that is done, from 0 to 1; by default a bar on a terminal.

    Attributes
    ----------
    profile_ : InteractionProfile
        Its lag is time since the event, the end of each bin: so long before the target the sources were known. Of each
        atom ``<atom>_p_value`` is that of the bin, ``<atom>_cluster_p_value`` that of its cluster among all bins, and
        ``<atom>_q_value``, which `InteractionProfile.significant` asks, that of its cluster among all bins, atoms and
        pairs; both are 1 outside clusters. See `interplay.profile.stretches`.

    Notes
    -----
    A source that tells nothing could as well have been that of another moment of the same entity; or, where it does not
    differ within entities, of another entity. So each source is rearranged alone, in all bins alike, and everything is
    estimated anew. Uniqueness is held against its own source rearranged. Redundancy and synergy vanish if either source
    tells nothing, and are held against the larger of both, draw by draw.

    References
    ----------
    Maris E., Oostenveld R. (2007), J. Neurosci. Methods 164: clusters. Combrisson E. et al. (2022), NeuroImage 258: of
    information.
    """

    def __init__(
        self,
        estimator: BaseRUS | type[BaseRUS] | str | None = None,
        *,
        n_permutations: int = 199,
        random_state: int = 0,
        progress: Progress | None = None,
    ):
        self.estimator = estimator
        self.n_permutations = n_permutations
        self.random_state = random_state
        self.progress = progress

    def fit(self, around: EventWindows) -> "EventResolved":
        """Estimate the profile of moments; their entities may not be evaluated on afterwards.

        Parameters
        ----------
        around : EventWindows
            From `interplay.windows_around`.

        Returns
        -------
        self
        """
        if not isinstance(around, EventWindows):
            raise InvalidInput(
                f"EventResolved must be fitted on the result of ip.windows_around; got {type(around).__name__}."
            )
        if not isinstance(self.n_permutations, (int, np.integer)) or self.n_permutations < 19:
            raise InvalidInput(
                "n_permutations must be a whole number of at least 19, or no p-value is below 0.05; got "
                f"{self.n_permutations!r}."
            )
        estimator = self._estimator(around.bins[0])
        if given := set(names_given(getattr(estimator, "given", None))) & set(around.modalities):
            raise InvalidInput(
                f"given must not be a source at the event; got {sorted(given)[0]!r}. Leave it out, or "
                "give a static input or the clock."
            )
        n_m, n_b = len(around.modalities), len(around.bins)
        with shown(self.progress, "interactions around events") as tell:
            profiles = [_measured(windows, estimator) for windows in around.bins]
            draws: list[list[xr.Dataset]] = []
            for m in range(n_m):
                rearranged = self._rearranged(around, m)
                draws.append([])
                for windows, moved in zip(around.bins, rearranged, strict=True):
                    draws[m].append(_draws(windows, estimator, around.modalities[m], moved))
                    tell((m * n_b + len(draws[m])) / (n_m * n_b))
        dataset = _joined(profiles, around)
        _add_tests(dataset, draws)
        dataset.attrs["n_permutations"] = int(self.n_permutations)
        self.profile_ = InteractionProfile(dataset)
        return self

    def _estimator(self, windows: Windows) -> BaseRUS:
        from interplay.estimators import ESTIMATORS

        if isinstance(self.estimator, BaseRUS):
            return clone(self.estimator)
        default = "GaussianPID" if windows.continuous else "PosteriorPID"
        return ESTIMATORS.find(default if self.estimator is None else self.estimator)()

    def _rearranged(self, around: EventWindows, m: int) -> list[np.ndarray]:
        """Moments that windows of each bin take source m from, (K - 1, n) int64."""
        steps = around.bins[0].steps
        return rearranged_moments(
            steps.entity,
            [windows.last for windows in around.bins],
            steps.values[around.modalities[m]],
            self.n_permutations,
            np.random.default_rng([self.random_state, m]),
        )

    def __getattr__(self, name: str):
        if name == "profile_":
            raise NotFitted("EventResolved must be fitted before profile_ is read; call fit(around) first.")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


def _of_values_alone(estimator: BaseRUS) -> BaseRUS:
    known = estimator.get_params()
    return clone(estimator).set_params(**{k: v for k, v in OF_VALUES_ALONE.items() if k in known})


def _measured(windows: Windows, estimator: BaseRUS) -> InteractionProfile:
    return TemporalRUS(estimator, lags_s=[0.0], progress=silent).fit(windows).profile_


def _draws(windows: Windows, estimator: BaseRUS, name: str, moved: np.ndarray) -> xr.Dataset:
    """What is observed and what comes out of every rearrangement of a source, along the lag."""
    estimator = _of_values_alone(estimator)
    if len(windows.entities) >= getattr(estimator, "folds", 0):
        return TemporalRUS(estimator, progress=silent).fit(_beside(windows, name, moved)).profile_.dataset
    # folds are blocks of windows then, which long windows leave too few of
    shown_one_by_one = [_with_source_of(windows, name, moments) for moments in (windows.last, *moved)]
    return xr.concat([_measured(each, estimator).dataset for each in shown_one_by_one], dim="lag")


def _with_source_of(windows: Windows, name: str, moments: np.ndarray) -> Windows:
    """The same windows with one source of other moments (n,)."""
    steps, m = windows.steps, windows.modalities.index(name)
    values, observed = steps.values[name].copy(), steps.observed.copy()
    values[windows.last] = steps.values[name][moments]
    observed[windows.last, m] = steps.observed[moments, m]
    return replace(windows, steps=replace(steps, values={**steps.values, name: values}, observed=observed))


def _beside(windows: Windows, name: str, moved: np.ndarray) -> Windows:
    """Windows of K steps: the observed one at lag 0, at lag k that with source `name` of the moments moved[k - 1]."""
    steps, n = windows.steps, len(windows)
    draws = np.vstack([windows.last, moved])[::-1].T
    stay = np.repeat(windows.last, draws.shape[1])
    rows = {other: draws.ravel() if other == name else stay for other in steps.values}
    packed = replace(
        steps,
        values={other: steps.values[other][row] for other, row in rows.items()},
        observed=np.stack([steps.observed[row, k] for k, row in enumerate(rows.values())], axis=1),
        target=steps.target[stay],
        segment=np.repeat(np.arange(n), draws.shape[1]),
        entity=steps.entity[stay],
        time_s=steps.time_s[stay],
    )
    length = draws.shape[1]
    return Windows(steps=packed, last=np.arange(n) * length + length - 1, length=length)


def _joined(profiles: list[InteractionProfile], around: EventWindows) -> xr.Dataset:
    """One data set of all bins, with the end of each as its lag."""
    ends = np.asarray(around.edges_s[1:], dtype=np.float64)
    step_s = around.bins[0].step_s
    dataset = xr.concat([profile.dataset for profile in profiles], dim="lag", combine_attrs="override")
    dataset = dataset.assign_coords(lag=np.round(ends / step_s).astype(np.int64), lag_s=("lag", ends))
    first = profiles[0].dataset.attrs
    dataset.attrs = first | {
        "entities": list(around.entities),
        "n_examples": len(around.is_event),
        "n_of_bins": [len(windows) for windows in around.bins],
        "h_y_bits": float(np.max([profile.h_y_bits for profile in profiles])),
        "class_prior": np.mean([p.dataset.attrs["class_prior"] for p in profiles], axis=0).tolist(),
        "event": around.event,
        "about": around.target,
        "bins_s": [float(edge) for edge in around.edges_s],
        "n_events": int(around.is_event.sum()),
        "n_controls": int((~around.is_event).sum()),
    }
    upper = np.triu(np.ones(dataset["p_value"].shape[:2], dtype=bool), 1)[..., None]
    once = q_values(np.where(upper, dataset["p_value"].values, np.nan))
    dataset["q_value"] = (dataset["p_value"].dims, np.where(upper, once, once.swapaxes(0, 1)))
    return dataset


def _add_tests(dataset: xr.Dataset, draws: list[list[xr.Dataset]]) -> None:
    """File what the cluster test says of every atom of every pair, and of every modality alone.

    Parameters
    ----------
    dataset : of all bins
    draws : M lists of B data sets, draws of one source along the lag
    """
    n_m = dataset.sizes["source"]
    series, values = [], []
    for i, j in combinations(range(n_m), 2):
        for atom in ("redundancy", "synergy"):
            series.append((atom, i, j))
            values.append(np.maximum(_of_pair(draws[i], atom, i, j), _of_pair(draws[j], atom, i, j)))
        for a, b in ((i, j), (j, i)):
            series.append(("unique", a, b))
            values.append(_of_pair(draws[a], "unique", a, b))
    for m in range(n_m):
        series.append(("mi", m, m))
        values.append(np.stack([bin_["mi"].values[m] for bin_ in draws[m]], axis=1))
    test = cluster_test(np.stack(values))
    for kind, p in (("p", test.p_bin), ("cluster_p", test.p_cluster), ("q", test.p_any)):
        _file(dataset, kind, series, p)


def _of_pair(of_source: list[xr.Dataset], atom: str, i: int, j: int) -> np.ndarray:
    """Draws of one atom in all bins, (K, B)."""
    return np.stack([bin_[atom].values[i, j] for bin_ in of_source], axis=1)


def _file(dataset: xr.Dataset, kind: str, series: list[Series], p: np.ndarray) -> None:
    n_m, n_b = dataset.sizes["source"], p.shape[-1]
    for atom in ("redundancy", "unique", "synergy"):
        square = np.full((n_m, n_m, n_b), np.nan)
        for (name, i, j), row in zip(series, p, strict=True):
            if name == atom:
                square[i, j] = row
                if atom != "unique":
                    square[j, i] = row
        dataset[f"{atom}_{kind}_value"] = (("source_i", "source_j", "lag"), square)
    alone = [row for (name, _, _), row in zip(series, p, strict=True) if name == "mi"]
    dataset[f"mi_{kind}_value"] = (("source", "lag"), np.stack(alone))
