"""A study that is larger than memory, end to end: prepare, estimate, train, evaluate under a limit.

Run with ``python -m benchmarks.prepare --folder FOLDER --gb 20 --limit-gb 4``; prints Markdown. Each command is a process
of its own whose data (heap and private mappings, libraries included) the system bounds by RLIMIT_DATA; files that are
mapped do not count, as the system takes their pages back when it needs them. The control is the first command on the
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
WINDOWS = ["--steps", "20", "--stride", "60"]
STUDY = """
title: A made study of {gb:g} GB
streams:
{streams}
target: {{files: "labels_{{entity}}.npz", column: state, classes: [unlike, like], time: t}}
windows: {{step_s: 1, steps: 20, stride: 60}}
"""
STREAM = '  m{m}: {{files: "m{m}_{{entity}}.npz", columns: [a, b, c, d], time: t, rate_hz: {rate}}}'


def make_study(folder: Path, gb: float) -> int:
    """Two hours of a person after the other; m0 and m1 show a bit each, the state is whether they are alike, m2 shows
    it weakly and m3 is noise. Returns how many people there are."""
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
        np.savez(folder / f"labels_p{k:03d}.npz", t=np.arange(len(state)) * float(BLOCK_S), state=np.array(["unlike", "like"])[state])
    return people


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", type=Path, required=True, help="where study, steps and run are made; must not exist")
    parser.add_argument("--gb", type=float, default=20.0)
    parser.add_argument("--limit-gb", type=float, default=4.0)
    options = parser.parse_args()
    study, steps, limit = options.folder / "study", options.folder / "steps", options.limit_gb
    started = time.perf_counter()
    people = make_study(study, options.gb)
    print(f"# A study larger than memory\n\n{date.today()}, {platform.machine()}, {os.cpu_count()} processors; a made study of "
          f"{people} people, {HOURS:g} hours each, {MODALITIES} modalities of {CHANNELS} channels at {RATE} Hz: "
          f"{size_gb(study):.1f} GB of files ({time.perf_counter() - started:.0f} s to make). Every command may "
          f"have {limit:g} GB of memory of its own (RLIMIT_DATA, libraries included).\n", flush=True)  # fmt: skip
    profile, run = str(options.folder / "profile.nc"), str(options.folder / "run")
    commands = [
        ("in memory, for comparison", ["estimate", str(study), "-o", str(options.folder / "none.nc"), *WINDOWS, "--quiet"]),
        ("prepare", ["prepare", str(study), "-o", str(steps), "--quiet"]),
        ("estimate", ["estimate", str(steps), "-o", profile, *WINDOWS, "--lags-s", "[0, 1, 2]", "--quiet"]),
        ("train", ["train", "--data", str(steps), "-o", run, "--profile", profile, *WINDOWS, "--quiet", "--optimiser.epochs", "2", "--readers.of_each", ""]),
        ("evaluate", ["evaluate", run, "--quiet"]),
        ("predict", ["predict", run, "-o", str(options.folder / "predictions.parquet"), "--quiet"]),
    ]  # fmt: skip
    print("| command | exit code | seconds | most private memory (MB) |\n| --- | --- | --- | --- |", flush=True)
    texts = {}
    for name, words in commands:
        ended = limited(words, limit)
        texts[name] = ended.text
        print(f"| {name} | {ended.code} | {ended.seconds:,.0f} | {ended.mb:,.0f} |", flush=True)
        if ended.code and name in ("prepare", "estimate", "train"):
            print(ended.text, file=sys.stderr)
            break
    windows = ip.make_windows(ip.read_steps(steps), steps=20, stride=60)
    values = sum(values.nbytes for values in windows.steps.values.values())
    print(f"\nSteps on disk: {size_gb(steps):.1f} GB, {len(windows.steps):,} steps of 1 s; {len(windows):,} windows of 20 s, one "
          f"a minute, which look at {values * len(windows.used_rows()) / len(windows.steps) / 1e9:.1f} GB of them.\n")  # fmt: skip
    for name in ("in memory, for comparison", "estimate", "evaluate"):
        print(f"What `{name}` said:\n\n```text\n{texts.get(name, '').strip()[-1200:]}\n```\n")
    shutil.rmtree(options.folder)


if __name__ == "__main__":
    main()
