"""Recipes: names, values and what is refused."""

import re

import pytest
import yaml

from interplay.errors import InvalidInput
from interplay.losses import LinearSynergy, PairThresholds
from interplay.nn import PublishedRouter
from interplay.train import Recipe, make_recipe


def test_the_default_recipe_is_the_defaults():
    assert make_recipe() == Recipe() == make_recipe({}) == make_recipe(Recipe())


def test_the_paper_recipe_holds_the_published_settings():
    recipe = make_recipe("paper")
    # method.md 3, published settings of PAMAP2
    assert (recipe.model.width, recipe.model.layers, recipe.model.moe_every) == (128, 6, 2)
    assert (recipe.model.num_experts, recipe.model.synergy_experts, recipe.model.top_k) == (8, 2, 2)
    # the public code: widths of the router, unique against any partner, a linear loss of synergy, a constant rate
    assert recipe.model.router.kind is PublishedRouter
    assert recipe.model.router.settings == {"token_width": 64, "attention_width": 32, "gru_width": 64}
    assert not recipe.model.guided
    assert recipe.pairs == PairThresholds(uniqueness=0.5, redundancy=0.1, synergy=0.1, hard=True)
    assert recipe.losses["synergy"].kind is LinearSynergy
    assert all(
        recipe.losses[name].settings["weight"] == 10.0 for name in ("uniqueness", "redundancy", "synergy")
    )
    assert (recipe.optimiser.learning_rate, recipe.optimiser.schedule) == (1e-3, "constant")
    assert recipe.optimiser.input_noise == 0.0
    # to the end, on all training entities, as all of the network was trained before it was judged by held-out ones
    assert (recipe.optimiser.held_out, recipe.optimiser.least_steps) == (0.0, 0)


def test_guided_dense_is_the_network_without_experts():
    assert make_recipe("guided_dense") == make_recipe("network", {"model.moe_every": 0})


def test_experts_are_trained_from_so_many_windows_on():
    recipe = make_recipe("default")
    assert recipe.for_windows(9_999) == make_recipe("default", {"model.moe_every": 0})
    assert recipe.for_windows(10_000) == recipe
    # who asks for a mixture by its name gets it
    for name in ("network", "vanilla_moe", "laplace_moe", "paper"):
        assert make_recipe(name).for_windows(1).model.moe_every > 0


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
    recipe = make_recipe("paper", {"losses.router_z": 0.5, "model.router.gru_width": 8})
    assert make_recipe(yaml.safe_load(yaml.safe_dump(recipe.to_dict()))) == recipe


@pytest.mark.parametrize(
    ("recipe", "settings", "message"),
    [
        ("fancy", None, "'late_fusion'] or a YAML file; got 'fancy'"),
        ("nowhere.yaml", None, "there is no nowhere.yaml"),
        ("default", {"model.widht": 3}, "got model.widht. Did you mean model.width?"),
        (
            "default",
            {"speed": 3},
            "got speed. There are model, losses, pairs, optimiser, decision, readers, devices.",
        ),
        ("default", {"model": 3}, "model must be a group of settings; got 3"),
        ("default", {"model.width.left": 3}, "model.width must be a whole number; got {'left': 3}."),
        ("default", {"model.width": "wide"}, "model.width must be a whole number; got 'wide'."),
        ("default", {"model.width": 50}, "width must be a multiple of heads (4); got 50"),
        (
            "default",
            {"model.router": "magic"},
            "router must be one of ['interaction', 'laplace', 'published', 'softmax', 'uniform'], a class",
        ),
        ("default", {"model.dropout": 1.5}, "dropout must be at least 0 and below 1; got 1.5"),
        ("default", {"model.layers": 0}, "layers must be at least 1; got 0"),
        ("default", {"model.moe_every": -1}, "moe_every must be at least 0; got -1"),
        (
            "default",
            {"model.context": "all"},
            "context must be one of ['profile', 'instance', 'token', 'none', 'auto']; got 'all'",
        ),
        ("default", {"model.fusion": "early"}, "fusion 'early' must come with moe_every 0 and guided false"),
        ("default", {"optimiser.epochs": 2.5}, "optimiser.epochs must be a whole number; got 2.5."),
        ("default", {"optimiser.epochs": 0}, "optimiser.epochs must be at least 1; got 0"),
        ("default", {"optimiser.learning_rate": -1.0}, "optimiser.learning_rate must be above 0; got -1.0"),
        ("default", {"losses.speed": 1.0}, "losses.speed must say its name; it does not."),
        (
            "default",
            {"losses.synergy.wieght": 1.0},
            "got losses.synergy.wieght. Did you mean losses.synergy.weight?",
        ),
        (
            "default",
            {"model.router.gru_widht": 3},
            "got model.router.gru_widht. Did you mean model.router.gru_width?",
        ),
        (
            "default",
            {"model.router": "nowhere.Router"},
            "must be a class that can be imported from here; it cannot",
        ),
        ("default", {"model.router": "math.pi"}, "router 'math.pi' must be a class; it is float."),
        ("default", {"losses.synergy": -1.0}, "weight of Synergy must be at least 0; got -1.0"),
        ("default", {"pairs.redundancy": 0}, "must be above 0; got redundancy 0.0"),
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
