"""What a model says of each option, from files that others write: lmms-eval's samples, or JSON lines of one's own.

Letters: N questions, C options.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from interplay.errors import DamagedFile, InvalidInput
from interplay.vision_language.mmbench import option_in
from interplay.vision_language.mme import yes_or_no


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """Probabilities of options in one run of a model over a benchmark.

    Attributes
    ----------
    probs : pandas.DataFrame (N, C), a row for each question by its id, a column for each option; rows sum to 1
    right : pandas.Series (N,) of str, the right option
    category, group : pandas.Series (N,) of str, see `Question`
    """

    probs: pd.DataFrame
    right: pd.Series
    category: pd.Series
    group: pd.Series


def read_option_probabilities(path: str | Path) -> Answers:
    """From a file of JSON lines, one for each question.

    Each has ``id``, ``probabilities`` (option to number; they are divided by their sum), ``answer`` (the right option),
    and maybe ``category`` and ``group``.

    Raises
    ------
    InvalidInput
        If there is no such file.
    DamagedFile
        If a line is not as described.
    """
    rows = []
    for where, line in _lines(Path(path)):
        probs = line.get("probabilities")
        if "id" not in line or "answer" not in line or not isinstance(probs, dict):
            raise DamagedFile(f"{where} must have id, probabilities and answer; it has {sorted(line)}.")
        values = np.array(list(probs.values()), dtype=np.float64)
        if not (np.isfinite(values).all() and (values >= 0).all() and values.sum() > 0):
            raise DamagedFile(f"{where} must have probabilities from 0 on, not all 0; it has {probs}.")
        share = dict(zip(probs, values / values.sum(), strict=True))
        name = str(line["id"])
        rows.append((name, share, str(line["answer"]), line.get("category", ""), line.get("group", name)))
    return _answers(rows, Path(path))


def read_lmms_samples(
    path: str | Path, *, category: str = "category", group: str | None = None, options: Sequence[str] = "ABCD"
) -> Answers:
    """From what ``lmms-eval --log_samples`` writes: a JSON line for each question.

    Tasks that compare the options (``multiple_choice``) log a loss for each, or with lm-eval its negative, a
    log-likelihood: probabilities are their softmax. Tasks that have the model write log a text: the option that it
    names has all of the probability, and a text that names none leaves all options alike. What is too sure of itself is
    recalibrated by `interplay.decompose_predictions`.

    Parameters
    ----------
    path : str or Path
        ``*_samples_TASK.jsonl``.
    category, group : str
        Fields of the document; ``group`` is by default the question itself, or in MMBench that which it is a copy of.
    options : sequence of str
        What the options are called, in the order of the task; ``("Yes", "No")`` of MME.
    """
    rows, options = [], tuple(options)
    for where, line in _lines(Path(path)):
        doc, resps = line.get("doc"), line.get("filtered_resps")
        if not isinstance(doc, dict) or not isinstance(resps, list) or not resps or "doc_id" not in line:
            raise DamagedFile(
                f"{where} must have doc_id, doc and filtered_resps, as --log_samples writes them; it has "
                f"{sorted(line)}."
            )
        name = str(line["doc_id"])
        right = _right(line.get("target"), doc, options)
        if right not in options:
            raise DamagedFile(f"the target in {where} must be one of {list(options)}; it is {right!r}.")
        share = _shares(resps, doc, options, where)
        rows.append((name, share, right, doc.get(category, ""), _group(doc, group, name)))
    return _answers(rows, Path(path))


def _lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Objects of a file of JSON lines, and where each stands."""
    if not path.is_file():
        raise InvalidInput(f"path must be a file of JSON lines; {path} is no file.")
    for k, text in enumerate(path.read_text("utf-8").splitlines(), start=1):
        where = f"line {k} of {path}"
        try:
            line = json.loads(text)
        except ValueError as error:
            raise DamagedFile(f"{where} must be JSON; {error}.") from error
        if not isinstance(line, dict):
            raise DamagedFile(f"{where} must be a JSON object; it is {type(line).__name__}.")
        yield where, line


def _right(target: Any, doc: Mapping, options: tuple[str, ...]) -> str:
    """The right option: an index, the option itself, or what the document says."""
    target = doc.get("answer") if target is None else target
    if isinstance(target, int) and 0 <= target < len(options):
        return options[target]
    text = str(target).strip()
    return next((x for x in options if x.lower() == text.lower()), text)


def _shares(resps: list, doc: Mapping, options: tuple[str, ...], where: str) -> dict[str, float]:
    """Probabilities of the options, from losses, log-likelihoods or a text."""
    first = resps[0]
    if isinstance(first, list) and first and isinstance(first[0], (int, float)):
        if len(resps) > len(options):
            raise DamagedFile(f"{where} must have at most {len(options)} options; it has {len(resps)}.")
        return dict(zip(options, _softmax([x[0] for x in resps], where), strict=False))
    text = str(first[0] if isinstance(first, list) and first else first)
    named = yes_or_no(text) if set(options) == {"Yes", "No"} else option_in(text, _texts(doc, options))
    if named in options:
        return {named: 1.0}
    return dict.fromkeys(options, 1.0 / len(options))


def _softmax(values: list[float], where: str) -> np.ndarray:
    """Losses are never negative, log-likelihoods never positive; no file holds both."""
    scores = np.array(values, dtype=np.float64)
    if not np.isfinite(scores).all() or ((scores > 0).any() and (scores < 0).any()):
        raise DamagedFile(f"{where} must have losses or log-likelihoods, all of one sign; it has {values}.")
    scores = np.exp(-np.abs(scores) + np.abs(scores).min())
    return scores / scores.sum()


def _texts(doc: Mapping, options: tuple[str, ...]) -> dict[str, str]:
    """What the options say, where the document tells: in columns A to D, or choice_a to choice_d."""
    texts = {x: doc.get(x, doc.get(f"choice_{x.lower()}")) for x in options}
    return {x: str(text) for x, text in texts.items() if text not in (None, "", "nan")}


def _group(doc: Mapping, field: str | None, name: str) -> str:
    if field is not None:
        return str(doc.get(field, name))
    index = doc.get("index")
    return str(int(index) % 1_000_000) if isinstance(index, (int, float)) else name


def _answers(rows: list[tuple], path: Path) -> Answers:
    if not rows:
        raise DamagedFile(f"{path} must hold at least one question; it is empty.")
    names, shares, right, category, group = zip(*rows, strict=True)
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DamagedFile(f"{path} must hold every question once; {twice!r} is there twice.")
    probs = pd.DataFrame(list(shares), index=pd.Index(names, name="id")).fillna(0.0)
    return Answers(
        probs=probs[sorted(probs.columns)],
        right=pd.Series(right, index=probs.index),
        category=pd.Series(list(map(str, category)), index=probs.index),
        group=pd.Series(list(map(str, group)), index=probs.index),
    )
