"""The budget benchmark: importances that are known, channels as modalities, and a page of its rows."""

import numpy as np
import pytest

import interplay as ip
from benchmarks.budget import Trial, by_channel, importances, row_of
from benchmarks.budget_table import RIVALS, TITLES, table, with_interval


def one_of_two(n: int = 160, entities: int = 8) -> ip.Windows:
    """The class is nearly the sign of `left`; `noise` knows nothing of it."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, n)
    arrays = {"left": (2.0 * y - 1) + 0.5 * rng.normal(size=n), "noise": rng.normal(size=n)}
    arrays = {name: values[:, None, None] for name, values in arrays.items()}
    return ip.windows_from_arrays(arrays, y, entity=np.arange(n) % entities, classes=("a", "b"))


@pytest.mark.slow
def test_what_tells_the_class_is_important_and_noise_is_not():
    rise = importances(one_of_two(), seed=0, repeats=1)
    assert rise["left"] > 20  # of 160 windows; not knowing the class costs up to 0.7 nats each
    assert abs(rise["noise"]) < 0.1 * rise["left"]


@pytest.mark.slow
def test_ways_choose_on_training_windows_and_are_scored_on_test_windows():
    train, test = ip.split_by_entity(one_of_two(), test=0.25)
    trial = Trial("two", 0, train, test)
    assert trial.sizes == (1,)
    row = row_of(trial, "permutation")
    assert row["curve"][0]["sets"] == [["left"]]
    assert row["curve"][0]["score"] > 0.9
    assert trial.scores(["noise"])["score"] < 0.8
    assert trial.scores(["noise"])["bits"] < trial.scores(["left"])["bits"]


def test_every_channel_becomes_a_modality_with_its_unit():
    stream = ip.Stream(
        values=np.arange(6.0).reshape(3, 2), rate_hz=1.0, channels=("x", "y"), units=("m", "s")
    )
    target = ip.Target(values=np.array([0]), start_s=np.array([0.0]), stop_s=np.array([3.0]))
    parts = by_channel(
        ip.Recording(entity="e", streams={"s": stream}, target=target, classes=("a", "b"))
    ).streams
    assert list(parts) == ["x", "y"]
    assert parts["y"].values.tolist() == [[1.0], [3.0], [5.0]]
    assert parts["y"].units == ("s",)


def test_intervals_are_those_of_student():
    # mean 2, standard deviation 1, t of 2 degrees of freedom 4.3027: half of the interval is 4.3027 / sqrt(3)
    assert with_interval(np.array([1.0, 2.0, 3.0])) == "+2.000 (-0.484 to +4.484)"


def test_the_page_compares_whole_splits_only():
    def row(way, split, score):
        curve = [{"k": 2 if way == "all" else 1, "sets": [], "score": score, "bits": 0.0}]
        return {"set": "s", "split": split, "way": way, "modalities": 2, "curve": curve, "seconds": 1.0}

    scores = dict.fromkeys(RIVALS, 0.5) | {"keep": 0.75, "select": 0.625, "all": 1.0}
    assert set(scores) == set(TITLES)
    rows = [row(way, split, score) for way, score in scores.items() for split in (0, 1)]
    page = table([*rows, row("keep", 2, 0.0)])
    assert "s, 2 modalities, 2 splits" in page
    assert "| over sets | +0.250 | +0.250 | +0.250 | +0.125 |" in page
    assert page.count("0.750") == 1


def test_random_sets_are_scored_by_their_mean_and_all_by_all():
    trial = Trial("two", 0, *ip.split_by_entity(one_of_two(), test=0.25))
    (point,) = row_of(trial, "random")["curve"]
    assert point["score"] == pytest.approx(np.mean([trial.scores(names)["score"] for names in point["sets"]]))
    (point,) = row_of(trial, "all")["curve"]
    assert (point["k"], point["score"]) == (2, trial.scores(["left", "noise"])["score"])
