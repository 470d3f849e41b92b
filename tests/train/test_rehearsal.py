"""What --dry-run says: times told from progress, and what is there to train on."""

import json

import numpy as np
import pytest

import interplay as ip
from interplay.cli import main
from interplay.train import make_recipe, rehearse
from interplay.train.rehearsal import in_words, timed
from small_runs import SMALL, xor_windows


class Clock:
    """Seconds that pass when work is done."""

    def __init__(self):
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def steady(clock: Clock, seconds: float, parts: int, seen: list[float]):
    """Work of some seconds that says after each part how much of it is done."""

    def work(tell):
        for k in range(1, parts + 1):
            clock.now += seconds / parts
            seen.append(clock.now)
            tell(k / parts)

    return work


@pytest.mark.parametrize("seconds", [2.0, 30.0, 4000.0])
def test_steady_work_is_timed_exactly_and_stopped_early(seconds):
    clock, seen = Clock(), []
    assert timed(steady(clock, seconds, 1000, seen), most_s=4.0, clock=clock) == pytest.approx(seconds)
    assert clock.now <= max(4.0 + seconds / 1000, 4.1) + 1e-9
    assert len(seen) == 1000 or seen[-1] > 4.0


def test_an_error_of_the_work_is_not_swallowed():
    def fail(tell):
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        timed(fail)


def test_each_part_is_timed_where_there_is_one():
    windows = xor_windows(120, seed=0)
    times = rehearse(windows, make_recipe("network", SMALL), None)
    assert times.network_s > 0
    assert times.interactions_s == times.readers_s == 0
    trees = {"readers.of_all": "extra_trees", "readers.of_each": "", "readers.kinds.extra_trees.trees": 5}
    quick = ip.TemporalRUS(ip.DiscretePID(n_bootstrap=2, n_rotations=3))
    times = rehearse(windows, make_recipe("readers", trees), quick)
    assert times.interactions_s > 0
    assert times.readers_s > 0
    assert times.network_s == 0
    assert "network" not in times.sentence()


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "1 s"), (95.4, "95 s"), (600, "10 min"), (9000, "2.5 h")]
)
def test_times_are_said_in_the_unit_that_suits_them(seconds, words):
    assert in_words(seconds) == words


def test_a_dry_run_says_what_is_there_and_writes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = [
        "train",
        "--data",
        "hapt_sample",
        "--stride",
        "64",
        "--profile",
        "none",
        "-o",
        "runs/first",
        "--dry-run",
    ]
    trees = ["--recipe", "readers", "--readers.of_all", "extra_trees", "--readers.of_each", ""]
    assert main([*words, *trees]) == 0
    out = capsys.readouterr().out
    windows = ip.make_windows(ip.load_dataset("hapt_sample"), step_s=0.5, steps=10, stride=64)
    train, test = ip.split_by_entity(windows, test=0.3, seed=0)
    assert f"training: {len(train)} windows of 17 entities" in out
    assert f"test: {len(test)} windows of 8 entities" in out
    sitting = [int(np.sum(side.y == windows.classes.index("sitting"))) for side in (train, test)]
    assert " ".join(
        next(line for line in out.splitlines() if "sitting" in line).split()
    ) == "sitting {} {}".format(*sitting)
    assert "About " in out
    assert list(tmp_path.iterdir()) == []
    assert main([*words, *trees, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["windows"] == {"training": len(train), "test": len(test)}
