"""Names of people, classes and files steer no terminal and compute nothing in a spreadsheet."""

import csv
import warnings
from argparse import Namespace

import numpy as np
import pandas as pd
import pytest

from interplay.cli import output, predict
from interplay.cli.printable import cell, printable
from interplay.errors import InterplayWarning

CLEARS = "\x1b[2J\x1b]0;owned\x07"
SAID = {
    CLEARS: r"\x1b[2J\x1b]0;owned\x07",
    "back\rfront\x08": r"back\rfront\x08",
    "\u202egpj.exe": r"\u202egpj.exe",  # shown from right to left
    "cut\ud800": r"cut\ud800",  # no character: printing it is an error
    "Ünï 名前 ± ½ 95\u00a0% cell\nline": "Ünï 名前 ± ½ 95\u00a0% cell\nline",
}


@pytest.mark.parametrize("name", SAID, ids=range(len(SAID)))
def test_what_steers_a_terminal_is_spelt_out(name, capsys):
    assert printable(name) == SAID[name]
    args = Namespace(json=False, quiet=False)
    output.tell_result(args, {}, name)
    output.tell_next(args, name)
    output.complain(name)
    output.note(name)
    out, err = capsys.readouterr()
    assert out == f"{SAID[name]}\n" * 2
    assert err == f"interplay: {SAID[name]}\ninterplay: note: {SAID[name]}\n"


def test_a_warning_of_the_library_is_printable(capsys):
    from interplay.cli import _show_warning

    with warnings.catch_warnings():
        _show_warning(InterplayWarning(CLEARS), InterplayWarning)
    assert "\x1b" not in capsys.readouterr().err


@pytest.mark.parametrize("begins", "=+-@\t\r\n")
def test_no_cell_is_a_formula(begins):
    assert cell(f"{begins}HYPERLINK()")[0] == "'"


def test_predictions_in_csv_hold_no_formulas_and_numbers_as_they_are(tmp_path, monkeypatch):
    table = pd.DataFrame(
        {
            "entity": ["=cmd|' /C calc'!A0", "Ann"],
            "label": pd.Categorical(["-1", CLEARS]),
            "p_@SUM(1)": [-0.25, np.nan],
        }
    )
    run = Namespace(predict=lambda windows, accelerator, progress: table)
    monkeypatch.setattr("interplay.train.load_run", lambda folder, trust: run)
    monkeypatch.setattr(predict, "windows_like", lambda *_, **__: None)
    args = Namespace(
        out=tmp_path / "t.csv",
        run="",
        trust=False,
        overwrite=False,
        quiet=True,
        json=True,
        follow=False,
        accelerator=None,
    )
    predict.run(args)
    rows = list(csv.reader((tmp_path / "t.csv").open(newline="")))
    assert rows == [
        ["entity", "label", "p_@SUM(1)"],
        ["'=cmd|' /C calc'!A0", "'-1", "-0.25"],
        ["Ann", SAID[CLEARS], ""],
    ]
    predict.run(Namespace(**{**vars(args), "out": tmp_path / "t.parquet"}))
    assert pd.read_parquet(tmp_path / "t.parquet")["entity"][0] == "=cmd|' /C calc'!A0"
