"""Official files are read as they are written, and scored by the official rules; numbers are worked out by hand."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from interplay.errors import DamagedFile, InvalidInput
from interplay.vision_language import (
    read_mmbench,
    read_mme,
    read_seed_bench,
    score_mmbench,
    score_mme,
    score_seed_bench,
)
from interplay.vision_language.mmbench import option_in
from interplay.vision_language.mme import yes_or_no


def drawn(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (6, 4), colour).save(file, "PNG")
    return file.getvalue()


HEAD = (
    "index",
    "question",
    "hint",
    "A",
    "B",
    "C",
    "D",
    "answer",
    "category",
    "image",
    "source",
    "l2-category",
    "split",
)
OPTIONS = ["red", "green", "None", "blue"]


def write_mmbench(path):
    """Two questions, of four and of two options, each with its options in turn at every letter."""
    rows = []
    for number, options, answer, category, colour in (
        (7, OPTIONS, "green", "color", "green"),
        (12, ["yes", "no"], "no", "existence", "black"),
    ):
        for k in range(len(options)):
            turned = options[k:] + options[:k]
            cells = turned + [""] * (4 - len(options))
            # copies may name the row that holds their image
            image = base64.b64encode(drawn(colour)).decode() if k == 0 else str(number)
            letter = "ABCD"[turned.index(answer)]
            rows.append(
                [
                    number + k * 1_000_000,
                    "Which is it?",
                    "",
                    *cells,
                    letter,
                    category,
                    image,
                    "own",
                    "l2",
                    "dev",
                ]
            )
    path.write_text("\n".join("\t".join(map(str, row)) for row in [HEAD, *rows]) + "\n", "utf-8")
    return path


def test_mmbench_is_read_with_images_copies_and_options(tmp_path):
    questions = read_mmbench(write_mmbench(tmp_path / "mmbench.tsv"))
    assert [q.id for q in questions] == ["7", "1000007", "2000007", "3000007", "12", "1000012"]
    assert [q.group for q in questions] == ["7"] * 4 + ["12"] * 2
    assert questions[0].options == dict(zip("ABCD", OPTIONS, strict=True))  # None is a word here
    assert questions[4].options == {"A": "yes", "B": "no"}
    assert [q.answer for q in questions] == ["B", "A", "D", "C", "B", "A"]
    assert np.asarray(questions[2].picture())[0, 0].tolist() == [0, 128, 0]


def test_mmbench_counts_a_question_only_if_all_of_its_copies_are_right(tmp_path):
    questions = read_mmbench(write_mmbench(tmp_path / "mmbench.tsv"))
    right = {q.id: q.answer for q in questions}
    table = score_mmbench(questions, right)
    assert table["circular"].tolist() == [1.0, 1.0, 1.0]
    table = score_mmbench(questions, right | {"2000007": "A", "12": "certainly"})
    # one copy of four wrong: right as it stands first, wrong in the circle; of the other the first is unread
    assert table.loc["color", ["circular", "vanilla", "unread"]].tolist() == [0.0, 1.0, 0.0]
    assert table.loc["existence", ["circular", "vanilla", "unread"]].tolist() == [0.0, 0.0, 0.5]
    assert table.loc["overall", ["questions", "circular", "vanilla"]].tolist() == [2, 0.0, 0.5]
    always_a = score_mmbench(questions, dict.fromkeys(right, "A"))
    assert always_a.loc["overall", "circular"] == 0.0


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("B", "B"),
        (" b.", ""),
        ("(B)", "B"),
        ("B. green", "B"),
        ("The answer is D", "D"),
        ("Either B or D", ""),
        ("A", "A"),
        ("A green thing stands there", "B"),  # an article, then the words
        ("It is GREEN, I think", "B"),
        ("red or green", ""),
        ("E", "E"),
        ("nothing of it", ""),
    ],
)
def test_an_answer_is_read_as_the_official_evaluation_reads_it(text, option):
    assert option_in(text, dict(zip("ABCD", ["red", "green", "grey", "blue"], strict=True))) == option


def write_mme(folder):
    """Three images in `count`, files apart, and one in `code_reasoning`, side by side."""
    for k in range(3):
        for part, name, content in (
            ("images", f"{k}.jpg", drawn("red")),
            ("questions_answers_YN", f"{k}.txt", b"Is there one?\tYes\nAre there two?\tNo\n"),
        ):
            (folder / "count" / part).mkdir(parents=True, exist_ok=True)
            (folder / "count" / part / name).write_bytes(content)
    (folder / "code_reasoning").mkdir()
    (folder / "code_reasoning" / "a.png").write_bytes(drawn("blue"))
    (folder / "code_reasoning" / "a.txt").write_text("Is it Python?\tYes\nIs it C?\tNo", "utf-8")
    return folder


def test_mme_is_read_and_scored_by_accuracy_and_accuracy_plus(tmp_path):
    questions = read_mme(write_mme(tmp_path))
    assert len(questions) == 8
    assert questions[0].id == "count/0.jpg/0"
    assert questions[-1].picture().size == (6, 4)
    answers = {q.id: q.answer for q in questions}
    assert score_mme(questions, answers).loc["count", "score"] == 200.0
    # yes to everything: half of the questions, and no image
    yes = score_mme(questions, dict.fromkeys(answers, "Yes, there is."))
    assert yes.loc["count", ["accuracy", "accuracy_plus", "score"]].tolist() == [50.0, 0.0, 50.0]
    one = score_mme(questions, answers | {"count/0.jpg/1": "Certainly"})
    # 5 of 6 questions, 2 of 3 images
    assert one.loc["count", "score"] == pytest.approx(100 * 5 / 6 + 100 * 2 / 3)
    assert one.loc["Perception", "score"] == one.loc["count", "score"]
    assert one.loc["Cognition", "score"] == 200.0


@pytest.mark.parametrize(
    ("text", "word"),
    [("Yes", "Yes"), ("no.", "No"), ("Y", "Yes"), ("n", "No"), (" yes it is", "Yes"), ("x", ""), ("I say no", ""),
     ("not so", "No"), ("", "")],
)  # fmt: skip
def test_yes_and_no_are_read_by_the_official_rule(text, word):
    assert yes_or_no(text) == word


def seed_row(number: int, kind: int, answer: str, **more):
    return {
        "question_id": str(number),
        "question": "What is it?",
        **{f"choice_{x}": f"thing {x}" for x in "abcd"},
        "answer": answer,
        "question_type_id": kind,
        "data_id": f"picture{number}",
        "data_type": "image" if kind < 10 else "video",
        **more,
    }


def test_seed_bench_is_read_and_scored_by_dimension(tmp_path):
    rows = [seed_row(1, 1, "A"), seed_row(2, 1, "B"), seed_row(3, 2, "C"), seed_row(4, 11, "D")]
    kinds = {"Scene Understanding": 1, "Instance Identity": 2, "Action Prediction": 11}
    path = tmp_path / "SEED-Bench.json"
    path.write_text(json.dumps({"questions": rows, "question_type": kinds}), "utf-8")
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "picture2.png").write_bytes(drawn("red"))
    questions = read_seed_bench(path, tmp_path / "images")
    assert [q.image is None for q in questions] == [True, False, True, True]
    table = score_seed_bench(questions, {"1": "A", "2": "A. thing a", "3": " C", "4": "d"})
    assert table["accuracy"].to_dict() == {
        "1 Scene Understanding": 0.5,
        "2 Instance Identity": 1.0,
        "11 Action Prediction": 0.0,
        "Image": pytest.approx(2 / 3),
        "Video": 0.0,
        "Overall": 0.5,
    }


def test_damaged_files_are_told_in_a_sentence(tmp_path):
    path = write_mmbench(tmp_path / "mmbench.tsv")
    path.write_text(path.read_text("utf-8").replace("\timage\t", "\tpicture\t"), "utf-8")
    with pytest.raises(DamagedFile, match=r"lacks \['image'\]"):
        read_mmbench(path)
    mme = write_mme(tmp_path / "mme")
    (mme / "count" / "images" / "1.jpg").unlink()
    with pytest.raises(DamagedFile, match="must have a picture of its name"):
        read_mme(mme)
    with pytest.raises(InvalidInput, match="a folder for each subtask"):
        read_mme(tmp_path)
    path = tmp_path / "seed.json"
    path.write_text(json.dumps({"questions": [seed_row(1, 1, "F")], "question_type": {}}), "utf-8")
    with pytest.raises(DamagedFile, match="its answer is 'F'"):
        read_seed_bench(path)
    with pytest.raises(InvalidInput, match=r"of 6, 6 have none \['7'"):
        score_mmbench(read_mmbench(write_mmbench(tmp_path / "again.tsv")), {})
