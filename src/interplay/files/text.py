"""Strict JSON of plain values."""

import json
import math
from collections.abc import Mapping


def json_text(values) -> str:
    """Strict JSON of mappings, sequences and plain values; it knows no NaN, which becomes null."""
    return json.dumps(_strict(values), indent=1, allow_nan=False) + "\n"


def json_line(values) -> str:
    """The same on one line."""
    return json.dumps(_strict(values), allow_nan=False)


def _strict(values):
    if isinstance(values, Mapping):
        return {name: _strict(value) for name, value in values.items()}
    if isinstance(values, (list, tuple)):
        return [_strict(value) for value in values]
    return None if isinstance(values, float) and math.isnan(values) else values
