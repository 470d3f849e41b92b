"""Training of a model under Lightning: its batches, the loss of the target and the losses of every routing."""

import math
import time
from collections.abc import Mapping, Sequence

import pytorch_lightning as pl
import torch
from pytorch_lightning.strategies import Strategy
from torch import nn
from torch.utils.data import DataLoader, RandomSampler

from interplay.losses import RoutingLoss
from interplay.nn import InteractionContext, Model, Output
from interplay.progress import Progress
from interplay.train.augment import add_noise, hide_modalities, shift_levels
from interplay.train.batches import Batch, ScaledWindows
from interplay.train.recipe import Recipe
from interplay.train.shared_batches import SharedBatches
from interplay.train.target_kinds import TargetKind
from interplay.train.trackers import Tracker


class LossTerms:
    """The terms of the training loss by name, before weighting; terms of weight 0 are left out."""

    def __init__(self, recipe: Recipe, model: Model, target: TargetKind):
        self.target, self.thresholds = target, recipe.pairs
        self.pairs = self.thresholds.weigh(model.context)
        losses = {name: chosen.build() for name, chosen in recipe.losses.items()} if model.moe_layers else {}
        self.losses: dict[str, RoutingLoss] = {
            name: loss
            for name, loss in losses.items()
            if loss.weight and (model.config.synergy_experts or not loss.needs_synergy_experts)
        }

    def __call__(
        self, output: Output, y: torch.Tensor, context: InteractionContext | None = None
    ) -> dict[str, torch.Tensor]:
        """The target's loss, and each routing loss averaged over layers, in nats."""
        pairs = self.pairs if context is None else self.thresholds.weigh(context)
        logits = output.logits if output.step_logits is None else output.step_logits
        terms = {self.target.loss_name: self.target.loss(logits, y)}
        for name, loss in self.losses.items():
            terms[name] = torch.stack([loss(routing, pairs) for routing in output.routings]).mean()
        return terms

    def total(self, terms: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Their weighted sum."""
        weights = {name: loss.weight for name, loss in self.losses.items()}
        return torch.stack([weights.get(name, 1.0) * value for name, value in terms.items()]).sum()


class EpochMeans:
    """Means of named values over the windows of an epoch, of all processes together.

    Lightning's own log takes 1.5 ms for each name and step, a third of a step of a small model.
    """

    def __init__(self) -> None:
        self.names: tuple[str, ...] = ()
        self.sums: torch.Tensor | None = None

    def add(self, values: Mapping[str, torch.Tensor], windows: int) -> None:
        """Count in what a batch of so many windows has as means."""
        self.names = tuple(values)
        ones = values[self.names[0]].new_ones(())
        sums = windows * torch.stack([*(value.detach() for value in values.values()), ones])
        self.sums = sums if self.sums is None else self.sums + sums

    def take(self, strategy: Strategy) -> dict[str, float]:
        """The means by name; the next epoch begins from nothing."""
        sums = strategy.reduce(self.sums, reduce_op="sum")
        self.sums = None
        return dict(zip(self.names, (sums[:-1] / sums[-1]).tolist(), strict=True))


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
        self.target, self.losses = target, LossTerms(recipe, model, target)
        self.means = EpochMeans()

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
        means = {"loss": total.detach(), **terms, **self.target.fitted(output.logits, last)}
        self.means.add(means, len(batch.y))
        for layer, routing in zip(self.model.moe_layers, output.routings, strict=True):
            if layer.load_bias is not None:
                layer.load_bias.update(routing)
        return total

    def configure_optimizers(self):
        config = self.recipe.optimiser
        # one pass over all numbers instead of fourteen; Lightning cannot clip gradients before one in mixed precision
        full = self.recipe.devices.precision.endswith("-true")
        optimiser = torch.optim.AdamW(
            parameter_groups(self.model),
            lr=config.learning_rate,
            weight_decay=config.weight_decay,
            fused=full and self.device.type == "cpu",
        )
        if config.schedule == "constant":
            return [optimiser]
        cycle = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, config.learning_rate, total_steps=self.total_steps
        )
        return [optimiser], [{"scheduler": cycle, "interval": "step"}]


UNDECAYED = ("bias", "bias_ih_l0", "bias_hh_l0", "gamma", "modality", "distance")
"""Names of parameters that are biases, weights of guidance, or embeddings of places, whatever their shape."""


def parameter_groups(model: nn.Module) -> list[dict[str, object]]:
    """Parameters that decay, and those that do not: biases, norms, embeddings of places and weights of guidance."""
    decayed, exempt = [], []
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            spared = name in UNDECAYED or isinstance(module, (nn.LayerNorm, nn.Embedding))
            (exempt if spared else decayed).append(parameter)
    return [{"params": decayed}, {"params": exempt, "weight_decay": 0.0}]


class TrainingBatches(pl.LightningDataModule):
    """Training windows in random order, anew in every epoch."""

    def __init__(self, windows: ScaledWindows, batch_size: int, seed: int):
        super().__init__()
        self.windows = windows
        self.batch_size = batch_size
        self.generator = torch.Generator().manual_seed(seed)

    def state_dict(self) -> dict[str, torch.Tensor]:
        return {"order": self.generator.get_state()}

    def load_state_dict(self, state: dict[str, torch.Tensor]) -> None:
        self.generator.set_state(state["order"])

    def train_dataloader(self) -> DataLoader:
        order = RandomSampler(self.windows, generator=self.generator)
        rank, world = (0, 1) if self.trainer is None else (self.trainer.global_rank, self.trainer.world_size)
        batches = SharedBatches(order, self.batch_size, rank, world)
        return DataLoader(self.windows, batch_size=None, sampler=batches)


class EpochLog(pl.Callback):
    """Keeps the mean of every loss term per epoch, and tells the progress and the trackers.

    With it goes the loss on windows that were held out, `held_out` by epoch, where they were looked at.
    """

    def __init__(
        self,
        progress: Progress,
        total_steps: int,
        trackers: Sequence[Tracker],
        settings: Mapping[str, object],
        held_out: Mapping[int, float] | None = None,
    ):
        self.progress, self.total_steps, self.trackers, self.settings = (
            progress,
            total_steps,
            trackers,
            settings,
        )
        self.held_out = {} if held_out is None else held_out
        self.epochs: list[dict[str, float]] = []

    def state_dict(self) -> dict[str, list[dict[str, float]]]:
        return {"epochs": self.epochs}

    def load_state_dict(self, state: dict[str, list[dict[str, float]]]) -> None:
        self.epochs = state["epochs"]

    def on_train_start(self, trainer, module) -> None:
        before = self.epochs[-1]["seconds"] if self.epochs else 0.0
        self.started = time.perf_counter() - before
        # of several processes one tells
        self.trackers = self.trackers if trainer.is_global_zero else []
        for tracker in self.trackers:
            tracker.start(self.settings, self.epochs)

    def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx) -> None:
        self.progress(trainer.global_step / self.total_steps)

    def on_train_epoch_end(self, trainer, module) -> None:
        means = module.means.take(trainer.strategy)
        seconds = time.perf_counter() - self.started
        epoch = trainer.current_epoch + 1
        if epoch in self.held_out:
            means["held_out_loss"] = self.held_out[epoch]
        self.epochs.append({"epoch": epoch, "seconds": round(seconds, 2), **means})
        for tracker in self.trackers:
            tracker.epoch(self.epochs[-1])

    def on_train_end(self, trainer, module) -> None:
        self._stop(finished=True)

    def on_exception(self, trainer, module, exception) -> None:
        self._stop(finished=False)

    def _stop(self, *, finished: bool) -> None:
        for tracker in self.trackers:
            tracker.stop(finished=finished)


def count_epochs(n_windows: int, recipe: Recipe) -> int:
    """Epochs of a run: those of the recipe, or more where they would be too few steps."""
    per_epoch = math.ceil(n_windows / recipe.optimiser.batch_size)
    return max(recipe.optimiser.epochs, math.ceil(recipe.optimiser.least_steps / per_epoch))


def count_steps(n_windows: int, epochs: int, recipe: Recipe) -> int:
    """Optimiser steps of so many epochs."""
    return epochs * math.ceil(n_windows / recipe.optimiser.batch_size)
