"""Make the sample of HAPT that comes with the package: python benchmarks/make_sample.py FOLDER_OF_HAPT_NPZ."""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from interplay.datasets.formats.files import open_npz
from interplay.datasets.hapt_sample import ACC, GYRO, SAMPLE
from interplay.files import whole_file

MAX_BYTES = 2_950_000  # all samples together may take 3 MB, attribution included
ARRAYS = ("acc", "acc_scale", "gyro", "gyro_scale", "label", "experiment_starts", "experiment_subject")


def first_experiments(data: dict[str, np.ndarray]) -> list[tuple[int, slice]]:
    """Index of each subject's first experiment, and its rows from the first to the last basic activity."""
    chosen = []
    for k in np.unique(data["experiment_subject"], return_index=True)[1]:
        start, stop = data["experiment_starts"][k : k + 2]
        basic = start + np.flatnonzero((data["label"][start:stop] >= 1) & (data["label"][start:stop] <= 6))
        chosen.append((int(k), slice(basic[0], basic[-1] + 1)))
    return chosen


def sample_table(data: dict[str, np.ndarray], chosen: list[tuple[int, slice]]) -> pa.Table:
    """Samples as stored, label 0 for none, and the number of subject and experiment of each row."""
    acc, gyro, label = (
        np.concatenate([data[name][rows] for _, rows in chosen]) for name in ("acc", "gyro", "label")
    )
    experiment = np.repeat([k for k, _ in chosen], [rows.stop - rows.start for _, rows in chosen])
    columns = dict(zip(ACC + GYRO, np.hstack([acc, gyro]).T, strict=True))
    columns["label"] = label.clip(0).astype(np.uint8)
    columns["subject"] = data["experiment_subject"][experiment].astype(np.uint8)
    columns["experiment"] = (experiment + 1).astype(np.uint8)
    scales = {name: repr(float(data[name])) for name in ("acc_scale", "gyro_scale")}
    return pa.table(columns).replace_schema_metadata(scales)


def write_sample(table: pa.Table, path: Path) -> int:
    """Write the file; returns its size in bytes.

    Of six combinations of encoding and codec, two with brotli were up to 1 % smaller and fifty times slower to write.
    """
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=22,
        column_encoding=dict.fromkeys(ACC + GYRO, "DELTA_BINARY_PACKED"),
        use_dictionary=["label", "subject", "experiment"],
        write_statistics=False,
    )
    return path.stat().st_size


def main(root: str) -> None:
    data = open_npz(Path(root) / "hapt.npz", ARRAYS)
    chosen = first_experiments(data)
    with whole_file(Path(str(SAMPLE)), overwrite=True) as path:
        while (size := write_sample(sample_table(data, chosen), path)) > MAX_BYTES:
            chosen.pop()
    print(f"{len(chosen)} subjects in {size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
