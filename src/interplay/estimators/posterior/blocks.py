"""Blocks of pairs: bounded memory, several processes, and work that survives an interruption.

A block of pairs has probes of its own, so that nothing grows with the number of pairs but the number of
blocks. Letters: M modalities, P pairs of a block, L lags, N windows, C classes, G clusters, D rearrangements.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from hashlib import blake2b
from importlib.metadata import version

import numpy as np
import torch

from interplay.estimators.posterior.cells import CellDecoder
from interplay.estimators.posterior.crossfit import CrossFit, Folds, cross_fit
from interplay.estimators.posterior.fold_probe import Screened, Training
from interplay.estimators.posterior.nulls import single_nulls, synergy_null
from interplay.estimators.posterior.optimism import (
    Corrected,
    Learned,
    between_folds,
    unlearned_nats,
    unseen_nats,
)
from interplay.estimators.posterior.pair_head import PairHead
from interplay.estimators.posterior.problem import Problem
from interplay.estimators.posterior.scoring import PairScores, Scored
from interplay.estimators.posterior.screening import screen
from interplay.estimators.resampling import cluster_sums, tail_p_values
from interplay.probe.calibration import Calibration
from interplay.probe.fine_bins import FineBins
from interplay.probe.instance import InstanceProbe, PairBlock, PairReading
from interplay.probe.network import Probe, ProbeShape
from interplay.progress import Progress, silent

LAYOUT = 2
"""Of tensors that are kept: work that an earlier layout kept is not taken up."""

SCORING_BYTES = 256e6
"""Memory that scoring some pairs of a block may take at once."""

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class Block:
    """Pairs (P, 2) that are worked on together, and what of them gets a long training."""

    pairs: np.ndarray
    screened: Screened


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockResult:
    """What came of a block of P pairs.

    Attributes
    ----------
    sums : atom -> (P, L, G) scores summed over clusters, nats
    doubt : atom -> (P, L) what is doubtful beyond the draw of the windows, nats
    p_value : atom -> (P, L), but for the joint information
    gap_nats : (P, L) of the solver
    probe : Probe or None, of all modalities and pairs, that reads new windows
    reading : PairReading or None, how its logits are read
    """

    sums: Mapping[str, torch.Tensor]
    doubt: Mapping[str, torch.Tensor]
    p_value: Mapping[str, torch.Tensor]
    gap_nats: torch.Tensor
    probe: Probe | None = None
    reading: PairReading | None = None

    def tensors(self) -> Tensors:
        """What `from_tensors` takes."""
        named = {
            f"{kind}.{atom}": value
            for kind in ("sums", "doubt", "p_value")
            for atom, value in getattr(self, kind).items()
        }
        if self.probe is not None and self.reading is not None:
            named |= {f"probe.{name}": value for name, value in self.probe.state_dict().items()}
            named |= {f"reading.{name}": value for name, value in self.reading.tensors().items()}
        return named | {"gap_nats": self.gap_nats}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, torch.Tensor]) -> "BlockResult":
        """From tensors by name."""

        def under(kind: str) -> Tensors:
            return {n.removeprefix(f"{kind}."): v for n, v in tensors.items() if n.startswith(f"{kind}.")}

        reading, probe = under("reading"), under("probe")
        return cls(
            sums=under("sums"),
            doubt=under("doubt"),
            p_value=under("p_value"),
            gap_nats=tensors["gap_nats"],
            probe=Probe.from_state(probe, probe["pair2"].shape[-1]).eval() if probe else None,
            reading=PairReading.from_tensors(reading) if reading else None,
        )


def joined(results: list[BlockResult]) -> BlockResult:
    """One result of all pairs, in order."""

    def together(kind: str) -> Tensors:
        names = getattr(results[0], kind)
        return {name: torch.cat([getattr(each, kind)[name] for each in results]) for name in names}

    readings = [each.reading for each in results if each.reading is not None]
    return BlockResult(
        sums=together("sums"),
        doubt=together("doubt"),
        p_value=together("p_value"),
        gap_nats=torch.cat([each.gap_nats for each in results]),
        reading=PairReading.joined(readings) if readings else None,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockTask:
    """All that is needed to work on any block of pairs.

    Attributes
    ----------
    problem : Problem
    folds : Folds
    cluster : (N,) int64, what is resampled together
    effective : (M,) float64, effective windows of each modality
    rearranged : (D, N) int64, windows that sources are taken from where they shall tell nothing
    training, decoder : Training, CellDecoder
    random_state : int
    """

    problem: Problem
    folds: Folds
    cluster: np.ndarray
    effective: torch.Tensor
    rearranged: np.ndarray
    training: Training
    decoder: CellDecoder
    random_state: int

    def screen(self, pairs: np.ndarray, progress: Progress) -> Screened:
        """What is worth a long training."""
        return screen(self.problem, pairs, self.training, self.random_state, progress)

    def blocks(self, pairs: np.ndarray, screened: Screened, block_bytes: float) -> list[Block]:
        """Pairs (P, 2) in blocks whose logits, kept of screened pairs only, fit into memory.

        The first trains all screened modalities, the others those of their pairs.
        """
        n, n_c = self.problem.log_prior.shape
        each = 3 * 3 * 4 * len(self.problem.lags) * n * n_c
        number = (np.maximum(np.cumsum(screened.pairs), 1) - 1) // max(1, int(block_bytes / each))
        blocks = []
        for k in range(number.max(initial=0) + 1):
            members, worth = pairs[number == k], screened.pairs[number == k]
            met = np.isin(np.arange(len(screened.modalities)), members[worth])
            blocks.append(Block(members, Screened(met if k else screened.modalities, worth)))
        return blocks

    def key(self, pairs: np.ndarray) -> str:
        """Tells apart work on other data or pairs (P, 2), with other parameters or by other versions."""
        digest = blake2b(digest_size=8)
        w = self.problem.windows
        values = (*w.steps.values.values(), w.steps.target, w.last, w.entity)
        problem = self.problem
        curves = () if problem.bins is None else (problem.bins.curves.numpy(),)
        for array in (*values, pairs, problem.lags, problem.context, problem.log_prior.numpy(), *curves):
            digest.update(np.ascontiguousarray(array).data)
        settings = (
            asdict(self.training),
            asdict(self.decoder),
            len(self.rearranged),
            self.random_state,
            w.length,
            LAYOUT,
            {name: version(name) for name in ("interplay", "torch", "numpy", "scikit-learn")},
        )
        digest.update(repr(settings).encode())
        return digest.hexdigest()

    def without_samples(self) -> "BlockTask":
        """The same without the samples of its windows: blocks read features."""
        windows = self.problem.windows
        bare = replace(windows, steps=replace(windows.steps, values={}))
        return replace(self, problem=replace(self.problem, windows=bare))

    def cross_fit(self, block: Block, progress: Progress) -> CrossFit:
        """Logits of modalities and of screened pairs, by side."""
        problem, training, seed = self.problem, self.training, self.random_state
        return cross_fit(problem, block.pairs, block.screened, training, self.folds, seed, progress)

    def score(self, fit: CrossFit, screened: Screened) -> Scored:
        """Scores of the modalities, from the first block's probes."""
        trained, learned = torch.from_numpy(screened.modalities), Learned.of(self.folds)
        return Scored(self.problem, trained, fit.alone, fit.late_alone, learned, self.cluster, self.decoder)

    def single_nulls(self, scored: Scored) -> torch.Tensor:
        """(M, L, D) what chance gains from each modality."""
        return single_nulls(scored, self.rearranged)

    def run_new(self, scored: Scored, nulls: torch.Tensor, block: Block, progress: Progress) -> BlockResult:
        """Train and score a block."""
        return self.run(scored, nulls, block, self.cross_fit(block, progress))

    def run(self, scored: Scored, nulls: torch.Tensor, block: Block, fit: CrossFit) -> BlockResult:
        """Score a block."""
        worth = torch.from_numpy(block.screened.pairs)
        of_head = len(self.problem.lags) * self.problem.log_prior.numel()
        at_once = max(1, int(SCORING_BYTES / (64 * of_head)))
        results = []
        for k in range(0, len(block.pairs), at_once):
            some = slice(k, k + at_once)
            pairs = torch.from_numpy(block.pairs[some])
            before = int(worth[:k].sum())
            heads = slice(before, before + int(worth[some].sum()))
            scores = scored.pairs(pairs, fit.together[:, heads], fit.late_together[heads], worth[some])
            p_value = self._p_values(nulls, pairs, scores)
            p_value["synergy"] = self._p_synergy(scored, block, fit, scores, k)
            results.append(self._result(pairs, scores, p_value))
        whole = joined(results)
        return whole if whole.reading is None else replace(whole, probe=self._probe(fit, block))

    def _result(self, pairs: torch.Tensor, scores: PairScores, p_value: Tensors) -> BlockResult:
        effective = self.effective[pairs].amin(-1)
        return BlockResult(
            sums={name: cluster_sums(value.score, self.cluster) for name, value in scores.atoms.items()},
            doubt={name: self.doubt(value, effective) for name, value in scores.atoms.items()},
            p_value=p_value,
            gap_nats=scores.gap_nats,
            reading=scores.reading,
        )

    def doubt(self, scores: Corrected, effective: torch.Tensor) -> torch.Tensor:
        """What is doubtful beyond the draw of the windows, nats (H, L), of heads that read sources of so many effective
        windows (H,)."""
        between = between_folds(scores.score, self.folds.fold, self.cluster)
        freedom = self.problem.freedom
        unseen = unseen_nats(len(self.problem.windows), freedom)
        learned = scores.score.mean(-1).abs()
        unlearned = (unlearned_nats(effective, freedom)[:, None] - learned).clamp_min(0.0)
        return torch.sqrt(scores.doubt**2 + between**2 + unseen**2 + unlearned**2)

    def _p_values(self, nulls: torch.Tensor, pairs: torch.Tensor, scores: PairScores) -> Tensors:
        """Of what single sources tell: both must tell for redundancy, the one for its uniqueness."""
        gain = {name: value.score.sum(-1).float() for name, value in scores.atoms.items()}
        one, two = nulls[pairs[:, 0]], nulls[pairs[:, 1]]
        return {
            "redundancy": torch.maximum(*(tail_p_values(gain["redundancy"], null) for null in (one, two))),
            "unique_ij": tail_p_values(gain["unique_ij"], one),
            "unique_ji": tail_p_values(gain["unique_ji"], two),
        }

    def _p_synergy(
        self, scored: Scored, block: Block, fit: CrossFit, scores: PairScores, first: int
    ) -> torch.Tensor:
        """Of what only both tell: 1 where nothing is told, else the larger over which of the two is rearranged."""
        gain = scores.held_out_synergy.float() * len(scored.y)
        p = torch.ones(gain.shape, dtype=torch.float64)
        members = block.screened.renumbered(block.pairs)
        place = np.cumsum(block.screened.pairs) - 1
        parts = self.folds.parts
        for k, lag in torch.nonzero(gain > 0).tolist():
            if not block.screened.pairs[first + k]:
                continue
            number = int(place[first + k])
            head = PairHead(self.problem, fit, parts, members[number], block.screened, number, lag)
            pair = (int(block.pairs[first + k, 0]), int(block.pairs[first + k, 1]))
            calibration = _at(scores.calibration, k, lag)
            null = synergy_null(scored, head, calibration, pair, lag, self.rearranged)
            p[k, lag] = tail_p_values(gain[k, lag].expand(2), null).max()
        return p

    def _probe(self, fit: CrossFit, block: Block) -> Probe:
        """The probes of all folds at the epoch by which most was learned, of all pairs of the block."""
        if fit.epochs == 0:
            return self._silent_probe(block)
        weights = {name: value[: len(self.folds.parts)] for name, value in fit.weights[fit.epochs].items()}
        pairs = torch.from_numpy(block.screened.renumbered(block.pairs))
        probe = Probe.from_state(weights | {"pairs": pairs}, weights["pair2"].shape[-1])
        return probe.spread(block.pairs, block.screened.modalities, block.screened.pairs).eval()

    def _silent_probe(self, block: Block) -> Probe:
        """One that says nothing, as new ones do."""
        _, n_m, n_f = self.problem.features.shape
        shape = ProbeShape(
            modalities=n_m,
            features=n_f,
            lags=len(self.problem.lags),
            classes=self.problem.outputs,
            pairs=torch.from_numpy(block.pairs),
        )
        return Probe(shape, [torch.Generator()]).eval()

    def instance_probe(self, scored: Scored, results: list[BlockResult]) -> InstanceProbe | None:
        """What reads new windows, from all finished blocks; None where the past or more is given, or without pairs."""
        blocks = tuple(
            PairBlock(probe=result.probe, reading=result.reading)
            for result in results
            if result.probe is not None and result.reading is not None
        )
        if not blocks:
            return None
        w, bins = self.problem.windows, self.problem.bins
        centres, _ = scored.parts[0].full()
        return InstanceProbe(
            blocks=blocks,
            shapes=dict(w.schema.shapes),
            lags=self.problem.lags,
            step_s=w.step_s,
            features=self.problem.step_features,
            alone=scored.calibration,
            log_prior=scored.log_prior[0],
            centres=centres,
            bins=None if bins is None else FineBins(curves=bins.curves, group=bins.group),
        )


def run_block(common: tuple[BlockTask, Scored, torch.Tensor], block: Block) -> BlockResult:
    """Train and score a block, in whatever process; see `BlockTask.run_new`."""
    task, scored, nulls = common
    return task.run_new(scored, nulls, block, silent)


def _at(calibration: Calibration, k: int, lag: int) -> Calibration:
    """That of one head, of shape (1,)."""
    return replace(
        calibration, **{f.name: getattr(calibration, f.name)[k, lag][None] for f in fields(Calibration)}
    )
