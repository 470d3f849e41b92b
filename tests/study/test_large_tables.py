"""Long tables too large for memory: sorted by entity on disk, they give what a held table gives."""

import numpy as np
import pandas as pd
import pytest

from interplay.errors import DamagedFile
from interplay.study import partition as parts
from interplay.study import tables
from interplay.study.tables import LongTable


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


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(parts, "CELLS", 300)
    monkeypatch.setattr(parts, "PART_BYTES", 4000)


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet"])
def test_parts_give_the_rows_of_a_held_table(tmp_path, monkeypatch, small_parts, suffix):
    path = tmp_path / f"all.{suffix}"
    table().to_parquet(path) if suffix == "parquet" else table().to_csv(path, index=False)
    held = LongTable(tmp_path, path.name, "who")
    names = held.entities
    assert names == ("0", "1", "2", "3", "4")
    monkeypatch.setattr(tables, "WHOLE_BELOW", 10)
    large = LongTable(tmp_path, path.name, "who")
    assert large.entities == names
    # row 1 is the header
    assert list(large.nameless) == list(held.nameless) == [3 + 2, 253 + 2]
    for name in names:
        one, other = held.rows(name), large.rows(name)
        assert one["__row__"].tolist() == other["__row__"].tolist()
        for column in ("t", "x", "gap"):
            np.testing.assert_array_equal(one[column].to_numpy(float), other[column].to_numpy(float))
        assert one["kind"].astype(str).tolist() == other["kind"].astype(str).tolist()
    assert large.rows("nobody") is None


def test_temporary_files_go_with_the_table(tmp_path, monkeypatch, small_parts):
    monkeypatch.setattr(tables, "WHOLE_BELOW", 10)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    table().to_csv(tmp_path / "all.csv", index=False)
    large = LongTable(tmp_path, "all.csv", "who")
    assert large.entities
    assert list((tmp_path / "temporary").iterdir())
    del large
    assert not list((tmp_path / "temporary").iterdir())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda b: b[:-8], "is cut off: its last row has"),
        (lambda b: b.replace(b"7", b"\xff", 1), "row 2 is not"),
        (lambda b: b.replace(b"\n4.0,299", b"\n1,2,3,4,5,6\n4.0,299"), "cannot be read to its end"),
    ],
)
def test_a_damaged_large_table_is_told(tmp_path, monkeypatch, small_parts, change, sentence):
    monkeypatch.setattr(tables, "WHOLE_BELOW", 10)
    path = tmp_path / "all.csv"
    table().to_csv(path, index=False)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(DamagedFile, match=sentence):
        _ = LongTable(tmp_path, "all.csv", "who").entities
