"""A device that there is not: its tensors lie on the processor and say that they lie elsewhere.

Importing this makes the device known to torch, for as long as the process lasts. As on a GPU, an operation on tensors
of both places is refused, and what is made there has to be asked for there. The arithmetic is that of the processor.
"""

from collections import Counter

import torch
from torch import library
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils._pytree import arg_tree_leaves, tree_map_only
from torch.utils.backend_registration import _DummyBackendModule, _setup_privateuseone_for_python_backend


class _Backend(_DummyBackendModule):
    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        return [torch.bfloat16]

    def get_rng_state(self, device=0) -> torch.Tensor:
        return torch.zeros(1)

    def set_rng_state(self, state, device=0) -> None:
        pass


_setup_privateuseone_for_python_backend("elsewhere", _Backend())
ELSEWHERE = torch.device("elsewhere:0")

aten = torch.ops.aten


class Elsewhere(torch.Tensor):
    """A tensor of the device: what it holds is `here`."""

    @staticmethod
    def __new__(cls, here: torch.Tensor):
        return torch.Tensor._make_wrapper_subclass(
            cls,
            here.shape,
            strides=here.stride(),
            storage_offset=here.storage_offset(),
            dtype=here.dtype,
            device=ELSEWHERE,
        )

    def __init__(self, here: torch.Tensor):
        self.here = here

    __torch_function__ = torch._C._disabled_torch_function_impl

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        raise AssertionError(f"{func} of the device after it was given back")


def _gru_cell(inputs, hidden, before, bias=0.0, hidden_bias=0.0):
    """What GPUs have a kernel of their own for."""
    i, h = (inputs + bias).chunk(3, -1), (hidden + hidden_bias).chunk(3, -1)
    reset, update = torch.sigmoid(i[0] + h[0]), torch.sigmoid(i[1] + h[1])
    new = torch.tanh(i[2] + reset * h[2])
    return new + update * (before - new), torch.empty(0)


INSTEAD = {aten._thnn_fused_gru_cell.default: _gru_cell}


def _empty_strided(size, stride, dtype=None, layout=None, device=None, pin_memory=None):
    return Elsewhere(torch.empty_strided(size, stride, dtype=dtype, device="cpu"))


def _copy_from(source, target, non_blocking=False):
    inner(target).copy_(inner(source))
    return target


# torch makes tensors of the device of lists of indices by itself
for operation, kernel in (
    (aten.empty_strided.default, _empty_strided),
    (aten._copy_from.default, _copy_from),
):
    library.impl(operation.name(), ELSEWHERE.type)(kernel)


class FakeDevice(TorchDispatchMode):
    """A block in which there is the device.

    Attributes
    ----------
    there : name of an operation -> how often it was done there
    here : the same of the processor
    """

    def __init__(self):
        super().__init__()
        self.there: Counter[str] = Counter()
        self.here: Counter[str] = Counter()

    def __enter__(self):
        torch.__future__.set_overwrite_module_params_on_conversion(True)
        return super().__enter__()

    def __exit__(self, *raised):
        torch.__future__.set_overwrite_module_params_on_conversion(False)
        return super().__exit__(*raised)

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func is aten.copy_.default:
            return _copy_from(args[1], args[0])
        tensors = [one for one in arg_tree_leaves(*args, **kwargs) if isinstance(one, torch.Tensor)]
        wanted, name = kwargs.get("device"), func.overloadpacket.__name__
        if wanted is None:
            there = any(isinstance(one, Elsewhere) for one in tensors)
        else:
            there = torch.device(wanted).type == ELSEWHERE.type
            kwargs = kwargs | {"device": torch.device("cpu")}
        # a number of the processor may come along, and so may the numbers of rows
        rows = set(map(id, args[1])) if name in ("index", "index_put", "index_put_") else ()
        with_it = [one for one in tensors if isinstance(one, Elsewhere) or (one.ndim and id(one) not in rows)]
        places = {isinstance(one, Elsewhere) for one in with_it}
        if func is not aten._to_copy.default and len(places) > 1:
            raise RuntimeError(f"{name}: expected all tensors to be on the same device")
        (self.there if there else self.here)[name] += 1
        args_here, kwargs_here = tree_map_only(Elsewhere, inner, (args, kwargs))
        out = INSTEAD.get(func, func)(*args_here, **kwargs_here)
        if not there:
            return out
        return return_and_correct_aliasing(func, args, kwargs, tree_map_only(torch.Tensor, Elsewhere, out))


def inner(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.here if isinstance(tensor, Elsewhere) else tensor
