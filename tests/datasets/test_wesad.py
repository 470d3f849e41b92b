"""WESAD in its official form: pickles of nested dicts, chest at 700 Hz, wrist at three rates, labels at 700 Hz."""

import os
import pickle

import numpy as np
import pytest

import interplay as ip
from interplay.datasets import check_dataset
from interplay.datasets.wesad import Wesad, WesadMeditation, WesadStress
from interplay.errors import DamagedFile, InvalidInput

WRIST = {"ACC": (32, 3), "BVP": (64, 1), "EDA": (4, 1), "TEMP": (4, 1)}


def official(label, seed=0):
    """As in the files: `label` has a code for each second; the wrist's acceleration is whole 64ths of g."""
    random, n = np.random.default_rng(seed), len(label)
    chest = {
        name: random.normal(size=(700 * n, 3 if name == "ACC" else 1))
        for name in ("ACC", "ECG", "EMG", "EDA", "Temp", "Resp")
    }
    wrist = {name: random.normal(size=(rate * n, d)) for name, (rate, d) in WRIST.items()}
    wrist["ACC"] = random.integers(-128, 128, size=(32 * n, 3)).astype(float)
    signal = {"chest": chest, "wrist": wrist}
    return {"signal": signal, "label": np.repeat(label, 700).astype(np.int32), "subject": f"S{seed}"}


def write(root, subject, data, protocol=2):
    path = root / "WESAD" / subject / f"{subject}.pkl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(data, protocol=protocol))
    return path


@pytest.mark.parametrize("task", [Wesad, WesadStress, WesadMeditation])
def test_the_contract(tmp_path, task):
    for k, subject in enumerate(("S2", "S3", "S17")):
        write(tmp_path, subject, official(np.repeat([0, 1, 2, 3, 4], [2, 24, 12, 12, 4]), seed=k))
    check_dataset(task(), tmp_path)


@pytest.mark.parametrize(
    ("task", "classes", "values"),
    [
        (WesadStress, ("no stress", "stress"), [-1, 0, 1, 0, -1]),
        (WesadMeditation, ("baseline", "stress", "amusement", "meditation"), [-1, 0, 1, 2, 3, -1]),
    ],
)
def test_two_and_four_conditions(tmp_path, task, classes, values):
    write(tmp_path, "S2", official([0, 1, 1, 2, 3, 4, 5, 6, 7]))
    (recording,) = task().recordings(tmp_path)
    assert recording.classes == classes
    np.testing.assert_array_equal(recording.target.values, values)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_signals_keep_their_rates_and_labels_their_meaning(tmp_path, protocol):
    data = official([0, 1, 1, 2, 3, 4, 5, 6, 7])
    write(tmp_path, "S2", data, protocol)
    (recording,) = Wesad().recordings(tmp_path)
    assert recording.entity == "S2"
    rates = {name: stream.rate_hz for name, stream in recording.streams.items()}
    assert {rates[name] for name in rates if name.startswith("chest")} == {700.0}
    assert (rates["wrist_acc"], rates["wrist_bvp"], rates["wrist_eda"], rates["wrist_temp"]) == (32, 64, 4, 4)
    assert len(rates) == 10
    # float32 keeps 7 digits
    np.testing.assert_allclose(
        recording.streams["chest_ecg"].values, data["signal"]["chest"]["ECG"], rtol=1e-6
    )
    # 64ths of g are exact in float32
    np.testing.assert_array_equal(recording.streams["wrist_acc"].values, data["signal"]["wrist"]["ACC"] / 64)
    # transient, then two seconds of baseline, stress, amusement; meditation and 5 to 7 are unlabelled
    np.testing.assert_array_equal(recording.target.values, [-1, 0, 1, 2, -1])
    np.testing.assert_allclose(recording.target.start_s, [0, 1, 3, 4, 5])


def test_windows_keep_every_rate(tmp_path):
    write(tmp_path, "S2", official(np.repeat([0, 1], 5)))
    card = Wesad.card
    windows = ip.make_windows(ip.load_dataset("wesad", tmp_path), step_s=card.step_s, steps=4)
    assert windows.schema.shapes == {
        "chest_acc": (700, 3), "chest_ecg": (700, 1), "chest_emg": (700, 1), "chest_eda": (700, 1),
        "chest_temp": (700, 1), "chest_resp": (700, 1),
        "wrist_acc": (32, 3), "wrist_bvp": (64, 1), "wrist_eda": (4, 1), "wrist_temp": (4, 1),
    }  # fmt: skip
    # seconds 6 to 10 are labelled
    np.testing.assert_allclose(windows.steps.time_s[windows.last], [6, 7, 8, 9, 10])
    # 0.25 s suits all rates as well: 175, 16, 8 and 1 samples
    quarter = ip.make_windows(ip.load_dataset("wesad", tmp_path), step_s=0.25, steps=4)
    assert {r for r, _ in quarter.schema.shapes.values()} == {175, 16, 8, 1}


def test_subjects_come_in_the_order_of_their_numbers_and_may_be_missing(tmp_path):
    for subject in ("S10", "S2", "S13"):
        write(tmp_path, subject, official([1, 2]))
    (tmp_path / "WESAD" / "S3").mkdir()
    for root in (tmp_path, tmp_path / "WESAD"):
        assert [r.entity for r in Wesad().recordings(root)] == ["S2", "S10", "S13"]


class Call:
    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


def test_a_pickle_that_would_run_something_is_refused(tmp_path):
    data = official([1, 2])
    data["signal"]["chest"]["ECG"] = Call(f"touch {tmp_path / 'ran'}")
    write(tmp_path, "S2", data)
    with pytest.raises(InvalidInput, match=r"S2\.pkl must hold plain values .* asks for posix\.system"):
        ip.load_dataset("wesad", tmp_path)
    assert not (tmp_path / "ran").exists()


def without(data, *keys):
    for key in keys[:-1]:
        data = data[key]
    del data[keys[-1]]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda d: without(d, "label"), "must hold label; it has no 'label'"),
        (lambda d: without(d, "signal", "wrist", "BVP"), "must hold signal / wrist / BVP; it has no 'BVP'"),
        (lambda d: d.update(label="x"), "must hold numbers as label; it holds str"),
        (lambda d: d.update(label=np.full(1400, 8)), "labels of .* must be one of .*; got 8"),
        (lambda d: d.update(label=np.ones((1400, 1))), r"got shape \(1400, 1\)"),
        (
            lambda d: d["signal"]["chest"].update(ACC=np.zeros((1400, 2))),
            r"'chest_acc' as \(samples, 3\); got shape \(1400, 2\)",
        ),
        (
            lambda d: d["signal"]["wrist"].update(EDA=np.zeros((1400, 1))),
            "as long as its labels, 2 s; 'wrist_eda' lasts 350 s at 4 Hz",
        ),
    ],
)
def test_what_a_file_lacks_is_told(tmp_path, change, sentence):
    data = official([1, 2])
    change(data)
    write(tmp_path, "S2", data)
    with pytest.raises(DamagedFile, match=sentence):
        ip.load_dataset("wesad", tmp_path)


def test_a_truncated_file_and_a_folder_without_files(tmp_path):
    path = write(tmp_path, "S2", official([1, 2]))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DamagedFile, match=r"S2\.pkl cannot be read to its end as a pickle"):
        ip.load_dataset("wesad", tmp_path)
    with pytest.raises(InvalidInput, match=r"must hold WESAD/S2/S2\.pkl"):
        ip.load_dataset("wesad", tmp_path / "WESAD" / "S2")
