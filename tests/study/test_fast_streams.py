"""Streams faster than steps, or at any time: every way of binning gives what it says, and thinning is told."""

import numpy as np
import pytest

import interplay as ip
from interplay.study import check_study, read_study

SPEC = """\
streams:
  acc: {files: "acc_{entity}.csv", columns: [x], time: t, WAY}
target: {files: "lab_{entity}.csv", column: label, classes: [a, b], time: t}
windows: {step_s: 0.5, steps: 4}
"""
N = 2000


def samples(k):
    """Times of 100 Hz that waver, and values."""
    rng = np.random.default_rng(k)
    times = np.r_[0.0, np.sort(np.arange(1, N) / 100 + rng.uniform(-0.004, 0.004, N - 1))].round(5)
    return times, rng.normal(size=N).round(3)


def write(folder, way):
    for k in range(3):
        times, values = samples(k)
        text = "".join(f"{t:.5f},{v:.3f}\n" for t, v in zip(times, values, strict=True))
        (folder / f"acc_{k}.csv").write_text("t,x\n" + text)
        labels = "".join(f"{t},{'ab'[t // 5 % 2]}\n" for t in range(20))
        (folder / f"lab_{k}.csv").write_text("t,label\n" + labels)
    (folder / "study.yaml").write_text(SPEC.replace(", WAY", f", {way}" if way else ""))
    return folder


def steps_of(folder):
    return ip.data.make_steps(next(read_study(folder).recordings()), step_s=0.5).values["acc"]


def by_hand(statistic):
    """What stands for the samples in (start, end] of each step, the first with its start."""
    times, values = samples(0)
    ends = 0.5 * np.arange(1, 1 + int(times[-1] / 0.5))
    begins = np.r_[-np.inf, ends[:-1]]
    return [statistic(values[(times > b) & (times <= e)]) for b, e in zip(begins, ends, strict=True)]


WAYS = {
    "last": lambda v: v[-1],
    "mean": np.mean,
    "sum": np.sum,
    "count": len,
    "stats": lambda v: [v.mean(), v.std(), v.min(), v.max()],
}


@pytest.mark.parametrize("way", WAYS)
def test_what_stands_for_a_step(tmp_path, way):
    folder = write(tmp_path, f"bin: {way}")
    assert not check_study(folder)
    expected = np.array(by_hand(WAYS[way])).reshape(-1, 4 if way == "stats" else 1)
    np.testing.assert_allclose(steps_of(folder)[:, 0], expected, atol=1e-4)  # sums of 50 float32 numbers


def test_resampling_keeps_what_was_known_by_then(tmp_path):
    folder = write(tmp_path, "resample_hz: 20")
    assert not check_study(folder)
    times, values = samples(0)
    ends = 0.05 * np.arange(1, 1 + int(times[-1] / 0.5) * 10)
    expected = values[np.searchsorted(times, ends + 1e-9, side="right") - 1]
    np.testing.assert_allclose(steps_of(folder).ravel(), expected, atol=1e-6)


def test_thinning_is_told_with_its_share(tmp_path):
    issues = check_study(write(tmp_path, ""))
    assert len(issues) == 3
    # 1 of about 50 samples of a step stays
    assert "leaves out 98% of all" in issues[0].sentence
    assert "Say resample_hz: 100" in issues[0].sentence
    assert "bin: mean, sum, count or stats, which leave out none" in issues[0].sentence


@pytest.mark.parametrize(
    ("columns", "bin_", "per_step"), [("", "", 3), ("columns: [mg], ", ", bin: sum", 60)]
)
def test_doses_add_up(tmp_path, columns, bin_, per_step):
    rows = "".join(
        f"{s},{h},insulin,20\n" * 3 + f"{s},{h},hr,{70 + h % 5}\n" for s in range(8) for h in range(24)
    )
    (tmp_path / "e.csv").write_text("stay,hour,item,mg\n" + rows)
    (tmp_path / "o.csv").write_text("stay,died\n" + "".join(f"{s},{s % 2}\n" for s in range(8)))
    (tmp_path / "study.yaml").write_text(
        "streams:\n"
        f"  dose: {{files: e.csv, entity: stay, where: {{item: insulin}}, {columns}time: hour, time_unit: h{bin_}}}\n"
        "  hr: {files: e.csv, entity: stay, where: {item: hr}, columns: [mg], time: hour, time_unit: h}\n"
        "target: {files: o.csv, entity: stay, column: died, classes: ['0', '1'], kind: entity}\n"
        "windows: {step_s: 3600, steps: 12}\n"
    )
    # that every dose is 20 mg is told, and nothing of doses that are left out
    assert not [issue for issue in check_study(tmp_path) if "never changes" not in issue.sentence]
    steps = ip.data.make_steps(next(read_study(tmp_path).recordings()), step_s=3600)
    # the first step holds its start, too, and so two hours
    assert steps.values["dose"].ravel()[1:].tolist() == [per_step] * (len(steps) - 1)
    assert steps.values["dose"].sum() == 24 * per_step


def test_doses_of_one_time_are_told_where_only_the_last_counts(tmp_path):
    rows = "".join(f"{s},{h},{20 + h % 3}\n" * 3 for s in range(8) for h in range(24))
    (tmp_path / "e.csv").write_text("stay,hour,mg\n" + rows)
    (tmp_path / "o.csv").write_text("stay,died\n" + "".join(f"{s},{s % 2}\n" for s in range(8)))
    (tmp_path / "study.yaml").write_text(
        "streams:\n  dose: {files: e.csv, entity: stay, columns: [mg], time: hour, time_unit: h}\n"
        "target: {files: o.csv, entity: stay, column: died, classes: ['0', '1'], kind: entity}\n"
        "windows: {step_s: 3600, steps: 12}\n"
    )
    said = " ".join(issue.sentence for issue in check_study(tmp_path))
    assert "leaves out 68% of all" in said  # 23 steps of 72 doses, the first with two hours
    assert "Say bin: sum for amounts that add up" in said
