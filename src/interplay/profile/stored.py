"""Profiles on disk: a NetCDF file, and the probe beside it in a file of its own, which carry one another's digest."""

from pathlib import Path

import xarray as xr

from interplay.errors import DamagedFile, InvalidInput
from interplay.files import digest_of, finish_files, whole_files
from interplay.files.netcdf import write_netcdf
from interplay.files.reading import whole
from interplay.probe.instance import InstanceProbe
from interplay.profile.dataset import of_plain, plain

FORMAT = "interplay-profile-1"
PROBE = "probe_sha256"
AGAIN = "Estimate the profile again, or take a copy of it."


def save_profile(dataset: xr.Dataset, probe: InstanceProbe | None, path: Path, *, overwrite: bool) -> None:
    """Write both or neither."""
    companion = _probe_path(path)
    out = dataset.copy()
    out.attrs = {"format": FORMAT, **{name: plain(value) for name, value in out.attrs.items()}}
    with whole_files(path, overwrite=overwrite) as part:
        out.attrs[PROBE] = ""
        if probe is not None:
            probe.save(part / companion.name)
            out.attrs[PROBE] = digest_of(part / companion.name)
        write_netcdf(out, part / path.name)
    if probe is None:
        companion.unlink(missing_ok=True)


def load_profile(path: Path) -> tuple[xr.Dataset, InstanceProbe | None]:
    """What was written, the probe if it lies there still."""
    finish_files(path)
    if not path.is_file():
        raise InvalidInput(
            f"a profile must be a file that `interplay estimate` or profile.save wrote; there is no file {path}."
        )
    with (
        whole(path, "a whole NetCDF file", AGAIN),
        xr.open_dataset(path, engine="h5netcdf") as file,
    ):
        dataset = file.load()
    if dataset.attrs.pop("format", None) != FORMAT:
        raise DamagedFile(f"{path} is not a profile of this library: its 'format' is not {FORMAT!r}.")
    digest = dataset.attrs.pop(PROBE, None)
    with whole(path, "a whole profile", AGAIN):
        dataset.attrs = {name: of_plain(value) for name, value in dataset.attrs.items()}
    return dataset, _probe_of(path, digest)


def _probe_path(path: Path) -> Path:
    return path.with_suffix(".probe.safetensors")


def _probe_of(path: Path, digest: str | None) -> InstanceProbe | None:
    """The probe beside a profile, if the profile was saved with one and it lies there still."""
    companion = _probe_path(path)
    if digest == "" or not companion.is_file():
        return None
    # a profile from before digests were kept has none
    if digest is not None and digest_of(companion) != digest:
        raise DamagedFile(
            f"{companion} must be the probe that was saved with {path.name}, and is damaged or another one. Copy both "
            "files again, or remove the probe to go without."
        )
    return InstanceProbe.load(companion)
