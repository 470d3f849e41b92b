"""Figures for papers: axes in, axes out, files as PDF and PNG."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from interplay.errors import InvalidInput
from interplay.report import figures, write_figures
from report_runs import drawn_run


@pytest.fixture(scope="module")
def run():
    return drawn_run(3, 3)


@pytest.mark.slow
def test_every_figure_is_written_twice(run, tmp_path, monkeypatch):
    # one of each kind
    monkeypatch.setattr(figures, "MOST_WINDOWS", 1)
    monkeypatch.setattr(figures, "MOST_PAIRS", 1)
    made = write_figures(run, tmp_path / "figures")
    assert sorted(made) == sorted((tmp_path / "figures").iterdir())
    stems = {path.stem for path in made}
    assert {"map_synergy", "network_redundancy", "alone", "pooling", "experts_atom", "without", "confusion", "roc",
            "pr", "calibration", "entities", "training", "window_1"} <= stems  # fmt: skip
    assert len(made) == 2 * len(stems)
    for path in made:
        assert path.read_bytes()[:4] in (b"%PDF", b"\x89PNG")
    with pytest.raises(InvalidInput, match="must not exist yet"):
        write_figures(run, tmp_path / "figures")


@pytest.mark.slow
def test_other_files_of_the_folder_stay(run, tmp_path, monkeypatch):
    two = dict(list(figures._drawings(run).items())[:2])
    monkeypatch.setattr(figures, "_drawings", lambda run: two)
    (tmp_path / "paper.tex").write_text("mine")
    made = write_figures(run, tmp_path)
    assert write_figures(run, tmp_path, overwrite=True) == made
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in made} | {"paper.tex"}


def test_kinds_of_targets_have_their_own_figures():
    number = figures._drawings(drawn_run(3, 3, "number"))
    assert "predicted" in number
    assert not {"roc", "confusion", "calibration"} & set(number)
    labels = figures._drawings(drawn_run(3, 3, "labels"))
    assert {"roc", "calibration"} <= set(labels)
    assert "confusion" not in labels
    for drawn in (
        number["predicted"],
        number["without"],
        labels["roc"],
        labels["calibration"],
        labels["entities"],
    ):
        assert drawn().has_data()


def test_axes_are_used_and_show_the_numbers(run):
    ax = Figure().add_subplot()
    assert figures.plot_confusion(run.evaluation.predictions, run.schema.classes, ax) is ax
    predictions = run.evaluation.predictions
    rest = predictions[predictions["label"] == "rest"]
    share = 100 * (rest["predicted"] == "rest").mean()
    np.testing.assert_allclose(ax.images[0].get_array()[0, 0], share)
    dots = figures.plot_entities(predictions, run.schema).lines[0].get_xdata()
    right = (predictions["label"] == predictions["predicted"]).groupby(predictions["entity"]).mean()
    np.testing.assert_allclose(sorted(dots), sorted(right))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda run: figures.plot_network(run.profile, "all"), "atom must be one of"),
        (lambda run: figures.plot_experts(run.evaluation.insight, "layer"), "by must be"),
        (lambda run: figures.plot_curve(run.evaluation.predictions, run.schema, "det"), "kind must be"),
    ],
)
def test_choices_that_there_are_not_are_refused(run, call, told):
    with pytest.raises(InvalidInput, match=told):
        call(run)
