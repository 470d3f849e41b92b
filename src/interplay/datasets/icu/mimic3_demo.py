"""MIMIC-III Clinical Database Demo: drugs, laboratory values and vital signs of 136 intensive-care stays."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from interplay.data.targets import label_at
from interplay.datasets.card import Card
from interplay.datasets.icu.changes import SUGAR_AND_SALT, GlucoseChange, PotassiumChange
from interplay.datasets.icu.concepts import describe
from interplay.datasets.icu.doses import HOUR_S
from interplay.datasets.icu.mimic3_tables import FILES, read_mimic3
from interplay.datasets.icu.panels import PANELS, describe_panels
from interplay.datasets.icu.recording import IcuTables, stay_recording
from interplay.types import Recording

FIRST_HOURS = 48
OFFICIAL = "https://physionet.org/files/mimiciii-demo/1.4"
TABLES = (
    "ICUSTAYS", "ADMISSIONS", "PATIENTS", "D_LABITEMS", "CHARTEVENTS", "LABEVENTS", "OUTPUTEVENTS", "INPUTEVENTS_CV",
    "INPUTEVENTS_MV",
)  # fmt: skip


def _card(
    *, name: str, title: str, modalities: dict[str, str], target: str, entities: str, fill: str, **windows
) -> Card:
    return Card(
        name=name,
        title=f"MIMIC-III Clinical Database Demo v1.4: {title}",
        source="physionet.org/content/mimiciii-demo/1.4",
        licence="ODbL 1.0",
        citation=(
            "Johnson A., Pollard T., Mark R. (2019) MIMIC-III Clinical Database Demo v1.4. PhysioNet. Johnson A. "
            "et al. (2016) MIMIC-III, a freely accessible critical care database. Scientific Data 3:160035."
        ),
        entities=entities,
        modalities=modalities,
        target=target,
        step_s=HOUR_S,
        fill=fill,
        files=FILES,
        downloads={f"{OFFICIAL}/{table}.csv": "" for table in TABLES},
        sums=f"{OFFICIAL}/SHA256SUMS.txt",
        **windows,
    )


class Mimic3Demo:
    """Whether a patient dies in hospital, told after two days in intensive care from everything known by then.

    One label for each stay of at least two days. Vital signs, laboratory values, urine and drugs are a modality each:
    43 modalities cannot be told apart on so few stays. All patients of the demo have died since, so that deaths are
    more frequent than in a hospital. Of an hour in which a drug ran at an unknown amount the last known one is taken.
    """

    card = _card(
        name="mimic3_demo",
        title="death in hospital",
        modalities=describe_panels(),
        entities="57 patients with 73 stays of at least two days",
        target="in-hospital death, told at 48 hours: survived, died",
        fill="hold",
        steps=FIRST_HOURS,
    )

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """One recording for each stay of two days, of its first 48 hours."""
        for stay, facts, measured, given in read_mimic3(Path(root)).by_stay():
            if facts["outtime"] - facts["intime"] < pd.Timedelta(hours=FIRST_HOURS):
                continue
            yield stay_recording(
                stay, facts, measured, given, modalities=PANELS, n_hours=FIRST_HOURS,
                target=label_at(int(facts["died"]), FIRST_HOURS * HOUR_S), classes=("survived", "died"),
            )  # fmt: skip


class Mimic3DemoGlucose(GlucoseChange):
    """The next blood glucose within 4 hours: at least 20 mg/dL below the last, above it, or neither."""

    card = _card(
        name="mimic3_demo_glucose",
        title="how glucose changes",
        modalities=describe(SUGAR_AND_SALT),
        fill="hold_age",
        entities="87 patients with 114 stays in which glucose was taken often",
        target=GlucoseChange.target,
        steps=12,
        min_steps=4,
    )

    def tables(self, root: Path) -> IcuTables:
        return read_mimic3(root)


class Mimic3DemoPotassium(PotassiumChange):
    """The next blood potassium within 8 hours: at least 0.3 mmol/L below the last, above it, or neither."""

    card = _card(
        name="mimic3_demo_potassium",
        title="how potassium changes",
        modalities=describe(SUGAR_AND_SALT),
        fill="hold_age",
        entities="75 patients with 98 stays in which potassium was taken often",
        target=PotassiumChange.target,
        steps=12,
        min_steps=4,
    )

    def tables(self, root: Path) -> IcuTables:
        return read_mimic3(root)
