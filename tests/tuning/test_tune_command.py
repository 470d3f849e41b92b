"""`interplay tune`, from a bundled data set to a recipe that trains."""

import json

import pytest
import yaml

from interplay.cli import main
from interplay.train import make_recipe
from small_runs import SMALL

pytest.importorskip("optuna")


@pytest.mark.slow
def test_a_recipe_is_searched_and_trained(tmp_path, capsys):
    recipe, space, out = (tmp_path / f"{name}.yaml" for name in ("recipe", "space", "tuned"))
    recipe.write_text(
        yaml.safe_dump(make_recipe("network", SMALL | {"optimiser.epochs": 1}).to_dict()), "utf-8"
    )
    space.write_text("optimiser.learning_rate: {low: 0.001, high: 0.02, log: true}\n", "utf-8")
    cut = ["--data", "hapt_sample", "--steps", "3", "--stride", "100", "--profile", "none"]
    words = ["tune", *cut, "-o", str(out), "--recipe", str(recipe), "--space", str(space)]
    words += ["--trials", "2", "--folds", "2"]
    assert main([*words, "--json", "--quiet"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["loss"] == min(result["untuned_loss"], *(trial["loss"] for trial in result["trials"]))
    assert len(result["trials"]) == 2
    for name, value in result["settings"].items():
        assert make_recipe(out).optimiser.learning_rate == value, name
    assert main(words) == 1
    assert "must not exist yet" in capsys.readouterr().err
    assert main(["train", *cut, "-o", str(tmp_path / "run"), "--recipe", str(out), "--quiet"]) == 0
    out.unlink()
    assert main([*words[:-4], "--trials", "1", "--folds", "2"]) == 0
    said = capsys.readouterr().out
    assert "of 1 trials" in said
    assert f"Next: interplay train --data hapt_sample --recipe {out}" in said
