"""Waveforms and their annotations in WFDB and EDF files; what reads them are extras of the package."""

import importlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from interplay.datasets.formats.files import in_one_line
from interplay.errors import DamagedFile, InvalidInput
from interplay.study.formats.delimited import ROW
from interplay.study.formats.table import Table

EDF = (".edf", ".bdf")
WFDB_SIGNALS = (".hea", ".dat")
EDF_NOTES = ("onset", "duration", "stop", "description")
"""Columns of the annotations of an EDF+ file."""
WFDB_NOTES = ("time", "symbol", "aux_note")
"""Columns of a WFDB annotation file."""
NEAR_HZ = 1e-6


def is_wfdb(path: Path) -> bool:
    """Whether a file belongs to a WFDB record, whose header lies beside it."""
    return path.suffix == ".hea" or (path.suffix != "" and path.with_suffix(".hea").is_file())


def open_wfdb(path: Path) -> Table:
    """Signals of a record with their `time` from its start; of another file than its header or data its annotations."""
    wfdb = _library("wfdb", "wfdb", path)
    record = str(path.with_suffix(""))
    try:
        if path.suffix not in WFDB_SIGNALS:
            notes = wfdb.rdann(record, path.suffix[1:])
            rate_hz = notes.fs or wfdb.rdheader(record).fs
            texts = [text.strip("\0 ") for text in notes.aux_note]
            table = {"time": np.asarray(notes.sample) / rate_hz, "symbol": notes.symbol, "aux_note": texts}
            return Table(rows=_numbered(pd.DataFrame(table)))
        data = wfdb.rdrecord(record)
        columns = dict(zip(data.sig_name, data.p_signal.T, strict=True))
        units = dict(zip(data.sig_name, data.units, strict=True))
        rate_hz = float(data.fs)
    except Exception as error:  # the library raises whatever it stumbles on
        raise _unreadable(path, "a WFDB record", error) from error
    if len(columns) < len(data.sig_name):
        raise DamagedFile(f"{path} must name each signal once; it has {data.sig_name}.")
    time = np.arange(data.sig_len) / rate_hz
    return Table(rows=_numbered(pd.DataFrame({"time": time} | columns)), units=units, rate_hz=rate_hz)


def open_edf(path: Path, columns: Collection[str] | None = None) -> Table:
    """Signals of an EDF or BDF file that are asked for, with their `time` from its start; or its annotations.

    Signals of one table have the same rate. Annotations are read where `description` is asked for, or where there is
    nothing else.
    """
    library = _library("pyedflib", "edf", path)
    try:
        with library.EdfReader(str(path)) as file:
            labels = [str(label).strip() for label in file.getSignalLabels()]
            if (columns is not None and "description" in columns) or not labels:
                return Table(rows=_notes(file))
            wanted = [label for label in labels if columns is None or label in columns] or labels
            rates = {label: float(file.getSampleFrequency(labels.index(label))) for label in wanted}
            rate_hz = rates[wanted[0]]
            alike = [label for label in wanted if abs(rates[label] - rate_hz) < NEAR_HZ]
            signals = {label: file.readSignal(labels.index(label)) for label in alike}
            units = {label: file.getPhysicalDimension(labels.index(label)).strip() for label in alike}
    except Exception as error:  # the library raises whatever it stumbles on
        raise _unreadable(path, "an EDF or BDF file", error) from error
    if columns is not None and len(alike) < len(wanted):
        raise InvalidInput(
            f"{path} must have one rate for all channels of a stream; it has {rates}. Make a stream of each rate."
        )
    time = np.arange(len(signals[alike[0]])) / rate_hz
    return Table(rows=_numbered(pd.DataFrame({"time": time} | signals)), units=units, rate_hz=rate_hz)


def _notes(file: Any) -> pd.DataFrame:
    onset, duration, description = file.readAnnotations()
    lasting = np.where(np.asarray(duration, float) > 0, duration, 0.0)
    table = {"onset": onset, "duration": lasting, "stop": onset + lasting}
    return _numbered(pd.DataFrame(table | {"description": [str(text) for text in description]}))


def _numbered(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(**{ROW: np.arange(len(table)) + 1})


def _library(name: str, extra: str, path: Path) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InvalidInput(
            f"{path} needs {name} to be read, which is not installed. Run: pip install 'interplay[{extra}]'"
        ) from error


def _unreadable(path: Path, what: str, error: Exception) -> DamagedFile:
    return DamagedFile(f"{path} cannot be read as {what} ({in_one_line(error)}). Copy or export it again.")
