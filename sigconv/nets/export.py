"""A network as a file that other programs run: ONNX, or torch's own graph of an exported program.

Both hold the network in evaluation mode, for any number of examples at a time and the one grid that it was built for.
"""

import copy
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from errno import ENOENT
from io import StringIO
from os import strerror
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import nn

from sigconv.errors import ArgumentError, MissingExtra
from sigconv.nets.builder import Network
from sigconv.nets.layers.pool import AdaptivePool, Pool
from sigconv.nets.layers.windows import EachWindow
from sigconv.nets.place import Row
from sigconv.nets.tree import Join

BATCH = 2  # examples while the graph is drawn: the number stays open, but for torch 0 and 1 are special
OPEN = ({0: torch.export.Dim("batch")},)


def export_onnx(network: Network, path: Path) -> Path:
    """Write a network as ONNX: input "x" (batch, channels, *grid), output "y", in the precision of the weights.

    Parameters
    ----------
    network : Network; left as it is
    path : .onnx; written whole or not at all, what is there already is replaced

    Returns
    -------
    the path

    Raises
    ------
    ArgumentError : another suffix; a layer that ONNX or torch's exporter has no operation for (named)
    MissingExtra : onnx or onnxscript is not installed;  OSError : the folder cannot be written

    Same as: torch.onnx.export(dynamo=True) with an open batch.

    >>> from sigconv.nets import InputSpec, build, parse
    >>> export_onnx(build(parse("C4RGF"), InputSpec(1, (16,))), Path("net.h5"))
    Traceback (most recent call last):
    sigconv.errors.ArgumentError: path is 'net.h5'; an exported network is a file .onnx
    """
    target = _suffix(path, ".onnx")
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise MissingExtra("onnxscript", "export") from error
    module = _exportable(network)
    made = _onnx(module, _program(module))
    with _whole(target) as working:
        made.save(working)
    return target


def export_program(network: Network, path: Path) -> Path:
    """Write a network as a torch.export program, which `torch.export.load(path).module()` runs without this package.

    The file holds a graph in JSON and the numbers as they are; torch writes the example input beside them as a
    checkpoint, which is a pickle: load such files only from people whom you would let run code. Nothing in this
    package reads them.

    Parameters
    ----------
    network : Network; left as it is
    path : .pt2; written whole or not at all, what is there already is replaced

    Returns
    -------
    the path

    Raises
    ------
    ArgumentError : another suffix; a layer that torch's exporter cannot follow (named)
    OSError : the folder cannot be written

    Same as: torch.export.save(torch.export.export(…)) with an open batch.

    >>> from sigconv.nets import InputSpec, build, parse
    >>> export_program(build(parse("C4RGF"), InputSpec(1, (16,))), Path("net.pth"))
    Traceback (most recent call last):
    sigconv.errors.ArgumentError: path is 'net.pth'; an exported network is a file .pt2
    """
    target = _suffix(path, ".pt2")
    program = _program(_exportable(network))
    with _whole(target) as working, _quietly():
        torch.export.save(program, working)
    return target


def _exportable(network: Network) -> Network:
    """A copy in evaluation mode, its adaptive pools written as operations that every runtime has."""
    module = copy.deepcopy(network).eval()
    for row in network.rows:
        layer = module.layers[row.name]
        if isinstance(layer, AdaptivePool):
            module.layers[row.name] = _windows(layer, row.got[1])
    return module


def _windows(layer: AdaptivePool, grid: tuple[int, ...]) -> nn.Module:
    """The adaptive pool of one grid: a pool where the windows are alike, else window by window."""
    if all(n % m == 0 for n, m in zip(grid, layer.grid, strict=True)):
        return Pool(layer.kind, [n // m for n, m in zip(grid, layer.grid, strict=True)], axes=len(grid))
    return EachWindow(layer.kind, grid, layer.grid)


def _program(module: Network) -> Any:
    """The graph of a network, its batch open."""
    try:
        with _quietly():
            return torch.export.export(module, (_example(module),), dynamic_shapes=OPEN)
    except Exception as error:  # the exporter raises whatever the layer's code does with symbols for sizes
        layers = [row.name for row in module.rows if not _follows(module, row, onnx=False)]
        told = ", ".join(layers) or "the network as a whole"
        raise ArgumentError(f"network: torch's exporter cannot follow {told}: {_first_line(error)}") from error


def _onnx(module: Network, program: Any) -> Any:
    """The ONNX program of a network's graph."""
    try:
        with _quietly():
            return torch.onnx.export(
                program, (), dynamo=True, verbose=False, input_names=["x"], output_names=["y"], dynamic_shapes=OPEN
            )
    except torch.onnx.OnnxExporterError as error:
        layers = _named(program, module, str(error))
        raise ArgumentError(
            f"network: ONNX has no operation for {layers}; replace it, or use export_program"
        ) from error


def _example(network: Network) -> torch.Tensor:
    like = next(network.parameters(), torch.empty(0))
    return torch.zeros(BATCH, network.spec.channels, *network.spec.grid, dtype=like.dtype, device=like.device)


def _follows(module: Network, row: Row, *, onnx: bool) -> bool:
    """Whether a layer can be exported alone; a join, which takes several inputs, is believed."""
    if isinstance(row.layer, Join):
        return True
    x = _example(module).new_zeros(BATCH, row.got[0], *row.got[1])
    try:
        with _quietly():
            program: Any = torch.export.export(module.layers[row.name], (x,), dynamic_shapes=OPEN)
            if onnx:
                torch.onnx.export(program, (), dynamo=True, verbose=False)
    except Exception:
        return False
    return True


def _named(program: Any, module: Network, message: str) -> str:
    """The layers whose operations an exporter's message names, as "P1 (aten.adaptive_max_pool2d.default)"."""
    target = next(iter(re.findall(r"target=torch\.ops\.([\w.]+)", message)), "an operation")
    with _quietly():
        nodes = program.run_decompositions().graph.nodes
    places = [node.meta.get("nn_module_stack", {}).values() for node in nodes if str(node.target) == target]
    paths = [path for place in places for path, _ in place]
    # the exporter may have taken the layer apart further than the graph shows: then each is tried alone
    layers = [row.name for row in module.rows if any(path == f"layers.{row.name}" for path in paths)]
    layers = layers or [row.name for row in module.rows if not _follows(module, row, onnx=True)]
    return f"{', '.join(layers) or 'a layer'} ({target})"


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)[:200]


def _suffix(path: Path, suffix: str) -> Path:
    if Path(path).suffix.lower() != suffix:
        raise ArgumentError(f"path is {str(path)!r}; an exported network is a file {suffix}")
    return Path(path)


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """A place beside the target to write to, moved to the target at the end, or removed."""
    if not target.parent.is_dir():
        raise FileNotFoundError(ENOENT, strerror(ENOENT), str(target.parent))
    with TemporaryDirectory(dir=target.parent, prefix=f".{target.stem}.") as folder:
        working = Path(folder) / target.name  # torch writes the file's name into it
        yield working
        working.replace(target)


@contextmanager
def _quietly() -> Iterator[None]:
    """The exporters warn of their own future and of packages that they miss; nothing of it concerns the file."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stderr(StringIO()):  # it prints graphs that it cannot follow
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
