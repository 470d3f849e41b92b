"""On what the network is trained: one device, or several of one machine in a process each.

Lightning brings the processes up and the gradients together. Every one of them reads its share of each batch, so that
steps, schedule and gradients are those of one process with whole batches.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.strategies import DDPStrategy

from interplay.train.checkpoint import PlainStates
from interplay.train.recipe import DevicesConfig


def trainer_options(config: DevicesConfig) -> dict[str, Any]:
    """What to make a `Trainer` with."""
    chosen = {"accelerator": config.accelerator, "devices": config.count, "precision": config.precision}
    if config.count == 1:
        return chosen
    # forked processes share the windows instead of copying them; and a network may have parts that a batch does not
    # use, as experts that no token was sent to
    strategy = DDPStrategy(start_method="fork", find_unused_parameters=True)
    return chosen | {"strategy": strategy, "use_distributed_sampler": False}


class OwnProcess(pl.Callback):
    """What each of several processes has for itself: its noise, as all were seeded alike, and one thread.

    Threads that the process before the fork had begun are not there after it, and to wait for them would last for ever.
    """

    def setup(self, trainer: pl.Trainer, module: pl.LightningModule, stage: str) -> None:
        torch.set_num_threads(1)

    def on_train_start(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        if trainer.global_rank:
            torch.manual_seed(torch.initial_seed() + trainer.global_rank)


class HandOver(pl.Callback):
    """Brings what other callbacks know from the first of several processes to the one that began them.

    Parameters
    ----------
    callbacks : sequence of Callback
        With ``state_dict`` and ``load_state_dict``.
    """

    def __init__(self, callbacks: Sequence[pl.Callback]):
        self.callbacks = callbacks
        self.folder = TemporaryDirectory(prefix="interplay-")
        self.path = Path(self.folder.name) / "state"

    def on_train_end(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        if trainer.is_global_zero:
            states = [callback.state_dict() for callback in self.callbacks]
            PlainStates().save_checkpoint({"states": states}, self.path)

    def take_over(self) -> None:
        """Lay what was handed over into the callbacks of this process."""
        states = PlainStates().load_checkpoint(self.path)["states"]
        for callback, state in zip(self.callbacks, states, strict=True):
            callback.load_state_dict(state)
        self.folder.cleanup()
