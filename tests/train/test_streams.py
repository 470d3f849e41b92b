"""Streams of tested recordings: the least and largest sample of every piece, at the right time, and only if wanted."""

import json
from dataclasses import replace

import numpy as np
import pytest

import interplay as ip
from interplay.train import fit, load_run, streams
from interplay.train.attribution import asked_about
from interplay.train.streams import thinned_streams
from interplay.train.target_kinds import TARGETS
from small_runs import SMALL, xor_windows


def recording(entity: str, seconds: int, seed: int) -> ip.Recording:
    """Two streams at 10 Hz, of which the first stops from second 12 to 15."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(10 * seconds, 2))
    x[120:150] = np.nan
    return ip.Recording(
        entity=entity,
        streams={
            "moves": ip.Stream(values=x, rate_hz=10.0, channels=("a", "b")),
            "still": ip.Stream(values=rng.normal(size=(10 * seconds, 1)), rate_hz=10.0, channels=("c",)),
        },
        target=ip.Target(
            values=np.arange(seconds) % 2, start_s=np.arange(seconds) * 1.0, stop_s=np.arange(seconds) + 1.0
        ),
        classes=("no", "yes"),
    )


@pytest.fixture(scope="module")
def windows():
    recordings = [recording("p", 30, 0), recording("q", 24, 1)]
    return ip.make_windows(recordings, step_s=1.0, steps=4, fill="mark")


def described(thinned) -> list[dict]:
    return json.loads(thinned.attrs["streams"])


@pytest.mark.parametrize("most", [streams.MOST_NUMBERS, 90])
def test_every_piece_holds_the_least_and_largest_of_its_samples(windows, monkeypatch, most):
    monkeypatch.setattr(streams, "MOST_NUMBERS", most)
    thinned = thinned_streams(windows, np.arange(1), np.ones(2))
    assert list(thinned["strip_entity"].values) == ["p", "q"]
    assert list(thinned["strip_steps"].values) == [30, 24]
    moves = described(thinned)[0]
    # 540 samples of a channel; three channels share 90 numbers, two for each piece
    assert moves["per"] == (1 if most > 90 else 36)
    low = thinned["low_0"].values
    high = thinned.get("high_0", thinned["low_0"]).values
    begin = 0
    for entity in ("p", "q"):
        flat = windows.steps.values["moves"][windows.steps.entity == "pq".index(entity)].reshape(-1, 2)
        for start in range(0, len(flat), moves["per"]):
            piece = flat[start : start + moves["per"]]
            if np.isnan(piece).all():
                assert np.isnan(low[begin]).all()
            else:
                np.testing.assert_allclose(low[begin], np.nanmin(piece, 0), rtol=1e-6)
                np.testing.assert_allclose(high[begin], np.nanmax(piece, 0), rtol=1e-6)
            begin += 1
    assert begin == len(low)


def test_windows_know_where_they_end(windows):
    some = windows.select(np.arange(3, 40))
    thinned = thinned_streams(some, np.arange(1), np.ones(2))
    # strips one after the other: the clock of the last step of every window
    strips = zip(thinned["strip_start_s"].values, thinned["strip_steps"].values, strict=True)
    clock = np.concatenate([start + 1.0 + np.arange(n) for start, n in strips])
    np.testing.assert_allclose(clock[thinned["at"].values], some.steps.time_s[some.last])
    assert list(thinned["row"].values) == list(range(37))


def test_who_is_asked_about_comes_first_where_there_are_many(windows, monkeypatch):
    monkeypatch.setattr(streams, "MOST_ENTITIES", 1)
    of_q = np.flatnonzero(windows.entity == 1)
    thinned = thinned_streams(windows, of_q[:1], np.ones(2))
    assert set(thinned["strip_entity"].values) == {"q"}
    assert list(thinned["row"].values) == list(of_q)


def test_what_is_read_most_is_kept_of_many_modalities(windows, monkeypatch):
    monkeypatch.setattr(streams, "MOST_MODALITIES", 1)
    thinned = thinned_streams(windows, np.arange(1), np.array([0.2, 0.8]))
    assert [one["name"] for one in described(thinned)] == ["still"]


def test_wrong_and_unsure_windows_are_asked_about():
    fresh = xor_windows(100, seed=1, entities=("x", "y"))
    p = np.full((100, 2), 0.1)
    p[np.arange(100), fresh.y] = 0.9
    p[7] = [0.52, 0.48]
    for k in (20, 40, 60, 80):
        p[k] = p[k][::-1]
    asked = asked_about(fresh, p, TARGETS["classes"], 8)
    assert {7, 20, 40, 60, 80} <= set(asked)
    assert len(asked) == 8


@pytest.mark.slow
def test_streams_stay_in_the_folder_only_as_long_as_they_are_wanted(tmp_path):
    fresh = xor_windows(60, seed=1, entities=("x", "y"))
    run = fit(
        xor_windows(120, seed=0), settings=SMALL | {"optimiser.epochs": 1}, out=tmp_path / "run", rivals=False
    )
    run.evaluate(fresh, n_bootstrap=10)
    again = load_run(tmp_path / "run").evaluation.streams
    assert again.identical(run.evaluation.streams)
    run.evaluate(fresh, n_bootstrap=10, streams=False)
    assert not (tmp_path / "run" / "streams.nc").exists()
    assert load_run(tmp_path / "run").evaluation.streams is None


def test_data_that_not_everyone_may_have_are_not_kept_unasked():
    run = fit(xor_windows(120, seed=0), settings=SMALL | {"optimiser.epochs": 1}, rivals=False)
    fresh = xor_windows(60, seed=1, entities=("x", "y"))
    restricted = replace(run, data=replace(run.data, card={"access": "sign a form"}))
    restricted.evaluate(fresh, n_bootstrap=10)
    assert restricted.evaluation.streams is None
    restricted.evaluate(fresh, n_bootstrap=10, streams=True)
    assert restricted.evaluation.streams is not None
