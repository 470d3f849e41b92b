"""NetCDF files, made in memory first: HDF5 ends the whole process when the disk is full while it writes."""

from pathlib import Path

import xarray as xr


def write_netcdf(dataset: xr.Dataset, path: Path) -> None:
    """Write a data set as a NetCDF file, its numbers with checksums that HDF5 compares when they are read."""
    checked = {
        name: {"fletcher32": True}
        for name, variable in dataset.variables.items()
        if variable.dtype.kind in "iuf" and variable.size and variable.ndim
    }
    path.write_bytes(dataset.to_netcdf(engine="h5netcdf", encoding=checked))
