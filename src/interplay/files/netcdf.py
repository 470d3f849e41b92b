"""NetCDF files, made in memory first: HDF5 ends the whole process when the disk is full while it writes."""

from pathlib import Path

import xarray as xr


def write_netcdf(dataset: xr.Dataset, path: Path) -> None:
    """Write a data set as a NetCDF file."""
    path.write_bytes(dataset.to_netcdf(engine="h5netcdf"))
