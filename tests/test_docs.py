"""What the documentation shows runs."""

import re
import shlex
from pathlib import Path

import pytest

from interplay.cli import main
from interplay.train import load_run
from shared_data import shared

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize("page", ["model.md"])
def test_the_examples_of_a_page_run_one_after_the_other(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / page).read_text("utf-8"), flags=re.DOTALL)
    assert blocks
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)


@pytest.mark.slow
def test_the_way_from_a_folder_to_a_report(tmp_path, monkeypatch, capsys):
    data = shared("physionet2012")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "physionet2012").symlink_to(data)
    text = (DOCS / "your_data.md").read_text("utf-8")
    (program,), (study,), (commands,) = (
        re.findall(rf"```{kind}\n(.*?)```", text, flags=re.DOTALL) for kind in ("python", "yaml", "bash")
    )
    exec(program, {})
    assert main(["init-study", "my_study", "--quiet"]) == 0
    (tmp_path / "my_study" / "study.yaml").write_text(study, "utf-8")
    capsys.readouterr()
    assert main(["datasets", "check", "my_study", "--quiet"]) == 0
    assert "Wrong" not in capsys.readouterr().out
    for line in commands.strip().splitlines():
        assert main(shlex.split(line)[1:]) == 0, line
    scores = load_run("runs/my_study").evaluation.scores["test"]
    # consciousness alone gets about 0.75 in the literature; chance is 0.5
    assert scores["auroc"] > 0.6
    assert (tmp_path / "runs" / "my_study" / "report.html").is_file()


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))
def test_pages_link_to_files_that_exist(page):
    for target in re.findall(r"\]\(([^)#]+)\)", (DOCS / page).read_text("utf-8")):
        assert "://" in target or (DOCS / target).exists(), target
