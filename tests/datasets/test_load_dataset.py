"""The registry: a contract that every data set keeps, and what is said when one cannot be loaded."""

import json

import numpy as np
import pytest

from interplay.data import make_steps
from interplay.data.check import check_recording
from interplay.datasets import DATASETS, Card, find_dataset, load_dataset
from interplay.errors import DamagedFile, InvalidInput
from shared_data import shared

NEED_A_FOLDER = sorted(name for name, dataset in DATASETS.items() if not dataset.card.bundled)


def hapt_arrays():
    return {
        "acc": np.random.default_rng(0).integers(-1000, 1000, size=(600, 3)).astype(np.int16),
        "acc_scale": 1 / 720,
        "gyro": np.zeros((600, 3), dtype=np.int16),
        "gyro_scale": 1e-3,
        "label": np.ones(600, dtype=np.int8),
        "experiment_starts": np.array([0, 600]),
        "experiment_subject": np.array([1]),
    }


@pytest.mark.parametrize("name", DATASETS)
def test_every_data_set_is_as_its_card_says(name):
    card = DATASETS[name].card
    assert card.name == name
    recordings = load_dataset(name, None if card.bundled else shared(name))
    assert isinstance(recordings, list)
    for recording in recordings:
        check_recording(recording, like=recordings[0])
        assert list(recording.streams) == list(card.modalities)
        for stream_name, stream in recording.streams.items():
            said = card.modalities[stream_name]
            assert f"{stream.values.shape[1]} channel" in said
            assert f"{stream.rate_hz:g} Hz" in said
            assert len(stream.units) == stream.values.shape[1]
        for label in recording.classes:
            assert label in card.target
    # entity and name together tell every recording from the others
    assert len({(recording.entity, recording.name) for recording in recordings}) == len(recordings)
    n_entities = len({recording.entity for recording in recordings})
    assert f"{n_entities} " in card.entities
    steps = make_steps(recordings[0], step_s=card.step_s)
    assert len(steps) >= card.steps


@pytest.mark.parametrize("name", DATASETS)
def test_a_card_survives_json(name):
    card = find_dataset(name).card
    assert Card(**json.loads(json.dumps(card.to_dict()))) == card


def test_the_sample_needs_no_folder():
    assert len(load_dataset("hapt_sample")) >= 10


@pytest.mark.parametrize(
    ("name", "meant"), [("hpat", "hapt"), ("HAPT_sample", "hapt_sample"), ("stress", "stress_predict")]
)
def test_a_name_that_is_nearly_right(name, meant):
    with pytest.raises(InvalidInput, match=rf"got '{name}'\. Did you mean '{meant}'\?$"):
        load_dataset(name)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(InvalidInput) as caught:
        load_dataset("weather")
    assert str(caught.value) == "name must be one of hapt, hapt_sample, stress_predict; got 'weather'."


@pytest.mark.parametrize("name", NEED_A_FOLDER)
def test_no_folder(name):
    with pytest.raises(InvalidInput) as caught:
        load_dataset(name)
    assert f"{name}.npz" in str(caught.value)
    assert DATASETS[name].card.source in str(caught.value)
    assert "got none" in str(caught.value)


@pytest.mark.parametrize("name", NEED_A_FOLDER)
def test_a_folder_that_does_not_exist_or_is_a_file(name, tmp_path):
    file = tmp_path / f"{name}.npz"
    file.touch()
    for root in (tmp_path / "nowhere", file, str(file)):
        with pytest.raises(InvalidInput) as caught:
            load_dataset(name, root)
        assert f"holds {name}.npz" in str(caught.value)
        assert DATASETS[name].card.source in str(caught.value)
        assert f"{str(root)!r} is not a folder" in str(caught.value)


@pytest.mark.parametrize("name", NEED_A_FOLDER)
def test_a_folder_without_the_file(name, tmp_path):
    with pytest.raises(InvalidInput, match=rf"{name}\.npz must lie in"):
        load_dataset(name, tmp_path)


def test_a_truncated_file_is_damaged_wherever_it_ends(tmp_path):
    path = tmp_path / "hapt.npz"
    np.savez_compressed(path, **hapt_arrays())
    assert len(load_dataset("hapt", tmp_path)) == 1
    whole = path.read_bytes()
    for size in [*range(0, len(whole), 97), len(whole) - 1]:
        path.write_bytes(whole[:size])
        with pytest.raises(DamagedFile, match=r"hapt\.npz"):
            load_dataset("hapt", tmp_path)


def test_a_changed_byte_in_the_samples_is_noticed(tmp_path):
    path = tmp_path / "hapt.npz"
    np.savez(path, **hapt_arrays())
    whole = bytearray(path.read_bytes())
    # the accelerometer comes first and fills 3,600 bytes from about byte 200 on
    whole[2000] ^= 1
    path.write_bytes(whole)
    with pytest.raises(DamagedFile, match="cannot be read"):
        load_dataset("hapt", tmp_path)


def test_a_missing_array_is_named(tmp_path):
    arrays = hapt_arrays()
    del arrays["label"]
    np.savez(tmp_path / "hapt.npz", **arrays)
    with pytest.raises(DamagedFile, match="'label'"):
        load_dataset("hapt", tmp_path)


def test_objects_are_never_unpickled(tmp_path):
    np.savez(tmp_path / "hapt.npz", **hapt_arrays() | {"label": np.array([{}], dtype=object)})
    with pytest.raises(DamagedFile, match="plain arrays"):
        load_dataset("hapt", tmp_path)
