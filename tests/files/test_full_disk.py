"""A disk that is full ends every writer with one kind of error, which the command line tells, and leaves nothing."""

import resource
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
import torch

from interplay.data import describe_split
from interplay.files import whole_file
from interplay.files.state import write_state
from small_runs import xor_profile, xor_windows


@contextmanager
def files_of_at_most(size: int):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def parquet(path):
    with whole_file(path) as part:
        pd.DataFrame({"x": np.random.default_rng(0).normal(size=10_000)}).to_parquet(part)


def program(path):
    with whole_file(path) as part:
        torch.save(torch.zeros(10_000), part)


WRITERS = {
    "netcdf": lambda path: xor_profile([f"entity {k}" for k in range(3000)]).save(path),
    "safetensors": lambda path: write_state(path, {"x": torch.zeros(10_000)}),
    "json": lambda path: describe_split({"train": xor_windows(900, 0, [f"e{k}" for k in range(300)])}).save(
        path
    ),
    "parquet": parquet,
    "program": program,
}


@pytest.mark.parametrize("kind", WRITERS)
def test_a_full_disk_is_an_oserror_and_leaves_nothing(tmp_path, kind):
    with files_of_at_most(6_000), pytest.raises(OSError, match=r"."):
        WRITERS[kind](tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
    WRITERS[kind](tmp_path / "out")
    assert (tmp_path / "out").stat().st_size > 6_000
