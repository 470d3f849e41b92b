"""The registry: a contract that every data set keeps, and what is said when one cannot be loaded."""

import numpy as np
import pytest

from interplay.datasets import DATASETS, check_dataset, find_dataset, load_dataset
from interplay.errors import DamagedFile, InvalidInput
from shared_data import shared

FOLDERS = {
    **{f"mimic{k}_demo_{what}": f"mimic{k}_demo" for k in (3, 4) for what in ("glucose", "potassium")},
    **{f"hydraulic_{part}": "hydraulic_1hz" for part in ("cooler", "valve", "pump", "accumulator")},
    **dict.fromkeys(("racket_sports", "basic_motions", "epilepsy", "ering", "stand_walk_jump"), "uea_small"),
    "beijing_air_classes": "beijing_air",
    "shanghai_glucose": "shanghai_diabetes",
    "mimic4_demo_bedside": "mimic4_demo_vitals",
}
"""Folders of data sets that are not called like them."""
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


class Counted:
    """A data set whose entities are noted while it is read, so that it need not be read again to count them."""

    def __init__(self, dataset):
        self.dataset, self.card, self.entities = dataset, dataset.card, set()

    def recordings(self, root):
        for recording in self.dataset.recordings(root):
            self.entities.add(recording.entity)
            yield recording


LARGE = (
    "physionet2012",
    "mmash",
    "beijing_air",
    "mimic3_demo_potassium",
    "mimic3_demo_glucose",
    "mimic4_demo_potassium",
    "stress_predict",
    "beijing_air_classes",
    "eicu_demo",
    "mimic3_demo",
    "mimic4_demo",
    "mimic4_demo_glucose",
)


@pytest.mark.filterwarnings("ignore::interplay.errors.DataWarning")
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in LARGE else name for name in DATASETS]
)
def test_every_data_set_keeps_the_contract(name):
    dataset = find_dataset(name)
    assert dataset.card.name == name
    root = "." if dataset.card.bundled else shared(FOLDERS.get(name, name))
    counted = Counted(dataset)
    check_dataset(counted, root)
    assert f"{len(counted.entities):,} " in dataset.card.entities


def test_the_sample_needs_no_folder():
    assert len(load_dataset("hapt_sample")) >= 10


@pytest.mark.parametrize(
    ("name", "meant"), [("hpat", "hapt"), ("HAPT_sample", "hapt_sample"), ("stress_predic", "stress_predict")]
)
def test_a_name_that_is_nearly_right(name, meant):
    with pytest.raises(InvalidInput, match=rf"got '{name}'\. Did you mean {meant}\?$"):
        load_dataset(name)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(InvalidInput) as caught:
        load_dataset("weather")
    assert str(caught.value).startswith(
        f"data set must be one of {sorted(DATASETS)}, a class, or an import path"
    )
    assert str(caught.value).endswith("got 'weather'.")


@pytest.mark.parametrize("name", NEED_A_FOLDER)
def test_no_folder(name):
    with pytest.raises(InvalidInput) as caught:
        load_dataset(name)
    assert DATASETS[name].card.files in str(caught.value)
    assert DATASETS[name].card.source in str(caught.value)
    assert "got none" in str(caught.value)


@pytest.mark.parametrize("name", NEED_A_FOLDER)
def test_a_folder_that_does_not_exist_or_is_a_file(name, tmp_path):
    file = tmp_path / f"{name}.npz"
    file.touch()
    for root in (tmp_path / "nowhere", file, str(file)):
        with pytest.raises(InvalidInput) as caught:
            load_dataset(name, root)
        assert f"holds {DATASETS[name].card.files}" in str(caught.value)
        assert DATASETS[name].card.source in str(caught.value)
        assert f"{str(root)!r} is not a folder" in str(caught.value)


@pytest.mark.parametrize("name", NEED_A_FOLDER)
def test_a_folder_without_the_file(name, tmp_path):
    with pytest.raises(InvalidInput, match=r"must (lie in|hold)"):
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


def test_a_row_too_long_is_told_in_one_line(tmp_path):
    (tmp_path / "Occupancy_Estimation.csv").write_text("a,b\n1,2\n1,2,3,4\n")
    with pytest.raises(DamagedFile, match=r"line 3, saw 4\)\. Copy or download it again\.$") as caught:
        load_dataset("room_occupancy", tmp_path)
    assert "\n" not in str(caught.value)


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
