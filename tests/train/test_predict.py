"""Predicting needs no labels, says what differs from training, and says nothing of what was never observed."""

import warnings

import numpy as np
import pytest

import interplay as ip
from interplay.errors import DataWarning, InvalidInput
from small_runs import NAMES, SMALL, STEPS, xor_windows


@pytest.fixture(scope="module")
def run():
    return ip.fit(xor_windows(200, seed=0), settings=SMALL)


def arrays(n=12, seed=1):
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=(n, STEPS, 2)) for name in NAMES}


def unlabelled(new, **options):
    return ip.windows_from_arrays(new, None, step_s=0.5, **options)


def test_windows_without_labels_are_predicted_as_those_with(run):
    y = np.arange(12) % 2
    with_labels = ip.windows_from_arrays(arrays(), y, classes=("unlike", "like"), step_s=0.5)
    known, unknown = run.predict(with_labels), run.predict(unlabelled(arrays()))
    assert list(unknown) == list(known) == ["entity", "time_s", "label", "predicted", "p_unlike", "p_like"]
    assert unknown["label"].isna().all()
    for column in ("time_s", "predicted", "p_unlike", "p_like"):
        assert unknown[column].tolist() == known[column].tolist()


def test_a_label_that_is_unknown_is_not_the_last_class(run):
    some = ip.windows_from_arrays(arrays(), None, classes=("unlike", "like"), step_s=0.5)
    steps = some.steps
    steps.target[some.last[:5]] = 1
    table = run.predict(some)
    assert table["label"][:5].tolist() == ["like"] * 5
    assert table["label"][5:].isna().all()


def test_rows_slide_without_labels():
    windows = ip.windows_from_arrays({"a": np.arange(10.0)[:, None]}, None, steps=3, stride=2)
    assert windows.kind == "unlabelled"
    assert windows.last.tolist() == [2, 4, 6, 8]
    assert (windows.y == -1).all()
    with pytest.raises(InvalidInput, match="as long as one another"):
        ip.windows_from_arrays({"a": np.zeros((4, 1)), "b": np.zeros((5, 1))}, None, steps=2)
    with pytest.raises(InvalidInput, match="as long as y"):
        ip.windows_from_arrays({"a": np.zeros((4, 1))}, [0, 1, 0], steps=2)


def test_recordings_without_a_target_are_cut():
    stream = ip.Stream(values=np.arange(20.0)[:, None], rate_hz=1.0)
    nothing = ip.Target(values=np.zeros(0, dtype=int), start_s=np.zeros(0), stop_s=np.zeros(0))
    recording = ip.Recording(entity="n", streams={"a": stream}, target=nothing, classes=())
    with pytest.raises(InvalidInput, match="to predict, pass labelled=False"):
        ip.make_windows(recording, step_s=1.0, steps=5)
    assert len(ip.make_windows(recording, step_s=1.0, steps=5, labelled=False)) == 16


def test_a_missing_modality_counts_as_never_observed(run):
    new = arrays()
    with pytest.warns(
        DataWarning, match=r"^'right' is not there: predicted from the rest, as never observed\.$"
    ):
        fewer = run.predict(unlabelled({name: new[name] for name in ("third", "left")}))
    new["right"] = np.full_like(new["right"], np.nan)
    marked = run.predict(unlabelled(new, fill="mark"))
    np.testing.assert_allclose(fewer["p_like"], marked["p_like"], rtol=1e-6)
    assert fewer["predicted"].notna().all()


def test_nothing_is_called_where_nothing_was_observed(run):
    new = {name: values.copy() for name, values in arrays().items()}
    for values in new.values():
        values[:2] = np.nan
    table = run.predict(unlabelled(new, fill="mark"))
    assert table[["predicted", "p_unlike", "p_like"]].isna().all(axis=1).tolist() == [True] * 2 + [False] * 10


def test_values_in_another_unit_are_told_and_others_are_not(run):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run.predict(xor_windows(40, seed=5))
    loud = {name: 1000 * values for name, values in arrays().items()}
    with pytest.warns(DataWarning, match="Is it in another unit") as told:
        run.predict(unlabelled(loud))
    # a sentence for each modality, all at once
    assert [str(w.message).split(" of ")[1].split(" ")[0] for w in told] == [f"'{name}'" for name in NAMES]


def test_a_saved_run_remembers_channels_and_units(tmp_path):
    def recordings(columns=("x", "y"), unit="g"):
        for k in range(4):
            rng = np.random.default_rng(k)
            y = np.repeat(rng.integers(0, 2, 10), 6)
            values = {"x": y + 0.5 * rng.normal(size=60), "y": rng.normal(size=60)}
            stream = ip.Stream(
                values=np.stack([values[c] for c in columns], 1),
                rate_hz=1.0,
                channels=columns,
                units=(unit,) * 2,
            )
            target = ip.label_series(y, rate_hz=1.0)
            yield ip.Recording(entity=str(k), streams={"acc": stream}, target=target, classes=("a", "b"))

    options = {"step_s": 1.0, "steps": 3}
    ip.fit(ip.make_windows(recordings(), **options), settings=SMALL).save(tmp_path / "run")
    run = ip.load_run(tmp_path / "run")
    assert run.data.units == {"acc": ("g", "g")}
    first = run.predict(ip.make_windows(recordings(), **options))
    with pytest.warns(DataWarning, match="come in another order"):
        turned = run.predict(ip.make_windows(recordings(columns=("y", "x")), **options))
    np.testing.assert_array_equal(first["p_a"], turned["p_a"])
    with pytest.raises(InvalidInput, match="Convert it, or correct its unit"):
        run.predict(ip.make_windows(recordings(unit="mg"), **options))
    with pytest.raises(InvalidInput, match="Convert it"):
        run.explain_window(ip.make_windows(recordings(unit="mg"), **options), 0)


def test_nothing_is_learned_or_judged_without_labels(run):
    for refused in (lambda w: ip.fit(w, settings=SMALL), run.evaluate, ip.TemporalRUS(ip.DiscretePID()).fit):
        with pytest.raises(InvalidInput, match=r"must have a label each; 12 of 12 have none"):
            refused(unlabelled(arrays()))
