"""Work on other processes or machines, through joblib: what all of it needs goes there once, results come back here.

By default joblib starts processes on this machine, which map large arrays into memory. Under
``joblib.parallel_config("dask")`` it is the workers of a Dask cluster, to each of which the arrays are sent; under
``joblib.parallel_config("ray")`` those of a Ray cluster, whose machines each hold them in shared memory.
"""

import io
import pickle
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from joblib import Parallel, delayed, parallel_config
from joblib.parallel import DEFAULT_BACKEND, get_active_backend

T = TypeVar("T")
Item = TypeVar("Item")
Result = TypeVar("Result")

LARGE = 1 << 16
"""Bytes from which on an array travels beside the rest, so that it can be mapped or sent without a copy."""


class Shipped(Generic[T]):
    """A value as a text of bytes and its large arrays.

    Tensors become arrays on the way: joblib maps these into the memory of other processes, and knows no tensors.
    """

    def __init__(self, value: T):
        self.arrays: list[np.ndarray] = []
        body = io.BytesIO()
        _Packing(body, self.arrays).dump(value)
        self.body = body.getvalue()

    def value(self) -> T:
        """The value, of arrays that all who ask share."""
        return _Unpacking(io.BytesIO(self.body), self.arrays).load()


class _Packing(pickle.Pickler):
    def __init__(self, file: io.BytesIO, arrays: list[np.ndarray]):
        super().__init__(file, protocol=5)
        self.arrays = arrays

    def persistent_id(self, obj: Any) -> tuple[str, int] | None:
        kind = {torch.Tensor: "tensor", np.ndarray: "array"}.get(type(obj))
        if kind is None or obj.nbytes < LARGE or (kind == "array" and obj.dtype.hasobject):
            return None
        self.arrays.append(obj.detach().cpu().numpy() if kind == "tensor" else obj)
        return kind, len(self.arrays) - 1


class _Unpacking(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, arrays: list[np.ndarray]):
        super().__init__(file)
        self.arrays = arrays

    def persistent_load(self, pid: tuple[str, int]) -> Any:
        kind, number = pid
        if kind == "array":
            return self.arrays[number]
        with warnings.catch_warnings():
            # nobody writes to what is shared
            warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
            return torch.from_numpy(self.arrays[number])


def works_here(n_jobs: int) -> bool:
    """Whether work would be done by this process, one piece after the other."""
    backend, _ = get_active_backend()
    return n_jobs == 1 and isinstance(backend, type(_default_backend()))


def results_elsewhere(
    work: Callable[[T, Item], Result], common: T, items: Mapping[int, Item], n_jobs: int
) -> Iterator[tuple[int, Result]]:
    """Results of work on items, by their numbers, in the order in which they are done.

    Parameters
    ----------
    work : callable
        Of what is common to all items, and one of them; other processes can import it.
    common : object
        Sent to every process or machine once.
    items : number -> item
    n_jobs : int
        Processes of this machine; a cluster has as many workers as it has.
    """
    shipped = Shipped(common)
    if _asks_ray():
        yield from _results_on_ray(work, shipped, items)
        return
    with _sent_once(shipped):
        jobs = Parallel(n_jobs=n_jobs, return_as="generator_unordered", batch_size=1)
        yield from jobs(delayed(_one)(work, shipped, k, item) for k, item in items.items())


def _one(work: Callable[[T, Item], Result], shipped: Shipped[T], k: int, item: Item) -> tuple[int, Result]:
    return k, work(shipped.value(), item)


def _asks_ray() -> bool:
    """Whether joblib was told to use Ray."""
    backend, _ = get_active_backend()
    return type(backend).__module__.startswith("ray.")


def _results_on_ray(
    work: Callable[[T, Item], Result], shipped: Shipped[T], items: Mapping[int, Item]
) -> Iterator[tuple[int, Result]]:
    """By tasks of its own: joblib's backend gives results only when all are there, and sends everything with each."""
    ray = import_module("ray")
    place, task = ray.put(shipped), ray.remote(_one)
    pending = [task.remote(work, place, k, item) for k, item in items.items()]
    try:
        while pending:
            done, pending = ray.wait(pending)
            yield from ray.get(done)
    finally:
        for one in pending:
            ray.cancel(one)


@contextmanager
def _sent_once(shipped: Shipped) -> Iterator[None]:
    """A block in which a Dask cluster has it wherever it is needed; other backends map its arrays by themselves."""
    backend, _ = get_active_backend()
    client, futures = getattr(backend, "client", None), getattr(backend, "data_futures", None)
    if client is None or futures is None:
        yield
        return
    with warnings.catch_warnings():
        # data that were scattered are lost with the worker that holds them; the scheduler can give these again
        warnings.filterwarnings("ignore", message="Sending large graph")
        futures[id(shipped)] = client.submit(_itself, shipped, pure=False)
    try:
        yield
    finally:
        del futures[id(shipped)]


def _itself(shipped: Shipped[T]) -> Shipped[T]:
    return shipped


def _default_backend():
    with parallel_config(DEFAULT_BACKEND):
        return get_active_backend()[0]
