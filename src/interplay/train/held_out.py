"""When a training has gone on for long enough: averaged weights, judged by windows of entities that were held out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytorch_lightning as pl
import torch

from interplay.nn import Model
from interplay.readers.scoring import loss_of_windows
from interplay.train.batches import ScaledWindows
from interplay.train.logits import logits_of
from interplay.train.sharded import put_together

LOOKS = 40
"""Held-out windows are looked at about so often in a training."""

PATIENCE = 0.25
"""A training whose best look is this share of it ago is not gone on with."""

PATIENT_FROM = 0.5
"""Nor ended before this share of it: steps grow over its first three tenths, and weights are averaged over a tenth."""

ASKED_FROM = 0.25
"""From this share of a training on it is asked whether going on can be worth it."""

AVERAGED = 0.1
"""Weights are averaged over about this share of all steps."""


class AveragedWeights(pl.Callback):
    """Moving averages of all weights, over a share of the training; at first over as much as there is.

    Parameters
    ----------
    total_steps : int
        Of the whole training.
    """

    def __init__(self, total_steps: int):
        self.memory = max(1.0, AVERAGED * total_steps)
        self.weights: dict[str, torch.Tensor] = {}
        self.steps = 0

    def state_dict(self) -> dict[str, object]:
        return {"weights": put_together(self.weights), "steps": self.steps}

    def load_state_dict(self, state: Mapping) -> None:
        self.weights, self.steps = dict(state["weights"]), state["steps"]

    def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx) -> None:
        self.steps += 1
        share = 1.0 / min(self.memory, self.steps)
        for name, value in module.model.state_dict().items():
            before = self.weights.get(name)
            if before is None or not value.is_floating_point():
                self.weights[name] = value.detach().clone()
            else:
                # what was kept of an interrupted training comes back on the processor
                self.weights[name] = before.to(value.device).lerp_(value.detach(), share)


@dataclass(slots=True)
class Best:
    """The best look so far.

    Attributes
    ----------
    epoch : int, counted from 1
    loss : float, nats, or squared error of a number
    weights : of the model, averaged
    """

    epoch: int = 0
    loss: float = float("inf")
    weights: dict[str, torch.Tensor] = field(default_factory=dict)


class HeldOut(AveragedWeights):
    """Judges averaged weights by held-out windows every few epochs, and keeps the best.

    Parameters
    ----------
    windows : ScaledWindows, held out
    model : Model
        To lay weights into; not the one in training.
    epochs, total_steps : int
    worth : callable, optional
        Says of logits (n, C) of the held-out windows and their targets whether going on can be worth it.

    Attributes
    ----------
    best : Best
    curve : loss by epoch, of every look
    """

    def __init__(
        self,
        windows: ScaledWindows,
        model: Model,
        epochs: int,
        total_steps: int,
        worth: Callable[[torch.Tensor, torch.Tensor], bool] | None = None,
    ):
        super().__init__(total_steps)
        self.windows, self.model, self.epochs, self.worth = windows, model, epochs, worth
        self.every = max(1, epochs // LOOKS)
        self.best = Best()
        self.curve: dict[int, float] = {}

    def state_dict(self) -> dict[str, object]:
        best = self.best
        look = {"epoch": best.epoch, "loss": best.loss, "weights": put_together(best.weights)}
        return {**super().state_dict(), "best": look, "curve": self.curve}

    def load_state_dict(self, state: Mapping) -> None:
        super().load_state_dict(state)
        self.best = Best(**state["best"])
        self.curve.update(state["curve"])

    def on_train_epoch_end(self, trainer, module) -> None:
        done = self._enough(trainer.current_epoch + 1)
        # a machine that rounds otherwise must not go on alone
        trainer.should_stop = trainer.strategy.reduce_boolean_decision(done or trainer.should_stop, all=False)

    def _enough(self, epoch: int) -> bool:
        """Look at held-out windows, if it is time to; whether the training has gone on for long enough."""
        patience = max(PATIENCE * self.epochs, 2 * self.every)
        late = epoch > max(self.best.epoch + patience, PATIENT_FROM * self.epochs)
        if self.best.epoch and late:
            return True
        if epoch % self.every and epoch != self.epochs:
            return False
        self.model.load_state_dict(put_together(self.weights))
        logits, y = logits_of(self.model, self.windows)
        loss = float(loss_of_windows(logits, y, self.windows.windows.kind).mean())
        self.curve[epoch] = loss
        if not self.best.epoch or loss < self.best.loss:
            self.best.epoch, self.best.loss = epoch, loss
            self.best.weights = {name: value.clone() for name, value in self.weights.items()}
        if self.worth is None or epoch < ASKED_FROM * self.epochs:
            return False
        return not self.worth(logits, y)
