"""DensityPID: interactions about a number, curves and spread included, from its conditional density."""

from dataclasses import replace

import numpy as np

from interplay.data import Windows
from interplay.estimators.given import Given
from interplay.estimators.posterior.crossfit import Folds
from interplay.estimators.posterior.estimator import PosteriorPID
from interplay.estimators.posterior.number_bins import NumberBins
from interplay.estimators.posterior.problem import Problem
from interplay.estimators.strata import explained, strata_of_numbers
from interplay.estimators.target_history import past_values


class DensityPID(PosteriorPID):
    """Interactions about a continuous target from calibrated, cross-fitted densities.

    The probes of `PosteriorPID` bend the target's own distribution, in fine bins, by a few smooth curves: a source may
    tell where the number lies, how far it spreads, or any other change of its shape, by any curve of its channels.

    Parameters
    ----------
    target_history : int
        h, how many of the target's own last values are conditioned on: what curves of them explain is taken off the
        target, as of what is given.
    given : str or list of str, optional
        Confounders, see `interplay.estimators.given`; what curves of them explain is taken off the target, and chance
        is asked within their strata, in each of which sources are coupled by themselves.
    folds : int
        Cross-fitting folds: groups of entities, or interleaved blocks where there are few entities.
    epochs : int
        Times that the probe sees every training window, at most.
    batch_size : int
        Windows at a time.
    learning_rate : float
        That of AdamW to begin with; it falls to 0 along a cosine.
    weight_decay : float
        Of the probe's weights.
    patience : int
        Epochs without improvement of any head after which training ends.
    n_cells : int
        Cells that posteriors are quantised to for the exact solver.
    tol_bits : float
        Certified accuracy of the solver.
    n_bootstrap : int
        Resamplings of entities behind each standard error.
    n_rotations : int
        Rearrangements of the sources behind each p-value; tails beyond them are exponential.
    block_bytes : float
        Memory that the logits of one block of promising pairs may take. Each block has probes of its own.
    n_jobs : int
        Blocks that are worked on at once, in processes of their own or on a cluster, see `PosteriorPID`.
    resume : str, optional
        Folder that finished blocks are kept in; a run with the same data and parameters continues from there.
    device : str
        Where probes are trained, such as "cpu" or "cuda".
    random_state : int
        Seed of all that is drawn.

    Notes
    -----
    Of a linear effect `GaussianPID` knows more, in a hundredth of the time.

    References
    ----------
    Efron and Tibshirani, Annals of Statistics 1996 (densities that are bent). `PosteriorPID` for the rest.
    """

    continuous_target = True

    def __init__(
        self,
        *,
        target_history: int = 0,
        given: str | list[str] | None = None,
        folds: int = 5,
        epochs: int = 24,
        batch_size: int = 512,
        learning_rate: float = 1e-2,
        weight_decay: float = 0.15,
        patience: int = 4,
        n_cells: int = 24,
        tol_bits: float = 1e-4,
        n_bootstrap: int = 200,
        n_rotations: int = 99,
        block_bytes: float = 1e9,
        n_jobs: int = 1,
        resume: str | None = None,
        device: str = "cpu",
        random_state: int = 0,
    ):
        super().__init__(
            target_history=target_history,
            given=given,
            folds=folds,
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            patience=patience,
            n_cells=n_cells,
            tol_bits=tol_bits,
            n_bootstrap=n_bootstrap,
            n_rotations=n_rotations,
            block_bytes=block_bytes,
            n_jobs=n_jobs,
            resume=resume,
            device=device,
            random_state=random_state,
        )

    def _problem(self, windows: Windows, lags: np.ndarray) -> tuple[Problem, Folds, np.ndarray | None]:
        windows, past = past_values(windows, self.target_history)
        given = Given.of(windows, self.given, lags).beside(past)
        windows, within = given.windows, given.within_entities
        folds = Folds.of(windows, self.folds, self.random_state, within_entities=within)
        stratum = None
        if given.names or self.target_history:
            y = windows.y
            by_given = explained(given, y[:, None], folds.parts, self.random_state)
            stratum = strata_of_numbers(given, by_given / y.std(), self.random_state)
            target = np.full(len(windows.steps), np.nan)
            target[windows.last] = y - by_given[:, 0]
            windows = replace(windows, steps=replace(windows.steps, target=target))
        bins, binned = NumberBins.cut(windows)
        context = np.zeros(len(windows), dtype=np.int64) if stratum is None else stratum
        problem = Problem.of(binned, context, lags, within_entities=within, bins=bins, folder=self.resume)
        return problem, folds, stratum
