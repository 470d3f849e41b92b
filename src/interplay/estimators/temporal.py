"""TemporalRUS: an estimator applied to windows, for all pairs of modalities and all lags."""

from importlib.metadata import version

import numpy as np
import xarray as xr
from sklearn.base import BaseEstimator, clone

from interplay.data import Windows
from interplay.errors import InvalidInput, NotFitted
from interplay.estimators.base import BaseRUS
from interplay.estimators.given import names_given
from interplay.info import entropy
from interplay.profile import InteractionProfile
from interplay.progress import Progress, shown
from interplay.units import lag_steps


class TemporalRUS(BaseEstimator):
    """Redundancy, uniqueness and synergy of every pair of modalities at every lag.

    At lag tau the sources are taken tau before the target's step. An estimator with ``target_history = 0``
    measures lagged mutual information; with h it conditions on the target's own last h labels and measures
    the rate of directed information.

    Parameters
    ----------
    estimator : BaseRUS, class or str, optional
        An estimator; or with its defaults one by its class, its name, or an import path such as ``my_lab.Estimator``.
        `PosteriorPID` when left out.
    lags_s : sequence of float, s, optional
        Non-negative multiples of the step, below the window's length; every step of the window by default.
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
        progress: Progress | None = None,
    ):
        self.estimator = estimator
        self.lags_s = lags_s
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
        lags = self._lags(windows)
        estimator = self._estimator()
        estimator.check(windows, what="the windows to estimate from")
        with shown(self.progress, "interactions") as tell:
            dataset = estimator.estimate(windows, lags, tell)
        dataset["residual_bits"] = _residual(dataset)
        dataset.attrs.update(
            estimator=type(estimator).__name__,
            # where finished work was kept says nothing of the values
            parameters={name: value for name, value in estimator.get_params().items() if name != "resume"},
            target_history=int(getattr(estimator, "target_history", 0)),
            given=list(names_given(getattr(estimator, "given", None))),
            entities=list(windows.entities),
            n_examples=len(windows),
            **_about_target(windows, dataset),
            step_s=windows.step_s,
            version=version("interplay"),
        )
        self.profile_ = InteractionProfile(dataset, estimator.probe_)
        return self

    def _estimator(self) -> BaseRUS:
        """An unfitted estimator of this fit's own."""
        from interplay.estimators import ESTIMATORS

        if isinstance(self.estimator, BaseRUS):
            return clone(self.estimator)
        return ESTIMATORS.find("PosteriorPID" if self.estimator is None else self.estimator)()

    def _lags(self, windows: Windows) -> np.ndarray:
        if self.lags_s is None:
            return np.arange(windows.length)
        lags = np.array([lag_steps(lag, windows.step_s) for lag in self.lags_s], dtype=np.int64)
        if len(lags) == 0 or (np.diff(lags) <= 0).any():
            raise InvalidInput(
                f"lags_s must be increasing and hold at least one lag; got {list(self.lags_s)}."
            )
        if lags.max() >= windows.length:
            longest = (windows.length - 1) * windows.step_s
            raise InvalidInput(
                f"lags_s must lie inside the window, up to {longest:g} s; got {max(self.lags_s):g} s. "
                f"Cut windows of at least {lags.max() + 1} steps."
            )
        return lags

    def __getattr__(self, name: str):
        if name == "profile_":
            raise NotFitted("TemporalRUS must be fitted before profile_ is read; call fit(windows) first.")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


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
