"""What came of commands that were killed and of damaged files that were read: counts in results/reliability.md.

Run with ``python -m benchmarks.reliability [--kills 15] [--kinds estimate train ...]``: so many kills of each
kind in all that hit a command at work, those of earlier calls included. Rows are kept in reliability.jsonl beside the
table.
"""

import argparse
import json
import platform
import tempfile
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import torch

from benchmarks.kills import KINDS, reference, trial
from interplay.files import whole_file

RESULTS = Path(__file__).parent / "results" / "reliability.jsonl"
TABLE = RESULTS.with_suffix(".md")


def rows_so_far() -> list[dict]:
    """Of earlier calls."""
    return [json.loads(line) for line in RESULTS.read_text("utf-8").splitlines()] if RESULTS.exists() else []


def keep(row: dict) -> None:
    """Add a row, and make the table anew."""
    print(json.dumps(row), flush=True)
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    with whole_file(TABLE, overwrite=True) as part:
        part.write_text(table(rows_so_far()), "utf-8")


def kill(kinds: Iterable[str], kills: int, keep: Callable[[dict], None] = keep) -> None:
    """Kill each kind of command until so many kills have hit it at work; a command that was done first counts as
    tried."""
    tried: dict[str, list[bool]] = {name: [] for name in kinds}
    for row in rows_so_far():
        if row["kind"] in tried:
            tried[row["kind"]].append(row["killed"])
    with tempfile.TemporaryDirectory() as temporary:
        whole = reference(Path(temporary), list(tried))
        while left := [name for name, killed in tried.items() if sum(killed) < kills]:
            for name in left:
                row = trial(name, len(tried[name]), whole)
                tried[name].append(bool(row["killed"]))
                keep(row)


def table(rows: list[dict]) -> str:
    """Counts of each kind, and every failure."""
    lines = ["# Reliability", "", f"{date.today()}, {platform.machine()}, torch {torch.__version__}. "
             "SIGKILL at a random moment of a command, then the same command again; see benchmarks/kills.py.", "",
             "| command | tried | killed at work | over an older result | clean | failed |",
             "| --- | --- | --- | --- | --- | --- |"]  # fmt: skip
    for kind in [*KINDS, "all"]:
        some = [row for row in rows if kind in (row["kind"], "all")]
        counts = (
            len(some),
            *(sum(bool(row[name]) for row in some) for name in ("killed", "over_older", "failure")),
        )
        tried, killed, older, failed = counts
        lines.append(f"| {kind} | {tried} | {killed} | {older} | {tried - failed} | {failed} |")
    failures = [f"- {row['kind']} {row['trial']}: {row['failure']}" for row in rows if row["failure"]]
    return "\n".join([*lines, *(["", "Failures:", "", *failures] if failures else [])]) + "\n"


def main() -> None:
    """Kill commands, and count."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=15)
    options.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    args = options.parse_args()
    kill(args.kinds, args.kills)


if __name__ == "__main__":
    main()
