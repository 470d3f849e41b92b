"""What `check_study` says of samples that can be read and may not mean what they should, and where they are."""

import numpy as np
import pandas as pd
import pytest

from interplay.study import check_study
from interplay.study.issues import WARNING

PEOPLE, N = 8, 120
SPEC = """
streams:
  vitals: {files: "vit_{entity}.csv", columns: [bp, x], time: time}
target: {files: "labels_{entity}.csv", column: label, classes: [low, high], time: time}
windows: {step_s: 1, steps: 10, fill: hold}
"""


def study(folder, change=lambda k, vitals: vitals, spec=SPEC):
    """A sound study, but for what `change` makes of a person's table."""
    for k in range(PEOPLE):
        rng = np.random.default_rng(k)
        y = np.repeat(rng.integers(0, 2, N // 10), 10)
        vitals = pd.DataFrame(
            {"time": np.arange(N), "bp": np.round(80 + 10 * y + 3 * rng.normal(size=N)), "x": y}
        )
        vitals["x"] = rng.normal(size=N)
        labels = pd.DataFrame({"time": np.arange(N), "label": np.where(y == 1, "high", "low")})
        change(k, vitals).to_csv(folder / f"vit_{k}.csv", index=False)
        labels.to_csv(folder / f"labels_{k}.csv", index=False)
    (folder / "study.yaml").write_text(spec, "utf-8")
    return folder


def warnings_of(folder):
    issues = check_study(folder)
    assert all(issue.level == WARNING for issue in issues), issues
    return [str(issue) for issue in issues]


def labels(k):
    return np.repeat(np.random.default_rng(k).integers(0, 2, N // 10), 10)


def marked(mark):
    def change(k, vitals):
        return vitals.assign(bp=np.where(np.arange(N) % 10 == k, mark, vitals["bp"]))

    return change


def test_a_sound_study_has_no_warnings(tmp_path):
    assert warnings_of(study(tmp_path)) == []


@pytest.mark.parametrize("mark", [-1, -9999, 999])
def test_marks_of_missing_values(tmp_path, mark):
    # 12 of 120 rows of each of 8 people
    assert warnings_of(study(tmp_path, marked(mark))) == [
        f"vit_{{entity}}.csv: 'bp' of 'vitals' is {mark} 96 times, far from all else: does that mark a missing value? "
        "If so, name it in format: {missing: [...]}."
    ]


def test_the_mark_can_be_named(tmp_path):
    spec = SPEC.replace("columns: [bp, x],", 'columns: [bp, x], format: {missing: ["-1.0"]},')
    assert warnings_of(study(tmp_path, marked(-1), spec)) == []


DISGUISES = {
    "the label": (lambda rng, y: y, "tells the target without error"),
    "the next label": (lambda rng, y: np.r_[y[1:], y[-1]], "tells the target of 1 row later without error"),
    "the label with noise": (lambda rng, y: y + 0.1 * rng.normal(size=N), "is the number of the class"),
    "missing with the label": (
        lambda rng, y: np.where(y == 1, np.nan, rng.normal(size=N)),
        "is missing exactly where",
    ),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_labels_among_the_streams(tmp_path, disguise):
    channel, how = DISGUISES[disguise]
    change = lambda k, vitals: vitals.assign(x=channel(np.random.default_rng(100 + k), labels(k)))  # noqa: E731
    (sentence,) = warnings_of(study(tmp_path, change))
    assert sentence.startswith(f"vit_{{entity}}.csv: 'x' of 'vitals' {how}")


def test_the_number_of_a_person(tmp_path):
    (sentence,) = warnings_of(study(tmp_path, lambda k, vitals: vitals.assign(x=100.0 + k)))
    assert (
        "'x' of 'vitals' is constant in each of 8 entities and different in all: it says who it is"
        in sentence
    )


def test_a_copy_that_was_cut_and_one_that_was_rounded(tmp_path):
    folder = study(tmp_path)
    table, names = pd.read_csv(folder / "vit_3.csv"), pd.read_csv(folder / "labels_3.csv")
    table[17:].to_csv(folder / "vit_cut.csv", index=False)
    names[17:].to_csv(folder / "labels_cut.csv", index=False)
    assert [s for s in warnings_of(folder) if "twice" in s] == [
        "vit_cut.csv: 'cut' has nearly the same samples of 'vitals' as '3'; the same one twice would be on both "
        "sides of a split."
    ]


def test_a_clock_in_another_unit_than_is_said(tmp_path):
    folder = study(tmp_path, lambda k, vitals: vitals.assign(time=1_700_000_000_000 + 1000 * vitals["time"]))
    for path in folder.glob("labels_*.csv"):
        table = pd.read_csv(path)
        table.assign(time=1_700_000_000_000 + 1000 * table["time"]).to_csv(path, index=False)
    sentences = [
        issue for issue in check_study(folder) if "Is the unit of time milliseconds?" in issue.sentence
    ]
    assert [(issue.file, issue.row) for issue in sentences] == [(f"vit_{k}.csv", 2) for k in range(PEOPLE)]


def test_a_lone_time_a_year_off_has_its_row(tmp_path):
    def change(k, vitals):
        late = np.where((k == 3) & (np.arange(N) == N - 1), 365 * 86400, vitals["time"])
        return vitals.assign(time=late)

    issues = [
        issue for issue in check_study(study(tmp_path, change)) if "away from all others" in issue.sentence
    ]
    # once as the row, the header being row 1, and once as why it cannot be laid on steps
    assert [(issue.level, issue.file, issue.row) for issue in issues] == [
        (WARNING, "vit_3.csv", N + 1),
        ("error", "study.yaml", None),
    ]
