"""A question about an image, as every benchmark here asks it."""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from interplay.errors import DamagedFile, InvalidInput


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """A question with its options.

    Attributes
    ----------
    id : what answers are given for
    question : its words
    options : what an answer may be -> what that means: letters and texts, or Yes and No
    answer : the right one of them; empty where it is not published
    category : what the benchmark groups questions by
    group : questions of one group are no independent examples: those about one image, or one question with its options
        in several orders
    image : the file, or where it lies; None where it has to be fetched
    hint : what is said before the question
    """

    id: str
    question: str
    options: Mapping[str, str]
    answer: str
    category: str
    group: str
    image: bytes | Path | None = field(default=None, repr=False)
    hint: str = ""

    def picture(self):
        """The image as pillow opens it, in RGB; takes ``pip install 'interplay[vl]'``."""
        try:
            from PIL import Image, UnidentifiedImageError
        except ImportError as error:
            raise InvalidInput(
                "opening images needs pillow, which is not installed: pip install 'interplay[vl]'."
            ) from error
        if self.image is None:
            raise InvalidInput(f"question {self.id} must have an image to open; it names none that is here.")
        file = io.BytesIO(self.image) if isinstance(self.image, bytes) else self.image
        try:
            with Image.open(file) as picture:
                return picture.convert("RGB")
        except (UnidentifiedImageError, OSError) as error:
            raise DamagedFile(
                f"the image of question {self.id} must be one that pillow reads; {error}."
            ) from error


def answers_for(questions: Iterable[Question], answers: Mapping[str, str]) -> dict[str, str]:
    """The answer to each question, by its id; every question must have one, and its right answer be known."""
    questions = list(questions)
    missing = [question.id for question in questions if question.id not in answers]
    unknown = [question.id for question in questions if not question.answer]
    if not questions or missing or unknown:
        raise InvalidInput(
            f"every question must have an answer and a right one to hold it against; of {len(questions)}, "
            f"{len(missing)} have none {missing[:3]} and of {len(unknown)} the right one is not known {unknown[:3]}."
        )
    return {question.id: str(answers[question.id]) for question in questions}
