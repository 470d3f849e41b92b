"""Long tables too large for memory: sorted by entity on disk, they give what a held table gives."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from interplay.errors import DamagedFile
from interplay.files import parquet
from interplay.study import partition as parts
from interplay.study import tables
from interplay.study.columns import numbers
from interplay.study.formats import lines, opening
from interplay.study.patterns import Key
from interplay.study.spec import StreamSpec
from interplay.study.tables import LongTables


def table(n=500):
    """Rows of five entities in turn; a number that is whole at first, a text, gaps, and two rows of no one."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "who": np.where(np.arange(n) % 250 == 3, np.nan, np.arange(n) % 5),
            "t": np.arange(n),
            "x": np.where(np.arange(n) < n // 2, 1, rng.normal(size=n).round(3)),
            "kind": np.where(np.arange(n) < n // 2, "7", "b"),
            "gap": np.where(np.arange(n) < n // 2, np.nan, 2.5),
        }
    )


def long_table(folder, file):
    return LongTables(folder, StreamSpec(files=file, entity="who", columns=("x",), time="t"))


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(parquet, "CELLS", 300)
    monkeypatch.setattr(lines, "BLOCK", 700)
    monkeypatch.setattr(parts, "PART_BYTES", 4000)


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet"])
def test_parts_give_the_rows_of_a_held_table(tmp_path, monkeypatch, small_parts, suffix):
    path = tmp_path / f"all.{suffix}"
    table().to_parquet(path) if suffix == "parquet" else table().to_csv(path, index=False)
    whole = long_table(tmp_path, path.name)
    keys = whole.keys
    assert keys == tuple(Key(name) for name in "01234")
    monkeypatch.setattr(tables, "WHOLE_BELOW", 10)
    large = long_table(tmp_path, path.name)
    assert large.keys == keys
    # row 1 is the header
    assert list(large.nameless) == list(whole.nameless) == [(path.name, 3 + 2), (path.name, 253 + 2)]
    for key in keys:
        one, other = whole.rows(key), large.rows(key)
        assert one.numbers.tolist() == other.numbers.tolist()
        for column in ("t", "x", "gap"):
            np.testing.assert_array_equal(numbers(one, column)[0], numbers(other, column)[0])
        assert one.texts("kind") == other.texts("kind")
    assert large.rows(Key("nobody")) is None


def test_temporary_files_go_with_the_table(tmp_path, monkeypatch, small_parts):
    monkeypatch.setattr(tables, "WHOLE_BELOW", 10)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    table().to_csv(tmp_path / "all.csv", index=False)
    large = long_table(tmp_path, "all.csv")
    assert large.keys
    assert list((tmp_path / "temporary").iterdir())
    del large
    assert not list((tmp_path / "temporary").iterdir())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda b: b[:-8], "is cut off: its last row has"),
        (lambda b: b.replace(b"7", b"\xff", 1), "row 2 is not"),
        (lambda b: b.replace(b"\n4.0,299", b"\n1,2,3,4,5,6\n4.0,299"), "has 6 cells, the header 5 names"),
    ],
)
def test_a_damaged_large_table_is_told(tmp_path, monkeypatch, small_parts, change, sentence):
    monkeypatch.setattr(tables, "WHOLE_BELOW", 10)
    path = tmp_path / "all.csv"
    table().to_csv(path, index=False)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(DamagedFile, match=sentence):
        _ = long_table(tmp_path, "all.csv").keys


def test_what_a_parquet_file_takes_is_told_by_its_rows_not_by_its_bytes(tmp_path):
    """Three million equal numbers in two columns are 48 MB, and a few kB of file."""
    path = tmp_path / "same.parquet"
    pd.DataFrame({"t": np.zeros(3_000_000), "x": np.zeros(3_000_000)}).to_parquet(path, index=False)
    assert path.stat().st_size < 100_000
    assert not opening.is_small(path, 48_000_000, 8)
    assert opening.is_small(path, 48_000_001, 8)


@pytest.mark.slow
def test_a_parquet_file_of_more_columns_than_a_table_has_is_refused(tmp_path):
    path = tmp_path / "wide.parquet"
    columns = pa.table([pa.array([0.0])] * 20_001, names=[f"c{k}" for k in range(20_001)])
    pq.write_table(columns, path)
    with pytest.raises(DamagedFile, match="at most 20,000 columns; it has 20,001"):
        opening.open_table(path)
