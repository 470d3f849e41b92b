"""The control of a run: the same training without the profile, on the same windows, and on no others."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

import interplay as ip
from interplay.cli import main
from interplay.data import SplitManifest, split_windows
from interplay.errors import InvalidInput, LeakageError
from interplay.train import fit, load_run, train_control
from interplay.train.control import training_windows
from small_runs import SMALL, xor_profile, xor_windows

QUICK = SMALL | {"optimiser.epochs": 1}


@pytest.fixture(scope="module")
def windows():
    return xor_windows(400, seed=0, entities=tuple("abcdef"))


@pytest.fixture(scope="module")
def parts(windows):
    return split_windows(windows, {"test": ["b", "e"]})


@pytest.fixture(scope="module")
def plain(parts):
    sides, split = parts
    return fit(sides["train"], settings=QUICK, seed=3, split=split)


@pytest.fixture(scope="module")
def guided(parts):
    sides, split = parts
    return fit(sides["train"], profile=xor_profile(("a", "c")), settings=QUICK, seed=3, split=split)


@pytest.mark.slow
def test_without_guidance_in_the_run_the_control_is_the_run(plain, windows, parts):
    scores = plain.evaluate(parts[0]["test"], control=train_control(plain, windows), n_bootstrap=20)
    assert plain.evaluation.control == scores


def test_the_control_of_a_guided_run_is_the_run_without_guidance(guided, plain, windows, parts):
    control = train_control(guided, windows)
    assert control.profile is None
    assert (control.recipe, control.seed) == (guided.recipe, guided.seed)
    ours, theirs = control.model.state_dict(), plain.model.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours if "context" not in name)
    scores = guided.evaluate(parts[0]["test"], control=control, n_bootstrap=20)
    assert guided.evaluation.control != scores


def test_the_windows_trained_on_are_exactly_those_of_the_run(guided, windows, parts):
    chosen, train = training_windows(guided, windows), parts[0]["train"]
    assert chosen.entities == train.entities == ("a", "c", "d", "f")
    ours, theirs = (some.batch(np.arange(len(train))) for some in (chosen, train))
    assert np.array_equal(ours.y, theirs.y)
    assert all(np.array_equal(ours.x[name], theirs.x[name]) for name in train.modalities)
    assert train_control(guided, windows).data == guided.data


def test_other_windows_are_refused(guided, windows):
    with pytest.raises(InvalidInput, match="every entity of the split's train part; 'd' is missing"):
        train_control(guided, windows.of_entities(["a", "b", "c", "e", "f"]))
    with pytest.raises(InvalidInput, match="must be those that were split"):
        train_control(guided, xor_windows(400, seed=1, entities=tuple("abcdef")))
    with pytest.raises(InvalidInput, match="in a part named 'train'"):
        train_control(replace(guided, split=SplitManifest(parts={})), windows)


def test_a_control_that_saw_test_entities_or_a_profile_is_refused(guided, plain, windows, parts):
    test = parts[0]["test"]
    leaking = fit(windows, settings=QUICK)
    with pytest.raises(LeakageError, match="the control"):
        guided.evaluate(test, control=leaking)
    with pytest.raises(InvalidInput, match="a control must have no profile"):
        plain.evaluate(test, control=guided)


@pytest.mark.slow
def test_evaluate_retrains_the_control_on_the_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    data = ["--data", "outside_parts.Ward"]
    small = [f"--{name}={value}" for name, value in QUICK.items()]
    ip.InteractionProfile.from_arrays(
        ("heart", "breath"),
        redundancy=np.zeros((2, 2, 3)),
        unique=np.zeros((2, 2, 3)),
        synergy=np.where(np.eye(2, dtype=bool)[..., None], 0.0, np.ones((2, 2, 3))),
        step_s=1.0,
        h_y_bits=1.0,
        entities=(),
    ).save("profile.nc")
    for name, profile in (("plain", "none"), ("guided", "profile.nc")):
        words = ["train", *data, "-o", name, "--profile", profile, "--stride", "2", "-q", *small]
        assert main(words) == 0
    capsys.readouterr()
    controls = {}
    for name in ("plain", "guided"):
        assert main(["evaluate", name, *data, "--retrain-control", "--json", "-q"]) == 0
        scores = json.loads(capsys.readouterr().out)
        controls[name] = scores.pop("control")
        assert load_run(name).evaluation.control == controls[name]
        assert (controls[name] == scores) == (name == "plain")
    assert controls["plain"] == controls["guided"]
    assert main(["report", "guided"]) == 0
    assert "Trained anew without the profile" in (tmp_path / "guided" / "report.html").read_text("utf-8")
    assert main(["evaluate", "guided", *data, "--json", "-q"]) == 0
    assert load_run("guided").evaluation.control is None
