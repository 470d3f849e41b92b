"""Weights in shares: of each, its gradient and what the optimiser remembers of it, every process holds a part (FSDP).

A block of the network has whole weights while it works, and no longer.
"""

from collections.abc import Mapping

import pytorch_lightning as pl
import torch
from pytorch_lightning.strategies import DDPStrategy
from torch import distributed, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor

from interplay.nn.model import Block

CAN_SHARD = hasattr(FSDPModule, "set_reduce_scatter_unused_params")
"""Whether this version of torch can."""


class ShardedStrategy(DDPStrategy):
    """Processes as those of Lightning's data parallel training, and each holds a share of the weights."""

    def configure_ddp(self) -> None:
        training = self.lightning_module
        assert training is not None
        network = training.model
        assert isinstance(network, nn.Module)
        # what has no rows cannot be shared
        for module, name, weight in _weights(network):
            if not weight.ndim:
                setattr(module, name, nn.Parameter(weight.detach().reshape(1)))
        mesh = init_device_mesh(self.root_device.type, (self.world_size,))
        for part in [*(part for part in network.modules() if isinstance(part, Block)), network]:
            shared = fully_shard(part, mesh=mesh)
            # experts to which one process sends no token may be those of another
            shared.set_reduce_scatter_unused_params(True)


class WholeAtTheEnd(pl.Callback):
    """Gives every process whole weights after the last step, and the same biases of the routing after each."""

    def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx) -> None:
        for value in module.model.buffers():
            distributed.broadcast(value, 0)

    def on_train_end(self, trainer, module) -> None:
        for part in module.model.modules():
            if isinstance(part, FSDPModule):
                # back to the class that it was before, which is the second parent of what `fully_shard` made it
                part.__class__ = type(part).__bases__[1]
        for part, name, weight in _weights(module.model):
            part._parameters[name] = nn.Parameter(_whole(weight))


def put_together(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Whole weights, where they lie in shares; every process must ask for them."""
    return {name: _whole(value) for name, value in weights.items()}


def _whole(value: torch.Tensor) -> torch.Tensor:
    return value.full_tensor() if isinstance(value, DTensor) else value


def _weights(network: nn.Module) -> list[tuple[nn.Module, str, nn.Parameter]]:
    """Every weight, whose it is and by what name."""
    return [
        (module, *weight) for module in network.modules() for weight in module.named_parameters(recurse=False)
    ]
