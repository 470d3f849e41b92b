"""Profiles on disk: a NetCDF file, and the probe beside it in a file of its own, which carry one another's digest."""

from pathlib import Path

import xarray as xr

from interplay.errors import DamagedFile, InvalidInput
from interplay.files import digest_of, finish_files, whole_files
from interplay.files.netcdf import read_netcdf, write_netcdf
from interplay.files.reading import whole
from interplay.probe.instance import InstanceProbe
from interplay.profile.dataset import of_plain, plain

FORMAT, TRIPLES = "interplay-profile-1", "interplay-triples-1"
PROBE = "probe_sha256"
AGAIN = "Estimate the profile again, or take a copy of it."


def save_profile(dataset: xr.Dataset, probe: InstanceProbe | None, path: Path, *, overwrite: bool) -> None:
    """Write both or neither."""
    companion = _probe_path(path)
    out = _described(dataset, FORMAT)
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
    dataset = _opened(path, FORMAT, "a profile", "`interplay estimate` or profile.save")
    digest = dataset.attrs.pop(PROBE, None)
    with whole(path, "a whole profile", AGAIN):
        dataset.attrs = {name: of_plain(value) for name, value in dataset.attrs.items()}
    return dataset, _probe_of(path, digest)


def save_triples(dataset: xr.Dataset, path: Path, *, overwrite: bool) -> None:
    """Write the data set of a `TripleProfile`, whole or not at all."""
    with whole_files(path, overwrite=overwrite) as part:
        write_netcdf(_described(dataset, TRIPLES), part / path.name)


def load_triples(path: Path) -> xr.Dataset:
    """What was written."""
    dataset = _opened(path, TRIPLES, "a profile of triples", "TripleProfile.save")
    with whole(path, "a whole profile of triples", AGAIN):
        dataset.attrs = {name: of_plain(value) for name, value in dataset.attrs.items()}
    return dataset


def _described(dataset: xr.Dataset, kind: str) -> xr.Dataset:
    """A copy whose attributes NetCDF can hold, its format among them."""
    out = dataset.copy()
    out.attrs = {"format": kind, **{name: plain(value) for name, value in out.attrs.items()}}
    return out


def _opened(path: Path, kind: str, what: str, writer: str) -> xr.Dataset:
    """The data set in a file of that format."""
    finish_files(path)
    if not path.is_file():
        raise InvalidInput(f"{what} must be a file that {writer} wrote; there is no file {path}.")
    with whole(path, "a whole NetCDF file", AGAIN):
        dataset = read_netcdf(path)
    if dataset.attrs.pop("format", None) != kind:
        raise DamagedFile(f"{path} is not {what} of this library: its 'format' is not {kind!r}.")
    return dataset


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
