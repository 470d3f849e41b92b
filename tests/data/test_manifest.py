"""Split manifests: the same windows come back, and other ones are told."""

from dataclasses import replace

import numpy as np
import pytest

import interplay as ip
from interplay.data.manifest import SplitManifest, describe_split, left_out
from interplay.errors import DamagedFile, InvalidInput

OPTIONS = {"step_s": 1.0, "steps": 4}


def recordings(seed=0, entities=6, n=40):
    rng = np.random.default_rng(seed)
    for k in range(entities):
        yield ip.Recording(
            entity=f"p{k}",
            streams={name: ip.Stream(values=rng.normal(size=(n, 2)), rate_hz=1.0) for name in ("a", "b")},
            target=ip.label_series(rng.integers(2, size=n), rate_hz=1.0),
            classes=("no", "yes"),
        )


def halves(windows):
    return {"train": windows.of_entities(["p0", "p1", "p2", "p3"]), "test": windows.of_entities(["p4", "p5"])}


@pytest.fixture
def windows():
    return ip.make_windows(recordings(), **OPTIONS)


def test_a_saved_split_comes_back_on_the_same_data(windows, tmp_path):
    parts = halves(windows)
    describe_split(parts, whole=windows, source="x", options=OPTIONS).save(tmp_path / "split.json")
    manifest = SplitManifest.load(tmp_path / "split.json")
    again = manifest.apply(ip.make_windows(recordings(), **manifest.options))
    for name, part in parts.items():
        assert again[name].entities == part.entities
        np.testing.assert_array_equal(again[name].last, part.last)
    counts = manifest.parts["train"].windows
    assert counts == {"no": int((parts["train"].y == 0).sum()), "yes": int((parts["train"].y == 1).sum())}
    assert manifest.source == "x"


def test_rounding_of_another_processor_is_not_another_data_set(windows):
    manifest = describe_split(halves(windows))
    values = {name: array * np.float32(1 + 1e-6) for name, array in windows.steps.values.items()}
    manifest.apply(replace(windows, steps=replace(windows.steps, values=values)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.of_entities(["p0", "p1", "p4"]), r"hold every entity .*; 'p2' and 1 more are missing"),
        (lambda w: w.select(np.arange(1, len(w))), r"windows of the train part must be .*; 'p0' is of other labels"),
        (lambda w: ip.make_windows(recordings(), step_s=1.0, steps=5), r"'p0' and 3 more are of other labels"),
        (lambda w: _relabelled(w), r"of other labels or observed"),
        (lambda w: _in_other_units(w), r"values of 'b' in the train part must be those.*Is the unit the same"),
    ],
)  # fmt: skip
def test_other_data_are_told(windows, change, message):
    manifest = describe_split(halves(windows))
    with pytest.raises(InvalidInput, match=message):
        manifest.apply(change(windows))


def _relabelled(windows):
    target = windows.steps.target.copy()
    target[20] = 1 - target[20]
    return replace(windows, steps=replace(windows.steps, target=target))


def _in_other_units(windows):
    values = {**windows.steps.values, "b": windows.steps.values["b"] * 1000 + 1000}
    return replace(windows, steps=replace(windows.steps, values=values))


def test_entities_without_windows_are_listed_with_the_reason():
    some = list(recordings(entities=3))
    unlabelled = replace(some[1], target=ip.label_series(np.full(40, -1), rate_hz=1.0))
    short = replace(some[2], streams={k: replace(s, values=s.values[:3]) for k, s in some[2].streams.items()})
    windows = ip.make_windows([some[0], unlabelled, short], **OPTIONS)
    assert left_out(windows) == {"no step is labelled": ("p1",), "no stretch of 4 steps": ("p2",)}


def test_a_file_that_is_no_split_is_told(tmp_path):
    with pytest.raises(InvalidInput, match="there is no file"):
        SplitManifest.load(tmp_path / "none.json")
    for text in ("", "[]", '{"format": "other"}', '{"format": "interplay-split-1", "parts": {"a": {}}}'):
        (tmp_path / "bad.json").write_text(text)
        with pytest.raises(DamagedFile, match=r"is not a split manifest"):
            SplitManifest.load(tmp_path / "bad.json")
