"""Finished work of an estimate, kept in a folder so that an interrupted one goes on."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, Self, TypeVar

import torch

from interplay.errors import InvalidInput
from interplay.files.state import read_state, write_state

FORMAT = 6
"""Of stored work; what was stored in another is not taken up."""


class Storable(Protocol):
    """A result that is nothing but tensors."""

    def tensors(self) -> dict[str, torch.Tensor]: ...

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, torch.Tensor]) -> Self: ...


T = TypeVar("T", bound=Storable)


def work_folder(resume: str | None) -> Path | None:
    """The folder for finished work, which is made where it is not there yet."""
    if resume is None:
        return None
    folder = Path(resume)
    if folder.exists() and not folder.is_dir():
        raise InvalidInput(f"resume must be a folder for finished blocks; {folder} is a file.")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class BlockStore:
    """Finished work, kept in a folder if there is one.

    Parameters
    ----------
    folder : str or None
    key : str
        Of the data and parameters; work of another key is not taken up.
    """

    def __init__(self, folder: str | None, key: str):
        self.folder = work_folder(folder)
        self.key = f"{FORMAT}-{key}"

    def once(self, name: str, kind: type[T], work: Callable[[], T]) -> T:
        """The result of earlier work of this name, or of doing it now; `kind` reads it from tensors."""
        result = self.earlier(name, kind)
        return self.keep(name, work()) if result is None else result

    def earlier(self, name: str, kind: type[T]) -> T | None:
        """The result of earlier work of this name, if there is one."""
        state = None if self.folder is None else read_state(self._path(name))
        return None if state is None else kind.from_tensors(state[0])

    def keep(self, name: str, result: T) -> T:
        """Keep a result, and give it back."""
        if self.folder is not None:
            write_state(self._path(name), result.tensors())
        return result

    def _path(self, name: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{self.key}-{name}.safetensors"
