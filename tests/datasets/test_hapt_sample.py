"""The bundled sample: small, attributed, and the same samples as the full data set."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from interplay.data import make_windows
from interplay.datasets.hapt import Hapt, hapt_recording
from interplay.datasets.hapt_sample import ACC, GYRO, SAMPLE, HaptSample
from shared_data import shared


@pytest.fixture(scope="module")
def sample():
    return list(HaptSample().recordings())


@pytest.fixture(scope="module")
def raw():
    """Arrays of the full file, cut to each subject's first experiment without what surrounds the activities."""
    with np.load(shared("hapt") / "hapt.npz") as file:
        data = {name: file[name] for name in file.files}
    parts, seen = [], set()
    for k, subject in enumerate(data["experiment_subject"].tolist()):
        if subject in seen:
            continue
        seen.add(subject)
        start, stop = data["experiment_starts"][k], data["experiment_starts"][k + 1]
        while data["label"][start] not in range(1, 7):
            start += 1
        while data["label"][stop - 1] not in range(1, 7):
            stop -= 1
        parts.append((subject, k + 1, *(data[name][start:stop] for name in ("acc", "gyro", "label"))))
    return parts, float(data["acc_scale"]), float(data["gyro_scale"])


def test_it_is_small():
    files = list(SAMPLE.parent.iterdir())
    assert {file.name for file in files} == {"README.md", "hapt_sample.parquet"}
    assert sum(file.stat().st_size for file in files) <= 3_000_000


def test_it_is_attributed():
    text = " ".join((SAMPLE.parent / "README.md").read_text(encoding="utf-8").split())
    card = HaptSample.card
    assert card.citation in text
    assert card.licence == "CC BY 4.0"
    assert card.licence in text
    for needed in (
        "https://creativecommons.org/licenses/by/4.0/",
        "https://archive.ics.uci.edu/dataset/341",
        "What was changed",
    ):
        assert needed in text


def test_it_has_the_subjects_and_activities_of_its_card(sample):
    assert [recording.entity for recording in sample] == [f"subject{k:02d}" for k in range(1, 26)]
    assert HaptSample.card.entities == "25 subjects, 25 recordings"
    for recording in sample:
        assert set(recording.target.values) >= set(range(6))
        # trimmed: a labelled activity at both ends
        assert recording.target.values[0] >= 0
        assert recording.target.values[-1] >= 0


def test_stored_samples_are_those_of_the_full_data_set(raw):
    parts, acc_scale, gyro_scale = raw
    table = pq.read_table(SAMPLE)
    assert [table.schema.field(name).type for name in ACC + GYRO] == ["int16"] * 6
    assert float(table.schema.metadata[b"acc_scale"]) == acc_scale
    assert float(table.schema.metadata[b"gyro_scale"]) == gyro_scale
    column = {name: table[name].to_numpy() for name in table.column_names}
    of_subjects = parts[: len(np.unique(column["subject"]))]
    for names, place in ((ACC, 2), (GYRO, 3)):
        stored = np.stack([column[name] for name in names], axis=1)
        np.testing.assert_array_equal(stored, np.concatenate([part[place] for part in of_subjects]))
    # the full file writes -1 where there is no label, the sample 0
    label = np.concatenate([part[4] for part in of_subjects])
    np.testing.assert_array_equal(column["label"], np.where(label == -1, 0, label))
    lengths = [len(part[4]) for part in of_subjects]
    np.testing.assert_array_equal(column["subject"], np.repeat([part[0] for part in of_subjects], lengths))
    np.testing.assert_array_equal(column["experiment"], np.repeat([part[1] for part in of_subjects], lengths))


def test_recordings_are_those_of_the_same_slice(sample, raw):
    parts, acc_scale, gyro_scale = raw
    for recording, (subject, experiment, acc, gyro, label) in zip(sample, parts, strict=False):
        expected = hapt_recording(
            entity=f"subject{subject:02d}",
            name=f"experiment{experiment:02d}",
            acc_g=acc * acc_scale,
            gyro=gyro * gyro_scale,
            label=label,
        )
        assert (recording.entity, recording.name) == (expected.entity, expected.name)
        assert recording.classes == expected.classes
        assert list(recording.streams) == list(expected.streams)
        for name, stream in expected.streams.items():
            np.testing.assert_array_equal(recording.streams[name].values, stream.values)
            assert recording.streams[name].units == stream.units
        for name in ("values", "start_s", "stop_s"):
            np.testing.assert_array_equal(getattr(recording.target, name), getattr(expected.target, name))


def test_names_and_unfiltered_streams_are_those_of_the_full_loader(sample):
    full = {recording.name: recording for recording in Hapt().recordings(shared("hapt"))}
    for recording in sample:
        whole = full[recording.name]
        assert whole.entity == recording.entity
        # the first activity of the full recording starts where the sample does
        start = round(whole.target.start_s[np.argmax(whole.target.values >= 0)] * 50)
        for name in ("gyro_vertical", "gyro_horizontal"):
            values = recording.streams[name].values
            np.testing.assert_array_equal(values, whole.streams[name].values[start : start + len(values)])


def test_windows_as_its_card_suggests(sample):
    card = HaptSample.card
    windows = make_windows(sample, step_s=card.step_s, steps=card.steps)
    assert len(windows.entities) == 25
    assert list(windows.modalities) == list(card.modalities)
    # 424,593 rows are 8,492 s: at most 16,984 steps of 0.5 s, about three quarters of them labelled
    assert 11_000 < len(windows) < 16_984
