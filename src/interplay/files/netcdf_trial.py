"""A program that reads NetCDF files to their end and can be stopped: in some damaged files the HDF5 library goes round
for ever, and at others it ends the process."""

import math
import os
import sys
from contextlib import suppress
from pathlib import Path

import h5netcdf
import h5py

from interplay.files.unpacked import check_unpacked


def check_numbers(path: Path) -> None:
    """Refuse a file that stands for far more than its bytes hold: numbers that were never written take none.

    Raises
    ------
    DamagedFile
    """
    sizes: list[int] = []

    def add(_: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            sizes.append(math.prod(item.shape or ()) * item.dtype.itemsize)

    with h5py.File(path) as file:
        file.visititems(add)
    check_unpacked(path, sum(sizes))


def read_to_end(path: Path) -> None:
    """Read what xarray reads of a file."""
    check_numbers(path)
    with h5netcdf.File(path) as file:
        dict(file.attrs)
        for variable in file.variables.values():
            dict(variable.attrs)
            variable[...]


def limit_processor(seconds: float) -> None:
    """Let the system end this process after so many more seconds of a processor, where it can."""
    if sys.platform != "win32":
        import resource

        most = math.ceil(sum(os.times()[:2]) + seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (most, most + 1))


def main(seconds: str, *paths: str) -> None:
    """Read each file, and say its number when it was left alive: errors are for the process that asks."""
    limit_processor(float(seconds))
    for k, path in enumerate(paths):
        with suppress(Exception):
            read_to_end(Path(path))
        sys.stdout.write(f"{k}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
