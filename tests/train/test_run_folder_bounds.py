"""Run folders of anybody: what they say of themselves is checked before anything is built of it."""

import json

import pytest
import yaml

from interplay.data import SplitManifest, describe_split
from interplay.errors import DamagedFile
from interplay.train import fit, load_run
from small_runs import SMALL, xor_profile, xor_windows
from soon import seconds


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("bounds") / "run"
    fit(xor_windows(40, seed=0), profile=xor_profile(), settings=SMALL | {"optimiser.epochs": 1}, out=out)
    return out


def changed(path, place, value):
    """The text of a file of settings with another value at a dotted place."""
    read, write = (json.loads, json.dumps) if path.suffix == ".json" else (yaml.safe_load, yaml.safe_dump)
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
        ("data.json", "schema.steps", 10**9, "must have 1 to 1000000 steps"),
        ("data.json", "schema.kind", "../other", "its kind of target must be one of"),
        ("data.json", "train.entities", 5, "is not a whole run"),
        ("data.json", "schema.shapes", {"left": "ab"}, "is not a whole run"),
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


def test_a_split_with_an_entity_on_both_sides_is_refused(tmp_path):
    windows = xor_windows(40, seed=0)
    describe_split({"train": windows, "test": windows.of_entities(["b"])}).save(tmp_path / "split.json")
    with pytest.raises(DamagedFile, match="'b' is in both train and test"):
        SplitManifest.load(tmp_path / "split.json")
