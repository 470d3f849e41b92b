"""Damaged studies: each gives one clear sentence with its file and row, and nothing is left behind."""

import copy

import numpy as np
import pandas as pd
import pytest
from small_studies import SPEC, tables, write_study

import interplay as ip
from interplay.errors import InterplayError
from interplay.study import check_study, read_study


def cut(folder, held, spec):
    import gzip

    held.pop("acc_bob.csv").to_csv(folder / "whole.csv", index=False)
    packed = gzip.compress((folder / "whole.csv").read_bytes())
    for who in ("ann", "cem", "dia"):
        held.pop(f"acc_{who}.csv").to_csv(folder / f"acc_{who}.csv.gz", index=False)
    (folder / "acc_bob.csv.gz").write_bytes(packed[: len(packed) // 2])
    (folder / "whole.csv").unlink()
    spec["streams"]["acc"]["files"] = "acc_{entity}.csv.gz"


def cut_parquet(folder, held, spec):
    for who in ("ann", "bob", "cem", "dia"):
        held.pop(f"acc_{who}.csv").to_parquet(folder / f"acc_{who}.parquet")
    path = folder / "acc_bob.parquet"
    path.write_bytes(path.read_bytes()[:300])
    spec["streams"]["acc"]["files"] = "acc_{entity}.parquet"


def pickled(folder, held, spec):
    for who in ("ann", "bob", "cem", "dia"):
        table = held.pop(f"acc_{who}.csv")
        np.savez(folder / f"acc_{who}.npz", **{name: table[name].to_numpy() for name in table})
    np.savez(folder / "acc_bob.npz", x=np.array([{}], dtype=object))
    spec["streams"]["acc"]["files"] = "acc_{entity}.npz"


def no_archive(folder, held, spec):
    pickled(folder, held, spec)
    (folder / "acc_bob.npz").write_bytes(bytes(range(256)))


def semicolons(folder, held, spec):
    held["acc_bob.csv"] = pd.DataFrame({"t;x;y;z": ["0;1;2;3"]})


def encodings(folder, held, spec):
    spec["streams"]["note"] = {"files": "note_{entity}.csv", "columns": ["n"], "time": "t"}
    (folder / "note_ann.csv").write_bytes("t,n,text\n1,2,für\n".encode() + "3,4,für\n".encode("latin-1"))


def set_at(name, column, row, value):
    def change(folder, held, spec):
        table = held[name].copy()
        table[column] = table[column].astype(object)
        table.loc[row, column] = value
        held[name] = table

    return change


def edit(**parts):
    def change(folder, held, spec):
        for path, value in parts.items():
            *steps, last = path.split("__")
            place = spec
            for step in steps:
                place = place[step]
            place[last] = value

    return change


def on(name, how):
    def change(folder, held, spec):
        held[name] = how(held[name])

    return change


def only_ann(folder, held, spec):
    for name in list(held):
        if any(who in name for who in ("bob", "cem", "dia")):
            del held[name]
    held["events.csv"] = held["events.csv"][lambda d: d["who"] == "ann"]


def target_in_a_stream(folder, held, spec):
    for who in ("ann", "bob", "cem", "dia"):
        table = held[f"acc_{who}.csv"]
        held[f"acc_{who}.csv"] = table.assign(z=(table["t"] > 15.0) * 1.0)


def mixed_zones(folder, held, spec):
    spec["streams"]["temp"]["time_unit"] = "datetime"
    t = [f"2024-03-01T10:00:{k:02d}{'Z' if k != 7 else ''}" for k in range(60)]
    for who in ("ann", "bob", "cem", "dia"):
        held[f"temp_{who}.csv"]["t"] = t


def twin(folder, held, spec):
    for kind in ("acc", "temp"):
        held[f"{kind}_bob.csv"] = held[f"{kind}_ann.csv"]
    held["events.csv"].loc[1, "t"] = 3.0


def bytes_of(name, change):
    """A table written as it is, and its bytes changed then."""

    def damage(folder, held, spec):
        whole = held.pop(name).to_csv(index=False).encode()
        (folder / name).write_bytes(change(whole))

    return damage


def same_column(folder, held, spec):
    """The target stands in a column that is a stream as well."""
    for k, who in enumerate(("ann", "bob", "cem", "dia")):
        state = np.random.default_rng(k).integers(0, 2, size=10).repeat(30)
        held[f"acc_{who}.csv"] = held[f"acc_{who}.csv"].assign(state=state)
    spec["streams"]["acc"]["columns"] = ["x", "y", "state"]
    spec["target"] = {"files": "acc_{entity}.csv", "column": "state", "classes": ["0", "1"], "time": "t"}


def line_of_the_target(folder, held, spec):
    """A stream is a continuous target on another scale."""
    for who in ("ann", "bob", "cem", "dia"):
        table = held[f"acc_{who}.csv"]
        held[f"acc_{who}.csv"] = table.assign(z=3 * table["x"] + 1)
    spec["target"] = {"files": "acc_{entity}.csv", "column": "x", "time": "t"}


def short_walks(folder, held, spec):
    labels = held["labels.csv"].astype({"to": float, "from": float})
    labels.loc[labels["state"] == "walk", "from"] = 29.0
    labels.loc[labels["state"] == "rest", "to"] = 29.0
    held["labels.csv"] = labels


# what is done to the study; file (and row) that must be named; what must be said
DAMAGES = {
    "truncated archive": (cut, "acc_bob.csv.gz", None, "cannot be read to its end"),
    "truncated parquet": (cut_parquet, "acc_bob.parquet", None, "cannot be read to its end"),
    "objects in an array": (pickled, "acc_bob.npz", None, "not an NPZ file of plain arrays"),
    "no archive": (no_archive, "acc_bob.npz", None, "cannot be read to its end (File is not a zip file)"),
    "wrong separator": (semicolons, "acc_bob.csv", None, "must be separated by commas; its header has ';'"),
    "mixed encodings": (encodings, "note_ann.csv", None, "must be UTF-8 throughout; row 3 is not"),
    "missing column": (on("acc_bob.csv", lambda d: d.rename(columns={"x": "X1"})), "acc_bob.csv", 1,
                       "column 'x' must be there"),
    "times go back": (set_at("acc_bob.csv", "t", 7, 0.0), "acc_bob.csv", 9, "must not go back; it does, by 0.6 s"),
    "duplicated stamp": (set_at("temp_bob.csv", "t", 7, 3000), "temp_bob.csv", 9, "should be new in each row"),
    "time is empty": (set_at("temp_bob.csv", "t", 3, None), "temp_bob.csv", 5, "must be a number; it is empty."),
    "mixed time zones": (mixed_zones, "temp_ann.csv", 9, "must name a time zone in all rows or in none"),
    "unit off by 1000": (on("temp_bob.csv", lambda d: d.assign(temp=d["temp"] * 1000)), "temp_bob.csv", None,
                         "0 times more. Is it in another unit?"),
    "g that is m/s2": (on("acc_bob.csv", lambda d: d.assign(x=0.1, y=0.1, z=9.8)), "acc_bob.csv", None, "in m/s2?"),
    "empty stream": (on("temp_bob.csv", lambda d: d[:0]), "temp_bob.csv", None, "should have rows; it has none"),
    "one entity only": (only_ann, "study.yaml", None, "there should be at least two entities; 'ann' is the only one"),
    "unknown label": (set_at("labels.csv", "state", 3, "wlak"), "labels.csv", 5, "'wlak' is not. Did you mean 'walk'?"),
    "labels as text": (edit(target__classes=["0", "1"]), "labels.csv", 2, "one of 0, 1; 'rest' and 'walk' are not"),
    "text among numbers": (set_at("acc_bob.csv", "y", 4, "1,5"), "acc_bob.csv", 6, "'1,5' is none. Write "
                                                                                   "decimals with a point, or say"),
    "infinite": (set_at("acc_bob.csv", "y", 4, np.inf), "acc_bob.csv", 6, "must be finite"),
    "unknown word": (edit(streams__acc__colums=["x"]), "study.yaml", None,
                     "settings must be known; got streams.acc.colums. Did you mean streams.acc.columns?"),
    "word of the wrong kind": (edit(windows__steps="five"), "study.yaml", None,
                               "study.yaml: windows.steps must be a whole number; got 'five'."),
    "unknown unit of time": (edit(streams__acc__time_unit="sec"), "study.yaml", None,
                             "streams.acc.time_unit must be one of"),
    "no such kind": (edit(target__kind="spans"), "study.yaml", None,
                     "target.kind must be one of ['series', 'intervals'"),
    "no start": (edit(target__start=None), "study.yaml", None, "target must name the column of its start"),
    "pattern matches nothing": (edit(streams__acc__files="accel_{entity}.csv"), "study.yaml", None, "must match"),
    "no {entity}": (edit(streams__acc__files="acc_ann.csv"), "study.yaml", None, "must hold {entity}, a file for each"),
    "entity without labels": (on("labels.csv", lambda d: d[d["who"] != "cem"]), "labels.csv", None, "'cem' has "
                                                                                                    "no labels"),
    "stops before it starts": (set_at("labels.csv", "to", 2, -1), "labels.csv", 4, "must not stop ('to') before "
                                                                                   "it starts"),
    "overlapping intervals": (set_at("labels.csv", "from", 5, 9), "labels.csv", 7, "intervals must not overlap"),
    "stream is the target": (target_in_a_stream, "acc_{entity}.csv", None, "tells the target without error"),
    "twice the same entity": (twin, "acc_bob.csv", None, "has the same samples of 'acc' as 'ann'"),
    "rate contradicted": (edit(streams__acc__rate_hz=100.0), "acc_ann.csv", None, "they say 10 Hz, the study 100 Hz"),
    "streams apart": (on("temp_bob.csv", lambda d: d.assign(t=d["t"] + 10**7)), "temp_bob.csv", None, "must overlap"),
    "too little of a class": (on("labels.csv", lambda d: d.assign(state=["rest"] * 7 + ["walk"])), "labels.csv", None,
                              "only 1 of 4 entities have the class 'walk'"),
    "cut in a row": (bytes_of("acc_bob.csv", lambda b: b[: b.index(b"\n7.5,") + 10]), "acc_bob.csv", None,
                     "is cut off: its last row has 2 of 4 cells"),
    "decimal commas": (bytes_of("acc_bob.csv", lambda b: b"t,x,y,z\n0,0,1,5,2,5,3,5\n"), "acc_bob.csv", None,
                       "row 2 has 8 cells, the header 4 names. Write decimals with a point"),
    "a column twice": (on("acc_bob.csv", lambda d: d.assign(x2=1).set_axis([*"txyzx"], axis=1)), "acc_bob.csv", None,
                       "row 1 has 'x' twice"),
    "an Excel file": (bytes_of("acc_bob.csv", lambda b: b"PK\x03\x04" + b), "acc_bob.csv", None,
                      "it is an Excel or ZIP file. Save it as CSV"),
    "time is infinite": (set_at("temp_bob.csv", "t", 59, np.inf), "temp_bob.csv", 61, "'inf' is not"),
    "empty cell, no fill": (set_at("acc_bob.csv", "y", 7, None), "acc_bob.csv", 9,
                            "'y' must have a value in each row, unless windows name a fill"),
    "regular stream pauses": (on("acc_bob.csv", lambda d: d.drop(index=range(100, 103))), "acc_bob.csv", 102,
                              "a regular stream must not pause; it does, for 0.4 s"),
    "ms said to be s": (edit(streams__temp__time_unit="s"), "temp_ann.csv", None,
                        "'temp' lasts 29500 s, and 'acc' (acc_ann.csv) 29.9 s"),
    "labels in ms": (on("labels.csv", lambda d: d.assign(**{"from": d["from"] * 1000, "to": d["to"] * 1000})),
                     "labels.csv", 3, "labels should lie within the samples, which go from 0 to 29.9 s"),
    "stream begins late": (on("temp_bob.csv", lambda d: d.assign(t=d["t"] + 60_000)), "temp_bob.csv", None,
                           "'temp' should overlap in time with another"),
    "Fahrenheit": (on("temp_bob.csv", lambda d: d.assign(temp=d["temp"] * 1.8 + 32)), "temp_bob.csv", None,
                   "is said to be in deg C, and is typically 96"),
    "row of no one": (set_at("events.csv", "who", 1, None), "events.csv", 3, "'who' should say whose row it is"),
    "labels of no one": (on("labels.csv", lambda d: d.replace("bob", "Bob")), "labels.csv", None,
                         "'Bob' has labels and no samples. Is it 'bob'?"),
    "static of no one": (on("people.csv", lambda d: d[:3]), "people.csv", None, "'dia' has no row"),
    "no such events": (edit(streams__drug__where={"kind": "insuline"}), "events.csv", None,
                       "'drug' has no values in any entity. Is `where` right?"),
    "rate not told": (edit(streams__temp={**SPEC["streams"]["temp"], "files": "acc_{entity}.csv", "columns": ["x"],
                                          "time_unit": "s", "bin": None}), "acc_ann.csv", None,
                      "'temp' has 10 samples in a step, evenly, and only the last of them would count. Say rate_hz"),
    "step of 3.3 samples": (edit(windows__step_s=0.33), "study.yaml", None, "step_s times the rate of 'acc' must be"),
    "negative rate": (edit(streams__acc__rate_hz=-5.0), "study.yaml", None,
                      "streams.acc.rate_hz must be more than 0; got -5"),
    "short of a class": (short_walks, "labels.csv", None, "only 4 of 104 windows have the class 'walk'"),
    "target is a column of a stream": (same_column, "acc_{entity}.csv", None, "'state' of 'acc' tells the target"),
    "target is a line of a stream": (line_of_the_target, "acc_{entity}.csv", None, "'z' of 'acc' tells the target"),
    "static twice": (on("people.csv", lambda d: pd.concat([d, d[:1]])), "people.csv", 6, "must have one row; it "
                                                                                         "has another"),
}  # fmt: skip


TOLD_BY_WINDOWS = ("empty cell, no fill",)
"""What can be read, and only stands in the way of windows without a fill policy, which says so in its own words."""


@pytest.mark.parametrize("damage", DAMAGES)
def test_one_clear_sentence(damage, tmp_path):
    change, file, row, sentence = DAMAGES[damage]
    held, spec = tables(), copy.deepcopy(SPEC)
    folder = tmp_path / "s"
    folder.mkdir()
    change(folder, held, spec)
    write_study(folder, held, spec)
    before = sorted(p.name for p in folder.rglob("*"))
    issues = [issue for issue in check_study(folder) if sentence in str(issue)]
    assert issues, [str(issue) for issue in check_study(folder)]
    assert file in str(issues[0])
    assert issues[0].row == row
    assert "\n" not in str(issues[0])
    if issues[0].level == "error":
        with pytest.raises(InterplayError) as caught:
            ip.make_windows(ip.read_folder(folder), **read_study(folder).card.window_options)
        assert sentence in str(caught.value) or damage in TOLD_BY_WINDOWS
    else:
        ip.read_folder(folder)
    assert sorted(p.name for p in folder.rglob("*")) == before


def test_all_is_told_at_once(tmp_path):
    held = tables()
    for change in (
        set_at("acc_ann.csv", "y", 4, np.inf),
        set_at("temp_bob.csv", "t", 3, None),
        set_at("labels.csv", "state", 7, "x"),
    ):
        change(None, held, SPEC)
    errors = [
        str(issue) for issue in check_study(write_study(tmp_path / "s", held)) if issue.level == "error"
    ]
    assert [text.split(":")[0] for text in errors] == [
        "acc_ann.csv, row 6",
        "temp_bob.csv, row 5",
        "labels.csv, row 9",
    ]


def test_yaml_that_does_not_parse_names_its_line(tmp_path):
    folder = write_study(tmp_path / "s")
    (folder / "study.yaml").write_text("streams:\n  acc: [1, 2\ntarget: x\n")
    (issue,) = check_study(folder)
    assert "is not YAML" in issue.sentence
    assert "line 3" in issue.sentence


def test_what_holds_for_many_entities_is_told_once(tmp_path):
    held = tables()
    del held["labels.csv"]
    issues = check_study(write_study(tmp_path / "s", held))
    assert [str(issue) for issue in issues if issue.level == "error"] == [
        "labels.csv: must be a file; there is none."
    ]


def test_rows_are_those_of_the_file_also_in_a_long_table(tmp_path):
    held, spec = tables(), copy.deepcopy(SPEC)
    long = pd.concat([held.pop(f"temp_{who}.csv").assign(who=who) for who in ("ann", "bob", "cem", "dia")])
    long["t"] += np.where((long["who"] == "cem") & (long["t"] >= 10_000), 10**6, 0)
    spec["streams"]["temp"] |= {"files": "temp.csv", "entity": "who"}
    issues = check_study(write_study(tmp_path / "s", held | {"temp.csv": long}, spec))
    (issue,) = [issue for issue in issues if issue.row]
    # two entities of 60 rows above, twenty rows of its own before the pause, and the header
    assert (issue.file, issue.row) == ("temp.csv", 2 * 60 + 20 + 2)
    assert "pauses for 1000.5 s" in issue.sentence


def test_samples_that_arrive_in_bursts_are_no_pause(tmp_path):
    held = tables(3000)
    for who in ("ann", "bob", "cem", "dia"):
        held[f"acc_{who}.csv"]["t"] = np.repeat(np.arange(300.0), 10) + np.tile(np.arange(10) / 1000, 300)
    assert check_study(write_study(tmp_path / "s", held)) == []
