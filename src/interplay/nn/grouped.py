"""Products of groups of rows with a matrix each, as one operator that eager, compiled and exported code call.

Letters: A rows sorted by group, E groups, D and F widths.
"""

import torch
from torch import library, nn


def grouped_matmul(x_AD: torch.Tensor, weight_EDF: torch.Tensor, ends_E: torch.Tensor) -> torch.Tensor:
    """Rows of x up to ends[0] times weight[0], the next up to ends[1] times weight[1], and so on.

    Runs `torch.nn.functional.grouped_mm` in float32 and bfloat16 where rows take whole multiples of 16
    bytes, and one product per group otherwise, which on a GPU waits for the sizes of the groups. Under
    autocast both factors are cast as those of any other product.

    Parameters
    ----------
    x_AD : (A, D)
    weight_EDF : (E, D, F)
    ends_E : (E,) int32, increasing; no more than A

    Returns
    -------
    (A, F)
        0 in rows past the last end. What such rows of x hold, NaN included, is never read.
    """
    device = x_AD.device.type
    if torch.is_autocast_enabled(device) and weight_EDF.dtype == torch.float32:
        dtype = torch.get_autocast_dtype(device)
        x_AD, weight_EDF = x_AD.to(dtype), weight_EDF.to(dtype)
    return _matmul(x_AD, weight_EDF, ends_E)


def grouped_matmul_by_loop(x: torch.Tensor, weight: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:
    """The same, one group after the other: the reference, and the path for other types and odd widths."""
    out = x.new_zeros(len(x), weight.shape[-1])
    for k, (start, end) in enumerate(_bounds(ends)):
        out[start:end] = x[start:end] @ weight[k]
    return out


@library.custom_op("interplay::grouped_matmul", mutates_args=())
def _matmul(x: torch.Tensor, weight: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:
    if not _suits(x, *weight.shape[1:]):
        return grouped_matmul_by_loop(x, weight, ends)
    out = nn.functional.grouped_mm(x.contiguous(), weight, offs=ends)
    if not x.is_cuda:
        out[int(ends[-1]) :] = 0.0
        return out
    # to read the end from a GPU would wait for all that was asked of it before
    past = torch.arange(len(x), device=x.device) >= ends[-1]
    return out.masked_fill_(past[:, None], 0.0)


@library.custom_op("interplay::grouped_outer", mutates_args=())
def _outer(x: torch.Tensor, grad: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:
    """x^T grad of each group, (E, D, F): the gradient of the weights."""
    if _suits(x, x.shape[1], grad.shape[1]):
        return nn.functional.grouped_mm(x.contiguous().T, grad.contiguous(), offs=ends)
    return torch.stack([x[start:end].T @ grad[start:end] for start, end in _bounds(ends)])


@_matmul.register_fake
def _(x, weight, ends):
    return x.new_empty(x.shape[0], weight.shape[-1])


@_outer.register_fake
def _(x, grad, ends):
    return x.new_empty(ends.shape[0], x.shape[1], grad.shape[1])


def _keep(ctx, inputs, output) -> None:
    ctx.save_for_backward(*inputs)


def _backward(ctx, grad):
    x, weight, ends = ctx.saved_tensors
    wants_x, wants_weight, _ = ctx.needs_input_grad
    # grouped products cannot take the expanded gradient of a sum
    grad = grad.contiguous()
    grad_x = _matmul(grad, weight.transpose(1, 2), ends) if wants_x else None
    grad_weight = _outer(x, grad, ends) if wants_weight else None
    return grad_x, grad_weight, None


_matmul.register_autograd(_backward, setup_context=_keep)


def _suits(x: torch.Tensor, *widths: int) -> bool:
    """Whether `grouped_mm` takes rows of these widths."""
    aligned = all(width * x.element_size() % 16 == 0 for width in widths)
    return len(x) > 0 and aligned and x.dtype in (torch.float32, torch.bfloat16)


def _bounds(ends: torch.Tensor) -> list[tuple[int, int]]:
    stops = ends.tolist()
    return list(zip([0, *stops], stops, strict=False))
