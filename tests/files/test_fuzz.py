"""Whatever bytes a file holds: every reader reads it or says one sentence, soon and in little memory."""

import json
import os
import time
from dataclasses import asdict

import numpy as np
import pytest

from benchmarks import inputs
from benchmarks.inputs import READERS, feed, sentence_of, share_of, write_seeds
from benchmarks.reliability import table
from interplay.datasets.formats.files import open_npz
from interplay.errors import InterplayError
from interplay.study.formats.opening import open_table
from interplay.study.written import read_spec
from interplay.train.recipe import make_recipe
from soon import seconds


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seeds")
    write_seeds(folder)
    return folder


@pytest.mark.parametrize(("name", "k"), [("numbers.txt", 177), ("arrays.npz", 1293), ("table.parquet", 2950)])
def test_inputs_that_were_neither_read_nor_refused(seeds, name, k):
    """A number of 350 digits, a file in an archive that seems encrypted, a table whose columns differ in length."""
    assert feed(name, seeds, range(k, k + 1)).failures == {}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("n", [2_000, pytest.param(100_000, marks=pytest.mark.long)])
def test_every_reader_reads_or_says_one_sentence(seeds, name, n):
    assert sentence_of(READERS[name][1], seeds / name) == ""
    outcome = feed(name, seeds, range(share_of(name, n)))
    assert outcome.failures == {}
    # what is read is damaged, most of the time
    assert outcome.refused > 0.2 * outcome.tried


def die_hang_or_read(name, folder, numbers):
    if numbers.start == 5:
        os._exit(9)
    if numbers.start == 6:
        time.sleep(1000)
    return inputs.Outcome(tried=1, refused=0, slowest_s=0.5, mb=2.0, failures={})


@pytest.mark.slow
def test_inputs_that_end_or_hang_the_process_are_failures_and_the_next_is_read(tmp_path, monkeypatch):
    (tmp_path / "table.csv").write_text("whole")
    monkeypatch.setattr(inputs, "feed", die_hang_or_read)
    # a new process imports this file within seconds
    monkeypatch.setattr(inputs, "HANG_S", 20.0)
    outcome = inputs.feed_elsewhere("table.csv", tmp_path, range(5, 9))
    failures = {5: "the process ended with 9", 6: "no end within 20 s"}
    assert outcome == inputs.Outcome(tried=4, refused=0, slowest_s=0.5, mb=4.0, failures=failures)
    rows = [{"file": "table.csv", "start": 5, **asdict(outcome)}]
    text = table(json.loads(json.dumps(rows)))
    assert "| all | 4 | 2 | 0 | 2 | 0.50 | 4 |" in text
    assert "- table.csv 5: the process ended with 9" in text


def test_what_a_reader_lets_through_takes_long_over_or_says_at_length_is_a_failure(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"whole")

    def of(read):
        monkeypatch.setitem(READERS, "file", (1, read))
        return feed("file", tmp_path, range(3)).failures

    def let_through(path):
        raise ZeroDivisionError("by zero")

    def at_length(path):
        raise InterplayError("x" * 2000)

    assert of(lambda path: None) == {}
    assert of(let_through) == dict.fromkeys(range(3), "ZeroDivisionError: by zero")
    assert sorted(of(at_length)) == [0, 1, 2]
    clock = iter(range(0, 600, 6))
    monkeypatch.setattr("benchmarks.inputs._used_s", lambda: next(clock))
    assert sorted(of(lambda path: None)) == [0, 1, 2]
    assert (tmp_path / "file").read_bytes() == b"whole"


def lines_of(*values) -> str:
    return "\n".join(values)


YAML_BOMBS = {
    "aliases": lines_of("a0: &a0 [x, x]", *(f"a{k}: &a{k} [*a{k - 1}, *a{k - 1}]" for k in range(1, 60))),
    "itself": "a: &a [*a]",
    "deep": "a: " + "[" * 5000,
    "deep and whole": "a: " + "[" * 300 + "]" * 300,
    "digits": "windows: {step_s: 1.0, steps: " + "9" * 5000 + "}",
    "hexadecimal": "windows: {steps: 0x" + "f" * 9000 + "}",
    "long": "a: '" + "x" * 3_000_000 + "'",
}


@pytest.mark.parametrize("bomb", YAML_BOMBS)
def test_yaml_that_stands_for_much_is_one_sentence(tmp_path, bomb):
    (tmp_path / "study.yaml").write_text(YAML_BOMBS[bomb])
    (tmp_path / "recipe.yaml").write_text(YAML_BOMBS[bomb])

    def refused(read):
        with pytest.raises(InterplayError) as caught:
            read()
        assert len(str(caught.value).replace(str(tmp_path), "")) < 800

    for read in (lambda: read_spec(tmp_path), lambda: make_recipe(tmp_path / "recipe.yaml")):
        assert seconds(lambda r=read: refused(r), 2) < 2


def test_arrays_that_claim_more_than_there_is_are_one_sentence(tmp_path):
    import io
    import zipfile

    header = io.BytesIO()
    np.lib.format.write_array_header_2_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)})
    with zipfile.ZipFile(tmp_path / "claims.npz", "w") as file:
        file.writestr("x.npy", header.getvalue() + b"\x00" * 80)
    for read in (lambda path: open_npz(path, ["x"]), open_table):
        with pytest.raises(InterplayError, match="cannot be read to its end"):
            read(tmp_path / "claims.npz")
