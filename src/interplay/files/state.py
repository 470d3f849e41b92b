"""Unfinished work on disk: tensors and a text, with a digest of both, so that what comes back is what was kept."""

import warnings
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from interplay.errors import InterplayWarning
from interplay.files.whole import whole_file


def write_state(path: Path, tensors: Mapping[str, torch.Tensor], text: str = "") -> None:
    """Write tensors and a text, in place of what was kept there."""
    whole = {name: value.contiguous() for name, value in tensors.items()}
    with whole_file(path, overwrite=True) as part:
        save_file(whole, part, metadata={"text": text, "digest": _digest(whole, text)})


def state_of(path: Path) -> tuple[dict[str, torch.Tensor], str]:
    """What `write_state` wrote, or an error of whoever reads it."""
    with safe_open(path, framework="pt") as file:
        about = file.metadata() or {}
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 not a mapping
    if about["digest"] != _digest(tensors, about["text"]):
        raise ValueError("its content has changed since it was written")
    return tensors, about["text"]


def read_state(path: Path) -> tuple[dict[str, torch.Tensor], str] | None:
    """What `write_state` wrote; None where it wrote nothing, or the file is damaged: that is said, and it goes."""
    if not path.is_file():
        return None
    try:
        return state_of(path)
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        warnings.warn(
            f"{path} must be as it was kept, and is damaged ({reason}); it is removed, and its work done again.",
            InterplayWarning,
        )
        path.unlink()
        return None


def _digest(tensors: Mapping[str, torch.Tensor], text: str) -> str:
    digest = blake2b(text.encode(), digest_size=16)
    for name, value in sorted(tensors.items()):
        digest.update(repr((name, value.dtype, tuple(value.shape))).encode())
        digest.update(np.ascontiguousarray(value.reshape(-1).view(torch.uint8).numpy()).data)
    return digest.hexdigest()
