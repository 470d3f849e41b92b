"""What MIMIC calls the same thing: item ids, labels and units of what is measured and given in intensive care.

Item ids below 220000 are of CareVue (MIMIC-III until 2008), those above of MetaVision (MIMIC-III from then on and
MIMIC-IV). Blood tests are known by their labels in `d_labitems`, as their ids have grown from version to version.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

AS_IS = (1.0, 0.0)
PERCENT_OF_FRACTION = (100.0, 0.0)
CELSIUS_OF_FAHRENHEIT = (5 / 9, -160 / 9)


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """A quantity measured at the bedside or in the laboratory.

    Attributes
    ----------
    unit : str
    low, high : float
        What a living patient can have; values outside are refused.
    charted : item id of the bedside -> (factor, offset) that turn its numbers into `unit`
    labels : names of the blood test in `d_labitems`
    spellings : how the laboratory writes the unit, in lower case, beside "" and `unit`
    """

    unit: str
    low: float
    high: float
    charted: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    spellings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """A drug.

    Attributes
    ----------
    unit : str
    most : float
        Amount in an hour that is beyond any treatment; more is refused.
    items : item id -> factor of its amounts, as in grams of dextrose per ml
    units : unit of an amount, in lower case -> factor; amounts in other units are unknown
    """

    unit: str
    most: float
    items: Mapping[int, float]
    units: Mapping[str, float]


def _charted(*items: int) -> dict[int, tuple[float, float]]:
    return dict.fromkeys(items, AS_IS)


def _lab(unit: str, low: float, high: float, *labels: str, spellings: tuple[str, ...] = ()) -> Measured:
    return Measured(unit=unit, low=low, high=high, labels=labels, spellings=spellings)


def _given(unit: str, most: float, *items: int, units: Mapping[str, float]) -> Given:
    return Given(unit=unit, most=most, items=dict.fromkeys(items, 1.0), units=units)


GCS_PARTS = {
    "gcs_eye": Measured(unit="", low=1, high=4, charted=_charted(184, 220739)),
    "gcs_verbal": Measured(unit="", low=1, high=5, charted=_charted(723, 223900)),
    "gcs_motor": Measured(unit="", low=1, high=6, charted=_charted(454, 223901)),
}
VITALS = {
    "heart_rate": Measured(unit="bpm", low=10, high=300, charted=_charted(211, 220045)),
    "systolic": Measured(unit="mmHg", low=20, high=300, charted=_charted(51, 455, 220050, 220179, 225309)),
    "diastolic": Measured(unit="mmHg", low=5, high=225, charted=_charted(8368, 8441, 220051, 220180, 225310)),
    "mean_pressure": Measured(
        unit="mmHg", low=10, high=250, charted=_charted(52, 456, 220052, 220181, 225312)
    ),
    "resp_rate": Measured(unit="1/min", low=1, high=80, charted=_charted(615, 618, 220210, 224690)),
    "spo2": Measured(unit="%", low=20, high=100, charted=_charted(646, 220277)),
    # 677 and 679 are computed from 678 and 676
    "temperature": Measured(
        unit="deg C",
        low=25,
        high=45,
        charted=_charted(676, 223762) | dict.fromkeys((678, 223761), CELSIUS_OF_FAHRENHEIT),
    ),
    "fio2": Measured(unit="%", low=20, high=100, charted=_charted(3420, 223835) | {190: PERCENT_OF_FRACTION}),
    "gcs": Measured(unit="", low=3, high=15),
}
# bedside ids of glucose are fingersticks; 811, 1529, 220621 and 226537 repeat the laboratory's values, often later
_MG_DL, _MEQ_L, _MM_HG, _THOUSANDS = ("mg/dl",), ("meq/l", "mmol/l"), ("mm hg",), ("k/ul",)
LABS = {
    "glucose": Measured(
        unit="mg/dL",
        low=10,
        high=2000,
        charted=_charted(807, 225664),
        labels=("Glucose", "Glucose, Whole Blood"),
    ),
    "potassium": _lab("mmol/L", 1, 12, "Potassium", "Potassium, Whole Blood", spellings=_MEQ_L),
    "sodium": _lab("mmol/L", 90, 200, "Sodium", "Sodium, Whole Blood", spellings=_MEQ_L),
    "chloride": _lab("mmol/L", 60, 160, "Chloride", "Chloride, Whole Blood", spellings=_MEQ_L),
    "bicarbonate": _lab("mmol/L", 2, 60, "Bicarbonate", spellings=_MEQ_L),
    "anion_gap": _lab("mmol/L", 0, 60, "Anion Gap", spellings=_MEQ_L),
    "creatinine": _lab("mg/dL", 0.1, 40, "Creatinine", "Creatinine, Whole Blood"),
    "urea_nitrogen": _lab("mg/dL", 1, 300, "Urea Nitrogen"),
    "calcium": _lab("mg/dL", 2, 20, "Calcium, Total"),
    "magnesium": _lab("mg/dL", 0.2, 12, "Magnesium"),
    "phosphate": _lab("mg/dL", 0.2, 25, "Phosphate"),
    "lactate": _lab("mmol/L", 0.1, 40, "Lactate", spellings=_MEQ_L),
    "hemoglobin": _lab("g/dL", 1, 25, "Hemoglobin"),
    "platelets": _lab("1000/uL", 1, 2500, "Platelet Count", spellings=_THOUSANDS),
    "white_cells": _lab("1000/uL", 0.05, 500, "White Blood Cells", spellings=_THOUSANDS),
    "bilirubin": _lab("mg/dL", 0.05, 80, "Bilirubin, Total"),
    "albumin": _lab("g/dL", 0.5, 8, "Albumin"),
    "inr": _lab("", 0.5, 30, "INR(PT)", spellings=("ratio",)),
    "ptt": _lab("s", 10, 200, "PTT", spellings=("sec", "seconds")),
    "ph": _lab("", 6.5, 8, "pH", spellings=("units",)),
    "po2": _lab("mmHg", 10, 800, "pO2", spellings=_MM_HG),
    "pco2": _lab("mmHg", 5, 250, "pCO2", spellings=_MM_HG),
}
# nephrostomies, ostomies and irrigation are left out
URINE = {
    "urine": Measured(
        unit="mL", low=0, high=3000, charted=_charted(40055, 40069, 226559, 226560, 226561, 226567)
    )
}

_UNITS = {"u": 1.0, "units": 1.0}
_MG = {"mg": 1.0, "mcg": 1e-3, "grams": 1e3}
_MCG = {"mcg": 1.0, "mg": 1e3}
_MEQ = {"meq": 1.0, "meq.": 1.0}
_FIVE_PERCENT = (30013, 30015, 30060, 30061, 220949, 225823, 225825, 225827, 225941)
DRUGS = {
    "insulin": _given(
        "units", 200, 30045, 223257, 223258, 223259, 223260, 223261, 223262, 229299, 229619, units=_UNITS
    ),
    "dextrose": Given(
        unit="g",
        most=200,
        items=dict.fromkeys(_FIVE_PERCENT, 0.05) | {30016: 0.1, 220950: 0.1, 220952: 0.5},
        units={"ml": 1.0},
    ),
    "furosemide": _given("mg", 500, 30123, 221794, 228340, units=_MG),
    # 227522, a bolus in ml, is the fluid that an amount of 225166 comes in
    "potassium_chloride": _given("mEq", 100, 30026, 225166, 227536, units=_MEQ),
    "norepinephrine": _given("mg", 50, 30047, 30120, 221906, units=_MG),
    "phenylephrine": _given("mg", 200, 30127, 30128, 221749, units=_MG),
    "vasopressin": _given("units", 50, 30051, 222315, units=_UNITS),
    "dopamine": _given("mg", 500, 30043, 30307, 221662, units=_MG),
    "propofol": _given("mg", 3000, 30131, 222168, units=_MG),
    "fentanyl": _given("mcg", 3000, 30118, 30149, 221744, 225942, units=_MCG),
    "midazolam": _given("mg", 200, 30124, 221668, units=_MG),
}
CONCEPTS: dict[str, Measured] = VITALS | LABS | URINE

USUAL: dict[str, float] = {
    "heart_rate": 80, "systolic": 120, "diastolic": 75, "mean_pressure": 90, "resp_rate": 16, "spo2": 97,
    "temperature": 36.8, "fio2": 21, "gcs": 15, "glucose": 100, "potassium": 4.2, "sodium": 140, "chloride": 103,
    "bicarbonate": 24, "anion_gap": 12, "creatinine": 0.9, "urea_nitrogen": 14, "calcium": 9.3, "magnesium": 2.0,
    "phosphate": 3.5, "lactate": 1.2, "hemoglobin": 13.5, "platelets": 250, "white_cells": 7.5, "bilirubin": 0.6,
    "albumin": 4.2, "inr": 1.0, "ptt": 30, "ph": 7.4, "po2": 90, "pco2": 40, "urine": 80,
}  # fmt: skip
"""What a healthy adult has, within the usual reference ranges, in the unit of each concept; urine by the hour."""


def describe(names: tuple[str, ...]) -> dict[str, str]:
    """Modality name -> what it is, in the words of a card."""
    texts = {}
    for name in names:
        if name in DRUGS:
            texts[name] = f"1 channel, amount given in each hour, {DRUGS[name].unit}"
        else:
            unit = CONCEPTS[name].unit
            texts[name] = f"1 channel, events{', ' + unit if unit else ''}"
    return texts
