"""What the documentation shows runs."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

import interplay as ip
from documented_files import stand_with_files_of
from interplay.cli import main
from interplay.report import figures
from interplay.train import load_run
from shared_data import shared

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(str(path.relative_to(DOCS)) for path in (*DOCS.glob("*.md"), *DOCS.glob("howto/*.md")))
ALL_PAGES = sorted(
    str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md") if "_build" not in path.relative_to(DOCS).parts
)


def examples(page: str, language: str) -> list[str]:
    text = (DOCS / page).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def arrays_of_a_reader() -> dict[str, object]:
    """What the page on interactions takes for granted: the reader's own arrays, and a split of them."""
    rng = np.random.default_rng(0)
    ecg, resp = rng.normal(size=(400, 2)), rng.normal(size=(400, 1))
    y = (ecg[:, 0] > 0).astype(int)
    patient = np.repeat(np.arange(10), 40)
    windows = ip.windows_from_arrays({"ecg": ecg, "resp": resp}, y, steps=8, entity=patient)
    train, test = ip.split_by_entity(windows)
    return {"ecg": ecg, "resp": resp, "y": y, "patient": patient, "train": train, "test": test}


GIVEN = {"interactions.md": arrays_of_a_reader}
OF_ITS_OWN = ("your_data.md",)
"""Tested from end to end by a test of its own, with real data."""


NEEDS = {
    "howto/tune.md": "optuna",
    "howto/notes.md": "transformers",
    "howto/upcycle.md": "transformers",
    "howto/vision_language.md": "PIL",
}
"""Libraries of extras."""

SHORTER = {
    "howto/tune.md": {
        'recipe="dense"': 'recipe={"model": {"layers": 1}, "optimiser": {"least_steps": 0}, '
        '"readers": {"of_all": "", "of_each": "", "of_pairs": ""}}',
        "trials=3": "trials=1",
        "600": "120",
        "run.evaluate(test)": "run.evaluate(test, n_bootstrap=20)",
    },
    "tutorial.md": {
        "stride=8": "stride=32",
        "epochs=6": "epochs=2",
        '"optimiser.epochs": 4': '"optimiser.epochs": 1',
        "n_bootstrap=100": "n_bootstrap=20",
    },
    "model.md": {
        '"optimiser.epochs": 2': '"optimiser.epochs": 2, "optimiser.least_steps": 0, '
        '"readers.kinds.extra_trees.trees": 20, "readers.kinds.rockets.patterns": 200'
    },
    "howto/scikit_learn.md": {
        "step_s=1.0, random_state=0": 'recipe="network", settings={"optimiser.least_steps": 0}, epochs=1, '
        "profile=ip.DiscretePID(n_bootstrap=5, n_rotations=9)",
        '"model.layers": 1': '"model.layers": 1, "optimiser.least_steps": 0, "optimiser.epochs": 1',
        "n_bootstrap=20": "n_bootstrap=5, n_rotations=9",
        "[5, 20]": "[1]",
    },
    "howto/rates_gaps_events.md": {
        '"optimiser.epochs": 2': '"optimiser.epochs": 2, "optimiser.least_steps": 0'
    },
    "howto/forecast.md": {
        '"readers", profile=None': '"readers", profile=None, settings={"readers.kinds.extra_trees.trees": 20, '
        '"readers.kinds.rockets.patterns": 200}'
    },
    "howto/compare.md": {'"optimiser.epochs": 6': '"optimiser.epochs": 2'},
    "howto/add_a_report_section.md": {
        '"optimiser.epochs": 2': '"optimiser.epochs": 2, "optimiser.least_steps": 0'
    },
    "howto/add_a_router_or_loss.md": {
        '"optimiser.epochs": 1': '"optimiser.epochs": 1, "optimiser.least_steps": 0'
    },
}
"""What is as true of fewer windows and less training."""


def shorter(page: str) -> list[str]:
    """The Python of a page, quicker than its readers run it."""
    blocks = examples(page, "python")
    for full, short in SHORTER.get(page, {}).items():
        assert any(full in block for block in blocks), full
        blocks = [block.replace(full, short) for block in blocks]
    return blocks


LONG = (
    "howto/adapt.md",
    "howto/around_events.md",
    "howto/beyond_pairs.md",
    "howto/choose_an_estimator.md",
    "howto/choose_sensors.md",
    "howto/cluster.md",
    "howto/compare.md",
    "howto/own_training_loop.md",
    "howto/rates_gaps_events.md",
    "howto/scikit_learn.md",
    "howto/stream.md",
    "howto/tune.md",
    "interactions.md",
    "model.md",
    "tutorial.md",
)
"""Pages that take longer than the default suite allows."""


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=pytest.mark.slow) if page in LONG else page
        for page in PAGES
        if examples(page, "python") and page not in OF_ITS_OWN
    ],
)
def test_the_examples_of_a_page_run_one_after_the_other(page, tmp_path, monkeypatch):
    if page in NEEDS:
        pytest.importorskip(NEEDS[page])
    stand_with_files_of(DOCS / page, tmp_path, monkeypatch)
    # one of each kind of figure is drawn; how they are written is a test of the report's
    for most in ("MOST_PAIRS", "MOST_WINDOWS"):
        monkeypatch.setattr(figures, most, 1)
    drawings = figures._drawings

    def first_of_all_that_are_drawn(run):
        drawn = {name: draw() for name, draw in drawings(run).items()}
        name = next(iter(drawn))
        return {name: lambda: drawn[name]}

    monkeypatch.setattr(figures, "_drawings", first_of_all_that_are_drawn)
    names: dict[str, object] = GIVEN[page]() if page in GIVEN else {}
    for block in shorter(page):
        exec(compile(block, page, "exec"), names)


SMALL = {
    "estimate": ("--estimator.epochs", "4", "--estimator.n_bootstrap", "10", "--estimator.n_rotations", "19"),
    "train": (
        "--recipe",
        "network",
        "--model.width",
        "16",
        "--model.layers",
        "1",
        "--model.expert_width",
        "16",
        "--optimiser.epochs",
        "3",
        "--optimiser.least_steps",
        "0",
    ),
}
"""What makes a command of a page short; its result is looked at for being there and better than chance."""


@pytest.mark.slow
def test_the_way_from_a_raw_folder_to_a_report(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (program, _), (edits,) = examples("your_data.md", "python"), examples("your_data.md", "diff")
    first, others, _ = examples("your_data.md", "bash")
    exec(program, {})
    assert main([*shlex.split(first)[1:], "--quiet"]) == 0
    table = capsys.readouterr().out
    assert "could not tell  what must be put right first" in table
    path = tmp_path / "raw" / "study.yaml"
    written, lines = path.read_text("utf-8"), edits.splitlines()
    before, after = lines[::2], lines[1::2]
    assert len(before) <= 3
    for line, edited in zip(before, after, strict=True):
        assert f"\n{line[1:]}\n" in written
        written = written.replace(f"\n{line[1:]}\n", f"\n{edited[1:]}\n")
    path.write_text(written, "utf-8")
    for command in others.strip().splitlines():
        words = shlex.split(command)[1:]
        assert main([*words, *SMALL.get(words[0], ()), "--quiet"]) == 0, command
    run = load_run("runs/raw")
    # both sessions of a person are on one side
    train, test = (set(run.split.parts[side].entities) for side in ("train", "test"))
    assert not train & test
    assert train | test == {f"P{k:02d}" for k in range(1, 9)}
    assert run.evaluation.test["accuracy"] > 0.6  # of three activities
    assert (tmp_path / "runs" / "raw" / "report.html").is_file()


@pytest.mark.long
def test_the_way_from_a_folder_to_a_report(tmp_path, monkeypatch, capsys):
    data = shared("physionet2012")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "physionet2012").symlink_to(data)
    program, study, commands = (examples("your_data.md", kind)[-1] for kind in ("python", "yaml", "bash"))
    exec(program, {})
    assert main(["init-study", "my_study", "--quiet"]) == 0
    (tmp_path / "my_study" / "study.yaml").write_text(study, "utf-8")
    capsys.readouterr()
    assert main(["datasets", "check", "my_study", "--quiet"]) == 0
    assert "Wrong" not in capsys.readouterr().out
    for line in commands.strip().splitlines():
        assert main(shlex.split(line)[1:]) == 0, line
    scores = load_run("runs/my_study").evaluation.test
    # consciousness alone gets about 0.75 in the literature; chance is 0.5
    assert scores["auroc"] > 0.6
    assert (tmp_path / "runs" / "my_study" / "report.html").is_file()


@pytest.mark.long
@pytest.mark.parametrize(
    "page", [page for page in PAGES if any("interplay " in block for block in examples(page, "sh"))]
)
def test_the_commands_of_a_page_run_one_after_the_other(page, tmp_path, monkeypatch):
    stand_with_files_of(DOCS / page, tmp_path, monkeypatch)
    for line in "".join(examples(page, "sh")).splitlines():
        if line.startswith("interplay "):
            assert main(shlex.split(line)[1:]) == 0, line


@pytest.mark.parametrize("page", [*ALL_PAGES, "../README.md", "../CONTRIBUTING.md", "../SECURITY.md"])
def test_pages_link_to_files_and_headings_that_exist(page):
    for target, heading in re.findall(r"\]\(([^)#\s]*)(?:#([^)]*))?\)", (DOCS / page).read_text("utf-8")):
        path = (DOCS / page).parent / target if target else DOCS / page
        assert "://" in target or path.exists(), target
        if heading and path.suffix == ".md":
            assert heading in headings(path), f"{target}#{heading}"


def headings(path: Path) -> set[str]:
    """What links name the headings of a page by."""
    text = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    titles = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
