"""The checks behind `interplay doctor`."""

import os
import platform
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement

from interplay.progress import Progress, silent

LEAST_MEMORY_GB, LEAST_DISK_GB = 2.0, 1.0
EXTRAS = {
    "tune": ("interplay tune", ("optuna",)),
    "export": ("ONNX programs", ("onnx", "onnxscript", "onnxruntime")),
    "excel": ("official sheets of shanghai_diabetes", ("python-calamine",)),
    "vl": ("notes by a local encoder", ("transformers", "pillow")),
    "tracking": ("curves in TensorBoard and MLflow", ("tensorboard", "mlflow-skinny")),
}
"""What each extra is for, and the libraries that it installs."""

ROWS = 400
LEAST_SYNERGY_BITS = 0.95
"""Of the one bit of synergy in an exclusive or; 400 noisy rows gave 0.999."""

LEAST_ACCURACY = 0.95
"""Of the training windows in the last epoch; a model that sees one bit of the two reaches 0.54."""

SMALL = {
    "model.width": 16,
    "model.layers": 1,
    "model.expert_width": 16,
    "optimiser.epochs": 4,
    "optimiser.batch_size": 32,
    # all of 14 seeds reached 0.99 an epoch before the last; at the default rate one of four stopped at 0.79
    "optimiser.learning_rate": 0.01,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckResult:
    """What came of a check.

    Attributes
    ----------
    name : what was looked at
    state : "ok", "not ok", or "not there" for what is optional
    fact : what was seen
    advice : what to do; empty if it is ok
    """

    name: str
    state: str
    fact: str
    advice: str = ""


def checkup(progress: Progress = silent) -> list[CheckResult]:
    """Run every check; one that fails in an unforeseen way has a result, too."""
    results = []
    for k, (name, check) in enumerate(CHECKS.items()):
        started = time.perf_counter()
        try:
            state, fact, advice = check()
        except Exception as error:  # noqa: BLE001 a check-up tells of anything that is wrong
            reason = " ".join(str(error).split())[:300]
            state, fact = "not ok", f"{type(error).__name__}: {reason}"
            advice = "Install interplay again; if that does not help, report it with all lines above."
        seconds = time.perf_counter() - started
        if name.startswith("self-test"):
            fact += f", {seconds:.1f} s"
        results.append(CheckResult(name=name, state=state, fact=fact, advice="" if state == "ok" else advice))
        progress((k + 1) / len(CHECKS))
    return results


Outcome = tuple[str, str, str]


def _judged(ok: bool, fact: str, advice: str) -> Outcome:
    return "ok" if ok else "not ok", fact, advice


def libraries() -> Outcome:
    needed = [Requirement(line) for line in requires("interplay") or ()]
    base = [one for one in needed if one.marker is None]
    wrong = [f"{one.name} {_version(one.name) or 'is missing'}" for one in base if not _meets(one)]
    shown = ", ".join(
        f"{name} {_version(name)}" for name in ("interplay", "torch", "pytorch-lightning", "numpy")
    )
    fact = f"Python {platform.python_version()}, {shown}" + (f"; unfit: {', '.join(wrong)}" if wrong else "")
    return _judged(not wrong, fact, "Run: pip install --upgrade interplay")


def _extra(extra: str) -> Outcome:
    purpose, names = EXTRAS[extra]
    missing = [name for name in names if _version(name) is None]
    if not missing:
        return "ok", ", ".join(f"{name} {_version(name)}" for name in names), ""
    return "not there", f"{', '.join(missing)} missing", f"For {purpose}: pip install 'interplay[{extra}]'"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _meets(requirement: Requirement) -> bool:
    installed = _version(requirement.name)
    return installed is not None and requirement.specifier.contains(installed, prereleases=True)


def devices() -> Outcome:
    """Every device multiplies two matrices."""
    import torch

    names = ["cpu"]
    if torch.cuda.is_available():
        names += [f"cuda:{k}" for k in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        names.append("mps")
    one = torch.eye(64)
    wrong = [name for name in names if not torch.equal((one.to(name) @ one.to(name)).cpu(), one)]
    fact = ", ".join(
        f"{name} ({torch.cuda.get_device_name(name)})" if name.startswith("cuda") else name for name in names
    )
    return _judged(not wrong, fact, f"{', '.join(wrong)} multiplies wrongly: check its driver.")


def threads() -> Outcome:
    import torch

    affinity = getattr(os, "sched_getaffinity", None)
    n_cpus = len(affinity(0)) if affinity else os.cpu_count() or 1
    n_threads = torch.get_num_threads()
    fact = f"{n_threads} for {n_cpus} processors"
    return _judged(n_threads <= n_cpus, fact, f"More threads than processors wait for one another: "
                   f"set OMP_NUM_THREADS={n_cpus}.")  # fmt: skip


def memory() -> Outcome:
    meminfo = Path("/proc/meminfo")
    if not meminfo.is_file():
        return "ok", "this system does not tell how much is free", ""
    lines = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
    free_gb = int(lines["MemAvailable"].split()[0]) * 1024 / 1e9
    return _judged(free_gb >= LEAST_MEMORY_GB, f"{free_gb:.1f} GB free",
                   f"At least {LEAST_MEMORY_GB:g} GB is needed: close other programs.")  # fmt: skip


def disk() -> Outcome:
    here = Path.cwd()
    free_gb = shutil.disk_usage(here).free / 1e9
    with TemporaryDirectory(dir=here, prefix=".interplay-"):
        pass
    return _judged(free_gb >= LEAST_DISK_GB, f"{free_gb:.1f} GB free, and files can be written in {here}",
                   f"At least {LEAST_DISK_GB:g} GB is needed: make room, or work elsewhere.")  # fmt: skip


WRONG = "Results on this machine cannot be trusted: install interplay and torch again."


def solver() -> Outcome:
    """AND of two fair bits, whose atoms are derived by hand, and what is proven of a table that takes many steps."""
    import numpy as np

    from interplay.info import decompose
    from interplay.synthetic import GATES

    gate = GATES["AND"]
    error = abs(float(decompose(gate.table).synergy) - gate.synergy)
    drawn = np.random.default_rng(0).dirichlet(np.ones(48)).reshape(4, 4, 3)
    gap = float(decompose(drawn).gap_bits)
    fact = f"synergy of AND is off by {error:.0g} bit; that of a drawn table is proven to {gap:.0g} bit"
    # 1e-6 bit is what the solver is asked for
    return _judged(error <= 1e-6 and gap <= 1e-6, fact, WRONG)


def _exclusive_or(seed: int = 0):
    """Two noisy bits and their exclusive or."""
    import numpy as np

    from interplay.synthetic import GATES

    x1, x2, y = GATES["XOR"].sample(ROWS)
    noise = 0.1 * np.random.default_rng(seed).normal(size=(2, ROWS, 2))
    return np.eye(2)[x1] + noise[0], np.eye(2)[x2] + noise[1], y


def estimate() -> Outcome:
    from interplay.estimators import PosteriorPID

    estimator = PosteriorPID(epochs=6, n_rotations=19, n_bootstrap=20).fit(*_exclusive_or())
    fact = f"{estimator.synergy_:.3f} bit of synergy in an exclusive or, which holds 1"
    return _judged(LEAST_SYNERGY_BITS <= estimator.synergy_ <= 1.0 + 1e-6, fact, WRONG)


def training(seed: int = 0) -> Outcome:
    """An exclusive or is learned; a seed draws its noise, the first weights and the order of windows."""
    import numpy as np

    from interplay.data import windows_from_arrays
    from interplay.train import fit

    x1, x2, y = _exclusive_or(seed)
    windows = windows_from_arrays({"x1": x1, "x2": x2}, y, steps=1, entity=np.arange(ROWS) % 6)
    last = fit(windows, settings=SMALL, seed=seed, rivals=False, progress=silent).log[-1]
    fact = f"a small model learns it to accuracy {last['accuracy']:.2f}"
    return _judged(last["accuracy"] >= LEAST_ACCURACY, fact, WRONG)


CHECKS: dict[str, Callable[[], Outcome]] = {
    "libraries": libraries,
    **{f"extra {name}": lambda name=name: _extra(name) for name in EXTRAS},
    "devices": devices,
    "threads": threads,
    "memory": memory,
    "disk": disk,
    "self-test solver": solver,
    "self-test estimate": estimate,
    "self-test training": training,
}
