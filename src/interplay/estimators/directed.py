"""DirectedInformation: the rate over all lags together, given the target's own past, decomposed for every pair."""

from collections.abc import Mapping

import numpy as np
from sklearn.base import BaseEstimator

from interplay.data import Windows
from interplay.data.pasts import pasts
from interplay.errors import InvalidInput, NotFitted
from interplay.estimators.base import BaseRUS
from interplay.estimators.lag_choice import greedy_lags
from interplay.estimators.temporal import as_profile, fresh_estimator, steps_of_lags
from interplay.profile.dataset import RATE
from interplay.progress import Progress, shown

CHOOSING = 0.1
"""Share of the work that the choice of lags is, for the progress."""


class DirectedInformation(BaseEstimator):
    """The rate of directed information from every pair of modalities, decomposed, in bits per step.

    I(Y_t; past of X_i, past of X_j | Y of the last h steps), where a past is all chosen lags of a modality together:
    what is told now that the target's own past did not tell. With lags from one step on, and one source, it is transfer
    entropy; the present, lag 0, counts unless it is left out of `lags_s`. `TemporalRUS` looks at one lag at a time.

    Parameters
    ----------
    estimator : BaseRUS, class or str, optional
        As in `TemporalRUS`. Its ``target_history`` is h; 0 gives what the pasts tell whether or not the target's own
        past tells it too.
    lags_s : sequence of float, s, or mapping of modality to such, optional
        Lags that each past holds. Without it they are chosen for each modality: all lags of the window are tried, and
        one after the other is added while held-out information rises by more than its error
        (`interplay.estimators.lag_choice`). A modality that seems to tell nothing alone keeps all of them.
    progress : callable, optional
        Told the share of the work that is done, from 0 to 1; by default a bar on a terminal.

    Attributes
    ----------
    profile_ : InteractionProfile
        Of one entry on the lag axis; its attribute ``kind`` is "rate", and ``lags_s`` holds the lags of each modality.

    References
    ----------
    Massey J. (1990), Causality, feedback and directed information. Schreiber T. (2000), Phys. Rev. Lett. 85, 461.

    Examples
    --------
    >>> import interplay as ip
    >>> streams = ip.synthetic.lagged_streams(1000)
    >>> windows = ip.windows_from_arrays(streams.arrays, streams.y, steps=4)
    >>> rate = ip.DirectedInformation(ip.PosteriorPID(epochs=5, target_history=1)).fit(windows).profile_
    >>> rate.kind
    'rate'
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

    def fit(self, windows: Windows) -> "DirectedInformation":
        """Estimate the rate from training windows; its entities may not be evaluated on afterwards.

        Parameters
        ----------
        windows : Windows

        Returns
        -------
        self
        """
        estimator = fresh_estimator(self.estimator)
        estimator.check(windows, what="the windows to estimate from")
        with shown(self.progress, "directed information") as tell:
            chosen = self._lags(windows, estimator)
            tell(CHOOSING)
            members = {name: [(name, int(lag)) for lag in each[::-1]] for name, each in chosen.items()}
            dataset = estimator.estimate(
                pasts(windows, members),
                np.array([0]),
                lambda done: tell(CHOOSING + (1 - CHOOSING) * done),
            )
        lags_s = {name: (each * windows.step_s).tolist() for name, each in chosen.items()}
        dataset.attrs.update(kind=RATE, lags_s=lags_s)
        # its probe reads pasts, and not the windows that a model sees
        estimator.probe_ = None
        self.profile_ = as_profile(dataset, estimator, windows)
        return self

    def _lags(self, windows: Windows, estimator: BaseRUS) -> dict[str, np.ndarray]:
        """Lags of each modality, steps."""
        if self.lags_s is None:
            history, seed = (int(getattr(estimator, name, 0)) for name in ("target_history", "random_state"))
            return greedy_lags(windows, np.arange(windows.length), history, seed)
        if not isinstance(self.lags_s, Mapping):
            return dict.fromkeys(windows.modalities, steps_of_lags(windows, self.lags_s))
        if set(self.lags_s) != set(windows.modalities):
            raise InvalidInput(
                f"lags_s must name the lags of each of {list(windows.modalities)}; it names {list(self.lags_s)}."
            )
        return {name: steps_of_lags(windows, self.lags_s[name]) for name in windows.modalities}

    def __getattr__(self, name: str):
        if name == "profile_":
            raise NotFitted(
                "DirectedInformation must be fitted before profile_ is read; call fit(windows) first."
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
