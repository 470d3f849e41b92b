"""NetCDF files: written from memory, since HDF5 ends the whole process when the disk is full; read within bounds."""

import math
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import h5py
import xarray as xr

from interplay.files.unpacked import check_unpacked


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
    """All of a NetCDF file, unless it stands for far more than its bytes hold: numbers that were never written take
    none."""
    sizes: list[int] = []

    def add(_: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            sizes.append(math.prod(item.shape or ()) * item.dtype.itemsize)

    with h5py.File(path) as file:
        file.visititems(add)
    check_unpacked(path, sum(sizes))
    with xr.open_dataset(path, engine="h5netcdf") as dataset:
        return dataset.load()
