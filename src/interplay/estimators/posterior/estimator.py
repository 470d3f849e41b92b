"""PosteriorPID: all pairs and all lags from cross-fitted probes.

Every part of the decomposition is the held-out score of a predictor of the target, relative to the prior:

* I1, I2: the calibrated posterior of one modality; I12: a mixture of predictors that see both;
* I_Q: the predictor exp(alpha(c1, y) + beta(c2, y)) from the dual potentials of the exact solver, run on
  tables of quantised posteriors. Its expected score is I_Q for every joint table with those marginals, by
  duality, so it can be scored on the data although the data do not follow Q.

All are therefore lower bounds of what they estimate, come with pointwise values, and obey the sum rules
exactly. Redundancy and uniqueness depend on a source through its posterior only, which is why quantised
posteriors suffice; what quantising loses is reported. With a target history every prior, table and coupling is
that of the window's context, the target's own last labels, and the values are averages over contexts.
"""

from collections.abc import Iterator

import numpy as np
import torch
import xarray as xr

from interplay.data import Windows
from interplay.estimators.base import BaseRUS
from interplay.estimators.collect import ProfileBuilder
from interplay.estimators.given import Given
from interplay.estimators.posterior.blocks import Block, BlockResult, BlockTask, run_block
from interplay.estimators.posterior.cells import CellDecoder
from interplay.estimators.posterior.crossfit import HELD_OUT, CrossFit, Folds
from interplay.estimators.posterior.fold_probe import Screened, Training
from interplay.estimators.posterior.problem import Problem
from interplay.estimators.posterior.scoring import Scored
from interplay.estimators.posterior.store import BlockStore, work_folder
from interplay.estimators.resampling import effective_windows, rearrangements, tail_p_values
from interplay.estimators.shipping import results_elsewhere, works_here
from interplay.estimators.strata import Known
from interplay.estimators.target_history import past_labels
from interplay.progress import Progress, silent
from interplay.units import bits

SCREENING = 0.2
"""About the share of the work that screening pairs is, for the progress."""


class PosteriorPID(BaseRUS):
    """Interactions about a categorical target from calibrated, cross-fitted posteriors.

    Parameters
    ----------
    target_history : int
        h, how many of the target's own last labels are conditioned on; atoms are averaged over pasts.
    given : str or list of str, optional
        Confounders that are conditioned on, see `interplay.estimators.given`.
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
        Blocks that are worked on at once, in processes of their own (joblib). Under ``joblib.parallel_config("dask")``
        the workers of the cluster share all blocks but the first.
    resume : str, optional
        Folder that finished blocks are kept in; a run with the same data and parameters continues from there.
    device : str
        Where probes are trained, such as "cpu" or "cuda".
    random_state : int
        Seed of all that is drawn.

    Attributes
    ----------
    probe_ : InstanceProbe or None
        Reads new windows without labels; None with a target history, or where something is given.

    References
    ----------
    BROJA: Bertschinger et al., Entropy 2014. Cross-fitting: Chernozhukov et al., Econometrics J. 2018.
    """

    def __init__(
        self,
        *,
        target_history: int = 0,
        given: str | list[str] | None = None,
        folds: int = 5,
        epochs: int = 12,
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
        self.target_history = target_history
        self.given = given
        self.folds = folds
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.patience = patience
        self.n_cells = n_cells
        self.tol_bits = tol_bits
        self.n_bootstrap = n_bootstrap
        self.n_rotations = n_rotations
        self.block_bytes = block_bytes
        self.n_jobs = n_jobs
        self.resume = resume
        self.device = device
        self.random_state = random_state

    def estimate(self, windows: Windows, lags: np.ndarray, progress: Progress = silent) -> xr.Dataset:
        """See `BaseRUS.estimate`."""
        work_folder(self.resume)
        training, decoder = self._training(), CellDecoder(self.n_cells, self.tol_bits, self.random_state)
        problem, folds, stratum = self._problem(windows, lags)
        windows = problem.windows
        rng = np.random.default_rng(self.random_state)
        builder = ProfileBuilder(windows, lags, n_bootstrap=self.n_bootstrap, rng=rng, pairs=self.pairs)
        task = BlockTask(
            problem=problem,
            folds=folds,
            cluster=builder.cluster,
            effective=_effective(problem, builder.cluster),
            rearranged=rearrangements(windows, windows.length, self.n_rotations, rng, stratum),
            training=training,
            decoder=decoder,
            random_state=self.random_state,
        )
        store = BlockStore(self.resume, task.key(builder.pairs) if self.resume else "")
        screened = store.once(
            "screened", Screened, lambda: task.screen(builder.pairs, lambda done: progress(SCREENING * done))
        )
        blocks = task.blocks(builder.pairs, screened, self.block_bytes)
        shares = _Shares(lambda done: progress(SCREENING + (1 - SCREENING) * done), len(blocks))
        first = store.once("first", CrossFit, lambda: task.cross_fit(blocks[0], shares.of(0)))
        scored = task.score(first, screened)
        nulls = task.single_nulls(scored)
        p_alone = self._add_modalities(builder, task, scored, nulls)
        results = []
        for result in self._results(task, scored, nulls, blocks, first, store, shares):
            pairs = blocks[len(results)].pairs
            # a pair tells something if either source does, or both together
            p_any = torch.stack([p_alone[pairs[:, 0]], p_alone[pairs[:, 1]], result.p_value["synergy"]]).amin(
                0
            )
            builder.add_pair_sums(
                result.sums,
                gap_nats=result.gap_nats,
                doubts=result.doubt,
                p_values=result.p_value,
                p_value=(3.0 * p_any).clamp_max(1.0),
            )
            results.append(result)
        self.probe_ = task.instance_probe(scored, results)
        return builder.dataset()

    def _problem(self, windows: Windows, lags: np.ndarray) -> tuple[Problem, Folds, np.ndarray | None]:
        """What is learned, in which folds, and the strata (N,) within which chance is asked."""
        windows, past = past_labels(windows, self.target_history)
        given = Given.of(windows, self.given, lags)
        windows, within = given.windows, given.within_entities
        folds = Folds.of(windows, self.folds, self.random_state, within_entities=within)
        known = Known.of(given, past, folds.parts, len(windows.classes), self.random_state)
        problem = Problem.of(
            windows, known.context, lags, known.log_prior, within_entities=within, folder=self.resume
        )
        return problem, folds, known.stratum

    def _add_modalities(
        self, builder: ProfileBuilder, task: BlockTask, scored: Scored, nulls: torch.Tensor
    ) -> torch.Tensor:
        """What modalities tell alone; their p-values (M, L)."""
        alone, lost = scored.alone_score, scored.alone_score - scored.cell_score
        p_value = tail_p_values(scored.of_alone[HELD_OUT].sum(-1), nulls)
        builder.add_modality(alone.score, doubt=task.doubt(alone, task.effective), p_value=p_value)
        builder.keep("quantisation_loss", bits(lost.score.double().mean(-1)))
        return p_value

    def _results(
        self,
        task: BlockTask,
        scored: Scored,
        nulls: torch.Tensor,
        blocks: list[Block],
        first: CrossFit,
        store: BlockStore,
        shares: "_Shares",
    ) -> Iterator[BlockResult]:
        """Results of all blocks in order; each is kept as soon as it is there."""
        if len(blocks[0].pairs) == 0:
            return
        yield store.once("block-0", BlockResult, lambda: task.run(scored, nulls, blocks[0], first))
        earlier = {k: store.earlier(f"block-{k}", BlockResult) for k in range(1, len(blocks))}
        results = {k: result for k, result in earlier.items() if result is not None}
        missing = {k: blocks[k] for k, result in earlier.items() if result is None}
        if works_here(self.n_jobs):
            new = ((k, task.run_new(scored, nulls, block, shares.of(k))) for k, block in missing.items())
        else:
            new = results_elsewhere(run_block, (task.without_samples(), scored, nulls), missing, self.n_jobs)
        for k in range(1, len(blocks)):
            while k not in results:
                number, result = next(new)
                results[number] = store.keep(f"block-{number}", result)
            shares.of(k)(1.0)
            yield results.pop(k)

    def _training(self) -> Training:
        return Training(
            folds=self.folds,
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            patience=self.patience,
            device=self.device,
        )


def _effective(problem: Problem, cluster: np.ndarray) -> torch.Tensor:
    """Effective windows (M,) of each modality, by the mean design effect of its features."""
    shown = [
        problem.features.at(problem.newest, np.array([m]))[:, 0] for m in range(problem.features.shape[1])
    ]
    each = [effective_windows(values.T, cluster) for values in shown]
    return torch.stack([1.0 / (1.0 / effective).mean() for effective in each])


class _Shares:
    """Progress of several blocks of equal work, told as one."""

    def __init__(self, progress: Progress, n_blocks: int):
        self.progress, self.n_blocks = progress, n_blocks

    def of(self, block: int) -> Progress:
        return lambda done: self.progress((block + done) / self.n_blocks)
