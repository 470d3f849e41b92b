"""The command line: what it prints, writes and refuses."""

import json
import webbrowser

import numpy as np
import pandas as pd
import pytest

import interplay as ip
from interplay.cli import COMMANDS, main
from interplay.datasets import DATASETS
from interplay.profile import InteractionProfile, TripleProfile
from interplay.report import figures
from interplay.train import load_run

# few windows and little training: seconds instead of minutes
SMALL = ["--steps", "3", "--stride", "36", "--lags-s", "[0.0, 1.0]"]
QUICK = ["--estimator.epochs", "2", "--estimator.n_rotations", "9", "--estimator.n_bootstrap", "10"]
TINY = ["--recipe", "network", "--model.width", "16", "--model.layers", "1", "--optimiser.epochs", "1",
        "--optimiser.least_steps", "0", "--optimiser.held_out", "0"]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A profile and a run made by the commands themselves."""
    folder = tmp_path_factory.mktemp("cli")
    profile, run = str(folder / "profile.nc"), str(folder / "run")
    assert main(["estimate", "hapt_sample", "-o", profile, *SMALL, *QUICK]) == 0
    assert main(["train", "--data", "hapt_sample", "-o", run, "--profile", profile, *SMALL, *TINY]) == 0
    return folder


def test_estimate_writes_a_profile_of_the_training_entities(folder):
    profile = InteractionProfile.load(folder / "profile.nc")
    assert len(profile.entities) == 17  # 25 subjects, 30 % kept for testing: round(7.5) = 8
    assert list(profile.lag_s) == [0.0, 1.0]


def test_train_takes_the_settings_it_is_given(folder):
    run = load_run(folder / "run")
    assert (run.recipe.model.width, run.recipe.model.layers, run.recipe.optimiser.epochs) == (16, 1, 1)
    assert run.recipe.model.num_experts == 8
    assert run.data.card["licence"] == "CC BY 4.0"
    assert run.profile == InteractionProfile.load(folder / "profile.nc")


@pytest.mark.slow
def test_evaluate_predict_and_report_follow(folder, capsys, monkeypatch):
    # every figure is written elsewhere
    all_of = figures._drawings
    monkeypatch.setattr(figures, "_drawings", lambda run: {"alone": all_of(run)["alone"]})
    run = str(folder / "run")
    assert main(["evaluate", run, "--data", "hapt_sample", "--stride", "120", "--json"]) == 0
    out = capsys.readouterr()
    scores = json.loads(out.out)
    assert scores["n_entities"] == 8
    assert scores == load_run(run).evaluation.test
    # without --data of what the run was trained from
    assert main(["evaluate", run, "--stride", "120", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == scores
    table = folder / "table.csv"
    assert main(["predict", run, "--data", "hapt_sample", "--stride", "120", "-o", str(table)]) == 0
    assert len(pd.read_csv(table)) > scores["n_windows"]  # of all entities
    shown = []
    monkeypatch.setattr(webbrowser, "open", lambda address: shown.append(address) or False)
    assert main(["report", run, "--open"]) == 0
    assert shown == [(folder / "run" / "report.html").resolve().as_uri()]
    assert "there is no browser to open" in capsys.readouterr().err
    assert "In short" in (folder / "run" / "report.html").read_text("utf-8")
    assert main(["report", run]) == 1
    assert "must not exist yet, and does" in capsys.readouterr().err
    drawn = folder / "figures"
    assert main(["report", run, "--overwrite", "--figures", str(drawn)]) == 0
    assert f"2 files in {drawn}" in capsys.readouterr().out
    assert (drawn / "alone.pdf").read_bytes()[:4] == b"%PDF"


def not_traced(program, example, path):
    """Writes no program; tests of exports write real ones, which torch takes seconds to trace."""
    path.write_bytes(b"")
    return lambda inputs: program(*inputs).numpy()


@pytest.mark.parametrize("traced", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_export_writes_a_program_beside_the_run(folder, capsys, monkeypatch, traced):
    if not traced:
        monkeypatch.setattr("interplay.train.export._write_pt2", not_traced)
    for name in ("model.pt2", "model.pt2.json"):
        (folder / "run" / name).unlink(missing_ok=True)
    assert main(["export", str(folder / "run")]) == 0
    assert "It agrees with the run" in capsys.readouterr().out
    assert (folder / "run" / "model.pt2").is_file()
    interface = json.loads((folder / "run" / "model.pt2.json").read_text())
    assert interface["inputs"]["gravity"]["channels"] == ["x", "y", "z"]
    assert main(["export", str(folder / "run")]) == 1
    assert "must not exist yet" in capsys.readouterr().err


def test_the_list_is_folded_on_a_terminal_and_a_line_each_elsewhere(capsys, monkeypatch):
    assert main(["datasets", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(DATASETS)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "100")
    assert main(["datasets", "list"]) == 0
    folded = capsys.readouterr().out.splitlines()
    assert max(map(len, folded)) <= 100
    # the words are the same; what follows a name is indented
    assert " ".join(folded).split() == " ".join(lines).split()
    assert len([line for line in folded if not line.startswith(" ")]) == len(lines)


def test_data_sets_are_listed_and_described(capsys):
    assert main(["datasets", "list", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == set(DATASETS)
    assert main(["datasets", "info", "hapt_sample"]) == 0
    out = capsys.readouterr().out
    assert "licence: CC BY 4.0" in out
    assert "access: hapt_sample comes with the package" in out
    assert main(["datasets", "info", "cmu_mosi_utterance"]) == 0
    assert "official: test 31 entities; train the others" in capsys.readouterr().out
    assert main(["datasets", "info", "pamap2"]) == 0
    assert "access: interplay datasets fetch pamap2\n" in capsys.readouterr().out


def test_what_cannot_be_fetched_is_told_before_anything_begins(capsys):
    assert main(["datasets", "fetch", "wesad"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("interplay: wesad cannot be fetched for you. Open archive.ics.uci.edu")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["datasets", "info", "hapt_sampel"], "must be one of ['hapt_sample', "),
        (["datasets", "info", "hapt_sampel"], "Did you mean hapt_sample?"),
        (
            ["compare", "OUT/a.nc", "OUT/b.nc", "--open"],
            "--open must have a page to show; name one with --page.",
        ),
        (["estimate", "hapt", "-o", "OUT/p.nc"], "root must be a folder that holds hapt.npz"),
        (["estimate", "hapt_sample", "-o", "OUT/nowhere/p.nc"], "the folder of"),
        (["estimate", "hapt_sample", "-o", "OUT/p.nc", "--steps", "2000"], "must fit into a segment"),
        (["train", "--data", "hapt_sample", "-o", "OUT/r", "--recipe", "fancy"], "recipe must be one of"),
        (
            ["train", "--data", "hapt_sample", "-o", "OUT/r", "--recipe", "guided_dens"],
            "one of ['guided_dense', ",
        ),
        (["train", "--data", "hapt_sample", "-o", "OUT/r", "--model.width", "50"], "multiple of heads (4)"),
        (["train", "--data", "hapt_sample", "-o", "OUT"], "must not exist yet, and does"),
        (["train", "--data", "hapt_sample", "-o", "OUT/r", "--profile", "OUT/no.nc"], "there is no file"),
        (["evaluate", "OUT/none", "--data", "hapt_sample"], "there is no folder"),
        (["predict", "OUT", "--data", "hapt_sample", "-o", "OUT/t.xls"], "must end in .parquet or .csv"),
        (["report", "OUT"], "config.yaml is missing"),
        (["demo", "-o", "OUT"], "must not exist yet, and does"),
    ],
)
def test_what_is_wrong_with_data_or_run_is_one_line_and_exit_code_1(words, message, tmp_path, capsys):
    assert main([word.replace("OUT", str(tmp_path)) for word in words]) == 1
    err = capsys.readouterr().err
    assert message in err
    assert err.startswith("interplay: ")
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_triples_lie_beside_the_profile(tmp_path, capsys):
    words = ["estimate", "hapt_sample", "--stride", "120", "--estimator", "DiscretePID", "--estimator.n_rotations", "9",
             "--estimator.n_cells", "3", "--quiet", "-o", str(tmp_path / "p.nc"), "--lags-s", "[0]"]  # fmt: skip
    assert main([*words, "--beyond-pairs"]) == 0
    assert "triples looked promising and were measured" in capsys.readouterr().out
    triples = TripleProfile.load(tmp_path / "p.triples.nc")
    assert triples.entities == InteractionProfile.load(tmp_path / "p.nc").entities
    assert main([*words, "--beyond-pairs", "--overwrite", "--rate"]) == 1
    assert "--rate and --beyond-pairs must not be asked for at once" in capsys.readouterr().err
    (tmp_path / "p.nc").unlink()
    assert main([*words, "--beyond-pairs"]) == 1
    assert "p.triples.nc" in capsys.readouterr().err


@pytest.mark.slow
def test_rates_and_news_can_be_asked_for(tmp_path, capsys):
    words = ["estimate", "hapt_sample", "--stride", "40", "--estimator", "DiscretePID", "--estimator.n_rotations", "9",
             "--estimator.n_cells", "3", "--quiet"]  # fmt: skip
    assert main([*words, "-o", str(tmp_path / "rate.nc"), "--rate", "--lags-s", "[0, 1]"]) == 0
    assert "bits per step" in capsys.readouterr().out
    rate = InteractionProfile.load(tmp_path / "rate.nc")
    assert rate.kind == "rate"
    assert set(map(tuple, rate.dataset.attrs["lags_s"].values())) == {(0.0, 1.0)}
    assert main([*words, "-o", str(tmp_path / "news.nc"), "--novel", "--lags-s", "[0, 1]"]) == 0
    assert "When it arrives:" in capsys.readouterr().out
    news = InteractionProfile.load(tmp_path / "news.nc").dataset
    assert news["novel"].sizes["lag"] == 2
    assert "novel_joint" not in news
    assert main([*words, "-o", str(tmp_path / "pairs.nc"), "--novel-pairs", "--lags-s", "[0, 1]"]) == 0
    assert "When it arrives:" in capsys.readouterr().out
    pairs = InteractionProfile.load(tmp_path / "pairs.nc").dataset
    assert np.isfinite(pairs["novel_joint"].values[0, 1]).all()
    np.testing.assert_array_equal(pairs["novel"].values, news["novel"].values)
    assert main([*words, "-o", str(tmp_path / "both.nc"), "--novel", "--rate"]) == 1
    assert "--rate and --novel must not be asked for at once" in capsys.readouterr().err


@pytest.mark.slow
def test_any_estimator_can_be_named(tmp_path, capsys):
    words = ["estimate", "hapt_sample", "-o", str(tmp_path / "p.nc"), "--lags-s", "[0]", "--stride", "16"]
    assert main([*words, "--estimator", "DiscretePID", "--estimator.n_cells", "4"]) == 0
    assert "tell" in capsys.readouterr().out
    attributes = InteractionProfile.load(tmp_path / "p.nc").dataset.attrs
    assert attributes["estimator"] == "DiscretePID"
    # all else is as in Python, and nothing as another estimator has it
    assert attributes["parameters"] == ip.DiscretePID(n_cells=4).get_params()
    assert main([*words[:3], str(tmp_path / "q.nc"), "--estimator", "GaussianPID"]) == 1
    assert "must be given a continuous target" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["estimate", "hapt_sample", "-o", "x", "--estimator", "NoSuch"],
        ["fly"],
        ["estimate", "hapt_sample"],
        ["train", "--data", "x", "-o", "y", "--model.widht", "3"],
        ["datasets"],
    ],
)
def test_wrong_usage_is_exit_code_2(words, capsys):
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code == 0
    assert COMMANDS[command][0] in " ".join(capsys.readouterr().out.split())


def test_the_recipe_named_is_the_default_of_its_settings(capsys):
    with pytest.raises(SystemExit):
        main(["train", "--recipe", "paper", "--help-settings"])
    out = " ".join(capsys.readouterr().out.split())
    assert "(default: 128)" in out.partition("--model.width N")[2].partition("--model.layers")[0]
    assert "--model.router.gru_width N" in out


def test_a_run_is_trained_again_on_the_split_of_another(folder, tmp_path, capsys):
    split, run = str(folder / "run" / "split.json"), str(tmp_path / "again")
    words = ["train", "--data", "hapt_sample", "-o", run, "--profile", "none", "--split", split, *TINY]
    assert main(words) == 0
    first, again = (load_run(where) for where in (folder / "run", run))
    assert again.split == first.split
    assert again.data.entities == first.data.entities
    assert again.data.n_windows == first.data.n_windows
    assert set(first.split.parts) == {"train", "test"}
    assert first.split.options["stride"] == 36
    capsys.readouterr()
    other = [
        "train",
        "--data",
        "hapt_sample",
        "-o",
        str(tmp_path / "other"),
        "--split",
        split,
        "--stride",
        "3",
    ]
    assert main(other) == 1
    assert "stride must be that of the split, 36; got 3." in capsys.readouterr().err


def test_nothing_is_fetched_without_consent(tmp_path, capsys):
    assert main(["datasets", "fetch", "room_occupancy", "-o", str(tmp_path / "x")]) == 1
    err = capsys.readouterr().err
    assert "Licence: CC BY 4.0" in err
    assert "--yes must be given where nobody can be asked" in err
    assert main(["datasets", "fetch", "hapt_sample", "-o", str(tmp_path / "x"), "--yes"]) == 1
    assert "there is nothing to fetch" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
