"""Small files that stand for gigabytes are refused at once, and files that stand for much honestly are read."""

import bz2
import gzip
import json
import lzma
import tracemalloc
import zipfile

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from interplay.datasets.formats.csv_parts import NUMBER, read_csv
from interplay.datasets.formats.excel import open_excel
from interplay.datasets.formats.files import open_csv, open_npz
from interplay.errors import DamagedFile
from interplay.files.netcdf import read_netcdf
from interplay.files.parquet import read_parquet
from interplay.profile import InteractionProfile
from interplay.study.formats.opening import open_table
from interplay.train import fit, load_run
from small_runs import SMALL, xor_profile, xor_windows
from soon import seconds

REFUSED = "must not unpack to more than 100 times its size"
ROWS = 17_000_000
"""Numbers of eight bytes, more than any file may stand for."""
LONG = "x" * 1_000_000


def rows(path):
    pq.write_table(pa.table({"x": np.zeros(ROWS)}), path)


def one_row(path):
    """A list in one cell."""
    pq.write_table(pa.table({"x": pa.ListArray.from_arrays([0, ROWS], pa.array(np.zeros(ROWS)))}), path)


def texts(n):
    codes = pa.array(np.zeros(n, dtype=np.int32))
    return pa.DictionaryArray.from_arrays(codes, pa.array([LONG]))


def text(path):
    pq.write_table(pa.table({"x": texts(1000)}), path, store_schema=False, compression="zstd")


def list_of_texts(path):
    table = pa.table({"x": pa.ListArray.from_arrays([0, 1000], texts(1000))})
    pq.write_table(table, path, store_schema=False, compression="zstd")


@pytest.mark.parametrize(
    "write",
    [rows, text, *(pytest.param(write, marks=pytest.mark.slow) for write in (one_row, list_of_texts))],
)
def test_parquet(tmp_path, write):
    path = tmp_path / "bomb.parquet"
    write(path)
    assert path.stat().st_size < 100_000
    tracemalloc.start()
    before = pa.total_allocated_bytes()
    for read in (read_parquet, open_table):
        with pytest.raises(DamagedFile, match=REFUSED):
            read(path)
    assert pa.total_allocated_bytes() - before < 100e6
    assert tracemalloc.get_traced_memory()[1] < 100e6
    tracemalloc.stop()


def test_a_table_that_never_changes_and_is_not_large_is_read_as_it_is(tmp_path):
    table = pd.DataFrame(
        {
            "x": np.zeros(1_000_000),
            "who": ["ann"] * 1_000_000,
            "n": [None, *["b"] * 999_999],
            "raw": [b"1"] * 10**6,
        }
    )
    table.to_parquet(tmp_path / "same.parquet", index=False)
    pd.testing.assert_frame_equal(read_parquet(tmp_path / "same.parquet"), table)
    assert list(open_table(tmp_path / "same.parquet").rows["n"].dropna().unique()) == ["b"]
    table[:0].to_parquet(tmp_path / "none.parquet", index=False)
    pd.testing.assert_frame_equal(read_parquet(tmp_path / "none.parquet"), table[:0])


@pytest.mark.parametrize(
    "pack", [gzip, *(pytest.param(pack, marks=pytest.mark.slow) for pack in (lzma, bz2))]
)
def test_packed_texts(tmp_path, pack):
    names = {gzip: "t.csv.gz", lzma: "t.csv.xz", bz2: "t.csv.bz2"}
    path = tmp_path / names[pack]
    # several packed pieces are one text
    path.write_bytes(pack.compress(b"x,y\n") + pack.compress(b"0,0\n" * 100_000) * 90)
    readers = [open_table, lambda path: open_csv(path.parent, [path.name], ["x"])]
    if pack is gzip:
        readers.append(lambda path: read_csv(path.parent, "t", {"x": NUMBER}))
    for read in readers:
        with pytest.raises(DamagedFile, match=REFUSED):
            read(path)
    path.write_bytes(pack.compress(b"x,y\n" + b"0,0\n" * 1000))
    for read in readers:
        read(path)


def test_archives_of_arrays_and_sheets(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", x=np.zeros(ROWS))
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/worksheets/sheet1.xml", b" " * 140_000_000)
    for read, path in (
        (lambda path: open_npz(path, ["x"]), tmp_path / "a.npz"),
        (open_table, tmp_path / "a.npz"),
        (open_excel, tmp_path / "a.xlsx"),
    ):
        with pytest.raises(DamagedFile, match=REFUSED):
            read(path)


def never_written(path):
    """Numbers of 8 TB in a file of some kB."""
    with h5py.File(path, "a") as file:
        file.create_dataset("much", shape=(10**6, 10**6), dtype="f8", chunks=(1000, 1000))


def test_netcdf(tmp_path):
    xor_profile().save(tmp_path / "p.nc")
    read_netcdf(tmp_path / "p.nc")
    never_written(tmp_path / "p.nc")

    def refused():
        with pytest.raises(DamagedFile, match=REFUSED):
            InteractionProfile.load(tmp_path / "p.nc")

    assert seconds(refused, 2) < 2


def test_files_of_an_evaluation(tmp_path):
    """Digests tell damage, not intent: who writes a bomb writes its digest, too."""
    run = fit(xor_windows(40, seed=0), settings=SMALL | {"optimiser.epochs": 1}, out=tmp_path / "run")
    run.evaluate(xor_windows(20, seed=1, entities=("e", "f")))
    text(tmp_path / "bomb.parquet")
    (tmp_path / "bomb.parquet").replace(tmp_path / "run" / "predictions.parquet")
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    del metrics["sha256"]
    (tmp_path / "run" / "metrics.json").write_text(json.dumps(metrics))
    with pytest.raises(DamagedFile, match=REFUSED):
        load_run(tmp_path / "run")


def test_a_packed_text_that_says_something_is_read_whatever_its_size(tmp_path):
    digits = np.random.default_rng(0).integers(0, 10, size=(3_000_000, 6)).astype(np.uint8) + ord("0")
    lines = np.pad(digits, ((0, 0), (0, 1)), constant_values=ord("\n")).tobytes()
    assert len(lines) > 20_000_000
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"x\n" + lines + lines, 1))
    assert len(open_table(tmp_path / "t.csv.gz").rows) == 6_000_000
