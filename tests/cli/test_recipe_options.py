"""Settings on the command line: a run has the recipe that was named, but for the settings that were given."""

import pytest

from interplay.cli import make_parser
from interplay.cli.settings import given_recipe
from interplay.train import RECIPES, make_recipe


def recipe_of(*words):
    words = ["train", "--data", "x", "-o", "y", *words]
    return given_recipe(make_parser(words).parse_args(words).train)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_the_same_with_and_without_a_setting_beside_it(name):
    recipe = make_recipe(name)
    epochs = recipe.optimiser.epochs
    assert recipe_of("--recipe", name) == recipe
    assert recipe_of("--recipe", name, "--optimiser.epochs", str(epochs)) == recipe
    assert recipe_of(f"--recipe={name}", f"--optimiser.epochs={epochs + 1}") == make_recipe(
        name, {"optimiser.epochs": epochs + 1}
    )


def test_help_names_every_recipe(capsys):
    with pytest.raises(SystemExit):
        make_parser(["train", "--help"]).parse_args(["train", "--help"])
    out = " ".join(capsys.readouterr().out.split())
    names = out.partition("--recipe RECIPE")[2].partition(", or a YAML file")[0]
    assert sorted(names.replace(",", "").split()) == sorted(RECIPES)
