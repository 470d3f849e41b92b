"""Wrong command lines: one sentence on stderr, exit code 2, and where help is found."""

import json
import shlex
import subprocess
import sys

import pytest

import interplay.cli
from interplay.cli import COMMANDS, main
from interplay.datasets import DATASETS
from interplay.errors import DataWarning

START = "import sys; from interplay.cli import main\ntry: main(sys.argv[1:])\nexcept SystemExit: pass\n"
HEAVY = {"torch", "pandas", "xarray", "sklearn", "pytorch_lightning", "matplotlib"}


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("trian", "has no 'trian'; choose demo"),
        ("trian", "Did you mean train?"),
        ("--foo", "interplay has no option --foo."),
        ("datasets", "datasets must be followed by list, info, check or fetch."),
        ("datasets lst", "Did you mean list? See: interplay datasets --help"),
        ("datasets info", "datasets info must be given NAME. See: interplay datasets info --help"),
        ("train", "train must be given --data and --out."),
        ("train --model.width 3", "train must be given --data and --out."),
        ("train --modelwidth 3", "train has no option --modelwidth. Did you mean --model.width?"),
        ("evaluate", "evaluate must be given RUN."),
        ("estimate a b -o c", "estimate takes no further word; got 'b'."),
        ("train --data x -o y --model.widht 3", "has no option --model.widht. Did you mean --model.width?"),
        ("train --data x -o y --model.width x", "--model.width must be a whole number; got 'x'."),
        ("train --data x -o y --pairs.hard maybe", "--pairs.hard must be true or false; got 'maybe'."),
        ("train --data x -o y --step-s a", "--step-s must be a number; got 'a'."),
        ("train --data x -o y --lags-s a", "--lags-s must be numbers in brackets, such as '[0, 0.5, 1]'"),
        ("train --data x -o y --track wandb", "--track must be tensorboard or mlflow; got 'wandb'."),
        ("train --data x -o y --recipe", "argument --recipe: expected one argument."),
        ("completion sh", "SHELL must be zsh, fish or bash; got 'sh'."),
        (
            "estimate x -o y --estimator None5",
            "--estimator must be BatchPID, ",
        ),
        ("estimate x -o y --estimator.epochs z", "--estimator.epochs must be a whole number; got 'z'."),
        ("estimate x -o y --estimator.epoks 3", "PosteriorPID has no 'epoks'; --estimator.help PosteriorPID"),
    ],
)
def test_wrong_usage_is_one_sentence(line, sentence, capsys):
    with pytest.raises(SystemExit) as caught:
        main(shlex.split(line))
    assert caught.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("interplay: ")
    assert err.count("\n") == 1
    assert sentence in err
    assert "class '" not in err


@pytest.mark.parametrize(
    "line", ["", "--help", "train", "train --help", "estimate", "train --data x", "datasets"]
)
def test_what_ends_with_an_answer_loads_nothing_heavy(line):
    code = START + f"print(sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code, *line.split()], capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("[]\n")


@pytest.mark.slow
def test_recipes_and_runs_are_read_without_what_trains():
    code = (
        START
        + "main(['report', 'nowhere'])\nprint('pytorch_lightning' in sys.modules, 'torch' in sys.modules)"
    )
    words = [sys.executable, "-c", code, "train", "--help-settings"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("False True\n")


@pytest.mark.parametrize("words", [[], ["--help"]])
def test_help_names_every_command(words, capsys):
    if words:
        with pytest.raises(SystemExit) as caught:
            main(words)
        assert caught.value.code == 0
    else:
        assert main(words) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert all(f"    {name}" in out for name in COMMANDS)
    assert out.startswith("usage: interplay COMMAND [options]\n")


@pytest.mark.parametrize("module", ["interplay", pytest.param("interplay.cli", marks=pytest.mark.slow)])
def test_the_command_is_also_a_module(module):
    words = [sys.executable, "-m", module, "datasets", "info", "hapt_sample", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["name"] == "hapt_sample"
    assert done.stderr == ""


def test_whoever_reads_the_output_may_stop_reading():
    line = (
        f"{shlex.quote(sys.executable)} -m interplay datasets list | head -c 1; echo; exit ${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True)
    assert done.stdout.strip() == min(DATASETS)[0]
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (
            PermissionError(13, "Permission denied", "/x/y"),
            1,
            "the system refused '/x/y': Permission denied. Check",
        ),
        (KeyboardInterrupt(), 130, "stopped. No file was left half-written."),
    ],
)
def test_what_the_system_or_the_user_stops_is_one_sentence(error, code, sentence, monkeypatch, capsys):
    def refuse(args):
        raise error

    monkeypatch.setitem(COMMANDS, "datasets", COMMANDS["datasets"]._replace(run=refuse))
    assert main(["datasets", "list"]) == code
    err = capsys.readouterr().err
    assert sentence in err
    assert err.count("\n") == 1


def test_our_warnings_are_sentences(monkeypatch, capsys):
    def doubt(args):
        interplay.cli.warnings.simplefilter("default")
        interplay.cli.warnings.warn("few windows hold it.", DataWarning)

    monkeypatch.setitem(COMMANDS, "datasets", COMMANDS["datasets"]._replace(run=doubt))
    assert main(["datasets", "list"]) == 0
    assert capsys.readouterr().err == "interplay: note: few windows hold it.\n"


def test_colour_is_for_terminals_and_never_with_no_color(monkeypatch, capsys):
    def complained():
        assert main(["datasets", "info", "nothing"]) == 1
        return capsys.readouterr().err

    assert "\x1b" not in complained()
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[1;31m" in complained()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "31m" not in complained()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("estimate hapt_sample -o OUT/p.txt", "must end in .nc; got 'p.txt'."),
        (
            "estimate hapt_sample -o OUT/p.nc --stride 0",
            "stride must be a whole number of at least 1; got 0.",
        ),
        ("estimate hapt_sample -o OUT/p.nc --lags-s [0,0.3]", "got 0.3 s. The nearest is 0.5 s."),
        ("estimate hapt_sample -o OUT/p.nc --estimator.epochs 0", "epochs must be at least 1; got 0."),
        ("estimate hapt_sample -o OUT/p.nc --estimator.folds 1", "folds must be at least 2; got 1."),
        ("estimate hapt_sample -o OUT/p.nc --estimator.n_cells 1", "n_cells must be at least 2, or nothing"),
        (
            "estimate hapt_sample -o OUT/p.nc --estimator DiscretePID --estimator.n_cells 1",
            "n_cells must be at",
        ),
        (
            "train --data hapt_sample -o OUT/r --recipe OUT/bad.yaml",
            "model.width must be a whole number; got 'x'.",
        ),
        (
            "train --data hapt_sample -o OUT/r --track-to there",
            "must come with what tracks: tensorboard or mlf",
        ),
        ("train --data hapt_sample -o OUT/r --profile no.nc", "`interplay estimate` or profile.save wrote;"),
    ],
)
def test_what_cannot_be_used_is_told_before_the_work_begins(line, sentence, tmp_path, capsys):
    (tmp_path / "bad.yaml").write_text("model: {width: x}")
    assert main(shlex.split(line.replace("OUT", str(tmp_path)))) == 1
    err = capsys.readouterr().err
    assert sentence in err
    assert err.splitlines()[-1].startswith("interplay: ")
    assert [path.name for path in tmp_path.iterdir()] == ["bad.yaml"]
