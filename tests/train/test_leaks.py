"""Whom a run was fitted on is not who it is tested on: under any name, and where nobody knows, not at all."""

import numpy as np
import pytest

import interplay as ip
from interplay.cli import main
from interplay.data import SplitManifest
from interplay.data.same_samples import sketches, under_other_names
from interplay.errors import LeakageError
from interplay.profile import InteractionProfile
from interplay.train import fit, load_run
from small_runs import NAMES, SMALL, STEPS, xor_profile, xor_windows

QUICK = SMALL | {"optimiser.epochs": 1}


def windows_of(people, channels=1):
    """Windows of three steps, one after the other, of samples (n, M) of each person."""
    modalities = [f"s{m}" for m in range(next(iter(people.values())).shape[1])]
    rows = np.concatenate(list(people.values()))
    y = np.arange(len(rows)) // 7 % 2
    who = np.repeat(list(people), [len(own) for own in people.values()])
    arrays = {name: rows[:, [m]] for m, name in enumerate(modalities)}
    return ip.windows_from_arrays(arrays, y, entity=who, steps=STEPS)


def people(n=4, length=300, m=3, seed=0):
    rng = np.random.default_rng(seed)
    return {f"p{k}": rng.normal(size=(length, m)).cumsum(axis=0) for k in range(n)}


def pairs(new, known):
    return under_other_names(sketches(windows_of(new)), sketches(windows_of(known)))


COPIES = {
    "whole": lambda rows: rows,
    "starts later": lambda rows: rows[5:],
    "stops earlier": lambda rows: rows[:290],
    "another first modality": lambda rows: np.c_[rows[::-1, :1], rows[:, 1:]],
}


@pytest.mark.parametrize("copy", COPIES)
def test_samples_are_known_again_under_another_name(copy):
    known = people()
    assert pairs({"q": COPIES[copy](known["p2"]), **people(1, seed=1)}, known) == {"q": "p2"}


def test_others_are_not():
    known = people()
    assert pairs(people(seed=1), known) == {}
    # of three sensors one stood in the same room
    assert pairs({"q": np.c_[known["p0"][:, :1], people(1, m=2, seed=1)["p0"]]}, known) == {}
    # all have a clock
    clock = np.arange(300.0)[:, None] ** 1.5
    assert pairs({"q": clock}, dict.fromkeys(known, clock)) == {}
    # what hardly moves is alike everywhere
    assert pairs({"q": np.ones((300, 3))}, dict.fromkeys(("a", "b"), np.ones((300, 3)))) == {}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("leaks") / "run"
    return fit(windows_of(people()), settings=QUICK, out=out)


@pytest.mark.slow
def test_a_training_entity_under_another_name_is_not_tested(run):
    same = windows_of({"q": people()["p2"], "r": people(1, seed=1)["p0"]})
    for one in (run, load_run(run.folder)):
        with pytest.raises(
            LeakageError, match=r"1 do under other names: 'q' those of 'p2'.*allow_twins=True"
        ):
            one.evaluate(same)
    assert run.evaluate(same, allow_twins=True)["n_entities"] == 2
    run.evaluate(same.of_entities(["r"]))


def test_a_split_from_before_samples_were_kept_is_read(run, tmp_path):
    text = (run.folder / "split.json").read_text()
    part = SplitManifest.load(run.folder / "split.json").parts["train"]
    assert set(part.samples) == set(part.entities)
    import json

    values = json.loads(text)
    del values["parts"]["train"]["samples"]
    (tmp_path / "split.json").write_text(json.dumps(values))
    assert SplitManifest.load(tmp_path / "split.json").parts["train"].samples == {}


def by_hand(**more):
    zeros = np.zeros((3, 3, STEPS))
    return InteractionProfile.from_arrays(
        NAMES, redundancy=zeros, unique=zeros, synergy=zeros, step_s=0.5, h_y_bits=1.0, **more
    )


def test_a_profile_that_was_fitted_on_nobody_knows_whom_trains_nothing(tmp_path, capsys):
    windows = xor_windows(40, seed=0)
    by_hand().save(tmp_path / "p.nc")
    for profile in (by_hand(), InteractionProfile.load(tmp_path / "p.nc")):
        with pytest.raises(LeakageError, match="must say which entities it was fitted on, and does not"):
            fit(windows, profile=profile, settings=QUICK)
    words = [
        "train",
        "--data",
        "hapt_sample",
        "--profile",
        str(tmp_path / "p.nc"),
        "-o",
        str(tmp_path / "run"),
    ]
    assert main(words) == 1
    assert "must say which entities it was fitted on" in capsys.readouterr().err
    # a run of somebody else's making is not tested either
    run = fit(windows, profile=xor_profile(), settings=QUICK)
    run.profile = by_hand()
    with pytest.raises(LeakageError, match="must say which entities"):
        run.evaluate(xor_windows(20, seed=1, entities=("e", "f")))


def test_a_profile_of_nobody_or_of_others_trains(tmp_path):
    by_hand(entities=()).save(tmp_path / "p.nc")
    loaded = InteractionProfile.load(tmp_path / "p.nc")
    assert not loaded.fitted
    for profile in (loaded, by_hand(entities=["z"])):
        run = fit(xor_windows(40, seed=0), profile=profile, settings=QUICK)
        run.evaluate(xor_windows(20, seed=1, entities=("e", "f")))
