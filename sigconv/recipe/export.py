"""The command `sigconv export`: a network as a file that other programs run."""

from pathlib import Path
from typing import Any

from sigconv import nets
from sigconv.errors import ArgumentError

SUFFIXES = (".onnx", ".pt2")


def export(source: str, out: Path, size: str = "", classes: int | None = None) -> str:
    """Write the network of a run folder, with what it learnt, or of a text, with first weights.

    Parameters
    ----------
    source : folder that `sigconv run` made, or a network's text
    out : .onnx, or .pt2 for torch.export
    size : channels x grid of a text's input, as in 3x64x64; a folder knows its own
    classes : of a text whose last F names no number; a folder knows its own

    Returns
    -------
    str, a line that says what was written

    Raises
    ------
    ArgumentError : another suffix, no size with a text or one with a folder, a layer that cannot be exported
    FileNotFoundError, FormatError : the folder holds no whole model;  NotationError, ShapeError : the text is wrong

    >>> export("CRF", Path("net.onnx"))
    Traceback (most recent call last):
    sigconv.errors.ArgumentError: --input is missing; give channels x grid, as in 1x128, 3x64x64 or 1x32x32x32
    """
    from sigconv.nets.export import export_onnx, export_program

    if out.suffix.lower() not in SUFFIXES:
        raise ArgumentError(f"out is {str(out)!r}; a network is exported to a file {' or '.join(SUFFIXES)}")
    network = _network(source, size, classes)
    (export_onnx if out.suffix.lower() == ".onnx" else export_program)(network, out)
    takes = " x ".join(map(str, (network.spec.channels, *network.spec.grid)))
    gives = " x ".join(map(str, (network.rows[-1].channels, *network.rows[-1].grid)))
    return f"{out}: {network.net}, any number of {takes} in, {gives} out each"


def _network(source: str, size: str, classes: int | None) -> Any:
    """The network of a folder or of a text."""
    if Path(source).is_dir():
        if size or classes is not None:
            raise ArgumentError("--input and --classes belong to a text; the model of a folder knows both")
        from sigconv.recipe.predict import model_of

        return model_of(Path(source)).module
    net = nets.parse(source)
    if not size:
        raise ArgumentError("--input is missing; give channels x grid, as in 1x128, 3x64x64 or 1x32x32x32")
    parts = size.lower().replace("×", "x").split("x")
    if len(parts) not in (2, 3, 4) or not all(p.isascii() and p.isdigit() and 0 < int(p) < 10**9 for p in parts):
        raise ArgumentError(f"--input is {size!r}; allowed: channels x 1 to 3 sizes of 1 or more, as in 3x64x64")
    spec = nets.InputSpec(channels=int(parts[0]), grid=tuple(int(p) for p in parts[1:]))
    return nets.build(net, spec, classes=classes, seed=0)
