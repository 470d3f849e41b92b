"""The streams of tested recordings and what was predicted of them, as the page draws them."""

import base64
import json
from typing import Any

import numpy as np
import xarray as xr

from interplay.report.kinds import ReportedKind
from interplay.train import Evaluation
from interplay.types import Schema

UNOBSERVED = 65535
"""Code of what was not observed; values are told as 16 bits from the least to the largest of their channel."""


def stream_data(evaluation: Evaluation, kind: ReportedKind, schema: Schema) -> dict[str, Any] | None:
    """Strips, streams and windows; None where the evaluation kept no streams."""
    thinned = evaluation.streams
    if thinned is None:
        return None
    names, entity = np.unique(thinned["strip_entity"].values, return_inverse=True)
    rows = thinned["row"].values
    number = {int(row): k for k, row in enumerate(evaluation.examples["row"].values)}
    streams = [one | coded(thinned, k) for k, one in enumerate(json.loads(thinned.attrs["streams"]))]
    return {
        "entities": [str(name) for name in names],
        "step_s": schema.step_s,
        "steps": schema.steps,
        "strips": {
            "entity": entity,
            "start_s": thinned["strip_start_s"].values,
            "steps": thinned["strip_steps"].values,
        },
        "streams": streams,
        "windows": {
            "at": thinned["at"].values,
            "example": [number.get(int(row), -1) for row in rows],
            **kind.bands(evaluation.predictions.iloc[rows], schema),
        },
    }


def least_sure(evaluation: Evaluation, kind: ReportedKind, schema: Schema) -> int:
    """Number of the explained window that the model is least sure of, or most wrong about a number."""
    explained = evaluation.predictions.iloc[evaluation.examples["row"].values]
    return int(np.argmin(kind.sureness(explained, schema)))


def coded(thinned: xr.Dataset, k: int) -> dict[str, Any]:
    """Least and largest values of stream number k, in base64, channel after channel, and the range of each channel."""
    low = thinned[f"low_{k}"].values.T
    high = thinned[f"high_{k}"].values.T if f"high_{k}" in thinned else None
    ends = [_ends(channel) for channel in (low if high is None else np.concatenate([low, high], axis=1))]
    return {"ends": ends, "low": _text(low, ends), "high": None if high is None else _text(high, ends)}


def _ends(values: np.ndarray) -> tuple[float, float]:
    seen = values[np.isfinite(values)]
    return (float(seen.min()), float(seen.max())) if len(seen) else (0.0, 0.0)


def _text(values: np.ndarray, ends: list[tuple[float, float]]) -> str:
    least, largest = (np.array(side, dtype=np.float64)[:, None] for side in zip(*ends, strict=True))
    share = (values - least) / np.where(largest > least, largest - least, 1.0)
    codes = np.where(np.isfinite(share), np.round(share * (UNOBSERVED - 1)), UNOBSERVED)
    return base64.b64encode(codes.astype("<u2").tobytes()).decode("ascii")
