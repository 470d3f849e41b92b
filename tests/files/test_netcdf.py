"""NetCDF files: whole ones come back as they were written; from damaged ones the process comes back."""

import struct

import numpy as np
import pytest
import xarray as xr

from interplay.errors import DamagedFile
from interplay.files import netcdf
from interplay.files.netcdf import read_netcdf, try_netcdf, write_netcdf


@pytest.fixture
def path(tmp_path):
    names = xr.DataArray(np.array(["acc", "gyro"]), dims="sensor")
    write_netcdf(xr.Dataset({"x": ("sensor", [1.0, 2.0])}, {"sensor": names}), tmp_path / "a.nc")
    return tmp_path / "a.nc"


def heap_without_end(path):
    """Let the first object of the first global heap be a free one of no size: the next is where it is itself (HDF5 file
    format, III.E)."""
    data = bytearray(path.read_bytes())
    start = data.index(b"GCOL") + 16
    data[start : start + 16] = struct.pack("<HHIQ", 0, 0, 0, 0)
    path.write_bytes(data)


def test_a_whole_file_is_read_and_tried_once(path, monkeypatch):
    read = read_netcdf(path)
    assert read["x"].values.tolist() == [1.0, 2.0]
    assert read["sensor"].values.tolist() == ["acc", "gyro"]
    monkeypatch.setattr(netcdf.subprocess, "run", None)
    assert read_netcdf(path).identical(read)


@pytest.mark.slow
def test_a_file_that_hdf5_reads_for_ever_is_one_sentence(path):
    heap_without_end(path)
    with pytest.raises(
        DamagedFile, match=r"a\.nc .* HDF5 library does not come back from it \(no end within 3 s\)"
    ):
        read_netcdf(path)


def test_the_file_that_ends_the_process_is_named_and_those_before_it_count(tmp_path, monkeypatch):
    first, other = tmp_path / "a.nc", tmp_path / "b.nc"
    write_netcdf(xr.Dataset({"x": 2}), first)
    write_netcdf(xr.Dataset({"x": 3}), other)
    program = "import os; print(0, flush=True); os.abort()"
    run = netcdf.subprocess.run
    monkeypatch.setattr(
        netcdf.subprocess, "run", lambda words, **more: run([words[0], "-c", program], **more)
    )
    with pytest.raises(DamagedFile, match=r"b\.nc .* ended with -6"):
        try_netcdf([first, other])
    monkeypatch.setattr(netcdf.subprocess, "run", None)
    try_netcdf([first])
