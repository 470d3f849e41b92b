"""MIMIC-IV Clinical Database Demo: 140 intensive-care stays, deaths and how glucose and potassium change."""

from collections.abc import Iterator
from pathlib import Path

from interplay.data.targets import label_at
from interplay.datasets.card import Card
from interplay.datasets.icu.changes import SUGAR_AND_SALT, GlucoseChange, PotassiumChange
from interplay.datasets.icu.concepts import describe
from interplay.datasets.icu.doses import HOUR_S
from interplay.datasets.icu.mimic4_tables import COMPACT_FILES, FIRST_HOURS, read_mimic4
from interplay.datasets.icu.panels import PANELS, describe_panels
from interplay.datasets.icu.recording import IcuTables, stay_recording
from interplay.types import Recording


def demo_card(
    *, name: str, title: str, target: str, entities: str, files: str = COMPACT_FILES, **more
) -> Card:
    """The card of a task, with what holds for all tasks of the demo."""
    return Card(
        name=name,
        title=f"MIMIC-IV Clinical Database Demo v2.2: {title}",
        source="physionet.org/content/mimic-iv-demo/2.2",
        licence="ODbL 1.0",
        citation=(
            "Johnson A. et al. (2023) MIMIC-IV Clinical Database Demo v2.2. PhysioNet, doi:10.13026/dp1f-ex47. Johnson "
            "A. et al. (2023) MIMIC-IV, a freely accessible electronic health record dataset. Scientific Data 10:1."
        ),
        entities=entities,
        target=target,
        step_s=HOUR_S,
        files=files,
        access="The demo needs no account: wget -r -N -c -np https://physionet.org/files/mimic-iv-demo/2.2/.",
        **more,
    )


class Mimic4Demo:
    """Whether a patient dies in hospital, told after two days in intensive care; 12 deaths are too few for a score.

    Vital signs come from `chartevents`, in the same folder or in ``mimic4_demo_vitals`` beside it; without them they
    are unknown, and a warning says so.
    """

    card = demo_card(
        name="mimic4_demo",
        title="death in hospital",
        entities="56 patients with 74 stays of at least two days",
        modalities=describe_panels(),
        target="in-hospital death, told at 48 hours: survived, died (AUROC, of too few)",
        fill="hold",
        steps=FIRST_HOURS,
    )

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """One recording for each stay of two days, of its first 48 hours."""
        for stay, facts, measured, given in read_mimic4(Path(root)).by_stay():
            yield stay_recording(
                stay, facts, measured, given, modalities=PANELS, n_hours=FIRST_HOURS,
                target=label_at(int(facts["died"]), FIRST_HOURS * HOUR_S), classes=("survived", "died"),
            )  # fmt: skip


class _WholeStays:
    """Tables of whole stays, not of their first days."""

    def tables(self, root: Path) -> IcuTables:
        return read_mimic4(root, first_hours=None)


class Mimic4DemoGlucose(_WholeStays, GlucoseChange):
    """The next blood glucose within 4 hours: at least 20 mg/dL below the last, above it, or neither."""

    card = demo_card(
        name="mimic4_demo_glucose",
        title="how glucose changes",
        entities="90 patients with 124 stays in which glucose was taken often",
        modalities=describe(SUGAR_AND_SALT),
        target=f"{GlucoseChange.target} (macro-F1 is the score)",
        fill="hold_age",
        steps=12,
        min_steps=4,
    )


class Mimic4DemoPotassium(_WholeStays, PotassiumChange):
    """The next blood potassium within 8 hours: at least 0.3 mmol/L below the last, above it, or neither."""

    card = demo_card(
        name="mimic4_demo_potassium",
        title="how potassium changes",
        entities="76 patients with 100 stays in which potassium was taken often",
        modalities=describe(SUGAR_AND_SALT),
        target=f"{PotassiumChange.target} (macro-F1 is the score)",
        fill="hold_age",
        steps=12,
        min_steps=4,
    )
