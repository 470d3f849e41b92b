"""The report: whole, offline, true to the run, and calm about what a run lacks."""

import re
from dataclasses import replace

import numpy as np
import pytest

import interplay as ip
from interplay.errors import InvalidInput
from interplay.report import write_report
from interplay.train import fit
from report_pages import Page
from report_runs import drawn_run
from small_runs import SMALL, STEPS, xor_profile, xor_windows

SECTIONS = ("short", "good", "keep", "windows", "pairs", "alone", "arrives", "sure", "used", "trust")
HOSTILE = ("</script><b>", '"&amp;', "a'b`${1}", "=SUM(A1)")


@pytest.fixture(scope="module")
def run():
    run = fit(xor_windows(200, seed=0), profile=with_errors(xor_profile(("a", "b"))), settings=SMALL,
              card={"title": "Exclusive or", "licence": "none", "source": "a coin"})  # fmt: skip
    run.evaluate(xor_windows(90, seed=1, entities=("x", "y", "z")), n_bootstrap=50)
    return run


def with_errors(profile):
    for name in ("redundancy", "unique", "synergy", "joint_mi", "mi"):
        profile.dataset[f"{name}_stderr"] = profile.dataset[name] * 0 + 0.01
    return profile


def page_of(run, tmp_path) -> Page:
    return Page(write_report(run, tmp_path / "report.html").read_text("utf-8"))


def test_the_page_is_whole_and_loads_nothing(run, tmp_path):
    page = page_of(run, tmp_path)
    html = (tmp_path / "report.html").read_text("utf-8")
    assert set(SECTIONS) <= set(page.ids)
    assert page.loads == []
    # the namespace of SVG is a name, not an address that is loaded
    assert "http" not in html.replace("http://www.w3.org/2000/svg", "").replace('http-equiv="Content', "")
    assert "@import" not in html
    assert "url(" not in html.replace("url(#arrow)", "")
    assert "default-src 'none'" in html


def test_the_numbers_are_those_of_the_run(run, tmp_path):
    page = page_of(run, tmp_path)
    scores = run.evaluation.test
    for name in ("accuracy", "macro_f1", "brier", "ece", "log_loss_bits"):
        assert f"{scores[name]:.3f}" in page.text
    assert f"{scores['macro_f1_low']:.3f} to {scores['macro_f1_high']:.3f}" in page.text
    # 1.96 standard errors of 0.01 to either side
    assert "left and right tell together what neither tells alone: 1.00 of the 1.00 bits that the two tell (95 % interval 0.98 to 1.02), most at a lag of 0.5 s, and clear at no other." in page.words  # fmt: skip # noqa: E501
    assert (
        "No evidence that two modalities tell the same: of 3 pairs at 3 lags none stands clear" in page.words
    )
    assert "Exclusive or" in page.text
    assert "a coin, none" in page.words
    assert "x, y, z" in page.text
    told = page.data
    # pairs in row order: left-right, left-third, right-third, with three lags each
    np.testing.assert_array_equal(told["profile"]["s"], [0, 1, 0, 0, 0, 0, 0, 0, 0])
    predictions = run.evaluation.predictions
    counts = [[int(((predictions["label"] == a) & (predictions["predicted"] == b)).sum()) for b in run.schema.classes]
              for a in run.schema.classes]  # fmt: skip
    assert told["sections"]["good"]["predictions"]["confusion"] == counts
    assert len(told["sections"]["windows"]["examples"]) == run.evaluation.examples.sizes["window"]


def test_examples_know_what_is_true_of_them(run, tmp_path):
    """Row numbers kept with the explained windows lead back to the table of predictions."""
    examples, predictions = run.evaluation.examples, run.evaluation.predictions
    rows = predictions.iloc[examples["row"].values]
    assert list(rows["entity"]) == list(examples["entity"].values)
    assert list(rows["predicted"]) == [run.schema.classes[k] for k in examples["output"].values]
    told = page_of(run, tmp_path).data["sections"]["windows"]["examples"]
    assert [one["label"] for one in told] == list(rows["label"])


def test_nothing_undefined_reaches_the_reader(run, tmp_path):
    page = page_of(run, tmp_path)
    assert not re.search(r"\bnan\b|\bNone\b|\binf\b|Undefined", page.text.replace("None of the", ""))
    assert page.data["kind"] == "classes"


@pytest.mark.parametrize("kind", ["classes", "labels"])
def test_hostile_names_stay_text(kind, tmp_path):
    card = {"title": HOSTILE[0], "source": HOSTILE[2]}
    run = drawn_run(4, 3, kind, names=HOSTILE, classes=HOSTILE, card=card)
    page = page_of(run, tmp_path)
    html = (tmp_path / "report.html").read_text("utf-8")
    assert "</script><b>" not in html
    # the embedded numbers, the script, and no other
    assert html.count("</script>") == 2
    assert tuple(page.data["modalities"]) == HOSTILE
    assert tuple(page.data["classes"]) == HOSTILE
    for name in HOSTILE:
        assert name in page.text


@pytest.mark.slow
def test_sixty_four_modalities_fit(tmp_path):
    run = drawn_run(64, 10)
    page = page_of(run, tmp_path)
    assert (tmp_path / "report.html").stat().st_size < 15e6
    told = page.data
    # 64 * 63 / 2 pairs, ten lags
    assert len(told["profile"]["r"]) == len(told["profile"]["s_error"]) == 20_160
    assert len(told["groups"]) == 8
    found = run.profile.dataset["redundancy"].values
    assert told["profile"]["r"][63 * 10 + 3] == pytest.approx(found[1, 2, 3], rel=5e-4)
    assert "Of 2,016 pairs," in page.words


def test_two_modalities_are_one_pair(tmp_path):
    page = page_of(drawn_run(2, 3), tmp_path)
    assert len(page.data["profile"]["r"]) == 3
    assert page.data["groups"] == {}


def test_a_run_of_numbers(tmp_path):
    run = drawn_run(3, 4, "number")
    page = page_of(run, tmp_path)
    assert "R²" in page.text
    assert f"{run.evaluation.test['mae']:.3f}" in page.text
    told = page.data["sections"]["good"]["predictions"]
    assert "confusion" not in told
    first = run.evaluation.predictions.iloc[0]
    assert told["dots"]["true"][0] == pytest.approx(first["label"], rel=5e-4)
    assert page.data["sections"]["windows"]["examples"][1]["label"] == pytest.approx(
        run.evaluation.predictions["label"][7], rel=5e-4
    )


def test_a_run_of_labels_counts_known_labels_alone(tmp_path):
    run = drawn_run(3, 4, "labels")
    told = page_of(run, tmp_path).data["sections"]["good"]["predictions"]
    fever = run.evaluation.predictions["label_fever"]
    assert told["outputs"][0]["positive"] == (fever == 1).sum()
    assert told["outputs"][0]["n"] == (fever >= 0).sum() < len(fever)
    assert "confusion" not in told
    assert sum(told["outputs"][0]["calibration"]["count"]) == (fever >= 0).sum()


def test_a_control_is_told_in_words_where_there_is_one(tmp_path):
    run = drawn_run(3, 3)
    control = {name: value - 0.1 for name, value in run.evaluation.test.items()}
    page = page_of(replace(run, evaluation=replace(run.evaluation, control=control)), tmp_path)
    # in short, and inside the model
    assert page.words.count("Trained anew without the profile: macro-F1") == 2
    assert page.words.count("blanked in this trained model") == 2
    assert "Trained anew" not in Page(write_report(run, tmp_path / "none.html").read_text("utf-8")).words


def test_a_run_without_a_profile_says_so(tmp_path):
    plain = fit(xor_windows(200, seed=0), settings=SMALL)
    plain.evaluate(xor_windows(60, seed=1, entities=("x",)), n_bootstrap=10)
    page = page_of(plain, tmp_path)
    assert "has no interaction profile: the model is its own unguided control" in page.words
    assert "reads interactions, so there is nothing to take away" in page.words
    assert "says nothing about where its data come from" in page.words
    assert "One entity was tested, x" in page.words
    assert page.data["profile"] is None
    assert not re.search(r"\bnan\b", page.text)


def test_a_profile_by_hand_has_no_errors_to_show(run, tmp_path):
    page = page_of(replace(run, profile=xor_profile()), tmp_path)
    assert "1.00 of the 1.00 bits that the two tell, most at" in page.words
    assert "This profile has no standard errors, so nothing can be said about chance." in page.words
    assert "is included. This profile" in page.words
    assert page.data["profile"]["s_error"] is None


def test_a_single_modality_has_no_pairs(tmp_path):
    rng = np.random.default_rng(0)

    def windows(entities):
        y = rng.integers(0, 2, 80)
        x = rng.normal(size=(80, STEPS, 1)) + y[:, None, None]
        return ip.windows_from_arrays({"alone": x}, y, entity=rng.choice(entities, 80))

    zeros = np.zeros((1, 1, 2))
    profile = ip.InteractionProfile.from_arrays(
        ["alone"], redundancy=zeros, unique=zeros, synergy=zeros, step_s=1.0, h_y_bits=1.0, entities=()
    )
    run = fit(windows(("a", "b")), profile=profile, settings=SMALL)
    run.evaluate(windows(("x", "y")), n_bootstrap=10)
    assert "There is one modality, so there are no pairs." in page_of(run, tmp_path).text


def test_what_cannot_be_reported_is_refused(run, tmp_path):
    with pytest.raises(InvalidInput, match="Evaluate it first"):
        write_report(replace(run, evaluation=None), tmp_path / "r.html")
    (tmp_path / "kept.html").write_text("mine")
    with pytest.raises(InvalidInput, match="must not exist yet, and does"):
        write_report(run, tmp_path / "kept.html")
    assert [path.name for path in tmp_path.iterdir()] == ["kept.html"]
    assert (tmp_path / "kept.html").read_text() == "mine"


def test_a_saved_run_is_reported_from_its_folder(run, tmp_path):
    folder = replace(run).save(tmp_path / "run")
    first = Page(write_report(folder, folder / "report.html").read_text("utf-8"))
    second = Page(write_report(run, tmp_path / "other.html").read_text("utf-8"))
    assert first.text == second.text
    assert first.data == second.data
