"""`interplay events` on a made-up drug that lowers a level from the third hour after it to the fourth."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

import interplay as ip
from interplay.cli import main
from interplay.errors import InterplayError
from interplay.profile import stretches
from interplay.study import Study, read_events, with_events

HOURS, PEOPLE, EFFECT = 120, 24, 1.4
BINS = ["--bins-s", "[0, 3600, 7200, 10800, 14400, 18000]"]
ASKED = ["--about", "level", "--absolute", "--sources", "[mood]", *BINS, "--permutations", "59"]
SPEC = {
    "title": "A made-up drug",
    "streams": {
        name: {"files": "levels.csv", "entity": "who", "columns": [name], "time": "h", "time_unit": "h", "bin": "mean"}
        for name in ("level", "mood")
    }
    | {
        "drug": {"files": "given.csv", "entity": "entity", "time": "time", "time_unit": "h", "where": {"kind": "drug"}},
    },
    "target": {"files": "labels.csv", "entity": "who", "column": "state", "classes": ["low", "high"],
               "kind": "intervals", "start": "from", "stop": "to", "time_unit": "h"},
    "windows": {"step_s": 3600.0, "steps": 2},
}  # fmt: skip


def write_study(folder: Path) -> Path:
    """Level and mood at half past every hour; with them the drug, which is known at the end of its hour, and a placebo
    that does nothing."""
    rng = np.random.default_rng(0)
    levels, given, labels = [], [], []
    for k in range(PEOPLE):
        who = f"p{k:02d}"
        level = rng.normal(size=HOURS)
        begin = rng.choice(np.arange(8, HOURS - 16, 16), 4, replace=False) + rng.integers(0, 3, 4)
        placebo = rng.choice(np.arange(HOURS - 10), 4, replace=False)
        # the first bin is the hour after the drug's own
        level[begin + 3] -= EFFECT
        level[begin + 4] -= EFFECT
        hours = np.arange(HOURS) + 0.5
        levels.append(pd.DataFrame({"who": who, "h": hours, "level": level, "mood": rng.normal(size=HOURS)}))
        for kind, when in (("drug", begin), ("placebo", placebo)):
            given.append(pd.DataFrame({"entity": who, "time": when + 0.5, "kind": kind}))
        labels.append({"who": who, "from": 0.0, "to": HOURS / 2, "state": "low"})
        labels.append({"who": who, "from": HOURS / 2, "to": float(HOURS), "state": "high"})
    folder.mkdir(exist_ok=True)
    pd.concat(levels).to_csv(folder / "levels.csv", index=False)
    pd.concat(given).sort_values(["entity", "time"]).to_csv(folder / "given.csv", index=False)
    pd.DataFrame(labels).to_csv(folder / "labels.csv", index=False)
    (folder / "study.yaml").write_text(yaml.safe_dump(SPEC, sort_keys=False), "utf-8")
    return folder


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    return write_study(tmp_path_factory.mktemp("events") / "study")


@pytest.fixture(scope="module")
def windows(study) -> ip.Windows:
    return ip.make_windows(ip.read_folder(study), step_s=3600.0, steps=2)


def clear_of(file: Path) -> list:
    rows = stretches(ip.InteractionProfile.load(file))
    return rows[rows["significant"]][["atom", "source_i", "start_s", "stop_s"]].to_numpy().tolist()


TRUTH = [["mi", "drug", 7200.0, 14400.0], ["unique", "drug", 7200.0, 14400.0]]


@pytest.mark.slow
def test_a_file_of_events_gives_the_stretch_of_the_effect_and_no_other(study, tmp_path, capsys):
    out, file = tmp_path / "dose.nc", str(study / "given.csv")
    words = ["events", str(study), "-o", str(out), "--events", file, "--kind", "drug", *ASKED, "--quiet"]
    assert main(words) == 1
    assert (
        "events must have a name of their own beside the streams; 'drug' is one." in capsys.readouterr().err
    )
    assert main([*words, "--name", "dose"]) == 0
    said = capsys.readouterr().out
    assert sorted(clear_of(out)) == [[atom, "dose", *when] for atom, _, *when in TRUTH]
    assert said.splitlines()[0] == (
        "68 events of 'dose' and 68 control times, in 17 entities; level in 5 bins of time, 0 to 5 h after dose."
    )
    means = [line.split() for line in said.splitlines() if line.startswith("  ") and " h  " in line]
    assert [line[:4] for line in means] == [[str(k), "to", str(k + 1), "h"] for k in range(5)]
    after, control = (np.array([float(line[k]) for line in means]) for k in (4, 5))
    # means of 68 values, of a spread of 1
    assert np.abs(after - [0, 0, -EFFECT, -EFFECT, 0]).max() < 4 / np.sqrt(68)
    assert np.abs(control).max() < 4 / np.sqrt(68)
    assert "  dose alone tells up to 0." in said
    assert "bits, from 2 to 4 h after dose (q = 0.017)." in said
    assert "  No redundancy in a stretch that stands clear of chance." in said
    assert " lag" not in said


@pytest.mark.slow
def test_a_stream_gives_the_same_events_as_the_file(study, windows, tmp_path, capsys):
    out = tmp_path / "stream.nc"
    assert main(["events", str(study), "-o", str(out), "--events", "drug", *ASKED, "--json", "-q"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert sorted(clear_of(out)) == TRUTH
    assert [
        [row["atom"], row["source_i"], row["start_s"], row["stop_s"]] for row in rows if row["significant"]
    ] == [list(row) for row in clear_of(out)]


def test_a_file_is_read_on_the_clock_of_its_study(study, windows):
    """Clocks of recordings begin with their first sample, that of the file does not."""
    apart = with_events(Study(study), study / "given.csv", kind="drug", name="dose")
    both = ip.make_windows(apart.recordings(), step_s=3600.0, steps=2)
    doses, drugs = (ip.Events.where(both, name, above=0.0).row.tolist() for name in ("dose", "drug"))
    assert doses == drugs
    assert len(drugs) == 4 * PEOPLE
    # of what lies outside of recordings nothing is read, and no step is added
    far = pd.DataFrame({"entity": ["p00", "p01"], "time": [-1e6, 1e6]})
    pd.concat([pd.read_csv(study / "given.csv").query("kind == 'drug'")[["entity", "time"]], far]).to_csv(
        study / "wide.csv", index=False
    )
    wide = ip.make_windows(with_events(Study(study), study / "wide.csv").recordings(), step_s=3600.0, steps=2)
    assert len(wide.steps) == len(windows.steps)
    assert ip.Events.where(wide, "wide", above=0.0).row.tolist() == drugs


@pytest.mark.slow
def test_what_does_nothing_is_not_said_to_do_anything(study, tmp_path, capsys):
    out = tmp_path / "placebo.nc"
    words = [
        "events",
        str(study),
        "-o",
        str(out),
        "--events",
        str(study / "given.csv"),
        "--kind",
        "placebo",
        *ASKED,
    ]
    assert main([*words, "--quiet", "--name", "sugar"]) == 0
    assert clear_of(out) == []
    assert capsys.readouterr().out.count("stands clear of chance.") == 4
    assert ip.InteractionProfile.load(out).axis.name == "time since sugar"


def test_dates_are_read_where_recordings_have_dates(study, tmp_path):
    """The same study by dates of another time zone, and a table of events by such dates."""
    folder = tmp_path / "dated"
    folder.mkdir()
    start = pd.Timestamp("2024-03-01")
    levels, given, labels = (pd.read_csv(study / f"{name}.csv") for name in ("levels", "given", "labels"))
    levels["h"] = start + pd.to_timedelta(levels["h"], unit="h")
    given["time"] = start + pd.to_timedelta(given["time"], unit="h")
    for end in ("from", "to"):
        labels[end] = start + pd.to_timedelta(labels[end], unit="h")
    for name, table in (("levels", levels), ("given", given), ("labels", labels)):
        table.to_csv(folder / f"{name}.csv", index=False)
    dated = {"time_unit": "datetime", "format": {"time_zone": "Asia/Kolkata"}}
    spec = {**SPEC, "streams": {name: {**stream, **dated} for name, stream in SPEC["streams"].items()},
            "target": {**SPEC["target"], **dated}}  # fmt: skip
    (folder / "study.yaml").write_text(yaml.safe_dump(spec), "utf-8")
    apart = with_events(Study(folder), folder / "given.csv", kind="drug", name="dose")
    windows = ip.make_windows(apart.recordings(), step_s=3600.0, steps=2)
    doses, drugs = (ip.Events.where(windows, name, above=0.0).row.tolist() for name in ("dose", "drug"))
    assert doses == drugs
    assert len(drugs) == 4 * PEOPLE


def test_a_split_of_a_run_holds_whatever_events_are_asked_about(study, windows, tmp_path, capsys):
    _, manifest = ip.data.split_windows(windows, seed=3, options={"step_s": 3600.0, "steps": 2})
    manifest.save(tmp_path / "split.json")
    out = tmp_path / "p.nc"
    words = [
        "events",
        str(study),
        "-o",
        str(out),
        "--events",
        str(study / "given.csv"),
        "--kind",
        "placebo",
        *ASKED,
    ]
    assert main([*words, "--split", str(tmp_path / "split.json"), "-q"]) == 0
    assert set(ip.InteractionProfile.load(out).entities) == set(manifest.parts["train"].entities)


@pytest.mark.slow
def test_events_of_a_data_set_are_in_seconds_of_its_recordings(tmp_path, capsys):
    file, out = tmp_path / "bells.csv", tmp_path / "bells.nc"
    rows = [f"subject{k:02d},{time}" for k in range(1, 26) for time in (40, 90, 140, 190)]
    file.write_text("\n".join(["entity,time", *rows]), "utf-8")
    words = ["events", "hapt_sample", "-o", str(out), "--events", str(file), "--about", "body_vertical"]
    usual = ["--sources", "[gravity]", "--bins-s", "[0, 1, 2]", "--permutations", "19", "-q"]
    assert main([*words, *usual]) == 0
    assert " events of 'bells' and " in capsys.readouterr().out
    assert clear_of(out) == [] or "bells" not in str(clear_of(out))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--events", "pill"], "--events must be a .csv file, or one of ['level', 'mood', 'drug', 'low', 'high']; got"),
        (["--events", "none.csv"], "events must be in a file that is there; there is no none.csv."),
        (["--events", "GIVEN"], "a kind must be chosen where a table holds several;"),
        (["--events", "GIVEN", "--kind", "pill"], "the kind must be one of ['drug', 'placebo'], which"),
        (["--events", "GIVEN", "--kind", "drug", "--above", "1"], "--above must be given of a stream alone;"),
        (["--events", "drug", "--kind", "drug"], "--kind must be given of a file alone; 'drug' is a stream."),
        (["--events", "drug", "--above", "99"], "there must be at least one event of 'drug'; none lies in the steps."),
        (["--events", "drug", "--about", "pulse"], "a stream must be one of"),
        (["--events", "drug", "--bins-s", "[0, 60]"], "60 s"),
        (["--events", "drug", "--permutations", "3"], "n_permutations must be a whole number of at least 19"),
        (["--events", "drug", "--estimator", "PosteriorPID"], "windows for PosteriorPID must have class labels;"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_sentence(study, tmp_path, capsys, words, message):
    words = [word.replace("GIVEN", str(study / "given.csv")) for word in words]
    usual = [] if "--about" in words else ["--about", "level"]
    usual += [] if "--bins-s" in words else BINS
    assert main(["events", str(study), "-o", str(tmp_path / "p.nc"), *usual, *words, "--quiet"]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("who,time\np00,3\n", "a table of events must have the columns 'entity' and 'time', and 'kind'"),
        ("entity,time\np00,\n", "every event must have all of its cells; row 2 of"),
        ("entity,time\np00,5\np01,soon\n", "row 3 of"),
        ("entity,time\nnobody,5\n", "must name entities of the data, such as 'p00'; it has 'nobody'."),
        ("entity,time\np00,1e9\n", "none lies in the steps."),
        ("", "is not a table"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(study, windows, tmp_path, text, message):
    file = tmp_path / "events.csv"
    file.write_text(text, "utf-8")
    with pytest.raises(InterplayError, match=message.replace("(", r"\(")):
        read_events(file, windows)
