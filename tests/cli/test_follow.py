"""`interplay predict --follow`: lines in, lines out, equal to `Run.stream`, going on after a stop."""

import io
import json

import pytest

import interplay as ip
from interplay.cli import main
from small_runs import SMALL, STEPS, xor_windows


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    run = ip.fit(xor_windows(100, seed=0), settings=SMALL | {"optimiser.epochs": 1})
    return run.save(tmp_path_factory.mktemp("follow") / "run")


def step(k, **more):
    return {"left": [0.1 * k, -1.0], "right": [1.0, 0.2 * k], "third": [0, 0], **more}


def followed(monkeypatch, capsys, folder, lines, *options):
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    capsys.readouterr()
    assert main(["predict", str(folder), "--follow", *options]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_lines_of_several_people_are_answered_as_streams_answer(folder, monkeypatch, capsys):
    lines = [step(k, entity=who) for k in range(5) for who in ("a", "b")]
    answers = followed(monkeypatch, capsys, folder, lines)
    stream = ip.load_run(folder).stream("b")
    wanted = [one for one in (stream.step(step(k)) for k in range(5)) if one is not None]
    # JSON has no tuples
    assert [one for one in answers if one["entity"] == "b"] == json.loads(
        json.dumps([one.to_dict() for one in wanted])
    )
    assert len(answers) == 2 * (5 - STEPS + 1)


def test_a_bad_line_is_told_and_the_next_is_read(folder, monkeypatch, capsys):
    lines = [step(0), "{", step(1), {"heart": 1}, "", {"samples": [1]}, step(2), {**step(0), "steps_ago": 9}]
    answers = followed(monkeypatch, capsys, folder, lines)
    assert [one.get("line") for one in answers] == [2, 4, 6, None, 8]
    assert "must be JSON" in answers[0]["error"]
    assert "among those of the run, left, right, third; got 'heart'" in answers[1]["error"]
    assert "rows [time in s" in answers[2]["error"]
    assert answers[3]["time_s"] == 1.5
    assert "steps ago" in answers[4]["error"]


def test_samples_come_in_lines_too(folder, monkeypatch, capsys):
    lines = [{"start_s": 0, "samples": {"left": [[0.2 + 0.5 * k, k, 1]]}} for k in range(5)]
    answers = followed(monkeypatch, capsys, folder, lines)
    assert [one["time_s"] for one in answers] == [1.5, 2.0]


def test_streams_go_on_from_their_state(folder, monkeypatch, capsys, tmp_path):
    lines = [step(k, entity="../a b") for k in range(6)]
    whole = followed(monkeypatch, capsys, folder, lines)
    options = ("--state", str(tmp_path / "states"))
    parts = followed(monkeypatch, capsys, folder, lines[:4], *options)
    parts += followed(monkeypatch, capsys, folder, lines[4:], *options)
    assert parts == whole
    assert len(list((tmp_path / "states").iterdir())) == 1


def test_a_table_needs_a_name_and_a_stream_none(folder, capsys):
    assert main(["predict", str(folder)]) != 0
    assert "named by -o; or pass --follow" in capsys.readouterr().err
    assert main(["predict", str(folder), "--follow", "-o", "x.csv"]) != 0
    assert "without --data, -o and --accelerator" in capsys.readouterr().err
