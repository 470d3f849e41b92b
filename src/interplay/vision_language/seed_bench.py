"""SEED-Bench: one JSON file of questions with four choices, in nine dimensions of images and three of videos."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from interplay.errors import DamagedFile, InvalidInput
from interplay.vision_language.questions import Question, answers_for

LETTERS = "ABCD"
NEEDED = ("question_id", "question", "answer", "question_type_id", *(f"choice_{x}" for x in LETTERS.lower()))
FIRST_OF_VIDEOS = 10
"""Number of the first dimension that is about videos."""


def read_seed_bench(path: str | Path, images: str | Path | None = None) -> list[Question]:
    """Questions of the official ``SEED-Bench.json``.

    Parameters
    ----------
    path : str or Path
    images : str or Path, optional
        The folder ``SEED-Bench-image``, whose files are named by the questions' ``data_id``. Questions about videos,
        and about images that are not there, have no image.

    Raises
    ------
    InvalidInput
        If there is no such file.
    DamagedFile
        If it is not as described.
    """
    path = Path(path)
    if not path.is_file():
        raise InvalidInput(f"path must be SEED-Bench.json; {path} is no file.")
    try:
        content = json.loads(path.read_text("utf-8"))
        rows, names = (
            content["questions"],
            {number: name for name, number in content["question_type"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedFile(
            f"{path} must be JSON with the lists questions and question_type; it is not ({error!r})."
        ) from error
    there = {} if images is None else {file.stem: file for file in Path(images).iterdir()}
    return [_question(row, names, there, path) for row in rows]


def _question(row: Mapping, names: Mapping[int, str], there: Mapping[str, Path], path: Path) -> Question:
    lacking = [name for name in NEEDED if name not in row]
    if lacking or row["answer"] not in LETTERS:
        raise DamagedFile(
            f"every question in {path} must have {list(NEEDED)}, its answer one of A to D; {row.get('question_id')!r} "
            f"lacks {lacking}, its answer is {row.get('answer')!r}."
        )
    number, source = row["question_type_id"], str(row.get("data_id", row["question_id"]))
    return Question(
        id=str(row["question_id"]),
        question=row["question"],
        options={x: str(row[f"choice_{x.lower()}"]) for x in LETTERS},
        answer=row["answer"],
        category=f"{number} {names.get(number, '')}".strip(),
        group=source,
        image=there.get(Path(source).stem),
    )


def score_seed_bench(questions: Iterable[Question], answers: Mapping[str, str]) -> pd.DataFrame:
    """Shares of right answers; of a text its first letter is the answer, as in the official evaluation.

    Parameters
    ----------
    questions : of `read_seed_bench`
    answers : id -> a letter, or a text that begins with it

    Returns
    -------
    pandas.DataFrame
        A row for each dimension in order, then "Image", "Video" and "Overall" over their questions; columns
        ``questions`` and ``accuracy``.
    """
    questions = list(questions)
    texts = answers_for(questions, answers)
    rows = pd.DataFrame(
        {
            "category": [question.category for question in questions],
            "number": [int(question.category.split()[0]) for question in questions],
            "right": [texts[question.id].strip()[:1] == question.answer for question in questions],
        }
    )
    of_dimension = rows.sort_values("number", kind="stable").groupby("category", sort=False)["right"]
    table = pd.DataFrame({"questions": of_dimension.size(), "accuracy": of_dimension.mean()})
    video = rows["number"] >= FIRST_OF_VIDEOS
    for name, which in (("Image", ~video), ("Video", video), ("Overall", video | ~video)):
        if which.any():
            table.loc[name] = [which.sum(), rows.loc[which, "right"].mean()]
    return table.astype({"questions": int})
