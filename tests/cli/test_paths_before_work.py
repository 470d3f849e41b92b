"""A place that cannot be written is refused before the work, not after it."""

import pytest

from interplay.cli import main
from interplay.errors import InvalidInput
from interplay.train import fit, load_run
from small_runs import SMALL, xor_windows


@pytest.fixture
def no_work(monkeypatch):
    """All that takes time fails the test."""
    monkeypatch.setattr("interplay.train.load_run", lambda *_, **__: pytest.fail("worked before it looked"))
    for command in ("estimate", "train"):
        monkeypatch.setattr(
            f"interplay.cli.{command}.training_and_test_windows", lambda *_: pytest.fail("worked")
        )
    monkeypatch.setattr("interplay.cli.events.split_as_asked", lambda *_, **__: pytest.fail("worked"))


LONG = "x" * 245


@pytest.mark.parametrize(
    "words",
    [
        ["estimate", "hapt_sample", "-o", f"OUT/{LONG}.nc"],
        ["events", "hapt_sample", "-o", f"OUT/{LONG}.nc", "--events", "gravity", "--bins-s", "[0, 1]"],
        ["train", "--data", "hapt_sample", "-o", f"OUT/{LONG}"],
        ["predict", "OUT", "--data", "hapt_sample", "-o", f"OUT/{LONG}.csv"],
        ["predict", "OUT", "--data", "hapt_sample", "-o", "OUT/there.csv"],
        ["report", "OUT", "-o", f"OUT/{LONG}.html"],
        ["report", "OUT", "-o", "OUT/there.csv"],
        ["demo", "-o", f"OUT/{LONG}"],
    ],
)
def test_commands_look_before_they_work(no_work, tmp_path, capsys, words):
    (tmp_path / "there.csv").touch()
    assert main([word.replace("OUT", str(tmp_path)) for word in words]) == 1
    said = capsys.readouterr().err
    assert "must be a place that can be written" in said or "must not exist yet, and does" in said
    assert [path.name for path in tmp_path.iterdir()] == ["there.csv"]


def test_an_evaluation_looks_before_it_works(tmp_path, monkeypatch):
    out = tmp_path / "run"
    fit(xor_windows(40, seed=0, entities=("a", "b")), settings=SMALL | {"optimiser.epochs": 1}, out=out)
    run = load_run(out)
    monkeypatch.setattr("interplay.train.run.judge", lambda *_, **__: pytest.fail("worked before it looked"))
    out.rename(tmp_path / "moved")
    with pytest.raises(InvalidInput, match=r"the folder of .*metrics\.json must exist"):
        run.evaluate(xor_windows(20, seed=1, entities=("c", "d")))
