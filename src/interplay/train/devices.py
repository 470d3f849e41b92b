"""On what a network works: one device, or in training several of one or more machines in a process each.

Lightning chooses devices, and brings processes up and their gradients together. Every one of them reads its share of
each batch, so that steps, schedule and gradients are those of one process with whole batches.
"""

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytorch_lightning as pl
import torch
from lightning_fabric.plugins.environments import LightningEnvironment
from pytorch_lightning.strategies import DDPStrategy

from interplay.errors import InvalidInput
from interplay.train.checkpoint import PlainStates
from interplay.train.on_device import device_of
from interplay.train.recipe import DevicesConfig
from interplay.train.sharded import CAN_SHARD, ShardedStrategy, WholeAtTheEnd


def trainer_options(config: DevicesConfig) -> dict[str, Any]:
    """What to make a `Trainer` with."""
    chosen = {
        "accelerator": config.accelerator,
        "devices": config.count,
        "num_nodes": config.num_nodes,
        "precision": config.precision,
        # what was asked for counts, whatever a scheduler has laid into the environment
        "plugins": [PlainStates(), LightningEnvironment()],
    }
    if config.processes == 1:
        return chosen
    # forked processes share the windows instead of copying them
    if config.sharded:
        strategy = ShardedStrategy(start_method="fork")
    else:
        # a network may have parts that a batch does not use, as experts that no token was sent to
        strategy = DDPStrategy(start_method="fork", find_unused_parameters=True)
    return chosen | {"strategy": strategy, "use_distributed_sampler": False}


def check_devices(config: DevicesConfig) -> None:
    """Refuse devices that this machine or a forked process does not have, and shares that its torch cannot make."""
    device_of(config.accelerator)
    if config.processes > 1 and torch.cuda.is_initialized():
        raise InvalidInput(
            "training in several processes must begin before its Python process uses a GPU, which forked processes "
            "cannot take up; this one has used it. Start Python anew and train first, or use interplay train."
        )
    if config.sharded and not CAN_SHARD:
        raise InvalidInput(
            f"devices.strategy 'fsdp' must have a later torch than {torch.__version__}, which cannot wait for experts "
            "that one process alone uses. Install torch 2.13 or later, or leave the strategy 'ddp'."
        )


def machine_of(config: DevicesConfig) -> int:
    """Which of the machines that train together this one is, from 0 on, as the environment says; 0 alone writes."""
    if config.num_nodes == 1:
        return 0
    missing = [name for name in ("MASTER_ADDR", "MASTER_PORT", "NODE_RANK") if name not in os.environ]
    if missing:
        raise InvalidInput(
            f"training on {config.num_nodes} machines must find {missing[0]} in the environment. Set MASTER_ADDR and "
            "MASTER_PORT to the address of the first machine and a free port of it, and NODE_RANK to the number of "
            "this one, from 0 on."
        )
    rank = os.environ["NODE_RANK"]
    if rank not in map(str, range(config.num_nodes)):
        raise InvalidInput(
            f"NODE_RANK must be the number of this machine, 0 to {config.num_nodes - 1}; got {rank!r}."
        )
    return int(rank)


def random_numbers_apart(config: DevicesConfig) -> AbstractContextManager[None]:
    """A block of training that leaves random numbers outside as they were.

    It does not look at a GPU before processes are forked, to whom that GPU would then be lost.
    """
    device = device_of(config.accelerator)
    used = [device] if device.type == "cuda" and config.processes == 1 else []
    return torch.random.fork_rng(devices=used, device_type="cuda")


def own_callbacks(config: DevicesConfig) -> list[pl.Callback]:
    """What every process of several does for itself."""
    if config.processes == 1:
        return []
    return [OwnProcess(), WholeAtTheEnd()] if config.sharded else [OwnProcess()]


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
    """Brings what other callbacks know from the first process of a machine to the one that began it.

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
        # weights in shares are put together by all
        states = [callback.state_dict() for callback in self.callbacks]
        if trainer.local_rank == 0:
            PlainStates().save_checkpoint({"states": states}, self.path)

    def take_over(self) -> None:
        """Lay what was handed over into the callbacks of this process."""
        states = PlainStates().load_checkpoint(self.path)["states"]
        for callback, state in zip(self.callbacks, states, strict=True):
            callback.load_state_dict(state)
        self.folder.cleanup()
