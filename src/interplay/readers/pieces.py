"""Windows a piece at a time, so that what is worked out between bounds memory."""

from collections.abc import Callable

import torch


def in_pieces(work: Callable[..., torch.Tensor], size: int, *tensors: torch.Tensor) -> torch.Tensor:
    """What `work` makes of tensors (B, ...), at most `size` rows at a time; an exported program takes whole batches."""
    if torch.compiler.is_exporting():
        return work(*tensors)
    pieces = zip(*(tensor.split(max(1, size)) for tensor in tensors), strict=True)
    return torch.cat([work(*piece) for piece in pieces])
