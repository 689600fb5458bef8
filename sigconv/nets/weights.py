"""Weights of a file put into a network, when the file was written for another program's names of the layers.

A file names its tensors as this package does (layers.C1.weight) or as torchvision does (features.0.weight,
layer1.0.conv1.weight). Torchvision's names are put into the order of the work, which is the order of our rows, and
matched layer by layer with names and shapes of the tensors; nothing is changed unless all of them fit.
"""

import re
import zipfile
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch import Tensor

from sigconv.errors import ArgumentError, FormatError, ShapeError
from sigconv.nets.builder import Network
from sigconv.nets.checksum import refuse_other_sum
from sigconv.nets.layer_names import Which, layer_name

SUFFIXES = (".safetensors", ".pth", ".pt")
COUNTER = "num_batches_tracked"  # of a batch norm: files of torch before 0.4.1 lack it
# torchvision's words in the order of the work; conv1 and bn1 of a block alternate, so their number comes first
PLACES = {"features": 0, "stem": 0, "conv": 0, "bn": 0, "layer": 1, "downsample": 2, "classifier": 3, "fc": 3}
INNER = {"conv": 0, "bn": 1}
Group = tuple[str, dict[str, Tensor]]


def load_weights(
    network: Network, path: Path, sha256: str | None = None, *, skip: Which | Sequence[Which] = ()
) -> Network:
    """Put the weights of a file into a network.

    The file is read without executing anything of it: safetensors holds nothing but numbers, and a torch checkpoint
    is read by torch's restricted reader, which builds tensors, dicts and numbers and refuses every other name.

    Parameters
    ----------
    network : Network; changed in place, if everything fits
    path : .safetensors, or .pth and .pt as torch.save writes a state dict
    sha256 : the SHA-256 of the file in hexadecimal, or its first 8 digits or more; None: any
    skip : layers that keep their own weights, such as -1 or "fc8": a new head for other classes

    Returns
    -------
    the network

    Raises
    ------
    FormatError : another checksum, a damaged file, one that holds more than named tensors, unknown names of layers,
        layers that are missing in the file or in the net (named)
    ShapeError : a tensor of another shape (named, with both shapes)
    ArgumentError : another suffix, no such layer in `skip`;  OSError : no such file

    Source: torchvision.models' file layout.

    >>> from sigconv.nets import InputSpec, build, parse
    >>> load_weights(build(parse("C"), InputSpec(1, (8,))), Path("weights.npz"))
    Traceback (most recent call last):
    sigconv.errors.ArgumentError: path is 'weights.npz'; weights are a file .safetensors, .pth, .pt
    """
    path = Path(path)
    if path.suffix not in SUFFIXES:
        raise ArgumentError(f"path is {str(path)!r}; weights are a file {', '.join(SUFFIXES)}")
    if path.exists() and not path.is_file():  # opening a pipe would wait for a writer
        raise FormatError(f"{path}: no regular file; expected .safetensors, .pth or .pt")
    if sha256 is not None:
        refuse_other_sum(path, sha256)
    kept = {layer_name(network, which) for which in ([skip] if isinstance(skip, str | int) else skip)}
    theirs = _grouped(path, _read(path))
    ours = [
        (row.name, dict(network.layers[row.name].state_dict(keep_vars=True)))
        for row in network.rows
        if network.layers[row.name].state_dict()
    ]
    with torch.no_grad():
        for (name, own), (_, given) in _matched(path, ours, theirs, kept):
            if name not in kept:
                for leaf, value in own.items():
                    if leaf in given:
                        value.copy_(given[leaf])
    return network


def _read(path: Path) -> dict[str, Tensor]:
    """The named tensors of a file."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    with path.open("rb"):  # a file that cannot be opened is an OSError with its path
        pass
    found: Any
    try:
        if path.suffix == ".safetensors":
            found = load_file(path)
        else:
            _refuse_packed(path)
            # the restricted reader looks every name of the file up in a list of torch's own and refuses any other
            found = torch.load(path, map_location="cpu", weights_only=True)
    except FormatError:
        raise
    except SafetensorError as error:
        raise FormatError(f"{path}: no safetensors file, or damaged: {error}") from error
    except Exception as error:  # the reader of a damaged checkpoint raises whatever its bytes lead it to
        raise FormatError(f"{path}: {_unread(error)}") from error
    if not isinstance(found, Mapping) or not found:
        raise FormatError(f"{path}: holds {type(found).__name__}; expected tensors by name, as state_dict() gives them")
    for name, value in found.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise FormatError(f"{path}: {name!r} is {type(value).__name__}; expected tensors by name alone")
        if value.layout is not torch.strided or value.device.type != "cpu" or value.is_complex() or value.is_quantized:
            raise FormatError(f"{path}: {name} is {value.dtype}, {value.layout}; expected a tensor of real numbers")
    return dict(found)


def _unread(error: Exception) -> str:
    """What is wrong with a checkpoint, without torch's advice to read it unguarded."""
    if named := re.search(r"GLOBAL ([\w.]+)", str(error)):
        saved = "save a state dict: torch.save(model.state_dict(), path)"
        return f"no torch checkpoint of weights alone, it names {named[1]}; {saved}"
    reason = str(error).strip().split("\n")[0][:200]
    return f"no torch checkpoint of weights alone, or damaged: {type(error).__name__} {reason}".rstrip()


def _refuse_packed(path: Path) -> None:
    """A FormatError for a checkpoint that would unpack to more than its own size: torch writes numbers as they are."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked > path.stat().st_size:
            raise FormatError(f"{path}: unpacks to {unpacked} bytes, more than the file has; torch packs nothing")


def _grouped(path: Path, tensors: dict[str, Tensor]) -> list[Group]:
    """The tensors of each layer of the file, layers in the order of the work."""
    layers: dict[str, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        layer, _, leaf = name.rpartition(".")
        layers.setdefault(layer, {})[leaf] = value
    if all(name.startswith("layers.") for name in layers):
        return [(name.removeprefix("layers."), values) for name, values in layers.items()]
    unknown = [name for name in layers if _place(name) is None]
    if unknown:
        raise FormatError(
            f"{path}: names a layer {unknown[0]!r}; known are this package's names (layers.C1) and torchvision's "
            f"({', '.join(PLACES)} with their numbers)"
        )
    return sorted(layers.items(), key=lambda item: _place(item[0]) or ())


def _place(layer: str) -> tuple[tuple[int, int, int], ...] | None:
    """Where a layer of torchvision stands in the order of the work, or None for a name that is not one.

    >>> sorted(("layer1.0.bn1", "layer1.0.downsample.0", "layer1.0.conv2", "conv1", "layer1.0.conv1"), key=_place)
    ['conv1', 'layer1.0.conv1', 'layer1.0.bn1', 'layer1.0.conv2', 'layer1.0.downsample.0']
    """
    place = []
    for part in layer.split("."):
        found = re.fullmatch(r"([a-z]*)(\d{0,6})", part)
        if found is None or (found[1] and found[1] not in PLACES) or not part:
            return None
        place.append((PLACES.get(found[1], 0), int(found[2] or 0), INNER.get(found[1], 0)))
    return tuple(place)


def _matched(path: Path, ours: list[Group], theirs: list[Group], skip: set[str]) -> list[tuple[Group, Group]]:
    """Our layers, each with the layer of the file whose weights it takes."""
    own_names = dict(theirs).keys() <= {name for name, _ in ours}
    if own_names:
        given = dict(theirs)
        theirs = [(name, given[name]) for name, _ in ours if name in given]
    if len(ours) != len(theirs):
        _refuse_number(path, ours, theirs)
    pairs = list(zip(ours, theirs, strict=True))
    for own, other in pairs:
        if own[0] not in skip and _signature(own[1]) != _signature(other[1]):
            _refuse_layer(path, own, other)
    return pairs


def _refuse_number(path: Path, ours: list[Group], theirs: list[Group]) -> NoReturn:
    """The error for a file of more or fewer layers: which have no partner, if as many as possible get one."""
    missing: list[str] = []
    unexpected: list[str] = []
    left, right = ([_signature(values) for _, values in groups] for groups in (ours, theirs))
    for what, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if what != "equal":
            missing += [name for name, _ in ours[a:b]]
            unexpected += [name for name, _ in theirs[c:d]]
    told = [f"holds no weights for {', '.join(missing)} of the net"] if missing else []
    told += [f"holds {', '.join(unexpected)}, for which the net has no layer"] if unexpected else []
    raise FormatError(f"{path}: {'; it '.join(told)}; the file belongs to another architecture")


def _signature(values: Mapping[str, Tensor]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """The names and shapes of a layer's tensors; a counter that is none has a shape as well."""
    return tuple(sorted((leaf, tuple(value.shape)) for leaf, value in values.items() if leaf != COUNTER or value.ndim))


def _refuse_layer(path: Path, ours: Group, theirs: Group) -> NoReturn:
    """The error for a layer whose tensors are not those of the file."""
    (name, own), (layer, given) = ours, theirs
    for leaf, value in own.items():
        if leaf in given and given[leaf].shape != value.shape:
            raise ShapeError(
                f"{path}: {layer}.{leaf} has shape {tuple(given[leaf].shape)}, but {leaf} of layer {name} of the net "
                f"has {tuple(value.shape)}; build the net with the same numbers, or name the layer in skip"
            )
    missing = sorted(own.keys() - given.keys() - {COUNTER})
    unexpected = sorted(given.keys() - own.keys() - {COUNTER})
    told = [f"holds no {layer}.{leaf}, which layer {name} of the net needs" for leaf in missing]
    told += [f"holds {layer}.{leaf}, which layer {name} of the net has not" for leaf in unexpected]
    raise FormatError(f"{path}: {'; it '.join(told)}")
