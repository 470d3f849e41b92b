"""What scikit-learn expects of its estimators holds of ours, and they say what `ip.fit` says."""

import pickle
from functools import partial

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator

import interplay as ip
from small_runs import NAMES, SMALL, STEPS, xor_profile, xor_windows

CHANNELS = {"left": [0, 1], "right": slice(2, 4), "third": [4, 5]}
BRIEF = {"settings": SMALL, "epochs": 1, "profile": None, "step_s": 0.5}
Classifier = partial(ip.InteractionClassifier, **BRIEF)
Regressor = partial(ip.InteractionRegressor, **BRIEF)
WELL = {"optimiser.learning_rate": 0.01, "optimiser.input_noise": 0.0}
"""What lets a few epochs learn what is known to be there."""


def arrays_of(windows: ip.Windows) -> dict[str, np.ndarray]:
    return {name: values[:, :, 0] for name, values in windows.batch(np.arange(len(windows))).x.items()}


def labels_of(windows: ip.Windows) -> np.ndarray:
    return np.array(windows.classes)[windows.y]


def groups_of(windows: ip.Windows) -> np.ndarray:
    return np.array(windows.steps.entities)[windows.entity]


@pytest.fixture(scope="module")
def windows():
    return xor_windows(60, seed=0)


@pytest.fixture(scope="module", name="X")
def array(windows):
    return np.concatenate(list(arrays_of(windows).values()), axis=2)


@pytest.fixture(scope="module")
def fitted(windows):
    return Classifier(profile=xor_profile()).fit(arrays_of(windows), labels_of(windows), groups_of(windows))


def test_it_says_what_fit_says(windows, fitted):
    # estimators have classes in alphabetical order, windows in their own
    options = {"entity": groups_of(windows), "classes": ("like", "unlike"), "step_s": 0.5}
    renumbered = ip.windows_from_arrays(arrays_of(windows), labels_of(windows), **options)
    of_windows = Classifier(profile=xor_profile()).fit(windows)
    for same, model, X, y in (
        (renumbered, fitted, arrays_of(windows), labels_of(windows)),
        (windows, of_windows, windows, None),
    ):
        run = ip.fit(same, profile=xor_profile(), settings=SMALL | {"optimiser.epochs": 1})
        table = run.predict(same)
        probs = table[[f"p_{name}" for name in model.classes_]].to_numpy()
        np.testing.assert_array_equal(model.predict_proba(X), probs)
        np.testing.assert_array_equal(model.predict(X), table["predicted"])
        assert model.score(X, y) == np.mean(table["predicted"] == labels_of(windows))
    assert fitted.run_.data.entities == windows.entities
    assert fitted.profile_ == xor_profile()


def frame_of(windows: ip.Windows) -> pd.DataFrame:
    """Columns (modality, channel, step), the latest step first."""
    columns = {
        (name, c, s): values[:, s, c]
        for name, values in arrays_of(windows).items()
        for c in range(2)
        for s in reversed(range(STEPS))
    }
    return pd.DataFrame(columns)


def test_every_form_of_x_holds_the_same_windows(windows, X, fitted):
    probs = fitted.predict_proba(arrays_of(windows))
    turned = dict(reversed(arrays_of(windows).items()))
    np.testing.assert_array_equal(fitted.predict_proba(turned), probs)
    frame = frame_of(windows)
    for form, modalities in ((X, CHANNELS), (frame, None)):
        model = Classifier(profile=xor_profile(), modalities=modalities)
        model.fit(form, labels_of(windows), groups_of(windows))
        np.testing.assert_array_equal(model.predict_proba(form), probs)
        assert model.run_.schema.modalities == NAMES
        assert model.n_features_in_ == 6
    assert model.feature_names_in_.tolist() == [f"{name}/{c}" for name in NAMES for c in range(2)]
    assert not hasattr(Classifier(modalities=CHANNELS).fit(X, labels_of(windows)), "feature_names_in_")


def test_two_axes_are_windows_of_one_step_and_each_channel_a_modality(X, windows):
    y = labels_of(windows)
    model = Classifier().fit(X[:, 0], y)
    assert model.run_.schema.steps == 1
    assert model.run_.schema.modalities == tuple(f"x{c}" for c in range(6))
    frame = pd.DataFrame(X[:, 0], columns=list("abcdef"))
    named = Classifier(modalities={"front": ["b", "a"], "rest": "f"}).fit(frame, y)
    assert named.run_.data.channels == {"front": ("b", "a"), "rest": ("f",)}
    levels = frame.set_axis(pd.MultiIndex.from_product([["p", "q", "r"], ["u", "v"]]), axis=1)
    assert Classifier().fit(levels, y).run_.data.channels == dict.fromkeys("pqr", ("u", "v"))


def test_labels_come_back_as_they_were(X):
    for labels in (np.array([7, 3, 5]), np.array(["c", "a", "b"]), np.array([2.0, 1.0, 3.0])):
        y = labels[np.arange(60) % 3]
        model = Classifier().fit(X, y)
        assert model.classes_.tolist() == sorted(labels.tolist())
        predicted = model.predict(X)
        assert predicted.dtype == y.dtype
        np.testing.assert_array_equal(predicted, model.classes_[model.predict_proba(X).argmax(1)])


def test_no_window_depends_on_another(windows, fitted):
    X = arrays_of(windows)
    probs = fitted.predict_proba(X)
    with pytest.warns(ip.errors.DataWarning):  # of values unlike training
        others = fitted.predict_proba(
            {name: np.where(np.arange(60)[:, None, None] == 7, v, 1e6) for name, v in X.items()}
        )
    # float32 rounds otherwise in other batches
    np.testing.assert_allclose(others[7], probs[7], rtol=1e-5)
    alone = fitted.predict_proba({name: values[7:8] for name, values in X.items()})
    np.testing.assert_allclose(alone[0], probs[7], rtol=1e-5)
    assert abs(others[8] - probs[8]).max() > 1e-3


def test_nan_is_unobserved_and_what_nobody_sees_is_the_prior(X):
    y = np.where(np.arange(60) < 45, "often", "rare")
    gaps = X.copy()
    gaps[::5, 1, :2] = np.nan
    model = Classifier(modalities=CHANNELS).fit(gaps, y)
    # of a modality with a gap all channels of the step are unobserved
    half = gaps.copy()
    half[::5, 1, 1] = 3.0
    np.testing.assert_array_equal(model.predict_proba(half), model.predict_proba(gaps))
    nothing = np.full((2, STEPS, 6), np.nan)
    np.testing.assert_array_equal(model.predict_proba(nothing), [[0.75, 0.25]] * 2)
    assert model.predict(nothing).tolist() == ["often"] * 2
    number = Regressor(modalities=CHANNELS).fit(gaps, np.arange(60.0))
    assert number.predict(nothing).tolist() == [29.5] * 2


@pytest.mark.slow
def test_equal_seeds_give_equal_models(X, windows):
    y = labels_of(windows)
    probs = [
        Classifier(random_state=seed).fit(X, y).predict_proba(X)
        for seed in (3, 3, 4, np.random.RandomState(3))
    ]
    np.testing.assert_array_equal(probs[0], probs[1])
    assert not np.array_equal(probs[0], probs[2])
    assert not np.array_equal(probs[0], probs[3])


def test_a_profile_is_measured_in_each_fit_or_given(X, windows):
    y, groups = labels_of(windows), groups_of(windows)
    measured = Classifier(profile=ip.DiscretePID(n_bootstrap=5), modalities=CHANNELS).fit(X, y, groups)
    assert measured.profile_.entities == measured.run_.data.entities == windows.entities
    assert measured.profile_.dataset.attrs["estimator"] == "DiscretePID"
    wrapped = ip.TemporalRUS(ip.GaussianPID(n_bootstrap=5), lags_s=[0.5])
    number = Regressor(profile=wrapped).fit(X[..., :2], X[:, 1, 0] + X[:, 1, 3])
    assert list(number.profile_.lag_s) == [0.5]
    assert "profile_" not in vars(wrapped)
    assert number.run_.profile is number.profile_


def test_an_estimator_is_cloned_and_kept_with_its_settings(fitted, windows):
    again = clone(fitted)
    assert not hasattr(again, "run_")
    assert again.get_params()["settings"] == SMALL
    assert again.set_params(epochs=2).epochs == 2
    loaded = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(
        loaded.predict_proba(arrays_of(windows)), fitted.predict_proba(arrays_of(windows))
    )


@pytest.mark.slow
def test_groups_stay_together_where_models_are_compared(X, windows):
    y, groups = labels_of(windows), groups_of(windows)
    model = Classifier(modalities=CHANNELS)
    plain = cross_val_score(model, X, y, groups=groups, cv=GroupKFold(2), params={"groups": groups})
    with sklearn.config_context(enable_metadata_routing=True):
        routed = clone(model).set_fit_request(groups=True)
        assert cross_val_score(
            routed, X, y, cv=GroupKFold(2), params={"groups": groups}
        ).tolist() == pytest.approx(plain)
        search = GridSearchCV(
            make_pipeline(FunctionTransformer(), routed),
            {"interactionclassifier__epochs": [1]},
            cv=GroupKFold(2),
        ).fit(X, y, groups=groups)
        assert search.best_estimator_[-1].run_.data.entities == windows.entities


def test_what_is_wrong_is_said_in_a_sentence(X, windows, fitted):
    y = labels_of(windows)
    with pytest.raises(NotFittedError):
        Classifier().predict(X)
    wrong = {
        "6 features": lambda: Classifier().fit(X, y).predict(X[..., :5]),
        "windows of 3 steps": lambda: fitted.predict({k: v[:, :2] for k, v in arrays_of(windows).items()}),
        "same windows and steps": lambda: Classifier().fit({"a": X, "b": X[:, :1]}, y),
        "windows, steps, channels": lambda: Classifier().fit({"a": X[0, 0]}, y),
        r"got shape \(60, 3, 6, 1\)": lambda: Classifier().fit(X[..., None], y),
        "'ear' has 9": lambda: Classifier(modalities={"ear": [9]}).fit(X, y),
        "at least one channel": lambda: Classifier(modalities={"ear": []}).fit(X, y),
        "left out where X names them": lambda: Classifier(modalities=CHANNELS).fit(arrays_of(windows), y),
        "entity of each of the 60 windows": lambda: Classifier().fit(X, y, [1, 2]),
        "left out with Windows": lambda: Classifier().fit(windows, y),
        "kind 'number'": lambda: Regressor().fit(windows),
        "profile must be": lambda: Classifier(profile="guess").fit(X, y),
        "requires y to be passed": lambda: Classifier().fit(X, None),
        "as long as y": lambda: Classifier().fit(X, y[:9]),
        "at least two classes": lambda: Classifier().fit(X, y == "none"),
        "Unknown label type": lambda: Classifier().fit(X, X[:, 0, 0]),
        "every step of every channel": lambda: Classifier().fit(frame_of(windows).iloc[:, 1:], y),
        "each once": lambda: Classifier().fit(frame_of(windows).iloc[:, [0, 0]], y),
        "contains infinity": lambda: Classifier().fit(np.full_like(X, np.inf), y),
    }
    for words, call in wrong.items():
        with pytest.raises(ValueError, match=words):
            call()


@pytest.mark.slow
def test_what_two_modalities_tell_together_at_a_lag_is_learned():
    train, test = xor_windows(600, seed=0), xor_windows(300, seed=1, entities=("x", "y"))
    model = ip.InteractionClassifier(
        settings=SMALL | WELL, epochs=20, profile=ip.DiscretePID(n_bootstrap=20), step_s=0.5
    )
    model.fit(arrays_of(train), labels_of(train), groups_of(train))
    # four clusters of deviation 0.15 of their distance from the boundary
    assert model.score(arrays_of(test), labels_of(test)) > 0.95
    strongest = model.profile_.top(1).iloc[0]
    assert (strongest["atom"], strongest["lag_s"]) == ("synergy", 0.5)


@pytest.mark.slow
def test_a_known_function_is_learned_in_its_own_unit():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 2, 3))
    y = 1000.0 + 50.0 * (X[:, 1, 0] + X[:, 1, 1])
    model = Regressor(settings=SMALL | WELL, epochs=10).fit(X[:800], y[:800])
    # as in the test of `ip.fit` on the same function
    assert model.score(X[800:], y[800:]) > 0.8
    assert model.predict(X[800:]).mean() == pytest.approx(1000.0, abs=30)


DIFFERENT = {
    "check_methods_subset_invariance": "networks are float32, and products of other batches round otherwise, by 1e-6"
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::interplay.errors.InterplayWarning")
@pytest.mark.parametrize("kind", [ip.InteractionClassifier, ip.InteractionRegressor])
def test_scikit_learn_finds_nothing_wrong(kind):
    settings = SMALL | WELL | {"model.moe_every": 0}
    model = kind("network", settings=settings, epochs=5, profile=None)
    check_estimator(model, expected_failed_checks=DIFFERENT, on_skip=None)
