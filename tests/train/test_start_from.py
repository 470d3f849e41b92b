"""A run that starts from another: what it learns of few windows, what it keeps, and what it refuses."""

import numpy as np
import pytest
import torch

import interplay as ip
from interplay.cli import main
from interplay.data import SplitManifest, describe_split
from interplay.errors import InvalidInput, LeakageError
from interplay.report.cards import model_card
from interplay.train.adaptation import fitted_numbers
from interplay.train.export import export_run
from small_runs import NAMES, SMALL, xor_profile, xor_windows

QUIET = {"progress": lambda done: None}
READ = {
    "readers.of_all": "extra_trees",
    "readers.of_each": "extra_trees",
    "readers.kinds.extra_trees.trees": 10,
}


def turned(windows: ip.Windows) -> ip.Windows:
    """The same windows of somebody whose labels are the other way round."""
    return ip.windows_from_arrays(
        {name: windows.batch(np.arange(len(windows))).x[name][:, :, 0] for name in NAMES},
        1 - windows.y,
        entity=np.array(windows.steps.entities)[windows.entity],
        classes=windows.classes,
        step_s=0.5,
    )


@pytest.fixture(scope="module", params=["readers", "network"])
def source(request):
    settings = SMALL | (READ if request.param == "readers" else {})
    return ip.fit(
        xor_windows(200, seed=0), profile=xor_profile(), recipe=request.param, settings=settings, **QUIET
    )


def state_of(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def accuracy(run, windows) -> float:
    rows = run.predict(windows, **QUIET)
    return float((rows["predicted"] == rows["label"]).mean())


def test_all_of_the_source_is_frozen_and_its_scaling_and_profile_are_taken(source):
    before = state_of(source.model)
    run = ip.fit(xor_windows(12, seed=3, entities=("new",)), start_from=source, **QUIET)
    after = run.model.source.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert run.scaler is source.scaler
    assert run.profile is source.profile
    assert dict(model_card(run))["adapted"] == run.adaptation.sentence()
    assert run.adaptation.entities == ("new",)
    assert run.adaptation.source_entities == ("a", "b", "c", "d")
    assert "frozen" in run.adaptation.sentence()


def test_one_window_hardly_moves_what_is_said(source):
    """Of one window of log-loss l under a source that is right, no offset moves by more than its slope, below 1 nat."""
    windows = xor_windows(60, seed=4, entities=("new",))
    run = ip.fit(windows.select(np.arange(1)), start_from=source, **QUIET)
    before, after = (one.predict(windows, **QUIET)["p_like"].to_numpy() for one in (source, run))
    assert run.adaptation.own_readers == 0
    assert np.abs(before - after).max() < 0.25
    assert np.abs(before - after).max() > 0.0


def test_many_windows_of_somebody_else_altogether_outweigh_the_source():
    """Labels are the other way round: the source is worse than guessing, and own readers learn the truth."""
    source = ip.fit(xor_windows(200, seed=0), recipe="readers", settings=SMALL | READ, **QUIET)
    few, later = (turned(xor_windows(n, seed, entities=("new",))) for n, seed in ((300, 5), (200, 6)))
    run = ip.fit(few, start_from=source, **QUIET)
    assert accuracy(source, later) < 0.3
    assert accuracy(run, later) > 0.7
    of_source, of_own = run.adaptation.weight
    assert of_own > 0.5 > of_source


@pytest.mark.slow
def test_an_adapted_run_is_evaluated_explained_exported_saved_and_loaded(source, tmp_path):
    few = xor_windows(40, seed=3, entities=("new",))
    run = ip.fit(few, start_from=source, out=tmp_path / "run", **QUIET)
    unseen = xor_windows(40, seed=8, entities=("other",))
    run.evaluate(unseen, n_bootstrap=5, **QUIET)
    again = ip.load_run(tmp_path / "run")
    assert again.adaptation == run.adaptation
    assert again.predict(unseen, **QUIET).equals(run.predict(unseen, **QUIET))
    assert again.evaluation.test["accuracy"] == run.evaluation.test["accuracy"]
    assert np.isfinite(again.explain_windows(unseen.select(np.arange(2)), **QUIET)["relevance"]).all()
    assert export_run(again, tmp_path / "run.pt2").difference <= 1e-5
    assert "frozen" in run._repr_html_()


def test_later_windows_of_the_same_person_are_tested_and_the_same_windows_refused(source):
    few = xor_windows(40, seed=3, entities=("new",))
    run = ip.fit(few, start_from=source, **QUIET)
    later = xor_windows(40, seed=9, entities=("new",))
    with pytest.raises(LeakageError, match="the model was fitted on"):
        run.evaluate(later, **QUIET)
    assert run.evaluate(later, later=True, n_bootstrap=5, **QUIET)["n_entities"] == 1
    with pytest.raises(LeakageError, match="must share no step"):
        run.evaluate(few, later=True, **QUIET)
    with pytest.raises(LeakageError, match="the model was fitted on"):
        run.evaluate(xor_windows(40, seed=9), later=True, **QUIET)
    with pytest.raises(InvalidInput, match="this one was not"):
        source.evaluate(later, later=True, **QUIET)


def test_entities_that_the_source_has_seen_are_refused(source):
    with pytest.raises(LeakageError, match="the source was fitted on; 4 are"):
        ip.fit(xor_windows(40, seed=3), start_from=source, **QUIET)
    seen_by_profile = ip.fit(
        xor_windows(60, seed=0),
        profile=xor_profile(entities=("p",)),
        recipe="network",
        settings=SMALL,
        **QUIET,
    )
    with pytest.raises(LeakageError, match="'p'"):
        ip.fit(xor_windows(40, seed=3, entities=("p",)), start_from=seen_by_profile, **QUIET)


def test_a_source_that_has_seen_who_is_to_be_tested_is_refused(source):
    few, test = xor_windows(40, seed=3, entities=("new",)), xor_windows(40, seed=4, entities=("a", "z"))
    split: SplitManifest = describe_split({"train": few, "test": test})
    with pytest.raises(LeakageError, match="the source was fitted on; 1 are: 'a'"):
        ip.fit(few, start_from=source, split=split, **QUIET)


@pytest.mark.parametrize(
    "given", [{"profile": xor_profile()}, {"recipe": "dense"}, {"settings": {"model.width": 8}}]
)
def test_what_an_adapted_run_has_from_its_source_must_be_left_out(source, given):
    with pytest.raises(InvalidInput, match=f"{next(iter(given))} must be left out beside start_from"):
        ip.fit(xor_windows(20, seed=3, entities=("new",)), start_from=source, **given, **QUIET)


def test_an_adapted_run_is_no_start(source):
    run = ip.fit(xor_windows(20, seed=3, entities=("new",)), start_from=source, **QUIET)
    with pytest.raises(InvalidInput, match="was adapted itself"):
        ip.fit(xor_windows(20, seed=4, entities=("newer",)), start_from=run, **QUIET)


def test_offset_of_largest_posterior_is_where_its_slope_is_none():
    """Of n windows of class 0 and a source that says nothing: n (1 - p0) = offset_0 / spread², offsets sum to 0."""
    n = 7
    weight, offset = fitted_numbers(
        [torch.full((n, 2), np.log(0.5))], torch.zeros(n, dtype=torch.long), "classes", n
    )
    p0 = float(offset.softmax(-1)[0])
    assert float(offset.sum()) == pytest.approx(0.0, abs=1e-4)
    assert n * (1 - p0) == pytest.approx(float(offset[0]), abs=1e-3)
    assert float(weight[0]) == pytest.approx(1.0, abs=1e-3)


TREES = [
    *("--recipe", "readers", "--readers.of_all", "extra_trees", "--readers.of_each", ""),
    *("--readers.kinds.extra_trees.trees", "10", "--profile", "none"),
]


@pytest.mark.slow
def test_the_command_line_adapts_a_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    same = ["train", "--data", "hapt_sample", "--stride", "48", "--quiet"]
    assert main([*same, "-o", "first", "--test", "0.5", *TREES]) == 0
    capsys.readouterr()
    assert main([*same, "--start-from", "first", "-o", "no"]) == 1
    assert "the source was fitted on" in capsys.readouterr().err
    source = ip.load_run("first")
    options = source.split.options
    windows = ip.make_windows(ip.load_dataset("hapt_sample"), **options)
    few, others = ip.split_by_entity(windows.of_entities(source.split.parts["test"].entities), test=0.7)
    new = describe_split({"train": few, "test": others}, source="hapt_sample", options=options)
    new.save("new.json")
    assert main([*same, "--start-from", "first", "--split", "new.json", "-o", "mine"]) == 0
    assert "are frozen; of " in capsys.readouterr().out
    assert ip.load_run("mine").adaptation.entities == few.entities
    assert main(["evaluate", "mine", "--quiet"]) == 0
    assert ip.load_run("mine").evaluation.entities == others.entities
    assert main([*same, "--start-from", "first", "-o", "other", "--model.width", "32"]) == 1
    assert "must be left out beside --start-from" in capsys.readouterr().err
