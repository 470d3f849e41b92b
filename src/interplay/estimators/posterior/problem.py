"""What probes learn: windows and their contexts, features, and what is known before any source is looked at.

Letters: N windows, M modalities, F features, L lags, C classes, O numbers of a head.
"""

from dataclasses import dataclass

import numpy as np
import torch

from interplay.data import Windows
from interplay.estimators.posterior.number_bins import NumberBins
from interplay.estimators.target_history import prior_in_context
from interplay.probe.feature_table import FeatureTable
from interplay.probe.features import StepFeatures

LOWEST_LOG_PRIOR = -16.0
"""Stands for the logarithm of a class that never occurs in a context."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is learned: windows, their contexts, lags and features.

    Attributes
    ----------
    windows : Windows
    context : (N,) int64, contexts of the target's past
    lags : (L,) int, steps
    step_features : StepFeatures, how steps become features
    features : FeatureTable, of all steps that windows look at
    rows : (N, L) int64, steps of this table that each window looks at
    newest : (N,) int64, the step that each ends with
    log_prior : (N, C) float32, of each class before sources are looked at: its share in each window's context, or more
    within_entities : bool, whether the entity is known, so that folds are blocks of time
    bins : NumberBins, where classes are bins of a number; heads then have a number for each curve over the bins
    """

    windows: Windows
    context: np.ndarray
    lags: np.ndarray
    step_features: StepFeatures
    features: FeatureTable
    rows: np.ndarray
    newest: np.ndarray
    log_prior: torch.Tensor
    within_entities: bool = False
    bins: NumberBins | None = None

    @classmethod
    def of(
        cls,
        windows: Windows,
        context: np.ndarray,
        lags: np.ndarray,
        log_prior: torch.Tensor | None = None,
        *,
        within_entities: bool = False,
        bins: NumberBins | None = None,
        folder: str | None = None,
    ) -> "Problem":
        """From windows; scaling and features are worked out here, once for all probes; many lie in `folder`."""
        step_features = StepFeatures.fit(windows)
        of_context = log_prior_of_windows(windows.y, context, len(windows.classes))
        rows = windows.last[:, None] - np.asarray(lags)
        looked_at = np.unique(np.concatenate([windows.last, rows.ravel()]))
        features = FeatureTable.of(step_features, windows.steps, looked_at, folder)
        return cls(
            windows=windows,
            context=context,
            lags=np.asarray(lags),
            step_features=step_features,
            features=features,
            rows=features.place(rows),
            newest=features.place(windows.last),
            log_prior=of_context if log_prior is None else log_prior,
            within_entities=within_entities,
            bins=bins,
        )

    @property
    def outputs(self) -> int:
        """Numbers of one head at one lag, in one context."""
        return self.log_prior.shape[1] if self.bins is None else len(self.bins.curves)

    @property
    def freedom(self) -> int:
        """Numbers that a predictor of the target is free to choose."""
        return self.outputs - 1 if self.bins is None else self.outputs

    @property
    def shared_out(self) -> Windows:
        """Windows with the target that folds are shared out by."""
        return self.windows if self.bins is None else self.bins.of

    def logits(self, outputs: torch.Tensor) -> torch.Tensor:
        """Logits (..., C) from numbers (..., O) of heads."""
        return outputs if self.bins is None else self.bins.logits(outputs)

    def slopes(self, by_logits: torch.Tensor) -> torch.Tensor:
        """Gradient by numbers (..., O) of heads from that by logits (..., C)."""
        return by_logits if self.bins is None else by_logits @ self.bins.curves.to(by_logits).mT

    def within_context(self) -> torch.Tensor | None:
        """By how much log-priors (N, C) differ from the shares of classes in their contexts; None where nowhere."""
        of_context = log_prior_of_windows(self.windows.y, self.context, len(self.windows.classes))
        return None if torch.equal(of_context, self.log_prior) else self.log_prior - of_context


def log_prior_of_windows(y: np.ndarray, context: np.ndarray, n_classes: int) -> torch.Tensor:
    """Log-share of each class in each window's context, (N, C) float32."""
    share = torch.from_numpy(prior_in_context(y, context, n_classes))
    return torch.log(share).clamp_min(LOWEST_LOG_PRIOR).float()[torch.from_numpy(context)]
