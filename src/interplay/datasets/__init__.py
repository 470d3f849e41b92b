"""Data sets by name, or anyone's by import path: a class with a `card` and `recordings(root)`."""

from pathlib import Path

from interplay.datasets.beijing_air import BeijingAir, BeijingAirClasses
from interplay.datasets.card import Card, DataSet
from interplay.datasets.checks import check_dataset
from interplay.datasets.cmu_mosi import CmuMosei, CmuMosi, convert_pickle
from interplay.datasets.cmu_mosi_utterance import CmuMosiUtterance
from interplay.datasets.fetch import fetch_dataset
from interplay.datasets.hapt import Hapt
from interplay.datasets.hapt_sample import HaptSample
from interplay.datasets.hydraulic import HydraulicAccumulator, HydraulicCooler, HydraulicPump, HydraulicValve
from interplay.datasets.icu.eicu_demo import EicuDemo
from interplay.datasets.icu.mimic3_demo import Mimic3Demo, Mimic3DemoGlucose, Mimic3DemoPotassium
from interplay.datasets.icu.mimic4 import (
    Mimic4LengthOfStay,
    Mimic4LengthOfStayPanels,
    Mimic4Mortality,
    Mimic4MortalityPanels,
)
from interplay.datasets.icu.mimic4_bedside import Mimic4DemoBedside
from interplay.datasets.icu.mimic4_demo import Mimic4Demo, Mimic4DemoGlucose, Mimic4DemoPotassium
from interplay.datasets.icu.mimic4_hourly import Mimic4DemoVitals
from interplay.datasets.mhealth import MHealth
from interplay.datasets.mmash import Mmash
from interplay.datasets.opportunity import Opportunity, OpportunityGestures
from interplay.datasets.pamap2 import Pamap2, Pamap2Sensors
from interplay.datasets.physionet2012 import PhysioNet2012
from interplay.datasets.pt_exercises import PTExercises
from interplay.datasets.room_occupancy import RoomOccupancy
from interplay.datasets.shanghai_diabetes import ShanghaiDiabetes, ShanghaiGlucose
from interplay.datasets.shoulder_watch import ShoulderWatch
from interplay.datasets.skab import Skab
from interplay.datasets.stress_predict import StressPredict
from interplay.datasets.uea import BasicMotions, Epilepsy, ERing, RacketSports, StandWalkJump
from interplay.datasets.utd_mhad import UtdMhad
from interplay.datasets.wesad import Wesad, WesadMeditation, WesadStress
from interplay.datasets.wesad_features import WesadFeatures
from interplay.errors import InvalidInput
from interplay.registry import Registry
from interplay.types import Recording

__all__ = [
    "DATASETS",
    "BasicMotions",
    "BeijingAir",
    "BeijingAirClasses",
    "Card",
    "CmuMosei",
    "CmuMosi",
    "CmuMosiUtterance",
    "DataSet",
    "ERing",
    "EicuDemo",
    "Epilepsy",
    "Hapt",
    "HaptSample",
    "HydraulicAccumulator",
    "HydraulicCooler",
    "HydraulicPump",
    "HydraulicValve",
    "MHealth",
    "Mimic3Demo",
    "Mimic3DemoGlucose",
    "Mimic3DemoPotassium",
    "Mimic4Demo",
    "Mimic4DemoBedside",
    "Mimic4DemoGlucose",
    "Mimic4DemoPotassium",
    "Mimic4DemoVitals",
    "Mimic4LengthOfStay",
    "Mimic4LengthOfStayPanels",
    "Mimic4Mortality",
    "Mimic4MortalityPanels",
    "Mmash",
    "Opportunity",
    "OpportunityGestures",
    "PTExercises",
    "Pamap2",
    "Pamap2Sensors",
    "PhysioNet2012",
    "RacketSports",
    "RoomOccupancy",
    "ShanghaiDiabetes",
    "ShanghaiGlucose",
    "ShoulderWatch",
    "Skab",
    "StandWalkJump",
    "StressPredict",
    "UtdMhad",
    "Wesad",
    "WesadFeatures",
    "WesadMeditation",
    "WesadStress",
    "check_dataset",
    "convert_pickle",
    "data_folder",
    "fetch_dataset",
    "find_dataset",
    "load_dataset",
]

DATASETS = Registry(
    "data set",
    {
        "basic_motions": BasicMotions,
        "beijing_air": BeijingAir,
        "beijing_air_classes": BeijingAirClasses,
        "cmu_mosei": CmuMosei,
        "cmu_mosi": CmuMosi,
        "cmu_mosi_utterance": CmuMosiUtterance,
        "eicu_demo": EicuDemo,
        "epilepsy": Epilepsy,
        "ering": ERing,
        "hapt": Hapt,
        "hapt_sample": HaptSample,
        "hydraulic_accumulator": HydraulicAccumulator,
        "hydraulic_cooler": HydraulicCooler,
        "hydraulic_pump": HydraulicPump,
        "hydraulic_valve": HydraulicValve,
        "mhealth": MHealth,
        "mimic3_demo": Mimic3Demo,
        "mimic3_demo_glucose": Mimic3DemoGlucose,
        "mimic3_demo_potassium": Mimic3DemoPotassium,
        "mimic4_demo": Mimic4Demo,
        "mimic4_demo_bedside": Mimic4DemoBedside,
        "mimic4_demo_glucose": Mimic4DemoGlucose,
        "mimic4_demo_potassium": Mimic4DemoPotassium,
        "mimic4_demo_vitals": Mimic4DemoVitals,
        "mimic4_length_of_stay": Mimic4LengthOfStay,
        "mimic4_length_of_stay_panels": Mimic4LengthOfStayPanels,
        "mimic4_mortality": Mimic4Mortality,
        "mimic4_mortality_panels": Mimic4MortalityPanels,
        "mmash": Mmash,
        "opportunity": Opportunity,
        "opportunity_gestures": OpportunityGestures,
        "pamap2": Pamap2,
        "pamap2_sensors": Pamap2Sensors,
        "physionet2012": PhysioNet2012,
        "pt_exercises": PTExercises,
        "racket_sports": RacketSports,
        "room_occupancy": RoomOccupancy,
        "shanghai_diabetes": ShanghaiDiabetes,
        "shanghai_glucose": ShanghaiGlucose,
        "shoulder_watch": ShoulderWatch,
        "skab": Skab,
        "stand_walk_jump": StandWalkJump,
        "stress_predict": StressPredict,
        "utd_mhad": UtdMhad,
        "wesad": Wesad,
        "wesad_features": WesadFeatures,
        "wesad_meditation": WesadMeditation,
        "wesad_stress": WesadStress,
    },
)


def find_dataset(named: str | type) -> DataSet:
    """A data set by its name, class or import path, not yet read: its `card`, and `recordings(root)`.

    Raises
    ------
    InvalidInput
        If there is none; the message lists the known names.
    """
    return DATASETS.find(named)()


def load_dataset(name: str | type, root: str | Path | None = None) -> list[Recording]:
    """All recordings of a data set.

    Parameters
    ----------
    name : str or class
        One of `DATASETS`, an import path such as ``my_lab.data.Ward``, or a class with a `card` and `recordings(root)`.
    root : str or Path, optional
        Folder that holds the files of the data set; only a bundled data set needs none.

    Raises
    ------
    InvalidInput
        If there is no such data set, or its files are not in `root`.
    DamagedFile
        If a file cannot be read whole.

    Examples
    --------
    One data set is bundled, of 25 people with a phone at the waist:

    >>> import interplay as ip
    >>> recordings = ip.load_dataset("hapt_sample")
    >>> len(recordings), recordings[0].entity, recordings[0].classes[:3]
    (25, 'subject01', ('walking', 'upstairs', 'downstairs'))
    >>> list(recordings[0].streams)
    ['body_vertical', 'body_horizontal', 'gravity', 'gyro_vertical', 'gyro_horizontal']
    """
    dataset = find_dataset(name)
    return list(dataset.recordings(data_folder(dataset.card, root)))


def data_folder(card: Card, root: str | Path | None) -> Path:
    """The folder that holds a data set's files; of a bundled one any.

    Raises
    ------
    InvalidInput
        If it is needed and not there.
    """
    if card.bundled:
        return Path()
    if root is None or not Path(root).is_dir():
        raise InvalidInput(
            f"root must be a folder that holds {card.files}, from {card.source}; "
            + ("got none." if root is None else f"{str(root)!r} is not a folder.")
        )
    return Path(root)
