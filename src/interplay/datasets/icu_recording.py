"""An intensive-care stay as a recording: each measured quantity and each drug is a modality, the patient the entity."""

from collections.abc import Sequence

import pandas as pd

from interplay.datasets.icu_concepts import DRUGS
from interplay.datasets.icu_doses import HOUR_S, given_stream
from interplay.datasets.icu_events import measured_stream
from interplay.types import Recording, Target


def stay_recording(
    stay: int,
    facts: pd.Series,
    measured: pd.DataFrame,
    given: pd.DataFrame,
    *,
    modalities: Sequence[str],
    n_hours: int,
    target: Target,
    classes: tuple[str, ...],
) -> Recording:
    """The first hours of a stay; what became known later is left out.

    Parameters
    ----------
    stay, facts, measured, given : one item of `IcuTables.by_stay`
    modalities : names of concepts and drugs
    n_hours : int
        Whole hours from admission to intensive care on.
    target : Target
    classes : names of its classes
    """
    streams = {
        name: given_stream(given, name, n_hours)
        if name in DRUGS
        else measured_stream(measured, name, n_hours * HOUR_S)
        for name in modalities
    }
    return Recording(
        entity=str(facts["subject_id"]),
        name=str(stay),
        streams=streams,
        target=target,
        classes=classes,
        static={"age": float(facts["age"]), "male": float(facts["male"])},
        span_s=(0.0, n_hours * HOUR_S),
    )
