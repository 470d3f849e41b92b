"""Run folders of anybody: what they say of themselves is checked before anything is built of it."""

import json

import pytest
import yaml

from interplay.data import SplitManifest, describe_split
from interplay.errors import DamagedFile
from interplay.nn import build_model
from interplay.train import fit, load_run
from small_runs import SMALL, xor_profile, xor_windows
from soon import seconds


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("bounds") / "run"
    settings = SMALL | {"optimiser.epochs": 1}
    run = fit(xor_windows(40, seed=0), profile=xor_profile(), settings=settings, out=out)
    run.evaluate(xor_windows(20, seed=1, entities=("e", "f")), n_bootstrap=4)
    return out


def changed(path, place, value):
    """The text of a file of settings with another value at a dotted place."""
    in_json = path.suffix in (".json", ".jsonl")
    read, write = (json.loads, json.dumps) if in_json else (yaml.safe_load, yaml.safe_dump)
    values = read(path.read_text())
    group = values
    *groups, name = place.split(".")
    for key in groups:
        group = group[key]
    group[name] = value
    return write(values)


@pytest.mark.parametrize(
    ("file", "place", "value", "said"),
    [
        (
            "config.yaml",
            "recipe.model.layers",
            10**9,
            "its layers is 1000000000, more than its weights are of",
        ),
        ("config.yaml", "recipe.model.width", 10**9, "its width is 1000000000, more than its weights are of"),
        ("config.yaml", "recipe.model.num_experts", 10**9, "its num_experts is 1000000000, more"),
        ("config.yaml", "recipe.model.width", 10**200, "a number has 201 digits"),
        ("config.yaml", "recipe.model.expert_width", 64, "its settings want weights '.*' of .*, and it has"),
        ("config.yaml", "seed", "five", "config.yaml.seed must be a whole number; got 'five'"),
        ("data.json", "schema.steps", 10**9, "must have 1 to 1000000 steps"),
        ("data.json", "schema.steps", 2.5, r"data.json.schema.steps must be a whole number; got 2\.5"),
        ("data.json", "schema.step_s", 0, "its steps must last some time"),
        ("data.json", "schema.kind", "../other", "its kind of target must be one of"),
        ("data.json", "schema.kind", "number", "its classes do not suit 'number'"),
        ("data.json", "schema.classes", ["like", "like"], "its classes must have a name each"),
        ("data.json", "schema.shapes", {"left": "ab"}, "shapes.left must be a list"),
        ("data.json", "schema.shapes", {"left": [1, 10**9]}, "'left' must have samples and channels"),
        ("data.json", "schema.shapes", {"left": [1, -2]}, "'left' must have samples and channels"),
        ("data.json", "schema.shapes.left", [1, 10**6], "its modalities must have .* channels"),
        ("data.json", "train.entities", 5, "train.entities must be a list"),
        ("data.json", "train.entities", ["a", "a"], "its entities must be named, each once"),
        ("data.json", "train.entities", [], "its entities must be named, each once"),
        ("data.json", "train.class_counts", [1], "how many windows have each of its classes"),
        ("data.json", "train.class_counts", [-1, 2], "how many windows have each of its classes"),
        ("data.json", "train.n_windows", 0, "it must be of some windows"),
        ("data.json", "train.unknown", 0, "settings must be known; got data.json.train.unknown"),
        ("metrics.json", "test.accuracy", "<b>high</b>", "metrics.json.test.accuracy must be a number"),
        ("metrics.json", "without", [1], "metrics.json.without must hold names and values"),
        ("metrics.json", "agreement", {"synergy": {"gamma": "much"}}, "agreement.synergy"),
        ("log.jsonl", "loss", "small", "log.jsonl, line 1.loss must be a number"),
    ],
)
def test_what_a_run_says_of_itself_is_bounded(folder, file, place, value, said):
    whole = (folder / file).read_text()
    (folder / file).write_text(changed(folder / file, place, value))

    def refused():
        with pytest.raises(DamagedFile, match=said):
            load_run(folder)

    try:
        assert seconds(refused, 2) < 2
    finally:
        (folder / file).write_text(whole)


def test_a_part_that_looks_into_its_tensors_while_it_is_made_is_loaded(folder, monkeypatch):
    made = []

    def build(*parts):
        model = build_model(*parts)
        made.append(next(model.parameters()).flatten()[0].item())
        return model

    monkeypatch.setattr("interplay.train.run_folder.build_model", build)
    load_run(folder)
    assert len(made) == 1


def test_a_split_with_an_entity_on_both_sides_is_refused(tmp_path):
    windows = xor_windows(40, seed=0)
    describe_split({"train": windows, "test": windows.of_entities(["b"])}).save(tmp_path / "split.json")
    with pytest.raises(DamagedFile, match="'b' is in both train and test"):
        SplitManifest.load(tmp_path / "split.json")
