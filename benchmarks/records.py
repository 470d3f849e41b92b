"""Results that grow: one JSON object a line, a job done once, several processes."""

import json
import platform
import warnings
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from joblib import Parallel, delayed


def read_rows(path: Path) -> list[dict]:
    """Rows of a file of JSON lines; none if there is no file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.is_file() else []


def add_row(path: Path, row: dict) -> None:
    """One more row of such a file, there as soon as it is known."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def run_jobs(
    jobs: Sequence[tuple],
    work: Callable[..., dict],
    path: Path,
    *,
    key: Callable[[dict], Hashable],
    processes: int,
) -> list[dict]:
    """Do the jobs that the file lacks, in their order; every result is appended as soon as it is there.

    Parameters
    ----------
    jobs : arguments of `work`; a row's `key` is the arguments of its job
    work : from arguments to a row
    path : file of JSON lines
    processes : how many jobs at a time
    """
    done = {key(row) for row in read_rows(path)}
    open_jobs = [job for job in jobs if job not in done]
    parallel = Parallel(processes, return_as="generator_unordered", pre_dispatch=processes, batch_size=1)
    for k, row in enumerate(parallel(delayed(alone)(work, job) for job in open_jobs), start=1):
        add_row(path, row)
        print(f"{k}/{len(open_jobs)} {key(row)}, {row['seconds']:.0f} s", flush=True)
    return read_rows(path)


def alone(work: Callable[..., dict], job: Iterable) -> dict:
    """One job on one thread, with the day on which it was done."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    return work(*job) | {"date": str(date.today())}


def machine() -> str:
    return f"{platform.machine()}, torch {torch.__version__}"


def days(rows: Iterable[dict]) -> str:
    """First and last day on which rows were made; empty where none says so."""
    dates = sorted({row["date"] for row in rows if row.get("date")})
    return " to ".join(dict.fromkeys((dates[0], dates[-1]))) if dates else ""


def markdown(frame: pd.DataFrame) -> str:
    """A Markdown table of a frame with its index."""
    frame = frame.reset_index()

    def cell(value) -> str:
        if value is None or (isinstance(value, float) and np.isnan(value)):
            return ""
        if isinstance(value, float):
            return f"{value:.4g}" if abs(value) < 10 else f"{value:,.0f}"
        return f"{value:,}" if isinstance(value, (int, np.integer)) else str(value)

    head = [str(name).replace("_", " ") for name in frame.columns]
    rows = [head, ["---"] * len(head), *([cell(v) for v in row] for row in frame.itertuples(index=False))]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
