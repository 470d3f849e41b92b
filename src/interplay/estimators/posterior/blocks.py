"""Blocks of pairs: bounded memory, several processes, and work that survives an interruption.

A block of pairs has probes of its own, so that nothing grows with the number of pairs but the number of
blocks. Letters: M modalities, P pairs of a block, L lags, N windows, C classes.
"""

from dataclasses import asdict, dataclass
from hashlib import blake2b

import numpy as np
import torch

from interplay.data import Windows
from interplay.estimators.posterior.crossfit import HELD_OUT, cross_fitted_logits, final_probe
from interplay.estimators.posterior.fold_probe import Promising, Training
from interplay.estimators.posterior.scoring import CellDecoder, PairScores, Scored
from interplay.estimators.posterior.screening import screen
from interplay.estimators.resampling import cluster_sums
from interplay.probe.features import StepFeatures
from interplay.probe.instance import InstanceProbe, PairBlock
from interplay.progress import Progress, silent

Tensors = dict[str, torch.Tensor]

FORMAT = 2
"""Of stored blocks; what was stored in another is not taken up."""

SCORING_BYTES = 256e6
"""Memory that scoring some pairs of a block may take at once."""


@dataclass(frozen=True, slots=True)
class Block:
    """Pairs (P, 2) that are worked on together, and what of them gets a long training."""

    pairs: np.ndarray
    promising: Promising


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockTask:
    """All that is needed to work on any block of pairs."""

    windows: Windows
    context: np.ndarray
    lags: np.ndarray
    cluster: np.ndarray
    training: Training
    decoder: CellDecoder
    n_rotations: int
    random_state: int

    def screen(self, pairs: np.ndarray, progress: Progress) -> Tensors:
        """What is worth a long training."""
        found = screen(
            self.windows, self.context, self.lags, pairs, self.training, self.random_state, progress
        )
        return {"modalities": torch.from_numpy(found.modalities), "pairs": torch.from_numpy(found.pairs)}

    def blocks(self, pairs: np.ndarray, screened: Tensors, block_bytes: float) -> list["Block"]:
        """Pairs (P, 2) in blocks whose logits, kept of promising pairs only, fit into memory.

        The first trains all promising modalities, the others those of their pairs.
        """
        modalities, promising = screened["modalities"].numpy(), screened["pairs"].numpy()
        each = 3 * 2 * 4 * len(self.lags) * len(self.windows) * len(self.windows.classes)
        number = (np.maximum(np.cumsum(promising), 1) - 1) // max(1, int(block_bytes / each))
        blocks = []
        for k in range(number.max(initial=0) + 1):
            mine, theirs = pairs[number == k], promising[number == k]
            met = np.isin(np.arange(len(modalities)), mine[theirs])
            blocks.append(Block(mine, Promising(met if k else modalities, theirs)))
        return blocks

    def key(self) -> str:
        """Tells apart blocks of other data or other parameters."""
        digest = blake2b(digest_size=8)
        w = self.windows
        for array in (*w.steps.values.values(), w.steps.target, w.last, w.entity, self.lags, self.context):
            digest.update(np.ascontiguousarray(array).data)
        settings = (
            asdict(self.training),
            asdict(self.decoder),
            self.n_rotations,
            self.random_state,
            w.length,
            FORMAT,
        )
        digest.update(repr(settings).encode())
        return digest.hexdigest()

    def logits(self, block: "Block", progress: Progress) -> Tensors:
        """Logits of modalities and of promising pairs, held out and seen."""
        both = cross_fitted_logits(
            self.windows,
            self.context,
            self.lags,
            block.pairs,
            block.promising,
            self.training,
            self.random_state,
            progress,
        )
        return {
            "alone": both.alone,
            "together": both.together,
            "trained": both.trained,
            "epochs": torch.tensor(both.epochs),
        }

    def score(self, alone: torch.Tensor, trained: torch.Tensor) -> Scored:
        """Scores of the modalities, from the first block's probes."""
        return Scored(self.windows, self.context, alone, trained, self.decoder)

    def run_new(self, scored: Scored, block: "Block", progress: Progress) -> Tensors:
        """Train and score a block."""
        return self.run(scored, block, self.logits(block, progress), silent)

    def run(self, scored: Scored, block: "Block", logits: Tensors, progress: Progress) -> Tensors:
        """Score a block and train the probe that is kept for new windows."""
        together, promising = logits["together"], block.promising.pairs
        place = np.cumsum(promising) - 1
        rng = np.random.default_rng([self.random_state, *block.pairs.ravel()[:2]])
        one = logits["alone"][:, :1]
        at_once = max(1, int(SCORING_BYTES / (64 * one.numel())))
        parts = []
        for k in range(0, len(block.pairs), at_once):
            some = slice(k, k + at_once)
            told = one.new_zeros(2, len(block.pairs[some]), *one.shape[2:])
            told[:, promising[some]] = together[:, place[some][promising[some]]]
            parts.append(self._scored(scored, torch.from_numpy(block.pairs[some]), told, rng))
        done = {name: torch.cat([part[name] for part in parts]) for name in parts[0]} if parts else {}
        if len(scored.parts) == 1:
            probe = final_probe(
                self.windows,
                StepFeatures.fit(self.windows),
                self.lags,
                block.pairs,
                block.promising,
                self.training,
                self.random_state,
                int(logits["epochs"]),
            )
            done |= {f"probe.{name}": value for name, value in probe.state_dict().items()}
        progress(1.0)
        return done

    def _scored(self, scored: Scored, pairs: torch.Tensor, together: torch.Tensor, rng) -> Tensors:
        found = scored.pairs(pairs, together)
        done = {}
        for name, value in found.atoms.items():
            done[f"sums.{name}"] = cluster_sums(value.score, self.cluster)
            done[f"move_std.{name}"] = value.move_std
        i, j = pairs.unbind(1)
        evidence = scored.alone[i] + scored.alone[j] + together[HELD_OUT]
        done["gap_nats"] = found.gap_nats
        done["p_value"] = torch.from_numpy(scored.p_values(evidence, self.n_rotations, rng))
        return done | (_reading(found) if len(scored.parts) == 1 else {})

    def instance_probe(self, scored: Scored, done: list[Tensors]) -> InstanceProbe:
        """What reads new windows, from all finished blocks of a run without target history."""
        w, cells = self.windows, scored.parts[0]
        return InstanceProbe(
            blocks=tuple(PairBlock.from_tensors(part) for part in done),
            shapes=dict(w.schema.shapes),
            lags=self.lags,
            step_s=w.step_s,
            features=StepFeatures.fit(w),
            alone=scored.calibration,
            log_prior=scored.log_prior[0],
            centres=cells.centres,
            cell_log_posterior=cells.log_posterior,
        )


N_BELIEFS = 4
"""Predictors that can be asked about new windows: the pair's head, each source alone, the coupling."""


def _reading(found: PairScores) -> Tensors:
    coupling = found.couplings[0]
    shape = found.gap_nats.shape
    kept = {f"together.{name}": value for name, value in found.calibration.tensors().items()}
    # counts are about training windows; what reads new ones shares their weight
    predictors = found.mixture[..., :N_BELIEFS] + 1e-6
    kept["mixture"] = (predictors / predictors.sum(-1, keepdim=True)).float()
    for name in ("alpha", "beta"):
        kept[name] = getattr(coupling, name).unflatten(0, shape).clamp_min(-50.0).float()
    return kept
