"""TemporalRUS: an estimator applied to windows, for all pairs of modalities and all lags."""

from importlib.metadata import version

import numpy as np
import xarray as xr
from sklearn.base import BaseEstimator, clone

from interplay.data import Windows
from interplay.errors import InvalidInput, NotFitted
from interplay.estimators.base import BaseRUS
from interplay.estimators.given import names_given
from interplay.estimators.novel import with_novel
from interplay.info import Broja, entropy
from interplay.info.measures import measure_name
from interplay.profile import InteractionProfile
from interplay.progress import Progress, shown
from interplay.units import lag_steps


class TemporalRUS(BaseEstimator):
    """Redundancy, uniqueness and synergy of every pair of modalities at every lag.

    At lag tau the sources are taken tau before the target's step. An estimator with ``target_history = 0``
    measures lagged mutual information; with h it conditions on the target's own last h labels, and each lag is a slice
    of directed information. The rate of directed information, over all lags together, is `DirectedInformation`.

    Parameters
    ----------
    estimator : BaseRUS, class or str, optional
        An estimator; or with its defaults one by its class, its name, or an import path such as ``my_lab.Estimator``.
        `PosteriorPID` when left out.
    lags_s : sequence of float, s, optional
        Non-negative multiples of the step, below the window's length; every step of the window by default.
    novel : bool or "pairs"
        Also measure what each lag of a modality adds to all more recent ones, ``novel`` of the profile; with "pairs"
        that of each pair as well, ``novel_joint`` (`interplay.estimators.novel`). Takes an estimate more for each lag.
    progress : callable, optional
        Told the share of the work that is done, from 0 to 1; by default a bar on a terminal.

    Attributes
    ----------
    profile_ : InteractionProfile

    Examples
    --------
    >>> import interplay as ip
    >>> streams = ip.synthetic.lagged_streams(1000)
    >>> windows = ip.windows_from_arrays(streams.arrays, streams.y, steps=4)
    >>> profile = ip.TemporalRUS(ip.PosteriorPID(epochs=5)).fit(windows).profile_
    >>> profile.modalities
    ('m0', 'm1', 'm2', 'm3')
    """

    def __init__(
        self,
        estimator: BaseRUS | type[BaseRUS] | str | None = None,
        *,
        lags_s=None,
        novel: bool | str = False,
        progress: Progress | None = None,
    ):
        self.estimator = estimator
        self.lags_s = lags_s
        self.novel = novel
        self.progress = progress

    def fit(self, windows: Windows) -> "TemporalRUS":
        """Estimate the profile of training windows; its entities may not be evaluated on afterwards.

        Parameters
        ----------
        windows : Windows

        Returns
        -------
        self
        """
        if self.novel not in (False, True, "pairs"):
            raise InvalidInput(f"novel must be False, True or 'pairs'; got {self.novel!r}.")
        lags = steps_of_lags(windows, self.lags_s)
        estimator = fresh_estimator(self.estimator)
        estimator.check(windows, what="the windows to estimate from")
        with shown(self.progress, "interactions") as tell:
            share = 1.0 / len(lags) if self.novel else 1.0
            dataset = estimator.estimate(windows, lags, lambda done: tell(share * done))
            if self.novel:
                dataset = with_novel(
                    dataset,
                    estimator,
                    windows,
                    lags,
                    lambda done: tell(share + (1 - share) * done),
                    pairs=self.novel == "pairs",
                )
        self.profile_ = as_profile(dataset, estimator, windows)
        return self

    def __getattr__(self, name: str):
        if name == "profile_":
            raise NotFitted("TemporalRUS must be fitted before profile_ is read; call fit(windows) first.")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


def fresh_estimator(chosen: BaseRUS | type[BaseRUS] | str | None) -> BaseRUS:
    """An unfitted estimator of a fit's own; `PosteriorPID` where none was chosen."""
    from interplay.estimators import ESTIMATORS

    if isinstance(chosen, BaseRUS):
        return clone(chosen)
    return ESTIMATORS.find("PosteriorPID" if chosen is None else chosen)()


def steps_of_lags(windows: Windows, lags_s) -> np.ndarray:
    """Lags in steps, (L,) int64; all of the window where none are named."""
    if lags_s is None:
        return np.arange(windows.length)
    lags = np.array([lag_steps(lag, windows.step_s) for lag in lags_s], dtype=np.int64)
    if len(lags) == 0 or (np.diff(lags) <= 0).any():
        raise InvalidInput(f"lags_s must be increasing and hold at least one lag; got {list(lags_s)}.")
    if lags.max() >= windows.length:
        longest = (windows.length - 1) * windows.step_s
        raise InvalidInput(
            f"lags_s must lie inside the window, up to {longest:g} s; got {max(lags_s):g} s. "
            f"Cut windows of at least {lags.max() + 1} steps."
        )
    return lags


def as_profile(dataset: xr.Dataset, estimator: BaseRUS, windows: Windows) -> InteractionProfile:
    """What an estimator measured of windows, with where it comes from."""
    dataset["residual_bits"] = _residual(dataset)
    measure = getattr(estimator, "measure", None)
    dataset.attrs.update(
        estimator=type(estimator).__name__,
        # where finished work was kept says nothing of the values
        parameters={
            name: repr(value) if name == "measure" and value is not None else value
            for name, value in estimator.get_params().items()
            if name != "resume"
        },
        measure=measure_name(Broja() if measure is None else measure),
        target_history=int(getattr(estimator, "target_history", 0)),
        given=list(names_given(getattr(estimator, "given", None))),
        entities=list(windows.entities),
        n_examples=len(windows),
        **_about_target(windows, dataset),
        step_s=windows.step_s,
        version=version("interplay"),
    )
    return InteractionProfile(dataset, estimator.probe_)


def _about_target(windows: Windows, dataset: xr.Dataset) -> dict:
    """Classes, their prior and their entropy; of a continuous target, whose entropy depends on its unit, the
    largest information found stands for it."""
    if windows.continuous:
        largest = (
            float(dataset["joint_mi"].max()) if dataset.sizes["source"] > 1 else float(dataset["mi"].max())
        )
        return {"classes": [], "class_prior": [], "h_y_bits": largest}
    share = np.bincount(windows.y, minlength=len(windows.classes)) / len(windows)
    return {
        "classes": list(windows.classes),
        "class_prior": share.tolist(),
        "h_y_bits": float(entropy(share)),
    }


def _residual(d: xr.Dataset) -> xr.DataArray:
    """Largest violation of R + U_i = I_i, R + U_j = I_j and R + U_i + U_j + S = I_ij, bits."""
    unique_j = d["unique"].transpose("source_j", "source_i", "lag").values
    mi_i, mi_j = d["mi"].values[:, None], d["mi"].values[None]
    first = d["redundancy"] + d["unique"]
    parts = [first - mi_i, d["redundancy"] + unique_j - mi_j, first + unique_j + d["synergy"] - d["joint_mi"]]
    return xr.concat([abs(part) for part in parts], dim="rule").max("rule")
