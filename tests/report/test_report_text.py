"""Sentences, cut-offs, curves and embedded numbers of the report, against values worked out by hand."""

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import precision_recall_fscore_support

import interplay as ip
from interplay.metrics import Agreement
from interplay.report import figures, prediction_data, text, write_report
from interplay.report.embed import safe_json
from interplay.report.kinds import REPORTED, ReportedNumber
from interplay.report.prediction_data import binned, calls_of_classes, one_output
from interplay.report.profile_data import atom_table, groups_of
from interplay.report.script import repeat_script
from interplay.report.summary import finding, summary_sentences
from interplay.train.target_kinds import TARGETS, Number
from interplay.types import Schema
from report_pages import Page
from report_runs import drawn_run
from small_runs import NAMES, xor_profile


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        (0.5, "the model leans on them"),
        (0.89, "needs them little"),
        (0.95, "they mislead it"),
        (math.nan, "not defined"),
    ],
)
def test_whether_the_model_leans_on_interactions(after, verdict):
    told = text.context_sentence({"macro_f1": 0.9, "n_windows": 500}, {"macro_f1": after}, "macro_f1")
    assert verdict in told
    assert f"from 0.900 to {text.number(after)} (500 windows)" in told
    # it is no model that was trained without
    assert told.startswith("With the interactions blanked in this trained model")
    assert told.endswith("No model was trained without them for this.")


@pytest.mark.parametrize(
    ("control", "verdict"),
    [
        (0.5, "the profile helps"),
        (0.89, "makes little difference"),
        (0.95, "does harm"),
        (math.nan, "not defined"),
    ],
)
def test_a_control_in_words(control, verdict):
    scores = {"macro_f1": control, "macro_f1_low": 0.4, "macro_f1_high": 0.6}
    told = text.control_sentence({"macro_f1": 0.9}, scores, "macro_f1")
    assert told.startswith(
        f"Trained anew without the profile: macro-F1 {text.number(control)} (95 % interval 0.400 to"
    )
    assert "against 0.900 with it" in told
    assert verdict in told
    assert text.control_sentence({"macro_f1": 0.9}, None, "macro_f1") == ""


def test_agreement_in_words():
    told = text.agreement_sentences(
        {
            "redundancy": Agreement(gamma=-0.6, low=-0.8, high=-0.3, n=30),
            "synergy": Agreement(gamma=-0.5, low=-0.7, high=-0.2, n=3000),
        }
    )
    # gamma is a share less the other: 0.8 - 0.2 and 0.25 - 0.75
    assert told == [
        "The more redundant a pair, the more alike its tokens are routed: yes; so it is in 80 % of the comparisons "
        "(gamma -0.60, 95 % interval -0.80 to -0.30; 30 pairs and lags, last layer).",
        "The more synergistic a pair, the more of it goes to synergy experts: no, the reverse; so it is in 25 % of the "
        "comparisons (gamma -0.50, 95 % interval -0.70 to -0.20; 3,000 pairs and lags, last layer).",
    ]


def test_agreement_that_is_not_known_is_said_to_be():
    (unclear,) = text.agreement_sentences({"synergy": Agreement(gamma=0.1, low=-0.2, high=0.4, n=30)})
    assert "not clear; so it is in 55 %" in unclear
    (few,) = text.agreement_sentences({"synergy": Agreement(gamma=1.0, low=None, high=None, n=30)})
    assert (
        "too few pairs stand out to tell it from chance; so it is in 100 % of the comparisons (gamma 1.00; 30"
        in few
    )
    (undefined,) = text.agreement_sentences({"synergy": Agreement(gamma=None, low=None, high=None, n=30)})
    assert "this cannot be asked, for no two pairs or lags differ both in synergy and" in undefined
    assert text.agreement_sentences({}) == []


def test_what_is_missed_most():
    compared, without = {"macro_f1": 0.9}, {"a": {"macro_f1": 0.6}, "b": {"macro_f1": 0.89}}
    assert text.missing_sentence(compared, without, "macro_f1") == (
        "a is missed most: without it macro-F1 falls from 0.900 to 0.600; b can be spared with a loss of at most 0.02."
    )
    without["a"] = {"macro_f1": 0.895}
    spared = text.missing_sentence(compared, without, "macro_f1")
    assert "stays at 0.890 or above (0.900 with all of them)" in spared
    assert text.missing_sentence(compared, {}, "macro_f1") == ""


def test_strongest_pairs_come_first():
    assert text.strongest_pairs(xor_profile())[0] == NAMES[:2]
    assert len(text.strongest_pairs(xor_profile())) == 3


def profile_of(redundancy, error):
    """Two modalities; redundancy over lags and its standard error."""
    values = np.zeros((2, 2, len(redundancy)))
    values[0, 1] = values[1, 0] = redundancy
    zeros = np.zeros_like(values)
    profile = ip.InteractionProfile.from_arrays(
        ("hand", "chest"), redundancy=values, unique=zeros, synergy=zeros, step_s=1.0, h_y_bits=2.0
    )
    profile.dataset["redundancy_stderr"] = profile.dataset["redundancy"] * 0 + error
    return profile


def test_without_p_values_errors_control_false_discoveries():
    # one-sided p of z = 5, 2.2 and 1.8: 3e-7, 0.014, 0.036; Benjamini and Hochberg over five make 0.036 into 0.06
    profile = profile_of([0.5, 0.22, 0.18, 0.0, 0.0], 0.1)
    assert list(atom_table(profile, "redundancy").clear[0]) == [True, True, False, False, False]


@pytest.mark.filterwarnings("error")
def test_rounding_that_hardly_varies_is_no_finding():
    # predictors that fall back on the prior leave 3.5e-8 bits with an error of 7e-9
    profile = profile_of([3.5e-8, 3.5e-8, 0.5], 0.0)
    profile.dataset["redundancy_stderr"][0, 1] = profile.dataset["redundancy_stderr"][1, 0] = [
        7e-9,
        0.0,
        0.05,
    ]
    assert list(atom_table(profile, "redundancy").clear[0]) == [False, False, True]
    assert [row.count("0.50") for row in profile.sentences()] == [1]
    # nothing is kept, and some errors are 0
    silent = profile_of([3.5e-8, 0.0], 0.0)
    assert not atom_table(silent, "redundancy").clear.any()
    assert silent.sentences() == []


def test_atoms_of_a_pair_that_shuffled_labels_match_are_no_finding():
    profile = profile_of([0.5, 0.4, 0.3], 0.05)
    profile.dataset["p_value"] = profile.dataset["redundancy"] * 0 + np.array([0.2, 0.05, np.nan])
    # 0.05 is at most 0.05, and an unknown p-value forbids nothing
    assert list(atom_table(profile, "redundancy").clear[0]) == [False, True, True]
    # the largest that is significant comes first, not the largest
    assert profile.top(1)[["bits", "p_value"]].values.tolist() == [[0.4, 0.05]]
    assert ["0.40 ± 0.10 bits" in row for row in profile.sentences()] == [True]
    assert "0.40 of the" in finding(profile, "redundancy")


def test_a_steady_value_is_told_as_one_and_nothing_as_a_finding():
    steady = finding(profile_of([1.0, 0.95, 0.9], 0.05), "redundancy")
    assert steady == (
        "hand and chest tell the same about the target: 1.00 of the 1.00 bits that the two tell (95 % interval 0.90 "
        "to 1.10), at any lag from 0 to 2 s. There is no other pair."
    )
    nothing = finding(profile_of([0.01, 0.02], 0.05), "redundancy")
    assert nothing == (
        "No evidence that two modalities tell the same: of 1 pair at 2 lags none stands clear of chance; the largest "
        "estimate is 0.020 ± 0.098 bits."
    )


def test_embedded_numbers_are_short_strict_and_safe():
    told = safe_json(
        {"a": np.array([0.123456, np.nan, 2.0, np.inf]), "b": "</script>&\u2028", "c": (True, 3)}
    )
    assert json.loads(told) == {"a": [0.1235, None, 2, None], "b": "</script>&\u2028", "c": [True, 3]}
    assert not set("<>&\u2028") & set(told)


def test_groups_are_prefixes_that_join():
    assert groups_of(("hand_x", "hand_y", "ecg")) == {"hand": [0, 1], "ecg": [2]}
    assert groups_of(("left", "right")) == {}
    assert groups_of(("hand_x", "hand_y")) == {}


def test_bins_and_curves_by_hand(monkeypatch):
    monkeypatch.setattr(prediction_data, "FEWEST", 1)
    found = binned(np.array([0.05, 0.95, 0.97, 1.0]), np.array([0, 1, 0, 1]), np.arange(4))
    np.testing.assert_allclose(found["predicted"], [0.05, (0.95 + 0.97 + 1.0) / 3])
    np.testing.assert_allclose(found["happened"], [0, 2 / 3])
    one = one_output("x", np.array([True, False, True, False]), np.array([0.9, 0.8, 0.7, 0.1]), np.arange(4))
    # of four pairs of a positive and a negative three are in order
    assert one["auroc"] == pytest.approx(0.75)
    assert "roc" not in one_output("x", np.array([True, True]), np.array([0.9, 0.8]), np.arange(2))


def test_bins_of_few_windows_are_merged_and_have_intervals():
    p = np.repeat([0.05, 0.15, 0.25, 0.95], [40, 10, 25, 3])
    happened, entity = np.arange(78) % 2 == 0, np.arange(78) % 3
    curve = binned(p, happened, entity)
    # 10 and 25 join, and 3 that are left over join them
    np.testing.assert_array_equal(curve["count"], [40, 38])
    assert curve["predicted"][0] == pytest.approx(0.05)
    assert (curve["low"] <= curve["happened"]).all()
    assert (curve["happened"] <= curve["high"]).all()
    assert np.isnan(binned(p, happened, np.zeros(78))["low"]).all()


def test_precision_recall_and_f1_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    y, called = rng.integers(0, 3, 200), rng.integers(0, 3, 200)
    rows = calls_of_classes(y, called, np.arange(200) % 5, 4)
    wanted = precision_recall_fscore_support(y, called, labels=[0, 1, 2, 3], zero_division=np.nan)
    for name, values in zip(("precision", "recall", "f1"), wanted, strict=False):
        np.testing.assert_allclose([row[name] for row in rows[:3]], values[:3])
    # a class that is neither true nor called has none
    assert np.isnan([rows[3][name] for name in ("precision", "recall", "f1")]).all()
    assert all(row["f1_low"] <= row["f1"] <= row["f1_high"] for row in rows[:3])


def test_entities_of_labels_count_known_labels():
    table = pd.DataFrame(
        {"entity": ["a", "a", "b"], "label_u": [1, -1, 0], "label_v": [0, 1, -1], "p_u": 0.9, "p_v": 0.9}
    )
    schema = Schema(shapes={"m": (1, 1)}, steps=1, step_s=1.0, classes=("u", "v"), kind="labels")
    rows = REPORTED[schema.kind].entities(table, schema)
    # a: u right, v wrong, v right; b: u wrong
    assert rows["names"] == ["b", "a"]
    np.testing.assert_allclose(rows["value"], [0, 2 / 3])
    assert list(rows["n"]) == [1, 3]


def test_a_kind_of_target_is_added_by_two_classes(monkeypatch, tmp_path):
    class Grade(Number):
        name = "grade"

    class ReportedGrade(ReportedNumber):
        figures = ("predicted",)
        entity_score = entity_words = "grades off"

        def heading(self, schema):
            return "the target is a grade"

        def predicts(self, schema):
            return "a grade from 1 to 5"

        def output_of(self, example):
            return "the grade"

    monkeypatch.setitem(TARGETS, "grade", Grade())
    monkeypatch.setitem(REPORTED, "grade", ReportedGrade())
    run = drawn_run(3, 4, "number")
    run = replace(run, schema=replace(run.schema, kind="grade"))
    page = Page(write_report(run, tmp_path / "r.html").read_text("utf-8"))
    for words in (
        "windows of 4 steps of 1 s; the target is a grade.",
        "a grade from 1 to 5",
        "Over 3 entities, grades off goes from",
        "R² on held-out entities",
    ):
        assert words in page.words
    assert {one["output"] for one in page.data["sections"]["windows"]["examples"]} == {"the grade"}
    assert "predicted" in figures._drawings(run)


def test_the_lines_to_repeat_a_run_are_python_and_name_all_that_differs():
    run = drawn_run(3, 4, card={"name": "hapt_sample", "bundled": True, "stride": 2})
    used = ip.PosteriorPID().get_params() | {"target_history": 1}
    run.profile.dataset.attrs.update(estimator="PosteriorPID", parameters=used)
    script = repeat_script(run)
    compile(script, "script", "exec")
    for line in (
        "recordings = ip.load_dataset('hapt_sample')",
        "windows = ip.make_windows(recordings, step_s=1.0, steps=4, stride=2)",
        "train = windows.of_entities(['a', 'b'])",
        "test = windows.of_entities(['x', 'y', 'z'])",
        "assert len(train) == 500",
        "profile = ip.TemporalRUS(ip.PosteriorPID(target_history=1), lags_s=[0, 1, 2, 3]).fit(train).profile_",
        "'model.width': 16",
        "seed=0)",
    ):
        assert line in script


def test_the_measure_of_redundancy_is_said_and_made_again():
    run = drawn_run(3, 4)
    used = ip.DiscretePID().get_params() | {"measure": repr(ip.info.Imin())}
    run.profile.dataset.attrs.update(estimator="DiscretePID", parameters=used, measure="I_min")
    assert ("measure of redundancy", "I_min") in text.sureness(run.profile)
    assert "redundancy by I_min" in repr(run.profile)
    (call,) = (line for line in repeat_script(run).splitlines() if "TemporalRUS" in line)
    assert "ip.TemporalRUS(ip.DiscretePID(measure=ip.info.Imin()), " in call


def test_what_is_given_is_said_by_sentences_top_and_report():
    profile = xor_profile()
    assert "given" not in dict(text.sureness(profile))
    plain = profile.sentences()
    profile.dataset.attrs["given"] = ["clock", "entity"]
    assert profile.sentences() == [f"Given clock and entity: {sentence}" for sentence in plain]
    assert all(sentence.startswith("Given clock and entity: ") for sentence in summary_sentences(profile))
    assert profile.top(1).attrs["given"] == ("clock", "entity")
    assert "; given clock, entity" in repr(profile)
    assert dict(text.sureness(profile))["given"].startswith("clock, entity: ")
