"""Where a training stands, kept after every epoch, so that one that was interrupted goes on where it stopped.

Lightning keeps and restores loops, optimiser, schedule and weights. What it would write with `torch.save`, a pickle,
goes into one safetensors file instead: tensors as they are, all else as JSON in the file's header. Reading it runs no
code of the file, and a damaged one is recognised.
"""

import json
from collections.abc import Mapping
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytorch_lightning as pl
import torch
from lightning_fabric.plugins import CheckpointIO
from pytorch_lightning.callbacks import Checkpoint

from interplay.data import Windows
from interplay.errors import DamagedFile
from interplay.files.state import read_state, write_state
from interplay.nn import Model
from interplay.train.module import TrainingBatches
from interplay.train.recipe import Recipe


class Unfinished:
    """What is kept of a training in the folder of unfinished work on its run.

    Parameters
    ----------
    folder : Path
    key : str
        Of the data, settings and libraries; a training of another key is not taken up.
    """

    def __init__(self, folder: Path, key: str):
        self.state = folder / f"{key}.safetensors"
        self.log = folder / "log.jsonl"

    def begun(self) -> Path | None:
        """The state to go on from; none where nothing whole was kept."""
        return None if read_state(self.state) is None else self.state


def training_key(model: Model, recipe: Recipe, batches: TrainingBatches) -> str:
    """Tells apart trainings from other weights (and with them seeds and profiles), data, settings or libraries."""
    digest = blake2b(digest_size=8)
    windows, contexts = batches.windows.windows, batches.windows.contexts
    arrays = [value.detach().cpu().numpy() for value in model.state_dict().values()]
    arrays += arrays_of(windows)
    arrays += [batches.generator.get_state().numpy()]
    if contexts is not None:
        arrays.append(contexts.atoms.numpy())
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    libraries = {name: version(name) for name in ("interplay", "torch", "pytorch-lightning")}
    digest.update(repr((recipe.to_dict(), windows.length, windows.step_s, libraries)).encode())
    return digest.hexdigest()


def arrays_of(windows: Windows) -> list[np.ndarray]:
    """All that windows hold, names and lengths aside."""
    steps = windows.steps
    return [
        *steps.values.values(),
        *steps.static.values(),
        steps.observed,
        steps.target,
        steps.segment,
        windows.last,
    ]


class KeepState(Checkpoint):
    """Keeps the state after every epoch, random numbers included: dropout and noise go on as if never interrupted."""

    def __init__(self, path: Path):
        self.path = path

    def on_train_epoch_end(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        trainer.save_checkpoint(self.path)

    def state_dict(self) -> dict[str, torch.Tensor]:
        return {"random_state": torch.get_rng_state()}

    def load_state_dict(self, state: dict[str, torch.Tensor]) -> None:
        torch.set_rng_state(state["random_state"])


class PlainStates(CheckpointIO):
    """Lightning's states in safetensors files."""

    def save_checkpoint(self, checkpoint, path, storage_options=None) -> None:
        tensors: dict[str, torch.Tensor] = {}
        text = json.dumps(_plain(checkpoint, tensors))
        write_state(Path(path), tensors, text)

    def load_checkpoint(self, path, map_location=None, weights_only=None) -> dict:
        state = read_state(Path(path))
        if state is None:
            raise DamagedFile(
                f"{path} must hold the state of a training, and does not. Train from the start."
            )
        tensors, text = state
        return _restored(json.loads(text), tensors)

    def remove_checkpoint(self, path) -> None:
        Path(path).unlink(missing_ok=True)


def _plain(value, tensors: dict[str, torch.Tensor]):
    """`value` as JSON knows it; tensors are put aside under a number. Containers are told apart by a tag."""
    if isinstance(value, torch.Tensor):
        name = str(len(tensors))
        # a copy each: safetensors refuses tensors that share memory
        tensors[name] = value.detach().cpu().clone(memory_format=torch.contiguous_format)
        return {"tensor": name}
    if isinstance(value, Mapping):
        return {"mapping": [[_plain(key, tensors), _plain(part, tensors)] for key, part in value.items()]}
    if isinstance(value, (list, tuple)):
        return {type(value).__name__: [_plain(part, tensors) for part in value]}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"the state of a training must be tensors and plain values; got {type(value).__name__}.")


def _restored(value, tensors: Mapping[str, torch.Tensor]):
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "tensor":
        return tensors[content]
    if kind == "mapping":
        return {_restored(key, tensors): _restored(part, tensors) for key, part in content}
    parts = [_restored(part, tensors) for part in content]
    return tuple(parts) if kind == "tuple" else parts
