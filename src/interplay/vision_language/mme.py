"""MME: a folder for each of fourteen subtasks, two yes/no questions about each image, accuracy and accuracy+."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pandas as pd

from interplay.errors import DamagedFile, InvalidInput
from interplay.vision_language.questions import Question, answers_for

PERCEPTION = (
    "existence", "count", "position", "color", "posters", "celebrity", "scene", "landmark", "artwork", "OCR",
)  # fmt: skip
COGNITION = ("commonsense_reasoning", "numerical_calculation", "text_translation", "code_reasoning")
OPTIONS = {"Yes": "Yes", "No": "No"}
PICTURES = (".jpg", ".png", ".jpeg")


def read_mme(folder: str | Path) -> list[Question]:
    """Questions of the official folder, which has one for each subtask.

    A subtask holds pictures and texts of the same names side by side, or in ``images`` and ``questions_answers_YN``; a
    text has two lines, each a question, a tab, and Yes or No.

    Raises
    ------
    InvalidInput
        If there is no subtask.
    DamagedFile
        If a text is not as described, or its picture is missing.
    """
    folder = Path(folder)
    subtasks = [folder / name for name in (*PERCEPTION, *COGNITION) if (folder / name).is_dir()]
    if not subtasks:
        raise InvalidInput(
            f"folder must hold a folder for each subtask of MME, such as existence; {folder} has none."
        )
    return [question for subtask in subtasks for question in _subtask(subtask)]


def _subtask(folder: Path) -> Iterator[Question]:
    apart = (folder / "questions_answers_YN").is_dir()
    texts, images = (folder / "questions_answers_YN", folder / "images") if apart else (folder, folder)
    for path in sorted(texts.glob("*.txt")):
        lines = [line.split("\t") for line in path.read_text("utf-8").splitlines() if line.strip()]
        if len(lines) != 2 or any(
            len(line) != 2 or line[1].strip().rstrip(".").title() not in OPTIONS for line in lines
        ):
            raise DamagedFile(
                f"{path} must have two lines, each a question, a tab, and Yes or No; it has {lines}."
            )
        image = next((p for x in PICTURES if (p := images / f"{path.stem}{x}").is_file()), None)
        if image is None:
            raise DamagedFile(f"{path} must have a picture of its name in {images}; there is none.")
        for k, (question, answer) in enumerate(lines):
            yield Question(
                id=f"{folder.name}/{image.name}/{k}",
                question=question,
                options=OPTIONS,
                answer=answer.strip().rstrip(".").title(),
                category=folder.name,
                group=f"{folder.name}/{image.name}",
                image=image,
            )


def yes_or_no(text: str) -> str:
    """Yes, No, or nothing: what a text says by the official rule, which reads its first four letters."""
    word = text.lower().strip().replace(".", "")
    if word in ("y", "n"):
        return "Yes" if word == "y" else "No"
    return "Yes" if "yes" in word[:4] else "No" if "no" in word[:4] else ""


def score_mme(questions: Iterable[Question], answers: Mapping[str, str]) -> pd.DataFrame:
    """Accuracy and accuracy+ in per cent, and their sum, which is the score.

    Parameters
    ----------
    questions : pairs about one image each
    answers : id -> what the model said

    Returns
    -------
    pandas.DataFrame
        A row for each subtask, and "Perception" and "Cognition", whose scores are the sums of theirs; columns
        ``images``, ``accuracy`` (of questions), ``accuracy_plus`` (of images, both questions right) and ``score``.
    """
    questions = list(questions)
    texts = answers_for(questions, answers)
    rows = pd.DataFrame(
        {
            "category": [question.category for question in questions],
            "group": [question.group for question in questions],
            "right": [yes_or_no(texts[question.id]) == question.answer for question in questions],
        }
    )
    of_image = rows.groupby(["category", "group"])["right"].agg(["size", "mean", "all"])
    if (of_image["size"] != 2).any():
        raise InvalidInput(
            f"every image must have two questions; {of_image.index[of_image['size'] != 2][0][1]!r} has "
            f"{of_image['size'][of_image['size'] != 2].iloc[0]}."
        )
    of_subtask = of_image.groupby("category")
    table = pd.DataFrame(
        {
            "images": of_subtask.size(),
            "accuracy": 100.0 * of_subtask["mean"].mean(),
            "accuracy_plus": 100.0 * of_subtask["all"].mean(),
        }
    )
    table["score"] = table["accuracy"] + table["accuracy_plus"]
    for name, subtasks in (("Perception", PERCEPTION), ("Cognition", COGNITION)):
        part = table.loc[table.index.intersection(list(subtasks))]
        if len(part):
            table.loc[name] = {
                "images": part["images"].sum(),
                "accuracy": part["accuracy"].mean(),
                "accuracy_plus": part["accuracy_plus"].mean(),
                "score": part["score"].sum(),
            }
    return table.astype({"images": int})
