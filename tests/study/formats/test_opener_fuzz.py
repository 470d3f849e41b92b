"""Whatever a file holds, the opener reads it or refuses it in our own words."""

import gzip
import string

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interplay.errors import InterplayError
from interplay.study.formats.dialect import seems
from interplay.study.formats.form import Form
from interplay.study.formats.opening import column_names, open_table, table_parts

FORMS = st.builds(
    Form,
    preset=st.sampled_from([None, None, None, "empatica_e4", "actigraph", "shimmer"]),
    separator=st.sampled_from([None, ";", "\t", " ", "|"]),
    skip_rows=st.sampled_from([None, 0, 1, 3]),
    header=st.sampled_from([None, True, False]),
    units_row=st.sampled_from([None, True]),
    comment=st.sampled_from([(), "#"]),
    line_end=st.sampled_from([None, ";"]),
    encoding=st.sampled_from([None, "utf-8", "cp1252", "utf-16", "ascii"]),
    names=st.sampled_from([(), ("a", "b")]),
)
CELLS = st.text(st.sampled_from(string.printable + "äµ\0\ufeff"), max_size=6)
TABLES = st.lists(st.lists(CELLS, max_size=4), max_size=8).map(lambda rows: "\n".join(map(",".join, rows)))
FILES = st.one_of(
    st.binary(max_size=400),
    TABLES.map(lambda text: text.encode("utf-8", "replace")),
    TABLES.map(lambda text: text.encode("utf-16")),
)
OFTEN = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def refusal_of(way, path, form) -> str:
    """What the opener says against a file; nothing if it reads it."""
    try:
        way(path, form)
    except InterplayError as error:
        return str(error)
    return ""


def opened_or_refused(path, form):
    for way in (open_table, column_names, lambda *given: list(table_parts(*given))):
        refusal = refusal_of(way, path, form)
        assert not refusal or path.name in refusal
        assert "\n" not in refusal
        assert len(refusal) < 1000


@OFTEN
@given(data=FILES, form=FORMS, name=st.sampled_from(["a.csv", "a.tsv", "ACC.csv", "IBI.csv", "a.txt"]))
def test_texts(tmp_path, data, form, name):
    (tmp_path / name).write_bytes(data)
    opened_or_refused(tmp_path / name, form)


@OFTEN
@given(data=FILES)
def test_how_a_file_seems_to_be_written(tmp_path, data):
    (tmp_path / "a.csv").write_bytes(data)
    seems(tmp_path / "a.csv")


WHOLE = {
    ".parquet": lambda path: pd.DataFrame({"a": [1, 2], "b": ["x", None]}).to_parquet(path),
    ".npz": lambda path: np.savez(path, a=np.arange(3), b=np.array(["x", "y", "z"])),
    ".csv.gz": lambda path: path.write_bytes(gzip.compress(b"a,b\n1,2\n" * 50)),
    ".json": lambda path: path.write_text('[{"dateTime": "01/02/24 03:04:05", "value": {"bpm": 70}}]'),
    ".xml": lambda path: path.write_text('<HealthData><Record type="X" value="1"/></HealthData>'),
}


@pytest.mark.parametrize("ending", WHOLE)
@OFTEN
@given(data=st.data())
def test_damaged_files(tmp_path, ending, data):
    path = tmp_path / f"a{ending}"
    WHOLE[ending](path)
    whole = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=4)):
        whole[place] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    opened_or_refused(path, Form())


@pytest.mark.parametrize(
    "ending", [".edf", ".bdf", ".hea", ".parquet", ".npz", ".xml", ".json", ".csv.gz", ".csv.xz"]
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=600))
def test_bytes_of_anything(tmp_path, ending, data):
    path = tmp_path / f"a{ending}"
    path.write_bytes(data)
    opened_or_refused(path, Form())
