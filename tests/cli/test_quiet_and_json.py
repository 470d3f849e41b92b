"""What is printed where: results on stdout, progress and messages on stderr, nothing of these with --quiet."""

import json
import sys

import pytest

from interplay.cli import main
from interplay.train import load_run

SMALL = ["--steps", "3", "--stride", "96", "--lags-s", "[0.0, 1.0]"]
QUICK = ["--estimator", "DiscretePID", "--estimator.n_cells", "4", "--estimator.n_bootstrap", "10"]
TINY = ["--recipe", "network", "--model.width", "16", "--model.layers", "1", "--optimiser.epochs", "1",
        "--optimiser.least_steps", "0", "--optimiser.held_out", "0"]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("quiet")


def said(words, capsys):
    capsys.readouterr()
    assert main(words) == 0
    return capsys.readouterr()


@pytest.mark.slow
def test_commands_are_quiet_one_after_the_other(folder, capsys):
    profile, run, table = (str(folder / name) for name in ("p.nc", "run", "t.csv"))
    estimate = ["estimate", "hapt_sample", "-o", profile, *SMALL, *QUICK]
    out, err = said([*estimate, "--quiet"], capsys)
    assert (out.splitlines()[0][:23], err) == ("Strongest interactions ", "")
    assert "Profile:" not in out
    out, err = said([*estimate, "--overwrite"], capsys)
    assert f"Profile: {profile}" in out
    assert "measuring interactions" in err
    train = ["train", "--data", "hapt_sample", "-o", run, "--profile", profile, *SMALL, *TINY]
    out, err = said([*train, "-q"], capsys)
    assert (out.count("\n"), err) == (1, "")
    assert out.startswith(f"Run: {run}   (")
    data = [run, "--data", "hapt_sample", "--stride", "200"]
    out, err = said(["evaluate", *data, "-q", "--json"], capsys)
    assert err == ""
    scores = json.loads(out)
    out, err = said(["evaluate", *data], capsys)
    assert f"macro-F1 {scores['macro_f1']:.3f}" in out
    assert f"balanced accuracy {scores['balanced_accuracy']:.3f}" in out
    assert f"Next: interplay report {run}" in out
    assert "evaluating" in err
    out, err = said(["predict", *data, "-o", table, "-q", "--json"], capsys)
    assert err == ""
    assert json.loads(out)["columns"][:2] == ["entity", "time_s"]
    out, err = said(["report", run, "-q", "--json"], capsys)
    assert (json.loads(out), err) == ({"report": f"{run}/report.html"}, "")


def test_a_tracked_training_says_where_and_without_its_library_how_to_get_it(folder, capsys, monkeypatch):
    words = ["train", "--data", "hapt_sample", "--profile", "none", *SMALL, *TINY, "-q", "--json"]
    there = folder / "curves"
    if_there = pytest.importorskip("tensorboard")
    assert if_there
    out, _ = said(
        [*words, "-o", str(folder / "a"), "--track", "tensorboard", "--track-to", str(there)], capsys
    )
    assert list(there.glob("events.*"))
    assert json.loads(out)["epoch"] == 1 == len(load_run(folder / "a").log)
    monkeypatch.setitem(sys.modules, "mlflow", None)
    assert main([*words, "-o", str(folder / "b"), "--track", "mlflow"]) == 1
    assert "pip install 'interplay[tracking]'" in capsys.readouterr().err
    assert not (folder / "b").exists()
