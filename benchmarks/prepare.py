"""A study that is larger than memory, end to end: prepare, estimate, train, evaluate under a limit.

Run with ``python -m benchmarks.prepare --folder FOLDER --gb 20 --limit-gb 4``; prints Markdown. Each command is a
process of its own whose data (heap and private mappings, libraries included) the system bounds by RLIMIT_DATA; files
that are mapped do not count, as the system takes their pages back when it needs them. The control is an estimate of the
study itself.
"""

import argparse
import os
import platform
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

import interplay as ip

RATE, CHANNELS, MODALITIES, HOURS = 64, 4, 4, 2.0
BLOCK_S = 60
"""Seconds that a state lasts."""
STEPS = 20
IN_MEMORY = "estimate in memory, for comparison"
STUDY = """
title: A made study of {gb:g} GB
streams:
{streams}
target: {{files: "labels_{{entity}}.npz", column: state, classes: [unlike, like], time: t}}
windows: {{step_s: 1, steps: 20, stride: 120}}
"""
STREAM = '  m{m}: {{files: "m{m}_{{entity}}.npz", columns: [a, b, c, d], time: t, rate_hz: {rate}}}'


def make_study(folder: Path, gb: float) -> None:
    """Two hours of a person after the other; m0 and m1 show a bit each, the state is whether they are alike, m2 shows
    it weakly and m3 is noise."""
    samples = int(HOURS * 3600) * RATE
    people = max(4, round(gb * 1e9 / (samples * CHANNELS * MODALITIES * 4)))
    folder.mkdir(parents=True)
    streams = "\n".join(STREAM.format(m=m, rate=RATE) for m in range(MODALITIES))
    (folder / "study.yaml").write_text(STUDY.format(gb=gb, streams=streams))
    for k in range(people):
        rng = np.random.default_rng(k)
        bits = rng.integers(0, 2, (2, int(HOURS * 3600) // BLOCK_S))
        state = (bits[0] == bits[1]).astype(int)
        shown = [2.0 * bits[0] - 1, 2.0 * bits[1] - 1, 0.3 * (2.0 * state - 1), 0.0 * state]
        clock = np.arange(samples) / RATE
        for m, level in enumerate(shown):
            own = np.repeat(level, BLOCK_S * RATE).astype(np.float32)
            columns = {c: own + rng.standard_normal(samples, dtype=np.float32) for c in "abcd"}
            np.savez(folder / f"m{m}_p{k:03d}.npz", t=clock, **columns)
        np.savez(
            folder / f"labels_p{k:03d}.npz",
            t=np.arange(len(state)) * float(BLOCK_S),
            state=np.array(["unlike", "like"])[state],
        )


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code, seconds, largest private memory seen (MB), and its last lines."""

    code: int
    seconds: float
    mb: float
    text: str


def limited(words: list[str], limit_gb: float) -> Ended:
    """Run a command of interplay under a limit."""
    most = int(limit_gb * 1e9)
    started, peak = time.perf_counter(), 0.0
    process = subprocess.Popen(
        [sys.executable, "-m", "interplay", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Arrow's own allocator reserves a gigabyte that it may never use, and the limit counts it
        env=os.environ | {"ARROW_DEFAULT_MEMORY_POOL": "system"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (most, most)),
    )
    while process.poll() is None:
        peak = max([peak, *private_mb(process.pid)])
        time.sleep(0.2)
    text = process.stdout.read() if process.stdout else ""
    return Ended(process.returncode, time.perf_counter() - started, peak, text)


def private_mb(pid: int) -> Iterator[float]:
    """Private memory of a process in use, MB, if it is still there."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return
    yield from (int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon"))


def size_gb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e9


def commands(folder: Path, stride: int) -> dict[str, list[str]]:
    """Name of a step of the way -> words of the command line."""
    windows = ["--steps", str(STEPS), "--stride", str(stride)]
    study, steps, profile, run = (str(folder / name) for name in ("study", "steps", "profile.nc", "run"))
    shorter = ["--optimiser.epochs", "2", "--readers.of_each", ""]
    ways = {
        IN_MEMORY: ["estimate", study, "-o", str(folder / "none.nc"), *windows],
        "prepare": ["prepare", study, "-o", steps],
        "estimate": ["estimate", steps, "-o", profile, *windows, "--lags-s", "[0, 1, 2]"],
        "train": ["train", "--data", steps, "-o", run, "--profile", profile, *windows, *shorter],
        "evaluate": ["evaluate", run],
        "predict": ["predict", run, "-o", str(folder / "predictions.parquet")],
    }
    if (folder / "steps").exists():
        ways.pop("prepare")
    return {name: [*words, "--quiet"] for name, words in ways.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--folder", type=Path, required=True, help="where all is made; what is there is taken"
    )
    parser.add_argument("--gb", type=float, default=20.0)
    parser.add_argument("--limit-gb", type=float, default=4.0)
    parser.add_argument("--stride", type=int, default=120, help="seconds from one window to the next")
    options = parser.parse_args()
    study, steps, limit = options.folder / "study", options.folder / "steps", options.limit_gb
    if not study.exists():
        make_study(study, options.gb)
    people = len(list(study.glob("labels_*.npz")))
    print(f"# A study larger than memory\n\n{date.today()}, {platform.machine()}, {os.cpu_count()} processors; "
          f"a made study of {people} people, {HOURS:g} hours each, {MODALITIES} modalities of {CHANNELS} channels at "
          f"{RATE} Hz: {size_gb(study):.1f} GB of files. Load when it began {os.getloadavg()[0]:.1f}. Every command "
          f"may have {limit:g} GB of memory of its own (RLIMIT_DATA, libraries included).\n")  # fmt: skip
    print(
        "| command | exit code | seconds | most private memory (MB) |\n| --- | --- | --- | --- |", flush=True
    )
    texts = {}
    for name, words in commands(options.folder, options.stride).items():
        ended = limited(words, limit)
        texts[name] = ended.text
        print(f"| {name} | {ended.code} | {ended.seconds:,.0f} | {ended.mb:,.0f} |", flush=True)
    windows = ip.make_windows(ip.read_steps(steps), steps=STEPS, stride=options.stride)
    n, values = len(windows.steps), sum(values.nbytes for values in windows.steps.values.values())
    looked_at = values * len(windows.used_rows()) / n / 1e9
    print(f"\nSteps on disk: {size_gb(steps):.1f} GB, {n:,} steps of 1 s; {len(windows):,} windows of {STEPS} s, one "
          f"every {options.stride} s, look at {looked_at:.1f} GB of them.\n")  # fmt: skip
    for name in (IN_MEMORY, "estimate", "train", "evaluate"):
        print(f"What `{name}` said:\n\n```text\n{texts[name].strip()[-1200:]}\n```\n")
    shutil.rmtree(options.folder)


if __name__ == "__main__":
    main()
