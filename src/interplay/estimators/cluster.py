"""A Dask cluster for long estimates."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

from joblib import parallel_config

from interplay.errors import InvalidInput

ANSWER_S = 10.0
"""Seconds that a scheduler may take to answer."""


@contextmanager
def on_cluster(address: str | None) -> Iterator[None]:
    """A block whose work is done by the Dask cluster of a scheduler; without an address by this machine.

    Parameters
    ----------
    address : str, optional
        Such as ``tcp://10.0.0.1:8786``.

    Raises
    ------
    InvalidInput
        If Dask is not installed, nobody answers there, there are no workers, or they have another version of this
        library.
    """
    if address is None:
        yield
        return
    try:
        from dask.distributed import Client
    except ImportError:
        raise InvalidInput(
            "a cluster must have Dask, which is not installed here. Install it with pip install 'interplay[cluster]'."
        ) from None
    try:
        client = Client(address, timeout=ANSWER_S)
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"the scheduler must answer at {address}; it does not ({type(error).__name__}). Start one with "
            "`dask scheduler`, and name the address that it prints."
        ) from error
    with client:
        _check_workers(client, address)
        with parallel_config("dask", client=client):
            yield


def _check_workers(client, address: str) -> None:
    """Refuse a cluster that nobody works on, or that works with other versions."""
    versions = versions_of_workers(client)
    if not versions:
        raise InvalidInput(
            f"the cluster of {address} must have workers; it has none. Start some with `dask worker {address}`."
        )
    here = versions_here()
    for worker, there in versions.items():
        other = [name for name in here if there[name] != here[name]]
        if other:
            raise InvalidInput(
                f"workers must have the versions of this machine; {worker} has {other[0]} {there[other[0]]}, here it "
                f"is {here[other[0]]}. Install the same on all machines."
            )


def versions_of_workers(client) -> dict[str, dict[str, str]]:
    """Address of a worker -> its versions."""
    return client.run(versions_here)


def versions_here() -> dict[str, str]:
    """Versions that decide on numbers."""
    return {name: version(name) for name in ("interplay", "torch", "numpy", "scikit-learn")}
