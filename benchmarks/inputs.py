"""Whatever bytes a file holds: every reader reads it or says one sentence, soon and in little memory.

Each input is a small whole file with a few changes, which its number draws: input 17 of a file is the same on every
machine. ``python -m benchmarks.reliability`` counts what came of them, each file in a process of its own.
"""

import json
import pickle
import random
import resource
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pandas as pd
import torch

import interplay as ip
from interplay.data import SplitManifest, describe_split
from interplay.datasets.formats.csv_parts import NUMBER, read_csv
from interplay.datasets.formats.excel import open_excel
from interplay.datasets.formats.files import open_csv, open_npz, open_numbers
from interplay.datasets.formats.numbers import read_numbers
from interplay.datasets.formats.plain_pickle import read_plain_npy, read_plain_pickle
from interplay.errors import InterplayError, InterplayWarning
from interplay.files.parquet import read_parquet
from interplay.files.state import read_state, write_state
from interplay.probe.instance import InstanceProbe
from interplay.profile import InteractionProfile
from interplay.study.formats.opening import open_table
from interplay.study.written import read_spec
from interplay.train import fit, load_run
from interplay.train.recipe import make_recipe

SECONDS, MB = 5.0, 1000.0
"""What reading a small file may take, on one processor."""
HANG_S = 120.0
"""After which a process that says nothing of an input is ended; one starts within seconds."""
SPAWN = get_context("spawn")
LONGEST = 1500
"""Characters of a sentence, the path of the file among them."""
STUDY = """
streams:
  acc: {files: "acc_{entity}.csv", columns: [x, y], time: t, rate_hz: 50, format: &f {separator: ";"}}
  hr: {files: "hr_{entity}.csv", columns: [bpm], time: t, format: *f}
target: {files: "labels_{entity}.csv", column: label, time: t, classes: [rest, walk]}
windows: {step_s: 1.0, steps: 8, stride: 2}
"""
RECIPE = "model: {width: 16, layers: 1, router: softmax}\noptimiser: {epochs: 3, learning_rate: 0.001}\n"
APPLE = '<Record type="HKQuantityTypeIdentifierHeartRate" startDate="2024-01-01 00:00:00 +0000" value="7{}"/>'
SMALL = {"model.width": 8, "model.layers": 1, "model.num_experts": 2, "model.synergy_experts": 1,
         "optimiser.epochs": 1, "optimiser.least_steps": 0, "optimiser.held_out": 0.0,
         "readers.of_all": "", "readers.of_each": "", "readers.of_pairs": ""}  # fmt: skip
TOKENS = [b"\x00", b"\xff" * 4, b"\xff" * 8, b"9" * 400, b"-1", b"[" * 200, b"{" * 200, b"\x96", b"2\x86" * 50, b"nan",
          b"&a [*a, *a]", b"1e999", b'"', b"\n", b"null", b"1000000000"]  # fmt: skip


def write_seeds(folder: Path) -> None:
    """A small whole file for each reader."""
    table = pd.DataFrame({"t": np.arange(6.0), "x": [1.5, 2, -3, 4, 5, 6], "who": list("aabbcc")})
    table.to_csv(folder / "table.csv", index=False)
    table.to_csv(folder / "packed.csv.gz", index=False)
    table.to_excel(folder / "sheet.xlsx", index=False)
    table.assign(lists=[[1, 2]] * 6).to_parquet(folder / "table.parquet")
    (folder / "numbers.txt").write_text("1 2 3\n4 5 6\n7 8 9\n")
    np.savez(folder / "arrays.npz", x=np.arange(6.0), who=np.array(["a", "bc"]))
    data = {"signal": np.arange(5.0), "names": np.array(["a", None], dtype=object), "s": {"n": [1, (2.0,)]}}
    for protocol in (0, 2, 5):
        (folder / f"p{protocol}.pkl").write_bytes(pickle.dumps(data, protocol=protocol))
    np.save(folder / "object.npy", np.array(data, dtype=object), allow_pickle=True)
    (folder / "study.yaml").write_text(STUDY)
    (folder / "recipe.yaml").write_text(RECIPE)
    fitbit = [{"dateTime": "2024-01-01 00:00:00", "value": {"bpm": 70}}] * 2
    (folder / "fitbit.json").write_text(json.dumps(fitbit))
    (folder / "apple.xml").write_text(f"<HealthData>{APPLE.format(0)}{APPLE.format(1)}</HealthData>")
    _write_waveforms(folder)
    windows, profile = _windows(), _profile()
    describe_split({"train": windows}).save(folder / "split.json")
    write_state(folder / "state.safetensors", {"a": torch.arange(4.0)}, "text")
    profile.save(folder / "profile.nc")
    _write_run(folder / "run", windows, profile)


READERS: dict[str, tuple[int, Callable[[Path], object]]] = {
    "p0.pkl": (7, read_plain_pickle),
    "p2.pkl": (7, read_plain_pickle),
    "p5.pkl": (7, read_plain_pickle),
    "object.npy": (3, read_plain_npy),
    "study.yaml": (3, lambda path: read_spec(path.parent)),
    "recipe.yaml": (4, make_recipe),
    "split.json": (7, SplitManifest.load),
    "fitbit.json": (5, open_table),
    "apple.xml": (4, open_table),
    "arrays.npz": (4, lambda path: open_npz(path, ["x", "who"])),
    "table.csv": (3, lambda path: (open_table(path), open_csv(path.parent, [path.name], ["t"]))),
    "packed.csv.gz": (3, lambda path: (open_table(path), read_csv(path.parent, "packed", {"t": NUMBER}))),
    "numbers.txt": (3, lambda path: (open_numbers(path, 3), read_numbers(path, 3))),
    "table.parquet": (3, lambda path: (open_table(path), read_parquet(path))),
    "sheet.xlsx": (2, open_excel),
    "wave.hea": (2, open_table),
    "wave.edf": (3, open_table),
    "state.safetensors": (5, read_state),
    "profile.nc": (1, InteractionProfile.load),
    "profile.probe.safetensors": (3, InstanceProbe.load),
    "run/config.yaml": (1, lambda path: load_run(path.parent)),
    "run/data.json": (1, lambda path: load_run(path.parent)),
    "run/metrics.json": (1, lambda path: load_run(path.parent)),
    "run/log.jsonl": (1, lambda path: load_run(path.parent)),
    "run/split.json": (1, lambda path: load_run(path.parent)),
    "run/weights.safetensors": (1, lambda path: load_run(path.parent)),
    "run/predictions.parquet": (1, lambda path: load_run(path.parent)),
    "run/insight.nc": (1, lambda path: load_run(path.parent)),
}
"""Share of all inputs, and the reader, of each file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What came of some inputs.

    Attributes
    ----------
    tried, refused : inputs, and how many of them a sentence was said of; the others were read
    slowest_s : processor seconds of the slowest
    mb : megabytes by which the process grew at most
    failures : what each input did that is neither read nor refused so, by its number
    """

    tried: int
    refused: int
    slowest_s: float
    mb: float
    failures: dict[int, str]


def share_of(name: str, n: int) -> int:
    """How many of n inputs a file has."""
    return max(1, n * READERS[name][0] // sum(share for share, _ in READERS.values()))


def feed(name: str, folder: Path, numbers: range) -> Outcome:
    """Let the reader of a file read inputs in its place; the file is whole again afterwards."""
    path, read = folder / name, READERS[name][1]
    whole, refused, slowest_s, failures = path.read_bytes(), 0, 0.0, {}
    before_mb = _peak_mb()
    for k in numbers:
        path.write_bytes(mutated(whole, random.Random(f"{name} {k}")))
        started = _used_s()
        try:
            sentence = sentence_of(read, path)
        except Exception as error:  # noqa: BLE001 whatever a reader lets through is what is looked for
            failures[k] = f"{type(error).__name__}: {error}"[:300]
            continue
        took_s = _used_s() - started
        slowest_s, refused = max(slowest_s, took_s), refused + bool(sentence)
        if took_s > SECONDS or len(sentence) > LONGEST:
            failures[k] = f"{took_s:.1f} s, {len(sentence)} characters: {sentence[:200]}"
    path.write_bytes(whole)
    mb = _peak_mb() - before_mb
    if mb > MB:
        failures[numbers.start] = f"{mb:.0f} MB within {len(numbers)} inputs"
    return Outcome(tried=len(numbers), refused=refused, slowest_s=slowest_s, mb=mb, failures=failures)


def feed_elsewhere(name: str, folder: Path, numbers: range) -> Outcome:
    """The same in a process of its own. An input at which it dies or hangs is a failure; another goes on after it."""
    path = folder / name
    whole, outcomes = path.read_bytes(), []
    while len(numbers):
        some, ended = _fed(name, folder, numbers)
        outcomes += some
        if ended:
            failures = {numbers[len(some)]: ended}
            outcomes.append(Outcome(tried=1, refused=0, slowest_s=0.0, mb=0.0, failures=failures))
        numbers = numbers[len(some) + bool(ended) :]
        path.write_bytes(whole)
    return merged(outcomes)


def merged(outcomes: list[Outcome]) -> Outcome:
    """Of all their inputs; the memory by which each let a process grow adds up."""
    return Outcome(
        tried=sum(outcome.tried for outcome in outcomes),
        refused=sum(outcome.refused for outcome in outcomes),
        slowest_s=max(outcome.slowest_s for outcome in outcomes),
        mb=sum(outcome.mb for outcome in outcomes),
        failures={k: failure for outcome in outcomes for k, failure in outcome.failures.items()},
    )


def _fed(name: str, folder: Path, numbers: range) -> tuple[list[Outcome], str]:
    """What came of one input after the other in a process, and how it ended where that was before the last."""
    ours, theirs = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(target=_feed_each, args=(theirs, feed, name, folder, numbers))
    process.start()
    theirs.close()
    outcomes: list[Outcome] = []
    try:
        for _ in numbers:
            if not ours.poll(HANG_S):
                return outcomes, f"no end within {HANG_S:g} s"
            outcomes.append(ours.recv())
    except EOFError:
        process.join()
        return outcomes, f"the process ended with {process.exitcode}"
    finally:
        process.kill()
        process.join()
    return outcomes, ""


def _feed_each(
    listener: Connection, feed: Callable[..., Outcome], name: str, folder: Path, numbers: range
) -> None:
    for k in numbers:
        listener.send(feed(name, folder, range(k, k + 1)))


def mutated(content: bytes, draw: random.Random) -> bytes:
    """A few changes: bytes, cuts, repeats, and words that stand for much."""
    data = bytearray(content)
    for _ in range(draw.choice((1, 1, 2, 4))):
        at = draw.randrange(len(data) + 1)
        kind = draw.randrange(5)
        if kind == 0 and data:
            data[at % len(data)] = draw.randrange(256)
        elif kind == 1:
            del data[at : at + draw.choice((1, 4, 50, len(data)))]
        elif kind == 2:
            data[at:at] = data[at : at + draw.randrange(1, 60)] * draw.choice((1, 3))
        elif kind == 3:
            token = draw.choice(TOKENS)
            data[at : at + draw.choice((0, len(token)))] = token
        elif data:
            data[at % len(data)] ^= 1 << draw.randrange(8)
    return bytes(data)


def sentence_of(read: Callable[[Path], object], path: Path) -> str:
    """What a reader says of a file; nothing where it reads it. Any other error is passed on."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", InterplayWarning)
            read(path)
    except (InterplayError, InterplayWarning) as error:
        return str(error)
    return ""


def _used_s() -> float:
    """Processor seconds of this thread and of processes that it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.thread_time() + children.ru_utime + children.ru_stime


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _windows() -> ip.Windows:
    rng = np.random.default_rng(0)
    arrays = {name: rng.normal(size=(24, 2, 1)) for name in ("left", "right")}
    y = (arrays["left"][:, -1, 0] > 0).astype(int)
    return ip.windows_from_arrays(arrays, y, entity=np.repeat(list("abcd"), 6), classes=("no", "yes"))


def _profile() -> InteractionProfile:
    estimator = ip.PosteriorPID(epochs=1, n_bootstrap=4, n_rotations=3)
    return ip.TemporalRUS(estimator, lags_s=[0.0]).fit(_windows()).profile_


def _write_run(folder: Path, windows: ip.Windows, profile: InteractionProfile) -> None:
    """A run with its evaluation, that knows no digests: those would refuse every change before it is read."""
    run = fit(windows.of_entities(["a", "b", "c"]), settings=SMALL, out=folder)
    run.evaluate(windows.of_entities(["d"]))
    for name in ("data.json", "metrics.json"):
        values = json.loads((folder / name).read_text())
        del values["sha256"]
        (folder / name).write_text(json.dumps(values))


def _write_waveforms(folder: Path) -> None:
    """A WFDB record and an EDF file of one signal."""
    (folder / "wave.hea").write_text("wave 1 100 20\nwave.dat 16 200/mV 16 0 0 0 0 ecg\n")
    (folder / "wave.dat").write_bytes(np.arange(20, dtype="<i2").tobytes())
    fields = [
        ("0", 8), ("X", 80), ("Startdate X", 80), ("01.01.24", 8), ("00.00.00", 8), ("512", 8), ("", 44), ("2", 8),
        ("1", 8), ("1", 4), ("ecg", 16), ("", 80), ("mV", 8), ("-1", 8), ("1", 8), ("-100", 8), ("100", 8), ("", 80),
        ("10", 8), ("", 32),
    ]  # fmt: skip
    header = "".join(text.ljust(size) for text, size in fields).encode()
    (folder / "wave.edf").write_bytes(header + np.arange(20, dtype="<i2").tobytes())
