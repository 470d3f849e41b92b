"""Steps on disk: equal to those in memory to the bit, whole or not there, gone on with, and never all in memory."""

import json
import subprocess
import sys
from dataclasses import fields, replace

import numpy as np
import pytest

from interplay.data import make_steps, make_windows, prepare_steps, read_steps
from interplay.data.doubts import doubts_of_steps
from interplay.data.manifest import describe_split
from interplay.errors import DamagedFile, InvalidInput
from interplay.files import part_of
from interplay.files.growing import is_mapped
from interplay.types import Recording, Stream, Target


def a_recording(k: int, n: int = 40, **fields) -> Recording:
    """One with two rates, a hole, a side input and two labels; every third is in numbers that float32 would blur."""
    rng = np.random.default_rng(k)
    fast = rng.normal(size=(4 * n, 2)).cumsum(0)
    fast[30:34] = np.nan
    level = 1e7 if k % 3 == 2 else 0.0
    slow = Stream(values=level + rng.normal(size=(n, 1)), rate_hz=1.0, channels=("p",), units=("Pa",))
    return Recording(
        entity=f"e{k // 2}",
        name=f"r{k}",
        streams={"fast": Stream(values=fast, rate_hz=4.0), "slow": slow},
        target=Target(values=np.array([0, 1]), start_s=np.array([0.0, n / 2]), stop_s=np.array([n / 2, n])),
        classes=("a", "b"),
        static={"age": float("nan") if k == 1 else 30.0 + k / 3},
        gaps_s=((12.0, 14.0),) if k == 1 else (),
        **fields,
    )


RECORDINGS = [a_recording(k) for k in (4, 0, 1, 2, 3, 5)]
LAID = {"step_s": 1.0, "fill": "mark", "max_gap_s": 5.0}


def assert_same_steps(one, other):
    for field in fields(one):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, np.ndarray):
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)
        elif field.name in ("values", "static"):
            assert list(a) == list(b)
            for name in a:
                assert a[name].dtype == b[name].dtype
                np.testing.assert_array_equal(a[name], b[name])
        else:
            assert a == b, field.name


def test_steps_on_disk_are_those_in_memory(tmp_path):
    on_disk = prepare_steps(RECORDINGS, tmp_path / "steps", **LAID)
    in_memory = make_steps(RECORDINGS, **LAID)
    assert (
        in_memory.values["slow"].dtype == np.float64
    )  # the fourth recording asks for it, after three that do not
    assert_same_steps(on_disk, in_memory)
    assert_same_steps(read_steps(tmp_path / "steps", check=True), in_memory)
    assert all(is_mapped(values) for values in on_disk.values.values())
    windows = make_windows(on_disk, steps=5, stride=2)
    same = make_windows(RECORDINGS, steps=5, stride=2, **LAID)
    np.testing.assert_array_equal(windows.last, same.last)
    assert describe_split({"train": windows}) == describe_split({"train": same})


def test_room_for_windows_that_begin_before_a_recording_does_is_laid_with_the_steps(tmp_path):
    same = make_windows(RECORDINGS, steps=6, min_steps=2, stride=3, **LAID)
    steps = prepare_steps(RECORDINGS, tmp_path / "steps", padding=4, **LAID)
    assert_same_steps(steps, same.steps)
    np.testing.assert_array_equal(make_windows(steps, steps=6, min_steps=2, stride=3).last, same.last)
    # less room than there is: the same samples in the same windows as without any
    for least in (6, 3):
        part = make_windows(steps, steps=6, min_steps=least, stride=3)
        plain = make_windows(RECORDINGS, steps=6, min_steps=least, stride=3, **LAID)
        assert len(part) == len(plain)
        every = np.arange(len(plain))
        for name, x in plain.batch(every).x.items():
            np.testing.assert_array_equal(part.batch(every).x[name], x)
    with pytest.raises(InvalidInput, match="min_steps must be no less"):
        make_windows(steps, steps=6, min_steps=1)


def test_what_was_chosen_when_steps_were_laid_cannot_be_chosen_again(tmp_path):
    steps = prepare_steps(RECORDINGS, tmp_path / "steps", **LAID)
    assert len(make_windows(steps, step_s=1.0, steps=4)) == len(make_windows(steps, steps=4))
    with pytest.raises(InvalidInput, match="step_s must be that of the steps, 1 s; got 2"):
        make_windows(steps, step_s=2.0, steps=4)
    with pytest.raises(InvalidInput, match="must be said when steps are made"):
        make_windows(steps, steps=4, fill="hold")
    with pytest.raises(InvalidInput, match="step_s must be given"):
        make_windows(RECORDINGS, steps=4)


class Interrupted:
    """Recordings of which one cannot be read the first time."""

    def __init__(self, fails_at: int):
        self.fails_at, self.read = fails_at, []

    def __len__(self) -> int:
        return len(RECORDINGS)

    def after(self, n: int):
        for k in range(n, len(RECORDINGS)):
            if k == self.fails_at:
                raise KeyboardInterrupt
            self.read.append(k)
            yield RECORDINGS[k]


@pytest.mark.parametrize("fails_at", [1, 3, 5])
def test_after_an_interruption_finished_recordings_are_not_read_again(tmp_path, fails_at):
    out, first, second, shares = tmp_path / "steps", Interrupted(fails_at), Interrupted(-1), []
    with pytest.raises(KeyboardInterrupt):
        prepare_steps(first, out, source="s", **LAID)
    assert not out.exists()
    steps = prepare_steps(second, out, source="s", progress=shares.append, **LAID)
    assert first.read + second.read == list(range(len(RECORDINGS)))
    assert shares[0] == pytest.approx((fails_at + 1) / 6)
    assert_same_steps(steps, make_steps(RECORDINGS, **LAID))
    read_steps(out, check=True)
    assert not part_of(out).exists()


def test_rows_that_a_killed_process_left_half_written_do_not_stay(tmp_path):
    out = tmp_path / "steps"
    with pytest.raises(KeyboardInterrupt):
        prepare_steps(Interrupted(3), out, source="s", **LAID)
    (half,) = part_of(out).glob("steps-*/values_0.npy")
    with half.open("ab") as file:
        file.write(b"x" * 1000)
    assert_same_steps(prepare_steps(Interrupted(-1), out, source="s", **LAID), make_steps(RECORDINGS, **LAID))
    read_steps(out, check=True)


def test_work_on_other_data_or_options_is_not_gone_on_with(tmp_path):
    for k, (source, laid) in enumerate([("t", LAID), ("s", LAID | {"step_s": 2.0}), ("", LAID)]):
        out, again = tmp_path / f"steps{k}", Interrupted(-1)
        with pytest.raises(KeyboardInterrupt):
            prepare_steps(Interrupted(3), out, source=source and "s", **LAID)
        prepare_steps(again, out, source=source, **laid)
        assert again.read[0] == 0


def test_recordings_unlike_the_first_are_refused_and_nothing_appears(tmp_path):
    plain = a_recording(0)
    other = replace(plain, streams={"fast": plain.streams["fast"]})
    with pytest.raises(InvalidInput, match="same modalities, rates and channels"):
        prepare_steps([plain, other], tmp_path / "steps", **LAID)
    with pytest.raises(InvalidInput, match="same classes"):
        prepare_steps([plain, replace(plain, classes=("a", "c"))], tmp_path / "steps", **LAID)
    with pytest.raises(InvalidInput, match="at least one recording"):
        prepare_steps([], tmp_path / "steps", **LAID)
    assert not (tmp_path / "steps").exists()


def test_what_lies_there_is_not_replaced_unless_asked(tmp_path):
    out = tmp_path / "steps"
    prepare_steps(RECORDINGS[:2], out, **LAID)
    with pytest.raises(InvalidInput, match="must not exist yet"):
        prepare_steps(RECORDINGS, out, **LAID)
    assert_same_steps(prepare_steps(RECORDINGS, out, overwrite=True, **LAID), make_steps(RECORDINGS, **LAID))


def test_damage_is_told(tmp_path):
    out = tmp_path / "steps"
    prepare_steps(RECORDINGS, out, **LAID)
    with (out / "values_1.npy").open("r+b") as file:
        file.seek(-3, 2)
        file.write(b"\x01")
    read_steps(out)
    with pytest.raises(DamagedFile, match="changed since"):
        read_steps(out, check=True)
    whole = (out / "target.npy").read_bytes()
    (out / "target.npy").write_bytes(whole[:-50])
    with pytest.raises(DamagedFile, match=r"target\.npy"):
        read_steps(out)
    manifest = json.loads((out / "steps.json").read_text())
    (out / "target.npy").write_bytes(whole)
    manifest["recordings"] = manifest["recordings"][1:]
    (out / "steps.json").write_text(json.dumps(manifest))
    with pytest.raises(DamagedFile, match="rows of"):
        read_steps(out)
    (out / "steps.json").write_text("{")
    with pytest.raises(DamagedFile, match="manifest of steps"):
        read_steps(out)
    with pytest.raises(InvalidInput, match="interplay prepare"):
        read_steps(tmp_path)


def test_doubts_look_at_the_first_steps_of_everybody_where_there_are_too_many(monkeypatch):
    steps = make_steps([a_recording(2 * k, n=100) for k in range(4)], **LAID)
    values = steps.values["fast"].copy()
    values[300:310] = -999.0
    steps = replace(steps, values={**steps.values, "fast": values})
    assert any("-999" in sentence for sentence in doubts_of_steps(steps))
    # four entities of 100 steps, of which half are looked at
    monkeypatch.setattr("interplay.data.doubts.LOOKED_AT_BYTES", values.nbytes // 2)
    assert any("-999" in sentence for sentence in doubts_of_steps(steps))
    assert any("-999" in sentence for sentence in doubts_of_steps(steps, np.arange(300, 400)))
    values[300:310], values[360:370] = 0.0, -999.0
    assert not any("-999" in sentence for sentence in doubts_of_steps(steps))


LIMITED = """
import resource, sys
import numpy as np
import torch
import interplay as ip
from interplay.data import Scaler, describe_split, make_steps, prepare_steps
from interplay.data import doubts
from interplay.probe import feature_table
from interplay.probe.features import StepFeatures
from interplay.train.streams import thinned_streams

N, RATE, PEOPLE, MB = 2400, 64, 24, 1e6

def recordings():
    for k in range(PEOPLE):
        x = np.random.default_rng(k).normal(size=(N * RATE, 8)).astype(np.float32)
        target = ip.label_series(np.arange(N) // 50 % 2, rate_hz=1.0)
        streams = {name: ip.Stream(values=x + m, rate_hz=float(RATE)) for m, name in enumerate("ab")}
        yield ip.Recording(entity=f"p{k:02d}", streams=streams, target=target, classes=("rest", "walk"))

torch.zeros(1).exp()
# bounds that are made for gigabytes, a tenth of them
feature_table.IN_MEMORY_BYTES, doubts.LOOKED_AT_BYTES = 5e7, 1 << 24
used = int(next(line for line in open("/proc/self/status") if line.startswith("VmData")).split()[1]) * 1024
size = PEOPLE * N * RATE * 8 * 2 * 4
resource.setrlimit(resource.RLIMIT_DATA, (used + int(0.6 * size), ) * 2)
if sys.argv[1] == "memory":
    steps = make_steps(recordings(), step_s=1.0)
else:
    steps = prepare_steps(recordings(), sys.argv[2], step_s=1.0)
    windows = ip.make_windows(steps, steps=10, stride=10)
    describe_split({"train": windows})
    doubts.doubts_of_steps(steps, windows.used_rows())
    features = StepFeatures.fit(windows, Scaler.fit(windows))
    table = feature_table.FeatureTable.of(features, steps, windows.used_rows(), sys.argv[3])
    assert table.array.nbytes > 0.6 * size, table.array.nbytes / size
    thinned_streams(windows, np.arange(3), np.ones(2))
    for k in range(0, len(windows), 100):
        windows.batch(np.arange(k, min(k + 100, len(windows))))
print("done", size / MB)
"""
"""Of 236 MB of samples, under a limit of 142 MB beyond what libraries take: data segment and private mappings."""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are those of Linux")
def test_memory_holds_a_part_of_the_data_and_not_all(tmp_path):
    def limited(how: str) -> subprocess.CompletedProcess:
        arguments = [sys.executable, "-c", LIMITED, how, str(tmp_path / "steps"), str(tmp_path)]
        return subprocess.run(arguments, capture_output=True, text=True)

    in_memory = limited("memory")
    assert in_memory.returncode != 0, "the limit is no limit"
    assert "MemoryError" in in_memory.stderr
    on_disk = limited("disk")
    assert on_disk.stdout.startswith("done"), on_disk.stderr
