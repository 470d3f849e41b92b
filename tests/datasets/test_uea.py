"""Five problems of the UEA archive: its split, its texts, and classes that are what they are called."""

import numpy as np
import pytest

import interplay as ip
from interplay.datasets import find_dataset
from interplay.errors import DamagedFile, DataWarning, InvalidInput
from shared_data import shared

SIZES = {
    "racket_sports": (151, 152), "basic_motions": (40, 40), "epilepsy": (137, 138), "ering": (30, 270),
    "stand_walk_jump": (12, 15),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:13 pairs of entities:interplay.errors.DataWarning")
@pytest.mark.parametrize("name", SIZES)
def test_the_archive_splits_its_cases(name):
    card = find_dataset(name).card
    windows = ip.make_windows(ip.load_dataset(name, shared("uea_small")), **card.window_options)
    parts, _ = ip.data.split_windows(windows, card.splits["archive"])
    assert (len(parts["train"]), len(parts["test"])) == SIZES[name]
    assert len(windows.entities) == sum(SIZES[name])
    with np.load(shared("uea_small") / f"{find_dataset(name).problem}.npz") as data:
        np.testing.assert_array_equal(windows.y, data["y"] - 1)
        first_test = parts["test"].entities[0]
        assert int(first_test.split()[1]) - 1 == data["is_train"].sum()
        # the window ends with the case
        newest = windows.batch(np.arange(len(windows))).x
        newest = np.concatenate([x[:, -1, -1] for x in newest.values()], axis=1)
        np.testing.assert_array_equal(newest, data["x"][:, -1])


def test_cases_that_hold_the_same_samples_are_told():
    recordings = ip.load_dataset("epilepsy", shared("uea_small"))
    with pytest.warns(DataWarning, match=r"^13 pairs of entities .* such as 'case 087' and 'case 106', "):
        ip.make_windows(recordings, **find_dataset("epilepsy").card.window_options)


def test_classes_are_what_they_are_called():
    """Copies number the classes: the one who stands moves least, the one who runs most."""
    for name, still, moving in (("basic_motions", "standing", "running"), ("epilepsy", "walking", "running")):
        recordings = ip.load_dataset(name, shared("uea_small"))
        spread = {label: [] for label in recordings[0].classes}
        for r in recordings:
            acc = np.concatenate([s.values for s in r.streams.values()], axis=1)[:, :3]
            spread[r.classes[r.target.values[0]]].append(acc.std(0).mean())
        medians = {label: np.median(values) for label, values in spread.items()}
        assert min(medians, key=medians.get) == still
        assert max(medians, key=medians.get) == moving


def write_ts(root, problem, label, channels=6, steps=30):
    rng = np.random.default_rng(0)
    cases = {}
    for part, n in (("TRAIN", 3), ("TEST", 2)):
        cases[part] = rng.normal(size=(n, steps, channels)).astype(np.float32)
        rows = [
            ":".join(",".join(f"{v:.6f}" for v in case[:, c]) for c in range(channels)) + f":{label(part, k)}"
            for k, case in enumerate(cases[part])
        ]
        head = ["# made up", f"@problemName {problem}", "@timeStamps false", "@classLabel true", "@data"]
        (root / f"{problem}_{part}.ts").write_text("\n".join([*head, *rows]) + "\n")
    return np.concatenate(list(cases.values()))


def test_official_texts(tmp_path):
    strokes = ("Badminton_Smash", "Squash_BackhandBoast", "Badminton_Clear")
    folder = tmp_path / "RacketSports"
    folder.mkdir()
    x = write_ts(folder, "RacketSports", lambda part, k: strokes[k])
    for root in (tmp_path, folder):
        recordings = ip.load_dataset("racket_sports", root)
    assert [r.target.values[0] for r in recordings] == [0, 3, 1, 0, 3]
    np.testing.assert_allclose(recordings[4].streams["gyro"].values, x[4, :, 3:], atol=1e-6)
    assert [r.entity for r in recordings] == [f"case {k:03d}" for k in range(1, 6)]
    # the electrode's classes are numbers in the archive
    write_ts(folder, "ERing", lambda part, k: k + 1, channels=4, steps=65)
    assert [r.target.values[0] for r in ip.load_dataset("ering", folder)] == [0, 1, 2, 0, 1]


def test_texts_that_are_not_as_described_are_told(tmp_path):
    with pytest.raises(InvalidInput, match=r"must hold Epilepsy\.npz, or the official Epilepsy_TRAIN\.ts"):
        ip.load_dataset("epilepsy", tmp_path)
    write_ts(tmp_path, "Epilepsy", lambda part, k: "SAILING", channels=3, steps=206)
    with pytest.raises(DamagedFile, match=r"Epilepsy_TRAIN\.ts must hold .* row 6 does not"):
        ip.load_dataset("epilepsy", tmp_path)
    write_ts(tmp_path, "Epilepsy", lambda part, k: "SAWING", channels=2, steps=206)
    with pytest.raises(DamagedFile, match="must be cases of 3 channels"):
        ip.load_dataset("epilepsy", tmp_path)
    (tmp_path / "Epilepsy_TEST.ts").unlink()
    with pytest.raises(InvalidInput, match=r"Epilepsy_TEST\.ts must lie in"):
        ip.load_dataset("epilepsy", tmp_path)
