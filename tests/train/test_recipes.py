"""Recipes: names, values and what is refused."""

import re

import pytest
import yaml

from interplay.errors import InvalidInput
from interplay.train import Recipe, make_recipe


def test_the_default_recipe_is_the_defaults():
    assert make_recipe() == Recipe() == make_recipe({}) == make_recipe(Recipe())


def test_the_paper_recipe_holds_the_published_settings():
    recipe = make_recipe("paper")
    # method.md 3, published settings of PAMAP2
    assert (recipe.model.width, recipe.model.layers, recipe.model.moe_every) == (128, 6, 2)
    assert (recipe.model.num_experts, recipe.model.synergy_experts, recipe.model.top_k) == (8, 2, 2)
    assert recipe.model.router == "interaction"
    assert not recipe.model.guided
    assert recipe.losses.hard
    assert (recipe.losses.uniqueness_from, recipe.losses.redundancy_from, recipe.losses.synergy_from) == (
        0.5,
        0.1,
        0.1,
    )
    assert recipe.losses.uniqueness == recipe.losses.redundancy == recipe.losses.synergy == 10.0
    assert recipe.optimiser.learning_rate == 1e-3


def test_settings_change_single_values():
    recipe = make_recipe("paper", {"model.width": 64, "optimiser.learning_rate": 1})
    assert recipe.model.width == 64
    assert recipe.model.layers == 6
    assert recipe.optimiser.learning_rate == 1.0
    assert isinstance(recipe.optimiser.learning_rate, float)


def test_a_recipe_of_ones_own_names_only_what_differs(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("model:\n  width: 32\n")
    assert make_recipe(path) == make_recipe("default", {"model.width": 32})


def test_a_recipe_survives_being_written_down():
    recipe = make_recipe("paper", {"losses.router_z": 0.5})
    assert make_recipe(yaml.safe_load(yaml.safe_dump(recipe.to_dict()))) == recipe


@pytest.mark.parametrize(
    ("recipe", "settings", "message"),
    [
        ("fancy", None, "'late_fusion'] or a YAML file; got 'fancy'"),
        ("nowhere.yaml", None, "there is no nowhere.yaml"),
        ("default", {"model.widht": 3}, "got model.widht. Did you mean model.width?"),
        ("default", {"speed": 3}, "got speed. There are model, losses, optimiser, decision."),
        ("default", {"model": 3}, "model must be a group of settings; got 3"),
        ("default", {"model.width.left": 3}, "got model.width.left"),
        ("default", {"model.width": "wide"}, "model.width must be of type int; got 'wide'."),
        ("default", {"model.width": 50}, "width must be a multiple of heads (4); got 50"),
        (
            "default",
            {"model.router": "magic"},
            "router must be one of ['interaction', 'laplace', 'softmax', 'uniform']; got 'magic'",
        ),
        ("default", {"model.dropout": 1.5}, "dropout must be at least 0 and below 1; got 1.5"),
        ("default", {"model.layers": 0}, "layers must be at least 1; got 0"),
        ("default", {"model.moe_every": -1}, "moe_every must be at least 0; got -1"),
        (
            "default",
            {"model.context": "all"},
            "context must be one of ['profile', 'instance', 'token']; got 'all'",
        ),
        ("default", {"model.fusion": "early"}, "fusion 'early' must come with moe_every 0 and guided false"),
        ("default", {"optimiser.epochs": 2.5}, "optimiser.epochs"),
        ("default", {"optimiser.epochs": 0}, "optimiser.epochs must be at least 1; got 0"),
        ("default", {"optimiser.learning_rate": -1.0}, "optimiser.learning_rate must be above 0; got -1.0"),
        ("default", {"losses.synergy": -1.0}, "losses.synergy must be at least 0; got -1.0"),
        ("default", {"losses.redundancy_from": 0}, "losses.redundancy_from must be above 0"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(recipe, settings, message):
    with pytest.raises(InvalidInput, match=re.escape(message)) as caught:
        make_recipe(recipe, settings)
    assert "\n" not in str(caught.value)


def test_a_broken_recipe_file_is_refused(tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text("model: [")
    with pytest.raises(InvalidInput, match="must be YAML"):
        make_recipe(path)
    path.write_text("just words")
    with pytest.raises(InvalidInput, match="must be a mapping of settings; got str"):
        make_recipe(path)
