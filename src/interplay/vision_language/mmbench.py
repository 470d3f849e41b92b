"""MMBench: a TSV file with images in base64, and circular evaluation.

A question stands in the file several times, its options in turn at every letter; copy k has the number of the first
plus k million. It counts as answered if all of its copies are.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from interplay.errors import DamagedFile, InvalidInput
from interplay.vision_language.questions import Question, answers_for

COPY = 1_000_000
LETTERS = "ABCD"
REFUSAL = "E"
"""What stands for none of the options."""
NEEDED = ("index", "question", "A", "B", "image")
LONGEST_POINTER = 64
"""Characters; an image of fewer is the number of the row that holds it."""
AROUND = (("", ""), ("", "."), ("", ","), ("", ":"), ("", ")"), ("", ")."), ("(", ")"), ("(", ")."), (":", ""),
          (":", ","), (":", "."), (":", ")"), (":", ")."))  # fmt: skip
"""What may stand before and behind a letter that is an answer."""


def read_mmbench(path: str | Path) -> list[Question]:
    """Questions of an official file such as ``mmbench_dev_en_20231003.tsv``.

    Raises
    ------
    InvalidInput
        If there is no such file.
    DamagedFile
        If it lacks columns, or an image cannot be decoded.
    """
    path = Path(path)
    if not path.is_file():
        raise InvalidInput(f"path must be a TSV file of MMBench; {path} is no file.")
    try:
        # an option may be the word None
        rows = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, UnicodeDecodeError, pd.errors.EmptyDataError) as error:
        raise DamagedFile(f"{path} must be a table with tabs; it cannot be read: {error}.") from error
    lacking = [name for name in NEEDED if name not in rows]
    if lacking:
        raise DamagedFile(f"{path} must have the columns {list(NEEDED)}; it lacks {lacking}.")
    images = dict(zip(rows["index"], rows["image"], strict=True))
    return [_question(row, images, path) for row in rows.to_dict("records")]


def _question(row: Mapping[Any, str], images: Mapping[str, str], path: Path) -> Question:
    try:
        number = int(row["index"])
    except ValueError as error:
        raise DamagedFile(f"{path} must number its questions; one has the index {row['index']!r}.") from error
    return Question(
        id=row["index"],
        question=row["question"],
        options={x: row[x] for x in LETTERS if row.get(x, "") not in ("", "nan")},
        answer=row.get("answer", ""),
        category=row.get("category", ""),
        group=str(number % COPY),
        image=_image(row["image"], images, f"row {row['index']} of {path}"),
        hint=row.get("hint", "").replace("nan", ""),
    )


def _image(text: str, images: Mapping[str, str], where: str) -> bytes:
    if len(text) <= LONGEST_POINTER:
        text = images.get(text, "")
    try:
        image = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise DamagedFile(f"the image in {where} must be base64; {error}.") from error
    if not image:
        raise DamagedFile(f"{where} must have an image, or the index of a row that has it; it has neither.")
    return image


def option_in(text: str, options: Mapping[str, str]) -> str:
    """The option that a text names, by its letter or its words; empty if that is none or several.

    The rules are those of the official evaluation, up to the point where it asks a language model.
    """
    return _letter_in(text) or _words_in(text, options)


def _letter_in(text: str) -> str:
    words = text.split()
    for before, behind in AROUND:
        named = [x for x in LETTERS + REFUSAL if before + x + behind in words]
        # in a sentence, a lone A is an article
        article = not before + behind and "A" in words and len(words) > 3
        if len(named) == 1 and not article:
            return named[0]
    return ""


def _words_in(text: str, options: Mapping[str, str]) -> str:
    named = [x for x, words in options.items() if words.lower() in text.lower()]
    return named[0] if len(named) == 1 else ""


def score_mmbench(questions: Iterable[Question], answers: Mapping[str, str]) -> pd.DataFrame:
    """Shares of questions that are answered, by the official circular evaluation and row by row.

    Parameters
    ----------
    questions : of one file, with their copies or without
    answers : id -> what the model said, a letter or any text

    Returns
    -------
    pandas.DataFrame
        A row for each category and "overall"; columns ``questions``, ``circular`` (all copies right), ``vanilla`` (the
        question as it stands first), ``unread`` (share of rows whose answer names no option; the official evaluation
        asks a language model about them, here they are wrong).
    """
    questions = list(questions)
    texts = answers_for(questions, answers)
    option = [option_in(texts[question.id], question.options) for question in questions]
    rows = pd.DataFrame(
        {
            "group": [question.group for question in questions],
            "category": [question.category for question in questions],
            "first": [question.id == question.group for question in questions],
            "right": [x == question.answer for x, question in zip(option, questions, strict=True)],
            "unread": [not x for x in option],
        }
    )
    first = rows[rows["first"]].set_index("group")
    if set(first.index) != set(rows["group"]):
        raise InvalidInput("every copy must come with the question that it is a copy of; some come alone.")
    of_group = first[["category"]].assign(
        questions=1,
        circular=rows.groupby("group")["right"].all(),
        vanilla=first["right"],
        unread=rows.groupby("group")["unread"].mean(),
    )
    return _shares(of_group)


def _shares(of_group: pd.DataFrame) -> pd.DataFrame:
    """Means by category and overall."""
    how = {"questions": "sum", "circular": "mean", "vanilla": "mean", "unread": "mean"}
    table = of_group.groupby("category").agg(how)
    table.loc["overall"] = of_group.agg(how)
    return table.astype({"questions": np.int64})
