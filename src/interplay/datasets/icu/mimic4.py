"""MIMIC-IV: death in hospital and length of stay from the first two days in intensive care."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pandas as pd

from interplay.data.targets import label_at
from interplay.datasets.card import Card
from interplay.datasets.icu.concepts import DRUGS, LABS, URINE, VITALS, describe
from interplay.datasets.icu.doses import HOUR_S
from interplay.datasets.icu.embeddings import read_embeddings
from interplay.datasets.icu.mimic4_tables import COMPACT_FILES, FILES, FIRST_HOURS, read_mimic4
from interplay.datasets.icu.panels import PANELS, describe_panels
from interplay.datasets.icu.recording import stay_recording
from interplay.types import Recording

MODALITIES = (*VITALS, *LABS, *URINE, *DRUGS)
EMBEDDINGS = {"notes": ("note_embeddings.npz", 768), "xray": ("cxr_embeddings.npz", 1024)}
SHORT = pd.Timedelta(hours=96)


def _card(*, name: str, title: str, target: str) -> Card:
    return Card(
        name=name,
        title=f"MIMIC-IV: {title}",
        source="physionet.org/content/mimiciv (versions 2 and 3, credentialed), or its open demo",
        licence="PhysioNet Credentialed Health Data License 1.5.0 (demo: ODbL 1.0)",
        citation=(
            "Johnson A. et al. (2023) MIMIC-IV, a freely accessible electronic health record dataset. Scientific Data "
            "10:1."
        ),
        entities="patients; each intensive-care stay of at least two days is a recording",
        modalities=describe(MODALITIES),
        optional={
            key: f"{width} channels, events, embeddings from {file}"
            for key, (file, width) in EMBEDDINGS.items()
        },
        target=target,
        step_s=HOUR_S,
        steps=FIRST_HOURS,
        fill="hold_age",
        files=(
            f"{FILES}; or of the compact demo {COMPACT_FILES}; "
            f"{' and '.join(file for file, _ in EMBEDDINGS.values())} are read if there"
        ),
        access=(
            "Make an account at physionet.org, become a credentialed user (Settings, Credentialing), pass the course "
            "'Data or Specimens Only Research' of citiprogram.org and upload its report (Settings, Training), sign the "
            "agreement at the foot of physionet.org/content/mimiciv, then run: wget -r -N -c -np --user YOUR_NAME "
            "--ask-password https://physionet.org/files/mimiciv/3.1/. The demo of 100 patients needs no account: wget "
            "-r -N -c -np https://physionet.org/files/mimic-iv-demo/2.2/."
        ),
    )


def _in_panels(card: Card) -> Card:
    """The card of the same task from panels, which hold values and tell their age themselves."""
    return replace(
        card,
        name=f"{card.name}_panels",
        title=f"{card.title}, a modality a panel",
        modalities=describe_panels(),
        # of a drug in an unknown amount the last known one
        fill="hold",
    )


class Mimic4Task:
    """One label for each stay of at least two days, told at 48 hours from what was known by then.

    Known is what was stored, or, where no storage time is told, what was charted. A drug that was stored late counts in
    the hour in which it was stored. 9 vital signs, 22 laboratory values, urine and 11 drugs are modalities of their
    own; embeddings of notes and chest X-rays are two more if the folder holds them, see `icu_embeddings`.
    """

    card: Card
    classes: tuple[str, ...]
    modalities: ClassVar[tuple[str, ...] | Mapping[str, tuple[str, ...]]] = MODALITIES

    def label(self, facts: pd.Series) -> int:
        """Class number of a stay from its row of `IcuTables.stays`."""
        raise NotImplementedError

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """One recording for each stay, of its first 48 hours."""
        root = Path(root)
        embeddings = [
            read_embeddings(root / file, name=name, width=width) for name, (file, width) in EMBEDDINGS.items()
        ]
        for stay, facts, measured, given in read_mimic4(root).by_stay():
            yield stay_recording(
                stay, facts, measured, given,
                modalities=self.modalities, n_hours=FIRST_HOURS,
                target=label_at(self.label(facts), FIRST_HOURS * HOUR_S), classes=self.classes,
                more={e.name: e.stream(facts, FIRST_HOURS) for e in embeddings if e is not None},
            )  # fmt: skip


class Mimic4Mortality(Mimic4Task):
    """Whether the patient died in hospital (`hospital_expire_flag`)."""

    card = _card(
        name="mimic4_mortality",
        title="death in hospital",
        target="in-hospital death, told at 48 hours: survived, died",
    )
    classes = ("survived", "died")

    def label(self, facts: pd.Series) -> int:
        return int(facts["died"])


class Mimic4LengthOfStay(Mimic4Task):
    """Whether the stay ends within 96 hours of admission to intensive care and the patient survives."""

    card = _card(
        name="mimic4_length_of_stay",
        title="length of stay",
        target="intensive-care stay under 96 hours and survived, told at 48 hours: long, short",
    )
    classes = ("long", "short")

    def label(self, facts: pd.Series) -> int:
        return int(facts["outtime"] - facts["intime"] < SHORT and not facts["died"])


class Mimic4MortalityPanels(Mimic4Mortality):
    """The same from four modalities: vital signs, laboratory values, urine and drugs, see `icu_panels`."""

    card = _in_panels(Mimic4Mortality.card)
    modalities = PANELS


class Mimic4LengthOfStayPanels(Mimic4LengthOfStay):
    """The same from four modalities: vital signs, laboratory values, urine and drugs, see `icu_panels`."""

    card = _in_panels(Mimic4LengthOfStay.card)
    modalities = PANELS
