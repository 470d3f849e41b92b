"""Finished work of an estimate, kept in a folder so that an interrupted one goes on."""

from collections.abc import Callable
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from interplay.errors import DamagedFile, InvalidInput
from interplay.files import whole_file

Tensors = dict[str, torch.Tensor]


class BlockStore:
    """Finished work, kept in a folder if there is one.

    Parameters
    ----------
    folder : str or None
    key : str
        Of the data and parameters; work of another key is not taken up.
    """

    def __init__(self, folder: str | None, key: str):
        self.folder = None if folder is None else Path(folder)
        self.key = key
        if self.folder is not None:
            if self.folder.exists() and not self.folder.is_dir():
                raise InvalidInput(f"resume must be a folder for finished blocks; {self.folder} is a file.")
            self.folder.mkdir(parents=True, exist_ok=True)

    def once(self, name: str, work: Callable[[], Tensors]) -> Tensors:
        """The result of earlier work of this name, or of doing it now."""
        if self.folder is None:
            return work()
        path = self.folder / f"{self.key}-{name}.safetensors"
        if path.is_file():
            try:
                return load_file(path)
            except (SafetensorError, OSError) as error:
                raise DamagedFile(
                    f"{path} is not a whole block ({error}). Delete it to compute it again."
                ) from error
        done = work()
        with whole_file(path) as part:
            save_file({key: value.contiguous() for key, value in done.items()}, part)
        return done
