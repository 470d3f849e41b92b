"""Reading a user's own folder: every form of file, time and target gives what is in it."""

import copy

import numpy as np
import pandas as pd
import pytest
import yaml
from small_studies import SPEC, WHO, write_study
from small_studies import tables as small_tables

import interplay as ip
from interplay.datasets import check_dataset
from interplay.errors import InvalidInput
from interplay.study import (
    check_study,
    find_source,
    has_errors,
    init_study,
    read_study,
    tables,
)


def changed(**parts):
    """SPEC with some entries replaced, by dotted name with two underscores."""
    spec = copy.deepcopy(SPEC)
    for name, value in parts.items():
        *path, last = name.split("__")
        place = spec
        for step in path:
            place = place[step]
        place[last] = value
    return spec


def test_a_whole_study_is_read_as_it_was_written(tmp_path):
    held = small_tables()
    study = read_study(write_study(tmp_path / "s", held))
    recordings = list(study.recordings())
    assert [r.entity for r in recordings] == list(WHO)
    ann = recordings[0]
    np.testing.assert_allclose(
        ann.streams["acc"].values, held["acc_ann.csv"][["x", "y", "z"]].to_numpy(), atol=1e-6
    )
    assert (ann.streams["acc"].rate_hz, ann.streams["acc"].start_s) == (10.0, 0.0)
    # milliseconds became seconds; the drug is an event that counts as 1, and glucose is not it
    assert ann.streams["temp"].times_s[:3].tolist() == [0.0, 0.5, 1.0]
    assert ann.streams["drug"].times_s.tolist() == [3.0]
    assert ann.streams["drug"].values.tolist() == [[1.0]]
    assert ann.static == {"age": 30.0, "sex=f": 1.0, "sex=m": 0.0}
    assert np.isnan(recordings[2].static["age"])
    assert np.isnan(recordings[3].static["sex=f"])
    windows = ip.make_windows(recordings, **study.card.window_options)
    # windows that end after 5 to 15 s are rest, after 16 to 30 s walk
    assert np.bincount(windows.y).tolist() == [4 * 11, 4 * 15]
    assert windows.classes == ("rest", "walk")
    assert check_study(tmp_path / "s") == []


def test_a_study_is_a_data_set(tmp_path):
    folder = write_study(tmp_path / "s")
    dataset, root = find_source(folder)
    assert root == folder
    assert len(list(dataset.recordings(root))) == 4
    assert len(ip.read_folder(folder)) == 4
    assert find_source("hapt_sample")[0].card.name == "hapt_sample"
    with pytest.raises(
        InvalidInput,
        match=r"must hold a study.yaml; it does not. Write one with `interplay "
        r"init-study",
    ):
        find_source(tmp_path)


@pytest.mark.parametrize("suffix", ["parquet", "npz", "csv.gz"])
def test_other_formats_hold_the_same(tmp_path, suffix):
    held, spec = small_tables(), changed(streams__acc__files=f"{{entity}}/acc.{suffix}")
    plain = ip.read_folder(write_study(tmp_path / "csv", held))
    folder = write_study(tmp_path / "other", held, spec)
    for who in WHO:
        (folder / who).mkdir()
        table, path = held[f"acc_{who}.csv"], folder / who / f"acc.{suffix}"
        if suffix == "parquet":
            table.to_parquet(path)
        elif suffix == "npz":
            np.savez(path, **{name: table[name].to_numpy() for name in table})
        else:
            table.to_csv(path, index=False)
    for one, other in zip(plain, ip.read_folder(folder), strict=True):
        np.testing.assert_array_equal(one.streams["acc"].values, other.streams["acc"].values)


@pytest.mark.parametrize("whole_below", [10**9, 10])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_one_long_table_is_read_entity_by_entity(tmp_path, monkeypatch, whole_below, suffix):
    monkeypatch.setattr(tables, "WHOLE_BELOW", whole_below)
    held = small_tables()
    long = pd.concat([held[f"acc_{who}.csv"].assign(id=k) for k, who in enumerate(WHO)]).sample(
        frac=1, random_state=0
    )
    long = long.sort_values("t", kind="stable")
    events = held["events.csv"].assign(who=[0, 1, 2, 3, 0])
    labels = held["labels.csv"].assign(who=np.repeat(np.arange(4), 2))
    spec = {
        "streams": {
            "acc": {"files": f"all.{suffix}", "entity": "id", "columns": ["x", "y", "z"], "rate_hz": 10.0},
            "drug": {"files": "events.csv", "entity": "who", "time": "t"},
        },
        "target": SPEC["target"],
        "windows": SPEC["windows"],
    }
    folder = write_study(tmp_path / "s", {"events.csv": events, "labels.csv": labels}, spec)
    long.to_csv(folder / "all.csv", index=False) if suffix == "csv" else long.to_parquet(
        folder / "all.parquet"
    )
    recordings = ip.read_folder(folder)
    assert [r.entity for r in recordings] == ["0", "1", "2", "3"]
    for k, recording in enumerate(recordings):
        np.testing.assert_allclose(
            recording.streams["acc"].values, held[f"acc_{WHO[k]}.csv"][["x", "y", "z"]], atol=1e-6
        )


def test_dates_of_different_zones_are_one_clock(tmp_path):
    start = pd.Timestamp("2024-03-01 10:00:00+01:00")
    held = small_tables()
    for who in WHO:
        t = start + pd.to_timedelta(held[f"temp_{who}.csv"]["t"], unit="ms")
        held[f"temp_{who}.csv"]["t"] = t.map(lambda x: x.isoformat())
        t = (start + pd.to_timedelta(held[f"acc_{who}.csv"]["t"], unit="s")).dt.tz_convert("UTC")
        held[f"acc_{who}.csv"]["t"] = t.map(lambda x: x.isoformat())
    for name, columns in (("labels.csv", ["from", "to"]), ("events.csv", ["t"])):
        for column in columns:
            held[name][column] = (start + pd.to_timedelta(held[name][column], unit="s")).map(
                lambda x: x.isoformat()
            )
    spec = changed(
        streams__acc__time_unit="datetime", streams__temp__time_unit="datetime", streams__drug__time_unit="datetime",
        target__time_unit="datetime",
    )  # fmt: skip
    folder = write_study(tmp_path / "s", held, spec)
    plain = ip.make_windows(ip.read_folder(write_study(tmp_path / "plain")), step_s=1.0, steps=5)
    dated = ip.make_windows(ip.read_folder(folder), step_s=1.0, steps=5)
    np.testing.assert_array_equal(dated.y, plain.y)
    np.testing.assert_allclose(
        dated.batch(np.arange(9)).x["temp"], plain.batch(np.arange(9)).x["temp"], atol=1e-6
    )


@pytest.mark.parametrize(
    ("target", "table", "kind"),
    [
        ({"files": "y.csv", "entity": "who", "column": "died", "classes": ["0", "1"], "kind": "entity"},
         pd.DataFrame({"who": WHO, "died": [0, 1, 0, 1]}), "classes"),
        ({"files": "y.csv", "entity": "who", "column": "score", "kind": "entity", "time": "at"},
         pd.DataFrame({"who": WHO, "score": [0.5, 1.5, 2.5, 3.5], "at": [30.0, 20.0, 10.0, 30.0]}), "number"),
        ({"files": "y.csv", "entity": "who", "column": "state", "classes": ["a", "b"], "time": "t"},
         pd.DataFrame({"who": np.repeat(WHO, 30), "state": ["a", "b"] * 60, "t": [*range(30)] * 4}), "classes"),
    ],
)  # fmt: skip
def test_targets_of_every_kind(tmp_path, target, table, kind):
    folder = write_study(tmp_path / "s", {**small_tables(), "y.csv": table}, changed(target=target))
    windows = ip.make_windows(ip.read_folder(folder), step_s=1.0, steps=5)
    assert windows.kind == kind
    if target["kind" if "kind" in target else "column"] == "entity":
        assert len(windows) == 4
        assert windows.y.tolist() == (table["died"] if kind == "classes" else table["score"]).tolist()
    else:
        # the label of second k holds to second k + 1, where step k ends
        assert windows.y[:4].tolist() == [0, 1, 0, 1]


def test_a_new_study_is_guessed_from_its_files_and_works_once_corrected(tmp_path):
    held = small_tables()
    folder = tmp_path / "s"
    folder.mkdir()
    for who in WHO:
        held[f"acc_{who}.csv"].to_csv(folder / f"acc_{who}.csv", index=False)
        states = pd.DataFrame({"t": np.arange(30.0), "label": ["rest"] * 15 + ["walk"] * 15})
        (folder / who).mkdir()
        states.to_csv(folder / who / "states.csv", index=False)
    path = init_study(folder).path
    spec = yaml.safe_load(path.read_text())
    assert spec["target"]["files"] == "{entity}/states.csv"
    assert spec["target"]["classes"] == ["rest", "walk"]
    stream = next(iter(spec["streams"].values()))
    assert stream["columns"] == ["x", "y", "z"]
    assert stream["time"] == "t"
    windows = ip.make_windows(ip.read_folder(folder), step_s=1.0, steps=5)
    assert len(windows.entities) == 4
    with pytest.raises(InvalidInput, match="must not exist yet, and does"):
        init_study(folder)


def test_every_kind_of_file_is_guessed(tmp_path):
    rng, t = np.random.default_rng(0), np.arange(320) / 32
    for who in WHO:
        (tmp_path / "wrist").mkdir(exist_ok=True)
        pd.DataFrame({"time": t, "x": rng.normal(size=320)}).to_csv(
            tmp_path / "wrist" / f"{who}.csv", index=False
        )
        pd.DataFrame({"time": t[::8], "eda": rng.normal(size=40)}).to_parquet(tmp_path / f"eda_{who}.parquet")
    late = np.sort(rng.uniform(0, 10, size=(4, 12)), axis=1).ravel() / 60
    who = np.repeat(WHO, 12)
    pd.DataFrame({"who": who, "minute": late, "hr": rng.normal(70, 9, size=48)}).to_csv(
        tmp_path / "hr.csv", index=False
    )
    pd.DataFrame({"minute": late[::6], "drug": ["a", "b"] * 4, "who": who[::6]}).to_csv(
        tmp_path / "drugs.csv", index=False
    )
    pd.DataFrame(
        {"who": np.repeat(WHO, 2), "start": [0, 5] * 4, "stop": [5, 10] * 4, "label": ["rest", "walk"] * 4}
    ).to_csv(tmp_path / "labels.csv", index=False)
    pd.DataFrame({"who": WHO, "age": [30, 41, 52, 55]}).to_csv(tmp_path / "people.csv", index=False)
    text = init_study(tmp_path).path.read_text()
    spec = yaml.safe_load(text)
    assert {
        name: (s.get("rate_hz"), s.get("entity"), s.get("columns")) for name, s in spec["streams"].items()
    } == {
        "wrist": (32.0, None, ["x"]),
        "eda": (4.0, None, ["eda"]),
        "hr": (None, "who", ["hr"]),
        "drugs": (None, "who", None),
    }
    assert spec["streams"]["hr"]["time_unit"] == "min"
    # a hundredth of 10 s, 0.1 s, is 3.2 samples of the wrist's; 0.25 s is 8 of them and one of eda
    assert spec["windows"] == {"step_s": 0.25, "steps": 10}
    assert spec["target"] == {"files": "labels.csv", "entity": "who", "column": "label", "classes": ["rest", "walk"],
                              "kind": "intervals", "start": "start", "stop": "stop"}  # fmt: skip
    assert "#   file: people.csv\n#   entity: who\n#   columns: [age]\n" in text
    assert not has_errors(check_study(tmp_path))


def test_there_must_be_a_folder_with_files(tmp_path):
    with pytest.raises(InvalidInput, match="must be a folder with the files of a study; there is none"):
        init_study(tmp_path / "new")
    with pytest.raises(InvalidInput, match="must hold tables"):
        init_study(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_contract_of_data_sets_holds_but_for_what_a_study_cannot_say(tmp_path):
    study = read_study(write_study(tmp_path / "s"))
    with pytest.raises(AssertionError) as caught:
        check_dataset(study, tmp_path / "s")
    # its files are where study.yaml is, whatever folder is named
    assert str(caught.value).count(" | ") == 0
    assert "refuses_a_folder_without_its_files" in str(caught.value)
