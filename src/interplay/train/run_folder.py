"""The run folder: a run on disk, which describes itself. No pickle.

``config.yaml`` settings and seed; ``data.json`` what the windows were; ``split.json`` the `SplitManifest`;
``profile.nc`` the profile, if there was one, and ``profile.triples.nc`` what was measured beyond its pairs;
``weights.safetensors`` model and scaler; ``rivals.safetensors`` the forest that it has to beat, unless that is in the
model; ``log.jsonl`` losses by epoch; ``versions.json`` libraries; and
once evaluated ``metrics.json``, ``predictions.parquet``, ``insight.nc`` (routing and pooling, means over windows) and
``examples.nc`` (single windows, token by token), and unless it was to be left out ``streams.nc`` (what they were cut
from, thinned).
"""

import math
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
import yaml
from safetensors.torch import load_file, save_file

from interplay.data import Scaler, SplitManifest, scaled_schema
from interplay.errors import DamagedFile, InvalidInput
from interplay.files import check_writable, digest_of, finish_files, json_text, whole_files, whole_folder
from interplay.files.netcdf import read_netcdf, try_netcdf, write_netcdf
from interplay.files.parquet import read_parquet
from interplay.files.plain_yaml import read_plain_yaml
from interplay.files.reading import whole
from interplay.metrics.paired import Difference
from interplay.nn import Adapted, Model, TrainedModel, TwoLevels, build_model, empty_context
from interplay.profile import InteractionProfile, TripleProfile
from interplay.readers import ExtraTrees
from interplay.registry import imports
from interplay.train.adaptation import Adaptation, readers_of_few
from interplay.train.described import (
    Metrics,
    Numbers,
    check_state,
    read_config,
    read_description,
    read_log,
    read_metrics,
)
from interplay.train.evaluation import Evaluation
from interplay.train.evidence import empty_mixture
from interplay.train.recipe import Recipe, make_recipe
from interplay.train.rivals import new_forest
from interplay.train.trackers import json_lines
from interplay.types import Schema

FORMAT = "interplay-run-4"
SCORES = ("test", "compared", "without_context", "without", "control")
"""Fields of an `Evaluation` that stand in ``metrics.json`` as they are, beside ``agreement``."""
DIFFERENCES = ("ahead", "lost")
"""Fields of differences, which an evaluation of an earlier version lacks, as it lacks ``rivals``."""

INSIGHT, EXAMPLES, STREAMS = "insight.nc", "examples.nc", "streams.nc"
METRICS, EVALUATED = "metrics.json", ("predictions.parquet", INSIGHT, EXAMPLES, STREAMS)
"""Files of an evaluation: the first knows what the others hold."""
RIVALS = "rivals.safetensors"
PROFILE, TRIPLES = "profile.nc", "profile.triples.nc"
NETCDF = (PROFILE, TRIPLES, INSIGHT, EXAMPLES, STREAMS)
LEARNED = ("weights.safetensors", PROFILE, TRIPLES, RIVALS)
"""Files whose content ``data.json`` knows."""


LIBRARIES = ("interplay", "torch", "pytorch-lightning", "numpy", "xarray", "scikit-learn")


def check_run_folder(folder: str | Path, *, overwrite: bool) -> None:
    """Refuse to replace what is there, unless it may be and is a run: nobody's other files are removed."""
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    check_writable(folder, overwrite=overwrite)
    replaceable = (folder / "config.yaml").is_file() or (folder.is_dir() and not any(folder.iterdir()))
    if folder.exists() and not replaceable:
        raise InvalidInput(
            f"{folder} must be a run or empty to be overwritten, and holds other files. Choose another name."
        )


def write_run_folder(run, folder: Path, *, overwrite: bool) -> None:
    """Write a `Run`: all of it, or nothing."""
    check_run_folder(folder, overwrite=overwrite)
    with whole_folder(folder, overwrite=overwrite) as part:
        # the seed comes last, so that a file that was cut short lacks it
        settings = {"format": FORMAT, "recipe": run.recipe.to_dict(), "seed": run.seed}
        (part / "config.yaml").write_text(yaml.safe_dump(settings, sort_keys=False), "utf-8")
        run.split.save(part / "split.json")
        (part / "log.jsonl").write_text(json_lines(run.log), "utf-8")
        (part / "versions.json").write_text(json_text(_versions()), "utf-8")
        save_file(_tensors(run), part / "weights.safetensors")
        if run.forest is not None:
            save_file(run.forest.state_dict(), part / RIVALS)
        if run.profile is not None:
            run.profile.save(part / PROFILE)
        if run.triples is not None:
            run.triples.save(part / TRIPLES)
        described = {
            "schema": asdict(run.schema),
            "train": asdict(run.data),
            "sha256": _digests(part, LEARNED),
        }
        if run.adaptation is not None:
            described["adaptation"] = asdict(run.adaptation)
        (part / "data.json").write_text(json_text(described), "utf-8")
        if run.evaluation is not None:
            write_evaluation(run, part)


def write_evaluation(run, folder: Path) -> None:
    """Write what `Run.evaluate` found into a run folder, all at once in place of what it held of an earlier one."""
    evaluation: Evaluation = run.evaluation
    with whole_files(folder / METRICS, overwrite=True) as part:
        write_netcdf(evaluation.insight, part / INSIGHT)
        write_netcdf(evaluation.examples, part / EXAMPLES)
        if evaluation.streams is not None:
            write_netcdf(evaluation.streams, part / STREAMS)
        evaluation.predictions.to_parquet(part / "predictions.parquet", index=False)
        run.split.save(part / "split.json")
        metrics = {name: getattr(evaluation, name) for name in (*SCORES, "rivals")}
        for name in DIFFERENCES:
            metrics[name] = {of: asdict(apart) for of, apart in getattr(evaluation, name).items()}
        metrics["agreement"] = {atom: asdict(agreement) for atom, agreement in evaluation.agreement.items()}
        metrics["sha256"] = _digests(part, EVALUATED)
        (part / METRICS).write_text(json_text(metrics), "utf-8")
    if evaluation.streams is None:
        # samples of people that are to be left out do not stay from an earlier evaluation
        (folder / STREAMS).unlink(missing_ok=True)


def read_run_folder(folder: Path, *, trust: bool) -> dict[str, Any]:
    """The parts of a `Run`, by name; classes that its recipe names are imported if they are trusted."""
    if not folder.is_dir():
        raise InvalidInput(
            f"a run must be a folder that `interplay train` or run.save made; there is no folder {folder}."
        )
    finish_files(folder / METRICS)
    missing = [name for name in ("config.yaml", "data.json", "weights.safetensors", "log.jsonl", "split.json")
               if not (folder / name).is_file()]  # fmt: skip
    if missing:
        raise DamagedFile(
            f"{folder} is not a whole run: {missing[0]} is missing. Train it again, or copy all of it."
        )
    with whole(folder, "a whole run", "Train it again, or copy all of it."):
        return _read_parts(folder, trust)


def _read_parts(folder: Path, trust: bool) -> dict[str, Any]:
    _check_format(folder / "config.yaml")
    config = read_config(folder / "config.yaml")
    with imports(trust=trust):
        recipe = make_recipe(config.recipe)
    description = read_description(folder / "data.json")
    schema = description.schema
    _check_digests(folder, description.sha256, "run", "Train it again, or copy all of it.")
    try_netcdf(folder / name for name in NETCDF if (folder / name).is_file())
    profile = InteractionProfile.load(folder / PROFILE) if (folder / PROFILE).is_file() else None
    tensors = load_file(folder / "weights.safetensors")
    adaptation = description.adaptation
    state, parts = _under("model.", tensors), (recipe, schema, profile, config.seed)
    model = _model(*parts, state) if adaptation is None else _adapted(adaptation, *parts, state)
    return {
        "model": model.eval(),
        "scaler": _scaler(schema, tensors),
        "recipe": recipe,
        "schema": schema,
        "profile": profile,
        "data": description.train,
        "seed": config.seed,
        "log": read_log(folder / "log.jsonl"),
        "split": SplitManifest.load(folder / "split.json"),
        "evaluation": _evaluation(folder),
        "adaptation": adaptation,
        "forest": _forest(folder, schema, config.seed),
        "triples": TripleProfile.load(folder / TRIPLES) if (folder / TRIPLES).is_file() else None,
    }


def _check_format(path: Path) -> None:
    config = read_plain_yaml(path.read_text("utf-8"))
    made = config.get("format") if isinstance(config, dict) else None
    if made == FORMAT:
        return
    if str(made).startswith("interplay-run-"):
        raise DamagedFile(
            f"a run must be of the format {FORMAT!r} that this version reads; {path} says {made!r}, of another version "
            "of this library. Train it again."
        )
    raise DamagedFile(f"{path} is not a run of this library: 'format' is not {FORMAT!r}.")


def _digests(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Of those files that are there."""
    return {name: digest_of(folder / name) for name in names if (folder / name).is_file()}


def _check_digests(folder: Path, digests: Mapping[str, str], what: str, advice: str) -> None:
    """Refuse files that are not those that were written with what describes them."""
    for name in digests:
        if _digests(folder, [name]) != {name: digests[name]}:
            raise DamagedFile(f"{folder / name} must be of the {what}, and is damaged or another. {advice}")


def _check_size(recipe: Recipe, state: Mapping[str, torch.Tensor]) -> None:
    """Refuse settings of a larger model than the weights are of, before it is built."""
    numbers = sum(value.numel() for value in state.values())
    for name, size in asdict(recipe.model).items():
        most = len(state) if name == "layers" else numbers
        # a number of windows takes no memory
        if isinstance(size, int) and size > most and name != "experts_from":
            raise ValueError(f"its {name} is {size}, more than its weights are of")


def _check_weights(recipe: Recipe, schema: Schema, weights: Mapping[str, torch.Tensor]) -> None:
    """Refuse settings of another model than the weights are of, before it takes memory."""
    try:
        with torch.device("meta"):
            context = empty_context(len(schema.modalities), schema.steps)
            model = build_model(scaled_schema(schema), recipe.model, context)
    except (NotImplementedError, RuntimeError) as error:
        # a part of one's own may look into its tensors while it is made, which such tensors do not allow
        if "meta" not in str(error):
            raise
        return
    check_state(model, weights)


def _evaluation(folder: Path) -> Evaluation | None:
    if not (folder / METRICS).is_file():
        return None
    metrics = read_metrics(folder / METRICS)
    advice = f"Copy all of the run again, or remove {METRICS} and evaluate it again."
    _check_digests(folder, metrics.sha256, f"evaluation that {METRICS} is about", advice)
    predictions = read_parquet(folder / "predictions.parquet")
    return Evaluation(
        **{name: getattr(metrics, name) for name in (*SCORES, "rivals")},
        agreement=metrics.agreement,
        predictions=predictions,
        insight=read_netcdf(folder / INSIGHT),
        examples=read_netcdf(folder / EXAMPLES),
        entities=tuple(sorted(predictions["entity"].unique())),
        ahead=_differences(metrics, "ahead"),
        lost=_differences(metrics, "lost"),
        streams=read_netcdf(folder / STREAMS) if STREAMS in metrics.sha256 else None,
    )


def _differences(metrics: Metrics, name: str) -> dict[str, Difference]:
    """Of every rival or modality; a number that is not defined is NaN."""
    named: Mapping[str, Numbers] = getattr(metrics, name)
    return {
        of: Difference(**{part: math.nan if value is None else value for part, value in numbers.items()})
        for of, numbers in named.items()
    }


def _forest(folder: Path, schema: Schema, seed: int) -> ExtraTrees | None:
    if not (folder / RIVALS).is_file():
        return None
    forest = new_forest(schema, seed)
    forest.load_state_dict(load_file(folder / RIVALS))
    return forest.eval()


def _tensors(run) -> dict[str, torch.Tensor]:
    tensors = {f"model.{name}": value.contiguous() for name, value in run.model.state_dict().items()}
    return tensors | {
        f"scaler.{name}": torch.from_numpy(value) for name, value in run.scaler.arrays().items()
    }


def _model(
    recipe: Recipe,
    schema: Schema,
    profile: InteractionProfile | None,
    seed: int,
    state: Mapping[str, torch.Tensor],
) -> TrainedModel:
    """The model, with its state."""
    read = any(name.startswith("mixture.") for name in state)
    context = empty_context(len(schema.modalities), schema.steps)
    network = None
    # a network that held-out entities did not gain from was left out
    if any(name.startswith("network.") for name in state) or not read:
        weights = _under("network.", state) if read else state
        _check_size(recipe, weights)
        _check_weights(recipe, schema, weights)
        network = build_model(scaled_schema(schema), recipe.model, context)
    model = network
    if read:
        mixture = empty_mixture(recipe.readers, schema, profile, seed)
        model = TwoLevels(mixture, network, recipe.model)
    assert model is not None
    model.load_state_dict(state)
    return model


def _adapted(
    adaptation: Adaptation,
    recipe: Recipe,
    schema: Schema,
    profile: InteractionProfile | None,
    seed: int,
    state: Mapping[str, torch.Tensor],
) -> Model:
    """The model of an adapted run, with its state."""
    source = _model(recipe, schema, profile, seed, _under("source.", state))
    own = None
    if adaptation.own_readers:
        own = empty_mixture(readers_of_few(recipe.readers), schema, None, seed)
    model = Adapted(source, own, scaled_schema(schema))
    model.load_state_dict(state)
    return model


def _scaler(schema: Schema, tensors: Mapping[str, torch.Tensor]) -> Scaler:
    arrays = {name: tensor.numpy() for name, tensor in _under("scaler.", tensors).items()}
    return Scaler.from_arrays(arrays, schema.modalities)


def _under(prefix: str, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _versions() -> dict[str, str]:
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}
