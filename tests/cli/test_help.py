"""Help of every command: what it says, examples that work, completion."""

import re
import shlex
import subprocess
import sys

import pytest

from interplay.cli import COMMANDS, main, make_parser
from interplay.cli.datasets import KINDS

ALL = {**{(name,): command for name, command in COMMANDS.items()},
       **{("datasets", name): command for name, command in KINDS.items()}}  # fmt: skip
LEAVES = {path: command for path, command in ALL.items() if not command.group}
EXAMPLES = [line for command in ALL.values() for line in command.examples]


def words_of(example: str) -> list[str]:
    """The words after the program's name, without a redirection or a remark."""
    words = shlex.split(example, comments=True)
    end = next((k for k, word in enumerate(words) if word in (">", ">>")), len(words))
    assert words[0] == "interplay"
    return words[1:end]


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_help_has_a_short_usage_and_examples_as_written(path, capsys):
    with pytest.raises(SystemExit) as caught:
        main([*path, "--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0].startswith(f"usage: interplay {' '.join(path)}")
    assert out.splitlines()[0].endswith("[options]")
    assert len(ALL[path].examples) >= 2
    assert "examples:\n" + "".join(f"  {line}\n" for line in ALL[path].examples) in out
    for of_programmers in ("<class", "CLASS_PATH", "| null", "(type: ", "{'class_path'"):
        assert of_programmers not in out


def texts_of_options(arguments, capsys) -> dict[str, str]:
    """What help says of each option, without its type and default."""
    with pytest.raises(SystemExit):
        main(arguments)
    entries = re.split(r"\n  (?=-)", capsys.readouterr().out.partition("\nexamples:")[0])[1:]
    texts = {}
    for entry in entries:
        name, _, rest = entry.partition("\n\n")[0].partition(" ")
        words = re.sub(r"\(default: .*?\)$", "", " ".join(rest.split()))
        texts[name] = re.sub(r"^(\{[\w,]+\}|(-\S+, )*[A-Z_| ]+\b)", "", words).strip()
    return texts


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_option_says_what_it_is(path, capsys):
    for name, text in texts_of_options([*path, "--help"], capsys).items():
        assert len(text.split()) > 1, name


@pytest.mark.parametrize(
    "name",
    ["BatchPID", "DiscretePID", "GaussianPID", "MultiScaleBatchPID", "PosteriorPID", "PredictionsPID"],
)
def test_every_setting_of_an_estimator_says_what_it_is(name, capsys):
    with pytest.raises(SystemExit):
        main(["estimate", "--estimator.help", name])
    out = capsys.readouterr().out.partition("Help for")[2]
    options = re.split(r"\n  (?=--)", out)[1:]
    assert len(options) >= 4
    for option in options:
        _, _, text = " ".join(option.split()).partition(" ")
        assert len(text.partition("(type:")[0].split()) > 2, option


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_command_can_be_quiet(path):
    part = make_parser(list(path))
    for name in path:
        part = part._subcommands_action._name_parser_map[name]
    assert "--quiet" in part._option_string_actions
    assert "--json" in part._option_string_actions or path == ("completion",)


@pytest.mark.parametrize("line", EXAMPLES)
def test_examples_are_valid(line):
    words = words_of(line)
    assert make_parser(words).parse_args(words).command == words[0]


@pytest.mark.long
def test_examples_work_as_written_in_the_order_of_the_commands(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for line in EXAMPLES:
        # what is the user's own is read in test_study and test_decompose, a cluster asked in test_cluster, and what
        # needs a network fetched in test_fetch
        if not {"my_study", "answers.csv", "--scheduler", "fetch"} & set(words_of(line)):
            assert main(words_of(line)) == 0, line
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {
        "again", "demo", "first", "runs.html", "small", "tensorboard", "tracked"}  # fmt: skip


def test_defaults_are_told(capsys):
    with pytest.raises(SystemExit):
        main(["estimate", "--help"])
    out = " ".join(capsys.readouterr().out.split())
    assert "which entities are kept apart (default: 0)" in out
    assert "kept apart for testing (default: 0.3)" in out
    assert "replace the profile if it exists --json" in out
    assert "--estimator.SETTING VALUE (default: PosteriorPID) options:" in out


def test_help_of_train_is_short_and_in_groups_and_that_of_settings_has_every_one(capsys):
    """Within two screens of 40 lines; settings stand apart."""
    out = help_of(["train"], "--help", capsys)
    groups = re.findall(r"^([a-z ]+):$", out, flags=re.MULTILINE)
    assert groups[0] == "training"
    assert groups[-2:] == ["options", "examples"]
    assert len(out.splitlines()) < 80
    assert "--model." not in out.partition("options:")[0]
    settings = help_of(["train"], "--help-settings", capsys)
    assert "\n  --model.width N " in settings
    assert "\n  --readers.kinds.rockets.patterns N" in settings
    assert settings.startswith(out.partition("\noptions:")[0])


def help_of(path, asked_by, capsys) -> str:
    with pytest.raises(SystemExit) as caught:
        main([*path, asked_by])
    assert caught.value.code == 0
    return capsys.readouterr().out


def test_values_are_named_by_what_they_are(capsys):
    out = help_of(["train"], "--help", capsys)
    assert "\n  -o, --out OUT  " in out
    assert "\n  --seed N " in out
    assert "\n  --lags-s '[X, ...]' " in out
    assert "\n  --track {tensorboard,mlflow}\n" in out
    assert "--lags-s+" not in out


def test_bash_completes_commands_and_options(tmp_path, capsys):
    assert main(["completion", "bash"]) == 0
    script = tmp_path / "script"
    script.write_text(capsys.readouterr().out)
    asked = {
        "tra": "train",
        "datasets in": "info",
        "train --model.wid": "--model.width",
        "estimate x --over": "--overwrite",
        "completion z": "zsh",
    }
    for line, answer in asked.items():
        words = ["interplay", *line.split()]
        code = (
            f"source {script}; COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}; "
            '_shtab_interplay; printf "%s\\n" "${COMPREPLY[@]}"'
        )
        done = subprocess.run(["bash", "-c", code], capture_output=True, text=True)
        assert done.stdout.split() == [answer], line


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_every_command(shell, capsys):
    assert main(["completion", shell]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in COMMANDS)
    assert sys.executable not in out
