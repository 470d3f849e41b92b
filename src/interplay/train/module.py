"""Training of a model under Lightning: the loss of the target and the losses of every routing."""

import math
import time
from collections.abc import Mapping, Sequence

import pytorch_lightning as pl
import torch

from interplay.losses import (
    PairWeights,
    load_balance_loss,
    pair_weights,
    redundancy_loss,
    router_z_loss,
    synergy_loss,
    uniqueness_loss,
)
from interplay.nn import InteractionContext, Model, Output
from interplay.progress import Tell
from interplay.train.augment import add_noise, hide_modalities, shift_levels
from interplay.train.batches import Batch
from interplay.train.recipe import LossConfig, Recipe
from interplay.train.target_kinds import TargetKind
from interplay.train.trackers import Tracker


class LossTerms:
    """The terms of the training loss by name, before weighting; terms of weight 0 are left out."""

    def __init__(self, config: LossConfig, model: Model, target: TargetKind):
        self.config, self.target = config, target
        self.pairs = self._pairs(model.context)
        terms = {
            "uniqueness": lambda routing, pairs: uniqueness_loss(routing, pairs.uniqueness),
            "redundancy": lambda routing, pairs: redundancy_loss(routing, pairs.redundancy),
            "synergy": lambda routing, pairs: synergy_loss(routing, pairs.synergy),
            "load_balance": lambda routing, pairs: load_balance_loss(routing),
            "router_z": lambda routing, pairs: router_z_loss(routing),
        }
        if model.config.synergy_experts == 0:
            del terms["synergy"]
        if model.config.moe_every == 0:
            terms = {}
        self.weights = {name: getattr(config, name) for name in terms if getattr(config, name)}
        self.terms = {name: terms[name] for name in self.weights}

    def _pairs(self, context: InteractionContext) -> PairWeights:
        return pair_weights(
            context,
            redundancy=self.config.redundancy_from,
            uniqueness=self.config.uniqueness_from,
            synergy=self.config.synergy_from,
            hard=self.config.hard,
        )

    def __call__(
        self, output: Output, y: torch.Tensor, context: InteractionContext | None = None
    ) -> dict[str, torch.Tensor]:
        """The target's loss, and each routing loss averaged over layers, in nats."""
        pairs = self.pairs if context is None else self._pairs(context)
        logits = output.logits if output.step_logits is None else output.step_logits
        found = {self.target.loss_name: self.target.loss(logits, y)}
        for name, loss in self.terms.items():
            found[name] = torch.stack([loss(routing, pairs) for routing in output.routings]).mean()
        return found

    def total(self, found: Mapping[str, torch.Tensor]) -> torch.Tensor:
        weighted = [self.weights.get(name, 1.0) * value for name, value in found.items()]
        return torch.stack(weighted).sum()


class GuidedTraining(pl.LightningModule):
    """One training run.

    Parameters
    ----------
    model : Model
    target : TargetKind
    recipe : Recipe
    total_steps : int
        Optimiser steps of the whole run, which the one-cycle schedule spans.
    """

    def __init__(self, model: Model, target: TargetKind, recipe: Recipe, total_steps: int):
        super().__init__()
        self.model, self.recipe, self.total_steps = model, recipe, total_steps
        self.target, self.losses = target, LossTerms(recipe.losses, model, target)

    def training_step(self, batch: Batch, index: int) -> torch.Tensor:
        config = self.recipe.optimiser
        x, hidden = batch.x, config.modality_dropout
        if config.input_noise:
            x = add_noise(x, batch.observed, config.input_noise)
        if config.level_noise:
            x = shift_levels(x, config.level_noise)
        observed = hide_modalities(batch.observed, hidden) if hidden else batch.observed
        output = self.model(x, observed, batch.context, batch.static)
        terms = self.losses(output, batch.y, batch.context)
        total = self.losses.total(terms)
        # the last step of a window is labelled, whatever the others are
        last = batch.y if output.step_logits is None else batch.y[:, -1]
        told = {"loss": total.detach(), **terms, **self.target.fitted(output.logits, last)}
        self.log_dict(told, on_step=False, on_epoch=True, batch_size=len(batch.y))
        for layer, routing in zip(self.model.moe_layers, output.routings, strict=True):
            if layer.load_bias is not None:
                layer.load_bias.update(routing)
        return total

    def configure_optimizers(self):
        config = self.recipe.optimiser
        decayed = [p for p in self.model.parameters() if p.ndim >= 2]
        exempt = [p for p in self.model.parameters() if p.ndim < 2]
        groups = [{"params": decayed}, {"params": exempt, "weight_decay": 0.0}]
        optimiser = torch.optim.AdamW(groups, lr=config.learning_rate, weight_decay=config.weight_decay)
        cycle = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, config.learning_rate, total_steps=self.total_steps
        )
        return [optimiser], [{"scheduler": cycle, "interval": "step"}]


class EpochLog(pl.Callback):
    """Keeps the mean of every loss term per epoch, and tells the progress and the trackers."""

    def __init__(self, tell: Tell, total_steps: int, trackers: Sequence[Tracker], told: Mapping[str, object]):
        self.tell, self.total_steps, self.trackers, self.told = tell, total_steps, trackers, told
        self.epochs: list[dict[str, float]] = []

    def state_dict(self) -> dict[str, list[dict[str, float]]]:
        return {"epochs": self.epochs}

    def load_state_dict(self, state: dict[str, list[dict[str, float]]]) -> None:
        self.epochs = state["epochs"]

    def on_train_start(self, trainer, module) -> None:
        before = self.epochs[-1]["seconds"] if self.epochs else 0.0
        self.started = time.perf_counter() - before
        for tracker in self.trackers:
            tracker.start(self.told, self.epochs)

    def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx) -> None:
        self.tell(trainer.global_step / self.total_steps)

    def on_train_epoch_end(self, trainer, module) -> None:
        means = {name: float(value) for name, value in trainer.callback_metrics.items()}
        seconds = time.perf_counter() - self.started
        self.epochs.append({"epoch": trainer.current_epoch + 1, "seconds": round(seconds, 2), **means})
        for tracker in self.trackers:
            tracker.epoch(self.epochs[-1])

    def on_train_end(self, trainer, module) -> None:
        self._stop(finished=True)

    def on_exception(self, trainer, module, exception) -> None:
        self._stop(finished=False)

    def _stop(self, *, finished: bool) -> None:
        for tracker in self.trackers:
            tracker.stop(finished=finished)


def count_steps(n_windows: int, recipe: Recipe) -> int:
    """Optimiser steps of a run."""
    return recipe.optimiser.epochs * math.ceil(n_windows / recipe.optimiser.batch_size)
