"""Results that grow: one JSON object a line, a job done once, several processes."""

import argparse
import json
import platform
import warnings
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
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


def run_draws(
    description: str,
    kind: str,
    names: Collection[str],
    sizes: Sequence[int],
    work: Callable[[int, int, str], dict],
    path: Path,
    page: Callable[[list[dict]], str],
) -> None:
    """Do what the command line asks for of jobs (size, seed, name), and write the page beside their rows.

    Parameters
    ----------
    description : for the help
    kind : what names are, as rows call it
    names, sizes : all that can be asked for, and by default is; of each three seeds
    work, path : as of `run_jobs`
    page : from all rows to Markdown
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--sizes", type=int, nargs="+", default=sizes)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(f"--{kind}s", dest="names", nargs="+", default=list(names), choices=list(names))
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    jobs = [
        (size, seed, name)
        for seed in range(options.seeds)
        for size in options.sizes
        for name in options.names
    ]

    def key(row: dict) -> Hashable:
        return row["size"], row["seed"], row[kind]

    rows = run_jobs(jobs, work, path, key=key, processes=options.processes)
    path.with_suffix(".md").write_text(page(rows), "utf-8")


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
