"""What the base package does without any extra: every module is imported, and bundled data become a report.

Run by ``nox`` in environments of its own, with ``python tests/base_package.py``.
"""

import importlib
import pkgutil
import tempfile
from pathlib import Path

CUT = ["--steps", "3", "--stride", "96", "--lags-s", "[0.0, 1.0]"]
QUICK = ["--estimator.epochs", "2", "--estimator.n_rotations", "9", "--estimator.n_bootstrap", "10"]
TINY = ["--recipe", "network", "--model.width", "16", "--model.layers", "1", "--optimiser.epochs", "2",
        "--optimiser.least_steps", "0", "--optimiser.held_out", "0"]  # fmt: skip


def import_everything() -> list[str]:
    """Names of all modules of the package, each imported."""
    import interplay

    names = [module.name for module in pkgutil.walk_packages(interplay.__path__, "interplay.")]
    for name in names:
        if not name.endswith("__main__"):
            importlib.import_module(name)
    return names


def make_report(folder: Path) -> Path:
    """Estimate, train, evaluate, predict and report, by the command line."""
    from interplay.cli import main

    data, run = "hapt_sample", str(folder / "run")
    for words in (
        ["estimate", data, "-o", str(folder / "p.nc"), *CUT, *QUICK],
        ["train", "--data", data, "-o", run, "--profile", str(folder / "p.nc"), *CUT, *TINY],
        ["evaluate", run, "--data", data, "--stride", "48"],
        ["predict", run, "--data", data, "--stride", "48", "-o", str(folder / "t.csv")],
        ["report", run, "-o", str(folder / "r.html")],
    ):
        if main([*words, "--quiet"]) != 0:
            raise SystemExit(f"interplay {words[0]} failed")
    return folder / "r.html"


if __name__ == "__main__":
    modules = import_everything()
    with tempfile.TemporaryDirectory() as temporary:
        size = make_report(Path(temporary)).stat().st_size
    print(f"{len(modules)} modules imported, a report of {size / 1e6:.1f} MB made")  # noqa: T201
