"""Texts as numbers, where a column is used as one: missing words, decimals, grouped digits, censored values."""

import re
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from interplay.study.formats.form import MISSING, Form

BOUNDS = re.compile(r"(<=|>=|<|>|≤|≥)\s*(.+)")
"""A value that lay beyond what could be measured."""
TRUTH = {"true": 1.0, "false": 0.0}


class Numbers(NamedTuple):
    """A column as numbers.

    Attributes
    ----------
    values : (n,) float64, NaN where there is none
    bad : rows whose text is no number, as indices
    bounds : those of them that are bounds such as <0.5, and nothing says what these are
    """

    values: np.ndarray
    bad: np.ndarray
    bounds: np.ndarray


def as_numbers(column: pd.Series, form: Form) -> Numbers:
    """Numbers of a column of texts, or of one that has a type of its own."""
    if column.dtype.kind in "iufb":
        return _numbers(without(column.to_numpy(np.float64, na_value=np.nan), form))
    if column.dtype.kind == "M" or isinstance(column.dtype, pd.DatetimeTZDtype):
        return Numbers(np.full(len(column), np.nan), np.arange(len(column)), np.zeros(0, np.int64))
    texts = pc.utf8_trim_whitespace(pa.array(column.astype(str).where(column.notna(), ""), pa.string()))  # pyrefly: ignore[missing-attribute]
    gone = pc.is_in(texts, pa.array(["", *MISSING, *form.missing_words]))  # pyrefly: ignore[missing-attribute]
    texts = pc.if_else(gone, pa.scalar(None, pa.string()), texts)  # pyrefly: ignore[missing-attribute]
    if not (form.decimal == "," or form.thousands):
        try:
            return _numbers(without(_cast(texts), form))
        except pa.ArrowInvalid:
            pass
    return _with_words(texts, form)


def without(values: np.ndarray, form: Form) -> np.ndarray:
    """Numbers, NaN where they are words for none such as -9999."""
    for word in form.missing_words:
        if (code := _float(word)) is not None:
            values = np.where(values == code, np.nan, values)
    return values


def pattern(form: Form) -> str:
    """How a number is written."""
    point = re.escape(form.decimal or ".")
    digits = r"\d+"
    if form.thousands:
        group = "[ \u00a0\u202f]" if form.thousands == " " else re.escape(form.thousands)
        digits = rf"(\d{{1,3}}({group}\d{{3}})+|\d+)"
    return rf"[-+−]?({digits}({point}\d*)?|{point}\d+)([eE][-+]?\d+)?"


def _with_words(texts: pa.Array, form: Form) -> Numbers:
    """Numbers among which there are words; each text is looked at once."""
    series = texts.to_pandas()
    known = {word: _of_word(word, form) for word in series.dropna().unique()}
    truth = all(word.lower() in TRUTH for word in known)
    if known and truth:
        known = {word: TRUTH[word.lower()] for word in known}
    values = series.map(known).to_numpy(np.float64, na_value=np.nan)
    words = {word for word, value in known.items() if value is None}
    bad = np.flatnonzero(series.isin(words).to_numpy())
    bounds = bad[[_bound(word, form) is not None for word in series.iloc[bad]]] if len(bad) else bad
    return Numbers(without(values, form), bad, bounds)


def _of_word(word: str, form: Form) -> float | None:
    """The number that a word is, NaN if it stands for none; None if it is no number."""
    if re.fullmatch(pattern(form), word):
        return _plain(word, form)
    if re.fullmatch(r"[-+]?inf(inity)?", word, flags=re.IGNORECASE):
        return float(word)
    bound = _bound(word, form)
    if bound is None or form.censored is None:
        return None
    upper, value = bound
    return np.nan if form.censored == "missing" else value / 2 if upper and form.censored == "half" else value


def _bound(word: str, form: Form) -> tuple[bool, float] | None:
    """Whether a bound is an upper one, and its number."""
    parts = BOUNDS.fullmatch(word)
    if parts is None or not re.fullmatch(pattern(form), parts[2]):
        return None
    return parts[1] in ("<", "<=", "≤"), _plain(parts[2], form)


def _plain(word: str, form: Form) -> float:
    if form.thousands:
        word = re.sub("[ \u00a0\u202f]" if form.thousands == " " else re.escape(form.thousands), "", word)
    return float(word.replace(form.decimal or ".", ".").replace("−", "-"))


def _cast(texts: pa.Array) -> np.ndarray:
    return pc.cast(texts, pa.float64()).to_numpy(zero_copy_only=False)


def _numbers(values: np.ndarray) -> Numbers:
    none = np.zeros(0, np.int64)
    return Numbers(values, none, none)


def _float(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None
