"""A search finds what is better on held-out entities, goes on where it stopped, and never looks at others."""

import sys

import numpy as np
import pytest

import interplay as ip
from interplay.data import cross_folds
from interplay.errors import InvalidInput, LeakageError
from interplay.train import make_recipe
from interplay.tuning import DEFAULT_SPACE, Choices, Range, read_space, search
from small_runs import SMALL, xor_profile, xor_windows

pytest.importorskip("optuna")

BASE = make_recipe("network", SMALL | {"optimiser.epochs": 1, "optimiser.input_noise": 0.0})
EPOCHS = {"optimiser.epochs": [1, 2], "optimiser.learning_rate": {"low": 1e-3, "high": 1e-2, "log": True}}
OPTIONS = {"recipe": BASE, "space": EPOCHS, "folds": 2, "profile": None, "progress": lambda done: None}


@pytest.fixture(scope="module")
def windows():
    return xor_windows(80, seed=0)


@pytest.fixture(scope="module")
def tuning(windows):
    return ip.tune(windows, trials=3, **OPTIONS)


def test_the_loss_is_that_of_entities_that_were_held_out(windows, tuning):
    fold = cross_folds(windows, 2, seed=0)
    surprise = []
    for settings in (tuning.settings, {}):
        bits = []
        for k in range(2):
            train, held_out = windows.select(fold != k), windows.select(fold == k)
            assert not set(train.entities) & set(held_out.entities)
            table = ip.fit(train, recipe=BASE, settings=settings).predict(held_out)
            of_label = table[[f"p_{name}" for name in windows.classes]].to_numpy()
            bits.append(-np.log2(of_label[np.arange(len(held_out)), held_out.y]))
        surprise.append(np.concatenate(bits).mean())
    # float32 logits
    assert [tuning.loss, tuning.untuned_loss] == pytest.approx(surprise, rel=1e-5)
    assert tuning.loss == min(tuning.trials["loss"])
    assert tuning.recipe == make_recipe(BASE, tuning.settings)
    assert tuning.trials["optimiser.learning_rate"].is_unique


def test_a_profile_is_measured_without_what_is_held_out(windows, monkeypatch):
    fits = []

    def remembered(train, *, profile, **kwargs):
        fits.append((train.entities, profile.entities))
        return ip.fit(train, profile=profile, **kwargs)

    monkeypatch.setattr(search, "fit", remembered)
    counted = ip.DiscretePID(n_bootstrap=5, n_rotations=9)
    ip.tune(windows, trials=1, **OPTIONS | {"profile": counted, "space": {"optimiser.epochs": [1]}})
    assert len(fits) == 4
    assert all(trained == measured and len(trained) == 2 for trained, measured in fits)
    with pytest.raises(LeakageError):
        ip.tune(windows, trials=1, **OPTIONS | {"profile": xor_profile(("a",))})


def test_an_interrupted_search_goes_on_to_the_same_end(windows, tuning, tmp_path, monkeypatch):
    out = tmp_path / "tuned.yaml"
    calls = []

    def stop_late(done):
        calls.append(done)
        if len(calls) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ip.tune(windows, trials=3, out=out, **OPTIONS | {"progress": stop_late})
    assert not out.exists()
    counted = []
    monkeypatch.setattr(search, "fit", lambda *a, **k: counted.append(1) or ip.fit(*a, **k))
    again = ip.tune(windows, trials=3, out=out, **OPTIONS)
    # untuned and one trial were done, two folds each; the second trial stopped after its first fold
    assert len(counted) == 4
    assert again.trials.equals(tuning.trials)
    assert make_recipe(out) == again.recipe == tuning.recipe
    assert [path.name for path in tmp_path.iterdir()] == ["tuned.yaml"]
    with pytest.raises(InvalidInput, match="must not exist yet"):
        ip.tune(windows, trials=3, out=out, **OPTIONS)


def test_another_search_does_not_go_on(windows, tmp_path):
    def stop(done):
        raise KeyboardInterrupt

    out = tmp_path / "tuned.yaml"
    for seed in (0, 1):
        with pytest.raises(KeyboardInterrupt):
            ip.tune(windows, out=out, seed=seed, **OPTIONS | {"progress": stop})
    assert len(list((tmp_path / ".tuned.yaml.part").glob("*.jsonl"))) == 2
    measuring = ip.TemporalRUS(ip.DiscretePID(), progress=lambda done: None)
    keys = {
        search._key(windows, read_space(None, BASE), 2, BASE, profile, 0)
        for profile in (None, "auto", xor_profile(), measuring, ip.TemporalRUS(ip.DiscretePID()))
    }
    # who is told of the progress makes no difference
    assert len(keys) == 4


def test_a_recipe_that_nothing_beats_stays(windows):
    spoilt = ip.tune(windows, trials=1, **OPTIONS | {"space": {"optimiser.learning_rate": [5.0]}})
    assert spoilt.loss == spoilt.untuned_loss < spoilt.trials["loss"][0]
    assert spoilt.settings == {}
    assert spoilt.recipe == BASE


@pytest.mark.slow
def test_what_is_known_to_learn_more_is_found_and_a_number_judged_by_its_variance():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 2, 2))
    y = 1000 + 50 * x[:, 1].sum(1)
    windows = ip.windows_from_arrays({"x": x}, y, entity=np.arange(400) % 8, classes=())
    space = {"optimiser.epochs": {"low": 1, "high": 20}}
    tuning = ip.tune(windows, trials=6, **OPTIONS | {"space": space})
    most = tuning.trials.sort_values("optimiser.epochs").iloc[-1]
    assert tuning.settings["optimiser.epochs"] == most["optimiser.epochs"]
    # 1 is guessing the mean; one epoch learns little
    assert tuning.loss < 0.5 < tuning.untuned_loss < 1.2


def test_a_space_is_read_or_refused_in_a_sentence(tmp_path):
    path = tmp_path / "space.yaml"
    path.write_text("model.width: [16, 32]\noptimiser.epochs: {low: 2, high: 9}\n", "utf-8")
    assert read_space(path, BASE) == {"model.width": Choices((16, 32)), "optimiser.epochs": Range(2, 9)}
    assert set(read_space(None, BASE)) == set(DEFAULT_SPACE)
    wrong = {
        "no_such": {"model.no_such": [1]},
        "width must be a multiple": {"model.width": [16, 17]},
        "learning_rate must be above 0": {"optimiser.learning_rate": [-1.0]},
        "numbers low < high": {"optimiser.epochs": {"low": 3, "high": 2}},
        "above 0 with log": {"optimiser.weight_decay": {"low": 0.0, "high": 1.0, "log": True}},
        "plain values": {"model.router": [{"name": "softmax"}]},
        "mapping of settings": {},
        "there is no": tmp_path / "none.yaml",
    }
    for words, space in wrong.items():
        with pytest.raises(InvalidInput, match=words):
            read_space(space, BASE)


def test_what_cannot_be_searched_is_said_before_the_work(windows, tmp_path, monkeypatch):
    monkeypatch.setattr(search, "fit", lambda *args, **kwargs: pytest.fail("worked before it looked"))
    wrong = {
        "at least 1 trial": {"trials": 0},
        "as many entities as folds": {"folds": 5},
        "end in .yaml": {"out": tmp_path / "tuned.json"},
        "profile must be": {"profile": "guess"},
    }
    for words, options in wrong.items():
        with pytest.raises(InvalidInput, match=words):
            ip.tune(windows, **OPTIONS | options)
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(InvalidInput, match=r"interplay\[tune\]"):
        ip.tune(windows, **OPTIONS)
