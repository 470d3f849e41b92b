"""A run as a program that runs without this library: `torch.export`, or ONNX."""

import copy
import logging
import os
import warnings
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from interplay.data.scaling import SQUASHED_FROM, ChannelScale
from interplay.errors import InvalidInput
from interplay.files import check_writable, digest_of, finish_files, json_text, whole_files
from interplay.nn import DenseExperts, Experts
from interplay.nn.config import OF_WINDOWS
from interplay.train.run import Run

SUFFIXES = (".pt2", ".onnx")
CHECKED_BATCHES = (1, 2, 7)
TOLERANCE = 1e-5
"""Largest accepted difference: of probabilities, or of numbers in standard deviations of the target."""

ATTENTION = torch.ops.aten.scaled_dot_product_attention.default


class ScaledChannels(nn.Module):
    """`interplay.data.scaling.ChannelScale` in operations that other runtimes have, in float32."""

    centre: torch.Tensor
    spread: torch.Tensor
    low: torch.Tensor
    width: torch.Tensor
    least: torch.Tensor
    rise: torch.Tensor

    def __init__(self, scale: ChannelScale):
        super().__init__()
        low, ranks = scale.knots - scale.centre[:, None], scale.ranks
        parts = {"centre": scale.centre, "spread": scale.spread, "low": low[:, :-1], "least": ranks[:, 0]}
        parts |= {"width": np.diff(low), "rise": np.diff(ranks)}
        for name, values in parts.items():
            self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(values)).float())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Raw values (..., d) -> scaled values and ranks (..., 2 d)."""
        beside = x - self.centre
        z = beside / self.spread
        beyond = (z.abs() - SQUASHED_FROM).clamp_min(0.0)
        robust = torch.sign(z) * (z.abs() - beyond + torch.log1p(beyond))
        within = ((beside[..., None] - self.low) / self.width.clamp_min(1e-30)).clamp(0.0, 1.0)
        rank = self.least + (within * self.rise).sum(-1)
        return torch.cat([robust, 12.0**0.5 * (rank - 0.5)], dim=-1)


class Program(nn.Module):
    """From raw windows to probabilities, or numbers in the unit of the target: the run's scaler and model in one."""

    def __init__(self, run: Run):
        super().__init__()
        self.model = copy.deepcopy(run.model).cpu().eval()
        for layer in self.model.moe_layers:
            assert isinstance(layer.experts, Experts)
            layer.experts = DenseExperts(layer.experts)
        self.names, self.target = run.schema.modalities, run.target
        self.scales = nn.ModuleList(ScaledChannels(run.scaler.channels[name]) for name in self.names)
        if run.schema.static:
            # programs cannot be saved with a tensor of no numbers
            self.register_buffer("of_static", torch.from_numpy(run.scaler.static))
        self.register_buffer("of_target", torch.from_numpy(run.scaler.target).float())
        self.requires_grad_(False)

    def forward(
        self, x: dict[str, torch.Tensor], observed: torch.Tensor, static: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Raw x[name] (B, T, r, d), observed (B, M, T) bool and static (B, S) -> (B, C), or (B,) of a number."""
        scaled = {name: scale(x[name]) for name, scale in zip(self.names, self.scales, strict=True)}
        if static is not None:
            static = (static - self.of_static[0]) / self.of_static[1]
        logits = self.model(scaled, observed, None, static).logits
        return self.target.read(logits, self.of_target)


@dataclass(frozen=True, kw_only=True, slots=True)
class Exported:
    """What was written.

    Attributes
    ----------
    path : Path of the program
    sidecar : Path of the JSON file that says what goes in and what comes out
    difference : float, largest difference to the run, over drawn windows in batches of `CHECKED_BATCHES`
    """

    path: Path
    sidecar: Path
    difference: float


def export_run(run: Run, path: str | Path, *, overwrite: bool = False) -> Exported:
    """Write a run as a program, and check that it says what the run says.

    The program takes raw values and scales them itself; values where `observed` is False are not looked at. It holds
    plain operations only, for which every expert works on every token: a few times the cost of the run's own experts,
    and no need of this library where it runs.

    Parameters
    ----------
    run : Run
        With ``context: profile``; contexts of single windows come from the profile's probe, which is no part of it.
    path : str or Path
        ``.pt2`` for `torch.export`, ``.onnx`` for ONNX (needs ``pip install 'interplay[export]'``). A file of
        the same name and ``.json`` is written beside it.
    overwrite : bool

    Returns
    -------
    Exported

    Raises
    ------
    InvalidInput
        If a file exists, the suffix is another, a library is not installed, or the run cannot be exported.
    """
    path = Path(path)
    sidecar = path.with_name(path.name + ".json")
    if path.suffix not in SUFFIXES:
        raise InvalidInput(f"a program to export must end in .pt2 or .onnx; got {path.name!r}.")
    if run.recipe.model.context in OF_WINDOWS:
        raise InvalidInput(
            f"a run to export must have context 'profile'; this one has {run.recipe.model.context!r}, which asks the "
            "profile's probe about every window. Train it with model.context: profile, or use it through ip.load_run."
        )
    finish_files(path)
    for file in (path, sidecar):
        check_writable(file, overwrite=overwrite)
    program = Program(run).eval()
    example = _drawn(run, 3, seed=0)
    with _quiet(), whole_files(path, overwrite=overwrite) as part:
        said = (_write_onnx if path.suffix == ".onnx" else _write_pt2)(program, example, part / path.name)
        difference = _largest_difference(run, program, said)
        described = _described(run, difference) | {"program_sha256": digest_of(part / path.name)}
        (part / sidecar.name).write_text(json_text(described), "utf-8")
    return Exported(path=path, sidecar=sidecar, difference=difference)


Inputs = tuple[torch.Tensor | dict[str, torch.Tensor], ...]
Said = Callable[[Inputs], np.ndarray]


def _write_pt2(program: Program, example: Inputs, path: Path) -> Said:
    """Write the program; returns how the written file is asked."""
    exported = torch.export.export(program, example, dynamic_shapes=_any_batch(example))
    with path.open("wb") as file:
        torch.export.save(exported, file)
    with path.open("rb") as file:
        again = torch.export.load(file).module()
    return lambda inputs: again(*inputs).numpy()


def _write_onnx(program: Program, example: Inputs, path: Path) -> Said:
    """Write the program; returns how the written file is asked."""
    # official builds report their use to their maker unless they are told not to before they are loaded
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    try:
        import onnxruntime
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise InvalidInput(
            f"ONNX needs onnx, onnxscript and onnxruntime, and {error.name} is not installed. "
            "Install them with: pip install 'interplay[export]'."
        ) from error
    onnxruntime.disable_telemetry_events()
    written = torch.onnx.export(
        program,
        example,
        dynamo=True,
        dynamic_shapes=_any_batch(example),
        custom_translation_table={ATTENTION: _onnx_attention},
        verbose=False,
    )
    assert written is not None
    written.save(str(path), external_data=False)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [entry.name for entry in session.get_inputs()]

    def ask(inputs: Inputs) -> np.ndarray:
        flat = [value for part in inputs for value in (part.values() if isinstance(part, dict) else [part])]
        return np.asarray(
            session.run(None, {name: value.numpy() for name, value in zip(names, flat, strict=True)})[0]
        )

    return ask


def _onnx_attention(query, key, value, attn_mask=None, *_, **__):
    """Attention with an additive mask over any number of leading axes; the exporter's own takes two."""
    from onnxscript import opset18

    op: Any = opset18
    scaled = op.Mul(query, op.Constant(value_float=float(query.shape[-1]) ** -0.5))
    scores = op.Add(op.Einsum(scaled, key, equation="...id,...jd->...ij"), attn_mask)
    return op.MatMul(op.Softmax(scores, axis=-1), value)


def _any_batch(example: Inputs) -> tuple:
    batch = torch.export.Dim("batch")
    return tuple(
        {name: {0: batch} for name in part} if isinstance(part, dict) else {0: batch} for part in example
    )


def _drawn(run: Run, n: int, seed: int) -> Inputs:
    """Raw windows drawn as the scaler knows them, about a fifth of their steps unobserved."""
    generator = torch.Generator().manual_seed(seed)
    schema, scaler = run.schema, run.scaler
    x = {}
    for name, (r, d) in schema.shapes.items():
        z = torch.randn(n, schema.steps, r, d, generator=generator)
        scale = scaler.channels[name]
        x[name] = (z * torch.from_numpy(scale.spread) + torch.from_numpy(scale.centre)).float()
    observed = torch.rand(n, len(schema.modalities), schema.steps, generator=generator) > 0.2
    if not schema.static:
        return x, observed
    mean, std = torch.from_numpy(scaler.static)
    return x, observed, torch.randn(n, len(schema.static), generator=generator) * std + mean


@torch.no_grad()
def _largest_difference(run: Run, program: Program, said: Said) -> float:
    """Between what was written and the run's own model, which works with grouped experts."""
    own = copy.copy(program)
    own._modules = dict(program._modules) | {"model": run.model}
    scale = float(run.scaler.target[1])
    largest = 0.0
    for k, n in enumerate(CHECKED_BATCHES):
        inputs = _drawn(run, n, seed=k + 1)
        largest = max(largest, float(np.abs(said(inputs) - own(*inputs).numpy()).max()) / scale)
    if not largest <= TOLERANCE:
        raise InvalidInput(
            f"the exported program must agree with the run to {TOLERANCE:g}; it differs by {largest:g}. Nothing was "
            "written. Please report this with the recipe of the run."
        )
    return largest


def _described(run: Run, difference: float) -> dict[str, object]:
    """What goes in, in order, and what comes out."""
    s = run.schema
    inputs: dict[str, object] = {
        name: {
            "shape": ["batch", s.steps, r, d],
            "type": "float32",
            "channels": list(run.data.channels[name]),
            "say": f"raw values of {r} samples in each of {s.steps} steps of {s.step_s:g} s, oldest first",
        }
        for name, (r, d) in s.shapes.items()
    }
    inputs["observed"] = {
        "shape": ["batch", len(s.modalities), s.steps],
        "type": "bool",
        "say": "whether each modality, in the order above, was measured in each step; other values are not looked at",
    }
    if s.static:
        inputs["static"] = {"shape": ["batch", len(s.static)], "type": "float32", "names": list(s.static),
                            "say": "NaN where unknown"}  # fmt: skip
    target = run.target
    return {
        "inputs": inputs,
        "output": {"say": target.prediction, "names": list(s.classes), **target.call_rule()},
        "largest_difference_to_run": difference,
        "torch": torch.__version__,
    }


@contextmanager
def _quiet():
    """Without the exporter's notes to those who develop it."""
    level = logging.getLogger("torch.onnx").level
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.getLogger("torch.onnx").setLevel(level)
