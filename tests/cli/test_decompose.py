"""`interplay decompose`: a table of predictions in, atoms out."""

import json
import shlex

import numpy as np
import pandas as pd
import pytest

import interplay as ip
from interplay.cli import main
from interplay.cli.decompose import COMMAND
from interplay.synthetic import GATES


@pytest.fixture
def answers(tmp_path, monkeypatch):
    """What models say of AND, in a folder that the process stands in."""
    monkeypatch.chdir(tmp_path)
    gate = GATES["AND"]
    x1, x2, y = gate.sample(300)
    table = pd.DataFrame({"image": 0.5 * x1, "question": 0.5 * x2, "both": 1.0 * y, "right": y})
    table["picture"] = np.arange(300) // 2
    table["answer"] = np.array(["no", "yes"])[y]
    for name, source in (("image", x1), ("question", x2)):
        table[f"{name}_no"], table[f"{name}_yes"] = 1 - 0.5 * source, 0.5 * source
    table.to_csv("answers.csv", index=False)
    return table


def test_examples_work_as_written(answers, capsys):
    said, quiet = (shlex.split(line)[1:] for line in COMMAND.examples)
    assert main(said) == 0
    out, err = capsys.readouterr()
    assert "from predictions of 300 examples in 150 groups" in out
    assert "image and question together tell 0." in out
    assert main(quiet) == 0
    out, err = capsys.readouterr()
    assert err == ""
    atoms = {row["atom"]: row for row in json.loads(out)}
    assert atoms["synergy"]["bits"] is None
    expected = ip.decompose_predictions(answers["image"], answers["question"], None, answers["right"])
    assert atoms["redundancy"]["bits"] == pytest.approx(expected.redundancy)
    profile = ip.InteractionProfile.load("atoms.nc")
    assert profile.modalities == ("image", "question")
    assert main(quiet) == 1  # the profile is there already


def test_columns_of_classes_by_how_they_begin_and_labels_by_name(answers, capsys):
    answers.drop(columns=["image", "question"]).to_parquet("answers.parquet")
    words = "answers.parquet --y answer --first image_ --second question_ --json"
    assert main(["decompose", *words.split()]) == 0
    by_name = json.loads(capsys.readouterr().out)
    words = "answers.csv --y answer --first image --second question --json --classes no,yes"
    assert main(["decompose", *words.split()]) == 0
    assert json.loads(capsys.readouterr().out) == by_name


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("answers.csv --y wrong --first image --second question", "there must be a column 'wrong'"),
        ("answers.csv --y right --first sound --second question", "predictions must be a column 'sound'"),
        ("answers.csv --y right --first image --second image", "two different names"),
        (
            "answers.txt --y right --first image --second question",
            "must end in .csv or .parquet",
        ),
        ("broken.parquet --y right --first image --second question", "is not a table"),
        ("empty.csv --y right --first image --second question", "is not a table"),
        ("none.csv --y right --first image --second question", "No such file"),
        ("answers.csv --y answer --first image --second question", "classes= must name the columns"),
        ("answers.csv --y right --first image --second question -o atoms.csv", "must end in .nc"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(answers, words, sentence, capsys, tmp_path):
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 no table")
    (tmp_path / "empty.csv").write_text("")
    assert main(["decompose", *words.split()]) == 1
    err = capsys.readouterr().err
    assert sentence in err
    assert err.count("\n") == 1
