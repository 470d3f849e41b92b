"""Intensive-care stays as recordings: a quantity, a drug or a panel of them is a modality, the patient the entity."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from interplay.datasets.icu.concepts import DRUGS
from interplay.datasets.icu.doses import HOUR_S, given_stream, sound_doses
from interplay.datasets.icu.events import measured_stream, sound_events
from interplay.datasets.icu.panels import given_panel, measured_panel
from interplay.errors import InvalidInput
from interplay.types import Recording, Stream, Target


@dataclass(frozen=True, kw_only=True, slots=True)
class IcuTables:
    """Intensive-care stays and what happened in them.

    Attributes
    ----------
    stays : one row a stay, by its id, with subject_id, hadm_id, intime, outtime, died (0 or 1), age and male
    measured : columns stay, concept, taken_s, known_s, value
    given : columns stay, drug, start_s, stop_s, known_s, amount; NaN is given in an unknown amount
    """

    stays: pd.DataFrame
    measured: pd.DataFrame
    given: pd.DataFrame

    def by_stay(self) -> Iterable[tuple[int, pd.Series, pd.DataFrame, pd.DataFrame]]:
        """Id, facts, measurements and doses of each stay, in order of the ids."""
        ids = self.stays.index.sort_values()
        for stay, measured, doses in zip(
            ids, _parts(self.measured, ids), _parts(self.given, ids), strict=True
        ):
            yield int(stay), self.stays.loc[stay], measured, doses


def join_parts(stays: pd.DataFrame, measured: list[pd.DataFrame], given: list[pd.DataFrame]) -> IcuTables:
    """The tables from their parts, without impossible values."""
    measured = [part for part in measured if len(part)]
    given = [part for part in given if len(part)]
    if not measured:
        raise InvalidInput(f"the tables must measure something in the {len(stays)} stays; no row does.")
    nothing = pd.DataFrame(columns=["stay", "drug", "start_s", "stop_s", "known_s", "amount"])
    return IcuTables(
        stays=stays,
        measured=sound_events(pd.concat(measured, ignore_index=True)),
        given=sound_doses(pd.concat(given, ignore_index=True)) if given else nothing,
    )


def stay_recording(
    stay: int,
    facts: pd.Series,
    measured: pd.DataFrame,
    given: pd.DataFrame,
    *,
    modalities: Sequence[str] | Mapping[str, tuple[str, ...]],
    n_hours: int,
    target: Target,
    classes: tuple[str, ...],
    more: Mapping[str, Stream] | None = None,
) -> Recording:
    """The first hours of a stay; what became known later is left out.

    Parameters
    ----------
    stay, facts, measured, given : one item of `IcuTables.by_stay`
    modalities : names of concepts and drugs, each a modality; or name of a modality -> names in it, as in `PANELS`
    n_hours : int
        Whole hours from admission to intensive care on.
    target : Target
    classes : names of its classes
    more : further modalities, optional
    """
    of_concept, of_drug = (
        {str(name): rows for name, rows in table.groupby(by, observed=True)}
        for table, by in ((measured, "concept"), (given, "drug"))
    )
    if isinstance(modalities, Mapping):
        streams = {
            panel: given_panel(of_drug, names, n_hours)
            if names[0] in DRUGS
            else measured_panel(of_concept, names, n_hours)
            for panel, names in modalities.items()
        }
    else:
        streams = {
            name: given_stream(of_drug.get(name, given[:0]), name, n_hours)
            if name in DRUGS
            else measured_stream(of_concept.get(name, measured[:0]), name, n_hours * HOUR_S)
            for name in modalities
        }
    return Recording(
        entity=str(facts["subject_id"]),
        name=str(stay),
        streams=streams | dict(more or {}),
        target=target,
        classes=classes,
        static={"age": float(facts["age"]), "male": float(facts["male"])},
        span_s=(0.0, n_hours * HOUR_S),
    )


def _parts(table: pd.DataFrame, ids: pd.Index) -> Iterable[pd.DataFrame]:
    """Rows of each stay, one stay after the other."""
    # stable: of values at one time the last in the file counts, in every reading
    table = table.sort_values("stay", kind="stable")
    first, last = (table["stay"].searchsorted(ids, side) for side in ("left", "right"))
    return (table.iloc[a:b] for a, b in zip(first, last, strict=True))
