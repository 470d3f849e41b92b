"""Predictions of study folders: without labels, without files of a stream, and who is left out."""

import shutil
import warnings

import numpy as np
import pytest

import interplay as ip
from interplay.cli import main
from interplay.errors import DataWarning, InvalidInput
from interplay.study import find_source, windows_to_predict
from small_runs import SMALL

PEOPLE, N, STEPS = 4, 60, 5
SPEC = """
streams:
  acc: {{files: "acc_{{entity}}.csv", columns: [x, y], time: time, rate_hz: 1}}
  hr: {{files: "hr_{{entity}}.csv", columns: [hr], time: time, rate_hz: 1}}
target: {target}
windows: {{step_s: 1, steps: 5}}
"""
SERIES = '{files: "labels_{entity}.csv", column: label, classes: [rest, walk], time: time}'
FINAL = "{files: outcome.csv, entity: who, column: died, classes: [no_, yes_], kind: entity}"


def write(folder, target=SERIES, first=0, n=N):
    folder.mkdir()
    outcome = "who,died\n"
    for k in range(first, first + PEOPLE):
        rng = np.random.default_rng(k)
        y = np.repeat(rng.integers(0, 2, n // 10), 10)
        time = range(len(y))
        rows = {
            "acc": ("x,y", [f"{3 * v + rng.normal():.4f},{rng.normal():.4f}" for v in y]),
            "hr": ("hr", [f"{70 + 2 * v + rng.normal():.4f}" for v in y]),
            "labels": ("label", ["walk" if v else "rest" for v in y]),
        }
        for name, (header, cells) in rows.items():
            lines = [f"time,{header}", *(f"{t},{cell}" for t, cell in zip(time, cells, strict=True))]
            (folder / f"{name}_p{k}.csv").write_text("\n".join(lines) + "\n")
        outcome += f"p{k},{'yes_' if k % 2 else 'no_'}\n"
    (folder / "outcome.csv").write_text(outcome)
    (folder / "study.yaml").write_text(SPEC.format(target=target), "utf-8")
    return folder


def predicted(run, folder):
    """Table of predictions and what was noted."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        dataset, root = find_source(folder, labelled=False)
        table = run.predict(windows_to_predict(dataset, root, step_s=1.0, steps=STEPS))
    return table, [str(w.message) for w in caught if issubclass(w.category, DataWarning)]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = write(tmp_path_factory.mktemp("study") / "train")
    return ip.fit(ip.make_windows(ip.read_folder(folder), step_s=1.0, steps=STEPS), settings=SMALL)


@pytest.fixture
def new(tmp_path):
    return write(tmp_path / "new", first=10)


def test_without_labels_the_same_is_predicted(run, new):
    whole, notes = predicted(run, new)
    assert notes == []
    # each window of 5 of 60 steps
    assert len(whole) == PEOPLE * (N - STEPS + 1)
    for remove in ("labels_p11.csv", "labels_*.csv"):
        for path in new.glob(remove):
            path.unlink()
        table, notes = predicted(run, new)
        assert notes == []
        np.testing.assert_array_equal(table["p_walk"], whole["p_walk"])
        unlabelled = table["entity"] == "p11" if remove == "labels_p11.csv" else table["entity"] != ""
        assert (table["label"].isna() == unlabelled).all()
    # to learn and to test there must be labels
    with pytest.raises(InvalidInput, match="must match at least one file"):
        ip.read_folder(new)


def test_a_study_that_names_no_target(run, new):
    whole, _ = predicted(run, new)
    text = (new / "study.yaml").read_text("utf-8")
    (new / "study.yaml").write_text(
        "".join(line for line in text.splitlines(True) if "target" not in line), "utf-8"
    )
    table, notes = predicted(run, new)
    assert notes == []
    np.testing.assert_array_equal(table["p_walk"], whole["p_walk"])


def test_labels_that_cannot_be_read_are_told_and_left_out(run, new):
    path = new / "labels_p12.csv"
    path.write_text(path.read_text().replace("walk", "run"))
    table, notes = predicted(run, new)
    assert table["label"][table["entity"] == "p12"].isna().all()
    assert len(notes) == 1
    assert notes[0].startswith("labels are left out: labels_p12.csv, row ")


def test_a_stream_that_nobody_has_counts_as_never_observed(run, new):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        recordings = ip.read_folder(new)
    for path in new.glob("hr_*.csv"):
        path.unlink()
    table, notes = predicted(run, new)
    assert notes == [f"'hr' has no file hr_{{entity}}.csv in {new}: it counts as never observed."]
    without = [ip.Recording(
        entity=r.entity, streams={"acc": r.streams["acc"]}, target=r.target, classes=r.classes
    ) for r in recordings]  # fmt: skip
    with pytest.warns(DataWarning, match="'hr' is not there"):
        expected = run.predict(ip.make_windows(without, step_s=1.0, steps=STEPS))
    np.testing.assert_allclose(table["p_walk"], expected["p_walk"], rtol=1e-6)
    for path in new.glob("acc_*.csv"):
        path.unlink()
    with pytest.raises(InvalidInput, match="must match at least one file"):
        predicted(run, new)


def test_a_stream_that_one_person_lacks_is_told(run, new):
    (new / "hr_p12.csv").unlink()
    table, notes = predicted(run, new)
    assert notes == ["'hr' has nothing of 'p12': it counts as never observed there."]
    assert sorted(set(table["entity"])) == ["p10", "p11", "p12", "p13"]


@pytest.mark.slow
def test_labels_in_the_tables_of_samples_may_be_missing(tmp_path):
    def write_table(folder, people, *, labelled):
        folder.mkdir()
        for k in people:
            y = np.repeat(np.random.default_rng(k).integers(0, 2, N // 10), 10)
            rows = [
                f"{t},{60 + 5 * v + t % 3}" + (f",{'walk' if v else 'rest'}" if labelled else "")
                for t, v in enumerate(y)
            ]
            header = "time,hr,label" if labelled else "time,hr"
            (folder / f"p{k}.csv").write_text("\n".join([header, *rows]) + "\n")
        (folder / "study.yaml").write_text(
            'streams:\n  hr: {files: "p{entity}.csv", columns: [hr], time: time, rate_hz: 1}\n'
            'target: {files: "p{entity}.csv", column: label, classes: [rest, walk], time: time}\n'
            "windows: {step_s: 1, steps: 5}\n"
        )
        return folder

    trained = write_table(tmp_path / "train", range(8), labelled=True)
    run = ip.fit(ip.make_windows(ip.read_folder(trained), step_s=1.0, steps=STEPS), settings=SMALL)
    table, notes = predicted(run, write_table(tmp_path / "new", range(10, 13), labelled=False))
    assert notes == []
    assert table["label"].isna().all()
    assert len(table) == 3 * (N - STEPS + 1)


def test_who_is_left_out_is_named(run, new):
    for name in ("acc", "hr"):
        path = new / f"{name}_p11.csv"
        path.write_text("".join(path.read_text().splitlines(True)[:4]))
    shutil.copy(new / "labels_p12.csv", new / "labels_p99.csv")
    table, notes = predicted(run, new)
    assert sorted(set(table["entity"])) == ["p10", "p12", "p13"]
    assert notes == [
        "'p99' has labels and no samples: left out.",
        "'p11' left out: no window of 5 steps of 1 s fits there.",
    ]


def test_one_label_each_is_one_prediction_each_with_labels_or_without(tmp_path):
    trained = write(tmp_path / "train", FINAL)
    run = ip.fit(ip.make_windows(ip.read_folder(trained), step_s=1.0, steps=STEPS), settings=SMALL)
    new = write(tmp_path / "new", FINAL, first=10)
    whole, _ = predicted(run, new)
    (new / "outcome.csv").unlink()
    table, _ = predicted(run, new)
    assert table["entity"].tolist() == whole["entity"].tolist() == ["p10", "p11", "p12", "p13"]
    np.testing.assert_array_equal(table["p_yes_"], whole["p_yes_"])
    assert table["label"].isna().all()


def test_the_command_line_predicts_without_labels(run, new, tmp_path, capsys):
    run.save(tmp_path / "run")
    for path in new.glob("labels_*.csv"):
        path.unlink()
    out = tmp_path / "predictions.csv"
    assert main(["predict", str(tmp_path / "run"), "--data", str(new), "-o", str(out), "-q"]) == 0
    assert len(out.read_text().splitlines()) == 1 + PEOPLE * (N - STEPS + 1)
