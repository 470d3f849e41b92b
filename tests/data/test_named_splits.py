"""Splits by name: published, drawn, or of an earlier run, and the options that go with them."""

import doctest

import numpy as np
import pytest

import interplay as ip
from interplay.data import find_split, named_splits, options_of_split, split_by_entity, split_windows
from interplay.errors import DamagedFile, InvalidInput

PUBLISHED = {
    "by person": {"test": ["p1"], "validation": ["p4"]},
    "two": {"train": ["p0"], "test": ["p2", "p3"]},
}
CARD = {"step_s": 1.0, "steps": 4, "stride": 1, "min_steps": None, "fill": None}


def recordings(entities=5, n=20, seed=0):
    rng = np.random.default_rng(seed)
    for k in range(entities):
        yield ip.Recording(
            entity=f"p{k}",
            streams={"a": ip.Stream(values=rng.normal(size=(n, 2)), rate_hz=1.0)},
            target=ip.label_series(rng.integers(2, size=n), rate_hz=1.0),
            classes=("no", "yes"),
        )


@pytest.fixture
def windows():
    return ip.make_windows(recordings(), step_s=1.0, steps=4)


def entities(parts):
    return {name: part.entities for name, part in parts.items()}


def test_the_example_of_the_docstring_runs():
    assert doctest.testmod(named_splits) == (0, 6)


def test_without_a_name_it_is_the_first_published_one_else_random():
    assert find_split(None, PUBLISHED) is PUBLISHED["by person"]
    assert find_split(None, {}) is None
    assert find_split("two", PUBLISHED) is PUBLISHED["two"]
    assert find_split("random", PUBLISHED) is None


def test_whoever_a_published_split_does_not_name_is_for_training(windows):
    parts, manifest = split_windows(windows, PUBLISHED["by person"], source="x", options=CARD)
    assert entities(parts) == {"train": ("p0", "p2", "p3"), "test": ("p1",), "validation": ("p4",)}
    assert {name: tuple(part.entities) for name, part in manifest.parts.items()} == entities(parts)
    assert (manifest.source, manifest.options) == ("x", CARD)


def test_where_training_is_named_the_others_are_left_out(windows):
    parts, manifest = split_windows(windows, PUBLISHED["two"])
    assert entities(parts) == {"train": ("p0",), "test": ("p2", "p3")}
    # they have windows, so that nothing excluded them but the split
    assert manifest.excluded == {}


def test_a_drawn_split_is_that_of_split_by_entity(windows):
    parts, manifest = split_windows(windows, test=0.4, seed=3)
    train, test = split_by_entity(windows, test=0.4, seed=3)
    assert entities(parts) == {"train": train.entities, "test": test.entities}
    assert len(test.entities) == 2
    assert set(manifest.parts["test"].entities) == set(test.entities)


def test_a_run_s_split_comes_back_whatever_else_is_asked(windows, tmp_path):
    first, manifest = split_windows(windows, seed=1, options=CARD)
    manifest.save(tmp_path / "split.json")
    split = find_split(tmp_path / "split.json", PUBLISHED)
    parts, again = split_windows(windows, split, test=0.8, seed=2)
    assert entities(parts) == entities(first)
    assert again is split
    with pytest.raises(InvalidInput, match="must be those that were split"):
        split_windows(ip.make_windows(recordings(seed=1), step_s=1.0, steps=4), split)


def test_options_are_the_card_s_but_for_those_that_are_given():
    assert options_of_split(None, CARD, stride=2) == {**CARD, "stride": 2}
    assert options_of_split(PUBLISHED["two"], CARD) == CARD


def test_options_of_a_manifest_stand_before_the_card_s_and_against_others(windows):
    _, manifest = split_windows(windows, options={**CARD, "stride": 3})
    assert options_of_split(manifest, CARD) == {**CARD, "stride": 3}
    assert options_of_split(manifest, CARD, stride=3) == {**CARD, "stride": 3}
    with pytest.raises(
        InvalidInput, match=r"^stride must be that of the split, 3; got 2\. Leave it out, or draw"
    ):
        options_of_split(manifest, CARD, stride=2)
    _, without_options = split_windows(windows)
    assert options_of_split(without_options, CARD, stride=2) == {**CARD, "stride": 2}


def test_a_name_that_is_none_is_told_the_nearest(tmp_path):
    with pytest.raises(InvalidInput, match=r"^split must be one of \['two', 'by person', 'random'\], or a file such "
                                           r"as .*; got 'tow'\. Did you mean two\?$"):  # fmt: skip
        find_split("tow", PUBLISHED)
    (tmp_path / "no.json").write_text("{}")
    with pytest.raises(DamagedFile, match="is not a split manifest"):
        find_split(tmp_path / "no.json", PUBLISHED)
