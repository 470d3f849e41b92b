"""Numbers and names as compact JSON that is safe inside a page."""

import json
import math
from collections.abc import Mapping

import numpy as np

DIGITS = 4
"""Significant digits of embedded numbers: more than any estimate here is worth."""

UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
"""What could end a script element, start a comment or break a line of script, as JSON escapes."""


def safe_json(values) -> str:
    """Strict JSON to put inside a ``<script>`` element; NaN and infinity become null.

    Parameters
    ----------
    values : mappings, sequences, numpy arrays and plain values
        Floats are rounded to `DIGITS` significant digits.
    """
    text = json.dumps(compact(values), separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    for sign, escape in UNSAFE.items():
        text = text.replace(sign, escape)
    return text


def compact(values):
    """Plain values with rounded floats, whole numbers as such and None for what is not finite."""
    if isinstance(values, Mapping):
        return {str(name): compact(value) for name, value in values.items()}
    if isinstance(values, (list, tuple)):
        return [compact(value) for value in values]
    if isinstance(values, (np.ndarray, np.generic)):
        return compact(values.tolist())
    return _rounded(values) if isinstance(values, float) else values


def _rounded(value: float) -> float | int | None:
    if not math.isfinite(value):
        return None
    short = float(f"{value:.{DIGITS}g}")
    return int(short) if short.is_integer() and abs(short) < 1e15 else short
