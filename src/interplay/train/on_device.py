"""On which device a network works: one that the machine has, and there and back again for predictions."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

import torch
from torch import nn
from torch.backends import cudnn

from interplay.errors import InvalidInput
from interplay.nn import Model
from interplay.readers import Mixture
from interplay.train.recipe import DevicesConfig


def device_of(accelerator: str) -> torch.device:
    """The one device that is meant by the name of an accelerator.

    Raises
    ------
    InvalidInput
        If this machine has none such.
    """
    # a second of import, which nobody needs who only reads a run
    from lightning_fabric import Fabric
    from lightning_fabric.plugins.environments import LightningEnvironment

    try:
        return Fabric(accelerator=accelerator, devices=1, plugins=[LightningEnvironment()]).device
    except (RuntimeError, ValueError, ImportError) as error:
        raise InvalidInput(
            f"an accelerator must be one that this machine has; {accelerator!r} is not ({error}) "
            "Choose 'auto' or 'cpu'."
        ) from error


def device_to_read_on(accelerator: str | None, trained: DevicesConfig) -> torch.device:
    """Where to predict: by default a GPU where there is one, unless the training was told to leave it alone."""
    by_default = "cpu" if trained.accelerator == "cpu" else "auto"
    return device_of(by_default if accelerator is None else accelerator)


@contextmanager
def on_device(model: Model, device: torch.device | None) -> Iterator[torch.device]:
    """A block in which a model is on a device, None leaves it where it is; readers stay on the processor.

    These count samples above thresholds in float64, which not all devices have, and another rounding would move.
    A GPU takes no short cuts in convolutions, whose ten bits of a number would show in the third digit.
    """
    before = next(chain(model.parameters(), model.buffers())).device
    if device is None or device == before:
        yield before
        return
    try:
        _move(model, device)
        with cudnn.flags(cudnn.enabled, deterministic=cudnn.deterministic, allow_tf32=False):
            yield device
    finally:
        _move(model, before)


def _move(part: nn.Module, device: torch.device) -> None:
    if isinstance(part, Mixture):
        return
    if not any(isinstance(within, Mixture) for within in part.modules()):
        part.to(device)
        return
    for child in part.children():
        _move(child, device)
    for name, value in part.named_buffers(recurse=False):
        setattr(part, name, value.to(device))
