"""The contract of an estimator: scikit-learn manners for two sources, one method for windows."""

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np
import xarray as xr
from sklearn.base import BaseEstimator, clone

from interplay.arrays import as_array
from interplay.data import Windows, windows_from_arrays
from interplay.data.check import check_categorical, check_trainable
from interplay.errors import InvalidInput
from interplay.probe.instance import InstanceProbe
from interplay.progress import Progress, silent

ATOMS = ("redundancy", "unique1", "unique2", "synergy", "mi1", "mi2", "joint_mi")


class BaseRUS(BaseEstimator):
    """An estimator of redundancy, uniqueness and synergy.

    A subclass stores its constructor parameters untouched and implements `estimate`. After `fit` on one pair
    of sources the atoms are attributes, in bits: ``redundancy_, unique1_, unique2_, synergy_, mi1_, mi2_,
    joint_mi_``, each with a standard error ``<atom>_stderr_``, and ``p_value_``.
    """

    continuous_target = False
    """Whether the target is a number instead of a class."""

    pairs: Sequence[tuple[str, str]] | None = None
    """Modalities to be looked at together, where not all pairs are asked for; no setting, and `clone` drops it."""

    counts_cells = False
    """Whether a step is known by its cell alone, so that differences of steps would only be more cells."""

    redundancy_: float
    unique1_: float
    unique2_: float
    synergy_: float
    mi1_: float
    mi2_: float
    joint_mi_: float
    p_value_: float
    probe_: InstanceProbe | None = None

    @abstractmethod
    def estimate(self, windows: Windows, lags: np.ndarray, progress: Progress = silent) -> xr.Dataset:
        """Atoms of all pairs of modalities at all lags.

        Parameters
        ----------
        windows : Windows
        lags : (L,) int, steps, below the length of the windows
        progress : callable, told the share of the work that is done

        Returns
        -------
        xarray.Dataset
            The variables of `interplay.profile`, dims source_i, source_j, source and lag.
        """

    def side_by_side(self, windows: Windows, names: Sequence[str]) -> "tuple[BaseRUS, Windows]":
        """A copy, and windows in which it can read several of these modalities as one source as well as each alone."""
        return clone(self), windows

    def fit(self, x1, x2, y, groups=None):
        """Estimate the atoms of one pair of sources.

        Parameters
        ----------
        x1 : (n, d1) or (n,) float
        x2 : (n, d2) or (n,) float
        y : (n,) int
            Class numbers; floats for an estimator of a continuous target.
        groups : (n,) of str or int, optional
            Entity of each row; rows of one entity are never on both sides of cross-fitting.

        Returns
        -------
        self
        """
        arrays = {"x1": _two_dimensional(x1, "x1"), "x2": _two_dimensional(x2, "x2")}
        classes = () if self.continuous_target else None
        windows = windows_from_arrays(arrays, y, steps=1, entity=groups, classes=classes)
        self.check(windows, what="y and the sources")
        profile = self.estimate(windows, np.array([0])).isel(lag=0)
        for name in ("redundancy", "synergy", "joint_mi"):
            self._read(name, profile, name, source_i="x1", source_j="x2")
        for k, (i, j) in enumerate((("x1", "x2"), ("x2", "x1")), start=1):
            self._read(f"unique{k}", profile, "unique", source_i=i, source_j=j)
            self._read(f"mi{k}", profile, "mi", source=i)
        self.p_value_ = float(profile["p_value"].sel(source_i="x1", source_j="x2"))
        return self

    def check(self, windows: Windows, *, what: str) -> None:
        """Refuse windows that this estimator cannot learn from."""
        check_trainable(windows, what=what)
        if not self.continuous_target:
            check_categorical(windows, what=f"windows for {type(self).__name__}")
        elif not windows.continuous:
            raise InvalidInput(
                f"{type(self).__name__} must be given a continuous target (floats); the target has classes "
                f"{list(windows.classes)}. Use PosteriorPID for classes."
            )

    def _read(self, attribute: str, profile: xr.Dataset, variable: str, **where) -> None:
        setattr(self, f"{attribute}_", float(profile[variable].sel(**where)))
        setattr(self, f"{attribute}_stderr_", float(profile[f"{variable}_stderr"].sel(**where)))


def _two_dimensional(x, name: str) -> np.ndarray:
    x = as_array(x, name)
    if x.ndim not in (1, 2):
        raise InvalidInput(f"a source must be (n,) or (n, d); got shape {x.shape}.")
    return x[:, None] if x.ndim == 1 else x
