"""Waveforms and their annotations in WFDB and EDF files; what reads them are extras of the package."""

import importlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from interplay.datasets.formats.files import in_one_line
from interplay.errors import DamagedFile, InvalidInput
from interplay.files.unpacked import check_unpacked
from interplay.study.formats.delimited import ROW
from interplay.study.formats.table import Table

EDF = (".edf", ".bdf")
WFDB_SIGNALS = (".hea", ".dat")
EDF_NOTES = ("onset", "duration", "stop", "description")
"""Columns of the annotations of an EDF+ file."""
"""Columns of a WFDB annotation file."""
WFDB_BYTES = {
    "8": 1,
    "16": 2,
    "24": 3,
    "32": 4,
    "61": 2,
    "80": 1,
    "160": 2,
    "212": 1.5,
    "310": 4 / 3,
    "311": 4 / 3,
}
"""Bytes of a sample in the formats of WFDB that are not packed."""
NEAR_HZ = 1e-6


def is_wfdb(path: Path) -> bool:
    """Whether a file belongs to a WFDB record, whose header lies beside it."""
    return path.suffix == ".hea" or (path.suffix != "" and path.with_suffix(".hea").is_file())


def open_wfdb(path: Path) -> Table:
    """Signals of a record with their `time` from its start; of a file beside header and data its annotations."""
    wfdb = _library("wfdb", "wfdb", path)
    record = str(path.with_suffix(""))
    try:
        header = wfdb.rdheader(record)
        if path.suffix not in WFDB_SIGNALS:
            notes = wfdb.rdann(record, path.suffix[1:])
            texts = [text.strip("\0 ") for text in notes.aux_note]
            times_s = np.asarray(notes.sample) / (notes.fs or header.fs)
            return Table(
                rows=_numbered(pd.DataFrame({"time": times_s, "symbol": notes.symbol, "aux_note": texts}))
            )
        _check_wfdb_length(path, header)
        data = wfdb.rdrecord(record)
        columns = dict(zip(data.sig_name, data.p_signal.T, strict=True))
        units = dict(zip(data.sig_name, data.units, strict=True))
        rate_hz = float(data.fs)
    except DamagedFile:
        raise
    except Exception as error:  # the library raises whatever it stumbles on
        raise _unreadable(path, "a WFDB record", error) from error
    _check_once(path, data.sig_name)
    time = np.arange(data.sig_len) / rate_hz
    return Table(rows=_numbered(pd.DataFrame({"time": time} | columns)), units=units, rate_hz=rate_hz)


def _check_wfdb_length(path: Path, header: Any) -> None:
    """Refuse data files that are shorter than their header says."""
    for name in dict.fromkeys(header.file_name or ()):
        signals = [k for k, other in enumerate(header.file_name) if other == name]
        sizes = [WFDB_BYTES.get(header.fmt[k]) for k in signals]
        data = path.with_name(name)
        if not data.is_file():
            raise DamagedFile(f"{path} needs {name} beside it; there is none. Copy it there.")
        check_unpacked(data, 8 * (header.sig_len or 0) * len(signals))
        if header.sig_len is None or None in sizes:
            continue
        frame = sum(
            size * (header.samps_per_frame[k] or 1) for k, size in zip(signals, sizes, strict=True) if size
        )
        if (size := data.stat().st_size) < int(header.sig_len * frame):
            raise DamagedFile(
                f"{data} is cut off: its header says {header.sig_len} samples of {len(signals)} signals, which are "
                f"{int(header.sig_len * frame)} bytes, and it has {size}. Copy or export it again."
            )


def open_edf(path: Path, columns: Collection[str] | None = None) -> Table:
    """Signals of an EDF or BDF file that are asked for, with their `time` from its start; or its annotations.

    Signals of one table have the same rate. Annotations are read where `description` is asked for, or where there is
    nothing else.
    """
    library = _library("pyedflib", "edf", path)
    _check_edf_length(path)
    try:
        with library.EdfReader(str(path)) as file:
            labels = [str(label).strip() for label in file.getSignalLabels()]
            if (columns is not None and "description" in columns) or not labels:
                return Table(rows=_notes(file))
            wanted = [label for label in labels if columns is None or label in columns] or labels
            rates = {label: float(file.getSampleFrequency(labels.index(label))) for label in wanted}
            rate_hz = rates[wanted[0]]
            alike = [label for label in rates if abs(rates[label] - rate_hz) < NEAR_HZ]
            signals = {label: file.readSignal(labels.index(label)) for label in alike}
            units = {label: file.getPhysicalDimension(labels.index(label)).strip() for label in alike}
    except Exception as error:  # the library raises whatever it stumbles on
        raise _unreadable(path, "an EDF or BDF file", error) from error
    _check_once(path, wanted)
    if columns is not None and len(alike) < len(wanted):
        raise InvalidInput(
            f"{path} must have one rate for all channels of a stream; it has {rates}. Make a stream of each rate."
        )
    time = np.arange(len(signals[alike[0]])) / rate_hz
    return Table(rows=_numbered(pd.DataFrame({"time": time} | signals)), units=units, rate_hz=rate_hz)


def edf_tables(path: Path) -> list[tuple[str, ...]]:
    """Names of the columns of each table that an EDF or BDF file holds: one for each rate, and its annotations."""
    library = _library("pyedflib", "edf", path)
    _check_edf_length(path)
    try:
        with library.EdfReader(str(path)) as file:
            by_rate: dict[float, list[str]] = {}
            for k, label in enumerate(file.getSignalLabels()):
                by_rate.setdefault(float(file.getSampleFrequency(k)), ["time"]).append(str(label).strip())
            noted = len(file.readAnnotations()[0]) > 0
    except Exception as error:  # the library raises whatever it stumbles on
        raise _unreadable(path, "an EDF or BDF file", error) from error
    return [*map(tuple, by_rate.values()), *([EDF_NOTES] if noted else [])]


def _check_edf_length(path: Path) -> None:
    """Refuse files that are shorter than their header says, or whose header says nothing."""
    with path.open("rb") as file:
        head = file.read(256)
        try:
            beginning, records, signals = int(head[184:192]), int(head[236:244]), int(head[252:256])
            file.seek(256 + 216 * signals)
            samples = [int(file.read(8)) for _ in range(signals)]
        except ValueError:
            raise DamagedFile(
                f"{path} must begin with the header of an EDF or BDF file, which says how long it is; it does "
                "not. Copy or "
                "export it again."
            ) from None
    whole = beginning + records * sum(samples) * (3 if path.suffix.lower() == ".bdf" else 2)
    if records > 0 and (size := path.stat().st_size) < whole:
        raise DamagedFile(
            f"{path} is cut off: its header says {records} records, which are {whole} bytes, and it has "
            f"{size}. Copy or "
            "export it again."
        )


def _check_once(path: Path, names: Collection[str]) -> None:
    twice = [name for name in dict.fromkeys(names) if list(names).count(name) > 1]
    if twice:
        raise DamagedFile(
            f"{path} must name each signal once; {twice[0]!r} is there twice. Rename one of them."
        )


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
    reason = in_one_line(error).removeprefix(f"{path}: ")
    return DamagedFile(f"{path} cannot be read as {what} ({reason}). Copy or export it again.")
