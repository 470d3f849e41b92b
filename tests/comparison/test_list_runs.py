"""The runs of a folder at a glance: what is listed is what was saved, and what is damaged is told."""

import shutil

import pytest
import yaml

import interplay as ip
from interplay.errors import InvalidInput
from interplay.train import Run, make_recipe
from interplay.train.run_folder import FORMAT
from report_runs import drawn_run


def drawn() -> dict[str, Run]:
    """By where they lie: one of a data set, one of a number without a profile, one that was not evaluated."""
    runs = {
        "b": drawn_run(2, 3, card={"name": "hapt", "title": "HAPT"}),
        "deeper/a": drawn_run(2, 3, "number"),
        "fresh": drawn_run(3, 3),
    }
    runs["deeper/a"].profile = None
    runs["fresh"].evaluation = None
    return runs


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The drawn runs, one that is damaged, and things that are no runs."""
    folder = tmp_path_factory.mktemp("runs")
    for name, run in drawn().items():
        run.save(folder / name)
    shutil.copytree(folder / "b", folder / "damaged")
    (folder / "damaged" / "data.json").write_text("{", "utf-8")
    shutil.copytree(folder / "b", folder / ".hidden")
    (folder / "notes").mkdir()
    (folder / "b" / "report.html").write_text("", "utf-8")
    return folder


def test_what_is_listed_is_what_was_saved(folder):
    runs = ip.list_runs(folder)
    assert [run.name for run in runs.runs] == ["b", "deeper/a", "fresh"]
    for entry in runs.runs:
        run = drawn()[entry.name]
        assert entry.guided == (run.profile is not None)
        assert entry.score_name == run.target.main_score
        assert entry.score == (None if run.evaluation is None else run.evaluation.test[run.target.main_score])
        assert list(entry.log) == run.log
        assert entry.trained_on == len(run.data.entities)
    assert [run.data for run in runs.runs] == ["hapt", "–", "–"]
    assert [run.report is not None for run in runs.runs] == [True, False, False]
    assert runs.runs[0].mb == pytest.approx(
        sum(path.stat().st_size for path in (folder / "b").iterdir()) / 1e6
    )
    # drawn runs have a width and an expert width of their own
    assert [run.recipe for run in runs.runs] == ["default, 2 settings changed"] * 3
    table = runs.to_frame().set_index("run")
    assert table.loc["b", "tested_on"] == 3
    assert table["score"].isna().tolist() == [False, False, True]


def test_what_is_damaged_is_told_and_hides_nothing(folder):
    runs = ip.list_runs(folder)
    assert len(runs.damaged) == 1
    assert "damaged is not a whole run" in runs.damaged[0]
    assert "3 runs, 1 damaged" in repr(runs)
    assert "no score" in repr(runs.runs[2])


def test_a_run_itself_is_a_folder_of_one(folder):
    assert [run.name for run in ip.list_runs(folder / "b").runs] == ["b"]


@pytest.mark.parametrize(("name", "sentence"), [("nowhere", "no folder"), ("notes", "has none")])
def test_no_runs_are_told_in_a_sentence(folder, name, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        ip.list_runs(folder / name)


@pytest.mark.parametrize("text", ["", "[]", '{"schema": {"kind": "colour"}, "train": {}}', "\x00"])
def test_damage_of_any_kind_is_a_sentence(folder, tmp_path, text):
    shutil.copytree(folder / "b", tmp_path / "r")
    (tmp_path / "r" / "data.json").write_text(text, "utf-8")
    assert len(ip.list_runs(tmp_path).damaged) == 1


def test_a_plain_recipe_goes_by_its_name(folder, tmp_path):
    shutil.copytree(folder / "b", tmp_path / "r")
    settings = {"format": FORMAT, "recipe": make_recipe("paper").to_dict(), "seed": 0}
    (tmp_path / "r" / "config.yaml").write_text(yaml.safe_dump(settings), "utf-8")
    assert ip.list_runs(tmp_path).runs[0].recipe == "paper"
