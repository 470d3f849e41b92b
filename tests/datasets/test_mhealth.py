"""MHEALTH in its official form: 24 columns at 50 Hz, tabs or blanks, ten subjects, label 0 between activities."""

import numpy as np
import pytest

import interplay as ip
from interplay.datasets import check_dataset
from interplay.datasets.mhealth import ACTIVITIES, MHealth
from interplay.errors import DamagedFile, InvalidInput


def official(label, seed=0):
    table = np.random.default_rng(seed).normal(size=(len(label), 24)).round(4)
    table[:, 23] = label
    return table


def write(root, subject, table, separator="\t"):
    root.mkdir(parents=True, exist_ok=True)
    text = "".join(separator.join(f"{v:.10g}" for v in row) + "\n" for row in table)
    (root / f"mHealth_subject{subject}.log").write_text(text)


def test_the_contract(tmp_path):
    for subject in (1, 2, 10):
        write(tmp_path / "MHEALTHDATASET", subject, official(np.repeat([0, 1, 12], 400), seed=subject))
    check_dataset(MHealth(), tmp_path)


@pytest.mark.parametrize("separator", ["\t", " "])
def test_columns_and_labels_come_from_their_published_places(tmp_path, separator):
    table = np.tile(np.arange(1.0, 25.0), (100, 1))
    table[:, 23] = np.repeat([0, 4], 50)
    write(tmp_path, 7, table, separator)
    (recording,) = MHealth().recordings(tmp_path)
    assert recording.entity == "subject7"
    first = {name: stream.values[0].tolist() for name, stream in recording.streams.items()}
    # counted from 1: chest 1-3, ECG 4-5, ankle 6-14, right lower arm 15-23
    assert first == {
        "chest": [1, 2, 3], "ecg": [4, 5], "ankle": list(range(6, 15)), "arm": list(range(15, 24))
    }  # fmt: skip
    assert {stream.rate_hz for stream in recording.streams.values()} == {50.0}
    # 50 rows of the null class, then 50 of the fourth activity, each a second
    np.testing.assert_array_equal(recording.target.values, [-1, 3])
    np.testing.assert_array_equal(recording.target.start_s, [0, 1])
    assert ACTIVITIES[3] == "walking"


def test_subjects_come_in_the_order_of_their_numbers(tmp_path):
    for subject in (10, 2, 1):
        write(tmp_path, subject, official(np.ones(60)))
    assert [r.entity for r in MHealth().recordings(tmp_path)] == ["subject1", "subject2", "subject10"]


def test_what_cannot_be_read_is_told(tmp_path):
    with pytest.raises(InvalidInput, match=r"must hold MHEALTHDATASET/mHealth_subject1\.log"):
        ip.load_dataset("mhealth", tmp_path)
    write(tmp_path, 1, official(np.ones(60))[:, :23])
    with pytest.raises(
        DamagedFile, match=r"mHealth_subject1\.log must hold rows of 24 numbers .*; row 1 has 23\."
    ):
        ip.load_dataset("mhealth", tmp_path)
    write(tmp_path, 1, official(np.full(60, 13)))
    with pytest.raises(
        DamagedFile, match=r"labels of .*mHealth_subject1\.log must be one of 0, 1, .*; got 13\."
    ):
        ip.load_dataset("mhealth", tmp_path)
