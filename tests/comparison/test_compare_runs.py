"""Runs compared over entities, against numbers worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

import interplay as ip
from comparison_runs import run_that_is_right
from interplay.errors import InvalidInput
from interplay.metrics import classification_metrics, multilabel_metrics, regression_metrics
from report_runs import CLASSES, drawn_run

YES, NO = True, False


def test_accuracy_of_three_entities_by_hand():
    a = run_that_is_right({"x": [YES, NO], "y": [NO, NO], "z": [YES, YES]})
    b = run_that_is_right({"x": [YES, YES], "y": [YES, NO], "z": [YES, YES]}, seed=7)
    comparison = ip.compare(a, b, names=["old", "new"])
    row = comparison.differences.query("score == 'accuracy'").iloc[0]
    assert (row["a"], row["b"], row["difference"]) == pytest.approx((3 / 6, 5 / 6, 2 / 6))
    # gains of 1, 1 and 0 windows: of 8 ways to swap entities the 4 in which x and y go together lead as far
    assert row["p_value"] == 0.5
    assert not row["clear"]
    each = comparison.entities.query("score == 'accuracy'").set_index("entity")
    assert each["difference"].to_dict() == {"x": 0.5, "y": 0.5, "z": 0.0}
    assert each["n_windows"].tolist() == [2, 2, 2]
    # the truth comes as log2(4/3) bits if right and 2 if wrong
    loss = comparison.differences.query("score == 'log_loss_bits'").iloc[0]
    assert loss["difference"] == pytest.approx(-(2 / 6) * (2 - np.log2(4 / 3)))
    assert comparison.settings.loc["seed"].tolist() == ["0", "7"]
    assert "no p-value is below 0.25" in comparison.in_words()


def test_twelve_entities_that_all_gain_are_clear():
    everyone = [f"p{k:02d}" for k in range(12)]
    a = run_that_is_right({name: [YES, NO] for name in everyone})
    b = run_that_is_right({name: [YES, YES] for name in everyone})
    comparison = ip.compare(a, b, a, names=["a", "b", "again"])
    rows = comparison.differences.query("score == 'accuracy'").set_index("run")
    assert rows.loc["b", "p_value"] == 2 / 2**12
    assert rows.loc["b", "p_adjusted"] == 4 / 2**12  # Holm, of two
    assert (rows.loc["b", "low"], rows.loc["b", "high"]) == (0.5, 0.5)
    assert rows["clear"].to_dict() == {"b": True, "again": False}
    assert "b is better" in repr(comparison)
    worse = ip.compare(b, a, names=["b", "a"])
    assert "a is worse" in repr(worse)


@pytest.mark.parametrize("kind", ["classes", "labels", "number"])
def test_scores_are_those_of_the_evaluation(kind):
    a, b = drawn_run(2, 3, kind), drawn_run(2, 3, kind)
    table = b.evaluation.predictions
    said = [name for name in table if name == "predicted" or name.startswith("p_")]
    shuffled = table.assign(**{name: table[name].to_numpy()[::-1] for name in said})
    b.evaluation = replace(b.evaluation, predictions=shuffled)
    rows = ip.compare(a, b).differences.set_index("score")
    assert {name: a.evaluation.test[name] for name in rows.index} == pytest.approx(rows["a"].to_dict())
    assert (
        scores_of(shuffled, kind).items() >= {name: pytest.approx(v) for name, v in rows["b"].items()}.items()
    )


def scores_of(table, kind):
    """Of a table of predictions, by the library's other way to them."""
    names = CLASSES[kind]
    if kind == "number":
        return regression_metrics(table["label"], table["predicted"], n_bootstrap=2)
    probs = table[[f"p_{name}" for name in names]].to_numpy()
    if kind == "labels":
        return multilabel_metrics(table[[f"label_{name}" for name in names]].to_numpy(), probs, n_bootstrap=2)
    return classification_metrics(table["label"].map(names.index).to_numpy(), probs, n_bootstrap=2)


def test_windows_of_one_run_alone_are_left_out_and_told():
    a = run_that_is_right({"x": [YES, NO, NO, NO], "y": [YES, NO]})
    b = run_that_is_right({"x": [YES, YES], "y": [YES, YES]})
    comparison = ip.compare(a, b, names=["a", "b"])
    assert comparison.differences["n_windows"].unique().tolist() == [4]
    assert comparison.differences.set_index("score").loc["accuracy", "a"] == 0.5
    assert comparison.lacking == ("Compared on the 4 windows that both were scored on: a has 6 and b 4.",)


def test_windows_are_matched_by_entity_and_time_in_any_order():
    a = run_that_is_right({"x": [YES, NO], "y": [NO, NO]})
    b = run_that_is_right({"x": [YES, NO], "y": [NO, NO]})
    b.evaluation = replace(
        b.evaluation, predictions=b.evaluation.predictions.iloc[::-1].reset_index(drop=True)
    )
    assert (ip.compare(a, b).differences["difference"] == 0).all()


def relabelled(run):
    table = run.evaluation.predictions.assign(label="walk")
    run.evaluation = replace(run.evaluation, predictions=table)
    return run


def not_evaluated():
    run = run_that_is_right({"x": [YES]})
    run.evaluation = None
    return run


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (lambda: run_that_is_right({"x": [YES], "z": [YES], "q": [YES]}), "'y' is of A and not of B"),
        (
            lambda: run_that_is_right({"x": [YES], "y": [YES], "z": [YES], "q": [NO]}),
            "'q' and 1 more are of B and not",
        ),
        (lambda: drawn_run(2, 3), "the same classes"),
        (lambda: drawn_run(2, 3, "number"), "predicts one of"),
        (lambda: run_that_is_right({"x": [YES] * 2, "y": [YES]}, step_s=0.3), None),
        (lambda: relabelled(run_that_is_right({"x": [YES], "y": [YES]})), "other labels"),
        (not_evaluated, "B was not"),
        (lambda: drawn_run(2, 3).profile, "profiles alone or runs alone"),
    ],
)
def test_what_cannot_be_compared_is_told_in_a_sentence(other, sentence):
    run = run_that_is_right({"x": [YES], "y": [NO]})
    if sentence is None:
        assert ip.compare(run, other()).differences["n_windows"].iloc[0] == 2
        return
    with pytest.raises(InvalidInput, match=sentence):
        ip.compare(run, other())


def test_runs_without_a_window_in_common_are_refused():
    a, b = (run_that_is_right({"x": [YES]}) for _ in range(2))
    table = b.evaluation.predictions
    b.evaluation = replace(b.evaluation, predictions=table.assign(time_s=table["time_s"] + 0.25))
    with pytest.raises(InvalidInput, match="none in common"):
        ip.compare(a, b)


def test_names_must_be_different_and_one_for_each():
    run = run_that_is_right({"x": [YES]})
    for names in (["a"], ["a", "a"]):
        with pytest.raises(InvalidInput, match="2 different ones"):
            ip.compare(run, run, names=names)


def test_entities_are_compared_whole_where_they_are_shown_short():
    run, other = (run_that_is_right({"x": [YES]}) for _ in range(2))
    many = tuple(f"person_{k:03d}" for k in range(100))
    run.data, other.data = (
        replace(one.data, entities=names) for one, names in ((run, many), (other, (*many[:-1], "z")))
    )
    settings = ip.compare(run, other).settings
    assert list(settings.index) == ["training entities"]
    assert settings["A"].iloc[0].startswith("100: person_000")
    assert len(settings["A"].iloc[0]) == 160
