"""A stream says, step by step, what `Run.predict` says of windows; missing, late and raw samples among them."""

import gc
import json
import tracemalloc
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

import interplay as ip
from interplay.data import Hold, HoldAge
from interplay.errors import DamagedFile, InvalidInput
from interplay.train import RECIPES
from small_runs import SMALL, xor_profile

STEP_S, STEPS = 0.5, 4
CLASSES = ("low", "high")
FEW = ("default", "network")
"""Recipes whose streams the default suite compares with the batch; the others are slow proofs."""
TOLERANCE = 1e-6
"""Of probabilities: a window alone is added up in another order than in a batch, which moves the last bits."""


def recording(entity, seed, *, seconds=30, holes=False, kind="classes"):
    """Fast and slow regular streams, and irregular events, of which the target is a late copy."""
    rng = np.random.default_rng(seed)
    n = int(seconds / STEP_S)
    level = np.repeat(rng.normal(size=n // 4 + 1), 4)[:n]
    fast = np.repeat(level, 5)[:, None] + 0.3 * rng.normal(size=(5 * n, 2))
    slow = 100_000 + level[:, None] + 0.2 * rng.normal(size=(n, 1))
    times_s = np.sort(rng.uniform(0.01, seconds, n))
    if holes:
        fast[60:90] = np.nan
        slow[10:14] = np.nan
        times_s = times_s[(times_s < 8) | (times_s > 13)]
    streams = {
        "fast": ip.Stream(values=fast, rate_hz=10.0, channels=("x", "y")),
        "slow": ip.Stream(values=slow, rate_hz=2.0, channels=("p",)),
        "event": ip.Stream(values=rng.normal(size=(len(times_s), 1)), times_s=times_s, channels=("e",)),
    }
    y = level if kind == "number" else (level > 0).astype(int)
    if kind == "labels":
        y = np.stack([level > 0, level > 1], 1).astype(int)
    classes = () if kind == "number" else CLASSES
    return ip.Recording(
        entity=entity, streams=streams, target=ip.label_series(y, rate_hz=1 / STEP_S), classes=classes
    )


def recordings(n=6, **kwargs):
    return [recording(f"p{k}", k, **kwargs) for k in range(n)]


def windows(source, **options):
    return ip.make_windows(source, step_s=STEP_S, steps=STEPS, **{"fill": "mark", **options})


def steps_of(source, **options):
    """The steps of one recording as they come, before anything is filled."""
    table = ip.make_steps(source, step_s=STEP_S, **{"fill": "mark", **options})
    return [{name: values[k] for name, values in table.values.items()} for k in range(len(table))]


READERS = {"readers.folds": 2, "readers.kinds.extra_trees.trees": 20, "readers.kinds.rockets.patterns": 200}
FEW = {name: value for name, value in SMALL.items() if not name.startswith("readers.")} | {
    "optimiser.epochs": 1
}
ALONE = {name: value for name, value in SMALL.items() if name.startswith("readers.")}


@pytest.fixture(scope="module")
def train():
    return windows(recordings())


@pytest.fixture(scope="module")
def run(train):
    run = ip.fit(train, settings=FEW | ALONE)
    run.evaluate(windows([recording(f"t{k}", 50 + k) for k in range(12)]), n_bootstrap=10)
    return run


def assert_same(said, table, run):
    """Predictions of a stream are those of the table, at the same times."""
    assert [one.time_s for one in said] == pytest.approx(table["time_s"].tolist())
    for name in run.schema.classes:
        mine = np.array([one.probabilities[name] for one in said])
        np.testing.assert_allclose(mine, table[f"p_{name}"], atol=TOLERANCE, rtol=0)
    if "predicted" in table and run.schema.kind == "classes":
        assert [one.predicted for one in said] == table["predicted"].where(
            table["predicted"].notna(), None
        ).tolist()


@pytest.mark.parametrize(
    "recipe", [name if name in FEW else pytest.param(name, marks=pytest.mark.slow) for name in RECIPES]
)
def test_every_recipe_says_the_same_as_of_whole_windows(train, recipe):
    profile = ip.InteractionProfile.from_arrays(
        train.modalities,
        **{atom: xor_profile().dataset[atom].values for atom in ("redundancy", "unique", "synergy")},
        step_s=STEP_S,
        h_y_bits=1.0,
        entities=(),
    )
    # baselines without readers have none of their settings
    settings = {"optimiser.epochs": 1, "optimiser.least_steps": 0, "model.width": 16, **READERS}
    run = ip.fit(train, profile=profile, recipe=recipe, settings=settings)
    new = recording("new", 99, holes=True)
    stream = run.stream("new", fill="mark")
    said = [one for one in map(stream.step, steps_of(new)) if one is not None]
    assert_same(said, run.predict(windows(new, labelled=False)), run)


@pytest.mark.parametrize("kind", ["number", "labels"])
def test_other_targets_say_the_same(kind):
    run = ip.fit(windows(recordings(kind=kind)), settings=FEW | ALONE)
    new = recording("new", 99, kind=kind)
    stream = run.stream("new")
    said = [one for one in map(stream.step, steps_of(new)) if one is not None]
    table = run.predict(windows(new, labelled=False))
    if kind == "labels":
        assert_same(said, table, run)
    else:
        # in standard deviations of the target, which is 1
        np.testing.assert_allclose([one.predicted for one in said], table["predicted"], atol=TOLERANCE)


@pytest.mark.parametrize(
    "fill", ["hold", Hold(max_s=1.0), {"fast": "mark", "slow": "hold", "event": Hold(max_s=2.0)}]
)
def test_steps_are_filled_as_recordings_are(run, fill):
    new = recording("new", 99, holes=True)
    stream = run.stream("new", fill=fill, min_steps=2)
    said = [one for one in map(stream.step, steps_of(new)) if one is not None]
    assert_same(said, run.predict(windows(new, labelled=False, fill=fill, min_steps=2)), run)


def test_the_age_of_held_values_is_that_of_recordings():
    fill = {"event": HoldAge(max_s=3.0), "slow": "hold", "fast": "mark"}
    run = ip.fit(windows(recordings(), fill=fill), settings=FEW | ALONE)
    new = recording("new", 99, holes=True)
    stream = run.stream("new", fill=fill)
    said = [one for one in map(stream.step, steps_of(new)) if one is not None]
    assert_same(said, run.predict(windows(new, labelled=False, fill=fill)), run)


def test_a_long_gap_begins_anew(run):
    new = recording("new", 99)
    streams = {
        name: replace(stream, values=np.where(_between(stream, 8, 12), np.nan, stream.values))
        for name, stream in new.streams.items()
    }
    new = replace(new, streams=streams)
    options = {"max_gap_s": 1.0, "fill": "hold", "min_steps": 1}
    stream = run.stream("new", **options)
    said = [one for one in map(stream.step, steps_of(new)) if one is not None]
    assert_same(said, run.predict(windows(new, labelled=False, **options)), run)
    unbroken = run.stream("new", fill="hold", min_steps=1)
    assert any(
        one.probabilities != two.probabilities
        for one, two in zip(said, map(unbroken.step, steps_of(new)), strict=True)
    )


def _between(stream, start_s, stop_s):
    n = len(stream.values)
    times_s = stream.times_s if stream.times_s is not None else np.arange(n) / stream.rate_hz
    return ((times_s >= start_s) & (times_s < stop_s))[:, None]


def samples_of(new, start_s, stop_s):
    """Raw samples of a stretch of time."""
    picked = {}
    for name, stream in new.streams.items():
        n = len(stream.values)
        times_s = stream.times_s if stream.times_s is not None else np.arange(n) / stream.rate_hz
        some = (times_s >= start_s) & (times_s < stop_s)
        picked[name] = (times_s[some], stream.values[some])
    return picked


@pytest.mark.parametrize("chunk_s", [0.13, 0.5, 7.0])
def test_raw_samples_are_laid_on_the_same_grid(run, chunk_s):
    new = recording("new", 99, holes=True)
    stream = run.stream("new", start_s=0.0, fill="hold", rates_hz={"slow": 2.0}, wait_s=0.1)
    said = []
    edges_s = [*np.arange(0, 30, chunk_s), 31]
    for start_s, stop_s in pairwise(edges_s):
        said += stream.add(samples_of(new, start_s, stop_s))
    said += stream.finish()
    assert_same(said, run.predict(windows(new, labelled=False, fill="hold")), run)
    assert stream.too_late == 0


@pytest.mark.parametrize("bin_", ["mean", "sum", "count", "last"])
def test_binned_samples_are_those_of_recordings(bin_):
    def binned(source):
        events = replace(source.streams["event"], bin=bin_)
        return replace(source, streams={**source.streams, "event": events})

    run = ip.fit(windows([binned(one) for one in recordings()]), settings=FEW | ALONE)
    new = binned(recording("new", 99, holes=True))
    stream = run.stream("new", start_s=0.0, fill="mark", rates_hz={"slow": 2.0}, bins={"event": bin_})
    said = []
    for start_s in np.arange(0, 30, 0.5):
        said += stream.add(samples_of(new, start_s, start_s + 0.5))
    said += stream.finish()
    assert_same(said, run.predict(windows(new, labelled=False)), run)


def test_samples_that_come_late_count_from_the_next_prediction_on(run):
    new = recording("new", 99)
    late = run.stream("new", start_s=0.0, rates_hz={"slow": 2.0})
    for start_s in np.arange(0, 6, 0.5):
        whole = samples_of(new, start_s, start_s + 0.5)
        if start_s == 5.0:
            delayed = {"event": whole.pop("event"), "fast": whole.pop("fast")}
        said = late.add(whole)
        if start_s == 5.5:
            without = said[-1]
    late.add(delayed)
    after = late.add(samples_of(new, 6.0, 6.5))[-1]
    table = run.predict(windows(new, labelled=False)).set_index("time_s")
    assert abs(without.probabilities["high"] - table.loc[6.0, "p_high"]) > 1e-4
    assert after.probabilities["high"] == pytest.approx(table.loc[6.5, "p_high"], abs=TOLERANCE)
    # five seconds ago no window reaches
    assert late.add(samples_of(new, 1.0, 1.5)) == []
    assert late.too_late == sum(len(times_s) for times_s, _ in samples_of(new, 1.0, 1.5).values())


def test_whole_steps_may_come_late_too(run):
    steps = steps_of(recording("new", 99))
    stream, whole = run.stream("new"), run.stream("new")
    for k, step in enumerate(steps[:8]):
        stream.step({name: values for name, values in step.items() if (k, name) != (6, "fast")})
        whole.step(step)
    assert stream.amend({"fast": steps[6]["fast"]}, steps_ago=1)
    assert stream.step(steps[8]) == whole.step(steps[8])
    assert not stream.amend({"fast": steps[0]["fast"]}, steps_ago=STEPS)


def test_a_saved_stream_goes_on_as_if_it_had_never_stopped(run, tmp_path):
    new = recording("new", 99, holes=True)
    options = {"start_s": 0.0, "fill": Hold(max_s=3.0), "rates_hz": {"slow": 2.0}, "wait_s": 0.1}
    whole, first = run.stream("new", **options), run.stream("new", **options)
    wanted = whole.add(samples_of(new, 0, 9.3)) + whole.add(samples_of(new, 9.3, 20))
    said = first.add(samples_of(new, 0, 9.3))
    first.save(tmp_path / "state")
    run.save(tmp_path / "run")
    again = ip.load_run(tmp_path / "run").resume_stream(tmp_path / "state")
    said += again.add(samples_of(new, 9.3, 20))
    assert said == wanted
    assert len(said) == 36


def test_the_state_of_another_run_and_a_damaged_one_are_refused(run, train, tmp_path):
    path = run.stream("new").save(tmp_path / "state")
    other = ip.fit(train, settings=FEW | ALONE, seed=1)
    with pytest.raises(InvalidInput, match="of another run"):
        other.resume_stream(path)
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedFile, match="is not the state of a stream"):
        run.resume_stream(path)
    assert path.exists()
    with pytest.raises(InvalidInput, match="there is no"):
        run.resume_stream(tmp_path / "none")


@pytest.mark.slow
def test_memory_does_not_grow_with_time(run):
    stream = run.stream("new", start_s=0.0, rates_hz={"slow": 2.0})

    def through(start_s, stop_s):
        for at in np.arange(start_s, stop_s, STEP_S):
            times_s = at + np.arange(5) / 10
            stream.add(
                {"fast": (times_s, np.ones((5, 2))), "slow": ([at], [[1e5]]), "event": ([at + 0.2], [[1]])}
            )

    tracemalloc.start()
    sizes = []
    for start_s in (0, 360, 720):
        through(start_s, start_s + 360)
        gc.collect()
        sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    # 720 steps of 14 numbers would be 80 kB by themselves
    assert sizes[-1] - sizes[-2] < 40_000
    assert len(stream.samples.held) <= 3 * (STEPS + 1)


def test_what_is_never_observed_is_not_called(run):
    stream = run.stream("new")
    said = [stream.step({}) for _ in range(STEPS)]
    assert said[:-1] == [None] * (STEPS - 1)
    assert said[-1].predicted is None
    assert np.isnan(list(said[-1].probabilities.values())).all()
    assert json.dumps(said[-1].to_dict())


@pytest.mark.slow
def test_intervals_cover_new_entities():
    """Errors of entities differ; so many of ten windows of new ones are covered, on average over them."""
    everyone = recordings(40, kind="number")
    run = ip.fit(windows(everyone[:4]), settings=FEW | ALONE)
    run.evaluate(windows(everyone[4:22]), n_bootstrap=10)
    stream = run.stream("new", level=0.8)
    covered = []
    for new in everyone[22:]:
        stream.restart()
        truth = windows(new)
        said = [one for one in map(stream.step, steps_of(new)) if one is not None]
        inside = [
            one.interval[0] <= y <= one.interval[1] for one, y in zip(said, truth.y.tolist(), strict=True)
        ]
        covered.append(np.mean(inside))
    # four standard errors of the mean of 18 entities
    error = np.std(covered) / len(covered) ** 0.5
    assert 0.8 - 4 * error < np.mean(covered) < 0.8 + 4 * error + 2 / 19


def test_classes_that_may_hold_are_those_of_held_out_errors(run):
    stream = run.stream("new", level=0.9)
    table = run.evaluation.predictions
    right = np.where(table["label"] == "high", table["p_high"], table["p_low"])
    largest = stream.errors.largest["classes"]
    by_entity = [np.mean((1 - right)[table["entity"] == who] <= largest) for who in table["entity"].unique()]
    # of twelve entities and one more
    assert sum(by_entity) >= 0.9 * 13
    said = [one for one in map(stream.step, steps_of(recording("new", 99))) if one is not None]
    for one in said:
        assert one.possible == tuple(c for c, p in one.probabilities.items() if 1 - p <= largest)


def test_too_few_entities_give_no_interval(run, train):
    unjudged = ip.fit(train, settings=FEW | ALONE)
    said = [*map(unjudged.stream("new").step, steps_of(recording("new", 99))[:STEPS])]
    assert said[-1].possible is None
    assert run.stream("new", level=0.95).errors.largest["classes"] == np.inf
    assert run.stream("new", level=0.9).errors.largest["classes"] <= 1


def test_what_does_not_fit_is_told_in_a_sentence(run):
    stream = run.stream("new")
    with pytest.raises(InvalidInput, match="must have 5 samples of 2 channels"):
        stream.step({"fast": np.zeros((4, 2))})
    with pytest.raises(InvalidInput, match="must be among those of the run"):
        stream.step({"heart": np.zeros((1, 1))})
    with pytest.raises(InvalidInput, match="must be among x, y; got 'z'"):
        stream.step({"fast": {"z": 1.0}})
    assert stream.steps_seen == 0
    with pytest.raises(InvalidInput, match="must be finite times"):
        stream.add({"event": ([np.nan], [[1.0]])})
    stream.add({"event": ([0.0], [[1.0]])})
    with pytest.raises(InvalidInput, match="clock in another unit"):
        stream.add({"event": ([1e9], [[1.0]])})
    with pytest.raises(InvalidInput, match="not both"):
        stream.step({})
    with pytest.raises(InvalidInput, match="must fill a step"):
        run.stream("new", rates_hz={"fast": 50.0})
    with pytest.raises(InvalidInput, match="min_steps must be between 1 and 4"):
        run.stream("new", min_steps=5)
