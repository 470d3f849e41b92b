"""Prepared steps in place of a study: the same numbers to the bit, from every command."""

import numpy as np
import pytest
import torch
import xarray as xr

import interplay as ip
from interplay.cli import main
from interplay.errors import InvalidInput
from interplay.study import Prepared, find_source, windows_to_predict
from small_runs import SMALL
from test_predict_study import FINAL, SERIES, write

SETTINGS = [word for name, value in SMALL.items() for word in (f"--{name}", str(value))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A study, and what `interplay prepare` made of it."""
    folder = tmp_path_factory.mktemp("prepared")
    write(folder / "study")
    assert main(["prepare", str(folder / "study"), "-o", str(folder / "steps"), "--quiet"]) == 0
    return folder


def test_the_windows_are_those_of_the_study(folder):
    steps = ip.read_steps(folder / "steps", check=True)
    windows = ip.make_windows(steps, steps=5)
    same = ip.make_windows(ip.read_folder(folder / "study"), step_s=1.0, steps=5)
    every = np.arange(len(same))
    np.testing.assert_array_equal(windows.last, same.last)
    for name, x in same.batch(every).x.items():
        np.testing.assert_array_equal(windows.batch(every).x[name], x)
    assert windows.entities == same.entities
    assert windows.schema == same.schema


def test_estimates_are_equal_to_the_bit(folder):
    profiles = []
    for source in ("study", "steps"):
        words = ["--estimator.epochs", "2", "--lags-s", "[0, 1]", "--quiet", "--test", "0.25"]
        assert main(["estimate", str(folder / source), "-o", str(folder / f"{source}.nc"), *words]) == 0
        with xr.open_dataset(folder / f"{source}.nc", engine="h5netcdf") as dataset:
            profiles.append(dataset.load())
    assert float(profiles[0]["mi"].max()) > 0.1
    xr.testing.assert_equal(*profiles)


@pytest.mark.slow
def test_training_evaluation_and_predictions_are_equal_to_the_bit(folder):
    runs, tables = [], []
    for source in ("study", "steps"):
        out = folder / f"run_{source}"
        data = ["--data", str(folder / source)]
        assert (
            main(
                ["train", *data, "-o", str(out), "--profile", "none", "--quiet", "--test", "0.25", *SETTINGS]
            )
            == 0
        )
        assert main(["evaluate", str(out), "--quiet"]) == 0
        table = folder / f"{source}.parquet"
        assert main(["predict", str(out), *data, "-o", str(table), "--quiet"]) == 0
        runs.append(ip.load_run(out))
        tables.append(table.read_bytes())
    one, other = (run.model.state_dict() for run in runs)
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert runs[0].evaluation.test == runs[1].evaluation.test
    assert runs[0].split.parts == runs[1].split.parts
    assert tables[0] == tables[1]
    # what the data are called and where they came from is told of the study itself
    assert runs[1].data.card["title"] == runs[0].data.card["title"]


@pytest.mark.parametrize("target", [SERIES, FINAL])
def test_what_is_predicted_of_data_without_labels_is_the_same(tmp_path, target):
    study = write(tmp_path / "study", target)
    for path in [*study.glob("labels_*.csv"), study / "outcome.csv"]:
        path.unlink()
    with pytest.raises(InvalidInput):
        ip.prepare(study, tmp_path / "steps")
    ip.prepare(study, tmp_path / "steps", labelled=False)
    windows = [
        windows_to_predict(*find_source(tmp_path / name, labelled=False), step_s=1.0, steps=5)
        for name in ("study", "steps")
    ]
    np.testing.assert_array_equal(windows[0].last, windows[1].last)
    assert len(windows[1]) == (4 if target is FINAL else 4 * 56)


def test_what_was_chosen_when_steps_were_laid_may_be_said_but_not_otherwise(folder, capsys):
    dataset, root = find_source(folder / "steps")
    assert isinstance(dataset, Prepared)
    assert len(dataset.windows(step_s=1.0, fill=None, steps=5)) == 4 * 56
    words = ["estimate", str(folder / "steps"), "-o", str(folder / "other.nc"), "--step-s", "2"]
    assert main(words) == 1
    assert "step_s must be as the steps" in capsys.readouterr().err
    assert main(["prepare", str(folder / "steps"), "-o", str(folder / "again")]) == 1
    assert "holds steps already" in capsys.readouterr().err
    with pytest.raises(InvalidInput, match="holds steps that were prepared"):
        dataset.recordings(root)


def test_an_interrupted_preparation_goes_on_unless_a_file_has_changed(tmp_path, monkeypatch):
    from interplay.study import study as studies

    study, out, read = write(tmp_path / "study"), tmp_path / "steps", []
    read_entity = studies.read_entity

    def counted(one, key):
        read.append(key.entity)
        if len(read) == 3:
            raise KeyboardInterrupt
        return read_entity(one, key)

    monkeypatch.setattr(studies, "read_entity", counted)
    with pytest.raises(KeyboardInterrupt):
        ip.prepare(study, out)
    ip.prepare(study, out)
    assert read == ["p0", "p1", "p2", "p2", "p3"]
    ip.read_steps(out, check=True)
    read.clear()
    with pytest.raises(KeyboardInterrupt):
        ip.prepare(study, out, overwrite=True)
    text = (study / "hr_p0.csv").read_text()
    (study / "hr_p0.csv").write_text(text.replace("\n10,", "\n10,9", 1))
    ip.prepare(study, out, overwrite=True)
    assert read == ["p0", "p1", "p2", "p0", "p1", "p2", "p3"]
