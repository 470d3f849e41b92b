"""Whatever bytes a file holds: every reader reads it or says one sentence, soon and in little memory."""

import json
import pickle
import random
import warnings

import numpy as np
import pandas as pd
import pytest
import torch

from interplay.data import SplitManifest, describe_split
from interplay.datasets.formats.files import open_csv, open_npz
from interplay.datasets.formats.plain_pickle import read_plain_pickle
from interplay.errors import InterplayError, InterplayWarning
from interplay.files.state import read_state, write_state
from interplay.profile import InteractionProfile
from interplay.study.formats.opening import open_table
from interplay.study.written import read_spec
from interplay.train.recipe import make_recipe
from small_runs import xor_profile, xor_windows
from soon import seconds

STUDY = """
streams:
  acc: {files: "acc_{entity}.csv", columns: [x, y], time: t, rate_hz: 50, format: &f {separator: ";"}}
  hr: {files: "hr_{entity}.csv", columns: [bpm], time: t, format: *f}
target: {files: "labels_{entity}.csv", column: label, time: t, classes: [rest, walk]}
windows: {step_s: 1.0, steps: 8, stride: 2}
"""
RECIPE = "model: {width: 16, layers: 1, router: guided}\noptimiser: {epochs: 3, learning_rate: 1e-3}\n"
TOKENS = [b"\x00", b"\xff" * 4, b"\xff" * 8, b"9" * 400, b"-1", b"[" * 200, b"{" * 200, b"\x96", b"2\x86" * 50, b"nan",
          b"&a [*a, *a]", b"1e999", b'"', b"\n", b"null"]  # fmt: skip


def seeds(folder):
    """A small whole file for each reader, by the reader."""
    table = pd.DataFrame({"t": np.arange(6.0), "x": [1.5, 2, -3, 4, 5, 6], "who": list("aabbcc")})
    table.to_csv(folder / "table.csv", index=False)
    table.to_parquet(folder / "table.parquet")
    np.savez(folder / "arrays.npz", x=np.arange(6.0), who=np.array(["a", "bc"]))
    data = {"signal": np.arange(5.0), "names": np.array(["a", None], dtype=object), "s": {"n": [1, (2.0,)]}}
    for protocol in (0, 2, 5):
        (folder / f"p{protocol}.pkl").write_bytes(pickle.dumps(data, protocol=protocol))
    (folder / "study.yaml").write_text(STUDY)
    (folder / "recipe.yaml").write_text(RECIPE)
    (folder / "fitbit.json").write_text(
        json.dumps([{"dateTime": "2024-01-01 00:00:00", "value": {"bpm": 70}}] * 2)
    )
    describe_split({"train": xor_windows(12, seed=0)}).save(folder / "split.json")
    write_state(folder / "state.safetensors", {"a": torch.arange(4.0)}, "text")
    xor_profile().save(folder / "profile.nc")


READERS = {
    "p0.pkl": (8, read_plain_pickle),
    "p2.pkl": (8, read_plain_pickle),
    "p5.pkl": (8, read_plain_pickle),
    "study.yaml": (3, lambda path: read_spec(path.parent)),
    "recipe.yaml": (4, make_recipe),
    "split.json": (8, SplitManifest.load),
    "fitbit.json": (4, open_table),
    "arrays.npz": (4, lambda path: open_npz(path, ["x", "who"])),
    "table.csv": (3, lambda path: (open_table(path), open_csv(path.parent, [path.name], ["t"]))),
    "table.parquet": (3, open_table),
    "state.safetensors": (6, read_state),
    "profile.nc": (1, InteractionProfile.load),
}
"""Share of the inputs, and the reader, of each file."""


def mutated(content: bytes, draw: random.Random) -> bytes:
    """A few changes: bytes, cuts, repeats, and words that stand for much."""
    data = bytearray(content)
    for _ in range(draw.choice((1, 1, 2, 4))):
        at = draw.randrange(len(data) + 1)
        kind = draw.randrange(5)
        if kind == 0 and data:
            data[at % len(data)] = draw.randrange(256)
        elif kind == 1:
            del data[at : at + draw.choice((1, 4, 50, len(data)))]
        elif kind == 2:
            data[at:at] = data[at : at + draw.randrange(1, 60)] * draw.choice((1, 3))
        elif kind == 3:
            token = draw.choice(TOKENS)
            data[at : at + draw.choice((0, len(token)))] = token
        elif data:
            data[at % len(data)] ^= 1 << draw.randrange(8)
    return bytes(data)


def sentence_of(read, path) -> str:
    """What a reader says of a file; nothing where it reads it. Any other error is passed on."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", InterplayWarning)
            read(path)
    except (InterplayError, InterplayWarning) as error:
        return str(error)
    return ""


@pytest.mark.parametrize("n", [2_000, pytest.param(100_000, marks=pytest.mark.long)])
def test_every_reader_reads_or_says_one_sentence(tmp_path, n):
    seeds(tmp_path)
    total = sum(share for share, _ in READERS.values())
    for name, (share, read) in READERS.items():
        path = tmp_path / name
        whole, draw = path.read_bytes(), random.Random(f"{name} 0")
        sentences = []
        for k in range(max(1, n * share // total)):
            data = mutated(whole, draw)
            path.write_bytes(data)
            said = []
            assert seconds(lambda r=read, p=path, s=said: s.append(sentence_of(r, p)), 5) < 5, (name, k)
            assert len(said[0]) < 1500, (name, k, said[0][:500])
            sentences += [said[0]] if said[0] else []
        assert len(sentences) > 0.2 * n * share // total, name  # what is read is damaged, most of the time
        path.write_bytes(whole)


def lines_of(*values) -> str:
    return "\n".join(values)


YAML_BOMBS = {
    "aliases": lines_of("a0: &a0 [x, x]", *(f"a{k}: &a{k} [*a{k - 1}, *a{k - 1}]" for k in range(1, 60))),
    "itself": "a: &a [*a]",
    "deep": "a: " + "[" * 5000,
    "deep and whole": "a: " + "[" * 300 + "]" * 300,
    "digits": "windows: {step_s: 1.0, steps: " + "9" * 5000 + "}",
    "hexadecimal": "windows: {steps: 0x" + "f" * 9000 + "}",
    "long": "a: '" + "x" * 3_000_000 + "'",
}


@pytest.mark.parametrize("bomb", YAML_BOMBS)
def test_yaml_that_stands_for_much_is_one_sentence(tmp_path, bomb):
    (tmp_path / "study.yaml").write_text(YAML_BOMBS[bomb])
    (tmp_path / "recipe.yaml").write_text(YAML_BOMBS[bomb])

    def refused(read):
        with pytest.raises(InterplayError) as caught:
            read()
        assert len(str(caught.value).replace(str(tmp_path), "")) < 800

    for read in (lambda: read_spec(tmp_path), lambda: make_recipe(tmp_path / "recipe.yaml")):
        assert seconds(lambda r=read: refused(r), 2) < 2


def test_arrays_that_claim_more_than_there_is_are_one_sentence(tmp_path):
    import io
    import zipfile

    header = io.BytesIO()
    np.lib.format.write_array_header_2_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)})
    with zipfile.ZipFile(tmp_path / "claims.npz", "w") as file:
        file.writestr("x.npy", header.getvalue() + b"\x00" * 80)
    for read in (lambda path: open_npz(path, ["x"]), open_table):
        with pytest.raises(InterplayError, match="cannot be read to its end"):
            read(tmp_path / "claims.npz")
