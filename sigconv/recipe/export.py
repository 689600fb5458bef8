"""`sigconv export`: a network as a file that other programs run."""

from pathlib import Path
from typing import Any

from sigconv.errors import ArgumentError
from sigconv.recipe import describe

SUFFIXES = (".onnx", ".pt2")

EXPORT = """Write a network as a file that other programs run: ONNX, or a torch.export program.

\b
The network is
  a folder that `sigconv run` made     with what it learnt
  a text, as `sigconv describe` takes  with first weights, drawn from --seed
  a name of the literature             resnet50, unet …; --input unless that of its paper is meant

\b
The file takes "x" (batch, channels, *grid) and gives "y", for any batch, on the one grid of --input.
  .onnx  for onnxruntime, TensorRT, browsers …; answered there at once and compared, if onnxruntime is installed
  .pt2   for torch.export.load, which runs it without sigconv; it holds a pickle: take such files from people you trust
ONNX needs: pip install 'sigconv[export]'

\b
Examples:
  sigconv export runs/eeg_motor_imagery-20260101-120000 eeg.onnx
  sigconv export "(CR)2P(CR)2PF" net.onnx --input 3x64x64 --classes 10
  sigconv export unet unet.pt2 --input 1x572x572
"""


def export(source: str, out: Path, size: str = "", classes: int | None = None, seed: int | None = None) -> str:
    """Write the network of a run folder, with what it learnt, or of a text or name, with first weights.

    Parameters
    ----------
    source : folder that `sigconv run` made, a network's text, or a name of nets.named
    out : .onnx, or .pt2 for torch.export
    size : channels x grid of a text's input, as in 3x64x64; "" with a name: that of its paper; a folder knows its own
    classes : int >= 1, of a text whose last F names no number; a folder knows its own
    seed : int >= 0, of the first weights (None: 0); a folder has its own weights

    Returns
    -------
    str, what was written, and how far onnxruntime's answers are from the network's

    Raises
    ------
    ArgumentError : another suffix, an unknown name, no size with a text or one with a folder, a layer that cannot be
        exported
    FileNotFoundError, FormatError : the folder holds no whole model;  NotationError, ShapeError : the text is wrong
    MissingExtra : ONNX without its packages;  OSError : the file cannot be written

    >>> export("CRF", Path("net.onnx"))
    Traceback (most recent call last):
    sigconv.errors.ArgumentError: --input is missing; give channels x grid, as in 1x128, 3x64x64 or 1x32x32x32
    """
    if out.suffix.lower() not in SUFFIXES:
        raise ArgumentError(f"out is {str(out)!r}; a network is exported to a file {' or '.join(SUFFIXES)}")
    network = _network(source, size, classes, seed)
    from sigconv.nets import export_onnx, export_program

    onnx = out.suffix.lower() == ".onnx"
    (export_onnx if onnx else export_program)(network, out)
    last = network.rows[-1]
    takes = " x ".join(map(str, (network.spec.channels, *network.spec.grid)))
    gives = " x ".join(map(str, (last.channels, *last.grid)))
    said = f"{out}: {network.net}, any number of {takes} in, {gives} out each"
    return f"{said}\n{_checked(network, out)}" if onnx else said


def _network(source: str, size: str, classes: int | None, seed: int | None) -> Any:
    """The network of a folder, of a text or of a name."""
    if Path(source).is_dir():
        if size or classes is not None or seed is not None:
            raise ArgumentError("--input, --classes and --seed belong to a text; the model of a folder knows all three")
        from sigconv.recipe.prediction import network_of

        return network_of(Path(source))[0]
    if "/" in source or "\\" in source:  # no text of the notation has them
        raise FileNotFoundError(f"no such folder: {source}")
    net, spec, usual, _ = describe.network(source, size, [])
    from sigconv.nets import build

    return build(net, spec, usual if classes is None else classes, 0 if seed is None else seed)


def _checked(network: Any, path: Path) -> str:
    """How far onnxruntime's answers to white noise are from the network's, in words."""
    try:
        import onnxruntime
    except ImportError:
        return "not checked: onnxruntime is not installed"
    import torch

    like = next(network.parameters(), torch.empty(0))
    shape = (2, network.spec.channels, *network.spec.grid)
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=like.dtype)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors: it warns of graphics cards that it does not find
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    with torch.no_grad():
        wanted = network.eval()(x).numpy()
    apart = abs(session.run(["y"], {"x": x.numpy()})[0] - wanted).max()
    return f"onnxruntime's answers differ from the network's by {apart / (abs(wanted).max() or 1):.0e} of the largest"
