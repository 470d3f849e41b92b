"""Sentences, cut-offs, curves and embedded numbers of the report, against values worked out by hand."""

import json

import numpy as np
import pandas as pd
import pytest

import interplay as ip
from interplay.report import text
from interplay.report.embed import safe_json
from interplay.report.prediction_data import binned, entity_rows, one_output
from interplay.report.profile_data import atom_table, groups_of
from interplay.report.script import repeat_script
from interplay.report.summary import finding
from interplay.types import Schema
from report_runs import drawn_run
from small_runs import NAMES, xor_profile


def compared(before: float, after: float) -> dict:
    return {"compared": {"macro_f1": before, "n_windows": 500}, "without_context": {"macro_f1": after}}


@pytest.mark.parametrize(
    ("after", "verdict"),
    [(0.5, "the model leans on them"), (0.89, "changes little"), (0.95, "they mislead it")],
)
def test_whether_the_model_leans_on_interactions(after, verdict):
    told = text.context_sentence(compared(0.9, after))
    assert verdict in told
    assert f"from 0.900 to {after:.3f} (500 windows)" in told


def test_agreement_in_words():
    def found(r, low, high):
        return {"correlation": r, "low": low, "high": high, "n": 30}

    told = text.agreement_sentences(
        {"agreement_redundancy": found(-0.6, -0.8, -0.3), "agreement_synergy": found(-0.5, -0.7, -0.2)}
    )
    assert "yes (rank correlation -0.60, 95 % interval -0.80 to -0.30; 30 pairs and lags" in told[0]
    assert "no, the reverse" in told[1]
    assert "not clear" in text.agreement_sentences({"agreement_synergy": found(0.1, -0.2, 0.4)})[0]
    undefined = {"agreement_synergy": found(None, None, None)}
    assert text.agreement_sentences(undefined) == []


def test_what_is_missed_most():
    parts = {"compared": {"macro_f1": 0.9}, "without a": {"macro_f1": 0.6}, "without b": {"macro_f1": 0.89}}
    assert text.missing_sentence(parts) == (
        "a is missed most: without it macro-F1 falls from 0.900 to 0.600; 1 other can be spared with a loss of at "
        "most 0.02."
    )
    parts["without a"] = {"macro_f1": 0.895}
    assert "stays at 0.890 or above (0.900 with all of them)" in text.missing_sentence(parts)


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


def test_bins_and_curves_by_hand():
    found = binned(np.array([0.05, 0.95, 0.97, 1.0]), np.array([0, 1, 0, 1]))
    np.testing.assert_allclose(found["told"], [0.05, (0.95 + 0.97 + 1.0) / 3])
    np.testing.assert_allclose(found["happened"], [0, 2 / 3])
    one = one_output("x", np.array([True, False, True, False]), np.array([0.9, 0.8, 0.7, 0.1]))
    # of four pairs of a positive and a negative three are in order
    assert one["auroc"] == pytest.approx(0.75)
    assert "roc" not in one_output("x", np.array([True, True]), np.array([0.9, 0.8]))


def test_entities_of_labels_count_known_labels():
    table = pd.DataFrame(
        {"entity": ["a", "a", "b"], "label_u": [1, -1, 0], "label_v": [0, 1, -1], "p_u": 0.9, "p_v": 0.9}
    )
    schema = Schema(shapes={"m": (1, 1)}, steps=1, step_s=1.0, classes=("u", "v"), kind="labels")
    rows = entity_rows(table, schema)
    # a: u right, v wrong, v right; b: u wrong
    assert rows["names"] == ["b", "a"]
    np.testing.assert_allclose(rows["value"], [0, 2 / 3])
    assert list(rows["n"]) == [1, 3]


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
