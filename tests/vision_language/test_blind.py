"""What image and question tell about answers, from logs as others write them."""

import json

import numpy as np
import pytest

from interplay.errors import DamagedFile, InvalidInput
from interplay.vision_language import blind_test, read_lmms_samples, read_option_probabilities


def written(path, lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


def sample(number, doc, target, resps):
    """A line of --log_samples, with what else stands there."""
    return {
        "doc_id": number,
        "doc": doc,
        "target": target,
        "arguments": ["What is it?"],
        "resps": [[resp] for resp in resps],
        "filtered_resps": resps,
        "doc_hash": "0",
        "prompt_hash": "0",
        "target_hash": "0",
    }


def test_losses_and_log_likelihoods_are_the_same_probabilities(tmp_path):
    probs = np.array([0.7, 0.2, 0.1])
    for sign in (-1, 1):  # lmms-eval logs losses, lm-eval their negatives
        resps = [[float(sign * np.log(p)), False] for p in probs]
        path = written(
            tmp_path / "samples.jsonl", [sample(0, {"category": "color", "index": 3_000_007}, 1, resps)]
        )
        answers = read_lmms_samples(path, options="ABC")
        np.testing.assert_allclose(answers.probs.loc["0"], probs, rtol=1e-12)
        assert (answers.right["0"], answers.category["0"], answers.group["0"]) == ("B", "color", "7")


def test_texts_are_the_option_that_they_name(tmp_path):
    doc = {"A": "red", "B": "green", "category": "color"}
    lines = [sample(k, doc, "B", [text]) for k, text in enumerate(["B", "it is red", "who knows"])]
    answers = read_lmms_samples(written(tmp_path / "a.jsonl", lines), options="AB")
    assert answers.probs.to_numpy().tolist() == [[0.0, 1.0], [1.0, 0.0], [0.5, 0.5]]
    lines = [
        sample(k, {"question_id": "c/1.jpg"}, "Yes", [text]) for k, text in enumerate(["Yes.", "no way"])
    ]
    answers = read_lmms_samples(
        written(tmp_path / "b.jsonl", lines), options=("Yes", "No"), group="question_id"
    )
    assert answers.probs[["Yes", "No"]].to_numpy().tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert answers.group.tolist() == ["c/1.jpg"] * 2


def runs(folder, seed=0, n=1200):
    """Half of the questions give the answer away, half need image and question: one bit each, of answers of one bit."""
    rng = np.random.default_rng(seed)
    shown, asked = rng.integers(0, 2, (2, n))
    right = shown ^ asked
    given_away = np.arange(n) % 2 == 0
    answers = {}
    for name, p_right in (
        ("image", np.full(n, 0.5)),
        ("question", np.where(given_away, 0.999, 0.5)),
        ("both", np.full(n, 0.999)),
    ):
        lines = [
            {
                "id": k,
                "probabilities": {"AB"[right[k]]: p_right[k], "AB"[1 - right[k]]: 1 - p_right[k]},
                "answer": "AB"[right[k]],
                "category": "easy" if given_away[k] else "hard",
                "group": k // 4,
            }
            for k in rng.permutation(n).tolist()
        ]
        answers[name] = read_option_probabilities(written(folder / f"{name}.jsonl", lines))
    return answers


@pytest.mark.slow
def test_what_can_be_answered_blind_is_seen_overall_and_by_category(tmp_path):
    test = blind_test(**runs(tmp_path))
    # by construction; tolerances are the intervals' own, and no wider than 0.1 bit
    for category, blind, synergy in (("easy", 1.0, 0.0), ("hard", 0.0, 1.0), ("overall", 0.5, 0.5)):
        row = test.table().loc[category]
        assert row["asked"] == pytest.approx(1.0, abs=0.01)
        assert row["question alone"] == pytest.approx(blind, abs=0.1)
        assert row["both together"] == pytest.approx(synergy, abs=0.1)
        assert row["blind"] == pytest.approx(blind, abs=0.1)
    assert test.accuracy.loc["hard", "both"] == 1.0
    assert "of this benchmark can be answered without looking" in test.sentences()[0]
    assert "in easy" in test.sentences()[-1]


def test_small_categories_are_left_out_with_a_reason(tmp_path):
    answers = runs(tmp_path, n=200)
    for run in answers.values():
        run.category.loc[["0", "1"]] = "tiny"
    test = blind_test(**answers)
    assert set(test.left_out) == {"tiny"}
    assert "at least" in test.left_out["tiny"]


def test_runs_about_other_questions_are_refused(tmp_path):
    answers = runs(tmp_path, n=100)
    part = read_option_probabilities(
        written(tmp_path / "part.jsonl", [{"id": 0, "probabilities": {"A": 1, "B": 1}, "answer": "A"}])
    )
    with pytest.raises(InvalidInput, match="'image' has 1, of which 1 are among the 100"):
        blind_test(part, answers["question"], answers["both"])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"id": 1, "answer": "A"}, "must have id, probabilities and answer"),
        ({"id": 1, "answer": "A", "probabilities": {"A": -1, "B": 2}}, "from 0 on"),
        ({"id": 1, "answer": "A", "probabilities": {"A": 0, "B": 0}}, "not all 0"),
    ],
)
def test_damaged_lines_are_told_with_their_number(tmp_path, line, reason):
    good = {"id": 0, "answer": "A", "probabilities": {"A": 1, "B": 2}}
    with pytest.raises(DamagedFile, match=reason) as error:
        read_option_probabilities(written(tmp_path / "a.jsonl", [good, line]))
    assert str(error.value).startswith("line 2 of ")
