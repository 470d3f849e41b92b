"""Windows a piece at a time, so that what is worked out between bounds memory."""

from collections.abc import Callable, Mapping, Sequence

import torch


def in_pieces(work: Callable[..., torch.Tensor], size: int, *tensors: torch.Tensor) -> torch.Tensor:
    """What `work` makes of tensors (B, ...), at most `size` rows at a time; an exported program takes whole batches."""
    if torch.compiler.is_exporting():
        return work(*tensors)
    pieces = zip(*(tensor.split(max(1, size)) for tensor in tensors), strict=True)
    return torch.cat([work(*piece) for piece in pieces])


def in_time(values: torch.Tensor, steps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Samples one after the other, (B, T r, d), and which of them are observed (B, T r).

    Parameters
    ----------
    values : (B, T, r, d)
    steps : (B, T) bool
        Observed steps.
    """
    n_b, n_t, r, n_d = values.shape
    return values.reshape(n_b, n_t * r, n_d), steps[:, :, None].expand(n_b, n_t, r).reshape(n_b, n_t * r)


def channels_in_time(
    modalities: Sequence[torch.Tensor], steps: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Samples (B, n, D) of all channels of m modalities with as many of them, and which are observed, alike.

    Parameters
    ----------
    modalities : sequence of (B, T, r, d)
    steps : (B, m, T) bool
        Observed steps.
    """
    parts = [in_time(values, steps[:, k]) for k, values in enumerate(modalities)]
    known = [observed[..., None].expand_as(samples) for samples, observed in parts]
    return torch.cat([samples for samples, _ in parts], dim=-1), torch.cat(known, dim=-1)


def of_one_length(x: Mapping[str, torch.Tensor]) -> list[list[int]]:
    """Numbers of the modalities, those whose windows have as many samples together."""
    together: dict[int, list[int]] = {}
    for m, values in enumerate(x.values()):
        together.setdefault(values.shape[1] * values.shape[2], []).append(m)
    return list(together.values())


def distinct(
    values: torch.Tensor, steps: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | slice]:
    """Rows of a modality that are not all the same, and where each row stands among them.

    One window with one token hidden after the other is as many rows of each modality, of which only those differ in
    which a token of its own is hidden: of M modalities one in M.

    Parameters
    ----------
    values : (B, T, r, d)
    steps : (B, T) bool
        Observed steps.

    Returns
    -------
    values : (b, T, r, d)
    steps : (b, T) bool
    place : (B,) int64 row among these of each; all as they are, unless one window was expanded
    """
    # an exported program must not even ask how many rows there are
    if torch.compiler.is_exporting() or len(values) == 1 or values.stride(0):  # no expanded window
        return values, steps, slice(None)
    rows, place = steps.unique(dim=0, return_inverse=True)
    return values[: len(rows)], rows, place
