"""The first screen: what to leave out, what to keep, whether the run is worth it, and what all of it rests on."""

import base64
import json
import math
from dataclasses import replace

import numpy as np
import pytest

from interplay.metrics.paired import Difference
from interplay.report import write_report
from interplay.report.answers import answers, losses
from interplay.report.kinds import REPORTED
from interplay.report.profile_data import budget_data, enough_sentence
from interplay.report.stream_data import UNOBSERVED, least_sure, stream_data
from interplay.report.text import change, experts_sentence, signed
from report_pages import Page
from report_runs import SPIKE, against_rivals, drawn_run, recorded


def apart(value: float, low: float = math.nan, high: float = math.nan) -> Difference:
    return Difference(a=0.9, b=0.9 + value, difference=value, low=low, high=high)


def told(lost: dict[str, Difference], ahead: Difference | None = None):
    run = against_rivals(drawn_run(3, 3))
    changed = {"lost": lost} | ({} if ahead is None else {"ahead": {"forest": ahead}})
    return answers(replace(run.evaluation, **changed), "macro_f1")


def test_a_modality_is_left_out_only_if_its_interval_says_so():
    out, keep, _ = told(
        {"a": apart(-0.25, -0.3, -0.2), "b": apart(-0.01, -0.02, 0.0), "c": apart(-0.01, -0.05, 0.03)}
    )
    assert out.action == "Leave out b"
    assert out.why == "Without it macro-F1 changes by -0.01 (95 % interval -0.02 to 0.00)."
    assert keep.action == "Keep a"
    assert keep.why == "Without a macro-F1 changes by -0.25 (95 % interval -0.30 to -0.20)."


def test_of_several_that_can_be_spared_one_is():
    out, keep, _ = told({"a": apart(-0.01, -0.015, 0.0), "b": apart(0.01, 0.0, 0.02)})
    assert out.action == "Leave out one of b and a"
    assert "says nothing of several at once" in out.why
    assert keep.action == "No single one must be kept"


def test_nothing_is_left_out_where_all_are_missed():
    out, keep, _ = told({"a": apart(-0.2, -0.3, -0.1), "b": apart(-0.1, -0.15, -0.05)})
    assert out.action == "Leave nothing out"
    assert "Even without b, which is missed least, macro-F1 changes by -0.10" in out.why
    assert keep.action == "Keep a and b"


@pytest.mark.parametrize(
    ("low", "high", "action"),
    [(0.01, 0.05, "Use this model"), (-0.05, -0.01, "Use a forest"), (-0.01, 0.05, "Try a forest"),
     (0.004, 0.05, "Try a forest"), (-0.05, -0.004, "Try a forest"),
     (math.nan, math.nan, "Test it on more")],
)  # fmt: skip
def test_the_interval_against_the_forest_says_what_to_use(low, high, action):
    *_, good = told({"a": apart(-0.2, -0.3, -0.1)}, apart(0.02, low, high))
    assert good.action.startswith(action)
    assert "for a forest and 0.210 for guessing" in good.why


def test_an_old_evaluation_says_what_it_knows():
    run = drawn_run(3, 3)
    lost = losses(run.evaluation, "macro_f1")
    # without the first 0.3 is lost, without the second 0.15
    assert [round(one.difference, 6) for one in lost.values()] == [-0.3, -0.15, -0.1]
    assert math.isnan(lost["hand_0"].low)
    *_, good = answers(run.evaluation, "macro_f1")
    assert "what it has to beat is not known" in good.why


def test_changes_have_a_sign_unless_they_round_to_nothing():
    assert [signed(v) for v in (0.004, -0.004, 0.126, -0.126)] == ["0.00", "0.00", "+0.13", "-0.13"]
    assert change(apart(-0.1, None, None)) == "-0.10"


def test_the_first_screen_stands_on_the_page(tmp_path):
    run = against_rivals(drawn_run(3, 3))
    page = Page(write_report(run, tmp_path / "r.html").read_text())
    assert "What can be left out? Leave nothing out" in page.words
    short = page.data["sections"]["short"]
    assert [one["name"] for one in short["rivals"]] == ["this model", "a forest", "guessing"]
    assert [one["name"] for one in short["lost"]] == ["hand_0", "hand_1", "hand_2"]
    assert short["lost"][0]["low"] == pytest.approx(-0.305)


def test_a_few_modalities_tell_nearly_all():
    profile = drawn_run(5, 3).profile
    rows = budget_data(profile)
    assert [row["k"] for row in rows] == [1, 2, 3, 4, 5]
    assert max(row["share"] for row in rows) == 1.0
    enough = next(row for row in rows if row["share"] >= 0.95)
    assert enough_sentence(profile).startswith(f"{enough['k']} of 5 modalities keep")
    assert enough["bits"] == pytest.approx(profile.keep(enough["k"]).bits)
    assert budget_data(drawn_run(64, 3).profile)[-1]["k"] == 64
    assert budget_data(None) == []


def test_experts_that_serve_all_alike_are_said_not_to_differ():
    insight = drawn_run(3, 3).evaluation.insight
    assert "differ in what they serve: " in experts_sentence(insight)
    even = insight.assign(expert_use=insight["expert_use"] * 0 + 1.0 / insight.sizes["expert"])
    even["expert_use"][-1, 0, 0, 0] += 0.05
    assert experts_sentence(even).startswith("The experts of the last layer do not differ")
    assert experts_sentence(insight.drop_vars("expert_use")) == ""


@pytest.mark.parametrize("kind", ["classes", "labels", "number"])
def test_streams_reach_the_page_as_they_are(kind):

    run = recorded(drawn_run(2, 3, kind))
    data = stream_data(run.evaluation, REPORTED[kind], run.schema)
    (one, _) = data["streams"]
    codes = np.frombuffer(base64.b64decode(one["low"]), "<u2")
    low, high = one["ends"][0]
    values = low + codes / (UNOBSERVED - 1) * (high - low)
    # 16 bits of a range of ten
    np.testing.assert_allclose(values, run.evaluation.streams["low_0"].values[:, 0], atol=10 / 65534)
    assert values[SPIKE] == 9.0
    assert len(data["windows"]["at"]) == len(data["windows"]["wrong"]) == 240
    explained = [k for k in data["windows"]["example"] if k >= 0]
    assert sorted(explained) == list(range(run.evaluation.examples.sizes["window"]))


def test_what_was_not_observed_is_told_apart_from_every_value():
    run = recorded(drawn_run(2, 3))
    run.evaluation.streams["low_0"][5] = np.nan
    (one, _) = stream_data(run.evaluation, REPORTED["classes"], run.schema)["streams"]

    codes = np.frombuffer(base64.b64decode(one["low"]), "<u2")
    assert codes[5] == UNOBSERVED
    assert (np.delete(codes, 5) < UNOBSERVED).all()


def test_the_least_sure_window_comes_first():
    run = recorded(drawn_run(2, 3))
    rows = run.evaluation.examples["row"].values
    p = run.evaluation.predictions.iloc[rows][[f"p_{name}" for name in run.schema.classes]].max(axis=1)
    assert least_sure(run.evaluation, REPORTED["classes"], run.schema) == int(np.argmin(p))


def test_a_run_without_streams_says_so(tmp_path):
    page = Page(write_report(drawn_run(3, 3), tmp_path / "r.html").read_text())
    assert "keeps no streams of its test recordings" in page.words
    assert page.data["sections"]["windows"]["timeline"] is None
    with_them = Page(write_report(recorded(drawn_run(3, 3)), tmp_path / "s.html").read_text())
    assert "keeps no streams" not in with_them.words
    assert json.dumps(with_them.data["sections"]["windows"]["timeline"]["entities"]) == '["x", "y", "z"]'
