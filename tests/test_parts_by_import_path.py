"""A router, a loss, an encoder, an estimator and a data set from a file outside the package, named by import path."""

import json
import shutil
import sys
from pathlib import Path

import pytest

import interplay as ip
import outside_parts
from interplay.cli import main
from interplay.errors import InvalidInput
from interplay.registry import Registry
from interplay.train import make_recipe

FILE = Path(outside_parts.__file__)
SMALL = ["--model.width", "8", "--model.heads", "2", "--model.layers", "1", "--model.expert_width", "8", "-q",
         "--optimiser.epochs", "1", "--optimiser.least_steps", "0"]  # fmt: skip


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A folder with somebody's file, from where commands are called."""
    shutil.copy(FILE, tmp_path / "my_lab.py")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "my_lab", raising=False)
    return tmp_path


def test_a_data_set_and_an_estimator_on_the_command_line(lab, capsys):
    words = [
        "estimate",
        "my_lab.Ward",
        "-o",
        "ward.nc",
        "--estimator",
        "my_lab.CoarsePID",
        "--estimator.n_cells",
        "3",
    ]
    assert main([*words, "--json", "-q"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["source_i"] for row in rows} == {"heart"}
    profile = ip.InteractionProfile.load("ward.nc")
    assert profile.dataset.attrs["estimator"] == "CoarsePID"
    assert profile.dataset.attrs["parameters"]["n_cells"] == 3


def test_a_router_a_loss_and_an_encoder_on_the_command_line(lab, capsys):
    words = ["train", "--data", "my_lab.Ward", "-o", "run", "--recipe", "network", "--profile", "none", *SMALL,
             "--model.router", "my_lab.AngleRouter", "--model.router.sharpness", "3",
             "--model.encoder", "my_lab.LoudEncoder", "--losses.peaked", "my_lab.Peaked",
             "--losses.peaked.weight", "0.25", "--losses.router_z", "0"]  # fmt: skip
    assert main([*words, "--json"]) == 0
    assert "peaked" in json.loads(capsys.readouterr().out)
    run = ip.load_run("run")
    (layer,) = run.model.moe_layers
    assert type(layer.router).__name__ == "AngleRouter"
    assert layer.router.sharpness == 3.0
    assert type(run.model.encoder).__name__ == "LoudEncoder"
    losses = {name: chosen.settings["weight"] for name, chosen in run.recipe.losses.items()}
    assert (losses["peaked"], losses["router_z"]) == (0.25, 0.0)


def test_parts_in_python_and_in_a_recipe_file(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("model:\n  router:\n    name: outside_parts.AngleRouter\n    sharpness: 4\n"
                    "losses:\n  peaked: outside_parts.Peaked\n")  # fmt: skip
    recipe = make_recipe(path)
    by_class = make_recipe(
        settings={
            "model.router": outside_parts.AngleRouter,
            "model.router.sharpness": 4,
            "losses.peaked": outside_parts.Peaked,
        }
    )
    assert recipe == by_class
    assert recipe.model.router.build(8, 4).sharpness == 4.0
    windows = ip.make_windows(ip.load_dataset("outside_parts.Ward"), step_s=1.0, steps=3)
    named, given = (
        ip.TemporalRUS(estimator, lags_s=[0], progress=lambda done: None).fit(windows).profile_
        for estimator in ("outside_parts.CoarsePID", outside_parts.CoarsePID())
    )
    assert named == given


def test_what_is_no_part_is_refused():
    parts = Registry("part", {"one": outside_parts.Ward})
    with pytest.raises(InvalidInput, match=r"part must be one of \['one'\].* got 'on'. Did you mean one\?"):
        parts.find("on")
    with pytest.raises(InvalidInput, match="cannot: No module named 'nowhere'"):
        parts.find("nowhere.Part")
    assert parts.name_of(outside_parts.Peaked) == "outside_parts.Peaked"
    assert parts.find(outside_parts.Peaked) is outside_parts.Peaked
