"""What came of commands that were killed and of damaged files that were read: counts in results/reliability.md.

Run with ``python -m benchmarks.reliability [--kills 15] [--inputs 100000]``: so many kills of each kind that hit a
command at work, and so many damaged files over all readers, those of earlier calls included; 0 leaves either out. Rows
are kept in reliability.jsonl beside the table.
"""

import argparse
import json
import platform
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import date
from pathlib import Path

import torch

from benchmarks.inputs import MB, READERS, SECONDS, feed_elsewhere, share_of, write_seeds
from benchmarks.kills import KINDS, reference, trial
from interplay.files import whole_file

RESULTS = Path(__file__).parent / "results" / "reliability.jsonl"
TABLE = RESULTS.with_suffix(".md")
PART = 1000
"""Damaged files that a process reads."""


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
        if row.get("kind") in tried:
            tried[row["kind"]].append(row["killed"])
    with tempfile.TemporaryDirectory() as temporary:
        whole = reference(Path(temporary), list(tried))
        while left := [name for name, killed in tried.items() if sum(killed) < kills]:
            for name in left:
                row = trial(name, len(tried[name]), whole)
                tried[name].append(bool(row["killed"]))
                keep(row)


def read(inputs: int, keep: Callable[[dict], None] = keep) -> None:
    """Let every reader read its share of so many damaged files, a part of them in a process at a time."""
    done = [(row["file"], row["start"]) for row in rows_so_far() if "file" in row]
    with tempfile.TemporaryDirectory() as temporary:
        write_seeds(Path(temporary))
        for name in READERS:
            share = share_of(name, inputs)
            for start in range(0, share, PART):
                if (name, start) not in done:
                    outcome = feed_elsewhere(name, Path(temporary), range(start, min(start + PART, share)))
                    keep({"file": name, "start": start, **asdict(outcome)})


def table(rows: list[dict]) -> str:
    """Both tables."""
    kills, inputs = ([row for row in rows if name in row] for name in ("kind", "file"))
    lines = ["# Reliability", "", f"{date.today()}, {platform.machine()}, torch {torch.__version__}.", ""]
    return "\n".join([*lines, *(of_kills(kills) if kills else []), *(of_inputs(inputs) if inputs else [])])


KILLED = """## Killed commands

SIGKILL at a random moment of a command, then the same command again. In between there is the older result or the new
one, in the end what a command leaves that was never killed, to the bit, and nothing beside it; all else failed. See
benchmarks/kills.py.

| command | tried | killed at work | over an older result | clean | failed |
| --- | --- | --- | --- | --- | --- |"""


def of_kills(rows: list[dict]) -> list[str]:
    """Counts of each kind, and every failure."""
    lines = [KILLED]
    for kind in [*KINDS, "all"]:
        some = [row for row in rows if kind in (row["kind"], "all")]
        killed, older, failed = (
            sum(bool(row[name]) for row in some) for name in ("killed", "over_older", "failure")
        )
        lines.append(f"| {kind} | {len(some)} | {killed} | {older} | {len(some) - failed} | {failed} |")
    return [*lines, "", *_listed({f"{row['kind']} {row['trial']}": row["failure"] for row in rows})]


READ = f"""## Damaged files

Small whole files with a few random changes: each is read, or refused in one sentence, within {SECONDS:g} s of a
processor and {MB:g} MB; all else failed. See benchmarks/inputs.py.

| file | tried | read | refused | failed | slowest, s | most memory, MB |
| --- | --- | --- | --- | --- | --- | --- |"""


def of_inputs(rows: list[dict]) -> list[str]:
    """Counts of each file, and every failure."""
    lines = [READ]
    for name in [*READERS, "all"]:
        some = [row for row in rows if name in (row["file"], "all")]
        tried, refused = (sum(row[key] for row in some) for key in ("tried", "refused"))
        slowest_s, mb = (max((row[key] for row in some), default=0.0) for key in ("slowest_s", "mb"))
        failed = sum(len(row["failures"]) for row in some)
        counts = f"{tried} | {tried - refused - failed} | {refused} | {failed}"
        lines.append(f"| {name} | {counts} | {slowest_s:.2f} | {mb:.0f} |")
    failures = {f"{row['file']} {k}": said for row in rows for k, said in row["failures"].items()}
    return [*lines, "", *_listed(failures)]


def _listed(failures: dict[str, str]) -> list[str]:
    lines = [f"- {which}: {failure}" for which, failure in failures.items() if failure]
    return ["Failures:", "", *lines, ""] if lines else []


def main() -> None:
    """Kill commands and read damaged files, and count."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=15)
    options.add_argument("--inputs", type=int, default=100_000)
    args = options.parse_args()
    if args.inputs:
        read(args.inputs)
    if args.kills:
        kill(KINDS, args.kills)


if __name__ == "__main__":
    main()
