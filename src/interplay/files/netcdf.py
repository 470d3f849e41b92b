"""NetCDF files: written from memory, since HDF5 ends the whole process when the disk is full; read within bounds."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import xarray as xr

from interplay.errors import DamagedFile
from interplay.files import netcdf_trial
from interplay.files.digest import digest_of
from interplay.files.netcdf_trial import check_numbers

SECONDS, BYTES_A_SECOND = 3.0, 20e6
"""Of a processor that reading may take: any file, and a larger one; some ten times what whole files take."""
PATIENCE = 20
"""As long on the clock: where the system cannot limit the processor, or has none left for it."""


def write_netcdf(dataset: xr.Dataset, path: Path) -> None:
    """Write a data set as a NetCDF file, its numbers with checksums that HDF5 compares when they are read."""
    checked = {
        name: {"fletcher32": True}
        for name, variable in dataset.variables.items()
        if variable.dtype.kind in "iuf" and variable.size and variable.ndim
    }
    with _without_cluster():
        path.write_bytes(dataset.to_netcdf(engine="h5netcdf", encoding=checked))


def _without_cluster() -> AbstractContextManager:
    """Where a Dask cluster is connected, xarray would take a lock of it, which does not know what lies in memory."""
    dask = sys.modules.get("dask")
    return nullcontext() if dask is None else dask.config.set(scheduler="threads")


def read_netcdf(path: Path) -> xr.Dataset:
    """All of a NetCDF file, unless it stands for far more than its bytes hold, or HDF5 does not come back from it.

    Raises
    ------
    DamagedFile
    """
    try_netcdf([path])
    check_numbers(path)
    with xr.open_dataset(path, engine="h5netcdf") as dataset:
        return dataset.load()


_TRIED: set[str] = set()
"""Digests of files from which HDF5 came back, so that one file is tried once in a process."""


def try_netcdf(paths: Iterable[Path]) -> None:
    """Have files read to their end by a process of its own, which may hang or die of one.

    Raises
    ------
    DamagedFile
        Of the first file that it did not come back from.
    """
    new = {digest: path for path in paths if (digest := digest_of(path)) not in _TRIED}
    if not new:
        return
    back, ended = _come_back_from(list(new.values()))
    _TRIED.update(list(new)[:back])
    if back < len(new):
        path = list(new.values())[back]
        raise DamagedFile(
            f"{path} must be a NetCDF file that can be read to its end, and the HDF5 library does not come back from "
            f"it ({ended}). Take another copy of it, or make it again."
        )


def _come_back_from(paths: list[Path]) -> tuple[int, str]:
    """From how many of the files, in their order, HDF5 came back, and what it did at the next."""
    seconds = SECONDS + sum(path.stat().st_size for path in paths) / BYTES_A_SECOND
    places = os.pathsep.join(place or os.getcwd() for place in sys.path)
    command = [sys.executable, "-P", "-m", netcdf_trial.__name__, str(seconds), *map(str, paths)]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=PATIENCE * seconds,
            env=os.environ | {"PYTHONPATH": places},
        )
    except subprocess.TimeoutExpired as error:
        return len((error.stdout or b"").split()), f"no end within {PATIENCE * seconds:.0f} s"
    said = " ".join(done.stderr[-200:].split())
    used_up = done.returncode == -getattr(signal, "SIGXCPU", 0)
    ended = (
        f"no end within {seconds:.0f} s" if used_up else f"its process ended with {done.returncode} {said}"
    )
    return len(done.stdout.split()), ended.strip()
