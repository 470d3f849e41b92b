"""Whether anything is lost or mixed up when commands are killed: SIGKILL at random moments, then the same again.

After a kill the output must be what was there before, or the new result, whole. After the same command again it must
be equal to the bit to that of a command that was never killed (seconds apart), with nothing left beside it. Odd trials
write over an older result. ``python -m benchmarks.reliability`` counts them.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pandas as pd

from interplay.errors import InterplayError
from interplay.profile import InteractionProfile
from interplay.train import load_run

CUT = ["--steps", "3", "--stride", "96", "--lags-s", "[0.0, 1.0]"]
QUICK = ["--estimator.epochs", "2", "--estimator.n_rotations", "9", "--estimator.n_bootstrap", "10"]
TINY = ["--recipe", "network", "--model.width", "16", "--model.layers", "1", "--optimiser.epochs", "6",
        "--optimiser.least_steps", "0", "--optimiser.held_out", "0"]  # fmt: skip
SMALL_DEMO = """
from interplay import demo
demo.STEPS, demo.STRIDE, demo.LAGS_S = 3, 96, (0.0, 1.0)
demo.SETTINGS |= {"model.width": 16, "model.layers": 1}
"""
NOTHING = "nothing"
"""Content of an output that is not there."""


@dataclass(frozen=True)
class Kind:
    """A command to kill.

    Attributes
    ----------
    words : folder -> the command line; it reads from the folder, or writes there
    out : what it writes, within the folder
    content : folder -> a text that is the same for equal outputs
    older : words of a command that makes an older result to write over; none where a command replaces nothing
    needs : kinds whose outputs it reads
    """

    words: Callable[[Path], list[str]]
    out: str
    content: Callable[[Path], str]
    older: Callable[[Path], list[str]] | None = None
    needs: tuple[str, ...] = ()


def of_profile(folder: Path) -> str:
    """Numbers of a profile and its probe."""
    if not (folder / "p.nc").exists():
        return NOTHING
    profile = InteractionProfile.load(folder / "p.nc")
    probe = (folder / "p.probe.safetensors").read_bytes()
    return _digest(profile.dataset.to_dict(), probe) if profile.probe is not None else "without its probe"


def of_run(folder: Path, name: str = "run") -> str:
    """Weights, log without seconds, profile and evaluation of a run."""
    if not (folder / name).exists():
        return NOTHING
    run = load_run(folder / name)
    log = [{key: value for key, value in epoch.items() if key != "seconds"} for epoch in run.log]
    weights = [(key, value.numpy().tobytes()) for key, value in run.model.state_dict().items()]
    parts = [weights, log, run.seed, run.profile and run.profile.dataset.to_dict()]
    if run.evaluation is not None:
        parts += [run.evaluation.test, run.evaluation.predictions.to_csv(), run.evaluation.insight.to_dict()]
    return _digest(*parts)


def of_demo(folder: Path) -> str:
    """A run that has its report."""
    content = of_run(folder, "demo")
    return content if content == NOTHING or (folder / "demo" / "report.html").exists() else "without a report"


def of_file(name: str) -> Callable[[Path], str]:
    """Bytes of a file."""

    def content(folder: Path) -> str:
        return _digest((folder / name).read_bytes()) if (folder / name).exists() else NOTHING

    return content


def of_steps(folder: Path) -> str:
    """Bytes of all files of prepared steps."""
    paths = sorted(path for path in (folder / "steps").rglob("*") if path.is_file())
    return _digest(*[(path.name, path.read_bytes()) for path in paths]) if paths else NOTHING


def of_table(folder: Path) -> str:
    """Cells of the predictions."""
    path = folder / "t.parquet"
    return _digest(pd.read_parquet(path).to_csv()) if path.exists() else NOTHING


def of_program(folder: Path) -> str:
    """What is said of a program, if it is said of this one."""
    program, sidecar = folder / "m.pt2", folder / "m.pt2.json"
    if not program.exists() and not sidecar.exists():
        return NOTHING
    described = json.loads(sidecar.read_text("utf-8"))
    if described.pop("program_sha256") != sha256(program.read_bytes()).hexdigest():
        return "a description of another program"
    return _digest(described)


def _digest(*parts) -> str:
    return sha256(repr(parts).encode()).hexdigest()[:16]


def _interplay(*words: str) -> list[str]:
    return [sys.executable, "-m", "interplay", *words, "--quiet"]


def _demo(folder: Path) -> list[str]:
    words = ["demo", "-o", str(folder / "demo"), "--overwrite", "--quiet"]
    call = f"import sys\nfrom interplay.cli import main\nsys.exit(main({words}))"
    return [sys.executable, "-c", SMALL_DEMO + call]


def _prepare(folder: Path, step_s: float = 0.5) -> list[str]:
    out = ["-o", str(folder / "steps"), "--step-s", str(step_s), "--overwrite"]
    return _interplay("prepare", "hapt_sample", *out)


def _estimate(folder: Path, *more: str) -> list[str]:
    return _interplay(
        "estimate", "hapt_sample", "-o", str(folder / "p.nc"), *CUT, *QUICK, "--overwrite", *more
    )


def _train(folder: Path, name: str = "run") -> list[str]:
    profile = ["--profile", str(folder / "p.nc")]
    return _interplay("train", "--data", "hapt_sample", "-o", str(folder / name), *CUT, *TINY, *profile)


def _evaluate(folder: Path, stride: int = 48) -> list[str]:
    return _interplay("evaluate", str(folder / "run"), "--data", "hapt_sample", "--stride", str(stride))


def _predict(folder: Path, stride: int = 48) -> list[str]:
    out = ["-o", str(folder / "t.parquet"), "--overwrite"]
    return _interplay("predict", str(folder / "run"), "--data", "hapt_sample", "--stride", str(stride), *out)


KINDS = {
    "estimate": Kind(_estimate, "p.nc", of_profile, lambda f: _estimate(f, "--estimator.random_state", "1")),
    "train": Kind(_train, "run", of_run, needs=("estimate",)),
    "evaluate": Kind(_evaluate, "run", of_run, lambda f: _evaluate(f, 96), needs=("estimate", "train")),
    "predict": Kind(_predict, "t.parquet", of_table, lambda f: _predict(f, 96), needs=("estimate", "train")),
    "report": Kind(
        lambda f: _interplay("report", str(f / "run"), "-o", str(f / "r.html"), "--overwrite"),
        "r.html",
        of_file("r.html"),
        lambda f: [sys.executable, "-c", f"open({str(f / 'r.html')!r}, 'w').write('older')"],
        needs=("estimate", "train", "evaluate"),
    ),
    "export": Kind(
        lambda f: _interplay("export", str(f / "run"), "-o", str(f / "m.pt2"), "--overwrite"),
        "m.pt2",
        of_program,
        needs=("estimate", "train"),
    ),
    "prepare": Kind(_prepare, "steps", of_steps, lambda f: _prepare(f, 1.0)),
    "demo": Kind(_demo, "demo", of_demo, lambda f: _train(f, "demo"), needs=("estimate",)),
}


@dataclass(frozen=True)
class Reference:
    """A folder in which nothing was killed, the content of each output, and how long its command took, s."""

    folder: Path
    content: dict[str, str]
    seconds: dict[str, float]


def reference(folder: Path, kinds: list[str]) -> Reference:
    """Run each command once, those before it first; every input of a command is kept as it was before it."""
    contents, seconds = {}, {}
    wanted = {name for kind in kinds for name in (kind, *KINDS[kind].needs)}
    for name in (name for name in KINDS if name in wanted):
        inputs = folder / f"before {name}"
        inputs.mkdir()
        for needed in KINDS[name].needs:
            _copy_output(needed, folder / f"after {needed}", inputs)
        shutil.copytree(inputs, folder / f"after {name}")
        started = time.monotonic()
        subprocess.run(KINDS[name].words(folder / f"after {name}"), check=True, capture_output=True)
        seconds[name] = time.monotonic() - started
        contents[name] = KINDS[name].content(folder / f"after {name}")
    return Reference(folder, contents, seconds)


def _copy_output(name: str, source: Path, to: Path) -> None:
    for path in source.iterdir():
        if path.name.split(".")[0] == KINDS[name].out.split(".")[0]:
            shutil.copytree(path, to / path.name, dirs_exist_ok=True) if path.is_dir() else shutil.copy2(
                path, to
            )


def trial(name: str, number: int, whole: Reference) -> dict[str, object]:
    """Kill a command once, and run it again."""
    kind, draw = KINDS[name], random.Random(f"{name} {number}")
    share = draw.uniform(0.0, 1.1)
    row: dict[str, object] = {"kind": name, "trial": number, "share": round(share, 3), "over_older": False}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "work"
        shutil.copytree(whole.folder / f"before {name}", folder)
        if kind.older is not None and number % 2:
            row["over_older"] = True
            subprocess.run(kind.older(folder), check=True, capture_output=True)
        before = kind.content(folder)
        row["killed"] = _killed(kind.words(folder), share * whole.seconds[name])
        return row | {"failure": _failure(kind, folder, before, whole.content[name])}


def _killed(words: list[str], after_s: float) -> bool:
    """Whether a command was still at work when it was killed."""
    process = subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def _failure(kind: Kind, folder: Path, before: str, wanted: str) -> str:
    """What is wrong after a kill, and after the same command again; empty where nothing is."""
    try:
        between = kind.content(folder)
        if between not in (before, wanted):
            return f"after the kill the output is neither the older nor the new one: {between}"
        again = subprocess.run(kind.words(folder), capture_output=True, text=True)
        # a training that was done when it was killed is rightly refused
        done = between == wanted and "must not exist yet" in again.stderr
        if again.returncode and not done:
            return f"the same command ends with {again.returncode}: {again.stderr[-300:]}"
        if kind.content(folder) != wanted:
            return "the same command ends with another result"
    except (InterplayError, OSError, ValueError, KeyError) as error:
        return f"{type(error).__name__}: {error}"[:300]
    left = sorted(path.name for path in folder.rglob(".*"))
    return f"left behind: {left}" if left else ""
